//! Records of columns. They are cut, not rewritten: what goes into the value is what stood in the file, quotes included.

use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;

use crate::topics::produce::lines::{Lines, without_break};
use crate::topics::produce::records::Bad;

/// How columns are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// What stands between two of them.
    pub(super) delimiter: u8,
    /// Whether a column in double quotes may hold delimiters and line breaks.
    pub(super) has_quotes: bool,
}

/// One record and where its columns are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Columns<'a> {
    text: &'a [u8],
    columns: Vec<Range<usize>>,
    dialect: Dialect,
}

/// Reads the lines of the next record into `text`; tells whether there was one. Blank lines are passed over.
pub(super) fn read_record<R: Read>(
    lines: &mut Lines<R>,
    dialect: Dialect,
    text: &mut Vec<u8>,
) -> Result<bool, Bad> {
    text.clear();
    while lines.append(text)? {
        if without_break(text).is_empty() {
            text.clear();
            continue;
        }
        let start = lines.line_count();
        while is_open(text, dialect) {
            let has_more = lines.append(text).map_err(|bad| bad.begun_at(start))?;
            if !has_more {
                return Err(Bad::fatal(start, "a quote is not closed".to_owned()));
            }
        }
        let length = without_break(text).len();
        text.truncate(length);
        return Ok(true);
    }
    Ok(false)
}

/// Tells whether the text ends in a quoted column.
fn is_open(text: &[u8], dialect: Dialect) -> bool {
    let Dialect { delimiter, has_quotes: true } = dialect else { return false };
    let mut state = State::Begin;
    for byte in text {
        state = state.after(*byte, delimiter);
    }
    state == State::Quoted
}

/// Where a byte of a record stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a column.
    Begin,
    /// In a column without quotes, or behind the quotes.
    Plain,
    /// In quotes.
    Quoted,
    /// Behind a quote in quotes: it ends them, unless another follows.
    Quote,
}

impl State {
    fn after(self, byte: u8, delimiter: u8) -> State {
        match (self, byte) {
            (State::Begin, b'"') | (State::Quote, b'"') => State::Quoted,
            (State::Quoted, b'"') => State::Quote,
            (State::Quoted, _) => State::Quoted,
            (State::Begin | State::Plain | State::Quote, byte) if byte == delimiter => State::Begin,
            (State::Begin | State::Plain | State::Quote, _) => State::Plain,
        }
    }
}

impl<'a> Columns<'a> {
    /// Cuts a record into its columns.
    pub(super) fn new(text: &'a [u8], dialect: Dialect) -> Self {
        let mut columns = Vec::new();
        let mut start = 0;
        let mut state = State::Begin;
        for (index, byte) in text.iter().enumerate() {
            let is_end = *byte == dialect.delimiter && state != State::Quoted;
            if dialect.has_quotes {
                state = state.after(*byte, dialect.delimiter);
            }
            if is_end {
                columns.push(start..index);
                start = index + 1;
            }
        }
        columns.push(start..text.len());
        Columns { text, columns, dialect }
    }

    /// Returns how many there are.
    pub(super) fn count(&self) -> usize {
        self.columns.len()
    }

    /// Returns what a column means: without its quotes.
    pub(super) fn meaning(&self, index: usize) -> Option<Cow<'a, [u8]>> {
        let column = &self.text[self.columns.get(index)?.clone()];
        let inner = column.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
        match inner {
            Some(inner) if self.dialect.has_quotes => Some(Cow::Owned(undouble(inner))),
            _ => Some(Cow::Borrowed(column)),
        }
    }

    /// Returns the record without one column.
    pub(super) fn without(&self, index: usize) -> Vec<u8> {
        let rest = self.columns.iter().enumerate().filter(|(i, _)| *i != index);
        let columns: Vec<&[u8]> = rest.map(|(_, range)| &self.text[range.clone()]).collect();
        columns.join(&self.dialect.delimiter)
    }
}

fn undouble(inner: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(inner.len());
    let mut was_quote = false;
    for byte in inner {
        was_quote = *byte == b'"' && !was_quote;
        if !was_quote {
            bytes.push(*byte);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    const CSV: Dialect = Dialect { delimiter: b',', has_quotes: true };
    const TSV: Dialect = Dialect { delimiter: b'\t', has_quotes: false };

    #[track_caller]
    fn check(text: &str, dialect: Dialect, want: &[&[&str]]) {
        let mut lines = Lines::new(BufReader::with_capacity(3, text.as_bytes()));
        let mut record = Vec::new();
        let mut found = Vec::new();
        while read_record(&mut lines, dialect, &mut record).expect("well formed") {
            let columns = Columns::new(&record, dialect);
            let texts: Vec<String> = (0..columns.count())
                .filter_map(|index| columns.meaning(index))
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .collect();
            found.push(texts);
        }
        assert_eq!(found, want);
    }

    #[test]
    fn quotes_hold_delimiters_and_line_breaks() {
        check("a,b\r\n\nc,,\n", CSV, &[&["a", "b"], &["c", "", ""]]);
        check("\"a,\"\"b\"\"\n\",c\nd", CSV, &[&["a,\"b\"\n", "c"], &["d"]]);
        check("5\" pipe,\"\"\n", CSV, &[&["5\" pipe", ""]]);
        check("\"a\tb\n", TSV, &[&["\"a", "b"]]);
    }

    #[test]
    fn a_column_can_be_taken_out() {
        let columns = Columns::new(b"1,\"a,b\",x", CSV);
        assert_eq!(columns.without(0), b"\"a,b\",x");
        assert_eq!(columns.without(1), b"1,x");
        assert_eq!(columns.without(2), b"1,\"a,b\"");
        assert_eq!(columns.meaning(1).as_deref(), Some(b"a,b".as_slice()));
        assert_eq!(columns.meaning(3), None);
    }

    #[test]
    fn an_open_quote_is_named_by_its_line() {
        let mut lines = Lines::new(BufReader::new("a\n\"b\nc\n".as_bytes()));
        let mut record = Vec::new();
        assert_eq!(read_record(&mut lines, CSV, &mut record), Ok(true));
        let bad = read_record(&mut lines, CSV, &mut record);
        assert_eq!(bad, Err(Bad::fatal(2, "a quote is not closed".to_owned())));
    }
}
