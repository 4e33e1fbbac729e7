//! Appending batches.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Partition, Writer};
use crate::log::batch::{Stamp, stamp};
use crate::log::index::IndexProgress;
use crate::log::producers::{Checked, ProducerState, check};
use crate::log::replay::add_marker;
use crate::log::segment::Segment;
use crate::log::settings::Settings;
use crate::log::{BatchError, BatchHeader, EncodedBatches, LogError, Offset, Outcome};

/// The one leader of a log that has one copy has had no predecessor.
const LEADER_EPOCH: i32 = 0;

/// Where batches were appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The offset of the first record.
    pub offset: Offset,
    /// The offset after the last record.
    pub next_offset: Offset,
    /// The time the log gave the batches, if the topic's timestamps are the log's.
    pub append_time: Option<i64>,
    /// Where the partition begins.
    pub log_start: Offset,
}

/// Batches as they are to be written.
#[derive(Default)]
pub(super) struct Planned {
    headers: Vec<BatchHeader>,
    /// What will be known of their producers.
    states: Vec<(i64, ProducerState)>,
    append_time: Option<i64>,
    /// Set if the one batch is a marker.
    outcome: Option<Outcome>,
}

impl Partition {
    /// Appends batches to the page cache.
    pub(in crate::log) fn append(&self, batches: EncodedBatches) -> Result<Appended, LogError> {
        let settings = self.settings();
        let mut batches = self.admit(batches, &settings)?;
        let mut writer = self.writer.lock();
        self.check_writable()?;
        if batches.is_empty() {
            return Ok(self.appended(writer.next_offset, writer.next_offset, None));
        }
        let planned = match self.plan(&writer, &batches, &settings)? {
            Ok(planned) => planned,
            Err(duplicate) => return Ok(duplicate),
        };
        self.roll_if_due(&mut writer, &planned, &settings)?;
        let (offset, append_time) = (writer.next_offset, planned.append_time);
        self.write(&mut writer, &mut batches, planned, &settings)?;
        let appended = self.appended(offset, writer.next_offset, append_time);
        drop(writer);
        self.watchers.wake();
        Ok(appended)
    }

    /// Checks what needs no knowledge of the partition's end, before the lock is taken.
    fn admit(
        &self,
        batches: EncodedBatches,
        settings: &Settings,
    ) -> Result<EncodedBatches, LogError> {
        self.check_writable()?;
        if settings.is_compacted && batches.has_null_key() {
            let reason = "of a record without key, which a compacted topic does not take";
            return Err(BatchError::NotAllowed(reason).into());
        }
        let batches = match settings.compression {
            Some(codec) if batches.headers().any(|header| header.compression() != Ok(codec)) => {
                batches.recompressed(codec)?
            }
            _ => batches,
        };
        let now = self.environment.clock.wall_ms();
        for header in batches.headers() {
            self.check_size(header.size(), settings.batch_bytes_max)?;
            check_timestamp(&header, now, settings)?;
        }
        self.check_size(batches.size(), settings.segment_bytes as usize)?;
        if !self.environment.has_room(batches.size()) {
            return Err(LogError::DiskFull(self.name.clone()));
        }
        Ok(batches)
    }

    fn check_size(&self, size: usize, max: usize) -> Result<(), LogError> {
        if size <= max {
            return Ok(());
        }
        Err(LogError::BatchTooLarge { partition: self.name.clone(), size, max })
    }

    /// Decides offsets, sequences and time; the answer, if the batches are there already.
    fn plan(
        &self,
        writer: &Writer,
        batches: &EncodedBatches,
        settings: &Settings,
    ) -> Result<Result<Planned, Appended>, LogError> {
        let mut planned = Planned::default();
        if settings.is_append_time {
            let now = self.environment.clock.wall_ms();
            planned.append_time = Some(now.max(writer.append_time));
        }
        let mut base_offset = writer.next_offset;
        for mut header in batches.headers() {
            header.base_offset = base_offset;
            if header.has_producer() {
                match self.check_producer(writer, &planned, &header)? {
                    Checked::Append { base_sequence } => header.base_sequence = base_sequence,
                    Checked::Duplicate { offset } => {
                        let next_offset = offset + i64::from(header.last_offset_delta) + 1;
                        return Ok(Err(self.appended(offset, next_offset, None)));
                    }
                }
            }
            if let Some(append_time) = planned.append_time {
                header.max_timestamp = append_time;
            }
            base_offset = header.next_offset();
            planned.add(writer, header);
        }
        Ok(Ok(planned))
    }

