//! What LCASE and UCASE share.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};

use crate::functions::{Call, FunctionError};

/// Changes the case of the texts: all of them in one go, if they are ASCII.
pub(super) fn change_case(
    call: &mut Call<'_>,
    of_ascii: fn(&mut [u8]),
    of_text: fn(&str) -> String,
) -> Result<ArrayRef, FunctionError> {
    let column = call.column(0)?;
    if let Some(texts) = column.as_string_opt::<i32>()
        && let Some(changed) = change_ascii(texts, of_ascii)
    {
        return Ok(Arc::new(changed));
    }
    let text = call.strings(0)?;
    call.map_strings(|row| of_text(text.at(row)))
}

/// ASCII stays as long as it was. None if there is a letter of another kind.
fn change_ascii(texts: &StringArray, change: fn(&mut [u8])) -> Option<StringArray> {
    let ends = texts.value_offsets();
    let (first, last) = (ends[0], ends[texts.len()]);
    let bytes = texts.value_data().get(first.unsigned_abs() as usize..last.unsigned_abs() as usize);
    let mut bytes = bytes.filter(|bytes| bytes.is_ascii())?.to_vec();
    change(&mut bytes);
    let offsets = if first == 0 {
        texts.offsets().clone()
    } else {
        OffsetBuffer::new(ends.iter().map(|end| end - first).collect::<ScalarBuffer<i32>>())
    };
    Some(StringArray::new(offsets, Buffer::from_vec(bytes), texts.nulls().cloned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_is_changed_in_one_go() {
        let texts = StringArray::from(vec![Some("left out"), Some("Tide"), None, Some("")]);
        let texts = texts.slice(1, 3);
        let changed = change_ascii(&texts, <[u8]>::make_ascii_uppercase).unwrap();
        assert_eq!(changed, StringArray::from(vec![Some("TIDE"), None, Some("")]));
        assert_eq!(change_ascii(&StringArray::from(vec!["ß"]), |_| ()), None);
    }
}
