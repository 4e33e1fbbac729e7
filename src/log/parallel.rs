//! Doing the same with many partitions, which mostly means waiting for the disk.

use std::thread::{self, ScopedJoinHandle};

/// Calls `act` with every item, on up to `threads` threads, and returns what it returned, in order.
pub(super) fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    act: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    if threads <= 1 || items.len() <= 1 {
        return items.iter().map(act).collect();
    }
    let act = &act;
    thread::scope(|scope| {
        let shares = items.chunks(items.len().div_ceil(threads));
        let start = |share: &'_ [T]| share.iter().map(act).collect::<Vec<R>>();
        let threads: Vec<_> = shares.map(|share| scope.spawn(move || start(share))).collect();
        threads.into_iter().flat_map(join).collect()
    })
}

/// Waits for a thread; if it panicked, so does this one.
fn join<R>(thread: ScopedJoinHandle<'_, Vec<R>>) -> Vec<R> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
