//! Arrays, maps, and lambdas over them.

use crate::functions::{Category, ScalarFunction};

mod array_concat;
mod array_contains;
mod array_distinct;
mod array_except;
mod array_intersect;
mod array_join;
mod array_length;
mod array_max;
mod array_min;
mod array_remove;
mod array_sort;
mod array_union;
mod as_map;
mod entries;
mod extreme;
mod filter;
mod generate_series;
mod lambdas;
mod map_keys;
mod map_union;
mod map_values;
mod reduce;
mod set;
mod slice;
mod transform;

/// The functions of this package, in SHOW order.
pub(super) const FUNCTIONS: &[fn() -> ScalarFunction] = &[
    array_concat::array_concat,
    array_contains::array_contains,
    array_distinct::array_distinct,
    array_except::array_except,
    array_intersect::array_intersect,
    array_join::array_join,
    array_length::array_length,
    array_max::array_max,
    array_min::array_min,
    array_remove::array_remove,
    array_sort::array_sort,
    array_union::array_union,
    as_map::as_map,
    entries::entries,
    filter::filter,
    generate_series::generate_series,
    map_keys::map_keys,
    map_union::map_union,
    map_values::map_values,
    reduce::reduce,
    slice::slice,
    transform::transform,
];

/// Begins a function on arrays.
fn on_arrays(name: &'static str, summary: &'static str) -> ScalarFunction {
    ScalarFunction::new(name).category(Category::Array).summary(summary)
}

/// Begins a function on maps.
fn on_maps(name: &'static str, summary: &'static str) -> ScalarFunction {
    ScalarFunction::new(name).category(Category::Map).summary(summary)
}

/// Begins a function that takes a lambda.
fn with_lambda(name: &'static str, summary: &'static str) -> ScalarFunction {
    ScalarFunction::new(name).category(Category::Lambda).summary(summary)
}
