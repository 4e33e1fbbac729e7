//! ksqlDB's language as a dialect of sqlparser.
//!
//! sqlparser brings the tokenizer, the token stream and the loop that orders operators by precedence. Whatever begins an expression
//! is ours (`parser::prefix`), because sqlparser tries a word in several ways and, nested, takes exponential time for it. Operators
//! are sqlparser's where it reads them as ksqlDB does, ours (`parser::infix`) where not.

use sqlparser::ast::Expr;
use sqlparser::dialect::Dialect;
use sqlparser::parser::{Parser, ParserError};

use crate::parser::cursor::{Cursor, Notes};
use crate::parser::{infix, prefix};
use crate::scan::{is_word_part, is_word_start};

/// The dialect, with what the parser notes on its way.
#[derive(Debug, Default)]
pub(crate) struct KsqlDialect {
    pub(crate) notes: Notes,
}

impl Dialect for KsqlDialect {
    fn is_delimited_identifier_start(&self, char: char) -> bool {
        char == '"' || char == '`'
    }

    fn is_identifier_start(&self, char: char) -> bool {
        is_word_start(char)
    }

    fn is_identifier_part(&self, char: char) -> bool {
        is_word_part(char)
    }

    // `1st` is one word, so that one error can speak of it.
    fn supports_numeric_prefix(&self) -> bool {
        true
    }

    // `$` never opens a quoted string: it belongs to a variable that nothing replaced.
    fn supports_dollar_placeholder(&self) -> bool {
        true
    }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        let parsed = prefix::expression(&mut Cursor::new(parser, &self.notes));
        Some(parsed.map_err(|error| self.notes.fail(error)))
    }

    fn parse_infix(
        &self,
        parser: &mut Parser,
        left: &Expr,
        _precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        let parsed = infix::expression(&mut Cursor::new(parser, &self.notes), left);
        parsed.map_err(|error| self.notes.fail(error)).transpose()
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        Some(Ok(infix::next_precedence(parser)))
    }
}
