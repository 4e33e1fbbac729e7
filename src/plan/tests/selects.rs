//! Queries of one source, without aggregates.

use expect_test::expect;

use super::check;

#[test]
fn rows_are_filtered_and_projected() {
    check(
        "CREATE STREAM s AS SELECT id, item, price * 2 AS twice, rowtime AS t FROM bids WHERE price > 10 AND item LIKE 'p%';
         CREATE STREAM s2 WITH (kafka_topic = 'x', value_format = 'delimited', partitions = 5) AS SELECT id AS k, price FROM bids;
         CREATE TABLE t AS SELECT * FROM people WHERE name <> '';
         SELECT item, price FROM bids EMIT CHANGES LIMIT 3;",
        expect![[r#"
            stream S: `ID` INTEGER KEY, `ITEM` STRING, `TWICE` BIGINT, `T` BIGINT
              topic S, key KAFKA, value JSON
            Sink: S
            └─ Project: ID, ITEM, (PRICE * 2) as TWICE, ROWTIME as T
               └─ Filter: ((PRICE > 10) AND (ITEM LIKE 'p%'))
                  └─ Source: BIDS
            stream S2: `K` INTEGER KEY, `PRICE` BIGINT
              topic x, key KAFKA, value DELIMITED
            Sink: S2
            └─ Project: ID as K, PRICE
               └─ Source: BIDS
            table T: `ID` INTEGER KEY, `NAME` STRING, `BOSS` INTEGER
              topic T, key KAFKA, value JSON
            Sink: T
            └─ Project: ID, NAME, BOSS
               └─ Filter: (NAME <> '')
                  └─ Source: PEOPLE
            `ITEM` STRING, `PRICE` BIGINT
            Output, limit 3
            └─ Project: ITEM, PRICE
               └─ Source: BIDS
        "#]],
    );
}

#[test]
fn results_are_named() {
    check(
        "CREATE STREAM s AS SELECT id, price + 1, place->city, place->city, place->zip AS z FROM bids;
         SELECT place->* FROM bids EMIT CHANGES;
         CREATE STREAM s2 AS SELECT id, as_value(id) AS id2, tags[1] FROM bids;",
        expect![[r#"
            stream S: `ID` INTEGER KEY, `KSQL_COL_0` BIGINT, `CITY` STRING, `CITY_1` STRING, `Z` INTEGER
              topic S, key KAFKA, value JSON
            Sink: S
            └─ Project: ID, (PRICE + 1) as KSQL_COL_0, PLACE->CITY as CITY, PLACE->CITY as CITY_1, PLACE->ZIP as Z
               └─ Source: BIDS
            `CITY` STRING, `ZIP` INTEGER
            Output
            └─ Project: PLACE->CITY as CITY, PLACE->ZIP as ZIP
               └─ Source: BIDS
            stream S2: `ID` INTEGER KEY, `ID2` INTEGER, `KSQL_COL_0` STRING
              topic S2, key KAFKA, value JSON
            Sink: S2
            └─ Project: ID, AS_VALUE(ID) as ID2, TAGS[1] as KSQL_COL_0
               └─ Source: BIDS
        "#]],
    );
}

#[test]
fn the_key_is_selected_once() {
    check(
        "CREATE STREAM s AS SELECT item FROM bids;
         CREATE STREAM s AS SELECT id, id AS id2, item FROM bids;
         CREATE STREAM s AS SELECT id FROM bids;
         CREATE STREAM s AS SELECT a, v FROM pairs;
         CREATE STREAM s AS SELECT id, item, price AS item FROM bids;",
        expect![[r#"
            error: Key missing from projection (ie, SELECT). 
            The query used to build `S` must include the key column ID in its projection (eg, SELECT ID...).
            error: The projection contains a key column (`ID`) more than once, aliased as: ID and ID2.
            Each key column must only be in the projection once. If you intended to copy the key into the value, then consider using the AS_VALUE function to indicate which key reference should be copied.
            error: The projection contains no value columns.
            error: Key missing from projection (ie, SELECT). 
            The query used to build `S` must include the key columns A and B in its projection (eg, SELECT A, B...).
            error: Duplicate value columns found in schema: `ITEM` BIGINT
        "#]],
    );
}

#[test]
fn columns_and_kinds_are_checked() {
    check(
        "CREATE STREAM s AS SELECT id, prize FROM bids;
         CREATE STREAM s AS SELECT id, item FROM bids WHERE prize = 1;
         CREATE STREAM s AS SELECT id, b.item FROM bids b WHERE bids.price = 1;
         CREATE STREAM s AS SELECT * FROM bid;
         CREATE STREAM s AS SELECT id, nothing.* FROM bids;
         CREATE STREAM s AS SELECT id, item FROM bids WHERE price = 'x';
         CREATE STREAM s AS SELECT id, item FROM bids WHERE price;
         CREATE STREAM s AS SELECT id, no_such(item) FROM bids;
         CREATE STREAM s AS SELECT id, rowtime FROM bids;
         CREATE STREAM s AS SELECT id, item AS rowtime FROM bids;
         CREATE TABLE t AS SELECT * FROM bids;
         CREATE STREAM s AS SELECT * FROM people;
         CREATE STREAM s AS SELECT * FROM bids LIMIT 3;
         CREATE STREAM s AS SELECT id, item FROM bids WINDOW TUMBLING (SIZE 1 SECOND);
         CREATE STREAM s AS SELECT id, item FROM bids EMIT FINAL;",
        expect![[r#"
            error: line 1:31: SELECT column 'PRIZE' cannot be resolved. Did you mean PRICE?
            error: line 2:61: WHERE column 'PRIZE' cannot be resolved. Did you mean PRICE?
            error: line 3:65: 'BIDS' is not a valid stream/table name or alias.
            error: line 4:43: BID does not exist. Did you mean BIDS?
            error: line 5:40: 'NOTHING' is not a valid stream/table name or alias.
            error: line 6:61: Error in WHERE expression: Cannot compare PRICE (BIGINT) to 'x' (STRING) with EQUAL.
            error: line 7:61: Type error in WHERE expression: Should evaluate to boolean but is PRICE (BIGINT) instead.
            error: line 8:40: Can't find any functions with the name 'NO_SUCH'
            error: line 9:40: Reserved column name in select: `ROWTIME`. Please remove or alias the column.
            error: line 10:40: `ROWTIME` is a reserved column name. You cannot use it as an alias for a column.
            error: Invalid result type. Your SELECT query produces a STREAM. Please use CREATE STREAM AS SELECT statement instead.
            error: Invalid result type. Your SELECT query produces a TABLE. Please use CREATE TABLE AS SELECT statement instead.
            error: CREATE STREAM AS SELECT statements don't support LIMIT clause.
            error: line 14:62: WINDOW clause requires a GROUP BY clause.
            error: EMIT FINAL is only supported for windowed aggregations.
        "#]],
    );
}

#[test]
fn rows_are_partitioned_anew() {
    check(
        "CREATE STREAM s1 AS SELECT * FROM bids PARTITION BY item;
         CREATE STREAM s2 AS SELECT item AS k, price FROM bids WHERE price > 0 PARTITION BY item;
         CREATE STREAM s3 AS SELECT abs(price), item FROM bids PARTITION BY abs(price);
         CREATE STREAM s4 WITH (key_format = 'json') AS SELECT item, price, id FROM bids PARTITION BY item, price;
         CREATE STREAM s5 AS SELECT * FROM bids PARTITION BY NULL;
         CREATE STREAM s6 AS SELECT id, price FROM bids PARTITION BY id;
         CREATE STREAM s AS SELECT price FROM bids PARTITION BY item;
         CREATE STREAM s AS SELECT item, price FROM bids PARTITION BY item, price;
         CREATE STREAM s AS SELECT * FROM bids PARTITION BY item, NULL;
         CREATE STREAM s AS SELECT * FROM bids PARTITION BY nothing;
         CREATE STREAM s AS SELECT * FROM seen PARTITION BY n;
         CREATE TABLE t AS SELECT * FROM people PARTITION BY boss;",
        expect![[r#"
            stream S1: `ITEM` STRING KEY, `PRICE` BIGINT, `BIDDER` INTEGER, `TAGS` ARRAY<STRING>, `PLACE` STRUCT<`CITY` STRING, `ZIP` INTEGER>, `ID` INTEGER
              topic S1, key KAFKA, value JSON
            Sink: S1
            └─ Project: ITEM, PRICE, BIDDER, TAGS, PLACE, ID
               └─ Repartition: by ITEM
                  └─ Source: BIDS
            stream S2: `K` STRING KEY, `PRICE` BIGINT
              topic S2, key KAFKA, value JSON
            Sink: S2
            └─ Project: ITEM as K, PRICE
               └─ Repartition: by ITEM
                  └─ Filter: (PRICE > 0)
                     └─ Source: BIDS
            stream S3: `KSQL_COL_0` BIGINT KEY, `ITEM` STRING
              topic S3, key KAFKA, value JSON
            Sink: S3
            └─ Project: KSQL_COL_0, ITEM
               └─ Repartition: by ABS(PRICE)
                  └─ Source: BIDS
            stream S4: `ITEM` STRING KEY, `PRICE` BIGINT KEY, `ID` INTEGER
              topic S4, key JSON, value JSON
            Sink: S4
            └─ Project: ITEM, PRICE, ID
               └─ Repartition: by ITEM, PRICE
                  └─ Source: BIDS
            stream S5: `ITEM` STRING, `PRICE` BIGINT, `BIDDER` INTEGER, `TAGS` ARRAY<STRING>, `PLACE` STRUCT<`CITY` STRING, `ZIP` INTEGER>, `ID` INTEGER
              topic S5, key NONE, value JSON
            Sink: S5
            └─ Project: ITEM, PRICE, BIDDER, TAGS, PLACE, ID
               └─ Repartition: no key
                  └─ Source: BIDS
            stream S6: `ID` INTEGER KEY, `PRICE` BIGINT
              topic S6, key KAFKA, value JSON
            Sink: S6
            └─ Project: ID, PRICE
               └─ Source: BIDS
            error: Key missing from projection (ie, SELECT). 
            The query used to build `S` must include the partitioning expression BIDS.ITEM in its projection (eg, SELECT BIDS.ITEM...).
            error: The projection contains no value columns.
            error: Cannot PARTITION BY multiple columns including NULL
            error: line 10:61: PARTITION BY column 'NOTHING' cannot be resolved. 'NOTHING' must be a column in the source schema since PARTITION BY is applied on the input.
            error: Implicit repartitioning of windowed sources is not supported. See https://github.com/confluentinc/ksql/issues/4385.
            error: PARTITION BY is not supported for tables: the key of a TABLE source cannot be changed. Use GROUP BY.
        "#]],
    );
}

#[test]
fn table_functions_make_rows() {
    check(
        "CREATE STREAM s AS SELECT id, explode(tags) AS tag, item FROM bids;
         CREATE STREAM s2 AS SELECT id, len(explode(tags)) AS n, explode(ARRAY[price, 1]) AS p FROM bids;
         CREATE STREAM s3 AS SELECT id, explode(explode(tags)) FROM bids;
         CREATE TABLE s3 AS SELECT item, explode(tags), count(*) FROM bids GROUP BY item;
         CREATE TABLE s3 AS SELECT id, explode(ARRAY[name]) FROM people;",
        expect![[r#"
            stream S: `ID` INTEGER KEY, `TAG` STRING, `ITEM` STRING
              topic S, key KAFKA, value JSON
            Sink: S
            └─ Project: ID, EXPLODE(TAGS) as TAG, ITEM
               └─ FlatMap: explode(TAGS)
                  └─ Source: BIDS
            stream S2: `ID` INTEGER KEY, `N` INTEGER, `P` BIGINT
              topic S2, key KAFKA, value JSON
            Sink: S2
            └─ Project: ID, LEN(EXPLODE(TAGS)) as N, EXPLODE(ARRAY[PRICE, 1]) as P
               └─ FlatMap: explode(TAGS), explode(ARRAY[PRICE, 1])
                  └─ Source: BIDS
            error: line 3:49: Table functions cannot be nested: EXPLODE(EXPLODE())
            error: Table functions cannot be used with aggregations.
            error: Table source is not supported with table functions
        "#]],
    );
}

#[test]
fn windowed_keys_stay_windowed() {
    check(
        "CREATE STREAM s AS SELECT * FROM seen;
         CREATE STREAM s2 AS SELECT id, windowstart AS ws, n FROM seen WHERE windowend > '2020-01-01';
         SELECT * FROM seen EMIT CHANGES;",
        expect![[r#"
            stream S: `ID` INTEGER KEY, `N` INTEGER
              topic S, key KAFKA TUMBLING, value JSON
            Sink: S
            └─ Project: ID, N
               └─ Source: SEEN
            stream S2: `ID` INTEGER KEY, `WS` BIGINT, `N` INTEGER
              topic S2, key KAFKA TUMBLING, value JSON
            Sink: S2
            └─ Project: ID, WINDOWSTART as WS, N
               └─ Filter: (WINDOWEND > 1577836800000)
                  └─ Source: SEEN
            `ID` INTEGER, `WINDOWSTART` BIGINT, `WINDOWEND` BIGINT, `N` INTEGER
            Output
            └─ Project: ID, WINDOWSTART, WINDOWEND, N
               └─ Source: SEEN
        "#]],
    );
}

#[test]
fn all_keys_are_named_where_one_is_missing() {
    check(
        "CREATE STREAM s AS SELECT item, id FROM bids PARTITION BY item, price;
         CREATE STREAM s WITH (timestamp = 'nothing') AS SELECT item FROM bids;",
        expect![[r#"
            error: Key missing from projection (ie, SELECT). 
            The query used to build `S` must include the partitioning expressions BIDS.ITEM and BIDS.PRICE in its projection (eg, SELECT BIDS.ITEM, BIDS.PRICE...).
            error: The TIMESTAMP column set in the WITH clause does not exist in the schema: 'NOTHING'
        "#]],
    );
}
