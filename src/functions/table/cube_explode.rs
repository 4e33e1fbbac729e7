//! `CUBE_EXPLODE(array)`.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, UInt32Array};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::DataType;

use crate::functions::FunctionError;
use crate::functions::table::{ROWS_PER_CALL_MAX, TableCall, TableFunction, TableRows};

/// The most columns of a cube: 16 make 65,536 rows.
const COLUMNS_MAX: usize = 16;
/// The most bytes that the rows of one cube may take.
const CUBE_BYTES_MAX: usize = 64 << 20;

/// Makes a row of each way to replace elements by NULL, 2ⁿ of n elements that are not NULL.
pub(super) fn cube_explode() -> TableFunction {
    TableFunction::new("cube_explode")
        .summary("Makes a row of each way to replace elements of an array, 16 at most, by NULL.")
        .example("CUBE_EXPLODE(ARRAY[1, 2])", "[null, null], [null, 2], [1, null], [1, 2]")
        .overload("(columns ARRAY<T>) ARRAY<T>", "", explode_cubes)
}

fn explode_cubes(call: &mut TableCall<'_>) -> Result<TableRows, FunctionError> {
    let lists = call.args[0].as_list::<i32>();
    let mut cubes = Cubes::default();
    for row in 0..call.row_count {
        if lists.is_valid(row) {
            let ends = lists.value_offsets();
            let range = ends[row].unsigned_abs() as usize..ends[row + 1].unsigned_abs() as usize;
            match check(lists.values(), &range) {
                Ok(()) => cubes.push(lists.values(), range),
                Err(reason) => call.failures.push(row, reason),
            }
        }
        cubes.cubes.push(cubes.rows.len());
        if ROWS_PER_CALL_MAX <= cubes.elements.len() {
            break;
        }
    }
    cubes.finish(lists)
}

/// Refuses a cube that is too large.
fn check(elements: &ArrayRef, range: &Range<usize>) -> Result<(), String> {
    if COLUMNS_MAX < range.len() {
        return Err(format!(
            "CUBE_EXPLODE of {} columns is more than the maximum of {COLUMNS_MAX}",
            range.len()
        ));
    }
    let slice = elements.slice(range.start, range.len()).to_data();
    let size = slice.get_slice_memory_size().unwrap_or(usize::MAX);
    if CUBE_BYTES_MAX >> range.len() < size {
        return Err(format!("CUBE_EXPLODE would make more than {CUBE_BYTES_MAX} bytes of one row"));
    }
    Ok(())
}

/// The rows of many cubes.
#[derive(Default)]
struct Cubes {
    /// Which element stands at each place, none for NULL.
    elements: Vec<Option<u32>>,
    /// How many elements each row has.
    rows: Vec<usize>,
    /// How many rows there are after each cube.
    cubes: Vec<usize>,
}

impl Cubes {
    /// Adds a cube: its rows in the order of the numbers that say in binary which elements they keep.
    fn push(&mut self, elements: &ArrayRef, range: Range<usize>) {
        let count = range.len();
        let bit = |place: usize| 1_u32 << (count - 1 - place);
        let nulls = range.clone().enumerate().filter(|(_, element)| elements.is_null(*element));
        let null_mask: u32 = nulls.map(|(place, _)| bit(place)).sum();
        for kept in 0..1_u32 << count {
            // An element that is NULL is not replaced, which would make the same row twice.
            if kept & null_mask != 0 {
                continue;
            }
            let element = |(place, element): (usize, usize)| {
                // Elements are counted by an i32 before.
                (kept & bit(place) != 0).then_some(element as u32)
            };
            self.elements.extend(range.clone().enumerate().map(element));
            self.rows.push(count);
        }
    }

    fn finish(self, lists: &ListArray) -> Result<TableRows, FunctionError> {
        let elements = take(lists.values(), &UInt32Array::from(self.elements), None)
            .map_err(|error| FunctionError::InvalidArgument(error.to_string()))?;
        let DataType::List(field) = lists.data_type() else {
            unreachable!("the argument is an array")
        };
        let rows = OffsetBuffer::from_lengths(self.rows);
        let values = ListArray::new(Arc::clone(field), rows, elements, None);
        let before = std::iter::once(0).chain(self.cubes.iter().copied());
        let lengths = self.cubes.iter().zip(before).map(|(after, before)| after - before);
        Ok(TableRows { ends: OffsetBuffer::from_lengths(lengths), values: Arc::new(values) })
    }
}
