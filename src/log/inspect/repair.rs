//! Taking out what is damaged, so that a partition takes records again.

use std::io;
use std::ops::Range;
use std::path::Path;

use super::verify::{Source, sources, verify_partition};
use super::{Closed, Damage, PartitionReport};
use crate::disk::{Disk, DiskFile};
use crate::log::batch::filler_batch;
use crate::log::checkpoint::Checkpoint;
use crate::log::compaction::{Swap, finish_swaps};
use crate::log::error::AtPath;
use crate::log::segment::Segment;
use crate::log::{LogError, Offset};

/// An empty batch spans this many offsets at most.
const SPAN_MAX: i64 = i32::MAX as i64;
/// How much is copied at once.
const COPY_BYTES: u64 = 1024 * 1024;

/// Repairs all partitions, those of a topic, or one (`orders-0`), of a data folder that no process has open; returns
/// what was damaged and is lost now.
///
/// Empty batches take the place of what is damaged: the records around it stay, with their offsets. A crash at any
/// moment leaves a partition that can be repaired again.
pub fn repair(
    disk: &dyn Disk,
    folder: &Path,
    only: Option<&str>,
) -> Result<Vec<PartitionReport>, LogError> {
    let closed = Closed::take(disk, folder)?;
    let mut repaired = Vec::new();
    for name in closed.partitions(only)? {
        let report = verify_partition(disk, folder, &name)?;
        if !report.damages.is_empty() {
            repair_partition(disk, &folder.join(name.to_string()), &report.damages)?;
            repaired.push(report);
        }
    }
    Ok(repaired)
}

fn repair_partition(disk: &dyn Disk, folder: &Path, damages: &[Damage]) -> Result<(), LogError> {
    let mut checkpoint = Checkpoint::load(disk, folder).unwrap_or_default();
    // What a crash cut short first: the damages are those of the result.
    finish_swaps(disk, folder, &mut checkpoint, i64::MIN)?;
    let sources = sources(disk, folder, &checkpoint)?;
    for (number, source) in sources.iter().enumerate() {
        let next = sources.get(number + 1).map(|next| next.base);
        rewrite(disk, folder, source, next, damages)?;
        finish_swaps(disk, folder, &mut checkpoint, i64::MIN)?;
    }
    if sources.is_empty() {
        Segment::create(disk, folder, checkpoint.recovery_point)?;
        disk.sync_folder(folder).at(folder)?;
    }
    let first = sources.first().map_or(checkpoint.recovery_point, |source| source.base);
    if checkpoint.log_start < first {
        checkpoint.log_start = first;
        checkpoint.store(disk, folder).at(folder)?;
    }
    Ok(())
}

/// Writes a segment again without its damages, if it has any; `next` is where the next segment begins.
fn rewrite(
    disk: &dyn Disk,
    folder: &Path,
    source: &Source,
    next: Option<Offset>,
    damages: &[Damage],
) -> Result<(), LogError> {
    // Offsets that are missing before the next segment get their empty batch at the end of this one.
    let is_here = |damage: &&Damage| {
        let is_before_next =
            damage.bytes == 0 && damage.segment.is_some() && damage.segment == next;
        let has_bytes = damage.segment == Some(source.base) && 0 < damage.bytes;
        let is_end = next.is_none() && damage.segment == Some(source.base);
        has_bytes || is_before_next || is_end
    };
    let here: Vec<_> = damages.iter().filter(is_here).collect();
    if here.is_empty() {
        return Ok(());
    }
    let swap = Swap::new(folder, source.base);
    let path = swap.cleaned_path();
    let from = disk.open(&source.path).at(&source.path)?;
    let size = from.len().at(&source.path)?;
    let to = disk.create(&path).at(&path)?;
    let (mut read, mut written) = (0, 0);
    for damage in &here {
        let end = if damage.bytes == 0 { size } else { damage.position };
        written += copy(&*from, read..end, &*to, written).at(&path)?;
        read = end + damage.bytes;
        let mut base = damage.from;
        while base < damage.to {
            let end = damage.to.min(base + SPAN_MAX);
            let filler = filler_batch(base, end, -1);
            to.write_at(&filler, written).at(&path)?;
            (base, written) = (end, written + filler.len() as u64);
        }
    }
    written += copy(&*from, read..size, &*to, written).at(&path)?;
    to.sync_data().at(&path)?;
    if written == 0 {
        // Nothing of it is left: an empty segment is no cleaned one, and needs no swap.
        return disk.rename(&path, &source.path).at(&source.path);
    }
    swap.decide(disk)
}

fn copy(
    from: &dyn DiskFile,
    range: Range<u64>,
    to: &dyn DiskFile,
    position: u64,
) -> io::Result<u64> {
    let mut copied = 0;
    while range.start + copied < range.end {
        let left = range.end - range.start - copied;
        let mut bytes = vec![0; left.min(COPY_BYTES) as usize];
        let len = from.read_at(&mut bytes, range.start + copied)?;
        if len == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        to.write_at(&bytes[..len], position + copied)?;
        copied += len as u64;
    }
    Ok(copied)
}
