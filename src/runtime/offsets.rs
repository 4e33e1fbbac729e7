//! Where each query stands in its topics, in the engine's own store.
//!
//! ```text
//! "o" query 0x00 sub-topology (4 bytes) topic 0x00 partition (4 bytes) -> offset (8 bytes) [rows (4)]
//! "p" -> ids of the engine's producers (8 bytes each)
//! "t" -> producer id, producer epoch (8 + 2 bytes): the transactions of the last commit
//! ```

use std::collections::BTreeSet;

use crate::log::{Offset, Producer};
use crate::state::{Backend, Changes, StateError, StoreId, StorePartition};
use crate::types::TopicPartition;

const ENGINE: StorePartition = StorePartition { store: StoreId::ENGINE, partition: 0 };
const PRODUCERS: &[u8] = b"p";
const COMMITTED: &[u8] = b"t";

/// A place in a partition: behind so many rows of the record at an offset. A record of a repartition topic has many rows, and an epoch
/// may end between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) offset: Offset,
    pub(super) rows: u32,
}

impl From<Offset> for Position {
    fn from(offset: Offset) -> Self {
        Position { offset, rows: 0 }
    }
}

impl Position {
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.offset.to_be_bytes().to_vec();
        if 0 < self.rows {
            bytes.extend_from_slice(&self.rows.to_be_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (offset, rows) = bytes.split_first_chunk::<8>()?;
        let rows = match rows {
            [] => 0,
            rows => u32::from_be_bytes(rows.try_into().ok()?),
        };
        Some(Position { offset: Offset::from_be_bytes(*offset), rows })
    }
}

fn position_key(query_id: &str, sub_topology: usize, partition: &TopicPartition) -> Vec<u8> {
    let mut key = query_prefix(query_id);
    key.extend_from_slice(&(sub_topology as u32).to_be_bytes());
    key.extend_from_slice(partition.topic.as_bytes());
    key.push(0);
    key.extend_from_slice(&partition.partition.to_be_bytes());
    key
}

/// Returns the keys between which a query's lie.
fn query_range(query_id: &str) -> (Vec<u8>, Vec<u8>) {
    let from = query_prefix(query_id);
    let to = [&from[..], &[0xFF]].concat();
    (from, to)
}

fn query_prefix(query_id: &str) -> Vec<u8> {
    let mut key = vec![b'o'];
    key.extend_from_slice(query_id.as_bytes());
    key.push(0);
    key
}

/// Sets where a query goes on.
pub(super) fn put_position(
    changes: &mut Changes,
    query_id: &str,
    sub_topology: usize,
    partition: &TopicPartition,
    position: Position,
) {
    let key = position_key(query_id, sub_topology, partition);
    changes.put(ENGINE, &key, &position.to_bytes());
}

/// Returns where a query goes on, if it was ever there.
pub(super) fn position(
    backend: &dyn Backend,
    query_id: &str,
    sub_topology: usize,
    partition: &TopicPartition,
) -> Result<Option<Position>, StateError> {
    let key = position_key(query_id, sub_topology, partition);
    let Some(value) = backend.get(&ENGINE.full_key(&key))? else { return Ok(None) };
    let damaged = || StateError::Damaged("a stored offset".to_owned());
    Ok(Some(Position::from_bytes(&value).ok_or_else(damaged)?))
}

/// Returns where a query goes on: sub-topology, partition, position.
pub(super) fn positions(
    backend: &dyn Backend,
    query_id: &str,
) -> Result<Vec<(usize, TopicPartition, Position)>, StateError> {
    let (from, to) = query_range(query_id);
    let prefix_size = StorePartition::PREFIX_SIZE + from.len();
    let parse = |key: &[u8], value: &[u8]| {
        let (number, rest) = key.get(prefix_size..)?.split_first_chunk::<4>()?;
        let (topic, partition) = rest.split_last_chunk::<4>()?;
        let topic = std::str::from_utf8(topic.strip_suffix(&[0])?).ok()?;
        let partition = TopicPartition::new(topic, u32::from_be_bytes(*partition));
        let position = Position::from_bytes(value)?;
        Some((u32::from_be_bytes(*number) as usize, partition, position))
    };
    let damaged = || StateError::Damaged("a stored offset".to_owned());
    backend
        .scan(&ENGINE.full_key(&from), &ENGINE.full_key(&to))
        .map(|entry| entry.and_then(|(key, value)| parse(&key, &value).ok_or_else(damaged)))
        .collect()
}

/// Returns the queries that stand anywhere.
pub(super) fn positioned_queries(backend: &dyn Backend) -> Result<BTreeSet<String>, StateError> {
    let mut found = BTreeSet::new();
    for entry in backend.scan(&ENGINE.full_key(b"o"), &ENGINE.full_key(b"p")) {
        let (key, _) = entry?;
        let id = key.get(StorePartition::PREFIX_SIZE + 1..).unwrap_or_default();
        let id = id.split(|byte| *byte == 0).next().unwrap_or_default();
        found.insert(String::from_utf8_lossy(id).into_owned());
    }
    Ok(found)
}

/// Forgets where a query stood.
pub(super) fn delete_positions(changes: &mut Changes, query_id: &str) {
    let (from, to) = query_range(query_id);
    changes.delete_range(ENGINE, &from, Some(&to));
}

/// Notes which producers are the engine's.
pub(super) fn put_producers(changes: &mut Changes, ids: &[i64]) {
    let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_be_bytes()).collect();
    changes.put(ENGINE, PRODUCERS, &bytes);
}

/// Returns which producers were the engine's.
pub(super) fn producers(backend: &dyn Backend) -> Result<Vec<i64>, StateError> {
    let bytes = backend.get(&ENGINE.full_key(PRODUCERS))?.unwrap_or_default();
    Ok(bytes
        .chunks_exact(8)
        .filter_map(|id| Some(i64::from_be_bytes(id.try_into().ok()?)))
        .collect())
}

/// Notes which transaction a commit holds.
pub(super) fn put_committed(changes: &mut Changes, producer: Producer) {
    let mut bytes = producer.id.to_be_bytes().to_vec();
    bytes.extend_from_slice(&producer.epoch.to_be_bytes());
    changes.put(ENGINE, COMMITTED, &bytes);
}

/// Returns the transaction of the last commit.
pub(super) fn committed(backend: &dyn Backend) -> Result<Option<Producer>, StateError> {
    let Some(bytes) = backend.get(&ENGINE.full_key(COMMITTED))? else { return Ok(None) };
    let parts = bytes.split_first_chunk::<8>().and_then(|(id, epoch)| {
        let epoch = i16::from_be_bytes(epoch.try_into().ok()?);
        Some(Producer { id: i64::from_be_bytes(*id), epoch })
    });
    Ok(Some(parts.ok_or_else(|| StateError::Damaged("the last transaction".to_owned()))?))
}
