//! What is known of a partition without reading its log: where it begins, and up to where it is whole.
//!
//! ```text
//! tidemill-checkpoint 1
//! log_start 0 2f3b4c5d
//! recovery_point 5000
//! producers 3
//! cleaned 4000
//! segment 0 1048576 1700000000000 4711 1700000000005 12 1f2e3d4c 12 5b6a7988 0 00000000
//! log_start 0 2f3b4c5d
//! crc32c 0badcafe
//! ```
//!
//! A segment's line has its base offset, its size, its largest timestamp with the offset that has it, the time of its
//! last append, and for each of its three indexes the number of entries and their checksum. The last is the one that was written to.
//! Everything before the recovery point has been synced; what comes after it is read again at the start. Everything
//! before `cleaned` has been compacted; a partition that never was has no such line.
//!
//! All of it can be found out again but where the log begins: that is there twice, each with a checksum of its own.

use std::io;
use std::path::{Path, PathBuf};

use super::Offset;
use super::index::{LargestTimestamp, Marks};
use super::index_table::Mark;
use crate::disk::{Disk, read_file, replace_file};

const TITLE: &str = "tidemill-checkpoint 1";

/// What is known of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Checkpoint {
    /// No record before this may be read.
    pub(super) log_start: Offset,
    /// Everything before this is whole and synced.
    pub(super) recovery_point: Offset,
    /// How many entries the producer snapshot of the recovery point has; no file if none.
    pub(super) producers: usize,
    /// Compaction has been through everything before this.
    pub(super) cleaned: Offset,
    /// The segments up to the recovery point.
    pub(super) segments: Vec<KnownSegment>,
}

/// What is known of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KnownSegment {
    pub(super) base: Offset,
    pub(super) size: u64,
    pub(super) largest: LargestTimestamp,
    pub(super) appended_at: i64,
    pub(super) marks: Marks,
}

impl Checkpoint {
    /// Reads a partition's checkpoint; none if there is none that can be believed.
    ///
    /// Of a damaged one at least where the log begins is believed.
    pub(super) fn load(disk: &dyn Disk, folder: &Path) -> Option<Checkpoint> {
        let bytes = read_file(disk, &path(folder)).ok()?;
        let whole = std::str::from_utf8(&bytes).ok().and_then(parse);
        whole.or_else(|| {
            let lines = bytes.split(|byte| *byte == b'\n');
            let log_start = lines.filter_map(|line| parse_start(std::str::from_utf8(line).ok()?));
            Some(Checkpoint { log_start: log_start.max()?, ..Checkpoint::default() })
        })
    }

    /// Says whether it says nothing: the partition has had no checkpoint yet.
    pub(super) fn is_new(&self) -> bool {
        *self == Checkpoint::default()
    }

    /// Takes note of a segment that stands for all from its base to `end`; false if none of them is known.
    pub(super) fn replace(&mut self, end: Offset, segment: KnownSegment) -> bool {
        let is_replaced = |known: &KnownSegment| (segment.base..end).contains(&known.base);
        let Some(place) = self.segments.iter().position(is_replaced) else { return false };
        let has_changed = self.segments[place] != segment;
        self.segments.retain(|known| !is_replaced(known));
        self.segments.insert(place, segment);
        has_changed
    }

    /// Writes a partition's checkpoint so that it survives a power loss.
    pub(super) fn store(&self, disk: &dyn Disk, folder: &Path) -> io::Result<()> {
        replace_file(disk, &path(folder), self.to_text().as_bytes())
    }

    fn to_text(&self) -> String {
        let start = format!("log_start {}", self.log_start);
        let start = format!("{start} {:08x}\n", crc32c::crc32c(start.as_bytes()));
        let mut text = format!(
            "{TITLE}\n{start}recovery_point {}\nproducers {}\n",
            self.recovery_point, self.producers
        );
        if 0 < self.cleaned {
            text += &format!("cleaned {}\n", self.cleaned);
        }
        for KnownSegment { base, size, largest, appended_at, marks } in &self.segments {
            let LargestTimestamp { timestamp, offset } = largest;
            text += &format!("segment {base} {size} {timestamp} {offset} {appended_at}");
            for Mark { count, crc } in [marks.offsets, marks.times, marks.aborted] {
                text += &format!(" {count} {crc:08x}");
            }
            text.push('\n');
        }
        text += &start;
        let crc = crc32c::crc32c(text.as_bytes());
        text + &format!("crc32c {crc:08x}\n")
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("checkpoint")
}

fn parse(text: &str) -> Option<Checkpoint> {
    let (body, crc) = text.strip_suffix('\n')?.rsplit_once("crc32c ")?;
    if u32::from_str_radix(crc, 16) != Ok(crc32c::crc32c(body.as_bytes())) {
        return None;
    }
    let mut lines = body.lines().peekable();
    if lines.next() != Some(TITLE) {
        return None;
    }
    Some(Checkpoint {
        log_start: parse_start(lines.next()?)?,
        recovery_point: lines.next()?.strip_prefix("recovery_point ")?.parse().ok()?,
        producers: lines.next()?.strip_prefix("producers ")?.parse().ok()?,
        cleaned: match lines.next_if(|line| line.starts_with("cleaned ")) {
            Some(line) => line.strip_prefix("cleaned ")?.parse().ok()?,
            None => 0,
        },
        segments: lines
            .take_while(|line| !line.starts_with("log_start "))
            .map(parse_segment)
            .collect::<Option<_>>()?,
    })
}

fn parse_start(line: &str) -> Option<Offset> {
    let (text, crc) = line.rsplit_once(' ')?;
    let is_whole = u32::from_str_radix(crc, 16) == Ok(crc32c::crc32c(text.as_bytes()));
    if is_whole { text.strip_prefix("log_start ")?.parse().ok() } else { None }
}

fn parse_segment(line: &str) -> Option<KnownSegment> {
    let mut words = line.strip_prefix("segment ")?.split(' ');
    let base = words.next()?.parse().ok()?;
    let size = words.next()?.parse().ok()?;
    let timestamp = words.next()?.parse().ok()?;
    let offset = words.next()?.parse().ok()?;
    let appended_at = words.next()?.parse().ok()?;
    let mut mark = || -> Option<Mark> {
        let count = words.next()?.parse().ok()?;
        let crc = u32::from_str_radix(words.next()?, 16).ok()?;
        Some(Mark { count, crc })
    };
    let marks = Marks { offsets: mark()?, times: mark()?, aborted: mark()? };
    let largest = LargestTimestamp { timestamp, offset };
    Some(KnownSegment { base, size, largest, appended_at, marks })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Checkpoint {
        let mark = |count| Mark { count, crc: 0xdead_beef };
        let marks = Marks { offsets: mark(3), times: mark(2), aborted: mark(0) };
        let largest = LargestTimestamp { timestamp: -1, offset: -1 };
        let segments = vec![KnownSegment { base: 7, size: 1000, largest, appended_at: 5, marks }];
        Checkpoint { log_start: 9, recovery_point: 20, producers: 1, cleaned: 12, segments }
    }

    #[test]
    fn comes_back_from_its_text() {
        assert_eq!(parse(&example().to_text()), Some(example()));
        assert_eq!(parse(&Checkpoint::default().to_text()), Some(Checkpoint::default()));
    }

    #[test]
    fn believes_no_text_that_was_changed_or_cut() {
        let text = example().to_text();
        for len in 0..text.len() {
            assert_eq!(parse(&text[..len]), None);
        }
        assert_eq!(parse(&text.replace("log_start 9", "log_start 8")), None);
    }
}
