//! Single values out of and into Arrow columns.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float64Type, Int32Type, Int64Type,
    Time32MillisecondType, TimeUnit, TimestampMillisecondType, i256,
};

use crate::types::value::Decimal;
use crate::types::{ColumnBuilder, SqlType, Value};

/// Returns the value at a row of a column that holds a SQL type; the row must exist.
pub fn value_at(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Boolean => Value::Boolean(column.as_boolean().value(row)),
        DataType::Int32 => Value::Int(column.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => Value::Bigint(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Value::Double(column.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, scale) => {
            let unscaled = i256::from_i128(column.as_primitive::<Decimal128Type>().value(row));
            Value::Decimal(Decimal { unscaled, scale: scale.unsigned_abs() })
        }
        DataType::Decimal256(_, scale) => {
            let unscaled = column.as_primitive::<Decimal256Type>().value(row);
            Value::Decimal(Decimal { unscaled, scale: scale.unsigned_abs() })
        }
        DataType::Utf8 => Value::Varchar(column.as_string::<i32>().value(row).into()),
        DataType::Binary => Value::Bytes(column.as_binary::<i32>().value(row).into()),
        DataType::Date32 => Value::Date(column.as_primitive::<Date32Type>().value(row)),
        DataType::Time32(TimeUnit::Millisecond) => {
            Value::Time(column.as_primitive::<Time32MillisecondType>().value(row))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            Value::Timestamp(column.as_primitive::<TimestampMillisecondType>().value(row))
        }
        DataType::List(_) => Value::Array(all_values(&column.as_list::<i32>().value(row))),
        DataType::Map(_, _) => {
            let entries = column.as_map().value(row);
            let keys = all_values(entries.column(0));
            Value::Map(keys.into_iter().zip(all_values(entries.column(1))).collect())
        }
        DataType::Struct(_) => {
            let fields = column.as_struct().columns();
            Value::Struct(fields.iter().map(|field| value_at(field, row)).collect())
        }
        other => unreachable!("no SQL type is held as {other}"),
    }
}

fn all_values(column: &dyn Array) -> Vec<Value> {
    (0..column.len()).map(|row| value_at(column, row)).collect()
}

/// Makes a column of values, each NULL or of that type.
pub fn column_of<'a>(sql_type: &SqlType, values: impl IntoIterator<Item = &'a Value>) -> ArrayRef {
    let mut builder = ColumnBuilder::new(sql_type);
    values.into_iter().for_each(|value| builder.push(value));
    builder.finish()
}
