//! The 61 bytes before the records of a batch (record batch v2, KIP-98).
//!
//! ```text
//!  0 base offset i64          23 last offset delta i32    51 producer epoch i16
//!  8 batch length i32         27 base timestamp i64       53 base sequence i32
//! 12 leader epoch i32         35 max timestamp i64        57 record count i32
//! 16 magic i8 = 2             43 producer id i64          61 records
//! 17 crc32c u32 of all from 21 on
//! 21 attributes i16: 0-2 codec, 3 timestamp type, 4 transactional, 5 control, 6 delete horizon
//! ```

use super::crc::patched;
use super::{BatchError, Compression};
use crate::log::Offset;

/// The size of the header; the records follow.
pub(in crate::log) const HEADER_SIZE: usize = 61;
/// What the batch length does not count: base offset and the length itself.
pub(in crate::log) const LENGTH_PREFIX: usize = 12;
/// Where the checksummed part begins.
const CHECKED_FROM: usize = 21;
/// The only version of the format that is written today.
const MAGIC: u8 = 2;

const TIMESTAMP_TYPE: i16 = 1 << 3;
const TRANSACTIONAL: i16 = 1 << 4;
const CONTROL: i16 = 1 << 5;
/// The base timestamp is the time from which on tombstones and markers may go (KIP-534).
const DELETE_HORIZON: i16 = 1 << 6;

/// The id of "no producer".
pub const NO_PRODUCER_ID: i64 = -1;
/// The epoch of "no producer".
pub const NO_PRODUCER_EPOCH: i16 = -1;
/// The sequence of "no sequence".
pub const NO_SEQUENCE: i32 = -1;

/// Whose time the timestamps of a batch are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampType {
    /// Each record has the time its producer gave it.
    CreateTime,
    /// All records have the time of their append, which is the batch's max timestamp.
    LogAppendTime,
}

/// What stands before the records of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// The offset of the first record.
    pub base_offset: Offset,
    /// The bytes after this field.
    pub batch_length: i32,
    /// The epoch of the leader that appended the batch.
    pub leader_epoch: i32,
    /// The checksum of everything from the attributes on.
    pub crc: u32,
    /// Codec and flags.
    pub attributes: i16,
    /// The offset of the last record, from the first.
    pub last_offset_delta: i32,
    /// What the records' timestamps count from.
    pub base_timestamp: i64,
    /// The largest timestamp.
    pub max_timestamp: i64,
    /// The producer, or [`NO_PRODUCER_ID`].
    pub producer_id: i64,
    /// The producer's epoch, or [`NO_PRODUCER_EPOCH`].
    pub producer_epoch: i16,
    /// The sequence of the first record, or [`NO_SEQUENCE`].
    pub base_sequence: i32,
    /// How many records there are.
    pub record_count: i32,
}

impl BatchHeader {
    /// Reads the header at the front of `bytes`, which may go on after it.
    pub fn try_decode(bytes: &[u8]) -> Result<BatchHeader, BatchError> {
        let Some(bytes) = bytes.first_chunk::<HEADER_SIZE>() else {
            return Err(BatchError::Truncated { size: HEADER_SIZE, left: bytes.len() });
        };
        if bytes[16] != MAGIC {
            return Err(BatchError::Magic(bytes[16]));
        }
        let header = BatchHeader::read(bytes);
        let least = (HEADER_SIZE - LENGTH_PREFIX) as i32;
        if header.batch_length < least {
            return Err(BatchError::Length(header.batch_length));
        }
        if header.last_offset_delta < 0 || header.record_count < 0 || header.base_offset < 0 {
            return Err(BatchError::Count(header.record_count));
        }
        // An offset that wraps is as impossible as a negative one.
        if header.base_offset.checked_add(i64::from(header.last_offset_delta) + 1).is_none() {
            return Err(BatchError::Count(header.last_offset_delta));
        }
        Ok(header)
    }

