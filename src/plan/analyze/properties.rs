//! WITH: which properties there are, and their values by type.

use std::sync::Arc;

use tidemill_grammar::ast::{Ident, Literal, Position, Properties};

use crate::catalog::KeyWindow;
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::formats::{
    Format, FormatKind, FormatProperties, NullableRepresentation, Side, check_delimiter,
};
use crate::plan::TopicSpec;
use crate::types::datetime::DateTimePattern;

/// Properties of CREATE STREAM and CREATE TABLE, with or without AS SELECT.
const COMMON: &[&str] = &[
    "KAFKA_TOPIC",
    "PARTITIONS",
    "REPLICAS",
    "RETENTION_MS",
    "CLEANUP_POLICY",
    "FORMAT",
    "KEY_FORMAT",
    "VALUE_FORMAT",
    "KEY_DELIMITER",
    "VALUE_DELIMITER",
    "WRAP_SINGLE_VALUE",
    "TIMESTAMP",
    "TIMESTAMP_FORMAT",
    "KEY_SCHEMA_ID",
    "VALUE_SCHEMA_ID",
    "KEY_SCHEMA_FULL_NAME",
    "VALUE_SCHEMA_FULL_NAME",
    "VALUE_AVRO_SCHEMA_FULL_NAME",
    "KEY_PROTOBUF_NULLABLE_REPRESENTATION",
    "VALUE_PROTOBUF_NULLABLE_REPRESENTATION",
];

/// Properties that only a declared source has.
const DECLARED: &[&str] = &["WINDOW_TYPE", "WINDOW_SIZE", "SOURCED_BY_CONNECTOR"];

/// Properties of INSERT INTO.
const INSERT: &[&str] = &["QUERY_ID"];

/// Topics that a program of Tidemill's own keeps are not to be written by a statement.
const INTERNAL_TOPIC_PREFIX: &str = "_tidemill";
const INTERNAL_TOPIC: &str = crate::registry::SCHEMAS_TOPIC;

/// Which statement a WITH clause belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum With {
    /// CREATE STREAM or TABLE with columns.
    Declared,
    /// CREATE … AS SELECT.
    AsSelect,
    /// INSERT INTO … SELECT.
    Insert,
}

/// The properties of a WITH clause, each known to its statement and given once.
pub(super) struct PropertySet<'a> {
    properties: &'a [(Ident, Literal)],
}

impl<'a> PropertySet<'a> {
    /// Checks the names of properties, and that formats are given in one way.
    pub(super) fn new(properties: &'a Properties, with: With) -> Result<Self, Error> {
        let known = |name: &str| names(with).any(|known| known.eq_ignore_ascii_case(name));
        for (index, (name, _)) in properties.0.iter().enumerate() {
            let at = name.position;
            if !known(&name.name) {
                let nearest = crate::text::nearest(&name.name, names(with));
                let hint = nearest.map(|n| format!(". Did you mean {n}?")).unwrap_or_default();
                let message =
                    format!("Invalid config variable(s) in the WITH clause: {}{hint}", name.name);
                return Err(Error::statement(message).at(at.line, at.column));
            }
            let twice = |(other, _): &(Ident, Literal)| other.name.eq_ignore_ascii_case(&name.name);
            if properties.0[..index].iter().any(twice) {
                let message = format!("Property {} is given twice in the WITH clause.", name.name);
                return Err(Error::statement(message).at(at.line, at.column));
            }
        }
        let set = PropertySet { properties: &properties.0 };
        set.check_formats()?;
        set.check_timestamp_format()?;
        Ok(set)
    }

    fn check_timestamp_format(&self) -> Result<(), Error> {
        let Some(pattern) = self.text("TIMESTAMP_FORMAT") else { return Ok(()) };
        DateTimePattern::compile(&pattern).map(|_| ()).map_err(|reason| {
            Error::statement(format!(
                "Invalid datetime format for config:TIMESTAMP_FORMAT, reason:{reason}"
            ))
        })
    }

