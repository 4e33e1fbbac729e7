//! Statements that make, change and drop things.

use crate::help::{Chapter, Example, Property, Syntax, Topic};

/// The topics of this chapter.
pub(super) const TOPICS: &[Topic] = &[
    Topic {
        names: &["create stream"],
        chapter: Chapter::Define,
        purpose: "Makes a stream over a topic: a sequence of independent facts.",
        syntax: Syntax::Statements(&["CreateStream"]),
        description: "The topic is made if it is not there and PARTITIONS says how many partitions it is to have. A KEY column is \
            read from the record's key, a HEADERS or HEADER('name') column from its headers, and all others from its value; a \
            field that is missing is NULL. ROWTIME, ROWPARTITION and ROWOFFSET can be selected from every stream.\n\n\
            SOURCE makes the stream read-only: no statement can write into it. OR REPLACE puts the stream in the place of one \
            of the same name, which may gain columns but not lose any. IF NOT EXISTS leaves one that is there as it is.",
        properties: SOURCE_PROPERTIES,
        examples: &[
            Example {
                given: "",
                sql: "CREATE STREAM bids (item VARCHAR KEY, price BIGINT)\n  \
                    WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);",
            },
            Example {
                given: "",
                sql: "CREATE STREAM trips (vendor INT, started VARCHAR, fare DECIMAL(6, 2)) WITH (\n  \
                    kafka_topic = 'trips', value_format = 'delimited', partitions = 1,\n  \
                    timestamp = 'started', timestamp_format = 'yyyy-MM-dd HH:mm:ss');\n\
                    INSERT INTO trips VALUES (2, '2024-01-01 00:57:55', 17.70);\n\
                    SET 'auto.offset.reset' = 'earliest';\n\
                    SELECT rowtime, vendor, fare FROM trips EMIT CHANGES LIMIT 1;",
            },
        ],
    },
    Topic {
        names: &["create table"],
        chapter: Chapter::Define,
        purpose: "Makes a table over a topic: the latest fact for each key.",
        syntax: Syntax::Statements(&["CreateTable"]),
        description: "A table has a PRIMARY KEY, which is read from the record's key. A record replaces the row of its key; one \
            without a value deletes it, and one without a key is left out.\n\n\
            SOURCE makes the table read-only and keeps its rows, so that pull queries can be asked of it. The rows of other \
            declared tables are kept where a query joins or aggregates them.",
        properties: SOURCE_PROPERTIES,
        examples: &[Example {
            given: "CREATE TABLE all_items (id VARCHAR PRIMARY KEY, name VARCHAR)\n  \
                WITH (kafka_topic = 'items', value_format = 'json', partitions = 1);\n\
                CREATE SOURCE TABLE items (id VARCHAR PRIMARY KEY, name VARCHAR)\n  \
                WITH (kafka_topic = 'items', value_format = 'json');\n\
                INSERT INTO all_items VALUES ('p1', 'pen');\n\
                INSERT INTO all_items VALUES ('p1', 'red pen');",
            sql: "CREATE SOURCE TABLE IF NOT EXISTS items (id VARCHAR PRIMARY KEY, name VARCHAR)\n  \
                WITH (kafka_topic = 'items', value_format = 'json');\n\
                SELECT * FROM items;",
        }],
    },
    Topic {
        names: &["create stream as select", "csas"],
        chapter: Chapter::Define,
        purpose: "Runs a query for good and makes a stream of its rows.",
        syntax: Syntax::Statements(&["CreateStreamAs"]),
        description: "The persistent query begins with new rows, or with all there are if 'auto.offset.reset' is 'earliest', and \
            goes on after a restart where it had committed. The topic is named like the stream, and has the formats and as many \
            partitions as the first source, unless WITH says otherwise. PARTITION BY gives the rows another key.\n\n\
            OR REPLACE puts another query in the place of the one that made the stream; where it means the same, its state is kept.",
        properties: SINK_PROPERTIES,
        examples: &[Example {
            given: concat!(
                bids!(),
                "SET 'auto.offset.reset' = 'earliest';\n\
                CREATE STREAM high_bids AS SELECT * FROM bids WHERE price > 9;"
            ),
            sql: "CREATE STREAM low_bids AS SELECT * FROM bids WHERE price <= 9;\n\
                SET 'auto.offset.reset' = 'earliest';\n\
                SELECT * FROM high_bids EMIT CHANGES LIMIT 2;",
        }],
    },
    Topic {
        names: &["create table as select", "ctas"],
        chapter: Chapter::Define,
        purpose: "Runs a query for good and keeps a table of its results.",
        syntax: Syntax::Statements(&["CreateTableAs"]),
        description: "The query groups rows by GROUP BY, in a window if there is one, or changes or joins other tables. Pull \
            queries look its rows up. EMIT CHANGES, the default, gives every new result; EMIT FINAL gives the result of a window \
            once, when it is closed.",
        properties: SINK_PROPERTIES,
        examples: &[Example {
            given: concat!(
                bids!(),
                "SET 'auto.offset.reset' = 'earliest';\n\
                CREATE TABLE best AS\n  SELECT item, MAX(price) AS price FROM bids GROUP BY item;"
            ),
            sql: "CREATE TABLE count_of AS\n  SELECT item, COUNT(*) AS bids FROM bids GROUP BY item;\n\
                SELECT * FROM best;",
        }],
    },
    Topic {
        names: &["create type"],
        chapter: Chapter::Define,
        purpose: "Gives a type a name.",
        syntax: Syntax::Statements(&["CreateType"]),
        description: "The name can stand wherever a type can. A column keeps the type that the name had when the column was made.",
        properties: &[],
        examples: &[Example {
            given: "",
            sql: "CREATE TYPE address AS STRUCT<street VARCHAR, city VARCHAR>;\n\
                CREATE STREAM people (id INT KEY, home address)\n  \
                WITH (kafka_topic = 'people', value_format = 'json', partitions = 1);\n\
                DESCRIBE people;",
        }],
    },
    Topic {
        names: &["create connector"],
        chapter: Chapter::Define,
        purpose: "Connectors run in Kafka Connect, which Tidemill is not.",
        syntax: Syntax::Statements(&["CreateConnector"]),
        description: NO_CONNECTORS,
        properties: &[],
        examples: &[Example {
            given: "",
            sql: "CREATE SOURCE CONNECTOR clicks WITH ('connector.class' = 'FileStreamSource');",
        }],
    },
    Topic {
        names: &["insert values", "insert into values", "ii"],
        chapter: Chapter::Define,
        purpose: "Adds a row to a stream or table.",
        syntax: Syntax::Statements(&["InsertValues"]),
        description: "Columns that are not listed are NULL. ROWTIME can be listed too; else the row gets the time of the clock. \
            In a table the row replaces the one of its key.",
        properties: &[],
        examples: &[Example {
            given: concat!(bids!()),
            sql: "INSERT INTO bids (item, price, rowtime) VALUES ('cap', 3 + 4, 5000);\n\
                SET 'auto.offset.reset' = 'earliest';\n\
                SELECT rowtime, * FROM bids WHERE item = 'cap' EMIT CHANGES LIMIT 1;",
        }],
    },
    Topic {
        names: &["insert into", "insert", "insert into select"],
        chapter: Chapter::Define,
        purpose: "Adds all rows of a query to a stream, from now on.",
        syntax: Syntax::Statements(&["InsertInto"]),
        description: "The query runs until it is terminated. Its columns must have the types of the stream's, in their order.",
        properties: &[Property {
            name: "QUERY_ID",
            value: "'id'",
            about: "The id of the query, instead of one that is made.",
        }],
        examples: &[Example {
            given: concat!(
                bids!(),
                "CREATE STREAM offers (item VARCHAR KEY, price INT)\n  \
                WITH (kafka_topic = 'offers', value_format = 'json', partitions = 1);"
            ),
            sql: "INSERT INTO offers WITH (query_id = 'from_bids') SELECT * FROM bids WHERE price < 9;",
        }],
    },
    Topic {
        names: &["alter", "alter stream", "alter table"],
        chapter: Chapter::Define,
        purpose: "Adds columns to a stream or table.",
        syntax: Syntax::Statements(&["AlterSource"]),
        description: "They are read from the value by their names, and are NULL in records that do not have them. Queries that run \
            already go on as they were. What a query made cannot be altered: replace the query.",
        properties: &[],
        examples: &[Example {
            given: concat!(bids!()),
            sql: "ALTER STREAM bids ADD COLUMN bidder VARCHAR, ADD note VARCHAR;\nDESCRIBE bids;",
        }],
    },
    Topic {
        names: &["drop stream"],
        chapter: Chapter::Define,
        purpose: "Drops a stream and the query that writes it, and its topic if asked to.",
        syntax: Syntax::Statements(&["DropStream"]),
        description: "A stream that queries read, or that INSERT INTO writes, cannot be dropped before they are terminated.",
        properties: &[],
        examples: &[Example {
            given: concat!(bids!()),
            sql: "DROP STREAM bids DELETE TOPIC;\nDROP STREAM IF EXISTS bids;",
        }],
    },
    Topic {
        names: &["drop table"],
        chapter: Chapter::Define,
        purpose: "Drops a table and the query that keeps it, and its topic if asked to.",
        syntax: Syntax::Statements(&["DropTable"]),
        description: "A table that queries read cannot be dropped before they are terminated.",
        properties: &[],
        examples: &[Example {
            given: concat!(
                bids!(),
                "CREATE TABLE best AS\n  SELECT item, MAX(price) AS price FROM bids GROUP BY item;"
            ),
            sql: "DROP TABLE best;\nSHOW QUERIES;",
        }],
    },
    Topic {
        names: &["drop type"],
        chapter: Chapter::Define,
        purpose: "Takes a type's name away; columns that have the type keep it.",
        syntax: Syntax::Statements(&["DropType"]),
        description: "",
        properties: &[],
        examples: &[Example {
            given: "CREATE TYPE address AS STRUCT<street VARCHAR, city VARCHAR>;",
            sql: "DROP TYPE address;\nDROP TYPE IF EXISTS address;",
        }],
    },
    Topic {
        names: &["drop connector"],
        chapter: Chapter::Define,
        purpose: "Connectors run in Kafka Connect, which Tidemill is not.",
        syntax: Syntax::Statements(&["DropConnector"]),
        description: NO_CONNECTORS,
        properties: &[],
        examples: &[Example { given: "", sql: "DROP CONNECTOR clicks;" }],
    },
    Topic {
        names: &["terminate"],
        chapter: Chapter::Define,
        purpose: "Ends a persistent query for good.",
        syntax: Syntax::Statements(&["Terminate"]),
        description: "What it made stays, and gets no more rows. SHOW QUERIES lists the ids.",
        properties: &[],
        examples: &[Example {
            given: concat!(
                bids!(),
                "CREATE TABLE best AS\n  SELECT item, MAX(price) AS price FROM bids GROUP BY item;"
            ),
            sql: "TERMINATE ctas_best_0;",
        }],
    },
    Topic {
        names: &["pause"],
        chapter: Chapter::Define,
        purpose: "Stops a persistent query for now.",
        syntax: Syntax::Statements(&["Pause"]),
        description: "It stays paused over a restart. RESUME lets it go on where it stopped.",
        properties: &[],
        examples: &[Example {
            given: concat!(
                bids!(),
                "CREATE TABLE best AS\n  SELECT item, MAX(price) AS price FROM bids GROUP BY item;"
            ),
            sql: "PAUSE ctas_best_0;\nSHOW QUERIES;",
        }],
    },
    Topic {
        names: &["resume"],
        chapter: Chapter::Define,
        purpose: "Lets a paused query go on where it stopped.",
        syntax: Syntax::Statements(&["Resume"]),
        description: "",
        properties: &[],
        examples: &[Example {
            given: concat!(
                bids!(),
                "CREATE TABLE best AS\n  SELECT item, MAX(price) AS price FROM bids GROUP BY item;\n\
                PAUSE ALL;"
            ),
            sql: "RESUME ALL;",
        }],
    },
    Topic {
        names: &["types", "type"],
        chapter: Chapter::Define,
        purpose: "The types of columns.",
        syntax: Syntax::Parts(&["Type"]),
        description: "STRING is another word for VARCHAR, INTEGER for INT; `type ARRAY` means `ARRAY<type>`, and the length of \
            VARCHAR(n) is not kept to. DECIMAL(p, s) has p digits, 38 at most, s of them behind the point. DATE, TIME and TIMESTAMP \
            are days, milliseconds of a day and milliseconds, all in UTC. A name is one that CREATE TYPE gave.",
        properties: &[],
        examples: &[Example {
            given: "",
            sql: "CREATE STREAM orders (id INT KEY, lines ARRAY<STRUCT<item VARCHAR, price DECIMAL(8, 2)>>)\n  \
                WITH (kafka_topic = 'orders', value_format = 'json', partitions = 1);\n\
                INSERT INTO orders VALUES (1, ARRAY[STRUCT(item := 'pen', price := 1.20)]);\n\
                SET 'auto.offset.reset' = 'earliest';\n\
                SELECT id, lines[1]->price AS price FROM orders EMIT CHANGES LIMIT 1;",
        }],
    },
    Topic {
        names: &["with"],
        chapter: Chapter::Define,
        purpose: "The properties of a stream or table.",
        syntax: Syntax::Parts(&["With"]),
        description: "Which statement takes which is said on its page.",
        properties: SOURCE_PROPERTIES,
        examples: &[Example {
            given: "",
            sql: "CREATE STREAM lines (line VARCHAR) WITH (\n  \
                kafka_topic = 'lines', partitions = 2, value_format = 'delimited', value_delimiter = 'TAB');\n\
                SHOW TOPICS;",
        }],
    },
];

