//! Clocks, rows and printing.

use std::time::Duration;

use tidemill::clock::{Clock, SystemClock};

pub(crate) struct Bench {
    clock: SystemClock,
    pub(crate) row_count: usize,
}

/// What a run took.
#[derive(Clone, Copy)]
pub(crate) struct Took {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let rows = std::env::var("TIDEMILL_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok());
        Bench { clock: SystemClock::new(), row_count: rows.unwrap_or(1_000_000) }
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    pub(crate) fn time<T>(&self, run: impl FnOnce() -> T) -> (T, Took) {
        let (wall, cpu) = (self.now(), cpu_time());
        let result = run();
        (result, Took { wall: self.now() - wall, cpu: cpu_time().saturating_sub(cpu) })
    }

    pub(crate) fn print(&self, name: &str, row_count: usize, took: Took, limit: &str) {
        let rate = |time: Duration| row_count as f64 / time.as_secs_f64().max(1e-9);
        println!(
            "{name:<44} {:>14} {:>16}   {limit}",
            millions(rate(took.wall)),
            millions(rate(took.cpu))
        );
    }
}

pub(crate) fn millions(rate: f64) -> String {
    format!("{:.2} M", rate / 1e6)
}

/// User and system time of this process, from the kernel's clock ticks (100 per second on Linux).
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// A row of 258 bytes, as a bid of an auction has them.
pub(crate) fn bid(number: usize, key_count: usize) -> (String, String) {
    let auction = number.wrapping_mul(7919) % key_count;
    let url = "https://www.nexmark.com/abcd/efgh/ijkl/item.htm?query=1&channel_id=123456789";
    let mut row = format!(
        r#"{{"auction":{auction},"bidder":{},"price":{},"channel":"channel-{:04}","url":"{url}","extra":""#,
        1000 + number % 997,
        100 + number % 10_000_000,
        number % 10_000
    );
    while row.len() < 256 {
        row.push('x');
    }
    row.truncate(256);
    row.push_str("\"}");
    (auction.to_string(), row)
}
