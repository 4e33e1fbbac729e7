//! Checks the log that the next process finds.

use std::sync::Arc;

use tidemill::clock::ManualClock;
use tidemill::disk::SimDisk;
use tidemill::log::*;

use super::history::{GROUP, NUMBERED, TRANSACTIONAL, encoded, open};
use super::model::{Kind, Model, Promises, Seen, Transactions};
use crate::log::fixture::{NOW, t};

/// What the checks found.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Places where a process ended.
    pub(super) points: u64,
    /// Logs of which a torn end was cut off.
    pub(super) dropped: u64,
    /// Logs that were found to be damaged: only with reordered writes, which no sync covered.
    pub(super) damaged: u64,
    /// Records that compaction had taken.
    pub(super) compacted: u64,
    /// Cleaned segments that the start had to put in their place.
    pub(super) swaps: u64,
}

/// Which promise holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    /// The process was killed.
    Kill,
    /// The machine lost its power.
    PowerLoss,
}

/// Checks a disk that a process left behind.
pub(super) fn check(
    disk: &SimDisk,
    model: &Model,
    promises: &Promises,
    end: End,
    tally: &mut Tally,
) {
    tally.points += 1;
    let log = Arc::new(open(disk).unwrap());
    for (topic, is_there) in &promises.topics {
        if let Some(is_there) = is_there {
            assert_eq!(log.topic(topic).is_some(), *is_there, "{topic}");
        }
    }
    check_group(&log, promises);
    if log.topic("t").is_none() {
        return;
    }
    tally.dropped += log.dropped().len() as u64;
    let promised = if end == End::Kill { promises.written } else { promises.synced };
    let is_damaged = check_records(&log, model, promises, promised, tally);
    if is_damaged {
        assert_eq!(end, End::PowerLoss, "a kill damages nothing");
        tally.damaged += 1;
        return;
    }
    check_goes_on(log, disk, model);
}

fn check_group(log: &Arc<EmbeddedLog>, promises: &Promises) {
    let clock = Arc::new(ManualClock::new(NOW));
    let offsets = ConsumerOffsets::open(Arc::clone(log) as Arc<dyn Log>, clock).unwrap();
    let found = offsets.fetch(GROUP, &t()).map_or(0, |committed| committed.offset);
    let (least, most) = promises.committed;
    assert!(least <= found && found <= most, "committed {least} to {most}, found {found}");
}

/// Returns whether the partition is damaged.
fn check_records(
    log: &EmbeddedLog,
    model: &Model,
    promises: &Promises,
    promised: Offset,
    tally: &mut Tally,
) -> bool {
    let PartitionOffsets { start, high_watermark: end, last_stable } = log.offsets(&t()).unwrap();
    let start_max = model.start_max.max(promises.start);
    assert!(promises.start <= start && start <= start_max, "{start}");
    assert!(promised <= end, "promised {promised}, found {end}");
    let is_whole = end == 0 || model.entries.iter().any(|entry| entry.next() == end);
    assert!(is_whole, "ends at {end}, inside a batch");
    let Transactions { open, .. } = model.transactions(end);
    assert_eq!(last_stable, open.values().min().copied().unwrap_or(end));
    let mut found: Vec<_> = log.open_transactions();
    found.sort_by_key(|open| open.producer.id);
    let found = found.iter().map(|open| (open.producer.id, open.first_offset));
    assert!(found.eq(open.iter().map(|(id, first)| (*id, *first))));
    let is_damaged = !log.damaged().is_empty();
    for isolation in [
        Isolation::ReadUncommitted,
        Isolation::ReadCommitted,
        Isolation::ReadCommittedAnd(vec![TRANSACTIONAL[0].id]),
    ] {
        let seen = read_all(log, start, is_damaged, &isolation);
        tally.compacted += model.check_seen(&seen, (start, end), &isolation) as u64;
    }
    is_damaged
}

/// The log knows its producers, takes records and is the same after one more start.
fn check_goes_on(log: Arc<EmbeddedLog>, disk: &SimDisk, model: &Model) {
    let end = log.offsets(&t()).unwrap().high_watermark;
    let recovered = || model.entries.iter().filter(|entry| entry.next() <= end);
    let numbered = recovered().filter(|entry| matches!(entry.kind, Kind::Numbered { .. }));
    let kept: Vec<_> = numbered.collect();
    for entry in kept.iter().rev().take(5) {
        let Kind::Numbered { sequence } = entry.kind else { unreachable!() };
        let mut builder = RecordBatchBuilder::new(Compression::None);
        builder.set_producer(Some(NUMBERED));
        builder.set_base_sequence(sequence);
        let again = encoded(builder, entry, NOW);
        assert_eq!(log.append(&t(), again, Acks::All).unwrap(), entry.base);
    }
    let mut builder = RecordBatchBuilder::new(Compression::None);
    builder.push(NOW, Some(b"k"), Some(b"after"), &[]).unwrap();
    assert_eq!(log.append(&t(), builder.finish(), Acks::All).unwrap(), end);
    let before = log.offsets(&t()).unwrap();
    log.close().unwrap();
    drop(log);
    let log = open(disk).unwrap();
    assert_eq!(log.offsets(&t()).unwrap(), before);
    assert_eq!(log.dropped(), []);
}

fn read_all(
    log: &EmbeddedLog,
    start: Offset,
    is_damaged: bool,
    isolation: &Isolation,
) -> Vec<Seen> {
    let (mut seen, mut next, mut buffer) = (Vec::new(), start, RecordBuffer::new());
    loop {
        let fetch = match log.read(&t(), next, 1000, isolation) {
            Err(LogError::Damaged { .. }) if is_damaged => return seen,
            fetch => fetch.unwrap(),
        };
        for batch in fetch.batches() {
            for record in batch.records(&mut buffer).unwrap() {
                let record = record.unwrap();
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                seen.push((record.offset, text(record.key.unwrap()), record.value.map(text)));
            }
        }
        if fetch.next_offset == next {
            return seen;
        }
        next = fetch.next_offset;
    }
}