    fn check_formats(&self) -> Result<(), Error> {
        for name in ["KEY_FORMAT", "VALUE_FORMAT"] {
            if self.get("FORMAT").is_some() && self.get(name).is_some() {
                return Err(Error::statement(format!(
                    "Cannot supply both '{name}' and 'FORMAT' properties, as 'FORMAT' sets both \
                     key and value formats. Either use just 'FORMAT', or use 'KEY_FORMAT' and \
                     'VALUE_FORMAT'."
                )));
            }
        }
        let (avro, any) = ("VALUE_AVRO_SCHEMA_FULL_NAME", "VALUE_SCHEMA_FULL_NAME");
        if self.get(avro).is_some() && self.get(any).is_some() {
            return Err(Error::statement(format!(
                "Cannot supply both '{avro}' and '{any}' properties. Please only set '{any}'."
            )));
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Option<(&'a Literal, Position)> {
        let found = self.properties.iter().find(|(ident, _)| ident.name.eq_ignore_ascii_case(name));
        found.map(|(ident, literal)| (literal, ident.position))
    }

    /// Returns a property as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|(literal, _)| match literal {
            Literal::Null => "null".to_owned(),
            Literal::Boolean(value) => value.to_string(),
            Literal::Int(value) => value.to_string(),
            Literal::Bigint(value) => value.to_string(),
            Literal::Decimal(digits) => digits.clone(),
            Literal::Double(value) => value.to_string(),
            Literal::String(text) => text.clone(),
        })
    }

    fn number(&self, name: &str, least: i64, most: i64) -> Result<Option<i64>, Error> {
        let Some((_, at)) = self.get(name) else { return Ok(None) };
        let text = self.text(name).unwrap_or_default();
        match text.trim().parse::<i64>() {
            Ok(number) if least <= number && number <= most => Ok(Some(number)),
            Ok(_) | Err(_) => {
                let message = format!(
                    "Invalid value {text} for property {name}: it must be a whole number from \
                     {least} to {most}"
                );
                Err(Error::statement(message).at(at.line, at.column))
            }
        }
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, Error> {
        let Some((_, at)) = self.get(name) else { return Ok(None) };
        let text = self.text(name).unwrap_or_default();
        match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            _ => {
                let message = format!(
                    "Invalid value {text} for property {name}: Expected value to be either true or false"
                );
                Err(Error::statement(message).at(at.line, at.column))
            }
        }
    }
}

