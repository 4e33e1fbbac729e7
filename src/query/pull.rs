//! Answering a pull query.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::array::RecordBatchOptions;
use datafusion::arrow::buffer::ScalarBuffer;
use datafusion::arrow::datatypes::{Field, Schema as ArrowSchema, SchemaRef};
use datafusion::common::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::limit::GlobalLimitExec;
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::{Stream, StreamExt};
use parking_lot::Mutex;

use crate::error::{Error, ErrorKind, Result};
use crate::plan::{PullQuery, SourceColumn};
use crate::query::expr::TypedExpr;
use crate::query::read::TableReader;
use crate::state::Backend;
use crate::topology::Materialized;
use crate::types::{Batch, SqlType};

/// The rows that answer a pull query.
pub(crate) type PullRows = Pin<Box<dyn Stream<Item = Result<Batch>> + Send>>;

/// What a pull query reads from.
pub(crate) struct PullSource<'a> {
    /// The table's state.
    pub(crate) materialized: &'a Materialized,
    /// How many partitions its store has.
    pub(crate) partition_count: u32,
    /// Where it is committed.
    pub(crate) backend: &'a Arc<dyn Backend>,
}

/// Answers a pull query from committed state.
pub(crate) fn pull(query: &PullQuery, source: &PullSource<'_>, now_ms: i64) -> Result<PullRows> {
    let reader = TableReader::new(
        (source.materialized.clone(), source.partition_count),
        Arc::clone(source.backend),
        query.columns.clone(),
        query.lookup.clone(),
        now_ms,
    );
    let plan = physical_plan(query, reader, now_ms).map_err(failed)?;
    let stream = plan.execute(0, Arc::new(TaskContext::default())).map_err(failed)?;
    Ok(Box::pin(stream.map(|batch| {
        let batch = batch.map_err(failed)?;
        let times = ScalarBuffer::from(vec![0; batch.num_rows()]);
        Ok(Batch::new(batch.columns().to_vec(), times))
    })))
}

fn failed(error: DataFusionError) -> Error {
    match error {
        DataFusionError::External(error) => match error.downcast::<Error>() {
            Ok(error) => *error,
            Err(error) => Error::statement(error.to_string()),
        },
        error => Error::new(ErrorKind::Storage, error.to_string()),
    }
}

fn physical_plan(
    query: &PullQuery,
    reader: TableReader,
    now_ms: i64,
) -> std::result::Result<Arc<dyn ExecutionPlan>, DataFusionError> {
    let scan = Arc::new(TableScan::new(query, reader));
    let schema = Arc::clone(PartitionStream::schema(scan.as_ref()));
    let streams: Vec<Arc<dyn PartitionStream>> = vec![scan];
    let mut plan: Arc<dyn ExecutionPlan> =
        Arc::new(StreamingTableExec::try_new(schema, streams, None, [], false, None)?);
    if let Some(predicate) = &query.predicate {
        let predicate = TypedExpr::filter(predicate.clone(), now_ms);
        plan = Arc::new(FilterExec::try_new(predicate, plan)?);
    }
    let output = query.exprs.iter().zip(&query.output).enumerate();
    let exprs = output.map(|(index, (expr, column))| ProjectionExpr {
        expr: TypedExpr::value(expr.clone(), now_ms),
        alias: format!("{index}_{}", column.name),
    });
    plan = Arc::new(ProjectionExec::try_new(exprs, plan)?);
    if let Some(limit) = query.limit {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        plan = Arc::new(GlobalLimitExec::new(plan, 0, Some(limit)));
    }
    Ok(plan)
}

/// A table's rows as a stream of DataFusion's.
struct TableScan {
    schema: SchemaRef,
    reader: Mutex<Option<TableReader>>,
}

impl TableScan {
    fn new(query: &PullQuery, reader: TableReader) -> Self {
        let field = |(index, column): (usize, &SourceColumn)| {
            let sql_type = match column {
                SourceColumn::Schema(index) => {
                    query.source.schema.columns()[*index].sql_type.clone()
                }
                SourceColumn::RowPartition => SqlType::Int,
                SourceColumn::RowTime
                | SourceColumn::RowOffset
                | SourceColumn::WindowStart
                | SourceColumn::WindowEnd => SqlType::Bigint,
            };
            Field::new(index.to_string(), sql_type.arrow(), true)
        };
        let fields: Vec<Field> = query.columns.iter().enumerate().map(field).collect();
        TableScan { schema: Arc::new(ArrowSchema::new(fields)), reader: Mutex::new(Some(reader)) }
    }
}

impl fmt::Debug for TableScan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TableScan")
    }
}

impl PartitionStream for TableScan {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _ctx: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.schema);
        let batches = futures::stream::iter(Chunks {
            schema: Arc::clone(&schema),
            reader: self.reader.lock().take(),
        });
        Box::pin(RecordBatchStreamAdapter::new(schema, batches))
    }
}

/// The chunks of a table.
struct Chunks {
    schema: SchemaRef,
    reader: Option<TableReader>,
}

impl Iterator for Chunks {
    type Item = std::result::Result<RecordBatch, DataFusionError>;

    fn next(&mut self) -> Option<Self::Item> {
        let columns = match self.reader.as_mut()?.next_chunk() {
            Ok(Some(rows)) => rows,
            Ok(None) => return None,
            Err(error) => {
                self.reader = None;
                return Some(Err(DataFusionError::External(Box::new(error))));
            }
        };
        let options = RecordBatchOptions::new().with_row_count(Some(columns.row_count));
        let batch =
            RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns.columns, &options);
        Some(batch.map_err(DataFusionError::from))
    }
}
