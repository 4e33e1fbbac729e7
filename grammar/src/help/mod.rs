//! What people are told of each statement: HELP in the shell and the pages of the reference are made of it.

/// The rows that most examples are about.
macro_rules! bids {
    () => {
        "CREATE STREAM bids (item VARCHAR KEY, price INT)\n  \
            WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);\n\
         INSERT INTO bids (item, price, rowtime) VALUES ('pen', 10, 1000);\n\
         INSERT INTO bids (item, price, rowtime) VALUES ('cup', 8, 2000);\n\
         INSERT INTO bids (item, price, rowtime) VALUES ('pen', 12, 3000);\n"
    };
}

mod define;
mod look;
mod read;
mod session;
mod syntax;
mod testing;

use crate::ast::{QueryAction, Show, SourceKind, Statement};

/// Where a topic stands in the list of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chapter {
    /// What makes, changes and drops things.
    Define,
    /// What gives rows.
    Read,
    /// What shows what there is.
    Look,
    /// What sets options and variables.
    Session,
    /// What belongs in tests.
    Test,
    /// The shell's own commands.
    Shell,
}

impl Chapter {
    /// All chapters, in order.
    pub const ALL: [Chapter; 6] = [
        Chapter::Define,
        Chapter::Read,
        Chapter::Look,
        Chapter::Session,
        Chapter::Test,
        Chapter::Shell,
    ];

    /// Returns its title.
    pub fn title(self) -> &'static str {
        match self {
            Chapter::Define => "Streams, tables and queries",
            Chapter::Read => "Reading",
            Chapter::Look => "Looking around",
            Chapter::Session => "This session",
            Chapter::Test => "SQL tests (tidemill test)",
            Chapter::Shell => "This shell (no semicolon needed)",
        }
    }
}

/// How something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// As these rules of the grammar say: whole statements.
    Statements(&'static [&'static str]),
    /// As these rules of the grammar say: parts of a statement.
    Parts(&'static [&'static str]),
    /// As is said here, where the grammar would say too much or nothing.
    Text(&'static str),
}

/// A property of a WITH clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// What it is set to.
    pub value: &'static str,
    /// What it is about.
    pub about: &'static str,
}

/// Statements that show something; a test carries them out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// What was carried out before; its queries have processed all there is.
    pub given: &'static str,
    /// The statements.
    pub sql: &'static str,
}

/// What people are told of a statement, or of a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic {
    /// What it can be asked for by, in small letters; the first is its title.
    pub names: &'static [&'static str],
    /// Where it stands.
    pub chapter: Chapter,
    /// What it does, in a sentence.
    pub purpose: &'static str,
    /// How it is written.
    pub syntax: Syntax,
    /// What else there is to know, in paragraphs.
    pub description: &'static str,
    /// The properties that its WITH clause takes.
    pub properties: &'static [Property],
    /// Examples; the first is the one that HELP shows.
    pub examples: &'static [Example],
}

impl Topic {
    /// Returns its title.
    pub fn title(&self) -> String {
        self.names.first().map(|name| name.to_uppercase()).unwrap_or_default()
    }

    /// Returns how it is written, in lines.
    pub fn syntax(&self) -> String {
        let rules = |rules: &[&str], end: &str| {
            let rules: Vec<String> =
                rules.iter().map(|rule| format!("{}{end}", syntax::syntax(rule))).collect();
            rules.join("\n")
        };
        match self.syntax {
            Syntax::Statements(names) => rules(names, ";"),
            Syntax::Parts(names) => rules(names, ""),
            Syntax::Text(text) => text.to_owned(),
        }
    }
}

/// Returns all topics in the order in which they are listed.
pub fn topics() -> impl Iterator<Item = &'static Topic> {
    [define::TOPICS, read::TOPICS, look::TOPICS, session::TOPICS, testing::TOPICS]
        .into_iter()
        .flatten()
}

