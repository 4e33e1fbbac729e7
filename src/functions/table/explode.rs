//! `EXPLODE(array)`.

use datafusion::arrow::array::{Array, AsArray, ListArray, UInt32Array};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::take;

use crate::functions::FunctionError;
use crate::functions::table::{TableCall, TableFunction, TableRows};

/// Makes a row of each element, NULL ones too; none of an array that is NULL or empty.
pub(super) fn explode() -> TableFunction {
    TableFunction::new("explode")
        .summary("Makes a row of each element of an array.")
        .example("EXPLODE(ARRAY[1, 2])", "1, 2")
        .overload("(list ARRAY<T>) T", "", explode_lists)
}

fn explode_lists(call: &mut TableCall<'_>) -> Result<TableRows, FunctionError> {
    let lists = call.args[0].as_list::<i32>();
    if lists.null_count() != 0 {
        return explode_some(lists);
    }
    // The elements stand one after the other already.
    let ends = lists.offsets();
    let (first, last) = (ends[0], ends[ends.len() - 1]);
    let values =
        lists.values().slice(first.unsigned_abs() as usize, (last - first).unsigned_abs() as usize);
    let ends = OffsetBuffer::new(ends.iter().map(|end| end - first).collect());
    Ok(TableRows { ends, values })
}

/// Leaves out what stands under NULL.
fn explode_some(lists: &ListArray) -> Result<TableRows, FunctionError> {
    let mut elements: Vec<u32> = Vec::new();
    let mut lengths = Vec::with_capacity(lists.len());
    for (row, range) in lists.offsets().windows(2).enumerate() {
        let before = elements.len();
        if lists.is_valid(row) {
            elements.extend(range[0].unsigned_abs()..range[1].unsigned_abs());
        }
        lengths.push(elements.len() - before);
    }
    let values = take(lists.values(), &UInt32Array::from(elements), None)
        .map_err(|error| FunctionError::InvalidArgument(error.to_string()))?;
    Ok(TableRows { ends: OffsetBuffer::from_lengths(lengths), values })
}
