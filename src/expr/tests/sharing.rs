//! Projections compute what is common once, and the same as each expression alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tidemill_grammar::parse_expression;

use super::{batch, columns, resolved, show};
use crate::expr::{Expr, Projection, Rows, resolve};
use crate::functions::{Registry, RowFailures, ScalarFunction};
use crate::types::value_at;

/// A registry whose only function counts the rows it sees.
fn counting() -> (Registry, Arc<AtomicUsize>) {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let slow = ScalarFunction::new("SLOW").overload("(x INT) INT", "", move |call| {
        counter.fetch_add(call.row_count, Ordering::Relaxed);
        let x = call.ints(0)?;
        call.map_ints(|row| x.at(row))
    });
    let mut registry = Registry::default();
    registry.register_scalar(slow).unwrap();
    (registry, seen)
}

#[track_caller]
fn check_rows_seen(texts: &[&str], want: usize) {
    let (registry, seen) = counting();
    let scope = columns("A INT");
    let expr = |text: &&str| resolve(&parse_expression(text).unwrap(), &scope, &registry).unwrap();
    let projection = Projection::new(texts.iter().map(expr).collect());
    let arrays = batch(&scope, &["1", "2", "3"]);
    let rows = Rows { columns: &arrays, row_count: 3, now_ms: 0 };
    projection.evaluate(&rows, &mut RowFailures::default()).unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), want, "{texts:?}");
}

#[test]
fn what_is_common_is_computed_once() {
    check_rows_seen(&["SLOW(A)", "SLOW(A) + 1", "SLOW(A) + 1 + 2"], 3);
    check_rows_seen(&["SLOW(A + 1)", "SLOW(A)"], 6);
    check_rows_seen(&["SLOW(A) + SLOW(A)"], 3);
    // Only the rows that reach it, as nothing else needs it.
    check_rows_seen(&["CASE WHEN A = 1 THEN SLOW(A) END", "CASE WHEN A = 2 THEN SLOW(A) END"], 2);
    check_rows_seen(&["CASE WHEN A = 1 THEN SLOW(A) END", "SLOW(A)"], 3);
}

#[test]
fn a_shared_failure_fails_all_that_use_it() {
    let scope = columns("A INT; S VARCHAR");
    let texts = [
        "CAST(S AS INT)",
        "CAST(S AS INT) IS NULL",
        "1 / A",
        "CASE WHEN 1 / A > 0 THEN 'x' ELSE 'y' END",
        "A",
        "ARRAY[1 / A]",
        "A <> 0 AND 1 / A > 0",
        "COALESCE(POSITIVE(A), 7)",
        "POSITIVE(A)",
        "TRANSFORM(ARRAY[A], X => POSITIVE(A))",
        "CASE COALESCE(POSITIVE(0), 2) * A WHEN A THEN 'x' WHEN A THEN NULL END",
    ];
    let exprs: Vec<Expr> = texts.iter().map(|text| resolved(text, &scope).unwrap()).collect();
    let arrays = batch(&scope, &["1; 'x'", "0; '0'", "null; '1'"]);
    let rows = Rows { columns: &arrays, row_count: 3, now_ms: 0 };
    let projection = Projection::new(exprs.clone());
    let mut failures = RowFailures::default();
    let results = projection.evaluate(&rows, &mut failures).unwrap();
    for (expr, result) in exprs.iter().zip(&results) {
        let literal =
            |row| Expr::Literal { value: value_at(result, row), sql_type: expr.sql_type().clone() };
        let shown = format!("{}: {} {} {}", expr.sql_type(), literal(0), literal(1), literal(2));
        let alone = show(expr, &arrays, 3).replace(" (/ by zero)", "");
        let alone = alone.replace(" (For input string: \"x\")", "").replace(" (not positive)", "");
        assert_eq!(shown, alone, "{expr}");
    }
    // One for each expression that fails.
    assert_eq!(failures.0.len(), 11);
}

#[test]
fn fingerprints_do_not_change() {
    let fingerprint = |text: &str| {
        let scope = columns("A INT; B DOUBLE");
        resolved(text, &scope).unwrap().fingerprint()
    };
    let moved = resolved("A + 1", &columns("X INT; A INT")).unwrap();
    assert_eq!(fingerprint("A + 1"), moved.fingerprint());
    assert_eq!(fingerprint("A + 1"), fingerprint("T.A + 1"));
    let different = [
        "A",
        "B",
        "A + 1",
        "A - 1",
        "A + 2",
        "1 + A",
        "-A",
        "A = 1",
        "A IN (1)",
        "A IN (1, 2)",
        "CAST(A AS VARCHAR)",
        "CAST(B AS VARCHAR)",
        "A IS NULL",
        "A IS NOT NULL",
        "ARRAY[A, 1]",
        "ARRAY[ARRAY[A], ARRAY[1]]",
        "B = 1E0",
    ];
    let mut all: Vec<u64> = different.iter().map(|text| fingerprint(text)).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), different.len());
    // Stores on disk are named by it.
    assert_eq!(fingerprint("A + 1"), 18_432_647_844_844_719_803);
}

#[test]
fn columns_are_found_and_renumbered() {
    let scope = columns("A INT; B INT; C ARRAY<INT>");
    let expr = resolved("TRANSFORM(C, X => X + A) IS NULL", &scope).unwrap();
    assert_eq!(expr.columns().into_iter().collect::<Vec<_>>(), [0, 2]);
    let moved = expr.map_columns(&|index| index + 5);
    assert_eq!(moved.columns().into_iter().collect::<Vec<_>>(), [5, 7]);
    assert_eq!(moved.to_string(), "(TRANSFORM(C, (X) => (X + A)) IS NULL)");
}
