//! Scripts, and what each test in them comes to.

use expect_test::{Expect, expect};

use super::SqlTest;

const BIDS: &str = "CREATE STREAM bids (item VARCHAR KEY, price INT) \
    WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);\n";
const BEST: &str =
    "CREATE TABLE best AS SELECT item, MAX(price) AS price FROM bids GROUP BY item;\n";

fn outcome(script: &str) -> String {
    let tests = match SqlTest::parse(script) {
        Ok(tests) => tests,
        Err(error) => return format!("{error}\n"),
    };
    let line = |test: &SqlTest| {
        let name = test.name().unwrap_or("it");
        match test.run() {
            Ok(()) => format!("{name}: ok\n"),
            Err(failure) => format!("{name}: {failure}\n"),
        }
    };
    tests.iter().map(line).collect()
}

/// Runs statements after those that make `bids` and `best`, which are on the first two lines.
#[track_caller]
fn check(script: &str, want: Expect) {
    want.assert_eq(&outcome(&format!("{BIDS}{BEST}{script}")));
}

#[test]
fn rows_go_through_all_queries_at_once() {
    check(
        "INSERT INTO bids (item, price) VALUES ('pen', 10);
         ASSERT VALUES bids (item, price) VALUES ('pen', 10);
         ASSERT VALUES best (item, price) VALUES ('pen', 10);
         INSERT INTO bids VALUES ('pen', 12); INSERT INTO bids VALUES ('cup', 1);
         ASSERT VALUES best VALUES ('pen', 12);
         ASSERT VALUES best (price) VALUES (1);",
        expect![[r#"
            it: ok
        "#]],
    );
}

#[test]
fn a_record_that_differs_is_shown_beside_the_expected_one() {
    check(
        "INSERT INTO bids (rowtime, item, price) VALUES (5, 'pen', 10);
         ASSERT VALUES best (rowtime, item, price) VALUES (5, 'pen', 11);",
        expect![[r#"
            it: line 4:10: Expected record does not match actual. PRICE differs.
              column   expected  actual
              ROWTIME  5         5
              ITEM     'pen'     'pen'
            ≠ PRICE    11        10
        "#]],
    );
    check(
        "INSERT INTO bids (item) VALUES ('it''s');
         ASSERT VALUES bids (item, price) VALUES ('its', 11);",
        expect![[r#"
            it: line 4:10: Expected record does not match actual. ITEM and PRICE differ.
              column  expected  actual
            ≠ ITEM    'its'     'it''s'
            ≠ PRICE   11        null
        "#]],
    );
}

#[test]
fn records_come_in_order_and_each_once() {
    check(
        "INSERT INTO bids (item, price) VALUES ('pen', 1);
         INSERT INTO bids (item, price) VALUES ('cup', 2);
         ASSERT VALUES best (item) VALUES ('cup');",
        expect![[r#"
            it: line 5:10: Expected record does not match actual. ITEM differs.
              column  expected  actual
            ≠ ITEM    'cup'     'pen'
        "#]],
    );
    check(
        "INSERT INTO bids (item, price) VALUES ('pen', 1);
         ASSERT VALUES best (item) VALUES ('pen');
         ASSERT VALUES best (item) VALUES ('pen');",
        expect![[r#"
            it: line 5:10: Expected another record, but all records of topic BEST have been read.
        "#]],
    );
}

#[test]
fn a_missing_record_comes_with_what_the_processing_log_says() {
    check(
        "CREATE STREAM shares AS SELECT item, 100 / price AS share FROM bids WHERE 1 < 100 / price;
         INSERT INTO bids (item, price) VALUES ('pen', 0);
         ASSERT VALUES shares (share) VALUES (1);",
        expect![[r#"
            it: line 5:10: Expected another record, but all records of topic SHARES have been read.
            the processing log says: / by zero
        "#]],
    );
}

#[test]
fn null_is_a_value_like_any_other() {
    check(
        "INSERT INTO bids (item) VALUES ('pen');
         ASSERT VALUES bids (item, price) VALUES ('pen', NULL);
         ASSERT VALUES best (item, price) VALUES ('pen', 0);",
        expect![[r#"
            it: line 5:10: Expected record does not match actual. PRICE differs.
              column  expected  actual
              ITEM    'pen'     'pen'
            ≠ PRICE   0         null
        "#]],
    );
}

#[test]
fn tombstones_are_asserted_by_their_key() {
    let script = "CREATE TABLE items (id INT PRIMARY KEY, name VARCHAR)
           WITH (kafka_topic = 'items', value_format = 'json', partitions = 1);
         CREATE TABLE pens AS SELECT * FROM items WHERE name = 'pen';
         INSERT INTO items VALUES (1, 'pen'); INSERT INTO items VALUES (1, 'cup');
         ASSERT VALUES pens (id, name) VALUES (1, 'pen');\n";
    let also = |more: &str| format!("{script}{more}");
    check(
        &also("ASSERT NULL VALUES pens (id) KEY (1);"),
        expect![[r#"
        it: ok
    "#]],
    );
    check(
        &also("ASSERT NULL VALUES pens (id) KEY (2);"),
        expect![[r#"
        it: line 8:1: Expected record does not match actual. ID differs.
          column  expected  actual
        ≠ ID      2         1
    "#]],
    );
    check(
        &also("ASSERT NULL VALUES pens (id, name) KEY (1, 'pen');"),
        expect![[r#"
        it: line 8:30: A tombstone has no NAME: only its key can be compared
    "#]],
    );
    check(
        &also("ASSERT VALUES pens (id, name) VALUES (1, 'cup');"),
        expect![[r#"
        it: line 8:1: Expected record does not match actual. The key is gone, and should have a value.
          column  expected  actual
          ID      1         1
        ≠ NAME    'cup'     null
    "#]],
    );
    check(
        &also("ASSERT NULL VALUES items (id) KEY (1);"),
        expect![[r#"
        it: line 8:1: Expected record does not match actual. The key should be gone, and has a value.
          column  expected  actual
          ID      1         1
    "#]],
    );
}

#[test]
fn windows_are_asserted_by_their_bounds() {
    let script = "CREATE TABLE counts AS SELECT item, COUNT(*) AS n FROM bids
           WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 0 SECONDS) GROUP BY item;
         INSERT INTO bids (rowtime, item, price) VALUES (61000, 'pen', 1);
         INSERT INTO bids (rowtime, item, price) VALUES (120000, 'pen', 1);
         INSERT INTO bids (rowtime, item, price) VALUES (119999, 'pen', 1);
         ASSERT VALUES counts (item, windowstart, windowend, n) VALUES ('pen', 60000, 120000, 1);
         ASSERT VALUES counts (windowstart, rowtime) VALUES (120000, 120000);\n";
    check(
        script,
        expect![[r#"
        it: ok
    "#]],
    );
    check(
        &format!("{script}ASSERT VALUES counts (n) VALUES (2);"),
        expect![[r#"
        it: line 10:1: Expected another record, but all records of topic COUNTS have been read.
    "#]],
    );
    check(
        "ASSERT VALUES bids (windowstart) VALUES (0);",
        expect![[r#"
        it: line 3:21: BIDS has no column WINDOWSTART to compare.
    "#]],
    );
}

#[test]
fn nested_values_are_compared_and_shown_as_sql() {
    let script = "CREATE STREAM nested (a ARRAY<INT>, m MAP<VARCHAR, DOUBLE>, s STRUCT<x DECIMAL(4, 2), y BOOLEAN>)
           WITH (kafka_topic = 'nested', value_format = 'json', partitions = 1);
         INSERT INTO nested VALUES (ARRAY[1, NULL], MAP('a' := 1.5, 'b' := 2.0), STRUCT(x := 1.50, y := true));\n";
    let also = |more: &str| format!("{script}{more}");
    check(
        &also(
            "ASSERT VALUES nested VALUES (ARRAY[1, NULL], MAP('b' := 2, 'a' := 1.5), STRUCT(x := 1.5, y := true));",
        ),
        expect![[r#"
            it: ok
        "#]],
    );
    check(
        &also(
            "ASSERT VALUES nested VALUES (ARRAY[1, 2], MAP('a' := 1.5), STRUCT(x := 1.5, y := false));",
        ),
        expect![[r#"
            it: line 6:1: Expected record does not match actual. A, M and S differ.
              column  expected                   actual
            ≠ A       ARRAY[1, 2]                ARRAY[1, null]
            ≠ M       MAP('a':=1.5E0)            MAP('a':=1.5E0, 'b':=2E0)
            ≠ S       STRUCT(X:=1.50, Y:=false)  STRUCT(X:=1.50, Y:=true)
        "#]],
    );
}

#[test]
fn sources_are_compared_with_their_declaration() {
    let best = "ASSERT TABLE best (item VARCHAR PRIMARY KEY, price INT) WITH (kafka_topic = 'BEST', value_format = 'json');";
    check(
        best,
        expect![[r#"
        it: ok
    "#]],
    );
    check(
        &best.replace("INT", "BIGINT"),
        expect![[r#"
        it: line 3:1: Expected schema does not match actual for source BEST. Expected: `ITEM` STRING KEY, `PRICE` BIGINT. Actual: `ITEM` STRING KEY, `PRICE` INTEGER.
    "#]],
    );
    check(
        &best.replace("'BEST'", "'best'"),
        expect![[r#"
        it: line 3:1: Expected kafka topic does not match actual for source BEST. Expected: best. Actual: BEST.
    "#]],
    );
    check(
        &best.replace("'json'", "'json', key_format = 'json'"),
        expect![[r#"
        it: line 3:1: Expected key format does not match actual for source BEST. Expected: JSON, a single value without a struct around it. Actual: KAFKA, a single value without a struct around it.
    "#]],
    );
    check(
        &best.replace("TABLE", "STREAM").replace("PRIMARY KEY", "KEY"),
        expect![[r#"
        it: line 3:1: Expected type does not match actual for source BEST. Expected: stream. Actual: table.
    "#]],
    );
    check(
        &best.replace("best", "rest"),
        expect![[r#"
        it: line 3:1: REST is no stream or table
    "#]],
    );
}

#[test]
fn each_test_has_an_engine_of_its_own() {
    let script = format!(
        "--@test: one\n{BIDS}INSERT INTO bids VALUES ('pen', 1);\n\
         --@test: two\n{BIDS}ASSERT VALUES bids VALUES ('pen', 1);\n\
         --@test: three\nDROP STREAM bids;\n"
    );
    expect![[r#"
        one: ok
        two: line 6:1: Expected another record, but all records of topic bids have been read.
        three: line 8:13: Stream BIDS does not exist.
    "#]]
    .assert_eq(&outcome(&script));
}

#[test]
fn errors_are_expected_by_class_and_words() {
    let expecting = |class: &str, message: &str, statement: &str| {
        let script = format!(
            "{BIDS}--@expected.error: {class}\n--@expected.message: {message}\n{statement}\n"
        );
        outcome(&script)
    };
    let wrong = "CREATE STREAM x AS SELECT prize FROM bids;";
    let ksql = "io.confluent.ksql.util.KsqlException";
    expect![[r#"
        it: ok
    "#]]
    .assert_eq(&expecting(ksql, "cannot be resolved", wrong));
    expect![[r#"
        it: line 4:27: Expected an error that says 'cannot be found', found: SELECT column 'PRIZE' cannot be resolved. Did you mean PRICE?
    "#]].assert_eq(&expecting(ksql, "cannot be found", wrong));
    expect![[r#"
        it: line 4:27: Expected an error of class AssertionError, found: SELECT column 'PRIZE' cannot be resolved. Did you mean PRICE?
    "#]].assert_eq(&expecting("AssertionError", "cannot be resolved", wrong));
    expect![[r#"
        it: line 2:1: Expected an error that says 'cannot be resolved', but none came.
    "#]]
    .assert_eq(&expecting(ksql, "cannot be resolved", "SET 'auto.offset.reset' = 'latest';"));
    expect![[r#"
        it: ok
    "#]]
    .assert_eq(&expecting("ParseFailedException", "", "SELEC;"));
    let assertion = "INSERT INTO bids VALUES ('pen', 1); ASSERT VALUES bids (price) VALUES (2);";
    expect![[r#"
        it: ok
    "#]]
    .assert_eq(&expecting(
        "java.lang.AssertionError",
        "Expected record does not match actual",
        assertion,
    ));
    expect![[r#"
        it: line 2:1: Expected an error, but none came.
    "#]]
    .assert_eq(&expecting(ksql, "", "DROP STREAM bids; CREATE TYPE t AS INT;"));
}

#[test]
fn a_replaced_query_keeps_its_state() {
    check(
        "CREATE TABLE counts AS SELECT item, COUNT(*) AS n FROM bids GROUP BY item;
         INSERT INTO bids VALUES ('pen', 1);
         ASSERT VALUES counts (item, n) VALUES ('pen', 1);
         CREATE OR REPLACE TABLE counts AS SELECT item, COUNT(*) AS n FROM bids WHERE price < 5 GROUP BY item;
         INSERT INTO bids VALUES ('pen', 9);
         INSERT INTO bids VALUES ('pen', 2);
         ASSERT VALUES counts (item, n) VALUES ('pen', 2);",
        expect![[r#"
            it: ok
        "#]],
    );
}

#[test]
fn scripts_and_variables_help_to_prepare() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    };
    write("bids.sql", BIDS);
    write("bad.sql", "-- a comment\nDROP STREAM nothing;\n");
    write("self.sql", "RUN SCRIPT 'self.sql';");
    let run = |script: &str| {
        let tests = SqlTest::parse(script).expect("the directives are right");
        let test = tests[0].clone().in_folder(folder.path()).with_variable("price", "7");
        test.run().map_or_else(|failure| failure.to_string(), |()| "ok".to_owned())
    };
    let script =
        "RUN SCRIPT 'bids.sql'; DEFINE item = 'pen'; INSERT INTO bids VALUES ('${item}', ${price});
         UNDEFINE item; ASSERT VALUES bids VALUES ('pen', 7);";
    expect!["ok"].assert_eq(&run(script));
    expect!["ok"].assert_eq(&run(&format!("{script}\nINSERT INTO bids VALUES ('${{item}}', 1);")));
    expect!["line 2:3: bad.sql, line 2:13: Stream NOTHING does not exist."]
        .assert_eq(&run("RUN SCRIPT 'bids.sql';\n  RUN SCRIPT 'bad.sql';"));
    expect!["line 1:1: self.sql, line 1:1: scripts run scripts 16 deep"]
        .assert_eq(&run("RUN SCRIPT 'self.sql';"));
}

#[test]
fn what_belongs_elsewhere_is_refused_with_its_place() {
    check(
        "  SELECT * FROM best;",
        expect![[r#"
        it: line 3:3: A test takes statements that make or change streams and tables, INSERT INTO … VALUES, SET, RUN SCRIPT, ASSERT VALUES, ASSERT NULL VALUES and ASSERT STREAM or TABLE.
    "#]],
    );
    check(
        "ASSERT VALUES best (itme) VALUES ('pen');",
        expect![[r#"
        it: line 3:21: BEST has no column ITME to compare. Did you mean ITEM?
    "#]],
    );
    check(
        "ASSERT VALUES best (item, price) VALUES ('pen');",
        expect![[r#"
        it: line 3:1: Expected a value for each of 2 columns, found 1
    "#]],
    );
    check(
        "ASSERT VALUES best (price) VALUES ('pen');",
        expect![[r#"
        it: line 3:36: Expected type INTEGER but got STRING('pen')
    "#]],
    );
    check(
        "ASSERT VALUES bets (price) VALUES (1);",
        expect![[r#"
        it: line 3:15: BETS does not exist. Did you mean BEST?
    "#]],
    );
    check(
        "ASSERT VALUES\n  best (rowoffset) VALUES (1);",
        expect![[r#"
        it: line 4:9: BEST has no column ROWOFFSET to compare.
    "#]],
    );
}
