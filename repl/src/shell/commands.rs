//! The shell's own commands, which are not SQL and need no semicolon.

use std::path::PathBuf;

use clap::ValueEnum;
use tidemill_grammar::{StatementText, is_complete, split_statements};

use crate::args::OutputFormat;

/// One of the shell's own commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// `HELP [topic]`.
    Help(String),
    /// `OUTPUT [JSON | TABULAR]`.
    Output(Option<OutputFormat>),
    /// `SPOOL 'file' | OFF`.
    Spool(Option<PathBuf>),
    /// `RUN SCRIPT 'file'`.
    RunScript(PathBuf),
    /// `SET CLI WRAP ON | OFF`.
    Wrap(bool),
    /// `SET CLI COLUMN-WIDTH n`; 0 fits columns to the terminal.
    ColumnWidth(Option<usize>),
    /// `HISTORY`.
    History,
    /// `!!`, `!n`, `!text`.
    Again(Again),
    /// `VERSION`.
    Version,
    /// `CLEAR`.
    Clear,
    /// `EXIT`, `QUIT`.
    Exit,
    /// `SERVER`.
    Server,
    /// `REQUEST-PIPELINING`.
    RequestPipelining,
}

/// Which of the things said before is said again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// The last.
    Last,
    /// The one HISTORY gives that number.
    Number(usize),
    /// The last that begins so.
    Prefix(String),
}

impl Command {
    /// Reads a command; none if the text is not one, an error if it begins as one and goes on wrongly.
    pub(crate) fn parse(text: &str) -> Option<Result<Command, String>> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix('!') {
            return again(rest.trim_end_matches(';')).map(|again| Ok(Command::Again(again)));
        }
        // A command among statements is one of them, and is looked at when it is its turn.
        let [statement]: [StatementText<'_>; 1] = split_statements(text).try_into().ok()?;
        let text = statement.text;
        let words: Vec<&str> = text.split_whitespace().collect();
        let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        let command = match lower.as_slice() {
            ["help" | "?", topic @ ..] => Ok(Command::Help(topic.join(" "))),
            ["output"] => Ok(Command::Output(None)),
            ["output", format] => output(format),
            ["spool", "off"] => Ok(Command::Spool(None)),
            ["spool", _, ..] => path(after(text, 1)).map(|path| Command::Spool(Some(path))),
            ["spool"] => Err("SPOOL needs a file in quotes, or OFF".to_owned()),
            ["run", "script", ..] => path(after(text, 2)).map(Command::RunScript),
            ["set", "cli", rest @ ..] => set_cli(rest),
            ["history"] => Ok(Command::History),
            ["version"] => Ok(Command::Version),
            ["clear"] => Ok(Command::Clear),
            ["exit" | "quit" | "\\q"] => Ok(Command::Exit),
            ["server", ..] => Ok(Command::Server),
            ["request-pipelining", ..] => Ok(Command::RequestPipelining),
            _ => return None,
        };
        Some(command)
    }
}

/// Tells whether Enter ends what is being typed: a command, or whole statements.
pub(crate) fn is_finished(text: &str) -> bool {
    Command::parse(text).is_some() || is_complete(text)
}

fn again(rest: &str) -> Option<Again> {
    if rest == "!" {
        return Some(Again::Last);
    }
    match rest.parse() {
        Ok(number) => Some(Again::Number(number)),
        Err(_) if rest.is_empty() || rest.starts_with('=') => None,
        Err(_) => Some(Again::Prefix(rest.to_owned())),
    }
}

fn output(format: &str) -> Result<Command, String> {
    match OutputFormat::from_str(format, true) {
        Ok(format) => Ok(Command::Output(Some(format))),
        Err(_) => Err(format!("there is no output format {format}: JSON or TABULAR")),
    }
}

