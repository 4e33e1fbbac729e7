//! Types as written.

use tidemill_grammar::ast::{DataType, Ident};

use crate::expr::{ResolveErrorKind, Scope};
use crate::types::{DECIMAL_PRECISION_MAX, SqlType};

/// Resolves a type as written.
pub fn resolve_type(data_type: &DataType, scope: &dyn Scope) -> Result<SqlType, ResolveErrorKind> {
    Ok(match data_type {
        DataType::Boolean => SqlType::Boolean,
        DataType::Int => SqlType::Int,
        DataType::Bigint => SqlType::Bigint,
        DataType::Double => SqlType::Double,
        DataType::Decimal { precision, scale } => decimal(*precision, *scale)?,
        DataType::Varchar => SqlType::Varchar,
        DataType::Bytes => SqlType::Bytes,
        DataType::Date => SqlType::Date,
        DataType::Time => SqlType::Time,
        DataType::Timestamp => SqlType::Timestamp,
        DataType::Array(element) => SqlType::array(resolve_type(element, scope)?),
        DataType::Map(key, value) => {
            SqlType::map(resolve_type(key, scope)?, resolve_type(value, scope)?)
        }
        DataType::Struct(fields) => structure(fields, scope)?,
        DataType::Custom(name) => {
            scope.custom_type(&name.name).ok_or_else(|| unknown(&name.name))?
        }
    })
}

/// The types that have a name of their own, as one would write them.
const NAMES: [&str; 15] = [
    "BOOLEAN",
    "INT",
    "INTEGER",
    "BIGINT",
    "DOUBLE",
    "DECIMAL",
    "VARCHAR",
    "STRING",
    "BYTES",
    "DATE",
    "TIME",
    "TIMESTAMP",
    "ARRAY",
    "MAP",
    "STRUCT",
];

fn unknown(name: &str) -> ResolveErrorKind {
    let nearest = match name {
        "FLOAT" | "REAL" => Some("DOUBLE"),
        "LONG" => Some("BIGINT"),
        "TEXT" | "CHAR" => Some("VARCHAR"),
        "NUMERIC" => Some("DECIMAL"),
        // The names are short: without the same beginning what is near is so by chance.
        name => crate::text::nearest(name, NAMES.into_iter())
            .filter(|near| name.starts_with(&near[..1])),
    };
    ResolveErrorKind::UnknownType {
        name: name.to_owned(),
        nearest: nearest.into_iter().map(str::to_owned).collect(),
    }
}

fn decimal(precision: u32, scale: u32) -> Result<SqlType, ResolveErrorKind> {
    let refuse = |what: &str| {
        Err(ResolveErrorKind::Mistyped(format!("DECIMAL {what}: DECIMAL({precision},{scale})")))
    };
    if precision == 0 {
        return refuse("precision must be >= 1");
    }
    if precision < scale {
        return refuse("precision must be >= scale");
    }
    match (u8::try_from(precision), u8::try_from(scale)) {
        (Ok(precision), Ok(scale)) if precision <= DECIMAL_PRECISION_MAX => {
            Ok(SqlType::Decimal { precision, scale })
        }
        _ => refuse(&format!("precision must be <= {DECIMAL_PRECISION_MAX}")),
    }
}

fn structure(fields: &[(Ident, DataType)], scope: &dyn Scope) -> Result<SqlType, ResolveErrorKind> {
    let mut resolved: Vec<(&str, SqlType)> = Vec::with_capacity(fields.len());
    for (name, data_type) in fields {
        if resolved.iter().any(|(other, _)| *other == name.name) {
            return Err(duplicate_field(&name.name));
        }
        resolved.push((&name.name, resolve_type(data_type, scope)?));
    }
    Ok(SqlType::structure(resolved))
}

/// Says that a field name stands twice in a STRUCT.
pub(super) fn duplicate_field(name: &str) -> ResolveErrorKind {
    ResolveErrorKind::Mistyped(format!("Duplicate field names found in STRUCT: {name}"))
}
