//! How values compare and hash: as Java compares them, and the same in every version, because states on disk depend on it.

use std::cmp::Ordering;

use crate::functions::aggregate::bytes::put_value;
use crate::types::Value;

/// Compares as `Double.compareTo`: -0.0 before 0.0, and NaN, whatever its sign, after all others.
#[inline]
pub(super) fn compare_doubles(a: &f64, b: &f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (false, false) => a.total_cmp(b),
        (a, b) => a.cmp(&b),
    }
}

/// Compares as `String.compareTo`, by UTF-16 unit. It differs from the order of the UTF-8 bytes only where a character beyond
/// U+FFFF (first byte from F0, in UTF-16 units from D800) meets one of U+E000 to U+FFFF (first byte EE or EF).
pub(super) fn compare_texts(a: &str, b: &str) -> Ordering {
    let differs = a.bytes().zip(b.bytes()).find(|(a, b)| a != b);
    match differs {
        None => a.len().cmp(&b.len()),
        Some((a, b)) if 0xee <= a && 0xee <= b && (0xf0 <= a) != (0xf0 <= b) => b.cmp(&a),
        Some((a, b)) => a.cmp(&b),
    }
}

/// Compares values of one type; what has no order in SQL (arrays, maps, structs) compares by its parts, NULL first.
pub(super) fn compare_values(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b))
        | (Value::Date(a), Value::Date(b))
        | (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Bigint(a), Value::Bigint(b)) | (Value::Timestamp(a), Value::Timestamp(b)) => {
            a.cmp(b)
        }
        (Value::Double(a), Value::Double(b)) => compare_doubles(a, b),
        (Value::Decimal(a), Value::Decimal(b)) => a.unscaled.cmp(&b.unscaled),
        (Value::Varchar(a), Value::Varchar(b)) => compare_texts(a, b),
        // `ByteBuffer.compareTo` takes bytes as signed.
        (Value::Bytes(a), Value::Bytes(b)) => {
            let signed = |bytes: &[u8]| bytes.iter().map(|b| *b as i8).collect::<Vec<_>>();
            signed(a).cmp(&signed(b))
        }
        (Value::Array(a), Value::Array(b)) | (Value::Struct(a), Value::Struct(b)) => {
            compare_lists(a, b)
        }
        (Value::Map(_), Value::Map(_)) => canonical(a).cmp(&canonical(b)),
        (a, b) => b.is_null().cmp(&a.is_null()),
    }
}

fn compare_lists(a: &[Value], b: &[Value]) -> Ordering {
    let differs = a.iter().zip(b).map(|(a, b)| compare_values(a, b)).find(|order| order.is_ne());
    differs.unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// Tells whether two values of one type are the same.
pub(super) fn same_values(a: &Value, b: &Value) -> bool {
    compare_values(a, b).is_eq()
}

/// Hashes a value so that values that are the same have the same hash.
pub(super) fn hash_value(value: &Value) -> u64 {
    hash_bytes(&canonical(value))
}

/// Returns the bytes of a value, the same for values that are the same.
fn canonical(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    match value {
        Value::Double(v) if v.is_nan() => put_value(&Value::Double(f64::NAN), &mut bytes),
        Value::Array(values) | Value::Struct(values) => {
            bytes.push(1);
            values.iter().for_each(|value| {
                let part = canonical(value);
                bytes.extend_from_slice(&part.len().to_le_bytes());
                bytes.extend_from_slice(&part);
            });
        }
        Value::Map(entries) => {
            let entry = |(key, value): &(Value, Value)| (canonical(key), canonical(value));
            let mut entries: Vec<_> = entries.iter().map(entry).collect();
            entries.sort_unstable();
            bytes.push(1);
            for part in entries.iter().flat_map(|(key, value)| [key, value]) {
                bytes.extend_from_slice(&part.len().to_le_bytes());
                bytes.extend_from_slice(part);
            }
        }
        other => put_value(other, &mut bytes),
    }
    bytes
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const STRIDE: u64 = 0xd1b5_4a32_d192_ed03;

/// Hashes a number.
pub(super) fn hash_word(word: u64) -> u64 {
    fold(fold(word ^ SEED, STRIDE) ^ SEED, STRIDE ^ word.rotate_left(32))
}

/// Hashes bytes: eight at a time, each step a 128-bit product folded onto itself.
pub(super) fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut hash = SEED ^ bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = u64::from_le_bytes(chunk.try_into().expect("a chunk has eight bytes"));
        hash = fold(hash ^ word, STRIDE).wrapping_add(hash.rotate_left(23));
    }
    let mut last = [0; 8];
    last[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    hash_word(hash ^ u64::from_le_bytes(last).wrapping_mul(STRIDE))
}

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ (product >> 64) as u64
}
