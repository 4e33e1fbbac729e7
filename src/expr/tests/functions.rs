//! Functions for the tests, and calls of them.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, ListArray, UInt32Array};
use datafusion::arrow::datatypes::DataType;
use expect_test::expect;

use super::check;
use crate::functions::{Registry, ScalarFunction};

/// Makes a registry.
pub(super) fn registry() -> Registry {
    let mut registry = Registry::default();
    let functions = [concat(), fails(), volatile(), length(), transform(), unit(), coalesce()];
    for function in functions {
        registry.register_scalar(function).unwrap();
    }
    registry
}

fn concat() -> ScalarFunction {
    ScalarFunction::new("CONCAT").overload("(texts VARCHAR...) VARCHAR", "", |call| {
        let texts = call.strings_from(0)?;
        call.map_strings(|row| texts.iter().map(|text| text.at(row)).collect::<String>())
    })
}

/// Fails for what is not positive.
fn fails() -> ScalarFunction {
    ScalarFunction::new("POSITIVE").overload("(x BIGINT) BIGINT", "", |call| {
        let x = call.bigints(0)?;
        call.map_bigints(|row| if 0 < x.at(row) { Ok(x.at(row)) } else { Err("not positive") })
    })
}

fn volatile() -> ScalarFunction {
    ScalarFunction::new("RANDOM")
        .volatile()
        .overload("() DOUBLE", "", |call| call.map_doubles(|_| 0.5))
}

fn length() -> ScalarFunction {
    ScalarFunction::new("ARRAY_LENGTH").overload("(list ARRAY<T>) INT", "", |call| {
        let list = call.lists(0)?;
        call.map_ints(|row| i32::try_from(list.at(row).len()).unwrap_or(i32::MAX))
    })
}

fn unit() -> ScalarFunction {
    ScalarFunction::new("UNIT").overload("(unit INTERVALUNIT, x INT) VARCHAR", "", |call| {
        let (unit, x) = (call.strings(0)?, call.ints(1)?);
        call.map_strings(|row| format!("{} {}", x.at(row), unit.at(row)))
    })
}

fn coalesce() -> ScalarFunction {
    ScalarFunction::new("COALESCE")
        .overload("(first BIGINT, other BIGINT) BIGINT", "", |call| {
            let (first, other) = (call.bigints(0)?, call.bigints(1)?);
            call.map_bigints(|row| first.get(row).or(other.get(row)))
        })
        .sees_nulls()
}

