//! Tests of all aggregate functions together: tables of what each returns, and the promises of [`Accumulator`] as properties.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef};
use proptest::prelude::*;

use super::*;
use crate::functions::{ArgumentType, RowFailures};
use crate::types::{Decimal, SqlType, Value, column_of, value_at};

fn function(name: &str) -> AggregateFunction {
    let found = AGGREGATES.iter().map(|make| make()).find(|function| function.name() == name);
    found.unwrap_or_else(|| panic!("there is no {name}"))
}

fn resolve(name: &str, columns: &[SqlType], literals: &[Value]) -> ResolvedAggregate {
    let columns = columns.iter().cloned().map(ArgumentType::Typed);
    let literals = literals.iter().map(|literal| {
        let sql_type = match literal {
            Value::Int(_) => SqlType::Int,
            Value::Boolean(_) => SqlType::Boolean,
            other => panic!("{other:?} is no literal here"),
        };
        ArgumentType::Literal(Some(sql_type), literal.clone())
    });
    let args: Vec<ArgumentType> = columns.chain(literals).collect();
    function(name).resolve(&args, &|index| format!("arg{index}")).unwrap()
}

fn accumulator(resolved: &ResolvedAggregate) -> Box<dyn Accumulator> {
    resolved.accumulator().unwrap()
}

/// Makes a column out of values, of the type of the first that is not NULL.
fn column(sql_type: &SqlType, values: &[Value]) -> ArrayRef {
    column_of(sql_type, values)
}

fn results(array: &ArrayRef) -> Vec<Value> {
    (0..array.len()).map(|row| value_at(array, row)).collect()
}

