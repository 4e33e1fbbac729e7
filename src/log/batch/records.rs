//! Reading the records of a batch without copying them.

use super::varint::Cursor;
use super::{
    BatchError, BatchHeader, Compression, DECOMPRESSED_BYTES_MAX, HEADER_SIZE, TimestampType,
    VarintError, checksum,
};
use crate::log::{Offset, Producer};

/// Memory for decompressed records, kept from batch to batch so that reading allocates nothing.
#[derive(Debug, Default)]
pub struct RecordBuffer {
    decompressed: Vec<u8>,
}

impl RecordBuffer {
    /// Creates an empty buffer.
    pub fn new() -> Self {
        RecordBuffer::default()
    }
}

/// A batch in a fetched part of the log.
#[derive(Clone, Copy, Debug)]
pub struct BatchView<'a> {
    header: BatchHeader,
    bytes: &'a [u8],
    /// The reader asked for the records from here on.
    from: Offset,
}

impl<'a> BatchView<'a> {
    /// Views the batch at the front of `bytes`, which may go on after it.
    pub fn try_new(bytes: &'a [u8]) -> Result<BatchView<'a>, BatchError> {
        let header = BatchHeader::try_decode(bytes)?;
        let size = header.size();
        let Some(bytes) = bytes.get(..size) else {
            return Err(BatchError::Truncated { size, left: bytes.len() });
        };
        Ok(BatchView { header, bytes, from: header.base_offset })
    }

    /// Leaves out the records before `from`.
    pub(in crate::log) fn starting_at(self, from: Offset) -> Self {
        BatchView { from, ..self }
    }

    /// Returns what stands before the records.
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// Returns the whole batch as it is stored.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the offset of the first record.
    pub fn base_offset(&self) -> Offset {
        self.header.base_offset
    }

    /// Returns the offset of the last record.
    pub fn last_offset(&self) -> Offset {
        self.header.last_offset()
    }

    /// Returns the offset after the last record.
    pub fn next_offset(&self) -> Offset {
        self.header.next_offset()
    }

    /// Returns how many records are stored, including those before the offset that was asked for.
    pub fn record_count(&self) -> usize {
        self.header.record_count as usize
    }

    /// Returns the largest timestamp.
    pub fn max_timestamp(&self) -> i64 {
        self.header.max_timestamp
    }

    /// Returns the producer, if the batch names one.
    pub fn producer(&self) -> Option<Producer> {
        let BatchHeader { producer_id: id, producer_epoch: epoch, .. } = self.header;
        self.header.has_producer().then_some(Producer { id, epoch })
    }

    /// Says whether the batch belongs to a transaction.
    pub fn is_transactional(&self) -> bool {
        self.header.is_transactional()
    }

    /// Checks that the bytes are those that were written.
    pub fn verify(&self) -> Result<(), BatchError> {
        let (stored, computed) = (self.header.crc, checksum(self.bytes));
        if stored != computed {
            return Err(BatchError::Checksum { stored, computed });
        }
        Ok(())
    }

    /// Checks the batch and returns its records from the offset on that the reader asked for.
    ///
    /// Keys and values are borrowed from the fetched bytes or, if they are compressed, from `buffer`.
    pub fn records<'s>(&self, buffer: &'s mut RecordBuffer) -> Result<Records<'s>, BatchError>
    where
        'a: 's,
    {
        self.verify()?;
        let stored = &self.bytes[HEADER_SIZE..];
        let bytes: &'s [u8] = match self.header.compression()? {
            Compression::None => stored,
            codec => {
                codec.decompress(stored, &mut buffer.decompressed, DECOMPRESSED_BYTES_MAX)?;
                &buffer.decompressed
            }
        };
        Ok(Records {
            cursor: Cursor::new(bytes),
            left: self.header.record_count,
            base_offset: self.header.base_offset,
            base_timestamp: self.header.base_timestamp,
            append_time: match self.header.timestamp_type() {
                TimestampType::CreateTime => None,
                TimestampType::LogAppendTime => Some(self.header.max_timestamp),
            },
            from: self.from,
        })
    }
}

/// The records of a batch.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    cursor: Cursor<'a>,
    left: i32,
    base_offset: Offset,
    base_timestamp: i64,
    append_time: Option<i64>,
    from: Offset,
}

impl<'a> Records<'a> {
    /// Says whether the bytes ended with the last record.
    pub(super) fn has_rest(&self) -> bool {
        !self.cursor.is_empty()
    }

    #[inline]
    fn read(&mut self) -> Result<RecordView<'a>, VarintError> {
        let body = self.body()?;
        self.decode(body)
    }

    /// Returns the next record as it is stored, without its length.
    pub(super) fn body(&mut self) -> Result<&'a [u8], VarintError> {
        let len = self.cursor.varint()?;
        let len = usize::try_from(len).map_err(|_| VarintError::Truncated)?;
        self.cursor.take(len)
    }

    #[inline]
    fn decode(&self, body: &'a [u8]) -> Result<RecordView<'a>, VarintError> {
        let mut record = Cursor::new(body);
        record.byte()?;
        let timestamp_delta = record.varlong()?;
        let offset_delta = record.varint()?;
        let key = record.nullable()?;
        let value = record.nullable()?;
        let count = record.varint()?;
        let timestamp = self.base_timestamp.wrapping_add(timestamp_delta);
        Ok(RecordView {
            offset: self.base_offset.wrapping_add(i64::from(offset_delta)),
            timestamp: self.append_time.unwrap_or(timestamp),
            key,
            value,
            headers: Headers { cursor: record, left: count.max(0) },
        })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<RecordView<'a>, BatchError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        while 0 < self.left {
            self.left -= 1;
            match self.read() {
                Ok(record) if record.offset < self.from => {}
                Ok(record) => return Some(Ok(record)),
                Err(error) => {
                    self.left = 0;
                    return Some(Err(error.into()));
                }
            }
        }
        None
    }
}

/// A record, borrowed.
#[derive(Clone, Debug)]
pub struct RecordView<'a> {
    /// Its place in the partition.
    pub offset: Offset,
    /// Its time in milliseconds.
    pub timestamp: i64,
    /// Its key, if it has one.
    pub key: Option<&'a [u8]>,
    /// Its value; none makes it a tombstone.
    pub value: Option<&'a [u8]>,
    /// Its headers, decoded when they are asked for.
    pub headers: Headers<'a>,
}

/// One header of a record (KIP-82).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its name; names may repeat.
    pub key: &'a [u8],
    /// Its value.
    pub value: Option<&'a [u8]>,
}

/// The headers of a record, in order.
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    cursor: Cursor<'a>,
    left: i32,
}

impl<'a> Headers<'a> {
    /// Returns how many headers the record claims to have.
    pub fn count(&self) -> usize {
        self.left as usize
    }

    fn read(&mut self) -> Result<Header<'a>, VarintError> {
        let key = self.cursor.nullable()?.ok_or(VarintError::Truncated)?;
        Ok(Header { key, value: self.cursor.nullable()? })
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Result<Header<'a>, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let header = self.read();
        if header.is_err() {
            self.left = 0;
        }
        Some(header.map_err(BatchError::from))
    }
}
