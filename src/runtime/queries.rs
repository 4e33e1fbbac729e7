//! The queries that run, and their tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};

use crate::error::{Error, ErrorKind, Result};
use crate::log::{LogError, TopicConfig};
use crate::runtime::commit::RETRY_AFTER;
use crate::runtime::decode::RecordDecoder;
use crate::runtime::encode::RecordEncoder;
use crate::runtime::input::TaskInput;
use crate::runtime::metrics::{MetricsReading, QueryMetrics};
use crate::runtime::offsets::{Position, delete_positions, position, positions, put_position};
use crate::runtime::pace::Pace;
use crate::runtime::pipeline::Pipeline;
use crate::runtime::processing_log::PROCESSING_LOG_TOPIC;
use crate::runtime::rows::{PushRows, RowQueue};
use crate::runtime::task::{Task, TaskCore, TaskOwner};
use crate::runtime::workers::{Runnable, Wake};
use crate::runtime::writer::{OutputWriter, TopicWriter};
use crate::runtime::{Runtime, RuntimeInner};
use crate::state::{Backend, Changes, MemoryBackend};
use crate::topology::{Input, Output, Read, StateEnv, SubTopology, Topology};
use crate::types::TopicPartition;

/// Where a new query begins to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// At the first record there is.
    Earliest,
    /// After the last record there is.
    Latest,
}

/// What is needed to start a query.
#[derive(Clone)]
pub struct QueryStart {
    /// Its id.
    pub id: String,
    /// What it does.
    pub topology: Arc<Topology>,
    /// Where it begins if it has never run.
    pub start_at: StartAt,
    /// Whether updates of a key within a batch may be merged.
    pub coalesce: bool,
    /// Whether it begins paused.
    pub is_paused: bool,
}

/// What a query does at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryState {
    /// It runs.
    Running,
    /// It is paused.
    Paused,
    /// It failed, and is tried again from time to time.
    Error(String),
}

/// A query that runs.
pub(super) struct RunningQuery {
    pub(super) owner: Arc<TaskOwner>,
    pub(super) start: QueryStart,
    tasks: RwLock<Vec<RunningTask>>,
    retry: Mutex<Option<Retry>>,
}

/// A task and what wakes it.
#[derive(Clone)]
pub(super) struct RunningTask {
    pub(super) task: Arc<Task>,
    pub(super) wake: Wake,
}

/// Where a task begins to read.
pub(super) struct Begun {
    sub_topology: usize,
    partition: TopicPartition,
    position: Position,
}

struct Retry {
    after: Duration,
    due: Duration,
}

impl RunningQuery {
    fn new(start: QueryStart, rows: Option<Arc<RowQueue>>) -> Arc<Self> {
        let owner = Arc::new(TaskOwner {
            query_id: start.id.as_str().into(),
            metrics: QueryMetrics::default(),
            rows,
            coalesce: start.coalesce,
            is_paused: AtomicBool::new(start.is_paused),
            is_draining: AtomicBool::new(false),
            error: Mutex::new(None),
        });
        Arc::new(RunningQuery { owner, start, tasks: RwLock::default(), retry: Mutex::new(None) })
    }

    pub(super) fn is_persistent(&self) -> bool {
        self.owner.rows.is_none()
    }

    pub(super) fn tasks(&self) -> Vec<RunningTask> {
        self.tasks.read().clone()
    }

    pub(super) fn is_open(&self) -> bool {
        !self.tasks.read().is_empty()
    }

    /// Waits until no task runs, and drops what they work with.
    /// Has its tasks take nothing more, or go on, and waits for what they are at. Returns whether it was paused before.
    pub(super) fn set_paused(&self, is_paused: bool) -> bool {
        let was_paused = self.owner.is_paused.swap(is_paused, Ordering::AcqRel);
        for RunningTask { task, wake } in self.tasks() {
            drop(task.core.lock());
            wake.wake();
        }
        was_paused
    }

    pub(super) fn close_tasks(&self) {
        for task in self.tasks.write().drain(..) {
            *task.task.core.lock() = None;
        }
    }

    pub(super) fn schedule_retry(&self, now: Duration, (first, max): (Duration, Duration)) {
        let mut retry = self.retry.lock();
        let after = retry.as_ref().map_or(first, |retry| (retry.after * 2).min(max));
        *retry = Some(Retry { after, due: now + after });
    }

