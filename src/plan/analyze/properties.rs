//! WITH: which properties there are, and their values by type.

use std::sync::Arc;

use tidemill_grammar::ast::{Ident, Literal, Position, Properties};

use crate::catalog::KeyWindow;
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::formats::{FormatKind, FormatProperties, Side, check_delimiter};
use crate::plan::TopicSpec;

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
        Ok(set)
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

    /// Checks what only formats with a schema registry take.
    pub(super) fn check_schemas(
        &self,
        key: FormatKind,
        value: FormatKind,
        has_columns: bool,
    ) -> Result<(), Error> {
        for (side, format) in [("KEY", key), ("VALUE", value)] {
            let (id, full_name) = (format!("{side}_SCHEMA_ID"), format!("{side}_SCHEMA_FULL_NAME"));
            let message = if self.get(&id).is_some() {
                if has_columns {
                    format!("Table elements and {id} cannot both exist for create statement.")
                } else {
                    format!(
                        "{side}_FORMAT should support schema inference when {id} is provided. \
                         Current format is {}.",
                        format.name()
                    )
                }
            } else if self.get(&full_name).is_some()
                || (side == "VALUE" && self.get("VALUE_AVRO_SCHEMA_FULL_NAME").is_some())
            {
                let format = format.name();
                format!("{format} does not support the following configs: [fullSchemaName]")
            } else {
                continue;
            };
            return Err(Error::statement(message));
        }
        Ok(())
    }

    /// Checks the delimiters that are given.
    pub(super) fn check_delimiters(&self) -> Result<(), Error> {
        let given = [(Side::Key, self.key_delimiter()), (Side::Value, self.value_delimiter())];
        given
            .iter()
            .filter_map(|(side, text)| Some((*side, text.as_deref()?)))
            .try_for_each(|(side, text)| check_delimiter(side, text))
            .map_err(|error| Error::statement(error.to_string()))
    }

    /// Returns the delimiter of the key's format, if one is given.
    pub(super) fn key_delimiter(&self) -> Option<String> {
        self.text("KEY_DELIMITER")
    }

    /// Returns the delimiter of the value's format, if one is given.
    pub(super) fn value_delimiter(&self) -> Option<String> {
        self.text("VALUE_DELIMITER")
    }

    /// Returns what the properties say of the value's format besides its name.
    pub(super) fn value_properties<'a>(
        &self,
        delimiter: Option<&'a str>,
        config: &Config,
    ) -> Result<FormatProperties<'a>, Error> {
        Ok(FormatProperties {
            delimiter,
            wrap_single_value: self.flag("WRAP_SINGLE_VALUE")?,
            wrap_single_values_default: config.wrap_single_values(),
        })
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

/// Finds a format; those that need a schema registry are known by name only.
pub(super) fn format_kind(name: &str) -> Result<FormatKind, Error> {
    const NEED_SCHEMAS: &[&str] = &["AVRO", "PROTOBUF", "PROTOBUF_NOSR", "JSON_SR"];
    if let Some(known) = NEED_SCHEMAS.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        return Err(Error::statement(format!("The '{known}' format is not supported yet.")));
    }
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
    if name.starts_with(INTERNAL_TOPIC_PREFIX) {
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
