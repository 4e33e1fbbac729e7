//! NONE: no columns, and so no payload. A payload that is there is not looked at.

use datafusion::arrow::array::ArrayRef;

use super::{Decoded, Decoder, EncodeError, Encoder, Payloads};

/// Decodes to no columns.
pub(super) struct NoneDecoder;

impl Decoder for NoneDecoder {
    fn decode(&mut self, _payloads: &[Option<&[u8]>]) -> Decoded {
        Decoded { columns: Vec::new(), failures: Vec::new() }
    }
}

/// Encodes to absent payloads.
pub(super) struct NoneEncoder;

impl Encoder for NoneEncoder {
    fn encode(
        &mut self,
        _columns: &[ArrayRef],
        row_count: usize,
        _absent: &dyn Fn(usize) -> bool,
    ) -> Result<Payloads, EncodeError> {
        Ok(Payloads { bytes: Vec::new(), ends: vec![0; row_count], absent: vec![true; row_count] })
    }
}
