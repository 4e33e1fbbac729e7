//! What a function is called with.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::buffer::NullBuffer;

use crate::functions::FunctionError;
use crate::types::{SqlType, Value};

/// The type of an argument, as far as it is known before an overload is chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum ArgumentType {
    /// An expression of this type.
    Typed(SqlType),
    /// A literal: the type, and the value for functions that need it when the query is built (NULL literals have no type).
    Literal(Option<SqlType>, Value),
    /// A lambda of so many parameters.
    Lambda(usize),
    /// A unit of time such as `DAYS`; its argument is a VARCHAR constant of that name.
    IntervalUnit,
}

impl ArgumentType {
    /// Returns the type, if it has one.
    pub fn sql_type(&self) -> Option<&SqlType> {
        match self {
            ArgumentType::Typed(sql_type) => Some(sql_type),
            ArgumentType::Literal(sql_type, _) => sql_type.as_ref(),
            ArgumentType::Lambda(_) | ArgumentType::IntervalUnit => None,
        }
    }
}

/// One argument of a call, for all rows of a batch.
#[derive(Clone)]
pub enum Argument {
    /// One value for each row.
    Column(ArrayRef),
    /// The same value for all rows: an array of one row.
    Constant(ArrayRef),
    /// A lambda.
    Lambda(Arc<dyn LambdaBody>),
}

/// The body of a lambda, evaluated by column.
pub trait LambdaBody: Send + Sync {
    /// Evaluates the body once for each row of `params`; `parents` holds, for each of them, the row of the batch in which
    /// the call stands, so that the body can use the batch's columns too.
    ///
    /// Failures are recorded against the parent's row.
    fn evaluate(
        &self,
        params: &[ArrayRef],
        parents: &UInt32Array,
        failures: &mut RowFailures,
    ) -> Result<ArrayRef, FunctionError>;
}

/// A row that could not be computed; its result is NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFailure {
    /// The row in the batch.
    pub row: usize,
    /// Why.
    pub reason: String,
}

/// Collects the failures of a batch.
#[derive(Clone, Debug, Default)]
pub struct RowFailures(pub Vec<RowFailure>);

impl RowFailures {
    /// Records that a row could not be computed.
    pub fn push(&mut self, row: usize, reason: impl Into<String>) {
        self.0.push(RowFailure { row, reason: reason.into() });
    }
}

/// A call of a scalar function for all rows of a batch.
pub struct Call<'a> {
    /// The arguments, of the types that the overload asked for.
    pub args: &'a [Argument],
    /// How many rows the result must have.
    pub row_count: usize,
    /// The type that the result must have.
    pub return_type: &'a SqlType,
    /// The wall clock in milliseconds as the runtime read it for this batch, for functions such as UNIX_TIMESTAMP().
    pub now_ms: i64,
    /// Where rows that fail are recorded.
    pub failures: &'a mut RowFailures,
    /// Which rows are computed at all; the others are NULL, as one of their arguments is. None if all are.
    pub rows: Option<NullBuffer>,
}

impl Call<'_> {
    /// Tells whether a row is computed; if not, it is NULL.
    pub fn is_computed(&self, row: usize) -> bool {
        self.rows.as_ref().is_none_or(|rows| rows.is_valid(row))
    }
}
