//! What a statement gives back.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::Stream;

use crate::engine::{Entity, RecordStream};
use crate::error::Result;
use crate::types::{Batch, Schema, Value, value_at};

/// What one statement gave back.
pub enum Outcome {
    /// It was carried out; this is what to tell the user.
    Done(String),
    /// What SHOW, DESCRIBE and EXPLAIN found.
    Entity(Box<Entity>),
    /// The rows of a pull or push query.
    Rows(RowStream),
    /// The records of a topic, from PRINT.
    Records(RecordStream),
}

/// The rows of a query: a [`Stream`] of batches that ends with the query. Dropping it ends the query.
pub struct RowStream {
    query_id: String,
    schema: Arc<Schema>,
    is_push: bool,
    batches: Pin<Box<dyn Stream<Item = Result<Batch>> + Send>>,
}

/// One row of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The values, by the result's schema.
    pub values: Vec<Value>,
    /// Whether the row says that its key is gone.
    pub is_tombstone: bool,
}

impl RowStream {
    /// Wraps the batches of a query.
    pub(crate) fn new(
        query_id: String,
        schema: Arc<Schema>,
        is_push: bool,
        batches: Pin<Box<dyn Stream<Item = Result<Batch>> + Send>>,
    ) -> Self {
        RowStream { query_id, schema, is_push, batches }
    }

    /// Returns the query's id.
    pub fn query_id(&self) -> &str {
        &self.query_id
    }

    /// Returns the columns of the rows.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Tells whether rows keep coming as they are made (a push query), or end with the present state (a pull query).
    pub fn is_push(&self) -> bool {
        self.is_push
    }

    /// Waits for the next batch, from a thread that is not async; `None` when the query has ended.
    pub fn next_batch(&mut self) -> Option<Result<Batch>> {
        futures::executor::block_on(futures::StreamExt::next(self))
    }

    /// Waits for all rows; meant for pull queries and push queries with a LIMIT.
    pub fn collect_rows(mut self) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        while let Some(batch) = self.next_batch() {
            rows.extend(rows_of(&batch?));
        }
        Ok(rows)
    }
}

/// Returns a batch as rows.
pub fn rows_of(batch: &Batch) -> impl Iterator<Item = Row> {
    (0..batch.row_count()).map(|row| Row {
        values: batch.columns.iter().map(|column| value_at(column, row)).collect(),
        is_tombstone: batch.is_deleted(row),
    })
}

impl Stream for RowStream {
    type Item = Result<Batch>;

    fn poll_next(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.as_mut().poll_next(ctx)
    }
}

/// A record, as PRINT and consumers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumedRecord {
    /// Its partition.
    pub partition: u32,
    /// Its offset there.
    pub offset: i64,
    /// Its time in milliseconds.
    pub timestamp_ms: i64,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; none is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Its headers, in order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}
