//! No text brings the process down, however long, deep or wrong it is.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use proptest::prelude::*;
use tidemill_grammar::{
    ParseError, ParseErrorKind, directives, is_complete, parse_expression, parse_script,
    parse_statement, split_statements, substitute_variables, tokens,
};

/// Parses on this small stack, then formats, copies, compares and drops the tree.
fn exercise(text: &str) -> Result<(), ParseError> {
    let parsed = parse_expression(text)?;
    let written = parsed.to_string();
    assert_eq!(parse_expression(&written)?, parsed.clone());
    assert_eq!(written, parsed.to_string());
    Ok(())
}

#[track_caller]
fn refused(text: &str) {
    let error = parse_expression(text).unwrap_err();
    assert!(matches!(*error.kind, ParseErrorKind::TooLarge(_)), "{error}");
}

fn repeat(first: &str, more: &str, count: usize) -> String {
    format!("{first}{}", more.repeat(count))
}

#[test]
fn long_chains_are_taken_up_to_the_limit() {
    for operator in [" OR ", " AND ", " || "] {
        exercise(&repeat("a", &format!("{operator}a"), 4_999)).unwrap();
        refused(&repeat("a", &format!("{operator}a"), 5_001));
    }
    exercise(&repeat("a = 1", " OR a = 1", 2_490)).unwrap();
    refused(&repeat("a = 1", " OR a = 1", 50_000));
    exercise(&repeat("a", " OR (a AND b)", 2_000)).unwrap();
}

#[test]
fn deep_trees_are_taken_up_to_the_limit() {
    for (first, more) in
        [("a", " + a"), ("a", " * a"), ("a", "[1]"), ("a", "->b"), ("a", " AT TIME ZONE 'z'")]
    {
        exercise(&repeat(first, more, 490)).unwrap();
        refused(&repeat(first, more, 600));
        refused(&repeat(first, more, 4_900));
        refused(&repeat(first, more, 100_000));
    }
    exercise(&repeat("a", "[1]->b", 240)).unwrap();
    refused(&repeat("a", "[1]->b", 2_000));
}

#[test]
fn nesting_is_taken_up_to_the_limit() {
    let nested = |open: &str, close: &str, count: usize| {
        format!("{}a{}", open.repeat(count), close.repeat(count))
    };
    for (open, close) in [
        ("(", ")"),
        ("f(", ")"),
        ("ARRAY[", "]"),
        ("CAST(", " AS INT)"),
        ("CASE WHEN ", " THEN b END"),
        ("x[", "]"),
        ("f(y, x => ", ")"),
    ] {
        exercise(&nested(open, close, 98)).unwrap();
        refused(&nested(open, close, 102));
        refused(&nested(open, close, 50_000));
    }
    exercise(&nested("(b OR NOT b AND b || b + b * - ", ")", 60)).unwrap();
    refused(&nested("(b OR NOT b AND b || b + b * - ", ")", 99));
    for prefix in ["NOT ", "- ", "+ "] {
        exercise(&nested(prefix, "", 99)).unwrap();
        refused(&nested(prefix, "", 100_000));
    }
    refused(&format!("CAST(a AS {}INT{})", "ARRAY<".repeat(1_000), ">".repeat(1_000)));
    refused(&format!("CAST(a AS INT{})", " ARRAY".repeat(1_000)));
}

#[test]
fn flat_lists_may_be_long() {
    let list = vec!["1"; 50_000].join(", ");
    exercise(&format!("a IN ({list}) AND b")).unwrap();
    exercise(&format!("f({list})")).unwrap();
    exercise(&format!("ARRAY[{list}]")).unwrap();
}

#[test]
fn statements_are_taken_up_to_the_limit() {
    let error = parse_statement(&"x".repeat(1024 * 1024 + 1)).unwrap_err();
    assert!(matches!(*error.kind, ParseErrorKind::TooLarge(_)), "{error}");
    let error = parse_statement(&"EXPLAIN ".repeat(100_000)).unwrap_err();
    assert!(matches!(*error.kind, ParseErrorKind::TooLarge(_)), "{error}");
    let script = "SELECT a FROM b;\n".repeat(100_000);
    assert_eq!(parse_script(&script).unwrap().len(), 100_000);
}

