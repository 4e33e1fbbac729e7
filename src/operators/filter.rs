//! Keeps the rows of a stream for which a predicate is true.

use datafusion::arrow::array::BooleanArray;
use datafusion::arrow::compute::and_not;

use crate::expr::{Expr, Rows};
use crate::functions::RowFailures;
use crate::operators::{Operator, OperatorContext, OperatorError};
use crate::types::Batch;

/// Keeps the rows of a stream for which a predicate is true; rows without a value are dropped.
pub struct Filter {
    predicate: Expr,
}

impl Filter {
    /// Makes the operator.
    pub fn new(predicate: Expr) -> Self {
        Filter { predicate }
    }
}

impl Operator for Filter {
    fn process(
        &mut self,
        _port: usize,
        batch: Batch,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let mut keep = passing(&self.predicate, &batch, ctx)?;
        if let Some(deleted) = &batch.deleted {
            keep = and_not(&keep, &BooleanArray::new(deleted.clone(), None))?;
        }
        let kept = batch.filter(&keep)?;
        if !kept.is_empty() {
            emit.push(kept);
        }
        Ok(())
    }
}

/// Tells for each row whether a predicate is true; where it fails it is not.
pub(super) fn passing(
    predicate: &Expr,
    batch: &Batch,
    ctx: &mut OperatorContext<'_>,
) -> Result<BooleanArray, OperatorError> {
    let rows = Rows { columns: &batch.columns, row_count: batch.row_count(), now_ms: ctx.now_ms };
    let mut failures = RowFailures::default();
    let keep = predicate.evaluate_filter(&rows, &mut failures)?;
    ctx.report_failures(failures);
    Ok(keep)
}
