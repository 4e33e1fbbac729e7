//! Producer ids, none of which is handed out twice: a file with the first that was never promised, and its checksum.

use std::path::Path;

use super::LogError;
use super::error::AtPath;
use crate::disk::{Disk, read_file, replace_file};

pub(super) const FILE: &str = "producer-ids";
/// How many ids are put aside with one write; those not handed out are lost at a restart.
const BLOCK: i64 = 1000;

/// Hands out producer ids.
#[derive(Debug)]
pub(super) struct ProducerIds {
    next: i64,
    /// The first id that the file does not promise.
    end: i64,
}

impl ProducerIds {
    /// Goes on after the ids that may have been handed out before.
    pub(super) fn load(disk: &dyn Disk, folder: &Path) -> Result<ProducerIds, LogError> {
        let path = folder.join(FILE);
        let bytes = read_file(disk, &path).at(&path)?;
        let next = parse(&bytes);
        let next = next.ok_or(LogError::DamagedFile { path, reason: "it is not a producer id" })?;
        Ok(ProducerIds { next, end: next })
    }

    /// Returns an id that was never used.
    pub(super) fn allocate(&mut self, disk: &dyn Disk, folder: &Path) -> Result<i64, LogError> {
        if self.next == self.end {
            store(disk, folder, self.end + BLOCK)?;
            self.end += BLOCK;
        }
        self.next += 1;
        Ok(self.next - 1)
    }
}

/// Writes the first id that was never handed out.
pub(super) fn store(disk: &dyn Disk, folder: &Path, id: i64) -> Result<(), LogError> {
    let path = folder.join(FILE);
    let text = format!("{id}\n");
    let crc = crc32c::crc32c(text.as_bytes());
    replace_file(disk, &path, format!("{text}crc32c {crc:08x}\n").as_bytes()).at(&path)
}

fn parse(bytes: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (number, crc) = text.strip_suffix('\n')?.split_once("crc32c ")?;
    let is_whole = u32::from_str_radix(crc, 16) == Ok(crc32c::crc32c(number.as_bytes()));
    if is_whole { number.strip_suffix('\n')?.parse().ok() } else { None }
}
