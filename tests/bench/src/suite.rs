//! `tidemill bench nexmark`: runs queries, compares their answers, and shows what they took.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{IsTerminal, Write};
use std::path::Path;

use tempfile::TempDir;

use crate::answer::{Expected, check};
use crate::apart::{Job, open};
use crate::arguments::{EngineFlags, NexmarkArguments};
use crate::data::{DataSet, Tables, declare, fill};
use crate::error::{BenchError, Result};
use crate::limits::Limits;
use crate::measure::Figures;
use crate::queries::{self, Query, Size, Source};
use crate::report::{self, Measured};

/// Runs the queries that are wanted.
pub(crate) fn run(arguments: &NexmarkArguments, out: &mut dyn Write) -> Result<()> {
    let chosen = chosen(&arguments.queries)?;
    if arguments.list {
        return list(&chosen, out);
    }
    let limits = Limits::measure(&std::env::temp_dir())?;
    let size = Size { events: arguments.events, rate: arguments.rate };
    let course = Course {
        size,
        engine: &arguments.engine,
        rounds: arguments.rounds.rounds,
        through: arguments.through.as_deref(),
    };
    let mut measured = Vec::new();
    for source in sources(&chosen) {
        let of_source: Vec<&Query> =
            chosen.iter().copied().filter(|query| query.source == source).collect();
        measured.extend(course.run(source, &of_source)?);
    }
    let place = |one: &Measured| chosen.iter().position(|query| query.name == one.name);
    measured.sort_by_key(place);
    report::write(out, arguments.rounds.output, &measured, &limits)
}

fn list(chosen: &[&Query], out: &mut dyn Write) -> Result<()> {
    for query in chosen {
        writeln!(out, "-- {}\n{}\n", query.name, query.sql)?;
    }
    Ok(())
}

/// Finds queries by their names, or by how these begin.
fn chosen(words: &[String]) -> Result<Vec<&'static Query>> {
    let has_name = |word: &str| queries::all().any(|query| query.name == word);
    let is_meant = |query: &Query, word: &String| match has_name(word) {
        true => query.name == word,
        false => query.name.starts_with(word.as_str()),
    };
    if let Some(word) = words.iter().find(|word| !queries::all().any(|it| is_meant(it, word))) {
        let names: Vec<&str> = queries::all().map(|query| query.name).collect();
        return Err(BenchError::Usage(format!(
            "there is no query {word}; there are {}",
            names.join(", ")
        )));
    }
    let is_chosen =
        |query: &&Query| words.is_empty() || words.iter().any(|word| is_meant(query, word));
    Ok(queries::all().filter(is_chosen).collect())
}

fn sources(chosen: &[&Query]) -> Vec<Source> {
    let mut sources = Vec::new();
    for query in chosen {
        if !sources.contains(&query.source) {
            sources.push(query.source);
        }
    }
    sources
}

/// How queries are measured.
pub(crate) struct Course<'a> {
    pub(crate) size: Size,
    pub(crate) engine: &'a EngineFlags,
    pub(crate) rounds: u32,
    /// Words before the command line of each measured process.
    pub(crate) through: Option<&'a str>,
}

/// Topics that are filled once, and copied for each run.
struct Filled {
    folder: TempDir,
    /// How many records each topic has.
    counts: BTreeMap<&'static str, u64>,
}

impl Course<'_> {
    /// Measures queries that read the same.
    pub(crate) fn run(&self, source: Source, queries: &[&Query]) -> Result<Vec<Measured>> {
        let data = source.data(self.size);
        let filled = Filled::new(data.as_ref(), source.partitions(self.engine.partitions))?;
        let tables = Tables::load(data.as_ref())?;
        let mut answers: Vec<(&Query, Expected, Measured)> = Vec::new();
        for query in queries {
            let expected = (query.expected)(&tables)?;
            let rows = query.reads.iter().filter_map(|topic| filled.counts.get(topic)).sum();
            let (name, results) = (query.name.to_owned(), expected.row_count() as u64);
            answers.push((query, expected, Measured { name, rows, results, rounds: Vec::new() }));
        }
        for round in 0..self.rounds {
            for (query, expected, measured) in &mut answers {
                progress(&format!("{}, round {}", query.name, round + 1))?;
                measured.rounds.push(self.run_once(query, &filled, (&tables, expected))?);
            }
            // There and back, so that what changes slowly touches all alike.
            answers.reverse();
        }
        progress("")?;
        Ok(answers.into_iter().map(|(_, _, measured)| measured).collect())
    }

    /// Measures a query once, and checks what it wrote.
    fn run_once(
        &self,
        query: &Query,
        filled: &Filled,
        (tables, expected): (&Tables, &Expected),
    ) -> Result<Figures> {
        let copy = tempfile::tempdir()?;
        copy_synced(filled.folder.path(), copy.path())?;
        let job = Job {
            name: query.name.to_owned(),
            data_dir: copy.path().to_owned(),
            properties: self.engine.properties(),
            statements: query.sql.to_owned(),
        };
        let figures = job.run(self.through)?;
        let engine = job.open()?;
        check(query.name, tables, expected, (&engine, "OUT", &query.result))?;
        engine.close()?;
        Ok(figures)
    }
}

impl Filled {
    fn new(data: &dyn DataSet, partitions: u32) -> Result<Filled> {
        let folder = tempfile::tempdir()?;
        let engine = open(folder.path(), &[])?;
        declare(data, &engine, partitions)?;
        let counts = fill(data, &engine, partitions)?;
        engine.close()?;
        Ok(Filled { folder, counts })
    }
}

/// Copies a folder onto the disk: what is still to be written would be written while the clock runs.
fn copy_synced(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (path, to) = {
            let entry = entry?;
            (entry.path(), to.join(entry.file_name()))
        };
        if path.is_dir() {
            copy_synced(&path, &to)?;
        } else {
            fs::copy(&path, &to)?;
            File::open(&to)?.sync_all()?;
        }
    }
    Ok(())
}

/// Tells who waits at a terminal what is being done.
pub(crate) fn progress(text: &str) -> Result<()> {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        write!(stderr, "\r\x1b[K{text}")?;
        stderr.flush()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(words: &[&str]) -> Vec<&'static str> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        chosen(&words).unwrap().iter().map(|query| query.name).collect()
    }

    #[test]
    fn a_name_means_one_query_and_the_beginning_of_names_all_of_them() {
        assert_eq!(names(&["q1"]), ["q1"]);
        assert_eq!(names(&["session", "q0"]), ["q0", "session-10", "session-10k", "session-10m"]);
        let error = chosen(&["q99".to_owned()]).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with("there is no query q99; there are q0, q1"), "{error}");
    }
}
