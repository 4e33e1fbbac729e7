//! The real binary for a long time: queries of every kind under a steady load, killed from time to time. Its answers stay right,
//! its memory stays flat, and its disk holds what retention says.

use std::path::Path;
use std::time::Duration;

use crate::load::{Kept, PHASE_ORDERS_MAX, Run, assert_same, outputs};
use crate::random::{Random, Seed, number};

/// Longer than a phase is away from the next: what a phase left open is closed in the next.
const RETENTION: &str = "3 DAYS";
/// The partitions of each topic.
const PARTITIONS: u64 = 2;
/// What one order takes in its topic, all overhead included.
const ORDER_BYTES: u64 = 100;
const SEGMENT_BYTES: u64 = 64 * 1024;
/// Which topics retention cuts: all.
const KEPT: Kept = Kept { ends_of: |_| true, latest_of: |_| false };

/// How much memory and disk may be used more in the second half than in the first: what allocators and RocksDB take at their
/// ease.
const MEMORY_MARGIN: u64 = 64 << 20;
const DISK_MARGIN: u64 = 64 << 20;

/// What a run needed: the most of each half.
#[derive(Default, Debug)]
struct Needed {
    memory: [u64; 2],
    disk: [u64; 2],
}

impl Needed {
    fn look(&mut self, half: usize, process: u32, data: &Path) {
        self.memory[half] = self.memory[half].max(resident_bytes(process));
        self.disk[half] = self.disk[half].max(folder_bytes(data));
    }
}

/// Returns how much memory a process has at the moment; nothing where there is no /proc.
fn resident_bytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let words = line.and_then(|line| line.split_whitespace().next());
    words.map_or(0, |kilobytes| kilobytes.parse::<u64>().unwrap() * 1024)
}

/// Returns how many bytes the files of a folder have.
fn folder_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    // A file may go while it is looked at.
    let bytes = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => folder_bytes(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    };
    entries.flatten().map(bytes).sum()
}

/// How often the process is killed, and how many orders come in a second.
struct Pace {
    rate: u64,
    life: Duration,
    lives: u64,
}

impl Pace {
    fn new() -> Pace {
        let seconds = std::env::var("TIDEMILL_SOAK_MINUTES").map_or(15, |minutes| {
            (minutes.parse::<f64>().expect("the variable holds a number") * 60.0) as u64
        });
        let rate = number("TIDEMILL_SOAK_RATE", 500);
        // A life is short enough that what it sends is within a phase.
        let life = (seconds / 5).clamp(1, 60).min(PHASE_ORDERS_MAX / rate.max(1));
        Pace { rate, life: Duration::from_secs(life), lives: (seconds / life).max(2) }
    }

    /// Returns how many bytes of a partition must stay: what is looked at after a kill is what came since the one before.
    fn retention_bytes(&self) -> u64 {
        2 * self.rate * self.life.as_secs() * ORDER_BYTES / PARTITIONS
    }
}

fn set_retention(run: &Run, bytes: u64) {
    let options = [
        "cleanup.policy=delete".to_owned(),
        format!("segment.bytes={SEGMENT_BYTES}"),
        format!("retention.bytes={bytes}"),
        "retention.ms=3600000".to_owned(),
    ];
    let options = options.each_ref().map(String::as_str);
    // Rows that are late are reported.
    let topics = outputs().chain(["orders", "default_ksql_processing_log"]);
    topics.for_each(|topic| run.alter(topic, &options));
}

#[test]
fn answers_memory_and_disk_stay_as_they_should() {
    let seed = number("TIDEMILL_SOAK_SEED", 1);
    let _seed = Seed { variable: "TIDEMILL_SOAK_SEED", seed };
    let (mut random, pace) = (Random::new(seed), Pace::new());
    let mut run = Run::new(RETENTION, &["--set", "log.retention.check.interval.ms=200"]);
    set_retention(&run, pace.retention_bytes());
    let mut needed = Needed::default();
    for life in 0..pace.lives {
        run.begin_phase();
        let half = usize::from(pace.lives <= 2 * life);
        // Killed a little earlier than planned, and its successor, which takes up the rest, a moment later.
        let early = Duration::from_millis(random.below(pace.life.as_millis() as u64 / 4));
        let data = run.program.path("data");
        let mut ticks = 0;
        run.kill_paced(pace.rate, pace.life - early, |process| {
            ticks += 1;
            if ticks % 10 == 0 {
                needed.look(half, process, &data);
            }
        });
        run.kill_queries(Duration::from_millis(random.below(1000)));
    }
    run.settle();
    // Retention has had its time.
    run.kill_queries(Duration::from_secs(1));
    println!("{} orders, {} kills, needed {needed:?}", run.order_count(), 2 * pace.lives + 1);
    assert_flat(&needed);
    assert_bounded(&run, pace.retention_bytes());
    let expected = run.undisturbed(RETENTION);
    assert_same(&run.program, &expected.program, KEPT, run.closed_before());
}

fn assert_flat(needed: &Needed) {
    let [first, second] = needed.memory;
    assert!(second <= first + first / 10 + MEMORY_MARGIN, "memory grows: {needed:?}");
    let [first, second] = needed.disk;
    assert!(second <= first + first / 10 + DISK_MARGIN, "the folder grows: {needed:?}");
}

/// Each partition holds what retention keeps of it, and at most one segment more, one that is written to and what came since the
/// last look.
fn assert_bounded(run: &Run, retention_bytes: u64) {
    for topic in outputs().chain(["orders"]) {
        for partition in 0..PARTITIONS {
            let folder = run.program.path("data").join(format!("log/{topic}-{partition}"));
            let (found, most) = (folder_bytes(&folder), retention_bytes + 4 * SEGMENT_BYTES);
            assert!(found <= most, "{topic}-{partition}: {found}, not {most}");
        }
    }
    let first = run.program.records("orders").iter().map(|record| record["offset"].as_u64()).min();
    assert!(first.flatten() != Some(0), "retention has taken nothing of the orders");
}
