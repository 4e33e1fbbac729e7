//! What a batch in the log says of its producer: the same when it is appended and when it is found at the start.

use super::batch::marker_outcome;
use super::index::{AbortedEntry, Indexes};
use super::producers::Producers;
use super::{AbortedTransaction, BatchError, BatchHeader, BatchView, Outcome};

/// Takes note of a batch that is found in the log.
pub(super) fn add_batch(
    producers: &mut Producers,
    indexes: &Indexes,
    batch: &BatchView<'_>,
) -> Result<(), BatchError> {
    if !batch.header().is_control() {
        producers.add(batch.header());
    } else if let Some(outcome) = marker_outcome(batch)? {
        add_marker(producers, indexes, batch.header(), outcome);
    }
    Ok(())
}

/// Takes note of a marker.
pub(super) fn add_marker(
    producers: &mut Producers,
    indexes: &Indexes,
    marker: &BatchHeader,
    outcome: Outcome,
) {
    let Some(first_offset) = producers.end(marker) else { return };
    if outcome == Outcome::Abort {
        let (producer_id, last_offset) = (marker.producer_id, marker.last_offset());
        indexes.aborted.push(AbortedEntry {
            transaction: AbortedTransaction { producer_id, first_offset, last_offset },
            last_stable_offset: producers.last_stable(marker.next_offset()),
        });
    }
}
