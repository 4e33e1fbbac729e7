//! A table function: its overloads, its docs, and its kernel.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::buffer::OffsetBuffer;

use crate::functions::{
    ArgumentType, Category, Description, Example, FunctionError, OverloadDescription, RowFailures,
    Signature, SignatureError, resolve_overload,
};
use crate::types::{ColumnBuilder, SqlType, Value, value_at};

/// How many values a call makes at most, unless one row alone makes more: with the row that reaches it, the call ends.
pub const ROWS_PER_CALL_MAX: usize = 1 << 20;

/// A call of a table function.
pub struct TableCall<'a> {
    /// The arguments, of the types that the overload asked for.
    pub args: &'a [ArrayRef],
    /// How many rows there are.
    pub row_count: usize,
    /// The type of a value.
    pub return_type: &'a SqlType,
    /// Where rows that fail are recorded; they make no value.
    pub failures: &'a mut RowFailures,
}

/// The values that a call made.
#[derive(Debug)]
pub struct TableRows {
    /// Which values came of each row: row `i` made those from `ends[i]` to `ends[i + 1]`.
    ///
    /// They may be of fewer rows than there were, but of one at least: call again for the rest.
    pub ends: OffsetBuffer<i32>,
    /// The values of all these rows.
    pub values: ArrayRef,
}

impl TableRows {
    /// Returns of how many rows these values are.
    pub fn row_count(&self) -> usize {
        self.ends.len() - 1
    }
}

