//! Tests of the table functions.

use super::*;
use crate::functions::{ArgumentType, RowFailures};
use crate::types::{SqlType, Value, column_of, value_at};
use datafusion::arrow::array::Array;

fn function(name: &str) -> TableFunction {
    TABLES.iter().map(|make| make()).find(|function| function.name() == name).unwrap()
}

/// Checks the values of each row.
#[track_caller]
fn check(function: &TableFunction, sql_type: &SqlType, rows: &[Value], want: &[&[Value]]) {
    let resolved = function.resolve(&[ArgumentType::Typed(sql_type.clone())]).unwrap();
    let mut failures = RowFailures::default();
    let args = [column_of(sql_type, rows)];
    let made = resolved.evaluate(&args, rows.len(), &mut failures).unwrap();
    let got: Vec<Vec<Value>> = made
        .ends
        .windows(2)
        .map(|ends| (ends[0]..ends[1]).map(|i| value_at(&made.values, i as usize)).collect())
        .collect();
    assert_eq!(got, want);
    // A slice says the same.
    let tail = [args[0].slice(1, rows.len() - 1)];
    let made = resolved.evaluate(&tail, rows.len() - 1, &mut failures).unwrap();
    let got = made.values.len();
    assert_eq!(got, want[1..].iter().map(|values| values.len()).sum::<usize>());
    assert!(failures.0.is_empty(), "{failures:?}");
}

fn list(values: &[Option<i32>]) -> Value {
    Value::Array(values.iter().map(|v| v.map_or(Value::Null, Value::Int)).collect())
}

#[test]
fn every_function_is_well_defined() {
    for function in TABLES.iter().map(|make| make()) {
        function.validate().unwrap();
        assert!(!function.describe().summary.is_empty());
    }
}

#[test]
fn explode_makes_a_row_of_each_element() {
    let ints = SqlType::array(SqlType::Int);
    let explode = function("explode");
    let rows = [list(&[Some(1), None]), list(&[]), list(&[Some(3)])];
    check(&explode, &ints, &rows, &[&[Value::Int(1), Value::Null], &[], &[Value::Int(3)]]);
    let rows = [list(&[Some(1)]), Value::Null, list(&[Some(3)])];
    check(&explode, &ints, &rows, &[&[Value::Int(1)], &[], &[Value::Int(3)]]);
}

#[test]
fn cube_keeps_each_subset() {
    let ints = SqlType::array(SqlType::Int);
    let cube = function("cube_explode");
    let rows = [list(&[Some(1), Some(2)]), Value::Null, list(&[None, Some(5)]), list(&[])];
    let first = [
        list(&[None, None]),
        list(&[None, Some(2)]),
        list(&[Some(1), None]),
        list(&[Some(1), Some(2)]),
    ];
    let third = [list(&[None, None]), list(&[None, Some(5)])];
    check(&cube, &ints, &rows, &[&first, &[], &third, &[list(&[])]]);
}

#[test]
fn cubes_have_limits() {
    let cube = function("cube_explode");
    let run = |sql_type: SqlType, rows: Vec<Value>| {
        let sql_type = SqlType::array(sql_type);
        let resolved = cube.resolve(&[ArgumentType::Typed(sql_type.clone())]).unwrap();
        let mut failures = RowFailures::default();
        let made = resolved.evaluate(&[column_of(&sql_type, &rows)], rows.len(), &mut failures);
        let reason = failures.0.first().map(|failure| failure.reason.clone());
        (made.unwrap().row_count(), reason)
    };
    let wide = list(&[Some(1); 17]);
    let reason = "CUBE_EXPLODE of 17 columns is more than the maximum of 16";
    assert_eq!(run(SqlType::Int, vec![wide]), (1, Some(reason.to_owned())));
    let long = Value::from("x".repeat(100_000).as_str());
    let reason = "CUBE_EXPLODE would make more than 67108864 bytes of one row";
    assert_eq!(
        run(SqlType::Varchar, vec![Value::Array(vec![long; 12])]),
        (1, Some(reason.to_owned()))
    );
    // Many cubes are made in several calls.
    let (done, failed) = run(SqlType::Int, vec![list(&[Some(1); 16]); 100]);
    assert_eq!((done, failed), (1, None));
}

#[test]
fn rows_are_made_one_by_one() {
    let range = TableFunction::new("UP_TO").row_wise("(n INT) INT", "", |args| match args {
        [Value::Int(n)] if *n < 0 => Err("negative".to_owned()),
        [Value::Int(n)] => Ok((0..*n).map(Value::Int).collect()),
        _ => Ok(Vec::new()),
    });
    let resolved = range.resolve(&[ArgumentType::Typed(SqlType::Int)]).unwrap();
    let rows = [Value::Int(2), Value::Int(-1), Value::Null, Value::Int(1)];
    let mut failures = RowFailures::default();
    let made = resolved.evaluate(&[column_of(&SqlType::Int, &rows)], 4, &mut failures).unwrap();
    assert_eq!(&made.ends[..], &[0, 2, 2, 2, 3]);
    assert_eq!((failures.0[0].row, failures.0[0].reason.as_str()), (1, "negative"));
}
