//! How a rule of the grammar is shown to people: `[ ]` what may be left out, `{ | }` a choice, `…` what may be repeated.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::ebnf::{self, Part};

/// Rules that are shown by a word of their own instead of by what they are made of.
const WORDS: &[(&str, &str)] = &[
    ("CHARACTER", "'c'"),
    ("COUNT", "n"),
    ("Duration", "n unit"),
    ("Expression", "expression"),
    ("Grouping", "expression, …"),
    ("INTEGER", "n"),
    ("Join", "join"),
    ("Literal", "value"),
    ("Name", "name"),
    ("Primary", "expression"),
    ("Property", "property = value"),
    ("Query", "query"),
    ("Resource", "topic"),
    ("STRING", "'text'"),
    ("Statement", "statement"),
    ("Type", "type"),
    ("Unit", "unit"),
    ("Value", "expression"),
    ("WORD", "name"),
    ("Window", "window"),
];

/// Writes a rule for people.
pub(super) fn syntax(rule: &str) -> String {
    let Some(part) = rules().get(rule) else { return rule.to_owned() };
    let lines: Vec<String> = match part {
        Part::Sequence(parts) => parts.split(|part| *part == Part::Break).map(sequence).collect(),
        Part::Choice(parts) => parts.iter().map(written).collect(),
        other => vec![written(other)],
    };
    lines.join(if matches!(part, Part::Choice(_)) { "\n" } else { "\n  " })
}

fn rules() -> &'static BTreeMap<String, Part> {
    static RULES: OnceLock<BTreeMap<String, Part>> = OnceLock::new();
    RULES.get_or_init(|| ebnf::parse(ebnf::GRAMMAR).unwrap_or_default())
}

fn written(part: &Part) -> String {
    match part {
        Part::Text(text) => text.clone(),
        Part::Rule(name) => rule(name),
        Part::Sequence(parts) => sequence(parts),
        Part::Choice(parts) => choice(parts, "{", "}"),
        Part::Repeat { part, min: 0, max: 1 } => optional(part),
        Part::Repeat { part, min: 0, .. } => format!("{}…", optional(part)),
        Part::Repeat { part, .. } => format!("{}…", written(part)),
        Part::Class { .. } | Part::Break => String::new(),
    }
}

fn word(rule: &str) -> Option<&'static str> {
    WORDS.iter().find(|(known, _)| *known == rule).map(|(_, word)| *word)
}

fn rule(name: &str) -> String {
    if let Some(word) = word(name) {
        return word.to_owned();
    }
    rules().get(name).map_or_else(|| name.to_owned(), written)
}

fn optional(part: &Part) -> String {
    match part {
        Part::Choice(parts) => choice(parts, "[", "]"),
        other => format!("[{}]", written(other)),
    }
}

fn choice(parts: &[Part], open: &str, close: &str) -> String {
    let (open, close) = if parts.iter().any(is_optional) { ("[", "]") } else { (open, close) };
    let alternatives: Vec<String> = parts.iter().map(bare).collect();
    format!("{open}{}{close}", alternatives.join(" | "))
}

/// Tells whether a part is one that may be left out.
fn is_optional(part: &Part) -> bool {
    matches!(only(part), Part::Repeat { min: 0, max: 1, .. })
}

/// Writes an alternative. That it may be left out is said around all of them, and so is that it is a choice itself.
fn bare(part: &Part) -> String {
    match only(part) {
        Part::Repeat { part, min: 0, max: 1 } => written(part),
        Part::Choice(parts) if !parts.iter().any(is_optional) => {
            parts.iter().map(bare).collect::<Vec<_>>().join(" | ")
        }
        Part::Rule(name) => match rules().get(name).filter(|_| word(name).is_none()) {
            Some(choice @ Part::Choice(_)) => bare(choice),
            Some(_) | None => rule(name),
        },
        other => written(other),
    }
}

/// Returns the only part of a sequence of one.
fn only(part: &Part) -> &Part {
    match part {
        Part::Sequence(parts) if parts.len() == 1 => only(&parts[0]),
        other => other,
    }
}

fn sequence(parts: &[Part]) -> String {
    let mut text = String::new();
    let mut last = String::new();
    for part in parts {
        if repeats(part, &last) {
            text.push_str(", …");
            continue;
        }
        last = written(part);
        if last.is_empty() {
            continue;
        }
        if needs_space(&text, &last) {
            text.push(' ');
        }
        text.push_str(&last);
    }
    text
}

/// Tells whether a part is `(',' X)*` behind X.
fn repeats(part: &Part, last: &str) -> bool {
    let Part::Repeat { part, min: 0, max } = part else { return false };
    let Part::Sequence(parts) = &**part else { return false };
    1 < *max && parts.first() == Some(&Part::Text(",".to_owned())) && sequence(&parts[1..]) == last
}

fn needs_space(before: &str, after: &str) -> bool {
    let is_open = before.is_empty() || before.ends_with(['(', '.', '<', '>']);
    !is_open && !after.starts_with([')', ',', '.', '…', '<', '>']) && !after.starts_with("->")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(rule: &str, want: Expect) {
        want.assert_eq(&syntax(rule));
    }

    #[test]
    fn a_rule_is_written_for_people() {
        check(
            "CreateStream",
            expect![[r#"
            CREATE [OR REPLACE] [SOURCE] STREAM [IF NOT EXISTS] name
              [(name type [KEY | HEADERS | HEADER ('text')], …)]
              [WITH (property = value, …)]"#]],
        );
        check("InsertValues", expect!["INSERT INTO name [(name, …)] VALUES ([expression, …])"]);
        check("AlterSource", expect!["ALTER {STREAM | TABLE} name ADD [COLUMN] name type, …"]);
        check(
            "ShowConnectors",
            expect!["{SHOW | LIST} {[SOURCE | SINK] CONNECTORS | CONNECTOR PLUGINS}"],
        );
        check(
            "AssertSchema",
            expect!["ASSERT [NOT EXISTS] SCHEMA [SUBJECT topic] [ID n] [TIMEOUT n unit]"],
        );
        check(
            "Hopping",
            expect![
                "HOPPING (SIZE n unit, ADVANCE BY n unit [, RETENTION n unit] [, GRACE PERIOD n unit])"
            ],
        );
        check(
            "Join",
            expect![
                "[INNER | {LEFT | RIGHT | FULL} [OUTER]] JOIN name [[AS] name] [WITHIN {n unit | (n unit, n unit)} [GRACE PERIOD n unit]] ON expression"
            ],
        );
        check(
            "Query",
            expect![[r#"
            SELECT {expression [[AS] name] | * | name.* | expression->*}, …
              FROM name [[AS] name] [join]…
              [WINDOW window]
              [WHERE expression]
              [GROUP BY expression, …]
              [PARTITION BY expression, …]
              [HAVING expression]
              [EMIT {CHANGES | FINAL}]
              [LIMIT n]"#]],
        );
        check(
            "Type",
            expect![[r#"
            ARRAY<type>
            MAP<type, type>
            STRUCT<[name type, …]>
            DECIMAL (n, n)
            {BOOLEAN | INT | INTEGER | BIGINT | DOUBLE | VARCHAR | STRING}
            {BYTES | DATE | TIME | TIMESTAMP}
            VARCHAR (n)
            name
            type ARRAY"#]],
        );
    }
}
