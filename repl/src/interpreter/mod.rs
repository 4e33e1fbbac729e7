//! Runs statements one after the other and shows what each gives back.

mod results;
mod script;

use std::path::{Path, PathBuf};

use tidemill::engine::{Engine, Outcome, Session};
use tidemill::error::Error;
use tidemill_grammar::{StatementText, parse_statement, split_statements};

pub(crate) use script::{Script, read as read_script};

use crate::errors::Failure;
use crate::interrupt::Interrupts;
use crate::output::Output;
use crate::run::restart::is_there;
use crate::settings::Settings;
use crate::shell::{Command, Names, help};
use crate::wrap::wrap;

/// How deep scripts may run scripts; more is a script that runs itself.
const SCRIPT_DEPTH_MAX: usize = 16;

/// Runs statements one after the other and shows what each gives back.
pub(crate) struct Interpreter {
    pub(crate) engine: Engine,
    session: Session,
    pub(crate) output: Output,
    pub(crate) settings: Settings,
    interrupts: Interrupts,
    manner: Manner,
    script_depth: usize,
    /// Whether statements are passed over whose work was done before.
    resumes: bool,
}

/// For whom statements are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Someone at the prompt: Ctrl-C ends a query, and hints help.
    Prompt,
    /// Someone who gave statements and waits for their results: Ctrl-C ends the program.
    Batch,
    /// A service: only the rows of queries are shown.
    Quiet,
}

/// Whether more is to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Yes.
    GoOn,
    /// No: EXIT was said.
    Exit,
}

impl Interpreter {
    /// Prepares to run statements in a session of their own.
    pub(crate) fn new(
        engine: Engine,
        settings: Settings,
        output: Output,
        interrupts: Interrupts,
        manner: Manner,
    ) -> Self {
        let session = engine.session();
        Interpreter {
            engine,
            session,
            output,
            settings,
            interrupts,
            manner,
            script_depth: 0,
            resumes: false,
        }
    }

    /// Passes over statements whose stream, table, type or query is there, made by the same statement.
    pub(crate) fn pass_over_what_is_there(&mut self) {
        self.resumes = true;
    }

    /// Returns what waits for signals.
    pub(crate) fn interrupts(&self) -> &Interrupts {
        &self.interrupts
    }

    /// Defines variables, as DEFINE does.
    pub(crate) fn define(&mut self, variables: &[(String, String)]) -> Result<(), Failure> {
        for (name, value) in variables {
            let sql = format!("DEFINE {name} = '{}';", value.replace('\'', "''"));
            self.session.execute(&sql).map_err(|error| {
                Failure::Usage(format!("--define {name}={value}: {}", error.message()))
            })?;
        }
        Ok(())
    }

    /// Returns the names that can stand in a statement now.
    pub(crate) fn names(&mut self) -> Names {
        let outcomes = self.session.execute("SHOW PROPERTIES; SHOW TABLES;").unwrap_or_default();
        Names::new(&self.engine, &outcomes)
    }

    /// Runs a file.
    pub(crate) fn run_file(&mut self, path: &Path) -> Result<Flow, Failure> {
        let text = read_script(path)?;
        self.run_script(&Script::new(&path.display().to_string(), &text))
    }

    /// Runs the statements of a script until one fails; none if one of them is not a statement.
    pub(crate) fn run_script(&mut self, script: &Script<'_>) -> Result<Flow, Failure> {
        let statements = split_statements(script.text);
        statements.iter().try_for_each(|statement| check(script, statement))?;
        for statement in &statements {
            if self.run_statement(script, statement)? == Flow::Exit {
                return Ok(Flow::Exit);
            }
        }
        Ok(Flow::GoOn)
    }

    fn run_statement(
        &mut self,
        script: &Script<'_>,
        statement: &StatementText<'_>,
    ) -> Result<Flow, Failure> {
        if self.manner != Manner::Prompt && self.interrupts.take() {
            return Err(Failure::Interrupted);
        }
        if let Some(command) = Command::parse(statement.text) {
            return self.run_command(command.map_err(Failure::Input)?);
        }
        let done = self.execute_and_show(statement.text);
        done.map(|()| Flow::GoOn).map_err(|failure| match failure {
            Failure::Engine(error) => script.failure(statement, error),
            other => other,
        })
    }

