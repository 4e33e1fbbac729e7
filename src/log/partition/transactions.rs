//! Ending transactions.

use super::Partition;
use super::append::Planned;
use crate::log::batch::marker_batch;
use crate::log::{LogError, Outcome, Producer};

impl Partition {
    /// Ends a producer's transaction with a marker; does nothing if it has none open here.
    ///
    /// A full disk is no reason to refuse: the headroom is for this.
    pub(in crate::log) fn end_transaction(
        &self,
        producer: Producer,
        outcome: Outcome,
    ) -> Result<(), LogError> {
        let settings = self.settings();
        let mut writer = self.writer.lock();
        self.check_writable()?;
        if !writer.producers.may_end(&self.name, producer)? {
            return Ok(());
        }
        let now = self.environment.clock.wall_ms().max(writer.append_time);
        let mut marker = marker_batch(producer, outcome, now);
        let planned = Planned::marker(&marker, writer.next_offset, outcome);
        self.roll_if_due(&mut writer, &planned, &settings)?;
        self.write(&mut writer, &mut marker, planned, &settings)?;
        drop(writer);
        self.watchers.wake();
        Ok(())
    }
}
