//! Makes a script that fails small.

use std::fmt::Write as _;

use super::generate::{SOURCE_COUNT, Script};

/// Leaves out queries and records for as long as the rest still fails.
pub(super) fn shrink(mut script: Script, fails: &dyn Fn(&Script) -> bool) -> Script {
    for place in (SOURCE_COUNT..script.statements.len()).rev() {
        let mut without = script.clone();
        without.statements.remove(place);
        if fails(&without) {
            script = without;
        }
    }
    let mut length = script.records.len() / 2;
    while 0 < length {
        let mut from = 0;
        while from < script.records.len() {
            let mut without = script.clone();
            without.records.drain(from..(from + length).min(without.records.len()));
            if fails(&without) {
                script = without;
            } else {
                from += length;
            }
        }
        length /= 2;
    }
    script
}

/// Writes a script as a golden script has it.
pub(super) fn text(script: &Script) -> String {
    let mut text = String::from("\n");
    for statement in &script.statements {
        writeln!(text, "> {statement}").unwrap();
    }
    for (topic, record) in &script.records {
        let part = |part: &Option<Vec<u8>>| match part {
            Some(bytes) => bytes.escape_ascii().to_string(),
            None => "null".to_owned(),
        };
        let (key, value) = (part(&record.key), part(&record.value));
        writeln!(text, "> produce {topic} {} {key} {value}", record.timestamp_ms).unwrap();
    }
    text
}
