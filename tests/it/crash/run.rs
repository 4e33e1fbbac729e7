//! Plays the steps of a run on a disk, and looks at what a start finds there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tidemill::clock::{Clock, SystemClock};
use tidemill::config::Config;
use tidemill::disk::SimDisk;
use tidemill::engine::{ConsumeFrom, Engine, Outcome};
use tidemill::error::{Error, ErrorKind, Result};
use tidemill::functions::Registry;
use tidemill::log::{EmbeddedLog, LogConfig};

use super::files::open_state;
use super::script::{SINKS, Sameness, Step, TABLES, event, people};

/// What none of these small runs comes near to, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens the log alone.
fn open_log(disk: &SimDisk, clock: &Arc<dyn Clock>) -> Result<EmbeddedLog> {
    let (disk, clock) = (Arc::new(disk.clone()), Arc::clone(clock));
    Ok(EmbeddedLog::open(disk, clock, Path::new("/data/log"), LogConfig::default())?)
}

/// Tells whether a power loss has kept bytes and lost others before them. The log then stops that partition and says so, since
/// it cannot know that nobody was promised what is missing: there is nothing to compare.
pub(super) fn is_damaged(disk: &SimDisk) -> bool {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    !open_log(disk, &clock).unwrap().damaged().is_empty()
}

