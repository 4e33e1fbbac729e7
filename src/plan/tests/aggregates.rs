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
        expect![""],
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
        expect![""],
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
        expect![""],
    );
}
