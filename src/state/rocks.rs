//! RocksDB as the backend. Its types appear in this file only.

use std::path::Path;

use rocksdb::{
    BlockBasedOptions, Cache, DB, DBCompressionType, Direction, IteratorMode, Options, Range,
    ReadOptions, WriteBatch, WriteOptions,
};

use crate::state::changes::Change;
use crate::state::{Backend, Changes, Scan, ShowEntry, StateError};

/// Keeps state in a RocksDB database: one for the engine, so that one write batch can hold what belongs together.
pub struct RocksBackend {
    db: DB,
}

impl RocksBackend {
    /// Opens the database in a folder, or makes it.
    ///
    /// `memory_bytes` bounds the block cache and the memtables together.
    pub fn open(folder: &Path, memory_bytes: usize) -> Result<Self, StateError> {
        let cache = Cache::new_lru_cache(memory_bytes / 2);
        let mut table = BlockBasedOptions::default();
        table.set_block_cache(&cache);
        table.set_block_size(16 * 1024);
        table.set_bloom_filter(10.0, false);
        table.set_cache_index_and_filter_blocks(true);
        table.set_pin_l0_filter_and_index_blocks_in_cache(true);

        let mut options = Options::default();
        options.create_if_missing(true);
        options.set_block_based_table_factory(&table);
        options.set_db_write_buffer_size(memory_bytes / 2);
        options.set_write_buffer_size((memory_bytes / 6).max(1 << 20));
        options.set_max_write_buffer_number(3);
        options.set_compression_type(DBCompressionType::Lz4);
        options.set_level_compaction_dynamic_level_bytes(true);
        options.set_max_background_jobs(2);
        options.set_max_total_wal_size(64 << 20);
        options.set_keep_log_file_num(2);
        options.set_max_log_file_size(1 << 20);
        // A torn tail of the WAL is a commit that never returned; anything else is damage and must not be skipped.
        options.set_wal_recovery_mode(rocksdb::DBRecoveryMode::TolerateCorruptedTailRecords);
        options.set_paranoid_checks(true);
        let db = DB::open(&options, folder).map_err(failed)?;
        Ok(RocksBackend { db })
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
        self.db.multi_get(keys).into_iter().map(|value| value.map_err(failed)).collect()
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
        let mut entries = self.db.raw_iterator();
        for (number, (from, to)) in ranges.iter().enumerate() {
            entries.seek(from);
            while let Some((key, value)) = entries.item().filter(|(key, _)| *key < to.as_slice()) {
                show(number, key, value)?;
                entries.next();
            }
            entries.status().map_err(failed)?;
        }
        Ok(())
    }

    fn commit(&self, changes: Changes) -> Result<(), StateError> {
        let mut batch = WriteBatch::default();
        for change in changes.iter() {
            match change {
                Change::Put(key, value) => batch.put(key, value),
                Change::Delete(key) => batch.delete(key),
                Change::DeleteRange(from, to) => batch.delete_range(from, to),
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
