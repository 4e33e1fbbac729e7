//! Clocks and counters of this process.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tidemill::clock::{Clock, SystemClock};

/// What a run took.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// How long the engine took to open, before the clock started.
    pub(crate) open_s: f64,
    pub(crate) wall_s: f64,
    /// User and system time of all threads.
    pub(crate) cpu_s: f64,
    /// The most memory that the process had at once, from its start.
    pub(crate) rss_bytes_max: u64,
    /// What was caused to be written to the disk.
    pub(crate) written_bytes: u64,
}

/// A run whose figures are being taken.
pub(crate) struct Running {
    clock: SystemClock,
    start: Duration,
    cpu: Duration,
    written_bytes: u64,
}

impl Running {
    /// Starts the clock.
    pub(crate) fn start() -> Self {
        let clock = SystemClock::new();
        let start = clock.monotonic();
        Running { clock, start, cpu: cpu_time(), written_bytes: written_bytes() }
    }

    /// Returns how long it has run.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.monotonic() - self.start
    }

    /// Returns what it took up to now.
    pub(crate) fn figures(&self) -> Figures {
        Figures {
            open_s: 0.0,
            wall_s: self.elapsed().as_secs_f64(),
            cpu_s: cpu_time().saturating_sub(self.cpu).as_secs_f64(),
            rss_bytes_max: rss_bytes_max(),
            written_bytes: written_bytes().saturating_sub(self.written_bytes),
        }
    }
}

/// User and system time of this process, from the kernel's clock ticks (100 per second on Linux).
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// Returns the number behind a name in one of the kernel's files about this process; 0 where there is no such file.
fn kernel_number(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn rss_bytes_max() -> u64 {
    kernel_number("/proc/self/status", "VmHWM:") * 1024
}

fn written_bytes() -> u64 {
    kernel_number("/proc/self/io", "write_bytes:")
}

/// Returns the load average of the last minute: above one, others use this machine too.
pub(crate) fn load_average() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|load| load.parse().ok()).unwrap_or(0.0)
}
