//! JSON_SR: JSON behind the id of its schema.
//!
//! Values are written and read as those of JSON; the schema says what columns there are.

mod codec;
mod schema_text;
mod types;
#[cfg(test)]
mod tests;

pub(super) use codec::{JsonSrDecoder, json_sr_encoder};
pub(super) use schema_text::schema_text;
pub(super) use types::root_type;
