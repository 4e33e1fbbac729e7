//! The aggregate functions that some cases bring along, registered as a user registers functions.

use tidemill::functions::aggregate::{AggregateFunction, RowWise};
use tidemill::functions::{FunctionError, Registry};
use tidemill::types::{SqlType, Value};

/// Adds all of them.
pub(crate) fn register(registry: &mut Registry) -> Result<(), FunctionError> {
    for function in [
        test_udaf(),
        var_arg(),
        mid_var_arg(),
        multi_arg("MULTI_ARG", "(first BIGINT, second VARCHAR, init INT, more VARCHAR...) BIGINT"),
        multi_arg(
            "FOUR_ARG",
            "(first BIGINT, second VARCHAR, third VARCHAR, fourth VARCHAR, init INT, more VARCHAR...) BIGINT",
        ),
        multi_arg(
            "FIVE_ARG",
            "(first BIGINT, second VARCHAR, third VARCHAR, fourth VARCHAR, fifth INT, init INT, more VARCHAR...) BIGINT",
        ),
        first_column("GENERIC_VAR_ARG", "(first A, second B, more C...) ARRAY<A>"),
        first_column("OBJ_COL_ARG", "(first INT, more ANY...) ARRAY<INT>"),
    ] {
        registry.register_aggregate(function)?;
    }
    Ok(())
}

/// What a value adds: a number itself, a text its length, NULL nothing.
fn weight(value: &Value) -> i64 {
    match value {
        Value::Int(number) => i64::from(*number),
        Value::Bigint(number) => *number,
        Value::Varchar(text) => text.encode_utf16().count() as i64,
        _ => 0,
    }
}

fn weights(values: &[Value]) -> i64 {
    values.iter().map(weight).sum()
}

/// Adds up the weights of all columns and, from the start, of all literals.
fn weighing() -> RowWise<i64> {
    RowWise::new(weights)
        .add_row(|sum, args| {
            *sum += weights(args);
            Ok(())
        })
        .remove_row(|sum, args| {
            *sum -= weights(args);
            Ok(())
        })
        .merge(|sum, other| *sum += other)
        .result(|sum| Value::Bigint(*sum))
}

fn test_udaf() -> AggregateFunction {
    AggregateFunction::new("TEST_UDAF")
        .row_wise("(val BIGINT) BIGINT", "", weighing)
        .undo()
        .row_wise("(val INT) BIGINT", "", weighing)
        .undo()
        .row_wise("(val DOUBLE) DOUBLE", "", || {
            RowWise::new(|_| 0.0_f64)
                .add_row(|sum, args| {
                    if let Value::Double(value) = &args[0] {
                        *sum += value;
                    }
                    Ok(())
                })
                .merge(|sum, other| *sum += other)
                .result(|sum| Value::Double(*sum))
        })
        .row_wise("(val VARCHAR, init VARCHAR) BIGINT", "", weighing)
        .literals(1)
        .row_wise("(val STRUCT<A INT, B INT>) STRUCT<A INT, B INT>", "", || {
            RowWise::new(|_| (0_i32, 0_i32))
                .add_row(|sums, args| {
                    if let Value::Struct(fields) = &args[0] {
                        sums.0 += weight(&fields[0]) as i32;
                        sums.1 += weight(&fields[1]) as i32;
                    }
                    Ok(())
                })
                .merge(|sums, other| *sums = (sums.0 + other.0, sums.1 + other.1))
                .result(|sums| Value::Struct(vec![Value::Int(sums.0), Value::Int(sums.1)]))
        })
}

fn var_arg() -> AggregateFunction {
    AggregateFunction::new("VAR_ARG").row_wise(
        "(first BIGINT, more VARCHAR...) BIGINT",
        "",
        weighing,
    )
}

fn mid_var_arg() -> AggregateFunction {
    AggregateFunction::new("MID_VAR_ARG")
        .row_wise("(first BIGINT, more VARCHAR..., init INT, other INT) BIGINT", "", weighing)
        .literals(2)
}

fn multi_arg(name: &str, signature: &str) -> AggregateFunction {
    AggregateFunction::new(name).row_wise(signature, "", weighing).literals(2)
}

/// Collects the first column of the rows of which no column is NULL.
fn first_column(name: &str, signature: &str) -> AggregateFunction {
    AggregateFunction::new(name)
        .row_wise(signature, "", || {
            RowWise::new(|_| Vec::<Value>::new())
                .add_row(|list, args| {
                    if args.iter().all(|arg| !arg.is_null()) {
                        list.push(args[0].clone());
                    }
                    Ok(())
                })
                .merge(|list, other| list.extend(other))
                .result(|list| Value::Array(list.clone()))
        })
        .returns(|args| Ok(SqlType::array(args[0].clone())))
}
