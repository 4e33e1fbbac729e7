//! Runs topologies on records that are handed to it: no disk, no threads, no clock. For tests of SQL.

mod one_query;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use tidemill_grammar::ast::{ParsedStatement, QueryAction, Statement};
use tidemill_grammar::parse_script;

use crate::catalog::{Catalog, Source};
use crate::config::Config;
use crate::engine::execute::{Effects, apply, control, insert_batch, sink_output};
use crate::engine::outcome::{Row, rows_of};
use crate::error::{Error, ErrorKind, Result};
use crate::functions::Registry;
use crate::log::partition_for_key;
use crate::operators::{OperatorContext, OperatorError, Report};
use crate::plan::{Action, Assertion, SourceColumn, analyze_assertion, analyze_statement};
use crate::query::{self, PullSource};
use crate::registry::{SchemaRegistry, StatementSchemas};
use crate::runtime::{EncodedRecords, Pipeline, RawRecords, RecordDecoder, RecordEncoder};
use crate::state::{Backend, Changes, MemoryBackend, MemoryBudget};
use crate::topology::{Output, Read, StateEnv, Topology};
use crate::types::Value;

/// A record that goes into a topic or comes out of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestRecord {
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; none is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Its time in milliseconds.
    pub timestamp_ms: i64,
    /// Its headers, in order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// A record of a stream or table, by its schema.
#[derive(Clone, Debug, PartialEq)]
pub struct TestRow {
    /// The values, by the schema: the key's first. Those of a tombstone are null.
    pub values: Vec<Value>,
    /// Its event time in milliseconds.
    pub timestamp_ms: i64,
    /// Begin and end of its window, if its key is windowed.
    pub window: Option<(i64, i64)>,
    /// Whether it says that its key is gone.
    pub is_tombstone: bool,
}

/// Runs topologies on records that are handed to it.
///
/// Each record, or run of records up to the batch size, is processed to its end through all queries before the next one is
/// taken. The same calls always give the same records.
///
/// ```
/// use tidemill::engine::{TestDriver, TestRecord};
///
/// let mut driver = TestDriver::new();
/// driver.execute(
///     "CREATE STREAM bids (item VARCHAR KEY, price INT) WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);
///      CREATE STREAM high WITH (kafka_topic = 'high') AS SELECT * FROM bids WHERE price > 9;",
/// )?;
/// driver.pipe("bids", &[TestRecord::of("pen", r#"{"price": 10}"#, 0), TestRecord::of("cup", r#"{"price": 5}"#, 1)])?;
/// assert_eq!(driver.read("high"), [TestRecord::of("pen", r#"{"PRICE":10}"#, 0)]);
/// # Ok::<(), tidemill::error::Error>(())
/// ```
pub struct TestDriver {
    catalog: Catalog,
    config: Config,
    registry: Arc<Registry>,
    schemas: SchemaRegistry,
    topics: BTreeMap<String, DriverTopic>,
    queries: Vec<DriverQuery>,
    backend: Arc<dyn Backend>,
    batch_size: usize,
    /// How many bytes each store may keep in memory of what is committed.
    cache_bytes: usize,
    /// Whether what is handed over waits until the next hand-over to be committed.
    commits_late: bool,
    handed_over: Changes,
    is_one_partition: bool,
    now_ms: i64,
    reports: Vec<String>,
}

#[derive(Default)]
struct DriverTopic {
    /// How many partitions it was made with.
    made_with: u32,
    partitions: Vec<Vec<TestRecord>>,
    /// All records in the order in which they came.
    records: Vec<TestRecord>,
    read_count: usize,
}

struct DriverQuery {
    id: String,
    topology: Arc<Topology>,
    /// By sub-topology and partition.
    tasks: Vec<Vec<DriverTask>>,
    coalesce: bool,
}

struct DriverTask {
    decoders: Vec<RecordDecoder>,
    pipeline: Pipeline,
    encoder: Option<RecordEncoder>,
}

/// Records that have been written and not been processed yet.
struct Written {
    topic: String,
    partition: u32,
    first: usize,
    count: usize,
}

