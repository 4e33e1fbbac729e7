//! An aggregate function: its overloads, its docs, and how accumulators are made for a call.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::functions::aggregate::Accumulator;
use crate::functions::docs::{Category, Description, Example, OverloadDescription};
use crate::functions::{ArgumentType, FunctionError, Signature, SignatureError, resolve_overload};
use crate::types::{SqlType, Value};

/// A call of an aggregate function, as far as it is known when the query is built.
#[derive(Clone, Copy, Debug)]
pub struct AggregateCall<'a> {
    /// The types of the columns it aggregates.
    pub args: &'a [SqlType],
    /// The literals behind them, such as the K of TOPK.
    pub literals: &'a [Value],
    /// What it returns.
    pub return_type: &'a SqlType,
    /// The properties of the statement, by name in lower letters, for limits such as `ksql.functions.collect_list.limit`.
    pub properties: &'a BTreeMap<String, String>,
}

/// Makes the accumulator of a call.
pub type MakeAccumulator =
    Arc<dyn Fn(&AggregateCall<'_>) -> Result<Box<dyn Accumulator>, FunctionError> + Send + Sync>;

type ReturnTyper = Arc<dyn Fn(&[SqlType]) -> Result<SqlType, FunctionError> + Send + Sync>;
type StateTyper = Arc<dyn Fn(&AggregateCall<'_>) -> SqlType + Send + Sync>;

/// An aggregate function: for each group, one value from the rows of the group.
///
/// ```
/// use tidemill::functions::aggregate::{AggregateFunction, RowWise};
/// use tidemill::types::Value;
///
/// let total_length = AggregateFunction::new("TOTAL_LENGTH")
///     .summary("Adds up the lengths of texts.")
///     .row_wise("(text VARCHAR) BIGINT", "", || {
///         RowWise::new(|_| 0_i64)
///             .add_row(|total, args| match &args[0] {
///                 Value::Varchar(text) => Ok(*total += text.len() as i64),
///                 _ => Ok(()),
///             })
///             .merge(|total, other| *total += other)
///             .result(|total| Value::Bigint(*total))
///     });
/// assert_eq!(total_length.name(), "TOTAL_LENGTH");
/// ```
#[derive(Clone)]
pub struct AggregateFunction {
    name: Arc<str>,
    summary: Arc<str>,
    examples: Vec<Example>,
    overloads: Vec<Overload>,
}

#[derive(Clone)]
struct Overload {
    signature: Result<Signature, SignatureError>,
    summary: Arc<str>,
    /// How many parameters, the last ones, are literals.
    literal_params: usize,
    returns: Option<ReturnTyper>,
    intermediate: Option<StateTyper>,
    has_undo: bool,
    is_last_value: bool,
    make: MakeAccumulator,
}

impl AggregateFunction {
    /// Begins a function. Its name is found in any letters; errors quote it as it is given here.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        AggregateFunction {
            name: name.into(),
            summary: "".into(),
            examples: Vec::new(),
            overloads: Vec::new(),
        }
    }

    /// Says in a sentence what it does.
    #[must_use]
    pub fn summary(self, summary: impl Into<Arc<str>>) -> Self {
        AggregateFunction { summary: summary.into(), ..self }
    }

    /// Adds an example: an expression, the rows of its group as in [`Example::rows`], and its value as text.
    #[must_use]
    pub fn example(
        mut self,
        expression: &'static str,
        rows: &'static str,
        result: &'static str,
    ) -> Self {
        self.examples.push(Example { expression, rows, result });
        self
    }

    /// Adds an overload: its [`Signature`] as text, what sets it apart from the others (may be empty), and what makes its
    /// accumulators.
    #[must_use]
    pub fn overload(
        mut self,
        signature: &str,
        summary: &str,
        make: impl Fn(&AggregateCall<'_>) -> Result<Box<dyn Accumulator>, FunctionError>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.overloads.push(Overload {
            signature: signature.parse(),
            summary: summary.into(),
            literal_params: 0,
            returns: None,
            intermediate: None,
            has_undo: false,
            is_last_value: false,
            make: Arc::new(make),
        });
        self
    }

    /// Says that the last so many parameters of the last overload are literals, known when the query is built.
    #[must_use]
    pub fn literals(self, count: usize) -> Self {
        self.with_last(|overload| overload.literal_params = count)
    }

    /// Says that the last overload computes its return type from the types of its arguments, literals included.
    #[must_use]
    pub fn returns(
        self,
        returns: impl Fn(&[SqlType]) -> Result<SqlType, FunctionError> + Send + Sync + 'static,
    ) -> Self {
        self.with_last(|overload| overload.returns = Some(Arc::new(returns)))
    }

    /// Says that the last overload can take rows back, so that it aggregates tables too.
    #[must_use]
    pub fn undo(self) -> Self {
        self.with_last(|overload| overload.has_undo = true)
    }

    /// Says that the last overload returns its argument of the last row, of those where it is not NULL unless a literal is false.
    #[must_use]
    pub(super) fn last_value(self) -> Self {
        self.with_last(|overload| overload.is_last_value = true)
    }

    /// Says what SQL type stands for the state of the overloads that have none yet; by default the return type does.
    #[must_use]
    pub fn intermediate(
        mut self,
        intermediate: impl Fn(&AggregateCall<'_>) -> SqlType + Send + Sync + 'static,
    ) -> Self {
        let intermediate: StateTyper = Arc::new(intermediate);
        for overload in self.overloads.iter_mut().filter(|o| o.intermediate.is_none()) {
            overload.intermediate = Some(Arc::clone(&intermediate));
        }
        self
    }

    fn with_last(mut self, change: impl FnOnce(&mut Overload)) -> Self {
        if let Some(overload) = self.overloads.last_mut() {
            change(overload);
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
            if signature.params.len() < overload.literal_params {
                return Err(self.wrong(format!("{signature} has too few parameters")));
            }
        }
        Ok(())
    }

    fn wrong(&self, reason: impl ToString) -> FunctionError {
        FunctionError::Definition { name: self.name.to_string(), reason: reason.to_string() }
    }

    /// Finds the overload that takes these arguments, and what it returns. `text` writes the expression of an argument,
    /// for errors.
    pub fn resolve(
        &self,
        args: &[ArgumentType],
        text: &dyn Fn(usize) -> String,
    ) -> Result<ResolvedAggregate, FunctionError> {
        let valid = |overload: &&Overload| overload.signature.is_ok();
        let overloads: Vec<&Overload> = self.overloads.iter().filter(valid).collect();
        let signatures: Vec<&Signature> =
            overloads.iter().filter_map(|overload| overload.signature.as_ref().ok()).collect();
        let no_lambda = &mut |_: usize, _: &[SqlType]| Err(self.wrong("it takes no lambda"));
        let resolved = resolve_overload(&self.name, &signatures, args, no_lambda)?;
        let (overload, signature) = (overloads[resolved.index], signatures[resolved.index]);
        let mut types: Vec<SqlType> =
            resolved.params.iter().map(|param| param.sql_type().clone()).collect();
        let return_type = match (&overload.returns, resolved.return_type) {
            (Some(returns), _) => returns(&types)?,
            (None, Some(return_type)) => return_type,
            (None, None) => return Err(self.wrong("it does not say what it returns")),
        };
        let column_count = overload.column_count(signature, args.len());
        types.truncate(column_count);
        let literals = self.literal_values(args, column_count, text)?;
        let ignores_nulls = literals.last() != Some(&Value::Boolean(false));
        Ok(ResolvedAggregate {
            name: Arc::clone(&self.name),
            args: types,
            last_value: overload.is_last_value.then_some(ignores_nulls),
            literals,
            return_type,
            has_undo: overload.has_undo,
            properties: Arc::default(),
            intermediate: overload.intermediate.clone(),
            make: Arc::clone(&overload.make),
        })
    }

    fn literal_values(
        &self,
        args: &[ArgumentType],
        column_count: usize,
        text: &dyn Fn(usize) -> String,
    ) -> Result<Vec<Value>, FunctionError> {
        let literal = |(index, arg): (usize, &ArgumentType)| match arg {
            ArgumentType::Literal(_, value) => Ok(value.clone()),
            ArgumentType::Typed(_) | ArgumentType::Lambda(_) | ArgumentType::IntervalUnit => {
                Err(FunctionError::InvalidArgument(format!(
                    "Parameter {} passed to function {} must be a literal constant, but was expression: '{}'",
                    index + 1,
                    self.name,
                    text(index)
                )))
            }
        };
        args.iter().enumerate().skip(column_count).map(literal).collect()
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
            category: Category::Aggregate,
            summary: Arc::clone(&self.summary),
            overloads: self.overloads.iter().filter_map(describe).collect(),
            examples: self.examples.clone(),
        }
    }
}

