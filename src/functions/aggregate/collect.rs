//! What COLLECT_LIST and COLLECT_SET share: how many values they may keep.

use crate::functions::FunctionError;
use crate::functions::aggregate::AggregateCall;

/// How many values a group may keep.
#[derive(Clone, Copy)]
pub(super) struct CollectLimit {
    count_max: usize,
}

impl CollectLimit {
    /// Reads the limit from a property of the statement; without it, or if it is negative, only the size is limited.
    pub(super) fn of(call: &AggregateCall<'_>, property: &str) -> Result<Self, FunctionError> {
        let Some(text) = call.properties.get(property) else {
            return Ok(CollectLimit { count_max: usize::MAX });
        };
        let limit: i64 = text.trim().parse().map_err(|_| {
            FunctionError::InvalidArgument(format!("{property} is not a whole number: '{text}'"))
        })?;
        Ok(CollectLimit { count_max: usize::try_from(limit).unwrap_or(usize::MAX) })
    }

    /// Tells whether a group with so many values takes no more. What was asked for is not an error.
    pub(super) fn is_reached(self, count: usize) -> bool {
        self.count_max <= count
    }
}
