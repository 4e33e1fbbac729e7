//! What compaction leaves of a batch: some of its records, or none, always in the same place of the log.

use super::header::{HEADER_SIZE, LENGTH_PREFIX, seal};
use super::varint::{Cursor, put_varlong, varlong_size};
use super::{
    BatchError, BatchHeader, BatchView, Compression, NO_PRODUCER_EPOCH, NO_PRODUCER_ID,
    NO_SEQUENCE, RecordBuffer,
};
use crate::log::Offset;

/// Returns a batch with only some of its records, and with a delete horizon if one is given.
///
/// Offsets, sequences, producer, codec and times stay what they were.
pub(in crate::log) fn pruned_batch(
    batch: &BatchView<'_>,
    is_kept: &[bool],
    horizon: Option<i64>,
    buffer: &mut RecordBuffer,
) -> Result<Vec<u8>, BatchError> {
    let old = *batch.header();
    let header = horizon.map_or(old, |horizon| old.with_delete_horizon(horizon));
    let moved_by = old.base_timestamp.wrapping_sub(header.base_timestamp);
    let mut stored = Vec::with_capacity(batch.bytes().len());
    let mut max_timestamp = i64::MIN;
    let mut records = batch.records(buffer)?;
    for kept in is_kept {
        let body = records.body()?;
        if *kept {
            let delta = put_record(&mut stored, body, moved_by)?;
            max_timestamp = max_timestamp.max(header.base_timestamp.wrapping_add(delta));
        }
    }
    let has_append_time = old.timestamp_type() == super::TimestampType::LogAppendTime;
    let header = BatchHeader {
        max_timestamp: if has_append_time { old.max_timestamp } else { max_timestamp },
        record_count: is_kept.iter().filter(|kept| **kept).count() as i32,
        ..header
    };
    Ok(put_batch(&header, old.compression()?, &stored))
}

/// Returns a batch without its records, which keeps what the log knows of its producer.
pub(in crate::log) fn empty_batch(header: &BatchHeader) -> Vec<u8> {
    put_batch(&header.emptied(), Compression::None, &[])
}

/// Returns a batch without records and producer, which stands where others were, so that offsets have no gap: a gap
/// is damage.
///
/// The offsets must span less than 2^31.
pub(in crate::log) fn filler_batch(base: Offset, next: Offset, max_timestamp: i64) -> Vec<u8> {
    let header = BatchHeader {
        base_offset: base,
        batch_length: 0,
        leader_epoch: 0,
        crc: 0,
        attributes: 0,
        last_offset_delta: (next - base - 1) as i32,
        base_timestamp: max_timestamp,
        max_timestamp,
        producer_id: NO_PRODUCER_ID,
        producer_epoch: NO_PRODUCER_EPOCH,
        base_sequence: NO_SEQUENCE,
        record_count: 0,
    };
    put_batch(&header, Compression::None, &[])
}

/// Appends a record whose timestamp counts from another base, and returns its new delta.
fn put_record(target: &mut Vec<u8>, body: &[u8], moved_by: i64) -> Result<i64, BatchError> {
    let mut cursor = Cursor::new(body);
    let attributes = cursor.byte()?;
    let delta = cursor.varlong()?.wrapping_add(moved_by);
    let rest = cursor.rest();
    put_varlong(target, (1 + varlong_size(delta) + rest.len()) as i64);
    target.push(attributes);
    put_varlong(target, delta);
    target.extend_from_slice(rest);
    Ok(delta)
}

fn put_batch(header: &BatchHeader, codec: Compression, records: &[u8]) -> Vec<u8> {
    let mut batch = vec![0; HEADER_SIZE];
    codec.compress(records, &mut batch);
    let batch_length = (batch.len() - LENGTH_PREFIX) as i32;
    BatchHeader { batch_length, ..*header }.write(&mut batch);
    seal(&mut batch);
    batch
}