    fn check_producer(
        &self,
        writer: &Writer,
        planned: &Planned,
        header: &BatchHeader,
    ) -> Result<Checked, LogError> {
        let id = header.producer_id;
        let staged = planned.states.iter().find(|(staged, _)| *staged == id);
        let known = staged.map(|(_, state)| state).or_else(|| writer.producers.get(id));
        let checked = check(&self.name, known, header)?;
        if matches!(checked, Checked::Duplicate { .. }) && !planned.headers.is_empty() {
            // Some of these batches are new and some are not: no client sends that.
            let (partition, producer_id) = (self.name.clone(), id);
            return Err(LogError::InvalidTransactionState { partition, producer_id });
        }
        Ok(checked)
    }

    /// Writes planned batches and makes them visible.
    pub(super) fn write(
        &self,
        writer: &mut Writer,
        batches: &mut EncodedBatches,
        planned: Planned,
        settings: &Settings,
    ) -> Result<(), LogError> {
        let mut headers = planned.headers.iter();
        batches.for_each_mut(|_, batch| {
            let header = headers.next().expect("every batch was planned");
            let (base_offset, base_sequence) = (header.base_offset, header.base_sequence);
            let append_time = planned.append_time;
            let leader_epoch = LEADER_EPOCH;
            stamp(batch, Stamp { base_offset, leader_epoch, base_sequence, append_time });
        });
        self.write_bytes(writer, batches.bytes())?;
        writer.segment.note_append(self.environment.clock.wall_ms());
        for header in &planned.headers {
            let interval = settings.index_interval_bytes;
            writer.progress.add(&writer.segment.indexes, header, writer.size, interval);
            if !header.is_control() {
                writer.first_timestamp.get_or_insert(header.max_timestamp);
            }
            writer.size += header.size() as u64;
            writer.next_offset = header.next_offset();
        }
        writer.append_time = planned.append_time.unwrap_or(writer.append_time);
        for (id, state) in planned.states {
            writer.producers.insert(id, state);
        }
        if let (Some(outcome), [marker]) = (planned.outcome, planned.headers.as_slice()) {
            add_marker(&mut writer.producers, &writer.segment.indexes, marker, outcome);
        }
        self.publish(writer);
        Ok(())
    }

