//! Common functions on the same columns beside DataFusion's nearest, both in this run, one after the other in turns.

use std::io::Write;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray,
};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::functions::{core, datetime, encoding, math, regex, string, unicode};
use datafusion::logical_expr::{ScalarUDF, when};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::prelude::{Expr as Other, SessionContext, cast, ident, lit};
use tidemill::expr::{Expr, ResolveErrorKind, Rows, Scope, ScopeColumn, resolve};
use tidemill::functions::{Registry, RowFailures};
use tidemill::types::SqlType;
use tidemill_grammar::parse_expression;

use crate::arguments::{FunctionsArguments, Output};
use crate::error::{BenchError, Result};
use crate::measure::Running;
use crate::report::{self, Spread};
use crate::suite::progress;

/// As many rows as a batch of the engine has.
const BATCH_ROWS: usize = 8192;

/// What is measured: a name, our expression, and theirs.
type Pair = (&'static str, &'static str, Other);

fn call(function: Arc<ScalarUDF>, args: Vec<Other>) -> Other {
    function.call(args)
}

/// A column of the rows.
fn column(name: &str) -> impl Fn() -> Other + use<'_> {
    move || ident(name)
}

/// On numbers.
fn numbers() -> Result<Vec<Pair>> {
    let (a, i, j, n) = (column("A"), column("I"), column("J"), column("N"));
    Ok(vec![
        ("I + J * 2", "I + J * 2", i() + j() * lit(2_i64)),
        ("ABS", "ABS(A)", call(math::abs(), vec![a()])),
        ("ROUND(x, 2)", "ROUND(A, 2)", call(math::round(), vec![a(), lit(2)])),
        ("TRUNC(x, 2)", "TRUNC(A, 2)", call(math::trunc(), vec![a(), lit(2)])),
        ("FLOOR", "FLOOR(A)", call(math::floor(), vec![a()])),
        ("SQRT", "SQRT(A)", call(math::sqrt(), vec![a()])),
        ("LN", "LN(A)", call(math::ln(), vec![a()])),
        ("POWER", "POWER(A, 1.5)", call(math::power(), vec![a(), lit(1.5)])),
        ("GREATEST", "GREATEST(I, J)", call(core::greatest(), vec![i(), j()])),
        ("COALESCE", "COALESCE(N, I)", when(n().is_not_null(), n()).otherwise(i())?),
        ("NULLIF", "NULLIF(I, J)", call(core::nullif(), vec![i(), j()])),
    ])
}

/// On texts, letter by letter.
fn letters() -> Vec<Pair> {
    let (i, j, s, t) = (column("I"), column("J"), column("S"), column("T"));
    vec![
        ("CAST to VARCHAR", "CAST(I AS VARCHAR)", cast(i(), DataType::Utf8)),
        ("LIKE", "S LIKE '%item-1%'", s().like(lit("%item-1%"))),
        ("GREATEST of texts", "GREATEST(S, T)", call(core::greatest(), vec![s(), t()])),
        ("UCASE", "UCASE(S)", call(string::upper(), vec![s()])),
        ("LCASE", "LCASE(S)", call(string::lower(), vec![s()])),
        ("INITCAP", "INITCAP(S)", call(unicode::initcap(), vec![s()])),
        ("LEN", "LEN(S)", call(unicode::character_length(), vec![s()])),
        ("TRIM", "TRIM(S)", call(string::btrim(), vec![s()])),
        (
            "SUBSTRING",
            "SUBSTRING(S, 3, 5)",
            call(unicode::substr(), vec![s(), lit(3_i64), lit(5_i64)]),
        ),
        ("CHR", "CHR(CAST(J AS INT))", call(string::chr(), vec![j()])),
    ]
}

/// On texts and others in them.
fn texts() -> Vec<Pair> {
    let (s, t) = (column("S"), column("T"));
    vec![
        (
            "REPLACE",
            "REPLACE(S, 'item', 'x')",
            call(string::replace(), vec![s(), lit("item"), lit("x")]),
        ),
        ("CONCAT", "CONCAT(S, ' ', T)", call(string::concat(), vec![s(), lit(" "), t()])),
        ("CONCAT_WS", "CONCAT_WS('-', S, T)", call(string::concat_ws(), vec![lit("-"), s(), t()])),
        ("INSTR", "INSTR(S, 'item')", call(unicode::strpos(), vec![s(), lit("item")])),
        ("LPAD", "LPAD(S, 40, '*')", call(unicode::lpad(), vec![s(), lit(40_i64), lit("*")])),
        ("RPAD", "RPAD(S, 40, '*')", call(unicode::rpad(), vec![s(), lit(40_i64), lit("*")])),
        (
            "SPLIT(…)[2]",
            "SPLIT(S, '-')[2]",
            call(string::split_part(), vec![s(), lit("-"), lit(2_i64)]),
        ),
    ]
}

