//! What columns a JSON Schema stands for, as Connect and ksqlDB see it.
//!
//! | JSON Schema | SQL |
//! |---|---|
//! | boolean | BOOLEAN |
//! | integer | BIGINT; with `connect.type` int8, int16, int32 INT |
//! | number | DOUBLE |
//! | string, enum | VARCHAR; with `connect.type` bytes BYTES |
//! | `title` Decimal, Date, Time, Timestamp of Connect | DECIMAL, DATE, TIME, TIMESTAMP |
//! | array | ARRAY; with `connect.type` map MAP |
//! | object | STRUCT; with `connect.type` map, or only `additionalProperties`, MAP |
//! | one type or null | that type |

use std::sync::Arc;

use serde_json::Value;

use crate::formats::inference::{FieldNames, TypeBudget};
use crate::registry::json::follow;
use crate::types::SqlType;

/// A schema can hold itself; a type cannot.
const DEPTH_MAX: usize = 32;

/// Returns the type of the whole schema.
pub(in crate::formats) fn root_type(root: &Value, names: FieldNames) -> Result<SqlType, String> {
    Types { root, names, budget: TypeBudget::new() }.of(root, 0)
}

struct Types<'a> {
    root: &'a Value,
    names: FieldNames,
    budget: TypeBudget,
}

impl Types<'_> {
    fn of(&self, schema: &Value, depth: usize) -> Result<SqlType, String> {
        self.budget.take()?;
        if DEPTH_MAX <= depth {
            return Err("JSON schemas that hold themselves have no SQL type".to_owned());
        }
        let schema = follow(self.root, schema).ok_or("a $ref points to nothing")?;
        for choice in ["oneOf", "anyOf", "allOf"] {
            if let Some(Value::Array(choices)) = schema.get(choice) {
                return self.one_of(choices, depth);
            }
        }
        let connect = text(schema, "connect.type");
        if let Some(logical) = logical(schema) {
            return Ok(logical);
        }
        match (type_name(schema), connect) {
            (Some("boolean"), _) => Ok(SqlType::Boolean),
            (Some("integer"), Some("int8" | "int16" | "int32")) => Ok(SqlType::Int),
            (Some("integer"), _) => Ok(SqlType::Bigint),
            (Some("number"), _) => Ok(SqlType::Double),
            (Some("string"), Some("bytes")) => Ok(SqlType::Bytes),
            (Some("string"), _) => Ok(SqlType::Varchar),
            (Some("array"), _) => self.array(schema, connect, depth),
            (Some("object"), _) => self.object(schema, connect, depth),
            (None, _) if schema.get("enum").is_some() => Ok(SqlType::Varchar),
            (None, _) if schema.get("properties").is_some() => self.object(schema, connect, depth),
            (other, _) => {
                Err(format!("the JSON type {} has no SQL type", other.unwrap_or("of any value")))
            }
        }
    }

    /// One type or null is that type; of several, each is a field of its own.
    fn one_of(&self, choices: &[Value], depth: usize) -> Result<SqlType, String> {
        let is_null = |choice: &&Value| type_name(choice) == Some("null");
        let choices: Vec<&Value> = choices.iter().filter(|choice| !is_null(choice)).collect();
        match choices.as_slice() {
            [] => Err("the JSON type null has no SQL type".to_owned()),
            [one] => self.of(one, depth + 1),
            several => {
                let field = |(place, choice): (usize, &&Value)| {
                    let name = format!("connect_union_field_{place}");
                    Ok((self.names.name(&name), self.of(choice, depth + 1)?))
                };
                let fields: Vec<(Arc<str>, SqlType)> =
                    several.iter().enumerate().map(field).collect::<Result<_, String>>()?;
                Ok(SqlType::structure(fields))
            }
        }
    }

    fn array(
        &self,
        schema: &Value,
        connect: Option<&str>,
        depth: usize,
    ) -> Result<SqlType, String> {
        let items = schema.get("items").ok_or("an array has no items")?;
        if connect != Some("map") {
            return Ok(SqlType::array(self.of(items, depth + 1)?));
        }
        let part = |name: &str| {
            let part = items.get("properties").and_then(|properties| properties.get(name));
            self.of(part.ok_or("the entries of a map have a key and a value")?, depth + 1)
        };
        Ok(SqlType::map(part("key")?, part("value")?))
    }

    fn object(
        &self,
        schema: &Value,
        connect: Option<&str>,
        depth: usize,
    ) -> Result<SqlType, String> {
        let values = schema.get("additionalProperties").filter(|values| values.is_object());
        let properties = match schema.get("properties") {
            Some(Value::Object(properties)) => Some(properties),
            _none => None,
        };
        match (properties, values) {
            (_, Some(values)) if connect == Some("map") || properties.is_none() => {
                Ok(SqlType::map(SqlType::Varchar, self.of(values, depth + 1)?))
            }
            (None, _) if connect == Some("map") => {
                Err("a map does not say what its values are".to_owned())
            }
            (properties, _) => {
                let mut fields = Vec::new();
                for (name, property) in properties.into_iter().flatten() {
                    let index = property.get("connect.index").and_then(Value::as_u64);
                    let field = (self.names.name(name), self.of(property, depth + 1)?);
                    fields.push((index.unwrap_or(fields.len() as u64), field));
                }
                fields.sort_by_key(|(index, _)| *index);
                Ok(SqlType::structure(fields.into_iter().map(|(_, field)| field)))
            }
        }
    }
}

fn text<'a>(schema: &'a Value, name: &str) -> Option<&'a str> {
    schema.get(name).and_then(Value::as_str)
}

/// Returns the type; of a list with null, the other one.
fn type_name(schema: &Value) -> Option<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => Some(name),
        Some(Value::Array(names)) => {
            let mut names = names.iter().filter_map(Value::as_str);
            names.find(|name| *name != "null")
        }
        _none => None,
    }
}

fn logical(schema: &Value) -> Option<SqlType> {
    let name = text(schema, "title")?.strip_prefix("org.apache.kafka.connect.data.")?;
    let parameter = |name: &str| {
        let value = schema.get("connect.parameters")?.get(name)?;
        value.as_str()?.parse::<u8>().ok()
    };
    match name {
        "Decimal" => {
            let scale = parameter("scale")?;
            let precision = parameter("connect.decimal.precision").unwrap_or(64);
            let is_valid = 0 < precision && precision <= 76 && scale <= precision;
            is_valid.then_some(SqlType::Decimal { precision, scale })
        }
        "Date" => Some(SqlType::Date),
        "Time" => Some(SqlType::Time),
        "Timestamp" => Some(SqlType::Timestamp),
        _other => None,
    }
}
