//! Different values and how often each occurs: the state of HISTOGRAM and ATTR.

use crate::functions::aggregate::StateError;
use crate::functions::aggregate::bytes::take_i64;
use crate::functions::aggregate::cell::Cell;
use crate::functions::aggregate::lists::CellSet;
use crate::types::SqlType;

/// Different values and how often each occurs, always at least once.
pub(super) struct Counted<C> {
    values: CellSet<C>,
    counts: Vec<i64>,
}

impl<C> Default for Counted<C> {
    fn default() -> Self {
        Counted { values: CellSet::default(), counts: Vec::new() }
    }
}

impl<C: Cell> Counted<C> {
    /// Returns how many different values there are.
    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// Returns the values and how often each occurs, in the order in which each came first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Option<&C>, i64)> {
        self.values.cells().iter().map(Option::as_ref).zip(self.counts.iter().copied())
    }

    /// Counts a value, or NULL, so many times more; leaves out a new one if there are `len_max` already.
    pub(super) fn add(
        &mut self,
        value: Option<C::Ref<'_>>,
        count: i64,
        len_max: usize,
    ) -> Result<(), String> {
        if let Some(place) = self.values.find(value) {
            self.counts[place] = self.counts[place].saturating_add(count);
        } else if self.len() < len_max {
            self.values.push(value)?;
            self.counts.push(count);
        }
        Ok(())
    }

    /// Counts a value once less; one that was never counted is not there.
    pub(super) fn remove(&mut self, value: Option<C::Ref<'_>>) {
        let Some(place) = self.values.find(value) else { return };
        self.counts[place] -= 1;
        if self.counts[place] < 1 {
            self.values.remove(place);
            self.counts.remove(place);
        }
    }

    /// Returns how many bytes it holds outside itself.
    pub(super) fn heap_size(&self) -> usize {
        self.values.heap_size() + self.counts.capacity() * size_of::<i64>()
    }

    /// Appends it to `out`.
    pub(super) fn save(&self, out: &mut Vec<u8>) {
        self.values.save(out);
        self.counts.iter().for_each(|count| out.extend_from_slice(&count.to_le_bytes()));
    }

    /// Takes it off the front of `bytes`.
    pub(super) fn load(sql_type: &SqlType, bytes: &mut &[u8]) -> Result<Self, StateError> {
        let values = CellSet::load(sql_type, bytes)?;
        let counts = values.cells().iter().map(|_| take_i64(bytes));
        let counts: Vec<i64> = counts.collect::<Result<_, _>>()?;
        if counts.iter().any(|count| *count < 1) {
            return Err(StateError::Damaged("a value is counted less than once"));
        }
        Ok(Counted { values, counts })
    }
}
