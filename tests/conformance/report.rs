//! What a run tells: a table by file, a file of failures, and whether a case that passed before fails now.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::corpus::Case;
use crate::run::Outcome;

/// Cases and how they ended.
pub(crate) struct Report<'a> {
    pub(crate) results: Vec<(&'a Case, Outcome)>,
    pub(crate) disabled: usize,
}

#[derive(Default)]
struct Count {
    passed: usize,
    total: usize,
    messages_matched: usize,
    messages: usize,
}

impl Count {
    fn add(&mut self, outcome: &Outcome) {
        self.total += 1;
        self.passed += usize::from(outcome.failure.is_none());
        self.messages += usize::from(outcome.message_matched.is_some());
        self.messages_matched += usize::from(outcome.message_matched == Some(true));
    }

    fn line(&self, name: &str) -> String {
        let Count { passed, total, messages_matched, messages } = self;
        let failed = total - passed;
        let failed = if failed == 0 { String::new() } else { failed.to_string() };
        let told =
            if *messages == 0 { String::new() } else { format!("{messages_matched}/{messages}") };
        format!("{name:<32} {passed:>5} / {total:<5} {failed:>6} {told:>9}\n")
    }
}

/// What a case is about, by the hardest thing that it needs.
fn group(case: &Case) -> &'static str {
    let text = case.statements.to_uppercase();
    let text: String =
        text.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { ' ' }).collect();
    let words: BTreeSet<&str> = text.split(' ').collect();
    let has = |names: &[&str]| names.iter().any(|name| words.contains(name));
    let is_format = |(_, value): &(String, String)| ["AVRO", "JSON_SR"].contains(&value.as_str());
    if has(&["AVRO", "PROTOBUF", "JSON_SR"])
        || case.topics.iter().any(|topic| topic.key.is_some() || topic.value.is_some())
        || case.properties.iter().any(is_format)
    {
        "needs a registry"
    } else if has(&["PROTOBUF_NOSR"]) {
        "protobuf without a registry"
    } else if has(&["JOIN"]) {
        "joins"
    } else if has(&["GROUP", "WINDOW_TYPE", "WINDOW"]) {
        "aggregates and windows"
    } else {
        "stateless"
    }
}

impl Report<'_> {
    /// Writes the tables.
    pub(crate) fn tables(&self) -> String {
        let mut files: BTreeMap<&str, Count> = BTreeMap::new();
        let mut groups: BTreeMap<&str, Count> = BTreeMap::new();
        for (case, outcome) in &self.results {
            files.entry(&case.file).or_default().add(outcome);
            groups.entry(group(case)).or_default().add(outcome);
        }
        let mut out =
            format!("{:<32} {:>5}   {:<5} {:>6} {:>9}\n", "file", "pass", "of", "fail", "messages");
        files.iter().for_each(|(name, count)| out.push_str(&count.line(name)));
        out.push('\n');
        groups.iter().for_each(|(name, count)| out.push_str(&count.line(name)));
        out
    }

    /// Writes the closing lines.
    pub(crate) fn closing(&self) -> String {
        let mut all = Count::default();
        self.results.iter().for_each(|(_, outcome)| all.add(outcome));
        format!(
            "qtt: messages matched {} of {}\nqtt: passed {} of {} (skipped {}: disabled upstream)",
            all.messages_matched, all.messages, all.passed, all.total, self.disabled
        )
    }

    /// Writes every failure, and every message that is not the expected one, to files under the target folder.
    pub(crate) fn write_failures(&self) -> std::io::Result<PathBuf> {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let (mut failures, mut messages) = (String::new(), String::new());
        for (case, outcome) in &self.results {
            let statements = case.statements.replace('\n', "\n    ");
            let _ = match &outcome.failure {
                Some(why) => writeln!(
                    failures,
                    "== {} [{}]\n    {statements}\n  {why}\n{}",
                    case.id,
                    group(case),
                    expectation(case)
                ),
                None => Ok(()),
            };
            if outcome.message_matched == Some(false) {
                let _ = writeln!(
                    messages,
                    "== {} [{}]\n    {statements}\n{}\n  got {}\n",
                    case.id,
                    group(case),
                    expectation(case),
                    outcome.message
                );
            }
        }
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("qtt-messages.txt"), messages)?;
        let path = folder.join("qtt-failures.txt");
        std::fs::write(&path, failures)?;
        Ok(path)
    }

    /// Returns the cases that the list says pass and that do not.
    pub(crate) fn broken(&self, passing: &BTreeSet<String>) -> Vec<&str> {
        let is_broken = |(case, outcome): &&(&Case, Outcome)| {
            outcome.failure.is_some() && passing.contains(&case.id)
        };
        self.results.iter().filter(is_broken).map(|(case, _)| case.id.as_str()).collect()
    }

    /// Adds the cases that pass to the list, and takes those away that do not.
    pub(crate) fn update(&self, passing: &mut BTreeSet<String>) {
        for (case, outcome) in &self.results {
            if outcome.failure.is_none() {
                passing.insert(case.id.clone());
            } else {
                passing.remove(&case.id);
            }
        }
    }
}

fn expectation(case: &Case) -> String {
    match &case.expected {
        Some(expected) => {
            format!("  expected {}: {}", expected.class, expected.message.as_deref().unwrap_or("-"))
        }
        None => String::new(),
    }
}

/// Reads the list of the cases that pass.
pub(crate) fn read_passing(path: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Writes the list of the cases that pass, one a line.
pub(crate) fn write_passing(path: &Path, passing: &BTreeSet<String>) -> std::io::Result<()> {
    let lines: Vec<String> = passing.iter().map(|id| format!("{id}\n")).collect();
    std::fs::write(path, lines.concat())
}
