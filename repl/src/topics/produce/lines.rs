//! Lines of a file, with their numbers.

use std::io::{self, BufRead, BufReader, Read};

use crate::topics::produce::records::Bad;

/// The longest line, or quoted column, that is taken; a longer one is not a record.
const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Reads lines, without what ends them.
pub(super) struct Lines<R> {
    source: BufReader<R>,
    line_count: u64,
    byte_count: u64,
}

impl<R: Read> Lines<R> {
    /// Begins at the first line.
    pub(super) fn new(source: BufReader<R>) -> Self {
        Lines { source, line_count: 0, byte_count: 0 }
    }

    /// Returns how many lines were read, which is the number of the last one.
    pub(super) fn line_count(&self) -> u64 {
        self.line_count
    }

    /// Returns how many bytes were read.
    pub(super) fn byte_count(&self) -> u64 {
        self.byte_count
    }

    /// Tells whether the next line may have to be waited for: no whole one has been read ahead.
    pub(super) fn would_wait(&self) -> bool {
        !self.source.buffer().contains(&b'\n')
    }

    /// Appends the next line to `line`, with its line break; tells whether there was one.
    pub(super) fn append(&mut self, line: &mut Vec<u8>) -> Result<bool, Bad> {
        let before = line.len();
        let limit = LINE_BYTES_MAX.saturating_sub(before) as u64;
        let read = self.source.by_ref().take(limit).read_until(b'\n', line);
        let length = read.map_err(|error| self.broken(error))?;
        if length == 0 {
            return Ok(false);
        }
        self.line_count += 1;
        self.byte_count += length as u64;
        if LINE_BYTES_MAX <= line.len() {
            let reason = format!("it is longer than {} MiB", LINE_BYTES_MAX / 1024 / 1024);
            return Err(Bad::fatal(self.line_count, reason));
        }
        Ok(true)
    }

    fn broken(&self, error: io::Error) -> Bad {
        Bad::fatal(self.line_count + 1, format!("cannot be read: {error}"))
    }
}

/// Takes the line break off.
pub(super) fn without_break(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
