//! The same rows as tables of DataFusion.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Builder, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use datafusion::prelude::{DataFrame, SessionContext};
use tokio::runtime::Runtime;

use crate::data::DataSet;
use crate::data::record::{Cell, Kind, TopicShape};
use crate::error::Result;

/// The rows of a data set, to ask questions about. Columns have the names that the engine gives them; `N` is a row's place among
/// all rows of the data set.
pub(crate) struct Tables {
    context: SessionContext,
    runtime: Runtime,
}

const BATCH_ROWS: usize = 8192;

impl Tables {
    /// Makes the rows.
    pub(crate) fn load(data: &dyn DataSet) -> Result<Tables> {
        let topics = data.topics();
        let mut builders: Vec<TableBuilder> = topics.iter().map(TableBuilder::new).collect();
        let mut number = 0;
        data.rows(&mut |topic, cells| {
            builders[topic].push(number, cells)?;
            number += 1;
            Ok(())
        })?;
        let context = SessionContext::new();
        for (shape, builder) in topics.iter().zip(builders) {
            let (schema, batches) = builder.finish()?;
            let table = MemTable::try_new(schema, vec![batches])?;
            context.register_table(shape.name, Arc::new(table))?;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(Tables { context, runtime })
    }

    /// Returns the rows of a topic.
    pub(crate) fn topic(&self, name: &str) -> Result<DataFrame> {
        Ok(self.runtime.block_on(self.context.table(name))?)
    }

    /// Returns rows that were collected before.
    pub(crate) fn rows(&self, schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<DataFrame> {
        let table = MemTable::try_new(schema, vec![batches])?;
        Ok(self.context.read_table(Arc::new(table))?)
    }

    /// Finds the rows of a question.
    pub(crate) fn collect(&self, frame: DataFrame) -> Result<Vec<RecordBatch>> {
        Ok(self.runtime.block_on(frame.collect())?)
    }
}

/// A table that is being made.
struct TableBuilder {
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    row_count: usize,
    batches: Vec<RecordBatch>,
}

enum ColumnBuilder {
    Int(Int64Builder),
    Text(StringBuilder),
}

impl TableBuilder {
    fn new(shape: &TopicShape) -> Self {
        let column = |kind: &Kind| match kind {
            Kind::Int => ColumnBuilder::Int(Int64Builder::new()),
            Kind::Text => ColumnBuilder::Text(StringBuilder::new()),
        };
        let field = |(name, kind): &(&str, Kind)| {
            let data_type = match kind {
                Kind::Int => DataType::Int64,
                Kind::Text => DataType::Utf8,
            };
            Field::new(name.to_uppercase(), data_type, false)
        };
        let place = Field::new("N", DataType::Int64, false);
        let fields: Vec<Field> =
            std::iter::once(place).chain(shape.columns.iter().map(field)).collect();
        let place = ColumnBuilder::Int(Int64Builder::new());
        let columns = shape.columns.iter().map(|(_, kind)| column(kind));
        TableBuilder {
            schema: Arc::new(Schema::new(fields)),
            columns: std::iter::once(place).chain(columns).collect(),
            row_count: 0,
            batches: Vec::new(),
        }
    }

    fn push(&mut self, number: i64, cells: &[Cell<'_>]) -> Result<()> {
        let place = Cell::Int(number);
        for (column, cell) in self.columns.iter_mut().zip(std::iter::once(&place).chain(cells)) {
            match (column, cell) {
                (ColumnBuilder::Int(builder), Cell::Int(number)) => builder.append_value(*number),
                (ColumnBuilder::Text(builder), Cell::Text(text)) => builder.append_value(text),
                _ => unreachable!("rows have the columns of their topic"),
            }
        }
        self.row_count += 1;
        if self.row_count == BATCH_ROWS {
            self.end_batch()?;
        }
        Ok(())
    }

    fn end_batch(&mut self) -> Result<()> {
        let finish = |column: &mut ColumnBuilder| -> ArrayRef {
            match column {
                ColumnBuilder::Int(builder) => Arc::new(builder.finish()),
                ColumnBuilder::Text(builder) => Arc::new(builder.finish()),
            }
        };
        let columns = self.columns.iter_mut().map(finish).collect();
        self.batches.push(RecordBatch::try_new(Arc::clone(&self.schema), columns)?);
        self.row_count = 0;
        Ok(())
    }

    fn finish(mut self) -> Result<(SchemaRef, Vec<RecordBatch>)> {
        self.end_batch()?;
        Ok((self.schema, self.batches))
    }
}
