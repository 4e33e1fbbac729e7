//! All functions by name: those that come with Tidemill and those of users.

use std::collections::BTreeMap;
use std::fmt;

use crate::functions::aggregate::{AGGREGATES, AggregateFunction, ResolvedAggregate};
use crate::functions::docs::Description;
use crate::functions::scalar::PACKAGES;
use crate::functions::table::{ResolvedTable, TABLES, TableFunction};
use crate::functions::{ArgumentType, FunctionError, LambdaTyper, ResolvedScalar, ScalarFunction};
use crate::text::nearest;

/// Functions of one kind by name, in any letters.
#[derive(Clone)]
pub struct Functions<F>(BTreeMap<String, F>);

impl<F> Default for Functions<F> {
    fn default() -> Self {
        Functions(BTreeMap::new())
    }
}

impl<F> Functions<F> {
    /// Adds a function; fails if there is one of that name.
    pub fn add(&mut self, name: &str, function: F) -> Result<(), FunctionError> {
        let key = name.to_uppercase();
        if self.0.contains_key(&key) {
            let reason = "there is a function of that name".to_owned();
            return Err(FunctionError::Definition { name: name.to_owned(), reason });
        }
        self.0.insert(key, function);
        Ok(())
    }

    /// Finds a function.
    pub fn get(&self, name: &str) -> Option<&F> {
        self.0.get(&name.to_uppercase())
    }

    /// Returns all names in upper case, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns all functions in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &F> {
        self.0.values()
    }
}

/// All functions by name.
///
/// An engine and a test driver take a registry; functions of one's own are added to those that come with Tidemill:
///
/// ```
/// use tidemill::functions::{Registry, ScalarFunction};
///
/// let mut registry = Registry::built_in();
/// registry.register_scalar(
///     ScalarFunction::new("TWICE")
///         .summary("Doubles a number.")
///         .overload("(number BIGINT) BIGINT", "", |call| {
///             let numbers = call.bigints(0)?;
///             call.map_bigints(|row| numbers.at(row).checked_mul(2))
///         }),
/// )?;
/// assert!(registry.contains("twice"));
/// # Ok::<(), tidemill::functions::FunctionError>(())
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    scalars: Functions<ScalarFunction>,
    aggregates: Functions<AggregateFunction>,
    tables: Functions<TableFunction>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registry").field(&self.names()).finish()
    }
}

impl Registry {
    /// Makes a registry of the functions that come with Tidemill.
    pub fn built_in() -> Self {
        const TESTED: &str = "a test registers them all";
        let mut registry = Registry::default();
        for function in PACKAGES.iter().copied().flatten() {
            registry.register_scalar(function()).expect(TESTED);
        }
        for function in AGGREGATES {
            registry.register_aggregate(function()).expect(TESTED);
        }
        for function in TABLES {
            registry.register_table(function()).expect(TESTED);
        }
        registry
    }

    /// Adds a scalar function; fails if it is not well defined, or if there is a function of that name.
    pub fn register_scalar(&mut self, function: ScalarFunction) -> Result<(), FunctionError> {
        function.validate()?;
        let name = function.name().to_owned();
        self.check_new(&name)?;
        self.scalars.add(&name, function)
    }

    /// Adds an aggregate function; fails if it is not well defined, or if there is a function of that name.
    pub fn register_aggregate(&mut self, function: AggregateFunction) -> Result<(), FunctionError> {
        function.validate()?;
        let name = function.name().to_owned();
        self.check_new(&name)?;
        self.aggregates.add(&name, function)
    }

    /// Adds a table function; fails if it is not well defined, or if there is a function of that name.
    pub fn register_table(&mut self, function: TableFunction) -> Result<(), FunctionError> {
        function.validate()?;
        let name = function.name().to_owned();
        self.check_new(&name)?;
        self.tables.add(&name, function)
    }

