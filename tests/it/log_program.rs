//! The log's tools, called as a user calls them: `topic alter`, `consume --group`, `log verify`, `dump` and `repair`.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::process::Output;

use expect_test::{Expect, expect};

use crate::program::Program;

/// Calls the program and shows what it wrote, to which stream, and how it ended.
fn call(program: &Program, args: &[&str]) -> String {
    let Output { status, stdout, stderr } = program.command(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let folder = program.path("data").display().to_string();
    let code = status.code().unwrap();
    let shown = format!("{}{}[{code}]", text(stdout), text(stderr));
    shown.replace(&folder, "DIR")
}

#[track_caller]
fn check(program: &Program, args: &[&str], want: Expect) {
    want.assert_eq(&call(program, args));
}

fn filled() -> Program {
    let program = Program::new();
    program.call(&["topic", "create", "bids", "-c", "cleanup.policy=delete"]);
    let lines: String = (0..4).map(|number| format!("k:{number}\n")).collect();
    for line in lines.lines() {
        let args = ["produce", "bids", "--key-separator", ":", "--quiet"];
        program.call_with(&args, line.as_bytes());
    }
    program
}

fn segment(program: &Program) -> PathBuf {
    program.path("data").join("log/bids-0/00000000000000000000.log")
}

#[test]
fn topics_are_altered() {
    let program = filled();
    check(
        &program,
        &["topic", "alter", "bids", "-c", "retention.ms=1000", "-c", "cleanup.policy=compact"],
        expect![""],
    );
    check(&program, &["topic", "describe", "bids"], expect![""]);
    let args = ["topic", "alter", "bids", "--reset", "retention.ms"];
    check(&program, &args, expect![""]);
    check(&program, &["topic", "alter", "bids", "-c", "retention.sm=1"], expect![""]);
    check(&program, &["topic", "alter", "bid", "-c", "retention.ms=1"], expect![""]);
    let described = call(&program, &["topic", "describe", "bids", "--output", "json"]);
    assert!(described.contains(r#""config":{"cleanup.policy":"compact"}"#), "{described}");
}

#[test]
fn a_group_reads_each_record_once() {
    let program = filled();
    let group = |count| ["consume", "bids", "--group", "g", "--from", "beginning", "-n", count];
    check(&program, &group("3"), expect![""]);
    let rest = ["consume", "bids", "--group", "g", "--exit-at-end"];
    check(&program, &rest, expect![""]);
    check(&program, &rest, expect![""]);
}

#[test]
fn a_damaged_log_is_verified_and_repaired() {
    let program = filled();
    check(&program, &["log", "verify", "bids"], expect![""]);
    let path = segment(&program);
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(70 + 68)).unwrap();
    file.write_all(b"?").unwrap();
    check(&program, &["log", "verify", "bids-0"], expect![""]);
    check(&program, &["log", "repair"], expect![""]);
    check(&program, &["log", "repair", "--accept-loss"], expect![""]);
    check(&program, &["log", "repair", "--accept-loss"], expect![""]);
    check(&program, &["log", "verify", "bids"], expect![""]);
    check(&program, &["consume", "bids", "--from", "beginning", "--exit-at-end"], expect![""]);
    check(&program, &["log", "verify", "bid"], expect![""]);
}

#[test]
fn a_segment_is_shown() {
    let program = filled();
    let path = segment(&program);
    let shown = call(&program, &["log", "dump", path.to_str().unwrap(), "--records"]);
    assert_eq!(shown.lines().filter(|line| line.starts_with("baseOffset: ")).count(), 4);
    assert!(
        shown.contains("keySize: 1 valueSize: 1 sequence: -1 headerKeys: [] key: k payload: 2")
    );
    check(&program, &["log", "dump", "nothing.log"], expect![""]);
}
