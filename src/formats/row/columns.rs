//! Rows of bytes back into columns, column by column: a batch of rows costs a look at each type per batch, not per cell.

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, ArrowPrimitiveType, NullBufferBuilder, PrimitiveArray, StringArray,
};
use datafusion::arrow::buffer::{Buffer, OffsetBuffer};
use datafusion::arrow::datatypes::{
    Date32Type, Int32Type, Int64Type, Time32MillisecondType, TimestampMillisecondType,
};

use super::read::{fixed, read_bytes, read_cell};
use super::{NULL, PRESENT, RowError, from_ordered};
use crate::types::{ColumnBuilder, SqlType};

/// Reads columns of these types from rows. Each row is left with what follows them.
pub fn read_columns<'a>(
    rows: &mut [&[u8]],
    types: impl IntoIterator<Item = &'a SqlType>,
) -> Result<Vec<ArrayRef>, RowError> {
    types.into_iter().map(|sql_type| read_column(rows, sql_type)).collect()
}

fn read_column(rows: &mut [&[u8]], sql_type: &SqlType) -> Result<ArrayRef, RowError> {
    match sql_type {
        SqlType::Int => numbers::<Int32Type, 4>(rows, ordered_int),
        SqlType::Date => numbers::<Date32Type, 4>(rows, ordered_int),
        SqlType::Time => numbers::<Time32MillisecondType, 4>(rows, ordered_int),
        SqlType::Bigint => numbers::<Int64Type, 8>(rows, ordered_long),
        SqlType::Timestamp => numbers::<TimestampMillisecondType, 8>(rows, ordered_long),
        SqlType::Varchar => texts(rows),
        SqlType::Boolean
        | SqlType::Double
        | SqlType::Decimal { .. }
        | SqlType::Bytes
        | SqlType::Array(_)
        | SqlType::Map(..)
        | SqlType::Struct(_) => {
            let mut builder = ColumnBuilder::new(sql_type);
            for row in rows {
                *row = read_cell(row, &mut builder)?;
            }
            Ok(builder.finish())
        }
    }
}

/// Takes the flag of a cell off a row: whether the cell is there.
fn take_flag(row: &mut &[u8]) -> Result<bool, RowError> {
    let (flag, rest) = row.split_first().ok_or(RowError)?;
    *row = rest;
    match *flag {
        NULL => Ok(false),
        PRESENT => Ok(true),
        _ => Err(RowError),
    }
}

fn ordered_int(bytes: [u8; 4]) -> i32 {
    (u32::from_be_bytes(bytes) ^ (1 << 31)) as i32
}

fn ordered_long(bytes: [u8; 8]) -> i64 {
    from_ordered(&bytes).unwrap_or_default()
}

fn numbers<T: ArrowPrimitiveType, const SIZE: usize>(
    rows: &mut [&[u8]],
    value_of: impl Fn([u8; SIZE]) -> T::Native,
) -> Result<ArrayRef, RowError> {
    let mut values = Vec::with_capacity(rows.len());
    let mut nulls = NullBufferBuilder::new(rows.len());
    for row in rows {
        if take_flag(row)? {
            let (bytes, rest) = fixed::<SIZE>(row)?;
            *row = rest;
            values.push(value_of(bytes));
            nulls.append_non_null();
        } else {
            values.push(T::default_value());
            nulls.append_null();
        }
    }
    Ok(Arc::new(PrimitiveArray::<T>::new(values.into(), nulls.finish())))
}

fn texts(rows: &mut [&[u8]]) -> Result<ArrayRef, RowError> {
    let mut texts: Vec<Cow<'_, [u8]>> = Vec::with_capacity(rows.len());
    let mut nulls = NullBufferBuilder::new(rows.len());
    for row in rows {
        if take_flag(row)? {
            let (text, rest) = read_bytes(row)?;
            *row = rest;
            texts.push(text);
            nulls.append_non_null();
        } else {
            texts.push(Cow::Borrowed(&[]));
            nulls.append_null();
        }
    }
    let lengths = texts.iter().map(|text| text.len());
    // A batch of records is smaller than what an offset can say.
    let total: usize = lengths.clone().sum();
    i32::try_from(total).map_err(|_| RowError)?;
    let mut bytes = Vec::with_capacity(total);
    texts.iter().for_each(|text| bytes.extend_from_slice(text));
    let offsets = OffsetBuffer::from_lengths(lengths);
    // All are looked at together: texts that end within a character are found as well.
    let column = StringArray::try_new(offsets, Buffer::from_vec(bytes), nulls.finish());
    Ok(Arc::new(column.map_err(|_| RowError)?))
}
