//! Builds the column that a call returns, row by row.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, BooleanBuilder, Date32Builder, Float64Builder,
    Int32Builder, Int64Builder, ListArray, MapArray, StringBuilder, StructArray,
    Time32MillisecondBuilder, TimestampMillisecondBuilder, new_null_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::interleave;
use datafusion::arrow::datatypes::{DataType, i256};
use datafusion::arrow::error::ArrowError;

use crate::functions::{Call, FunctionError, Pick, RowResult};
use crate::types::{ColumnBuilder, Decimal, SqlType};

/// The most bytes that a function makes of one row.
pub const VALUE_BYTES_MAX: usize = 16 << 20;
/// The most elements that a function makes of one row.
pub const VALUE_ELEMENTS_MAX: usize = 1 << 20;
/// The most bytes or elements of all rows of a batch, a limit of Arrow's offsets.
const BATCH_MAX: usize = i32::MAX as usize;

macro_rules! map_primitives {
    ($($(#[$doc:meta])* $name:ident: $value:ty, $builder:ty;)*) => {
        impl Call<'_> {
            $($(#[$doc])*
            pub fn $name<R: RowResult<Value = $value>>(
                &mut self,
                compute: impl FnMut(usize) -> R,
            ) -> Result<ArrayRef, FunctionError> {
                let mut builder = <$builder>::with_capacity(self.row_count);
                self.each_row(compute, |value| {
                    builder.append_option(value);
                    Ok(())
                });
                Ok(Arc::new(builder.finish()))
            })*
        }
    };
}

map_primitives! {
    /// Computes a BOOLEAN for each row.
    map_booleans: bool, BooleanBuilder;
    /// Computes an INT for each row.
    map_ints: i32, Int32Builder;
    /// Computes a BIGINT for each row.
    map_bigints: i64, Int64Builder;
    /// Computes a DOUBLE for each row.
    map_doubles: f64, Float64Builder;
    /// Computes a DATE for each row, in days.
    map_dates: i32, Date32Builder;
    /// Computes a TIME for each row, in milliseconds.
    map_times: i32, Time32MillisecondBuilder;
    /// Computes a TIMESTAMP for each row, in milliseconds.
    map_timestamps: i64, TimestampMillisecondBuilder;
}

impl Call<'_> {
    /// Computes each row and hands it on in order; rows that are NULL already are not computed. What `push` refuses fails,
    /// and is pushed as NULL.
    fn each_row<R: RowResult>(
        &mut self,
        mut compute: impl FnMut(usize) -> R,
        mut push: impl FnMut(Option<R::Value>) -> Result<(), String>,
    ) {
        for row in 0..self.row_count {
            let value = if self.is_computed(row) { compute(row).into_row() } else { Ok(None) };
            if let Err(reason) = value.and_then(&mut push) {
                self.failures.push(row, reason);
                push(None).expect("a NULL always fits");
            }
        }
    }

    /// Computes a VARCHAR for each row.
    pub fn map_strings<R>(
        &mut self,
        compute: impl FnMut(usize) -> R,
    ) -> Result<ArrayRef, FunctionError>
    where
        R: RowResult,
        R::Value: AsRef<str>,
    {
        let mut builder = StringBuilder::with_capacity(self.row_count, 0);
        self.each_row(compute, |value| {
            let value = value.as_ref().map(AsRef::as_ref);
            check_bytes(builder.values_slice().len(), value.map_or(0, str::len))?;
            builder.append_option(value);
            Ok(())
        });
        Ok(Arc::new(builder.finish()))
    }

    /// Computes a VARCHAR for each row into a buffer that is empty at the start of each row.
    pub fn write_strings<R: RowResult<Value = ()>>(
        &mut self,
        mut compute: impl FnMut(usize, &mut String) -> R,
    ) -> Result<ArrayRef, FunctionError> {
        let mut text = String::new();
        let mut builder = StringBuilder::with_capacity(self.row_count, 0);
        for row in 0..self.row_count {
            text.clear();
            let computed = self.is_computed(row).then(|| compute(row, &mut text).into_row());
            let fits = check_bytes(builder.values_slice().len(), text.len());
            match computed.unwrap_or(Ok(None)).and_then(|value| fits.map(|()| value)) {
                Ok(value) => builder.append_option(value.map(|()| &text)),
                Err(reason) => {
                    self.failures.push(row, reason);
                    builder.append_null();
                }
            }
        }
        Ok(Arc::new(builder.finish()))
    }

    /// Computes BYTES for each row.
    pub fn map_bytes<R>(
        &mut self,
        compute: impl FnMut(usize) -> R,
    ) -> Result<ArrayRef, FunctionError>
    where
        R: RowResult,
        R::Value: AsRef<[u8]>,
    {
        let mut builder = BinaryBuilder::with_capacity(self.row_count, 0);
        self.each_row(compute, |value| {
            let value = value.as_ref().map(AsRef::as_ref);
            check_bytes(builder.values_slice().len(), value.map_or(0, <[u8]>::len))?;
            builder.append_option(value);
            Ok(())
        });
        Ok(Arc::new(builder.finish()))
    }

    /// Computes a DECIMAL of the return type's scale for each row; what does not fit its precision fails.
    pub fn map_decimals<R: RowResult<Value = Decimal>>(
        &mut self,
        compute: impl FnMut(usize) -> R,
    ) -> Result<ArrayRef, FunctionError> {
        let SqlType::Decimal { precision, scale } = *self.return_type else {
            return Err(FunctionError::InvalidArgument("the result is not a DECIMAL".into()));
        };
        let limit = i256::from(10).checked_pow(u32::from(precision)).unwrap_or(i256::MAX);
        let mut builder = ColumnBuilder::new(self.return_type);
        self.each_row(compute, |value| {
            let ColumnBuilder::Decimal(builder) = &mut builder else {
                unreachable!("it was made for a DECIMAL")
            };
            let fits = |v: &Decimal| v.scale == scale && v.unscaled.wrapping_abs() < limit;
            if !value.as_ref().is_none_or(fits) {
                return Err("Numeric field overflow".to_owned());
            }
            builder.push(value);
            Ok(())
        });
        Ok(builder.finish())
    }

    /// Takes each row from one of several arrays; none is NULL.
    pub fn pick<R: RowResult<Value = Pick>>(
        &mut self,
        sources: &[&ArrayRef],
        compute: impl FnMut(usize) -> R,
    ) -> Result<ArrayRef, FunctionError> {
        let mut picked = Vec::with_capacity(self.row_count);
        self.each_row(compute, |pick| {
            picked.push(pick);
            Ok(())
        });
        take_picked(&self.return_type.arrow(), sources, &picked)
    }

    /// Computes an ARRAY for each row, of elements taken from several arrays; a pick of none is a NULL element.
    pub fn map_arrays<R: RowResult<Value = ()>>(
        &mut self,
        sources: &[&ArrayRef],
        compute: impl FnMut(usize, &mut Vec<Option<Pick>>) -> R,
    ) -> Result<ArrayRef, FunctionError> {
        let DataType::List(field) = self.return_type.arrow() else {
            return Err(FunctionError::InvalidArgument("the result is not an ARRAY".into()));
        };
        self.map_lists(compute, |picked| take_picked(field.data_type(), sources, &picked))
    }

    /// Computes an `ARRAY<VARCHAR>` for each row.
    pub fn map_string_arrays<T: AsRef<str>, R: RowResult<Value = ()>>(
        &mut self,
        compute: impl FnMut(usize, &mut Vec<Option<T>>) -> R,
    ) -> Result<ArrayRef, FunctionError> {
        self.map_lists(compute, string_column)
    }

    /// Computes an ARRAY for each row; `column` makes a column of the elements of all rows.
    pub fn map_lists<P, R: RowResult<Value = ()>>(
        &mut self,
        compute: impl FnMut(usize, &mut Vec<P>) -> R,
        column: impl FnOnce(Vec<P>) -> Result<ArrayRef, FunctionError>,
    ) -> Result<ArrayRef, FunctionError> {
        let DataType::List(field) = self.return_type.arrow() else {
            return Err(FunctionError::InvalidArgument("the result is not an ARRAY".into()));
        };
        let mut elements = Vec::new();
        let (offsets, nulls) = self.list_rows(&mut elements, compute);
        let list = ListArray::try_new(field, offsets, column(elements)?, nulls);
        Ok(Arc::new(list.map_err(arrow_error)?))
    }

    /// Computes a MAP<VARCHAR, VARCHAR> for each row; no key may be there twice.
    pub fn map_string_maps<T: AsRef<str>, R: RowResult<Value = ()>>(
        &mut self,
        compute: impl FnMut(usize, &mut Vec<(T, Option<T>)>) -> R,
    ) -> Result<ArrayRef, FunctionError> {
        let mut entries = Vec::new();
        let (offsets, nulls) = self.list_rows(&mut entries, compute);
        let (keys, values): (Vec<_>, Vec<_>) =
            entries.into_iter().map(|(key, value)| (Some(key), value)).unzip();
        let columns = vec![string_column(keys)?, string_column(values)?];
        map_of(self.return_type, columns, offsets, nulls)
    }

    /// Computes a MAP for each row, of entries whose keys and values are taken from several arrays; keys are never NULL,
    /// and no key is taken twice.
    pub fn map_maps<R: RowResult<Value = ()>>(
        &mut self,
        keys: &[&ArrayRef],
        values: &[&ArrayRef],
        compute: impl FnMut(usize, &mut Vec<(Pick, Option<Pick>)>) -> R,
    ) -> Result<ArrayRef, FunctionError> {
        let SqlType::Map(key_type, value_type) = self.return_type else {
            return Err(FunctionError::InvalidArgument("the result is not a MAP".into()));
        };
        let mut picked = Vec::new();
        let (offsets, nulls) = self.list_rows(&mut picked, compute);
        let key_picks: Vec<Option<Pick>> = picked.iter().map(|(key, _)| Some(*key)).collect();
        let value_picks: Vec<Option<Pick>> = picked.iter().map(|(_, value)| *value).collect();
        let columns = vec![
            take_picked(&key_type.arrow(), keys, &key_picks)?,
            take_picked(&value_type.arrow(), values, &value_picks)?,
        ];
        map_of(self.return_type, columns, offsets, nulls)
    }

    /// Computes the elements of each row, and returns where rows end and which are NULL.
    fn list_rows<P, R: RowResult<Value = ()>>(
        &mut self,
        picked: &mut Vec<P>,
        mut compute: impl FnMut(usize, &mut Vec<P>) -> R,
    ) -> (OffsetBuffer<i32>, Option<NullBuffer>) {
        let mut lengths = Vec::with_capacity(self.row_count);
        let mut valid = Vec::with_capacity(self.row_count);
        for row in 0..self.row_count {
            let begin = picked.len();
            let computed =
                if self.is_computed(row) { compute(row, picked).into_row() } else { Ok(None) };
            let fits = check_elements(begin, picked.len() - begin);
            let computed = computed.and_then(|value| fits.map(|()| value));
            let is_valid = matches!(computed, Ok(Some(())));
            if let Err(reason) = computed {
                self.failures.push(row, reason);
            }
            if !is_valid {
                picked.truncate(begin);
            }
            lengths.push(picked.len() - begin);
            valid.push(is_valid);
        }
        let nulls = valid.contains(&false).then(|| NullBuffer::from(valid));
        (OffsetBuffer::from_lengths(lengths), nulls)
    }
}

/// Makes a VARCHAR column.
fn string_column<T: AsRef<str>>(texts: Vec<Option<T>>) -> Result<ArrayRef, FunctionError> {
    let mut builder = StringBuilder::with_capacity(texts.len(), 0);
    for text in texts {
        let text = text.as_ref().map(AsRef::as_ref);
        check_bytes(builder.values_slice().len(), text.map_or(0, str::len))
            .map_err(FunctionError::InvalidArgument)?;
        builder.append_option(text);
    }
    Ok(Arc::new(builder.finish()))
}

/// Makes a MAP column of its keys and values.
pub(super) fn map_of(
    sql_type: &SqlType,
    columns: Vec<ArrayRef>,
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, FunctionError> {
    let DataType::Map(entries_field, _) = sql_type.arrow() else {
        return Err(FunctionError::InvalidArgument("the result is not a MAP".into()));
    };
    let DataType::Struct(fields) = entries_field.data_type() else {
        unreachable!("the entries of a map are structs")
    };
    let entries = StructArray::try_new(fields.clone(), columns, None).map_err(arrow_error)?;
    let map = MapArray::try_new(entries_field, offsets, entries, nulls, false);
    Ok(Arc::new(map.map_err(arrow_error)?))
}

/// Takes rows from several arrays of a type.
pub(super) fn take_picked(
    data_type: &DataType,
    sources: &[&ArrayRef],
    picked: &[Option<Pick>],
) -> Result<ArrayRef, FunctionError> {
    let nothing = new_null_array(data_type, 1);
    let mut arrays: Vec<&dyn Array> = sources.iter().map(|array| array.as_ref()).collect();
    arrays.push(nothing.as_ref());
    let picks: Vec<Pick> = picked.iter().map(|pick| pick.unwrap_or((sources.len(), 0))).collect();
    check_elements(0, picks.len())
        .and_then(|()| check_picked_bytes(&arrays, &picks))
        .map_err(FunctionError::InvalidArgument)?;
    interleave(&arrays, &picks).map_err(arrow_error)
}

/// Refuses texts that would together be too long for one column.
fn check_picked_bytes(arrays: &[&dyn Array], picks: &[Pick]) -> Result<(), String> {
    let lengths: Option<Vec<&[i32]>> = arrays
        .iter()
        .map(|array| match array.data_type() {
            DataType::Utf8 => Some(array.as_string::<i32>().value_offsets()),
            DataType::Binary => Some(array.as_binary::<i32>().value_offsets()),
            _ => None,
        })
        .collect();
    let Some(offsets) = lengths else { return Ok(()) };
    let length = |&(array, row): &Pick| {
        let offsets: &[i32] = offsets[array];
        u64::from((offsets[row + 1] - offsets[row]).unsigned_abs())
    };
    let total: u64 = picks.iter().map(length).sum();
    if total <= BATCH_MAX as u64 { Ok(()) } else { Err(TOO_LARGE.to_owned()) }
}

const TOO_LARGE: &str = "the result is too large for one batch";

fn check_bytes(before: usize, more: usize) -> Result<(), String> {
    if VALUE_BYTES_MAX < more {
        return Err(format!("the result is longer than {VALUE_BYTES_MAX} bytes"));
    }
    if before + more <= BATCH_MAX { Ok(()) } else { Err(TOO_LARGE.to_owned()) }
}

fn check_elements(before: usize, more: usize) -> Result<(), String> {
    if before + more <= BATCH_MAX { Ok(()) } else { Err(TOO_LARGE.to_owned()) }
}

/// Turns Arrow's refusal into ours.
pub(super) fn arrow_error(error: ArrowError) -> FunctionError {
    FunctionError::InvalidArgument(error.to_string())
}
