//! Building a record batch, record by record or from columns.

use super::header::{LENGTH_PREFIX, attributes, seal};
use super::varint::{put_varlong, varlong_size};
use super::{
    BatchError, BatchHeader, Compression, DECOMPRESSED_BYTES_MAX, EncodedBatches, HEADER_SIZE,
    Header, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NO_SEQUENCE,
};
use crate::log::Producer;

/// Byte strings one after another, as columnar memory keeps them.
#[derive(Clone, Copy, Debug)]
pub struct BytesColumn<'a> {
    /// Where each string begins in `bytes`, and after the last one where it ends.
    pub offsets: &'a [i32],
    /// The strings.
    pub bytes: &'a [u8],
    /// A bit for each string, lowest first: 0 means null. None means that none is null.
    pub validity: Option<&'a [u8]>,
}

impl<'a> BytesColumn<'a> {
    /// Returns a string.
    ///
    /// # Panics
    ///
    /// If the column has no such row.
    pub fn value(&self, row: usize) -> Option<&'a [u8]> {
        if let Some(bits) = self.validity
            && bits[row / 8] >> (row % 8) & 1 == 0
        {
            return None;
        }
        Some(&self.bytes[self.offsets[row] as usize..self.offsets[row + 1] as usize])
    }
}

/// Builds one record batch.
///
/// A record costs no allocation of its own. [`finish`](RecordBatchBuilder::finish) empties the builder, which can then
/// build the next batch.
#[derive(Debug)]
pub struct RecordBatchBuilder {
    compression: Compression,
    producer: Option<Producer>,
    is_transactional: bool,
    base_sequence: i32,
    /// Room for the header, then the records.
    buffer: Vec<u8>,
    count: i32,
    base_timestamp: i64,
    max_timestamp: i64,
    has_null_key: bool,
}

/// How many bytes a record has at most beside its key, its value and its headers: length, attributes, both deltas.
const RECORD_OVERHEAD_MAX: usize = 5 + 1 + 10 + 5;

impl RecordBatchBuilder {
    /// Starts a batch of no producer.
    pub fn new(compression: Compression) -> Self {
        RecordBatchBuilder {
            compression,
            producer: None,
            is_transactional: false,
            base_sequence: NO_SEQUENCE,
            buffer: vec![0; HEADER_SIZE],
            count: 0,
            base_timestamp: 0,
            max_timestamp: i64::MIN,
            has_null_key: false,
        }
    }

    /// Names the producer of this batch and those after it; the log gives them their sequences.
    pub fn set_producer(&mut self, producer: Option<Producer>) {
        self.producer = producer;
        self.is_transactional = false;
    }

    /// Names the producer in whose transaction this batch and those after it are.
    pub fn set_transaction(&mut self, producer: Producer) {
        self.producer = Some(producer);
        self.is_transactional = true;
    }

    /// Gives the next batch the sequence of its first record, as a client does that may send it again.
    pub fn set_base_sequence(&mut self, sequence: i32) {
        self.base_sequence = sequence;
    }

    /// Returns how many records were pushed.
    pub fn record_count(&self) -> usize {
        self.count as usize
    }

    /// Says whether no record was pushed.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the size of the batch before compression.
    pub fn size(&self) -> usize {
        self.buffer.len()
    }

    /// Tells whether the batch stays within so many bytes, compressed or not, with another record. One record alone always fits: it
    /// is for the topic to refuse.
    #[inline]
    pub fn fits(
        &self,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header<'_>],
        bytes_max: usize,
    ) -> bool {
        let record = nullable_size(key) + nullable_size(value) + headers_size(headers);
        self.count == 0 || self.buffer.len() + record + RECORD_OVERHEAD_MAX <= bytes_max
    }

    /// Returns how much memory the builder takes.
    pub fn memory_size(&self) -> usize {
        self.buffer.capacity()
    }

