//! A random history ends at every disk operation, by a kill and by a power loss, and so does the start after it: what
//! was promised is there, what is there is what was appended, and the log goes on from it.

mod check;
mod faults;
mod history;
mod model;

use std::path::Path;

use tidemill::disk::{Disk, PowerLoss, SimDisk};

use self::check::{End, Tally, check};
use self::history::{History, STEPS, open};
use self::model::{Model, Promises};
use crate::random::Random;

/// How many places are tried; `TIDEMILL_CRASH_POINTS` sets another count, `TIDEMILL_CRASH_SEED` the first seed.
const POINTS: u64 = 6_000;

/// One of so many starts ends early too, at each of its operations.
const STARTS_CUT: u64 = 16;

#[test]
fn keeps_its_promises_wherever_it_is_cut() {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |number| number.parse().unwrap())
    };
    let points = number("TIDEMILL_CRASH_POINTS", POINTS);
    let first = number("TIDEMILL_CRASH_SEED", 0);
    let mut tally = Tally::default();
    let mut seed = first;
    while tally.points < points {
        play(seed, &mut tally);
        seed += 1;
    }
    report(&tally, first, seed);
    assert!(0 < tally.dropped, "no torn end was seen: {tally:?}");
    assert!(0 < tally.compacted && 0 < tally.swaps, "compaction was not cut: {tally:?}");
}

/// Plays a history and ends it at each of its operations.
fn play(seed: u64, tally: &mut Tally) {
    let disk = SimDisk::new();
    disk.keep_crash_points();
    let mut history = History::new(seed, &disk);
    let mut place = Place { seed, step: 0, point: 0 };
    let mut random = Random::new(!seed);
    for step in 0..STEPS {
        let before = history.model.promises.clone();
        let stepped = history.step();
        stepped.unwrap();
        let promises = during(&before, &history.model);
        for (point, found) in disk.take_crash_points().iter().enumerate() {
            (place.step, place.point) = (step, point);
            end_here(found, &history.model, &promises, &mut random, tally);
        }
    }
    let promises = history.model.promises.clone();
    end_here(&disk, &history.model, &promises, &mut random, tally);
}

/// Returns what is promised while a step is under way: what was before it, and the least of what is after it.
fn during(before: &Promises, model: &Model) -> Promises {
    let after = &model.promises;
    let mut promises = before.clone();
    for (topic, is_there) in &after.topics {
        if before.topics.get(topic) != Some(is_there) {
            promises.topics.insert(topic.clone(), None);
        }
    }
    promises.committed.1 = after.committed.1;
    promises
}

/// Ends the process here, in both ways.
fn end_here(
    disk: &SimDisk,
    model: &Model,
    promises: &Promises,
    random: &mut Random,
    tally: &mut Tally,
) {
    let number = random.below(u64::MAX);
    let loss = PowerLoss { seed: number, reorders: number.is_multiple_of(2) };
    let ends = [(End::Kill, disk.kill()), (End::PowerLoss, disk.crash(loss))];
    for (end, found) in ends {
        tally.swaps += u64::from(has_swap(&found));
        if (number >> 8).is_multiple_of(STARTS_CUT) {
            cut_start(&found, model, promises, (end, loss), tally);
        }
        check(&found, model, promises, end, tally);
    }
}

/// Ends the start too, at each of its operations, in the same way.
fn cut_start(
    disk: &SimDisk,
    model: &Model,
    promises: &Promises,
    (end, loss): (End, PowerLoss),
    tally: &mut Tally,
) {
    let disk = disk.kill();
    disk.keep_crash_points();
    drop(open(&disk).unwrap());
    for found in disk.take_crash_points() {
        let found = if end == End::Kill { found.kill() } else { found.crash(loss) };
        check(&found, model, promises, end, tally);
    }
}

fn has_swap(disk: &SimDisk) -> bool {
    let entries = disk.list(Path::new("/data/t-0")).unwrap_or_default();
    entries.iter().any(|entry| entry.name.ends_with(".swap"))
}

#[allow(clippy::print_stderr, reason = "a long run says what it has proved")]
fn report(tally: &Tally, first: u64, end: u64) {
    eprintln!("seeds {first} to {end}: {tally:?}");
}

/// Says where a check failed, so that `TIDEMILL_CRASH_SEED` replays it.
struct Place {
    seed: u64,
    step: usize,
    point: usize,
}

#[allow(clippy::print_stderr, reason = "a random test prints its seed when it fails")]
impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Place { seed, step, point } = self;
            eprintln!("failed with seed {seed} in step {step}, at operation {point} of it");
        }
    }
}
