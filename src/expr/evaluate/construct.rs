//! ARRAY, MAP and STRUCT constructors. What fails in them is NULL in its place; the rest stands.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, StringArray};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::interleave;
use datafusion::arrow::datatypes::DataType;

use crate::expr::Expr;
use crate::expr::cast::{Elements, arrow_error, map_of, struct_of};
use crate::expr::evaluate::Evaluated;
use crate::expr::evaluate::evaluator::{Evaluator, null_where};
use crate::expr::evaluate::frame::Frame;
use crate::functions::FunctionError;
use crate::types::{SqlType, Value, value_at};

impl Evaluator<'_> {
    fn part(&mut self, expr: &Expr, frame: &Frame<'_>) -> Result<Evaluated, FunctionError> {
        self.guarded(frame, |evaluator| evaluator.eval(expr, frame))
    }

    /// Evaluates `ARRAY[…]`.
    pub(super) fn array(
        &mut self,
        elements: &[Expr],
        sql_type: &SqlType,
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let parts: Vec<Evaluated> =
            elements.iter().map(|element| self.part(element, frame)).collect::<Result<_, _>>()?;
        let DataType::List(field) = sql_type.arrow() else {
            return Err(FunctionError::InvalidArgument(format!("{sql_type} is not an ARRAY")));
        };
        let (row_count, is_constant) = form(&parts, frame);
        let values = interleave_rows(&parts, row_count)?;
        let offsets = OffsetBuffer::from_repeated_length(parts.len(), row_count);
        let list = ListArray::try_new(field, offsets, values, None).map_err(arrow_error)?;
        Ok(finish(Arc::new(list), is_constant))
    }

    /// Evaluates `STRUCT(…)`.
    pub(super) fn structure(
        &mut self,
        fields: &[Expr],
        sql_type: &SqlType,
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let parts: Vec<Evaluated> =
            fields.iter().map(|field| self.part(field, frame)).collect::<Result<_, _>>()?;
        let (row_count, is_constant) = form(&parts, frame);
        let columns: Vec<ArrayRef> =
            parts.into_iter().map(|part| part.expand(row_count)).collect::<Result<_, _>>()?;
        Ok(finish(struct_of(sql_type, columns, row_count, None)?, is_constant))
    }

    /// Evaluates `MAP(…)`. Of entries with the same key the last stands.
    pub(super) fn map(
        &mut self,
        entries: &[(Expr, Expr)],
        sql_type: &SqlType,
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let mut parts = Vec::with_capacity(entries.len() * 2);
        for (key, _) in entries {
            let key = self.part(key, frame)?;
            parts.push(self.key(key, frame)?);
        }
        for (_, value) in entries {
            parts.push(self.part(value, frame)?);
        }
        let (row_count, is_constant) = form(&parts, frame);
        let (keys, values) = parts.split_at(entries.len());
        let keys = interleave_rows(keys, row_count)?;
        let values = interleave_rows(values, row_count)?;
        let offsets = OffsetBuffer::from_repeated_length(entries.len(), row_count);
        let keys = without_repeated(&keys, entries.len())?;
        let map = map_of(sql_type, Elements::new(offsets), keys, values)?;
        Ok(finish(map, is_constant))
    }

    /// A key that is NULL is the text `null`; a row with such a key of another type fails.
    fn key(&mut self, key: Evaluated, frame: &Frame<'_>) -> Result<Evaluated, FunctionError> {
        if key.array().null_count() == 0 {
            return Ok(key);
        }
        if let Some(texts) = key.array().as_string_opt::<i32>() {
            let texts: StringArray = texts.iter().map(|t| Some(t.unwrap_or("null"))).collect();
            return Ok(finish(Arc::new(texts), key.is_constant()));
        }
        for row in 0..frame.row_count() {
            if key.array().is_null(key.row(row)) {
                self.fail(frame, row, "a key of a MAP is NULL".to_owned());
            }
        }
        Ok(key)
    }
}

/// Returns how many rows the composite has, and whether one row stands for all.
fn form(parts: &[Evaluated], frame: &Frame<'_>) -> (usize, bool) {
    let is_constant = parts.iter().all(Evaluated::is_constant);
    (if is_constant { 1 } else { frame.row_count() }, is_constant)
}

fn finish(array: ArrayRef, is_constant: bool) -> Evaluated {
    if is_constant { Evaluated::Constant(array) } else { Evaluated::Column(array) }
}

/// Puts the parts of each row side by side, row after row.
fn interleave_rows(parts: &[Evaluated], row_count: usize) -> Result<ArrayRef, FunctionError> {
    let count = parts.len().saturating_mul(row_count);
    if i32::try_from(count).is_err() {
        return Err(FunctionError::InvalidArgument("the batch has too many elements".to_owned()));
    }
    let arrays: Vec<&dyn Array> = parts.iter().map(|part| part.array().as_ref()).collect();
    let place = |row: usize| parts.iter().enumerate().map(move |(i, part)| (i, part.row(row)));
    let places: Vec<(usize, usize)> = (0..row_count).flat_map(place).collect();
    interleave(&arrays, &places).map_err(arrow_error)
}

/// Sets keys to NULL that a later entry of the same row has too, so that their entries are dropped.
fn without_repeated(keys: &ArrayRef, per_row: usize) -> Result<ArrayRef, FunctionError> {
    if per_row < 2 {
        return Ok(Arc::clone(keys));
    }
    let values: Vec<Value> = (0..keys.len()).map(|at| value_at(keys, at)).collect();
    let rows = values.chunks(per_row);
    let is_repeated = |row: &[Value], at: usize| row[at + 1..].contains(&row[at]);
    let mask: Vec<bool> =
        rows.flat_map(|row| (0..row.len()).map(move |at| is_repeated(row, at))).collect();
    if !mask.contains(&true) {
        return Ok(Arc::clone(keys));
    }
    null_where(keys, &BooleanArray::from(mask))
}
