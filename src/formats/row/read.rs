//! Rows of bytes back into columns, row by row.

use std::borrow::Cow;

use datafusion::arrow::datatypes::i256;

use super::{NULL, PRESENT, RowError, from_ordered};
use crate::types::{ColumnBuilder, Decimal, NARROW_DECIMAL_PRECISION, SqlType};

/// Reads one row, pushing a cell into each builder; returns what follows it.
///
/// After an error some builders may have a cell more than others: drop them.
pub fn read_row<'a>(
    mut bytes: &'a [u8],
    builders: &mut [ColumnBuilder],
) -> Result<&'a [u8], RowError> {
    for builder in builders {
        bytes = read_cell(bytes, builder)?;
    }
    Ok(bytes)
}

/// Makes builders for columns of these types.
pub fn builders<'a>(types: impl IntoIterator<Item = &'a SqlType>) -> Vec<ColumnBuilder> {
    types.into_iter().map(ColumnBuilder::new).collect()
}

/// Checks that bytes begin with a cell of a type, and returns what follows it.
pub fn check_cell<'a>(bytes: &'a [u8], sql_type: &SqlType) -> Result<&'a [u8], RowError> {
    let (flag, body) = bytes.split_first().ok_or(RowError)?;
    match *flag {
        NULL => return Ok(body),
        PRESENT => {}
        _ => return Err(RowError),
    }
    let skip = |size: usize| body.get(size..).ok_or(RowError);
    match sql_type {
        SqlType::Boolean => skip(1),
        SqlType::Int | SqlType::Date | SqlType::Time => skip(4),
        SqlType::Bigint | SqlType::Timestamp | SqlType::Double => skip(8),
        SqlType::Decimal { precision, .. } if *precision <= NARROW_DECIMAL_PRECISION => skip(16),
        SqlType::Decimal { .. } => skip(32),
        SqlType::Varchar => {
            let (text, rest) = read_bytes(body)?;
            std::str::from_utf8(&text).map_err(|_| RowError)?;
            Ok(rest)
        }
        SqlType::Bytes => Ok(read_bytes(body)?.1),
        SqlType::Array(element) => read_elements(body, |bytes| check_cell(bytes, element)),
        SqlType::Map(key, value) => {
            read_elements(body, |bytes| check_cell(check_cell(not_null(bytes)?, key)?, value))
        }
        SqlType::Struct(fields) => {
            fields.iter().try_fold(body, |bytes, field| check_cell(bytes, &field.sql_type))
        }
    }
}

/// A column of maps cannot hold a NULL key.
fn not_null(key: &[u8]) -> Result<&[u8], RowError> {
    if key.first() == Some(&NULL) { Err(RowError) } else { Ok(key) }
}

pub(super) fn read_cell<'a>(
    bytes: &'a [u8],
    builder: &mut ColumnBuilder,
) -> Result<&'a [u8], RowError> {
    let (flag, rest) = bytes.split_first().ok_or(RowError)?;
    match *flag {
        NULL => {
            builder.push_null();
            Ok(rest)
        }
        PRESENT => read_body(rest, builder),
        _ => Err(RowError),
    }
}

