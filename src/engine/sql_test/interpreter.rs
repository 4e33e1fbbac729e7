//! Carries out the statements of a SQL test.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tidemill_grammar::ast::{ParsedStatement, Statement};
use tidemill_grammar::{parse_statement, split_statements, substitute_variables};

use crate::engine::sql_test::Step;
use crate::engine::sql_test::compare::{compare_row, compare_source, mismatch};
use crate::engine::sql_test::error_class::FailureKind;
use crate::engine::sql_test::failure::SqlTestFailure;
use crate::engine::{TestDriver, TestRow};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{AssertedValue, Assertion};

/// How deep scripts may run scripts; more is a script that runs itself.
const SCRIPT_DEPTH_MAX: usize = 16;

/// Carries out the statements of one test.
pub(super) struct Interpreter {
    driver: TestDriver,
    folder: PathBuf,
    variables: BTreeMap<String, String>,
    script_depth: usize,
}

/// Why a step failed: as an error whose place is counted from the statement, or with its place in the test.
enum Failed {
    Error(Error),
    Placed(SqlTestFailure),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Failed::Error(error)
    }
}

impl Interpreter {
    pub(super) fn new(
        driver: TestDriver,
        folder: PathBuf,
        variables: BTreeMap<String, String>,
    ) -> Self {
        Interpreter { driver, folder, variables, script_depth: 0 }
    }

    /// Carries out one statement.
    pub(super) fn run(&mut self, step: &Step) -> Result<(), SqlTestFailure> {
        self.carry_out(step).map_err(|failed| match failed {
            Failed::Placed(failure) => failure,
            Failed::Error(error) => failure_of(step, &error),
        })
    }

    fn carry_out(&mut self, step: &Step) -> Result<(), Failed> {
        let parsed = self.parse(&step.text)?;
        match &parsed.statement {
            Statement::Define { name, value } => {
                self.variables.insert(name.name.to_uppercase(), value.clone());
                Ok(())
            }
            Statement::Undefine { name } => {
                self.variables.remove(&name.name.to_uppercase());
                Ok(())
            }
            Statement::RunScript { path } => self.run_script(path, step),
            Statement::AssertValues { .. }
            | Statement::AssertNullValues { .. }
            | Statement::AssertSource(_) => self.assert(&parsed, step),
            Statement::CreateSource(_)
            | Statement::CreateAsSelect(_)
            | Statement::InsertInto { .. }
            | Statement::InsertValues { .. }
            | Statement::DropSource { .. }
            | Statement::AlterSource { .. }
            | Statement::CreateType { .. }
            | Statement::DropType { .. }
            | Statement::SetProperty { .. }
            | Statement::UnsetProperty { .. }
            | Statement::ControlQuery { .. } => Ok(self.driver.execute_one(&parsed)?),
            Statement::Query(_)
            | Statement::Show(_)
            | Statement::Describe { .. }
            | Statement::DescribeAll { .. }
            | Statement::DescribeFunction { .. }
            | Statement::DescribeConnector { .. }
            | Statement::ExplainStatement(_)
            | Statement::ExplainQuery(_)
            | Statement::Print { .. }
            | Statement::AlterSystem { .. }
            | Statement::CreateConnector { .. }
            | Statement::DropConnector { .. }
            | Statement::AssertTopic { .. }
            | Statement::AssertSchema { .. } => Err(Failed::Error(Error::statement(
                "A test takes statements that make or change streams and tables, INSERT INTO … VALUES, SET, \
                 RUN SCRIPT, ASSERT VALUES, ASSERT NULL VALUES and ASSERT STREAM or TABLE.",
            ))),
        }
    }

    fn parse(&self, text: &str) -> Result<ParsedStatement> {
        let syntax = |error: tidemill_grammar::ParseError| {
            let hint = error.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            Error::new(ErrorKind::Syntax, format!("{}{hint}", error.kind))
                .at(error.position.line, error.position.column)
        };
        let value = |name: &str| self.variables.get(&name.to_uppercase()).cloned();
        let substituted = substitute_variables(text, &value).map_err(syntax)?;
        parse_statement(&substituted).map_err(syntax)
    }

