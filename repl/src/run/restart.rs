//! A script that is run again: what it made the first time is there already.

use tidemill::engine::{Engine, Entity, Outcome, Session};
use tidemill_grammar::ast::{DataType, ParsedStatement, Statement};
use tidemill_grammar::parse_statement;

/// Tells whether what the statement makes is there, made by the same statement.
pub(crate) fn is_there(engine: &Engine, session: &mut Session, parsed: &ParsedStatement) -> bool {
    match &parsed.statement {
        Statement::CreateSource(create) => {
            made_source(session, &create.name.to_string()).as_ref() == Some(&parsed.statement)
        }
        Statement::CreateAsSelect(create) => {
            made_source(session, &create.name.to_string()).as_ref() == Some(&parsed.statement)
        }
        Statement::InsertInto { .. } => engine
            .queries()
            .iter()
            .any(|query| parse(&query.query_string).as_ref() == Some(&parsed.statement)),
        Statement::CreateType { name, data_type, .. } => {
            let types = entities(session, "SHOW TYPES;");
            types.into_iter().any(|entity| match entity {
                Entity::Types { types } => {
                    types.get(&name.name).is_some_and(|sql| is_same_type(sql, data_type))
                }
                _ => false,
            })
        }
        _ => false,
    }
}

/// Returns the statement that made a stream or table, if there is one of that name.
fn made_source(session: &mut Session, name: &str) -> Option<Statement> {
    let found = entities(session, &format!("DESCRIBE {name} EXTENDED;"));
    found.into_iter().find_map(|entity| match entity {
        Entity::Source { source_description } => parse(&source_description.statement),
        _ => None,
    })
}

fn entities(session: &mut Session, sql: &str) -> Vec<Entity> {
    let outcomes = session.execute(sql).unwrap_or_default();
    let entities = outcomes.into_iter().filter_map(|outcome| match outcome {
        Outcome::Entity(entity) => Some(*entity),
        Outcome::Done(_) | Outcome::Rows(_) | Outcome::Records(_) => None,
    });
    entities.collect()
}

fn parse(sql: &str) -> Option<Statement> {
    let sql = sql.trim().trim_end_matches(';');
    parse_statement(sql).ok().map(|parsed| parsed.statement)
}

/// Compares a type as SHOW TYPES writes it, with quotes around all names, with one as a statement wrote it.
fn is_same_type(sql: &str, data_type: &DataType) -> bool {
    let plain = |text: &str| text.replace('`', "").to_uppercase();
    let known = tidemill_grammar::parse_data_type(sql).map(|known| known.to_string());
    known.is_ok_and(|known| plain(&known) == plain(&data_type.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_the_same_with_and_without_quotes() {
        let same = |left: &str, right: &str| {
            is_same_type(left, &tidemill_grammar::parse_data_type(right).expect("a type"))
        };
        assert!(same("STRUCT<`CITY` STRING>", "struct<city varchar>"));
        assert!(!same("STRUCT<`CITY` STRING>", "struct<town varchar>"));
    }

    #[test]
    fn statements_are_the_same_however_they_are_spaced() {
        let parsed = parse("CREATE STREAM a AS\n  SELECT * FROM b").expect("a statement");
        assert_eq!(parse("create stream A as select * from B;"), Some(parsed));
    }
}
