//! SQL types and the Arrow types that hold them.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};

/// The largest precision a DECIMAL can have; up to [`NARROW_DECIMAL_PRECISION`] it takes 16 bytes, above that 32.
pub const DECIMAL_PRECISION_MAX: u8 = 76;
/// The largest precision that fits Arrow's 128-bit decimals.
pub const NARROW_DECIMAL_PRECISION: u8 = 38;

/// A type of ksqlDB's SQL.
///
/// | SQL | Arrow |
/// |---|---|
/// | BOOLEAN | Boolean |
/// | INT | Int32 |
/// | BIGINT | Int64 |
/// | DOUBLE | Float64 |
/// | DECIMAL(p, s) | Decimal128, above 38 digits Decimal256 |
/// | VARCHAR | Utf8 |
/// | BYTES | Binary |
/// | DATE | Date32 |
/// | TIME | Time32(ms) |
/// | TIMESTAMP | Timestamp(ms) |
/// | ARRAY | List |
/// | MAP | Map |
/// | STRUCT | Struct |
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the table above says it")]
pub enum SqlType {
    Boolean,
    Int,
    Bigint,
    Double,
    /// Digits in all, and digits after the point.
    Decimal {
        precision: u8,
        scale: u8,
    },
    Varchar,
    Bytes,
    /// Days since 1970-01-01.
    Date,
    /// Milliseconds since midnight.
    Time,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Timestamp,
    Array(Arc<SqlType>),
    Map(Arc<SqlType>, Arc<SqlType>),
    Struct(Arc<[StructField]>),
}

/// A field of a STRUCT.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StructField {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub sql_type: SqlType,
}

impl SqlType {
    /// Makes `ARRAY<element>`.
    pub fn array(element: SqlType) -> Self {
        SqlType::Array(Arc::new(element))
    }

    /// Makes `MAP<key, value>`.
    pub fn map(key: SqlType, value: SqlType) -> Self {
        SqlType::Map(Arc::new(key), Arc::new(value))
    }

    /// Makes `STRUCT<name type, …>`.
    pub fn structure(fields: impl IntoIterator<Item = (impl Into<Arc<str>>, SqlType)>) -> Self {
        let field = |(name, sql_type): (_, _)| StructField { name: Into::into(name), sql_type };
        SqlType::Struct(fields.into_iter().map(field).collect())
    }

    /// Returns the type of all headers of a record.
    pub fn headers() -> Self {
        SqlType::array(SqlType::structure([("KEY", SqlType::Varchar), ("VALUE", SqlType::Bytes)]))
    }

    /// Tells whether it is INT, BIGINT, DOUBLE or DECIMAL.
    pub fn is_numeric(&self) -> bool {
        matches!(self, SqlType::Int | SqlType::Bigint | SqlType::Double | SqlType::Decimal { .. })
    }

    /// Returns the Arrow type that holds it.
    pub fn arrow(&self) -> DataType {
        match self {
            SqlType::Boolean => DataType::Boolean,
            SqlType::Int => DataType::Int32,
            SqlType::Bigint => DataType::Int64,
            SqlType::Double => DataType::Float64,
            SqlType::Decimal { precision, scale } => {
                let scale = i8::try_from(*scale).unwrap_or(i8::MAX);
                if *precision <= NARROW_DECIMAL_PRECISION {
                    DataType::Decimal128(*precision, scale)
                } else {
                    DataType::Decimal256(*precision, scale)
                }
            }
            SqlType::Varchar => DataType::Utf8,
            SqlType::Bytes => DataType::Binary,
            SqlType::Date => DataType::Date32,
            SqlType::Time => DataType::Time32(TimeUnit::Millisecond),
            SqlType::Timestamp => DataType::Timestamp(TimeUnit::Millisecond, None),
            SqlType::Array(element) => DataType::List(element_field(element)),
            SqlType::Map(key, value) => DataType::Map(entries_field(key, value), false),
            SqlType::Struct(fields) => DataType::Struct(struct_fields(fields)),
        }
    }
}

/// Returns the field of an array's elements.
pub(crate) fn element_field(element: &SqlType) -> FieldRef {
    Arc::new(Field::new("item", element.arrow(), true))
}

/// Returns the field of a map's entries, a struct of `key` and `value`.
pub(crate) fn entries_field(key: &SqlType, value: &SqlType) -> FieldRef {
    Arc::new(Field::new("entries", DataType::Struct(entry_fields(key, value)), false))
}

/// Returns the two fields of a map's entries.
pub(crate) fn entry_fields(key: &SqlType, value: &SqlType) -> Fields {
    Fields::from(vec![
        Field::new("key", key.arrow(), false),
        Field::new("value", value.arrow(), true),
    ])
}

/// Returns the fields of a struct.
pub(crate) fn struct_fields(fields: &[StructField]) -> Fields {
    fields.iter().map(|f| Field::new(f.name.as_ref(), f.sql_type.arrow(), true)).collect()
}

/// Written as ksqlDB writes types: `DECIMAL(4, 2)`, `STRING`, ``STRUCT<`A` INTEGER>``.
impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SqlType::Boolean => f.write_str("BOOLEAN"),
            SqlType::Int => f.write_str("INTEGER"),
            SqlType::Bigint => f.write_str("BIGINT"),
            SqlType::Double => f.write_str("DOUBLE"),
            SqlType::Decimal { precision, scale } => write!(f, "DECIMAL({precision}, {scale})"),
            SqlType::Varchar => f.write_str("STRING"),
            SqlType::Bytes => f.write_str("BYTES"),
            SqlType::Date => f.write_str("DATE"),
            SqlType::Time => f.write_str("TIME"),
            SqlType::Timestamp => f.write_str("TIMESTAMP"),
            SqlType::Array(element) => write!(f, "ARRAY<{element}>"),
            SqlType::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            SqlType::Struct(fields) => {
                f.write_str("STRUCT<")?;
                for (i, field) in fields.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(f, "{comma}`{}` {}", field.name, field.sql_type)?;
                }
                f.write_str(">")
            }
        }
    }
}
