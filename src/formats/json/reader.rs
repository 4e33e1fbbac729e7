//! A pull reader of JSON over bytes: it checks the grammar as it goes and copies nothing.

use super::fault::Fault;
use super::number::leading_digits;
use super::scan::{has_control, plain_text_end, quote_or_backslash};

/// How deep arrays and objects may nest.
pub(super) const NESTING_MAX: u32 = 500;

/// Reads a document from its start to its end.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

/// Text between quotes, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Text<'a> {
    /// Without the quotes.
    pub(super) raw: &'a [u8],
    /// Whether it is ASCII; if not, whether it is UTF-8 has not been checked.
    pub(super) is_ascii: bool,
    /// Whether there are backslashes in it; each begins a well-formed escape.
    pub(super) is_escaped: bool,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Null,
    Boolean(bool),
    /// A number, as it is written.
    Number(&'a [u8]),
    Text(Text<'a>),
    /// An array; the reader stands at its bracket.
    Array,
    /// An object; the reader stands at its brace.
    Object,
}

impl<'a> Reader<'a> {
    /// Stands at the start of bytes, behind a byte order mark.
    #[inline]
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let at = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Reader { bytes, at, depth: 0 }
    }

    /// Returns where it stands.
    #[inline]
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Returns the bytes from a place to where it stands.
    #[inline]
    pub(super) fn since(&self, start: usize) -> &'a [u8] {
        &self.bytes[start..self.at]
    }

    /// Returns the bytes that follow.
    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// Returns the next byte; zero, which no JSON has, at the end.
    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// Goes on over bytes that are known to be there.
    #[inline]
    pub(super) fn skip_bytes(&mut self, count: usize) {
        self.at += count;
    }

    /// Goes on over white space and returns the next byte; zero at the end.
    #[inline]
    pub(super) fn peek_token(&mut self) -> u8 {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
        self.peek()
    }

    /// Makes a fault of where it stands.
    #[cold]
    pub(super) fn malformed(&self, what: &str) -> Fault {
        let ended = if self.at < self.bytes.len() { "" } else { ", but the text ends" };
        Fault::new(format!("malformed JSON at byte {}: {what}{ended}", self.at))
    }

    /// Reads what must be there: a colon, a comma, a bracket.
    #[inline]
    fn expect(&mut self, byte: u8, what: &str) -> Result<(), Fault> {
        if self.peek_token() != byte {
            return Err(self.malformed(what));
        }
        self.at += 1;
        Ok(())
    }

    /// Checks that nothing follows.
    #[inline]
    pub(super) fn expect_end(&mut self) -> Result<(), Fault> {
        self.peek_token();
        if self.at < self.bytes.len() {
            return Err(self.malformed("nothing can follow the value"));
        }
        Ok(())
    }

    /// Enters an array or an object at its bracket.
    #[inline]
    pub(super) fn enter(&mut self) -> Result<(), Fault> {
        self.descend()?;
        self.at += 1;
        Ok(())
    }

    /// Enters an array or an object, but stays at its bracket.
    #[inline]
    pub(super) fn descend(&mut self) -> Result<(), Fault> {
        if NESTING_MAX <= self.depth {
            return Err(self.malformed("arrays and objects nest deeper than 500 levels"));
        }
        self.depth += 1;
        Ok(())
    }

    /// Goes to the next element of an array, or leaves it and tells that there is none.
    #[inline]
    pub(super) fn next_element(&mut self, is_first: bool) -> Result<bool, Fault> {
        self.next(b']', is_first, "a comma or ']' must follow an element")
    }

    /// Goes to the next key of an object, or leaves it and tells that there is none.
    #[inline]
    pub(super) fn next_key(&mut self, is_first: bool) -> Result<bool, Fault> {
        self.next(b'}', is_first, "a comma or '}' must follow a value")
    }

    #[inline]
    fn next(&mut self, close: u8, is_first: bool, what: &str) -> Result<bool, Fault> {
        let byte = self.peek_token();
        if byte == close {
            self.at += 1;
            self.depth -= 1;
            return Ok(false);
        }
        if is_first {
            return Ok(true);
        }
        self.expect(b',', what)?;
        Ok(true)
    }

    /// Reads a key and its colon, up to the value.
    pub(super) fn key(&mut self) -> Result<Text<'a>, Fault> {
        if self.peek_token() != b'"' {
            return Err(self.malformed("a key in quotes is expected"));
        }
        let key = self.text()?;
        self.expect(b':', "a colon must follow a key")?;
        self.peek_token();
        Ok(key)
    }

    /// Reads text at its first quote.
    #[inline(always)]
    pub(super) fn text(&mut self) -> Result<Text<'a>, Fault> {
        let start = self.at + 1;
        if let Some(end) = plain_text_end(self.bytes, start) {
            self.at = end + 1;
            return Ok(Text { raw: &self.bytes[start..end], is_ascii: true, is_escaped: false });
        }
        self.odd_text(start)
    }

    /// Reads text that has escapes in it, or is not ASCII, or is malformed.
    fn odd_text(&mut self, start: usize) -> Result<Text<'a>, Fault> {
        let mut is_escaped = false;
        self.at = start;
        loop {
            let run = self.at;
            self.at = quote_or_backslash(self.bytes, run).unwrap_or(self.bytes.len());
            let plain = &self.bytes[run..self.at];
            if has_control(plain) {
                self.at = run + plain.iter().take_while(|byte| b' ' <= **byte).count();
                return Err(self.malformed("a control character in text must be escaped"));
            }
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(_) => self.escape()?,
                None => return Err(self.malformed("a quote must end the text")),
            }
            is_escaped = true;
        }
        let raw = &self.bytes[start..self.at];
        self.at += 1;
        Ok(Text { raw, is_ascii: raw.is_ascii(), is_escaped })
    }

    fn escape(&mut self) -> Result<(), Fault> {
        self.at += 1;
        match self.peek() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
            b'u' => {
                let digits = self.bytes.get(self.at + 1..self.at + 5);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(self.malformed("four hexadecimal digits must follow '\\u'"));
                }
                self.at += 5;
            }
            _ => return Err(self.malformed("no such escape")),
        }
        Ok(())
    }

    /// Reads a value; of an array or an object, nothing yet.
    pub(super) fn token(&mut self) -> Result<Token<'a>, Fault> {
        Ok(match self.peek_token() {
            b'"' => Token::Text(self.text()?),
            b'[' => Token::Array,
            b'{' => Token::Object,
            b'n' => self.literal(b"null", Token::Null)?,
            b't' => self.literal(b"true", Token::Boolean(true))?,
            b'f' => self.literal(b"false", Token::Boolean(false))?,
            _ => Token::Number(self.number()?),
        })
    }

    /// Goes on over a word, if it is there.
    #[inline]
    pub(super) fn skip_word(&mut self, word: &[u8]) -> bool {
        let is_there = self.rest().starts_with(word);
        if is_there {
            self.at += word.len();
        }
        is_there
    }

    #[inline]
    fn literal(&mut self, word: &[u8], token: Token<'a>) -> Result<Token<'a>, Fault> {
        if !self.skip_word(word) {
            return Err(self.malformed("a value is expected"));
        }
        Ok(token)
    }

    /// Reads a number by JSON's grammar.
    #[inline]
    fn number(&mut self) -> Result<&'a [u8], Fault> {
        let start = self.at;
        if self.peek() == b'-' {
            self.at += 1;
        }
        match self.peek() {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            _ => return Err(self.malformed("a value is expected")),
        }
        if self.peek() == b'.' {
            self.at += 1;
            self.some_digits()?;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            self.some_digits()?;
        }
        Ok(&self.bytes[start..self.at])
    }

    #[inline]
    fn digits(&mut self) {
        self.at += leading_digits(self.rest());
    }

    fn some_digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.digits();
        if self.at == start {
            return Err(self.malformed("a digit is expected"));
        }
        Ok(())
    }

    /// Goes on over a value, whatever it is.
    #[inline]
    pub(super) fn skip_value(&mut self) -> Result<(), Fault> {
        let rest = self.rest();
        match rest.first() {
            Some(b'"') => return self.text().map(drop),
            Some(b'1'..=b'9') => {
                let count = leading_digits(rest);
                if let Some(b',' | b'}' | b']') = rest.get(count) {
                    self.at += count;
                    return Ok(());
                }
            }
            _ => {}
        }
        self.skip_any_value()
    }

    fn skip_any_value(&mut self) -> Result<(), Fault> {
        match self.token()? {
            Token::Array => self.skip_array(),
            Token::Object => self.skip_object(),
            Token::Null | Token::Boolean(_) | Token::Number(_) | Token::Text(_) => Ok(()),
        }
    }

    fn skip_array(&mut self) -> Result<(), Fault> {
        self.enter()?;
        let mut is_first = true;
        while self.next_element(is_first)? {
            self.skip_value()?;
            is_first = false;
        }
        Ok(())
    }

    fn skip_object(&mut self) -> Result<(), Fault> {
        self.enter()?;
        let mut is_first = true;
        while self.next_key(is_first)? {
            self.key()?;
            self.skip_value()?;
            is_first = false;
        }
        Ok(())
    }
}