    fn read(bytes: &[u8; HEADER_SIZE]) -> BatchHeader {
        BatchHeader {
            base_offset: i64::from_be_bytes(field(bytes, 0)),
            batch_length: i32::from_be_bytes(field(bytes, 8)),
            leader_epoch: i32::from_be_bytes(field(bytes, 12)),
            crc: u32::from_be_bytes(field(bytes, 17)),
            attributes: i16::from_be_bytes(field(bytes, 21)),
            last_offset_delta: i32::from_be_bytes(field(bytes, 23)),
            base_timestamp: i64::from_be_bytes(field(bytes, 27)),
            max_timestamp: i64::from_be_bytes(field(bytes, 35)),
            producer_id: i64::from_be_bytes(field(bytes, 43)),
            producer_epoch: i16::from_be_bytes(field(bytes, 51)),
            base_sequence: i32::from_be_bytes(field(bytes, 53)),
            record_count: i32::from_be_bytes(field(bytes, 57)),
        }
    }

    /// Writes the header over the front of `bytes`.
    pub(super) fn write(&self, bytes: &mut [u8]) {
        bytes[0..8].copy_from_slice(&self.base_offset.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.batch_length.to_be_bytes());
        bytes[12..16].copy_from_slice(&self.leader_epoch.to_be_bytes());
        bytes[16] = MAGIC;
        bytes[17..21].copy_from_slice(&self.crc.to_be_bytes());
        bytes[21..23].copy_from_slice(&self.attributes.to_be_bytes());
        bytes[23..27].copy_from_slice(&self.last_offset_delta.to_be_bytes());
        bytes[27..35].copy_from_slice(&self.base_timestamp.to_be_bytes());
        bytes[35..43].copy_from_slice(&self.max_timestamp.to_be_bytes());
        bytes[43..51].copy_from_slice(&self.producer_id.to_be_bytes());
        bytes[51..53].copy_from_slice(&self.producer_epoch.to_be_bytes());
        bytes[53..57].copy_from_slice(&self.base_sequence.to_be_bytes());
        bytes[57..61].copy_from_slice(&self.record_count.to_be_bytes());
    }

    /// Returns the bytes of header and records.
    pub fn size(&self) -> usize {
        LENGTH_PREFIX + self.batch_length as usize
    }

    /// Returns the offset of the last record.
    pub fn last_offset(&self) -> Offset {
        self.base_offset + i64::from(self.last_offset_delta)
    }

    /// Returns the offset after the last record.
    pub fn next_offset(&self) -> Offset {
        self.last_offset() + 1
    }

    /// Returns the sequence of the last record; sequences go from 0 to `i32::MAX` and around.
    pub fn last_sequence(&self) -> i32 {
        if self.base_sequence == NO_SEQUENCE {
            return NO_SEQUENCE;
        }
        advance_sequence(self.base_sequence, self.last_offset_delta)
    }

    /// Returns the codec of the records.
    pub fn compression(&self) -> Result<Compression, BatchError> {
        Compression::try_from_id(self.attributes & 7)
    }

    /// Returns whose time the timestamps are.
    pub fn timestamp_type(&self) -> TimestampType {
        match self.attributes & TIMESTAMP_TYPE {
            0 => TimestampType::CreateTime,
            _ => TimestampType::LogAppendTime,
        }
    }

