//! What the questions to DataFusion have in common.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::Column;
use datafusion::common::cast::as_string_array;
use datafusion::functions_aggregate::expr_fn::{count, max, min, sum};
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::functions_window::expr_fn::{lag, row_number};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{
    ColumnarValue, ExprFunctionExt, LogicalPlanBuilder, ScalarUDF, Volatility, WindowFrame, when,
};
use datafusion::prelude::{DataFrame, Expr, JoinType, cast, create_udf, ident, lit};

use crate::data::Tables;
use crate::error::Result;

/// Returns a column of a table of several.
pub(super) fn of(table: &str, name: &str) -> Expr {
    Expr::Column(Column::new(Some(table), name))
}

/// Returns columns by their names.
pub(super) fn named(names: &[&str]) -> Vec<Expr> {
    names.iter().map(|name| ident(*name)).collect()
}

/// Joins rows whose columns are equal. Names are taken as they are: DataFusion's own `join` makes them small.
pub(crate) fn joined(
    left: DataFrame,
    right: DataFrame,
    kind: JoinType,
    on: (&[&str], &[&str]),
) -> Result<DataFrame> {
    let columns = |names: &[&str]| -> Vec<Column> {
        names.iter().map(|name| Column::from_name(*name)).collect()
    };
    let (state, plan) = left.into_parts();
    let keys = (columns(on.0), columns(on.1));
    let builder = LogicalPlanBuilder::from(plan);
    let plan = builder.join(right.into_unoptimized_plan(), kind, keys, None)?.build()?;
    Ok(DataFrame::new(state, plan))
}

/// Counts rows.
pub(super) fn counted() -> Expr {
    count(lit(1_i64))
}

/// Returns a number without decimals as the DOUBLE of `numerator / 1000`.
pub(super) fn thousandths(numerator: Expr) -> Expr {
    cast(numerator, DataType::Float64) / lit(1000.0)
}

/// Returns 1 where a condition holds, else 0.
pub(super) fn one_if(condition: Expr) -> Result<Expr> {
    Ok(when(condition, lit(1_i64)).otherwise(lit(0_i64))?)
}

/// Returns the day of a column of milliseconds, such as `2015-07-15`.
pub(super) fn day(millis: Expr) -> Expr {
    let days = cast(millis / lit(86_400_000_i64), DataType::Int32);
    cast(cast(days, DataType::Date32), DataType::Utf8)
}

/// Adds the windows that a row's time falls into, a row for each, as WINDOWSTART and WINDOWEND.
pub(super) fn with_windows(
    tables: &Tables,
    frame: DataFrame,
    time: &str,
    (size_ms, advance_ms): (i64, i64),
) -> Result<DataFrame> {
    let last = ident(time) / lit(advance_ms) * lit(advance_ms);
    let steps: Int64Array = (0..size_ms / advance_ms).collect();
    let schema = Arc::new(Schema::new(vec![Field::new("STEP", DataType::Int64, false)]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(steps) as ArrayRef])?;
    let steps = tables.rows(schema, vec![batch])?;
    let (state, plan) = frame.into_parts();
    let plan = LogicalPlanBuilder::from(plan).cross_join(steps.into_unoptimized_plan())?.build()?;
    let start = last - ident("STEP") * lit(advance_ms);
    let frame = DataFrame::new(state, plan).with_column("WINDOWSTART", start)?;
    let frame = frame.with_column("WINDOWEND", ident("WINDOWSTART") + lit(size_ms))?;
    // A window that begins later than so long before a row's time does not hold it, where steps do not divide the size.
    Ok(frame.filter(ident(time).lt(ident("WINDOWEND")))?)
}