    /// Lets the next failure wait as short as the first, if the query has run for longer than it had to wait. One that fails
    /// again and again takes everybody else back with it, and must do so ever more rarely.
    pub(super) fn forget_failures(&self, now: Duration) {
        if self.is_open() && self.owner.error.lock().is_none() {
            let mut retry = self.retry.lock();
            *retry = retry.take().filter(|retry| now < retry.due + retry.after);
        }
    }

    /// Tells whether the query has failed, is closed, and is tried again later.
    pub(super) fn waits_for_retry(&self) -> bool {
        self.owner.error.lock().is_some() && !self.is_open() && self.retry.lock().is_some()
    }

    pub(super) fn is_retry_due(&self, now: Duration) -> bool {
        self.waits_for_retry() && self.retry.lock().as_ref().is_some_and(|retry| retry.due <= now)
    }

    /// Opens a task for each partition of each sub-topology, at the committed positions. Returns the positions they begin at: the
    /// tasks run on as soon as they are open.
    pub(super) fn open_tasks(&self, runtime: &RuntimeInner) -> Result<Vec<Begun>> {
        runtime.create_repartition_topics(&self.start.topology)?;
        let mut begun = Vec::new();
        let own_backend: Option<Arc<dyn Backend>> =
            (!self.is_persistent()).then(|| Arc::new(MemoryBackend::default()) as _);
        let pace = Pace::of(&self.start.topology);
        let mut cores = Vec::new();
        for (number, part) in self.start.topology.sub_topologies.iter().enumerate() {
            for partition in 0..partition_count(part, runtime)? {
                let mut core = self.open_core(runtime, number, partition, own_backend.as_ref())?;
                core.pace = pace.as_ref().map(|pace| pace.join(number));
                begun.extend(core.inputs.iter().map(|input| Begun {
                    sub_topology: number,
                    partition: input.partition.clone(),
                    position: input.position(),
                }));
                cores.push(core);
            }
        }
        // All are there, and have their places in event time, before the first one runs: what one had written when another cannot be
        // opened would be nobody's.
        let opened = cores.into_iter().map(|core| self.register(runtime, core));
        let opened = opened.collect::<Result<Vec<_>>>()?;
        let begin = |(running, core): (RunningTask, TaskCore)| {
            *running.task.core.lock() = Some(core);
            running
        };
        let tasks: Vec<RunningTask> = opened.into_iter().map(begin).collect();
        *self.tasks.write() = tasks.clone();
        tasks.iter().for_each(|task| task.wake.wake());
        Ok(begun)
    }

    fn open_core(
        &self,
        runtime: &RuntimeInner,
        number: usize,
        partition: u32,
        own_backend: Option<&Arc<dyn Backend>>,
    ) -> Result<TaskCore> {
        let part = &self.start.topology.sub_topologies[number];
        let shared = &runtime.shared;
        let env = StateEnv {
            backend: Arc::clone(own_backend.unwrap_or(&shared.backend)),
            memory: Arc::clone(&shared.memory),
        };
        let inputs = part.inputs.iter().map(|input| {
            let topic = TopicPartition::new(Arc::clone(&input.topic), partition);
            let decoder = RecordDecoder::new(&input.read, input.is_table)?;
            let from = self.position(runtime, number, &topic, &input.read)?;
            // A push query reads what is committed, no matter in which epoch.
            let shared = (self.is_persistent())
                .then(|| runtime.inputs.join(&topic, &input.read, input.is_table))
                .flatten();
            Ok(TaskInput::new(topic, input.target, (decoder, shared), from))
        });
        let inputs = inputs.collect::<Result<Vec<_>>>()?;
        let pipeline = Pipeline::open(part, partition, &env)
            .map_err(|error| Error::new(ErrorKind::Storage, error.to_string()))?;
        let output = output_config(part, runtime)?;
        let writer = OutputWriter::new(&part.output, &output, partition)?;
        let processing_log = topic_config(PROCESSING_LOG_TOPIC, runtime)?;
        Ok(TaskCore {
            inputs,
            pipeline,
            writer,
            processing_log: TopicWriter::new(&PROCESSING_LOG_TOPIC.into(), &processing_log, 0),
            epoch: shared.epochs.current(),
            has_progress: false,
            sub_topology: number,
            pace: None,
            own_backend: own_backend.cloned(),
            at_work: shared.memory.open(),
        })
    }

