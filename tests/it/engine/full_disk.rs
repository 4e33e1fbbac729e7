//! A disk that is full, and is freed again: what is refused may be tried again, and all goes on without a restart.

use std::path::{Path, PathBuf};

use tidemill::clock::Clock;
use tidemill::disk::{Disk, DiskEntry, DiskFile, DiskLock};
use tidemill::error::ErrorKind;
use tidemill::functions::Registry;
use tidemill::state::{Backend, open_state};

use super::*;

/// A folder of the machine whose room is what it is said to be.
#[derive(Debug, Default)]
struct SmallDisk {
    inner: RealDisk,
    is_full: std::sync::atomic::AtomicBool,
}

impl SmallDisk {
    fn set_full(&self, is_full: bool) {
        self.is_full.store(is_full, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Disk for SmallDisk {
    fn open(&self, path: &Path) -> std::io::Result<Arc<dyn DiskFile>> {
        self.inner.open(path)
    }

    fn create(&self, path: &Path) -> std::io::Result<Arc<dyn DiskFile>> {
        self.inner.create(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        self.inner.rename(from, to)
    }

    fn remove(&self, path: &Path) -> std::io::Result<()> {
        self.inner.remove(path)
    }

    fn create_folder(&self, path: &Path) -> std::io::Result<()> {
        self.inner.create_folder(path)
    }

    fn remove_folder(&self, path: &Path) -> std::io::Result<()> {
        self.inner.remove_folder(path)
    }

    fn list(&self, folder: &Path) -> std::io::Result<Vec<DiskEntry>> {
        self.inner.list(folder)
    }

    fn sync_folder(&self, folder: &Path) -> std::io::Result<()> {
        self.inner.sync_folder(folder)
    }

    fn lock(&self, path: &Path) -> std::io::Result<Box<dyn DiskLock>> {
        self.inner.lock(path)
    }

    fn free_bytes(&self, _path: &Path) -> std::io::Result<u64> {
        // A little more than what must be left for commits, so that the log looks again soon.
        let is_full = self.is_full.load(std::sync::atomic::Ordering::Relaxed);
        Ok(LogConfig::default().headroom_bytes + if is_full { 0 } else { 200_000 })
    }
}

fn start(folder: PathBuf, disk: &Arc<SmallDisk>) -> Engine {
    let mut config = tidemill::config::Config::default();
    for (name, value) in [("auto.offset.reset", "earliest"), ("commit.interval.ms", "1")] {
        config.set_engine(name, value).unwrap();
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let disk = Arc::clone(disk) as Arc<dyn Disk>;
    let log =
        EmbeddedLog::open(disk, Arc::clone(&clock), &folder.join("log"), LogConfig::default());
    let state: Arc<dyn Backend> = Arc::new(open_state(&folder.join("state"), 16 << 20).unwrap());
    let registry = Registry::built_in();
    Engine::start(Arc::new(log.unwrap()), state, clock, config, registry).unwrap()
}

const QUERIES: &str = "
    CREATE STREAM bids (item VARCHAR KEY, price INT) WITH (kafka_topic = 'bids', value_format = 'json', partitions = 2);
    CREATE STREAM copies AS SELECT * FROM bids;
    CREATE STREAM by_price AS SELECT price, item FROM copies PARTITION BY price;
    CREATE TABLE totals AS SELECT item, COUNT(*) AS n, SUM(price) AS total FROM copies GROUP BY item;";

/// Produces records until one is refused, or all are taken; returns how many were.
fn produce(engine: &Engine, numbers: std::ops::Range<i64>) -> (i64, Option<ErrorKind>) {
    for number in numbers.clone() {
        let value = format!(r#"{{"price": {number}}}"#);
        let produced =
            engine.produce("bids", &[record(&format!("i{}", number % 7), &value, number)]);
        if let Err(error) = produced {
            assert!(error.message().contains("disk"), "{error}");
            return (number - numbers.start, Some(error.kind()));
        }
    }
    (numbers.end - numbers.start, None)
}

/// Waits until all queries run and have come to their end.
fn settle(engine: &Engine, disk: &str) {
    let clock = SystemClock::new();
    while engine.queries().iter().any(|query| query.state != "RUNNING") {
        assert!(clock.monotonic() < WAIT, "{disk}: {:?}", engine.queries());
        clock.wait(Duration::from_millis(5));
    }
    assert!(engine.wait_until_idle(WAIT).unwrap());
}

#[test]
fn a_disk_that_was_full_is_written_to_again() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Arc::new(SmallDisk::default());
    let engine = start(folder.path().to_owned(), &disk);
    engine.session().execute(QUERIES).unwrap();
    let mut taken = 0;
    for round in 0..2 {
        let (count, refused) = produce(&engine, taken..taken + 200);
        assert_eq!((count, refused), (200, None), "round {round}");
        taken += count;
        disk.set_full(true);
        let (count, refused) = produce(&engine, taken..taken + 10_000);
        taken += count;
        assert_eq!(refused, Some(ErrorKind::Retry), "round {round}: after {count} records");
        // A statement is refused as a record is, or done; what is there is answered.
        let more = format!("CREATE STREAM more{round} AS SELECT * FROM bids;");
        let made = engine.session().execute(&more);
        assert!(made.is_ok() || made.is_err_and(|error| error.kind() == ErrorKind::Retry));
        assert!(!rows(&engine, "SELECT * FROM totals;").is_empty());
        disk.set_full(false);
        let (count, refused) = produce(&engine, taken..taken + 100);
        assert_eq!((count, refused), (100, None), "round {round}: with room again");
        taken += count;
        settle(&engine, "with room again");
        check(&engine, taken);
    }
    engine.close().unwrap();
    drop(engine);
    let engine = start(folder.path().to_owned(), &disk);
    settle(&engine, "after a restart");
    check(&engine, taken);
    engine.close().unwrap();
}

/// Each record is there once, and has counted once.
fn check(engine: &Engine, taken: i64) {
    for topic in ["bids", "COPIES", "BY_PRICE"] {
        let mut records = engine.consume_available(topic, ConsumeFrom::Beginning).unwrap();
        let count = std::iter::from_fn(|| records.next_record()).count();
        assert_eq!(count as i64, taken, "{topic}");
    }
    let counts = rows(engine, "SELECT n FROM totals;");
    let count = |row: &Row| match row.values[0] {
        Value::Bigint(value) => value,
        ref other => panic!("{other:?} is no count"),
    };
    assert_eq!(counts.iter().map(count).sum::<i64>(), taken);
}
