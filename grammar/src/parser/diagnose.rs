//! Says what is wrong where the parser could not go on, and what was probably meant.

use sqlparser::tokenizer::{Token, Word};

use crate::ast::Relation;
use crate::error::{ParseError, ParseErrorKind};
use crate::keywords::{is_keyword, is_reserved, nearest};
use crate::lexer::{is_word, position};
use crate::parser::cursor::Cursor;
use crate::variables::undefined;

/// The words that statements begin with.
const STATEMENTS: &[&str] = &[
    "ALTER",
    "ASSERT",
    "CREATE",
    "DEFINE",
    "DESCRIBE",
    "DROP",
    "EXPLAIN",
    "INSERT",
    "LIST",
    "PAUSE",
    "PRINT",
    "RESUME",
    "RUN",
    "SELECT",
    "SET",
    "SHOW",
    "TERMINATE",
    "UNDEFINE",
    "UNSET",
];

/// The words that the clauses of a query begin with.
const CLAUSES: &[&str] = &[
    "FROM",
    "JOIN",
    "INNER",
    "LEFT",
    "RIGHT",
    "FULL",
    "WITHIN",
    "ON",
    "WINDOW",
    "WHERE",
    "GROUP",
    "PARTITION",
    "HAVING",
    "EMIT",
    "LIMIT",
];

/// Something of other databases: two tokens that follow each other, its name, and what to do instead.
///
/// As a second token `#` is any number and `?` anything.
type Foreign = (&'static str, &'static str, &'static str, &'static str);

const FOREIGN: &[Foreign] = &[
    ("ORDER", "BY", "ORDER BY", "a stream has no end to sort; sort what the query returns"),
    ("UNION", "?", "UNION", "write each query into one stream with INSERT INTO"),
    ("INTERSECT", "SELECT", "INTERSECT", "use JOIN"),
    ("EXCEPT", "SELECT", "EXCEPT", "use LEFT JOIN and WHERE … IS NULL"),
    ("OVER", "(", "OVER", "aggregate with WINDOW and GROUP BY"),
    (
        "(",
        "SELECT",
        "a subquery",
        "give the inner query a name with CREATE STREAM … AS or CREATE TABLE … AS",
    ),
    ("SELECT", "DISTINCT", "SELECT DISTINCT", "use GROUP BY"),
    ("(", "DISTINCT", "DISTINCT in a call", "for COUNT(DISTINCT x) use COUNT_DISTINCT(x)"),
    ("EXISTS", "(", "EXISTS", "use JOIN"),
    ("OFFSET", "#", "OFFSET", "use LIMIT"),
    ("FETCH", "FIRST", "FETCH FIRST", "use LIMIT"),
    ("USING", "(", "USING", "use ON a.x = b.x"),
    ("CREATE", "VIEW", "CREATE VIEW", "use CREATE STREAM … AS or CREATE TABLE … AS"),
    ("CREATE", "INDEX", "CREATE INDEX", "a table is indexed by its primary key"),
    ("CREATE", "DATABASE", "CREATE DATABASE", "streams and tables have one name space"),
    ("DELETE", "FROM", "DELETE", "a row of a table is deleted by a tombstone in its topic"),
    ("UPDATE", "?", "UPDATE", "INSERT INTO with the same key updates a table"),
    ("MERGE", "INTO", "MERGE", "INSERT INTO with the same key updates a table"),
    (
        "WITH",
        "?",
        "WITH before SELECT",
        "give the query a name with CREATE STREAM … AS or CREATE TABLE … AS",
    ),
];

/// The error for a statement that begins with no word a statement begins with.
pub(crate) fn unknown_statement(cursor: &Cursor) -> ParseError {
    let Token::Word(word) = &cursor.peek().token else { return cursor.unexpected() };
    if word.quote_style.is_some() {
        return cursor.unexpected();
    }
    if let Some(error) = foreign(cursor) {
        return error;
    }
    // RUN SCRIPT is known to the parser, RUN alone is not.
    let kind = ParseErrorKind::UnknownStatement(word.value.clone());
    let error = ParseError::new(cursor.position(), kind);
    match nearest(&word.value, STATEMENTS) {
        Some(guess) => error.with_hint(format!("did you mean {guess}?")),
        None => error.with_hint(format!("a statement begins with {}", STATEMENTS.join(", "))),
    }
}

/// The error for a JOIN without ON; in `a CROSS JOIN b` it is the word that passed for an alias of `a`.
pub(crate) fn join_without_on(cursor: &Cursor, left: &Relation) -> ParseError {
    match &left.alias {
        Some(alias) if alias.name == "CROSS" || alias.name == "NATURAL" => {
            let kind = ParseErrorKind::Unsupported(format!("{} JOIN", alias.name));
            ParseError::new(alias.position, kind).with_hint("use JOIN … ON")
        }
        _ => cursor.unexpected(),
    }
}

