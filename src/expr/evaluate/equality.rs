//! Whether two values are the same, composites part by part.

use crate::types::Value;

/// Tells whether two values are equal. Unlike in SQL, two NULLs are: within a composite, that is what they are.
pub(super) fn values_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        // As Java's `Double.equals`: NaN equals itself, and the two zeros differ.
        (Value::Double(l), Value::Double(r)) => {
            l.to_bits() == r.to_bits() || l.is_nan() && r.is_nan()
        }
        (Value::Array(l), Value::Array(r)) | (Value::Struct(l), Value::Struct(r)) => {
            l.len() == r.len() && l.iter().zip(r).all(|(l, r)| values_equal(l, r))
        }
        (Value::Map(l), Value::Map(r)) => {
            l.len() == r.len() && l.iter().all(|entry| has_entry(r, entry))
        }
        (left, right) => left == right,
    }
}

/// Entries have no order.
fn has_entry(entries: &[(Value, Value)], (key, value): &(Value, Value)) -> bool {
    let found = entries.iter().find(|(other, _)| values_equal(other, key));
    found.is_some_and(|(_, other)| values_equal(other, value))
}