    /// Makes a task that is woken for what there is to read. It does nothing before it has its core.
    fn register(
        &self,
        runtime: &RuntimeInner,
        mut core: TaskCore,
    ) -> Result<(RunningTask, TaskCore)> {
        let partitions: Vec<_> = core.inputs.iter().map(|input| input.partition.clone()).collect();
        let epoch = AtomicU64::new(core.epoch);
        let mut guards = Vec::new();
        let task = Arc::new(Task {
            shared: Arc::clone(&runtime.shared),
            owner: Arc::clone(&self.owner),
            epoch,
            core: Mutex::new(None),
        });
        let wake = runtime.workers.register(Arc::clone(&task) as Arc<dyn Runnable>);
        for partition in &partitions {
            let wake = wake.clone();
            guards.push(runtime.shared.log.watch(partition, Arc::new(move || wake.wake()))?);
        }
        for (input, guard) in core.inputs.iter_mut().zip(guards) {
            input.watch = Some(guard);
        }
        if let Some(pace) = &core.pace {
            pace.set_wake(wake.clone());
        }
        if let Some(rows) = &self.owner.rows {
            let wake = wake.clone();
            rows.add_writer(move || wake.wake());
        }
        Ok((RunningTask { task, wake }, core))
    }

    /// Returns where a partition is read from: where the query stood, or where it is to begin.
    fn position(
        &self,
        runtime: &RuntimeInner,
        number: usize,
        topic: &TopicPartition,
        read: &Read,
    ) -> Result<Position> {
        let shared = &runtime.shared;
        if self.is_persistent()
            && let Some(position) =
                position(shared.backend.as_ref(), &self.owner.query_id, number, topic)?
        {
            return Ok(position);
        }
        let offsets = shared.log.offsets(topic)?;
        let starts_at_end = self.start.start_at == StartAt::Latest;
        Ok(match read {
            Read::Source { .. } if starts_at_end => offsets.last_stable.into(),
            Read::Source { .. } | Read::Repartition(_) => offsets.start.into(),
        })
    }
}

/// Returns how many partitions the inputs of a sub-topology have.
pub(super) fn partition_count(part: &SubTopology, runtime: &RuntimeInner) -> Result<u32> {
    match source_partition_count(part, runtime)? {
        Some(count) => Ok(count),
        None => topic_partitions(&part.inputs[0].topic, runtime),
    }
}

/// Returns how many partitions the streams and tables have that a sub-topology reads; none if it reads internal topics only,
/// which are made to fit.
fn source_partition_count(part: &SubTopology, runtime: &RuntimeInner) -> Result<Option<u32>> {
    let mut expected: Option<(&Input, u32)> = None;
    for input in part.inputs.iter().filter(|input| matches!(input.read, Read::Source { .. })) {
        let count = topic_partitions(&input.topic, runtime)?;
        match expected {
            Some((first, expected)) if expected != count => {
                let (left, right) = (source_name(&first.read), source_name(&input.read));
                return Err(Error::statement(format!(
                    "Can't join `{left}` with `{right}` since the number of partitions don't match. `{left}` partitions = {expected}; `{right}` partitions = {count}. Please repartition either one so that the number of partitions match."
                )));
            }
            Some(_) => {}
            None => expected = Some((input, count)),
        }
    }
    Ok(expected.map(|(_, count)| count))
}

fn topic_partitions(topic: &str, runtime: &RuntimeInner) -> Result<u32> {
    Ok(topic_config(topic, runtime)?.partitions)
}

fn source_name(read: &Read) -> &str {
    match read {
        Read::Source { source, .. } => &source.name,
        Read::Repartition(_) => "a repartition topic",
    }
}

fn no_topic(topic: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("topic {topic} does not exist"))
}

fn output_config(part: &SubTopology, runtime: &RuntimeInner) -> Result<TopicConfig> {
    match &part.output {
        Output::Sink { sink, .. } => topic_config(&sink.source.topic, runtime),
        Output::Repartition { topic, .. } => topic_config(topic, runtime),
        Output::Rows(_) => Ok(TopicConfig::new(1)),
    }
}

