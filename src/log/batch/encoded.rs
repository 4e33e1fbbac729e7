//! Record batches that are ready to be appended.

use super::header::{attributes, seal, set_max_timestamp};
use super::{
    BatchError, BatchHeader, BatchView, Compression, DECOMPRESSED_BYTES_MAX, HEADER_SIZE,
    LENGTH_PREFIX, NO_PRODUCER_ID, RecordBuffer, TimestampType,
};

/// Codec, timestamp type, transactional: what a client may set.
const CLIENT_ATTRIBUTES: i16 = 0b1_1111;

/// The bytes of any number of whole record batches.
///
/// Made by a [`RecordBatchBuilder`](super::RecordBatchBuilder) or, from bytes that nobody has checked, by
/// [`try_from_wire`](EncodedBatches::try_from_wire).
#[derive(Clone, Debug, Default)]
pub struct EncodedBatches {
    bytes: Vec<u8>,
    has_null_key: bool,
}

impl EncodedBatches {
    pub(super) fn built(bytes: Vec<u8>, has_null_key: bool) -> Self {
        EncodedBatches { bytes, has_null_key }
    }

    /// Checks what a client sent: one or more whole batches, each with the records it claims.
    ///
    /// As Kafka does, it refuses what only the log may write (control batches, offsets with gaps) and corrects the
    /// largest timestamp.
    pub fn try_from_wire(bytes: &[u8]) -> Result<EncodedBatches, BatchError> {
        let mut encoded = EncodedBatches { bytes: bytes.to_vec(), has_null_key: false };
        let mut buffer = RecordBuffer::new();
        let mut position = 0;
        while position < bytes.len() {
            let batch = BatchView::try_new(&bytes[position..])?;
            check_client_header(batch.header())?;
            let contents = check_records(&batch, &mut buffer)?;
            let end = position + batch.bytes().len();
            if contents.max_timestamp != batch.max_timestamp() {
                set_max_timestamp(&mut encoded.bytes[position..end], contents.max_timestamp);
            }
            encoded.has_null_key |= contents.has_null_key;
            position = end;
        }
        Ok(encoded)
    }

    /// Adds the batches of another after these.
    pub fn push(&mut self, mut other: EncodedBatches) {
        self.bytes.append(&mut other.bytes);
        self.has_null_key |= other.has_null_key;
    }

    /// Returns the bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the size in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Says whether there is no batch.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Says whether a record has no key, which a compacted topic does not take.
    pub fn has_null_key(&self) -> bool {
        self.has_null_key
    }

    /// Returns the header of each batch.
    pub fn headers(&self) -> impl Iterator<Item = BatchHeader> + '_ {
        let mut rest = self.bytes.as_slice();
        std::iter::from_fn(move || {
            let header = BatchHeader::try_decode(rest).ok()?;
            rest = rest.get(header.size()..)?;
            Some(header)
        })
    }

    /// Calls `change` with the header and the bytes of each batch.
    pub(in crate::log) fn for_each_mut(&mut self, mut change: impl FnMut(BatchHeader, &mut [u8])) {
        let mut rest = self.bytes.as_mut_slice();
        while let Ok(header) = BatchHeader::try_decode(rest) {
            let (batch, after) = rest.split_at_mut(header.size());
            change(header, batch);
            rest = after;
        }
    }

    /// Returns the same records with another codec.
    pub fn recompressed(&self, codec: Compression) -> Result<EncodedBatches, BatchError> {
        let mut target = Vec::with_capacity(self.bytes.len());
        let mut records = Vec::new();
        let mut rest = self.bytes.as_slice();
        while !rest.is_empty() {
            let batch = BatchView::try_new(rest)?;
            let stored = &batch.bytes()[HEADER_SIZE..];
            let old = batch.header().compression()?;
            old.decompress(stored, &mut records, DECOMPRESSED_BYTES_MAX)?;
            put_batch(batch.header(), codec, &records, &mut target);
            rest = &rest[batch.bytes().len()..];
        }
        Ok(EncodedBatches { bytes: target, has_null_key: self.has_null_key })
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Appends a batch with the header's values and records in another codec.
fn put_batch(header: &BatchHeader, codec: Compression, records: &[u8], target: &mut Vec<u8>) {
    let start = target.len();
    target.resize(start + HEADER_SIZE, 0);
    codec.compress(records, target);
    let batch = &mut target[start..];
    let header = BatchHeader {
        batch_length: (batch.len() - LENGTH_PREFIX) as i32,
        attributes: attributes(codec, header.is_transactional(), header.is_control()),
        ..*header
    };
    header.write(batch);
    seal(batch);
}

/// What a look at all records of a batch tells.
struct Contents {
    max_timestamp: i64,
    has_null_key: bool,
}

fn check_client_header(header: &BatchHeader) -> Result<(), BatchError> {
    if header.is_control() {
        return Err(BatchError::NotAllowed("a control batch"));
    }
    if header.attributes & !CLIENT_ATTRIBUTES != 0 {
        return Err(BatchError::NotAllowed("of unknown attributes"));
    }
    if header.timestamp_type() == TimestampType::LogAppendTime {
        return Err(BatchError::NotAllowed("of log append time"));
    }
    let is_numbered = 0 <= header.base_sequence && 0 <= header.producer_epoch;
    if header.producer_id < NO_PRODUCER_ID || header.has_producer() && !is_numbered {
        return Err(BatchError::NotAllowed("of a producer without epoch or sequence"));
    }
    if header.is_transactional() && !header.has_producer() {
        return Err(BatchError::NotAllowed("transactional without a producer"));
    }
    if header.record_count == 0 || header.last_offset_delta != header.record_count - 1 {
        return Err(BatchError::Count(header.record_count));
    }
    Ok(())
}

fn check_records(batch: &BatchView<'_>, buffer: &mut RecordBuffer) -> Result<Contents, BatchError> {
    let mut contents = Contents { max_timestamp: i64::MIN, has_null_key: false };
    let mut records = batch.records(buffer)?;
    let mut next_offset = batch.base_offset();
    for record in records.by_ref() {
        let record = record?;
        if record.offset != next_offset {
            return Err(BatchError::Count(batch.header().record_count));
        }
        next_offset += 1;
        contents.max_timestamp = contents.max_timestamp.max(record.timestamp);
        contents.has_null_key |= record.key.is_none();
        for header in record.headers {
            header?;
        }
    }
    if next_offset != batch.next_offset() || records.has_rest() {
        return Err(BatchError::Count(batch.header().record_count));
    }
    Ok(contents)
}
