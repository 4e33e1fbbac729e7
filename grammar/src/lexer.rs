//! A statement's text as the tokens the parser reads.

use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer, TokenizerError, Word};

use crate::ast::Position;
use crate::error::ParseError;
use crate::limits::{Demand, NESTING_MAX, STATEMENT_BYTES_MAX};
use crate::scan::{PieceKind, Scanner};

/// The tokens of a statement, without space and comments, and what stack it takes to parse them.
pub(crate) struct Lexed {
    /// The last one is the end.
    pub(crate) tokens: Vec<TokenWithSpan>,
    pub(crate) demand: Demand,
}

/// Cuts `text`, which begins at `base` of its script, into tokens.
pub(crate) fn lex(text: &str, base: Position, dialect: &dyn Dialect) -> Result<Lexed, ParseError> {
    if STATEMENT_BYTES_MAX < text.len() {
        let found = text.len();
        let error =
            format!("statement of {found} bytes is longer than {STATEMENT_BYTES_MAX} bytes");
        return Err(ParseError::too_large(base, error).with_hint("split it into several"));
    }
    let mut tokens = Vec::new();
    Tokenizer::new(dialect, text)
        .tokenize_with_location_into_buf_with_mapper(&mut tokens, |token| moved(token, base))
        .map_err(|error| not_closed(text, base).unwrap_or_else(|| unreadable(&error, base)))?;
    let end = tokens.last().map_or(location(base), |token| token.span.end);
    let mut tokens: Vec<_> = tokens.into_iter().filter(|token| !is_space(token)).collect();
    split_closing_brackets(&mut tokens);
    tokens.iter_mut().for_each(|token| forget_foreign_keyword(&mut token.token));
    tokens.push(TokenWithSpan::at(Token::EOF, end, end));
    let demand = measure(&tokens)?;
    Ok(Lexed { tokens, demand })
}

/// Converts a place of sqlparser's.
pub(crate) fn position(location: Location) -> Position {
    let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    Position { line: narrow(location.line), column: narrow(location.column) }
}

/// Converts a place to sqlparser's.
pub(crate) fn location(position: Position) -> Location {
    Location { line: position.line.into(), column: position.column.into() }
}

/// Tests for a word without quotes, in any case.
pub(crate) fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case(word))
}

fn moved(mut token: TokenWithSpan, base: Position) -> TokenWithSpan {
    let at = |location| self::location(place(location, base));
    token.span = Span { start: at(token.span.start), end: at(token.span.end) };
    token
}

/// Returns where a place of the statement is in the script.
fn place(found: Location, base: Position) -> Position {
    let found = position(found);
    let column = if found.line <= 1 { base.column + found.column - 1 } else { found.column };
    Position { line: base.line + found.line.saturating_sub(1), column }
}

fn is_space(token: &TokenWithSpan) -> bool {
    matches!(token.token, Token::Whitespace(_))
}

/// The error for the quote or comment that runs to the end of the text.
fn not_closed(text: &str, base: Position) -> Option<ParseError> {
    let open = Scanner::new(text).find(|piece| !piece.closed)?;
    let position = place(location(open.position), base);
    let (what, hint) = match open.kind {
        PieceKind::String => ("string is not closed", "add a ' at its end"),
        PieceKind::BlockComment => ("comment is not closed", "add */ at its end"),
        _ => ("quoted identifier is not closed", "add the same quote at its end"),
    };
    Some(ParseError::invalid(position, what).with_hint(hint))
}

fn unreadable(error: &TokenizerError, base: Position) -> ParseError {
    ParseError::invalid(place(error.location, base), error.message.to_lowercase())
}

/// `>>` closes two types; the language has no such operator.
fn split_closing_brackets(tokens: &mut Vec<TokenWithSpan>) {
    if !tokens.iter().any(|token| token.token == Token::ShiftRight) {
        return;
    }
    let halves = |token: TokenWithSpan| match token.token {
        Token::ShiftRight => {
            let mut middle = token.span.start;
            middle.column += 1;
            let first = TokenWithSpan::at(Token::Gt, token.span.start, middle);
            vec![first, TokenWithSpan::at(Token::Gt, middle, token.span.end)]
        }
        _ => vec![token],
    };
    *tokens = std::mem::take(tokens).into_iter().flat_map(halves).collect();
}

/// Leaves sqlparser no keyword but those of the operators it reads for us, so that it finds no clause of its own.
fn forget_foreign_keyword(token: &mut Token) {
    if let Token::Word(word) = token {
        let known = matches!(
            word.keyword,
            Keyword::AND | Keyword::OR | Keyword::AT | Keyword::TIME | Keyword::ZONE
        );
        if !known {
            word.keyword = Keyword::NoKeyword;
        }
    }
}

/// Measures how deep brackets nest, before anything recurses into them.
fn measure(tokens: &[TokenWithSpan]) -> Result<Demand, ParseError> {
    let mut demand = Demand { tokens: tokens.len(), nesting: 0, prefixes: 0 };
    let mut nesting: usize = 0;
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket => nesting += 1,
            Token::RParen | Token::RBracket => nesting = nesting.saturating_sub(1),
            Token::Minus | Token::Plus => demand.prefixes += 1,
            word if is_word(word, "NOT") => demand.prefixes += 1,
            word if is_word(word, "CASE") => nesting += 1,
            word if is_word(word, "END") => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        if NESTING_MAX < nesting {
            return Err(too_deep(position(token.span.start)));
        }
        demand.nesting = demand.nesting.max(nesting);
    }
    Ok(demand)
}

/// The error for what nests deeper than it may.
pub(crate) fn too_deep(position: Position) -> ParseError {
    let text = format!("nested more than {NESTING_MAX} levels deep");
    ParseError::too_large(position, text).with_hint("compute the inner part in a stream of its own")
}