const NO_CONNECTORS: &str = "The statement is understood and refused. Run Kafka Connect beside Tidemill, against the same log.";

const TOPIC: Property = Property { name: "KAFKA_TOPIC", value: "'name'", about: "The topic." };
const PARTITIONS: Property = Property {
    name: "PARTITIONS",
    value: "n",
    about: "How many partitions the topic is made with.",
};
const REPLICAS: Property =
    Property { name: "REPLICAS", value: "n", about: "Taken; there is one copy of the log." };
const RETENTION: Property = Property {
    name: "RETENTION_MS",
    value: "n",
    about: "How long a new topic keeps records; -1 is for ever.",
};
const CLEANUP: Property = Property {
    name: "CLEANUP_POLICY",
    value: "'delete', 'compact' or 'delete,compact'",
    about: "Whether a new topic forgets old records, those of a key but the last, or both.",
};
const FORMAT: Property = Property {
    name: "FORMAT",
    value: FORMATS,
    about: "The format of keys and values, instead of KEY_FORMAT and VALUE_FORMAT.",
};
const KEY_FORMAT: Property =
    Property { name: "KEY_FORMAT", value: FORMATS, about: "The format of keys; KAFKA by default." };
const VALUE_FORMAT: Property =
    Property { name: "VALUE_FORMAT", value: FORMATS, about: "The format of values." };