impl Overload {
    /// Returns how many of so many arguments are columns.
    fn column_count(&self, signature: &Signature, argument_count: usize) -> usize {
        let column_params = signature.params.len() - self.literal_params;
        match signature.variadic_index() {
            // The literals repeat, so the columns are as many as their parameters.
            Some(variadic) if column_params <= variadic => column_params,
            _ => argument_count - self.literal_params,
        }
    }
}

/// A function whose overload is known.
#[derive(Clone)]
pub struct ResolvedAggregate {
    /// The function's name.
    pub name: Arc<str>,
    /// What type each column must be cast to.
    pub args: Vec<SqlType>,
    /// The literals behind the columns.
    pub literals: Vec<Value>,
    /// What it returns.
    pub return_type: SqlType,
    /// Whether it can take rows back.
    pub has_undo: bool,
    /// Set if it returns its argument of the last row: whether rows do not count where that is NULL.
    pub last_value: Option<bool>,
    properties: Arc<BTreeMap<String, String>>,
    intermediate: Option<StateTyper>,
    make: MakeAccumulator,
}

impl ResolvedAggregate {
    /// Sets the properties of the statement, by name in lower letters, which hold limits such as
    /// `ksql.functions.collect_list.limit`.
    #[must_use]
    pub fn with_properties(self, properties: Arc<BTreeMap<String, String>>) -> Self {
        ResolvedAggregate { properties, ..self }
    }

    /// Makes an accumulator without groups; fails if the literals make no sense.
    pub fn accumulator(&self) -> Result<Box<dyn Accumulator>, FunctionError> {
        (self.make)(&self.call())
    }

    /// Returns the SQL type that stands for the state, by which ksqlDB tells whether a format can carry the aggregate.
    pub fn intermediate_type(&self) -> SqlType {
        match &self.intermediate {
            Some(intermediate) => intermediate(&self.call()),
            None => self.return_type.clone(),
        }
    }

    fn call(&self) -> AggregateCall<'_> {
        let ResolvedAggregate { args, literals, return_type, properties, .. } = self;
        AggregateCall { args, literals, return_type, properties }
    }
}

impl fmt::Debug for ResolvedAggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolvedAggregate")
            .field("name", &self.name)
            .field("args", &self.args)
            .field("literals", &self.literals)
            .field("return_type", &self.return_type)
            .finish_non_exhaustive()
    }
}
