//! `SPLIT(text, delimiter)`.

use std::sync::Arc;

use datafusion::arrow::array::BinaryArray;

use crate::functions::ScalarFunction;
use crate::functions::scalar::string::textual;

/// The parts between delimiters.
pub(super) fn split() -> ScalarFunction {
    textual("split", "Splits a text, or bytes, at a delimiter; if that is empty, into characters or single bytes.")
        .example("SPLIT('a,,b', ',')", "[a, , b]")
        .overload("(string VARCHAR, delimiter VARCHAR) ARRAY<VARCHAR>", "", |call| {
            let (text, delimiter) = (call.strings(0)?, call.strings(1)?);
            call.map_string_arrays(|row, parts| match (text.at(row), delimiter.at(row)) {
                ("", _) => parts.push(Some("")),
                (text, "") => parts.extend(characters(text).map(Some)),
                (text, delimiter) => split_text(text, delimiter, parts),
            })
        })
        .overload("(bytes BYTES, delimiter BYTES) ARRAY<BYTES>", "", |call| {
            let (bytes, delimiter) = (call.bytes(0)?, call.bytes(1)?);
            call.map_lists(
                |row, parts| split_bytes(bytes.at(row), delimiter.at(row), parts),
                |parts: Vec<&[u8]>| Ok(Arc::new(BinaryArray::from_iter_values(parts))),
            )
        })
}

fn characters(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(start, c)| &text[start..start + c.len_utf8()])
}

fn split_text<'a>(text: &'a str, delimiter: &str, parts: &mut Vec<Option<&'a str>>) {
    let mut start = 0;
    let mut push = |found: usize| {
        parts.push(Some(&text[start..found]));
        start = found + delimiter.len();
    };
    // Most delimiters are a byte, which needs no searcher made for each text.
    match delimiter.as_bytes() {
        [byte] => memchr::memchr_iter(*byte, text.as_bytes()).for_each(&mut push),
        _ => text.match_indices(delimiter).for_each(|(found, _)| push(found)),
    }
    parts.push(Some(&text[start..]));
}

fn split_bytes<'a>(bytes: &'a [u8], delimiter: &[u8], parts: &mut Vec<&'a [u8]>) {
    if bytes.is_empty() {
        return parts.push(bytes);
    }
    if delimiter.is_empty() {
        return parts.extend(bytes.chunks(1));
    }
    let mut start = 0;
    for found in memchr::memmem::find_iter(bytes, delimiter) {
        parts.push(&bytes[start..found]);
        start = found + delimiter.len();
    }
    parts.push(&bytes[start..]);
}
