//! RocksDB as the backend. Its types appear in this file only.
//!
//! ```text
//! memory_bytes := one cache
//!                 blocks | indexes, filters | memtables, up to half of it
//! ```
//!
//! What memtables take is charged to the cache, which then keeps fewer blocks. A commit that finds no room for its changes waits
//! for a flush. RocksDB could stall the write itself, but a flush that fails, on a full disk say, would never wake it up again.

use std::path::Path;

use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, DB, DBCompressionType, Direction, IteratorMode,
    Options, Range, ReadOptions, WriteBatch, WriteBufferManager, WriteOptions,
};

use crate::state::changes::Change;
use crate::state::{Backend, Changes, Scan, ShowEntry, StateError};

/// Keeps state in a RocksDB database: one for the engine, so that one write batch can hold what belongs together.
pub struct RocksBackend {
    db: DB,
    memtables: WriteBufferManager,
}

/// RocksDB does not work with less.
const MEMORY_MIN: usize = 4 << 20;
/// How many keys are asked for at a time: until a call returns it holds on to the block of each, whatever the cache may take.
const KEYS_PER_CALL: usize = 128;
/// How many ranges are read by one iterator: to make one costs about as much as some look-ups.
const RANGES_PER_ITERATOR: usize = 64;
/// What an entry takes in a write batch beside its key and its value, at the most: its kind and two lengths.
const ENTRY_BYTES: usize = 11;
/// Changes come sorted (`Changes::sort`), and so do look-ups: the place of a key in the memtable is near that of the one before.
const SORTED_BATCHES: &str =
    "memtable_insert_with_hint_prefix_extractor=fixed:12;memtable_batch_lookup_optimization=true";

impl RocksBackend {
    /// Opens the database in a folder, or makes it.
    ///
    /// `memory_bytes` bounds the block cache and the memtables together.
    pub fn open(folder: &Path, memory_bytes: usize) -> Result<Self, StateError> {
        let memory_bytes = memory_bytes.max(MEMORY_MIN);
        let cache = Cache::new_lru_cache(memory_bytes);
        let memtables = WriteBufferManager::new_write_buffer_manager_with_cache(
            memory_bytes / 2,
            false,
            cache.clone(),
        );
        let memtable_bytes = memory_bytes / 6;
        let mut table = BlockBasedOptions::default();
        table.set_block_cache(&cache);
        table.set_block_size(16 * 1024);
        table.set_bloom_filter(10.0, false);
        // The filter of a file is megabytes: in pieces it fits into the cache, and a look-up takes a piece only.
        table.set_partition_filters(true);
        table.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
        table.set_cache_index_and_filter_blocks(true);
        table.set_pin_l0_filter_and_index_blocks_in_cache(true);
        table.set_pin_top_level_index_and_filter(true);

        let mut options =
            Options::default().get_options_from_string(SORTED_BATCHES).map_err(failed)?;
        options.create_if_missing(true);
        options.set_block_based_table_factory(&table);
        options.set_write_buffer_manager(&memtables);
        options.set_write_buffer_size(memtable_bytes);
        options.set_max_write_buffer_number(3);
        options.set_memtable_whole_key_filtering(true);
        options.set_memtable_prefix_bloom_ratio(0.02);
        // A compaction holds the keys' hashes of the file it writes in memory, and each file that is there takes some kilobytes.
        let file_bytes = (2 * memtable_bytes as u64).clamp(8 << 20, 64 << 20);
        options.set_target_file_size_base(file_bytes);
        options.set_compaction_readahead_size(memtable_bytes.min(2 << 20));
        // What is flushed is soon written again.
        options.set_compression_per_level(&[DBCompressionType::None, DBCompressionType::Lz4]);
        options.set_level_compaction_dynamic_level_bytes(true);
        options.set_max_background_jobs(2);
        options.set_max_total_wal_size(64 << 20);
        options.set_keep_log_file_num(2);
        options.set_max_log_file_size(1 << 20);
        // A torn tail of the WAL is a commit that never returned; anything else is damage and must not be skipped.
        options.set_wal_recovery_mode(rocksdb::DBRecoveryMode::TolerateCorruptedTailRecords);
        options.set_paranoid_checks(true);
        let db = DB::open(&options, folder).map_err(failed)?;
        Ok(RocksBackend { db, memtables })
    }

