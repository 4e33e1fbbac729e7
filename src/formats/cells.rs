//! Columns downcast to the arrays they are, so that encoders read cells without a call through `dyn`.

use datafusion::arrow::array::{
    Array, AsArray, BinaryArray, BooleanArray, ListArray, MapArray, PrimitiveArray, StringArray,
    StructArray,
};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float64Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMillisecondType,
};

/// A column, downcast once per batch.
pub(super) enum Cells<'a> {
    Boolean(&'a BooleanArray),
    Int(&'a PrimitiveArray<Int32Type>),
    Bigint(&'a PrimitiveArray<Int64Type>),
    Double(&'a PrimitiveArray<Float64Type>),
    Decimal(&'a PrimitiveArray<Decimal128Type>),
    WideDecimal(&'a PrimitiveArray<Decimal256Type>),
    Varchar(&'a StringArray),
    Bytes(&'a BinaryArray),
    Date(&'a PrimitiveArray<Date32Type>),
    Time(&'a PrimitiveArray<Time32MillisecondType>),
    Timestamp(&'a PrimitiveArray<TimestampMillisecondType>),
    Array(&'a ListArray, Box<Cells<'a>>),
    Map(&'a MapArray, Box<Cells<'a>>, Box<Cells<'a>>),
    Struct(&'a StructArray, Vec<Cells<'a>>),
}

impl<'a> Cells<'a> {
    /// Downcasts a column that holds a SQL type.
    pub(super) fn of(column: &'a dyn Array) -> Self {
        match column.data_type() {
            DataType::Boolean => Cells::Boolean(column.as_boolean()),
            DataType::Int32 => Cells::Int(column.as_primitive()),
            DataType::Int64 => Cells::Bigint(column.as_primitive()),
            DataType::Float64 => Cells::Double(column.as_primitive()),
            DataType::Decimal128(_, _) => Cells::Decimal(column.as_primitive()),
            DataType::Decimal256(_, _) => Cells::WideDecimal(column.as_primitive()),
            DataType::Utf8 => Cells::Varchar(column.as_string()),
            DataType::Binary => Cells::Bytes(column.as_binary()),
            DataType::Date32 => Cells::Date(column.as_primitive()),
            DataType::Time32(_) => Cells::Time(column.as_primitive()),
            DataType::Timestamp(_, _) => Cells::Timestamp(column.as_primitive()),
            DataType::List(_) => {
                let list = column.as_list();
                Cells::Array(list, Box::new(Cells::of(list.values().as_ref())))
            }
            DataType::Map(_, _) => {
                let map = column.as_map();
                let (keys, values) = (map.keys().as_ref(), map.values().as_ref());
                Cells::Map(map, Box::new(Cells::of(keys)), Box::new(Cells::of(values)))
            }
            DataType::Struct(_) => {
                let fields = column.as_struct();
                let cells = fields.columns().iter().map(|field| Cells::of(field)).collect();
                Cells::Struct(fields, cells)
            }
            other => unreachable!("no SQL type is held as {other}"),
        }
    }

    /// Returns the column.
    pub(super) fn array(&self) -> &dyn Array {
        match self {
            Cells::Boolean(a) => *a,
            Cells::Int(a) => *a,
            Cells::Bigint(a) => *a,
            Cells::Double(a) => *a,
            Cells::Decimal(a) => *a,
            Cells::WideDecimal(a) => *a,
            Cells::Varchar(a) => *a,
            Cells::Bytes(a) => *a,
            Cells::Date(a) => *a,
            Cells::Time(a) => *a,
            Cells::Timestamp(a) => *a,
            Cells::Array(a, _) => *a,
            Cells::Map(a, _, _) => *a,
            Cells::Struct(a, _) => *a,
        }
    }
    /// Tells whether a cell is null; the row must exist.
    #[inline]
    pub(super) fn is_null(&self, row: usize) -> bool {
        self.array().is_null(row)
    }
}
