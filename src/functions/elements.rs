//! Equality, order and text of single values in columns, as Java's `equals`, `compareTo` and `toString` have them.

use std::cmp::Ordering;
use std::fmt::Write;
use std::hash::{Hash, Hasher};

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float64Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMillisecondType, i256,
};

use crate::types::{Decimal, write_double};

/// A value: its column and its row.
pub type Element<'a> = (&'a ArrayRef, usize);

/// Tells whether two values of one type are equal: NULL equals NULL, NaN equals NaN, 0.0 does not equal -0.0, and maps are
/// equal whatever the order of their entries.
pub fn elements_equal((a, i): Element<'_>, (b, j): Element<'_>) -> bool {
    if a.is_null(i) || b.is_null(j) {
        return a.is_null(i) && b.is_null(j);
    }
    match a.data_type() {
        DataType::List(_) => {
            let (a, b) = (a.as_list::<i32>(), b.as_list::<i32>());
            let (left, right) = (rows(a.value_offsets(), i), rows(b.value_offsets(), j));
            left.len() == right.len()
                && left.zip(right).all(|(i, j)| elements_equal((a.values(), i), (b.values(), j)))
        }
        DataType::Map(_, _) => maps_equal((a, i), (b, j)),
        DataType::Struct(_) => {
            let (a, b) = (a.as_struct().columns(), b.as_struct().columns());
            a.iter().zip(b).all(|(a, b)| elements_equal((a, i), (b, j)))
        }
        _ => compare_elements((a, i), (b, j)) == Some(Ordering::Equal),
    }
}

fn maps_equal((a, i): Element<'_>, (b, j): Element<'_>) -> bool {
    let (a, b) = (a.as_map(), b.as_map());
    let (left, right) = (rows(a.value_offsets(), i), rows(b.value_offsets(), j));
    let has_entry = |i: usize| {
        let mut right = right.clone();
        let found = right.find(|&j| elements_equal((a.keys(), i), (b.keys(), j)));
        found.is_some_and(|j| elements_equal((a.values(), i), (b.values(), j)))
    };
    left.len() == right.len() && left.clone().all(has_entry)
}

/// Hashes a value: what is equal has the same hash.
pub fn hash_element<H: Hasher>((array, i): Element<'_>, state: &mut H) {
    if array.is_null(i) {
        return state.write_u8(0);
    }
    match array.data_type() {
        DataType::Boolean => array.as_boolean().value(i).hash(state),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(i).hash(state),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(i).hash(state),
        DataType::Float64 => ordered(array.as_primitive::<Float64Type>().value(i)).hash(state),
        DataType::Decimal128(_, _) => array.as_primitive::<Decimal128Type>().value(i).hash(state),
        DataType::Decimal256(_, _) => array.as_primitive::<Decimal256Type>().value(i).hash(state),
        DataType::Utf8 => array.as_string::<i32>().value(i).hash(state),
        DataType::Binary => array.as_binary::<i32>().value(i).hash(state),
        DataType::Date32 => array.as_primitive::<Date32Type>().value(i).hash(state),
        DataType::Time32(_) => array.as_primitive::<Time32MillisecondType>().value(i).hash(state),
        DataType::Timestamp(_, _) => {
            array.as_primitive::<TimestampMillisecondType>().value(i).hash(state);
        }
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            rows(list.value_offsets(), i).for_each(|i| hash_element((list.values(), i), state));
        }
        DataType::Struct(_) => {
            let fields = array.as_struct().columns();
            fields.iter().for_each(|field| hash_element((field, i), state));
        }
        // Entries may stand in any order, so that only their number is the same in equal maps.
        DataType::Map(_, _) => rows(array.as_map().value_offsets(), i).len().hash(state),
        other => unreachable!("no SQL type is held as {other}"),
    }
}

/// Compares two values of one type that are not NULL; none if the type has no order.
pub fn compare_elements((a, i): Element<'_>, (b, j): Element<'_>) -> Option<Ordering> {
    macro_rules! primitive {
        ($arrow:ty) => {
            a.as_primitive::<$arrow>().value(i).cmp(&b.as_primitive::<$arrow>().value(j))
        };
    }
    Some(match a.data_type() {
        DataType::Boolean => a.as_boolean().value(i).cmp(&b.as_boolean().value(j)),
        DataType::Int32 => primitive!(Int32Type),
        DataType::Int64 => primitive!(Int64Type),
        DataType::Float64 => {
            let left = a.as_primitive::<Float64Type>().value(i);
            ordered(left).cmp(&ordered(b.as_primitive::<Float64Type>().value(j)))
        }
        DataType::Decimal128(_, _) => primitive!(Decimal128Type),
        DataType::Decimal256(_, _) => primitive!(Decimal256Type),
        DataType::Utf8 => {
            compare_texts(a.as_string::<i32>().value(i), b.as_string::<i32>().value(j))
        }
        DataType::Binary => {
            let signed = |byte: &u8| byte.cast_signed();
            let left = a.as_binary::<i32>().value(i).iter().map(signed);
            left.cmp(b.as_binary::<i32>().value(j).iter().map(signed))
        }
        DataType::Date32 => primitive!(Date32Type),
        DataType::Time32(_) => primitive!(Time32MillisecondType),
        DataType::Timestamp(_, _) => primitive!(TimestampMillisecondType),
        _ => return None,
    })
}

