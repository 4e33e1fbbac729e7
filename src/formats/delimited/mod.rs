//! DELIMITED: one line of text per record, fields between delimiters, quoted where they must be.
//!
//! The rules are those of Apache Commons CSV's default format, which ksqlDB uses: an empty field is null, quoted or not;
//! empty lines before the record are skipped; what follows the first line must be lines too, and is ignored.

mod decode;
mod encode;
mod lines;
#[cfg(test)]
mod tests;

pub(super) use decode::DelimitedDecoder;
pub(super) use encode::DelimitedEncoder;
