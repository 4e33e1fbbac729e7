//! A disk that is full, or fails, at each of its operations: what was refused is not there, what was promised is, and
//! a full disk is no reason for a restart.

use tidemill::disk::{Fault, PowerLoss, SimDisk};
use tidemill::log::*;

use super::check::{End, Tally, check};
use super::history::{History, STEPS};
use super::{Place, during};

/// How many histories are tried; `TIDEMILL_FAULT_HISTORIES` sets another count.
const HISTORIES: u64 = 2;

#[test]
fn refuses_and_goes_on_whichever_operation_fails() {
    let histories = std::env::var("TIDEMILL_FAULT_HISTORIES");
    let histories = histories.map_or(HISTORIES, |count| count.parse().unwrap());
    let (mut tally, mut went_on) = (Tally::default(), 0);
    for seed in 0..histories {
        let operations = {
            let disk = SimDisk::new();
            play(seed, &disk, &mut tally).unwrap();
            disk.operations()
        };
        // Each fault at every second operation: the seeds take turns.
        for operation in 1..=operations {
            let is_full = (operation + seed).is_multiple_of(2);
            let fault = if is_full { Fault::DiskFull } else { Fault::Io };
            let disk = SimDisk::new();
            disk.fail_at(operation, fault);
            let _place = Place { seed, step: 0, point: operation as usize };
            match play(seed, &disk, &mut tally) {
                Ok(()) => went_on += u64::from(is_full),
                Err(error) => assert!(may_stop(fault, &error), "{fault:?}: {error}"),
            }
        }
    }
    assert!(0 < went_on, "{tally:?}");
}

/// Says whether a process may have to be started again after an error.
fn may_stop(fault: Fault, error: &LogError) -> bool {
    match error {
        // A sync that failed is never tried again.
        LogError::StorageFailed { .. } => true,
        _ => fault == Fault::Io,
    }
}

/// Plays a history; errors that do not stop the log are passed over. Then checks what the next process finds.
fn play(seed: u64, disk: &SimDisk, tally: &mut Tally) -> Result<(), LogError> {
    let mut history = History::new(seed, disk);
    let mut result = Ok(());
    let mut promises = history.model.promises.clone();
    for _ in 0..STEPS {
        let stepped = history.step();
        promises = history.model.promises.clone();
        if let Err(error) = stepped {
            promises = during(&promises, &history.model);
            if is_fatal(&history, &error) {
                result = Err(error);
                break;
            }
        }
    }
    check(&disk.kill(), &history.model, &promises, End::Kill, tally);
    let loss = PowerLoss { seed, reorders: seed.is_multiple_of(2) };
    check(&disk.crash(loss), &history.model, &promises, End::PowerLoss, tally);
    result
}

/// Says whether the log takes records no more, so that the history cannot go on.
fn is_fatal(history: &History, error: &LogError) -> bool {
    let Some(log) = &history.log else { return !is_full(error) };
    let has_topic = log.topic("t").is_some();
    let is_stopped = matches!(error, LogError::StorageFailed { .. } | LogError::Closed);
    is_stopped || has_topic && !is_full(error) && log.flush(&[super::super::fixture::t()]).is_err()
}

fn is_full(error: &LogError) -> bool {
    match error {
        LogError::DiskFull(_) => true,
        LogError::Disk { source, .. } => source.kind() == std::io::ErrorKind::StorageFull,
        _ => false,
    }
}
