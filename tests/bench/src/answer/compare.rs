//! Rows that differ.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Float64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::functions_aggregate::expr_fn::sum;
use datafusion::prelude::{DataFrame, Expr, JoinType, ident, lit};
use tidemill::engine::Engine;

use crate::answer::rows::{ResultShape, read_rows};
use crate::data::Tables;
use crate::error::{BenchError, Result};
use crate::queries::joined;

/// What a query has to find.
pub(crate) struct Expected {
    /// All its rows, as columns that are compared cell by cell.
    exact: Rows,
    /// Where a rank among equals is left open: rows of which each result must be one.
    among: Option<Rows>,
    /// Columns that are estimates, with the share by which they may be off; they are not compared exactly.
    about: Option<(Vec<String>, f64)>,
}

struct Rows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

/// How many rows a difference shows.
const SHOWN_ROWS: usize = 20;

impl Expected {
    /// Finds the rows of a question.
    pub(crate) fn exact(tables: &Tables, frame: DataFrame) -> Result<Self> {
        Ok(Expected { exact: Rows::find(tables, frame)?, among: None, about: None })
    }

    /// Leaves a rank among equals open: each row of the result must be one of these.
    pub(crate) fn and_among(self, tables: &Tables, frame: DataFrame) -> Result<Self> {
        Ok(Expected { among: Some(Rows::find(tables, frame)?), ..self })
    }

    /// Takes some columns for estimates.
    pub(crate) fn about(self, columns: &[&str], share: f64) -> Self {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Expected { about: Some((columns, share)), ..self }
    }