    /// Says whether the batch belongs to a transaction.
    pub fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL != 0
    }

    /// Says whether the batch holds a marker of the log itself and no records.
    pub fn is_control(&self) -> bool {
        self.attributes & CONTROL != 0
    }

    /// Returns the time from which on compaction may remove the batch's tombstones, or the marker that it is.
    pub fn delete_horizon(&self) -> Option<i64> {
        (self.attributes & DELETE_HORIZON != 0).then_some(self.base_timestamp)
    }

    /// Returns the header with a delete horizon, which takes the place of the base timestamp.
    pub(in crate::log) fn with_delete_horizon(self, horizon: i64) -> BatchHeader {
        let attributes = self.attributes | DELETE_HORIZON;
        BatchHeader { attributes, base_timestamp: horizon, ..self }
    }

    /// Returns the header of the same batch without records, so without codec and delete horizon.
    pub(in crate::log) fn emptied(self) -> BatchHeader {
        BatchHeader {
            batch_length: (HEADER_SIZE - LENGTH_PREFIX) as i32,
            attributes: self.attributes & (TIMESTAMP_TYPE | TRANSACTIONAL | CONTROL),
            base_timestamp: self.max_timestamp,
            record_count: 0,
            ..self
        }
    }

    /// Says whether a producer is named.
    pub fn has_producer(&self) -> bool {
        self.producer_id != NO_PRODUCER_ID
    }
}

/// Returns the sequence `by` records later.
pub(in crate::log) fn advance_sequence(sequence: i32, by: i32) -> i32 {
    sequence.wrapping_add(by) & i32::MAX
}

/// Puts together codec and flags.
pub(super) fn attributes(
    compression: Compression,
    is_transactional: bool,
    is_control: bool,
) -> i16 {
    let flag = |is_set: bool, bit: i16| if is_set { bit } else { 0 };
    compression.id() | flag(is_transactional, TRANSACTIONAL) | flag(is_control, CONTROL)
}

/// What the log itself fills in when it appends a batch.
#[derive(Clone, Copy, Debug)]
pub(in crate::log) struct Stamp {
    pub(in crate::log) base_offset: Offset,
    pub(in crate::log) leader_epoch: i32,
    pub(in crate::log) base_sequence: i32,
    /// The append time, if the topic's timestamps are the log's.
    pub(in crate::log) append_time: Option<i64>,
}

/// Fills in what the log decides, without reading the records.
pub(in crate::log) fn stamp(batch: &mut [u8], stamp: Stamp) {
    batch[0..8].copy_from_slice(&stamp.base_offset.to_be_bytes());
    batch[12..16].copy_from_slice(&stamp.leader_epoch.to_be_bytes());
    let before: [u8; HEADER_SIZE - CHECKED_FROM] = field(batch, CHECKED_FROM);
    batch[53..57].copy_from_slice(&stamp.base_sequence.to_be_bytes());
    if let Some(append_time) = stamp.append_time {
        set_attributes(batch, i16::from_be_bytes(field(batch, 21)) | TIMESTAMP_TYPE);
        batch[35..43].copy_from_slice(&append_time.to_be_bytes());
    } else {
        set_attributes(batch, i16::from_be_bytes(field(batch, 21)) & !TIMESTAMP_TYPE);
    }
    let after: [u8; HEADER_SIZE - CHECKED_FROM] = field(batch, CHECKED_FROM);
    if before != after {
        let crc = u32::from_be_bytes(field(batch, 17));
        let crc = patched(crc, &before, &after, batch.len() - HEADER_SIZE);
        batch[17..21].copy_from_slice(&crc.to_be_bytes());
    }
}

/// Corrects the largest timestamp that a client gave.
pub(super) fn set_max_timestamp(batch: &mut [u8], max_timestamp: i64) {
    batch[35..43].copy_from_slice(&max_timestamp.to_be_bytes());
    seal(batch);
}

fn set_attributes(batch: &mut [u8], attributes: i16) {
    batch[21..23].copy_from_slice(&attributes.to_be_bytes());
}

/// Writes the checksum of a whole batch.
pub(super) fn seal(batch: &mut [u8]) {
    let crc = checksum(batch);
    batch[17..21].copy_from_slice(&crc.to_be_bytes());
}

/// Computes the checksum of a whole batch.
pub(in crate::log) fn checksum(batch: &[u8]) -> u32 {
    crc32c::crc32c(&batch[CHECKED_FROM..])
}

/// Returns `N` bytes; the caller knows they are there.
fn field<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..at + N]);
    field
}
