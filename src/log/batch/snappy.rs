//! Snappy as Kafka's clients write it: blocks in the framing of Java's snappy library, or one bare block.
//!
//! ```text
//! 82 'S' 'N' 'A' 'P' 'P' 'Y' 00 | version i32 = 1 | compatible i32 = 1 | (length i32, snappy block)*
//! ```

use super::BatchError;

const MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
const HEADER_SIZE: usize = 16;
/// The block size of the Java library.
const BLOCK_BYTES: usize = 32 * 1024;

/// Appends `bytes` compressed and framed to `target`.
pub(super) fn compress(bytes: &[u8], target: &mut Vec<u8>) {
    target.extend_from_slice(&MAGIC);
    target.extend_from_slice(&1i32.to_be_bytes());
    target.extend_from_slice(&1i32.to_be_bytes());
    let mut encoder = snap::raw::Encoder::new();
    for block in bytes.chunks(BLOCK_BYTES) {
        let start = target.len() + 4;
        target.resize(start + snap::raw::max_compress_len(block.len()), 0);
        let wrote = encoder.compress(block, &mut target[start..]);
        let len = wrote.expect("the target has the size that snappy asks for");
        target[start - 4..start].copy_from_slice(&(len as i32).to_be_bytes());
        target.truncate(start + len);
    }
}

/// Appends `bytes` decompressed to `target`, up to `bytes_max` bytes.
pub(super) fn decompress(
    bytes: &[u8],
    target: &mut Vec<u8>,
    bytes_max: usize,
) -> Result<(), BatchError> {
    if !bytes.starts_with(&MAGIC) {
        return decompress_block(bytes, target, bytes_max);
    }
    let mut rest = bytes.get(HEADER_SIZE..).ok_or_else(damaged)?;
    while !rest.is_empty() {
        let (len, after) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let len = usize::try_from(i32::from_be_bytes(*len)).map_err(|_| damaged())?;
        let (block, after) = after.split_at_checked(len).ok_or_else(damaged)?;
        decompress_block(block, target, bytes_max)?;
        rest = after;
    }
    Ok(())
}

fn decompress_block(
    block: &[u8],
    target: &mut Vec<u8>,
    bytes_max: usize,
) -> Result<(), BatchError> {
    let len = snap::raw::decompress_len(block).map_err(|_| damaged())?;
    // The length is only a claim. A snappy element of three bytes yields at most 64.
    if block.len().saturating_mul(64) < len {
        return Err(damaged());
    }
    let start = target.len();
    if bytes_max < start + len {
        return Err(BatchError::TooLargeDecompressed(bytes_max));
    }
    target.resize(start + len, 0);
    let done = snap::raw::Decoder::new().decompress(block, &mut target[start..]);
    done.map_err(|_| damaged()).map(drop)
}

fn damaged() -> BatchError {
    BatchError::Compressed(std::io::ErrorKind::InvalidData)
}
