//! Computes one expression per output column.

use crate::expr::{Projection, Rows};
use crate::functions::RowFailures;
use crate::operators::{Operator, OperatorContext, OperatorError};
use crate::types::Batch;

/// Computes one expression per output column. Rows without a value stay without one.
pub struct Project {
    exprs: Projection,
}

impl Project {
    /// Makes the operator.
    pub fn new(exprs: Projection) -> Self {
        Project { exprs }
    }
}

impl Operator for Project {
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
        let columns = self.exprs.evaluate(&rows, &mut failures)?;
        // Nothing was computed wrongly for a row that says its key is gone: it has no values to compute with.
        failures.0.retain(|failure| !batch.is_deleted(failure.row));
        ctx.report_failures(failures);
        emit.push(Batch { columns, ..batch });
        Ok(())
    }
}