/// Compares texts by their UTF-16 units, as Java does. That differs from the order of code points only above U+FFFF.
pub fn compare_texts(a: &str, b: &str) -> Ordering {
    let order = a.cmp(b);
    let differing = a.bytes().zip(b.bytes()).find(|(a, b)| a != b);
    // What begins with these bytes is U+E000 to U+FFFF, or above; other bytes of a character are smaller.
    let is_high = |byte: u8| 0xF0 <= byte;
    match differing {
        Some((left, right)) if 0xEE <= left.min(right) && is_high(left) != is_high(right) => {
            order.reverse()
        }
        Some(_) | None => order,
    }
}

/// Compares doubles as Java's `compareTo` does: -0.0 before 0.0, and NaN after all others.
pub fn compare_doubles(a: &f64, b: &f64) -> Ordering {
    ordered(*a).cmp(&ordered(*b))
}

/// Maps doubles to integers of the same order: -0.0 before 0.0, and all NaNs are one, after all others.
fn ordered(value: f64) -> i64 {
    let value = if value.is_nan() { f64::NAN } else { value };
    let bits = value.to_bits().cast_signed();
    bits ^ (((bits >> 63).cast_unsigned()) >> 1).cast_signed()
}

/// Appends a value as Java's `toString` writes it; returns false for types that have no such text.
pub fn write_element((array, i): Element<'_>, out: &mut String) -> bool {
    macro_rules! display {
        ($value:expr) => {
            write!(out, "{}", $value).expect("a string takes all that is written")
        };
    }
    match array.data_type() {
        _ if array.is_null(i) => out.push_str("null"),
        DataType::Boolean => display!(array.as_boolean().value(i)),
        DataType::Int32 => display!(array.as_primitive::<Int32Type>().value(i)),
        DataType::Int64 => display!(array.as_primitive::<Int64Type>().value(i)),
        DataType::Float64 => write_double(array.as_primitive::<Float64Type>().value(i), out),
        DataType::Decimal128(_, _) | DataType::Decimal256(_, _) => {
            write_big_decimal(decimal_at(array, i), out);
        }
        DataType::Utf8 => out.push_str(array.as_string::<i32>().value(i)),
        _ => return false,
    }
    true
}

/// Returns the value of a DECIMAL column at a row.
pub fn decimal_at(array: &ArrayRef, i: usize) -> Decimal {
    match array.data_type() {
        DataType::Decimal128(_, scale) => Decimal {
            unscaled: i256::from_i128(array.as_primitive::<Decimal128Type>().value(i)),
            scale: scale.unsigned_abs(),
        },
        DataType::Decimal256(_, scale) => Decimal {
            unscaled: array.as_primitive::<Decimal256Type>().value(i),
            scale: scale.unsigned_abs(),
        },
        other => unreachable!("no DECIMAL is held as {other}"),
    }
}

/// Appends a decimal with all digits after its point.
pub fn write_plain_decimal(value: Decimal, out: &mut String) {
    let digits = value.unscaled.to_string();
    let (sign, digits) = digits.strip_prefix('-').map_or(("", &*digits), |digits| ("-", digits));
    let scale = usize::from(value.scale);
    out.push_str(sign);
    if digits.len() <= scale {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', scale - digits.len()));
        return out.push_str(digits);
    }
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    out.push_str(whole);
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
}

/// Appends a decimal as Java's `BigDecimal.toString` writes it: small ones have an exponent.
fn write_big_decimal(value: Decimal, out: &mut String) {
    let digits = value.unscaled.wrapping_abs().to_string();
    let exponent = digits.len() as i64 - 1 - i64::from(value.scale);
    if -6 <= exponent {
        return write_plain_decimal(value, out);
    }
    if value.unscaled < i256::ZERO {
        out.push('-');
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    write!(out, "{first}{point}{rest}E{exponent}").expect("a string takes all that is written");
}

fn rows(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    // Arrow's offsets are never negative.
    offsets[row].unsigned_abs() as usize..offsets[row + 1].unsigned_abs() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_ordered_as_in_java() {
        let values =
            [f64::NEG_INFINITY, -1.5, -0.0, 0.0, f64::MIN_POSITIVE, 2.0, f64::INFINITY, f64::NAN];
        assert!(values.is_sorted_by(|a, b| ordered(*a) < ordered(*b)));
        assert_eq!(ordered(f64::NAN), ordered(-f64::NAN));
    }

    #[test]
    fn texts_are_ordered_by_utf_16_units() {
        assert_eq!(compare_texts("a", "ab"), Ordering::Less);
        assert_eq!(compare_texts("Food", "foo"), Ordering::Less);
        assert_eq!(compare_texts("\u{10000}", "\u{FFFF}"), Ordering::Less);
        assert_eq!(compare_texts("\u{10001}", "\u{10000}"), Ordering::Greater);
    }

    #[test]
    fn decimals_are_written_as_in_java() {
        let check = |unscaled: i64, scale, plain: &str, java: &str| {
            let value = Decimal { unscaled: i256::from(unscaled), scale };
            let (mut a, mut b) = (String::new(), String::new());
            write_plain_decimal(value, &mut a);
            write_big_decimal(value, &mut b);
            assert_eq!((a.as_str(), b.as_str()), (plain, java));
        };
        check(12345, 2, "123.45", "123.45");
        check(-5, 2, "-0.05", "-0.05");
        check(7, 0, "7", "7");
        check(-12, 9, "-0.000000012", "-1.2E-8");
        check(0, 8, "0.00000000", "0E-8");
    }
}
