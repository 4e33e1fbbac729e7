//! Table functions side by side: one row out per element.

use datafusion::arrow::array::{Array, ArrayRef, UInt32Array};
use datafusion::arrow::compute::take;

use crate::expr::{Expr, Projection, Rows};
use crate::functions::{ResolvedTable, RowFailures};
use crate::operators::{Operator, OperatorContext, OperatorError};
use crate::types::Batch;

/// Which table functions are called, and with what.
#[derive(Clone, Debug)]
pub struct FlatMapSpec {
    functions: Vec<ResolvedTable>,
    /// The arguments of each function in turn.
    args: Projection,
    /// How many arguments each function has.
    arg_counts: Vec<usize>,
}

impl FlatMapSpec {
    /// Describes the calls: each function with its arguments.
    pub fn new(calls: &[(ResolvedTable, Vec<Expr>)]) -> Self {
        FlatMapSpec {
            functions: calls.iter().map(|(function, _)| function.clone()).collect(),
            args: Projection::new(calls.iter().flat_map(|(_, args)| args).cloned().collect()),
            arg_counts: calls.iter().map(|(_, args)| args.len()).collect(),
        }
    }
}

/// Makes as many rows of each row as the longest of its functions makes values; where another makes fewer, it is NULL. A row
/// of which no function makes any is dropped.
///
/// Source: ksqlDB's `KudtfFlatMapper`.
pub struct FlatMap {
    spec: FlatMapSpec,
}

impl FlatMap {
    /// Makes the operator.
    pub fn new(spec: FlatMapSpec) -> Self {
        FlatMap { spec }
    }
}

impl Operator for FlatMap {
    fn process(
        &mut self,
        _port: usize,
        batch: Batch,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let batch = batch.live()?;
        let rows =
            Rows { columns: &batch.columns, row_count: batch.row_count(), now_ms: ctx.now_ms };
        let mut failures = RowFailures::default();
        let mut columns = self.spec.args.evaluate(&rows, &mut failures)?.into_iter();
        let args: Vec<Vec<ArrayRef>> = self
            .spec
            .arg_counts
            .iter()
            .map(|count| columns.by_ref().take(*count).collect())
            .collect();
        let mut first = 0;
        while first < batch.row_count() {
            let calls = self.call(&args, (first, batch.row_count()), &mut failures)?;
            let row_count = calls.iter().map(|made| made.row_count).min().unwrap_or(0).max(1);
            let out = flattened(&batch.slice(first, row_count), &calls)?;
            if !out.is_empty() {
                emit.push(out);
            }
            first += row_count;
        }
        ctx.report_failures(failures);
        Ok(())
    }
}

/// What a function made of some rows.
struct Made {
    row_count: usize,
    ends: datafusion::arrow::buffer::OffsetBuffer<i32>,
    values: ArrayRef,
}

impl Made {
    /// Returns where the values of a row stand.
    fn range(&self, row: usize) -> std::ops::Range<u32> {
        self.ends[row].unsigned_abs()..self.ends[row + 1].unsigned_abs()
    }
}

impl FlatMap {
    /// Calls each function for the rows of a range, of which it may do the first ones only. What fails in those that another
    /// function does not reach is left out: it is called for them again.
    fn call(
        &self,
        args: &[Vec<ArrayRef>],
        (first, end): (usize, usize),
        failures: &mut RowFailures,
    ) -> Result<Vec<Made>, OperatorError> {
        let mut row_count = end - first;
        let mut calls = Vec::with_capacity(args.len());
        let mut failed = RowFailures::default();
        for (function, args) in self.spec.functions.iter().zip(args) {
            let args: Vec<ArrayRef> = args.iter().map(|a| a.slice(first, row_count)).collect();
            let made = function.evaluate(&args, row_count, &mut failed)?;
            row_count = made.row_count();
            calls.push(Made { row_count, ends: made.ends, values: made.values });
        }
        failures.0.extend(failed.0.into_iter().filter(|failure| failure.row < row_count));
        Ok(calls)
    }
}

/// Puts the values behind the rows they were made of.
fn flattened(batch: &Batch, calls: &[Made]) -> Result<Batch, OperatorError> {
    let mut rows: Vec<u32> = Vec::new();
    let mut places: Vec<Vec<Option<u32>>> = vec![Vec::new(); calls.len()];
    for row in 0..batch.row_count() {
        let longest = calls.iter().map(|made| made.range(row).len()).max().unwrap_or(0);
        rows.resize(rows.len() + longest, row as u32);
        for (made, places) in calls.iter().zip(&mut places) {
            places.extend(made.range(row).map(Some));
            places.resize(rows.len(), None);
        }
    }
    let mut out = batch.take(&UInt32Array::from(rows))?;
    for (made, places) in calls.iter().zip(places) {
        let is_as_made = places.len() == made.values.len() && !places.contains(&None);
        out.columns.push(match is_as_made {
            true => ArrayRef::clone(&made.values),
            false => take(&made.values, &UInt32Array::from(places), None)?,
        });
    }
    Ok(out)
}
