//! `CREATE STREAM | TABLE name (columns) WITH (…)`.

use tidemill_grammar::ast::{ColumnConstraint, CreateSource as Statement, Position, TableElement};

use crate::catalog::{CatalogError, Source, SourceKind};
use crate::error::Error;
use crate::expr::resolve_type;
use crate::formats::{Format, FormatKind, Side, check_support};
use crate::plan::analyze::custom_type::TypeScope;
use crate::plan::analyze::properties::{PropertySet, With, format_kind};
use crate::plan::analyze::schemas::{TopicSide, bind_declared, bind_new, infer};
use crate::plan::analyze::timestamp::timestamp_column;
use crate::plan::query::Context;
use crate::plan::{Action, CreateSource, TopicSpec, system};
use crate::types::{Column, ColumnRole, Schema, SqlType};

/// Says what the statement comes to.
pub(super) fn analyze(
    statement: &Statement,
    text: &str,
    ctx: Context<'_>,
) -> Result<Action, Error> {
    let (source, topic) = declared(statement, text, ctx)?;
    let (kind, name) = (source.kind, &statement.name.name);
    if let Some(existing) = ctx.catalog.source(name) {
        if statement.if_not_exists {
            return Ok(Action::Unchanged(format!(
                "Cannot add {} `{name}`: A {} with the same name already exists.",
                kind.name(),
                existing.kind.name()
            )));
        }
        if !statement.or_replace {
            return Err(exists(kind, existing));
        }
        check_replace(&source, existing)?;
    }
    if statement.or_replace && statement.is_source {
        return Err(no_replace(kind, name));
    }
    Ok(Action::CreateSource(CreateSource { source, topic, replaces: statement.or_replace }))
}

/// Returns the stream or table that a statement declares, whether or not there is one of that name.
pub(super) fn declared(
    statement: &Statement,
    text: &str,
    ctx: Context<'_>,
) -> Result<(Source, TopicSpec), Error> {
    let properties = PropertySet::new(&statement.properties, With::Declared)?;
    let kind = SourceKind::from(statement.kind);
    let key_format = default_key(properties.key_format()?, ctx)?;
    let value_format = default_value(properties.value_format()?, ctx)?;
    properties.check_delimiters()?;
    let window = properties.key_window()?;
    let mut columns = declared_columns(&statement.elements, kind, ctx)?;
    let infers = [key_format, value_format].iter().any(|format| format.schema_kind().is_some());
    if columns.is_empty() && !infers {
        return Err(without_columns(&properties, key_format, value_format));
    }
    for (side, format) in [(Side::Key, key_format), (Side::Value, value_format)] {
        infer_side(side, format, &properties, &mut columns, ctx)?;
    }
    if columns.is_empty() {
        return Err(no_columns(key_format, value_format));
    }
    let schema = Schema::new(columns);
    check_key(&schema, kind, window.is_some())?;
    let topic = properties.topic(None)?;
    let timestamp = timestamp_column(&properties, &schema)?;
    let (key_format, value_format) = formats(&properties, &schema, key_format, value_format, ctx)?;
    let bind = |format, side| {
        let at = TopicSide { side, topic: &topic.name, id: properties.schema_id(side)? };
        let replaced = ctx.catalog.source(&statement.name.name).filter(|_| statement.or_replace);
        match replaced {
            Some(_) if at.id.is_none() => bind_new(format, &schema, at, ctx),
            _ => bind_declared(format, &schema, at, ctx),
        }
    };
    let (key_format, value_format) =
        (bind(key_format, Side::Key)?, bind(value_format, Side::Value)?);
    let source = Source {
        name: statement.name.name.as_str().into(),
        kind,
        schema,
        topic: std::sync::Arc::clone(&topic.name),
        key_format,
        value_format,
        timestamp,
        window,
        is_read_only: statement.is_source,
        partitions: topic.partitions,
        statement: text.into(),
    };
    Ok((source, topic))
}

/// Says that a name is taken.
pub(super) fn exists(kind: SourceKind, existing: &Source) -> Error {
    CatalogError::SourceExists {
        kind: kind.name(),
        name: existing.name.to_string(),
        existing: existing.kind.name(),
    }
    .into()
}

fn no_replace(kind: SourceKind, name: &str) -> Error {
    Error::statement(format!(
        "Cannot add {0} '{name}': CREATE OR REPLACE is not supported on source {0}s.",
        kind.name()
    ))
}

