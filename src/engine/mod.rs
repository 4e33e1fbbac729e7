//! The facade: open, execute, produce, consume, subscribe, close.

mod entity;
mod outcome;

pub use entity::{
    Entity, FieldDescription, FunctionDescription, FunctionSummary, OverloadDescription, Property,
    QueryDescription, QuerySummary, SourceDescription, SourceSummary, Statistic, TopicSummary,
    Variable,
};
pub use outcome::{ConsumedRecord, Outcome, RecordStream, Row, RowStream, rows_of};