impl TestRecord {
    /// Makes a record of text without headers.
    pub fn of(key: &str, value: &str, timestamp_ms: i64) -> Self {
        TestRecord {
            key: Some(key.as_bytes().to_vec()),
            value: Some(value.as_bytes().to_vec()),
            timestamp_ms,
            headers: Vec::new(),
        }
    }
}

impl Default for TestDriver {
    fn default() -> Self {
        TestDriver::new()
    }
}

impl TestDriver {
    /// Makes a driver with no streams or tables. Every update of a table comes out, as with
    /// `cache.max.bytes.buffering = 0`, and queries begin at the earliest record.
    pub fn new() -> Self {
        let mut config = Config::default();
        for (name, value) in [("cache.max.bytes.buffering", "0"), ("auto.offset.reset", "earliest")]
        {
            config.set_engine(name, value).expect("the options exist");
        }
        TestDriver {
            catalog: Catalog::default(),
            config,
            registry: Arc::new(Registry::built_in()),
            schemas: SchemaRegistry::new(),
            topics: BTreeMap::new(),
            queries: Vec::new(),
            backend: Arc::new(MemoryBackend::default()),
            batch_size: 1,
            cache_bytes: 1 << 20,
            commits_late: false,
            handed_over: Changes::new(),
            is_one_partition: false,
            now_ms: 0,
            reports: Vec::new(),
        }
    }

