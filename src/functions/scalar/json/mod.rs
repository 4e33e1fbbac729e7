//! Texts that hold JSON.

use crate::functions::{Category, ScalarFunction};

mod document;
mod extractjsonfield;
mod is_json_string;
mod json_array_contains;
mod json_array_length;
mod json_concat;
mod json_items;
mod json_keys;
mod json_records;
mod number;
mod path;
mod to_json_string;

/// The functions of this package, in SHOW order.
pub(super) const FUNCTIONS: &[fn() -> ScalarFunction] = &[
    extractjsonfield::extractjsonfield,
    is_json_string::is_json_string,
    json_array_contains::json_array_contains,
    json_array_length::json_array_length,
    json_concat::json_concat,
    json_items::json_items,
    json_keys::json_keys,
    json_records::json_records,
    to_json_string::to_json_string,
];

/// Begins a function on JSON.
fn on_json(name: &'static str, summary: &'static str) -> ScalarFunction {
    ScalarFunction::new(name).category(Category::Json).summary(summary)
}
