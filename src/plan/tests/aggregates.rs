//! GROUP BY, HAVING and WINDOW.

use expect_test::expect;

use super::check;

#[test]
fn rows_are_grouped() {
    check(
        "CREATE TABLE t1 AS SELECT id, count(*) AS n FROM bids GROUP BY id;
         CREATE TABLE t2 AS SELECT item, max(price), count(*) + max(price) AS x FROM bids WHERE price > 0 GROUP BY item HAVING count(*) > 3;
         CREATE TABLE t3 WITH (key_format = 'json') AS SELECT item, price * 2 AS p, count(*) FROM bids GROUP BY item, price * 2;
         CREATE TABLE t4 AS SELECT place->city, count(*) FROM bids GROUP BY place->city;
         CREATE TABLE t5 AS SELECT boss, count(*), sum(id) FROM people GROUP BY boss;
         SELECT count(*), item FROM bids GROUP BY item EMIT CHANGES;
         SELECT count(*) FROM bids EMIT CHANGES;",
        expect![[r#"
            table T1: `ID` INTEGER KEY, `N` BIGINT
              topic T1, key KAFKA, value JSON
            Sink: T1
            └─ Aggregate: count(*) by ID
               └─ Source: BIDS
            table T2: `ITEM` STRING KEY, `KSQL_COL_0` BIGINT, `X` BIGINT
              topic T2, key KAFKA, value JSON
            Sink: T2
            └─ Project: ITEM, MAX(PRICE) as KSQL_COL_0, (COUNT(*) + MAX(PRICE)) as X
               └─ Filter: (COUNT(*) > 3)
                  └─ Aggregate: max(PRICE), count(*) by ITEM
                     └─ Repartition: by ITEM
                        └─ Filter: (PRICE > 0)
                           └─ Source: BIDS
            table T3: `ITEM` STRING KEY, `P` BIGINT KEY, `KSQL_COL_0` BIGINT
              topic T3, key JSON, value JSON
            Sink: T3
            └─ Aggregate: count(*) by ITEM, P
               └─ Repartition: by ITEM, (PRICE * 2)
                  └─ Source: BIDS
            table T4: `CITY` STRING KEY, `KSQL_COL_0` BIGINT
              topic T4, key KAFKA, value JSON
            Sink: T4
            └─ Aggregate: count(*) by CITY
               └─ Repartition: by PLACE->CITY
                  └─ Source: BIDS
            table T5: `BOSS` INTEGER KEY, `KSQL_COL_0` BIGINT, `KSQL_COL_1` INTEGER
              topic T5, key KAFKA, value JSON
            Sink: T5
            └─ Aggregate: count(*), sum(ID) by BOSS
               └─ Repartition: by BOSS
                  └─ Source: PEOPLE
            `KSQL_COL_0` BIGINT, `ITEM` STRING
            Output
            └─ Aggregate: count(*) by ITEM
               └─ Repartition: by ITEM
                  └─ Source: BIDS
            `KSQL_COL_0` BIGINT
            Output
            └─ Aggregate: count(*) by KSQL_COL_0
               └─ Repartition: by 1
                  └─ Source: BIDS
        "#]],
    );
}

#[test]
fn windows_have_sizes_and_grace() {
    check(
        "CREATE TABLE best AS SELECT item, max(price) FROM bids WINDOW TUMBLING (SIZE 60 SECONDS, GRACE PERIOD 30 SECONDS) GROUP BY item;
         CREATE TABLE w2 AS SELECT item, windowstart AS ws, count(*) FROM bids WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY 15 MINUTES) GROUP BY item;
         CREATE TABLE w3 AS SELECT item, count(*) FROM bids WINDOW SESSION (30 MINUTES) GROUP BY item EMIT FINAL;
         CREATE TABLE w AS SELECT item, count(*) FROM bids WINDOW HOPPING (SIZE 1 SECOND, ADVANCE BY 2 SECONDS) GROUP BY item;
         SELECT windowstart, item, count(*) FROM bids WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY item EMIT CHANGES;",
        expect![[r#"
            table BEST: `ITEM` STRING KEY, `KSQL_COL_0` BIGINT
              topic BEST, key KAFKA TUMBLING, value JSON
            Sink: BEST
            └─ WindowAggregate: max(PRICE) by ITEM, tumbling 60s grace 30s
               └─ Repartition: by ITEM
                  └─ Source: BIDS
            table W2: `ITEM` STRING KEY, `WS` BIGINT, `KSQL_COL_0` BIGINT
              topic W2, key KAFKA HOPPING, value JSON
            Sink: W2
            └─ WindowAggregate: count(*) by ITEM, hopping 3600s advance 900s grace 82800s
               └─ Repartition: by ITEM
                  └─ Source: BIDS
            table W3: `ITEM` STRING KEY, `KSQL_COL_0` BIGINT
              topic W3, key KAFKA SESSION, value JSON
            Sink: W3
            └─ WindowAggregate: count(*) by ITEM, session 1800s grace 0s emit final
               └─ Repartition: by ITEM
                  └─ Source: BIDS
            error: line 4:67: Window advance interval should be more than zero and no more than the window size.
            `WINDOWSTART` BIGINT, `ITEM` STRING, `KSQL_COL_0` BIGINT
            Output
            └─ WindowAggregate: count(*) by ITEM, tumbling 1s grace 86399s
               └─ Repartition: by ITEM
                  └─ Source: BIDS
        "#]],
    );
}

#[test]
fn what_is_not_grouped_is_refused() {
    check(
        "CREATE TABLE t AS SELECT item, price, count(*) FROM bids GROUP BY item;
         CREATE TABLE t AS SELECT item, price + sum(price) FROM bids GROUP BY item;
         CREATE TABLE t AS SELECT item FROM bids GROUP BY item;
         CREATE TABLE t AS SELECT count(*) FROM bids;
         CREATE TABLE t AS SELECT count(*) FROM bids GROUP BY item;
         CREATE TABLE t AS SELECT item, item AS i2, count(*) FROM bids GROUP BY item;
         CREATE TABLE t AS SELECT item, count(*) FROM bids GROUP BY item HAVING price > 3;
         CREATE TABLE t AS SELECT item, count(*) FROM bids GROUP BY item, bids.item;
         CREATE TABLE t AS SELECT item, sum(count(*)) FROM bids GROUP BY item;
         CREATE TABLE t AS SELECT count(*) FROM bids GROUP BY sum(price);
         CREATE TABLE t AS SELECT item, price, count(*) FROM bids GROUP BY item, price;
         CREATE TABLE t AS SELECT boss, max(id) FROM people GROUP BY boss;
         CREATE TABLE t AS SELECT item, min(windowstart) FROM bids WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY item;
         CREATE TABLE t AS SELECT item, windowstart, count(*) FROM bids WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY item;
         CREATE STREAM s AS SELECT item, count(*) FROM bids GROUP BY item;
         CREATE TABLE t AS SELECT item, count(*) FROM bids GROUP BY item EMIT FINAL;
         CREATE TABLE t AS SELECT id, item FROM bids HAVING price > 3;",
        expect![[r#"
            error: Non-aggregate SELECT expression(s) not part of GROUP BY: PRICE
            Either add the column(s) to the GROUP BY or remove them from the SELECT.
            error: Non-aggregate SELECT expression(s) not part of GROUP BY: (PRICE + SUM(PRICE))
            Either add the column(s) to the GROUP BY or remove them from the SELECT.
            error: GROUP BY requires aggregate functions in either the SELECT or HAVING clause.
            error: line 4:35: CREATE TABLE AS SELECT statement does not support aggregate function [COUNT(ROWTIME)] without a GROUP BY clause.
            error: Key missing from projection (ie, SELECT). 
            The query used to build `T` must include the grouping expression ITEM in its projection (eg, SELECT ITEM...).
            error: The projection contains a key column more than once: `ITEM` and `I2`.
            Each key column must only be in the projection once. If you intended to copy the key into the value, then consider using the AS_VALUE function to indicate which key reference should be copied.
            error: Non-aggregate HAVING expression not part of GROUP BY: PRICE
            Consider switching the HAVING clause to a WHERE clause before the GROUP BY.
            error: line 8:75: Duplicate GROUP BY expression: BIDS.ITEM
            error: line 9:45: Aggregate functions can not be nested: SUM(COUNT())
            error: line 10:63: GROUP BY does not support aggregate functions: SUM is an aggregate function.
            error: Key format does not support schema.
            format: KAFKA
            schema: Persistence{columns=[`ITEM` STRING KEY, `PRICE` BIGINT KEY], features=[]}
            reason: The 'KAFKA' format only supports a single field. Got: [`ITEM` STRING KEY, `PRICE` BIGINT KEY]
            error: The aggregation function MAX cannot be applied to a table source, only to a stream source.
            error: line 13:45: Window bounds column WINDOWSTART can only be used in the SELECT clause of windowed aggregations and can not be passed to aggregate functions.
            See https://github.com/confluentinc/ksql/issues/4397
            error: line 14:41: Reserved column name in select: `WINDOWSTART`. Please remove or alias the column.
            error: Invalid result type. Your SELECT query produces a TABLE. Please use CREATE TABLE AS SELECT statement instead.
            error: EMIT FINAL is only supported for windowed aggregations.
            error: line 17:61: HAVING clause requires a GROUP BY clause.
        "#]],
    );
}
