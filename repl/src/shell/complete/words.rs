//! Which words can follow which.

use crate::shell::complete::context::Wanted;

/// The formats of keys and values.
pub(super) const FORMATS: &[&str] =
    &["AVRO", "DELIMITED", "JSON", "JSON_SR", "KAFKA", "NONE", "PROTOBUF", "PROTOBUF_NOSR"];
/// The windows of a windowed key.
pub(super) const WINDOW_TYPES: &[&str] = &["HOPPING", "SESSION", "TUMBLING"];

/// What a statement can begin with.
const STATEMENTS: &[&str] = &[
    "ALTER",
    "ASSERT",
    "CREATE",
    "DEFINE",
    "DESCRIBE",
    "DROP",
    "EXPLAIN",
    "INSERT",
    "LIST",
    "PAUSE",
    "PRINT",
    "RESUME",
    "RUN SCRIPT",
    "SELECT",
    "SET",
    "SHOW",
    "SPOOL",
    "TERMINATE",
    "UNDEFINE",
    "UNSET",
];
/// The shell's own commands.
const COMMANDS: &[&str] = &["clear", "exit", "help", "history", "output", "quit", "version"];
/// What SHOW lists.
const LISTS: &[&str] = &[
    "ALL TOPICS",
    "CONNECTORS",
    "FUNCTIONS",
    "PROPERTIES",
    "QUERIES",
    "STREAMS",
    "TABLES",
    "TOPICS",
    "TYPES",
    "VARIABLES",
];
/// The types that need no CREATE TYPE.
const TYPES: &[&str] = &[
    "ARRAY<",
    "BIGINT",
    "BOOLEAN",
    "BYTES",
    "DATE",
    "DECIMAL(",
    "DOUBLE",
    "INT",
    "MAP<",
    "STRING",
    "STRUCT<",
    "TIME",
    "TIMESTAMP",
    "VARCHAR",
];
/// What WITH takes.
const SOURCE_PROPERTIES: &[&str] = &[
    "CLEANUP_POLICY",
    "FORMAT",
    "KAFKA_TOPIC",
    "KEY_DELIMITER",
    "KEY_FORMAT",
    "KEY_PROTOBUF_NULLABLE_REPRESENTATION",
    "KEY_SCHEMA_FULL_NAME",
    "KEY_SCHEMA_ID",
    "PARTITIONS",
    "REPLICAS",
    "RETENTION_MS",
    "TIMESTAMP",
    "TIMESTAMP_FORMAT",
    "VALUE_AVRO_SCHEMA_FULL_NAME",
    "VALUE_DELIMITER",
    "VALUE_FORMAT",
    "VALUE_PROTOBUF_NULLABLE_REPRESENTATION",
    "VALUE_SCHEMA_FULL_NAME",
    "VALUE_SCHEMA_ID",
    "WINDOW_SIZE",
    "WINDOW_TYPE",
    "WRAP_SINGLE_VALUE",
];
const UNITS: &[&str] = &["DAYS", "HOURS", "MILLISECONDS", "MINUTES", "SECONDS"];

/// Says what can follow these words, which are in upper case.
pub(super) fn wanted(before: &[&str]) -> Vec<Wanted> {
    use Wanted::{Columns, HelpTopics, Queries, Sources, Streams, Tables, Topics, Words};
    match before {
        [] => vec![Words(STATEMENTS), Words(COMMANDS)],
        ["HELP"] => vec![HelpTopics],
        ["HELP", ..] => Vec::new(),
        ["OUTPUT"] => vec![Words(&["JSON", "TABULAR"])],
        ["SET"] => vec![Words(&["CLI"]), Wanted::Properties],
        ["SET", "CLI"] => vec![Words(&["COLUMN-WIDTH", "WRAP"])],
        ["SET", "CLI", "WRAP"] => vec![Words(&["OFF", "ON"])],
        ["UNSET"] => vec![Wanted::Properties],
        ["SHOW" | "LIST"] => vec![Words(LISTS)],
        ["SHOW" | "LIST", ..] => vec![Words(&["EXTENDED"])],
        ["DESCRIBE"] => vec![Sources, Words(&["FUNCTION", "STREAMS", "TABLES"])],
        ["DESCRIBE", "FUNCTION"] => vec![Wanted::Functions],
        ["DESCRIBE", _] => vec![Words(&["EXTENDED"])],
        ["EXPLAIN"] => vec![Queries, Words(&["CREATE", "INSERT", "SELECT"])],
        ["TERMINATE" | "PAUSE" | "RESUME"] => vec![Words(&["ALL"]), Queries],
        ["PRINT"] => vec![Topics],
        ["PRINT", ..] => vec![Words(&["BEGINNING", "FROM BEGINNING", "INTERVAL", "LIMIT"])],
        ["RUN"] => vec![Words(&["SCRIPT"])],
        ["CREATE", rest @ ..] => create(rest),
        ["DROP", rest @ ..] => drop(rest),
        ["ALTER"] => vec![Words(&["STREAM", "TABLE"])],
        ["ALTER", "STREAM"] => vec![Streams],
        ["ALTER", "TABLE"] => vec![Tables],
        ["ALTER", _, _] => vec![Words(&["ADD"])],
        ["ALTER", _, _, ..] => types(),
        ["INSERT"] => vec![Words(&["INTO"])],
        ["INSERT", "INTO"] => vec![Sources],
        ["INSERT", "INTO", _, rest @ ..] => insert(rest, before),
        ["ASSERT"] => vec![Words(&["NOT EXISTS", "SCHEMA", "TOPIC"])],
        ["ASSERT", .., "TOPIC"] => vec![Topics],
        ["SELECT", ..] => query(before),
        ["EXPLAIN", rest @ ..] => wanted(rest),
        _ => vec![Columns, Wanted::Keywords],
    }
}

