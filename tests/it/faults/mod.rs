//! Each call of the kernel that keeps what was promised is made to fail once, in the real binary: what was answered stays.
//!
//! `strace` lets the calls fail; where it is not installed, this says so and checks nothing.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::program::Program;
use crate::random::{Random, number};

/// Calls that a disk can refuse. RocksDB appends by `write`, which sockets and pipes are written with too: those are told from
/// files by their paths.
const CALLS: [&str; 7] =
    ["fsync", "fdatasync", "pwrite64", "write", "ftruncate", "rename", "unlink"];
const ERRORS: [&str; 2] = ["EIO", "ENOSPC"];
/// How many calls fail in the ordinary run; `TIDEMILL_SYSCALLS=0` lets each fail, with each error.
const SAMPLE: u64 = 12;
const RECORDS: u64 = 12;

const PIPELINE: &str = "
    CREATE STREAM a (id VARCHAR KEY, n BIGINT) WITH (kafka_topic = 'a', value_format = 'json', partitions = 2);
    SET 'auto.offset.reset' = 'earliest';
    CREATE TABLE t AS SELECT id, COUNT(*) AS c, SUM(n) AS s FROM a GROUP BY id;";

/// Makes a folder with the pipeline and some records in it.
fn program() -> Program {
    let program = Program::new();
    program.call(&["-e", PIPELINE]);
    program.call(&["-e", "INSERT INTO a (id, n) VALUES ('k0', 0);"]);
    program
}

/// Inserts records, each with a question behind it whose answer says that the record is there; returns how many were answered.
fn insert(program: &Program, strace: &[&str]) -> u64 {
    let mut shell = program.command(&["--output", "json"]);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq"]).args(strace).arg(shell.get_program()).args(shell.get_args());
    command.env_remove("TIDEMILL_DATA_DIR");
    if strace.is_empty() {
        command = std::mem::replace(&mut shell, Command::new("true"));
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let statement =
        |n: u64| format!("INSERT INTO a (id, n) VALUES ('k{}', {n}); SHOW TYPES;\n", n % 3);
    let statements: String = (1..=RECORDS).map(statement).collect();
    // A program that stops early reads no further.
    let _ = stdin.write_all(statements.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().count() as u64
}

/// Returns the arguments that have strace see only what is done to files of the data folder.
fn paths(program: &Program) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![program.path("data")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.extend(["-P".to_owned(), path.to_str().unwrap().to_owned()]);
            }
        }
    }
    found
}

/// Counts how often each call is made: by no thread more often than that.
fn count_calls() -> BTreeMap<&'static str, u64> {
    let program = program();
    let trace = program.path("trace");
    let calls = format!("trace={}", CALLS.join(","));
    assert_eq!(insert(&program, &["-o", trace.to_str().unwrap(), "-e", &calls]), RECORDS);
    let trace = std::fs::read_to_string(trace).unwrap();
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if let Some(call) = CALLS.iter().find(|name| call.starts_with(&format!("{name}("))) {
            *counts.entry((thread, *call)).or_default() += 1;
        }
    }
    let mut most = BTreeMap::new();
    for ((_, call), count) in counts {
        let call = CALLS.iter().find(|name| **name == call).unwrap();
        let entry = most.entry(*call).or_default();
        *entry = count.max(*entry);
    }
    most
}

fn check(call: &str, at: u64, error: &str) {
    let program = program();
    let files = paths(&program);
    let inject = format!("inject={call}:error={error}:when={at}");
    let trace = format!("trace={call}");
    let mut strace = vec!["-o", "/dev/null", "-e", &trace, "-e", &inject];
    if call == "write" {
        strace.extend(files.iter().map(String::as_str));
    }
    let answered = insert(&program, &strace);
    // The next start finds a disk that works.
    let more = insert(&program, &[]);
    assert_eq!(more, RECORDS, "{call} {at} {error}: the next start");
    let records = program.records("a");
    let mut found: BTreeMap<u64, u64> = BTreeMap::new();
    for record in &records {
        let value: serde_json::Value =
            serde_json::from_str(record["value"].as_str().unwrap()).unwrap();
        *found.entry(value["N"].as_u64().unwrap()).or_default() += 1;
    }
    for n in 1..=RECORDS {
        let wanted = if n <= answered { 2 } else { 1 };
        let count = found.get(&n).copied().unwrap_or(0);
        // What was not answered may be there or not.
        assert!(
            wanted <= count && count <= 2,
            "{call} {at} {error}: record {n} is there {count} times, {answered} were answered"
        );
    }
    // A program that ends commits what its queries have done, and leaves the rest to the next.
    program.settle();
    let rows = program.rows("SELECT * FROM t;");
    let counted: u64 = rows.iter().map(|row| row["C"].as_u64().unwrap()).sum();
    assert_eq!(counted, records.len() as u64, "{call} {at} {error}: each record counts once");
}

#[test]
fn a_call_that_fails_costs_nothing_that_was_answered() {
    if Command::new("strace").arg("--version").output().is_err() {
        println!("strace is not installed: nothing was checked");
        return;
    }
    let mut cases = Vec::new();
    for (call, count) in count_calls() {
        for at in 1..=count {
            cases.extend(ERRORS.iter().map(|error| (call, at, *error)));
        }
    }
    let sample = number("TIDEMILL_SYSCALLS", SAMPLE);
    let mut random = Random::new(number("TIDEMILL_SYSCALL_SEED", 1));
    let wanted: Vec<_> = match sample {
        0 => cases,
        count => (0..count).map(|_| *random.choose(&cases)).collect(),
    };
    println!("{} calls fail", wanted.len());
    wanted.into_iter().for_each(|(call, at, error)| check(call, at, error));
}
