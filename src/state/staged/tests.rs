//! Runs, journal and files against a model, with starts, files that fail, and a journal that is damaged.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::disk::{Fault, SimDisk, read_file};
use crate::state::{StoreId, StorePartition};

use super::*;

const FOLDER: &str = "/state/journal";

/// Files that survive their backend, and take a part only when they are told to fail.
#[derive(Clone, Default)]
struct KeptFiles(Arc<Kept>);

#[derive(Default)]
struct Kept {
    entries: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
    fails: AtomicBool,
    adds: Mutex<usize>,
}

fn apply(entries: &mut BTreeMap<Vec<u8>, Vec<u8>>, change: Change<'_>) {
    match change {
        Change::Put(key, value) => drop(entries.insert(key.to_vec(), value.to_vec())),
        Change::Delete(key) => drop(entries.remove(key)),
        Change::DeleteRange(from, to) => entries.retain(|key, _| **key < *from || *to <= **key),
    }
}

impl StateFiles for KeptFiles {
    fn multi_get(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        let entries = self.0.entries.lock();
        Ok(keys.iter().map(|key| entries.get(*key).cloned()).collect())
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        let is_in = |(key, _): &(&Vec<u8>, _)| from <= key.as_slice() && key.as_slice() < to;
        let entries = self.0.entries.lock();
        let found = entries.iter().filter(is_in);
        let found: Vec<_> = found
            .map(|(key, value)| Ok((key.as_slice().into(), value.as_slice().into())))
            .collect();
        Box::new(found.into_iter())
    }

    fn add(&self, changes: &mut dyn Iterator<Item = Change<'_>>) -> Result<(), StateError> {
        *self.0.adds.lock() += 1;
        let fails = self.0.fails.load(Ordering::Relaxed);
        let mut last = None;
        for (number, change) in changes.enumerate() {
            if fails && 3 <= number {
                return Err(StateError::Storage("the disk is full".to_owned()));
            }
            match change {
                Change::DeleteRange(..) => assert_eq!(last, None, "ranges come first"),
                Change::Put(key, _) | Change::Delete(key) => {
                    assert!(last.as_deref() < Some(key), "keys come in order, and once");
                    last = Some(key.to_vec());
                }
            }
            apply(&mut self.0.entries.lock(), change);
        }
        Ok(())
    }

    fn approximate_size(&self, from: &[u8], to: &[u8]) -> u64 {
        self.scan(from, to).flatten().map(|(key, value)| (key.len() + value.len()) as u64).sum()
    }
}

fn open(disk: &SimDisk, files: &KeptFiles, bytes_max: usize) -> StagedBackend {
    let disk = Arc::new(disk.clone());
    StagedBackend::open(disk, Path::new(FOLDER), Box::new(files.clone()), bytes_max).unwrap()
}

/// A key of one of three stores; many begin alike for longer than what is compared first.
fn random_key(rng: &mut fastrand::Rng) -> (StorePartition, Vec<u8>) {
    let partition = StorePartition::new(StoreId(rng.u64(1..4)), rng.u32(0..2));
    let key = [&[7; 24][..rng.usize(..25)], &[rng.u8(..4)]].concat();
    (partition, if rng.u8(..10) == 0 { Vec::new() } else { key })
}

fn random_changes(rng: &mut fastrand::Rng) -> Changes {
    let mut changes = Changes::new();
    for number in 0..rng.u32(0..60) {
        let (partition, key) = random_key(rng);
        let (_, other) = random_key(rng);
        match rng.u8(..40) {
            0 => changes.delete_store(partition.store),
            1 => changes.delete_range(partition, &key, None),
            2 | 3 => {
                let (from, to) = (key.clone().min(other.clone()), key.max(other));
                changes.delete_range(partition, &from, Some(&to));
            }
            4..12 => changes.delete(partition, &key),
            _ => {
                let value = number.to_be_bytes().repeat(rng.usize(..10));
                changes.put(partition, &key, &value);
            }
        }
    }
    if rng.bool() {
        changes.sort();
    }
    changes
}

