//! Lambdas over arrays and maps.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, UInt32Array};

use crate::functions::scalar::tests::literals::{cast, read_arguments};
use crate::functions::scalar::tests::{REGISTRY, column, evaluate};
use crate::functions::{Argument, ArgumentType, FunctionError, LambdaBody, RowFailures};
use crate::types::{SqlType, Value, column_of, value_at};

type Body = fn(&[Value]) -> Result<Value, String>;

/// A lambda computed value by value.
struct Lambda {
    body: Body,
    returns: SqlType,
}

impl LambdaBody for Lambda {
    fn evaluate(
        &self,
        params: &[ArrayRef],
        parents: &UInt32Array,
        failures: &mut RowFailures,
    ) -> Result<ArrayRef, FunctionError> {
        let mut results = Vec::new();
        for row in 0..parents.len() {
            let values: Vec<Value> = params.iter().map(|param| value_at(param, row)).collect();
            results.push((self.body)(&values).unwrap_or_else(|reason| {
                failures.push(parents.value(row) as usize, reason);
                Value::Null
            }));
        }
        Ok(column_of(&self.returns, &results))
    }
}

/// Checks a call with lambdas, each of so many parameters, that return `returns`.
#[track_caller]
fn check(name: &str, args: &str, lambdas: &[(usize, Body)], returns: &SqlType, want: &str) {
    let (mut types, values) = read_arguments(args);
    types.extend(lambdas.iter().map(|(count, _)| ArgumentType::Lambda(*count)));
    let function = REGISTRY.resolve_scalar(name, &types, &mut |_, _| Ok(returns.clone())).unwrap();
    let lambda = |(_, body): &(usize, Body)| -> Argument {
        Argument::Lambda(Arc::new(Lambda { body: *body, returns: returns.clone() }))
    };
    for is_constant in [true, false] {
        let mut arguments: Vec<Argument> = Vec::new();
        for (value, param) in values.iter().zip(&function.params) {
            let sql_type = param.sql_type();
            let value = cast(value, sql_type);
            arguments.push(if is_constant {
                Argument::Constant(column_of(sql_type, [&value]))
            } else {
                Argument::Column(column(sql_type, &value))
            });
        }
        arguments.extend(lambdas.iter().map(lambda));
        for got in evaluate(&function, &arguments, 3) {
            assert_eq!(got, want, "{name}({args})");
        }
    }
}

fn int(value: &Value) -> Result<i32, String> {
    match value {
        Value::Int(value) => Ok(*value),
        other => Err(format!("{other:?} is no number")),
    }
}

#[test]
fn transform_makes_new_elements() {
    let double: Body = |args| Ok(Value::Int(int(&args[0])? * 2));
    check("TRANSFORM", "[1, 2]", &[(1, double)], &SqlType::Int, "[2, 4]");
    check("TRANSFORM", "[]::ARRAY<INT>", &[(1, double)], &SqlType::Int, "[]");
    check("TRANSFORM", "NULL::ARRAY<INT>", &[(1, double)], &SqlType::Int, "NULL");
    check("TRANSFORM", "[1, NULL]", &[(1, double)], &SqlType::Int, "error: Null is no number");
}

#[test]
fn transform_makes_new_entries() {
    let key: Body = |args| Ok(args[0].clone());
    let value: Body = |args| Ok(args[1].clone());
    let text = SqlType::Varchar;
    check("TRANSFORM", "{'a': 'x'}", &[(2, value), (2, key)], &text, "{'x': 'a'}");
    check(
        "TRANSFORM",
        "{'a': 'x', 'b': 'x'}",
        &[(2, value), (2, key)],
        &text,
        "error: two entries have the same key",
    );
    check(
        "TRANSFORM",
        "{'a': NULL}::MAP<VARCHAR, VARCHAR>",
        &[(2, key), (2, value)],
        &text,
        "error: neither the key nor the value of an entry can be NULL here",
    );
}

#[test]
fn filter_keeps_what_is_true() {
    let is_large: Body = |args| Ok(Value::Boolean(5 < int(&args[0])?));
    check("FILTER", "[3, 6, 2, 10]", &[(1, is_large)], &SqlType::Boolean, "[6, 10]");
    check("FILTER", "NULL::ARRAY<INT>", &[(1, is_large)], &SqlType::Boolean, "NULL");
    let unknown: Body = |_| Ok(Value::Null);
    check(
        "FILTER",
        "[3]",
        &[(1, unknown)],
        &SqlType::Boolean,
        "error: the lambda is NULL for an element",
    );
    let is_large: Body = |args| Ok(Value::Boolean(5 < int(&args[1])?));
    check("FILTER", "{'a': 1, 'b': 7}", &[(2, is_large)], &SqlType::Boolean, "{'b': 7}");
}

#[test]
fn reduce_passes_a_state_on() {
    let minus: Body = |args| match &args[0] {
        Value::Null => Ok(Value::Null),
        state => Ok(Value::Int(int(state)? * 2 - int(&args[1])?)),
    };
    let check_int = |args: &str, want: &str| {
        let (list, state) = args.split_once(" / ").unwrap();
        check_reduce(list, state, minus, want);
    };
    check_int("[1, 2, 3] / 10", "69");
    check_int("[]::ARRAY<INT> / 10", "10");
    check_int("NULL::ARRAY<INT> / 10", "10");
    check_int("[1] / NULL::INT", "NULL");
    check_int("[1, NULL] / 10", "error: Null is no number");
}

/// The lambda comes after the state.
#[track_caller]
fn check_reduce(list: &str, state: &str, body: Body, want: &str) {
    check("REDUCE", &format!("{list}, {state}"), &[(2, body)], &SqlType::Int, want);
}
