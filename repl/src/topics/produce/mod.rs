//! `tidemill produce`: lines of files become records.

mod columns;
mod delimited;
mod fields;
mod lines;
mod progress;
mod records;
pub(super) mod time;

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use tidemill::engine::{Engine, ProducedRecord};
use tidemill::error::ErrorKind;
use tidemill::log::TopicConfig;

use crate::args::{Arguments, ProduceArguments};
use crate::errors::Failure;
use crate::topics::produce::progress::Progress;
use crate::topics::produce::records::Recipe;

/// How much is read ahead, and so the most that waits for a batch to be full.
const BUFFER_SIZE: usize = 1024 * 1024;
/// How many records are written together at most.
const BATCH_RECORDS_MAX: usize = 10_000;
/// How many bytes are written together at most.
const BATCH_BYTES_MAX: usize = 1024 * 1024;

/// Runs `tidemill produce`.
pub(crate) fn produce(arguments: &Arguments, produce: &ProduceArguments) -> Result<(), Failure> {
    let recipe = Recipe::new(produce)?;
    let engine = crate::open(&arguments.engine)?;
    let result = write_all(&engine, produce, &recipe);
    let closed = engine.close();
    result.and_then(|()| Ok(closed?))
}

fn write_all(engine: &Engine, produce: &ProduceArguments, recipe: &Recipe) -> Result<(), Failure> {
    if let Some(partitions) = produce.create {
        match engine.create_topic(&produce.topic, &TopicConfig::new(partitions)) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
    }
    // Nobody should type lines for a topic that is not there.
    engine.topic(&produce.topic).map_err(|error| {
        Failure::Input(format!("{}\nwith --create it is made", error.message()))
    })?;
    let progress = Progress::start(produce);
    let mut writer = Writer { engine, produce, progress, batch: Vec::new(), bytes: 0 };
    let result = writer.write_files(recipe);
    // What was read before an error is written: the message says at which line to go on.
    let written = writer.flush();
    let result = result.and(written);
    writer.progress.finish(&produce.topic, result.is_ok());
    result
}

/// Gathers records into batches.
struct Writer<'a> {
    engine: &'a Engine,
    produce: &'a ProduceArguments,
    progress: Progress,
    batch: Vec<ProducedRecord>,
    bytes: usize,
}

impl Writer<'_> {
    fn write_files(&mut self, recipe: &Recipe) -> Result<(), Failure> {
        if self.produce.files.is_empty() {
            return self.write_from(recipe, "stdin", io::stdin().lock());
        }
        for path in &self.produce.files {
            if path.as_os_str() == "-" {
                self.write_from(recipe, "stdin", io::stdin().lock())?;
                continue;
            }
            let file = open(path)?;
            self.write_from(recipe, &path.display().to_string(), file)?;
        }
        Ok(())
    }

    fn write_from(
        &mut self,
        recipe: &Recipe,
        name: &str,
        source: impl io::Read,
    ) -> Result<(), Failure> {
        let source = BufReader::with_capacity(BUFFER_SIZE, source);
        let mut records = recipe.read(source).map_err(|bad| bad.into_failure(name))?;
        while let Some(read) = records.next() {
            match read {
                Ok(record) => self.push(record),
                Err(bad) if bad.is_fatal() => return Err(bad.into_failure(name)),
                Err(_) if self.produce.skip_bad => self.progress.count_bad(),
                Err(bad) => return Err(bad.into_failure(name)),
            }
            self.progress.set_position(name, records.byte_count());
            if self.is_full() || records.would_wait() {
                self.flush()?;
            }
        }
        self.flush()
    }

    fn is_full(&self) -> bool {
        self.batch.len() >= BATCH_RECORDS_MAX || self.bytes >= BATCH_BYTES_MAX
    }

    fn push(&mut self, record: ProducedRecord) {
        let size = |part: &Option<Vec<u8>>| part.as_ref().map_or(0, Vec::len);
        self.bytes += size(&record.key) + size(&record.value);
        self.batch.push(record);
    }

    fn flush(&mut self) -> Result<(), Failure> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        let (count, bytes) = (batch.len() as u64, std::mem::take(&mut self.bytes) as u64);
        self.engine.produce(&self.produce.topic, &batch)?;
        self.progress.count(count, bytes);
        Ok(())
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|source| Failure::reading(path, source))
}