    /// Tells whether there is a function of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.scalar(name).is_some() || self.aggregate(name).is_some() || self.table(name).is_some()
    }

    fn check_new(&self, name: &str) -> Result<(), FunctionError> {
        if !self.contains(name) {
            return Ok(());
        }
        let reason = "there is a function of that name".to_owned();
        Err(FunctionError::Definition { name: name.to_owned(), reason })
    }

    /// Finds a scalar function.
    pub fn scalar(&self, name: &str) -> Option<&ScalarFunction> {
        self.scalars.get(name)
    }

    /// Finds an aggregate function.
    pub fn aggregate(&self, name: &str) -> Option<&AggregateFunction> {
        self.aggregates.get(name)
    }

    /// Finds a table function.
    pub fn table(&self, name: &str) -> Option<&TableFunction> {
        self.tables.get(name)
    }

    /// Finds the overload of a scalar function that takes these arguments. `lambda` types the lambda at an argument's index,
    /// given the types of its parameters.
    pub fn resolve_scalar(
        &self,
        name: &str,
        args: &[ArgumentType],
        lambda: &mut LambdaTyper<'_>,
    ) -> Result<ResolvedScalar, FunctionError> {
        let function = self.scalar(name).ok_or_else(|| self.unknown(name))?;
        function.resolve(args, lambda)
    }

    /// Finds the overload of an aggregate function that takes these arguments. `text` writes the expression of an argument,
    /// for errors.
    pub fn resolve_aggregate(
        &self,
        name: &str,
        args: &[ArgumentType],
        text: &dyn Fn(usize) -> String,
    ) -> Result<ResolvedAggregate, FunctionError> {
        let function = self.aggregate(name).ok_or_else(|| self.unknown(name))?;
        function.resolve(args, text)
    }

    /// Finds the overload of a table function that takes these arguments.
    pub fn resolve_table(
        &self,
        name: &str,
        args: &[ArgumentType],
    ) -> Result<ResolvedTable, FunctionError> {
        self.table(name).ok_or_else(|| self.unknown(name))?.resolve(args)
    }

    /// Returns all names in upper case, in order.
    pub fn names(&self) -> Vec<&str> {
        let names = self.scalars.names().chain(self.aggregates.names()).chain(self.tables.names());
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names
    }

    /// Returns what people are told of a function.
    pub fn describe(&self, name: &str) -> Result<Description, FunctionError> {
        let aggregate = || self.aggregate(name).map(AggregateFunction::describe);
        let table = || self.table(name).map(TableFunction::describe);
        let scalar = self.scalar(name).map(ScalarFunction::describe);
        let description = scalar.or_else(aggregate).or_else(table);
        description.ok_or_else(|| self.unknown(name))
    }

    /// Says that there is no function of that name, and which names are close to it.
    pub fn unknown(&self, name: &str) -> FunctionError {
        // A name that is there is one of another kind, which cannot stand where it does: none is meant but that.
        let nearest =
            if self.contains(name) { None } else { nearest(name, self.names().into_iter()) };
        let nearest = nearest.into_iter().map(str::to_owned).collect();
        FunctionError::Unknown { name: name.to_owned(), nearest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_well_defined() {
        for function in PACKAGES.iter().copied().flatten() {
            function().validate().unwrap();
        }
        let registry = Registry::built_in();
        for name in registry.names() {
            let description = registry.describe(name).unwrap();
            assert!(!description.summary.is_empty(), "{name} has no summary");
        }
    }

    #[test]
    fn a_name_is_taken_once() {
        let mut registry = Registry::built_in();
        let again = ScalarFunction::new("Sum").overload("() INT", "", |call| call.map_ints(|_| 1));
        assert_eq!(
            registry.register_scalar(again).unwrap_err().to_string(),
            "function 'Sum' is not well defined: there is a function of that name"
        );
    }

    #[test]
    fn names_the_nearest() {
        let text = |name| Registry::built_in().unknown(name).to_string();
        assert_eq!(
            text("SQTR"),
            "Can't find any functions with the name 'SQTR'; did you mean SQRT?"
        );
        assert_eq!(text("EXPLODE"), "Can't find any functions with the name 'EXPLODE'");
        assert_eq!(text("WONT_FIND_ME"), "Can't find any functions with the name 'WONT_FIND_ME'");
    }
}
