//! Our expressions as DataFusion's.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;

use crate::expr::{Expr, Rows};
use crate::functions::RowFailures;

/// One of our expressions, evaluated on the columns of DataFusion's batches.
#[derive(Debug)]
pub(super) struct TypedExpr {
    expr: Expr,
    now_ms: i64,
    is_filter: bool,
}

impl TypedExpr {
    /// Wraps an expression whose value is wanted.
    pub(super) fn value(expr: Expr, now_ms: i64) -> Arc<dyn PhysicalExpr> {
        Arc::new(TypedExpr { expr, now_ms, is_filter: false })
    }

    /// Wraps an expression that tells which rows are kept.
    pub(super) fn filter(expr: Expr, now_ms: i64) -> Arc<dyn PhysicalExpr> {
        Arc::new(TypedExpr { expr, now_ms, is_filter: true })
    }
}

impl fmt::Display for TypedExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.expr, f)
    }
}

impl PartialEq for TypedExpr {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr && self.is_filter == other.is_filter
    }
}

impl Eq for TypedExpr {}

impl Hash for TypedExpr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expr.to_string().hash(state);
    }
}

impl PhysicalExpr for TypedExpr {
    fn data_type(&self, _input_schema: &Schema) -> Result<DataType> {
        Ok(self.expr.sql_type().arrow())
    }

    fn nullable(&self, _input_schema: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let rows =
            Rows { columns: batch.columns(), row_count: batch.num_rows(), now_ms: self.now_ms };
        // A row that cannot be computed is NULL, as in a push query; there is no processing log for a question.
        let mut failures = RowFailures::default();
        let failed =
            |error: crate::functions::FunctionError| DataFusionError::External(Box::new(error));
        let column: ArrayRef = match self.is_filter {
            true => Arc::new(self.expr.evaluate_filter(&rows, &mut failures).map_err(failed)?),
            false => {
                let value = self.expr.evaluate(&rows, &mut failures).map_err(failed)?;
                value.into_array(batch.num_rows())
            }
        };
        debug_assert_eq!(column.len(), batch.num_rows());
        Ok(ColumnarValue::Array(column))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        Vec::new()
    }

    fn with_new_children(
        self: Arc<Self>,
        _children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(self)
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.expr, f)
    }
}
