//! Evaluates a lambda for the elements of all rows at once.

use std::collections::HashSet;
use std::ops::Range;

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::compute::take;

use crate::functions::results::arrow_error;
use crate::functions::{Call, FunctionError, Lists, Maps};

/// The elements, or entries, of all rows, one after the other.
pub(super) struct Flattened {
    /// What the lambda takes: the elements, or the keys and the values.
    pub(super) params: Vec<ArrayRef>,
    /// The row that each belongs to.
    parents: UInt32Array,
    /// Where those of each row stand; none if the row is NULL.
    ranges: Vec<Option<Range<usize>>>,
}

impl Flattened {
    /// Flattens an ARRAY argument.
    pub(super) fn of_lists(call: &Call<'_>, lists: Lists<'_>) -> Result<Self, FunctionError> {
        flatten(call, &[lists.elements()], |row| lists.get(row))
    }

    /// Flattens a MAP argument.
    pub(super) fn of_maps(call: &Call<'_>, maps: Maps<'_>) -> Result<Self, FunctionError> {
        flatten(call, &[maps.keys(), maps.values()], |row| maps.get(row))
    }

    /// Evaluates a lambda for each. A row for one of whose elements it fails is NULL from now on.
    pub(super) fn evaluate(
        &mut self,
        call: &mut Call<'_>,
        index: usize,
    ) -> Result<ArrayRef, FunctionError> {
        let before = call.failures.0.len();
        let lambda = call.lambda(index)?;
        let result = lambda.evaluate(&self.params, &self.parents, call.failures)?;
        for row in failed_since(call, before) {
            if let Some(range) = self.ranges.get_mut(row) {
                *range = None;
            }
        }
        Ok(result)
    }

    /// Returns where the elements of a row stand; none if the row is NULL.
    pub(super) fn get(&self, row: usize) -> Option<Range<usize>> {
        self.ranges[row].clone()
    }
}

fn flatten(
    call: &Call<'_>,
    sources: &[&ArrayRef],
    range: impl Fn(usize) -> Option<Range<usize>>,
) -> Result<Flattened, FunctionError> {
    let (mut indices, mut parents) = (Vec::new(), Vec::new());
    let mut ranges = Vec::with_capacity(call.row_count);
    for row in 0..call.row_count {
        let Some(range) = range(row).filter(|_| call.is_computed(row)) else {
            ranges.push(None);
            continue;
        };
        let begin = indices.len();
        parents.extend(range.clone().map(|_| number(row)));
        indices.extend(range.map(number));
        ranges.push(Some(begin..indices.len()));
    }
    let indices = UInt32Array::from(indices);
    let params = sources.iter().map(|source| take(source, &indices, None));
    let params = params.collect::<Result<_, _>>().map_err(arrow_error)?;
    Ok(Flattened { params, parents: UInt32Array::from(parents), ranges })
}

/// Returns the rows that have failed since there were so many failures.
pub(super) fn failed_since(call: &Call<'_>, before: usize) -> HashSet<usize> {
    call.failures.0[before..].iter().map(|failure| failure.row).collect()
}

/// Arrow numbers the rows of a column with 32 bits.
pub(super) fn number(row: usize) -> u32 {
    u32::try_from(row).expect("a column has less than 2^31 rows")
}
