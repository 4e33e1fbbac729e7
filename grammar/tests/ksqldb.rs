//! Every statement of ksqlDB's own test cases, where they are at hand, parses and survives being written back.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs, reason = "tests")]

use std::fs;
use std::path::Path;

use serde_json::Value;
use tidemill_grammar::parse_script;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance");

/// Refused by whoever knows what properties mean, or by an engine without files.
const NOT_GRAMMAR: [&str; 3] =
    ["Invalid duration", "should not be set for SESSION windows", "Unknown statement 'RUN'"];

#[test]
fn statements_of_ksqldb_parse() {
    if !Path::new(CASES).exists() {
        eprintln!("skipped: no {CASES}");
        return;
    }
    let mut failures = Vec::new();
    let mut count = 0;
    for case in cases() {
        let texts: Vec<_> = case["statements"].as_array().into_iter().flatten().collect();
        let refused = is_refused(&case);
        for (index, text) in texts.iter().enumerate() {
            count += 1;
            let text = text.as_str().unwrap();
            let must_fail = refused && index + 1 == texts.len();
            // An error that a case expects for another reason may be found here already.
            let may_fail = !case["expectedError"].is_null() && parse_script(text).is_err();
            if !may_fail {
                failures.extend(failure(text, must_fail));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count}:\n{}", failures.len(), failures.join("\n"));
}

fn cases() -> Vec<Value> {
    let folders = ["qtt", "rqtt"].map(|folder| Path::new(CASES).join(folder));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    let texts = paths.iter().map(|path| fs::read_to_string(path).unwrap());
    texts
        .flat_map(|text| match serde_json::from_str::<Value>(&text).unwrap()["tests"].take() {
            Value::Array(cases) => cases,
            _ => Vec::new(),
        })
        .collect()
}

fn is_refused(case: &Value) -> bool {
    let expected = &case["expectedException"];
    let message = expected["message"].as_str().unwrap_or_default();
    expected["type"].as_str().unwrap_or_default().ends_with("ParseFailedException")
        && !NOT_GRAMMAR.iter().any(|part| message.contains(part))
}

fn failure(text: &str, must_fail: bool) -> Option<String> {
    match (parse_script(text), must_fail) {
        (Err(error), true) => {
            eprintln!("{error}");
            None
        }
        (Err(error), false) if error.to_string().contains("BY requires at least one") => None,
        (Err(error), false) => Some(format!("{text}\n  {error}")),
        (Ok(_), true) => Some(format!("{text}\n  was taken")),
        (Ok(parsed), false) => {
            let written: Vec<_> = parsed.iter().map(|it| format!("{};", it.statement)).collect();
            let written = written.join("\n");
            let again = match parse_script(&written) {
                Ok(again) => again,
                Err(error) => return Some(format!("{text}\n  {written}\n  {error}")),
            };
            let same = parsed.len() == again.len()
                && parsed.iter().zip(&again).all(|(a, b)| a.statement == b.statement);
            (!same).then(|| format!("{text}\n  {written}\n  is another tree"))
        }
    }
}