    /// Lets so many records of one call be processed together. What comes out is the same.
    #[must_use]
    pub fn with_batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size.max(1);
        self
    }

    /// Lets operators keep nothing in memory but what they must, and commits what they hand over as late as an engine may: when
    /// they hand over again. What comes out is the same.
    #[must_use]
    pub fn with_scarce_memory(mut self) -> Self {
        self.cache_bytes = 0;
        self.commits_late = true;
        self
    }

    /// Uses functions of one's own, as [`EngineOptions::with_registry`](crate::engine::EngineOptions::with_registry) does. Call it
    /// before statements are carried out.
    #[must_use]
    pub fn with_registry(mut self, registry: Registry) -> Self {
        self.registry = Arc::new(registry);
        self
    }

    /// Returns the schemas of topics; what is registered here is there for the statements that follow.
    pub fn schemas(&self) -> &SchemaRegistry {
        &self.schemas
    }

    /// Sets an option for the statements that follow.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        self.config.set_session(name, value)
    }

    /// Sets the wall clock that functions such as UNIX_TIMESTAMP() see.
    pub fn set_wall_clock(&mut self, now_ms: i64) {
        self.now_ms = now_ms;
    }

    /// Creates a topic; those of streams and tables come into being with them.
    pub fn create_topic(&mut self, name: &str, partition_count: u32) {
        let kept = if self.is_one_partition { 1 } else { partition_count.max(1) };
        let topic = self.topics.entry(name.to_owned()).or_default();
        topic.made_with = partition_count;
        topic.partitions.resize_with(kept as usize, Vec::new);
    }

    /// Carries out statements that change the catalog, SET, and INSERT INTO … VALUES.
    pub fn execute(&mut self, script: &str) -> Result<()> {
        let statements = parse_script(script).map_err(|error| {
            let position = error.position;
            Error::new(ErrorKind::Syntax, error.kind.to_string()).at(position.line, position.column)
        })?;
        statements.iter().try_for_each(|parsed| self.execute_one(parsed))
    }

    /// Carries out one statement of those that [`execute`](TestDriver::execute) takes.
    pub(in crate::engine) fn execute_one(&mut self, parsed: &ParsedStatement) -> Result<()> {
        let at = |error: Error| error.in_statement(&parsed.text);
        match &parsed.statement {
            Statement::SetProperty { name, value } => self.set(name, value).map_err(at),
            Statement::UnsetProperty { name } => {
                self.config.unset_session(name).map(|_| ()).map_err(at)
            }
            Statement::ControlQuery { action: QueryAction::Terminate, query } => {
                let effects = control(QueryAction::Terminate, query, &mut self.catalog, &mut []);
                self.carry_out(effects.map_err(at)?)
            }
            _ => self.execute_planned(parsed).map_err(at),
        }
    }

    /// Says what an ASSERT of a SQL test comes to; none if the statement is something else.
    pub(in crate::engine) fn assertion(
        &self,
        parsed: &ParsedStatement,
    ) -> Result<Option<Assertion>> {
        let schemas = StatementSchemas::new(&self.schemas);
        analyze_assertion(parsed, &self.catalog, &self.config, &self.registry, &schemas)
    }

    fn execute_planned(&mut self, parsed: &ParsedStatement) -> Result<()> {
        let schemas = StatementSchemas::new(&self.schemas);
        let (config, registry) = (&self.config, &self.registry);
        let mut action = analyze_statement(parsed, &self.catalog, config, registry, &schemas)?;
        action.set_partitions(|topic| self.topic_partitions(topic));
        if let Action::InsertValues(insert) = &action {
            let batch = insert_batch(insert, self.now_ms)?;
            return self.write_batch(&insert.target, &batch);
        }
        if let Action::Unchanged(_) = action {
            return Ok(());
        }
        let mut catalog = self.catalog.clone();
        let effects = apply(&action, &parsed.text, &mut catalog, &self.config)?;
        self.create_topics_of(&action);
        self.catalog = catalog;
        self.schemas.add(&schemas.into_changes().added);
        if let Action::DropSource(drop) = &action
            && drop.deletes_topic
        {
            drop.source.subjects().iter().for_each(|subject| {
                self.schemas.delete_subject(subject);
            });
        }
        self.carry_out(effects)
    }

    fn create_topics_of(&mut self, action: &Action) {
        let (topic, default) = match action {
            Action::CreateSource(create) => (&create.topic, 1),
            Action::CreateAs(create) => {
                let first = create.plan.sources.first();
                let source = first.and_then(|name| self.catalog.source(name));
                let count = source.and_then(|source| self.topic_partitions(&source.topic));
                (&create.topic, count.unwrap_or(1))
            }
            _ => return,
        };
        if !self.topics.contains_key(&*topic.name) {
            let count = topic.partitions.unwrap_or(default);
            let name = topic.name.to_string();
            self.create_topic(&name, count);
        }
    }

    fn carry_out(&mut self, effects: Effects) -> Result<()> {
        let replaced = effects
            .start
            .as_ref()
            .and_then(|start| self.queries.iter().position(|query| query.id == start.id));
        self.queries.retain(|query| effects.stop.iter().all(|id| **id != *query.id));
        let Some(start) = effects.start else { return Ok(()) };
        for part in &start.topology.sub_topologies {
            if let Output::Repartition { topic, .. } = &part.output {
                let like = start.topology.partitioned_like(topic);
                let count = like.map_or(1, |source| self.partition_count(&source.topic));
                self.create_topic(topic, count);
            }
        }
        let mut query = DriverQuery {
            id: start.id,
            topology: start.topology,
            tasks: Vec::new(),
            coalesce: start.coalesce,
        };
        self.open_tasks(&mut query)?;
        // A query that takes the place of one stands where that stood.
        self.queries.insert(replaced.unwrap_or(self.queries.len()).min(self.queries.len()), query);
        Ok(())
    }

    fn open_tasks(&self, query: &mut DriverQuery) -> Result<()> {
        let memory = MemoryBudget::new(self.cache_bytes);
        let env = StateEnv { backend: Arc::clone(&self.backend), memory };
        let wrong = |error: String| Error::statement(error);
        query.tasks = Vec::new();
        for part in &query.topology.sub_topologies {
            let mut tasks = Vec::new();
            for partition in 0..self.partition_count(&part.inputs[0].topic) {
                let decoders =
                    part.inputs.iter().map(|input| RecordDecoder::new(&input.read, input.is_table));
                tasks.push(DriverTask {
                    decoders: decoders.collect::<Result<_>>()?,
                    pipeline: Pipeline::open(part, partition, &env)
                        .map_err(|error| wrong(error.to_string()))?,
                    encoder: RecordEncoder::new(&part.output)?,
                });
            }
            query.tasks.push(tasks);
        }
        Ok(())
    }

    /// Forgets everything that is not committed state, as a crash does, and opens all queries again.
    pub fn restart(&mut self) -> Result<()> {
        self.backend.commit(std::mem::take(&mut self.handed_over))?;
        let mut queries = std::mem::take(&mut self.queries);
        for query in &mut queries {
            self.open_tasks(query)?;
        }
        self.queries = queries;
        Ok(())
    }

    fn partition_count(&self, topic: &str) -> u32 {
        self.topics.get(topic).map_or(1, |topic| topic.partitions.len().max(1) as u32)
    }

    /// Writes records to a topic, each to the partition of its key, and runs all queries on them.
    pub fn pipe(&mut self, topic: &str, records: &[TestRecord]) -> Result<()> {
        if !self.topics.contains_key(topic) {
            return Err(Error::new(ErrorKind::NotFound, format!("topic {topic} does not exist")));
        }
        for chunk in records.chunks(self.batch_size) {
            let mut written = VecDeque::new();
            for record in chunk {
                self.write_keyed(topic, record.clone(), &mut written);
            }
            while let Some(next) = written.pop_front() {
                let mut further = self.process(&next, 0..self.queries.len())?;
                further.extend(written);
                written = further;
            }
        }
        Ok(())
    }

    /// Adds a record to a topic, to the last run of records if it continues that.
    fn write_keyed(&mut self, name: &str, record: TestRecord, written: &mut VecDeque<Written>) {
        let count = self.partition_count(name);
        let partition = record.key.as_ref().map_or(0, |key| partition_for_key(key, count));
        self.write(name, record, partition, written);
    }

    fn write(
        &mut self,
        name: &str,
        record: TestRecord,
        partition: u32,
        written: &mut VecDeque<Written>,
    ) {
        let count = self.partition_count(name);
        let topic = self.topics.entry(name.to_owned()).or_default();
        topic.partitions.resize_with(count as usize, Vec::new);
        let records = &mut topic.partitions[partition as usize];
        match written.back_mut() {
            Some(last) if last.topic == name && last.partition == partition => last.count += 1,
            _ => written.push_back(Written {
                topic: name.to_owned(),
                partition,
                first: records.len(),
                count: 1,
            }),
        }
        records.push(record.clone());
        topic.records.push(record);
    }

    /// Runs those of some queries that read the written records on them; returns what they wrote.
    fn process(&mut self, written: &Written, queries: Range<usize>) -> Result<VecDeque<Written>> {
        let mut out = VecDeque::new();
        for query in queries {
            let topology = Arc::clone(&self.queries[query].topology);
            for (number, part) in topology.sub_topologies.iter().enumerate() {
                let reads = part.inputs.iter().any(|input| *input.topic == *written.topic);
                if !reads {
                    continue;
                }
                let run = if part.is_one_by_one { 1 } else { written.count };
                for first in (0..written.count).step_by(run.max(1)) {
                    let count = run.min(written.count - first);
                    let first = written.first + first;
                    let piece = Written { topic: written.topic.clone(), first, count, ..*written };
                    self.run_task(query, number, &piece, &mut out)?;
                }
            }
        }
        Ok(out)
    }

    fn run_task(
        &mut self,
        query: usize,
        number: usize,
        written: &Written,
        out: &mut VecDeque<Written>,
    ) -> Result<()> {
        let failed = |error: OperatorError| Error::statement(error.to_string());
        let topology = Arc::clone(&self.queries[query].topology);
        let part = &topology.sub_topologies[number];
        let query_state = &mut self.queries[query];
        let task = &mut query_state.tasks[number][written.partition as usize];
        let records = &self.topics[&written.topic].partitions[written.partition as usize];
        let raw = raw_records(records, written);
        let mut reports = Vec::new();
        let mut batches = Vec::new();
        for (input, decoder) in part.inputs.iter().zip(&mut task.decoders) {
            if *input.topic != *written.topic {
                continue;
            }
            let decoded = decoder.decode(&raw).map_err(failed)?;
            self.reports.extend(decoded.reports.into_iter().map(|report| report.reason));
            let mut ctx = OperatorContext {
                now_ms: self.now_ms,
                coalesce: query_state.coalesce,
                reports: &mut reports,
            };
            if !decoded.batch.is_empty() {
                task.pipeline
                    .process(input.target, decoded.batch, &mut ctx, &mut batches)
                    .map_err(failed)?;
            }
            task.pipeline.flush(&mut ctx, &mut batches).map_err(failed)?;
        }
        self.reports.extend(reports.iter().map(describe));
        self.backend.commit(std::mem::take(&mut self.handed_over))?;
        task.pipeline.hand_over(&mut self.handed_over);
        if !self.commits_late {
            self.backend.commit(std::mem::take(&mut self.handed_over))?;
        }
        let topic = match &part.output {
            Output::Sink { sink, .. } => sink.source.topic.to_string(),
            Output::Repartition { topic, .. } => topic.to_string(),
            Output::Rows(_) => return Ok(()),
        };
        let count = self.topics.get(&topic).map_or(1, |t| t.partitions.len().max(1) as u32);
        let mut encoded = Vec::new();
        if let Some(encoder) = &mut task.encoder {
            for batch in &batches {
                encoded.push(encoder.encode(batch, count).map_err(failed)?);
            }
        }
        for records in &encoded {
            self.write_encoded(&topic, records, out);
        }
        Ok(())
    }

    fn write_encoded(
        &mut self,
        topic: &str,
        records: &EncodedRecords,
        out: &mut VecDeque<Written>,
    ) {
        for (row, timestamp_ms) in records.times.iter().enumerate() {
            let record = TestRecord {
                key: records.keys.get(row).map(<[u8]>::to_vec),
                value: records.values.get(row).map(<[u8]>::to_vec),
                timestamp_ms: *timestamp_ms,
                headers: records.headers_of(row),
            };
            self.write(topic, record, records.partitions[row].unwrap_or(0), out);
        }
    }

    fn write_batch(&mut self, target: &Arc<Source>, batch: &crate::types::Batch) -> Result<()> {
        let wrong = |error: String| Error::statement(error);
        let Some(mut encoder) = RecordEncoder::new(&sink_output(target))? else {
            return Ok(());
        };
        let count = self.partition_count(&target.topic);
        let encoded = encoder.encode(batch, count).map_err(|error| wrong(error.to_string()))?;
        let mut written = VecDeque::new();
        self.write_encoded(&target.topic, &encoded, &mut written);
        while let Some(next) = written.pop_front() {
            written.extend(self.process(&next, 0..self.queries.len())?);
        }
        Ok(())
    }

    /// Returns the records of a topic that have come since the last call.
    pub fn read(&mut self, topic: &str) -> Vec<TestRecord> {
        let Some(topic) = self.topics.get_mut(topic) else { return Vec::new() };
        let records = topic.records[topic.read_count..].to_vec();
        topic.read_count = topic.records.len();
        records
    }

    /// Returns the records of a stream's or table's topic that have come since the last call, by its schema.
    pub fn read_rows(&mut self, source: &str) -> Result<Vec<TestRow>> {
        let source = self.source(source)?;
        let records = self.read(&source.topic);
        decode(&source, &records)
    }

    /// Returns the next record of a stream's or table's topic that has not been read, by its schema.
    pub fn read_row(&mut self, source: &str) -> Result<Option<TestRow>> {
        let source = self.source(source)?;
        let Some(topic) = self.topics.get_mut(&*source.topic) else { return Ok(None) };
        let Some(record) = topic.records.get(topic.read_count) else { return Ok(None) };
        topic.read_count += 1;
        Ok(decode(&source, std::slice::from_ref(record))?.pop())
    }

    /// Answers a pull query.
    pub fn query(&self, sql: &str) -> Result<Vec<Row>> {
        // Committed once more with the next hand-over, which changes nothing.
        self.backend.commit(self.handed_over.clone())?;
        let parsed = tidemill_grammar::parse_statement(sql)
            .map_err(|error| Error::new(ErrorKind::Syntax, error.to_string()))?;
        let schemas = StatementSchemas::new(&self.schemas);
        let (config, registry) = (&self.config, &self.registry);
        let action = analyze_statement(&parsed, &self.catalog, config, registry, &schemas)?;
        let Action::Pull(pull) = action else {
            return Err(Error::statement("only pull queries can be asked here"));
        };
        let made_by = self.catalog.query_that_made(&pull.source.name);
        let query = made_by.and_then(|made| self.queries.iter().find(|q| *q.id == *made.id));
        let materialized = query.and_then(|query| query.topology.materialized.as_ref());
        let (Some(query), Some(materialized)) = (query, materialized) else {
            return Err(Error::statement(format!("{} has no state to query", pull.source.name)));
        };
        let source = PullSource {
            materialized,
            partition_count: query.tasks[materialized.sub_topology].len() as u32,
            backend: &self.backend,
        };
        let mut stream = query::pull(&pull, &source, self.now_ms)?;
        let mut rows = Vec::new();
        while let Some(batch) = futures::executor::block_on(futures::StreamExt::next(&mut stream)) {
            rows.extend(rows_of(&batch?));
        }
        Ok(rows)
    }

    /// Returns the columns of a stream or table as ksqlDB writes them.
    pub fn schema(&self, source: &str) -> Result<String> {
        Ok(self.source(source)?.schema.to_string())
    }

    /// Returns a stream or table.
    pub fn source(&self, name: &str) -> Result<Arc<Source>> {
        self.catalog
            .source(name)
            .cloned()
            .ok_or_else(|| Error::new(ErrorKind::NotFound, format!("{name} is no stream or table")))
    }

    /// Returns the topology of the last query that was started, as EXPLAIN shows it.
    pub fn explain(&self) -> String {
        let last = self.queries.last().and_then(|query| self.catalog.query(&query.id));
        last.map(|query| query.plan_text.to_string()).unwrap_or_default()
    }

    /// Returns what went to the processing log since the last call.
    pub fn read_reports(&mut self) -> Vec<String> {
        std::mem::take(&mut self.reports)
    }
}

