//! Which joins there are: streams with streams, streams with tables, tables with tables by key or by foreign key.

use tidemill_grammar::ast::{Expr, JoinKind};

use crate::error::Error;
use crate::plan::query::join_on::JoinOn;
use crate::plan::query::relation::Relation;
use crate::plan::query::sources::BoundSource;
use crate::plan::query::text::{Names, text};
use crate::plan::query::tree::as_column;
use crate::types::SqlType;

/// What is joined with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JoinShape {
    /// A stream with a stream.
    StreamStream,
    /// A stream with a table.
    StreamTable,
    /// A table with a table by their keys.
    TableTable,
    /// A table with a table whose key is computed from the left row.
    ForeignKey,
}

/// Tells what is joined with what, if that can be.
pub(super) fn join_shape(
    left: &Relation,
    right: &Relation,
    on: &JoinOn<'_>,
) -> Result<JoinShape, Error> {
    match (left.is_table(), right.is_table()) {
        (false, false) => {
            check_within(on, true, "Stream-Stream")?;
            Ok(JoinShape::StreamStream)
        }
        (false, true) => {
            check_stream_table(on)?;
            check_within(on, false, "Stream-Table")?;
            Ok(JoinShape::StreamTable)
        }
        (true, false) => Err(Error::statement(format!(
            "Invalid join order: table-stream joins are not supported; only stream-table joins. Got {}.",
            on.title()
        ))),
        (true, true) => {
            check_right_key(on)?;
            if is_key(on.left_expr, on.left) {
                check_within(on, false, "Table-Table")?;
                return Ok(JoinShape::TableTable);
            }
            check_foreign_key(left, on)?;
            check_within(on, false, "Table-Table")?;
            Ok(JoinShape::ForeignKey)
        }
    }
}

/// Tells whether an expression is the key of a source, all of it.
fn is_key(expr: &Expr, source: &BoundSource) -> bool {
    let [key] = source.source.schema.key() else { return false };
    as_column(expr).is_some_and(|column| *column.name == *key.name)
}

fn check_stream_table(on: &JoinOn<'_>) -> Result<(), Error> {
    let outer = match on.kind {
        JoinKind::Inner | JoinKind::Left => None,
        JoinKind::Right => Some("right-outer"),
        JoinKind::Full => Some("full-outer"),
    };
    if let Some(outer) = outer {
        return Err(Error::statement(format!(
            "Invalid join type: {outer} join not supported for stream-table join. Got {}.",
            on.title()
        )));
    }
    if is_key(on.right_expr, on.right) {
        return Ok(());
    }
    Err(Error::statement(format!(
        "Invalid join condition: stream-table joins require to join on the table's primary key. Got {}.",
        on.condition()
    )))
}

fn check_right_key(on: &JoinOn<'_>) -> Result<(), Error> {
    if is_key(on.right_expr, on.right) {
        return Ok(());
    }
    Err(Error::statement(format!(
        "Invalid join condition: table-table joins require to join on the primary key of the right \
         input table. Got {}.",
        on.condition()
    )))
}

fn check_foreign_key(left: &Relation, on: &JoinOn<'_>) -> Result<(), Error> {
    match on.kind {
        JoinKind::Inner | JoinKind::Left => {}
        JoinKind::Right => {
            return Err(Error::statement("RIGHT OUTER JOIN on a foreign key is not supported"));
        }
        JoinKind::Full => {
            return Err(Error::statement(format!(
                "Invalid join type: full-outer join not supported for foreign-key table-table join. \
                 Got {}.",
                on.title()
            )));
        }
    }
    if !matches!(left.node.op, crate::plan::NodeOp::Source { .. }) {
        return Err(Error::statement(format!(
            "Invalid join condition: foreign-key table-table joins are not supported as part of \
             n-way joins. Got {}.",
            on.condition()
        )));
    }
    if on.right.source.window.is_some() {
        return Err(Error::statement(
            "Foreign-key table-table joins are not supported on windowed tables.",
        ));
    }
    Ok(())
}

/// Checks that both sides of a condition have one type.
pub(super) fn check_types(on: &JoinOn<'_>, left: &SqlType, right: &SqlType) -> Result<(), Error> {
    if left == right {
        return Ok(());
    }
    let left = format!("{}{{{left}}}", text(on.left_expr, Names::Qualified));
    let right = format!("{}{{{right}}}", text(on.right_expr, Names::Qualified));
    let (first, second) = if on.is_flipped { (right, left) } else { (left, right) };
    Err(Error::statement(format!(
        "Invalid join condition: types don't match. Got {first} = {second}."
    )))
}

fn check_within(on: &JoinOn<'_>, is_wanted: bool, what: &str) -> Result<(), Error> {
    match (on.within, is_wanted) {
        (Some(_), true) | (None, false) => Ok(()),
        (None, true) => Err(Error::statement(
            "Stream-Stream joins must have a WITHIN clause specified. None was provided. To learn \
             about how to specify a WITHIN clause with a stream-stream join, please visit: \
             https://docs.confluent.io/current/ksql/docs/syntax-reference.html#create-stream-as-select",
        )),
        (Some(_), false) => Err(Error::statement(format!(
            "A window definition was provided for a {what} join. These joins are not windowed. \
             Please drop the window definition (ie. the WITHIN clause) and try to execute your \
             join again."
        ))),
    }
}

/// Checks that rows with equal keys are in partitions of equal numbers.
pub(super) fn check_partitions(
    on: &JoinOn<'_>,
    left: &BoundSource,
    first: &BoundSource,
) -> Result<(), Error> {
    let (Some(left_count), Some(right_count)) =
        (left.source.partitions, on.right.source.partitions)
    else {
        return Ok(());
    };
    if left_count == right_count {
        return Ok(());
    }
    let (left, right) = (&first.alias, &on.right.alias);
    Err(Error::statement(format!(
        "Can't join `{left}` with `{right}` since the number of partitions don't match. `{left}` \
         partitions = {left_count}; `{right}` partitions = {right_count}. Please repartition either \
         one so that the number of partitions match."
    )))
}
