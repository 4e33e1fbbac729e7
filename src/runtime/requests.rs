//! What the committer is asked for: to end the epoch at once, or to stop.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// What the committer is asked for.
#[derive(Default)]
pub(super) struct CommitRequests {
    asked: Mutex<Asked>,
    has_asked: Condvar,
}

#[derive(Clone, Copy, Default)]
struct Asked {
    is_hurried: bool,
    is_stopped: bool,
}

impl CommitRequests {
    /// Asks for the end of the epoch at once. All tasks are woken when it is committed, or when it cannot be.
    pub(super) fn hurry(&self) {
        self.ask(|asked| asked.is_hurried = true);
    }

    /// Asks the committer to stop.
    pub(super) fn stop(&self) {
        self.ask(|asked| asked.is_stopped = true);
    }

    /// Tells whether somebody is in a hurry, and forgets it.
    pub(super) fn take_hurry(&self) -> bool {
        std::mem::take(&mut self.asked.lock().is_hurried)
    }

    /// Waits for an interval, or until somebody is in a hurry if that matters. Returns whether somebody is; none if the committer is
    /// to stop.
    pub(super) fn wait(&self, interval: Duration, heeds_hurry: bool) -> Option<bool> {
        let mut asked = self.asked.lock();
        let goes_on = |asked: &mut Asked| !(asked.is_stopped || heeds_hurry && asked.is_hurried);
        self.has_asked.wait_while_for(&mut asked, goes_on, interval);
        (!asked.is_stopped).then_some(heeds_hurry && asked.is_hurried)
    }

    fn ask(&self, ask: impl FnOnce(&mut Asked)) {
        ask(&mut self.asked.lock());
        self.has_asked.notify_all();
    }
}