pub(super) fn open(disk: &SimDisk) -> Result<Engine> {
    let mut config = Config::default();
    for (name, value) in [
        ("auto.offset.reset", "earliest"),
        ("cache.max.bytes.buffering", "0"),
        // Commits come in the middle of everything, and caches forget.
        ("commit.interval.ms", "1"),
        ("repartition.purge.interval.ms", "1"),
        ("memory.limit", "20000"),
        ("num.stream.threads", "2"),
    ] {
        config.set_engine(name, value)?;
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let log = open_log(disk, &clock)?;
    let backend = open_state(disk, Path::new("/data/state"))?;
    Engine::start(Arc::new(log), Arc::new(backend), clock, config, Registry::built_in())
}

/// How far a run came: how many steps were answered, and what went wrong with the next.
pub(super) struct Played {
    pub(super) answered: usize,
    pub(super) error: Option<Error>,
}

/// Plays steps from one on; that one may have been begun before.
pub(super) fn play(disk: &SimDisk, steps: &[Step], from: usize) -> Played {
    let mut engine = match open(disk) {
        Ok(engine) => engine,
        Err(error) => return Played { answered: from, error: Some(error) },
    };
    for (number, step) in steps.iter().enumerate().skip(from) {
        let done = match step {
            Step::Reopen => reopen(&mut engine, disk),
            step => carry_out(&engine, step, number == from),
        };
        if let Err(error) = done {
            // It stops as well as it can; whatever it says, what was answered counts.
            drop(engine.close());
            return Played { answered: number, error: Some(error) };
        }
    }
    let error = engine.close().err();
    Played { answered: steps.len(), error }
}

fn reopen(engine: &mut Engine, disk: &SimDisk) -> Result<()> {
    engine.close()?;
    // The folder is locked until the old one is gone.
    *engine = open(&SimDisk::new())?;
    *engine = open(disk)?;
    Ok(())
}

fn carry_out(engine: &Engine, step: &Step, is_again: bool) -> Result<()> {
    match step {
        Step::Create { name, .. } if is_again && exists(engine, name) => Ok(()),
        Step::Drop { name, .. } if is_again && !exists(engine, name) => Ok(()),
        Step::Create { sql, .. } | Step::Drop { sql, .. } | Step::Replace { sql } => {
            engine.session().execute(sql).map(drop)
        }
        Step::Events { topic, numbers } => {
            let there = if is_again { events(engine, topic) } else { BTreeSet::new() };
            let missing = numbers.clone().filter(|id| !there.contains(id));
            engine.produce(topic, &missing.map(event).collect::<Vec<_>>())
        }
        Step::People(version) => engine.produce("people", &people(*version)),
        Step::Settle => settle(engine),
        Step::Reopen => Ok(()),
    }
}

pub(super) fn settle(engine: &Engine) -> Result<()> {
    let is_idle = engine.wait_until_idle(PATIENCE)?;
    let error = engine.queries().into_iter().find_map(|query| query.error);
    if let Some(error) = error {
        return Err(Error::new(ErrorKind::Storage, error));
    }
    assert!(is_idle, "the queries do not come to an end");
    Ok(())
}

fn exists(engine: &Engine, name: &str) -> bool {
    engine.catalog_names().sources.iter().any(|(source, _)| source == name)
}

/// A record without its offset, which markers of transactions take up too.
pub(super) type Record = (Option<Vec<u8>>, Option<Vec<u8>>, i64);

fn records(engine: &Engine, topic: &str) -> BTreeMap<u32, Vec<Record>> {
    let mut partitions: BTreeMap<u32, Vec<Record>> = BTreeMap::new();
    let mut stream = engine.consume_available(topic, ConsumeFrom::Beginning).unwrap();
    while let Some(record) = stream.next_record() {
        let record = record.unwrap();
        let parts = (record.key, record.value, record.timestamp_ms);
        partitions.entry(record.partition).or_default().push(parts);
    }
    partitions
}

fn json(record: &Record) -> serde_json::Value {
    serde_json::from_slice(record.1.as_ref().expect("a value")).unwrap()
}

/// Reads the numbers of the events that are there: each once, in each partition in order.
fn events(engine: &Engine, topic: &str) -> BTreeSet<u64> {
    let mut all = BTreeSet::new();
    for (partition, records) in records(engine, topic) {
        let ids: Vec<_> = records.iter().map(|r| json(r)["ID"].as_u64().unwrap()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{topic}-{partition} has {ids:?}");
        all.extend(ids);
    }
    all
}

/// What there is in the end: the records of each partition of the topics, the rows of the tables.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found(BTreeMap<String, Vec<String>>);

impl Found {
    /// Says what is not as expected.
    pub(super) fn difference(&self, expected: &Found) -> Option<String> {
        for name in self.0.keys().chain(expected.0.keys()) {
            let (found, expected) = (self.0.get(name), expected.0.get(name));
            if found != expected {
                return Some(format!("{name}: found {found:#?}, expected {expected:#?}"));
            }
        }
        None
    }
}

fn text(record: &Record) -> String {
    let part = |part: &Option<Vec<u8>>| match part {
        Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        None => "null".to_owned(),
    };
    format!("{} {} @{}", part(&record.0), part(&record.1), record.2)
}

/// Nothing is left of what was dropped: not its topic, not the topics between the parts of its query.
fn assert_swept(engine: &Engine) {
    let queries: Vec<String> = engine.queries().iter().map(|query| query.id.to_string()).collect();
    for topic in engine.topics() {
        let name = &topic.name;
        let is_internal = name.ends_with("-repartition");
        let has_query = queries.iter().any(|id| name.starts_with(&format!("_tidemill-{id}-")));
        assert!(!is_internal || has_query, "{name} is left of {queries:?}");
        assert!(name != "BRIEF" || exists(engine, "BRIEF"), "the topic of a dropped table is left");
    }
}

/// Looks at everything the queries have made.
pub(super) fn look(engine: &Engine) -> Found {
    assert_swept(engine);
    let mut found = BTreeMap::new();
    for (topic, sameness) in SINKS.iter().filter(|(name, _)| exists(engine, name)) {
        let records = records(engine, topic);
        match sameness {
            Sameness::Ordered => found.extend(records.iter().map(|(partition, records)| {
                (format!("{topic}-{partition}"), records.iter().map(text).collect())
            })),
            Sameness::Unordered => found.extend(records.iter().map(|(partition, records)| {
                let mut records: Vec<_> = records.iter().map(text).collect();
                records.sort();
                (format!("{topic}-{partition}"), records)
            })),
            Sameness::Counted => assert_counted(topic, &records),
        }
    }
    for table in TABLES.iter().filter(|name| exists(engine, name)) {
        let mut outcomes = engine.session().execute(&format!("SELECT * FROM {table};")).unwrap();
        let Some(Outcome::Rows(rows)) = outcomes.pop() else { panic!("{table} gives no rows") };
        let rows = rows.collect_rows().unwrap();
        let mut rows: Vec<_> = rows.iter().map(|row| format!("{:?}", row.values)).collect();
        rows.sort();
        found.insert(format!("table {table}"), rows);
    }
    Found(found)
}

fn assert_counted(topic: &str, partitions: &BTreeMap<u32, Vec<Record>>) {
    for records in partitions.values() {
        let mut counts: BTreeMap<&Option<Vec<u8>>, u64> = BTreeMap::new();
        for record in records {
            let count = counts.entry(&record.0).or_default();
            *count += 1;
            assert_eq!(json(record)["N"], *count, "{topic}");
        }
    }
}

/// Everything that was answered is there when the engine is opened again.
pub(super) fn assert_kept(engine: &Engine, steps: &[Step], answered: usize) {
    let mut sources = BTreeMap::new();
    let (mut promised, mut sent) = (BTreeMap::new(), BTreeMap::new());
    for (number, step) in steps.iter().enumerate().take(answered + 1) {
        let is_answered = number < answered;
        match step {
            Step::Create { name, .. } => drop(sources.insert(*name, is_answered.then_some(true))),
            Step::Drop { name, .. } => drop(sources.insert(*name, is_answered.then_some(false))),
            Step::Events { topic, numbers } => {
                let kept = if is_answered { &mut promised } else { &mut sent };
                kept.entry(*topic).or_insert_with(BTreeSet::new).extend(numbers.clone());
            }
            Step::Replace { .. } | Step::People(_) | Step::Settle | Step::Reopen => {}
        }
    }
    for (name, is_there) in sources {
        // What was under way has happened whole or not at all.
        assert!(is_there.is_none_or(|is_there| is_there == exists(engine, name)), "{name}");
    }
    for topic in ["events", "clicks"] {
        if !exists(engine, &topic.to_uppercase()) {
            continue;
        }
        let found = events(engine, topic);
        let promised = promised.remove(topic).unwrap_or_default();
        let sent = sent.remove(topic).unwrap_or_default();
        let lost: Vec<_> = promised.difference(&found).collect();
        assert!(lost.is_empty(), "{topic}: answered and lost: {lost:?}");
        let is_invented = |id: &&u64| !promised.contains(id) && !sent.contains(id);
        let invented: Vec<_> = found.iter().filter(is_invented).collect();
        assert!(invented.is_empty(), "{topic}: never sent: {invented:?}");
    }
}