/// On texts by patterns, and on points in time.
fn patterns_and_times() -> Vec<Pair> {
    let (s, t, ts, d) = (column("S"), column("T"), column("TS"), column("D"));
    vec![
        (
            "REGEXP_EXTRACT",
            "REGEXP_EXTRACT('item-([0-9]+)', S, 1)",
            call(regex::regexp_match(), vec![s(), lit("item-([0-9]+)")]),
        ),
        (
            "REGEXP_REPLACE",
            "REGEXP_REPLACE(S, '[0-9]+', '#')",
            call(regex::regexp_replace(), vec![s(), lit("[0-9]+"), lit("#"), lit("g")]),
        ),
        (
            "ENCODE to base64",
            "FROM_BYTES(TO_BYTES(S, 'utf8'), 'base64')",
            call(encoding::encode(), vec![s(), lit("base64")]),
        ),
        (
            "FORMAT_TIMESTAMP",
            "FORMAT_TIMESTAMP(TS, 'yyyy-MM-dd HH:mm:ss')",
            call(datetime::to_char(), vec![ts(), lit("%Y-%m-%d %H:%M:%S")]),
        ),
        (
            "PARSE_TIMESTAMP",
            "PARSE_TIMESTAMP(T, 'yyyy-MM-dd HH:mm:ss')",
            call(
                datetime::to_timestamp_millis(&Default::default()),
                vec![t(), lit("%Y-%m-%d %H:%M:%S")],
            ),
        ),
        (
            "FORMAT_DATE",
            "FORMAT_DATE(D, 'dd.MM.yyyy')",
            call(datetime::to_char(), vec![d(), lit("%d.%m.%Y")]),
        ),
        (
            "PARSE_DATE",
            "PARSE_DATE(SUBSTRING(T, 1, 10), 'yyyy-MM-dd')",
            call(
                datetime::to_date(),
                vec![call(unicode::substr(), vec![t(), lit(1_i64), lit(10_i64)]), lit("%Y-%m-%d")],
            ),
        ),
        ("UNIX_TIMESTAMP", "UNIX_TIMESTAMP(TS)", call(datetime::to_unixtime(), vec![ts()])),
    ]
}

struct Columns;

const COLUMNS: &[(&str, SqlType)] = &[
    ("A", SqlType::Double),
    ("I", SqlType::Bigint),
    ("J", SqlType::Bigint),
    ("N", SqlType::Bigint),
    ("S", SqlType::Varchar),
    ("T", SqlType::Varchar),
    ("TS", SqlType::Timestamp),
    ("D", SqlType::Date),
];

impl Scope for Columns {
    fn column(&self, _: Option<&str>, name: &str) -> Result<ScopeColumn, ResolveErrorKind> {
        let index =
            COLUMNS.iter().position(|(known, _)| *known == name).ok_or_else(|| unknown(name))?;
        Ok(ScopeColumn { index, name: name.into(), sql_type: COLUMNS[index].1.clone() })
    }
}

fn unknown(name: &str) -> ResolveErrorKind {
    ResolveErrorKind::UnknownColumn { source_name: None, name: name.into(), nearest: Vec::new() }
}

