//! JSON with the id of a schema in front.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::formats::json::{JsonDecoder, JsonEncoder};
use crate::formats::{DecodeFailure, Decoded, Decoder, FormatError, Serde, framing};
use crate::registry::{RegisteredSchema, SchemaKind, SchemaRegistry};

/// Decodes JSON whose schemas are in a registry.
pub(in crate::formats) struct JsonSrDecoder {
    json: JsonDecoder,
    registry: SchemaRegistry,
    last: Option<u32>,
}

impl JsonSrDecoder {
    /// Makes a decoder of some of a side's columns.
    pub(in crate::formats) fn new(
        serde: &Serde,
        wanted: &[usize],
        registry: &SchemaRegistry,
    ) -> Self {
        JsonSrDecoder {
            json: JsonDecoder::new(serde, wanted),
            registry: registry.clone(),
            last: None,
        }
    }

    fn body<'a>(&mut self, payload: &'a [u8]) -> Result<&'a [u8], String> {
        let (id, body) = framing::split(payload)?;
        if self.last == Some(id) {
            return Ok(body);
        }
        let found = self.registry.by_id(id);
        let found = found.ok_or_else(|| {
            format!("Error retrieving JSON schema for id {id}: Schema {id} not found")
        })?;
        if found.schema.kind() != SchemaKind::Json {
            return Err(format!("Schema {id} is of type {}, not JSON", found.schema.kind()));
        }
        self.last = Some(id);
        Ok(body)
    }
}

impl Decoder for JsonSrDecoder {
    fn decode(&mut self, payloads: &[Option<&[u8]>]) -> Decoded {
        let mut failures: BTreeMap<usize, String> = BTreeMap::new();
        let mut bodies = Vec::with_capacity(payloads.len());
        for (row, payload) in payloads.iter().enumerate() {
            let body = payload.map(|payload| self.body(payload)).transpose();
            bodies.push(body.unwrap_or_else(|reason| {
                failures.insert(row, reason);
                None
            }));
        }
        let decoded = self.json.decode(&bodies);
        failures.extend(decoded.failures.into_iter().map(|failure| (failure.row, failure.reason)));
        let failure = |(row, reason)| DecodeFailure { row, reason };
        Decoded { columns: decoded.columns, failures: failures.into_iter().map(failure).collect() }
    }
}

/// Makes an encoder of all columns of a side under a schema.
pub(in crate::formats) fn json_sr_encoder(
    serde: &Serde,
    writer: &Arc<RegisteredSchema>,
) -> Result<JsonEncoder, FormatError> {
    let (id, kind) = (writer.id, writer.schema.kind());
    if kind != SchemaKind::Json {
        return Err(FormatError::Unwritable { id, reason: format!("it is of type {kind}") });
    }
    Ok(JsonEncoder::new(serde).with_schema(id))
}
