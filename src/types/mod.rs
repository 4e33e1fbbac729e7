//! What flows: SQL types and their Arrow form, values, schemas, batches, windows.

mod batch;
mod builder;
mod cells;
pub mod datetime;
mod double;
mod schema;
mod sql_type;
mod topic_partition;
mod value;

pub use batch::{Batch, Undone, Windows};
pub use builder::{ArrayBuilder, ColumnBuilder, DecimalBuilder, MapBuilder, StructBuilder};
pub use cells::{column_of, value_at};
pub use double::{push_double, write_double};
pub use schema::{Column, ColumnRole, Schema};
pub use sql_type::{DECIMAL_PRECISION_MAX, NARROW_DECIMAL_PRECISION, SqlType, StructField};
pub(crate) use sql_type::{element_field, entries_field, entry_fields, struct_fields};
pub use topic_partition::TopicPartition;
pub use value::{Decimal, Value};
