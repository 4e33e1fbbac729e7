//! States side by side in one vector, and the loops that every aggregate function's kernel is compiled into.

use datafusion::arrow::array::ArrayRef;

use crate::functions::RowFailures;
use crate::functions::aggregate::bytes::take_u8;
use crate::functions::aggregate::{Accumulator, GroupedRows, Merge, StateError};

/// What one aggregate function does to one state; [`Dense`] makes the loops of it.
///
/// A call is inlined into the loop over rows: a kernel that allocates nothing makes a loop that allocates nothing.
pub(super) trait Kernel: Send + 'static {
    /// A group's state; the default is the empty group's.
    type State: Default + Send;
    /// The argument columns, of their own types.
    type Args<'a>;
    /// Results that are being collected.
    type Results;

    /// The version of the saved form.
    const VERSION: u8 = 1;
    /// Whether states hold memory of their own.
    const HAS_HEAP: bool = false;

    /// Looks at the columns by their types; called once for a batch.
    fn bind<'a>(&self, args: &'a [ArrayRef]) -> Self::Args<'a>;

    /// Adds a row; on an error the state is as it was.
    fn add(
        &self,
        state: &mut Self::State,
        args: &Self::Args<'_>,
        row: usize,
        sequence: u64,
    ) -> Result<(), String>;

    /// Takes a row back. Not called on functions without undo.
    fn remove(
        &self,
        _state: &mut Self::State,
        _args: &Self::Args<'_>,
        _row: usize,
    ) -> Result<(), String> {
        Ok(())
    }

    /// Adds a later state to an earlier one; on an error `into` is as it was.
    fn merge(&self, into: &mut Self::State, from: Self::State) -> Result<(), String>;

    /// Copies a state, if states merge exactly: see [`Accumulator::merges_exactly`].
    fn copy(&self, _state: &Self::State) -> Option<Self::State> {
        None
    }

    /// Begins to collect results.
    fn results(&self, capacity: usize) -> Self::Results;

    /// Collects the result of a state.
    fn push(&self, state: &Self::State, results: &mut Self::Results);

    /// Returns what was collected.
    fn finish(&self, results: Self::Results) -> ArrayRef;

    /// Appends a state to `out`; the version stands before it.
    fn save(&self, state: &Self::State, out: &mut Vec<u8>);

    /// Takes a state off the front of `bytes`.
    fn load(&self, bytes: &mut &[u8]) -> Result<Self::State, StateError>;

    /// Returns how many bytes a state holds outside itself; called before and after every change, so it must be quick.
    fn heap_size(&self, _state: &Self::State) -> usize {
        0
    }
}

/// How many results of up to a mebibyte are asked for in one call.
pub(crate) const LARGE_RESULTS_MAX: usize = 1024;

/// The states of a kernel, side by side.
pub(super) struct Dense<K: Kernel> {
    kernel: K,
    states: Vec<K::State>,
    heap_size: usize,
}

impl<K: Kernel> Dense<K> {
    /// Makes an accumulator without groups.
    pub(super) fn new(kernel: K) -> Self {
        Dense { kernel, states: Vec::new(), heap_size: 0 }
    }

    /// Makes it and forgets the type.
    pub(super) fn boxed(kernel: K) -> Box<dyn Accumulator> {
        Box::new(Dense::new(kernel))
    }

    /// Applies all updates, and shows each state right after its update.
    #[inline]
    fn apply(
        &mut self,
        args: &[ArrayRef],
        rows: &GroupedRows<'_>,
        failures: &mut RowFailures,
        mut after: impl FnMut(&K, &K::State),
    ) {
        let args = self.kernel.bind(args);
        let first = rows.first_sequence;
        match (rows.rows, rows.undone) {
            (None, None) => {
                for (row, group) in rows.groups.iter().enumerate() {
                    let state = self.add(*group, &args, (row, first), failures);
                    after(&self.kernel, &self.states[state]);
                }
            }
            (Some(taken), None) => {
                for (row, group) in taken.iter().zip(rows.groups) {
                    let state = self.add(*group, &args, (*row as usize, first), failures);
                    after(&self.kernel, &self.states[state]);
                }
            }
            (_, Some(undone)) => {
                for (update, (group, undone)) in rows.groups.iter().zip(undone).enumerate() {
                    let row = rows.row(update);
                    let state = if *undone {
                        self.remove(*group, &args, row, failures)
                    } else {
                        self.add(*group, &args, (row, first), failures)
                    };
                    after(&self.kernel, &self.states[state]);
                }
            }
        }
    }

