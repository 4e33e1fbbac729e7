//! What expressions mean: their types, errors and values.

mod errors;
mod functions;
mod properties;
mod sharing;
mod values;

use std::fmt::Write;

use datafusion::arrow::array::{Array, ArrayRef};
use expect_test::Expect;
use tidemill_grammar::{parse_data_type, parse_expression};

use crate::expr::{Expr, ResolveErrorKind, Rows, Scope, ScopeColumn, resolve, resolve_type};
use crate::functions::{Registry, RowFailures};
use crate::types::{SqlType, Value, column_of, value_at};

/// Columns by name.
pub(super) struct Columns(pub(super) Vec<(&'static str, SqlType)>);

impl Scope for Columns {
    fn column(&self, source: Option<&str>, name: &str) -> Result<ScopeColumn, ResolveErrorKind> {
        let found = self.0.iter().position(|(other, _)| *other == name);
        let Some(index) = found.filter(|_| source.is_none_or(|source| source == "T")) else {
            return Err(ResolveErrorKind::UnknownColumn {
                source_name: source.map(str::to_owned),
                name: name.to_owned(),
                nearest: Vec::new(),
            });
        };
        Ok(ScopeColumn { index, name: name.into(), sql_type: self.0[index].1.clone() })
    }
}

/// Makes columns of `NAME TYPE, …`.
pub(super) fn columns(text: &'static str) -> Columns {
    let column = |part: &'static str| {
        let (name, sql_type) = part.trim().split_once(' ').unwrap();
        (name, sql_type_of(sql_type))
    };
    Columns(text.split(';').filter(|part| !part.trim().is_empty()).map(column).collect())
}

pub(super) fn sql_type_of(text: &str) -> SqlType {
    resolve_type(&parse_data_type(text).unwrap(), &Columns(Vec::new())).unwrap()
}

/// A registry of the functions that the tests call.
pub(super) fn registry() -> Registry {
    functions::registry()
}

/// Resolves an expression.
pub(super) fn resolved(text: &str, scope: &Columns) -> Result<Expr, String> {
    let ast = parse_expression(text).map_err(|error| error.to_string())?;
    resolve(&ast, scope, &registry()).map_err(|error| error.to_string())
}

/// Makes the columns of rows, each written as constants.
pub(super) fn batch(scope: &Columns, rows: &[&str]) -> Vec<ArrayRef> {
    let cells: Vec<Vec<Value>> = rows.iter().map(|row| cells(scope, row)).collect();
    let column = |at: usize| column_of(&scope.0[at].1, cells.iter().map(|row| &row[at]));
    (0..scope.0.len()).map(column).collect()
}

/// Reads `constant; constant; …`, each cast to the type of its column.
fn cells(scope: &Columns, row: &str) -> Vec<Value> {
    let cell = |(text, (_, sql_type)): (&str, &(&str, SqlType))| {
        let text = match text.trim() {
            "null" => return Value::Null,
            text => text,
        };
        let target = sql_type.to_string().replace("INTEGER", "INT").replace("STRING", "VARCHAR");
        let expr = resolved(&format!("CAST({text} AS {target})"), &Columns(Vec::new()));
        match expr.unwrap() {
            Expr::Literal { value, .. } => value,
            other => panic!("{other} is not constant"),
        }
    };
    row.split(';').zip(&scope.0).map(cell).collect()
}

/// Evaluates an expression and writes its type, its values and the failures.
pub(super) fn show(expr: &Expr, arrays: &[ArrayRef], row_count: usize) -> String {
    let rows = Rows { columns: arrays, row_count, now_ms: 0 };
    let mut failures = RowFailures::default();
    let result = expr.evaluate(&rows, &mut failures).unwrap().into_array(row_count);
    assert_eq!(result.data_type(), &expr.sql_type().arrow(), "{expr}");
    let mut out = format!("{}:", expr.sql_type());
    for row in 0..row_count {
        let literal =
            Expr::Literal { value: value_at(&result, row), sql_type: expr.sql_type().clone() };
        write!(out, " {literal}").unwrap();
        for failure in failures.0.iter().filter(|failure| failure.row == row) {
            write!(out, " ({})", failure.reason.lines().next().unwrap_or_default()).unwrap();
        }
    }
    out
}

/// Evaluates an expression on rows of columns.
#[track_caller]
pub(super) fn check(text: &str, scope: &'static str, rows: &[&str], want: Expect) {
    let scope = columns(scope);
    let got = match resolved(text, &scope) {
        Ok(expr) => show(&expr, &batch(&scope, rows), rows.len()),
        Err(error) => format!("error: {error}"),
    };
    want.assert_eq(&got);
}

/// Evaluates an expression without columns.
#[track_caller]
pub(super) fn check_constant(text: &str, want: Expect) {
    check(text, "", &[""], want);
}
