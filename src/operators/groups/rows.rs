//! Stored groups, and groups as columns.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::buffer::ScalarBuffer;

use crate::formats::row::{builders, read_row};
use crate::functions::aggregate::Accumulator;
use crate::operators::progress::PROGRESS_KEY;
use crate::operators::{AggregateSpec, OperatorError};
use crate::state::{StateError, StorePartition};
use crate::types::{ColumnBuilder, SqlType};

/// Takes the states of a group off stored bytes, and returns its event time.
pub(in crate::operators) fn load_states(
    accumulators: &mut [Box<dyn Accumulator>],
    group: u32,
    value: &[u8],
) -> Result<i64, StateError> {
    let (time, mut states) = value
        .split_first_chunk::<8>()
        .ok_or_else(|| StateError::Damaged("a group of an aggregate".to_owned()))?;
    for accumulator in accumulators {
        accumulator
            .load(group, &mut states)
            .map_err(|error| StateError::Damaged(error.to_string()))?;
    }
    Ok(i64::from_be_bytes(*time))
}

/// The groups that an aggregate has committed.
pub struct GroupRows {
    /// The window starts, if the aggregate is windowed; the grouping columns; the functions' results.
    pub columns: Vec<ArrayRef>,
    /// The event time of each group.
    pub times: ScalarBuffer<i64>,
}

/// Reads groups that an aggregate has committed. A windowed one's keys begin with a window start.
pub fn read_group_rows(
    spec: &AggregateSpec,
    is_windowed: bool,
    entries: impl Iterator<Item = Result<(Box<[u8]>, Box<[u8]>), StateError>>,
) -> Result<GroupRows, OperatorError> {
    let start = is_windowed.then_some(&SqlType::Bigint);
    let mut keys = builders(start.into_iter().chain(&spec.key_types));
    let mut accumulators = spec.accumulators()?;
    let (mut times, mut groups) = (Vec::new(), Vec::new());
    for entry in entries {
        let (full_key, value) = entry?;
        let key = &full_key[StorePartition::PREFIX_SIZE..];
        if key == PROGRESS_KEY {
            continue;
        }
        read_row(key, &mut keys)
            .map_err(|_| StateError::Damaged("the key of a group".to_owned()))?;
        let group = u32::try_from(groups.len()).expect("fewer than 2^32 groups fit in memory");
        groups.push(group);
        accumulators.iter_mut().for_each(|states| states.resize(groups.len()));
        times.push(load_states(&mut accumulators, group, &value)?);
    }
    let mut columns: Vec<_> = keys.iter_mut().map(ColumnBuilder::finish).collect();
    columns.extend(spec.results(&accumulators, &groups));
    Ok(GroupRows { columns, times: ScalarBuffer::from(times) })
}