fn create(rest: &[&str]) -> Vec<Wanted> {
    use Wanted::Words;
    match rest {
        [] => vec![Words(&["OR REPLACE", "SOURCE", "STREAM", "TABLE", "TYPE"])],
        ["OR"] => vec![Words(&["REPLACE"])],
        ["OR", "REPLACE"] => vec![Words(&["STREAM", "TABLE"])],
        ["SOURCE"] => vec![Words(&["STREAM", "TABLE"])],
        [.., "STREAM" | "TABLE" | "TYPE"] => vec![Words(&["IF NOT EXISTS"])],
        [.., "IF"] => vec![Words(&["NOT EXISTS"])],
        ["TYPE", .., "AS"] => types(),
        ["TYPE", _] => vec![Words(&["AS"])],
        ["TYPE", ..] => types(),
        _ => create_body(rest),
    }
}

/// What stands behind the name of a new stream or table.
fn create_body(rest: &[&str]) -> Vec<Wanted> {
    if let Some(select) = rest.iter().position(|word| *word == "SELECT") {
        return query(&rest[select..]);
    }
    match rest {
        [.., "AS"] => return vec![Wanted::Words(&["SELECT"])],
        [.., "PRIMARY"] => return vec![Wanted::Words(&["KEY"])],
        [.., ")"] => return vec![Wanted::Words(&["AS SELECT", "WITH ("])],
        _ => {}
    }
    let open = rest.iter().rposition(|word| *word == "(");
    match open {
        None => vec![Wanted::Words(&["AS SELECT", "WITH ("])],
        Some(open) if open > 0 && rest[open - 1] == "WITH" => with_properties(&rest[open..]),
        Some(open) => {
            match rest[open + 1..].iter().rev().take_while(|word| **word != ",").count() {
                // A column's name is new: nothing knows it.
                0 => Vec::new(),
                1 => types(),
                _ => vec![Wanted::Words(&["HEADERS", "HEADER(", "KEY", "PRIMARY KEY"])],
            }
        }
    }
}

fn with_properties(rest: &[&str]) -> Vec<Wanted> {
    match rest {
        [.., "(" | ","] => vec![Wanted::Words(SOURCE_PROPERTIES)],
        _ => Vec::new(),
    }
}

fn types() -> Vec<Wanted> {
    vec![Wanted::Words(TYPES), Wanted::Types]
}

fn drop(rest: &[&str]) -> Vec<Wanted> {
    use Wanted::{Streams, Tables, Types, Words};
    match rest {
        [] => vec![Words(&["STREAM", "TABLE", "TYPE"])],
        ["STREAM"] => vec![Words(&["IF EXISTS"]), Streams],
        ["TABLE"] => vec![Words(&["IF EXISTS"]), Tables],
        ["TYPE"] => vec![Types],
        [_, "IF"] => vec![Words(&["EXISTS"])],
        ["STREAM", "IF", "EXISTS"] => vec![Streams],
        ["TABLE", "IF", "EXISTS"] => vec![Tables],
        ["TYPE", "IF", "EXISTS"] => vec![Types],
        ["STREAM" | "TABLE", ..] => vec![Words(&["DELETE TOPIC"])],
        _ => Vec::new(),
    }
}

fn insert(rest: &[&str], before: &[&str]) -> Vec<Wanted> {
    if let Some(select) = before.iter().position(|word| *word == "SELECT") {
        return query(&before[select..]);
    }
    match rest {
        [] | [.., ")"] => vec![Wanted::Words(&["SELECT", "VALUES ("])],
        _ if rest.contains(&"VALUES") => vec![Wanted::Calls],
        _ => vec![Wanted::Columns],
    }
}

/// What can stand in a SELECT.
fn query(before: &[&str]) -> Vec<Wanted> {
    use Wanted::{Calls, Columns, Keywords, Sources, Words};
    match before {
        [.., "FROM" | "JOIN"] => vec![Sources],
        [.., "EMIT"] => vec![Words(&["CHANGES", "FINAL"])],
        [.., "GROUP" | "PARTITION"] => vec![Words(&["BY"])],
        [.., "WINDOW"] => vec![Words(&["HOPPING (SIZE", "SESSION (", "TUMBLING (SIZE"])],
        [.., "LEFT" | "RIGHT" | "FULL"] => vec![Words(&["JOIN", "OUTER JOIN"])],
        [.., "INNER" | "OUTER"] => vec![Words(&["JOIN"])],
        [.., "GRACE"] => vec![Words(&["PERIOD"])],
        [.., "SIZE" | "BY" | "PERIOD" | "WITHIN" | "RETENTION", number] if is_number(number) => {
            vec![Words(UNITS)]
        }
        [.., "(", number] if is_number(number) && before.contains(&"SESSION") => vec![Words(UNITS)],
        [.., "LIMIT"] => Vec::new(),
        _ => vec![Columns, Calls, Keywords],
    }
}

fn is_number(word: &str) -> bool {
    word.chars().all(|char| char.is_ascii_digit())
}
