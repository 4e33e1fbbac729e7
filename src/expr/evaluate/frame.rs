//! The rows that a part of an expression is evaluated on: those of the batch, or those of them that reach the part.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, UInt32Array};
use datafusion::arrow::compute::{filter, take};

use crate::expr::cast::arrow_error;
use crate::functions::FunctionError;

/// Rows and their columns.
#[derive(Clone)]
pub(super) struct Frame<'a> {
    columns: &'a [ArrayRef],
    params: &'a [ArrayRef],
    row_count: usize,
    /// Which rows of the columns these are; none if they are all.
    selection: Option<UInt32Array>,
    /// Columns and parameters of the selected rows, once they were asked for.
    taken: RefCell<BTreeMap<(bool, usize), ArrayRef>>,
}

impl<'a> Frame<'a> {
    /// Makes a frame of all rows of these columns, with the parameters of the lambdas around them.
    pub(super) fn new(columns: &'a [ArrayRef], params: &'a [ArrayRef], row_count: usize) -> Self {
        Frame { columns, params, row_count, selection: None, taken: RefCell::default() }
    }

    /// Returns how many rows it has.
    pub(super) fn row_count(&self) -> usize {
        self.row_count
    }

    /// Returns how many columns it has.
    pub(super) fn column_count(&self) -> usize {
        self.columns.len()
    }

    /// Returns how many parameters the lambdas around it have.
    pub(super) fn param_count(&self) -> usize {
        self.params.len()
    }

    /// Returns which row of the batch a row is.
    pub(super) fn base_row(&self, row: usize) -> usize {
        match &self.selection {
            Some(selection) => selection.value(row) as usize,
            None => row,
        }
    }

    /// Returns a column.
    pub(super) fn column(&self, index: usize) -> Result<ArrayRef, FunctionError> {
        self.get(self.columns, false, index)
    }

    /// Returns a parameter of a lambda.
    pub(super) fn param(&self, index: usize) -> Result<ArrayRef, FunctionError> {
        self.get(self.params, true, index)
    }

    fn get(
        &self,
        of: &[ArrayRef],
        is_param: bool,
        index: usize,
    ) -> Result<ArrayRef, FunctionError> {
        let whole = of.get(index).ok_or_else(|| {
            let what = if is_param { "parameter" } else { "column" };
            FunctionError::InvalidArgument(format!("there is no {what} {index}"))
        })?;
        if self.selection.is_none() {
            return Ok(Arc::clone(whole));
        }
        if let Some(taken) = self.taken.borrow().get(&(is_param, index)) {
            return Ok(Arc::clone(taken));
        }
        let taken = self.take(whole)?;
        self.taken.borrow_mut().insert((is_param, index), Arc::clone(&taken));
        Ok(taken)
    }

    /// Returns the selected rows of an array that has all of them.
    pub(super) fn take(&self, whole: &ArrayRef) -> Result<ArrayRef, FunctionError> {
        match &self.selection {
            Some(selection) => take(whole, selection, None).map_err(arrow_error),
            None => Ok(Arc::clone(whole)),
        }
    }

    /// Returns the frame of the rows that are marked.
    pub(super) fn narrow(&self, keep: &BooleanArray) -> Result<Frame<'a>, FunctionError> {
        if keep.true_count() == self.row_count {
            return Ok(self.clone());
        }
        let rows = match &self.selection {
            Some(selection) => filter(selection, keep).map_err(arrow_error)?,
            None => {
                let count = u32::try_from(self.row_count).unwrap_or(u32::MAX);
                let all = UInt32Array::from_iter_values(0..count);
                filter(&all, keep).map_err(arrow_error)?
            }
        };
        let selection = UInt32Array::from(rows.to_data());
        Ok(Frame {
            columns: self.columns,
            params: self.params,
            row_count: selection.len(),
            selection: Some(selection),
            taken: RefCell::default(),
        })
    }
}
