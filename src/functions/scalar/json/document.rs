//! Reads JSON and writes it compactly. As in ksqlDB, what follows the first value of a text is not looked at.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;

use crate::functions::scalar::json::number::{NumberStyle, write_number};

/// How deep arrays and objects may be nested.
const DEPTH_MAX: usize = 500;

/// A JSON value; numbers keep their digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number as it is written.
    Number(&'a str),
    /// A text.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object, in the order of its keys, each of which it has once.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// Reads the first value of a text; none if there is nothing but white space.
    pub(super) fn parse(text: &'a str) -> Result<Option<Self>, String> {
        let mut reader = Reader::new(text);
        if reader.is_at_end() {
            return Ok(None);
        }
        let value =
            reader.value(0).map_err(|reason| format!("Invalid JSON format:{text}: {reason}"))?;
        if matches!(value, Json::Number(_)) && reader.is_inside_word() {
            return Err(format!("Invalid JSON format:{text}: the number does not end"));
        }
        Ok(Some(value))
    }

    /// Returns the value of a key, if this is an object that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Json<'a>> {
        match self {
            Json::Object(entries) => {
                entries.iter().find(|(known, _)| known == key).map(|(_, value)| value)
            }
            Json::Null | Json::Boolean(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
                None
            }
        }
    }

    /// Returns the text of a string, or any other value as JSON.
    pub(super) fn to_text(&self) -> String {
        match self {
            Json::String(text) => text.clone().into_owned(),
            other => other.to_json(NumberStyle::Java),
        }
    }

    /// Writes the value without white space.
    pub(super) fn to_json(&self, style: NumberStyle) -> String {
        let mut out = String::new();
        self.write(style, &mut out);
        out
    }

    fn write(&self, style: NumberStyle, out: &mut String) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
            Json::Number(digits) => write_number(digits, style, out),
            Json::String(text) => write_string(text, out),
            Json::Array(values) => {
                out.push('[');
                for (i, value) in values.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { "," });
                    value.write(style, out);
                }
                out.push(']');
            }
            Json::Object(entries) => {
                out.push('{');
                for (i, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { "," });
                    write_string(key, out);
                    out.push(':');
                    value.write(style, out);
                }
                out.push('}');
            }
        }
    }
}

/// Writes a text between quotation marks.
pub(super) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{C}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => {
                write!(out, "\\u{:04X}", u32::from(c)).expect("a string takes all that is written");
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Reads values from left to right.
pub(super) struct Reader<'a> {
    text: &'a str,
    place: usize,
}

impl<'a> Reader<'a> {
    /// Begins at the start of a text.
    pub(super) fn new(text: &'a str) -> Self {
        Reader { text, place: 0 }
    }

