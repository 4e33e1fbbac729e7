//! HELP: what can be said, and how.

use std::fmt::Write as _;

use tidemill_grammar::help::{self, Chapter, Property, Syntax, Topic};

use crate::shell::help_texts::COMMANDS;

/// Returns the help on a topic; on nothing, the list of topics.
pub(crate) fn find(topic: &str) -> Option<String> {
    let topic = topic.trim().trim_end_matches(';').to_lowercase();
    if topic.is_empty() {
        return Some(overview());
    }
    if let Some(exact) = all().find(|help| help.names.contains(&topic.as_str())) {
        return Some(page(exact));
    }
    // `help create` is all that begins so.
    let begins = |name: &str| name.strip_prefix(&topic).is_some_and(|rest| rest.starts_with(' '));
    let named = |help: &'static Topic| {
        let name = help.names.iter().find(|name| begins(name))?;
        Some((*name, help))
    };
    let found: Vec<(&str, &Topic)> = all().filter_map(named).collect();
    match found.as_slice() {
        [] => None,
        [(_, only)] => Some(page(only)),
        several => {
            let lines = several.iter().map(|(name, help)| summary(name, help.purpose));
            Some(lines.collect::<String>().trim_end().to_owned())
        }
    }
}

fn all() -> impl Iterator<Item = &'static Topic> {
    help::topics().chain(COMMANDS)
}

/// Returns what HELP knows, for completion.
pub(crate) fn topics() -> Vec<String> {
    all().flat_map(|help| help.names).map(|name| (*name).to_owned()).collect()
}

/// Says that there is no help on a topic, and what there is.
pub(crate) fn not_found(topic: &str) -> String {
    format!(
        "there is no help on '{topic}', and no function has that name; HELP lists what there is"
    )
}

fn overview() -> String {
    let mut text = String::new();
    for chapter in Chapter::ALL {
        let _ = writeln!(text, "{}", chapter.title());
        let listed = all().filter(|help| help.chapter == chapter);
        listed.for_each(|help| text += &summary(help.names[0], help.purpose));
        text.push('\n');
    }
    text + "HELP <one of these> shows how it is written, e.g. HELP CREATE STREAM.\n\
        HELP <function> describes a function; SHOW FUNCTIONS; lists them."
}

fn summary(name: &str, what: &str) -> String {
    format!("  {:<24} {what}\n", name.to_uppercase())
}

fn page(help: &Topic) -> String {
    let mut text = format!("{}\n\n", help.purpose);
    for line in help.syntax().lines() {
        let _ = writeln!(text, "  {line}");
    }
    for paragraph in help.description.split("\n\n").filter(|text| !text.is_empty()) {
        let _ = write!(text, "\n{paragraph}\n");
    }
    text += &properties(help);
    if let Some(example) = help.examples.first() {
        text.push_str("\nExample:\n");
        for line in example.sql.lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    text.trim_end().to_owned()
}

/// Lists the properties of a WITH clause; what each is about is said where they are the topic.
fn properties(help: &Topic) -> String {
    let names: Vec<&str> = help.properties.iter().map(|property| property.name).collect();
    if names.is_empty() {
        return String::new();
    }
    if !matches!(help.syntax, Syntax::Parts(_)) {
        return format!("\nProperties (see HELP WITH): {}\n", names.join(", "));
    }
    let mut text = "\nProperties:\n".to_owned();
    for Property { name, value, about } in help.properties {
        let _ = writeln!(text, "  {name} = {value}\n      {about}");
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn names_are_small_and_unique() {
        let mut names = topics();
        assert!(names.iter().all(|name| *name == name.to_lowercase()));
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn a_topic_shows_how_it_is_written() {
        expect![[r"
            Ends a persistent query for good.

              TERMINATE {name | ALL};

            What it made stays, and gets no more rows. SHOW QUERIES lists the ids.

            Example:
              TERMINATE ctas_best_0;"]]
        .assert_eq(&find("Terminate;").expect("help"));
    }

    #[test]
    fn a_first_word_lists_what_begins_so() {
        let text = find("drop").expect("help");
        assert_eq!(text.lines().count(), 4, "{text}");
        assert_eq!(find("unheard of"), None);
    }
}