/// Text whose reading could take time that grows faster than it does.
#[test]
fn no_text_takes_long() {
    let names = vec!["a"; 100_000].join(", ");
    for text in [
        format!("SELECT f(x, ({names}) FROM s"),
        format!("SELECT a FROM s GROUP BY ({names}"),
        format!("SELECT a FROM s GROUP BY ({names})"),
        format!("SELECT {}", "a.".repeat(200_000)),
        format!("SELECT {}", "CAST(CASE f(".repeat(30)),
        format!("SELECT {}", "a IS NULL IS ".repeat(50_000)),
        format!("SELECT {}", "'".repeat(500_001)),
        format!("SELECT {}", "$$".repeat(200_000)),
        format!("SELECT {}", "/*".repeat(200_000)),
        format!("SELECT a FROM {}", "b JOIN ".repeat(100_000)),
    ] {
        drop(parse_script(&text));
        drop(tokens(&text));
    }
}

/// Runs everything that takes a text.
fn read(text: &str) {
    drop(parse_statement(text));
    drop(parse_expression(text));
    drop(tidemill_grammar::parse_data_type(text));
    drop(tidemill_grammar::parse_schema(text));
    drop(tokens(text));
    drop(directives(text));
    is_complete(text);
    drop(substitute_variables(text, &|name| Some(format!("{name}'"))));
    for statement in split_statements(text) {
        assert_eq!(&text[statement.range.clone()], statement.text);
    }
    if let Ok(parsed) = parse_script(text) {
        for statement in parsed {
            let written = statement.statement.to_string();
            assert_eq!(parse_statement(&written).unwrap().statement, statement.statement);
        }
    }
}

const STATEMENTS: [&str; 5] = [
    "CREATE OR REPLACE SOURCE TABLE IF NOT EXISTS t (a INT PRIMARY KEY, `b` MAP<STRING, ARRAY<DECIMAL(4, 2)>>, \
     c STRUCT<d INT> , e BYTES HEADER('x')) WITH (kafka_topic='t', 'x'=-1.5e3, y=NULL);",
    "CREATE STREAM s WITH (x=1) AS SELECT a.*, b->*, x AS y, f(x, (k, v) => k + v[1]->z, DAYS), \
     CASE WHEN a IS NOT NULL THEN 1 ELSE 2 END, CAST(x AS INT) FROM a LEFT JOIN b WITHIN (1 DAY, 2 HOURS) \
     GRACE PERIOD 3 SECONDS ON a.x = b.y WHERE NOT x LIKE 'a%' ESCAPE '!' AND y BETWEEN -1 AND + 2 EMIT CHANGES;",
    "SELECT COUNT(*), MAP('a' := 1), STRUCT(x := 1), ARRAY[1, 2] FROM s WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY \
     5 MINUTES, RETENTION 1 DAY, GRACE PERIOD 1 DAY) GROUP BY (a, b + 1) PARTITION BY c HAVING x IN (1, 2) LIMIT 5;",
    "INSERT INTO s (a, b) VALUES ('x''y', DATE '2020-01-01', -5 || 'é' AT TIME ZONE 'z');",
    "PRINT 'topic' FROM BEGINNING INTERVAL 2 LIMIT 3; ASSERT NOT EXISTS TOPIC t WITH (a=1) TIMEOUT 10 SECONDS;",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn arbitrary_text_does_no_harm(text in any::<String>()) {
        read(&text);
    }

    #[test]
    fn text_of_the_alphabet_does_no_harm(text in "([-+*/%<>=!|:.,;()\\[\\]{}$'\"`@#&^~?\\\\ 0-9a-eExXnN_ü\n]|SELECT |FROM |CASE |AS |--|/\\*){0,60}") {
        read(&text);
    }

    #[test]
    fn broken_statements_do_no_harm(
        statement in proptest::sample::select(&STATEMENTS[..]),
        cut in 0..600_usize,
        removed in 0..12_usize,
        inserted in "([-('\"`;,.]|SELECT|[a-z0-9 ]|->|=>){0,4}",
    ) {
        let chars: Vec<char> = statement.chars().collect();
        let cut = cut % chars.len();
        let rest = (cut + removed).min(chars.len());
        let broken: String = chars[..cut].iter().copied().chain(inserted.chars()).chain(chars[rest..].iter().copied()).collect();
        read(&broken);
    }
}

#[test]
fn the_statements_to_break_are_whole() {
    for statement in STATEMENTS {
        parse_script(statement).unwrap_or_else(|error| panic!("{error}\n{statement}"));
    }
}
