//! One SQL value, for everything that is not hot: literals, results by row, the states of rarely used aggregates.

use std::sync::Arc;

use datafusion::arrow::datatypes::i256;

/// One value of any SQL type.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as the SQL types are")]
pub enum Value {
    Null,
    Boolean(bool),
    Int(i32),
    Bigint(i64),
    Double(f64),
    Decimal(Decimal),
    Varchar(Arc<str>),
    Bytes(Arc<[u8]>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Milliseconds since midnight.
    Time(i32),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    Array(Vec<Value>),
    /// In the order in which entries were written.
    Map(Vec<(Value, Value)>),
    /// By the order of the type's fields.
    Struct(Vec<Value>),
}

/// A decimal number: `unscaled / 10^scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// All its digits.
    pub unscaled: i256,
    /// How many of them stand after the point.
    pub scale: u8,
}

impl Value {
    /// Tells whether it is NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Varchar(text.into())
    }
}
