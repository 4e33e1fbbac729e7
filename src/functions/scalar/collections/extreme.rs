//! What ARRAY_MAX and ARRAY_MIN share.

use std::cmp::Ordering;

use datafusion::arrow::array::Array;

use crate::functions::ScalarFunction;
use crate::functions::elements::compare_elements;
use crate::functions::scalar::collections::on_arrays;

/// Makes the function that returns the element which compares as `wanted` with all others.
pub(super) fn extreme(
    name: &'static str,
    summary: &'static str,
    wanted: Ordering,
) -> ScalarFunction {
    on_arrays(name, summary).overload("(array ARRAY<T>) T", "NULL if there is none.", move |call| {
        let list = call.lists(0)?;
        let elements = list.elements();
        call.pick(&[elements], |row| {
            let mut best = None;
            for index in list.at(row).filter(|index| elements.is_valid(*index)) {
                let other = best.unwrap_or(index);
                let order = compare_elements((elements, index), (elements, other));
                if order.ok_or_else(|| no_order(elements))? == wanted || best.is_none() {
                    best = Some(index);
                }
            }
            Ok::<_, String>(best.map(|index| (0, index)))
        })
    })
}

/// Says that elements of such a type can't be compared.
pub(super) fn no_order(elements: &dyn Array) -> String {
    format!("elements of {} have no order", elements.data_type())
}
