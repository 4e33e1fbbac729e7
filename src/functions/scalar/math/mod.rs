//! Numbers.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray};
use datafusion::arrow::datatypes::Float64Type;

use crate::functions::{Call, Category, FunctionError, ScalarFunction};

mod decimals;
mod extreme;
mod shortest;
mod abs;
mod acos;
mod asin;
mod atan;
mod atan2;
mod cbrt;
mod ceil;
mod cos;
mod cosh;
mod cot;
mod degrees;
mod exp;
mod floor;
mod greatest;
mod least;
mod ln;
mod log;
mod pi;
mod power;
mod radians;
mod random;
mod round;
mod sign;
mod sin;
mod sinh;
mod sqrt;
mod tan;
mod tanh;
mod trunc;

/// The functions of this package, in SHOW order.
pub(super) const FUNCTIONS: &[fn() -> ScalarFunction] = &[
    abs::abs,
    acos::acos,
    asin::asin,
    atan::atan,
    atan2::atan2,
    cbrt::cbrt,
    ceil::ceil,
    cos::cos,
    cosh::cosh,
    cot::cot,
    degrees::degrees,
    exp::exp,
    floor::floor,
    greatest::greatest,
    least::least,
    ln::ln,
    log::log,
    pi::pi,
    power::power,
    radians::radians,
    random::random,
    round::round,
    sign::sign,
    sin::sin,
    sinh::sinh,
    sqrt::sqrt,
    tan::tan,
    tanh::tanh,
    trunc::trunc,
];

/// Makes a function of one DOUBLE; other numbers are cast to it.
fn of_double(name: &'static str, summary: &'static str, compute: fn(f64) -> f64) -> ScalarFunction {
    numeric(name, summary)
        .overload("(value DOUBLE) DOUBLE", "", move |call| each::<Float64Type>(call, compute))
}

/// Computes each number of the first argument; NULL stays NULL.
fn each<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    compute: impl Fn(T::Native) -> T::Native,
) -> Result<ArrayRef, FunctionError> {
    let column = call.column(0)?;
    Ok(Arc::new(column.as_primitive::<T>().unary::<_, T>(compute)))
}

/// Begins a function on numbers.
fn numeric(name: &'static str, summary: &'static str) -> ScalarFunction {
    ScalarFunction::new(name).category(Category::Mathematical).summary(summary)
}
