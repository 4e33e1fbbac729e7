//! Control batches: the markers that end a transaction (KIP-98).
//!
//! ```text
//! key:   version i16 = 0 | type i16: 0 abort, 1 commit
//! value: version i16 = 0 | coordinator epoch i32
//! ```

use super::header::{attributes, seal};
use super::{
    BatchError, BatchHeader, BatchView, Compression, EncodedBatches, NO_SEQUENCE,
    RecordBatchBuilder, RecordBuffer,
};
use crate::log::{Outcome, Producer};

/// Kafka's transaction coordinator counts its own elections; this log has one coordinator for ever.
pub(in crate::log) const COORDINATOR_EPOCH: i32 = 0;

/// Builds the marker that ends a producer's transaction.
pub(in crate::log) fn marker_batch(
    producer: Producer,
    outcome: Outcome,
    timestamp: i64,
) -> EncodedBatches {
    let mut key = [0; 4];
    key[2..].copy_from_slice(&kind(outcome).to_be_bytes());
    let mut value = [0; 6];
    value[2..].copy_from_slice(&COORDINATOR_EPOCH.to_be_bytes());
    let mut builder = RecordBatchBuilder::new(Compression::None);
    let pushed = builder.push(timestamp, Some(&key), Some(&value), &[]);
    pushed.expect("a marker is smaller than the largest batch");
    let mut bytes = builder.finish().into_bytes();
    let header = BatchHeader::try_decode(&bytes).expect("the builder writes a header");
    let header = BatchHeader {
        attributes: attributes(Compression::None, true, true),
        producer_id: producer.id,
        producer_epoch: producer.epoch,
        base_sequence: NO_SEQUENCE,
        ..header
    };
    header.write(&mut bytes);
    seal(&mut bytes);
    EncodedBatches::built(bytes, false)
}

/// Reads what a control batch says of a transaction; `None` for a control batch of another kind.
pub(in crate::log) fn marker_outcome(batch: &BatchView<'_>) -> Result<Option<Outcome>, BatchError> {
    let mut buffer = RecordBuffer::new();
    let Some(record) = batch.records(&mut buffer)?.next() else { return Ok(None) };
    let Some([_, _, high, low]) = record?.key else { return Ok(None) };
    let number = i16::from_be_bytes([*high, *low]);
    Ok([Outcome::Commit, Outcome::Abort].into_iter().find(|outcome| kind(*outcome) == number))
}

/// The number of a marker in its key.
fn kind(outcome: Outcome) -> i16 {
    match outcome {
        Outcome::Abort => 0,
        Outcome::Commit => 1,
    }
}
