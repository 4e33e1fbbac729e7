//! What the scripts in `accept/` and `reject/` say below each statement: `--=` how it is written back, `--!` its error.
//!
//! `TIDEMILL_UPDATE=1` writes what is found into the scripts.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::path::{Path, PathBuf};
use std::{env, fs};

use tidemill_grammar::{parse_statement, split_statements};

#[test]
fn accepted_statements_are_written_back() {
    let outcome = |text: &str| {
        let statement = parse_statement(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let written = statement.statement.to_string();
        let again = parse_statement(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
        assert_eq!(again.statement, statement.statement, "{written}");
        written
    };
    scripts("accept").iter().for_each(|path| check(path, "--=", &outcome));
}

#[test]
fn rejected_statements_have_their_error() {
    let outcome = |text: &str| match parse_statement(text) {
        Ok(statement) => panic!("{text} was taken as {}", statement.statement),
        Err(error) => error.to_string(),
    };
    scripts("reject").iter().for_each(|path| check(path, "--!", &outcome));
}

fn scripts(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    paths
}

fn check(path: &Path, mark: &str, outcome: &dyn Fn(&str) -> String) {
    let script = fs::read_to_string(path).unwrap();
    let lines = script.lines().filter(|line| !line.starts_with(mark));
    let bare: String = lines.map(|line| format!("{line}\n")).collect();
    let found = annotated(&bare, mark, outcome);
    if env::var("TIDEMILL_UPDATE").is_ok() {
        fs::write(path, found).unwrap();
    } else {
        assert_eq!(found, script, "{} differs", path.display());
    }
}

/// Puts the outcome of each statement below the line it ends on.
fn annotated(script: &str, mark: &str, outcome: &dyn Fn(&str) -> String) -> String {
    let mut output = String::new();
    let mut copied = 0;
    let mut waiting = Vec::new();
    for line in script.split_inclusive('\n') {
        output.push_str(line);
        let so_far = &script[copied..copied + line.len()];
        waiting.push(so_far);
        copied += line.len();
        let text = waiting.concat();
        let statements = split_statements(&text);
        let whole =
            statements.iter().all(|statement| statement.terminated) || text.contains("open");
        if !whole {
            continue;
        }
        for statement in statements {
            output.push_str(&format!("{mark} {}\n", outcome(statement.text)));
        }
        waiting.clear();
    }
    output
}
