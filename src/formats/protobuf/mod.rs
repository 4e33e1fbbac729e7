//! PROTOBUF and PROTOBUF_NOSR: Protobuf's encoding, with and without the id of a schema in front.
//!
//! ```text
//! PROTOBUF      := 0x00 id(4) place message      place: which message of the file, as numbers
//! PROTOBUF_NOSR := message                       the schema is that of the columns
//! ```
//!
//! What a field is that is not there depends on the schema: a field that is `optional`, a message and a wrapper are NULL,
//! any other is 0, false, or empty.

mod decode;
mod encode;
mod read_plan;
mod schema_text;
mod types;
mod wire;
mod write_plan;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::{FormatError, Serde};
use crate::registry::SchemaRegistry;
use crate::registry::protobuf::ProtoSchema;

pub(super) use decode::ProtobufDecoder;
pub(super) use encode::ProtobufEncoder;
pub(super) use schema_text::schema_text;
pub(super) use types::{check_columns, root_type};

/// Where the schema of a record is found.
pub(super) enum Schemas {
    /// By the id in front of it.
    Registry(SchemaRegistry),
    /// It is that of the columns.
    Columns(Arc<ProtoSchema>),
}

/// Returns the schema of a side's columns.
pub(super) fn schema_of(serde: &Serde) -> Result<Arc<ProtoSchema>, FormatError> {
    let format = &serde.format;
    let text = schema_text(&serde.columns, format.full_name.as_deref(), format.nullable);
    let schema = ProtoSchema::parse(&text, &[]);
    schema.map(Arc::new).map_err(|reason| FormatError::ProtobufName { reason })
}