/// Makes rows that differ, with a NULL in every third N.
fn batch(first: usize, count: usize) -> Result<RecordBatch> {
    let rows = || (first..first + count).map(|row| row.wrapping_mul(7919) % 1_000_003);
    let whole = |row: usize| row as i64;
    let ms = |row: usize| 1_700_000_000_000 + row as i64 * 61_003;
    let text = |ms: i64| {
        let days = ms / 86_400_000;
        let date = Date32Array::from(vec![days as i32]);
        let date = date.value_as_date(0).map(|date| date.to_string()).unwrap_or_default();
        let second = ms / 1000 % 86_400;
        format!("{date} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Float64Array::from_iter_values(rows().map(|row| row as f64 * 1.037 + 0.1))),
        Arc::new(Int64Array::from_iter_values(rows().map(whole))),
        Arc::new(Int64Array::from_iter_values(rows().map(|row| 33 + whole(row) % 90))),
        Arc::new(Int64Array::from_iter(rows().map(|row| (row % 3 != 0).then_some(whole(row))))),
        Arc::new(StringArray::from_iter_values(
            rows().map(|row| format!("shop-{} item-{row} ", row % 97)),
        )),
        Arc::new(StringArray::from_iter_values(rows().map(|row| text(ms(row))))),
        Arc::new(TimestampMillisecondArray::from_iter_values(rows().map(ms))),
        Arc::new(Date32Array::from_iter_values(rows().map(|row| (ms(row) / 86_400_000) as i32))),
    ];
    let names = COLUMNS.iter().map(|(name, _)| *name);
    let nullable = names.zip(columns).map(|(name, column)| (name, column, true));
    Ok(RecordBatch::try_from_iter_with_nullable(nullable)?)
}

/// Writes a row for each function.
pub(crate) fn run(arguments: &FunctionsArguments, out: &mut dyn Write) -> Result<()> {
    let row_count = arguments.rows;
    let firsts = (0..row_count).step_by(BATCH_ROWS);
    let batches = firsts.map(|first| batch(first, BATCH_ROWS.min(row_count - first)));
    let batches = batches.collect::<Result<Vec<RecordBatch>>>()?;
    let registry = Registry::built_in();
    let head = ["function", "tidemill ms", "DataFusion ms", "ratio"];
    let mut rows = vec![head.map(str::to_owned)];
    let pairs = [numbers()?, letters(), texts(), patterns_and_times()];
    for (name, ours, theirs) in pairs.into_iter().flatten() {
        progress(name)?;
        let failed = |error: String| BenchError::run(name, error);
        let ours = parse_expression(ours).map_err(|error| failed(error.to_string()))?;
        let ours = resolve(&ours, &Columns, &registry).map_err(|it| failed(it.to_string()))?;
        let Ok(theirs) = compiled(theirs, &batches[0]) else {
            rows.push([name.to_owned(), "–".to_owned(), "cannot".to_owned(), "–".to_owned()]);
            continue;
        };
        let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
        for _ in 0..arguments.rounds.rounds {
            our_times.push(time_ours(name, &ours, &batches)?);
            their_times.push(time_theirs(&*theirs, &batches)?);
            their_times.push(time_theirs(&*theirs, &batches)?);
            our_times.push(time_ours(name, &ours, &batches)?);
        }
        let (our, their) = (Spread::of(our_times).median, Spread::of(their_times).median);
        let (ours, theirs) = (format!("{:.1}", our * 1e3), format!("{:.1}", their * 1e3));
        rows.push([name.to_owned(), ours, theirs, format!("{:.2}", our / their.max(1e-9))]);
    }
    progress("")?;
    match arguments.rounds.output {
        Output::Text => report::write_table(out, &rows),
        Output::Json => report::write_lines(out, &rows),
    }
}

/// Compiles their expression, and tries it on a batch.
fn compiled(expr: Other, batch: &RecordBatch) -> Result<Arc<dyn PhysicalExpr>> {
    let schema = DFSchema::try_from(batch.schema())?;
    let compiled = SessionContext::new().create_physical_expr(expr, &schema)?;
    compiled.evaluate(batch)?;
    Ok(compiled)
}

/// Returns how many seconds it takes us.
fn time_ours(name: &str, expr: &Expr, batches: &[RecordBatch]) -> Result<f64> {
    let running = Running::start();
    for batch in batches {
        let rows = Rows { columns: batch.columns(), row_count: batch.num_rows(), now_ms: 0 };
        let mut failures = RowFailures::default();
        let result = expr.evaluate(&rows, &mut failures);
        let result = result.map_err(|error| BenchError::run(name, error.to_string()))?;
        if let Some(failure) = failures.0.first() {
            return Err(BenchError::run(name, format!("{failure:?}")));
        }
        std::hint::black_box(result.into_array(batch.num_rows()));
    }
    Ok(running.elapsed().as_secs_f64())
}

/// Returns how many seconds it takes DataFusion.
fn time_theirs(expr: &dyn PhysicalExpr, batches: &[RecordBatch]) -> Result<f64> {
    let running = Running::start();
    for batch in batches {
        std::hint::black_box(expr.evaluate(batch)?.into_array(batch.num_rows())?);
    }
    Ok(running.elapsed().as_secs_f64())
}