fn set_cli(words: &[&str]) -> Result<Command, String> {
    match words {
        ["wrap", "on" | "'on'"] => Ok(Command::Wrap(true)),
        ["wrap", "off" | "'off'"] => Ok(Command::Wrap(false)),
        ["column-width", width] => match width.parse() {
            Ok(0) => Ok(Command::ColumnWidth(None)),
            Ok(width) => Ok(Command::ColumnWidth(Some(width))),
            Err(_) => Err(format!("COLUMN-WIDTH needs a number, found {width}")),
        },
        _ => Err("SET CLI takes WRAP ON, WRAP OFF or COLUMN-WIDTH n".to_owned()),
    }
}

/// Returns what follows so many words.
fn after(text: &str, word_count: usize) -> &str {
    let mut rest = text;
    for _ in 0..word_count {
        rest = rest.trim_start();
        rest = &rest[rest.find(char::is_whitespace).unwrap_or(rest.len())..];
    }
    rest.trim()
}

/// Reads a file name, in quotes or not; `~/` is the user's own folder.
fn path(text: &str) -> Result<PathBuf, String> {
    let inner = match text.strip_prefix('\'') {
        Some(rest) => rest.strip_suffix('\'').ok_or("the quote is not closed")?.replace("''", "'"),
        None => text.to_owned(),
    };
    if inner.is_empty() {
        return Err("a file name is missing".to_owned());
    }
    match (inner.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Ok(PathBuf::from(home).join(rest)),
        _ => Ok(PathBuf::from(inner)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Option<Result<Command, &str>>) {
        assert_eq!(Command::parse(text), want.map(|want| want.map_err(str::to_owned)));
    }

    #[test]
    fn commands_need_no_semicolon() {
        check("help", Some(Ok(Command::Help(String::new()))));
        check("HELP create  stream;", Some(Ok(Command::Help("create stream".to_owned()))));
        check("output json", Some(Ok(Command::Output(Some(OutputFormat::Json)))));
        check("SET CLI WRAP OFF;", Some(Ok(Command::Wrap(false))));
        check("set cli column-width 10", Some(Ok(Command::ColumnWidth(Some(10)))));
        check("set cli column-width 0", Some(Ok(Command::ColumnWidth(None))));
        check("quit", Some(Ok(Command::Exit)));
    }

    #[test]
    fn file_names_keep_their_case_and_blanks() {
        let run = |path: &str| Some(Ok(Command::RunScript(path.into())));
        check("RUN SCRIPT 'My Files/a''b.sql';", run("My Files/a'b.sql"));
        check("run script a.sql", run("a.sql"));
        check("RUN SCRIPT 'a", Some(Err("the quote is not closed")));
        check("RUN SCRIPT", Some(Err("a file name is missing")));
        check("SPOOL 'Off'", Some(Ok(Command::Spool(Some("Off".into())))));
        check("SPOOL OFF", Some(Ok(Command::Spool(None))));
    }

    #[test]
    fn what_was_said_can_be_said_again() {
        check("!!", Some(Ok(Command::Again(Again::Last))));
        check("!12", Some(Ok(Command::Again(Again::Number(12)))));
        check("!sel", Some(Ok(Command::Again(Again::Prefix("sel".to_owned())))));
    }

    #[test]
    fn sql_is_no_command() {
        check("SET 'auto.offset.reset' = 'earliest';", None);
        check("SHOW STREAMS;", None);
        check("", None);
        check("SELECT help FROM output;", None);
        check("RUN SCRIPT 'a'; SHOW STREAMS;", None);
    }

    #[test]
    fn wrong_commands_say_what_is_right() {
        check("output xml", Some(Err("there is no output format xml: JSON or TABULAR")));
        check("SET CLI wrap", Some(Err("SET CLI takes WRAP ON, WRAP OFF or COLUMN-WIDTH n")));
    }

    #[test]
    fn enter_ends_commands_and_whole_statements() {
        for text in ["help", "SHOW STREAMS;", "", "-- nothing", "SELECT ';' FROM a; -- b"] {
            assert!(is_finished(text), "{text}");
        }
        for text in ["SHOW STREAMS", "SELECT ';", "SELECT 1; SELECT", "SELECT 1; /* a"] {
            assert!(!is_finished(text), "{text}");
        }
    }
}
