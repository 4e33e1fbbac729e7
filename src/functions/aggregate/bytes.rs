//! The parts of which saved states are made: fixed numbers, counts, texts, values of any SQL type.

use datafusion::arrow::datatypes::i256;

use crate::functions::aggregate::StateError;
use crate::types::{Decimal, SqlType, Value};

/// Takes `count` bytes off the front.
pub(super) fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8], StateError> {
    let Some((front, rest)) = bytes.split_at_checked(count) else {
        return Err(StateError::Truncated { needed: count, left: bytes.len() });
    };
    *bytes = rest;
    Ok(front)
}

/// Takes an array of bytes off the front.
pub(super) fn take_array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], StateError> {
    let front = take(bytes, N)?;
    Ok(front.try_into().expect("take returns as many bytes as were asked for"))
}

/// Takes one byte off the front.
pub(super) fn take_u8(bytes: &mut &[u8]) -> Result<u8, StateError> {
    Ok(take_array::<1>(bytes)?[0])
}

/// Takes a byte that is 0 or 1 off the front.
pub(super) fn take_bool(bytes: &mut &[u8]) -> Result<bool, StateError> {
    match take_u8(bytes)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(StateError::Damaged("a flag is neither 0 nor 1")),
    }
}

/// Takes a fixed i64 off the front.
pub(super) fn take_i64(bytes: &mut &[u8]) -> Result<i64, StateError> {
    Ok(i64::from_le_bytes(take_array(bytes)?))
}

/// Takes a fixed u64 off the front.
pub(super) fn take_u64(bytes: &mut &[u8]) -> Result<u64, StateError> {
    Ok(u64::from_le_bytes(take_array(bytes)?))
}

/// Takes a fixed f64 off the front.
pub(super) fn take_f64(bytes: &mut &[u8]) -> Result<f64, StateError> {
    Ok(f64::from_le_bytes(take_array(bytes)?))
}

/// Appends a count, seven bits to a byte.
pub(super) fn put_count(mut count: usize, out: &mut Vec<u8>) {
    while 0x80 <= count {
        out.push((count & 0x7f) as u8 | 0x80);
        count >>= 7;
    }
    out.push(count as u8);
}

/// Takes a count off the front. What is counted takes at least one byte each, so that a damaged count cannot make the
/// caller reserve more than the bytes hold.
pub(super) fn take_count(bytes: &mut &[u8]) -> Result<usize, StateError> {
    let mut count = 0_usize;
    for shift in (0..35).step_by(7) {
        let byte = take_u8(bytes)?;
        count |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            if bytes.len() < count {
                return Err(StateError::Truncated { needed: count, left: bytes.len() });
            }
            return Ok(count);
        }
    }
    Err(StateError::Damaged("a count is too long"))
}

/// Appends bytes with their length.
pub(super) fn put_slice(slice: &[u8], out: &mut Vec<u8>) {
    put_count(slice.len(), out);
    out.extend_from_slice(slice);
}

/// Takes bytes with their length off the front.
pub(super) fn take_slice<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], StateError> {
    let count = take_count(bytes)?;
    take(bytes, count)
}

/// Takes a text off the front.
pub(super) fn take_text<'a>(bytes: &mut &'a [u8]) -> Result<&'a str, StateError> {
    std::str::from_utf8(take_slice(bytes)?).map_err(|_| StateError::Damaged("a text is not UTF-8"))
}

/// Appends a value: whether there is one, then what its type needs.
pub(super) fn put_value(value: &Value, out: &mut Vec<u8>) {
    out.push(u8::from(!value.is_null()));
    match value {
        Value::Null => {}
        Value::Boolean(v) => out.push(u8::from(*v)),
        Value::Int(v) | Value::Date(v) | Value::Time(v) => out.extend_from_slice(&v.to_le_bytes()),
        Value::Bigint(v) | Value::Timestamp(v) => out.extend_from_slice(&v.to_le_bytes()),
        Value::Double(v) => out.extend_from_slice(&v.to_le_bytes()),
        Value::Decimal(v) => out.extend_from_slice(&v.unscaled.to_le_bytes()),
        Value::Varchar(v) => put_slice(v.as_bytes(), out),
        Value::Bytes(v) => put_slice(v, out),
        Value::Array(values) => {
            put_count(values.len(), out);
            values.iter().for_each(|value| put_value(value, out));
        }
        Value::Map(entries) => {
            put_count(entries.len(), out);
            for (key, value) in entries {
                put_value(key, out);
                put_value(value, out);
            }
        }
        Value::Struct(fields) => fields.iter().for_each(|field| put_value(field, out)),
    }
}

/// Takes a value of a type off the front.
pub(super) fn take_value(sql_type: &SqlType, bytes: &mut &[u8]) -> Result<Value, StateError> {
    if !take_bool(bytes)? {
        return Ok(Value::Null);
    }
    Ok(match sql_type {
        SqlType::Boolean => Value::Boolean(take_bool(bytes)?),
        SqlType::Int => Value::Int(i32::from_le_bytes(take_array(bytes)?)),
        SqlType::Date => Value::Date(i32::from_le_bytes(take_array(bytes)?)),
        SqlType::Time => Value::Time(i32::from_le_bytes(take_array(bytes)?)),
        SqlType::Bigint => Value::Bigint(take_i64(bytes)?),
        SqlType::Timestamp => Value::Timestamp(take_i64(bytes)?),
        SqlType::Double => Value::Double(take_f64(bytes)?),
        SqlType::Decimal { scale, .. } => {
            let unscaled = i256::from_le_bytes(take_array(bytes)?);
            Value::Decimal(Decimal { unscaled, scale: *scale })
        }
        SqlType::Varchar => Value::Varchar(take_text(bytes)?.into()),
        SqlType::Bytes => Value::Bytes(take_slice(bytes)?.into()),
        SqlType::Array(element) => {
            let count = take_count(bytes)?;
            Value::Array((0..count).map(|_| take_value(element, bytes)).collect::<Result<_, _>>()?)
        }
        SqlType::Map(key, value) => {
            let count = take_count(bytes)?;
            let entries = (0..count).map(|_| take_entry(key, value, bytes));
            Value::Map(entries.collect::<Result<_, _>>()?)
        }
        SqlType::Struct(fields) => {
            let values = fields.iter().map(|field| take_value(&field.sql_type, bytes));
            Value::Struct(values.collect::<Result<_, _>>()?)
        }
    })
}

fn take_entry(
    key: &SqlType,
    value: &SqlType,
    bytes: &mut &[u8],
) -> Result<(Value, Value), StateError> {
    let key = take_value(key, bytes)?;
    if key.is_null() {
        return Err(StateError::Damaged("the key of a map is null"));
    }
    Ok((key, take_value(value, bytes)?))
}