fn check(backend: &dyn Backend, model: &BTreeMap<Vec<u8>, Vec<u8>>, rng: &mut fastrand::Rng) {
    let full = |rng: &mut fastrand::Rng| {
        let (partition, key) = random_key(rng);
        partition.full_key(&key)
    };
    let mut keys: Vec<_> = (0..20).map(|_| full(rng)).collect();
    if rng.bool() {
        keys.sort();
    }
    let expected: Vec<_> = keys.iter().map(|key| model.get(key).cloned()).collect();
    assert_eq!(backend.multi_get(&keys).unwrap(), expected);
    assert_eq!(backend.get(&keys[0]).unwrap(), expected[0]);
    let ranges: Vec<_> = (0..10).map(|_| (full(rng), full(rng))).collect();
    let in_range = |(from, to): &(Vec<u8>, Vec<u8>)| {
        let is_in = |(key, _): &(&Vec<u8>, &Vec<u8>)| from <= *key && *key < to;
        model.iter().filter(is_in).map(|(k, v)| (k.clone(), v.clone())).collect::<Vec<_>>()
    };
    let mut shown = vec![Vec::new(); ranges.len()];
    let mut last = 0;
    let mut show = |number: usize, key: &[u8], value: &[u8]| {
        assert!(last <= number);
        last = number;
        shown[number].push((key.to_vec(), value.to_vec()));
        Ok(())
    };
    backend.scan_each(&ranges, &mut show).unwrap();
    for (range, shown) in ranges.iter().zip(shown) {
        assert_eq!(shown, in_range(range));
        assert_eq!(contents(backend, &range.0, &range.1), in_range(range));
    }
    let all = (Vec::new(), vec![u8::MAX; 13]);
    assert_eq!(contents(backend, &all.0, &all.1), in_range(&all));
}

fn contents(backend: &dyn Backend, from: &[u8], to: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let entries = backend.scan(from, to).map(Result::unwrap);
    entries.map(|(key, value)| (key.into_vec(), value.into_vec())).collect()
}

#[test]
fn it_reads_as_a_map_does_whatever_fails() {
    let mut rng = fastrand::Rng::with_seed(21);
    let mut adds = 0;
    for case in 0..150 {
        let (mut disk, files) = (SimDisk::new(), KeptFiles::default());
        let bytes_max = [0, 3000, 20_000, usize::MAX][rng.usize(..4)];
        let mut backend = open(&disk, &files, bytes_max);
        let mut model = BTreeMap::new();
        for _ in 0..rng.usize(0..40) {
            let changes = random_changes(&mut rng);
            let refused = backend.commit(changes.clone());
            if refused.is_ok() {
                changes.iter().for_each(|change| apply(&mut model, change));
            } else {
                assert!(files.0.fails.load(Ordering::Relaxed), "case {case}: {refused:?}");
            }
            check(&backend, &model, &mut rng);
            files.0.fails.store(rng.u8(..5) == 0, Ordering::Relaxed);
            if rng.u8(..8) == 0 {
                drop(backend);
                disk = if rng.bool() { disk.kill() } else { disk };
                backend = open(&disk, &files, bytes_max);
                check(&backend, &model, &mut rng);
            }
        }
        adds += *files.0.adds.lock();
    }
    assert!(500 < adds, "{adds} times something was added to the files");
}

fn numbered(number: u32) -> Changes {
    let mut changes = Changes::new();
    for key in 0..20_u32 {
        let partition = StorePartition::new(StoreId(1), key % 3);
        changes.put(partition, &(key * 7919 % 20).to_be_bytes(), &number.to_be_bytes());
    }
    changes
}

/// What a commit of `numbered` has left, if it is there and whole.
fn number_of(backend: &dyn Backend) -> Option<u32> {
    let values: Vec<_> = contents(backend, &[], &[u8::MAX; 13]).into_iter().map(|e| e.1).collect();
    let first = values.first()?;
    assert!(values.len() == 20 && values.iter().all(|value| value == first), "{values:?}");
    Some(u32::from_be_bytes(first.as_slice().try_into().unwrap()))
}

