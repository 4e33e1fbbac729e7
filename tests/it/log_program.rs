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
    let shown = format!("{}{}[{code}]", text(stdout), text(stderr)).replace(&folder, "DIR");
    shown.split_inclusive([' ', '\n', ',']).map(masked).collect()
}

/// Hides what is another at each run: ids are random, and checksums cover the time.
fn masked(word: &str) -> String {
    let bare = word.trim_end_matches([' ', '\n', ',']);
    let is_id =
        bare.len() == 22 && bare.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let is_checksum = bare.len() == 8 && bare.chars().all(|c| c.is_ascii_hexdigit());
    match (is_id, is_checksum) {
        (true, _) => word.replace(bare, "ID"),
        (_, true) => word.replace(bare, "CRC"),
        _ => word.to_owned(),
    }
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
        expect![[r#"
            Altered topic bids
            [0]"#]],
    );
    check(
        &program,
        &["topic", "describe", "bids"],
        expect![[r#"
        Name                 : bids
        ID                   : ID

         Partition | First Offset | End Offset | Last Stable Offset
        -----------+--------------+------------+--------------------
                 0 |            0 |          4 |                  4

        Options
        -------
        cleanup.policy = compact
        retention.ms = 1000
        [0]"#]],
    );
    let args = ["topic", "alter", "bids", "--reset", "retention.ms"];
    check(
        &program,
        &args,
        expect![[r#"
        Altered topic bids
        [0]"#]],
    );
    check(
        &program,
        &["topic", "alter", "bids", "-c", "retention.sm=1"],
        expect![[r#"
        error: topic has no property "retention.sm"; did you mean retention.ms?
        [1]"#]],
    );
    check(
        &program,
        &["topic", "alter", "bid", "-c", "retention.ms=1"],
        expect![[r#"
        error: topic bid does not exist. Did you mean bids?
        [1]"#]],
    );
    let described = call(&program, &["topic", "describe", "bids", "--output", "json"]);
    assert!(described.contains(r#""config":{"cleanup.policy":"compact"}"#), "{described}");
}

#[test]
fn a_group_reads_each_record_once() {
    let program = filled();
    let group = |count| ["consume", "bids", "--group", "g", "--from", "beginning", "-n", count];
    check(
        &program,
        &group("3"),
        expect![[r#"
        0
        1
        2
        [0]"#]],
    );
    let rest = ["consume", "bids", "--group", "g", "--exit-at-end"];
    check(
        &program,
        &rest,
        expect![[r#"
        3
        [0]"#]],
    );
    check(&program, &rest, expect!["[0]"]);
}

#[test]
fn a_damaged_log_is_verified_and_repaired() {
    let program = filled();
    check(
        &program,
        &["log", "verify", "bids"],
        expect![[r#"
        bids-0: whole, segments 1, bytes 280, start 0, end 4, records 4
        [0]"#]],
    );
    let path = segment(&program);
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(70 + 68)).unwrap();
    file.write_all(b"?").unwrap();
    check(
        &program,
        &["log", "verify", "bids-0"],
        expect![[r#"
        bids-0: DAMAGED, segments 1, bytes 280, start 0, end 4, records 3
          lost: offset 1, 70 bytes at 70 of segment 0: batch checksum is CRC, not CRC
        error: damaged partitions: 1 of 1; `tidemill log repair` takes out what is lost
        [1]"#]],
    );
    check(
        &program,
        &["log", "repair"],
        expect![[r#"
        bids-0: would be repaired
          would be lost: offset 1, 70 bytes at 70 of segment 0: batch checksum is CRC, not CRC
        error: nothing was changed; --accept-loss repairs
        [1]"#]],
    );
    check(
        &program,
        &["log", "repair", "--accept-loss"],
        expect![[r#"
        bids-0: repaired
          lost: offset 1, 70 bytes at 70 of segment 0: batch checksum is CRC, not CRC
        [0]"#]],
    );
    check(
        &program,
        &["log", "repair", "--accept-loss"],
        expect![[r#"
        nothing to repair
        [0]"#]],
    );
    check(
        &program,
        &["log", "verify", "bids"],
        expect![[r#"
        bids-0: whole, segments 1, bytes 271, start 0, end 4, records 3
          note: an index of segment 0 is built anew when it is used
        [0]"#]],
    );
    check(
        &program,
        &["consume", "bids", "--from", "beginning", "--exit-at-end"],
        expect![[r#"
        0
        2
        3
        [0]"#]],
    );
    check(
        &program,
        &["log", "verify", "bid"],
        expect![[r#"
        error: topic bid does not exist
        [1]"#]],
    );
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
    let missing = call(&program, &["log", "dump", "00000000000000000009.log"]);
    assert!(missing.contains("error: file 00000000000000000009.log cannot be used"), "{missing}");
}