    /// Tells whether only white space is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.skip_space();
        self.place == self.text.len()
    }

    fn is_inside_word(&self) -> bool {
        self.text[self.place..]
            .chars()
            .next()
            .is_some_and(|c| !matches!(c, ' ' | '\t' | '\n' | '\r'))
    }

    fn skip_space(&mut self) {
        let bytes = &self.text.as_bytes()[self.place..];
        self.place +=
            bytes.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.place).copied()
    }

    /// Takes a character, if it comes next after white space.
    pub(super) fn accept(&mut self, byte: u8) -> bool {
        self.skip_space();
        let is_next = self.peek() == Some(byte);
        self.place += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Result<(), String> {
        if self.accept(byte) { Ok(()) } else { Err(format!("'{}' is missing", char::from(byte))) }
    }

    /// Reads a value.
    pub(super) fn value(&mut self, depth: usize) -> Result<Json<'a>, String> {
        if depth == DEPTH_MAX {
            return Err(format!("it is nested deeper than {DEPTH_MAX}"));
        }
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(Json::Number),
            Some(b't') => self.word("true", Json::Boolean(true)),
            Some(b'f') => self.word("false", Json::Boolean(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(_) => Err("a value begins with an unknown character".to_owned()),
            None => Err("it ends too early".to_owned()),
        }
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Result<Json<'a>, String> {
        let rest = &self.text[self.place..];
        let is_longer = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        match rest.strip_prefix(word) {
            Some(rest) if !is_longer(rest) => {
                self.place += word.len();
                Ok(value)
            }
            _ => Err("a word is unknown".to_owned()),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json<'a>, String> {
        self.expect(b'[')?;
        let mut values = Vec::new();
        while !self.accept(b']') {
            if !values.is_empty() {
                self.expect(b',')?;
            }
            values.push(self.value(depth + 1)?);
        }
        Ok(Json::Array(values))
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, String> {
        self.expect(b'{')?;
        let mut entries: Vec<(Cow<'a, str>, Json<'a>)> = Vec::new();
        let mut places: HashMap<Cow<'a, str>, usize> = HashMap::new();
        let mut is_first = true;
        while !self.accept(b'}') {
            if !is_first {
                self.expect(b',')?;
            }
            is_first = false;
            self.skip_space();
            let key = self.string()?;
            self.expect(b':')?;
            let value = self.value(depth + 1)?;
            // The last of equal keys counts, at the place of the first.
            match places.get(&key) {
                Some(place) => entries[*place].1 = value,
                None => {
                    places.insert(key.clone(), entries.len());
                    entries.push((key, value));
                }
            }
        }
        Ok(Json::Object(entries))
    }

    fn number(&mut self) -> Result<&'a str, String> {
        let start = self.place;
        self.place += usize::from(self.peek() == Some(b'-'));
        let whole = self.digits();
        if whole == 0 || 1 < whole && self.text.as_bytes()[self.place - whole] == b'0' {
            return Err("a number has no digits or begins with 0".to_owned());
        }
        if self.peek() == Some(b'.') {
            self.place += 1;
            self.some_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.place += 1;
            self.place += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.some_digits()?;
        }
        Ok(&self.text[start..self.place])
    }

    fn digits(&mut self) -> usize {
        let bytes = &self.text.as_bytes()[self.place..];
        let count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.place += count;
        count
    }

    fn some_digits(&mut self) -> Result<(), String> {
        if self.digits() == 0 { Err("a number lacks digits".to_owned()) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, String> {
        if self.peek() != Some(b'"') {
            return Err("a text is missing".to_owned());
        }
        self.place += 1;
        let start = self.place;
        let plain = memchr::memchr2(b'"', b'\\', &self.text.as_bytes()[start..]);
        let end = start + plain.ok_or("a text does not end")?;
        check_controls(&self.text[start..end])?;
        self.place = end;
        if self.peek() == Some(b'"') {
            self.place += 1;
            return Ok(Cow::Borrowed(&self.text[start..end]));
        }
        self.escaped_string(self.text[start..end].to_owned()).map(Cow::Owned)
    }

    /// Reads on after the first escape.
    fn escaped_string(&mut self, mut out: String) -> Result<String, String> {
        loop {
            let rest = &self.text[self.place..];
            let plain =
                memchr::memchr2(b'"', b'\\', rest.as_bytes()).ok_or("a text does not end")?;
            check_controls(&rest[..plain])?;
            out.push_str(&rest[..plain]);
            self.place += plain + 1;
            if rest.as_bytes()[plain] == b'"' {
                return Ok(out);
            }
            let escaped = self.peek().ok_or("a text does not end")?;
            self.place += 1;
            out.push(match escaped {
                b'"' | b'\\' | b'/' => char::from(escaped),
                b'b' => '\u{8}',
                b'f' => '\u{C}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => self.unicode_escape()?,
                _ => return Err("a text has an unknown escape".to_owned()),
            });
        }
    }

    /// Half a character, which Java would keep, becomes a question mark.
    fn unicode_escape(&mut self) -> Result<char, String> {
        let high = self.code_unit()?;
        if !(0xD800..0xDC00).contains(&high) || !self.text[self.place..].starts_with("\\u") {
            return Ok(char::from_u32(high).unwrap_or('?'));
        }
        let place = self.place;
        self.place += 2;
        let low = self.code_unit()?;
        if (0xDC00..0xE000).contains(&low) {
            let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            return Ok(char::from_u32(code).unwrap_or('?'));
        }
        self.place = place;
        Ok('?')
    }

    fn code_unit(&mut self) -> Result<u32, String> {
        let digits = self.text.get(self.place..self.place + 4);
        let is_digits = |digits: &&str| digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let code = digits.filter(is_digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.place += 4;
        code.ok_or_else(|| "an escape lacks digits".to_owned())
    }
}

fn check_controls(text: &str) -> Result<(), String> {
    if text.bytes().any(|byte| byte < b' ') {
        return Err("a text has a control character".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let got = match Json::parse(text) {
            Ok(None) => "nothing".to_owned(),
            Ok(Some(value)) => value.to_json(NumberStyle::Java),
            Err(_) => "error".to_owned(),
        };
        assert_eq!(got, want);
    }

    #[test]
    fn reads_and_writes() {
        check(
            r#" {"a" : [1, 2.50 , true,null], "b":"x\ty\u00e9\uD83D\uDE00/"}} "#,
            r#"{"a":[1,2.50,true,null],"b":"x\tyé😀/"}"#,
        );
        check(r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#);
        check("[]", "[]");
        check("  ", "nothing");
        check("1 2", "1");
        check(r#""\ud83d""#, r#""?""#);
    }

    #[test]
    fn refuses() {
        for text in [
            "abc",
            "[1",
            "[1,]",
            "{a:1}",
            "01",
            "1.",
            "1a",
            "\"",
            "\"\u{1}\"",
            r#""\x""#,
            "nulls",
            "-",
            r#""\u12"#,
        ] {
            check(text, "error");
        }
        check(&"[".repeat(100_000), "error");
    }
}