    /// Returns how many rows there are.
    pub(crate) fn row_count(&self) -> usize {
        self.exact.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

impl Rows {
    fn find(tables: &Tables, frame: DataFrame) -> Result<Rows> {
        let found = tables.collect(frame)?;
        let schema = match found.first() {
            Some(batch) => plain_schema(&batch.schema()),
            None => Arc::new(Schema::empty()),
        };
        let batches = found.iter().map(|batch| plain(batch, &schema)).collect::<Result<_>>()?;
        Ok(Rows { schema, batches })
    }

    fn frame(&self, tables: &Tables) -> Result<DataFrame> {
        tables.rows(Arc::clone(&self.schema), self.batches.clone())
    }
}

/// Compares what is in a topic with what has to be there.
pub(crate) fn check(
    name: &str,
    tables: &Tables,
    expected: &Expected,
    (engine, topic, shape): (&Engine, &str, &ResultShape),
) -> Result<()> {
    let read = |rows: &Rows| -> Result<DataFrame> {
        let found = read_rows(engine, topic, shape, &rows.schema)?;
        let found = found.iter().map(|batch| plain(batch, &rows.schema));
        tables.rows(Arc::clone(&rows.schema), found.collect::<Result<_>>()?)
    };
    let wrong = |difference: String| Err(BenchError::Wrong { name: name.to_owned(), difference });
    if expected.row_count() == 0 {
        return wrong("no rows are expected: the data is too small to show anything".to_owned());
    }
    let estimates = expected.about.as_ref().map_or(&[][..], |(columns, _)| columns);
    let names = expected.exact.schema.fields().iter().map(|field| field.name().as_str());
    let exact: Vec<&str> = names.filter(|name| !estimates.iter().any(|it| it == name)).collect();
    let (want, found) = (expected.exact.frame(tables)?, read(&expected.exact)?);
    if let Some(text) = difference(tables, want.clone(), found.clone(), &exact)? {
        return wrong(text);
    }
    if let Some((estimates, share)) = &expected.about
        && let Some(text) = far_off(tables, (want, found), (&exact, estimates), *share)?
    {
        return wrong(text);
    }
    match &expected.among {
        None => Ok(()),
        Some(rows) => {
            let columns: Vec<&str> =
                rows.schema.fields().iter().map(|field| field.name().as_str()).collect();
            let (found, known) = (read(rows)?, rows.frame(tables)?);
            let (found, known) = (found.alias("found")?, known.alias("known")?);
            let strange = joined(found, known, JoinType::LeftAnti, (&columns, &columns))?;
            shown(tables, strange, "these rows should not be")?.map_or(Ok(()), wrong)
        }
    }
}

/// Shows rows that one side has more often than the other.
fn difference(
    tables: &Tables,
    want: DataFrame,
    found: DataFrame,
    columns: &[&str],
) -> Result<Option<String>> {
    let named = || columns.iter().map(|name| ident(*name));
    let counted = |frame: DataFrame, count: i64| {
        frame.select(named().chain([lit(count).alias("count")]).collect::<Vec<Expr>>())
    };
    let both = counted(want, 1)?.union(counted(found, -1)?)?;
    let summed = both.aggregate(named().collect(), vec![sum(ident("count")).alias("count")])?;
    let differing = summed.filter(ident("count").not_eq(lit(0_i64)))?;
    shown(tables, differing, "count says how many of a row are missing; below zero, too many")
}

/// Shows rows whose estimates are off by more than a share.
fn far_off(
    tables: &Tables,
    (want, found): (DataFrame, DataFrame),
    (exact, estimates): (&[&str], &[String]),
    share: f64,
) -> Result<Option<String>> {
    let names = exact.iter().copied().chain(estimates.iter().map(String::as_str));
    let renamed = names.map(|name| ident(name).alias(format!("found {name}")));
    let found = found.select(renamed.collect::<Vec<Expr>>())?;
    let found_names: Vec<String> = exact.iter().map(|name| format!("found {name}")).collect();
    let found_names: Vec<&str> = found_names.iter().map(String::as_str).collect();
    let joined = joined(want, found, JoinType::Inner, (exact, &found_names))?;
    let double = |name: String| datafusion::prelude::cast(ident(name), DataType::Float64);
    let is_far = |name: &String| {
        let (want, found) = (double(name.clone()), double(format!("found {name}")));
        let most = want.clone() * lit(1.0 + share);
        found.clone().gt(most).or(found.lt(want * lit(1.0 - share)))
    };
    let far = estimates.iter().map(is_far).reduce(Expr::or);
    let Some(far) = far else { return Ok(None) };
    shown(tables, joined.filter(far)?, "estimates are too far off")
}

fn shown(tables: &Tables, frame: DataFrame, about: &str) -> Result<Option<String>> {
    let rows = tables.collect(frame.limit(0, Some(SHOWN_ROWS))?)?;
    if rows.iter().all(|batch| batch.num_rows() == 0) {
        return Ok(None);
    }
    Ok(Some(format!("{about}:\n{}", pretty_format_batches(&rows)?)))
}

/// Whole numbers are BIGINT and everything else that is not a DOUBLE is text, whatever DataFusion made them.
fn plain_schema(schema: &Schema) -> SchemaRef {
    let plain = |field: &Arc<Field>| {
        let data_type = match field.data_type() {
            data_type if data_type.is_integer() => DataType::Int64,
            data_type if data_type.is_floating() => DataType::Float64,
            _ => DataType::Utf8,
        };
        Field::new(field.name(), data_type, true)
    };
    Arc::new(Schema::new(schema.fields().iter().map(plain).collect::<Vec<Field>>()))
}

fn plain(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let column = |(field, column): (&Arc<Field>, &ArrayRef)| -> Result<ArrayRef> {
        let column = cast(column, field.data_type())?;
        Ok(column.as_any().downcast_ref().map_or(Arc::clone(&column), rounded))
    };
    let columns = schema.fields().iter().zip(batch.columns()).map(column);
    Ok(RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<_>>()?)?)
}

/// A DOUBLE is compared up to six digits behind the point: sums may be made in any order.
fn rounded(column: &Float64Array) -> ArrayRef {
    let round = |number: f64| (number * 1e6).round() / 1e6;
    let numbers: Float64Array = column.iter().map(|number| number.map(round)).collect();
    Arc::new(numbers) as ArrayRef
}
