//! The parts of statements about streams and tables.

use sqlparser::tokenizer::Token;

use crate::ast::{ColumnConstraint, CreateSource, SourceKind, TableElement};
use crate::error::ParseError;
use crate::parser::cursor::Cursor;
use crate::parser::{properties, types};

/// Takes STREAM or TABLE.
pub(crate) fn kind(cursor: &mut Cursor) -> Result<SourceKind, ParseError> {
    if cursor.eat_word("STREAM") {
        return Ok(SourceKind::Stream);
    }
    cursor.expect_word("TABLE")?;
    Ok(SourceKind::Table)
}

/// Takes `(elements) [WITH (…)]`, each of them if it is there.
pub(crate) fn definition(
    cursor: &mut Cursor,
    mut source: CreateSource,
) -> Result<CreateSource, ParseError> {
    if cursor.eat(&Token::LParen) {
        source.elements = cursor.list(element)?;
        cursor.expect(&Token::RParen)?;
        source.elements.iter().try_for_each(|element| refuse_key_of(source.kind, element))?;
    }
    source.properties = properties::with(cursor)?.unwrap_or_default();
    Ok(source)
}

/// Takes a column: `name type [constraint]`.
pub(crate) fn element(cursor: &mut Cursor) -> Result<TableElement, ParseError> {
    let name = cursor.ident("a column name")?;
    let data_type = types::data_type(cursor)?;
    Ok(TableElement { name, data_type, constraint: constraint(cursor)? })
}

fn constraint(cursor: &mut Cursor) -> Result<ColumnConstraint, ParseError> {
    if cursor.eat_word("PRIMARY") {
        cursor.expect_word("KEY")?;
        return Ok(ColumnConstraint::PrimaryKey);
    }
    if cursor.eat_word("KEY") {
        return Ok(ColumnConstraint::Key);
    }
    if cursor.eat_word("HEADERS") {
        return Ok(ColumnConstraint::Headers);
    }
    if cursor.eat_word("HEADER") {
        cursor.expect(&Token::LParen)?;
        let name = cursor.string()?;
        cursor.expect(&Token::RParen)?;
        return Ok(ColumnConstraint::Header(name));
    }
    Ok(ColumnConstraint::None)
}

/// A stream has KEY columns, a table PRIMARY KEY columns.
fn refuse_key_of(kind: SourceKind, element: &TableElement) -> Result<(), ParseError> {
    let (found, wanted, sources) = match (kind, &element.constraint) {
        (SourceKind::Table, ColumnConstraint::Key) => ("KEY", "PRIMARY KEY", "tables"),
        (SourceKind::Stream, ColumnConstraint::PrimaryKey) => ("PRIMARY KEY", "KEY", "streams"),
        (
            SourceKind::Stream | SourceKind::Table,
            ColumnConstraint::None
            | ColumnConstraint::Key
            | ColumnConstraint::PrimaryKey
            | ColumnConstraint::Headers
            | ColumnConstraint::Header(_),
        ) => return Ok(()),
    };
    let name = &element.name.name;
    let text =
        format!("Column `{name}` is a '{found}' column: please use '{wanted}' for {sources}.");
    Err(ParseError::invalid(element.name.position, text))
}