    /// Adds a record. Fails if the batch would grow beyond [`DECOMPRESSED_BYTES_MAX`].
    #[inline]
    pub fn push(
        &mut self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header<'_>],
    ) -> Result<(), BatchError> {
        if self.count == 0 {
            self.base_timestamp = timestamp;
        }
        let timestamp_delta = timestamp.wrapping_sub(self.base_timestamp);
        let body = 1
            + varlong_size(timestamp_delta)
            + varlong_size(i64::from(self.count))
            + nullable_size(key)
            + nullable_size(value)
            + headers_size(headers);
        if DECOMPRESSED_BYTES_MAX - HEADER_SIZE < self.buffer.len().saturating_add(body) {
            return Err(BatchError::TooLargeDecompressed(DECOMPRESSED_BYTES_MAX));
        }
        let buffer = &mut self.buffer;
        buffer.reserve(body + 5);
        put_varlong(buffer, body as i64);
        buffer.push(0);
        put_varlong(buffer, timestamp_delta);
        put_varlong(buffer, i64::from(self.count));
        put_nullable(buffer, key);
        put_nullable(buffer, value);
        put_headers(buffer, headers);
        self.count += 1;
        self.max_timestamp = self.max_timestamp.max(timestamp);
        self.has_null_key |= key.is_none();
        Ok(())
    }

    /// Adds a record for each timestamp, with keys and values from columns; no column means all null.
    ///
    /// # Panics
    ///
    /// If a column has fewer rows than there are timestamps.
    pub fn push_columns(
        &mut self,
        timestamps: &[i64],
        keys: Option<BytesColumn<'_>>,
        values: Option<BytesColumn<'_>>,
    ) -> Result<(), BatchError> {
        for (row, timestamp) in timestamps.iter().enumerate() {
            let key = keys.and_then(|column| column.value(row));
            let value = values.and_then(|column| column.value(row));
            self.push(*timestamp, key, value, &[])?;
        }
        Ok(())
    }

    /// Returns the batch and empties the builder; without records there is no batch in it.
    pub fn finish(&mut self) -> EncodedBatches {
        if self.count == 0 {
            return EncodedBatches::default();
        }
        let mut batch = self.take_bytes();
        let producer =
            self.producer.unwrap_or(Producer { id: NO_PRODUCER_ID, epoch: NO_PRODUCER_EPOCH });
        let header = BatchHeader {
            base_offset: 0,
            batch_length: (batch.len() - LENGTH_PREFIX) as i32,
            leader_epoch: 0,
            crc: 0,
            attributes: attributes(self.compression, self.is_transactional, false),
            last_offset_delta: self.count - 1,
            base_timestamp: self.base_timestamp,
            max_timestamp: self.max_timestamp,
            producer_id: producer.id,
            producer_epoch: producer.epoch,
            base_sequence: std::mem::replace(&mut self.base_sequence, NO_SEQUENCE),
            record_count: self.count,
        };
        header.write(&mut batch);
        seal(&mut batch);
        let built = EncodedBatches::built(batch, self.has_null_key);
        (self.count, self.max_timestamp, self.has_null_key) = (0, i64::MIN, false);
        built
    }

    /// Takes the records out, compressed, after room for the header.
    fn take_bytes(&mut self) -> Vec<u8> {
        if self.compression == Compression::None {
            // The next one may be a little larger: it should not have to move for that.
            let mut next = Vec::with_capacity(self.buffer.len() + self.buffer.len() / 8);
            next.resize(HEADER_SIZE, 0);
            return std::mem::replace(&mut self.buffer, next);
        }
        let mut batch = Vec::with_capacity(HEADER_SIZE + self.buffer.len() / 2);
        batch.resize(HEADER_SIZE, 0);
        self.compression.compress(&self.buffer[HEADER_SIZE..], &mut batch);
        self.buffer.truncate(HEADER_SIZE);
        batch
    }
}

fn nullable_size(bytes: Option<&[u8]>) -> usize {
    bytes.map_or(1, |bytes| varlong_size(bytes.len() as i64) + bytes.len())
}

fn put_nullable(target: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => {
            put_varlong(target, bytes.len() as i64);
            target.extend_from_slice(bytes);
        }
        None => put_varlong(target, -1),
    }
}

fn headers_size(headers: &[Header<'_>]) -> usize {
    let size = |header: &Header<'_>| nullable_size(Some(header.key)) + nullable_size(header.value);
    varlong_size(headers.len() as i64) + headers.iter().map(size).sum::<usize>()
}

fn put_headers(target: &mut Vec<u8>, headers: &[Header<'_>]) {
    put_varlong(target, headers.len() as i64);
    for header in headers {
        put_nullable(target, Some(header.key));
        put_nullable(target, header.value);
    }
}
