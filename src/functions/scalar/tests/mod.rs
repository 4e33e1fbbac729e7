//! What the functions return, as tables of calls.
//!
//! Arguments are written as in SQL, with a few marks: `1L` is a BIGINT, `1.5` a DOUBLE, `1.5m` a DECIMAL, `x'00ff'` BYTES,
//! `[1, 2]` an ARRAY, `{'a': 1}` a MAP; `::TYPE` after a literal says what NULL or an empty collection is.

mod literals;

mod collections;
mod encode;
mod invariance;
mod json;
mod lambdas;
mod mask;
mod math;
mod misc;
mod regexp;
mod string;
mod url;

use std::sync::LazyLock;

use datafusion::arrow::array::ArrayRef;

use crate::functions::scalar::tests::literals::{cast, read_arguments, write_value};
use crate::functions::{Argument, Registry, ResolvedScalar, RowFailures};
use crate::types::{SqlType, Value, column_of, value_at};

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::built_in);

/// Checks what a call returns, or why it fails: with its arguments as constants, as columns, and as one of either.
#[track_caller]
fn check(name: &str, args: &str, want: &str) {
    let (types, values) = read_arguments(args);
    let no_lambda = &mut |_: usize, _: &[SqlType]| panic!("there is no lambda");
    let function = match REGISTRY.resolve_scalar(name, &types, no_lambda) {
        Ok(function) => function,
        Err(error) => return assert_eq!(first_line(&error), want, "{name}({args})"),
    };
    let typed: Vec<(SqlType, Value)> = values
        .iter()
        .zip(&function.params)
        .map(|(value, param)| (param.sql_type().clone(), cast(value, param.sql_type())))
        .collect();
    for (form, arguments) in forms(&typed) {
        for got in evaluate(&function, &arguments, 3) {
            assert_eq!(got, want, "{name}({args}) with {form}");
        }
    }
}

fn first_line(error: &impl ToString) -> String {
    format!("error: {}", error.to_string().lines().next().unwrap_or_default())
}

/// Returns the arguments in all forms they can have.
fn forms(typed: &[(SqlType, Value)]) -> Vec<(&'static str, Vec<Argument>)> {
    let constant =
        |(sql_type, value): &(SqlType, Value)| Argument::Constant(column_of(sql_type, [value]));
    let column = |(sql_type, value): &(SqlType, Value)| Argument::Column(column(sql_type, value));
    let alternating = |first: usize| {
        let either = |(i, typed)| if i % 2 == first { constant(typed) } else { column(typed) };
        typed.iter().enumerate().map(either).collect()
    };
    vec![
        ("constants", typed.iter().map(constant).collect()),
        ("columns", typed.iter().map(column).collect()),
        ("a constant first", alternating(0)),
        ("a column first", alternating(1)),
    ]
}

/// Makes a column of three rows that begins in the middle of another.
fn column(sql_type: &SqlType, value: &Value) -> ArrayRef {
    let null = Value::Null;
    column_of(sql_type, [&null, value, value, value, value]).slice(1, 3)
}

/// Returns what each row is, or why it fails.
fn evaluate(function: &ResolvedScalar, args: &[Argument], row_count: usize) -> Vec<String> {
    let mut failures = RowFailures::default();
    let result = function.evaluate(args, row_count, 0, &mut failures).map(|result| {
        assert_eq!(*result.data_type(), function.return_type.arrow());
        (0..row_count).map(|row| write_value(&value_at(&result, row))).collect::<Vec<_>>()
    });
    match result {
        Ok(mut rows) => {
            for failure in failures.0 {
                assert_eq!(std::mem::take(&mut rows[failure.row]), "NULL");
                rows[failure.row] = format!("error: {}", failure.reason);
            }
            rows
        }
        Err(error) => vec![first_line(&error); row_count],
    }
}
