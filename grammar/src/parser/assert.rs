//! ASSERT, of topics, of schemas, and in SQL tests of rows and sources.

use crate::ast::{CreateSource, Literal, Properties, Statement};
use crate::error::ParseError;
use crate::parser::cursor::Cursor;
use crate::parser::statement::{columns, values};
use crate::parser::{properties, show, source, window};

/// Takes what follows ASSERT.
pub(crate) fn assert(cursor: &mut Cursor) -> Result<Statement, ParseError> {
    if cursor.eat_word("VALUES") {
        return rows(cursor);
    }
    if cursor.eat_word("NULL") {
        return tombstones(cursor);
    }
    if cursor.is_word("STREAM") || cursor.is_word("TABLE") {
        return source(cursor);
    }
    let exists = !cursor.eat_word("NOT");
    if !exists {
        cursor.expect_word("EXISTS")?;
    }
    if cursor.eat_word("TOPIC") {
        return topic(cursor, exists);
    }
    cursor.note("STREAM");
    cursor.note("TABLE");
    cursor.expect_word("SCHEMA")?;
    schema(cursor, exists)
}

fn topic(cursor: &mut Cursor, exists: bool) -> Result<Statement, ParseError> {
    let topic = show::resource(cursor, "a topic name")?;
    let properties = properties::with(cursor)?.unwrap_or_default();
    let timeout = window::optional(cursor, "TIMEOUT")?;
    Ok(Statement::AssertTopic { exists, topic, properties, timeout })
}

fn schema(cursor: &mut Cursor, exists: bool) -> Result<Statement, ParseError> {
    let subject = if cursor.eat_word("SUBJECT") {
        Some(show::resource(cursor, "a subject name")?)
    } else {
        None
    };
    let id = if cursor.eat_word("ID") { Some(id(cursor)?) } else { None };
    let timeout = window::optional(cursor, "TIMEOUT")?;
    Ok(Statement::AssertSchema { exists, subject, id, timeout })
}

fn id(cursor: &mut Cursor) -> Result<i64, ParseError> {
    let position = cursor.position();
    match properties::literal(cursor)? {
        Literal::Int(id) => Ok(id.into()),
        Literal::Bigint(id) => Ok(id),
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Decimal(_)
        | Literal::Double(_)
        | Literal::String(_) => {
            Err(ParseError::invalid(position, "the id of a schema must be a whole number"))
        }
    }
}

fn rows(cursor: &mut Cursor) -> Result<Statement, ParseError> {
    let target = cursor.ident("the name of a stream or table")?;
    let columns = columns(cursor)?;
    cursor.expect_word("VALUES")?;
    Ok(Statement::AssertValues { target, columns, values: values(cursor)? })
}

fn tombstones(cursor: &mut Cursor) -> Result<Statement, ParseError> {
    cursor.expect_word("VALUES")?;
    let target = cursor.ident("the name of a stream or table")?;
    let columns = columns(cursor)?;
    cursor.expect_word("KEY")?;
    Ok(Statement::AssertNullValues { target, columns, values: values(cursor)? })
}

fn source(cursor: &mut Cursor) -> Result<Statement, ParseError> {
    let kind = source::kind(cursor)?;
    let name = cursor.ident("a name")?;
    let asserted = CreateSource {
        kind,
        or_replace: false,
        is_source: false,
        if_not_exists: false,
        name,
        elements: Vec::new(),
        properties: Properties::default(),
    };
    source::definition(cursor, asserted).map(Statement::AssertSource)
}
