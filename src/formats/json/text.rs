//! Text of JSON: out of its escapes, into its escapes, and whole values as text.

use std::borrow::Cow;
use std::collections::HashMap;

use super::fault::Fault;
use super::reader::{Reader, Text, Token};
use super::scan::{may_need_escape, needs_escape};
use crate::formats::numbers::Written;

impl Text<'_> {
    /// Appends what the text stands for; it is UTF-8 then.
    #[inline]
    pub(super) fn push_to(&self, out: &mut Vec<u8>) -> Result<(), Fault> {
        if !self.is_ascii {
            self.check_utf8()?;
        }
        if self.is_escaped {
            unescape(self.raw, out);
        } else {
            out.extend_from_slice(self.raw);
        }
        Ok(())
    }

    /// Returns what the text stands for, whether it is UTF-8 or not.
    pub(super) fn unescaped(&self) -> Cow<'_, [u8]> {
        if !self.is_escaped {
            return Cow::Borrowed(self.raw);
        }
        let mut plain = Vec::with_capacity(self.raw.len());
        unescape(self.raw, &mut plain);
        Cow::Owned(plain)
    }

    fn check_utf8(&self) -> Result<(), Fault> {
        match std::str::from_utf8(self.raw) {
            Ok(_) => Ok(()),
            Err(error) => {
                let place = error.valid_up_to();
                Err(Fault::of_value(format!("text is not UTF-8 from its byte {place} on")))
            }
        }
    }
}

/// Appends text whose escapes are well-formed. Half a surrogate pair becomes U+FFFD.
#[cold]
fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(slash) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..slash]);
        let escape = rest[slash + 1];
        rest = &rest[slash + 2..];
        let plain = match escape {
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                rest = unescape_unicode(rest, out);
                continue;
            }
            other => other,
        };
        out.push(plain);
    }
    out.extend_from_slice(rest);
}

/// Appends the character whose four digits begin the rest, and returns what follows it.
fn unescape_unicode<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let (first, mut rest) = (hex(rest), &rest[4..]);
    let mut code = first;
    if (0xD800..0xDC00).contains(&first) && rest.starts_with(b"\\u") {
        let second = hex(&rest[2..]);
        if (0xDC00..0xE000).contains(&second) {
            code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            rest = &rest[6..];
        }
    }
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    rest
}

fn hex(digits: &[u8]) -> u32 {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).unwrap_or(0);
    digits.iter().take(4).fold(0, |value, byte| value * 16 + digit(byte))
}

/// Appends text in quotes, escaped as Jackson does.
#[inline]
pub(super) fn write_text(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    if may_need_escape(text) {
        write_escaped(text, out);
    } else {
        out.extend_from_slice(text);
    }
    out.push(b'"');
}

fn write_escaped(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(count) = rest.iter().position(|byte| needs_escape(*byte)) {
        out.extend_from_slice(&rest[..count]);
        write_escape(rest[count], out);
        rest = &rest[count + 1..];
    }
    out.extend_from_slice(rest);
}

fn write_escape(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0C => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            out.extend_from_slice(b"\\u00");
            out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            return;
        }
    };
    out.extend([b'\\', short]);
}

/// Appends a value as a VARCHAR has it: text as it is, an array as `[a, b]`, an object as JSON without white space.
pub(super) fn push_as_text(
    token: Token<'_>,
    reader: &mut Reader<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    match token {
        Token::Null => out.extend_from_slice(b"null"),
        Token::Boolean(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        Token::Number(text) => push_number(text, out),
        Token::Text(text) => text.push_to(out)?,
        Token::Object => write_value(Token::Object, reader, out)?,
        Token::Array => {
            out.push(b'[');
            reader.enter()?;
            let mut is_first = true;
            while reader.next_element(is_first)? {
                if !is_first {
                    out.extend_from_slice(b", ");
                }
                is_first = false;
                let element = reader.token()?;
                push_as_text(element, reader, out)?;
            }
            out.push(b']');
        }
    }
    Ok(())
}

fn push_number(text: &[u8], out: &mut Vec<u8>) {
    if let Some(written) = Written::parse(text) {
        written.write_java(out);
    }
}

/// Appends a value as JSON without white space; of keys that occur twice the last value counts, at the first place.
fn write_value(token: Token<'_>, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    match token {
        Token::Null | Token::Boolean(_) | Token::Number(_) => push_as_text(token, reader, out),
        Token::Text(text) => {
            let mut plain = Vec::with_capacity(text.raw.len());
            text.push_to(&mut plain)?;
            write_text(&plain, out);
            Ok(())
        }
        Token::Array => {
            out.push(b'[');
            reader.enter()?;
            let mut is_first = true;
            while reader.next_element(is_first)? {
                if !is_first {
                    out.push(b',');
                }
                is_first = false;
                let element = reader.token()?;
                write_value(element, reader, out)?;
            }
            out.push(b']');
            Ok(())
        }
        Token::Object => {
            out.push(b'{');
            for (place, (key, mut value)) in last_entries(reader)?.into_iter().enumerate() {
                if 0 < place {
                    out.push(b',');
                }
                write_text(&key, out);
                out.push(b':');
                let token = value.token()?;
                write_value(token, &mut value, out)?;
            }
            out.push(b'}');
            Ok(())
        }
    }
}

/// Reads an object to its end; returns each key once, with a reader that stands at its last value.
pub(super) fn last_entries<'a>(
    reader: &mut Reader<'a>,
) -> Result<Vec<(Vec<u8>, Reader<'a>)>, Fault> {
    let mut entries: Vec<(Vec<u8>, Reader<'a>)> = Vec::new();
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    reader.enter()?;
    let mut is_first = true;
    while reader.next_key(is_first)? {
        is_first = false;
        let mut key = Vec::new();
        reader.key()?.push_to(&mut key)?;
        let value = reader.clone();
        reader.skip_value()?;
        match places.get(&key) {
            Some(place) => entries[*place].1 = value,
            None => {
                places.insert(key.clone(), entries.len());
                entries.push((key, value));
            }
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, want: &str) {
        let mut reader = Reader::new(json.as_bytes());
        let mut out = Vec::new();
        let token = reader.token().unwrap();
        push_as_text(token, &mut reader, &mut out).unwrap();
        reader.expect_end().unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), want);
    }

    #[test]
    fn any_value_is_text() {
        check(r#""a\"b\\c\/d\u00e4\uD83D\uDE00\n""#, "a\"b\\c/dä😀\n");
        check(r#""\ud800x\udc00\ud800\ud800\udc00""#, "\u{FFFD}x\u{FFFD}\u{FFFD}\u{10000}");
        check("true", "true");
        check("-0", "0");
        check("1.50", "1.50");
        check("1e3", "1E+3");
        check(r#"[1,"a", null,[true], {"x" : 1}]"#, r#"[1, a, null, [true], {"x":1}]"#);
        check(
            r#"{ "b" : [1, 2.0] , "a": "q\"\u0001", "b": { } , "n" :null}"#,
            r#"{"b":{},"a":"q\"\u0001","n":null}"#,
        );
    }
}
