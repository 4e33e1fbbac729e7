//! Files in, records out.

use clap::Parser;
use expect_test::{Expect, expect};

use super::*;
use crate::args::{Arguments, Subcommand};

fn recipe(flags: &str) -> Result<Recipe, Failure> {
    let line = format!("tidemill produce t {flags}");
    let arguments = Arguments::parse_from(line.split_whitespace());
    let Some(Subcommand::Produce(produce)) = arguments.subcommand else { panic!("not a produce") };
    Recipe::new(&produce)
}

fn shown(record: &ProducedRecord) -> String {
    let text = |bytes: &Option<Vec<u8>>| match bytes {
        Some(bytes) => String::from_utf8_lossy(bytes).escape_debug().to_string(),
        None => "<null>".to_owned(),
    };
    let time = record.timestamp_ms.map_or(String::new(), |time| format!(" @{time}"));
    format!("{} = {}{time}", text(&record.key), text(&record.value))
}

#[track_caller]
fn check(flags: &str, input: &str, want: Expect) {
    let recipe = recipe(flags).expect("flags that fit");
    let mut found = String::new();
    match recipe.read(BufReader::new(input.as_bytes())) {
        Err(bad) => found.push_str(&bad.into_failure("f").to_string()),
        Ok(mut records) => {
            while let Some(record) = records.next() {
                let line = match record {
                    Ok(record) => shown(&record),
                    Err(bad) => bad.into_failure("f").to_string(),
                };
                found.push_str(&format!("{line}\n"));
            }
        }
    }
    want.assert_eq(&found);
}

#[test]
fn a_line_is_a_value() {
    check(
        "",
        "a\r\n\nb: c",
        expect![[r"
            <null> = a
            <null> = 
            <null> = b: c
        "]],
    );
}

#[test]
fn a_separator_gives_the_key() {
    check(
        "--key-separator : --null-marker NULL",
        "pen:1:2\nink:NULL\nnothing\n",
        expect![[r"
            pen = 1:2
            ink = <null>
            f:3: there is no ':' between key and value
        "]],
    );
}

#[test]
fn json_fields_give_key_and_time() {
    check(
        "--key-field p.id --timestamp-field t",
        "{\"p\": {\"id\": 7}, \"t\": 1000}\n\n{\"p\": {\"id\": \"x\"}, \"t\": \"1970-01-01T00:00:02Z\"}\n{\"t\": 3}\n{\"p\": 1\n{}\n",
        expect![[r#"
            7 = {\"p\": {\"id\": 7}, \"t\": 1000} @1000
            x = {\"p\": {\"id\": \"x\"}, \"t\": \"1970-01-01T00:00:02Z\"} @2000
            <null> = {\"t\": 3} @3
            f:5: not a JSON document: EOF while parsing an object at line 1 column 7
            f:6: the field that holds the time is null or not there
        "#]],
    );
}

#[test]
fn a_column_gives_the_key_and_leaves_the_value() {
    check(
        "--format csv --skip-header --key-column Location --key-format int",
        "Borough,Location,Zone\nEWR,258,\"Newark, Airport\"\nQueens,x,Bay\nBronx\n",
        expect![[r#"
            \0\0\u{1}\u{2} = EWR,\"Newark, Airport\"
            f:3: the key 'x' is not an INT
            f:4: there is no column 2: the line has 1
        "#]],
    );
    check(
        "--format tsv --key-column 1 --keep-key-column --timestamp-column 2 --timestamp-format s",
        "a\t5\tx\n",
        expect![[r"
            a = a\t5\tx @5000
        "]],
    );
}

#[test]
fn a_column_that_is_not_there_is_named() {
    check(
        "--format csv --skip-header --key-column zone",
        "a,b\n1,2\n",
        expect!["f:1: there is no column 'zone'; there are a, b"],
    );
}

#[test]
fn the_format_follows_from_the_flags_and_the_name() {
    let format = |flags: &str| match recipe(flags).expect(flags).shape {
        Shape::Lines { .. } => "lines",
        Shape::Json { .. } => "json",
        Shape::Columns { dialect, .. } if dialect.has_quotes => "csv",
        Shape::Columns { .. } => "tsv",
    };
    assert_eq!(format(""), "lines");
    assert_eq!(format("--key-field a"), "json");
    assert_eq!(format("--key-column 1"), "csv");
    assert_eq!(format("zones.csv"), "csv");
    assert_eq!(format("zones.tsv --key-column 1"), "tsv");
    assert_eq!(format("edits.jsonl"), "json");
    assert_eq!(format("zones.csv --format lines"), "lines");
}

#[test]
fn flags_that_do_not_fit_are_refused() {
    let refused = |flags: &str| recipe(flags).expect_err("unfit").to_string();
    assert_eq!(refused("--format csv --key-field a"), "--key-field needs --format json");
    assert_eq!(refused("--format json --delimiter ;"), "--delimiter needs --format csv or tsv");
    assert_eq!(
        refused("--format csv --key-column id"),
        "'id' is not a column's number; --skip-header lets columns be named"
    );
}
