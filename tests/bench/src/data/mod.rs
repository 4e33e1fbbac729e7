//! Rows that are made, not read: the same seed and sizes always give the same. They go to topics, to files, and to DataFusion.

mod generator;
mod keyed;
mod nexmark;
mod record;
mod tables;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use tidemill::engine::{Engine, ProducedRecord};

use crate::error::Result;

pub(crate) use keyed::{EachKey, Keyed};
pub(crate) use nexmark::Nexmark;
pub(crate) use record::{Cell, TopicShape};
pub(crate) use tables::Tables;

/// 2015-07-15 00:00 UTC: when event time begins.
pub(crate) const BASE_TIME_MS: i64 = 1_436_918_400_000;

/// How long after all others the last rows come, which close the windows before them.
pub(crate) const CLOSING_MS: i64 = 3_600_000;

/// How many rows come then, of keys from 0 on: enough that each partition of a repartition topic gets some.
pub(crate) const CLOSING_ROWS: i64 = 64;

/// Makes the rows of some topics.
pub(crate) trait DataSet {
    /// Returns the topics.
    fn topics(&self) -> &'static [TopicShape];

    /// Returns the statements that declare streams and tables on them, with `{partitions}` for the number of partitions.
    fn statements(&self) -> &'static str;

    /// Makes all rows, each with the place of its topic in [`topics`](DataSet::topics).
    fn rows(&self, each: &mut dyn FnMut(usize, &[Cell<'_>]) -> Result<()>) -> Result<()>;
}

/// How many records wait for each other before they are produced.
const PRODUCED_TOGETHER: usize = 20_000;

/// Declares a data set's streams and tables in an engine.
pub(crate) fn declare(data: &dyn DataSet, engine: &Engine, partitions: u32) -> Result<()> {
    let statements = data.statements().replace("{partitions}", &partitions.to_string());
    engine.session().execute(&statements)?;
    Ok(())
}

/// Fills a data set's topics. Returns how many records each got.
pub(crate) fn fill(
    data: &dyn DataSet,
    engine: &Engine,
    partitions: u32,
) -> Result<BTreeMap<&'static str, u64>> {
    let topics = data.topics();
    let mut waiting: Vec<Vec<ProducedRecord>> = topics.iter().map(|_| Vec::new()).collect();
    let mut counts = BTreeMap::new();
    data.rows(&mut |topic, cells| {
        let shape = &topics[topic];
        *counts.entry(shape.name).or_default() += 1;
        waiting[topic].push(shape.record(cells, partitions));
        if waiting[topic].len() == PRODUCED_TOGETHER {
            engine.produce(shape.name, &waiting[topic])?;
            waiting[topic].clear();
        }
        Ok(())
    })?;
    for (shape, records) in topics.iter().zip(&waiting) {
        engine.produce(shape.name, records)?;
    }
    Ok(counts)
}

/// Writes a data set as files of JSON lines, one for each topic and partition.
pub(crate) fn write_files(data: &dyn DataSet, folder: &Path, partitions: u32) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let topics = data.topics();
    let mut files = Vec::new();
    for shape in topics {
        for partition in 0..partitions {
            let path = folder.join(format!("{}-{partition}.jsonl", shape.name));
            files.push(BufWriter::with_capacity(1 << 18, File::create(path)?));
        }
    }
    let mut line = String::new();
    data.rows(&mut |topic, cells| {
        let partition = topics[topic].partition(cells, partitions);
        line.clear();
        topics[topic].write_json(cells, &mut line);
        line.push('\n');
        let file = topic * partitions as usize + partition as usize;
        Ok(files[file].write_all(line.as_bytes())?)
    })?;
    Ok(files.iter_mut().try_for_each(BufWriter::flush)?)
}
