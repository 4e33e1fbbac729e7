//! The contract between aggregate functions and the operators that keep groups.

use datafusion::arrow::array::ArrayRef;

use crate::functions::RowFailures;

/// Which rows go to which groups, in the order in which they count.
///
/// Update `i` takes row `rows[i]` of the arguments (row `i` if `rows` is none) into group `groups[i]`. A hopping window names a
/// row once for each window it falls into; a table names the old row, taken back, and then the new one.
#[derive(Clone, Copy, Debug)]
pub struct GroupedRows<'a> {
    /// The group of each update; groups may repeat.
    pub groups: &'a [u32],
    /// The row of each update, none if update `i` takes row `i`.
    pub rows: Option<&'a [u32]>,
    /// Which updates take their row back; none if no one does. Only for functions with undo.
    pub undone: Option<&'a [bool]>,
    /// The sequence number of row 0; row `r` has this plus `r`. It must rise from batch to batch and live as long as the states:
    /// by it the functions BY_OFFSET tell, when sessions merge, which value came first.
    pub first_sequence: u64,
}

impl<'a> GroupedRows<'a> {
    /// Takes each row once, in order, into the group at the same place.
    pub fn new(groups: &'a [u32], first_sequence: u64) -> Self {
        GroupedRows { groups, rows: None, undone: None, first_sequence }
    }

    /// Returns the row of an update.
    pub fn row(&self, update: usize) -> usize {
        self.rows.map_or(update, |rows| rows[update] as usize)
    }
}

/// Merges two states into a third, which loses what it had; the two stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merge {
    /// The group that takes the merged state; neither of the two.
    pub into: u32,
    /// One group.
    pub left: u32,
    /// The other group.
    pub right: u32,
}

/// The states of one aggregate function for many groups, by column.
///
/// # Contract
///
/// - Groups are numbered densely from 0; the operator maps keys and windows to them and reuses numbers after [`reset`].
/// - Rows count in the order given. However the updates are cut into calls, the results are the same.
/// - A row that fails is recorded against its row in `failures` and leaves the state as it was.
/// - No wall clock, no randomness: the same calls give the same states.
///
/// [`reset`]: Accumulator::reset
pub trait Accumulator: Send {
    /// Makes room for that many groups; new ones are empty. Groups beyond the count are dropped.
    fn resize(&mut self, group_count: usize);

    /// Takes rows into their groups, or back out of them.
    fn update(&mut self, args: &[ArrayRef], rows: &GroupedRows<'_>, failures: &mut RowFailures);

    /// The same, and returns the result of each update's group right after the update: what goes downstream when no cache
    /// holds updates back.
    fn update_each(
        &mut self,
        args: &[ArrayRef],
        rows: &GroupedRows<'_>,
        failures: &mut RowFailures,
    ) -> ArrayRef;

    /// Adds the state `from` to `into`, and leaves `from` empty. Where order matters, `into` is the earlier session.
    ///
    /// On an error, which says why, `into` is as it was.
    fn merge(&mut self, into: u32, from: u32) -> Result<(), String>;

    /// Tells whether merged states are exactly the state that has taken the rows of both, whatever their order. Sums of doubles are
    /// not: they depend on the order of their rows; nor are lists, which have one.
    fn merges_exactly(&self) -> bool;

    /// Merges copies of states, one pair after the other. Only for functions that merge exactly.
    fn merge_copies(&mut self, merges: &[Merge]);

    /// Makes a group empty, so that its number can be used again.
    fn reset(&mut self, group: u32);

    /// Returns the results of groups, in that order.
    fn evaluate(&self, groups: &[u32]) -> ArrayRef;

    /// Appends a group's state to `out`: bytes that begin with a version and know their own end.
    fn save(&self, group: u32, out: &mut Vec<u8>);

    /// Takes a state off the front of `bytes` into a group.
    ///
    /// # Errors
    ///
    /// Bytes that no [`save`](Accumulator::save) wrote are refused, and the group is left as it was.
    fn load(&mut self, group: u32, bytes: &mut &[u8]) -> Result<(), StateError>;

    /// Returns how many results to ask for in one call: a column of texts or arrays ends at 2 GiB, and each result may be as
    /// large as a record. What is beyond comes out as NULL.
    fn results_per_call_max(&self) -> usize {
        usize::MAX
    }

    /// Returns how many bytes the states take in memory, roughly.
    fn memory_size(&self) -> usize;
}

/// Why bytes are no state of an aggregate function.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The bytes end inside the state.
    #[error("aggregate state is cut off: {needed} more bytes are needed, {left} are there")]
    Truncated {
        /// What the state still needs.
        needed: usize,
        /// What is there.
        left: usize,
    },
    /// The state was written by a version that is not known.
    #[error("aggregate state has version {0}, which this version does not know")]
    UnknownVersion(u8),
    /// A part of the state has a value that is never written.
    #[error("aggregate state is damaged: {0}")]
    Damaged(&'static str),
}
