//! `tidemill bench latency`: how long a record takes from the moment it should have been sent to a reader of what a query made of it.
//!
//! An open loop: records have times at which they are to be sent, whether or not those before them are through, and latency counts
//! from these. Where the engine stands still, all that should have been sent in between shows it (no coordinated omission).

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use hdrhistogram::Histogram;
use tidemill::clock::{Clock, SystemClock};
use tidemill::config::Config;
use tidemill::disk::RealDisk;
use tidemill::engine::{Engine, ProducedRecord};
use tidemill::functions::Registry;
use tidemill::log::{EmbeddedLog, Isolation, Log, LogConfig, RecordBuffer};
use tidemill::state::open_state;
use tidemill::types::TopicPartition;

use crate::arguments::{LatencyArguments, Output};
use crate::error::{BenchError, Result};
use crate::report;
use crate::suite::progress;

const STATEMENTS: &str = "
    CREATE STREAM sent (due BIGINT, number BIGINT, text VARCHAR) WITH (kafka_topic = 'sent', value_format = 'json', partitions = 1);
    CREATE STREAM out AS SELECT due, number + 1 AS number, text FROM sent WHERE number >= 0;";

/// How many records of the beginning are left out, in seconds: the first ones meet an engine that has done nothing yet.
const WARM_UP: Duration = Duration::from_secs(1);

/// How long the reader waits for the last records.
const PATIENCE: Duration = Duration::from_secs(60);

/// One setting.
#[derive(Clone, Copy)]
struct Setting {
    rate: u64,
    commit_interval_ms: u64,
    is_committed: bool,
    duration: Duration,
}

