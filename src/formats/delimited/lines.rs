//! The fields of delimited lines.

use std::ops::Range;

/// Why text is not lines of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LineError {
    #[error("(startline {0}) EOF reached before encapsulated token finished")]
    OpenQuote(usize),
    #[error("(line {0}) invalid char between encapsulated token and delimiter")]
    AfterQuote(usize),
}

/// Where a field's text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// In the payload, as it is.
    Plain(Range<usize>),
    /// In the buffer beside it: there were quotes in it.
    Unquoted(Range<usize>),
}

/// Reads lines field by field.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    delimiter: u8,
}

/// What ends a field.
#[derive(PartialEq, Eq)]
enum End {
    Delimiter,
    Line,
    Text,
}

const QUOTE: u8 = b'"';

impl<'a> Lines<'a> {
    /// Stands at the start of a payload.
    pub(super) fn new(bytes: &'a [u8], delimiter: u8) -> Self {
        Lines { bytes, at: 0, line: 1, delimiter }
    }

    /// Reads a line that is not empty; tells whether there was one.
    pub(super) fn next_line(
        &mut self,
        buffer: &mut Vec<u8>,
        mut take: impl FnMut(Field),
    ) -> Result<bool, LineError> {
        while self.skip_line_end() {}
        if self.bytes.len() <= self.at {
            return Ok(false);
        }
        loop {
            let field = match self.bytes.get(self.at) {
                Some(&QUOTE) => self.quoted(buffer)?,
                _ => self.plain(),
            };
            take(field);
            if self.end_of_field() != End::Delimiter {
                return Ok(true);
            }
        }
    }

    fn skip_line_end(&mut self) -> bool {
        let size = match self.bytes.get(self.at..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([b'\r' | b'\n', ..]) => 1,
            _ => return false,
        };
        self.at += size;
        self.line += 1;
        true
    }

    fn end_of_field(&mut self) -> End {
        if self.bytes.get(self.at) == Some(&self.delimiter) {
            self.at += 1;
            return End::Delimiter;
        }
        if self.skip_line_end() { End::Line } else { End::Text }
    }

    fn plain(&mut self) -> Field {
        let start = self.at;
        let rest = &self.bytes[start..];
        self.at += memchr::memchr3(self.delimiter, b'\r', b'\n', rest).unwrap_or(rest.len());
        Field::Plain(start..self.at)
    }

    /// Reads a field at its quote, up to what ends it.
    fn quoted(&mut self, buffer: &mut Vec<u8>) -> Result<Field, LineError> {
        let line = self.line;
        let start = buffer.len();
        self.at += 1;
        let mut has_quotes = false;
        let first = self.at;
        loop {
            let rest = &self.bytes[self.at..];
            let size = memchr::memchr(QUOTE, rest).ok_or(LineError::OpenQuote(line))?;
            buffer.extend_from_slice(&rest[..size]);
            self.at += size + 1;
            if self.bytes.get(self.at) != Some(&QUOTE) {
                break;
            }
            buffer.push(QUOTE);
            has_quotes = true;
            self.at += 1;
        }
        let text = first..self.at - 1;
        self.line += memchr::memchr_iter(b'\n', &self.bytes[text.clone()]).count();
        self.skip_to_end()?;
        if has_quotes {
            return Ok(Field::Unquoted(start..buffer.len()));
        }
        buffer.truncate(start);
        Ok(Field::Plain(text))
    }

    /// Goes over the white space between a closing quote and what ends the field.
    fn skip_to_end(&mut self) -> Result<(), LineError> {
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'\r' | b'\n' => break,
                _ if *byte == self.delimiter => break,
                b' ' | b'\t' | 0x0B | 0x0C | 0x1C..=0x1F => self.at += 1,
                _ => return Err(LineError::AfterQuote(self.line)),
            }
        }
        Ok(())
    }
}
