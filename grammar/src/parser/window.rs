//! Windows, and the lengths of time they are made of.

use sqlparser::tokenizer::{Token, Word};

use crate::ast::{Duration, TimeUnit, Window, WindowKind, Within};
use crate::error::ParseError;
use crate::parser::cursor::Cursor;

/// Takes what follows WINDOW.
pub(crate) fn window(cursor: &mut Cursor) -> Result<Window, ParseError> {
    let position = cursor.position();
    // A window may have a name, which nothing can refer to.
    if matches!(&cursor.peek().token, Token::Word(Word { quote_style: None, .. }))
        && ["TUMBLING", "HOPPING", "SESSION"].iter().any(|kind| cursor.is_nth_word(1, kind))
    {
        cursor.ident("the name of a window")?;
    }
    let kind = match () {
        () if cursor.eat_word("TUMBLING") => {
            cursor.expect(&Token::LParen)?;
            cursor.expect_word("SIZE")?;
            WindowKind::Tumbling { size: duration(cursor)? }
        }
        () if cursor.eat_word("HOPPING") => hopping(cursor)?,
        () => {
            cursor.expect_word("SESSION")?;
            cursor.expect(&Token::LParen)?;
            WindowKind::Session { gap: duration(cursor)? }
        }
    };
    let retention = after_comma(cursor, "RETENTION")?;
    let grace = after_comma(cursor, "GRACE PERIOD")?;
    cursor.expect(&Token::RParen)?;
    Ok(Window { kind, retention, grace, position })
}

fn hopping(cursor: &mut Cursor) -> Result<WindowKind, ParseError> {
    cursor.expect(&Token::LParen)?;
    cursor.expect_word("SIZE")?;
    let size = duration(cursor)?;
    cursor.expect(&Token::Comma)?;
    cursor.expect_words("ADVANCE BY")?;
    Ok(WindowKind::Hopping { size, advance: duration(cursor)? })
}

/// Takes `, words n unit`, if it is there.
fn after_comma(cursor: &mut Cursor, words: &'static str) -> Result<Option<Duration>, ParseError> {
    cursor.note("','");
    let is_next = cursor.is(&Token::Comma) && cursor.are_words(1, words);
    if !is_next {
        return Ok(None);
    }
    cursor.next();
    optional(cursor, words)
}

/// Takes `words n unit`, if it is there.
pub(crate) fn optional(
    cursor: &mut Cursor,
    words: &'static str,
) -> Result<Option<Duration>, ParseError> {
    if cursor.eat_words(words) { duration(cursor).map(Some) } else { Ok(None) }
}

/// Takes `n unit`.
pub(crate) fn duration(cursor: &mut Cursor) -> Result<Duration, ParseError> {
    let count = cursor.count()?;
    cursor.note("a unit of time such as SECONDS");
    let unit = match &cursor.peek().token {
        Token::Word(Word { value, quote_style: None, .. }) => unit(value),
        _ => None,
    };
    let Some(unit) = unit else { return Err(cursor.unexpected()) };
    cursor.next();
    Ok(Duration { count, unit })
}

fn unit(word: &str) -> Option<TimeUnit> {
    match word.to_ascii_uppercase().as_str() {
        "MILLISECOND" | "MILLISECONDS" => Some(TimeUnit::Milliseconds),
        "SECOND" | "SECONDS" => Some(TimeUnit::Seconds),
        "MINUTE" | "MINUTES" => Some(TimeUnit::Minutes),
        "HOUR" | "HOURS" => Some(TimeUnit::Hours),
        "DAY" | "DAYS" => Some(TimeUnit::Days),
        _ => None,
    }
}

/// Takes what follows WITHIN.
pub(crate) fn within(cursor: &mut Cursor) -> Result<Within, ParseError> {
    let (before, after, symmetric) = if cursor.eat(&Token::LParen) {
        let before = duration(cursor)?;
        cursor.expect(&Token::Comma)?;
        let after = duration(cursor)?;
        cursor.expect(&Token::RParen)?;
        (before, after, false)
    } else {
        let both = duration(cursor)?;
        (both, both, true)
    };
    let grace = optional(cursor, "GRACE PERIOD")?;
    Ok(Within { before, after, symmetric, grace })
}
