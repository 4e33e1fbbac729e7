//! `base[index]` and `base->field`; NULL where the base is.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array, make_array};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Int32Type};

use crate::expr::cast::{Elements, arrow_error, elements_of};
use crate::expr::evaluate::Evaluated;
use crate::expr::evaluate::arithmetic::row_count;
use crate::expr::evaluate::comparison::compare;
use crate::expr::evaluate::evaluator::{Evaluator, map_array};
use crate::expr::evaluate::frame::Frame;
use crate::expr::{ComparisonOp, Expr};
use crate::functions::FunctionError;

impl Evaluator<'_> {
    /// Evaluates `base->field`.
    pub(super) fn field(
        &mut self,
        base: &Expr,
        index: usize,
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let base = self.eval(base, frame)?;
        map_array(&base, |array| {
            let structs = array.as_struct_opt().filter(|s| index < s.num_columns());
            let structs = structs.ok_or_else(|| {
                FunctionError::InvalidArgument(format!(
                    "{} has no field {index}",
                    array.data_type()
                ))
            })?;
            with_nulls_of(structs.nulls(), structs.column(index))
        })
    }

    /// Evaluates `base[index]`.
    pub(super) fn subscript(
        &mut self,
        base: &Expr,
        index: &Expr,
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let (base, index) = (self.eval(base, frame)?, self.eval(index, frame)?);
        let is_constant = base.is_constant() && index.is_constant();
        let rows = row_count(&base, &index);
        let base = base.expand(rows)?;
        let picked = match base.data_type() {
            DataType::Map(..) => map_value(&base, index, rows)?,
            _ => array_element(&base, &index, rows)?,
        };
        Ok(if is_constant { Evaluated::Constant(picked) } else { Evaluated::Column(picked) })
    }
}

/// Sets those rows of a field to NULL whose struct is.
fn with_nulls_of(nulls: Option<&NullBuffer>, field: &ArrayRef) -> Result<ArrayRef, FunctionError> {
    let Some(nulls) = nulls.filter(|nulls| 0 < nulls.null_count()) else {
        return Ok(Arc::clone(field));
    };
    let nulls = NullBuffer::union(Some(nulls), field.nulls());
    let data = field.to_data().into_builder().nulls(nulls).build().map_err(arrow_error)?;
    Ok(make_array(data))
}

/// Picks elements: from 1 on from the front, below 0 from the end; NULL where there is none.
fn array_element(
    base: &ArrayRef,
    index: &Evaluated,
    row_count: usize,
) -> Result<ArrayRef, FunctionError> {
    let (rows, parts) = elements_of(base);
    let indexes = index.array().as_primitive_opt::<Int32Type>().ok_or_else(|| {
        FunctionError::InvalidArgument("the index of an ARRAY is not an INTEGER".to_owned())
    })?;
    let place = |row: usize| {
        let at = index.row(row);
        if base.is_null(row) || indexes.is_null(at) {
            return None;
        }
        element_place(&rows, row, indexes.value(at))
    };
    let places: UInt32Array = (0..row_count).map(place).collect();
    take(&parts[0], &places, None).map_err(arrow_error)
}

fn element_place(rows: &Elements, row: usize, index: i32) -> Option<u32> {
    let range = rows.range(row);
    let offset = usize::try_from(index.unsigned_abs()).ok()?;
    let place = match index {
        0 => return None,
        1.. => range.start.checked_add(offset - 1)?,
        _ => range.end.checked_sub(offset)?,
    };
    range.contains(&place).then(|| u32::try_from(place).ok())?
}

/// Picks the values of keys; NULL where there is no such key.
fn map_value(
    base: &ArrayRef,
    index: Evaluated,
    row_count: usize,
) -> Result<ArrayRef, FunctionError> {
    let (rows, parts) = elements_of(base);
    let (keys, values) = (&parts[0], &parts[1]);
    // Each key is compared with what its row asks for.
    let asked = match index {
        Evaluated::Constant(array) => Evaluated::Constant(array),
        Evaluated::Column(array) => {
            let parents = UInt32Array::from(rows.parents());
            Evaluated::Column(take(&array, &parents, None).map_err(arrow_error)?)
        }
    };
    let entry_count = keys.len();
    let equal = compare(&Evaluated::Column(Arc::clone(keys)), ComparisonOp::Equal, &asked)?;
    let equal = equal.expand(entry_count)?;
    let equal: &BooleanArray = equal.as_boolean();
    let place = |row: usize| {
        if base.is_null(row) {
            return None;
        }
        let entry = rows.range(row).find(|entry| equal.value(*entry))?;
        u32::try_from(entry).ok()
    };
    let places: UInt32Array = (0..row_count).map(place).collect();
    take(values, &places, None).map_err(arrow_error)
}
