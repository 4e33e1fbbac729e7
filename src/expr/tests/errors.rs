//! What does not resolve, and the words it is refused with.

use expect_test::{Expect, expect};
use tidemill_grammar::parse_expression;

use super::{columns, registry};
use crate::expr::tests::sql_type_of;
use crate::expr::{Clause, resolve, resolve_as, resolve_filter};

const COLUMNS: &str = "ID INT; S VARCHAR; D DOUBLE; P DECIMAL(12, 2); B BOOLEAN; \
    L ARRAY<BIGINT>; M MAP<VARCHAR, BIGINT>; T STRUCT<F BIGINT>";

#[track_caller]
fn check(text: &str, clause: Clause, want: Expect) {
    let (scope, registry) = (columns(COLUMNS), registry());
    let ast = parse_expression(text).unwrap();
    let resolved = match clause {
        Clause::Where | Clause::Having => resolve_filter(&ast, &scope, &registry),
        _ => resolve(&ast, &scope, &registry),
    };
    let got = match resolved {
        Ok(expr) => format!("{expr}"),
        Err(error) => error.in_clause(clause).message().to_owned(),
    };
    want.assert_eq(&got);
}

#[test]
fn columns_that_are_not_there_are_named() {
    check("ID + FOO", Clause::Select, expect!["SELECT column 'FOO' cannot be resolved."]);
    check("X.FOO = 1", Clause::Where, expect!["WHERE column 'X.FOO' cannot be resolved."]);
    check("T->G", Clause::Select, expect!["Could not find field 'G' in 'T'."]);
    check("S->G", Clause::Select, expect!["Expected STRUCT type, got: STRING"]);
}

#[test]
fn a_filter_is_a_boolean() {
    check(
        "'not a boolean'",
        Clause::Where,
        expect![
            "Type error in WHERE expression: Should evaluate to boolean but is 'not a boolean' (STRING) instead."
        ],
    );
    check(
        "RANDOM() + 1.5",
        Clause::Where,
        expect![
            "Type error in WHERE expression: Should evaluate to boolean but is (RANDOM() + 1.5) (DOUBLE) instead."
        ],
    );
    check(
        "TRUE + 1.5",
        Clause::Where,
        expect![
            "Error in WHERE expression: Error processing expression: (true + 1.5). Unsupported arithmetic types. BOOLEAN DECIMAL"
        ],
    );
    check(
        "S = 'abc' AND ID >= 'not an int'",
        Clause::Where,
        expect![
            "Error in WHERE expression: Cannot compare ID (INTEGER) to 'not an int' (STRING) with GREATER_THAN_OR_EQUAL."
        ],
    );
    check(
        "ID > '1'",
        Clause::Having,
        expect![
            "Error in HAVING expression: Cannot compare ID (INTEGER) to '1' (STRING) with GREATER_THAN."
        ],
    );
}