fn read_body<'a>(bytes: &'a [u8], builder: &mut ColumnBuilder) -> Result<&'a [u8], RowError> {
    match builder {
        ColumnBuilder::Boolean(b) => {
            let (value, rest) = fixed::<1>(bytes)?;
            b.append_value(value[0] != 0);
            Ok(rest)
        }
        ColumnBuilder::Int(b) => read_i32(bytes, |value| b.append_value(value)),
        ColumnBuilder::Bigint(b) => read_i64(bytes, |value| b.append_value(value)),
        ColumnBuilder::Double(b) => {
            let (value, rest) = fixed::<8>(bytes)?;
            let bits = u64::from_be_bytes(value);
            let flip = if bits >> 63 == 1 { 1 << 63 } else { u64::MAX };
            b.append_value(f64::from_bits(bits ^ flip));
            Ok(rest)
        }
        ColumnBuilder::Decimal(b) => {
            let (unscaled, rest) = read_unscaled(bytes, b.is_narrow())?;
            b.push(Some(Decimal { unscaled, scale: b.scale }));
            Ok(rest)
        }
        ColumnBuilder::Varchar(b) => {
            let (text, rest) = read_bytes(bytes)?;
            b.append_value(std::str::from_utf8(&text).map_err(|_| RowError)?);
            Ok(rest)
        }
        ColumnBuilder::Bytes(b) => {
            let (value, rest) = read_bytes(bytes)?;
            b.append_value(&value);
            Ok(rest)
        }
        ColumnBuilder::Date(b) => read_i32(bytes, |value| b.append_value(value)),
        ColumnBuilder::Time(b) => read_i32(bytes, |value| b.append_value(value)),
        ColumnBuilder::Timestamp(b) => read_i64(bytes, |value| b.append_value(value)),
        ColumnBuilder::Array(b) => {
            let rest = read_elements(bytes, |bytes| read_cell(bytes, &mut b.element))?;
            b.finish_row(true);
            Ok(rest)
        }
        ColumnBuilder::Map(b) => {
            let rest = read_elements(bytes, |bytes| {
                read_cell(read_cell(not_null(bytes)?, &mut b.key)?, &mut b.value)
            })?;
            b.finish_row(true);
            Ok(rest)
        }
        ColumnBuilder::Struct(b) => {
            let rest = read_row(bytes, &mut b.fields)?;
            b.finish_row(true);
            Ok(rest)
        }
    }
}

pub(super) fn fixed<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), RowError> {
    bytes.split_first_chunk::<N>().map(|(value, rest)| (*value, rest)).ok_or(RowError)
}

fn read_i32(bytes: &[u8], push: impl FnOnce(i32)) -> Result<&[u8], RowError> {
    let (value, rest) = fixed::<4>(bytes)?;
    push((u32::from_be_bytes(value) ^ (1 << 31)) as i32);
    Ok(rest)
}

fn read_i64(bytes: &[u8], push: impl FnOnce(i64)) -> Result<&[u8], RowError> {
    let (value, rest) = fixed::<8>(bytes)?;
    push(from_ordered(&value).ok_or(RowError)?);
    Ok(rest)
}

fn read_unscaled(bytes: &[u8], is_narrow: bool) -> Result<(i256, &[u8]), RowError> {
    let (high, rest) = fixed::<16>(bytes)?;
    let high = (u128::from_be_bytes(high) ^ (1 << 127)) as i128;
    if is_narrow {
        return Ok((i256::from_i128(high), rest));
    }
    let (low, rest) = fixed::<16>(rest)?;
    Ok((i256::from_parts(u128::from_be_bytes(low), high), rest))
}

/// Reads text or bytes; they are copied only if a zero in them was escaped.
pub(super) fn read_bytes(bytes: &[u8]) -> Result<(Cow<'_, [u8]>, &[u8]), RowError> {
    let mut value = Cow::Borrowed(&[][..]);
    let mut rest = bytes;
    loop {
        let zero = memchr::memchr(0, rest).ok_or(RowError)?;
        let mark = *rest.get(zero + 1).ok_or(RowError)?;
        if value.is_empty() && mark == 0x01 {
            value = Cow::Borrowed(&rest[..zero]);
        } else {
            value.to_mut().extend_from_slice(&rest[..zero]);
        }
        rest = &rest[zero + 2..];
        match mark {
            0x01 => return Ok((value, rest)),
            0xFF => value.to_mut().push(0),
            _ => return Err(RowError),
        }
    }
}

fn read_elements<'a>(
    mut bytes: &'a [u8],
    mut read: impl FnMut(&'a [u8]) -> Result<&'a [u8], RowError>,
) -> Result<&'a [u8], RowError> {
    loop {
        let (flag, rest) = bytes.split_first().ok_or(RowError)?;
        match *flag {
            NULL => return Ok(rest),
            PRESENT => bytes = read(rest)?,
            _ => return Err(RowError),
        }
    }
}
