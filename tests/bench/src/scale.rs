//! `tidemill bench scale`: many queries on one topic, many partitions, and a restart with much state.

use std::fs;
use std::io::Write;
use std::path::Path;

use datafusion::prelude::{ident, lit};

use crate::answer::{Expected, check};
use crate::apart::{Job, open};
use crate::arguments::{EngineFlags, Output, RestartArguments, ScaleArguments, ScaleCommand};
use crate::data::{DataSet, EachKey, Nexmark, Tables, declare, fill};
use crate::error::{BenchError, Result};
use crate::limits::Limits;
use crate::measure::Figures;
use crate::queries::{self, STREAM, Size};
use crate::report::{self, Measured, Spread};
use crate::suite::{Course, progress};

/// How many of the queries have their answers compared.
const COMPARED: u64 = 10;

/// Measures what grows.
pub(crate) fn run(command: &ScaleCommand, out: &mut dyn Write) -> Result<()> {
    match command {
        ScaleCommand::Queries(arguments) => many(arguments, &[1, 10, 100, 1000], out, run_queries),
        ScaleCommand::Partitions(arguments) => {
            many(arguments, &[1, 10, 100, 1000], out, run_partitions)
        }
        ScaleCommand::Restart(arguments) => restart(arguments, out),
    }
}

/// Measures each of some counts.
fn many(
    arguments: &ScaleArguments,
    counts: &[u64],
    out: &mut dyn Write,
    one: fn(&ScaleArguments, u64) -> Result<Vec<Measured>>,
) -> Result<()> {
    let limits = Limits::measure(&std::env::temp_dir())?;
    let counts = if arguments.counts.is_empty() { counts } else { &arguments.counts };
    let mut measured = Vec::new();
    for count in counts {
        measured.extend(one(arguments, *count)?);
    }
    progress("")?;
    report::write(out, arguments.rounds.output, &measured, &limits)
}

/// So many filters on one topic; each row is in the result of one of them.
fn run_queries(arguments: &ScaleArguments, count: u64) -> Result<Vec<Measured>> {
    let data = Nexmark { events: arguments.events, rate: 10_000 };
    let tables = Tables::load(&data)?;
    let name = format!("{count} queries");
    let mut measured = Measured { name: name.clone(), rows: 0, results: 0, rounds: Vec::new() };
    for round in 0..arguments.rounds.rounds {
        progress(&format!("{name}, round {}", round + 1))?;
        let folder = tempfile::tempdir()?;
        let properties = arguments.engine.properties();
        let engine = open(folder.path(), &properties)?;
        declare(&data, &engine, arguments.engine.partitions)?;
        let query = |place| {
            format!(
                "CREATE STREAM out_{place} AS SELECT auction, price FROM bid WHERE auction % {count} = {place};"
            )
        };
        let queries: String = (0..count).map(query).collect();
        engine.session().execute(&queries)?;
        engine.session().execute("PAUSE ALL;")?;
        measured.rows = fill(&data, &engine, arguments.engine.partitions)?["bid"];
        engine.close()?;
        drop(engine);
        let data_dir = folder.path().to_owned();
        let statements = "RESUME ALL;".to_owned();
        let job = Job { name: name.clone(), data_dir, properties, statements };
        measured.rounds.push(job.run(None)?);
        let engine = job.open()?;
        for place in 0..count.min(COMPARED) {
            let is_one = (ident("AUCTION") % lit(count as i64)).eq(lit(place as i64));
            let rows = tables.topic("bid")?.filter(is_one)?;
            let expected =
                Expected::exact(&tables, rows.select(queries::columns(&["AUCTION", "PRICE"]))?)?;
            measured.results += expected.row_count() as u64;
            check(&name, &tables, &expected, (&engine, &format!("OUT_{place}"), &STREAM))?;
        }
        engine.close()?;
    }
    Ok(vec![measured])
}

