//! What an aggregate computes, and what it takes from a batch for it.

use std::fmt;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::filter;

use crate::expr::{Expr, Projection, Rows};
use crate::functions::aggregate::Accumulator;
use crate::functions::{FunctionError, ResolvedAggregate, RowFailures};
use crate::operators::latest_rows::LatestRows;
use crate::operators::{OperatorContext, OperatorError, Report};
use crate::types::{Batch, SqlType};

/// What an aggregate computes.
#[derive(Clone)]
pub struct AggregateSpec {
    /// The types of the grouping columns.
    pub key_types: Vec<SqlType>,
    /// The functions.
    pub functions: Vec<ResolvedAggregate>,
    /// The grouping columns, then the arguments of each function in turn.
    inputs: Projection,
    /// The accumulators.
    parts: Vec<Part>,
}

/// What one accumulator is for.
#[derive(Clone, Copy)]
struct Part {
    /// How many functions: several that keep last values share a row.
    functions: usize,
    /// How many arguments they have together.
    args: usize,
}

impl AggregateSpec {
    /// Describes an aggregate: the grouping expressions, and each function with its arguments.
    pub fn new(group_by: &[Expr], calls: &[(ResolvedAggregate, Vec<Expr>)]) -> Self {
        let args = calls.iter().flat_map(|(_, args)| args.iter());
        AggregateSpec {
            key_types: group_by.iter().map(|expr| expr.sql_type().clone()).collect(),
            functions: calls.iter().map(|(function, _)| function.clone()).collect(),
            inputs: Projection::new(group_by.iter().chain(args).cloned().collect()),
            parts: calls
                .chunk_by(|(a, _), (b, _)| LatestRows::are_one(a, b))
                .map(|calls| Part {
                    functions: calls.len(),
                    args: calls.iter().map(|(_, args)| args.len()).sum(),
                })
                .collect(),
        }
    }

    /// Computes the grouping columns and the arguments for a batch, and drops the rows that belong to no group: those without
    /// a value, and those with a null in their key.
    pub(super) fn grouped(
        &self,
        batch: Batch,
        ctx: &mut OperatorContext<'_>,
        operator: &'static str,
    ) -> Result<Grouped, OperatorError> {
        let batch = batch.live()?;
        let rows =
            Rows { columns: &batch.columns, row_count: batch.row_count(), now_ms: ctx.now_ms };
        let mut failures = RowFailures::default();
        let mut columns = self.inputs.evaluate(&rows, &mut failures)?.into_iter();
        ctx.report_failures(failures);
        let keys: Vec<ArrayRef> = columns.by_ref().take(self.key_types.len()).collect();
        let args =
            self.parts.iter().map(|part| columns.by_ref().take(part.args).collect()).collect();
        let grouped = Grouped { batch, keys, args };
        let Some(keep) = without_nulls(&grouped.keys) else { return Ok(grouped) };
        ctx.reports.push(Report::NullKey { operator, row_count: keep.false_count() });
        grouped.filter(&keep)
    }

    /// Makes the accumulators of the functions, without groups.
    pub(super) fn accumulators(&self) -> Result<Vec<Box<dyn Accumulator>>, FunctionError> {
        let mut functions = self.functions.as_slice();
        let accumulator = |part: &Part| {
            let (of_part, rest) = functions.split_at(part.functions);
            functions = rest;
            Ok(match of_part {
                [function] => function.accumulator()?,
                several => Box::new(LatestRows::new(several)),
            })
        };
        self.parts.iter().map(accumulator).collect()
    }

    /// Returns the results of groups, a column for each function.
    pub(super) fn results(
        &self,
        accumulators: &[Box<dyn Accumulator>],
        groups: &[u32],
    ) -> Vec<ArrayRef> {
        self.columns(accumulators.iter().map(|states| states.evaluate(groups)))
    }

    /// Takes the results of the accumulators apart: a column for each function.
    pub(super) fn columns(&self, results: impl Iterator<Item = ArrayRef>) -> Vec<ArrayRef> {
        let of_part = |(part, result): (&Part, ArrayRef)| match result.as_struct_opt() {
            Some(together) if 1 < part.functions => together.columns().to_vec(),
            _ => vec![result],
        };
        self.parts.iter().zip(results).flat_map(of_part).collect()
    }
}

impl fmt::Debug for AggregateSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AggregateSpec").field("inputs", &self.inputs).finish_non_exhaustive()
    }
}

/// Tells which rows have no null in their key; none if all have none.
pub(super) fn without_nulls(keys: &[ArrayRef]) -> Option<BooleanArray> {
    let mut keep: Option<BooleanBuffer> = None;
    for nulls in keys.iter().filter_map(|key| key.logical_nulls()) {
        keep = match keep {
            _ if nulls.null_count() == 0 => keep,
            Some(keep) => Some(&keep & nulls.inner()),
            None => Some(nulls.inner().clone()),
        };
    }
    keep.map(|keep| BooleanArray::new(keep, None))
}

/// Rows on their way into groups.
pub(super) struct Grouped {
    /// The rows.
    pub(super) batch: Batch,
    /// The grouping columns.
    pub(super) keys: Vec<ArrayRef>,
    /// The arguments of each accumulator.
    pub(super) args: Vec<Vec<ArrayRef>>,
}

impl Grouped {
    fn filter(&self, keep: &BooleanArray) -> Result<Self, OperatorError> {
        let select = |columns: &[ArrayRef]| -> Result<Vec<ArrayRef>, OperatorError> {
            Ok(columns.iter().map(|column| filter(column, keep)).collect::<Result<_, _>>()?)
        };
        Ok(Grouped {
            batch: self.batch.filter(keep)?,
            keys: select(&self.keys)?,
            args: self.args.iter().map(|args| select(args)).collect::<Result<_, _>>()?,
        })
    }

    /// Cuts the rows into runs of at most so many; a row that is replaced stays with the one that replaces it.
    pub(super) fn pieces(self, rows_max: usize) -> Vec<Grouped> {
        let row_count = self.batch.row_count();
        if row_count <= rows_max {
            return vec![self];
        }
        let mut pieces = Vec::new();
        let mut first = 0;
        while first < row_count {
            let mut end = row_count.min(first.saturating_add(rows_max.max(1)));
            end += usize::from(end < row_count && self.batch.is_replaced(end - 1));
            pieces.push(self.slice(first, end - first));
            first = end;
        }
        pieces
    }

    fn slice(&self, first: usize, count: usize) -> Grouped {
        let cut = |columns: &Vec<ArrayRef>| -> Vec<ArrayRef> {
            columns.iter().map(|column| column.slice(first, count)).collect()
        };
        Grouped {
            batch: self.batch.slice(first, count),
            keys: cut(&self.keys),
            args: self.args.iter().map(cut).collect(),
        }
    }
}