/// What the properties say of topics and formats.
impl PropertySet<'_> {
    /// Returns the topic, by the name that is given or else by `default`.
    pub(super) fn topic(&self, default: Option<&str>) -> Result<TopicSpec, Error> {
        let name = match self.text("KAFKA_TOPIC").or_else(|| default.map(str::to_owned)) {
            Some(name) => name,
            None => {
                return Err(Error::statement(
                    "Missing required property \"KAFKA_TOPIC\" which has no default value.",
                ));
            }
        };
        check_topic_name(&name)?;
        let mut properties = Vec::new();
        if let Some(retention) = self.number("RETENTION_MS", -1, i64::MAX)? {
            properties.push(("retention.ms".to_owned(), retention.to_string()));
        }
        if let Some(policy) = self.text("CLEANUP_POLICY") {
            properties.push(("cleanup.policy".to_owned(), cleanup_policy(&policy)?));
        }
        let small = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
        Ok(TopicSpec {
            name: name.into(),
            partitions: small(self.number("PARTITIONS", 1, 1_000_000)?),
            replicas: small(self.number("REPLICAS", -1, i64::from(i16::MAX))?),
            properties,
        })
    }

    /// Returns the key format that is given.
    pub(super) fn key_format(&self) -> Result<Option<FormatKind>, Error> {
        self.format("KEY_FORMAT")
    }

    /// Returns the value format that is given.
    pub(super) fn value_format(&self) -> Result<Option<FormatKind>, Error> {
        self.format("VALUE_FORMAT")
    }

    fn format(&self, name: &str) -> Result<Option<FormatKind>, Error> {
        let given = self.get("FORMAT").map(|_| "FORMAT").unwrap_or(name);
        let Some((_, at)) = self.get(given) else { return Ok(None) };
        let text = self.text(given).unwrap_or_default();
        let kind = format_kind(&text).map_err(|error| error.at(at.line, at.column))?;
        Ok(Some(kind))
    }

    /// Checks that a schema is asked for by its id only where one can be, and no columns are given.
    pub(super) fn check_schema_id(
        &self,
        side: Side,
        format: FormatKind,
        has_columns: bool,
    ) -> Result<(), Error> {
        let side = side_name(side);
        let id = format!("{side}_SCHEMA_ID");
        if self.get(&id).is_none() {
            return Ok(());
        }
        if has_columns {
            return Err(Error::statement(format!(
                "Table elements and {id} cannot both exist for create statement."
            )));
        }
        if format.schema_kind().is_some() {
            return Ok(());
        }
        Err(Error::statement(format!(
            "{side}_FORMAT should support schema inference when {id} is provided. Current format \
             is {}.",
            format.name()
        )))
    }

    /// Returns the id of the schema that is asked for.
    pub(super) fn schema_id(&self, side: Side) -> Result<Option<u32>, Error> {
        let id = self.number(&format!("{}_SCHEMA_ID", side_name(side)), 0, i64::from(i32::MAX))?;
        Ok(id.and_then(|id| u32::try_from(id).ok()))
    }

    /// Checks the delimiters that are given.
    pub(super) fn check_delimiters(&self) -> Result<(), Error> {
        [Side::Key, Side::Value]
            .iter()
            .filter_map(|side| Some((*side, self.delimiter(*side)?)))
            .try_for_each(|(side, text)| check_delimiter(side, &text))
            .map_err(|error| Error::statement(error.to_string()))
    }

    fn delimiter(&self, side: Side) -> Option<String> {
        self.text(&format!("{}_DELIMITER", side_name(side)))
    }

    /// Returns what the properties say of a side's format besides its name.
    pub(super) fn side(&self, side: Side, config: &Config) -> Result<SideProperties, Error> {
        let name = side_name(side);
        let full_name = self.text(&format!("{name}_SCHEMA_FULL_NAME")).or_else(|| match side {
            Side::Key => None,
            Side::Value => self.text("VALUE_AVRO_SCHEMA_FULL_NAME"),
        });
        Ok(SideProperties {
            delimiter: self.delimiter(side),
            full_name,
            nullable: self.nullable(&format!("{name}_PROTOBUF_NULLABLE_REPRESENTATION"))?,
            wrap_single_value: match side {
                Side::Key => None,
                Side::Value => self.wrap_single_value()?,
            },
            wrap_single_values_default: config.wrap_single_values(),
        })
    }

    /// Returns whether a value of one column is wrapped, if that is said.
    pub(super) fn wrap_single_value(&self) -> Result<Option<bool>, Error> {
        self.flag("WRAP_SINGLE_VALUE")
    }

    fn nullable(&self, name: &str) -> Result<Option<NullableRepresentation>, Error> {
        let Some((_, at)) = self.get(name) else { return Ok(None) };
        let text = self.text(name).unwrap_or_default();
        match NullableRepresentation::from_name(&text) {
            Some(found) => Ok(Some(found)),
            None => {
                let message = format!(
                    "Invalid value {text} for property {name}: String must be one of: OPTIONAL, WRAPPER"
                );
                Err(Error::statement(message).at(at.line, at.column))
            }
        }
    }

    /// Returns the windows of a declared source's keys.
    pub(super) fn key_window(&self) -> Result<Option<KeyWindow>, Error> {
        let size = self.text("WINDOW_SIZE");
        let size_ms = size.as_deref().map(window_size_ms).transpose()?;
        let Some(window_type) = self.text("WINDOW_TYPE") else {
            return match size {
                Some(_) => {
                    Err(wrong_window("'WINDOW_SIZE' should not be set without 'WINDOW_TYPE'."))
                }
                None => Ok(None),
            };
        };
        let upper = window_type.to_ascii_uppercase();
        let with_size = |make: fn(i64) -> KeyWindow| match size_ms {
            Some(size_ms) => Ok(Some(make(size_ms))),
            None => Err(wrong_window(format!(
                "{upper} windows require 'WINDOW_SIZE' to be provided in the WITH clause. For \
                 example: 'WINDOW_SIZE'='10 SECONDS'"
            ))),
        };
        match upper.as_str() {
            "SESSION" if size_ms.is_some() => {
                Err(wrong_window("'WINDOW_SIZE' should not be set for SESSION windows."))
            }
            "SESSION" => Ok(Some(KeyWindow::Session)),
            "TUMBLING" => with_size(|size_ms| KeyWindow::Tumbling { size_ms }),
            "HOPPING" => with_size(|size_ms| KeyWindow::Hopping { size_ms }),
            _ => Err(wrong_window(format!(
                "Configuration WINDOW_TYPE is invalid: Unknown window type: '{window_type}'. Valid \
                 values are: SESSION, HOPPING, TUMBLING"
            ))),
        }
    }

    /// Returns the id that an INSERT INTO asks for its query.
    pub(super) fn query_id(&self) -> Result<Option<Arc<str>>, Error> {
        let Some(id) = self.text("QUERY_ID") else { return Ok(None) };
        let is_valid = !id.is_empty()
            && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !id.to_ascii_uppercase().starts_with("INSERTQUERY_");
        if is_valid {
            return Ok(Some(id.to_uppercase().into()));
        }
        Err(Error::statement(format!(
            "Invalid query ID: '{id}'. Use letters, digits and underscores; it must not begin with \
             INSERTQUERY_."
        )))
    }
}

fn names(with: With) -> impl Iterator<Item = &'static str> {
    let (first, second): (&[&str], &[&str]) = match with {
        With::Declared => (COMMON, DECLARED),
        With::AsSelect => (COMMON, &[]),
        With::Insert => (INSERT, &[]),
    };
    first.iter().chain(second).copied()
}

/// What the properties say of a side's format besides its name.
pub(super) struct SideProperties {
    delimiter: Option<String>,
    full_name: Option<String>,
    nullable: Option<NullableRepresentation>,
    wrap_single_value: Option<bool>,
    wrap_single_values_default: Option<bool>,
}

