//! A side's format out of the properties of a WITH clause.

use std::sync::Arc;

use super::{Format, FormatError, FormatKind, NullableRepresentation, Side};

/// What a WITH clause says of one side's format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FormatProperties<'a> {
    /// `KEY_DELIMITER` or `VALUE_DELIMITER`.
    pub delimiter: Option<&'a str>,
    /// `WRAP_SINGLE_VALUE`; of a key there is none.
    pub wrap_single_value: Option<bool>,
    /// `KEY_SCHEMA_FULL_NAME`, `VALUE_SCHEMA_FULL_NAME`.
    pub full_name: Option<&'a str>,
    /// `KEY_PROTOBUF_NULLABLE_REPRESENTATION`, `VALUE_PROTOBUF_NULLABLE_REPRESENTATION`.
    pub nullable: Option<NullableRepresentation>,
    /// `ksql.persistence.wrap.single.values`: whether values of one column are wrapped where nothing else is said.
    pub wrap_single_values_default: Option<bool>,
}

impl Format {
    /// Makes the format of a side that has so many columns.
    pub fn try_new(
        kind: FormatKind,
        side: Side,
        column_count: usize,
        properties: &FormatProperties<'_>,
    ) -> Result<Self, FormatError> {
        let delimiter = match properties.delimiter {
            Some(text) => parse_delimiter(side, text)?,
            None => b',',
        };
        let unwrapped = match side {
            Side::Key => kind.can_unwrap() && column_count == 1,
            Side::Value => is_value_unwrapped(kind, column_count, properties)?,
        };
        check_properties(kind, side, properties)?;
        Ok(Format {
            delimiter,
            unwrapped,
            nullable: properties.nullable.unwrap_or_default(),
            full_name: properties.full_name.map(Arc::from),
            ..Format::plain(kind)
        })
    }

    /// Tells whether the whole of a side without columns is one column, as far as a WITH clause says.
    pub fn is_whole_unwrapped(
        kind: FormatKind,
        side: Side,
        wrap_single_value: Option<bool>,
    ) -> bool {
        match side {
            Side::Key => kind.can_unwrap(),
            Side::Value => kind.can_unwrap() && wrap_single_value == Some(false),
        }
    }
}

/// Checks that properties are given of formats that have them.
fn check_properties(
    kind: FormatKind,
    side: Side,
    properties: &FormatProperties<'_>,
) -> Result<(), FormatError> {
    let format = kind.name();
    let is_protobuf = matches!(kind, FormatKind::Protobuf | FormatKind::ProtobufNosr);
    if properties.nullable.is_some() && !is_protobuf {
        let property = match side {
            Side::Key => "KEY_PROTOBUF_NULLABLE_REPRESENTATION",
            Side::Value => "VALUE_PROTOBUF_NULLABLE_REPRESENTATION",
        };
        return Err(FormatError::OnlyProtobuf { property });
    }
    if properties.full_name.is_some() && !matches!(kind, FormatKind::Avro | FormatKind::Protobuf) {
        return Err(FormatError::Property { format, property: "fullSchemaName" });
    }
    if properties.delimiter.is_some() && kind != FormatKind::Delimited {
        return Err(FormatError::Property { format, property: "delimiter" });
    }
    Ok(())
}

/// Checks what a WITH clause says separates the fields of a side, whatever the side's columns are.
pub fn check_delimiter(side: Side, text: &str) -> Result<(), FormatError> {
    parse_delimiter(side, text).map(|_| ())
}

fn is_value_unwrapped(
    kind: FormatKind,
    column_count: usize,
    properties: &FormatProperties<'_>,
) -> Result<bool, FormatError> {
    let (can_wrap, can_unwrap) = (kind.can_wrap(), kind.can_unwrap());
    let Some(wrap) = properties.wrap_single_value else {
        let wrap = can_wrap && properties.wrap_single_values_default.unwrap_or(true);
        return Ok(column_count == 1 && can_unwrap && !wrap);
    };
    if column_count != 1 {
        return Err(FormatError::WrapManyColumns);
    }
    if (wrap && can_wrap) || (!wrap && can_unwrap) {
        return Ok(!wrap);
    }
    Err(FormatError::Wrap { format: kind.name(), wrap })
}

fn parse_delimiter(side: Side, text: &str) -> Result<u8, FormatError> {
    let property = match side {
        Side::Key => "KEY_DELIMITER",
        Side::Value => "VALUE_DELIMITER",
    };
    if text.trim().is_empty() {
        return Err(FormatError::WhiteDelimiter { property });
    }
    match text.to_ascii_uppercase().as_str() {
        "TAB" => return Ok(b'\t'),
        "SPACE" => return Ok(b' '),
        _ => {}
    }
    match text.as_bytes() {
        [delimiter] => Ok(*delimiter),
        _ => Err(FormatError::Delimiter { property, value: text.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_delimiter(text: &str, want: Result<u8, &str>) {
        let properties = FormatProperties { delimiter: Some(text), ..Default::default() };
        let format = Format::try_new(FormatKind::Delimited, Side::Value, 2, &properties);
        match (format, want) {
            (Ok(format), Ok(want)) => assert_eq!(format.delimiter, want),
            (Err(error), Err(want)) => assert_eq!(error.to_string(), want),
            (got, want) => panic!("{got:?}, not {want:?}"),
        }
    }

    #[test]
    fn a_delimiter_is_one_character_or_a_name() {
        check_delimiter("|", Ok(b'|'));
        check_delimiter("TAB", Ok(b'\t'));
        check_delimiter("space", Ok(b' '));
        check_delimiter(
            "<~>",
            Err("Configuration VALUE_DELIMITER is invalid: Invalid delimiter value: '<~>'. \
                 Delimiter must be a single character or TAB,SPACE\nExample valid value: ';'"),
        );
        check_delimiter(
            "\t",
            Err(
                "Configuration VALUE_DELIMITER is invalid: Delimiter cannot be empty, if you meant to have a tab or \
                 space for delimiter, please use the special values 'TAB' or 'SPACE'\nExample valid value: ';'",
            ),
        );
    }

    #[track_caller]
    fn check_wrap(
        kind: FormatKind,
        column_count: usize,
        wrap: Option<bool>,
        want: Result<bool, &str>,
    ) {
        let properties = FormatProperties { wrap_single_value: wrap, ..Default::default() };
        let got = Format::try_new(kind, Side::Value, column_count, &properties);
        assert_eq!(
            got.map(|f| f.unwrapped).map_err(|e| e.to_string()),
            want.map_err(str::to_owned)
        );
    }

    #[test]
    fn single_values_are_wrapped_as_asked() {
        use FormatKind::{Delimited, Json, Kafka};
        check_wrap(Json, 1, None, Ok(false));
        check_wrap(Json, 1, Some(false), Ok(true));
        check_wrap(Json, 1, Some(true), Ok(false));
        check_wrap(Kafka, 1, None, Ok(true));
        check_wrap(Delimited, 2, None, Ok(false));
        check_wrap(
            Kafka,
            1,
            Some(true),
            Err("Format 'KAFKA' does not support 'WRAP_SINGLE_VALUE' set to 'true'."),
        );
        check_wrap(
            Json,
            2,
            Some(true),
            Err("'WRAP_SINGLE_VALUE' is only valid for single-field value schemas"),
        );
    }
}