const FORMATS: &str =
    "'json', 'avro', 'protobuf', 'protobuf_nosr', 'json_sr', 'delimited', 'kafka' or 'none'";
const KEY_DELIMITER: Property = Property {
    name: "KEY_DELIMITER",
    value: "a character, 'SPACE' or 'TAB'",
    about: "What stands between the columns of a DELIMITED key; a comma by default.",
};
const VALUE_DELIMITER: Property = Property {
    name: "VALUE_DELIMITER",
    value: "a character, 'SPACE' or 'TAB'",
    about: "What stands between the columns of a DELIMITED value; a comma by default.",
};
const WRAP: Property = Property {
    name: "WRAP_SINGLE_VALUE",
    value: "true or false",
    about: "Whether a value of one column is an object with a field, or the field's value by itself.",
};
const TIMESTAMP: Property = Property {
    name: "TIMESTAMP",
    value: "'column'",
    about: "The column that gives the event time, a BIGINT, a TIMESTAMP or a VARCHAR; else it is the record's own.",
};
const TIMESTAMP_FORMAT: Property = Property {
    name: "TIMESTAMP_FORMAT",
    value: "'pattern'",
    about: "How a VARCHAR event time is written, such as 'yyyy-MM-dd HH:mm:ss'.",
};
const WINDOW_TYPE: Property = Property {
    name: "WINDOW_TYPE",
    value: "'TUMBLING', 'HOPPING' or 'SESSION'",
    about: "That keys carry a window, as a windowed aggregation writes them.",
};
const WINDOW_SIZE: Property = Property {
    name: "WINDOW_SIZE",
    value: "'n unit'",
    about: "How long the window of a key is; a session has none.",
};
const SOURCED_BY_CONNECTOR: Property = Property {
    name: "SOURCED_BY_CONNECTOR",
    value: "'name'",
    about: "Taken; nothing follows from it.",
};
const SCHEMA_ID: &str =
    "The id of the schema in AVRO, PROTOBUF and JSON_SR, instead of the latest one of the topic.";
