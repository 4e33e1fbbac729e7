//! SHOW, DESCRIBE and PRINT: statements that only look.

use sqlparser::tokenizer::{Token, Word};

use crate::ast::{ConnectorKind, Ident, Show, SourceKind, Statement};
use crate::error::ParseError;
use crate::parser::cursor::Cursor;
use crate::parser::query;

/// Takes what follows SHOW or LIST.
pub(crate) fn show(cursor: &mut Cursor) -> Result<Show, ParseError> {
    let all = cursor.eat_word("ALL");
    if all {
        cursor.expect_word("TOPICS")?;
        return Ok(Show::Topics { all, extended: cursor.eat_word("EXTENDED") });
    }
    match () {
        () if cursor.eat_word("TOPICS") => {
            Ok(Show::Topics { all, extended: cursor.eat_word("EXTENDED") })
        }
        () if cursor.eat_word("STREAMS") => {
            Ok(Show::Streams { extended: cursor.eat_word("EXTENDED") })
        }
        () if cursor.eat_word("TABLES") => {
            Ok(Show::Tables { extended: cursor.eat_word("EXTENDED") })
        }
        () if cursor.eat_word("QUERIES") => {
            Ok(Show::Queries { extended: cursor.eat_word("EXTENDED") })
        }
        () if cursor.eat_word("FUNCTIONS") => Ok(Show::Functions),
        () if cursor.eat_word("PROPERTIES") => Ok(Show::Properties),
        () if cursor.eat_word("VARIABLES") => Ok(Show::Variables),
        () if cursor.eat_word("TYPES") => Ok(Show::Types),
        () => connectors(cursor),
    }
}

fn connectors(cursor: &mut Cursor) -> Result<Show, ParseError> {
    if cursor.eat_word("CONNECTOR") {
        cursor.expect_word("PLUGINS")?;
        return Ok(Show::ConnectorPlugins);
    }
    let kind = match () {
        () if cursor.eat_word("SOURCE") => Some(ConnectorKind::Source),
        () if cursor.eat_word("SINK") => Some(ConnectorKind::Sink),
        () => None,
    };
    cursor.expect_word("CONNECTORS")?;
    Ok(Show::Connectors { kind })
}

/// Takes what follows DESCRIBE.
pub(crate) fn describe(cursor: &mut Cursor) -> Result<Statement, ParseError> {
    let names_more =
        matches!(cursor.peek_nth(1), Token::Word(_)) && !cursor.is_nth_word(1, "EXTENDED");
    if names_more && cursor.eat_word("FUNCTION") {
        return Ok(Statement::DescribeFunction { name: cursor.ident("a function name")? });
    }
    if cursor.eat_word("CONNECTOR") {
        return Ok(Statement::DescribeConnector { name: cursor.ident("a connector name")? });
    }
    let kind = match () {
        () if cursor.eat_word("STREAMS") => Some(SourceKind::Stream),
        () if cursor.eat_word("TABLES") => Some(SourceKind::Table),
        () => None,
    };
    if let Some(kind) = kind {
        return Ok(Statement::DescribeAll { kind, extended: cursor.eat_word("EXTENDED") });
    }
    let name = cursor.ident("the name of a stream or table")?;
    Ok(Statement::Describe { name, extended: cursor.eat_word("EXTENDED") })
}

/// Takes what follows PRINT.
pub(crate) fn print(cursor: &mut Cursor) -> Result<Statement, ParseError> {
    let topic = resource(cursor, "a topic name")?;
    let from_beginning = cursor.eat_word("FROM");
    if from_beginning {
        cursor.expect_word("BEGINNING")?;
    }
    let has_interval = cursor.eat_word("INTERVAL") || cursor.eat_word("SAMPLE");
    let interval = if has_interval { Some(cursor.count()?) } else { None };
    let limit = query::limit(cursor)?;
    Ok(Statement::Print { topic, from_beginning, interval, limit })
}

/// Takes the name of something that is not ours, such as a topic: without quotes it keeps its case too.
pub(crate) fn resource(cursor: &mut Cursor, what: &'static str) -> Result<Ident, ParseError> {
    let position = cursor.position();
    match cursor.peek().token.clone() {
        Token::SingleQuotedString(name) => {
            cursor.next();
            Ok(Ident { name, quoted: true, position })
        }
        Token::Word(Word { value, .. }) => {
            let ident = cursor.ident(what)?;
            Ok(Ident { name: value, ..ident })
        }
        _ => cursor.ident(what),
    }
}
