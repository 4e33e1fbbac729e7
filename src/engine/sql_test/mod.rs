//! SQL tests: a script of statements, rows that go in, and ASSERT statements that say what comes out.
//!
//! ```text
//! --@test: a bid above nine is high            begins a test, on an engine of its own
//! CREATE STREAM bids …; CREATE STREAM high AS …;
//! INSERT INTO bids (item, price) VALUES ('pen', 10);    goes through all queries at once
//! ASSERT VALUES high (item, price) VALUES ('pen', 10);  the next record of the topic of `high`
//!
//! --@test: an unknown column is refused
//! --@expected.error: KsqlException
//! --@expected.message: cannot be resolved
//! CREATE STREAM high AS SELECT nothing FROM bids;
//! ```
//!
//! The rules are those of ksqlDB's testing tool. Here the bounds of a window can be compared too, NULL can be, and the clock
//! stands still: a row without ROWTIME has time 0.

mod compare;
mod error_class;
mod failure;
mod interpreter;
mod parse;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::engine::TestDriver;
use crate::engine::sql_test::error_class::ErrorClass;
use crate::engine::sql_test::interpreter::Interpreter;
use crate::error::Result;
use crate::functions::Registry;

pub use failure::{ComparedValue, SqlTestFailure};

/// A test of a SQL script: ksqlDB's `--@test`, run on a [`TestDriver`](crate::engine::TestDriver).
///
/// ```
/// use tidemill::engine::SqlTest;
///
/// let script = "
///     --@test: the highest bid of each minute is kept
///     CREATE STREAM bids (item VARCHAR KEY, price INT) WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);
///     CREATE TABLE best AS
///       SELECT item, MAX(price) AS price FROM bids WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY item;
///     INSERT INTO bids (rowtime, item, price) VALUES (61000, 'pen', 12);
///     ASSERT VALUES best (item, windowstart, price) VALUES ('pen', 60000, 12);";
/// for test in SqlTest::parse(script)? {
///     test.run().unwrap_or_else(|failure| panic!("{}: {failure}", test.name().unwrap_or("the script")));
/// }
/// # Ok::<(), tidemill::error::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SqlTest {
    name: Option<String>,
    steps: Vec<Step>,
    expected: Option<ExpectedError>,
    folder: PathBuf,
    variables: BTreeMap<String, String>,
    registry: Option<Registry>,
}

/// A statement of a test.
#[derive(Clone, Debug)]
struct Step {
    text: String,
    /// Where it begins in the script, line and column from 1.
    position: (u32, u32),
}

/// How a test has to end, if not well.
#[derive(Clone, Debug)]
struct ExpectedError {
    class: ErrorClass,
    /// What the error has to say, among other things.
    message: String,
    /// Where the test says so.
    position: (u32, u32),
}

impl SqlTest {
    /// Cuts a script into its tests; one without `--@test` is a single test without a name.
    ///
    /// # Errors
    ///
    /// If a directive is unknown or stands where it cannot. What is wrong in a statement is the test's failure.
    pub fn parse(script: &str) -> Result<Vec<SqlTest>> {
        parse::tests(script)
    }

    /// Lets `RUN SCRIPT` find files from this folder on, instead of the program's own.
    #[must_use]
    pub fn in_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Defines a variable, for `${name}` in statements.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_uppercase(), value.to_owned());
        self
    }

    /// Lets statements call functions of one's own; see [`EngineOptions::with_registry`](crate::engine::EngineOptions::with_registry).
    #[must_use]
    pub fn with_registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Returns its name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Runs it on an engine of its own, without a disk, threads or a clock.
    ///
    /// # Errors
    ///
    /// At the first statement that fails, or that holds where it should not; or if the error that is expected does not come.
    pub fn run(&self) -> Result<(), SqlTestFailure> {
        let driver = match &self.registry {
            Some(registry) => TestDriver::new().with_registry(registry.clone()),
            None => TestDriver::new(),
        };
        let mut interpreter = Interpreter::new(driver, self.folder.clone(), self.variables.clone());
        let failed = self.steps.iter().find_map(|step| interpreter.run(step).err());
        match (failed, &self.expected) {
            (None, None) => Ok(()),
            (Some(failure), None) => Err(failure),
            (None, Some(expected)) => Err(expected.did_not_come()),
            (Some(failure), Some(expected)) => expected.check(failure),
        }
    }
}

impl ExpectedError {
    fn did_not_come(&self) -> SqlTestFailure {
        let wanted = match self.message.as_str() {
            "" => String::new(),
            message => format!(" that says '{message}'"),
        };
        SqlTestFailure::new(self.position, format!("Expected an error{wanted}, but none came."))
    }

    /// Tells whether the failure is the one that is expected.
    fn check(&self, failure: SqlTestFailure) -> Result<(), SqlTestFailure> {
        let reason = if !self.class.includes(failure.kind) {
            format!("Expected an error of class {}", self.class.name())
        } else if !failure.message.contains(&self.message) {
            format!("Expected an error that says '{}'", self.message)
        } else {
            return Ok(());
        };
        let message = format!("{reason}, found: {}", failure.message);
        Err(SqlTestFailure { message, ..failure })
    }
}