const SCHEMA_NAME: &str = "The name of the schema in AVRO, of the message in PROTOBUF.";
const NULLS: &str =
    "How a field of PROTOBUF says that it is NULL; else it reads as 0, false, or empty.";
const KEY_SCHEMA_ID: Property = Property { name: "KEY_SCHEMA_ID", value: "n", about: SCHEMA_ID };
const VALUE_SCHEMA_ID: Property =
    Property { name: "VALUE_SCHEMA_ID", value: "n", about: SCHEMA_ID };
const KEY_SCHEMA_FULL_NAME: Property =
    Property { name: "KEY_SCHEMA_FULL_NAME", value: "'name'", about: SCHEMA_NAME };
const VALUE_SCHEMA_FULL_NAME: Property =
    Property { name: "VALUE_SCHEMA_FULL_NAME", value: "'name'", about: SCHEMA_NAME };
const VALUE_AVRO_SCHEMA_FULL_NAME: Property = Property {
    name: "VALUE_AVRO_SCHEMA_FULL_NAME",
    value: "'name'",
    about: "An older name of VALUE_SCHEMA_FULL_NAME.",
};
const KEY_NULLS: Property = Property {
    name: "KEY_PROTOBUF_NULLABLE_REPRESENTATION",
    value: "'optional' or 'wrapper'",
    about: NULLS,
};
const VALUE_NULLS: Property = Property {
    name: "VALUE_PROTOBUF_NULLABLE_REPRESENTATION",
    value: "'optional' or 'wrapper'",
    about: NULLS,
};