    fn write_bytes(&self, writer: &Writer, bytes: &[u8]) -> Result<(), LogError> {
        let Err(error) = writer.file.write_at(bytes, writer.size) else { return Ok(()) };
        // What was written in part must not be taken for batches later.
        if let Err(error) = writer.file.truncate(writer.size) {
            return Err(self.fail(error));
        }
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                Err(LogError::DiskFull(self.name.clone()))
            }
            _ => Err(self.fail(error)),
        }
    }

    /// Shows readers what was written: first the bytes, then the offsets that lead to them.
    pub(super) fn publish(&self, writer: &Writer) {
        writer.segment.publish(writer.size, writer.progress.largest);
        // A reader that sees the new end must not take an open transaction for an ended one.
        if *self.open.read() != *writer.producers.open() {
            self.open.write().clone_from(writer.producers.open());
        }
        let end = writer.next_offset;
        self.bounds.end.store(end, Ordering::Release);
        self.bounds.last_stable.store(writer.producers.last_stable(end), Ordering::Release);
    }

    /// Begins a new segment if these batches do not belong into the current one.
    pub(super) fn roll_if_due(
        &self,
        writer: &mut Writer,
        planned: &Planned,
        settings: &Settings,
    ) -> Result<(), LogError> {
        let Some(last) = planned.headers.last() else { return Ok(()) };
        let bytes: u64 = planned.headers.iter().map(|header| header.size() as u64).sum();
        // A marker has the time of the commit: it does not make the records older.
        let first = writer.first_timestamp.filter(|_| planned.outcome.is_none());
        let age = first.map_or(0, |first| last.max_timestamp.saturating_sub(first));
        let is_due = settings.segment_bytes < writer.size + bytes
            || settings.segment_ms < age
            || i64::from(i32::MAX) < last.last_offset() - writer.segment.base;
        if is_due && 0 < writer.size { self.roll(writer) } else { Ok(()) }
    }

    /// Seals the segment and begins the next.
    ///
    /// The sealed one is synced before there is a next: a power loss can shorten only the last segment.
    pub(super) fn roll(&self, writer: &mut Writer) -> Result<(), LogError> {
        let disk = &*self.environment.disk;
        writer.file.sync_data().map_err(|error| self.fail(error))?;
        self.flushed.advance(writer.next_offset);
        let segment = match Segment::create(disk, &self.folder, writer.next_offset) {
            Ok(segment) => Arc::new(segment),
            Err(LogError::Disk { source, .. }) if source.kind() == ErrorKind::StorageFull => {
                return Err(LogError::DiskFull(self.name.clone()));
            }
            Err(error) => return Err(error),
        };
        disk.sync_folder(&self.folder).map_err(|error| self.fail(error))?;
        let file = segment.file(disk)?;
        writer.progress.add_time(&writer.segment.indexes);
        // Only for Kafka's tools, which want to see indexes: they are stored for good at the next checkpoint.
        if let Err(error) = writer.segment.indexes.write(disk) {
            tracing::warn!(partition = %self.name, %error, "indexes of a sealed segment not stored");
        }
        let mut segments = self.segments.write();
        Arc::make_mut(&mut segments).push(Arc::clone(&segment));
        // Small segments are sealed faster than anybody looks which of them rest: open files would be used up.
        writer.segment.close();
        (writer.segment, writer.file, writer.size) = (segment, file, 0);
        (writer.progress, writer.first_timestamp) = (IndexProgress::new(), None);
        Ok(())
    }

    fn appended(&self, offset: Offset, next_offset: Offset, append_time: Option<i64>) -> Appended {
        Appended { offset, next_offset, append_time, log_start: self.start() }
    }
}

impl Planned {
    /// Plans a marker: it has no sequence and ends what its producer has open.
    pub(super) fn marker(marker: &EncodedBatches, offset: Offset, outcome: Outcome) -> Planned {
        let header = |header| BatchHeader { base_offset: offset, ..header };
        let headers = marker.headers().map(header).collect();
        Planned { headers, outcome: Some(outcome), ..Planned::default() }
    }

    fn add(&mut self, writer: &Writer, header: BatchHeader) {
        self.headers.push(header);
        if !header.has_producer() {
            return;
        }
        let id = header.producer_id;
        let place = self.states.iter().position(|(staged, _)| *staged == id);
        let place = place.unwrap_or_else(|| {
            let known = writer.producers.get(id).cloned();
            self.states
                .push((id, known.unwrap_or_else(|| ProducerState::new(header.producer_epoch))));
            self.states.len() - 1
        });
        self.states[place].1.add(&header);
    }
}

/// Refuses records from the future, whose time would make all that follows late (KIP-937).
fn check_timestamp(header: &BatchHeader, now: i64, settings: &Settings) -> Result<(), LogError> {
    let timestamp = header.max_timestamp;
    let is_checked = !settings.is_append_time && 0 <= timestamp;
    let is_too_far = settings.after_ms_max < timestamp.saturating_sub(now)
        || settings.before_ms_max < now.saturating_sub(timestamp);
    if is_checked && is_too_far {
        return Err(LogError::InvalidTimestamp { timestamp, now });
    }
    Ok(())
}
