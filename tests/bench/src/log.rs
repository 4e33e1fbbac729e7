//! `tidemill bench log`: append to and read of the log alone, one partition, one thread.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use tidemill::clock::SystemClock;
use tidemill::disk::RealDisk;
use tidemill::log::{
    Acks, Compression, EmbeddedLog, Isolation, Log, LogConfig, RecordBatchBuilder, RecordBuffer,
    TopicConfig,
};
use tidemill::types::TopicPartition;

use crate::arguments::LogArguments;
use crate::error::{BenchError, Result};
use crate::limits::Limits;
use crate::measure::{Figures, Running};
use crate::report::{self, Measured};
use crate::suite::progress;

/// Measures records of 100 bytes and of 1,000.
pub(crate) fn run(arguments: &LogArguments, out: &mut dyn Write) -> Result<()> {
    let limits = Limits::measure(&std::env::temp_dir())?;
    let mut all = Vec::new();
    for size in [100, 1000] {
        let rows = arguments.records;
        let measured = |what: &str| Measured {
            name: format!("{what} {size} B"),
            rows,
            results: rows,
            rounds: Vec::new(),
        };
        let (mut append, mut read) = (measured("append"), measured("read"));
        for round in 0..arguments.rounds.rounds {
            progress(&format!("{size} B, round {}", round + 1))?;
            let folder = tempfile::tempdir()?;
            let (log, partition) = open(folder.path())?;
            append.rounds.push(fill(&log, &partition, rows, size)?);
            read.rounds.push(read_all(&log, &partition, rows)?);
        }
        all.extend([append, read]);
    }
    progress("")?;
    report::write(out, arguments.rounds.output, &all, &limits)
}

fn open(folder: &Path) -> Result<(EmbeddedLog, TopicPartition)> {
    let clock = Arc::new(SystemClock::new());
    let log = EmbeddedLog::open(Arc::new(RealDisk), clock, folder, LogConfig::default())?;
    log.create_topic("bench", &TopicConfig::new(1))?;
    Ok((log, TopicPartition::new("bench", 0)))
}

/// Appends records in batches of 128 KiB; the last waits for the disk.
fn fill(log: &EmbeddedLog, partition: &TopicPartition, rows: u64, size: usize) -> Result<Figures> {
    let value = vec![b'x'; size];
    let mut builder = RecordBatchBuilder::new(Compression::None);
    let running = Running::start();
    for _ in 0..rows {
        builder.push(0, None, Some(&value), &[])?;
        if 128 * 1024 <= builder.size() {
            log.append(partition, builder.finish(), Acks::Leader)?;
        }
    }
    if !builder.is_empty() {
        log.append(partition, builder.finish(), Acks::All)?;
    }
    Ok(running.figures())
}

fn read_all(log: &EmbeddedLog, partition: &TopicPartition, rows: u64) -> Result<Figures> {
    let running = Running::start();
    let (mut from, mut found) = (0, 0);
    let mut buffer = RecordBuffer::new();
    loop {
        let fetch = log.read(partition, from, 512 * 1024, &Isolation::ReadCommitted)?;
        if fetch.next_offset <= from {
            break;
        }
        for batch in fetch.batches() {
            found += batch.records(&mut buffer)?.count() as u64;
        }
        from = fetch.next_offset;
    }
    if found != rows {
        return Err(BenchError::run("log", format!("{found} of {rows} records were read")));
    }
    Ok(running.figures())
}