    /// Runs the statements of a file; what fails in it fails at the statement that runs it.
    fn run_script(&mut self, path: &str, step: &Step) -> Result<(), Failed> {
        if self.script_depth == SCRIPT_DEPTH_MAX {
            let message = format!("scripts run scripts {SCRIPT_DEPTH_MAX} deep");
            return Err(Failed::Error(Error::statement(message)));
        }
        let file = self.folder.join(path);
        let text = std::fs::read_to_string(&file).map_err(|error| {
            let message = format!("cannot read the script {}: {error}", file.display());
            Error::new(ErrorKind::Input, message)
        })?;
        self.script_depth += 1;
        let result = split_statements(&text).iter().try_for_each(|statement| {
            let position = (statement.position.line, statement.position.column);
            self.run(&Step { text: statement.text.to_owned(), position })
        });
        self.script_depth -= 1;
        result.map_err(|failure| {
            let (line, column) = failure.position;
            let message = match failure.names_script {
                true => failure.message,
                false => format!("{path}, line {line}:{column}: {}", failure.message),
            };
            let position = step.position;
            Failed::Placed(SqlTestFailure { message, position, names_script: true, ..failure })
        })
    }

    fn assert(&mut self, parsed: &ParsedStatement, step: &Step) -> Result<(), Failed> {
        match self.driver.assertion(parsed)? {
            Some(Assertion::Row { source, values }) => {
                let row = self.next_row(&source.name, &source.topic, step)?;
                self.compare(&values, &row, false, step)
            }
            Some(Assertion::Tombstone { source, values }) => {
                let row = self.next_row(&source.name, &source.topic, step)?;
                self.compare(&values, &row, true, step)
            }
            Some(Assertion::Source(expected)) => {
                let actual = self.driver.source(&expected.name)?;
                compare_source(&expected, &actual)
                    .map_err(|message| Failed::Placed(SqlTestFailure::new(step.position, message)))
            }
            None => Err(Failed::Error(Error::statement("not an ASSERT of a test"))),
        }
    }

    fn next_row(&mut self, source: &str, topic: &str, step: &Step) -> Result<TestRow, Failed> {
        if let Some(row) = self.driver.read_row(source)? {
            return Ok(row);
        }
        let message =
            format!("Expected another record, but all records of topic {topic} have been read.");
        let reports = self.driver.read_reports();
        let failure = SqlTestFailure { reports, ..SqlTestFailure::new(step.position, message) };
        Err(Failed::Placed(failure))
    }

    fn compare(
        &mut self,
        values: &[AssertedValue],
        row: &TestRow,
        expects_tombstone: bool,
        step: &Step,
    ) -> Result<(), Failed> {
        let compared = compare_row(values, row)?;
        if row.is_tombstone == expects_tombstone && compared.iter().all(|value| value.is_same) {
            self.driver.read_reports();
            return Ok(());
        }
        let failure = if row.is_tombstone == expects_tombstone {
            mismatch(step.position, compared)
        } else {
            let what = match expects_tombstone {
                true => "The key should be gone, and has a value",
                false => "The key is gone, and should have a value",
            };
            let message = format!("Expected record does not match actual. {what}.");
            SqlTestFailure { compared, ..SqlTestFailure::new(step.position, message) }
        };
        let reports = self.driver.read_reports();
        Err(Failed::Placed(SqlTestFailure { reports, ..failure }))
    }
}

/// Makes an error whose place is counted from the beginning of a statement into the failure of its test.
fn failure_of(step: &Step, error: &Error) -> SqlTestFailure {
    let (line, column) = step.position;
    let position = match error.position() {
        None => step.position,
        Some((1, inner)) => (line, column + inner - 1),
        Some((below, inner)) => (line + below - 1, inner),
    };
    let kind = match error.kind() {
        ErrorKind::Syntax => FailureKind::Syntax,
        ErrorKind::Statement
        | ErrorKind::Input
        | ErrorKind::NotFound
        | ErrorKind::AlreadyExists
        | ErrorKind::Retry
        | ErrorKind::Storage
        | ErrorKind::Closed => FailureKind::Statement,
    };
    SqlTestFailure { kind, ..SqlTestFailure::new(position, error.message()) }
}
