//! How sessions are stored, and how queries read them.
//!
//! ```text
//! session := key row | start (8 bytes)                          -> end (8 bytes) | state of each function
//! by end  := 0xFF | bucket of its end (8 bytes) | key row | start (8 bytes)  -> nothing
//! ""      := how far the aggregate has come
//! ```
//!
//! A session is written again whenever it grows; its entry by end only when its end moves to another bucket. Old entries of a
//! session stay until their bucket is done with: whoever comes to one looks at the session itself.

use datafusion::arrow::array::ArrayRef;

use crate::formats::row::{builders, from_ordered, ordered, read_row};
use crate::operators::groups::load_states;
use crate::operators::progress::PROGRESS_KEY;
use crate::operators::{AggregateSpec, OperatorError};
use crate::state::{StateError, StorePartition};
use crate::types::ColumnBuilder;

/// What entries by end begin with; the rows of keys begin with 0 or 1.
pub(super) const BY_END: u8 = 0xFF;

/// Returns what entries of a bucket of ends begin with.
pub(super) fn by_end(bucket: i64) -> Vec<u8> {
    [&[BY_END][..], &ordered(bucket)].concat()
}

/// Returns when a stored session ends.
pub(super) fn end_of(value: &[u8]) -> Result<i64, StateError> {
    let end = value.first_chunk::<8>().map(|end| i64::from_be_bytes(*end));
    end.ok_or_else(|| StateError::Damaged("a session".to_owned()))
}

/// The sessions that an aggregate has committed.
pub struct SessionRows {
    /// When each begins.
    pub starts: Vec<i64>,
    /// When each ends.
    pub ends: Vec<i64>,
    /// The grouping columns.
    pub keys: Vec<ArrayRef>,
    /// The functions' results.
    pub results: Vec<ArrayRef>,
}

/// Reads sessions that an aggregate has committed.
pub fn read_session_rows(
    spec: &AggregateSpec,
    entries: impl Iterator<Item = Result<(Box<[u8]>, Box<[u8]>), StateError>>,
) -> Result<SessionRows, OperatorError> {
    let damaged = || StateError::Damaged("the key of a session".to_owned());
    let mut keys = builders(&spec.key_types);
    let mut accumulators = spec.accumulators()?;
    let (mut starts, mut ends, mut groups) = (Vec::new(), Vec::new(), Vec::new());
    for entry in entries {
        let (full_key, value) = entry?;
        let key = &full_key[StorePartition::PREFIX_SIZE..];
        if key == PROGRESS_KEY || key.first() == Some(&BY_END) {
            continue;
        }
        let start = read_row(key, &mut keys).map_err(|_| damaged())?;
        starts.push(from_ordered(start).ok_or_else(damaged)?);
        let group = u32::try_from(groups.len()).expect("fewer than 2^32 sessions fit in memory");
        groups.push(group);
        accumulators.iter_mut().for_each(|states| states.resize(groups.len()));
        ends.push(load_states(&mut accumulators, group, &value)?);
    }
    Ok(SessionRows {
        starts,
        ends,
        keys: keys.iter_mut().map(ColumnBuilder::finish).collect(),
        results: spec.results(&accumulators, &groups),
    })
}