/// Finds a topic by one of its names, in any letters.
pub fn topic(name: &str) -> Option<&'static Topic> {
    topics().find(|topic| topic.names.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

/// Returns the name of the topic that a statement belongs to.
pub fn name_of(statement: &Statement) -> &'static str {
    match statement {
        Statement::CreateSource(create) => match create.kind {
            SourceKind::Stream => "create stream",
            SourceKind::Table => "create table",
        },
        Statement::CreateAsSelect(create) => match create.kind {
            SourceKind::Stream => "create stream as select",
            SourceKind::Table => "create table as select",
        },
        Statement::InsertInto { .. } => "insert into",
        Statement::InsertValues { .. } => "insert values",
        Statement::Query(_) => "select",
        Statement::DropSource { kind: SourceKind::Stream, .. } => "drop stream",
        Statement::DropSource { kind: SourceKind::Table, .. } => "drop table",
        Statement::AlterSource { .. } => "alter",
        Statement::CreateType { .. } => "create type",
        Statement::DropType { .. } => "drop type",
        Statement::ControlQuery { action, .. } => match action {
            QueryAction::Terminate => "terminate",
            QueryAction::Pause => "pause",
            QueryAction::Resume => "resume",
        },
        Statement::Show(show) => name_of_list(show),
        Statement::Describe { .. } | Statement::DescribeAll { .. } => "describe",
        Statement::DescribeFunction { .. } => "describe function",
        Statement::DescribeConnector { .. } => "describe connector",
        Statement::ExplainStatement(_) | Statement::ExplainQuery(_) => "explain",
        Statement::Print { .. } => "print",
        Statement::SetProperty { .. } => "set",
        Statement::UnsetProperty { .. } => "unset",
        Statement::AlterSystem { .. } => "alter system",
        Statement::Define { .. } => "define",
        Statement::Undefine { .. } => "undefine",
        Statement::RunScript { .. } => "run script",
        Statement::CreateConnector { .. } => "create connector",
        Statement::DropConnector { .. } => "drop connector",
        Statement::AssertTopic { .. } => "assert topic",
        Statement::AssertSchema { .. } => "assert schema",
        Statement::AssertValues { .. } => "assert values",
        Statement::AssertNullValues { .. } => "assert null values",
        Statement::AssertSource(create) => match create.kind {
            SourceKind::Stream => "assert stream",
            SourceKind::Table => "assert table",
        },
    }
}

fn name_of_list(show: &Show) -> &'static str {
    match show {
        Show::Topics { .. } => "show topics",
        Show::Streams { .. } => "show streams",
        Show::Tables { .. } => "show tables",
        Show::Queries { .. } => "show queries",
        Show::Functions => "show functions",
        Show::Properties => "show properties",
        Show::Variables => "show variables",
        Show::Types => "show types",
        Show::Connectors { .. } | Show::ConnectorPlugins => "show connectors",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ebnf::{self, Part};
    use crate::parse_script;

    #[test]
    fn names_are_small_and_unique() {
        let mut names: Vec<&str> = topics().flat_map(|topic| topic.names).copied().collect();
        assert!(names.iter().all(|name| *name == name.to_lowercase()));
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn every_example_is_of_its_topic() {
        for topic in topics() {
            assert!(!topic.examples.is_empty(), "{}", topic.title());
            let is_statement = matches!(topic.syntax, Syntax::Statements(_));
            for example in topic.examples {
                let parse = |sql: &str| {
                    parse_script(sql).unwrap_or_else(|error| panic!("{}: {error}", topic.title()))
                };
                parse(example.given);
                // A variable stands for a part of a statement, which is not one until it is put in.
                let statements = parse(&example.sql.replace("${", "").replace('}', ""));
                let mut names = statements.iter().map(|parsed| name_of(&parsed.statement));
                let is_its_own = !is_statement || names.any(|name| topic.names.contains(&name));
                assert!(is_its_own, "{}: {}", topic.title(), example.sql);
            }
        }
    }

    /// Every rule that is a statement belongs to a topic, and every rule that a topic names is there.
    #[test]
    fn every_statement_of_the_grammar_has_a_topic() {
        let rules = ebnf::parse(ebnf::GRAMMAR).unwrap();
        let mut open = vec!["Statement".to_owned()];
        let mut statements = Vec::new();
        while let Some(name) = open.pop() {
            match &rules[&name] {
                Part::Choice(parts) => open.extend(parts.iter().map(|part| match part {
                    Part::Sequence(parts) => match parts.as_slice() {
                        [Part::Rule(name)] => name.clone(),
                        other => panic!("{name}: {other:?}"),
                    },
                    other => panic!("{name}: {other:?}"),
                })),
                _ => statements.push(name),
            }
        }
        let mut told: Vec<&str> = Vec::new();
        for topic in topics() {
            match topic.syntax {
                Syntax::Statements(names) => told.extend(names),
                Syntax::Parts(names) => names.iter().for_each(|name| {
                    assert!(rules.contains_key(*name), "{name}");
                }),
                Syntax::Text(_) => {}
            }
        }
        told.sort_unstable();
        statements.sort();
        assert_eq!(told, statements);
    }
}
