//! Golden scripts once more, with each topic in several partitions: what belongs to a key is the same, in the same order.
//!
//! Answers that depend on how records are spread say so in their script, and why; one that says so and is the same is an error
//! too.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;

use super::driver::{Line, ScriptDriver};
use super::scripts;

/// What a command answered: its lines by key, or the error.
#[derive(Debug, PartialEq)]
struct Answer {
    command: String,
    lines: Result<BTreeMap<String, Vec<String>>, String>,
}

/// Keeps what a script's commands answer.
struct Recorder {
    driver: ScriptDriver,
    answers: Vec<Answer>,
}

impl goldenscript::Runner for Recorder {
    type Command = goldenscript::Command;

    fn run(
        &mut self,
        command: &goldenscript::Command,
        context: &goldenscript::Context,
    ) -> Result<String, Box<dyn Error>> {
        let command = command.name.trim().to_owned();
        let answer = self.driver.answer(&command, context.tags.contains("plan"));
        let lines = match &answer {
            Ok(lines) => Ok(by_key(lines)),
            Err(error) => Err(error.to_string()),
        };
        self.answers.push(Answer { command, lines });
        answer.map(|_| String::new())
    }
}

fn by_key(lines: &[Line]) -> BTreeMap<String, Vec<String>> {
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines {
        keys.entry(line.key.clone()).or_default().push(line.text.clone());
    }
    keys
}

fn answers(driver: ScriptDriver, script: &str) -> Vec<Answer> {
    let mut recorder = Recorder { driver, answers: Vec::new() };
    // A statement that has to fail and does not is a difference, which is found below.
    let _ = goldenscript::generate(&mut recorder, script);
    recorder.answers
}

/// Returns whose answers a script says are others, and the reasons.
fn marked(script: &str) -> BTreeMap<String, String> {
    let mut marked = BTreeMap::new();
    for line in script.lines().filter_map(|line| line.strip_prefix("# partitions: ")) {
        let (names, reason) = line.split_once(": ").expect("names, and a reason");
        marked.extend(names.split(", ").map(|name| (name.to_owned(), reason.to_owned())));
    }
    marked
}

/// Returns what a command asks: a source, a topic or the reports; none if it is a statement.
fn asked(command: &str) -> Option<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    match words.as_slice() {
        ["read" | "records", name] => Some((*name).to_owned()),
        ["reports"] => Some("reports".to_owned()),
        ["SELECT", ..] => {
            let from = words.iter().position(|word| *word == "FROM")?;
            words.get(from + 1).map(|name| name.to_uppercase())
        }
        _ => None,
    }
}

/// How many answers were compared.
#[derive(Default)]
struct Compared {
    /// What was asked for, and is the same.
    same: usize,
    /// Those that say that they are others.
    other: usize,
}

/// Compares a script's answers with those in other numbers of partitions. Returns what is not as it should be.
fn compare(path: &Path, compared: &mut Compared) -> Vec<String> {
    let script = std::fs::read_to_string(path).unwrap();
    let marked = marked(&script);
    let expected = answers(ScriptDriver::new(1, false), &script);
    let (mut differing, mut wrong) = (BTreeSet::new(), Vec::new());
    let before = compared.same;
    for partitions in [3, 7] {
        for restarts in [false, true] {
            let driver = ScriptDriver::new(1, restarts).with_partitions(partitions);
            let actual = answers(driver, &script);
            let place = format!("{}: {partitions} partitions", path.display());
            assert_eq!(actual.len(), expected.len(), "{place}: {:?}", actual.last());
            for (actual, expected) in actual.iter().zip(&expected) {
                let name = asked(&expected.command).unwrap_or_default();
                let is_marked = marked.contains_key(&name);
                match (is_marked, actual == expected) {
                    (false, false) => {
                        wrong.push(format!("{place}: {actual:#?} instead of {expected:#?}"))
                    }
                    (false, true) => compared.same += usize::from(!name.is_empty()),
                    (true, _) => compared.other += 1,
                }
                if is_marked && actual != expected {
                    differing.insert(name);
                }
            }
        }
    }
    println!("{}: {} answers are the same", path.display(), compared.same - before);
    for (name, reason) in &marked {
        println!("  not {name}: {reason}");
        if !differing.contains(name) {
            wrong.push(format!("{}: {name} is no other", path.display()));
        }
    }
    wrong
}

#[test]
fn scripts_give_each_key_the_same_in_any_number_of_partitions() {
    let mut compared = Compared::default();
    let wrong: Vec<_> =
        scripts().iter().flat_map(|script| compare(script, &mut compared)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let Compared { same, other } = compared;
    println!("{same} answers are the same, {other} depend on partitions");
    assert!(2 * other < same, "{same} answers are the same, {other} depend on partitions");
}
