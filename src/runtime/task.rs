//! One sub-topology of a query, run for one partition.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::clock::Clock;
use crate::log::{Isolation, Log};
use crate::operators::{OperatorContext, OperatorError, Report};
use crate::runtime::encode::EncodedRecords;
use crate::runtime::epochs::{EpochTransaction, Epochs};
use crate::runtime::input::{Fetched, InputError, Reading, TaskInput};
use crate::runtime::metrics::QueryMetrics;
use crate::runtime::offsets::put_position;
use crate::runtime::pace::PaceMember;
use crate::runtime::pipeline::Pipeline;
use crate::runtime::processing_log::{report_record, undecoded_record};
use crate::runtime::requests::CommitRequests;
use crate::runtime::rows::RowQueue;
use crate::runtime::workers::Runnable;
use crate::runtime::writer::{AppendAs, BATCH_BYTES, OutputWriter, TopicWriter, WriteError};
use crate::state::{Backend, Changes, MemoryBudget, MemoryUse};
use crate::types::Batch;

/// What tasks share.
pub(super) struct Shared {
    pub(super) log: Arc<dyn Log>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) backend: Arc<dyn Backend>,
    /// What stores, changes that are not committed and batches at work may take.
    pub(super) memory: Arc<MemoryBudget>,
    pub(super) epochs: Epochs,
    pub(super) requests: CommitRequests,
    /// Set when a task has failed or progressed: the committer looks.
    pub(super) has_progress: AtomicBool,
    /// Set when a task had more to read than a slice takes.
    pub(super) has_backlog: AtomicBool,
}

/// What a task belongs to.
pub(super) struct TaskOwner {
    pub(super) query_id: Arc<str>,
    pub(super) metrics: QueryMetrics,
    /// Where rows go that have no topic; its query is a push query, outside of epochs.
    pub(super) rows: Option<Arc<RowQueue>>,
    /// Whether updates of a key within a batch may be merged.
    pub(super) coalesce: bool,
    pub(super) is_paused: AtomicBool,
    /// Whether it takes nothing more from streams and tables, only what is between its sub-topologies.
    pub(super) is_draining: AtomicBool,
    /// Why the query cannot go on.
    pub(super) error: Mutex<Option<String>>,
}

/// One sub-topology of a query, run for one partition.
pub(super) struct Task {
    pub(super) shared: Arc<Shared>,
    pub(super) owner: Arc<TaskOwner>,
    /// The epoch it is in; read by the committer without the lock.
    pub(super) epoch: AtomicU64,
    /// None while it is closed.
    pub(super) core: Mutex<Option<TaskCore>>,
}

/// What a task works with.
pub(super) struct TaskCore {
    pub(super) inputs: Vec<TaskInput>,
    pub(super) pipeline: Pipeline,
    /// None for rows that go to who asked.
    pub(super) writer: Option<OutputWriter>,
    pub(super) processing_log: TopicWriter,
    pub(super) epoch: u64,
    /// Whether it has done anything in its epoch.
    pub(super) has_progress: bool,
    pub(super) sub_topology: usize,
    /// Its place among the tasks of its query, if they wait for each other in event time.
    pub(super) pace: Option<PaceMember>,
    /// Push queries keep state of their own, which dies with them.
    pub(super) own_backend: Option<Arc<dyn Backend>>,
    /// What the rows take that it has read, and the records that it has not appended yet.
    pub(super) at_work: MemoryUse,
}

impl TaskCore {
    fn count_memory(&mut self) {
        let rows: usize = self.inputs.iter().map(TaskInput::memory_size).sum();
        let records = self.writer.as_ref().map_or(0, OutputWriter::memory_size);
        self.at_work.set(rows + records + self.processing_log.memory_size());
    }
}

/// How a slice of work ended.
struct Worked {
    /// Whether there may be more to read.
    has_more: bool,
    /// Whether there is no memory for it before the epoch ends.
    must_wait: bool,
    /// Whether it has taken as much as a slice allows. One that a new epoch has cut off does not tell.
    is_behind: bool,
}

/// What a task found to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// A batch was processed.
    Done,
    /// Rows are left for the next turn.
    Left,
    /// There is nothing.
    Nothing,
}

