//! The codecs of record batches: none, gzip, snappy, lz4, zstd.

use std::io::{self, Read, Write};

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};

use super::{BatchError, snappy};

/// Kafka's default level.
const ZSTD_LEVEL: i32 = 3;

/// How the records of a batch are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// RFC 1952.
    Gzip,
    /// Snappy blocks in the framing of Java's snappy library.
    Snappy,
    /// LZ4 frames.
    Lz4,
    /// Zstandard (KIP-110).
    Zstd,
}

impl Compression {
    /// All codecs.
    pub const ALL: [Compression; 5] = [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ];

    /// Returns the number of the codec in a batch's attributes.
    pub(super) fn id(self) -> i16 {
        self as i16
    }

    /// Returns the codec of a number.
    pub(super) fn try_from_id(id: i16) -> Result<Compression, BatchError> {
        Self::ALL.into_iter().find(|codec| codec.id() == id).ok_or(BatchError::Codec(id))
    }

    /// Returns the codec of a name as `compression.type` has it.
    pub fn from_name(name: &str) -> Option<Compression> {
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }

    /// Returns the name that `compression.type` uses.
    pub fn name(self) -> &'static str {
        match self {
            Compression::None => "none",
            Compression::Gzip => "gzip",
            Compression::Snappy => "snappy",
            Compression::Lz4 => "lz4",
            Compression::Zstd => "zstd",
        }
    }

    /// Appends `bytes` compressed to `target`.
    pub(super) fn compress(self, bytes: &[u8], target: &mut Vec<u8>) {
        // A Vec takes every write, so the encoders below cannot fail.
        let wrote = match self {
            Compression::None => {
                target.extend_from_slice(bytes);
                Ok(())
            }
            Compression::Gzip => gzip(bytes, target),
            Compression::Snappy => {
                snappy::compress(bytes, target);
                Ok(())
            }
            Compression::Lz4 => lz4(bytes, target),
            Compression::Zstd => zstd::stream::copy_encode(bytes, target, ZSTD_LEVEL),
        };
        wrote.expect("compressing into memory does not fail");
    }

    /// Replaces `target` with `bytes` decompressed, which must not be more than `bytes_max`.
    pub(super) fn decompress(
        self,
        bytes: &[u8],
        target: &mut Vec<u8>,
        bytes_max: usize,
    ) -> Result<(), BatchError> {
        target.clear();
        match self {
            Compression::None => target.extend_from_slice(bytes),
            Compression::Gzip => read_all(MultiGzDecoder::new(bytes), target, bytes_max)?,
            Compression::Snappy => snappy::decompress(bytes, target, bytes_max)?,
            Compression::Lz4 => read_all(FrameDecoder::new(bytes), target, bytes_max)?,
            Compression::Zstd => {
                let decoder = zstd::stream::read::Decoder::with_buffer(bytes)?;
                read_all(decoder, target, bytes_max)?;
            }
        }
        Ok(())
    }
}

fn gzip(bytes: &[u8], target: &mut Vec<u8>) -> io::Result<()> {
    let mut encoder = GzEncoder::new(target, flate2::Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish().map(drop)
}

/// Kafka's Java client reads only frames of independent blocks.
fn lz4(bytes: &[u8], target: &mut Vec<u8>) -> io::Result<()> {
    let frame = FrameInfo::new().block_mode(BlockMode::Independent).block_size(BlockSize::Max64KB);
    let mut encoder = FrameEncoder::with_frame_info(frame, target);
    encoder.write_all(bytes)?;
    encoder.finish().map(drop).map_err(io::Error::from)
}

fn read_all(decoder: impl Read, target: &mut Vec<u8>, bytes_max: usize) -> Result<(), BatchError> {
    decoder.take(bytes_max as u64 + 1).read_to_end(target)?;
    if bytes_max < target.len() {
        return Err(BatchError::TooLargeDecompressed(bytes_max));
    }
    Ok(())
}
