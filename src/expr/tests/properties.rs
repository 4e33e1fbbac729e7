//! Whatever the expression: it does not panic, a batch may be cut anywhere, and folding changes nothing.

use datafusion::arrow::array::{Array, ArrayRef};
use proptest::prelude::*;
use tidemill_grammar::parse_expression;

use super::{Columns, batch, columns, registry};
use crate::expr::resolve::resolve_unfolded;
use crate::expr::{Expr, Projection, Rows, resolve};
use crate::functions::RowFailures;
use crate::types::{Value, value_at};

const COLUMNS: &str = "I INT; J BIGINT; D DOUBLE; P DECIMAL(6, 2); S VARCHAR; B BOOLEAN; \
    L ARRAY<INT>; M MAP<VARCHAR, INT>; T STRUCT<F INT, G VARCHAR>; E DATE; C TIMESTAMP";
const ROWS: [&str; 6] = [
    "1; 2; 0.5; 1.25; 'a'; 'true'; ARRAY[1, 2]; MAP('a' := 1); STRUCT(F := 1, G := 'x'); '2020-01-01'; '2020-01-01T10'",
    "0; 0; 0; 0; ''; 'false'; ARRAY[0]; MAP('b' := 0); STRUCT(F := 0, G := ''); '1970-01-01'; '1970-01-01'",
    "null; null; null; null; null; null; null; null; null; null; null",
    "-2147483648; -1; 1E300; -9999.99; '12'; 'true'; ARRAY[null, 5]; MAP('a' := null, 'b' := 2); STRUCT(F := CAST(NULL AS INT), G := 'a'); '0001-01-01'; '9999-01-01'",
    "-1; 9223372036854775807; -1E-9; 0.01; '%é'; 'false'; ARRAY[-1, 2, 3]; MAP('x' := 3); STRUCT(F := 7, G := '%'); '2020-02-29'; '2020-02-29T23:59:59.999'",
    "7; 7; 7; 7; '7'; 'true'; ARRAY[7]; MAP('7' := 7); STRUCT(F := 7, G := '7'); '2007-07-07'; '2007-07-07'",
];

/// Texts of expressions: most have types that go together, some do not.
fn expressions() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<u8>(), 8..80).prop_map(|choices| {
        let mut choices = Choices { choices, at: 0 };
        let kind = *choices.pick(&['n', 't', 'b', 'l', 'm', 's', 'd']);
        choices.expression(kind, 5)
    })
}

/// The choices that make up one expression; when they run out, the first of everything is taken.
struct Choices {
    choices: Vec<u8>,
    at: usize,
}