    fn execute_and_show(&mut self, sql: &str) -> Result<(), Failure> {
        let parsed = self.session.parse(sql)?;
        if self.resumes && is_there(&self.engine, &mut self.session, &parsed) {
            return Ok(());
        }
        let outcome = self.session.execute_one(&parsed)?;
        self.show(outcome)
    }

    /// Runs one statement and gives back what it gave.
    pub(crate) fn execute(&mut self, sql: &str) -> Result<Vec<Outcome>, Error> {
        self.session.execute(sql)
    }

    /// Does what one of the shell's own commands says.
    pub(crate) fn run_command(&mut self, command: Command) -> Result<Flow, Failure> {
        match command {
            Command::Exit => return Ok(Flow::Exit),
            Command::RunScript(path) => return self.run_nested(&path),
            Command::Help(topic) => self.help(&topic)?,
            Command::Output(format) => self.set_format(format)?,
            Command::Spool(path) => self.spool(path)?,
            Command::Wrap(wrap) => {
                self.settings.wrap = wrap;
                let text =
                    if wrap { "Long values go on below" } else { "Long values end with dots" };
                self.output.line(text)?;
            }
            Command::ColumnWidth(width) => {
                self.settings.column_width = width;
                let text = width.map(|width| format!("Columns are {width} wide"));
                self.output.line(text.as_deref().unwrap_or("Columns fit the terminal"))?;
            }
            Command::Version => {
                self.output.line(concat!("tidemill ", env!("CARGO_PKG_VERSION")))?;
            }
            Command::Server | Command::RequestPipelining => self.output.line(NO_SERVER)?,
            Command::Clear | Command::History | Command::Again(_) => {
                return Err(Failure::Input("this can be said at the prompt only".to_owned()));
            }
        }
        Ok(Flow::GoOn)
    }

    fn run_nested(&mut self, path: &Path) -> Result<Flow, Failure> {
        if self.script_depth == SCRIPT_DEPTH_MAX {
            let text = format!("{}: scripts run scripts {SCRIPT_DEPTH_MAX} deep", path.display());
            return Err(Failure::Input(text));
        }
        self.script_depth += 1;
        let result = self.run_file(path);
        self.script_depth -= 1;
        // EXIT ends the script that says it, not the shell that runs it.
        result.map(|_| Flow::GoOn)
    }

    fn help(&mut self, topic: &str) -> Result<(), Failure> {
        if let Some(text) = help::find(topic) {
            let text = wrap(&text, self.output.width());
            return Ok(self.output.line(&text)?);
        }
        let is_name = topic.chars().all(|char| char.is_alphanumeric() || char == '_');
        if is_name && let Ok(outcomes) = self.execute(&format!("DESCRIBE FUNCTION {topic};")) {
            return outcomes.into_iter().try_for_each(|outcome| self.show(outcome));
        }
        Err(Failure::Input(help::not_found(topic)))
    }

    fn set_format(&mut self, format: Option<crate::args::OutputFormat>) -> Result<(), Failure> {
        if let Some(format) = format {
            self.settings.format = format;
        }
        let name = match self.settings.format {
            crate::args::OutputFormat::Json => "JSON",
            crate::args::OutputFormat::Tabular => "TABULAR",
        };
        Ok(self.output.line(&format!("Output is {name}"))?)
    }

    fn spool(&mut self, path: Option<PathBuf>) -> Result<(), Failure> {
        let was_on = self.output.end_spool()?;
        let Some(path) = path else {
            let text = if was_on { "Spooling ended" } else { "Spooling was off" };
            return Ok(self.output.line(text)?);
        };
        let spool = Output::open_spool(&path).map_err(|source| Failure::File {
            doing: format!("cannot write {}", path.display()),
            source,
        })?;
        self.output.line(&format!("Spooling to {}", path.display()))?;
        self.output.spool_to(spool);
        Ok(())
    }
}

/// What SERVER and REQUEST-PIPELINING say.
const NO_SERVER: &str = "There is no server to talk to: the engine runs inside this program. \
    Start with another --data-dir for another one.";

/// Refuses text that is not a statement, before anything of the script is run.
fn check(script: &Script<'_>, statement: &StatementText<'_>) -> Result<(), Failure> {
    // What a variable stands for is known only when its statement is reached.
    if statement.text.contains("${") || Command::parse(statement.text).is_some() {
        return Ok(());
    }
    match parse_statement(statement.text) {
        Ok(_) => Ok(()),
        Err(error) => Err(script.syntax_failure(statement, &error)),
    }
}
