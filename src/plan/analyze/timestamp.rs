//! TIMESTAMP and TIMESTAMP_FORMAT: the column that gives the event time.

use std::sync::Arc;

use crate::catalog::TimestampColumn;
use crate::error::Error;
use crate::plan::analyze::properties::PropertySet;
use crate::types::{Schema, SqlType};

/// Returns the column that gives the event time, if the properties name one.
pub(super) fn timestamp_column(
    properties: &PropertySet<'_>,
    schema: &Schema,
) -> Result<Option<TimestampColumn>, Error> {
    let Some(written) = properties.text("TIMESTAMP") else { return Ok(None) };
    let format = properties.text("TIMESTAMP_FORMAT");
    let unquoted = written.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    let name = unquoted.map_or_else(|| written.to_uppercase(), |name| name.replace("``", "`"));
    // As an identifier the text means upper case; a column of the very letters is meant where there is no other.
    let found = schema.find(&name).or_else(|| schema.find(&written));
    let Some((_, column)) = found else {
        return Err(Error::statement(format!(
            "The TIMESTAMP column set in the WITH clause does not exist in the schema: '{name}'"
        )));
    };
    check_type(&column.name, &column.sql_type, format.is_some())?;
    Ok(Some(TimestampColumn { column: Arc::clone(&column.name), format: format.map(Into::into) }))
}

fn check_type(name: &str, sql_type: &SqlType, has_format: bool) -> Result<(), Error> {
    let message = match (sql_type, has_format) {
        (SqlType::Varchar, true) | (SqlType::Bigint | SqlType::Timestamp, false) => return Ok(()),
        (SqlType::Varchar, false) => {
            "A String timestamp field has been specified without also specifying the \
             timestamp_format"
                .to_owned()
        }
        (_, true) => {
            "'timestamp_format' set in the WITH clause can only be used when the timestamp \
                      column is of type STRING."
                .to_owned()
        }
        (_, false) => format!(
            "Timestamp column, `{name}`, should be LONG(INT64), TIMESTAMP, or a String with a \
             timestamp_format specified."
        ),
    };
    Err(Error::statement(message))
}
