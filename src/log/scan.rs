//! Going through a segment batch by batch, in large reads.

use std::io;

use super::batch::LENGTH_PREFIX;
use super::{BatchHeader, BatchView};
use crate::disk::DiskFile;

/// How much is read at once: large enough to be fast, small enough to stay in the CPU's cache.
const READ_BYTES: usize = 256 * 1024;

/// Why a scan cannot go on.
#[derive(Debug)]
pub(super) enum ScanError {
    /// There is no whole batch at the position, though there are bytes.
    NoBatch,
    /// The disk failed.
    Disk(io::Error),
}

/// Goes through the batches between two positions of a file.
#[derive(Debug)]
pub(super) struct BatchScanner<'f> {
    file: &'f dyn DiskFile,
    position: u64,
    end: u64,
    buffer: Vec<u8>,
    /// Where in the file the buffer begins.
    buffer_position: u64,
}

impl<'f> BatchScanner<'f> {
    pub(super) fn new(file: &'f dyn DiskFile, position: u64, end: u64) -> Self {
        BatchScanner { file, position, end, buffer: Vec::new(), buffer_position: position }
    }

    /// Returns where the next batch begins.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Returns the next batch, not verified, and its position.
    pub(super) fn next(&mut self) -> Result<Option<(u64, BatchView<'_>)>, ScanError> {
        if self.end <= self.position {
            return Ok(None);
        }
        let left = self.end - self.position;
        let prefix = self.fill(LENGTH_PREFIX.min(left as usize))?;
        let length = prefix.get(8..LENGTH_PREFIX).ok_or(ScanError::NoBatch)?;
        let length = i32::from_be_bytes([length[0], length[1], length[2], length[3]]);
        let size = LENGTH_PREFIX as i64 + i64::from(length);
        if size < LENGTH_PREFIX as i64 || (left as i64) < size {
            return Err(ScanError::NoBatch);
        }
        let position = self.position;
        self.fill(size as usize)?;
        self.position += size as u64;
        let start = (position - self.buffer_position) as usize;
        let batch = BatchView::try_new(&self.buffer[start..start + size as usize]);
        match batch {
            Ok(batch) => Ok(Some((position, batch))),
            Err(_) => {
                self.position = position;
                Err(ScanError::NoBatch)
            }
        }
    }

    /// Makes sure that the buffer has `len` bytes from the position on, which the file has.
    fn fill(&mut self, len: usize) -> Result<&[u8], ScanError> {
        let start = (self.position - self.buffer_position) as usize;
        if self.buffer.len() < start + len {
            let left = (self.end - self.position) as usize;
            self.buffer.resize(len.max(READ_BYTES).min(left), 0);
            self.buffer_position = self.position;
            let read = self.file.read_at(&mut self.buffer, self.position);
            let read = read.map_err(ScanError::Disk)?;
            self.buffer.truncate(read);
            if read < len {
                return Err(ScanError::NoBatch);
            }
        }
        let start = (self.position - self.buffer_position) as usize;
        Ok(&self.buffer[start..])
    }
}

/// Finds the first whole batch with a valid checksum at or after a position, whose offsets come after `offset`.
///
/// Every byte may be where it begins: what stands before it is damaged.
pub(super) fn find_batch(
    file: &dyn DiskFile,
    from: u64,
    end: u64,
    offset: i64,
) -> io::Result<Option<u64>> {
    let mut position = from;
    let mut buffer = vec![0; READ_BYTES];
    while position < end {
        let len = file.read_at(&mut buffer, position)?.min((end - position) as usize);
        for start in 0..len {
            // Nearly every position is ruled out by the version at 16, without a read of its own.
            let is_ruled_out = buffer[..len].get(start + 16).is_some_and(|magic| *magic != 2);
            if !is_ruled_out && is_batch(file, position + start as u64, end, offset)? {
                return Ok(Some(position + start as u64));
            }
        }
        position += len.max(1) as u64;
    }
    Ok(None)
}

fn is_batch(file: &dyn DiskFile, position: u64, end: u64, offset: i64) -> io::Result<bool> {
    let mut front = [0; super::batch::HEADER_SIZE];
    if file.read_at(&mut front, position)? < front.len() {
        return Ok(false);
    }
    let Ok(header) = BatchHeader::try_decode(&front) else { return Ok(false) };
    let is_plausible = offset <= header.base_offset
        && header.base_offset - offset <= i64::from(i32::MAX)
        && header.size() as u64 <= end - position;
    if !is_plausible {
        return Ok(false);
    }
    let mut bytes = vec![0; header.size()];
    let len = file.read_at(&mut bytes, position)?;
    Ok(BatchView::try_new(&bytes[..len]).is_ok_and(|batch| batch.verify().is_ok()))
}