/// Measures each rate, isolation and commit interval.
pub(crate) fn run(arguments: &LatencyArguments, out: &mut dyn Write) -> Result<()> {
    let head = [
        "records/s",
        "reader",
        "commit ms",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "max ms",
        "sent late ms",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    for rate in &arguments.rates {
        for is_committed in [false, true] {
            for commit_interval_ms in &arguments.commit_intervals {
                let setting = Setting {
                    rate: *rate,
                    commit_interval_ms: *commit_interval_ms,
                    is_committed,
                    duration: Duration::from_secs_f64(arguments.seconds),
                };
                let isolation = if is_committed { "read_committed" } else { "read_uncommitted" };
                progress(&format!("{rate}/s, {isolation}, {commit_interval_ms} ms"))?;
                let (latencies, late) = measure(setting)?;
                let at = |quantile| ms(latencies.value_at_quantile(quantile));
                let (rate, interval) = (rate.to_string(), commit_interval_ms.to_string());
                let [middle, most, nearly] = [0.5, 0.99, 0.999].map(at);
                let (max, late) = (ms(latencies.max()), ms(late.as_micros() as u64));
                rows.push([rate, isolation.to_owned(), interval, middle, most, nearly, max, late]);
            }
        }
    }
    progress("")?;
    match arguments.output {
        Output::Text => report::write_table(out, &rows),
        Output::Json => report::write_lines(out, &rows),
    }
}

fn ms(micros: u64) -> String {
    format!("{:.2}", micros as f64 / 1e3)
}

/// Returns the latencies in microseconds, and how late the sender was at most.
fn measure(setting: Setting) -> Result<(Histogram<u64>, Duration)> {
    let folder = tempfile::tempdir()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let log = EmbeddedLog::open(
        Arc::new(RealDisk),
        Arc::clone(&clock),
        &folder.path().join("log"),
        LogConfig::default(),
    )?;
    let log: Arc<dyn Log> = Arc::new(log);
    let backend = open_state(&folder.path().join("state"), 256 << 20)
        .map_err(tidemill::error::Error::from)?;
    let mut config = Config::default();
    config.set_engine("commit.interval.ms", &setting.commit_interval_ms.to_string())?;
    let engine = Engine::start(
        Arc::clone(&log),
        Arc::new(backend),
        Arc::clone(&clock),
        config,
        Registry::built_in(),
    )?;
    engine.session().execute(STATEMENTS)?;

    let count = (setting.rate as f64 * setting.duration.as_secs_f64()) as u64;
    let is_over = Arc::new(AtomicBool::new(false));
    let reader = Reader { log, clock: Arc::clone(&clock), is_over: Arc::clone(&is_over) };
    let reading = thread::Builder::new().spawn(move || reader.read(setting, count))?;
    let sent = send(&engine, clock.as_ref(), setting.rate, count);
    if sent.is_err() {
        is_over.store(true, Ordering::Release);
    }
    let read = reading.join().map_err(|_| BenchError::run("latency", "the reader panicked"))?;
    let late = sent?;
    engine.close()?;
    Ok((read?, late))
}

/// Sends records at their times; what is due together goes together. Returns how late a record was at most.
fn send(engine: &Engine, clock: &dyn Clock, rate: u64, count: u64) -> Result<Duration> {
    let start = clock.monotonic() + Duration::from_millis(10);
    let due = |number: u64| start + Duration::from_nanos(number * 1_000_000_000 / rate);
    let (mut next, mut late) = (0, Duration::ZERO);
    while next < count {
        let now = clock.monotonic();
        if now < due(next) {
            clock.wait(due(next) - now);
            continue;
        }
        late = late.max(now - due(next));
        let mut records = Vec::new();
        while next < count && due(next) <= now {
            let micros = due(next).as_micros();
            let value = format!(
                r#"{{"due":{micros},"number":{next},"text":"as long as what people send to each other, about a hundred bytes in all"}}"#
            );
            let value = Some(value.into_bytes());
            records.push(ProducedRecord { value, ..ProducedRecord::default() });
            next += 1;
        }
        engine.produce("sent", &records)?;
    }
    Ok(late)
}

struct Reader {
    log: Arc<dyn Log>,
    clock: Arc<dyn Clock>,
    is_over: Arc<AtomicBool>,
}

impl Reader {
    /// Reads so many records, and checks that each comes once and in order.
    fn read(&self, setting: Setting, count: u64) -> Result<Histogram<u64>> {
        let isolation = if setting.is_committed {
            Isolation::ReadCommitted
        } else {
            Isolation::ReadUncommitted
        };
        let partition = TopicPartition::new("OUT", 0);
        let own: Thread = thread::current();
        let _watch = self.log.watch(&partition, Arc::new(move || own.unpark()))?;
        let failed = |reason: String| BenchError::run("latency", reason);
        let mut latencies =
            Histogram::new_with_bounds(1, 600_000_000, 3).map_err(|e| failed(e.to_string()))?;
        let (mut from, mut seen, mut buffer) = (0, 0, RecordBuffer::new());
        let warm_up = (setting.rate as f64 * WARM_UP.as_secs_f64()) as u64;
        let warm_up = warm_up.min(count / 4);
        let deadline = self.clock.monotonic() + setting.duration + PATIENCE;
        while seen < count {
            let fetch = self.log.read(&partition, from, 256 * 1024, &isolation)?;
            if fetch.next_offset <= from {
                if self.is_over.load(Ordering::Acquire) || deadline < self.clock.monotonic() {
                    return Err(failed(format!("{seen} of {count} records came")));
                }
                thread::park_timeout(Duration::from_millis(100));
                continue;
            }
            let now = self.clock.monotonic().as_micros() as u64;
            for batch in fetch.batches() {
                for record in batch.records(&mut buffer)? {
                    let value = record?.value.unwrap_or_default();
                    let (due, number) = numbers(value)?;
                    if number != seen + 1 {
                        return Err(failed(format!(
                            "record {number} came where {} was due",
                            seen + 1
                        )));
                    }
                    seen += 1;
                    if warm_up < seen {
                        latencies
                            .record(now.saturating_sub(due).max(1))
                            .map_err(|e| failed(e.to_string()))?;
                    }
                }
            }
            from = fetch.next_offset;
        }
        Ok(latencies)
    }
}

/// Reads the first two numbers of a value: when it was due, and its number.
fn numbers(value: &[u8]) -> Result<(u64, u64)> {
    let text = String::from_utf8_lossy(value);
    let mut numbers = text.split(|it: char| !it.is_ascii_digit()).filter(|it| !it.is_empty());
    let mut next = || numbers.next().and_then(|number| number.parse().ok());
    let found = (next(), next());
    match found {
        (Some(due), Some(number)) => Ok((due, number)),
        _ => Err(BenchError::run("latency", format!("a result is {text}"))),
    }
}