/// What CREATE STREAM and CREATE TABLE take.
const SOURCE_PROPERTIES: &[Property] = &[
    TOPIC,
    PARTITIONS,
    REPLICAS,
    RETENTION,
    CLEANUP,
    FORMAT,
    KEY_FORMAT,
    VALUE_FORMAT,
    KEY_DELIMITER,
    VALUE_DELIMITER,
    WRAP,
    TIMESTAMP,
    TIMESTAMP_FORMAT,
    WINDOW_TYPE,
    WINDOW_SIZE,
    SOURCED_BY_CONNECTOR,
    KEY_SCHEMA_ID,
    VALUE_SCHEMA_ID,
    KEY_SCHEMA_FULL_NAME,
    VALUE_SCHEMA_FULL_NAME,
    VALUE_AVRO_SCHEMA_FULL_NAME,
    KEY_NULLS,
    VALUE_NULLS,
];

/// What CREATE … AS SELECT takes.
const SINK_PROPERTIES: &[Property] = &[
    Property {
        name: "KAFKA_TOPIC",
        value: "'name'",
        about: "The topic, instead of one named like the stream or table.",
    },
    PARTITIONS,
    REPLICAS,
    RETENTION,
    CLEANUP,
    FORMAT,
    Property {
        name: "KEY_FORMAT",
        value: FORMATS,
        about: "The format of keys; that of the first source by default.",
    },
    Property {
        name: "VALUE_FORMAT",
        value: FORMATS,
        about: "The format of values; that of the first source by default.",
    },
    KEY_DELIMITER,
    VALUE_DELIMITER,
    WRAP,
    TIMESTAMP,
    TIMESTAMP_FORMAT,
    KEY_SCHEMA_ID,
    VALUE_SCHEMA_ID,
    KEY_SCHEMA_FULL_NAME,
    VALUE_SCHEMA_FULL_NAME,
    VALUE_AVRO_SCHEMA_FULL_NAME,
    KEY_NULLS,
    VALUE_NULLS,
];
