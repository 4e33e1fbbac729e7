//! Texts.

use crate::functions::{Category, ScalarFunction};

mod case;
mod chr;
mod concat;
mod concat_ws;
mod elt;
mod field;
mod initcap;
mod instr;
mod lcase;
mod len;
mod lpad;
mod padding;
mod replace;
mod rpad;
mod split;
mod split_to_map;
mod substring;
mod trim;
mod ucase;

/// The functions of this package, in SHOW order.
pub(super) const FUNCTIONS: &[fn() -> ScalarFunction] = &[
    chr::chr,
    concat::concat,
    concat_ws::concat_ws,
    elt::elt,
    field::field,
    initcap::initcap,
    instr::instr,
    lcase::lcase,
    len::len,
    lpad::lpad,
    replace::replace,
    rpad::rpad,
    split::split,
    split_to_map::split_to_map,
    substring::substring,
    trim::trim,
    ucase::ucase,
];

/// Begins a function on texts.
pub(super) fn textual(name: &'static str, summary: &'static str) -> ScalarFunction {
    ScalarFunction::new(name).category(Category::String).summary(summary)
}