/// Shows values the way a reader of the tests can take in.
fn show(value: &Value) -> String {
    let list = |values: &[Value]| values.iter().map(show).collect::<Vec<_>>().join(", ");
    match value {
        Value::Null => "NULL".into(),
        Value::Boolean(v) => v.to_string(),
        Value::Int(v) | Value::Date(v) | Value::Time(v) => v.to_string(),
        Value::Bigint(v) | Value::Timestamp(v) => v.to_string(),
        Value::Double(v) => format!("{v:?}"),
        Value::Decimal(v) => format!("{}e-{}", v.unscaled, v.scale),
        Value::Varchar(v) => v.to_string(),
        Value::Bytes(v) => format!("{v:?}"),
        Value::Array(values) => format!("[{}]", list(values)),
        Value::Struct(values) => format!("{{{}}}", list(values)),
        Value::Map(entries) => {
            let entry = |(key, value): &(Value, Value)| format!("{}={}", show(key), show(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Checks the result after each row of one group.
#[track_caller]
fn check(resolved: &ResolvedAggregate, rows: &[Value], want: &str) {
    check_columns(resolved, &[rows.to_vec()], want);
}

#[track_caller]
fn check_columns(resolved: &ResolvedAggregate, columns: &[Vec<Value>], want: &str) {
    let mut states = accumulator(resolved);
    states.resize(1);
    let row_count = columns[0].len();
    let columns: Vec<ArrayRef> =
        resolved.args.iter().zip(columns).map(|(t, values)| column(t, values)).collect();
    let mut failures = RowFailures::default();
    let groups = vec![0; row_count];
    let each = states.update_each(&columns, &GroupedRows::new(&groups, 0), &mut failures);
    let mut got: Vec<String> = results(&each).iter().map(show).collect();
    got.extend(failures.0.iter().map(|f| format!("row {} fails: {}", f.row, f.reason)));
    assert_eq!(got.join("; "), want);
    assert_eq!(each.data_type(), &resolved.return_type.arrow());
}

fn ints(values: &[Option<i32>]) -> Vec<Value> {
    values.iter().map(|value| value.map_or(Value::Null, Value::Int)).collect()
}

fn bigints(values: &[i64]) -> Vec<Value> {
    values.iter().copied().map(Value::Bigint).collect()
}

fn doubles(values: &[f64]) -> Vec<Value> {
    values.iter().copied().map(Value::Double).collect()
}

fn texts(values: &[&str]) -> Vec<Value> {
    let text = |text: &&str| if *text == "NULL" { Value::Null } else { Value::from(*text) };
    values.iter().map(text).collect()
}

#[test]
fn every_function_is_well_defined() {
    let functions: Vec<AggregateFunction> = AGGREGATES.iter().map(|make| make()).collect();
    for function in &functions {
        function.validate().unwrap();
        assert!(!function.describe().summary.is_empty(), "{} has no summary", function.name());
    }
    let names: Vec<&str> = functions.iter().map(AggregateFunction::name).collect();
    assert!(names.is_sorted(), "{names:?}");
}

#[test]
fn count_leaves_nulls_out_of_a_column_only() {
    check(&resolve("COUNT", &[SqlType::Int], &[]), &ints(&[Some(5), None, Some(7)]), "1; 1; 2");
    let mut states = accumulator(&resolve("COUNT", &[], &[]));
    states.resize(2);
    states.update(&[], &GroupedRows::new(&[0, 1, 1], 0), &mut RowFailures::default());
    assert_eq!(results(&states.evaluate(&[1, 0])), bigints(&[2, 1]));
}

#[test]
fn sums_wrap_around_as_in_java() {
    let sum = resolve("SUM", &[SqlType::Int], &[]);
    check(&sum, &ints(&[None, Some(i32::MAX), Some(1)]), "0; 2147483647; -2147483648");
    let sum = resolve("SUM", &[SqlType::Bigint], &[]);
    check(&sum, &bigints(&[i64::MIN, -1]), "-9223372036854775808; 9223372036854775807");
    let sum = resolve("SUM", &[SqlType::Double], &[]);
    check(&sum, &doubles(&[0.1, 0.2]), "0.1; 0.30000000000000004");
}

#[test]
fn decimals_that_leave_their_precision_fail() {
    for precision in [4, 40] {
        let digits = "9".repeat(precision - 1);
        let decimal = |unscaled: &str| {
            Value::Decimal(Decimal { unscaled: unscaled.parse().unwrap(), scale: 1 })
        };
        let precision = precision as u8;
        let sum = resolve("SUM", &[SqlType::Decimal { precision, scale: 1 }], &[]);
        let rows = [decimal(&format!("{digits}0")), decimal("10"), decimal("9")];
        let want = format!(
            "{digits}0e-1; {digits}0e-1; {digits}9e-1; \
             row 1 fails: Numeric field overflow: 1{zeros}.0 does not fit DECIMAL({precision}, 1)",
            zeros = "0".repeat(digits.len())
        );
        check(&sum, &rows, &want);
    }
}

#[test]
fn averages_of_nothing_are_zero() {
    let rows = ints(&[None, Some(1), Some(2), Some(2)]);
    check(&resolve("AVG", &[SqlType::Int], &[]), &rows, "0.0; 1.0; 1.5; 1.6666666666666667");
    let rows = bigints(&[-1, i64::MAX]);
    check(&resolve("AVG", &[SqlType::Bigint], &[]), &rows, "-1.0; 4.611686018427388e18");
}

#[test]
fn extremes_are_those_of_java() {
    let rows = doubles(&[1.0, -0.0, 0.0, f64::NAN, 3.0]);
    check(&resolve("MAX", &[SqlType::Double], &[]), &rows, "1.0; 1.0; 1.0; NaN; NaN");
    check(&resolve("MIN", &[SqlType::Double], &[]), &rows, "1.0; -0.0; -0.0; -0.0; -0.0");
    let rows = texts(&["NULL", "b", "\u{ff5e}", "\u{1f600}", "a"]);
    check(
        &resolve("MAX", &[SqlType::Varchar], &[]),
        &rows,
        "NULL; b; \u{ff5e}; \u{ff5e}; \u{ff5e}",
    );
    check(&resolve("MIN", &[SqlType::Varchar], &[]), &rows, "NULL; b; b; b; a");
    let rows = [Value::Bytes([1, 2].into()), Value::Bytes([0x80].into())];
    check(&resolve("MIN", &[SqlType::Bytes], &[]), &rows, "[1, 2]; [128]");
    check(&resolve("MAX", &[SqlType::Date], &[]), &[Value::Date(-3), Value::Date(2)], "-3; 2");
}

#[test]
fn by_offset_keeps_the_first_and_the_last() {
    let rows = ints(&[None, Some(1), Some(2), None]);
    let keep_nulls = Value::Boolean(false);
    let check_int = |name: &str, literals: &[Value], want: &str| {
        check(&resolve(name, &[SqlType::Int], literals), &rows, want);
    };
    check_int("LATEST_BY_OFFSET", &[], "NULL; 1; 2; 2");
    check_int("EARLIEST_BY_OFFSET", &[], "NULL; 1; 1; 1");
    check_int("LATEST_BY_OFFSET", std::slice::from_ref(&keep_nulls), "NULL; 1; 2; NULL");
    check_int("EARLIEST_BY_OFFSET", std::slice::from_ref(&keep_nulls), "NULL; NULL; NULL; NULL");
    check_int("LATEST_BY_OFFSET", &[Value::Int(2)], "[]; [1]; [1, 2]; [1, 2]");
    let both = [Value::Int(2), keep_nulls];
    check_int("LATEST_BY_OFFSET", &both, "[NULL]; [NULL, 1]; [1, 2]; [2, NULL]");
    check_int("EARLIEST_BY_OFFSET", &both, "[NULL]; [NULL, 1]; [NULL, 1]; [NULL, 1]");
}

#[test]
fn merged_sessions_are_ordered_by_arrival() {
    let rows = texts(&["third", "first", "second"]);
    let first_and_last = |name: &str| {
        let resolved = resolve(name, &[SqlType::Varchar], &[]);
        let mut states = accumulator(&resolved);
        states.resize(2);
        let args = [column(&SqlType::Varchar, &rows)];
        // Row 1 comes first, then row 2 into the other session, then row 0.
        for (row, group, sequence) in [(1, 0, 10), (2, 1, 20), (0, 0, 30)] {
            let rows = GroupedRows {
                groups: &[group],
                rows: Some(&[row]),
                undone: None,
                first_sequence: sequence,
            };
            states.update(&args, &rows, &mut RowFailures::default());
        }
        states.merge(1, 0).unwrap();
        results(&states.evaluate(&[1, 0])).iter().map(show).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(first_and_last("EARLIEST_BY_OFFSET"), "first NULL");
    assert_eq!(first_and_last("LATEST_BY_OFFSET"), "third NULL");
}

#[test]
fn topk_descends() {
    let rows = ints(&[Some(0), Some(100), None, Some(99), Some(7), Some(100)]);
    let check_int = |name: &str, want: &str| {
        check(&resolve(name, &[SqlType::Int], &[Value::Int(3)]), &rows, want);
    };
    check_int("TOPK", "[0]; [100, 0]; [100, 0]; [100, 99, 0]; [100, 99, 7]; [100, 100, 99]");
    check_int("TOPKDISTINCT", "[0]; [100, 0]; [100, 0]; [100, 99, 0]; [100, 99, 7]; [100, 99, 7]");
    let columns = [ints(&[Some(1), Some(3), None, Some(3)]), texts(&["a", "b", "c", "NULL"])];
    let topk = resolve("TOPK", &[SqlType::Int, SqlType::Varchar], &[Value::Int(2)]);
    check_columns(
        &topk,
        &columns,
        "[{1, a}]; [{3, b}, {1, a}]; [{3, b}, {1, a}]; [{3, b}, {3, NULL}]",
    );
    assert_eq!(topk.return_type.to_string(), "ARRAY<STRUCT<`sort_col` INTEGER, `col0` STRING>>");
}

#[test]
fn collects_nulls_too() {
    let rows = texts(&["a", "NULL", "a", "NULL"]);
    let list = resolve("COLLECT_LIST", &[SqlType::Varchar], &[]);
    check(&list, &rows, "[a]; [a, NULL]; [a, NULL, a]; [a, NULL, a, NULL]");
    let set = resolve("COLLECT_SET", &[SqlType::Varchar], &[]);
    check(&set, &rows, "[a]; [a, NULL]; [a, NULL]; [a, NULL]");
}

#[test]
fn the_order_of_a_map_does_not_make_it_another() {
    let entry = |key: &str, value: i64| (Value::from(key), Value::Bigint(value));
    let rows = [
        Value::Map(vec![entry("a", 1), entry("b", 2)]),
        Value::Map(vec![entry("b", 2), entry("a", 1)]),
    ];
    let map = SqlType::map(SqlType::Varchar, SqlType::Bigint);
    check(
        &resolve("COLLECT_SET", std::slice::from_ref(&map), &[]),
        &rows,
        "[{a=1, b=2}]; [{a=1, b=2}]",
    );
    check(&resolve("COUNT_DISTINCT", &[map], &[]), &rows, "1; 1");
}

#[test]
fn collects_no_more_than_asked() {
    for (name, want) in [("collect_list", "[7, 7]"), ("collect_set", "[7, 8]")] {
        let resolved = resolve(&name.to_uppercase(), &[SqlType::Int], &[]);
        let limited = |limit: &str| {
            let properties = [(format!("ksql.functions.{name}.limit"), limit.to_owned())];
            resolved.clone().with_properties(Arc::new(properties.into())).accumulator()
        };
        let mut states = limited("2").unwrap();
        states.resize(1);
        let args = [column(&SqlType::Int, &ints(&[Some(7), Some(7), Some(8), Some(9)]))];
        let mut failures = RowFailures::default();
        states.update(&args, &GroupedRows::new(&[0; 4], 0), &mut failures);
        assert_eq!(show(&results(&states.evaluate(&[0]))[0]), want);
        assert!(failures.0.is_empty());
        assert!(limited("x").is_err());
        assert!(limited("-1").is_ok());
    }
}

#[test]
fn a_group_larger_than_a_record_is_refused() {
    let resolved = resolve("COLLECT_LIST", &[SqlType::Varchar], &[]);
    let mut states = accumulator(&resolved);
    states.resize(1);
    let text = "x".repeat(400_000);
    let args = [column(&SqlType::Varchar, &texts(&[&text, &text, &text, "y"]))];
    let mut failures = RowFailures::default();
    states.update(&args, &GroupedRows::new(&[0; 4], 0), &mut failures);
    assert_eq!(failures.0[0].reason, "the values of the group are larger than 1048576 bytes");
    assert_eq!((failures.0.len(), failures.0[0].row), (1, 2));
    let Value::Array(kept) = &results(&states.evaluate(&[0]))[0] else { panic!("no array") };
    assert_eq!(kept.len(), 3);
}

#[test]
fn counts_texts() {
    let rows = texts(&["foo", "bar", "foo", "NULL"]);
    let histogram = resolve("HISTOGRAM", &[SqlType::Varchar], &[]);
    check(&histogram, &rows, "{foo=1}; {foo=1, bar=1}; {foo=2, bar=1}; {foo=2, bar=1}");
    let many: Vec<Value> = (0..1100).map(|i| Value::from(format!("t{i}").as_str())).collect();
    let mut states = accumulator(&histogram);
    states.resize(1);
    let args = [column(&SqlType::Varchar, &many)];
    states.update(&args, &GroupedRows::new(&[0; 1100], 0), &mut RowFailures::default());
    let Value::Map(entries) = &results(&states.evaluate(&[0]))[0] else { panic!("no map") };
    assert_eq!(entries.len(), 1000);
}

#[test]
fn attr_is_the_one_value_of_all() {
    let attr = resolve("ATTR", &[SqlType::Varchar], &[]);
    check(&attr, &texts(&["1", "1", "2", "1"]), "1; 1; NULL; NULL");
    check(&attr, &texts(&["NULL", "2", "2"]), "NULL; NULL; NULL");
}

#[test]
fn statistics_match_to_the_last_digit() {
    let rows = ints(&[Some(0), Some(10), None, Some(7), Some(6)]);
    let samp = resolve("STDDEV_SAMP", &[SqlType::Int], &[]);
    check(&samp, &rows, "0.0; 50.0; 50.0; 26.333333333333332; 17.583333333333332");
    let sample = resolve("STDDEV_SAMPLE", &[SqlType::Int], &[]);
    check(
        &sample,
        &rows,
        "0.0; 7.0710678118654755; 7.0710678118654755; 5.131601439446884; 4.193248541803041",
    );
    let correlation = resolve("CORRELATION", &[SqlType::Double, SqlType::Double], &[]);
    let columns = [doubles(&[1.5, -1.0, -4.5]), doubles(&[8.0, -2.0, -1.0])];
    check_columns(&correlation, &columns, "NaN; 1.0; 0.7580764521133173");
}

#[test]
fn sums_elements() {
    let list = |values: &[Option<i32>]| Value::Array(ints(values));
    let rows = [list(&[Some(1), None, Some(2)]), Value::Null, list(&[]), list(&[Some(4)])];
    let sum = resolve("SUM_LIST", &[SqlType::array(SqlType::Int)], &[]);
    check(&sum, &rows, "3; 3; 3; 7");
}

#[test]
fn many_values_are_estimated() {
    let resolved = resolve("COUNT_DISTINCT", &[SqlType::Bigint], &[]);
    let mut states = accumulator(&resolved);
    states.resize(2);
    for (count, error) in [(65_536_i64, 0.0), (1_000_000, 0.02)] {
        let args = [column(&SqlType::Bigint, &bigints(&(0..count).collect::<Vec<_>>()))];
        let groups = vec![0; args[0].len()];
        states.update(&args, &GroupedRows::new(&groups, 0), &mut RowFailures::default());
        let Value::Bigint(counted) = results(&states.evaluate(&[0]))[0] else { panic!("no count") };
        let off = (counted - count) as f64 / count as f64;
        assert!(off.abs() <= error, "{counted} instead of {count}");
    }
    let mut saved = Vec::new();
    states.save(0, &mut saved);
    states.load(1, &mut saved.as_slice()).unwrap();
    assert_eq!(results(&states.evaluate(&[0])), results(&states.evaluate(&[1])));
}

#[test]
fn literals_are_checked() {
    let latest = function("LATEST_BY_OFFSET");
    let args = [ArgumentType::Typed(SqlType::Int), ArgumentType::Typed(SqlType::Int)];
    let error = latest.resolve(&args, &|_| "F0".into()).unwrap_err().to_string();
    assert_eq!(
        error,
        "Parameter 2 passed to function LATEST_BY_OFFSET must be a literal constant, but was expression: 'F0'"
    );
    let resolved = resolve("LATEST_BY_OFFSET", &[SqlType::Int], &[Value::Int(0)]);
    let error = resolved.accumulator().err().map(|error| error.to_string());
    assert_eq!(error.as_deref(), Some("latestN must be 1 or greater, and 10000 at most"));
}

#[test]
fn a_function_by_rows_needs_no_columns() {
    let function = AggregateFunction::new("LENGTHS")
        .row_wise("(start INT, text VARCHAR..., bonus INT) BIGINT", "", || {
            RowWise::new(|literals: &[Value]| match literals {
                [Value::Int(bonus)] => i64::from(*bonus),
                _ => 0,
            })
            .add(|sum, args| {
                let length = |value: &Value| match value {
                    Value::Varchar(text) => text.len() as i64,
                    Value::Int(value) => i64::from(*value),
                    _ => 0,
                };
                *sum += args.iter().map(length).sum::<i64>();
                Ok(())
            })
            .merge(|sum, other| *sum += other)
            .result(|sum| Value::Bigint(*sum))
        })
        .literals(1);
    function.validate().unwrap();
    let columns = [SqlType::Int, SqlType::Varchar, SqlType::Varchar];
    let mut args: Vec<ArgumentType> = columns.iter().cloned().map(ArgumentType::Typed).collect();
    args.push(ArgumentType::Literal(Some(SqlType::Int), Value::Int(100)));
    let resolved = function.resolve(&args, &|_| String::new()).unwrap();
    assert_eq!(resolved.args, columns);
    let rows = [ints(&[Some(1), None]), texts(&["a", "b"]), texts(&["bb", "NULL"])];
    check_columns(&resolved, &rows, "104; 105");
}

/// A function, the types of its columns and its literals.
fn calls() -> Vec<ResolvedAggregate> {
    let number = [SqlType::Int, SqlType::Bigint, SqlType::Double];
    let decimal = |precision| SqlType::Decimal { precision, scale: 2 };
    let structure = SqlType::structure([("a", SqlType::Varchar), ("b", SqlType::Boolean)]);
    let any = [
        SqlType::Boolean,
        SqlType::Int,
        SqlType::Bigint,
        SqlType::Double,
        decimal(10),
        decimal(50),
        SqlType::Varchar,
        SqlType::Bytes,
        SqlType::Date,
        SqlType::Time,
        SqlType::Timestamp,
        SqlType::array(SqlType::Double),
        SqlType::map(SqlType::Varchar, SqlType::Int),
        structure,
    ];
    let mut calls = vec![resolve("COUNT", &[], &[])];
    for sql_type in &number {
        for name in ["SUM", "AVG", "STDDEV_SAMP", "STDDEV_SAMPLE"] {
            calls.push(resolve(name, std::slice::from_ref(sql_type), &[]));
        }
        calls.push(resolve("SUM_LIST", &[SqlType::array(sql_type.clone())], &[]));
    }
    calls.push(resolve("SUM", &[decimal(10)], &[]));
    calls.push(resolve("SUM", &[decimal(50)], &[]));
    for sql_type in &any {
        let columns = std::slice::from_ref(sql_type);
        for name in ["COUNT", "COLLECT_LIST", "COLLECT_SET", "COUNT_DISTINCT", "ATTR"] {
            calls.push(resolve(name, columns, &[]));
        }
        for name in ["LATEST_BY_OFFSET", "EARLIEST_BY_OFFSET"] {
            calls.push(resolve(name, columns, &[]));
            calls.push(resolve(name, columns, &[Value::Boolean(false)]));
            calls.push(resolve(name, columns, &[Value::Int(3), Value::Boolean(false)]));
        }
    }
    for sql_type in any[1..11].iter() {
        for name in ["MIN", "MAX"] {
            calls.push(resolve(name, std::slice::from_ref(sql_type), &[]));
        }
        for name in ["TOPK", "TOPKDISTINCT"] {
            calls.push(resolve(name, std::slice::from_ref(sql_type), &[Value::Int(3)]));
        }
        calls.push(resolve("TOPK", &[sql_type.clone(), SqlType::Varchar], &[Value::Int(3)]));
    }
    calls.push(resolve("HISTOGRAM", &[SqlType::Varchar], &[]));
    calls.push(resolve("CORRELATION", &[SqlType::Double, SqlType::Double], &[]));
    calls
}

/// Makes a value of a type from a small number, so that values repeat; sums of them are exact.
fn value_of(sql_type: &SqlType, seed: u8) -> Value {
    let number = i32::from(seed % 7) - 3;
    if seed % 11 == 10 {
        return Value::Null;
    }
    match sql_type {
        SqlType::Boolean => Value::Boolean(seed % 2 == 0),
        SqlType::Int => Value::Int(number),
        SqlType::Bigint => Value::Bigint(number.into()),
        SqlType::Double => Value::Double(number.into()),
        SqlType::Decimal { scale, .. } => {
            Value::Decimal(Decimal { unscaled: number.into(), scale: *scale })
        }
        SqlType::Varchar => Value::from("é".repeat(number.unsigned_abs() as usize).as_str()),
        SqlType::Bytes => Value::Bytes([seed % 3].into()),
        SqlType::Date => Value::Date(number),
        SqlType::Time => Value::Time(number.abs()),
        SqlType::Timestamp => Value::Timestamp(number.into()),
        SqlType::Array(element) => {
            Value::Array((0..seed % 3).map(|i| value_of(element, seed / 3 + i)).collect())
        }
        SqlType::Map(_, value) => Value::Map(vec![(Value::from("k"), value_of(value, seed / 2))]),
        SqlType::Struct(fields) => {
            Value::Struct(fields.iter().map(|f| value_of(&f.sql_type, seed / 2)).collect())
        }
    }
}

fn columns_of(call: &ResolvedAggregate, seeds: &[u8]) -> Vec<ArrayRef> {
    let values = |(index, sql_type): (usize, &SqlType)| {
        let shift = (index * 5) as u32;
        let values: Vec<Value> =
            seeds.iter().map(|seed| value_of(sql_type, seed.rotate_left(shift))).collect();
        column(sql_type, &values)
    };
    call.args.iter().enumerate().map(values).collect()
}

/// Updates the groups with all rows at once.
fn updated(call: &ResolvedAggregate, seeds: &[u8], groups: &[u32]) -> Box<dyn Accumulator> {
    let mut states = accumulator(call);
    states.resize(4);
    let args = columns_of(call, seeds);
    states.update(&args, &GroupedRows::new(groups, 0), &mut RowFailures::default());
    states
}

fn same(got: &ArrayRef, want: &ArrayRef, exactly: bool) -> bool {
    let (got, want) = (results(got), results(want));
    got.iter().zip(&want).all(|(got, want)| match (got, want) {
        (Value::Double(got), Value::Double(want)) if !exactly => {
            (got - want).abs() < 1e-6 || got.is_nan() && want.is_nan()
        }
        (Value::Map(got), Value::Map(want)) => {
            got.len() == want.len() && got.iter().all(|entry| want.contains(entry))
        }
        (got, want) => order::same_values(got, want),
    })
}

const ALL: &[u32] = &[0, 1, 2, 3];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_cut_changes_nothing(rows in rows(), cut in 0_usize..40) {
        let (seeds, groups) = rows;
        let cut = cut.min(seeds.len());
        for call in calls() {
            let want = updated(&call, &seeds, &groups);
            let mut states = accumulator(&call);
            states.resize(4);
            let args = columns_of(&call, &seeds);
            let mut failures = RowFailures::default();
            let slice = |from: usize, to: usize| {
                args.iter().map(|column| column.slice(from, to - from)).collect::<Vec<_>>()
            };
            let first = GroupedRows::new(&groups[..cut], 0);
            let last = GroupedRows::new(&groups[cut..], cut as u64);
            let head = states.update_each(&slice(0, cut), &first, &mut failures);
            states.update(&slice(cut, seeds.len()), &last, &mut failures);
            prop_assert!(same(&states.evaluate(ALL), &want.evaluate(ALL), true), "{call:?}");
            prop_assert_eq!(head.len(), cut);
        }
    }

    #[test]
    fn saved_states_are_loaded(rows in rows()) {
        let (seeds, groups) = rows;
        for call in calls() {
            let states = updated(&call, &seeds, &groups);
            let mut loaded = accumulator(&call);
            loaded.resize(4);
            let mut saved = Vec::new();
            ALL.iter().for_each(|group| states.save(*group, &mut saved));
            let mut rest = saved.as_slice();
            for group in ALL {
                loaded.load(*group, &mut rest).unwrap();
            }
            prop_assert!(rest.is_empty());
            prop_assert!(same(&loaded.evaluate(ALL), &states.evaluate(ALL), true), "{call:?}");
            let mut again = Vec::new();
            ALL.iter().for_each(|group| loaded.save(*group, &mut again));
            prop_assert_eq!(&again, &saved);
            // What was loaded goes on as if nothing had been.
            let (args, groups) = (columns_of(&call, &seeds), groups.as_slice());
            let mut both = [loaded, states];
            for states in &mut both {
                states.update(&args, &GroupedRows::new(groups, 100), &mut RowFailures::default());
            }
            prop_assert!(same(&both[0].evaluate(ALL), &both[1].evaluate(ALL), true), "{call:?}");
        }
    }

    #[test]
    fn merged_is_as_updated_together(rows in rows()) {
        let (seeds, _) = rows;
        for call in calls() {
            let cut = seeds.len() / 2;
            let groups: Vec<u32> = (0..seeds.len()).map(|row| u32::from(cut <= row)).collect();
            let mut states = updated(&call, &seeds, &groups);
            states.merge(0, 1).unwrap();
            let want = updated(&call, &seeds, &vec![0; seeds.len()]);
            prop_assert!(same(&states.evaluate(&[0]), &want.evaluate(&[0]), false), "{call:?}");
            let empty = updated(&call, &[], &[]);
            prop_assert!(same(&states.evaluate(&[1]), &empty.evaluate(&[1]), true), "{call:?}");
        }
    }

    #[test]
    fn what_is_undone_was_never_there(rows in rows()) {
        let (seeds, groups) = rows;
        for call in calls().iter().filter(|call| call.has_undo) {
            let mut states = updated(call, &seeds, &groups);
            let args = columns_of(call, &seeds);
            let backwards: Vec<u32> = (0..seeds.len() as u32).rev().collect();
            let groups: Vec<u32> = backwards.iter().map(|row| groups[*row as usize]).collect();
            let undone = vec![true; seeds.len()];
            let rows = GroupedRows {
                groups: &groups,
                rows: Some(&backwards),
                undone: Some(&undone),
                first_sequence: 0,
            };
            states.update(&args, &rows, &mut RowFailures::default());
            let empty = updated(call, &[], &[]);
            prop_assert!(same(&states.evaluate(ALL), &empty.evaluate(ALL), false), "{call:?}");
        }
    }

    #[test]
    fn reset_groups_are_empty_and_counted_out(rows in rows()) {
        let (seeds, groups) = rows;
        for call in calls() {
            let mut states = updated(&call, &seeds, &groups);
            ALL.iter().for_each(|group| states.reset(*group));
            let empty = updated(&call, &[], &[]);
            prop_assert!(same(&states.evaluate(ALL), &empty.evaluate(ALL), true), "{call:?}");
            prop_assert_eq!(states.memory_size(), empty.memory_size());
        }
    }

    #[test]
    fn damage_is_an_error(rows in rows(), damage in any::<(usize, u8)>(), noise in any::<Vec<u8>>()) {
        let (seeds, groups) = rows;
        for call in calls() {
            let mut states = updated(&call, &seeds, &groups);
            let mut saved = Vec::new();
            states.save(0, &mut saved);
            for end in 0..saved.len() {
                prop_assert!(states.load(0, &mut &saved[..end]).is_err(), "{call:?}");
            }
            let place = damage.0 % saved.len();
            saved[place] = damage.1;
            // Damage may look like another state; then it must be one that can be used.
            if states.load(0, &mut saved.as_slice()).is_ok() {
                states.evaluate(ALL);
            }
            let _ = states.load(1, &mut noise.as_slice());
            let noise: Vec<u8> = [1].into_iter().chain(noise.iter().copied()).collect();
            let _ = states.load(2, &mut noise.as_slice());
            states.evaluate(ALL);
            let args = columns_of(&call, &seeds);
            states.update(&args, &GroupedRows::new(&groups, 50), &mut RowFailures::default());
        }
    }
}

/// Rows by seed, and the group of each.
fn rows() -> impl Strategy<Value = (Vec<u8>, Vec<u32>)> {
    prop::collection::vec((any::<u8>(), 0_u32..4), 0..40).prop_map(|rows| rows.into_iter().unzip())
}
