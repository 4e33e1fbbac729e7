//! `ALTER STREAM | TABLE name ADD COLUMN …`.

use std::sync::Arc;

use tidemill_grammar::ast::{DataType, Ident};

use crate::catalog::{Source, SourceKind};
use crate::error::{Error, ErrorKind};
use crate::expr::resolve_type;
use crate::formats::Side;
use crate::plan::analyze::create_source::check_formats;
use crate::plan::analyze::custom_type::TypeScope;
use crate::plan::analyze::schemas::{TopicSide, bind_new};
use crate::plan::query::Context;
use crate::plan::{Action, system};
use crate::types::{Column, Schema};

/// Says what the statement comes to.
pub(super) fn analyze(
    kind: SourceKind,
    name: &Ident,
    added: &[(Ident, DataType)],
    text: &str,
    ctx: Context<'_>,
) -> Result<Action, Error> {
    let source = target(kind, name, ctx)?;
    let mut columns = source.schema.columns().to_vec();
    for (column, data_type) in added {
        let at = column.position;
        let place = |error: Error| error.at(at.line, at.column);
        if system::is_reserved(&column.name) {
            return Err(place(Error::statement(format!(
                "'{}' is a reserved column name. You cannot use it as a name for a column.",
                column.name
            ))));
        }
        if columns.iter().any(|known| *known.name == *column.name) {
            return Err(place(Error::statement(format!(
                "Cannot add column `{}` to schema. A column with the same name already exists.",
                column.name
            ))));
        }
        let sql_type = resolve_type(data_type, &TypeScope(ctx.catalog))
            .map_err(|error| place(Error::statement(error.to_string())))?;
        columns.push(Column::value(column.name.as_str(), sql_type));
    }
    let schema = Schema::new(columns);
    check_formats(&source.key_format, &source.value_format, &schema)?;
    let at = TopicSide { side: Side::Value, topic: &source.topic, id: None };
    let value_format = bind_new(source.value_format.clone(), &schema, at, ctx)?;
    let statement = format!("{};\n{text}", source.statement).into();
    let altered = Source { schema, statement, value_format, ..Source::clone(source) };
    Ok(Action::AlterSource(Arc::new(altered)))
}

fn target<'a>(kind: SourceKind, name: &Ident, ctx: Context<'a>) -> Result<&'a Arc<Source>, Error> {
    let (at, what) = (name.position, kind.name());
    let place = |error: Error| error.at(at.line, at.column);
    let Some(source) = ctx.catalog.source(&name.name) else {
        let message = format!("Source {} does not exist.", name.name);
        return Err(place(Error::new(ErrorKind::NotFound, message)));
    };
    if source.kind != kind {
        let (is, asked) = (source.kind.name().to_uppercase(), what.to_uppercase());
        let message =
            format!("Incompatible data source type is {is}, but statement was ALTER {asked}");
        return Err(place(Error::statement(message)));
    }
    if source.is_read_only {
        return Err(place(Error::statement(format!(
            "Cannot alter {what} '{}': ALTER operations are not supported on source {what}s.",
            name.name
        ))));
    }
    if ctx.catalog.query_that_made(&name.name).is_some() {
        return Err(place(Error::statement(format!(
            "ALTER command is not supported for CREATE ... AS statements: {} is filled by a query.",
            name.name
        ))));
    }
    Ok(source)
}