    #[inline]
    fn add(
        &mut self,
        group: u32,
        args: &K::Args<'_>,
        (row, first_sequence): (usize, u64),
        failures: &mut RowFailures,
    ) -> usize {
        let sequence = first_sequence.wrapping_add(row as u64);
        self.change(group, row, failures, |kernel, state| kernel.add(state, args, row, sequence))
    }

    fn remove(
        &mut self,
        group: u32,
        args: &K::Args<'_>,
        row: usize,
        failures: &mut RowFailures,
    ) -> usize {
        self.change(group, row, failures, |kernel, state| kernel.remove(state, args, row))
    }

    /// Changes a state, and keeps count of the memory.
    #[inline]
    fn change(
        &mut self,
        group: u32,
        row: usize,
        failures: &mut RowFailures,
        change: impl FnOnce(&K, &mut K::State) -> Result<(), String>,
    ) -> usize {
        let state = &mut self.states[group as usize];
        let before = if K::HAS_HEAP { self.kernel.heap_size(state) } else { 0 };
        if let Err(reason) = change(&self.kernel, state) {
            failures.push(row, reason);
        }
        if K::HAS_HEAP {
            self.heap_size = self.heap_size + self.kernel.heap_size(state) - before;
        }
        group as usize
    }

    /// Puts a state into a group's place and returns the one that was there.
    fn replace(&mut self, group: u32, state: K::State) -> K::State {
        let added = self.kernel.heap_size(&state);
        let old = std::mem::replace(&mut self.states[group as usize], state);
        self.heap_size = self.heap_size + added - self.kernel.heap_size(&old);
        old
    }
}

impl<K: Kernel> Accumulator for Dense<K> {
    fn resize(&mut self, group_count: usize) {
        for group in group_count..self.states.len() {
            self.heap_size -= self.kernel.heap_size(&self.states[group]);
        }
        self.states.resize_with(group_count, K::State::default);
    }

    fn update(&mut self, args: &[ArrayRef], rows: &GroupedRows<'_>, failures: &mut RowFailures) {
        self.apply(args, rows, failures, |_, _| {});
    }

    fn update_each(
        &mut self,
        args: &[ArrayRef],
        rows: &GroupedRows<'_>,
        failures: &mut RowFailures,
    ) -> ArrayRef {
        let mut results = self.kernel.results(rows.groups.len());
        self.apply(args, rows, failures, |kernel, state| kernel.push(state, &mut results));
        self.kernel.finish(results)
    }

    fn merge(&mut self, into: u32, from: u32) -> Result<(), String> {
        assert_ne!(into, from, "a group is not merged with itself");
        let from = self.replace(from, K::State::default());
        let into = &mut self.states[into as usize];
        let before = self.kernel.heap_size(into);
        let merged = self.kernel.merge(into, from);
        self.heap_size = self.heap_size + self.kernel.heap_size(into) - before;
        merged
    }

    fn merges_exactly(&self) -> bool {
        self.kernel.copy(&K::State::default()).is_some()
    }

    fn merge_copies(&mut self, merges: &[Merge]) {
        for Merge { into, left, right } in merges {
            let copy = |group: &u32| self.kernel.copy(&self.states[*group as usize]);
            let (Some(mut merged), Some(right)) = (copy(left), copy(right)) else { return };
            // States that merge exactly have no reason to fail.
            if self.kernel.merge(&mut merged, right).is_ok() {
                self.replace(*into, merged);
            }
        }
    }

    fn reset(&mut self, group: u32) {
        self.replace(group, K::State::default());
    }

    fn evaluate(&self, groups: &[u32]) -> ArrayRef {
        let mut results = self.kernel.results(groups.len());
        for group in groups {
            self.kernel.push(&self.states[*group as usize], &mut results);
        }
        self.kernel.finish(results)
    }

    fn save(&self, group: u32, out: &mut Vec<u8>) {
        out.push(K::VERSION);
        self.kernel.save(&self.states[group as usize], out);
    }

    fn load(&mut self, group: u32, bytes: &mut &[u8]) -> Result<(), StateError> {
        let version = take_u8(bytes)?;
        if version != K::VERSION {
            return Err(StateError::UnknownVersion(version));
        }
        let state = self.kernel.load(bytes)?;
        self.replace(group, state);
        Ok(())
    }

    fn results_per_call_max(&self) -> usize {
        if K::HAS_HEAP { LARGE_RESULTS_MAX } else { usize::MAX }
    }

    fn memory_size(&self) -> usize {
        self.states.capacity() * size_of::<K::State>() + self.heap_size
    }
}
