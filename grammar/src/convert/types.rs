//! Types: every name becomes the type it names, or the name of one that CREATE TYPE gave.

use sqlparser::ast as sql;

use crate::ast::{DataType, Ident, Position};
use crate::convert::ident;
use crate::error::ParseError;

/// Converts a type.
pub(crate) fn data_type(data_type: sql::DataType) -> Result<DataType, ParseError> {
    match data_type {
        sql::DataType::Array(sql::ArrayElemTypeDef::AngleBracket(element)) => {
            Ok(DataType::Array(Box::new(self::data_type(*element)?)))
        }
        sql::DataType::Map(key, value) => {
            let key = Box::new(self::data_type(*key)?);
            Ok(DataType::Map(key, Box::new(self::data_type(*value)?)))
        }
        sql::DataType::Struct(fields, _) => {
            let fields = fields.into_iter().map(|field| {
                let name = field.field_name.ok_or_else(foreign)?;
                Ok((ident(name), self::data_type(field.field_type)?))
            });
            Ok(DataType::Struct(fields.collect::<Result<_, _>>()?))
        }
        sql::DataType::Decimal(sql::ExactNumberInfo::PrecisionAndScale(precision, scale)) => {
            let precision = u32::try_from(precision).map_err(|_| foreign())?;
            Ok(DataType::Decimal { precision, scale: u32::try_from(scale).map_err(|_| foreign())? })
        }
        sql::DataType::Custom(name, _) => {
            name_of(name).map(|name| named(ident(name))).ok_or_else(foreign)
        }
        _ => Err(foreign()),
    }
}

/// Returns the identifier that a name of one part is.
pub(super) fn name_of(name: sql::ObjectName) -> Option<sql::Ident> {
    match name.0.into_iter().next() {
        Some(sql::ObjectNamePart::Identifier(name)) => Some(name),
        _ => None,
    }
}

/// Returns the type of that name.
pub(super) fn named(name: Ident) -> DataType {
    match name.name.as_str() {
        "BOOLEAN" => DataType::Boolean,
        "INT" | "INTEGER" => DataType::Int,
        "BIGINT" => DataType::Bigint,
        "DOUBLE" => DataType::Double,
        "VARCHAR" | "STRING" => DataType::Varchar,
        "BYTES" => DataType::Bytes,
        "DATE" => DataType::Date,
        "TIME" => DataType::Time,
        "TIMESTAMP" => DataType::Timestamp,
        _ => DataType::Custom(name),
    }
}

/// The parser makes only the types above; anything else is refused, not a panic.
fn foreign() -> ParseError {
    ParseError::invalid(Position::default(), "this type is not one of ksqlDB's")
}
