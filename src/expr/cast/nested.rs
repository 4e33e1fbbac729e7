//! Conversions of ARRAY, MAP and STRUCT: each part is converted; where one fails, the whole row does.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, UInt32Array, new_null_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Fields};

use crate::expr::cast::{Fail, arrow_error, cast};
use crate::functions::FunctionError;
use crate::types::{SqlType, StructField};

/// The rows of an ARRAY or MAP column as runs of their elements or entries, without any that belong to no row.
pub(in crate::expr) struct Elements {
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
}

impl Elements {
    /// Makes the rows that these offsets say, none of them NULL.
    pub(in crate::expr) fn new(offsets: OffsetBuffer<i32>) -> Self {
        Elements { offsets, nulls: None }
    }

    /// Returns where the elements of a row begin and end.
    pub(in crate::expr) fn range(&self, row: usize) -> std::ops::Range<usize> {
        self.offsets[row].unsigned_abs() as usize..self.offsets[row + 1].unsigned_abs() as usize
    }

    fn is_valid(&self, row: usize) -> bool {
        self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row))
    }

    /// Returns how many rows there are.
    pub(in crate::expr) fn row_count(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Returns the row that each element belongs to.
    pub(in crate::expr) fn parents(&self) -> Vec<u32> {
        let row = |row: usize| u32::try_from(row).unwrap_or(u32::MAX);
        (0..self.row_count()).flat_map(|r| self.range(r).map(move |_| row(r))).collect()
    }

    /// Records the failure of an element against its row, unless the row is NULL anyway.
    fn fail(&self, element: usize, reason: String, fail: &mut Fail<'_>) {
        let after =
            self.offsets.partition_point(|offset| offset.unsigned_abs() as usize <= element);
        let row = after.saturating_sub(1);
        if self.is_valid(row) {
            fail(row, reason);
        }
    }
}

/// Splits an ARRAY or MAP column into its rows and the columns they hold.
pub(in crate::expr) fn elements_of(array: &ArrayRef) -> (Elements, Vec<ArrayRef>) {
    let (offsets, parts) = match array.data_type() {
        DataType::Map(..) => {
            let map = array.as_map();
            (map.offsets().clone(), vec![Arc::clone(map.keys()), Arc::clone(map.values())])
        }
        _ => {
            let list = array.as_list::<i32>();
            (list.offsets().clone(), vec![Arc::clone(list.values())])
        }
    };
    let (first, last) = (offsets[0], offsets[offsets.len() - 1]);
    let slice = |part: ArrayRef| {
        part.slice(first.unsigned_abs() as usize, (last - first).unsigned_abs() as usize)
    };
    let offsets = OffsetBuffer::new(offsets.iter().map(|offset| offset - first).collect());
    let parts = parts.into_iter().map(slice).collect();
    (Elements { offsets, nulls: array.nulls().cloned() }, parts)
}

/// Converts an ARRAY.
pub(super) fn cast_array(
    array: &ArrayRef,
    from: &SqlType,
    to: &SqlType,
    fail: &mut Fail<'_>,
) -> Result<ArrayRef, FunctionError> {
    let (rows, parts) = elements_of(array);
    let values = cast(&parts[0], from, to, &mut |at, reason| rows.fail(at, reason, fail))?;
    let DataType::List(field) = SqlType::array(to.clone()).arrow() else {
        unreachable!("an ARRAY is held as a list")
    };
    let list = ListArray::try_new(field, rows.offsets, values, rows.nulls);
    Ok(Arc::new(list.map_err(arrow_error)?))
}

/// Converts a MAP.
pub(super) fn cast_map(
    array: &ArrayRef,
    (from, to): (&SqlType, &SqlType),
    fail: &mut Fail<'_>,
) -> Result<ArrayRef, FunctionError> {
    let (SqlType::Map(from_key, from_value), SqlType::Map(to_key, to_value)) = (from, to) else {
        return Err(FunctionError::InvalidArgument(format!("{from} is not a MAP")));
    };
    let (rows, parts) = elements_of(array);
    let keys = cast(&parts[0], from_key, to_key, &mut |at, reason| rows.fail(at, reason, fail))?;
    let values =
        cast(&parts[1], from_value, to_value, &mut |at, reason| rows.fail(at, reason, fail))?;
    map_of(to, rows, keys, values)
}

/// Makes a MAP column. Entries whose key is NULL, as the key failed, are dropped.
pub(in crate::expr) fn map_of(
    sql_type: &SqlType,
    mut rows: Elements,
    mut keys: ArrayRef,
    mut values: ArrayRef,
) -> Result<ArrayRef, FunctionError> {
    if 0 < keys.null_count() {
        let is_kept = |entry: &usize| keys.is_valid(*entry);
        let kept = (0..keys.len()).filter(is_kept).map(|e| u32::try_from(e).unwrap_or(u32::MAX));
        let kept: UInt32Array = kept.collect::<Vec<_>>().into();
        let count = |row: usize| rows.range(row).filter(is_kept).count();
        let offsets = OffsetBuffer::from_lengths((0..rows.row_count()).map(count));
        let kept_keys = take(&keys, &kept, None).map_err(arrow_error)?;
        values = take(&values, &kept, None).map_err(arrow_error)?;
        keys = kept_keys;
        rows.offsets = offsets;
    }
    let DataType::Map(field, _) = sql_type.arrow() else {
        return Err(FunctionError::InvalidArgument(format!("{sql_type} is not a MAP")));
    };
    let DataType::Struct(fields) = field.data_type() else {
        unreachable!("the entries of a map are structs")
    };
    let entries =
        StructArray::try_new(fields.clone(), vec![keys, values], None).map_err(arrow_error)?;
    let map = MapArray::try_new(field, rows.offsets, entries, rows.nulls, false);
    Ok(Arc::new(map.map_err(arrow_error)?))
}

/// Converts a STRUCT, field by field of the same name; a field that is missing is NULL.
pub(super) fn cast_struct(
    array: &ArrayRef,
    from: &[StructField],
    to: &Arc<[StructField]>,
    fail: &mut Fail<'_>,
) -> Result<ArrayRef, FunctionError> {
    let structs = array.as_struct();
    let mut columns = Vec::with_capacity(to.len());
    for field in to.iter() {
        let found = from.iter().position(|other| other.name == field.name);
        columns.push(match found {
            None => new_null_array(&field.sql_type.arrow(), array.len()),
            Some(at) => {
                let fail = &mut |row: usize, reason| {
                    if array.is_valid(row) {
                        fail(row, reason);
                    }
                };
                cast(structs.column(at), &from[at].sql_type, &field.sql_type, fail)?
            }
        });
    }
    struct_of(&SqlType::Struct(Arc::clone(to)), columns, array.len(), array.nulls().cloned())
}

/// Makes a STRUCT column of so many rows.
pub(in crate::expr) fn struct_of(
    sql_type: &SqlType,
    columns: Vec<ArrayRef>,
    row_count: usize,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, FunctionError> {
    let fields = match sql_type.arrow() {
        DataType::Struct(fields) => fields,
        _ => Fields::empty(),
    };
    if columns.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(row_count, nulls)));
    }
    Ok(Arc::new(StructArray::try_new(fields, columns, nulls).map_err(arrow_error)?))
}
