//! Where the parser is in a statement, and what it looked for there.

use std::cell::{Cell, RefCell};

use sqlparser::ast as sql;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Word};

use crate::ast::{Ident, Position};
use crate::convert;
use crate::error::ParseError;
use crate::keywords::is_reserved;
use crate::lexer::{is_word, position, too_deep};
use crate::limits::{NESTING_MAX, OPERATORS_MAX};
use crate::parser::diagnose;

/// What is noted while a statement is parsed. The hooks of the dialect see nothing but the dialect, so it is kept there.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// The furthest token that something was looked for at.
    furthest: Cell<Option<Location>>,
    /// What was looked for there.
    expected: RefCell<Vec<&'static str>>,
    /// The error that a hook ended with: sqlparser's own has no room for it.
    failure: RefCell<Option<ParseError>>,
    /// Operators of the expression so far.
    operators: Cell<usize>,
    /// Statements and types that are open.
    nesting: Cell<usize>,
}

impl Notes {
    /// Keeps `error` and returns what stands for it on the way through sqlparser.
    pub(crate) fn fail(&self, error: ParseError) -> ParserError {
        self.failure.replace(Some(error));
        ParserError::ParserError(String::new())
    }
}

/// A parser over the tokens of a statement.
pub(crate) struct Cursor<'c, 'd> {
    parser: &'c mut Parser<'d>,
    notes: &'c Notes,
}

impl<'c, 'd> Cursor<'c, 'd> {
    pub(crate) fn new(parser: &'c mut Parser<'d>, notes: &'c Notes) -> Self {
        Cursor { parser, notes }
    }

    /// Returns the next token.
    pub(crate) fn peek(&self) -> &TokenWithSpan {
        self.parser.peek_token_ref()
    }

    /// Returns the token after `count` others.
    pub(crate) fn peek_nth(&self, count: usize) -> &Token {
        &self.parser.peek_nth_token_ref(count).token
    }

    /// Returns the token before the next one, if there is one.
    pub(crate) fn previous(&self) -> &TokenWithSpan {
        self.parser.get_current_token()
    }

    pub(crate) fn next(&mut self) -> TokenWithSpan {
        self.parser.next_token()
    }

    /// Returns where the next token begins.
    pub(crate) fn position(&self) -> Position {
        position(self.peek().span.start)
    }

    /// Tests for a token without noting that it was looked for.
    pub(crate) fn is(&self, token: &Token) -> bool {
        self.peek().token == *token
    }

