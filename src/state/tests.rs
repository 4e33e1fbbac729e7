//! Stores against models that keep everything: with commits that come an epoch later, with memory too short, and with restarts.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use proptest::prelude::*;

use super::*;

const PARTITION: StorePartition = StorePartition { store: StoreId(7), partition: 3 };
const RETENTION: WindowRetention = WindowRetention { look_up_ms: 20, retention_ms: 100 };

/// What is handed over is committed at the next hand-over, as in the runtime.
struct Commits<M> {
    backend: Arc<dyn Backend>,
    on_the_way: Option<(Changes, M)>,
    /// The model as it was at the last commit.
    committed: M,
}

impl<M: Clone + Default> Commits<M> {
    fn new() -> Self {
        let backend = Arc::new(MemoryBackend::default());
        Commits { backend, on_the_way: None, committed: M::default() }
    }

    fn commit_before(&mut self) {
        if let Some((changes, model)) = self.on_the_way.take() {
            self.backend.commit(changes).unwrap();
            self.committed = model;
        }
    }

    fn hand_over(&mut self, model: &M, hand_over: impl FnOnce(&mut Changes)) {
        self.commit_before();
        let mut changes = Changes::new();
        hand_over(&mut changes);
        self.on_the_way = Some((changes, model.clone()));
    }

    /// A crash, after which there is what was committed.
    fn crash(&mut self, has_committed: bool) -> M {
        if has_committed {
            self.commit_before();
        }
        self.on_the_way = None;
        self.committed.clone()
    }
}

#[derive(Clone, Debug)]
enum Step {
    Put { key: u8, time: i64 },
    Find { key: u8, time: i64 },
    Remove { key: u8 },
    LoadBelow { key: u8 },
    HandOver,
    Crash { has_committed: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let time = prop_oneof![0..40_i64, 100..160_i64, 0..400_i64];
    let key = 0..6_u8;
    let step = prop_oneof![
        6 => (key.clone(), time.clone()).prop_map(|(key, time)| Step::Put { key, time }),
        4 => (key.clone(), time).prop_map(|(key, time)| Step::Find { key, time }),
        2 => key.clone().prop_map(|key| Step::Remove { key }),
        1 => key.prop_map(|key| Step::LoadBelow { key }),
        3 => Just(Step::HandOver),
        1 => any::<bool>().prop_map(|has_committed| Step::Crash { has_committed }),
    ];
    proptest::collection::vec(step, 0..80)
}

/// Keys end in themselves, as encoded rows do.
fn key_bytes(key: u8) -> Vec<u8> {
    match key % 2 {
        0 => vec![1, key, 0, 1],
        _ => vec![1, key, key, key, 0, 1],
    }
}

#[derive(Clone, Default)]
struct WindowModel {
    /// Key, time and row, in the order of arrival.
    rows: Vec<(u8, i64, u32)>,
    stream_time: Option<i64>,
    next_row: u32,
}

impl WindowModel {
    fn is_visible(&self, time: i64) -> bool {
        self.stream_time.is_none_or(|stream_time| stream_time - RETENTION.retention_ms < time)
    }

    fn put(&mut self, key: u8, time: i64) -> bool {
        self.stream_time = self.stream_time.max(Some(time));
        self.next_row += 1;
        let is_kept = self.is_visible(time);
        if is_kept {
            self.rows.push((key, time, self.next_row));
        }
        is_kept
    }