/// Adds the session that a row belongs to, by key, as SESSION: a number of it among those of its key.
fn with_sessions(frame: DataFrame, (key, time): (&str, &str), gap_ms: i64) -> Result<DataFrame> {
    let (by, order) = (vec![ident(key)], vec![ident(time).sort(true, false)]);
    let before = lag(ident(time), Some(1), None).partition_by(by.clone()).order_by(order.clone());
    let frame = frame.with_column("BEFORE", before.build()?)?;
    let begins = ident("BEFORE").is_null().or((ident(time) - ident("BEFORE")).gt(lit(gap_ms)));
    let frame = frame.with_column("BEGINS", one_if(begins)?)?;
    let running = Expr::from(WindowFunction::new(sum_udaf(), vec![ident("BEGINS")]));
    let running = running.partition_by(by).order_by(order);
    let running = running.window_frame(WindowFrame::new(Some(false)));
    Ok(frame.with_column("SESSION", running.build()?)?)
}

/// Aggregates by key and session; the last columns are WINDOWSTART and WINDOWEND.
pub(super) fn by_session(
    frame: DataFrame,
    (key, time): (&str, &str),
    gap_ms: i64,
    mut aggregates: Vec<Expr>,
) -> Result<DataFrame> {
    let frame = with_sessions(frame, (key, time), gap_ms)?;
    let names: Vec<String> =
        aggregates.iter().map(|aggregate| aggregate.schema_name().to_string()).collect();
    aggregates.push(min(ident(time)).alias("WINDOWSTART"));
    aggregates.push(max(ident(time)).alias("WINDOWEND"));
    let frame = frame.aggregate(named(&[key, "SESSION"]), aggregates)?;
    let names = names.iter().map(String::as_str);
    let columns: Vec<&str> =
        std::iter::once(key).chain(names).chain(["WINDOWSTART", "WINDOWEND"]).collect();
    Ok(frame.select(named(&columns))?)
}

/// Numbers rows from 1 on among those of the same columns, in an order, as RANK.
pub(super) fn ranked(
    frame: DataFrame,
    by: &[&str],
    order: Vec<datafusion::logical_expr::SortExpr>,
) -> Result<DataFrame> {
    let rank = row_number().partition_by(named(by)).order_by(order).build()?;
    Ok(frame.with_column("RANK", cast(rank, DataType::Int64))?)
}

/// Keeps the last row of each key.
pub(super) fn last_of_each(frame: DataFrame, by: &[&str]) -> Result<DataFrame> {
    let frame = ranked(frame, by, vec![ident("N").sort(false, false)])?;
    Ok(frame.filter(ident("RANK").eq(lit(1_i64)))?)
}

/// Makes a function of a text to a text.
pub(super) fn text_function(
    name: &str,
    function: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
) -> ScalarUDF {
    let evaluate = move |args: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(args)?;
        let texts = as_string_array(&arrays[0])?;
        let results: StringArray = texts.iter().map(|text| text.and_then(&function)).collect();
        Ok(ColumnarValue::Array(Arc::new(results)))
    };
    let (text, fixed) = (DataType::Utf8, Volatility::Immutable);
    create_udf(name, vec![text.clone()], text, fixed, Arc::new(evaluate))
}

/// Sums a condition: how many rows it holds for.
pub(super) fn count_if(condition: Expr) -> Result<Expr> {
    Ok(sum(one_if(condition)?))
}

/// Keeps the windows that are closed: those whose end and grace period are not after the last time in a topic.
pub(super) fn closed(
    tables: &Tables,
    windows: DataFrame,
    topic: &str,
    time: &str,
    grace_ms: i64,
) -> Result<DataFrame> {
    let last = tables.topic(topic)?.aggregate(vec![], vec![max(ident(time)).alias("LAST")])?;
    let (state, plan) = windows.into_parts();
    let plan = LogicalPlanBuilder::from(plan).cross_join(last.into_unoptimized_plan())?.build()?;
    let is_closed = (ident("WINDOWEND") + lit(grace_ms)).lt_eq(ident("LAST"));
    Ok(DataFrame::new(state, plan).filter(is_closed)?)
}