fn topic_config(topic: &str, runtime: &RuntimeInner) -> Result<TopicConfig> {
    Ok(runtime.shared.log.topic(topic).ok_or_else(|| no_topic(topic))?.config)
}

impl Runtime {
    /// Starts a persistent query: its repartition topics are made, its first positions are committed.
    pub fn start_query(&self, start: QueryStart) -> Result<()> {
        let _commit = self.inner.commit.lock();
        let id = start.id.clone();
        let begun = self.inner.add_query(start, None)?;
        self.inner.put_positions(&id, &begun)
    }

    /// Lets a query of an earlier run go on. One that cannot, since a topic is gone, say, is in the state ERROR and tried again.
    pub fn resume_query(&self, start: QueryStart) {
        let _commit = self.inner.commit.lock();
        let query = RunningQuery::new(start, None);
        let id = &query.start.id;
        let opened = query.open_tasks(&self.inner).and_then(|begun| {
            // A crash came between the statement and its start.
            let is_new = positions(self.inner.shared.backend.as_ref(), id)?.is_empty();
            if is_new { self.inner.put_positions(id, &begun) } else { Ok(()) }
        });
        if let Err(error) = opened {
            query.close_tasks();
            tracing::warn!(query = %query.owner.query_id, %error, "query cannot go on");
            *query.owner.error.lock() = Some(error.to_string());
            query.schedule_retry(self.inner.shared.clock.monotonic(), RETRY_AFTER);
        }
        self.inner.queries.write().insert(query.start.id.clone(), query);
    }

    /// Tells whether a topology can be started, before anybody is told that it will be.
    pub fn check_start(&self, topology: &Topology) -> Result<()> {
        let backend = Arc::new(MemoryBackend::default());
        let env = StateEnv { backend, memory: Arc::clone(&self.inner.shared.memory) };
        for part in &topology.sub_topologies {
            source_partition_count(part, &self.inner)?;
            for input in &part.inputs {
                RecordDecoder::new(&input.read, input.is_table)?;
            }
            RecordEncoder::new(&part.output)?;
            Pipeline::open(part, 0, &env).map_err(|error| Error::statement(error.to_string()))?;
        }
        Ok(())
    }

    /// Starts a push query and returns its rows; it ends when they are dropped.
    pub(crate) fn start_push_query(
        &self,
        start: QueryStart,
        limit: Option<u64>,
    ) -> Result<PushRows> {
        let queue = RowQueue::new(limit);
        let id = start.id.clone();
        let _commit = self.inner.commit.lock();
        self.inner.add_query(start, Some(Arc::clone(&queue)))?;
        let inner = Arc::downgrade(&self.inner);
        let on_drop = move || {
            if let Some(inner) = inner.upgrade() {
                inner.remove_query(&id);
            }
        };
        Ok(PushRows { queue, on_drop: Some(Box::new(on_drop)) })
    }

    /// Ends a persistent query for good: its positions, state and repartition topics are removed.
    pub fn terminate_query(&self, id: &str) -> Result<()> {
        self.inner.commit_epoch()?;
        let _commit = self.inner.commit.lock();
        let Some(query) = self.inner.remove_query(id) else { return Ok(()) };
        let mut changes = Changes::new();
        delete_positions(&mut changes, id);
        query.start.topology.stores().for_each(|store| changes.delete_store(store));
        Ok(self.inner.shared.backend.commit(changes)?)
    }

    /// Pauses a query, or lets it go on.
    pub fn set_paused(&self, id: &str, is_paused: bool) {
        let found = self.inner.queries.read().get(id).cloned();
        if let Some(query) = found {
            query.set_paused(is_paused);
        }
    }

    /// Returns what a query does at present, if it is there.
    pub fn query_state(&self, id: &str) -> Option<QueryState> {
        let query = Arc::clone(self.inner.queries.read().get(id)?);
        let error = query.owner.error.lock().clone();
        Some(match error {
            Some(error) => QueryState::Error(error),
            None if query.owner.is_paused.load(Ordering::Acquire) => QueryState::Paused,
            None => QueryState::Running,
        })
    }

