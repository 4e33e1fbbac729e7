//! Why a format cannot be used as a statement asks.

/// Why a format cannot be used as a statement asks; the texts are ksqlDB's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// No format has that name.
    #[error("Unknown format: {name}. Known formats are: {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The format does not hold values of a type.
    #[error("The '{format}' format does not support type '{sql_type}'")]
    Type {
        /// The format's name.
        format: &'static str,
        /// The type's name, without its parameters.
        sql_type: &'static str,
    },
    /// The format does not hold values of a type, and can have more than one column.
    #[error("The '{format}' format does not support type '{sql_type}', column: `{column}`")]
    ColumnType {
        /// The format's name.
        format: &'static str,
        /// The type's name, without its parameters.
        sql_type: &'static str,
        /// The column.
        column: String,
    },
    /// The format holds one column.
    #[error("The '{format}' format only supports a single field. Got: [{columns}]")]
    SingleColumn {
        /// The format's name.
        format: &'static str,
        /// The columns.
        columns: String,
    },
    /// The format holds no columns.
    #[error("The '{format}' format can only be used when no columns are defined. Got: [{columns}]")]
    NoColumns {
        /// The format's name.
        format: &'static str,
        /// The columns.
        columns: String,
    },
    /// A map in JSON has text as keys.
    #[error("JSON only supports MAP types with STRING keys")]
    MapKey,
    /// A map in Avro has text as keys.
    #[error("Avro only supports MAPs with STRING keys")]
    AvroMapKey,
    /// A map in Protobuf has text as keys.
    #[error("{format} format only supports MAP types with STRING keys")]
    ProtobufMapKey {
        /// The format's name.
        format: &'static str,
    },
    /// Avro takes no such name.
    #[error("Schema is not compatible with Avro: {reason}")]
    AvroName {
        /// What is wrong with it.
        reason: String,
    },
    /// Protobuf takes no such name.
    #[error("Schema is not compatible with Protobuf: {reason}")]
    ProtobufName {
        /// What is wrong with it.
        reason: String,
    },
    /// A list stands in a list.
    #[error("The '{format}' format does not support type '{inner}' inside type '{outer}'")]
    NestedList {
        /// The format's name.
        format: &'static str,
        /// The list inside.
        inner: &'static str,
        /// The list around it.
        outer: &'static str,
    },
    /// A format needs a schema, and has none.
    #[error("The '{format}' format has no schema in the Schema Registry here")]
    NoSchema {
        /// The format's name.
        format: &'static str,
    },
    /// Columns cannot be written with a schema.
    #[error("Schema {id} cannot be written: {reason}")]
    Unwritable {
        /// The schema's id.
        id: u32,
        /// Why.
        reason: String,
    },
    /// A schema stands for no columns.
    #[error("Unable to verify if the schema {id} is usable with ksqlDB: {reason}")]
    NotInferred {
        /// The schema's id.
        id: u32,
        /// Why.
        reason: String,
    },
    /// A value is no record.
    #[error(
        "Schema returned from schema registry is anonymous type. To use this schema with ksqlDB, set \
         'WRAP_SINGLE_VALUE=false' in the WITH clause properties."
    )]
    Anonymous,
    /// A property is given that the format has not.
    #[error("{format} does not support the following configs: [{property}]")]
    Property {
        /// The format's name.
        format: &'static str,
        /// The property, by the name it has in the format.
        property: &'static str,
    },
    /// A property of PROTOBUF is given with another format.
    #[error("Property {property} can only be enabled with protobuf format")]
    OnlyProtobuf {
        /// The property.
        property: &'static str,
    },
    /// A key holds a map.
    #[error(
        "Map keys, including types that contain maps, are not supported as they may lead to unexpected behavior \
         due to inconsistent serialization. Key column name: `{column}`. Column type: {sql_type}. \
         See https://github.com/confluentinc/ksql/issues/6621 for more."
    )]
    MapInKey {
        /// The key column.
        column: String,
        /// Its type.
        sql_type: String,
    },
    /// The columns of a side do not fit its format.
    #[error(
        "{side} format does not support schema.\nformat: {format}\n\
         schema: Persistence{{columns=[{columns}], features=[{features}]}}\nreason: {reason}"
    )]
    Schema {
        /// `Key` or `Value`.
        side: &'static str,
        /// The format's name.
        format: &'static str,
        /// The columns.
        columns: String,
        /// `UNWRAP_SINGLES`, or nothing.
        features: &'static str,
        /// What does not fit.
        reason: Box<FormatError>,
    },
    /// WRAP_SINGLE_VALUE was given for a value that has not exactly one column.
    #[error("'WRAP_SINGLE_VALUE' is only valid for single-field value schemas")]
    WrapManyColumns,
    /// The format cannot be wrapped, or not be unwrapped.
    #[error("Format '{format}' does not support 'WRAP_SINGLE_VALUE' set to '{wrap}'.")]
    Wrap {
        /// The format's name.
        format: &'static str,
        /// What was asked for.
        wrap: bool,
    },
    /// A delimiter is empty or white.
    #[error(
        "Configuration {property} is invalid: Delimiter cannot be empty, if you meant to have a tab or space for \
         delimiter, please use the special values 'TAB' or 'SPACE'\nExample valid value: ';'"
    )]
    WhiteDelimiter {
        /// `KEY_DELIMITER` or `VALUE_DELIMITER`.
        property: &'static str,
    },
    /// A delimiter is longer than a character.
    #[error(
        "Configuration {property} is invalid: Invalid delimiter value: '{value}'. \
         Delimiter must be a single character or TAB,SPACE\nExample valid value: ';'"
    )]
    Delimiter {
        /// `KEY_DELIMITER` or `VALUE_DELIMITER`.
        property: &'static str,
        /// What was given.
        value: String,
    },
}
