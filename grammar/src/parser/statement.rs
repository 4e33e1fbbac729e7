//! Statements, told apart by their first words.

use sqlparser::tokenizer::Token;

use crate::ast::{DataType, Ident, QueryAction, QueryRef, SourceKind, Statement};
use crate::error::ParseError;
use crate::parser::cursor::Cursor;
use crate::parser::{assert, create, diagnose, properties, query, show, source, types, value};

/// Takes a statement.
pub(crate) fn statement(cursor: &mut Cursor) -> Result<Statement, ParseError> {
    match () {
        () if cursor.is_word("SELECT") => Ok(Statement::Query(Box::new(query::query(cursor)?))),
        () if cursor.eat_word("CREATE") => create::create(cursor),
        () if cursor.eat_word("INSERT") => insert(cursor),
        () if cursor.eat_word("DROP") => drop_statement(cursor),
        () if cursor.eat_word("ALTER") => alter(cursor),
        () if cursor.eat_word("SHOW") || cursor.eat_word("LIST") => {
            show::show(cursor).map(Statement::Show)
        }
        () if cursor.eat_word("DESCRIBE") => show::describe(cursor),
        () if cursor.eat_word("EXPLAIN") => explain(cursor),
        () if cursor.eat_word("PRINT") => show::print(cursor),
        () if cursor.eat_word("TERMINATE") => control(cursor, QueryAction::Terminate),
        () if cursor.eat_word("PAUSE") => control(cursor, QueryAction::Pause),
        () if cursor.eat_word("RESUME") => control(cursor, QueryAction::Resume),
        () if cursor.eat_word("ASSERT") => assert::assert(cursor),
        () => session(cursor),
    }
}

/// Takes a statement about the session.
fn session(cursor: &mut Cursor) -> Result<Statement, ParseError> {
    match () {
        () if cursor.eat_word("SET") => {
            let (name, value) = setting(cursor)?;
            Ok(Statement::SetProperty { name, value })
        }
        () if cursor.eat_word("UNSET") => Ok(Statement::UnsetProperty { name: cursor.string()? }),
        () if cursor.eat_word("DEFINE") => {
            let name = cursor.ident("a variable name")?;
            cursor.expect(&Token::Eq)?;
            Ok(Statement::Define { name, value: cursor.string()? })
        }
        () if cursor.eat_word("UNDEFINE") => {
            Ok(Statement::Undefine { name: cursor.ident("a variable name")? })
        }
        () if cursor.eat_words("RUN SCRIPT") => Ok(Statement::RunScript { path: cursor.string()? }),
        () => Err(diagnose::unknown_statement(cursor)),
    }
}

fn setting(cursor: &mut Cursor) -> Result<(String, String), ParseError> {
    let name = cursor.string()?;
    cursor.expect(&Token::Eq)?;
    Ok((name, cursor.string()?))
}

fn insert(cursor: &mut Cursor) -> Result<Statement, ParseError> {
    cursor.expect_word("INTO")?;
    let target = cursor.ident("the name of a stream or table")?;
    let properties = properties::with(cursor)?;
    if properties.is_some() || cursor.is_word("SELECT") {
        let query = Box::new(query::query(cursor)?);
        return Ok(Statement::InsertInto {
            target,
            properties: properties.unwrap_or_default(),
            query,
        });
    }
    cursor.note("SELECT");
    let columns = columns(cursor)?;
    cursor.expect_word("VALUES")?;
    Ok(Statement::InsertValues { target, columns, values: values(cursor)? })
}

/// Takes `(column, …)`, if it is there.
pub(crate) fn columns(cursor: &mut Cursor) -> Result<Vec<Ident>, ParseError> {
    if !cursor.eat(&Token::LParen) {
        return Ok(Vec::new());
    }
    let columns = cursor.list(|cursor| cursor.ident("a column name"))?;
    cursor.expect(&Token::RParen)?;
    Ok(columns)
}

/// Takes `(value, …)`.
pub(crate) fn values(cursor: &mut Cursor) -> Result<Vec<crate::ast::Expr>, ParseError> {
    cursor.expect(&Token::LParen)?;
    cursor.list_until(&Token::RParen, value)
}

fn drop_statement(cursor: &mut Cursor) -> Result<Statement, ParseError> {
    if cursor.eat_word("CONNECTOR") {
        let if_exists = cursor.eat_words("IF EXISTS");
        return Ok(Statement::DropConnector { if_exists, name: cursor.ident("a connector name")? });
    }
    if cursor.eat_word("TYPE") {
        let if_exists = cursor.eat_words("IF EXISTS");
        return Ok(Statement::DropType { if_exists, name: cursor.ident("a type name")? });
    }
    let kind = source::kind(cursor)?;
    let if_exists = cursor.eat_words("IF EXISTS");
    let name = cursor.ident("a name")?;
    let delete_topic = cursor.eat_word("DELETE");
    if delete_topic {
        cursor.expect_word("TOPIC")?;
    }
    Ok(Statement::DropSource { kind, if_exists, name, delete_topic })
}

fn alter(cursor: &mut Cursor) -> Result<Statement, ParseError> {
    if cursor.eat_word("SYSTEM") {
        let (name, value) = setting(cursor)?;
        return Ok(Statement::AlterSystem { name, value });
    }
    let kind: SourceKind = source::kind(cursor)?;
    let name = cursor.ident("a name")?;
    let columns = cursor.list(added_column)?;
    Ok(Statement::AlterSource { kind, name, columns })
}

/// Takes `ADD [COLUMN] name type`; a column may be called COLUMN.
fn added_column(cursor: &mut Cursor) -> Result<(Ident, DataType), ParseError> {
    cursor.expect_word("ADD")?;
    let is_name =
        matches!(cursor.peek_nth(2), Token::Comma | Token::EOF | Token::LParen | Token::Lt);
    if !is_name {
        cursor.eat_word("COLUMN");
    }
    Ok((cursor.ident("a column name")?, types::data_type(cursor)?))
}

/// Takes what EXPLAIN explains: a query's id if nothing follows it.
fn explain(cursor: &mut Cursor) -> Result<Statement, ParseError> {
    if *cursor.peek_nth(1) == Token::EOF {
        return cursor.ident("the id of a query or a statement").map(Statement::ExplainQuery);
    }
    let explained = cursor.nested(statement)?;
    Ok(Statement::ExplainStatement(Box::new(explained)))
}

fn control(cursor: &mut Cursor, action: QueryAction) -> Result<Statement, ParseError> {
    let query = if cursor.eat_word("ALL") {
        QueryRef::All
    } else {
        QueryRef::Id(cursor.ident("the id of a query")?)
    };
    Ok(Statement::ControlQuery { action, query })
}
