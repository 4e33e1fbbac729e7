//! What trees texts become, and where their nodes stand.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use expect_test::{Expect, expect};
use tidemill_grammar::ast::{Expr, ExprKind, Literal, Statement};
use tidemill_grammar::{parse_data_type, parse_expression, parse_schema, parse_script};

/// Shows where each node of an expression begins.
#[track_caller]
fn check_positions(text: &str, want: Expect) {
    let mut shown = String::new();
    show(&parse_expression(text).unwrap(), 0, &mut shown);
    want.assert_eq(&shown);
}

fn show(expr: &Expr, depth: usize, shown: &mut String) {
    let (indent, position) = (" ".repeat(depth * 2), expr.position);
    shown.push_str(&format!("{indent}{}:{} {expr}\n", position.line, position.column));
    expr.children().into_iter().for_each(|child| show(child, depth + 1, shown));
}

#[test]
fn nodes_know_where_they_stand() {
    check_positions(
        "NOT (a->b[1] = -x\n OR CAST(y AS INT) IS NULL) AND\n f(ARRAY[1], (k, v) => k || 'z')",
        expect![[r#"
            1:1 NOT (A->B[1] = -X OR CAST(Y AS INTEGER) IS NULL) AND F(ARRAY[1], (K, V) => K || 'z')
              1:1 NOT (A->B[1] = -X OR CAST(Y AS INTEGER) IS NULL)
                1:6 A->B[1] = -X OR CAST(Y AS INTEGER) IS NULL
                  1:6 A->B[1] = -X
                    1:6 A->B[1]
                      1:6 A->B
                        1:6 A
                      1:11 1
                    1:16 -X
                      1:17 X
                  2:5 CAST(Y AS INTEGER) IS NULL
                    2:5 CAST(Y AS INTEGER)
                      2:10 Y
              3:2 F(ARRAY[1], (K, V) => K || 'z')
                3:4 ARRAY[1]
                  3:10 1
                3:15 (K, V) => K || 'z'
                  3:24 K || 'z'
                    3:24 K
                    3:29 'z'
        "#]],
    );
}

#[track_caller]
fn check_literal(text: &str, want: Literal) {
    assert_eq!(*parse_expression(text).unwrap().kind, ExprKind::Literal(want));
}

#[test]
fn digits_decide_the_type_of_a_number() {
    check_literal("2147483647", Literal::Int(i32::MAX));
    check_literal("-2147483648", Literal::Int(i32::MIN));
    check_literal("2147483648", Literal::Bigint(2_147_483_648));
    check_literal("-9223372036854775808", Literal::Bigint(i64::MIN));
    check_literal("1.50", Literal::Decimal("1.50".into()));
    check_literal("-.5", Literal::Decimal("-0.5".into()));
    check_literal("1e3", Literal::Double(1000.0));
    check_literal("'it''s'", Literal::String("it's".into()));
}

#[test]
fn a_script_keeps_the_text_and_the_place_of_its_statements() {
    let script =
        "-- first\n  SHOW TYPES ; /* x */ SELECT a\n -- why\n FROM s -- end\n;\nDROP TABLE t";
    let parsed = parse_script(script).unwrap();
    let found: Vec<_> =
        parsed.iter().map(|it| (it.position.line, it.position.column, it.text.as_str())).collect();
    assert_eq!(
        found,
        [(2, 3, "SHOW TYPES"), (2, 24, "SELECT a\n -- why\n FROM s"), (6, 1, "DROP TABLE t")]
    );
    let Statement::Query(query) = &parsed[1].statement else { panic!() };
    assert_eq!((query.from.name.position.line, query.from.name.position.column), (4, 7));
}

#[test]
fn an_error_in_a_script_names_its_line_in_the_script() {
    let error = parse_script("SHOW TYPES;\n\n  SELECT a,\n   FROM s;").unwrap_err();
    assert_eq!((error.position.line, error.position.column), (4, 4));
}

#[test]
fn types_and_schemas_parse_alone() {
    let data_type =
        parse_data_type("map<string, struct<a array<decimal(4,2)>, `b` point>>").unwrap();
    assert_eq!(data_type.to_string(), "MAP<STRING, STRUCT<A ARRAY<DECIMAL(4, 2)>, `b` POINT>>");
    let columns = parse_schema("ID BIGINT KEY, COUNTS MAP<VARCHAR, BIGINT>").unwrap();
    let columns: Vec<_> = columns.iter().map(ToString::to_string).collect();
    assert_eq!(columns, ["ID BIGINT KEY", "COUNTS MAP<STRING, BIGINT>"]);
}

#[test]
fn long_chains_become_shallow_trees() {
    let chain = vec!["a"; 4_000].join(" OR ");
    let parsed = parse_expression(&chain).unwrap();
    assert_eq!(parsed.depth(), 13);
    assert_eq!(parsed.to_string(), chain.to_uppercase());
}
