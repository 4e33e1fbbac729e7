//! Compares what came out with what a test expects.

use crate::catalog::Source;
use crate::engine::TestRow;
use crate::engine::sql_test::failure::{ComparedValue, SqlTestFailure};
use crate::error::{Error, Result};
use crate::expr::{Expr, Rows};
use crate::functions::RowFailures;
use crate::plan::{AssertedValue, SourceColumn};
use crate::types::{SqlType, Value, value_at};

/// Compares the columns of a record that a test names.
pub(super) fn compare_row(values: &[AssertedValue], row: &TestRow) -> Result<Vec<ComparedValue>> {
    let compared = |value: &AssertedValue| {
        let expected = evaluate(&value.expr)?;
        let actual = actual(&value.column, row);
        Ok(ComparedValue {
            name: value.name.to_string(),
            is_same: is_same(&expected, &actual),
            expected: as_sql(expected, &value.sql_type),
            actual: as_sql(actual, &value.sql_type),
        })
    };
    values.iter().map(compared).collect()
}

fn evaluate(expr: &Expr) -> Result<Value> {
    let rows = Rows { columns: &[], row_count: 1, now_ms: 0 };
    let mut failures = RowFailures::default();
    let evaluated =
        expr.evaluate(&rows, &mut failures).map_err(|error| Error::statement(error.to_string()))?;
    match failures.0.into_iter().next() {
        Some(failure) => Err(Error::statement(failure.reason)),
        None => Ok(value_at(&evaluated.into_array(1), 0)),
    }
}

fn actual(column: &SourceColumn, row: &TestRow) -> Value {
    let bound =
        |of: fn((i64, i64)) -> i64| row.window.map_or(Value::Null, |it| Value::Bigint(of(it)));
    match column {
        SourceColumn::Schema(index) => row.values.get(*index).cloned().unwrap_or(Value::Null),
        SourceColumn::RowTime => Value::Bigint(row.timestamp_ms),
        SourceColumn::WindowStart => bound(|(start, _)| start),
        SourceColumn::WindowEnd => bound(|(_, end)| end),
        // No assertion is made of these.
        SourceColumn::RowPartition | SourceColumn::RowOffset => Value::Null,
    }
}

/// Writes a value as it would stand in a statement.
fn as_sql(value: Value, sql_type: &SqlType) -> String {
    Expr::Literal { value, sql_type: sql_type.clone() }.to_string()
}

/// Tells whether two values are the same: the entries of a map have no order, NaN is NaN, NULL is NULL.
fn is_same(left: &Value, right: &Value) -> bool {
    let all = |left: &[Value], right: &[Value]| {
        left.len() == right.len() && left.iter().zip(right).all(|(l, r)| is_same(l, r))
    };
    match (left, right) {
        (Value::Double(left), Value::Double(right)) => {
            left == right || left.is_nan() && right.is_nan()
        }
        (Value::Array(left), Value::Array(right)) | (Value::Struct(left), Value::Struct(right)) => {
            all(left, right)
        }
        (Value::Map(left), Value::Map(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| {
                    right.iter().any(|(k, v)| is_same(key, k) && is_same(value, v))
                })
        }
        (left, right) => left == right,
    }
}

/// Checks that a source is the one that a test describes.
pub(super) fn compare_source(expected: &Source, actual: &Source) -> Result<(), String> {
    let timestamp = |source: &Source| match &source.timestamp {
        None => "none".to_owned(),
        Some(column) => match &column.format {
            None => column.column.to_string(),
            Some(format) => format!("{} as {format}", column.column),
        },
    };
    let window = |source: &Source| match source.window {
        None => "none".to_owned(),
        Some(window) => match window.size_ms() {
            None => window.name().to_owned(),
            Some(size_ms) => format!("{} of {size_ms} ms", window.name()),
        },
    };
    let properties = [
        ("type", expected.kind.name().to_owned(), actual.kind.name().to_owned()),
        ("schema", expected.schema.to_string(), actual.schema.to_string()),
        ("kafka topic", expected.topic.to_string(), actual.topic.to_string()),
        ("key format", format_text(&expected.key_format), format_text(&actual.key_format)),
        ("value format", format_text(&expected.value_format), format_text(&actual.value_format)),
        ("timestamp column", timestamp(expected), timestamp(actual)),
        ("window", window(expected), window(actual)),
    ];
    match properties.into_iter().find(|(_, expected, actual)| expected != actual) {
        None => Ok(()),
        Some((property, wanted, found)) => Err(format!(
            "Expected {property} does not match actual for source {}. Expected: {wanted}. Actual: {found}.",
            expected.name
        )),
    }
}

fn format_text(format: &crate::formats::Format) -> String {
    let mut text = format.kind.name().to_owned();
    if format.kind == crate::formats::FormatKind::Delimited {
        text += &format!(" with delimiter {:?}", char::from(format.delimiter));
    }
    if format.unwrapped {
        text += ", a single value without a struct around it";
    }
    text
}

/// The failure of a record that is not the one that is expected.
pub(super) fn mismatch(position: (u32, u32), compared: Vec<ComparedValue>) -> SqlTestFailure {
    let differ: Vec<_> = compared.iter().filter(|v| !v.is_same).map(|v| v.name.clone()).collect();
    let verb = if differ.len() == 1 { "differs" } else { "differ" };
    let names = crate::text::join_with(&differ, "and");
    let message = format!("Expected record does not match actual. {names} {verb}.");
    SqlTestFailure { compared, ..SqlTestFailure::new(position, message) }
}
