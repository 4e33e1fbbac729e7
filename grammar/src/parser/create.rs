//! CREATE.

use sqlparser::tokenizer::Token;

use crate::ast::{
    ConnectorKind, CreateAsSelect, CreateSource, Ident, Properties, SourceKind, Statement,
};
use crate::error::ParseError;
use crate::parser::cursor::Cursor;
use crate::parser::{properties, query, source, types};

/// Takes what follows CREATE.
pub(crate) fn create(cursor: &mut Cursor) -> Result<Statement, ParseError> {
    if cursor.eat_word("TYPE") {
        return create_type(cursor);
    }
    if cursor.is_nth_word(1, "CONNECTOR") {
        return connector(cursor);
    }
    let or_replace = cursor.eat_word("OR");
    if or_replace {
        cursor.expect_word("REPLACE")?;
    }
    let is_source = cursor.eat_word("SOURCE");
    let kind = source::kind(cursor)?;
    let if_not_exists = cursor.eat_words("IF NOT EXISTS");
    let name = cursor.ident(name_of(kind))?;
    let head = Head { kind, or_replace, is_source, if_not_exists, name };
    source_or_select(cursor, head)
}

/// What comes before a source's columns or query.
struct Head {
    kind: SourceKind,
    or_replace: bool,
    is_source: bool,
    if_not_exists: bool,
    name: Ident,
}

fn name_of(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Stream => "a stream name",
        SourceKind::Table => "a table name",
    }
}

fn source_or_select(cursor: &mut Cursor, head: Head) -> Result<Statement, ParseError> {
    if cursor.is(&Token::LParen) {
        return Ok(Statement::CreateSource(definition(cursor, head)?));
    }
    cursor.note("'('");
    let properties = properties::with(cursor)?;
    if !head.is_source && cursor.eat_word("AS") {
        return as_select(cursor, head, properties.unwrap_or_default());
    }
    let mut created = definition(cursor, head)?;
    created.properties = properties.unwrap_or_default();
    Ok(Statement::CreateSource(created))
}

fn definition(cursor: &mut Cursor, head: Head) -> Result<CreateSource, ParseError> {
    let Head { kind, or_replace, is_source, if_not_exists, name } = head;
    let (elements, properties) = (Vec::new(), Properties::default());
    let empty =
        CreateSource { kind, or_replace, is_source, if_not_exists, name, elements, properties };
    if cursor.is(&Token::LParen) { source::definition(cursor, empty) } else { Ok(empty) }
}

fn as_select(
    cursor: &mut Cursor,
    head: Head,
    properties: Properties,
) -> Result<Statement, ParseError> {
    let query = Box::new(query::query(cursor)?);
    let Head { kind, or_replace, if_not_exists, name, .. } = head;
    let created = CreateAsSelect { kind, or_replace, if_not_exists, name, properties, query };
    Ok(Statement::CreateAsSelect(created))
}

fn create_type(cursor: &mut Cursor) -> Result<Statement, ParseError> {
    let if_not_exists = cursor.eat_words("IF NOT EXISTS");
    let name = cursor.ident("a type name")?;
    cursor.expect_word("AS")?;
    Ok(Statement::CreateType { if_not_exists, name, data_type: types::data_type(cursor)? })
}

fn connector(cursor: &mut Cursor) -> Result<Statement, ParseError> {
    let kind = if cursor.eat_word("SINK") {
        ConnectorKind::Sink
    } else {
        cursor.expect_word("SOURCE")?;
        ConnectorKind::Source
    };
    cursor.expect_word("CONNECTOR")?;
    let if_not_exists = cursor.eat_words("IF NOT EXISTS");
    let name = cursor.ident("a connector name")?;
    cursor.expect_word("WITH")?;
    let properties = properties::list(cursor)?;
    Ok(Statement::CreateConnector { kind, if_not_exists, name, properties })
}
