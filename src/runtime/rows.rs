//! The rows of a push query on their way to who asked.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures::Stream;
use parking_lot::Mutex;

use crate::error::{Error, Result};
use crate::types::Batch;

/// How many rows wait for a slow reader at the most; then the query's tasks wait. Nothing is lost: the rest is in the log.
const WAITING_ROWS_MAX: usize = 16 * 1024;

/// The rows that wait for the reader of a push query.
pub(super) struct RowQueue {
    state: Mutex<RowQueueState>,
}

struct RowQueueState {
    batches: VecDeque<Batch>,
    waiting_rows: usize,
    rows_left: Option<u64>,
    error: Option<Error>,
    is_closed: bool,
    reader: Option<Waker>,
    /// Wakes the tasks when there is room again.
    writers: Vec<Box<dyn Fn() + Send>>,
}

impl RowQueue {
    /// Makes a queue that closes after so many rows.
    pub(super) fn new(limit: Option<u64>) -> Arc<Self> {
        Arc::new(RowQueue {
            state: Mutex::new(RowQueueState {
                batches: VecDeque::new(),
                waiting_rows: 0,
                rows_left: limit,
                error: None,
                is_closed: limit == Some(0),
                reader: None,
                writers: Vec::new(),
            }),
        })
    }

    /// Has a task woken when there is room again.
    pub(super) fn add_writer(&self, wake: impl Fn() + Send + 'static) {
        self.state.lock().writers.push(Box::new(wake));
    }

    /// Tells whether a task may go on: there is room, and the reader still wants rows.
    pub(super) fn has_room(&self) -> bool {
        let state = self.state.lock();
        !state.is_closed && state.waiting_rows < WAITING_ROWS_MAX
    }

    /// Adds rows, as many as the limit leaves.
    pub(super) fn push(&self, batch: Batch) {
        let mut state = self.state.lock();
        if state.is_closed || batch.is_empty() {
            return;
        }
        let wanted = state
            .rows_left
            .map_or(batch.row_count() as u64, |left| left.min(batch.row_count() as u64));
        let batch = batch.slice(0, wanted as usize);
        state.waiting_rows += batch.row_count();
        state.batches.push_back(batch);
        if let Some(left) = &mut state.rows_left {
            *left -= wanted;
            state.is_closed = state.rows_left == Some(0);
        }
        wake(state.reader.take());
    }

    /// Ends the rows, with an error if there is one.
    pub(super) fn close(&self, error: Option<Error>) {
        let mut state = self.state.lock();
        state.is_closed = true;
        state.error = state.error.take().or(error);
        wake(state.reader.take());
        // Each holds its task, and the task holds this: nothing of them, nor the log, would ever be let go of.
        let writers = std::mem::take(&mut state.writers);
        drop(state);
        drop(writers);
    }

    fn poll(&self, ctx: &mut Context<'_>) -> Poll<Option<Result<Batch>>> {
        let mut state = self.state.lock();
        if let Some(batch) = state.batches.pop_front() {
            state.waiting_rows -= batch.row_count();
            state.writers.iter().for_each(|wake| wake());
            return Poll::Ready(Some(Ok(batch)));
        }
        if let Some(error) = state.error.take() {
            return Poll::Ready(Some(Err(error)));
        }
        if state.is_closed {
            return Poll::Ready(None);
        }
        state.reader = Some(ctx.waker().clone());
        Poll::Pending
    }
}

fn wake(reader: Option<Waker>) {
    if let Some(reader) = reader {
        reader.wake();
    }
}

/// The reader's end of a push query.
pub(crate) struct PushRows {
    pub(super) queue: Arc<RowQueue>,
    /// Ends the query when the reader goes.
    pub(super) on_drop: Option<Box<dyn FnOnce() + Send>>,
}

impl Stream for PushRows {
    type Item = Result<Batch>;

    fn poll_next(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.queue.poll(ctx)
    }
}

impl Drop for PushRows {
    fn drop(&mut self) {
        self.queue.close(None);
        if let Some(on_drop) = self.on_drop.take() {
            on_drop();
        }
    }
}
