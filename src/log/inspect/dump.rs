//! What a file of a partition holds, in the words of `kafka-dump-log`.

use std::path::Path;

use crate::disk::{Disk, read_file};
use crate::log::batch::marker_outcome;
use crate::log::error::AtPath;
use crate::log::index::{AbortedEntry, OffsetEntry, TimeEntry, base_of};
use crate::log::index_table::Entry;
use crate::log::scan::{BatchScanner, ScanError};
use crate::log::{
    BatchView, LogError, NO_SEQUENCE, Offset, Outcome, RecordBuffer, RecordView, TimestampType,
    producer_snapshot,
};

/// Where the lines go; false ends the dump.
type Lines<'a> = &'a mut dyn FnMut(String) -> bool;

/// Gives what a segment (`.log`), an index or a producer snapshot holds, line by line; `with_records` gives the
/// records of each batch too. Returns whether all of it could be read.
pub fn dump(
    disk: &dyn Disk,
    path: &Path,
    with_records: bool,
    line: Lines<'_>,
) -> Result<bool, LogError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let base = |extension| base_of(name, extension);
    let logs = ["log", "log.swap", "log.cleaned"];
    if let Some(base) = logs.into_iter().find_map(base) {
        line(format!("Log starting offset: {base}"));
        dump_segment(disk, path, with_records, line)
    } else if let Some(base) = base("index") {
        dump_entries(disk, path, line, |entry: OffsetEntry| {
            let offset = base + i64::from(entry.relative_offset);
            format!("offset: {offset} position: {}", entry.position)
        })
    } else if let Some(base) = base("timeindex") {
        dump_entries(disk, path, line, |entry: TimeEntry| {
            let offset = base + i64::from(entry.relative_offset);
            format!("timestamp: {} offset: {offset}", entry.timestamp)
        })
    } else if base("txnindex").is_some() {
        dump_entries(disk, path, line, |entry: AbortedEntry| {
            let transaction = entry.transaction;
            format!(
                "version: 0 producerId: {} firstOffset: {} lastOffset: {} lastStableOffset: {}",
                transaction.producer_id,
                transaction.first_offset,
                transaction.last_offset,
                entry.last_stable_offset
            )
        })
    } else if let Some(base) = base("snapshot") {
        dump_snapshot(disk, path, base, line)
    } else {
        let reason = "its name is that of no segment, index or snapshot";
        Err(LogError::DamagedFile { path: path.to_path_buf(), reason })
    }
}

fn dump_segment(
    disk: &dyn Disk,
    path: &Path,
    with_records: bool,
    line: Lines<'_>,
) -> Result<bool, LogError> {
    let file = disk.open(path).at(path)?;
    let size = file.len().at(path)?;
    let mut scanner = BatchScanner::new(&*file, 0, size);
    let (mut is_valid, mut buffer) = (true, RecordBuffer::new());
    loop {
        let position = scanner.position();
        match scanner.next() {
            Ok(None) => return Ok(is_valid),
            Ok(Some((_, batch))) => {
                is_valid &= batch.verify().is_ok();
                if !line(batch_line(&batch, position)) {
                    return Ok(is_valid);
                }
                if with_records {
                    is_valid &= dump_records(&batch, &mut buffer, line);
                }
            }
            Err(ScanError::NoBatch) => {
                line(format!("Found {} invalid bytes at the end of the file", size - position));
                return Ok(false);
            }
            Err(ScanError::Disk(error)) => return Err(LogError::disk(path, error)),
        }
    }
}

fn batch_line(batch: &BatchView<'_>, position: u64) -> String {
    let header = batch.header();
    let last_sequence =
        if header.base_sequence == NO_SEQUENCE { NO_SEQUENCE } else { header.last_sequence() };
    let horizon = match header.delete_horizon() {
        Some(horizon) => format!("OptionalLong[{horizon}]"),
        None => "OptionalLong.empty".to_owned(),
    };
    let codec = header.compression().map_or("unknown", |codec| codec.name());
    format!(
        "baseOffset: {} lastOffset: {} count: {} baseSequence: {} lastSequence: {last_sequence} \
         producerId: {} producerEpoch: {} partitionLeaderEpoch: {} isTransactional: {} \
         isControl: {} deleteHorizonMs: {horizon} position: {position} {}: {} size: {} magic: 2 \
         compresscodec: {codec} crc: {} isvalid: {}",
        header.base_offset,
        header.last_offset(),
        header.record_count,
        header.base_sequence,
        header.producer_id,
        header.producer_epoch,
        header.leader_epoch,
        header.is_transactional(),
        header.is_control(),
        time_name(batch),
        header.max_timestamp,
        header.size(),
        header.crc,
        batch.verify().is_ok(),
    )
}

