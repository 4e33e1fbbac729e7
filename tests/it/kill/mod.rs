//! The real binary is killed at random moments under load, again and again: in the end everything is as if nothing had
//! happened.

use std::time::Duration;

use crate::load::{Kept, Run, assert_at_the_end, assert_same, outputs};
use crate::random::{Random, Seed, number};

/// After how many kills the tables change.
const KILLS_PER_PHASE: u64 = 5;
/// How many records of a file are on their way when a kill comes.
const RECORDS: usize = 20_000;

/// Windows of all phases are there in the end.
const RETENTION: &str = "4000 DAYS";

/// The log is tidied while it is written to, so that kills come in the middle of that too.
const FLAGS: [&str; 4] =
    ["--set", "log.cleaner.backoff.ms=20", "--set", "log.retention.check.interval.ms=20"];
/// What is compacted while it is written to.
const COMPACTED: [&str; 3] = ["CUSTOMER_REGIONS", "REGION_CUSTOMERS", "CUSTOMER_TITLES"];
/// What loses its first segments while it is written to; nothing reads it.
const CUT: &str = "PARTS";

/// How many processes may pass until all topics are tidied.
const TIDY_TRIES: u32 = 20;

const KEPT: Kept =
    Kept { ends_of: |topic| topic == CUT, latest_of: |topic| COMPACTED.contains(&topic) };

fn kill(run: &mut Run, random: &mut Random) {
    let delay = Duration::from_millis(random.below(600));
    match random.below(3) {
        0 => run.kill_statements(delay),
        1 => run.kill_records(RECORDS, delay),
        _ => run.kill_queries(delay),
    }
}

#[test]
fn nothing_is_lost_and_nothing_doubled() {
    let kills = number("TIDEMILL_KILLS", 10);
    let seed = number("TIDEMILL_KILL_SEED", 1);
    let _seed = Seed { variable: "TIDEMILL_KILL_SEED", seed };
    let mut random = Random::new(seed);
    let mut run = Run::new(RETENTION, &FLAGS);
    for topic in COMPACTED {
        run.alter(topic, &["segment.bytes=16384", "min.cleanable.dirty.ratio=0.01"]);
    }
    run.alter(CUT, &["segment.bytes=16384", "retention.bytes=65536"]);
    // Phases are days apart: segments would be sealed by time, and topics compacted of which every record is compared.
    for topic in outputs().filter(|topic| !COMPACTED.contains(topic) && *topic != CUT) {
        run.alter(topic, &["segment.ms=315360000000"]);
    }
    for number in 0..kills {
        if number % KILLS_PER_PHASE == 0 {
            run.begin_phase();
        }
        kill(&mut run, &mut random);
    }
    run.settle();
    let expected = run.undisturbed(RETENTION);
    assert_same(&run.program, &expected.program, KEPT, run.closed_before());
    assert_at_the_end(&run.program, KEPT);
    // The log is tidied while processes are killed; the last of them live longer, until all of it is.
    let is_tidied = |run: &Run, topic: &str| {
        run.program.records(topic).len() < expected.program.records(topic).len()
    };
    for topic in COMPACTED.into_iter().chain([CUT]) {
        let mut tries = 0..TIDY_TRIES;
        while !is_tidied(&run, topic) {
            assert!(tries.next().is_some(), "{topic} has all of its records");
            run.kill_queries(Duration::from_secs(2));
        }
    }
    assert_same(&run.program, &expected.program, KEPT, run.closed_before());
}
