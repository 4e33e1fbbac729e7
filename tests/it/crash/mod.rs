//! The whole engine on a simulated disk that is cut at an operation, or fails at one: log, state and positions come out as
//! if nothing had happened.
//!
//! The engine's threads take turns as they like, so that the same operation is not the same moment in every run: seed and
//! operation tell where to look, not what will be seen there.

mod files;
mod run;
mod script;

use tidemill::disk::{Fault, PowerLoss, SimDisk};
use tidemill::error::ErrorKind;

use crate::random::{Random, Seed, number};
use run::{Found, Played, assert_kept, is_damaged, look, open, play, settle};
use script::{Step, steps};

/// What an undisturbed run comes to, and how many operations of the disk it takes.
fn undisturbed(steps: &[Step]) -> (Found, u64) {
    let disk = SimDisk::new();
    let played = play(&disk, steps, 0);
    assert!(played.error.is_none(), "{:?}", played.error);
    let operations = disk.operations();
    let engine = open(&disk).unwrap();
    settle(&engine).unwrap();
    let found = look(&engine);
    engine.close().unwrap();
    (found, operations)
}

/// Where a run is disturbed.
#[derive(Clone, Copy, Debug)]
struct Place {
    operation: u64,
    fault: Fault,
    /// The power goes with the process; otherwise what was written stays, synced or not.
    loses_power: bool,
}

impl Place {
    /// Returns the disk as the next process finds it.
    fn after(&self, disk: &SimDisk) -> SimDisk {
        let Place { operation, .. } = *self;
        let loss = PowerLoss { seed: operation, reorders: operation.is_multiple_of(2) };
        if self.loses_power { disk.crash(loss) } else { disk.kill() }
    }

    /// Cuts some of the starts after a cut too.
    fn cut_start(&self, disk: SimDisk) -> SimDisk {
        if !self.operation.is_multiple_of(3) {
            return disk;
        }
        disk.fail_at(1 + self.operation % 23, Fault::Stop);
        drop(open(&disk).map(|engine| engine.close()));
        self.after(&disk)
    }
}

/// Plays a run that is disturbed at a place, starts it again and compares. Returns false if there was nothing to compare.
fn disturb(place: Place, steps: &[Step], expected: &Found) -> bool {
    let disk = SimDisk::new();
    disk.fail_at(place.operation, place.fault);
    let Played { mut answered, error } = play(&disk, steps, 0);
    if let Some(error) = error.filter(|_| !disk.is_stopped()) {
        let is_clear = matches!(error.kind(), ErrorKind::Storage | ErrorKind::Retry);
        assert!(is_clear && !error.to_string().is_empty(), "{error:?}");
    }
    let disk = place.cut_start(place.after(&disk));
    if place.loses_power && is_damaged(&disk) {
        return false;
    }
    let engine = open(&disk).unwrap();
    assert_kept(&engine, steps, answered);
    engine.close().unwrap();
    drop(engine);
    // A step that was answered by nothing but the engine's own promise is asked for again.
    answered = answered.min(steps.len() - 1);
    let played = play(&disk, steps, answered);
    assert!(played.error.is_none(), "after the start: {:?}", played.error);
    for _ in 0..2 {
        let engine = open(&disk).unwrap();
        settle(&engine).unwrap();
        let difference = look(&engine).difference(expected);
        assert!(difference.is_none(), "{}", difference.unwrap_or_default());
        engine.close().unwrap();
    }
    true
}

/// Says where a run failed.
struct Disturbed(Place);

#[allow(clippy::print_stderr, reason = "a random test prints its seed when it fails")]
impl Drop for Disturbed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failed at {:?}", self.0);
        }
    }
}

/// Disturbs runs at many places: a few of each seed's operations, or all of them if that many are asked for.
fn disturb_many(count: u64, faults: &[Fault]) {
    let first = number("TIDEMILL_ENGINE_CRASH_SEED", 1);
    let per_seed = if count <= 1000 { 15 } else { u64::MAX };
    let (mut seed, mut done, mut compared) = (first, 0, 0);
    while done < count {
        let _seed = Seed { variable: "TIDEMILL_ENGINE_CRASH_SEED", seed };
        let steps = steps(seed);
        let (expected, operations) = undisturbed(&steps);
        let mut random = Random::new(seed);
        let here = operations.min(per_seed).min(count - done);
        for turn in 0..here {
            let operation = if here == operations { turn } else { random.below(operations) } + 1;
            let fault = *random.choose(faults);
            let place = Place { operation, fault, loses_power: random.once_in(2) };
            let _place = Disturbed(place);
            compared += u64::from(disturb(place, &steps, &expected));
        }
        (seed, done) = (seed + 1, done + here);
    }
    assert!(done <= compared + 2 + done / 50, "only {compared} of {done} could be compared");
}

#[test]
fn all_comes_out_as_if_it_had_not_been_cut() {
    disturb_many(number("TIDEMILL_ENGINE_CRASH_POINTS", 90), &[Fault::Stop]);
}

#[test]
fn a_disk_that_fails_or_is_full_once_costs_nothing_that_was_answered() {
    disturb_many(number("TIDEMILL_ENGINE_FAULT_POINTS", 60), &[Fault::Io, Fault::DiskFull]);
}