/// Checks that a source can take the place of another: the same topic and formats, and columns only added at the end.
fn check_replace(source: &Source, existing: &Source) -> Result<(), Error> {
    if existing.is_read_only || source.is_read_only {
        return Err(no_replace(source.kind, &source.name));
    }
    let upgrade =
        |reason: String| Error::statement(format!("Cannot upgrade data source: {reason}"));
    let differs = |what: &str, old: &str, new: &str| {
        upgrade(format!(
            "DataSource '`{}`' has {what} = {old} which is not upgradeable to {new}",
            source.name
        ))
    };
    if source.kind != existing.kind {
        return Err(differs("type", existing.kind.name(), source.kind.name()));
    }
    if source.topic != existing.topic {
        return Err(differs("topicName", &existing.topic, &source.topic));
    }
    if !source.key_format.has_form_of(&existing.key_format)
        || !source.value_format.has_form_of(&existing.value_format)
        || source.window != existing.window
    {
        return Err(upgrade(format!("the formats of '`{}`' cannot be changed", source.name)));
    }
    check_columns_kept(&existing.schema, &source.schema).map_err(|reason| {
        upgrade(format!(
            "DataSource '`{}`' has schema = {} which is not upgradeable to {}. {reason}",
            source.name, existing.schema, source.schema
        ))
    })
}

/// Checks that a schema has all columns of another, in their places.
pub(super) fn check_columns_kept(old: &Schema, new: &Schema) -> Result<(), String> {
    if old.key() != new.key() {
        return Err(format!(
            "Key columns must be identical. (The following key columns are changed, missing or \
             reordered: [{}])",
            Schema::new(old.key().iter().filter(|column| !new.key().contains(column)).cloned())
        ));
    }
    let changed = old.rest().iter().zip(new.rest().iter().map(Some).chain(std::iter::repeat(None)));
    let changed: Vec<Column> =
        changed.filter(|(old, new)| Some(*old) != *new).map(|(old, _)| old.clone()).collect();
    if changed.is_empty() {
        return Ok(());
    }
    Err(format!(
        "(The following columns are changed, missing or reordered: [{}])",
        Schema::new(changed)
    ))
}

/// Adds the columns of a side that none are declared of, as its schema in the registry has them.
fn infer_side(
    side: Side,
    format: FormatKind,
    properties: &PropertySet<'_>,
    columns: &mut Vec<Column>,
    ctx: Context<'_>,
) -> Result<(), Error> {
    let role = match side {
        Side::Key => ColumnRole::Key,
        Side::Value => ColumnRole::Value,
    };
    let has_columns = columns.iter().any(|column| column.role == role);
    properties.check_schema_id(side, format, has_columns)?;
    if has_columns || format.schema_kind().is_none() {
        return Ok(());
    }
    let topic = properties.topic(None)?;
    let at = TopicSide { side, topic: &topic.name, id: properties.schema_id(side)? };
    let wrap = properties.wrap_single_value()?;
    let given = properties.side(side, ctx.config)?;
    for column in infer(at, format, wrap, given.full_name(), ctx)? {
        let name = &column.name;
        if system::is_reserved(name) {
            return Err(Error::statement(format!(
                "'{name}' is a reserved column name. You cannot use it as a name for a column."
            )));
        }
        if columns.iter().any(|known| known.name == *name) {
            return Err(Error::statement(format!("Duplicate column names: {name}")));
        }
        columns.push(column);
    }
    Ok(())
}

/// Says that formats without schemas cannot tell the columns; a schema that is asked for by its id is what is wrong first.
fn without_columns(properties: &PropertySet<'_>, key: FormatKind, value: FormatKind) -> Error {
    let asked = properties
        .check_schema_id(Side::Key, key, false)
        .and_then(|()| properties.check_schema_id(Side::Value, value, false));
    asked.err().unwrap_or_else(|| no_columns(key, value))
}

fn no_columns(key: FormatKind, value: FormatKind) -> Error {
    let formats = if key == value {
        key.name().to_owned()
    } else {
        format!("{} and {}", key.name(), value.name())
    };
    Error::statement(format!(
        "The statement does not define any columns, and {formats} cannot tell them: No columns supplied."
    ))
}

fn default_key(given: Option<FormatKind>, ctx: Context<'_>) -> Result<FormatKind, Error> {
    match given {
        Some(kind) => Ok(kind),
        None => format_kind(ctx.config.default_key_format()),
    }
}

fn default_value(given: Option<FormatKind>, ctx: Context<'_>) -> Result<FormatKind, Error> {
    match (given, ctx.config.default_value_format()) {
        (Some(kind), _) => Ok(kind),
        (None, Some(name)) => format_kind(name),
        (None, None) => Err(Error::statement(
            "Statement is missing the 'VALUE_FORMAT' property from the WITH clause. Either provide \
             one or set a default via the 'ksql.persistence.default.format.value' config.",
        )),
    }
}

/// Makes the formats of both sides, and checks that they hold the columns.
fn formats(
    properties: &PropertySet<'_>,
    schema: &Schema,
    key: FormatKind,
    value: FormatKind,
    ctx: Context<'_>,
) -> Result<(Format, Format), Error> {
    let key = properties.side(Side::Key, ctx.config)?.format(key, Side::Key, schema.key_count())?;
    let value_count = schema.value().count();
    let value =
        properties.side(Side::Value, ctx.config)?.format(value, Side::Value, value_count)?;
    check_formats(&key, &value, schema)?;
    Ok((key, value))
}

