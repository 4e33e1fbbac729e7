//! Gives the rows of a stream a new key.

use datafusion::arrow::array::{ArrayRef, BooleanArray};
use datafusion::arrow::compute::nullif;

use crate::expr::{Expr, Projection, Rows};
use crate::functions::RowFailures;
use crate::operators::{Operator, OperatorContext, OperatorError};
use crate::types::Batch;

/// What the new key is, and the columns behind it.
#[derive(Clone, Debug)]
pub struct RekeySpec {
    exprs: Projection,
    /// Of each column of the new key, whether it is computed from more than the old key.
    needs_value: Vec<bool>,
}

impl RekeySpec {
    /// Describes a new key of so many columns, on rows whose key has so many.
    pub fn new(exprs: Vec<Expr>, key_count: usize, old_key_count: usize) -> Self {
        let needs_value = |expr: &Expr| expr.columns().iter().any(|index| old_key_count <= *index);
        let needs_value = exprs.iter().take(key_count).map(needs_value).collect();
        RekeySpec { exprs: Projection::new(exprs), needs_value }
    }

    /// Returns what is computed: the new key, then the columns behind it.
    pub fn exprs(&self) -> &[Expr] {
        self.exprs.exprs()
    }
}

/// Gives the rows of a stream a new key. Where a row has no value, what is computed from values is NULL, `x IS NULL` and ROWTIME too:
/// such a row has nothing to be known by.
pub struct Rekey {
    spec: RekeySpec,
}

impl Rekey {
    /// Makes the operator.
    pub fn new(spec: RekeySpec) -> Self {
        Rekey { spec }
    }
}

impl Operator for Rekey {
    fn process(
        &mut self,
        _port: usize,
        batch: Batch,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let rows =
            Rows { columns: &batch.columns, row_count: batch.row_count(), now_ms: ctx.now_ms };
        let mut failures = RowFailures::default();
        let mut columns = self.spec.exprs.evaluate(&rows, &mut failures)?;
        failures.0.retain(|failure| !batch.is_deleted(failure.row));
        ctx.report_failures(failures);
        if let Some(deleted) = &batch.deleted {
            let deleted = BooleanArray::new(deleted.clone(), None);
            for (column, needs_value) in columns.iter_mut().zip(&self.spec.needs_value) {
                if *needs_value {
                    *column = without(column, &deleted)?;
                }
            }
        }
        emit.push(Batch { columns, ..batch });
        Ok(())
    }
}

fn without(column: &ArrayRef, rows: &BooleanArray) -> Result<ArrayRef, OperatorError> {
    nullif(column, rows).map_err(|error| OperatorError::Record(error.to_string()))
}
