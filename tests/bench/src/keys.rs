//! `tidemill bench keys`: what a record costs where an aggregate has many keys, most of them not in memory.

use std::io::Write;
use std::path::Path;

use datafusion::functions_aggregate::expr_fn::sum;
use datafusion::prelude::{ident, lit};

use crate::answer::{Expected, Key, ResultShape, check};
use crate::apart::{Job, open};
use crate::arguments::KeysArguments;
use crate::data::{Cell, DataSet, EachKey, Keyed, Tables, TopicShape, declare, fill};
use crate::error::Result;
use crate::limits::Limits;
use crate::queries::table;
use crate::report::{self, Measured};
use crate::suite::progress;

const QUERY: &str =
    "CREATE TABLE out AS SELECT k, COUNT(*) AS n, SUM(v) AS total FROM kv GROUP BY k;";

/// Measures each number of keys: first a record of each key, then records of any.
pub(crate) fn run(arguments: &KeysArguments, out: &mut dyn Write) -> Result<()> {
    let limits = Limits::measure(&std::env::temp_dir())?;
    let mut measured = Vec::new();
    for keys in &arguments.keys {
        measured.extend(run_keys(*keys, arguments)?);
    }
    progress("")?;
    report::write(out, arguments.rounds.output, &measured, &limits)
}

fn run_keys(keys: u64, arguments: &KeysArguments) -> Result<[Measured; 2]> {
    let folder = tempfile::tempdir()?;
    let properties = arguments.engine.properties();
    let partitions = arguments.engine.partitions;
    let each_key = EachKey { keys };
    let engine = open(folder.path(), &properties)?;
    declare(&each_key, &engine, partitions)?;
    engine.close()?;
    drop(engine);

    let measured = |name: String, rows| Measured { name, rows, results: keys, rounds: Vec::new() };
    let mut new = measured(format!("{keys} keys, new"), keys);
    let mut known = measured(format!("{keys} keys, known"), arguments.events);
    let job = |statements: &str| Job {
        name: format!("{keys} keys"),
        data_dir: folder.path().to_owned(),
        properties: properties.clone(),
        statements: statements.to_owned(),
    };
    progress(&format!("{keys} keys: filling"))?;
    add(&each_key, &job(""), partitions)?;
    progress(&format!("{keys} keys: new"))?;
    let through = arguments.through.as_deref();
    new.rounds.push(job(QUERY).run(through)?);

    let mut all: Vec<Box<dyn DataSet>> = vec![Box::new(each_key)];
    for round in 0..arguments.rounds.rounds {
        let first = 1 + u64::from(round) * arguments.events;
        let (rows, rate) = (arguments.events, 10_000);
        let data = Keyed { rows, rate, keys, is_pair: false, first };
        progress(&format!("{keys} keys: round {}", round + 1))?;
        add(&data, &job(""), partitions)?;
        known.rounds.push(job("RESUME ALL;").run(through)?);
        all.push(Box::new(data));
    }
    check_sample(
        &Sampled { all, step: (keys / 100_000).max(1) as i64 },
        folder.path(),
        &properties,
    )?;
    Ok([new, known])
}

/// Adds rows while the query is paused, which it stays until a statement says otherwise.
fn add(data: &dyn DataSet, job: &Job, partitions: u32) -> Result<()> {
    let engine = job.open()?;
    engine.session().execute("PAUSE ALL;")?;
    fill(data, &engine, partitions)?;
    engine.close()?;
    Ok(())
}

/// Compares the results of one key in so many.
fn check_sample(data: &Sampled, folder: &Path, properties: &[(String, String)]) -> Result<()> {
    progress("comparing")?;
    let tables = Tables::load(data)?;
    let rows = tables.topic("kv")?;
    let totals = vec![
        datafusion::functions_aggregate::expr_fn::count(lit(1_i64)).alias("N"),
        sum(ident("V")).alias("TOTAL"),
    ];
    let expected = Expected::exact(&tables, rows.aggregate(vec![ident("K")], totals)?)?;
    let shape = ResultShape { sample: data.step, ..table(Key::Bigint("K")) };
    let engine = open(folder, properties)?;
    check("keys", &tables, &expected, (&engine, "OUT", &shape))?;
    Ok(engine.close()?)
}

/// The rows of some data sets whose keys are multiples of a step.
struct Sampled {
    all: Vec<Box<dyn DataSet>>,
    step: i64,
}

impl DataSet for Sampled {
    fn topics(&self) -> &'static [TopicShape] {
        self.all[0].topics()
    }

    fn statements(&self) -> &'static str {
        self.all[0].statements()
    }

    fn rows(&self, each: &mut dyn FnMut(usize, &[Cell<'_>]) -> Result<()>) -> Result<()> {
        let step = self.step;
        let mut sampled = |topic: usize, cells: &[Cell<'_>]| match cells[0] {
            Cell::Int(key) if key % step == 0 => each(topic, cells),
            _ => Ok(()),
        };
        self.all.iter().try_for_each(|data| data.rows(&mut sampled))
    }
}
