//! Scalar functions: how one is made and evaluated, and all that come with Tidemill, in packages.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, new_null_array};
use datafusion::arrow::buffer::NullBuffer;

use crate::functions::arguments::repeat;
use crate::functions::docs::{Category, Description, Example, OverloadDescription};
use crate::functions::{
    Argument, ArgumentType, Call, FunctionError, LambdaTyper, ResolvedParam, RowFailures,
    Signature, SignatureError, resolve_overload,
};
use crate::types::SqlType;

mod utf16;
mod math;
mod string;
mod mask;
mod encode;
mod regexp;
mod json;
mod url;
mod nulls;
mod collections;
mod datetime;
mod misc;
#[cfg(test)]
mod tests;

/// The functions of all packages, in the order in which the packages are shown.
pub const PACKAGES: &[&[fn() -> ScalarFunction]] = &[
    math::FUNCTIONS,
    string::FUNCTIONS,
    mask::FUNCTIONS,
    encode::FUNCTIONS,
    regexp::FUNCTIONS,
    json::FUNCTIONS,
    url::FUNCTIONS,
    nulls::FUNCTIONS,
    collections::FUNCTIONS,
    datetime::FUNCTIONS,
    misc::FUNCTIONS,
];

/// Computes a column from the arguments of a call.
pub type Kernel = Arc<dyn Fn(&mut Call<'_>) -> Result<ArrayRef, FunctionError> + Send + Sync>;

/// Computes the type of a result from the types of the arguments; a lambda counts as what it returns.
pub type ReturnTyper = Arc<dyn Fn(&[SqlType]) -> Result<SqlType, FunctionError> + Send + Sync>;

/// A scalar function: for each row, one value from the arguments of that row.
///
/// ```
/// use tidemill::functions::ScalarFunction;
///
/// let starts_with = ScalarFunction::new("STARTS_WITH")
///     .summary("Tests whether a text begins with a prefix.")
///     .example("STARTS_WITH('tide', 'ti')", "true")
///     .overload("(text VARCHAR, prefix VARCHAR) BOOLEAN", "", |call| {
///         let (text, prefix) = (call.strings(0)?, call.strings(1)?);
///         call.map_booleans(|row| text.at(row).starts_with(prefix.at(row)))
///     });
/// assert_eq!(starts_with.name(), "STARTS_WITH");
/// ```
#[derive(Clone)]
pub struct ScalarFunction {
    name: Arc<str>,
    category: Category,
    summary: Arc<str>,
    examples: Vec<Example>,
    overloads: Vec<Overload>,
    is_volatile: bool,
}

#[derive(Clone)]
struct Overload {
    signature: Result<Signature, SignatureError>,
    summary: Arc<str>,
    returns: Option<ReturnTyper>,
    sees_nulls: bool,
    kernel: Kernel,
}

impl ScalarFunction {
    /// Begins a function. Its name is found in any letters; errors quote it as it is given here.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        ScalarFunction {
            name: name.into(),
            category: Category::Other,
            summary: "".into(),
            examples: Vec::new(),
            overloads: Vec::new(),
            is_volatile: false,
        }
    }

    /// Says what it is about.
    #[must_use]
    pub fn category(self, category: Category) -> Self {
        ScalarFunction { category, ..self }
    }

    /// Says in a sentence what it does.
    #[must_use]
    pub fn summary(self, summary: impl Into<Arc<str>>) -> Self {
        ScalarFunction { summary: summary.into(), ..self }
    }

    /// Adds an example: an expression, and its value as text.
    #[must_use]
    pub fn example(mut self, expression: &'static str, result: &'static str) -> Self {
        self.examples.push(Example { expression, rows: "", result });
        self
    }

    /// Says that each evaluation may give another result, even for the same arguments.
    #[must_use]
    pub fn volatile(self) -> Self {
        ScalarFunction { is_volatile: true, ..self }
    }

    /// Adds an overload: its [`Signature`] as text, what sets it apart from the others (may be empty), and its kernel.
    ///
    /// The kernel computes only rows whose arguments are all not NULL, the others being NULL, unless
    /// [`sees_nulls`](Self::sees_nulls) follows.
    #[must_use]
    pub fn overload(
        mut self,
        signature: &str,
        summary: &str,
        kernel: impl Fn(&mut Call<'_>) -> Result<ArrayRef, FunctionError> + Send + Sync + 'static,
    ) -> Self {
        self.overloads.push(Overload {
            signature: signature.parse(),
            summary: summary.into(),
            returns: None,
            sees_nulls: false,
            kernel: Arc::new(kernel),
        });
        self
    }

    /// Says that the last overload computes its return type.
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

    /// Says that the kernel of the last overload computes rows with NULL arguments too.
    #[must_use]
    pub fn sees_nulls(mut self) -> Self {
        if let Some(overload) = self.overloads.last_mut() {
            overload.sees_nulls = true;
        }
        self
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the signatures of its overloads, in the order in which they are declared.
    pub fn signatures(&self) -> impl Iterator<Item = &Signature> {
        self.overloads.iter().filter_map(|overload| overload.signature.as_ref().ok())
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

    /// Finds the overload that takes these arguments, and what it returns.
    pub fn resolve(
        &self,
        args: &[ArgumentType],
        lambda: &mut LambdaTyper<'_>,
    ) -> Result<ResolvedScalar, FunctionError> {
        let valid = |overload: &Overload| overload.signature.is_ok();
        let overloads: Vec<&Overload> = self.overloads.iter().filter(|o| valid(o)).collect();
        let signatures: Vec<&Signature> =
            overloads.iter().filter_map(|overload| overload.signature.as_ref().ok()).collect();
        let resolved = resolve_overload(&self.name, &signatures, args, lambda)?;
        let overload = overloads[resolved.index];
        let types: Vec<SqlType> = resolved.params.iter().map(|p| p.sql_type().clone()).collect();
        let return_type = match (&overload.returns, resolved.return_type) {
            (Some(returns), _) => returns(&types)?,
            (None, Some(return_type)) => return_type,
            (None, None) => return Err(self.wrong("it does not say what it returns")),
        };
        Ok(ResolvedScalar {
            name: Arc::clone(&self.name),
            params: resolved.params,
            return_type,
            is_volatile: self.is_volatile,
            sees_nulls: overload.sees_nulls,
            kernel: Arc::clone(&overload.kernel),
        })
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
            category: self.category,
            summary: Arc::clone(&self.summary),
            overloads: self.overloads.iter().filter_map(describe).collect(),
            examples: self.examples.clone(),
        }
    }
}

/// A function whose overload is known: arguments of the types `params` give a column of `return_type`.
#[derive(Clone)]
pub struct ResolvedScalar {
    /// The function's name.
    pub name: Arc<str>,
    /// What each argument must be; an expression of another type is cast to it.
    pub params: Vec<ResolvedParam>,
    /// What it returns.
    pub return_type: SqlType,
    /// Whether each evaluation may give another result, even for the same arguments.
    pub is_volatile: bool,
    sees_nulls: bool,
    kernel: Kernel,
}

impl ResolvedScalar {
    /// Evaluates the function for all rows of a batch, read by the runtime at `now_ms`. Rows that fail are NULL.
    pub fn evaluate(
        &self,
        args: &[Argument],
        row_count: usize,
        now_ms: i64,
        failures: &mut RowFailures,
    ) -> Result<ArrayRef, FunctionError> {
        let is_constant = |arg: &Argument| matches!(arg, Argument::Constant(_));
        if self.is_volatile || row_count == 1 || !args.iter().all(is_constant) {
            return self.evaluate_rows(args, row_count, now_ms, failures);
        }
        if row_count == 0 {
            return Ok(new_null_array(&self.return_type.arrow(), 0));
        }
        let mut of_first = RowFailures::default();
        let first = self.evaluate_rows(args, 1, now_ms, &mut of_first)?;
        for row in 0..row_count {
            of_first.0.iter().for_each(|failure| failures.push(row, failure.reason.clone()));
        }
        repeat(&first, row_count)
    }

    fn evaluate_rows(
        &self,
        args: &[Argument],
        row_count: usize,
        now_ms: i64,
        failures: &mut RowFailures,
    ) -> Result<ArrayRef, FunctionError> {
        let mut rows = None;
        if !self.sees_nulls {
            for arg in args {
                match arg {
                    Argument::Column(column) => {
                        rows = NullBuffer::union(rows.as_ref(), column.logical_nulls().as_ref());
                    }
                    Argument::Constant(value) if value.is_null(0) => {
                        return Ok(new_null_array(&self.return_type.arrow(), row_count));
                    }
                    Argument::Constant(_) | Argument::Lambda(_) => {}
                }
            }
        }
        let return_type = &self.return_type;
        let mut call = Call { args, row_count, return_type, now_ms, failures, rows };
        let result = (self.kernel)(&mut call)?;
        self.check_result(&result, row_count)?;
        Ok(result)
    }

    fn check_result(&self, result: &ArrayRef, row_count: usize) -> Result<(), FunctionError> {
        let wanted = self.return_type.arrow();
        if result.len() == row_count && *result.data_type() == wanted {
            return Ok(());
        }
        Err(FunctionError::Definition {
            name: self.name.to_string(),
            reason: format!(
                "it returned {} rows of {} instead of {row_count} of {wanted}",
                result.len(),
                result.data_type()
            ),
        })
    }
}

impl fmt::Debug for ResolvedScalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolvedScalar")
            .field("name", &self.name)
            .field("params", &self.params)
            .field("return_type", &self.return_type)
            .finish_non_exhaustive()
    }
}
