//! What each format can hold.

use std::sync::Arc;

use super::{Format, FormatError, FormatKind, avro, protobuf};
use crate::types::{Column, Schema, SqlType};

/// A side of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as the sides are")]
pub enum Side {
    Key,
    Value,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Side::Key => "Key",
            Side::Value => "Value",
        }
    }
}

/// Checks that a format holds the columns of a side; the error tells format and schema as ksqlDB does.
pub fn check_support(side: Side, format: &Format, columns: &[Column]) -> Result<(), FormatError> {
    if side == Side::Key {
        columns.iter().try_for_each(check_key)?;
    }
    let plain: Vec<_> = columns.iter().map(|c| (Arc::clone(&c.name), c.sql_type.clone())).collect();
    check_columns(format, &plain).map_err(|reason| {
        let schema = Schema::new(columns.iter().cloned()).to_string();
        let is_unwrapped = format.unwrapped && format.kind.wraps_or_not();
        FormatError::Schema {
            side: side.name(),
            format: format.kind.name(),
            reason: Box::new(reason.with_columns(&schema)),
            columns: schema,
            features: if is_unwrapped { "UNWRAP_SINGLES" } else { "" },
        }
    })
}

fn check_key(column: &Column) -> Result<(), FormatError> {
    if !has_map(&column.sql_type) {
        return Ok(());
    }
    let (column, sql_type) = (column.name.to_string(), column.sql_type.to_string());
    Err(FormatError::MapInKey { column, sql_type })
}

impl FormatError {
    /// Says which columns are too many with their roles.
    fn with_columns(self, schema: &str) -> Self {
        let columns = schema.to_owned();
        if let FormatError::SingleColumn { format, .. } = self {
            return FormatError::SingleColumn { format, columns };
        }
        if let FormatError::NoColumns { format, .. } = self {
            return FormatError::NoColumns { format, columns };
        }
        self
    }
}

/// Checks that a format holds columns.
pub(super) fn check_columns(
    format: &Format,
    columns: &[(Arc<str>, SqlType)],
) -> Result<(), FormatError> {
    let (kind, is_unwrapped) = (format.kind, format.unwrapped && columns.len() == 1);
    let format = kind.name();
    let list = || {
        let columns =
            columns.iter().map(|(name, sql_type)| Column::value(&**name, sql_type.clone()));
        Schema::new(columns).to_string()
    };
    match kind {
        FormatKind::Avro => avro::check_columns(columns, is_unwrapped),
        FormatKind::Protobuf | FormatKind::ProtobufNosr => protobuf::check_columns(columns, format),
        FormatKind::Json | FormatKind::JsonSr => {
            columns.iter().try_for_each(|(_, sql_type)| check_map_keys(sql_type))
        }
        FormatKind::Delimited => match columns.iter().find(|(_, sql_type)| is_nested(sql_type)) {
            Some((name, sql_type)) => Err(FormatError::ColumnType {
                format,
                sql_type: base_name(sql_type),
                column: name.to_string(),
            }),
            None => Ok(()),
        },
        FormatKind::Kafka => match columns {
            [] => Ok(()),
            [(_, sql_type)] if is_kafka_primitive(sql_type) => Ok(()),
            [(_, sql_type)] => Err(FormatError::Type { format, sql_type: base_name(sql_type) }),
            _ => Err(FormatError::SingleColumn { format, columns: list() }),
        },
        FormatKind::None if columns.is_empty() => Ok(()),
        FormatKind::None => Err(FormatError::NoColumns { format, columns: list() }),
    }
}

fn check_map_keys(sql_type: &SqlType) -> Result<(), FormatError> {
    match sql_type {
        SqlType::Array(element) => check_map_keys(element),
        SqlType::Map(key, _) if **key != SqlType::Varchar => Err(FormatError::MapKey),
        SqlType::Map(_, value) => check_map_keys(value),
        SqlType::Struct(fields) => fields.iter().try_for_each(|f| check_map_keys(&f.sql_type)),
        _scalar => Ok(()),
    }
}

fn has_map(sql_type: &SqlType) -> bool {
    match sql_type {
        SqlType::Map(_, _) => true,
        SqlType::Array(element) => has_map(element),
        SqlType::Struct(fields) => fields.iter().any(|field| has_map(&field.sql_type)),
        _scalar => false,
    }
}

fn is_nested(sql_type: &SqlType) -> bool {
    matches!(sql_type, SqlType::Array(_) | SqlType::Map(_, _) | SqlType::Struct(_))
}

