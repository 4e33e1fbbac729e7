//! RocksDB as the files below. Its types appear in this file only.
//!
//! It gets sorted files and keeps nothing of its own in memory but a cache: of blocks, indexes and filters.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use parking_lot::Mutex;
use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, DB, DBCompressionType, Direction,
    IngestExternalFileOptions, IteratorMode, Options, Range, ReadOptions, SstFileWriter,
};

use crate::clock::{Clock, SystemClock};
use crate::disk::{Disk, RealDisk};
use crate::state::changes::Change;
use crate::state::staged::StateFiles;
use crate::state::{Scan, ShowEntry, StateError};

/// Keeps state in a RocksDB database: one for the engine.
pub(super) struct RocksFiles {
    db: DB,
    /// What files are written with.
    options: Mutex<Options>,
    /// Where a file is written before the database takes it.
    incoming: PathBuf,
}

/// How many keys are asked for at a time: until a call returns it holds on to the block of each, whatever the cache may take.
const KEYS_PER_CALL: usize = 128;
/// How many ranges are read by one iterator: to make one costs about as much as some look-ups.
const RANGES_PER_ITERATOR: usize = 64;
/// With so many files on level 0, each of which may have any key, the next one waits for a compaction…
const LEVEL0_FILES_MAX: u64 = 20;
/// … but not for ever: one that cannot work, on a full disk say, must not keep changes out of the files.
const LEVEL0_PATIENCE: u32 = 400;
const LEVEL0_LOOK: Duration = Duration::from_millis(5);

impl RocksFiles {
    /// Opens the database in a folder, or makes it.
    ///
    /// `cache_bytes` bounds its cache, `file_bytes` is about what a file that is added has. Files are written in `incoming` first, a
    /// folder of the same file system.
    pub(super) fn open(
        folder: &Path,
        incoming: &Path,
        cache_bytes: usize,
        file_bytes: usize,
    ) -> Result<Self, StateError> {
        let mut table = BlockBasedOptions::default();
        table.set_block_cache(&Cache::new_lru_cache(cache_bytes));
        table.set_block_size(16 * 1024);
        table.set_bloom_filter(10.0, false);
        // The filter of a file is megabytes: in pieces it fits into the cache, and a look-up takes a piece only.
        table.set_partition_filters(true);
        table.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
        table.set_cache_index_and_filter_blocks(true);
        table.set_pin_l0_filter_and_index_blocks_in_cache(true);
        table.set_pin_top_level_index_and_filter(true);

        let mut options = Options::default();
        options.create_if_missing(true);
        options.set_block_based_table_factory(&table);
        // A compaction holds the keys' hashes of the file it writes in memory, and each file that is there takes some kilobytes.
        options.set_target_file_size_base((2 * file_bytes as u64).clamp(8 << 20, 64 << 20));
        options.set_compaction_readahead_size(file_bytes.min(2 << 20));
        options.set_compression_type(DBCompressionType::Lz4);
        options.set_level_compaction_dynamic_level_bytes(true);
        options.set_max_background_jobs(2);
        options.set_keep_log_file_num(2);
        options.set_max_log_file_size(1 << 20);
        options.set_paranoid_checks(true);
        let db = DB::open(&options, folder).map_err(failed)?;
        let incoming = incoming.join("incoming.sst");
        Ok(RocksFiles { db, options: Mutex::new(options), incoming })
    }

    fn await_compaction(&self) {
        let clock = SystemClock::new();
        for _ in 0..LEVEL0_PATIENCE {
            let files = self.db.property_int_value("rocksdb.num-files-at-level0");
            if files.ok().flatten().is_none_or(|count| count < LEVEL0_FILES_MAX) {
                return;
            }
            clock.wait(LEVEL0_LOOK);
        }
    }
}

fn failed(error: rocksdb::Error) -> StateError {
    match error.kind() {
        rocksdb::ErrorKind::Corruption => StateError::Damaged(error.into_string()),
        _ => StateError::Storage(error.into_string()),
    }
}

impl StateFiles for RocksFiles {
    fn multi_get(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
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

    fn add(&self, changes: &mut dyn Iterator<Item = Change<'_>>) -> Result<(), StateError> {
        self.await_compaction();
        // After a crash the file may be one that the database has taken: it gets another.
        match RealDisk.remove(&self.incoming) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let reason = format!("{}: {error}", self.incoming.display());
                return Err(StateError::Storage(reason));
            }
            _ => {}
        }
        let options = self.options.lock();
        let mut file = SstFileWriter::create(&options);
        file.open(&self.incoming).map_err(failed)?;
        for change in changes {
            let added = match change {
                Change::Put(key, value) => file.put(key, value),
                Change::Delete(key) => file.delete(key),
                Change::DeleteRange(from, to) => file.delete_range(from, to),
            };
            added.map_err(failed)?;
        }
        file.finish().map_err(failed)?;
        let mut take = IngestExternalFileOptions::default();
        take.set_move_files(true);
        self.db.ingest_external_file_opts(&take, vec![&self.incoming]).map_err(failed)
    }

    fn approximate_size(&self, from: &[u8], to: &[u8]) -> u64 {
        self.db.get_approximate_sizes(&[Range::new(from, to)]).iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path) -> RocksFiles {
        RocksFiles::open(folder, folder, 4 << 20, 1 << 20).unwrap()
    }

    type Entry = (Box<[u8]>, Box<[u8]>);

    fn all(files: &RocksFiles) -> Vec<Entry> {
        files.scan(b"", b"z").collect::<Result<_, _>>().unwrap()
    }

    /// Ranges that a file deletes are older than its keys, and newer than what was there: before compactions and after them.
    #[test]
    fn ranges_go_before_the_keys_of_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = open(folder.path());
        for round in 0..30_u8 {
            let key = |number: u8| [b'k', number];
            let value = [round];
            let mut changes = vec![Change::DeleteRange(b"k", b"l")];
            let keys: Vec<_> = (0..200).filter(|number| number % 7 == round % 7).map(key).collect();
            changes.extend(keys.iter().map(|key| Change::Put(key, &value)));
            files.add(&mut changes.into_iter()).unwrap();
            let found = all(&files);
            assert!(found.iter().all(|(_, value)| **value == [round]));
            assert_eq!(found.len(), keys.len());
            match round % 10 {
                4 => files.db.compact_range(None::<&[u8]>, None::<&[u8]>),
                9 => {
                    drop(files);
                    // As after a crash between the link and its end.
                    let live = std::fs::read_dir(folder.path())
                        .unwrap()
                        .map(|entry| entry.unwrap().path());
                    let live = live
                        .filter(|path| path.extension().is_some_and(|e| e == "sst"))
                        .max()
                        .unwrap();
                    std::fs::hard_link(live, folder.path().join("incoming.sst")).unwrap();
                    files = open(folder.path());
                }
                _ => {}
            }
            assert_eq!(all(&files), found);
        }
        let gone = [Change::DeleteRange(b"a", b"z")];
        files.add(&mut gone.into_iter()).unwrap();
        assert_eq!(all(&files), []);
        assert_eq!(files.multi_get(&[b"k\x01"]).unwrap(), [None]);
    }
}
