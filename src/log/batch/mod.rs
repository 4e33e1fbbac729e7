//! Record batches, version 2: the unit in which records are stored, sent and checked.

mod builder;
mod codec;
mod control;
mod crc;
mod encoded;
mod header;
mod pruned;
mod records;
mod snappy;
mod varint;

use std::io;

pub use self::builder::{BytesColumn, RecordBatchBuilder};
pub use self::codec::Compression;
pub(in crate::log) use self::control::{COORDINATOR_EPOCH, marker_batch, marker_outcome};
pub use self::encoded::EncodedBatches;
pub use self::header::{
    BatchHeader, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NO_SEQUENCE, TimestampType,
};
pub(in crate::log) use self::header::{
    HEADER_SIZE, LENGTH_PREFIX, Stamp, advance_sequence, checksum, stamp,
};
pub(in crate::log) use self::pruned::{empty_batch, filler_batch, pruned_batch};
pub use self::records::{BatchView, Header, Headers, RecordBuffer, RecordView, Records};
pub use self::varint::VarintError;

/// The most bytes that one batch may have after decompression: what a hostile batch can cost.
pub const DECOMPRESSED_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Why bytes are no valid record batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// There are fewer bytes than the batch needs.
    #[error("batch of {size} bytes has only {left}")]
    Truncated {
        /// What is needed.
        size: usize,
        /// What is there.
        left: usize,
    },
    /// The version is not 2.
    #[error("batch has format version {0}, not 2")]
    Magic(u8),
    /// The length cannot be.
    #[error("batch length {0} is impossible")]
    Length(i32),
    /// The number of records, or an offset, contradicts the others.
    #[error("batch has an impossible count or offset {0}")]
    Count(i32),
    /// The bytes are not those that were written.
    #[error("batch checksum is {computed:08x}, not {stored:08x}")]
    Checksum {
        /// The checksum in the header.
        stored: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
    /// There is no codec of this number.
    #[error("batch has unknown compression codec {0}")]
    Codec(i16),
    /// The codec could not read the bytes.
    #[error("batch does not decompress: {0}")]
    Compressed(io::ErrorKind),
    /// The records would take too much memory.
    #[error("batch decompresses to more than {0} bytes")]
    TooLargeDecompressed(usize),
    /// A record could not be read.
    #[error("batch holds a damaged record: {0}")]
    Record(#[from] VarintError),
    /// A client sent something that only the log itself may write.
    #[error("batch is {0}")]
    NotAllowed(&'static str),
}

impl From<io::Error> for BatchError {
    fn from(error: io::Error) -> Self {
        BatchError::Compressed(error.kind())
    }
}
