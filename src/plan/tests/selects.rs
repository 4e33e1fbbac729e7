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
        expect![""],
    );
}

#[test]
fn results_are_named() {
    check(
        "CREATE STREAM s AS SELECT id, price + 1, place->city, place->city, place->zip AS z FROM bids;
         SELECT place->* FROM bids EMIT CHANGES;
         CREATE STREAM s2 AS SELECT id, as_value(id) AS id2, tags[1] FROM bids;",
        expect![""],
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
        expect![""],
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
        expect![""],
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
        expect![""],
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
        expect![""],
    );
}

#[test]
fn windowed_keys_stay_windowed() {
    check(
        "CREATE STREAM s AS SELECT * FROM seen;
         CREATE STREAM s2 AS SELECT id, windowstart AS ws, n FROM seen WHERE windowend > '2020-01-01';
         SELECT * FROM seen EMIT CHANGES;",
        expect![""],
    );
}
