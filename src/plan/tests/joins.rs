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
        expect![""],
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
        expect![""],
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
        expect![""],
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
        expect![""],
    );
}

#[test]
fn keys_of_other_formats_are_rewritten() {
    check(
        "CREATE STREAM js (id INT KEY, v INT) WITH (kafka_topic = 'js', format = 'json', partitions = 2);
         CREATE STREAM s1 AS SELECT * FROM js JOIN people p ON js.id = p.id;
         CREATE STREAM s2 AS SELECT * FROM js JOIN asks a WITHIN 1 SECOND ON js.v = a.id;",
        expect![""],
    );
}
