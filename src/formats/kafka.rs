//! KAFKA: one column as the serdes of Kafka's clients write it.
//!
//! ```text
//! INT     := 4 bytes, big-endian            VARCHAR := UTF-8
//! BIGINT  := 8 bytes, big-endian            BYTES   := as they are
//! DOUBLE  := 8 bytes, big-endian IEEE 754
//! ```

use datafusion::arrow::array::ArrayRef;

use super::cells::Cells;
use super::draft::{Draft, DraftCells};
use super::support::base_name;
use super::{
    BATCH_BYTES_MAX, DecodeFailure, Decoded, Decoder, EncodeError, Encoder, Payloads, Serde, texts,
};
use crate::types::SqlType;

/// Decodes one column, or none.
pub(super) struct KafkaDecoder {
    sql_type: Option<SqlType>,
    draft: Option<Draft>,
    wanted_count: usize,
}

impl KafkaDecoder {
    /// Makes a decoder of a side of at most one column, whose type the format supports.
    pub(super) fn new(serde: &Serde, wanted: &[usize]) -> Self {
        let sql_type = serde.columns.first().map(|(_, sql_type)| sql_type.clone());
        let draft = sql_type.as_ref().map(Draft::new);
        KafkaDecoder { sql_type, draft, wanted_count: wanted.len() }
    }
}

impl Decoder for KafkaDecoder {
    fn decode(&mut self, payloads: &[Option<&[u8]>]) -> Decoded {
        let mut failures = Vec::new();
        let (Some(draft), Some(sql_type)) = (&mut self.draft, &self.sql_type) else {
            return Decoded { columns: Vec::new(), failures };
        };
        draft.reserve(payloads.len());
        let mut bytes = 0;
        for (row, payload) in payloads.iter().enumerate() {
            bytes += payload.map_or(0, <[u8]>::len);
            match payload {
                Some(payload) if bytes <= BATCH_BYTES_MAX && push(payload, draft) => {}
                Some(payload) => {
                    draft.push_null();
                    failures.push(DecodeFailure { row, reason: reason(payload.len(), sql_type) });
                }
                None => draft.push_null(),
            }
        }
        Decoded { columns: vec![draft.finish(); self.wanted_count], failures }
    }
}

fn reason(size: usize, sql_type: &SqlType) -> String {
    let (name, base) = match sql_type {
        SqlType::Int => ("IntegerDeserializer", Some(4)),
        SqlType::Bigint => ("LongDeserializer", Some(8)),
        SqlType::Double => ("DoubleDeserializer", Some(8)),
        _variable => (base_name(sql_type), None),
    };
    match base {
        Some(want) => {
            format!("Size of data received by {name} is not {want}, but {size}")
        }
        None => format!("a batch of {name} is larger than {BATCH_BYTES_MAX} bytes"),
    }
}

/// Pushes a payload; tells whether it has the size of the column's type.
fn push(payload: &[u8], draft: &mut Draft) -> bool {
    match &mut draft.cells {
        DraftCells::Int(cells) => fixed(payload, |bytes| cells.push(i32::from_be_bytes(bytes))),
        DraftCells::Bigint(cells) => fixed(payload, |bytes| cells.push(i64::from_be_bytes(bytes))),
        DraftCells::Double(cells) => fixed(payload, |bytes| cells.push(f64::from_be_bytes(bytes))),
        DraftCells::Varchar(cells) => {
            texts::push_lossy(payload, &mut cells.bytes);
            cells.finish_row();
            true
        }
        DraftCells::Bytes(cells) => {
            cells.push(payload);
            true
        }
        _unsupported => false,
    }
}

fn fixed<const N: usize>(payload: &[u8], push: impl FnOnce([u8; N])) -> bool {
    payload.try_into().map(push).is_ok()
}

/// Encodes one column, or none.
pub(super) struct KafkaEncoder {
    column_count: usize,
}

impl KafkaEncoder {
    /// Makes an encoder of a side of at most one column, whose type the format supports.
    pub(super) fn new(serde: &Serde) -> Self {
        KafkaEncoder { column_count: serde.columns.len() }
    }
}