/// Forms by what they are: numbers, texts, booleans, lists, maps, structs and dates. The letters in braces are parts.
const FORMS: [(char, &[&str]); 7] = [
    (
        'n',
        &[
            "({n} + {n})",
            "({n} - {n})",
            "({n} * {n})",
            "({n} / {n})",
            "({n} % {n})",
            "(- {n})",
            "{l}[{n}]",
            "{m}[{t}]",
            "POSITIVE({n})",
            "COALESCE({n}, {n})",
            "CAST({t} AS INT)",
            "CAST({n} AS BIGINT)",
            "CAST({n} AS DOUBLE)",
            "CAST({n} AS DECIMAL(5, 1))",
            "CAST({t} AS DECIMAL(9, 3))",
            "T->F",
            "{s}->F",
            "(CASE WHEN {b} THEN 1 ELSE CAST({n} AS INT) END)",
            "(CASE {n} WHEN {n} THEN I WHEN {n} THEN NULL END)",
        ],
    ),
    (
        't',
        &[
            "({t} || {t})",
            "({t} + {t})",
            "CAST({n} AS VARCHAR)",
            "CAST({l} AS VARCHAR)",
            "CAST({m} AS VARCHAR)",
            "CAST({s} AS VARCHAR)",
            "CAST({d} AS VARCHAR)",
            "{s}->G",
            "(CASE WHEN {b} THEN {t} WHEN {b} THEN {t} END)",
        ],
    ),
    (
        'b',
        &[
            "({n} = {n})",
            "({n} < {n})",
            "({n} <> {n})",
            "({n} >= {n})",
            "({t} < {t})",
            "({t} = {t})",
            "({l} = {l})",
            "({m} <> {m})",
            "({s} IS DISTINCT FROM {s})",
            "({n} IS NOT DISTINCT FROM {n})",
            "({b} AND {b} AND {b})",
            "({b} OR {b} OR {b})",
            "(NOT {b})",
            "({n} IS NULL)",
            "({t} IS NOT NULL)",
            "({n} BETWEEN {n} AND {n})",
            "({t} NOT BETWEEN {t} AND {t})",
            "({n} IN ({n}, {n}))",
            "({t} NOT IN ({t}, '7', 1))",
            "({t} LIKE {t})",
            "({t} LIKE '%a_')",
            "({d} < {d})",
            "({d} >= {t})",
            "CAST({t} AS BOOLEAN)",
            "({l} IN ({l}, ARRAY[1]))",
        ],
    ),
    (
        'l',
        &[
            "ARRAY[{n}, {n}]",
            "CAST({l} AS ARRAY<INT>)",
            "CAST({l} AS ARRAY<VARCHAR>)",
            "TRANSFORM({l}, X => X + {n})",
            "TRANSFORM({l}, X => CASE WHEN {b} THEN X ELSE NULL END)",
            "ARRAY[{t}, NULL, 'x']",
            "ARRAY[{s}, {s}]",
            "(CASE WHEN {b} THEN L ELSE ARRAY[1, 2] END)",
        ],
    ),
    (
        'm',
        &[
            "MAP({t} := {n}, 'k' := {n})",
            "CAST({m} AS MAP<VARCHAR, DOUBLE>)",
            "MAP({n} := {t})",
            "CAST({m} AS MAP<INT, VARCHAR>)",
            "(CASE WHEN {b} THEN M END)",
        ],
    ),
    ('s', &["STRUCT(F := {n}, G := {t})", "CAST({s} AS STRUCT<F VARCHAR, G VARCHAR>)"]),
    (
        'd',
        &[
            "CAST({t} AS DATE)",
            "CAST({t} AS TIMESTAMP)",
            "CAST({d} AS DATE)",
            "CAST({d} AS TIMESTAMP)",
            "(CASE WHEN {b} THEN E END)",
        ],
    ),
];

const LEAVES: [(char, &[&str]); 7] = [
    ('n', &["I", "J", "D", "P", "1", "0", "-1", "2.5", "1E1", "3000000000", "NULL"]),
    ('t', &["S", "T->G", "'a'", "'7'", "'%a_'", "'2020-01-01'", "NULL"]),
    ('b', &["B", "true", "false", "NULL"]),
    ('l', &["L", "ARRAY[1, 2]"]),
    ('m', &["M", "MAP('a' := 1)"]),
    ('s', &["T", "STRUCT(F := 1, G := 'x')"]),
    ('d', &["E", "C", "DATE '2020-02-29'", "TIMESTAMP '2020-01-01T10:00'"]),
];

impl Choices {
    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let choice = self.choices.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        &of[usize::from(choice) % of.len()]
    }

    fn expression(&mut self, kind: char, depth: usize) -> String {
        let is_leaf = depth == 0 || *self.pick(&[true, false, false]);
        let table = if is_leaf { &LEAVES } else { &FORMS };
        let (_, forms) = table.iter().find(|(other, _)| *other == kind).unwrap();
        let form = *self.pick(forms);
        let mut text = String::new();
        let mut rest = form;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            text.push_str(&self.expression(after.chars().next().unwrap(), depth - 1));
            rest = &after[2..];
        }
        text + rest
    }
}

type Outcome = (Vec<Value>, Vec<(usize, String)>);

fn evaluate(expr: &Expr, arrays: &[ArrayRef], row_count: usize) -> Outcome {
    let rows = Rows { columns: arrays, row_count, now_ms: 0 };
    let mut failures = RowFailures::default();
    let result = expr.evaluate(&rows, &mut failures).unwrap().into_array(row_count);
    assert_eq!(result.data_type(), &expr.sql_type().arrow(), "{expr}");
    assert_eq!(result.len(), row_count);
    outcome(&result, failures)
}

