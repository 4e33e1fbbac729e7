//! The page of options, from the list that SHOW PROPERTIES shows.

use std::fmt::Write as _;

use tidemill::config::{OPTIONS, OptionKind};

#[test]
fn the_page_of_options_says_what_the_options_say() {
    let mut out = "# Options\n\nOptions have ksqlDB's and Kafka's names where they have one; `ksql.streams.` before those of Kafka \
        may be written or left out. The engine's are set when it is started: `tidemill --set name=value`, or \
        `EngineOptions::with` in a program. SET and UNSET change those of a session too, for its queries; a persistent query \
        keeps the options with which it was made. `SHOW PROPERTIES;` lists them with their values.\n\n\
        | option | values | default | SET | |\n| --- | --- | --- | --- | --- |\n"
        .to_owned();
    for option in OPTIONS {
        let aliases: String = option.aliases.iter().map(|name| format!(", {name}")).collect();
        let default =
            if option.default.is_empty() { String::new() } else { format!("`{}`", option.default) };
        let (name, values, doc) = (option.name, values(option.kind), option.doc);
        let set = if option.is_session { "yes" } else { "" };
        writeln!(out, "| {name}{aliases} | {values} | {default} | {set} | {doc} |").unwrap();
    }
    super::check("../options.md", &out);
}

fn values(kind: OptionKind) -> String {
    match kind {
        OptionKind::Boolean | OptionKind::OptionalBoolean => "true, false".to_owned(),
        OptionKind::Number | OptionKind::OptionalNumber => "a number".to_owned(),
        OptionKind::Choice(words) => words.join(", "),
        OptionKind::Text => "text".to_owned(),
    }
}
