//! A page for each statement, from what the grammar says of it and from what its examples do.

use std::fmt::Write as _;
use std::process::Command;

use tidemill_grammar::help::{Chapter, Example, Syntax, Topic, topics};

use crate::program::{Program, binary};

#[test]
fn statement_pages_say_what_the_statements_do() {
    for topic in topics() {
        super::check(&path(topic), &page(topic));
    }
    super::check("README.md", &index());
    let pages = std::fs::read_dir(super::folder().join("statements")).unwrap().count();
    let statements = topics().filter(|topic| is_statement(topic)).count();
    assert_eq!(pages, statements, "docs/sql/statements has a page that nothing writes");
}

fn is_statement(topic: &Topic) -> bool {
    matches!(topic.syntax, Syntax::Statements(_))
}

fn path(topic: &Topic) -> String {
    let slug = topic.names[0].replace(' ', "-");
    if is_statement(topic) { format!("statements/{slug}.md") } else { format!("{slug}.md") }
}

fn index() -> String {
    let mut out = "# SQL\n\nThe language is ksqlDB's. `HELP` in the shell tells what stands on these pages; \
        [Differences](../differences.md) lists where Tidemill knowingly does not do as ksqlDB does.\n\n\
        - [Functions](functions/README.md)\n- [Functions of your own](../user-functions.md)\n- [Options](../options.md)\n"
        .to_owned();
    for chapter in Chapter::ALL.into_iter().filter(|chapter| *chapter != Chapter::Shell) {
        write!(out, "\n**{}**\n\n", chapter.title()).unwrap();
        for topic in topics().filter(|topic| topic.chapter == chapter) {
            let (title, purpose) = (topic.title(), topic.purpose);
            writeln!(out, "- [{title}]({}): {purpose}", path(topic)).unwrap();
        }
    }
    out
}

fn page(topic: &Topic) -> String {
    let mut out =
        format!("# {}\n\n{}\n\n```\n{}\n```\n", topic.title(), topic.purpose, topic.syntax());
    if is_statement(topic) {
        out.push_str("\n`[ ]` may be left out, `{ | }` is a choice, `…` may be repeated.\n");
    }
    for paragraph in topic.description.split("\n\n").filter(|text| !text.is_empty()) {
        write!(out, "\n{paragraph}\n").unwrap();
    }
    if !topic.properties.is_empty() {
        out.push_str("\n## Properties\n\n| property | value | about |\n| --- | --- | --- |\n");
        for property in topic.properties {
            writeln!(out, "| {} | {} | {} |", property.name, property.value, property.about)
                .unwrap();
        }
    }
    out.push_str(if topic.examples.len() == 1 { "\n## Example\n" } else { "\n## Examples\n" });
    for example in topic.examples {
        if !example.given.is_empty() {
            write!(out, "\nGiven\n\n```sql\n{}\n```\n", example.given.trim_end()).unwrap();
        }
        let said = said(topic, example);
        write!(out, "\n```sql\n{}\n```\n\n```text\n{said}```\n", example.sql).unwrap();
    }
    out
}

/// How many lines of an example's output are shown; a list may be long.
const LINES_MAX: usize = 26;

/// Carries an example out and returns what was said.
fn said(topic: &Topic, example: &Example) -> String {
    let program = Program::new();
    let write = |name: &str, text: &str| std::fs::write(program.path(name), text).unwrap();
    // The script that RUN SCRIPT runs.
    write(
        "app.sql",
        "CREATE STREAM bids (item VARCHAR KEY, price INT)\n  \
        WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);\n",
    );
    if !example.given.is_empty() {
        write("given.sql", example.given);
        program.run(&program.path("given.sql"));
    }
    write("example.sql", example.sql);
    let call = if topic.chapter == Chapter::Test { "test" } else { "-f" };
    // Results and messages in the order in which a terminal shows them.
    let output = Command::new("sh")
        .args(["-c", "exec \"$0\" \"$@\" 2>&1"])
        .arg(binary())
        .args([call, "example.sql"])
        .current_dir(program.path(""))
        .env("TIDEMILL_DATA_DIR", program.path("data"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = said.lines().map(str::trim_end).collect();
    let mut shown = lines[..lines.len().min(LINES_MAX)].join("\n");
    shown.push_str(if LINES_MAX < lines.len() { "\n…\n" } else { "\n" });
    shown
}