impl SideProperties {
    /// Makes the format of a side that has so many columns.
    pub(super) fn format(
        &self,
        kind: FormatKind,
        side: Side,
        column_count: usize,
    ) -> Result<Format, Error> {
        let properties = FormatProperties {
            delimiter: self.delimiter.as_deref(),
            wrap_single_value: self.wrap_single_value,
            full_name: self.full_name.as_deref(),
            nullable: self.nullable,
            wrap_single_values_default: self.wrap_single_values_default,
        };
        Format::try_new(kind, side, column_count, &properties)
            .map_err(|error| Error::statement(error.to_string()))
    }

    /// Takes from the format of a source what is not given, if it is the same one.
    pub(super) fn inherit(&self, format: Format, from: &Format) -> Format {
        if format.kind != from.kind {
            return format;
        }
        Format {
            delimiter: if self.delimiter.is_some() { format.delimiter } else { from.delimiter },
            nullable: if self.nullable.is_some() { format.nullable } else { from.nullable },
            ..format
        }
    }

    /// Returns the name of the schema, or of the message in it.
    pub(super) fn full_name(&self) -> Option<&str> {
        self.full_name.as_deref()
    }
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Key => "KEY",
        Side::Value => "VALUE",
    }
}

/// Finds a format.
pub(super) fn format_kind(name: &str) -> Result<FormatKind, Error> {
    FormatKind::from_name(name).map_err(|error| Error::statement(error.to_string()))
}

/// Checks that Kafka takes a topic's name.
fn check_topic_name(name: &str) -> Result<(), Error> {
    const LENGTH_MAX: usize = 249;
    let is_valid = !name.is_empty()
        && name.len() <= LENGTH_MAX
        && name != "."
        && name != ".."
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if !is_valid {
        return Err(Error::statement(format!(
            "Invalid topic name: '{name}'. It has 1 to {LENGTH_MAX} ASCII letters, digits, '.', '_' and '-'."
        )));
    }
    if name.starts_with(INTERNAL_TOPIC_PREFIX) || name == INTERNAL_TOPIC {
        return Err(Error::statement(format!("Topic '{name}' is internal.")));
    }
    Ok(())
}

fn cleanup_policy(text: &str) -> Result<String, Error> {
    let policy = text.to_ascii_lowercase().replace(' ', "");
    match policy.as_str() {
        "delete" | "compact" | "compact,delete" | "delete,compact" => Ok(policy),
        _ => Err(Error::statement(format!(
            "Invalid value {text} for property CLEANUP_POLICY: it must be delete, compact or both"
        ))),
    }
}

/// What is wrong with a window in a text is wrong with the text, as in ksqlDB, which reads it with the statement.
fn wrong_window(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Syntax, message)
}

/// Reads a duration such as `10 SECONDS`.
fn window_size_ms(text: &str) -> Result<i64, Error> {
    let wrong = |reason: String| {
        wrong_window(format!(
            "Configuration WINDOW_SIZE is invalid: Invalid duration: '{text}'. {reason}\nExample \
             valid value: '10 SECONDS'"
        ))
    };
    let mut words = text.split_whitespace();
    let (Some(count), Some(unit), None) = (words.next(), words.next(), words.next()) else {
        return Err(wrong("Expected a number and a time unit".to_owned()));
    };
    let count: i64 = count.parse().map_err(|_| wrong(format!("Not numeric: '{count}'")))?;
    let unit_ms = match unit.to_ascii_uppercase().as_str() {
        "MILLISECOND" | "MILLISECONDS" => 1,
        "SECOND" | "SECONDS" => 1_000,
        "MINUTE" | "MINUTES" => 60_000,
        "HOUR" | "HOURS" => 3_600_000,
        "DAY" | "DAYS" => 86_400_000,
        unknown => return Err(wrong(format!("Unknown time unit: '{unknown}'"))),
    };
    match count.checked_mul(unit_ms) {
        Some(millis) if 0 < millis => Ok(millis),
        Some(_) | None => Err(wrong("It must be more than zero".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use tidemill_grammar::help::topic;

    use super::*;

    /// What people are told of WITH is what it takes.
    #[test]
    fn help_tells_all_properties() {
        for (with, name) in [
            (With::Declared, "create stream"),
            (With::Declared, "create table"),
            (With::AsSelect, "create stream as select"),
            (With::AsSelect, "create table as select"),
            (With::Insert, "insert into"),
        ] {
            let mut told: Vec<&str> =
                topic(name).unwrap().properties.iter().map(|property| property.name).collect();
            let mut known: Vec<&str> = names(with).collect();
            told.sort_unstable();
            known.sort_unstable();
            assert_eq!(told, known, "{name}");
        }
    }
}