#[test]
fn comparisons_name_both_sides() {
    check(
        "M < M",
        Clause::Select,
        expect![
            "Cannot compare M (MAP<STRING, BIGINT>) to M (MAP<STRING, BIGINT>) with LESS_THAN."
        ],
    );
    check(
        "NULL <> NULL",
        Clause::Select,
        expect![[r#"
        Comparison with NULL not supported: NULL <> NULL
        Use 'IS NULL' or 'IS NOT NULL' instead."#]],
    );
    check(
        "L = NULL",
        Clause::Select,
        expect![[r#"
        Comparison with NULL not supported: ARRAY = NULL
        Use 'IS NULL' or 'IS NOT NULL' instead."#]],
    );
    check(
        "B < B",
        Clause::Select,
        expect!["Cannot compare B (BOOLEAN) to B (BOOLEAN) with LESS_THAN."],
    );
}

#[test]
fn lists_name_what_does_not_fit() {
    check(
        "B IN (true, S)",
        Clause::Where,
        expect![[r#"
        Invalid Predicate: operator does not exist: BOOLEAN = STRING (S)
        Hint: You might need to add explicit type casts."#]],
    );
    check(
        "ID IN (10, '10 - no')",
        Clause::Where,
        expect![[r#"Invalid Predicate: invalid input syntax for type INTEGER: "10 - no"."#]],
    );
    check(
        "P IN (10.0, '10.0 - no')",
        Clause::Where,
        expect![[r#"Invalid Predicate: invalid input syntax for type DECIMAL: "10.0 - no"."#]],
    );
    check(
        "P IN (10, true)",
        Clause::Where,
        expect![[r#"
        Invalid Predicate: operator does not exist: DECIMAL(12, 2) = BOOLEAN (true)
        Hint: You might need to add explicit type casts."#]],
    );
    check(
        "S IN (10, D)",
        Clause::Where,
        expect![[r#"
        Invalid Predicate: operator does not exist: STRING = DOUBLE (D)
        Hint: You might need to add explicit type casts."#]],
    );
    check(
        "L IN (L, ARRAY['10', 'not 10'])",
        Clause::Where,
        expect![[r#"Invalid Predicate: invalid input syntax for type BIGINT: "not 10"."#]],
    );
    check(
        "L IN (ARRAY[1, 2], ARRAY_LENGTH(L))",
        Clause::Where,
        expect![[r#"
        Invalid Predicate: operator does not exist: ARRAY<BIGINT> = INTEGER (ARRAY_LENGTH(L))
        Hint: You might need to add explicit type casts."#]],
    );
    check(
        "M IN (M, MAP('a' := B))",
        Clause::Where,
        expect![[r#"
        Invalid Predicate: operator does not exist: MAP<STRING, BIGINT> = MAP<STRING, BOOLEAN> (MAP('a':=B))
        Hint: You might need to add explicit type casts."#]],
    );
    check(
        "T IN (STRUCT(F := 10), ARRAY[10])",
        Clause::Where,
        expect![[r#"
        Invalid Predicate: operator does not exist: STRUCT<`F` BIGINT> = ARRAY<INTEGER> (ARRAY[10])
        Hint: You might need to add explicit type casts."#]],
    );
}

#[test]
fn constructors_need_a_type() {
    check(
        "ARRAY[NULL]",
        Clause::Select,
        expect![
            "Cannot construct an array with all NULL elements (see https://github.com/confluentinc/ksql/issues/4239). As a workaround, you may cast a NULL value to the desired type."
        ],
    );
    check(
        "ARRAY[1, 'not a number']",
        Clause::Select,
        expect![[r#"invalid input syntax for type INTEGER: "not a number"."#]],
    );
    check(
        "MAP('a' := NULL)",
        Clause::Select,
        expect![
            "Cannot construct a map with all NULL values (see https://github.com/confluentinc/ksql/issues/4239). As a workaround, you may cast a NULL value to the desired type."
        ],
    );
    check(
        "MAP(NULL := 1)",
        Clause::Select,
        expect![
            "Cannot construct a map with all NULL keys (see https://github.com/confluentinc/ksql/issues/4239). As a workaround, you may cast a NULL key to the desired type."
        ],
    );
    check(
        "STRUCT(FOO := ID, FOO := ID)",
        Clause::Select,
        expect!["Duplicate field names found in STRUCT: FOO"],
    );
    check(
        "NULL",
        Clause::Select,
        expect![
            "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS VARCHAR)."
        ],
    );
}

#[test]
fn cases_and_casts_name_the_types() {
    check(
        "CASE WHEN ID < 2 THEN null ELSE null END",
        Clause::Select,
        expect!["Invalid Case expression. All case branches have NULL type"],
    );
    check(
        "CASE WHEN ID < 2 THEN 1 ELSE 'a' END",
        Clause::Select,
        expect![[r#"
        Invalid Case expression. Type for the default clause should be the same as for 'THEN' clauses.
        THEN type: INTEGER.
        DEFAULT type: STRING."#]],
    );
    check(
        "CASE WHEN ID < 2 THEN 1 WHEN ID < 3 THEN 'a' END",
        Clause::Select,
        expect![[r#"
        Invalid Case expression. Type for all 'THEN' clauses should be the same.
        THEN expression 'WHEN (ID < 3) THEN 'a'' has type: STRING.
        Previous THEN expression(s) type: INTEGER."#]],
    );
    check(
        "CASE WHEN ID THEN 1 END",
        Clause::Select,
        expect![[r#"
        WHEN operand type should be boolean.
        Type for 'ID' is INTEGER"#]],
    );
    check(
        "CAST(S AS MAP<VARCHAR, INTEGER>)",
        Clause::Select,
        expect!["Invalid Select: Cast of STRING to MAP<STRING, INTEGER> is not supported"],
    );
    check(
        "CAST(S AS STRUCT<F0 VARCHAR, F1 INTEGER>)",
        Clause::Select,
        expect![
            "Invalid Select: Cast of STRING to STRUCT<`F0` STRING, `F1` INTEGER> is not supported"
        ],
    );
    check(
        "CAST(L AS ARRAY<BOOLEAN>)",
        Clause::Select,
        expect!["Invalid Select: Cast of ARRAY<BIGINT> to ARRAY<BOOLEAN> is not supported"],
    );
    check("S[1]", Clause::Select, expect!["Subscript expression (S[1]) do not apply to STRING."]);
    check(
        "T['F']",
        Clause::Select,
        expect![
            "Subscript expression (T['F']) do not apply to STRUCT<`F` BIGINT>. Use the dereference operator for STRUCTS: T->'F'"
        ],
    );
}

#[test]
fn expressions_are_shown_as_sql() {
    check("a.id > 1", Clause::Select, expect!["SELECT column 'A.ID' cannot be resolved."]);
    check(
        "id + 1 > 2 and (b or not b) and s is not null",
        Clause::Select,
        expect!["((((ID + 1) > 2) AND (B OR (NOT B))) AND (S IS NOT NULL))"],
    );
    check(
        "d > id and p between 1 and 2.5",
        Clause::Select,
        expect!["((D > ID) AND (P BETWEEN 1 AND 2.5))"],
    );
    check(
        "s not like 'a%' escape '!' or id not in (1, 2)",
        Clause::Select,
        expect!["((NOT (S LIKE 'a%' ESCAPE '!')) OR (NOT (ID IN (1, 2))))"],
    );
    check(
        "case when b then t->f else l[1] end - -id",
        Clause::Select,
        expect!["((CASE WHEN B THEN T->F ELSE L[1] END) - -ID)"],
    );
    check(
        "map('a' := id)['a'] + array[id][1] + struct(`x` := id)->`x`",
        Clause::Select,
        expect!["((MAP('a':=ID)['a'] + ARRAY[ID][1]) + STRUCT(`x`:=ID)->`x`)"],
    );
    check("cast(id as varchar) || s", Clause::Select, expect!["CONCAT(CAST(ID AS STRING), S)"]);
}

#[track_caller]
fn check_stored(text: &str, sql_type: &str, want: Expect) {
    let ast = parse_expression(text).unwrap();
    let stored = resolve_as(&ast, &sql_type_of(sql_type), &columns(COLUMNS), &registry());
    want.assert_eq(&match stored {
        Ok(expr) => format!("{expr}: {}", expr.sql_type()),
        Err(error) => error.to_string(),
    });
}

#[test]
fn what_is_stored_may_be_widened_but_not_narrowed() {
    check_stored("NULL", "INT", expect!["null: INTEGER"]);
    check_stored("1", "BIGINT", expect!["1: BIGINT"]);
    check_stored("1", "DOUBLE", expect!["1E0: DOUBLE"]);
    check_stored("1", "DECIMAL(4, 2)", expect!["1.00: DECIMAL(4, 2)"]);
    check_stored("1.5", "DECIMAL(4, 2)", expect!["1.50: DECIMAL(4, 2)"]);
    check_stored(
        "12345",
        "DECIMAL(4, 2)",
        expect!["Expected type DECIMAL(4, 2) but got INTEGER(12345)"],
    );
    check_stored("3000000000", "INT", expect!["Expected type INTEGER but got BIGINT(3000000000)"]);
    check_stored("'2020-01-01'", "DATE", expect!["2020-01-01: DATE"]);
    check_stored("'x'", "DATE", expect!["Expected type DATE but got STRING('x')"]);
    check_stored("'1'", "INT", expect!["Expected type INTEGER but got STRING('1')"]);
    check_stored("ARRAY[1, 2]", "ARRAY<BIGINT>", expect!["ARRAY[1, 2]: ARRAY<BIGINT>"]);
}