/// Reads the records of a source's topic by its schema.
fn decode(source: &Source, records: &[TestRecord]) -> Result<Vec<TestRow>> {
    let wrong = |error: String| Error::statement(error);
    let columns = (0..source.schema.columns().len()).map(SourceColumn::Schema).collect();
    // The topic's own time is wanted, which a timestamp column would hide.
    let source = Arc::new(Source { timestamp: None, ..source.clone() });
    let read = Read::Source { source: Arc::clone(&source), columns, needs_time: false };
    let mut decoder = RecordDecoder::new(&read, false)?;
    let all = Written { topic: String::new(), partition: 0, first: 0, count: records.len() };
    let decoded = decoder.decode(&raw_records(records, &all)).map_err(|e| wrong(e.to_string()))?;
    if let Some(report) = decoded.reports.first() {
        let reason = &report.reason;
        return Err(wrong(format!("record {} of {}: {reason}", report.row, source.topic)));
    }
    let batch = decoded.batch;
    let row = |(row, values): (usize, Row)| TestRow {
        values: values.values,
        timestamp_ms: batch.times[row],
        window: batch.windows.as_ref().map(|w| (w.starts[row], w.ends[row])),
        is_tombstone: values.is_tombstone,
    };
    Ok(rows_of(&batch).enumerate().map(row).collect())
}

fn raw_records<'a>(records: &'a [TestRecord], written: &Written) -> RawRecords<'a> {
    let mut raw = RawRecords { partition: written.partition, ..RawRecords::default() };
    let range = written.first..written.first + written.count;
    for (row, record) in records[range].iter().enumerate() {
        raw.offsets.push((written.first + row) as i64);
        raw.timestamps.push(record.timestamp_ms);
        raw.keys.push(record.key.as_deref());
        raw.values.push(record.value.as_deref());
        let header =
            |(name, value): &'a (String, Option<Vec<u8>>)| (row, name.as_bytes(), value.as_deref());
        raw.headers.extend(record.headers.iter().map(header));
    }
    raw
}

fn describe(report: &Report) -> String {
    match report {
        Report::Expression { reason } => reason.clone(),
        Report::Late { time_ms, window_start_ms, window_end_ms, .. } => {
            format!("late: record at {time_ms} for window [{window_start_ms}, {window_end_ms})")
        }
        Report::NotEmitted { window_start_ms, window_end_ms, .. } => {
            format!("not emitted: window [{window_start_ms}, {window_end_ms})")
        }
        Report::NullKey { operator, row_count } => {
            format!("{operator}: {row_count} records without a key")
        }
    }
}
