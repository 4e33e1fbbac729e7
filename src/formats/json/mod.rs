//! JSON, read and written by the columns' types.
//!
//! ```text
//! bytes ── reader ──▶ keys ──▶ decode ──▶ scalar ──▶ drafts        the grammar; which column; nested types; one value
//! cells ── encode ──▶ bytes
//! ```

mod decode;
mod encode;
mod fault;
mod keys;
mod number;
mod reader;
mod scalar;
mod scan;
mod text;
#[cfg(test)]
mod tests;

pub(super) use decode::JsonDecoder;
pub(super) use encode::JsonEncoder;

use reader::Reader;

/// Tells whether bytes are one JSON value.
pub(super) fn is_document(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    reader.skip_value().and_then(|()| reader.expect_end()).is_ok()
}