/// Checks that the formats of both sides hold the columns.
pub(super) fn check_formats(key: &Format, value: &Format, schema: &Schema) -> Result<(), Error> {
    let values: Vec<Column> = schema.value().cloned().collect();
    check_support(Side::Key, key, schema.key())
        .and_then(|()| check_support(Side::Value, value, &values))
        .map_err(|error| Error::statement(error.to_string()))
}

/// Makes the columns that are declared.
fn declared_columns(
    elements: &[TableElement],
    kind: SourceKind,
    ctx: Context<'_>,
) -> Result<Vec<Column>, Error> {
    let mut columns: Vec<Column> = Vec::new();
    for element in elements {
        let (name, at) = (&element.name.name, element.name.position);
        let place = |error: Error| error.at(at.line, at.column);
        if system::is_reserved(name) {
            return Err(place(Error::statement(format!(
                "'{name}' is a reserved column name. You cannot use it as a name for a column."
            ))));
        }
        if columns.iter().any(|column| *column.name == **name) {
            return Err(place(Error::statement(format!("Duplicate column names: {name}"))));
        }
        let sql_type = resolve_type(&element.data_type, &TypeScope(ctx.catalog))
            .map_err(|reason| place(Error::statement(reason.to_string())))?;
        let role = role(element, kind, &sql_type, ctx)?;
        columns.push(Column { name: name.as_str().into(), sql_type, role });
    }
    check_headers(&columns)?;
    Ok(columns)
}

fn role(
    element: &TableElement,
    kind: SourceKind,
    sql_type: &SqlType,
    ctx: Context<'_>,
) -> Result<ColumnRole, Error> {
    let (name, at) = (&element.name.name, element.name.position);
    let wrong_key = |is: &str, use_this: &str, what: &str| {
        let message =
            format!("Column `{name}` is a '{is}' column: please use '{use_this}' for {what}s.");
        Err(Error::statement(message).at(at.line, at.column))
    };
    match (&element.constraint, kind) {
        (ColumnConstraint::None, _) => Ok(ColumnRole::Value),
        (ColumnConstraint::Key, SourceKind::Stream)
        | (ColumnConstraint::PrimaryKey, SourceKind::Table) => Ok(ColumnRole::Key),
        (ColumnConstraint::Key, SourceKind::Table) => wrong_key("KEY", "PRIMARY KEY", "table"),
        (ColumnConstraint::PrimaryKey, SourceKind::Stream) => {
            wrong_key("PRIMARY KEY", "KEY", "stream")
        }
        (ColumnConstraint::Headers, _) => {
            let header = SqlType::structure([("KEY", SqlType::Varchar), ("VALUE", SqlType::Bytes)]);
            check_header("HEADERS", sql_type, &SqlType::array(header), at, ctx)?;
            Ok(ColumnRole::Header(None))
        }
        (ColumnConstraint::Header(header), _) => {
            check_header(&format!("HEADER('{header}')"), sql_type, &SqlType::Bytes, at, ctx)?;
            Ok(ColumnRole::Header(Some(header.as_str().into())))
        }
    }
}

fn check_header(
    what: &str,
    given: &SqlType,
    wanted: &SqlType,
    at: Position,
    ctx: Context<'_>,
) -> Result<(), Error> {
    if !ctx.config.headers_columns() {
        return Err(Error::statement(
            "Header columns are disabled. You can enable them by setting \
             ksql.headers.columns.enabled to true",
        ));
    }
    if given == wanted {
        return Ok(());
    }
    let message = format!("Invalid type for {what} column: expected {wanted}, got {given}");
    Err(Error::statement(message).at(at.line, at.column))
}

/// Checks that headers are declared in one way: all in one column, or each key once.
fn check_headers(columns: &[Column]) -> Result<(), Error> {
    let headers: Vec<&Column> =
        columns.iter().filter(|column| matches!(column.role, ColumnRole::Header(_))).collect();
    let has_all = headers.iter().any(|column| column.role == ColumnRole::Header(None));
    if has_all && 1 < headers.len() {
        return Err(Error::statement(
            "Schema already contains a HEADERS column. A source has one HEADERS column, or one \
             HEADER('key') column for each key.",
        ));
    }
    for (index, column) in headers.iter().enumerate() {
        if headers[..index].iter().any(|other| other.role == column.role)
            && let ColumnRole::Header(Some(key)) = &column.role
        {
            return Err(Error::statement(format!(
                "Schema already contains a HEADER('{key}') column."
            )));
        }
    }
    Ok(())
}

fn check_key(schema: &Schema, kind: SourceKind, is_windowed: bool) -> Result<(), Error> {
    if schema.key_count() != 0 {
        return Ok(());
    }
    if kind == SourceKind::Table {
        return Err(Error::statement(
            "Tables require a PRIMARY KEY. Please define the PRIMARY KEY.",
        ));
    }
    if is_windowed {
        return Err(Error::statement("Windowed sources require a key column."));
    }
    Ok(())
}
