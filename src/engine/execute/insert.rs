//! INSERT INTO … VALUES.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::Int64Type;
use tidemill_grammar::ast::ParsedStatement;

use crate::catalog::Source;
use crate::engine::{Outcome, Session};
use crate::error::{Error, Result};
use crate::expr::{Expr, Rows};
use crate::functions::RowFailures;
use crate::plan::{Action, InsertValues, Sink};
use crate::runtime::RecordEncoder;
use crate::topology::Output;
use crate::types::Batch;

impl Session {
    /// Writes one record; when this returns, it is durable.
    pub(super) fn insert_values(&self, parsed: &ParsedStatement) -> Result<Outcome> {
        let Action::InsertValues(insert) = self.analyze(parsed)? else {
            return Err(Error::statement("not an INSERT INTO … VALUES statement"));
        };
        let inner = &self.engine.inner;
        let batch = insert_batch(&insert, inner.clock.wall_ms())?;
        let output = sink_output(&insert.target);
        let topic = inner.log.topic(&insert.target.topic).ok_or_else(|| {
            Error::statement(format!("topic {} does not exist", insert.target.topic))
        })?;
        let mut encoder = RecordEncoder::new(&output)?
            .ok_or_else(|| Error::statement("the target has no topic"))?;
        let records = encoder
            .encode(&batch, topic.config.partitions)
            .map_err(|error| Error::statement(error.to_string()))?;
        self.engine.append_records(&insert.target.topic, &records)?;
        Ok(Outcome::Done(String::new()))
    }
}

/// Describes the topic of a stream or table as an output.
pub(in crate::engine) fn sink_output(source: &Arc<Source>) -> Output {
    let sink = Sink {
        source: Arc::clone(source),
        partitions: None,
        topic_properties: Vec::new(),
        timestamp: None,
    };
    Output::Sink {
        sink,
        schema: source.schema.clone(),
        is_windowed: source.window.is_some(),
        has_whole_key: false,
    }
}

/// Computes the row that an INSERT INTO … VALUES writes.
pub(in crate::engine) fn insert_batch(insert: &InsertValues, now_ms: i64) -> Result<Batch> {
    let evaluate = |expr: &Expr| {
        let rows = Rows { columns: &[], row_count: 1, now_ms };
        let mut failures = RowFailures::default();
        let value = expr
            .evaluate(&rows, &mut failures)
            .map_err(|error| Error::statement(error.to_string()))?;
        match failures.0.into_iter().next() {
            Some(failure) => Err(Error::statement(failure.reason)),
            None => Ok(value.into_array(1)),
        }
    };
    let time = match &insert.timestamp {
        Some(expr) => {
            let column = evaluate(expr)?;
            let longs = column.as_primitive_opt::<Int64Type>();
            longs.filter(|longs| longs.is_valid(0)).map_or(now_ms, |longs| longs.value(0))
        }
        None => now_ms,
    };
    let columns = insert.exprs.iter().map(evaluate).collect::<Result<Vec<_>>>()?;
    let key_count = insert.target.schema.key_count();
    let has_value = columns[key_count..].iter().any(|column| column.is_valid(0));
    let is_table = insert.target.kind == crate::catalog::SourceKind::Table;
    let mut batch = Batch::new(columns, vec![time].into());
    if is_table && !has_value && key_count < batch.columns.len() {
        batch.deleted = Some(BooleanBuffer::new_set(1));
    }
    Ok(batch)
}
