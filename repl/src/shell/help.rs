//! HELP: what can be said, and how.

use std::fmt::Write as _;

use crate::shell::help_texts::{Chapter, HELP, Help};

/// Returns the help on a topic; on nothing, the list of topics.
pub(crate) fn find(topic: &str) -> Option<String> {
    let topic = topic.trim().trim_end_matches(';').to_lowercase();
    if topic.is_empty() {
        return Some(overview());
    }
    let exact = HELP.iter().find(|help| help.names.iter().any(|name| *name == topic));
    if let Some(help) = exact {
        return Some(page(help));
    }
    // `help create` is all that begins so.
    let begins = |name: &&str| name.strip_prefix(&topic).is_some_and(|rest| rest.starts_with(' '));
    let found: Vec<&Help> =
        HELP.iter().filter(|help| help.names.iter().any(|it| begins(it))).collect();
    match found.as_slice() {
        [] => None,
        [only] => Some(page(only)),
        several => {
            Some(several.iter().map(|help| summary(help)).collect::<String>().trim_end().to_owned())
        }
    }
}

/// Returns what HELP knows, for completion.
pub(crate) fn topics() -> Vec<String> {
    HELP.iter().flat_map(|help| help.names).map(|name| (*name).to_owned()).collect()
}

/// Says that there is no help on a topic, and what there is.
pub(crate) fn not_found(topic: &str) -> String {
    format!(
        "there is no help on '{topic}', and no function has that name; HELP lists what there is"
    )
}

fn overview() -> String {
    let mut text = String::new();
    for (chapter, title) in [
        (Chapter::Define, "Streams, tables and queries"),
        (Chapter::Read, "Reading"),
        (Chapter::Look, "Looking around"),
        (Chapter::Session, "This session"),
        (Chapter::Shell, "This shell (no semicolon needed)"),
    ] {
        let _ = writeln!(text, "{title}");
        HELP.iter().filter(|help| help.chapter == chapter).for_each(|help| text += &summary(help));
        text.push('\n');
    }
    text + "HELP <one of these> shows how it is written, e.g. HELP CREATE STREAM.\n\
        HELP <function> describes a function; SHOW FUNCTIONS; lists them."
}

fn summary(help: &Help) -> String {
    format!("  {:<24} {}\n", help.names[0].to_uppercase(), help.what)
}

fn page(help: &Help) -> String {
    let mut text = format!("{}\n\n", help.what);
    for line in help.syntax.lines() {
        let _ = writeln!(text, "  {line}");
    }
    if !help.example.is_empty() {
        text.push_str("\nExample:\n");
        for line in help.example.lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use tidemill_grammar::parse_script;

    use super::*;

    #[test]
    fn every_example_is_a_statement() {
        for help in HELP.iter().filter(|help| help.chapter != Chapter::Shell) {
            if let Err(error) = parse_script(help.example) {
                panic!("{}: {error}\n{}", help.names[0], help.example);
            }
            assert!(!help.example.is_empty(), "{}", help.names[0]);
        }
    }

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

              TERMINATE query_id | ALL;

            Example:
              TERMINATE CTAS_BEST_1;"]]
        .assert_eq(&find("Terminate;").expect("help"));
    }

    #[test]
    fn a_first_word_lists_what_begins_so() {
        let text = find("drop").expect("help");
        assert_eq!(text.lines().count(), 4, "{text}");
        assert_eq!(find("unheard of"), None);
    }
}
