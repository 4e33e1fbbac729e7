//! JOIN.

use expect_test::expect;

use super::check;

#[test]
fn a_stream_joins_a_table() {
    check(
        "CREATE STREAM s1 AS SELECT * FROM bids b JOIN people p ON b.id = p.id;
         CREATE STREAM s2 AS SELECT b.bidder, item, name FROM bids b LEFT JOIN people p ON b.bidder = p.id WHERE price > 10 AND name <> '';
         CREATE STREAM s3 AS SELECT b.id AS bid, p.id AS person, item FROM bids b JOIN people p ON p.id = b.bidder;
         CREATE STREAM s4 AS SELECT p.id, item, city FROM bids b JOIN people p ON b.bidder = p.id JOIN places q ON b.bidder = q.id;
         CREATE TABLE t AS SELECT p.name, count(*) FROM bids b JOIN people p ON b.bidder = p.id GROUP BY p.name;",
        expect![[r#"
            stream S1: `B_ID` INTEGER KEY, `B_ITEM` STRING, `B_PRICE` BIGINT, `B_BIDDER` INTEGER, `B_TAGS` ARRAY<STRING>, `B_PLACE` STRUCT<`CITY` STRING, `ZIP` INTEGER>, `P_ID` INTEGER, `P_NAME` STRING, `P_BOSS` INTEGER
              topic S1, key KAFKA, value JSON
            Sink: S1
            └─ Project: B_ID, B_ITEM, B_PRICE, B_BIDDER, B_TAGS, B_PLACE, P_ID, P_NAME, P_BOSS
               └─ StreamTableJoin: inner
                  ├─ Source: BIDS as B
                  └─ Source: PEOPLE as P
            stream S2: `BIDDER` INTEGER KEY, `ITEM` STRING, `NAME` STRING
              topic S2, key KAFKA, value JSON
            Sink: S2
            └─ Project: B_BIDDER as BIDDER, B_ITEM as ITEM, P_NAME as NAME
               └─ Filter: (P_NAME <> '')
                  └─ StreamTableJoin: left
                     ├─ Repartition: by B_BIDDER
                     │  └─ Filter: (B_PRICE > 10)
                     │     └─ Source: BIDS as B
                     └─ Source: PEOPLE as P
            stream S3: `PERSON` INTEGER KEY, `BID` INTEGER, `ITEM` STRING
              topic S3, key KAFKA, value JSON
            Sink: S3
            └─ Project: P_ID as PERSON, B_ID as BID, B_ITEM as ITEM
               └─ StreamTableJoin: inner
                  ├─ Repartition: by B_BIDDER
                  │  └─ Source: BIDS as B
                  └─ Source: PEOPLE as P
            stream S4: `P_ID` INTEGER KEY, `ITEM` STRING, `CITY` STRING
              topic S4, key KAFKA, value JSON
            Sink: S4
            └─ Project: P_ID, B_ITEM as ITEM, Q_CITY as CITY
               └─ StreamTableJoin: inner
                  ├─ StreamTableJoin: inner
                  │  ├─ Repartition: by B_BIDDER
                  │  │  └─ Source: BIDS as B
                  │  └─ Source: PEOPLE as P
                  └─ Source: PLACES as Q
            table T: `NAME` STRING KEY, `KSQL_COL_0` BIGINT
              topic T, key KAFKA, value JSON
            Sink: T
            └─ Aggregate: count(*) by NAME
               └─ Repartition: by P_NAME
                  └─ StreamTableJoin: inner
                     ├─ Repartition: by B_BIDDER
                     │  └─ Source: BIDS as B
                     └─ Source: PEOPLE as P
        "#]],
    );
}

#[test]
fn streams_join_within_a_time() {
    check(
        "CREATE STREAM s1 AS SELECT b.item, b.price, a.price FROM bids b JOIN asks a WITHIN 1 HOUR ON b.item = a.item;
         CREATE STREAM s2 AS SELECT * FROM bids b FULL OUTER JOIN asks a WITHIN (1 SECOND, 2 SECONDS) GRACE PERIOD 5 SECONDS ON b.id = a.id;
         CREATE STREAM s3 AS SELECT rowkey, b.item FROM bids b JOIN asks a WITHIN 1 HOUR ON abs(b.price) = abs(a.price);
         CREATE STREAM s AS SELECT b.item, b.price FROM bids b JOIN asks a WITHIN 1 HOUR ON abs(b.price) = abs(a.price);
         CREATE STREAM s AS SELECT b.price FROM bids b JOIN asks a WITHIN 1 HOUR ON b.item = a.item;
         CREATE STREAM s AS SELECT * FROM bids b JOIN asks a ON b.item = a.item;",
        expect![[r#"
            stream S1: `B_ITEM` STRING KEY, `B_PRICE` BIGINT, `A_PRICE` BIGINT
              topic S1, key KAFKA, value JSON
            Sink: S1
            └─ Project: B_ITEM, B_PRICE, A_PRICE
               └─ StreamStreamJoin: inner within 3600s
                  ├─ Repartition: by B_ITEM
                  │  └─ Source: BIDS as B
                  └─ Repartition: by A_ITEM
                     └─ Source: ASKS as A
            stream S2: `ROWKEY` INTEGER KEY, `B_ID` INTEGER, `B_ITEM` STRING, `B_PRICE` BIGINT, `B_BIDDER` INTEGER, `B_TAGS` ARRAY<STRING>, `B_PLACE` STRUCT<`CITY` STRING, `ZIP` INTEGER>, `A_ID` INTEGER, `A_ITEM` STRING, `A_PRICE` BIGINT
              topic S2, key KAFKA, value JSON
            Sink: S2
            └─ Project: ROWKEY, B_ID, B_ITEM, B_PRICE, B_BIDDER, B_TAGS, B_PLACE, A_ID, A_ITEM, A_PRICE
               └─ StreamStreamJoin: full within 1s before, 2s after grace 5s
                  ├─ Source: BIDS as B
                  └─ Source: ASKS as A
            stream S3: `ROWKEY` BIGINT KEY, `B_ITEM` STRING
              topic S3, key KAFKA, value JSON
            Sink: S3
            └─ Project: ROWKEY, B_ITEM
               └─ StreamStreamJoin: inner within 3600s
                  ├─ Repartition: by ABS(B_PRICE)
                  │  └─ Source: BIDS as B
                  └─ Repartition: by ABS(A_PRICE)
                     └─ Source: ASKS as A
            error: Key missing from projection (ie, SELECT). See https://cnfl.io/2LV7ouS.
            The query used to build `S` must include the join expression ROWKEY in its projection (eg, SELECT ROWKEY...).
            ROWKEY was added as a synthetic key column because the join criteria did not match any source column. This expression must be included in the projection and may be aliased. 
            error: Key missing from projection (ie, SELECT). 
            The query used to build `S` must include the join expressions B.ITEM or A.ITEM in its projection (eg, SELECT B.ITEM...).
            error: Stream-Stream joins must have a WITHIN clause specified. None was provided. To learn about how to specify a WITHIN clause with a stream-stream join, please visit: https://docs.confluent.io/current/ksql/docs/syntax-reference.html#create-stream-as-select
        "#]],
    );
}

#[test]
fn tables_join_by_key_and_by_foreign_key() {
    check(
        "CREATE TABLE t1 AS SELECT * FROM people p JOIN places q ON p.id = q.id;
         CREATE TABLE t2 AS SELECT p.id, name, city FROM people p LEFT JOIN places q ON p.boss = q.id;
         CREATE TABLE t AS SELECT name, city FROM people p LEFT JOIN places q ON p.boss = q.id;
         CREATE TABLE t AS SELECT p.id, name, city FROM people p FULL JOIN places q ON p.boss = q.id;
         CREATE TABLE t AS SELECT p.id, city FROM people p JOIN places q ON p.id = q.city;
         CREATE TABLE t AS SELECT p.id, city FROM people p JOIN places q ON p.name = q.id;",
        expect![[r#"
            table T1: `P_ID` INTEGER KEY, `P_NAME` STRING, `P_BOSS` INTEGER, `Q_ID` INTEGER, `Q_CITY` STRING
              topic T1, key KAFKA, value JSON
            Sink: T1
            └─ Project: P_ID, P_NAME, P_BOSS, Q_ID, Q_CITY
               └─ TableTableJoin: inner
                  ├─ Source: PEOPLE as P
                  └─ Source: PLACES as Q
            table T2: `P_ID` INTEGER KEY, `NAME` STRING, `CITY` STRING
              topic T2, key KAFKA, value JSON
            Sink: T2
            └─ Project: P_ID, P_NAME as NAME, Q_CITY as CITY
               └─ ForeignKeyJoin: left by P_BOSS
                  ├─ Source: PEOPLE as P
                  └─ Source: PLACES as Q
            error: Primary key column missing in projection. For foreign-key table-table joins, the projection must include all primary key columns from the left input table (`PEOPLE`). Missing column: `ID`.
            error: Invalid join type: full-outer join not supported for foreign-key table-table join. Got PEOPLE [FULL] OUTER JOIN PLACES.
            error: Invalid join condition: table-table joins require to join on the primary key of the right input table. Got P.ID = Q.CITY.
            error: Invalid join condition: types don't match. Got P.NAME{STRING} = Q.ID{INTEGER}.
        "#]],
    );
}

#[test]
fn conditions_are_checked() {
    check(
        "CREATE STREAM s AS SELECT * FROM bids b JOIN people p ON b.id = p.boss;
         CREATE STREAM s AS SELECT * FROM bids b JOIN people p WITHIN 1 SECOND ON b.id = p.id;
         CREATE STREAM s AS SELECT * FROM bids b FULL JOIN people p ON b.id = p.id;
         CREATE STREAM s AS SELECT * FROM people p JOIN bids b ON b.id = p.id;
         CREATE STREAM s AS SELECT * FROM bids b JOIN bids c WITHIN 1 SECOND ON b.id = c.id;
         CREATE STREAM s AS SELECT * FROM bids b JOIN people p ON b.id = 0;
         CREATE STREAM s AS SELECT * FROM bids b JOIN people p ON b.id > p.id;
         CREATE STREAM s AS SELECT * FROM bids b JOIN people p ON b.id = p.id AND b.price = p.boss;
         CREATE STREAM s AS SELECT * FROM bids b JOIN people p ON b.nothing = p.id;
         CREATE STREAM s AS SELECT * FROM bids b JOIN people p ON id = id;
         CREATE STREAM s AS SELECT * FROM bids b JOIN people p ON b.item = p.id;
         CREATE STREAM s AS SELECT * FROM bids b JOIN seen p WITHIN 1 SECOND ON b.id = p.id;
         CREATE STREAM narrow (id INT KEY, v INT) WITH (kafka_topic = 'narrow', value_format = 'json', partitions = 1);
         CREATE STREAM s AS SELECT * FROM narrow b JOIN people p ON b.id = p.id;",
        expect![[r#"
            error: Invalid join condition: stream-table joins require to join on the table's primary key. Got B.ID = P.BOSS.
            error: A window definition was provided for a Stream-Table join. These joins are not windowed. Please drop the window definition (ie. the WITHIN clause) and try to execute your join again.
            error: Invalid join type: full-outer join not supported for stream-table join. Got BIDS [FULL] OUTER JOIN PEOPLE.
            error: Invalid join order: table-stream joins are not supported; only stream-table joins. Got PEOPLE [INNER] JOIN BIDS.
            error: line 5:55: Can not join 'BIDS' to 'BIDS': self joins are not yet supported.
            error: line 6:74: Invalid comparison expression '0' in join '(B.ID = 0)'. Each side of the join comparision must contain references from exactly one source.
            error: line 7:67: Only equality join criteria is supported.
            error: line 8:67: Invalid join condition: joins on multiple conditions are not yet supported. Got ((B.ID = P.ID) AND (B.PRICE = P.BOSS)).
            error: line 9:67: JOIN ON column 'B.NOTHING' cannot be resolved.
            error: line 10:67: Column 'ID' is ambiguous. Could be B.ID or P.ID.
            error: Invalid join condition: types don't match. Got B.ITEM{STRING} = P.ID{INTEGER}.
            error: Can not join windowed source to non-windowed source.
            `B` is not windowed
            `P` is TUMBLING windowed
            stream NARROW: `ID` INTEGER KEY, `V` INTEGER
              topic narrow, key KAFKA, value JSON
            error: Can't join `B` with `P` since the number of partitions don't match. `B` partitions = 1; `P` partitions = 2. Please repartition either one so that the number of partitions match.
        "#]],
    );
}

#[test]
fn keys_of_other_formats_are_rewritten() {
    check(
        "CREATE STREAM js (id INT KEY, v INT) WITH (kafka_topic = 'js', format = 'json', partitions = 2);
         CREATE STREAM s1 AS SELECT * FROM js JOIN people p ON js.id = p.id;
         CREATE STREAM s2 AS SELECT * FROM js JOIN asks a WITHIN 1 SECOND ON js.v = a.id;",
        expect![[r#"
            stream JS: `ID` INTEGER KEY, `V` INTEGER
              topic js, key JSON, value JSON
            stream S1: `JS_ID` INTEGER KEY, `JS_V` INTEGER, `P_ID` INTEGER, `P_NAME` STRING, `P_BOSS` INTEGER
              topic S1, key JSON, value JSON
            Sink: S1
            └─ Project: JS_ID, JS_V, P_ID, P_NAME, P_BOSS
               └─ StreamTableJoin: inner
                  ├─ Source: JS
                  └─ Repartition: by P_ID
                     └─ Source: PEOPLE as P
            stream S2: `JS_V` INTEGER KEY, `JS_ID` INTEGER, `A_ID` INTEGER, `A_ITEM` STRING, `A_PRICE` BIGINT
              topic S2, key JSON, value JSON
            Sink: S2
            └─ Project: JS_V, JS_ID, A_ID, A_ITEM, A_PRICE
               └─ StreamStreamJoin: inner within 1s
                  ├─ Repartition: by JS_V
                  │  └─ Source: JS
                  └─ Source: ASKS as A
        "#]],
    );
}

#[test]
fn a_new_key_below_a_join_makes_pseudo_columns_columns() {
    check(
        "CREATE STREAM s AS SELECT * FROM bids b JOIN people p ON b.id = p.id PARTITION BY b.item;",
        expect![[r#"
            stream S: `B_ITEM` STRING KEY, `B_PRICE` BIGINT, `B_BIDDER` INTEGER, `B_TAGS` ARRAY<STRING>, `B_PLACE` STRUCT<`CITY` STRING, `ZIP` INTEGER>, `B_ROWTIME` BIGINT, `B_ROWPARTITION` INTEGER, `B_ROWOFFSET` BIGINT, `B_ID` INTEGER, `P_NAME` STRING, `P_BOSS` INTEGER, `P_ROWTIME` BIGINT, `P_ROWPARTITION` INTEGER, `P_ROWOFFSET` BIGINT, `P_ID` INTEGER
              topic S, key KAFKA, value JSON
            Sink: S
            └─ Project: B_ITEM, B_PRICE, B_BIDDER, B_TAGS, B_PLACE, B_ROWTIME, B_ROWPARTITION, B_ROWOFFSET, B_ID, P_NAME, P_BOSS, P_ROWTIME, P_ROWPARTITION, P_ROWOFFSET, P_ID
               └─ Repartition: by B_ITEM
                  └─ StreamTableJoin: inner
                     ├─ Source: BIDS as B
                     └─ Source: PEOPLE as P
        "#]],
    );
}
