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
        expect![[r#"
            stream S: `K` STRING KEY, `time` STRING, `V` DECIMAL(4, 2)
              topic t, key KAFKA, value DELIMITED, time by time
            table T: `K` INTEGER KEY, `V` MAP<STRING, INTEGER>
              topic t, key JSON, value JSON
            stream W: `K` INTEGER KEY, `V` INTEGER
              topic t, key KAFKA SESSION, value JSON
            stream H: `V` INTEGER, `H` ARRAY<STRUCT<`KEY` STRING, `VALUE` BYTES>> HEADERS
              topic t, key KAFKA, value JSON
            type ADDRESS = STRUCT<`STREET` STRING>
            stream A: `V` STRUCT<`STREET` STRING>
              topic t, key KAFKA, value JSON
        "#]],
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
        expect![[r#"
            error: line 1:31: Invalid config variable(s) in the WITH clause: KAFKA_TOPC. Did you mean KAFKA_TOPIC?
            error: Missing required property "KAFKA_TOPIC" which has no default value.
            error: Statement is missing the 'VALUE_FORMAT' property from the WITH clause. Either provide one or set a default via the 'ksql.persistence.default.format.value' config.
            error: line 4:59: Unknown format: foo. Known formats are: JSON, AVRO, PROTOBUF, PROTOBUF_NOSR, JSON_SR, DELIMITED, KAFKA, NONE
            error: Cannot supply both 'VALUE_FORMAT' and 'FORMAT' properties, as 'FORMAT' sets both key and value formats. Either use just 'FORMAT', or use 'KEY_FORMAT' and 'VALUE_FORMAT'.
            error: line 6:82: Invalid value 0 for property PARTITIONS: it must be a whole number from 1 to 1000000
            error: Invalid topic name: 'a b'. It has 1 to 249 ASCII letters, digits, '.', '_' and '-'.
            error: The TIMESTAMP column set in the WITH clause does not exist in the schema: 'X'
            error: Timestamp column, `V`, should be LONG(INT64), TIMESTAMP, or a String with a timestamp_format specified.
            error: HOPPING windows require 'WINDOW_SIZE' to be provided in the WITH clause. For example: 'WINDOW_SIZE'='10 SECONDS'
            error: Configuration WINDOW_SIZE is invalid: Invalid duration: '3 bobs'. Unknown time unit: 'BOBS'
            Example valid value: '10 SECONDS'
            error: 'WRAP_SINGLE_VALUE' is only valid for single-field value schemas
        "#]],
    );
}

#[test]
fn columns_are_checked() {
    check(
        "CREATE TABLE t (v INT) WITH (kafka_topic = 't', value_format = 'json');
         CREATE STREAM s (rowtime BIGINT) WITH (kafka_topic = 't', value_format = 'json');
         CREATE STREAM s (v INT, v INT) WITH (kafka_topic = 't', value_format = 'json');
         CREATE STREAM s (v nothing) WITH (kafka_topic = 't', value_format = 'json');
         CREATE STREAM s (k MAP<VARCHAR, INT> KEY, v INT) WITH (kafka_topic = 't', format = 'json');
         CREATE STREAM s (k INT KEY, l INT KEY, v INT) WITH (kafka_topic = 't', value_format = 'json');
         CREATE STREAM s (h INT HEADERS) WITH (kafka_topic = 't', value_format = 'json');
         CREATE STREAM s WITH (kafka_topic = 't', value_format = 'json');",
        expect![[r#"
            error: Tables require a PRIMARY KEY. Please define the PRIMARY KEY.
            error: line 2:27: 'ROWTIME' is a reserved column name. You cannot use it as a name for a column.
            error: line 3:34: Duplicate column names: V
            error: line 4:27: Cannot resolve unknown type: NOTHING.
            error: Map keys, including types that contain maps, are not supported as they may lead to unexpected behavior due to inconsistent serialization. Key column name: `K`. Column type: MAP<STRING, INTEGER>. See https://github.com/confluentinc/ksql/issues/6621 for more.
            error: Key format does not support schema.
            format: KAFKA
            schema: Persistence{columns=[`K` INTEGER KEY, `L` INTEGER KEY], features=[]}
            reason: The 'KAFKA' format only supports a single field. Got: [`K` INTEGER KEY, `L` INTEGER KEY]
            error: line 7:27: Invalid type for HEADERS column: expected ARRAY<STRUCT<`KEY` STRING, `VALUE` BYTES>>, got INTEGER
            error: The statement does not define any columns, and KAFKA and JSON cannot tell them: No columns supplied.
        "#]],
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
        expect![[r#"
            error: Cannot add table 'BIDS': A stream with the same name already exists
            unchanged: Cannot add stream `BIDS`: A stream with the same name already exists.
            stream ASKS: `ID` INTEGER KEY, `ITEM` STRING, `PRICE` BIGINT, `MORE` INTEGER
              topic asks, key KAFKA, value JSON
            error: Cannot upgrade data source: DataSource '`ASKS`' has schema = `ID` INTEGER KEY, `ITEM` STRING, `PRICE` BIGINT, `MORE` INTEGER which is not upgradeable to `ID` INTEGER KEY, `ITEM` STRING. (The following columns are changed, missing or reordered: [`PRICE` BIGINT, `MORE` INTEGER])
            error: line 5:21: Incompatible data source type is STREAM, but statement was DROP TABLE
            error: line 6:22: Stream NOTHING does not exist.
            error: line 7:22: Stream BIIDS does not exist. Did you mean BIDS?
            unchanged: Stream NOTHING does not exist.
            drop ASKS
            error: line 10:22: Stream ASKS does not exist.
        "#]],
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
        expect![[r#"
            stream BIDS: `ID` INTEGER KEY, `ITEM` STRING, `PRICE` BIGINT, `BIDDER` INTEGER, `TAGS` ARRAY<STRING>, `PLACE` STRUCT<`CITY` STRING, `ZIP` INTEGER>, `MORE` INTEGER, `MOST` STRING
              topic bids, key KAFKA, value JSON
            error: line 2:39: Cannot add column `ITEM` to schema. A column with the same name already exists.
            error: line 3:22: Incompatible data source type is STREAM, but statement was ALTER TABLE
            stream COPY: `ID` INTEGER KEY, `ITEM` STRING, `PRICE` BIGINT, `BIDDER` INTEGER, `TAGS` ARRAY<STRING>, `PLACE` STRUCT<`CITY` STRING, `ZIP` INTEGER>, `MORE` INTEGER, `MOST` STRING
              topic COPY, key KAFKA, value JSON
            Sink: COPY
            └─ Project: ID, ITEM, PRICE, BIDDER, TAGS, PLACE, MORE, MOST
               └─ Source: BIDS
            error: line 5:23: ALTER command is not supported for CREATE ... AS statements: COPY is filled by a query.
            error: Cannot drop BIDS.
            The following streams and/or tables read from this source: [COPY].
            You need to drop them before dropping BIDS.
        "#]],
    );
}

#[test]
fn properties_belong_to_formats() {
    check(
        "CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic = 's', value_format = 'json', value_delimiter = '|', partitions = 1);
         CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic = 's', value_format = 'delimited', key_delimiter = '|', partitions = 1);
         CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic = 's', value_format = 'json', value_protobuf_nullable_representation = 'wrapper', partitions = 1);
         CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic = 's', value_format = 'json', timestamp_format = 'invalid', partitions = 1);
         CREATE STREAM s WITH (value_format = 'json', value_delimiter = '|') AS SELECT * FROM bids;",
        expect![[r#"
            error: JSON does not support the following configs: [delimiter]
            error: KAFKA does not support the following configs: [delimiter]
            error: Property VALUE_PROTOBUF_NULLABLE_REPRESENTATION can only be enabled with protobuf format
            error: Invalid datetime format for config:TIMESTAMP_FORMAT, reason:Unknown pattern letter: i
            error: JSON does not support the following configs: [delimiter]
        "#]],
    );
}
