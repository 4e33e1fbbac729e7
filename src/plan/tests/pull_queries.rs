//! Pull queries.

use expect_test::expect;

use super::{check, check_with};
use crate::config::Config;

const TABLES: &str = "
    CREATE TABLE totals AS SELECT item, count(*) AS n FROM bids GROUP BY item;
    CREATE TABLE hourly AS SELECT item, count(*) AS n FROM bids WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY item;";

#[test]
fn keys_are_looked_up() {
    let queries = "
        SELECT * FROM totals WHERE item = 'pen';
        SELECT n, item AS i FROM totals WHERE item IN ('pen', 'cup') AND n > 3;
        SELECT * FROM totals WHERE n > 3;
        SELECT * FROM totals WHERE item >= 'a' AND item < 'b';
        SELECT * FROM hourly WHERE item = 'pen' AND windowstart >= 10 AND windowend < '1970-01-01T01';
        SELECT item, rowtime FROM totals LIMIT 3;
        SELECT price FROM bids WHERE id = 1;";
    check(
        &format!("{TABLES}{queries}"),
        expect![[r#"
        table TOTALS: `ITEM` STRING KEY, `N` BIGINT
          topic TOTALS, key KAFKA, value JSON
        Sink: TOTALS
        └─ Aggregate: count(*) by ITEM
           └─ Repartition: by ITEM
              └─ Source: BIDS
        table HOURLY: `ITEM` STRING KEY, `N` BIGINT
          topic HOURLY, key KAFKA TUMBLING, value JSON
        Sink: HOURLY
        └─ WindowAggregate: count(*) by ITEM, tumbling 3600s grace 82800s
           └─ Repartition: by ITEM
              └─ Source: BIDS
        `ITEM` STRING KEY, `N` BIGINT
        where (ITEM = 'pen')
        Keys([KeyConstraint { columns: [Equal(Varchar("pen"))], window_start: TimeRange { from_ms: -9223372036854775808, to_ms: 9223372036854775807 }, window_end: TimeRange { from_ms: -9223372036854775808, to_ms: 9223372036854775807 } }])
        `N` BIGINT, `I` STRING KEY
        where ((ITEM IN ('pen', 'cup')) AND (N > 3))
        Keys([KeyConstraint { columns: [Equal(Varchar("pen"))], window_start: TimeRange { from_ms: -9223372036854775808, to_ms: 9223372036854775807 }, window_end: TimeRange { from_ms: -9223372036854775808, to_ms: 9223372036854775807 } }, KeyConstraint { columns: [Equal(Varchar("cup"))], window_start: TimeRange { from_ms: -9223372036854775808, to_ms: 9223372036854775807 }, window_end: TimeRange { from_ms: -9223372036854775808, to_ms: 9223372036854775807 } }])
        `ITEM` STRING KEY, `N` BIGINT
        where (N > 3)
        Scan
        `ITEM` STRING KEY, `N` BIGINT
        where ((ITEM >= 'a') AND (ITEM < 'b'))
        Keys([KeyConstraint { columns: [Between { low: Some((Varchar("a"), true)), high: Some((Varchar("b"), false)) }], window_start: TimeRange { from_ms: -9223372036854775808, to_ms: 9223372036854775807 }, window_end: TimeRange { from_ms: -9223372036854775808, to_ms: 9223372036854775807 } }])
        `ITEM` STRING KEY, `WINDOWSTART` BIGINT KEY, `WINDOWEND` BIGINT KEY, `N` BIGINT
        where (((ITEM = 'pen') AND (WINDOWSTART >= 10)) AND (WINDOWEND < 3600000))
        Keys([KeyConstraint { columns: [Equal(Varchar("pen"))], window_start: TimeRange { from_ms: 10, to_ms: 9223372036854775807 }, window_end: TimeRange { from_ms: -9223372036854775808, to_ms: 3599999 } }])
        `ITEM` STRING KEY, `ROWTIME` BIGINT
        Scan
        `PRICE` BIGINT
        where (ID = 1)
        Scan
    "#]],
    );
}

#[test]
fn what_state_cannot_answer_is_refused() {
    check(
        "SELECT * FROM people;
         SELECT * FROM people p JOIN places q ON p.id = q.id;
         SELECT count(*) FROM bids;
         SELECT item, count(*) FROM bids GROUP BY item;
         SELECT rowoffset FROM bids;
         SELECT price, price FROM bids;
         SELECT price FROM bids WHERE windowstart = 1;",
        expect![[r#"
            error: The `PEOPLE` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE QUERYABLE_PEOPLE AS SELECT * FROM PEOPLE'. See https://cnfl.io/queries for more info.
            Add EMIT CHANGES if you intended to issue a push query.
            error: Pull queries don't support JOIN clauses. See https://cnfl.io/queries for more info.
            Add EMIT CHANGES if you intended to issue a push query.
            error: Pull queries don't support GROUP BY clauses. See https://cnfl.io/queries for more info.
            Add EMIT CHANGES if you intended to issue a push query.
            error: Pull queries don't support GROUP BY clauses. See https://cnfl.io/queries for more info.
            Add EMIT CHANGES if you intended to issue a push query.
            error: Pull queries don't support the following columns in SELECT clauses: `ROWOFFSET`
             See https://cnfl.io/queries for more info.
            Add EMIT CHANGES if you intended to issue a push query.
            error: Duplicate value columns found in schema: `PRICE` BIGINT
            error: line 7:39: WHERE column 'WINDOWSTART' cannot be resolved.
        "#]],
    );
}

#[test]
fn scans_can_be_forbidden() {
    let mut config = Config::default();
    config.set_session("ksql.query.pull.table.scan.enabled", "false").unwrap();
    let queries = "
        SELECT * FROM totals;
        SELECT * FROM totals WHERE n > 3;
        SELECT * FROM totals WHERE item = 'pen' AND item IN ('cup');";
    check_with(
        &config,
        &format!("{TABLES}{queries}"),
        expect![[r#"
        table TOTALS: `ITEM` STRING KEY, `N` BIGINT
          topic TOTALS, key KAFKA, value JSON
        Sink: TOTALS
        └─ Aggregate: count(*) by ITEM
           └─ Repartition: by ITEM
              └─ Source: BIDS
        table HOURLY: `ITEM` STRING KEY, `N` BIGINT
          topic HOURLY, key KAFKA TUMBLING, value JSON
        Sink: HOURLY
        └─ WindowAggregate: count(*) by ITEM, tumbling 3600s grace 82800s
           └─ Repartition: by ITEM
              └─ Source: BIDS
        error: Missing WHERE clause. See https://cnfl.io/queries for more info.
        Add EMIT CHANGES if you intended to issue a push query.
        Pull queries require a WHERE clause that:
         - includes a key equality expression, e.g. `SELECT * FROM X WHERE <key-column> = Y;`.
         - in the case of a multi-column key, is a conjunction of equality expressions that cover all key columns.
        If more flexible queries are needed, table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.
        error: WHERE clause missing key column for disjunct: (N > 3). See https://cnfl.io/queries for more info.
        Add EMIT CHANGES if you intended to issue a push query.
        Pull queries require a WHERE clause that:
         - includes a key equality expression, e.g. `SELECT * FROM X WHERE <key-column> = Y;`.
         - in the case of a multi-column key, is a conjunction of equality expressions that cover all key columns.
        If more flexible queries are needed, table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.
        error: A comparison condition on the key column cannot be combined with other comparisons such as an IN predicate. See https://cnfl.io/queries for more info.
        Add EMIT CHANGES if you intended to issue a push query.
        Pull queries require a WHERE clause that:
         - includes a key equality expression, e.g. `SELECT * FROM X WHERE <key-column> = Y;`.
         - in the case of a multi-column key, is a conjunction of equality expressions that cover all key columns.
        If more flexible queries are needed, table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true.
    "#]],
    );
}