/// Makes the values of a call.
pub type TableKernel =
    Arc<dyn Fn(&mut TableCall<'_>) -> Result<TableRows, FunctionError> + Send + Sync>;

type ReturnTyper = Arc<dyn Fn(&[SqlType]) -> Result<SqlType, FunctionError> + Send + Sync>;

/// A table function: for each row, any number of values, each of which becomes a row.
///
/// ```
/// use tidemill::functions::table::TableFunction;
/// use tidemill::types::Value;
///
/// let letters = TableFunction::new("LETTERS")
///     .summary("Makes a row of each letter.")
///     .row_wise("(text VARCHAR) VARCHAR", "", |args| match &args[0] {
///         Value::Varchar(text) => Ok(text.chars().map(|c| c.to_string().as_str().into()).collect()),
///         _ => Ok(Vec::new()),
///     });
/// assert_eq!(letters.name(), "LETTERS");
/// ```
#[derive(Clone)]
pub struct TableFunction {
    name: Arc<str>,
    summary: Arc<str>,
    examples: Vec<Example>,
    overloads: Vec<Overload>,
}

#[derive(Clone)]
struct Overload {
    signature: Result<Signature, SignatureError>,
    summary: Arc<str>,
    returns: Option<ReturnTyper>,
    kernel: TableKernel,
}

impl TableFunction {
    /// Begins a function. Its name is found in any letters; errors quote it as it is given here.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        TableFunction {
            name: name.into(),
            summary: "".into(),
            examples: Vec::new(),
            overloads: Vec::new(),
        }
    }

    /// Says in a sentence what it does.
    #[must_use]
    pub fn summary(self, summary: impl Into<Arc<str>>) -> Self {
        TableFunction { summary: summary.into(), ..self }
    }

    /// Adds an example: an expression, and its values as text.
    #[must_use]
    pub fn example(mut self, expression: &'static str, result: &'static str) -> Self {
        self.examples.push(Example { expression, rows: "", result });
        self
    }

    /// Adds an overload: its [`Signature`] as text, which returns the type of one value; what sets it apart from the others
    /// (may be empty); and its kernel.
    #[must_use]
    pub fn overload(
        mut self,
        signature: &str,
        summary: &str,
        kernel: impl Fn(&mut TableCall<'_>) -> Result<TableRows, FunctionError> + Send + Sync + 'static,
    ) -> Self {
        self.overloads.push(Overload {
            signature: signature.parse(),
            summary: summary.into(),
            returns: None,
            kernel: Arc::new(kernel),
        });
        self
    }

    /// Adds an overload that is computed row by row, from the values of the arguments to those that it makes.
    #[must_use]
    pub fn row_wise(
        self,
        signature: &str,
        summary: &str,
        make: impl Fn(&[Value]) -> Result<Vec<Value>, String> + Send + Sync + 'static,
    ) -> Self {
        self.overload(signature, summary, move |call| Ok(call.each_row(&make)))
    }

    /// Says that the last overload computes the type of a value.
    #[must_use]
    pub fn returns(
        mut self,
        returns: impl Fn(&[SqlType]) -> Result<SqlType, FunctionError> + Send + Sync + 'static,
    ) -> Self {
        if let Some(overload) = self.overloads.last_mut() {
            overload.returns = Some(Arc::new(returns));
        }
        self
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Checks that every overload has a valid signature and a return type.
    pub fn validate(&self) -> Result<(), FunctionError> {
        if self.overloads.is_empty() {
            return Err(self.wrong("it has no overload"));
        }
        for overload in &self.overloads {
            let signature = overload.signature.as_ref().map_err(|error| self.wrong(error))?;
            if overload.returns.is_none() && !signature.has_return_type() {
                return Err(self.wrong(format!("{signature} does not say what it returns")));
            }
        }
        Ok(())
    }

    fn wrong(&self, reason: impl ToString) -> FunctionError {
        FunctionError::Definition { name: self.name.to_string(), reason: reason.to_string() }
    }

    /// Finds the overload that takes these arguments, and what type its values have.
    pub fn resolve(&self, args: &[ArgumentType]) -> Result<ResolvedTable, FunctionError> {
        let valid = |overload: &&Overload| overload.signature.is_ok();
        let overloads: Vec<&Overload> = self.overloads.iter().filter(valid).collect();
        let signatures: Vec<&Signature> =
            overloads.iter().filter_map(|overload| overload.signature.as_ref().ok()).collect();
        let no_lambda = &mut |_: usize, _: &[SqlType]| Err(self.wrong("it takes no lambda"));
        let resolved = resolve_overload(&self.name, &signatures, args, no_lambda)?;
        let overload = overloads[resolved.index];
        let args: Vec<SqlType> =
            resolved.params.iter().map(|param| param.sql_type().clone()).collect();
        let return_type = match (&overload.returns, resolved.return_type) {
            (Some(returns), _) => returns(&args)?,
            (None, Some(return_type)) => return_type,
            (None, None) => return Err(self.wrong("it does not say what it returns")),
        };
        let kernel = Arc::clone(&overload.kernel);
        Ok(ResolvedTable { name: Arc::clone(&self.name), args, return_type, kernel })
    }

    /// Returns what people are told of it.
    pub fn describe(&self) -> Description {
        let describe = |overload: &Overload| {
            let signature = overload.signature.as_ref().ok()?;
            let Overload { summary, returns, .. } = overload;
            Some(OverloadDescription::new(&self.name, signature, summary, returns.as_ref()))
        };
        Description {
            name: self.name.to_uppercase(),
            category: Category::Table,
            summary: Arc::clone(&self.summary),
            overloads: self.overloads.iter().filter_map(describe).collect(),
            examples: self.examples.clone(),
        }
    }
}

/// A function whose overload is known.
#[derive(Clone)]
pub struct ResolvedTable {
    /// The function's name.
    pub name: Arc<str>,
    /// What type each argument must be cast to.
    pub args: Vec<SqlType>,
    /// The type of a value.
    pub return_type: SqlType,
    kernel: TableKernel,
}

impl ResolvedTable {
    /// Makes the values of the first rows, of as many as make [`ROWS_PER_CALL_MAX`] values, but of one at least.
    pub fn evaluate(
        &self,
        args: &[ArrayRef],
        row_count: usize,
        failures: &mut RowFailures,
    ) -> Result<TableRows, FunctionError> {
        let return_type = &self.return_type;
        let mut call = TableCall { args, row_count, return_type, failures };
        let rows = (self.kernel)(&mut call)?;
        let value_count = rows.ends.last().copied().unwrap_or(0);
        let is_right = rows.row_count() <= row_count
            && (0 < rows.row_count() || row_count == 0)
            && usize::try_from(value_count) == Ok(rows.values.len())
            && *rows.values.data_type() == return_type.arrow();
        if is_right { Ok(rows) } else { Err(self.wrong_rows(&rows)) }
    }

    fn wrong_rows(&self, rows: &TableRows) -> FunctionError {
        let (count, found) = (rows.values.len(), rows.values.data_type());
        let wanted = self.return_type.arrow();
        let reason = format!("it made {count} values of {found} instead of values of {wanted}");
        FunctionError::Definition { name: self.name.to_string(), reason }
    }
}

impl fmt::Debug for ResolvedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolvedTable")
            .field("name", &self.name)
            .field("args", &self.args)
            .field("return_type", &self.return_type)
            .finish_non_exhaustive()
    }
}

impl TableCall<'_> {
    /// Makes the values row by row.
    fn each_row(&mut self, make: impl Fn(&[Value]) -> Result<Vec<Value>, String>) -> TableRows {
        let mut builder = ColumnBuilder::new(self.return_type);
        let mut ends = vec![0];
        let mut count = 0;
        for row in 0..self.row_count {
            let args: Vec<Value> = self.args.iter().map(|column| value_at(column, row)).collect();
            let made = make(&args).and_then(|values| match values.len() {
                0..=ROWS_PER_CALL_MAX => Ok(values),
                many => Err(format!("{many} rows of one are more than {ROWS_PER_CALL_MAX}")),
            });
            match made {
                Ok(values) => {
                    values.iter().for_each(|value| builder.push(value));
                    count += values.len();
                }
                Err(reason) => self.failures.push(row, reason),
            }
            ends.push(i32::try_from(count).expect("two times the maximum fits"));
            if ROWS_PER_CALL_MAX <= count {
                break;
            }
        }
        TableRows { ends: OffsetBuffer::new(ends.into()), values: builder.finish() }
    }
}