/// Queries without and with state over topics of so many partitions.
fn run_partitions(arguments: &ScaleArguments, count: u64) -> Result<Vec<Measured>> {
    let partitions = u32::try_from(count)
        .map_err(|_| BenchError::Usage(format!("{count} partitions are too many")))?;
    let engine = EngineFlags { partitions, ..arguments.engine.clone() };
    let course = Course {
        size: Size { events: arguments.events, rate: 10_000 },
        engine: &engine,
        rounds: arguments.rounds.rounds,
        through: None,
    };
    let mut all = Vec::new();
    for query in ["filter-project", "count-by-auction"].into_iter().filter_map(queries::named) {
        for mut measured in course.run(query.source, &[query])? {
            measured.name = format!("{count} partitions, {}", measured.name);
            all.push(measured);
        }
    }
    Ok(all)
}

/// How long an engine takes to open, with nothing, and with an aggregate of so many keys; and then to answer for a first record.
fn restart(arguments: &RestartArguments, out: &mut dyn Write) -> Result<()> {
    let head = ["keys", "state MiB", "log MiB", "open ms", "first result ms", "peak MiB"];
    let mut rows = vec![head.map(str::to_owned)];
    for keys in &arguments.counts {
        let folder = tempfile::tempdir()?;
        let figures = restart_with(*keys, folder.path(), arguments)?;
        let median = |of: fn(&Figures) -> f64| Spread::of(figures.iter().map(of)).median;
        let mib = |bytes: u64| format!("{:.0}", bytes as f64 / f64::from(1 << 20));
        rows.push([
            keys.to_string(),
            mib(size_of(&folder.path().join("state"))?),
            mib(size_of(&folder.path().join("log"))?),
            format!("{:.1}", median(|it| it.open_s * 1e3)),
            format!("{:.1}", median(|it| it.wall_s * 1e3)),
            mib(median(|it| it.rss_bytes_max as f64) as u64),
        ]);
    }
    progress("")?;
    match arguments.rounds.output {
        Output::Text => report::write_table(out, &rows),
        Output::Json => report::write_lines(out, &rows),
    }
}

fn restart_with(keys: u64, folder: &Path, arguments: &RestartArguments) -> Result<Vec<Figures>> {
    progress(&format!("{keys} keys"))?;
    let properties = arguments.engine.properties();
    let job = |statements: &str| Job {
        name: format!("restart with {keys} keys"),
        data_dir: folder.to_owned(),
        properties: properties.clone(),
        statements: statements.to_owned(),
    };
    let mut insert = "";
    if 0 < keys {
        let data: &dyn DataSet = &EachKey { keys };
        let engine = open(folder, &properties)?;
        declare(data, &engine, arguments.engine.partitions)?;
        fill(data, &engine, arguments.engine.partitions)?;
        engine.close()?;
        drop(engine);
        job(&aggregate(arguments.wide)).run(None)?;
        insert = "INSERT INTO kv (k, v, r, ts) VALUES (1, 1, 1, 1);";
    }
    (0..arguments.rounds.rounds).map(|_| job(insert).run(None)).collect()
}

/// An aggregate that keeps so many bytes with each key. They are in no result, so that there is room on the disk for much state.
fn aggregate(wide: usize) -> String {
    const UUID_BYTES: usize = 36;
    let narrow = "CREATE TABLE out AS SELECT k, COUNT(*) AS n";
    if wide == 0 {
        return format!("{narrow} FROM kv GROUP BY k;");
    }
    let text = vec!["UUID()"; wide.div_ceil(UUID_BYTES)].join(", ");
    format!(
        "{narrow}, LEN(LATEST_BY_OFFSET(CONCAT({text}, ''))) AS bytes FROM kv GROUP BY k HAVING COUNT(*) > 1;"
    )
}

/// Returns how many bytes the files of a folder have.
fn size_of(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        bytes += if kind.is_dir() { size_of(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
