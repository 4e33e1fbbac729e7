//! The wall clock and the monotonic clock as a value, so that a run can be replayed.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::{Condvar, Mutex};

/// Tells the time and waits for it.
///
/// # Contract
///
/// - [`wall_ms`](Clock::wall_ms) may jump either way; use it for timestamps of records only.
/// - [`monotonic`](Clock::monotonic) never goes back; use it for every timer.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Returns the milliseconds since 1970-01-01 00:00 UTC.
    fn wall_ms(&self) -> i64;
    /// Returns the time since some fixed moment.
    fn monotonic(&self) -> Duration;
    /// Blocks the calling thread until `duration` has passed on the monotonic clock.
    fn wait(&self, duration: Duration);
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

#[allow(
    clippy::disallowed_methods,
    reason = "the one place that reads the machine's clocks; all others go through the trait"
)]
impl SystemClock {
    /// Starts a clock; its monotonic time begins at zero.
    pub fn new() -> Self {
        SystemClock { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        SystemClock::new()
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the one place that reads the machine's clocks; all others go through the trait"
)]
impl Clock for SystemClock {
    fn wall_ms(&self) -> i64 {
        // A machine set before 1970 reads as 1970: Kafka has no timestamps below zero.
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn wait(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// A clock that moves only when it is told to.
///
/// A thread in [`wait`](Clock::wait) goes on when another thread has moved the clock far enough.
#[derive(Debug)]
pub struct ManualClock {
    state: Mutex<ManualTime>,
    moved: Condvar,
}

#[derive(Debug)]
struct ManualTime {
    wall_ms: i64,
    monotonic: Duration,
}

impl ManualClock {
    /// Starts a clock that shows `wall_ms`.
    pub fn new(wall_ms: i64) -> Self {
        let state = ManualTime { wall_ms, monotonic: Duration::ZERO };
        ManualClock { state: Mutex::new(state), moved: Condvar::new() }
    }

    /// Moves both clocks forward.
    pub fn advance(&self, duration: Duration) {
        let mut time = self.state.lock();
        time.wall_ms += duration.as_millis() as i64;
        time.monotonic += duration;
        self.moved.notify_all();
    }

    /// Sets the wall clock, forward or back; the monotonic clock does not move.
    pub fn set_wall_ms(&self, wall_ms: i64) {
        self.state.lock().wall_ms = wall_ms;
    }
}

impl Clock for ManualClock {
    fn wall_ms(&self) -> i64 {
        self.state.lock().wall_ms
    }

    fn monotonic(&self) -> Duration {
        self.state.lock().monotonic
    }

    fn wait(&self, duration: Duration) {
        let mut time = self.state.lock();
        let until = time.monotonic + duration;
        while time.monotonic < until {
            self.moved.wait(&mut time);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn manual_clock_moves_only_when_told() {
        let clock = ManualClock::new(1_000);
        assert_eq!((clock.wall_ms(), clock.monotonic()), (1_000, Duration::ZERO));
        clock.advance(Duration::from_millis(5));
        clock.set_wall_ms(10);
        assert_eq!((clock.wall_ms(), clock.monotonic()), (10, Duration::from_millis(5)));
    }

    #[test]
    fn a_waiter_goes_on_when_the_clock_has_moved() {
        let clock = Arc::new(ManualClock::new(0));
        let waiter = Arc::clone(&clock);
        let thread = std::thread::spawn(move || waiter.wait(Duration::from_secs(3600)));
        while !thread.is_finished() {
            clock.advance(Duration::from_secs(60));
            std::thread::yield_now();
        }
        thread.join().unwrap();
    }

    #[test]
    fn system_clock_does_not_go_back() {
        let clock = SystemClock::new();
        let before = clock.monotonic();
        assert!(before <= clock.monotonic());
        assert!(1_600_000_000_000 < clock.wall_ms());
    }
}
