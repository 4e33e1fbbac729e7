//! Append and read of the log, one partition, one thread.

use std::sync::Arc;

use tidemill::clock::SystemClock;
use tidemill::disk::RealDisk;
use tidemill::log::{
    Acks, Compression, EmbeddedLog, Isolation, Log, LogConfig, RecordBatchBuilder, RecordBuffer,
    TopicConfig,
};
use tidemill::types::TopicPartition;

use crate::limits;
use crate::measure::Bench;

pub(crate) fn append_100(bench: &Bench, name: &str) {
    append(bench, name, 100);
}

pub(crate) fn append_1000(bench: &Bench, name: &str) {
    append(bench, name, 1000);
}

pub(crate) fn read_100(bench: &Bench, name: &str) {
    read(bench, name, 100);
}

pub(crate) fn read_1000(bench: &Bench, name: &str) {
    read(bench, name, 1000);
}

fn open(folder: &std::path::Path) -> (EmbeddedLog, TopicPartition) {
    let clock = Arc::new(SystemClock::new());
    let log = EmbeddedLog::open(Arc::new(RealDisk), clock, folder, LogConfig::default()).unwrap();
    log.create_topic("bench", &TopicConfig::new(1)).unwrap();
    (log, TopicPartition::new("bench", 0))
}

fn fill(log: &EmbeddedLog, partition: &TopicPartition, row_count: usize, size: usize) {
    let value = vec![b'x'; size];
    let mut builder = RecordBatchBuilder::new(Compression::None);
    for _ in 0..row_count {
        builder.push(0, None, Some(&value), &[]).unwrap();
        if 128 * 1024 <= builder.size() {
            log.append(partition, builder.finish(), Acks::Leader).unwrap();
        }
    }
    if !builder.is_empty() {
        log.append(partition, builder.finish(), Acks::All).unwrap();
    }
}

fn append(bench: &Bench, name: &str, size: usize) {
    let folder = tempfile::tempdir().unwrap();
    let (log, partition) = open(folder.path());
    let (_, took) = bench.time(|| fill(&log, &partition, bench.row_count, size));
    bench.print(name, bench.row_count, took, &limits::file_append(bench));
}

fn read(bench: &Bench, name: &str, size: usize) {
    let folder = tempfile::tempdir().unwrap();
    let (log, partition) = open(folder.path());
    fill(&log, &partition, bench.row_count, size);
    let (found, took) = bench.time(|| {
        let (mut from, mut found) = (0, 0);
        let mut buffer = RecordBuffer::new();
        loop {
            let fetch = log.read(&partition, from, 512 * 1024, &Isolation::ReadCommitted).unwrap();
            if fetch.next_offset <= from {
                return found;
            }
            for batch in fetch.batches() {
                found += batch.records(&mut buffer).unwrap().count();
            }
            from = fetch.next_offset;
        }
    });
    assert_eq!(found, bench.row_count);
    bench.print(name, found, took, &limits::file_append(bench));
}
