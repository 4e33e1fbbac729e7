//! A session: settings and variables of its own.

use std::collections::BTreeMap;

use tidemill_grammar::ast::ParsedStatement;
use tidemill_grammar::{parse_script, parse_statement, split_statements, substitute_variables};

use crate::config::Config;
use crate::engine::{Engine, Outcome};
use crate::error::{Error, ErrorKind, Result};

/// A session: settings (SET) and variables (DEFINE) of its own.
pub struct Session {
    pub(super) engine: Engine,
    pub(super) config: Config,
    pub(super) variables: BTreeMap<String, String>,
}

impl Session {
    pub(super) fn new(engine: Engine) -> Self {
        let config = engine.inner.config.clone();
        Session { engine, config, variables: BTreeMap::new() }
    }

    /// Returns the engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Carries out the statements of a script, one after the other, up to the first that fails. A script that does not parse
    /// does nothing, unless variables decide what it says.
    pub fn execute(&mut self, script: &str) -> Result<Vec<Outcome>> {
        if !script.contains("${") {
            let statements = parse_script(script).map_err(syntax)?;
            return statements.iter().map(|statement| self.execute_one(statement)).collect();
        }
        split_statements(script)
            .into_iter()
            .map(|statement| {
                let position = statement.position;
                let parsed = self.parse(statement.text)?;
                self.execute_one(&parsed).map_err(|error| error.at(position.line, position.column))
            })
            .collect()
    }

    /// Parses one statement, its variables substituted.
    pub fn parse(&self, text: &str) -> Result<ParsedStatement> {
        let substituted = match self.config.variable_substitution() {
            true => substitute_variables(text, &|name| {
                self.variables.get(&name.to_uppercase()).cloned()
            })
            .map_err(syntax)?,
            false => text.to_owned(),
        };
        parse_statement(&substituted).map_err(syntax)
    }

    /// Carries out one statement.
    pub fn execute_one(&mut self, statement: &ParsedStatement) -> Result<Outcome> {
        let position = statement.position;
        self.dispatch(statement)
            .map_err(|error| error.in_statement(&statement.text).at(position.line, position.column))
    }

    /// Sets an option for this session.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        self.config.set_session(name, value)
    }
}

fn syntax(error: tidemill_grammar::ParseError) -> Error {
    let hint = error.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    Error::new(ErrorKind::Syntax, format!("{}{hint}", error.kind))
        .at(error.position.line, error.position.column)
}