/// The error for the next token, where one of `expected` should stand.
pub(crate) fn unexpected(cursor: &Cursor, expected: &[&'static str]) -> ParseError {
    if let Some(error) = variable(cursor).or_else(|| foreign(cursor)) {
        return error;
    }
    let found = shown(&cursor.peek().token);
    let listed = expected.iter().map(|what| (*what).to_owned()).collect();
    let kind = ParseErrorKind::Unexpected { found, expected: listed };
    let mut error = ParseError::new(cursor.position(), kind);
    error.hint = misspelled(cursor, expected)
        .or_else(|| out_of_order(cursor, expected))
        .or_else(|| comma_join(cursor, expected))
        .or_else(|| reserved(cursor, expected));
    error
}

/// Shows a token as it was written, the long ones cut.
fn shown(token: &Token) -> String {
    const SHOWN_CHARS_MAX: usize = 40;
    let text = match token {
        Token::EOF => return "end of statement".to_owned(),
        Token::SingleQuotedString(_) => format!("string {token}"),
        Token::Word(Word { quote_style: Some(_), .. }) => token.to_string(),
        _ => format!("'{token}'"),
    };
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A variable that is still there was not defined.
fn variable(cursor: &Cursor) -> Option<ParseError> {
    let is_open = matches!(&cursor.peek().token, Token::Placeholder(dollar) if dollar == "$")
        && *cursor.peek_nth(1) == Token::LBrace;
    match cursor.peek_nth(2) {
        Token::Word(name) if is_open => Some(undefined(cursor.position(), &name.value)),
        _ => None,
    }
}

/// Looks for a clause of other databases at the next token, or begun by the one before: `ORDER` passes for an alias.
fn foreign(cursor: &Cursor) -> Option<ParseError> {
    let (before, next) = (cursor.previous(), cursor.peek());
    let pairs = [(before, &next.token), (next, cursor.peek_nth(1))];
    pairs.into_iter().find_map(|(first, second)| {
        let (_, _, clause, instead) = FOREIGN.iter().find(|(one, two, ..)| {
            is_written(&first.token, one) && (*two == "?" || is_written(second, two))
        })?;
        let kind = ParseErrorKind::Unsupported((*clause).to_owned());
        Some(ParseError::new(position(first.span.start), kind).with_hint(*instead))
    })
}

fn is_written(token: &Token, pattern: &str) -> bool {
    match pattern {
        "(" => *token == Token::LParen,
        "#" => matches!(token, Token::Number(..)),
        word => is_word(token, word),
    }
}

fn plain_word(token: &Token) -> Option<&str> {
    match token {
        Token::Word(Word { value, quote_style: None, .. }) => Some(value),
        _ => None,
    }
}

/// Guesses at the next word, or at the one before it, which may have passed for an alias.
fn misspelled(cursor: &Cursor, expected: &[&'static str]) -> Option<String> {
    let words = expected.iter().filter_map(|what| what.split(' ').next());
    let mut keywords: Vec<&str> = words.filter(|word| is_keyword(word)).collect();
    if is_word(&cursor.previous().token, "EMIT") {
        keywords.extend(["CHANGES", "FINAL"]);
    }
    let next = plain_word(&cursor.peek().token);
    if let Some(guess) = next.and_then(|word| nearest(word, &keywords)) {
        return Some(format!("did you mean {guess}?"));
    }
    let before = plain_word(&cursor.previous().token).filter(|word| !is_keyword(word))?;
    let guess = nearest(before, CLAUSES)?;
    Some(format!("did you mean {guess} instead of '{before}'?"))
}

/// A clause after one it has to stand before.
fn out_of_order(cursor: &Cursor, expected: &[&'static str]) -> Option<String> {
    let found = plain_word(&cursor.peek().token)?;
    let is_clause = CLAUSES.iter().any(|clause| clause.eq_ignore_ascii_case(found));
    let in_query =
        expected.iter().any(|what| CLAUSES.contains(what) || *what == "end of statement");
    (is_clause && in_query).then(|| {
        "the clauses of a query go in the order FROM, JOIN, WINDOW, WHERE, GROUP BY, PARTITION BY, \
         HAVING, EMIT, LIMIT"
            .to_owned()
    })
}

/// `FROM a, b`.
fn comma_join(cursor: &Cursor, expected: &[&'static str]) -> Option<String> {
    let is_join = cursor.is(&Token::Comma) && expected.contains(&"JOIN");
    is_join.then(|| "sources are joined with JOIN … ON …".to_owned())
}

/// A reserved word where a name should stand.
fn reserved(cursor: &Cursor, expected: &[&'static str]) -> Option<String> {
    let found = plain_word(&cursor.peek().token).filter(|word| is_reserved(word))?;
    let wants_name = expected.iter().any(|what| what.contains("name") || *what == "an expression");
    let is_clause = CLAUSES.iter().any(|clause| clause.eq_ignore_ascii_case(found));
    (wants_name && !is_clause).then(|| {
        let name = found.to_uppercase();
        format!("{name} is a reserved word; as a name it is written `{name}`")
    })
}
