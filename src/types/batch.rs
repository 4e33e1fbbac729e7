//! What flows between operators: rows as Arrow columns, each with its event time.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, UInt32Array};
use datafusion::arrow::buffer::{BooleanBuffer, ScalarBuffer};
use datafusion::arrow::compute::{filter, take};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::error::ArrowError;

/// Rows of one partition, in the order of their records.
///
/// A table's batch holds changes: the new row of a key, or that the key is gone.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The columns, by the schema of the node that emits them.
    pub columns: Vec<ArrayRef>,
    /// Each row's event time, in milliseconds.
    pub times: ScalarBuffer<i64>,
    /// Each row's window, if its key is windowed.
    pub windows: Option<Windows>,
    /// Which rows say that their key is gone (tombstones); their value columns are null. None if no row does.
    pub deleted: Option<BooleanBuffer>,
    /// Each record's headers, `ARRAY<STRUCT<key, value>>`; none if no record has any.
    pub headers: Option<ArrayRef>,
    /// Which rows are taken back out of their groups; only between a table and the aggregate over it, and none if no row is.
    pub undone: Option<Undone>,
}

/// The rows of a table that an aggregate takes back.
#[derive(Clone, Debug, PartialEq)]
pub struct Undone {
    /// Which rows are taken back.
    pub rows: BooleanBuffer,
    /// Which of those are followed by the row that replaces them, in the same group: both make one change of it.
    pub replaced: BooleanBuffer,
}

/// The windows of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Windows {
    /// When each begins, in milliseconds.
    pub starts: ScalarBuffer<i64>,
    /// When each ends.
    pub ends: ScalarBuffer<i64>,
}

impl Batch {
    /// Makes a batch of unwindowed rows without tombstones or headers.
    pub fn new(columns: Vec<ArrayRef>, times: ScalarBuffer<i64>) -> Self {
        Batch { columns, times, windows: None, deleted: None, headers: None, undone: None }
    }

    /// Returns about how many bytes it takes.
    pub fn memory_size(&self) -> usize {
        let columns = self.columns.iter().chain(&self.headers);
        let columns: usize = columns.map(|column| column.get_array_memory_size()).sum();
        columns + self.times.inner().len()
    }

    /// Returns how many rows it has.
    pub fn row_count(&self) -> usize {
        self.times.len()
    }

    /// Tells whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Tells whether a row says that its key is gone.
    pub fn is_deleted(&self, row: usize) -> bool {
        self.deleted.as_ref().is_some_and(|deleted| deleted.value(row))
    }

    /// Tells whether a row is taken back and replaced by the one behind it.
    pub fn is_replaced(&self, row: usize) -> bool {
        self.undone.as_ref().is_some_and(|undone| undone.replaced.value(row))
    }

    /// Returns the same rows with other columns.
    #[must_use]
    pub fn with_columns(&self, columns: Vec<ArrayRef>) -> Self {
        Batch { columns, ..self.clone() }
    }

    /// Returns the rows that `keep` marks.
    pub fn filter(&self, keep: &BooleanArray) -> Result<Self, ArrowError> {
        if keep.null_count() == 0 && !keep.has_false() {
            return Ok(self.clone());
        }
        self.map_arrays(|array| filter(array, keep))
    }

    /// Returns the rows that have a value: those that do not say that their key is gone.
    pub fn live(self) -> Result<Self, ArrowError> {
        match &self.deleted {
            Some(deleted) => self.filter(&BooleanArray::new(!deleted, None)),
            None => Ok(self),
        }
    }

    /// Returns the rows of those numbers, in that order.
    pub fn take(&self, rows: &UInt32Array) -> Result<Self, ArrowError> {
        self.map_arrays(|array| take(array, rows, None))
    }

    /// Returns a run of rows, without copying them.
    #[must_use]
    pub fn slice(&self, offset: usize, count: usize) -> Self {
        Batch {
            columns: self.columns.iter().map(|column| column.slice(offset, count)).collect(),
            times: self.times.slice(offset, count),
            windows: self.windows.as_ref().map(|windows| Windows {
                starts: windows.starts.slice(offset, count),
                ends: windows.ends.slice(offset, count),
            }),
            deleted: self.deleted.as_ref().map(|deleted| deleted.slice(offset, count)),
            headers: self.headers.as_ref().map(|headers| headers.slice(offset, count)),
            undone: self.undone.as_ref().map(|undone| Undone {
                rows: undone.rows.slice(offset, count),
                replaced: undone.replaced.slice(offset, count),
            }),
        }
    }
}

impl Batch {
    /// Applies the same selection of rows to every part.
    fn map_arrays(
        &self,
        select: impl Fn(&dyn Array) -> Result<ArrayRef, ArrowError>,
    ) -> Result<Self, ArrowError> {
        let longs = |values: &ScalarBuffer<i64>| -> Result<ScalarBuffer<i64>, ArrowError> {
            let selected = select(&Int64Array::new(values.clone(), None))?;
            Ok(selected.as_primitive::<Int64Type>().values().clone())
        };
        let windows = match &self.windows {
            Some(windows) => {
                Some(Windows { starts: longs(&windows.starts)?, ends: longs(&windows.ends)? })
            }
            None => None,
        };
        let marks = |marks: &BooleanBuffer| -> Result<BooleanBuffer, ArrowError> {
            let selected = select(&BooleanArray::new(marks.clone(), None))?;
            Ok(selected.as_boolean().values().clone())
        };
        let deleted = self.deleted.as_ref().map(marks).transpose()?;
        let undone = match &self.undone {
            Some(undone) => {
                Some(Undone { rows: marks(&undone.rows)?, replaced: marks(&undone.replaced)? })
            }
            None => None,
        };
        Ok(Batch {
            columns: self.columns.iter().map(|column| select(column)).collect::<Result<_, _>>()?,
            times: longs(&self.times)?,
            windows,
            deleted: deleted.filter(|deleted| 0 < deleted.count_set_bits()),
            headers: self.headers.as_ref().map(|headers| select(headers)).transpose()?,
            undone,
        })
    }
}
