//! Ctrl-C and its like: they end the query that is showing rows, and only it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::{FutureExt, Stream, StreamExt};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::errors::say;

/// After what time a Ctrl-C that nothing reacts to is explained.
const PATIENCE: Duration = Duration::from_millis(500);
/// The status of a program that Ctrl-C ended.
const INTERRUPTED_STATUS: i32 = 130;

/// Waits for what comes, or for Ctrl-C.
pub(crate) struct Interrupts {
    runtime: Runtime,
    presses: Arc<Presses>,
}

/// How often a signal came, and up to which one something reacted.
struct Presses {
    count: watch::Sender<u64>,
    answered: AtomicU64,
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<T> {
    /// An item of the stream.
    Item(T),
    /// The end of the stream.
    Ended,
    /// A signal.
    Interrupted,
    /// The deadline.
    TimedOut,
}

impl Interrupts {
    /// Takes these signals over from now on.
    ///
    /// What is running when a signal comes must look at it; a second one ends the program.
    pub(crate) fn listen(kinds: &[SignalKind]) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (count, _) = watch::channel(0);
        let presses = Arc::new(Presses { count, answered: AtomicU64::new(0) });
        for kind in kinds {
            let signals = {
                let _inside = runtime.enter();
                signal(*kind)?
            };
            runtime.spawn(count_presses(signals, Arc::clone(&presses)));
        }
        Ok(Interrupts { runtime, presses })
    }

    /// Forgets the signals that came so far.
    pub(crate) fn arm(&self) {
        self.presses.answer();
    }

    /// Takes a signal that came and that nothing reacted to; tells whether there was one.
    pub(crate) fn take(&self) -> bool {
        let is_there = self.presses.pending(*self.presses.count.borrow()) > 0;
        if is_there {
            self.presses.answer();
        }
        is_there
    }

    /// Returns what is there without waiting; none if it would have to be waited for.
    pub(crate) fn ready<S>(&self, stream: &mut S) -> Option<Next<S::Item>>
    where
        S: Stream + Unpin,
    {
        if self.take() {
            return Some(Next::Interrupted);
        }
        let item = stream.next().now_or_never()?;
        Some(item.map_or(Next::Ended, Next::Item))
    }

    /// Waits for the next item, a signal that came since [`Interrupts::arm`], or the deadline.
    pub(crate) fn next<S>(&self, stream: &mut S, deadline: Option<Instant>) -> Next<S::Item>
    where
        S: Stream + Unpin,
    {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.presses.unanswered() => Next::Interrupted,
                item = stream.next() => item.map_or(Next::Ended, Next::Item),
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    Next::TimedOut
                }
            }
        })
    }

    /// Waits; tells whether a signal cut it short.
    pub(crate) fn pause(&self, time: Duration) -> bool {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.presses.unanswered() => true,
                () = sleep(time) => false,
            }
        })
    }
}

impl Presses {
    fn answer(&self) {
        self.answered.store(*self.count.borrow(), Ordering::SeqCst);
    }

    /// How many signals nothing reacted to.
    fn pending(&self, count: u64) -> u64 {
        count.saturating_sub(self.answered.load(Ordering::SeqCst))
    }

    /// Waits for a signal that nothing reacted to; this is the reaction.
    async fn unanswered(&self) {
        let mut counts = self.count.subscribe();
        // It fails only if the sender is gone, and the sender is `self`.
        let _ = counts.wait_for(|count| self.pending(*count) > 0).await;
        self.answer();
    }
}

async fn count_presses(mut signals: Signal, presses: Arc<Presses>) {
    while signals.recv().await.is_some() {
        presses.count.send_modify(|count| *count += 1);
        let count = *presses.count.borrow();
        if presses.pending(count) > 1 {
            std::process::exit(INTERRUPTED_STATUS);
        }
        tokio::spawn(explain_later(Arc::clone(&presses), count));
    }
}

async fn explain_later(presses: Arc<Presses>, count: u64) {
    sleep(PATIENCE).await;
    if presses.pending(count) > 0 {
        say("this cannot be cut short; Ctrl-C again ends the program\n");
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    fn press(interrupts: &Interrupts) {
        interrupts.presses.count.send_modify(|count| *count += 1);
    }

    #[test]
    fn items_come_until_a_signal_does() {
        let interrupts = Interrupts::listen(&[]).expect("a runtime");
        let mut items = stream::iter([1, 2]).chain(stream::pending());
        press(&interrupts);
        interrupts.arm();
        assert!(!interrupts.take());
        assert_eq!(interrupts.next(&mut items, None), Next::Item(1));
        assert_eq!(interrupts.ready(&mut stream::pending::<i32>()), None);
        press(&interrupts);
        assert_eq!(interrupts.ready(&mut items), Some(Next::Interrupted));
        press(&interrupts);
        assert_eq!(interrupts.next(&mut items, None), Next::Interrupted);
        assert_eq!(interrupts.next(&mut items, None), Next::Item(2));
        assert_eq!(interrupts.next(&mut items, Some(Instant::now())), Next::TimedOut);
        press(&interrupts);
        assert!(interrupts.pause(Duration::MAX));
    }
}