#[test]
fn readers_see_whole_commits_while_files_are_written() {
    let (disk, files) = (SimDisk::new(), KeptFiles::default());
    let backend = Arc::new(open(&disk, &files, 0));
    let is_over = Arc::new(AtomicBool::new(false));
    let reader = {
        let (backend, is_over) = (Arc::clone(&backend), Arc::clone(&is_over));
        thread::spawn(move || {
            let mut last = None;
            let mut keys: Vec<_> = numbered(0)
                .iter()
                .map(|c| match c {
                    Change::Put(key, _) => key.to_vec(),
                    _ => unreachable!(),
                })
                .collect();
            keys.sort();
            while !is_over.load(Ordering::Relaxed) {
                let scanned = number_of(backend.as_ref());
                assert!(last <= scanned);
                let values = backend.multi_get(&keys).unwrap();
                assert!(values.iter().all(|value| value == &values[0]));
                last = values[0]
                    .as_ref()
                    .map(|v| u32::from_be_bytes(v.as_slice().try_into().unwrap()));
                assert!(scanned <= last);
            }
        })
    };
    for number in 0..3000 {
        backend.commit(numbered(number)).unwrap();
    }
    is_over.store(true, Ordering::Relaxed);
    reader.join().unwrap();
    assert!(1000 < *files.0.adds.lock());
}

#[test]
fn what_never_returned_is_cut_off_and_damage_is_told() {
    let (disk, files) = (SimDisk::new(), KeptFiles::default());
    let backend = open(&disk, &files, usize::MAX);
    (0..3).for_each(|number| backend.commit(numbered(number)).unwrap());
    drop(backend);
    let path = Path::new(FOLDER).join("0000000001.journal");
    let whole = read_file(&disk, &path).unwrap();
    let size = whole.len() / 3;
    let open_with = |bytes: &[u8]| {
        let disk = SimDisk::new();
        disk.create_folder(Path::new(FOLDER)).unwrap();
        disk.create(&path).unwrap().write_at(bytes, 0).unwrap();
        let files = Box::new(KeptFiles::default());
        let opened = StagedBackend::open(Arc::new(disk.clone()), Path::new(FOLDER), files, 0);
        (disk, opened)
    };
    for len in 0..=whole.len() {
        let (disk, opened) = open_with(&whole[..len]);
        assert_eq!(number_of(&opened.unwrap()), (len / size).checked_sub(1).map(|n| n as u32));
        let kept = disk.open(&path).unwrap().len().unwrap() as usize;
        assert_eq!(kept, len / size * size, "what is cut off stays off");
    }
    for place in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[place] ^= 1 << (place % 8);
        let (_, opened) = open_with(&damaged);
        // A length that is wrong leads nowhere: that could be the end of a journal too.
        match opened {
            Err(StateError::Damaged(reason)) => assert!(reason.contains("at byte"), "{reason}"),
            Err(error) => panic!("{error}"),
            Ok(backend) => {
                let before = (place / size).checked_sub(1).map(|n| n as u32);
                assert_eq!(number_of(&backend), before, "byte {place}");
                let is_in_length = place % size < 8;
                assert!(is_in_length || place / size == 2, "byte {place} was not noticed");
            }
        }
    }
}

#[test]
fn a_journal_that_cannot_be_written_takes_nothing_more() {
    let (disk, files) = (SimDisk::new(), KeptFiles::default());
    let backend = open(&disk, &files, usize::MAX);
    backend.commit(numbered(1)).unwrap();
    disk.fail_at(disk.operations() + 1, Fault::DiskFull);
    let refused = backend.commit(numbered(2)).unwrap_err().to_string();
    assert!(refused.contains("0000000001.journal"), "{refused}");
    let refused = backend.commit(numbered(3)).unwrap_err().to_string();
    assert!(refused.contains("start again"), "{refused}");
    assert_eq!(number_of(&backend), Some(1), "what is committed can be read");
    drop(backend);
    let backend = open(&disk, &files, usize::MAX);
    assert_eq!(number_of(&backend), Some(1));
    backend.commit(numbered(4)).unwrap();
    assert_eq!(number_of(&backend), Some(4));
}