    /// Tests for a word without noting that it was looked for.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.is_nth_word(0, word)
    }

    /// Tests for a word after `count` others.
    pub(crate) fn is_nth_word(&self, count: usize, word: &str) -> bool {
        is_word(self.peek_nth(count), word)
    }

    /// Tests whether a parenthesis is next that holds a list with a comma and is followed by one of `words` or nothing.
    pub(crate) fn is_wrapped_list(&self, words: &[&str]) -> bool {
        if !self.is(&Token::LParen) {
            return false;
        }
        let (mut depth, mut has_comma) = (0_usize, false);
        // Something was taken before the list, so that the next token is the one after the current one.
        for index in self.parser.get_current_index() + 1.. {
            match &self.parser.token_at(index).token {
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen | Token::RBracket if depth == 1 => {
                    let next = &self.parser.token_at(index + 1).token;
                    let ends = *next == Token::EOF || words.iter().any(|word| is_word(next, word));
                    return has_comma && ends;
                }
                Token::RParen | Token::RBracket => depth -= 1,
                Token::Comma => has_comma |= depth == 1,
                Token::EOF => return false,
                _ => {}
            }
        }
        false
    }

    /// Notes that `what` could stand next.
    pub(crate) fn note(&self, what: &'static str) {
        let at = Some(self.peek().span.start);
        let mut expected = self.notes.expected.borrow_mut();
        if self.notes.furthest.get() < at {
            self.notes.furthest.set(at);
            expected.clear();
        }
        if self.notes.furthest.get() == at && !expected.contains(&what) {
            expected.push(what);
        }
    }

    /// Takes the word `word` if it is next.
    pub(crate) fn eat_word(&mut self, word: &'static str) -> bool {
        self.note(word);
        let found = self.is_word(word);
        if found {
            self.next();
        }
        found
    }

    /// Takes the words of `words` if all of them are next.
    pub(crate) fn eat_words(&mut self, words: &'static str) -> bool {
        self.note(words);
        let found = self.are_words(0, words);
        if found {
            words.split(' ').for_each(|_| drop(self.next()));
        }
        found
    }

    /// Tests for the words of `words` after `count` other tokens.
    pub(crate) fn are_words(&self, count: usize, words: &str) -> bool {
        words.split(' ').enumerate().all(|(index, word)| self.is_nth_word(count + index, word))
    }

    /// Takes the words of `words`, which have to be next.
    pub(crate) fn expect_words(&mut self, words: &'static str) -> Result<(), ParseError> {
        words.split(' ').try_for_each(|word| self.expect_word(word))
    }

    /// Takes the word `word`, which has to be next.
    pub(crate) fn expect_word(&mut self, word: &'static str) -> Result<(), ParseError> {
        if self.eat_word(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Takes the token `token` if it is next.
    pub(crate) fn eat(&mut self, token: &Token) -> bool {
        self.note(symbol(token));
        let found = self.is(token);
        if found {
            self.next();
        }
        found
    }

    /// Takes the token `token`, which has to be next.
    pub(crate) fn expect(&mut self, token: &Token) -> Result<(), ParseError> {
        if self.eat(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Takes `item`s between commas.
    pub(crate) fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        let mut items = vec![item(self)?];
        while self.eat(&Token::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Takes `item`s between commas up to `close`; none is fine.
    pub(crate) fn list_until<T>(
        &mut self,
        close: &Token,
        item: impl FnMut(&mut Self) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        if self.eat(close) {
            return Ok(Vec::new());
        }
        let items = self.list(item)?;
        self.expect(close)?;
        Ok(items)
    }

    /// Takes an identifier; `what` names it in errors.
    pub(crate) fn ident(&mut self, what: &'static str) -> Result<Ident, ParseError> {
        self.sql_ident(what).map(convert::ident)
    }

    /// Takes an identifier as sqlparser's trees hold it, in upper case unless quoted.
    pub(crate) fn sql_ident(&mut self, what: &'static str) -> Result<sql::Ident, ParseError> {
        self.note(what);
        let token = self.peek().clone();
        match token.token {
            Token::Word(word) if is_ident(&word) => {
                self.next();
                let Word { value, quote_style, .. } = word;
                let value = if quote_style.is_none() { value.to_uppercase() } else { value };
                Ok(sql::Ident { value, quote_style, span: token.span })
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Takes a string.
    pub(crate) fn string(&mut self) -> Result<String, ParseError> {
        self.note("a string");
        if !matches!(self.peek().token, Token::SingleQuotedString(_)) {
            return Err(self.unexpected());
        }
        match self.next().token {
            Token::SingleQuotedString(text) => Ok(text),
            _ => Err(self.unexpected()),
        }
    }

    /// Takes a whole number that is not negative.
    pub(crate) fn count(&mut self) -> Result<u64, ParseError> {
        self.note("a whole number");
        let Token::Number(digits, _) = &self.peek().token else { return Err(self.unexpected()) };
        let Ok(count) = digits.parse() else { return Err(self.unexpected()) };
        self.next();
        Ok(count)
    }

    /// Takes an expression whose operators bind tighter than `precedence`.
    pub(crate) fn subexpr(&mut self, precedence: u8) -> Result<sql::Expr, ParseError> {
        let start = self.position();
        self.parser.parse_subexpr(precedence).map_err(|error| match self.notes.failure.take() {
            Some(failure) => failure,
            None if error == ParserError::RecursionLimitExceeded => too_deep(start),
            None => self.unexpected(),
        })
    }

    /// Runs `parse` for an expression that is no part of another one.
    pub(crate) fn whole<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        self.notes.operators.set(0);
        parse(self)
    }

    /// Counts one more operator in the expression.
    pub(crate) fn count_operator(&self) -> Result<(), ParseError> {
        let operators = self.notes.operators.get() + 1;
        self.notes.operators.set(operators);
        if operators <= OPERATORS_MAX {
            return Ok(());
        }
        let text = format!("expression of more than {OPERATORS_MAX} operators");
        let hint = "use IN (…) for a long list of alternatives, or split the query";
        Err(ParseError::too_large(self.position(), text).with_hint(hint))
    }

    /// Runs `parse` one level deeper.
    pub(crate) fn nested<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        let nesting = self.notes.nesting.get() + 1;
        if NESTING_MAX < nesting {
            return Err(too_deep(self.position()));
        }
        self.notes.nesting.set(nesting);
        let parsed = parse(self);
        self.notes.nesting.set(nesting - 1);
        parsed
    }

    /// Returns the error that the next token cannot stand where it stands.
    pub(crate) fn unexpected(&self) -> ParseError {
        let at = Some(self.peek().span.start);
        let expected = self.notes.expected.borrow();
        let known = self.notes.furthest.get() == at;
        diagnose::unexpected(self, if known { &expected } else { &[] })
    }
}

/// Tests whether a word is an identifier; `1st` is one, `1.5st`, which the tokenizer takes for a word too, is none.
pub(crate) fn is_ident(word: &Word) -> bool {
    word.quote_style.is_some() || !(word.value.contains('.') || is_reserved(&word.value))
}

/// Names a token in errors.
fn symbol(token: &Token) -> &'static str {
    match token {
        Token::LParen => "'('",
        Token::RParen => "')'",
        Token::LBracket => "'['",
        Token::RBracket => "']'",
        Token::Comma => "','",
        Token::Eq => "'='",
        Token::Lt => "'<'",
        Token::Gt => "'>'",
        Token::Period => "'.'",
        Token::Mul => "'*'",
        Token::Arrow => "'->'",
        Token::RArrow => "'=>'",
        Token::Assignment => "':='",
        Token::EOF => "end of statement",
        _ => "an operator",
    }
}
