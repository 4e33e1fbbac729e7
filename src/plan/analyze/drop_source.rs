//! `DROP STREAM`, `DROP TABLE`.

use std::sync::Arc;

use tidemill_grammar::ast::Ident;

use crate::catalog::SourceKind;
use crate::error::{Error, ErrorKind};
use crate::plan::query::Context;
use crate::plan::{Action, DropSource};

/// Says what the statement comes to.
pub(super) fn analyze(
    kind: SourceKind,
    name: &Ident,
    if_exists: bool,
    deletes_topic: bool,
    ctx: Context<'_>,
) -> Result<Action, Error> {
    let at = name.position;
    let Some(source) = ctx.catalog.source(&name.name) else {
        let what = match kind {
            SourceKind::Stream => "Stream",
            SourceKind::Table => "Table",
        };
        let message = format!("{what} {} does not exist.", name.name);
        if if_exists {
            return Ok(Action::Unchanged(message));
        }
        let hint = ctx.catalog.nearest_source(&name.name);
        let hint = hint.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
        return Err(Error::new(ErrorKind::NotFound, message + &hint).at(at.line, at.column));
    };
    if source.kind != kind {
        let (is, asked) = (source.kind.name().to_uppercase(), kind.name().to_uppercase());
        let message =
            format!("Incompatible data source type is {is}, but statement was DROP {asked}");
        return Err(Error::statement(message).at(at.line, at.column));
    }
    ctx.catalog.check_unused(&name.name)?;
    if deletes_topic && source.is_read_only {
        return Err(Error::statement(format!(
            "Cannot delete topic for read-only source: {}",
            name.name
        )));
    }
    Ok(Action::DropSource(DropSource { source: Arc::clone(source), deletes_topic }))
}