fn time_name(batch: &BatchView<'_>) -> &'static str {
    match batch.header().timestamp_type() {
        TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime => "LogAppendTime",
    }
}

fn dump_records(batch: &BatchView<'_>, buffer: &mut RecordBuffer, line: Lines<'_>) -> bool {
    let marker = batch.header().is_control().then(|| marker_outcome(batch)).transpose();
    let marker = marker.ok().flatten().flatten();
    let records = match batch.records(buffer) {
        Ok(records) => records,
        Err(error) => {
            line(format!("| {error}"));
            return false;
        }
    };
    for record in records {
        match record {
            Ok(record) => {
                line(record_line(batch, &record, marker));
            }
            Err(error) => {
                line(format!("| {error}"));
                return false;
            }
        }
    }
    true
}

fn record_line(batch: &BatchView<'_>, record: &RecordView<'_>, marker: Option<Outcome>) -> String {
    let size = |bytes: Option<&[u8]>| bytes.map_or(-1, |bytes| bytes.len() as i64);
    let base_sequence = batch.header().base_sequence;
    let sequence = match base_sequence {
        NO_SEQUENCE => i64::from(NO_SEQUENCE),
        _ => i64::from(base_sequence) + record.offset - batch.base_offset(),
    };
    let names = record.headers.clone().map_while(Result::ok).map(|header| text(header.key));
    let mut line = format!(
        "| offset: {} {}: {} keySize: {} valueSize: {} sequence: {sequence} headerKeys: [{}]",
        record.offset,
        time_name(batch),
        record.timestamp,
        size(record.key),
        size(record.value),
        names.collect::<Vec<_>>().join(","),
    );
    match marker {
        Some(Outcome::Commit) => line.push_str(" endTxnMarker: COMMIT"),
        Some(Outcome::Abort) => line.push_str(" endTxnMarker: ABORT"),
        None => {
            for (name, bytes) in [("key", record.key), ("payload", record.value)] {
                if let Some(bytes) = bytes {
                    line.push_str(&format!(" {name}: {}", text(bytes)));
                }
            }
        }
    }
    line
}

/// Writes bytes so that they stay on their line.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).escape_debug().to_string()
}

fn dump_entries<E: Entry>(
    disk: &dyn Disk,
    path: &Path,
    line: Lines<'_>,
    describe: impl Fn(E) -> String,
) -> Result<bool, LogError> {
    let bytes = read_file(disk, path).at(path)?;
    let entries = bytes.chunks_exact(E::SIZE);
    let is_whole = entries.remainder().is_empty();
    for entry in entries {
        if !line(describe(E::read(entry))) {
            break;
        }
    }
    Ok(is_whole)
}

fn dump_snapshot(
    disk: &dyn Disk,
    path: &Path,
    offset: Offset,
    line: Lines<'_>,
) -> Result<bool, LogError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let Some(producers) = producer_snapshot::load(disk, folder, offset) else {
        line("the snapshot is damaged".to_owned());
        return Ok(false);
    };
    for (id, state) in producers.iter() {
        let first = match state.transaction_start {
            Some(first) => format!("OptionalLong[{first}]"),
            None => "OptionalLong.empty".to_owned(),
        };
        let mut text = format!(
            "producerId: {id} producerEpoch: {} coordinatorEpoch: 0 currentTxnFirstOffset: {first} \
             lastTimestamp: {}",
            state.epoch, state.last_timestamp
        );
        for batch in &state.batches {
            text.push_str(&format!(
                " lastSequence: {} lastOffset: {} offsetDelta: {} timestamp: {}",
                batch.last_sequence, batch.last_offset, batch.offset_delta, batch.timestamp
            ));
        }
        if !line(text) {
            break;
        }
    }
    Ok(true)
}
