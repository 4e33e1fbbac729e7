//! Patterns, from text to parts.

use crate::types::datetime::DateTimeError;
use crate::types::datetime::item::{DIGITS_MAX, Item, Number, letters};

/// The longest pattern, in bytes.
const PATTERN_SIZE_MAX: usize = 4096;
/// How deep optional parts may be nested.
const DEPTH_MAX: usize = 32;

/// Compiles a pattern.
pub(super) fn compile(pattern: &str) -> Result<Vec<Item>, DateTimeError> {
    if PATTERN_SIZE_MAX < pattern.len() {
        return Err(DateTimeError::PatternTooLarge);
    }
    let mut compiler =
        Compiler { pattern, rest: pattern, open: Vec::new(), items: Items::default() };
    while let Some(c) = compiler.rest.chars().next() {
        compiler.next(c)?;
    }
    // What is open at the end is closed there.
    while compiler.close() {}
    Ok(compiler.items.list)
}

struct Compiler<'a> {
    pattern: &'a str,
    rest: &'a str,
    /// The parts before each optional part that is open.
    open: Vec<Items>,
    items: Items,
}

/// Parts in order.
#[derive(Default)]
struct Items {
    list: Vec<Item>,
    /// The number that numbers of a fixed width right behind it take digits from.
    adjacent: Option<usize>,
}

impl Compiler<'_> {
    fn next(&mut self, c: char) -> Result<(), DateTimeError> {
        match c {
            'a'..='z' | 'A'..='Z' => return self.letters(c),
            '\'' => return self.quoted(),
            '[' if self.open.len() == DEPTH_MAX => return Err(DateTimeError::PatternTooLarge),
            '[' => {
                // An optional part begins anew; nothing in it takes digits from before it.
                self.items.adjacent = None;
                self.open.push(std::mem::take(&mut self.items));
            }
            ']' if !self.close() => return Err(DateTimeError::UnmatchedBracket),
            ']' => {}
            '{' | '}' | '#' => return Err(DateTimeError::ReservedCharacter(c)),
            _ => self.items.literal(c),
        }
        self.rest = &self.rest[c.len_utf8()..];
        Ok(())
    }

    fn close(&mut self) -> bool {
        let Some(outer) = self.open.pop() else { return false };
        let inner = std::mem::replace(&mut self.items, outer);
        self.items.list.push(Item::Optional(inner.list));
        true
    }

    fn letters(&mut self, letter: char) -> Result<(), DateTimeError> {
        let count = self.run(letter);
        if letter != 'p' {
            self.items.push(letters(letter, count)?);
            return Ok(());
        }
        let padded = self.rest.chars().next().filter(char::is_ascii_alphabetic);
        let wrong = || DateTimeError::Pad(self.pattern.to_owned());
        let (Some(letter), Ok(width)) = (padded.filter(|l| *l != 'p'), u8::try_from(count)) else {
            return Err(wrong());
        };
        let count = self.run(letter);
        let item = letters(letter, count)?;
        self.items.adjacent = None;
        self.items.list.push(Item::Padded(width, Box::new(item)));
        Ok(())
    }

    /// Takes a run of one letter, and returns how long it is.
    fn run(&mut self, letter: char) -> usize {
        let rest = self.rest.trim_start_matches(letter);
        let count = self.rest.len() - rest.len();
        self.rest = rest;
        count
    }

    fn quoted(&mut self) -> Result<(), DateTimeError> {
        let mut text = String::new();
        let mut chars = self.rest[1..].char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if c != '\'' {
                text.push(c);
            } else if chars.next_if(|(_, next)| *next == '\'').is_some() {
                text.push('\'');
            } else {
                self.rest = &self.rest[at + 2..];
                // Two quotes with nothing between them are a quote.
                let text = if text.is_empty() { "'" } else { &text };
                text.chars().for_each(|c| self.items.literal(c));
                return Ok(());
            }
        }
        Err(DateTimeError::OpenQuote(self.pattern.to_owned()))
    }
}

impl Items {
    fn literal(&mut self, c: char) {
        self.adjacent = None;
        if let Some(Item::Literal(text)) = self.list.last_mut() {
            *text = format!("{text}{c}").into();
        } else {
            self.list.push(Item::Literal(c.to_string().into()));
        }
    }

    /// Appends a part. A number of a fixed width right behind another number reserves its digits there, so that
    /// `yyyyMMdd` reads a year of four digits out of eight.
    fn push(&mut self, item: Item) {
        let width = match &item {
            Item::Number(number) if number.is_fixed() => Some(number.max),
            Item::TwoDigitYear(_) => Some(2),
            Item::Fraction(width) => Some(*width),
            _ => None,
        };
        match (self.adjacent, width) {
            (Some(first), Some(width)) => {
                if let Item::Number(first) = &mut self.list[first] {
                    first.reserved = first.reserved.saturating_add(width).min(DIGITS_MAX);
                }
            }
            (None, None) | (None, Some(_)) | (Some(_), None) => {
                let takes = |number: &Number| number.min < number.max || number.is_fixed();
                let is_number = matches!(&item, Item::Number(number) if takes(number))
                    || matches!(&item, Item::TwoDigitYear(_) | Item::Fraction(_));
                self.adjacent = is_number.then_some(self.list.len());
            }
        }
        self.list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, want: &str) {
        let got = compile(pattern).map_or_else(|e| e.to_string(), |items| items.len().to_string());
        assert_eq!(got, want);
    }

    #[test]
    fn refuses_what_java_refuses() {
        check("yyyy-MM-dd'T'HH:mm:ss.SSSX", "14");
        check("[HH[:mm]]x", "2");
        check("''''", "1");
        check("b", "Unknown pattern letter: b");
        check("ddd", "Too many pattern letters: d");
        check("V", "Too many pattern letters: V");
        check("MMMMMM", "Too many pattern letters: M");
        check("yyyy]", "Pattern invalid as it contains ] without previous [");
        check("'T", "Pattern ends with an incomplete string literal: 'T");
        check("yyyy#", "Pattern includes reserved character: '#'");
        check("pp", "Pad letter 'p' must be followed by valid pad pattern: pp");
        check(&"[".repeat(100), "Pattern is too long or nested too deep");
        check(&"y".repeat(5000), "Pattern is too long or nested too deep");
        check(&"y".repeat(300), "Too many pattern letters: y");
    }
}