fn outcome(result: &ArrayRef, failures: RowFailures) -> Outcome {
    let values = (0..result.len()).map(|row| value_at(result, row)).collect();
    (values, failures.0.into_iter().map(|failure| (failure.row, failure.reason)).collect())
}

/// Values by their text, as NaN is not equal to itself.
fn text(outcome: &Outcome) -> String {
    format!("{outcome:?}")
}

fn one_by_one(expr: &Expr, arrays: &[ArrayRef], row_count: usize) -> Outcome {
    let mut all: Outcome = (Vec::new(), Vec::new());
    for row in 0..row_count {
        let slices: Vec<ArrayRef> = arrays.iter().map(|array| array.slice(row, 1)).collect();
        let (values, failures) = evaluate(expr, &slices, 1);
        all.0.extend(values);
        all.1.extend(failures.into_iter().map(|(_, reason)| (row, reason)));
    }
    all
}

fn scope_and_batch() -> (Columns, Vec<ArrayRef>) {
    let scope = columns(COLUMNS);
    let arrays = batch(&scope, &ROWS);
    (scope, arrays)
}

proptest! {
    #[test]
    fn a_batch_may_be_cut_anywhere(texts in prop::collection::vec(expressions(), 1..4)) {
        let (scope, arrays) = scope_and_batch();
        let registry = registry();
        let mut exprs = Vec::new();
        for source in &texts {
            let Ok(ast) = parse_expression(source) else { continue };
            let Ok(expr) = resolve(&ast, &scope, &registry) else { continue };
            let whole = evaluate(&expr, &arrays, ROWS.len());
            prop_assert_eq!(text(&whole), text(&one_by_one(&expr, &arrays, ROWS.len())), "{}", expr);
            let empty: Vec<ArrayRef> = arrays.iter().map(|array| array.slice(2, 0)).collect();
            evaluate(&expr, &empty, 0);
            let unfolded = resolve_unfolded(&ast, &scope, &registry).unwrap();
            prop_assert_eq!(text(&whole), text(&evaluate(&unfolded, &arrays, ROWS.len())), "{}", unfolded);
            exprs.push(expr);
        }
        let rows = Rows { columns: &arrays, row_count: ROWS.len(), now_ms: 0 };
        let mut failures = RowFailures::default();
        let together = Projection::new(exprs.clone()).evaluate(&rows, &mut failures).unwrap();
        for (expr, array) in exprs.iter().zip(&together) {
            let alone = evaluate(expr, &arrays, ROWS.len());
            prop_assert_eq!(text(&(alone.0, Vec::new())), text(&outcome(array, RowFailures::default())), "{}", expr);
        }
    }
}

#[test]
fn long_chains_and_deep_trees_do_not_overflow() {
    let scope = columns("A INT");
    let arrays = batch(&scope, &["1", "2"]);
    let run = |source: &str| {
        let ast = parse_expression(source).map_err(|error| error.to_string())?;
        let expr = resolve(&ast, &scope, &registry()).map_err(|error| error.to_string())?;
        let shown = expr.to_string();
        assert!(!shown.is_empty() && expr.fingerprint() != 0 && expr == expr.clone());
        Ok::<_, String>(evaluate(&expr, &arrays, 2).0)
    };
    let chain = vec!["A = 5"; 2_400].join(" OR ");
    assert_eq!(run(&chain), Ok(vec![Value::Boolean(false); 2]));
    let sum = vec!["A"; 490].join(" + ");
    assert_eq!(run(&sum), Ok(vec![Value::Int(490), Value::Int(980)]));
    let nested = format!("{}A{}", "(1 + ".repeat(90), ")".repeat(90));
    assert_eq!(run(&nested), Ok(vec![Value::Int(91), Value::Int(92)]));
    let cases = format!("{}A{}", "CASE WHEN A = 1 THEN ".repeat(90), " END".repeat(90));
    assert_eq!(run(&cases), Ok(vec![Value::Int(1), Value::Null]));
}
