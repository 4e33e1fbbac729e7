//! Takes the event time of rows from a column.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use datafusion::arrow::datatypes::{DataType, Int64Type, TimestampMillisecondType};

use crate::operators::{Operator, OperatorContext, OperatorError, Report};
use crate::types::Batch;
use crate::types::datetime::{DateTimePattern, Zone};

/// Reads the event time in a row of a column: BIGINT, TIMESTAMP, or VARCHAR by a pattern. Says why there is none.
pub fn event_time(
    column: &ArrayRef,
    row: usize,
    pattern: Option<&DateTimePattern>,
) -> Result<i64, String> {
    if column.is_null(row) {
        return Err("the timestamp column is null".to_owned());
    }
    let time = match (column.data_type(), pattern) {
        (DataType::Utf8, Some(pattern)) => pattern
            .parse_timestamp(column.as_string::<i32>().value(row), Zone::UTC)
            .map_err(|error| error.to_string())?,
        (DataType::Int64, _) => column.as_primitive::<Int64Type>().value(row),
        (DataType::Timestamp(_, _), _) => {
            column.as_primitive::<TimestampMillisecondType>().value(row)
        }
        (other, _) => return Err(format!("a column of type {other} gives no timestamp")),
    };
    if time < 0 {
        return Err(format!("the timestamp {time} is before 1970"));
    }
    Ok(time)
}

/// Takes the event time of rows from a column. A row in which it holds no time is dropped and reported; one without a value keeps the
/// time it has.
pub struct EventTime {
    column: usize,
    pattern: Option<DateTimePattern>,
}

impl EventTime {
    /// Makes the operator; a VARCHAR column needs a pattern.
    pub fn open(column: usize, pattern: Option<&Arc<str>>) -> Result<Self, OperatorError> {
        let pattern = pattern.map(|pattern| DateTimePattern::compile(pattern)).transpose();
        let pattern = pattern.map_err(|error| OperatorError::Record(error.to_string()))?;
        Ok(EventTime { column, pattern })
    }
}

impl Operator for EventTime {
    fn process(
        &mut self,
        _port: usize,
        batch: Batch,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let column = &batch.columns[self.column];
        let mut times = batch.times.to_vec();
        let mut keep = vec![true; times.len()];
        for (row, time) in times.iter_mut().enumerate() {
            if batch.is_deleted(row) {
                continue;
            }
            match event_time(column, row, self.pattern.as_ref()) {
                Ok(found) => *time = found,
                Err(reason) => {
                    keep[row] = false;
                    ctx.reports.push(Report::Expression { reason });
                }
            }
        }
        let all_kept = keep.iter().all(|keep| *keep);
        let timed = Batch { times: times.into(), ..batch };
        if all_kept {
            emit.push(timed);
            return Ok(());
        }
        let kept = timed.filter(&BooleanArray::from(keep));
        emit.push(kept.map_err(|error| OperatorError::Record(error.to_string()))?);
        Ok(())
    }
}