fn transform() -> ScalarFunction {
    ScalarFunction::new("TRANSFORM").overload(
        "(list ARRAY<T>, f LAMBDA<T, R>) ARRAY<R>",
        "",
        |call| {
            let lists = call.column(0)?;
            let lists = lists.as_list::<i32>();
            let lambda = call.lambda(1)?;
            let (mut parents, mut places, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
            for row in 0..lists.len() {
                let range = if lists.is_null(row) {
                    0..0
                } else {
                    lists.value_offsets()[row]..lists.value_offsets()[row + 1]
                };
                lengths.push(range.len());
                for place in range {
                    parents.push(row as u32);
                    places.push(place as u32);
                }
            }
            let elements =
                datafusion::arrow::compute::take(lists.values(), &UInt32Array::from(places), None)
                    .unwrap();
            let result =
                lambda.evaluate(&[elements], &UInt32Array::from(parents), call.failures)?;
            let DataType::List(field) = call.return_type.arrow() else { unreachable!() };
            let offsets = datafusion::arrow::buffer::OffsetBuffer::from_lengths(lengths);
            Ok(Arc::new(ListArray::new(field, offsets, result, lists.nulls().cloned())))
        },
    )
}

#[test]
fn arguments_are_converted() {
    check("POSITIVE(A) + 1", "A INT", &["5", "null"], expect!["BIGINT: 6 null"]);
    check("concat('a', S, 'b')", "S VARCHAR", &["'x'"], expect!["STRING: 'axb'"]);
    check("'a' || S || S || 'b'", "S VARCHAR", &["'x'", "null"], expect!["STRING: 'axxb' null"]);
    check("COALESCE(NULL, A)", "A BIGINT", &["5"], expect!["BIGINT: 5"]);
    check("UNIT(DAYS, A)", "A INT", &["5"], expect!["STRING: '5 DAYS'"]);
    check("ARRAY_LENGTH(A)", "A ARRAY<INT>", &["ARRAY[1, 2]"], expect!["INTEGER: 2"]);
    check("RANDOM()", "A INT", &["1", "2"], expect!["DOUBLE: 5E-1 5E-1"]);
}

#[test]
fn unknown_functions_and_overloads_are_named() {
    check(
        "POSITIV(A)",
        "A INT",
        &[],
        expect!["error: Can't find any functions with the name 'POSITIV'; did you mean POSITIVE?"],
    );
    check(
        "POSITIVE(A)",
        "A VARCHAR",
        &[],
        expect![[r#"
        error: Function 'POSITIVE' does not accept parameters (STRING).
        Valid alternatives are:
        POSITIVE(BIGINT x)
        For detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;"#]],
    );
}

#[test]
fn a_failure_goes_no_further_than_a_guard() {
    check("POSITIVE(A)", "A BIGINT", &["1", "-1"], expect!["BIGINT: 1 null (not positive)"]);
    // Nothing stands between: the whole expression fails.
    check(
        "POSITIVE(A) IS NULL",
        "A BIGINT",
        &["1", "-1"],
        expect!["BOOLEAN: false null (not positive)"],
    );
    check(
        "CASE WHEN 1 / A > 0 THEN 'x' ELSE 'y' END",
        "A BIGINT",
        &["1", "0"],
        expect!["STRING: 'x' null (/ by zero)"],
    );
    check("NOT (1 / A = 1)", "A BIGINT", &["1", "0"], expect!["BOOLEAN: false null (/ by zero)"]);
    // A call as an argument, CAST and constructors are guards.
    check(
        "COALESCE(POSITIVE(A), 7)",
        "A BIGINT",
        &["1", "-1"],
        expect!["BIGINT: 1 7 (not positive)"],
    );
    check("COALESCE(1 / A, 7)", "A BIGINT", &["1", "0"], expect!["BIGINT: 1 null (/ by zero)"]);
    check(
        "CAST(S AS INT) IS NULL",
        "S VARCHAR",
        &["'1'", "'x'"],
        expect![[r#"BOOLEAN: false true (For input string: "x")"#]],
    );
    check(
        "ARRAY[1, 1 / A]",
        "A INT",
        &["1", "0"],
        expect!["ARRAY<INTEGER>: ARRAY[1, 1] ARRAY[1, null] (/ by zero)"],
    );
    check(
        "MAP('a' := 1, 'b' := 1 / A)",
        "A INT",
        &["0"],
        expect!["MAP<STRING, INTEGER>: MAP('a':=1, 'b':=null) (/ by zero)"],
    );
}

#[test]
fn lambdas_see_parameters_and_columns() {
    check(
        "TRANSFORM(L, X => X + 1)",
        "L ARRAY<INT>",
        &["ARRAY[1, 2]", "null"],
        expect!["ARRAY<INTEGER>: ARRAY[2, 3] null"],
    );
    check(
        "TRANSFORM(L, X => X + A)",
        "L ARRAY<INT>; A BIGINT",
        &["ARRAY[1, 2]; 10", "ARRAY[5]; 20"],
        expect!["ARRAY<BIGINT>: ARRAY[11, 12] ARRAY[25]"],
    );
    check(
        "TRANSFORM(L, X => TRANSFORM(L, Y => X * Y + A))",
        "L ARRAY<INT>; A INT",
        &["ARRAY[1, 2]; 100", "ARRAY[3]; 200"],
        expect!["ARRAY<ARRAY<INTEGER>>: ARRAY[ARRAY[101, 102], ARRAY[102, 104]] ARRAY[ARRAY[209]]"],
    );
    check(
        "TRANSFORM(L, X => X->F)",
        "L ARRAY<STRUCT<F INT>>",
        &["ARRAY[STRUCT(F := 1)]"],
        expect!["ARRAY<INTEGER>: ARRAY[1]"],
    );
    check(
        "TRANSFORM(L, X => X + 'a')",
        "L ARRAY<INT>",
        &[],
        expect![
            "error: Error processing expression: (X + 'a'). Unsupported arithmetic types. INTEGER STRING"
        ],
    );
    check(
        "TRANSFORM(L, X => Q)",
        "L ARRAY<INT>",
        &[],
        expect!["error: column 'Q' cannot be resolved."],
    );
}

#[test]
fn a_lambda_that_fails_fails_its_call() {
    check(
        "TRANSFORM(L, X => 1 / X)",
        "L ARRAY<INT>",
        &["ARRAY[1, 2]", "ARRAY[1, 0]", "ARRAY[1]"],
        expect!["ARRAY<INTEGER>: ARRAY[1, 0] null (/ by zero) ARRAY[1]"],
    );
    check(
        "TRANSFORM(L, X => CAST(X AS INT))",
        "L ARRAY<VARCHAR>",
        &["ARRAY['1', 'x']"],
        expect![[r#"ARRAY<INTEGER>: ARRAY[1, null] (For input string: "x")"#]],
    );
}
