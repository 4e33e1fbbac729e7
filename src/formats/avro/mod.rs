//! AVRO: Avro's binary encoding behind the id of the writer's schema.
//!
//! ```text
//! id ─▶ writer's schema ┐
//!                       ├─ read_plan ──▶ decode ──▶ drafts
//! columns ──────────────┤
//!                       └─ write_plan ─▶ encode ──▶ bytes
//! ```
//!
//! A record is read by the schema it was written with, and only the columns that are wanted are made of it.

mod decode;
mod encode;
mod read_plan;
mod schema_text;
mod types;
mod wire;
mod write_plan;
#[cfg(test)]
mod tests;

pub(super) use decode::AvroDecoder;
pub(super) use encode::AvroEncoder;
pub(super) use schema_text::schema_text;
pub(super) use types::{check_columns, root_type};