impl Encoder for KafkaEncoder {
    fn encode(
        &mut self,
        columns: &[ArrayRef],
        row_count: usize,
        absent: &dyn Fn(usize) -> bool,
    ) -> Result<Payloads, EncodeError> {
        debug_assert_eq!(columns.len(), self.column_count, "one array per column");
        let mut payloads = Payloads::with_capacity(row_count, row_count * 8);
        let cells = columns.first().map(|column| Cells::of(column));
        for row in 0..row_count {
            match &cells {
                // A null is an absent payload, as Kafka's serializers have it.
                Some(cells) if !cells.is_null(row) && !absent(row) => {
                    write(cells, row, &mut payloads.bytes);
                    payloads.finish_row()?;
                }
                _ => payloads.push_absent(),
            }
        }
        Ok(payloads)
    }
}

fn write(cells: &Cells<'_>, row: usize, out: &mut Vec<u8>) {
    match cells {
        Cells::Int(a) => out.extend_from_slice(&a.value(row).to_be_bytes()),
        Cells::Bigint(a) => out.extend_from_slice(&a.value(row).to_be_bytes()),
        Cells::Double(a) => out.extend_from_slice(&a.value(row).to_be_bytes()),
        Cells::Varchar(a) => out.extend_from_slice(a.value(row).as_bytes()),
        Cells::Bytes(a) => out.extend_from_slice(a.value(row)),
        _ => unreachable!("the format's support of the type is checked when the encoder is made"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{Format, FormatKind};
    use crate::types::{Value, value_at};

    fn serde(sql_type: SqlType) -> Serde {
        let format = Format { unwrapped: true, ..Format::plain(FormatKind::Kafka) };
        Serde { format, columns: vec![("V".into(), sql_type)] }
    }

    #[track_caller]
    fn check(sql_type: SqlType, payload: &[u8], want: Result<Value, &str>) {
        let mut decoder = KafkaDecoder::new(&serde(sql_type), &[0]);
        let decoded = decoder.decode(&[None, Some(payload)]);
        assert!(decoded.columns[0].is_null(0), "an absent payload is a row of nulls");
        match want {
            Ok(want) => {
                assert_eq!(value_at(&decoded.columns[0], 1), want);
                let mut encoder = KafkaEncoder { column_count: 1 };
                let again = encoder.encode(&decoded.columns, 2, &|_| false).unwrap();
                assert_eq!(again.iter().collect::<Vec<_>>(), [None, Some(payload)]);
            }
            Err(want) => {
                assert_eq!(value_at(&decoded.columns[0], 1), Value::Null);
                assert_eq!(decoded.failures, [DecodeFailure { row: 1, reason: want.to_owned() }]);
            }
        }
    }

    #[test]
    fn payloads_are_what_kafka_clients_write() {
        check(SqlType::Int, &[0xFF, 0xFF, 0xFF, 0xFE], Ok(Value::Int(-2)));
        check(SqlType::Bigint, &[0, 0, 0, 0, 0, 0, 1, 0], Ok(Value::Bigint(256)));
        check(SqlType::Double, &1.5f64.to_be_bytes(), Ok(Value::Double(1.5)));
        check(SqlType::Varchar, "äb".as_bytes(), Ok(Value::from("äb")));
        check(SqlType::Varchar, b"", Ok(Value::from("")));
        check(SqlType::Bytes, &[0, 255], Ok(Value::Bytes([0, 255].into())));
    }

    #[test]
    fn a_wrong_size_fails() {
        let want = "Size of data received by IntegerDeserializer is not 4, but 3";
        check(SqlType::Int, b"abc", Err(want));
        let want = "Size of data received by LongDeserializer is not 8, but 0";
        check(SqlType::Bigint, b"", Err(want));
    }

    #[test]
    fn no_column_has_no_payload() {
        let serde = Serde { columns: Vec::new(), ..serde(SqlType::Int) };
        let decoded = KafkaDecoder::new(&serde, &[]).decode(&[Some(b"ignored")]);
        assert!(decoded.columns.is_empty() && decoded.failures.is_empty());
        let payloads = KafkaEncoder::new(&serde).encode(&[], 2, &|_| false).unwrap();
        assert_eq!(payloads.absent, [true, true]);
    }
}
