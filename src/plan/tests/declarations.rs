//! CREATE, ALTER and DROP.

use expect_test::expect;

use super::check;

#[test]
fn sources_are_declared() {
    check(
        "CREATE STREAM s (k VARCHAR KEY, `time` VARCHAR, v DECIMAL(4, 2)) WITH (kafka_topic = 't', value_format = 'delimited',
            timestamp = 'time', timestamp_format = 'yyyy', partitions = 1);
         CREATE TABLE t (k INT PRIMARY KEY, v MAP<VARCHAR, INT>) WITH (kafka_topic = 't', format = 'json');
         CREATE STREAM w (k INT KEY, v INT) WITH (kafka_topic = 't', value_format = 'json', window_type = 'session');
         CREATE STREAM h (v INT, h ARRAY<STRUCT<key VARCHAR, value BYTES>> HEADERS) WITH (kafka_topic = 't', value_format = 'json');
         CREATE TYPE address AS STRUCT<street VARCHAR>;
         CREATE STREAM a (v address) WITH (kafka_topic = 't', value_format = 'json');",
        expect![""],
    );
}

#[test]
fn names_of_properties_are_checked() {
    check(
        "CREATE STREAM s (v INT) WITH (kafka_topc = 't', value_format = 'json');
         CREATE STREAM s (v INT) WITH (value_format = 'json');
         CREATE STREAM s (v INT) WITH (kafka_topic = 't');
         CREATE STREAM s (v INT) WITH (kafka_topic = 't', value_format = 'foo');
         CREATE STREAM s (v INT) WITH (kafka_topic = 't', value_format = 'json', format = 'json');
         CREATE STREAM s (v INT) WITH (kafka_topic = 't', value_format = 'json', partitions = 0);
         CREATE STREAM s (v INT) WITH (kafka_topic = 'a b', value_format = 'json');
         CREATE STREAM s (v INT) WITH (kafka_topic = 't', value_format = 'json', timestamp = 'x');
         CREATE STREAM s (v INT) WITH (kafka_topic = 't', value_format = 'json', timestamp = 'v');
         CREATE STREAM s (v INT KEY) WITH (kafka_topic = 't', value_format = 'json', window_type = 'hopping');
         CREATE STREAM s (v INT KEY) WITH (kafka_topic = 't', value_format = 'json', window_type = 'hopping', window_size = '3 bobs');
         CREATE STREAM s (v INT, w INT) WITH (kafka_topic = 't', value_format = 'json', wrap_single_value = false);",
        expect![""],
    );
}

#[test]
fn columns_are_checked() {
    check(
        "CREATE TABLE t (k INT KEY, v INT) WITH (kafka_topic = 't', value_format = 'json');
         CREATE TABLE t (v INT) WITH (kafka_topic = 't', value_format = 'json');
         CREATE STREAM s (k INT PRIMARY KEY, v INT) WITH (kafka_topic = 't', value_format = 'json');
         CREATE STREAM s (rowtime BIGINT) WITH (kafka_topic = 't', value_format = 'json');
         CREATE STREAM s (v INT, v INT) WITH (kafka_topic = 't', value_format = 'json');
         CREATE STREAM s (v nothing) WITH (kafka_topic = 't', value_format = 'json');
         CREATE STREAM s (k MAP<VARCHAR, INT> KEY, v INT) WITH (kafka_topic = 't', format = 'json');
         CREATE STREAM s (k INT KEY, l INT KEY, v INT) WITH (kafka_topic = 't', value_format = 'json');
         CREATE STREAM s (h INT HEADERS) WITH (kafka_topic = 't', value_format = 'json');
         CREATE STREAM s WITH (kafka_topic = 't', value_format = 'json');",
        expect![""],
    );
}

#[test]
fn names_are_taken_once() {
    check(
        "CREATE TABLE bids (k INT PRIMARY KEY, v INT) WITH (kafka_topic = 't', value_format = 'json');
         CREATE STREAM IF NOT EXISTS bids (v INT) WITH (kafka_topic = 't', value_format = 'json');
         CREATE OR REPLACE STREAM asks (id INT KEY, item VARCHAR, price BIGINT, more INT) WITH (kafka_topic = 'asks', value_format = 'json');
         CREATE OR REPLACE STREAM asks (id INT KEY, item VARCHAR) WITH (kafka_topic = 'asks', value_format = 'json');
         DROP TABLE asks;
         DROP STREAM nothing;
         DROP STREAM biids;
         DROP STREAM IF EXISTS nothing;
         DROP STREAM asks;
         DROP STREAM asks;",
        expect![""],
    );
}

#[test]
fn columns_are_added() {
    check(
        "ALTER STREAM bids ADD COLUMN more INT, ADD COLUMN most VARCHAR;
         ALTER STREAM bids ADD COLUMN item INT;
         ALTER TABLE bids ADD COLUMN other INT;
         CREATE STREAM copy AS SELECT * FROM bids;
         ALTER STREAM copy ADD COLUMN other INT;
         DROP STREAM bids;",
        expect![""],
    );
}