/// Why a task cannot go on.
#[derive(Debug, thiserror::Error)]
enum TaskError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Operator(#[from] OperatorError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// How long a task with much to read processes before it sends on what it held back and lets others have the worker. Long enough
/// that updates of a key meet, short enough that nobody waits: a task that has read all there is ends its slice at once.
const SLICE: Duration = Duration::from_millis(10);
/// How many bytes of a partition are fetched at a time; the rows of them are one batch. The more there is to read, the more look-ups
/// of state and writes go together; a larger batch would take longer than an epoch where state is not in memory.
const FETCH_BYTES: RangeInclusive<usize> = 64 * 1024..=2 * 1024 * 1024;

impl Runnable for Task {
    fn run(&self) -> bool {
        let mut core = self.core.lock();
        let Some(task) = core.as_mut() else { return false };
        if self.owner.error.lock().is_some() {
            return false;
        }
        let outcome = self.hand_over_if_due(task).and_then(|()| self.slice(task));
        outcome.unwrap_or_else(|error| {
            self.fail(&error);
            false
        })
    }
}

/// Takes the next rows: of the input whose next row is the earliest, up to the next row of any other, and none that is later than
/// `latest`.
///
/// Where one partition is two inputs (a stream that is joined with itself) each record is taken once for each of them before the
/// one behind it.
fn next_rows(inputs: &mut [TaskInput], latest: i64) -> Option<(usize, Batch)> {
    let is_ahead = |index: usize, input: &TaskInput| {
        let twins = inputs.iter().enumerate().filter(|(_, twin)| twin.partition == input.partition);
        let mut twins = twins.filter(|(_, twin)| twin.head_time().is_some());
        twins.any(|(at, twin)| (twin.position(), at) < (input.position(), index))
    };
    let heads: Vec<(i64, usize)> = inputs
        .iter()
        .enumerate()
        .filter(|(index, input)| !is_ahead(*index, input))
        .filter_map(|(index, input)| Some((input.head_time()?, index)))
        .collect();
    let (_, first) = heads.iter().copied().min().filter(|(time, _)| *time <= latest)?;
    let partition = &inputs[first].partition;
    let has_twin = 1 < inputs.iter().filter(|input| input.partition == *partition).count();
    let others = heads.iter().filter(|(_, index)| *index != first);
    let limit = others.map(|(time, _)| *time).min();
    let limit = if latest < i64::MAX { limit.or(Some(latest)) } else { limit };
    let limit = limit.map(|limit| limit.min(latest));
    let rows = if has_twin { inputs[first].take_one() } else { inputs[first].take(limit) };
    Some((first, rows?))
}

/// Says how far a task has got, of which `upstream` was sent on by others when it last looked. Returns whether it may go on with
/// rows that it had to leave.
fn keep_pace(task: &TaskCore, upstream: i64) -> bool {
    let Some(pace) = &task.pace else { return false };
    let reach = |input: &TaskInput| match input.head_time() {
        Some(time) => time,
        None if input.is_internal => upstream,
        None => i64::MAX,
    };
    let reach = task.inputs.iter().map(reach).min().unwrap_or(i64::MAX);
    let is_empty = task.inputs.iter().any(|input| input.is_internal && !input.has_rows());
    pace.publish(reach, is_empty);
    let head = task.inputs.iter().filter_map(TaskInput::head_time).min();
    head.is_some_and(|time| !pace.wait(time))
}

impl Task {
    /// Processes batches for a while. Returns whether there is more.
    fn slice(&self, task: &mut TaskCore) -> Result<bool, TaskError> {
        if self.owner.is_paused.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let transaction = self.shared.epochs.transaction(task.epoch);
        let isolation = match self.owner.rows {
            Some(_) => Isolation::ReadCommitted,
            None => self.shared.epochs.isolation(task.epoch),
        };
        let pace = task.pace.as_ref();
        let (latest, upstream) = pace.map_or((i64::MAX, i64::MAX), |pace| pace.look(task.epoch));
        let Worked { has_more, must_wait, is_behind } =
            self.work(task, latest, &isolation, &transaction)?;
        if task.pace.is_some() {
            // How far a task is shows in its next rows.
            self.fill(task, &isolation, &transaction, false)?;
        }
        self.operate(task, &transaction, |pipeline, ctx, out| pipeline.flush(ctx, out))?;
        let name = self.append_as(&transaction);
        if let Some(writer) = &mut task.writer {
            writer.flush(self.shared.log.as_ref(), name)?;
        }
        task.processing_log.flush(self.shared.log.as_ref(), name)?;
        task.count_memory();
        if self.owner.rows.is_some() {
            self.keep_own_state(task)?;
        } else if task.has_progress {
            self.shared.has_progress.store(true, Ordering::Release);
        }
        let may_go_on = keep_pace(task, upstream);
        let has_more = has_more | may_go_on;
        if must_wait {
            // The commit wakes all tasks.
            self.shared.requests.hurry();
        } else if has_more && (is_behind || may_go_on) && self.owner.rows.is_none() {
            self.shared.has_backlog.store(true, Ordering::Relaxed);
        }
        Ok(has_more && !must_wait)
    }

    /// Processes batch after batch until there is nothing more to read, the time is over or the epoch is.
    fn work(
        &self,
        task: &mut TaskCore,
        latest: i64,
        isolation: &Isolation,
        transaction: &EpochTransaction,
    ) -> Result<Worked, TaskError> {
        let end = self.shared.clock.monotonic() + SLICE;
        let has_room = || self.owner.rows.as_ref().is_none_or(|rows| rows.has_room());
        let mut has_more = has_room();
        let mut must_wait = self.must_wait(task);
        let mut is_over = false;
        task.inputs.iter_mut().for_each(TaskInput::begin_turn);
        while has_more && !must_wait && !is_over {
            let step = self.step(task, latest, isolation, transaction)?;
            has_more = step != Step::Nothing && has_room();
            must_wait = self.must_wait(task);
            is_over = step == Step::Left
                || end <= self.shared.clock.monotonic()
                || task.epoch != self.shared.epochs.current();
        }
        let is_behind = end <= self.shared.clock.monotonic()
            || task.inputs.iter().any(TaskInput::has_decoded_its_share);
        Ok(Worked { has_more, must_wait, is_behind })
    }

    /// Tells whether the task may take nothing more before its epoch ends, since there is no memory left. One batch it may
    /// always take: one that alone is more than there is gets done too.
    fn must_wait(&self, task: &TaskCore) -> bool {
        self.owner.rows.is_none() && task.has_progress && self.shared.memory.is_exceeded()
    }

    /// Processes one batch: of all inputs that have rows, the one whose next row is the earliest, if it is not later than `latest`.
    fn step(
        &self,
        task: &mut TaskCore,
        latest: i64,
        isolation: &Isolation,
        transaction: &EpochTransaction,
    ) -> Result<Step, TaskError> {
        if self.fill(task, isolation, transaction, true)? {
            return Ok(Step::Left);
        }
        task.count_memory();
        let Some((first, batch)) = next_rows(&mut task.inputs, latest) else {
            return Ok(Step::Nothing);
        };
        task.has_progress = true;
        let target = task.inputs[first].target;
        self.operate(task, transaction, |pipeline, ctx, out| {
            pipeline.process(target, batch, ctx, out)
        })?;
        Ok(Step::Done)
    }

    /// Makes sure that each input has a next row, if its topic has one. Returns whether one has been left for the next turn.
    fn fill(
        &self,
        task: &mut TaskCore,
        isolation: &Isolation,
        transaction: &EpochTransaction,
        may_leave: bool,
    ) -> Result<bool, TaskError> {
        let mut is_left = false;
        let mut fetched = Fetched::default();
        let positions: Vec<_> = task.inputs.iter().map(TaskInput::position).collect();
        let is_draining = self.owner.is_draining.load(Ordering::Relaxed);
        for input in task.inputs.iter_mut().filter(|input| !is_draining || input.is_internal) {
            let size = self.shared.memory.piece(FETCH_BYTES);
            let reading = Reading { epoch: task.epoch, isolation, size, may_leave };
            is_left |= input.fill(self.shared.log.as_ref(), reading, &mut fetched)?;
            self.report_undecoded(&mut task.processing_log, input, &mut fetched, transaction)?;
        }
        let moved =
            task.inputs.iter().zip(positions).any(|(input, before)| input.position() != before);
        task.has_progress |= moved;
        self.count(&fetched);
        Ok(is_left)
    }

    /// Has the operators do something, and sends on what comes of it.
    fn operate(
        &self,
        task: &mut TaskCore,
        transaction: &EpochTransaction,
        act: impl FnOnce(
            &mut Pipeline,
            &mut OperatorContext<'_>,
            &mut Vec<Batch>,
        ) -> Result<(), OperatorError>,
    ) -> Result<(), TaskError> {
        let mut reports = Vec::new();
        let mut ctx = OperatorContext {
            now_ms: self.shared.clock.wall_ms(),
            coalesce: self.owner.coalesce,
            reports: &mut reports,
        };
        let mut out = Vec::new();
        act(&mut task.pipeline, &mut ctx, &mut out)?;
        for batch in out {
            self.emit(task, batch, transaction)?;
        }
        self.report(task, reports, transaction)
    }

    fn emit(
        &self,
        task: &mut TaskCore,
        batch: Batch,
        transaction: &EpochTransaction,
    ) -> Result<(), TaskError> {
        self.owner.metrics.count_records(0, batch.row_count());
        match (&mut task.writer, &self.owner.rows) {
            (Some(writer), _) => {
                let name = self.append_as(transaction);
                writer.set_batch_bytes(self.shared.memory.piece(BATCH_BYTES));
                writer.write(&batch, self.shared.log.as_ref(), name)?;
            }
            (None, Some(rows)) => rows.push(batch),
            (None, None) => {}
        }
        Ok(())
    }

    fn append_as<'a>(&self, transaction: &'a EpochTransaction) -> AppendAs<'a> {
        match self.owner.rows {
            Some(_) => AppendAs::Nobody,
            None => AppendAs::Transaction(transaction),
        }
    }

    fn count(&self, fetched: &Fetched) {
        self.owner.metrics.count_records(fetched.record_count, 0);
        self.owner.metrics.count_null_keys(fetched.null_key_count);
    }

    fn report_undecoded(
        &self,
        processing_log: &mut TopicWriter,
        input: &TaskInput,
        fetched: &mut Fetched,
        transaction: &EpochTransaction,
    ) -> Result<(), TaskError> {
        let undecoded = std::mem::take(&mut fetched.undecoded);
        self.owner.metrics.count_errors(undecoded.len());
        let now_ms = self.shared.clock.wall_ms();
        let partition = &input.partition;
        let record = |undecoded| {
            undecoded_record(
                &self.owner.query_id,
                &partition.topic,
                partition.partition,
                undecoded,
                now_ms,
            )
        };
        let records: Vec<_> = undecoded.iter().map(record).collect();
        self.log_all(processing_log, records, now_ms, transaction)
    }

    fn report(
        &self,
        task: &mut TaskCore,
        reports: Vec<Report>,
        transaction: &EpochTransaction,
    ) -> Result<(), TaskError> {
        if reports.is_empty() {
            return Ok(());
        }
        for report in &reports {
            match report {
                Report::Expression { .. } => self.owner.metrics.count_errors(1),
                Report::Late { .. } | Report::NotEmitted { .. } => self.owner.metrics.count_late(1),
                Report::NullKey { row_count, .. } => self.owner.metrics.count_null_keys(*row_count),
            }
        }
        let now_ms = self.shared.clock.wall_ms();
        let record = |report| report_record(&self.owner.query_id, report, now_ms);
        let records: Vec<_> = reports.iter().map(record).collect();
        self.log_all(&mut task.processing_log, records, now_ms, transaction)
    }

    fn log_all(
        &self,
        processing_log: &mut TopicWriter,
        values: Vec<Vec<u8>>,
        now_ms: i64,
        transaction: &EpochTransaction,
    ) -> Result<(), TaskError> {
        if values.is_empty() {
            return Ok(());
        }
        let records = EncodedRecords::values(values, now_ms);
        let name = self.append_as(transaction);
        Ok(processing_log.write(&records, self.shared.log.as_ref(), name)?)
    }

    /// A push query's state is committed to memory at once: nobody waits for it, and its caches stay small.
    fn keep_own_state(&self, task: &mut TaskCore) -> Result<(), TaskError> {
        let mut changes = Changes::new();
        task.pipeline.hand_over(&mut changes);
        if let Some(backend) = &task.own_backend {
            backend.commit(changes).map_err(OperatorError::from)?;
        }
        Ok(())
    }

    /// Hands over what the task has done in its epoch, if the next one has begun.
    fn hand_over_if_due(&self, task: &mut TaskCore) -> Result<(), TaskError> {
        let current = self.shared.epochs.current();
        if task.epoch == current {
            return Ok(());
        }
        if self.owner.rows.is_none() {
            self.hand_over(task);
        }
        task.epoch = current;
        self.epoch.store(current, Ordering::Release);
        self.shared.epochs.notify();
        Ok(())
    }

    fn hand_over(&self, task: &mut TaskCore) {
        // Where memory is short, stores that nothing has happened to give way too.
        if !task.has_progress && !self.shared.memory.is_crowded() {
            return;
        }
        let mut changes = Changes::new();
        task.pipeline.hand_over(&mut changes);
        if !task.has_progress && changes.is_empty() {
            return;
        }
        for input in &task.inputs {
            put_position(
                &mut changes,
                &self.owner.query_id,
                task.sub_topology,
                &input.partition,
                input.position(),
            );
        }
        let inputs = task.inputs.iter().map(|input| &input.partition);
        self.shared.epochs.hand_over(changes, inputs);
        task.has_progress = false;
    }

    fn fail(&self, error: &TaskError) {
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            let line = error.to_string();
            if !text.contains(&line) {
                text = format!("{text}: {line}");
            }
            cause = error.source();
        }
        tracing::warn!(query = %self.owner.query_id, error = %text, "query failed");
        if let Some(rows) = &self.owner.rows {
            rows.close(Some(crate::error::Error::new(
                crate::error::ErrorKind::Input,
                text.clone(),
            )));
        }
        self.owner.error.lock().get_or_insert(text);
        self.shared.has_progress.store(true, Ordering::Release);
        self.shared.epochs.notify();
    }
}