    /// Waits for a flush if the memtables have no room for so many bytes.
    fn make_room(&self, bytes: usize) -> Result<(), StateError> {
        if self.memtables.get_buffer_size() < self.memtables.get_usage() + bytes {
            self.db.flush().map_err(failed)?;
        }
        Ok(())
    }
}

fn failed(error: rocksdb::Error) -> StateError {
    match error.kind() {
        rocksdb::ErrorKind::Corruption => StateError::Damaged(error.into_string()),
        _ => StateError::Storage(error.into_string()),
    }
}

impl Backend for RocksBackend {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        self.db.get(key).map_err(failed)
    }

    fn multi_get(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        let values = keys.chunks(KEYS_PER_CALL).flat_map(|keys| self.db.multi_get(keys));
        values.map(|value| value.map_err(failed)).collect()
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        let mut options = ReadOptions::default();
        options.set_iterate_upper_bound(to.to_vec());
        let mode = IteratorMode::From(from, Direction::Forward);
        Box::new(self.db.iterator_opt(mode, options).map(|entry| entry.map_err(failed)))
    }

    fn scan_each(
        &self,
        ranges: &[(Vec<u8>, Vec<u8>)],
        show: &mut ShowEntry<'_>,
    ) -> Result<(), StateError> {
        for (chunk, some) in ranges.chunks(RANGES_PER_ITERATOR).enumerate() {
            // Without a bound a look at what has been deleted goes on to the next entry that is there, however far that is.
            let mut options = ReadOptions::default();
            options.set_iterate_upper_bound(
                some.iter().map(|(_, to)| to).max().cloned().unwrap_or_default(),
            );
            let mut entries = self.db.raw_iterator_opt(options);
            for (at, (from, to)) in some.iter().enumerate() {
                let number = chunk * RANGES_PER_ITERATOR + at;
                entries.seek(from);
                while let Some((key, value)) =
                    entries.item().filter(|(key, _)| *key < to.as_slice())
                {
                    show(number, key, value)?;
                    entries.next();
                }
                entries.status().map_err(failed)?;
            }
        }
        Ok(())
    }

    fn commit(&self, changes: Changes) -> Result<(), StateError> {
        let size = changes.size() + changes.len() * ENTRY_BYTES;
        self.make_room(size)?;
        let mut batch = WriteBatch::with_capacity_bytes(size);
        // Part by part, so that nothing is in memory twice.
        for part in changes.into_parts() {
            for change in part.iter() {
                match change {
                    Change::Put(key, value) => batch.put(key, value),
                    Change::Delete(key) => batch.delete(key),
                    Change::DeleteRange(from, to) => batch.delete_range(from, to),
                }
            }
        }
        let mut options = WriteOptions::default();
        options.set_sync(true);
        self.db.write_opt(batch, &options).map_err(failed)
    }

    fn approximate_size(&self, from: &[u8], to: &[u8]) -> u64 {
        self.db.get_approximate_sizes(&[Range::new(from, to)]).iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{StoreId, StorePartition};

    #[test]
    fn memtables_keep_to_their_part() {
        let folder = tempfile::tempdir().unwrap();
        let backend = RocksBackend::open(folder.path(), 8 << 20).unwrap();
        let partition = StorePartition::new(StoreId(7), 3);
        for commit in 0..64_u32 {
            let mut changes = Changes::new();
            for number in 0..1024_u32 {
                let key = [commit.to_be_bytes(), number.to_be_bytes()].concat();
                changes.put(partition, &key, &[number as u8; 1000]);
            }
            backend.commit(changes).unwrap();
            let size = backend.db.property_int_value("rocksdb.size-all-mem-tables").unwrap();
            // What memtables may take, and what an arena allocates ahead.
            assert!(size.unwrap() <= 5 << 20, "{size:?} bytes after {commit} commits");
        }
        let key = partition.full_key(&[0, 0, 0, 63, 0, 0, 0, 9]);
        assert_eq!(backend.get(&key).unwrap(), Some(vec![9; 1000]));
    }
}