fn is_kafka_primitive(sql_type: &SqlType) -> bool {
    use SqlType::{Bigint, Bytes, Double, Int, Varchar};
    matches!(sql_type, Int | Bigint | Double | Varchar | Bytes)
}

/// Returns a type's name without its parameters.
pub(super) fn base_name(sql_type: &SqlType) -> &'static str {
    match sql_type {
        SqlType::Boolean => "BOOLEAN",
        SqlType::Int => "INTEGER",
        SqlType::Bigint => "BIGINT",
        SqlType::Double => "DOUBLE",
        SqlType::Decimal { .. } => "DECIMAL",
        SqlType::Varchar => "STRING",
        SqlType::Bytes => "BYTES",
        SqlType::Date => "DATE",
        SqlType::Time => "TIME",
        SqlType::Timestamp => "TIMESTAMP",
        SqlType::Array(_) => "ARRAY",
        SqlType::Map(_, _) => "MAP",
        SqlType::Struct(_) => "STRUCT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: FormatKind, columns: &[Column], want: &str) {
        let format = Format::plain(kind);
        let side = match columns.first() {
            Some(column) if column.role == crate::types::ColumnRole::Key => Side::Key,
            _ => Side::Value,
        };
        let got =
            check_support(side, &format, columns).map_or_else(|e| e.to_string(), |()| "ok".into());
        assert_eq!(got, want);
    }

    #[test]
    fn formats_hold_what_they_can() {
        check(FormatKind::Kafka, &[], "ok");
        check(FormatKind::Kafka, &[Column::key("K", SqlType::Bigint)], "ok");
        check(FormatKind::None, &[], "ok");
        check(FormatKind::Json, &[Column::key("K", SqlType::array(SqlType::Double))], "ok");
        check(FormatKind::Delimited, &[Column::value("V", SqlType::Date)], "ok");
    }

    #[test]
    fn errors_name_format_schema_and_reason() {
        check(
            FormatKind::Kafka,
            &[Column::key("ID", SqlType::array(SqlType::Int))],
            "Key format does not support schema.\nformat: KAFKA\n\
             schema: Persistence{columns=[`ID` ARRAY<INTEGER> KEY], features=[]}\n\
             reason: The 'KAFKA' format does not support type 'ARRAY'",
        );
        check(
            FormatKind::Kafka,
            &[Column::key("ID", SqlType::Int), Column::key("AGE", SqlType::Int)],
            "Key format does not support schema.\nformat: KAFKA\n\
             schema: Persistence{columns=[`ID` INTEGER KEY, `AGE` INTEGER KEY], features=[]}\n\
             reason: The 'KAFKA' format only supports a single field. Got: [`ID` INTEGER KEY, `AGE` INTEGER KEY]",
        );
        check(
            FormatKind::Delimited,
            &[Column::key("K", SqlType::structure([("F", SqlType::Double)]))],
            "Key format does not support schema.\nformat: DELIMITED\n\
             schema: Persistence{columns=[`K` STRUCT<`F` DOUBLE> KEY], features=[]}\n\
             reason: The 'DELIMITED' format does not support type 'STRUCT', column: `K`",
        );
        check(
            FormatKind::None,
            &[Column::value("FOO", SqlType::Int)],
            "Value format does not support schema.\nformat: NONE\n\
             schema: Persistence{columns=[`FOO` INTEGER], features=[]}\n\
             reason: The 'NONE' format can only be used when no columns are defined. Got: [`FOO` INTEGER]",
        );
        check(
            FormatKind::Json,
            &[Column::value("FOO", SqlType::map(SqlType::Int, SqlType::Double))],
            "Value format does not support schema.\nformat: JSON\n\
             schema: Persistence{columns=[`FOO` MAP<INTEGER, DOUBLE>], features=[]}\n\
             reason: JSON only supports MAP types with STRING keys",
        );
    }

    #[test]
    fn keys_hold_no_maps() {
        check(
            FormatKind::Json,
            &[Column::key("K", SqlType::array(SqlType::map(SqlType::Int, SqlType::Double)))],
            "Map keys, including types that contain maps, are not supported as they may lead to unexpected behavior \
             due to inconsistent serialization. Key column name: `K`. Column type: ARRAY<MAP<INTEGER, DOUBLE>>. \
             See https://github.com/confluentinc/ksql/issues/6621 for more.",
        );
    }
}
