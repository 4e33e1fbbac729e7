//! How far apart in event time the tasks of a query may be.

use crate::operators::{SessionWindows, TimeWindows};
use crate::topology::{OperatorSpec, Read, SubTopology, Topology};

/// How far beyond the slowest task of a query the others may go in event time: what is sent on to an operator must not move its
/// stream time so far that rows of the slowest come late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Until the first window closes that a row of the slowest may still fall into.
    Windows {
        /// How long a window lasts.
        size_ms: i64,
        /// How much later the next one begins.
        advance_ms: i64,
        /// How long after its end it takes late records.
        grace_ms: i64,
    },
    /// By so many milliseconds.
    Ahead(i64),
}

impl Allowance {
    /// Returns the latest event time that may be taken while the slowest task has got as far as `reach`.
    pub fn limit(self, reach: i64) -> i64 {
        match self {
            _ if reach == i64::MAX => i64::MAX,
            Allowance::Windows { size_ms, advance_ms, grace_ms } => {
                let advance_ms = advance_ms.max(1);
                let before = reach.saturating_sub(size_ms).div_euclid(advance_ms);
                let end = before.saturating_add(1).saturating_mul(advance_ms);
                end.saturating_add(size_ms).saturating_add(grace_ms).saturating_sub(1)
            }
            Allowance::Ahead(ms) => reach.saturating_add(ms),
        }
    }
}

impl Topology {
    /// Returns what the operators allow that other tasks send rows to; none if tasks need not wait for each other.
    pub fn allowances(&self) -> Vec<Allowance> {
        let parts = self.sub_topologies.iter().filter(|part| part.reads_other_tasks());
        let operators = parts.flat_map(|part| &part.operators);
        operators.filter_map(|node| node.spec.allowance()).collect()
    }
}

impl SubTopology {
    fn reads_other_tasks(&self) -> bool {
        self.inputs.iter().any(|input| matches!(input.read, Read::Repartition(_)))
    }
}

impl OperatorSpec {
    /// Returns how far stream time may move before rows are late, if they ever are.
    fn allowance(&self) -> Option<Allowance> {
        match self {
            OperatorSpec::WindowAggregate { windows, .. } => {
                let TimeWindows { size_ms, advance_ms, grace_ms, .. } = *windows;
                Some(Allowance::Windows { size_ms, advance_ms, grace_ms })
            }
            OperatorSpec::SessionAggregate { windows, .. } => {
                let SessionWindows { gap_ms, grace_ms, .. } = *windows;
                Some(Allowance::Ahead(gap_ms.saturating_add(grace_ms)))
            }
            OperatorSpec::StreamStreamJoin(spec) => Some(Allowance::Ahead(spec.ahead_ms())),
            OperatorSpec::Filter(_)
            | OperatorSpec::Project(_)
            | OperatorSpec::Rekey(_)
            | OperatorSpec::FlatMap(_)
            | OperatorSpec::EventTime { .. }
            | OperatorSpec::TableFilter { .. }
            | OperatorSpec::Materialize { .. }
            | OperatorSpec::Aggregate { .. }
            | OperatorSpec::TableGroupBy { .. }
            | OperatorSpec::StreamTableJoin { .. }
            | OperatorSpec::TableTableJoin(_)
            | OperatorSpec::ForeignKeySubscribe(_)
            | OperatorSpec::ForeignKeyMatch(_)
            | OperatorSpec::ForeignKeyResolve(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_stays_open_for_the_slowest() {
        let tumbling = Allowance::Windows { size_ms: 10, advance_ms: 10, grace_ms: 0 };
        assert_eq!(tumbling.limit(0), 9);
        assert_eq!(tumbling.limit(9), 9);
        assert_eq!(tumbling.limit(10), 19);
        let hopping = Allowance::Windows { size_ms: 10, advance_ms: 4, grace_ms: 3 };
        // Windows end at 10, 14, 18, …
        assert_eq!(hopping.limit(9), 12);
        assert_eq!(hopping.limit(10), 16);
        assert_eq!(Allowance::Ahead(5).limit(7), 12);
    }

    #[test]
    fn who_has_nothing_to_read_holds_nobody() {
        let tumbling = Allowance::Windows { size_ms: 10, advance_ms: 10, grace_ms: i64::MAX };
        assert_eq!(tumbling.limit(i64::MAX), i64::MAX);
        assert_eq!(tumbling.limit(5), i64::MAX - 1);
        let _ = tumbling.limit(i64::MIN);
        let _ = Allowance::Ahead(1).limit(i64::MIN);
    }
}