    fn find(&self, key: u8, from: i64, to: i64) -> Vec<(i64, u32)> {
        let is_found = |(other, time, _): &&(u8, i64, u32)| {
            *other == key && (from..=to).contains(time) && self.is_visible(*time)
        };
        let mut found: Vec<_> =
            self.rows.iter().filter(is_found).map(|(_, time, row)| (*time, *row)).collect();
        found.sort_by_key(|(time, _)| *time);
        found
    }
}

fn run_window_store(steps: &[Step], bytes_max: usize) {
    let mut commits = Commits::<WindowModel>::new();
    let open = |commits: &Commits<WindowModel>| {
        let backend = Arc::clone(&commits.backend);
        let hasher = RandomState::default();
        WindowStore::open(PARTITION, backend, hasher, RETENTION, &MemoryBudget::new(bytes_max))
            .unwrap()
    };
    let mut store = open(&commits);
    let mut model = WindowModel::default();
    for step in steps {
        match step {
            Step::Put { key, time } => {
                let bytes = key_bytes(*key);
                let is_kept = model.put(*key, *time);
                let row = model.next_row.to_be_bytes();
                let place = store.place(store.hash(&bytes), &bytes, *time);
                assert_eq!(store.put(place, &bytes, *time, &row), is_kept);
            }
            Step::Find { key, time } => {
                let (from, to) = (time - 5, time + 15);
                let bytes = key_bytes(*key);
                store.load(std::iter::once((bytes.as_slice(), from, to))).unwrap();
                let found = store.find(store.hash(&bytes), &bytes, from, to);
                let found: Vec<(i64, u32)> = store
                    .rows(found)
                    .map(|(time, row)| (time, u32::from_be_bytes(row.try_into().unwrap())))
                    .collect();
                assert_eq!(found, model.find(*key, from, to));
            }
            Step::Remove { .. } | Step::LoadBelow { .. } => {}
            Step::HandOver => commits.hand_over(&model, |changes| store.hand_over(changes)),
            Step::Crash { has_committed } => {
                model = commits.crash(*has_committed);
                store = open(&commits);
            }
        }
    }
}

type OrderedModel = BTreeMap<Vec<u8>, Vec<u8>>;

fn run_ordered_store(steps: &[Step], bytes_max: usize) {
    let mut commits = Commits::<OrderedModel>::new();
    let open = |commits: &Commits<OrderedModel>| {
        OrderedStore::open(PARTITION, Arc::clone(&commits.backend), &MemoryBudget::new(bytes_max))
            .unwrap()
    };
    let mut store = open(&commits);
    let mut model = OrderedModel::default();
    for step in steps {
        match step {
            Step::Put { key, time } => {
                // As a list grows: what is there, and one more.
                let key = key_bytes(*key);
                store.load(std::iter::once(key.as_slice())).unwrap();
                assert_eq!(store.get(&key), model.get(&key).map(Vec::as_slice));
                let mut value = model.get(&key).cloned().unwrap_or_default();
                value.push(*time as u8);
                store.put(&key, &value);
                model.insert(key, value);
            }
            Step::Find { key, time } => {
                let (from, to) = (key_bytes(*key), key_bytes(*time as u8 % 8));
                let found = store.range(&from, &to).unwrap();
                let found: Vec<_> =
                    found.into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
                let all = model.iter().filter(|(key, _)| from <= **key && **key < to);
                let all: Vec<_> = all.map(|(key, value)| (key.clone(), value.clone())).collect();
                assert_eq!(found, all);
            }
            Step::Remove { key } => {
                store.remove(&key_bytes(*key));
                model.remove(&key_bytes(*key));
            }
            Step::LoadBelow { key } => store.load_below(&key_bytes(*key)).unwrap(),
            Step::HandOver => commits.hand_over(&model, |changes| store.hand_over(changes)),
            Step::Crash { has_committed } => {
                model = commits.crash(*has_committed);
                store = open(&commits);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_window_store_finds_what_was_put(steps in steps(), bytes_max in 0..2000_usize) {
        run_window_store(&steps, bytes_max);
    }

    #[test]
    fn an_ordered_store_has_what_was_put(steps in steps(), bytes_max in 0..1000_usize) {
        run_ordered_store(&steps, bytes_max);
    }
}

#[test]
fn a_window_store_forgets_in_the_backend_too() {
    let backend: Arc<dyn Backend> = Arc::new(MemoryBackend::default());
    let hasher = RandomState::default();
    let mut store = WindowStore::open(
        PARTITION,
        Arc::clone(&backend),
        hasher,
        RETENTION,
        &MemoryBudget::new(1 << 20),
    )
    .unwrap();
    for time in (0..2000).step_by(10) {
        assert!(store.put(store.place(store.hash(b"k"), b"k", time), b"k", time, b"row"));
        let mut changes = Changes::new();
        store.hand_over(&mut changes);
        backend.commit(changes).unwrap();
    }
    let entries = backend.scan(&PARTITION.prefix(), &PARTITION.end()).count();
    // Ten rows within the retention, two more in the segment that is half in it, and the meta entry.
    assert!((11..=13).contains(&entries), "{entries} entries");
}
