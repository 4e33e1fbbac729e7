//! Regular expressions, in Java's syntax.

use crate::functions::{Category, ScalarFunction};

mod java_syntax;
mod pattern;
mod regexp_extract;
mod regexp_extract_all;
mod regexp_replace;
mod regexp_split_to_array;

/// The functions of this package, in SHOW order.
pub(super) const FUNCTIONS: &[fn() -> ScalarFunction] = &[
    regexp_extract::regexp_extract,
    regexp_extract_all::regexp_extract_all,
    regexp_replace::regexp_replace,
    regexp_split_to_array::regexp_split_to_array,
];

/// Begins a function on regular expressions.
fn regular(name: &'static str, summary: &'static str) -> ScalarFunction {
    ScalarFunction::new(name).category(Category::RegularExpression).summary(summary)
}