    /// Returns how many partitions a sub-topology of a query has.
    pub fn partition_count(&self, id: &str, sub_topology: usize) -> Result<u32> {
        let found = self.inner.queries.read().get(id).cloned();
        let query = found
            .ok_or_else(|| Error::new(ErrorKind::Closed, format!("query {id} does not run")))?;
        partition_count(&query.start.topology.sub_topologies[sub_topology], &self.inner)
    }

    /// Returns a query's figures and how many records it has not read yet.
    pub fn query_metrics(&self, id: &str) -> Option<(MetricsReading, u64)> {
        let query = Arc::clone(self.inner.queries.read().get(id)?);
        Some((query.owner.metrics.read(), self.inner.lag(&query)))
    }
}

impl RuntimeInner {
    /// Commits where a query begins.
    fn put_positions(&self, id: &str, begun: &[Begun]) -> Result<()> {
        let partitions: Vec<_> = begun.iter().map(|begun| begun.partition.clone()).collect();
        // A position may be kept only of records that are durable.
        self.shared.log.flush(&partitions)?;
        let mut changes = Changes::new();
        for Begun { sub_topology, partition, position } in begun {
            put_position(&mut changes, id, *sub_topology, partition, *position);
        }
        Ok(self.shared.backend.commit(changes)?)
    }

    pub(super) fn add_query(
        &self,
        start: QueryStart,
        rows: Option<Arc<RowQueue>>,
    ) -> Result<Vec<Begun>> {
        let query = RunningQuery::new(start, rows);
        let begun = query.open_tasks(self)?;
        self.queries.write().insert(query.start.id.clone(), query);
        Ok(begun)
    }

    pub(super) fn remove_query(&self, id: &str) -> Option<Arc<RunningQuery>> {
        let query = self.queries.write().remove(id)?;
        query.close_tasks();
        query.start.topology.repartition_topics().for_each(|topic| self.delete_topic(topic));
        Some(query)
    }

    /// Deletes a repartition topic; one that cannot be deleted is in nobody's way.
    pub(super) fn delete_topic(&self, topic: &str) {
        if let Err(error) = self.shared.log.delete_topic(topic) {
            tracing::warn!(%topic, %error, "repartition topic not deleted");
        }
    }

    /// Makes the repartition topics of a query: as many partitions as what they are joined with, or as what they come from.
    pub(super) fn create_repartition_topics(&self, topology: &Topology) -> Result<()> {
        for part in &topology.sub_topologies {
            let Output::Repartition { topic, .. } = &part.output else { continue };
            let like = topology
                .partitioned_like(topic)
                .and_then(|source| self.shared.log.topic(&source.topic));
            let count = match like {
                Some(topic) => topic.config.partitions,
                None => partition_count(part, self)?,
            };
            // Rows that are not processed yet must not go, however old they are. What is worked off goes segment by segment, of the
            // size that Kafka Streams gives them (InternalTopicConfig).
            let config = TopicConfig::of_query(count)
                .with("retention.ms", "-1")?
                .with("segment.bytes", "52428800")?;
            match self.shared.log.create_topic(topic, &config) {
                Ok(()) | Err(LogError::TopicExists(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Tells whether every persistent query has read all it can.
    pub(super) fn is_caught_up(&self) -> bool {
        let queries: Vec<_> = self.queries.read().values().cloned().collect();
        queries.iter().filter(|query| query.is_persistent()).all(|query| {
            let is_stopped =
                query.owner.is_paused.load(Ordering::Acquire) || query.owner.error.lock().is_some();
            // One that is being taken back to the last commit has no tasks for a moment.
            is_stopped || (query.is_open() && self.lag(query) == 0)
        })
    }

    /// Returns how many offsets lie between a query's positions and the ends of what it reads.
    fn lag(&self, query: &RunningQuery) -> u64 {
        let mut lag = 0;
        for task in query.tasks() {
            let positions: Vec<_> = match task.task.core.lock().as_ref() {
                Some(core) => {
                    core.inputs.iter().map(|i| (i.partition.clone(), i.position())).collect()
                }
                None => continue,
            };
            for (partition, position) in positions {
                if let Ok(offsets) = self.shared.log.offsets(&partition) {
                    lag += u64::try_from(offsets.high_watermark - position.offset).unwrap_or(0);
                }
            }
        }
        lag
    }
}
