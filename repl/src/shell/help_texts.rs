//! What HELP says of each statement and command.

/// Where a text stands in the list of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chapter {
    /// What makes, changes and drops things.
    Define,
    /// What gives rows.
    Read,
    /// What shows what there is.
    Look,
    /// What sets options and variables.
    Session,
    /// The shell's own commands.
    Shell,
}

/// What HELP says of a statement or command.
pub(super) struct Help {
    /// What it can be asked for by; the first is shown in the list.
    pub(super) names: &'static [&'static str],
    pub(super) chapter: Chapter,
    /// What it does, in a sentence.
    pub(super) what: &'static str,
    pub(super) syntax: &'static str,
    pub(super) example: &'static str,
}

/// All of it, in the order in which it is listed.
pub(super) const HELP: &[Help] = &[
    Help {
        names: &["create stream"],
        chapter: Chapter::Define,
        what: "Makes a stream over a topic: a sequence of independent facts.",
        syntax: "CREATE [OR REPLACE] [SOURCE] STREAM [IF NOT EXISTS] name (\n  \
            column type [KEY | HEADERS | HEADER('name')], …\n\
            ) WITH (property = value, …);",
        example: "CREATE STREAM bids (item VARCHAR KEY, price BIGINT)\n  \
            WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);",
    },
    Help {
        names: &["create table"],
        chapter: Chapter::Define,
        what: "Makes a table over a topic: the latest fact for each key.",
        syntax: "CREATE [OR REPLACE] [SOURCE] TABLE [IF NOT EXISTS] name (\n  \
            column type [PRIMARY KEY | HEADERS | HEADER('name')], …\n\
            ) WITH (property = value, …);\n\
            SOURCE makes it read-only, and ready for pull queries.",
        example: "CREATE SOURCE TABLE items (id VARCHAR PRIMARY KEY, name VARCHAR)\n  \
            WITH (kafka_topic = 'items', value_format = 'json', partitions = 1);",
    },
    Help {
        names: &["create stream as select", "csas"],
        chapter: Chapter::Define,
        what: "Runs a query for good and makes a stream of its rows.",
        syntax: "CREATE [OR REPLACE] STREAM [IF NOT EXISTS] name [WITH (property = value, …)]\n  \
            AS SELECT … [EMIT CHANGES];",
        example: "CREATE STREAM high_bids AS SELECT * FROM bids WHERE price > 100;",
    },
    Help {
        names: &["create table as select", "ctas"],
        chapter: Chapter::Define,
        what: "Runs a query for good and keeps a table of its results.",
        syntax: "CREATE [OR REPLACE] TABLE [IF NOT EXISTS] name [WITH (property = value, …)]\n  \
            AS SELECT … [GROUP BY …] [EMIT CHANGES | FINAL];",
        example: "CREATE TABLE best AS\n  SELECT item, max(price) AS price FROM bids GROUP BY item;",
    },
    Help {
        names: &["with"],
        chapter: Chapter::Define,
        what: "The properties of a stream or table.",
        syntax: "KAFKA_TOPIC = 'name'         the topic; made if PARTITIONS is said\n\
            FORMAT, KEY_FORMAT, VALUE_FORMAT\n  \
            = 'json' | 'json_sr' | 'avro' | 'protobuf' | 'delimited' | 'kafka' | 'none'\n\
            PARTITIONS, REPLICAS = n     of a new topic\n\
            RETENTION_MS = n             of a new topic\n\
            TIMESTAMP = 'column'         the column that gives the event time\n\
            TIMESTAMP_FORMAT = 'pattern' how it is written, e.g. 'yyyy-MM-dd HH:mm:ss'\n\
            VALUE_DELIMITER, KEY_DELIMITER = ';' | 'TAB' | 'SPACE'\n\
            WRAP_SINGLE_VALUE = true     whether one column is a record by itself\n\
            WINDOW_TYPE = 'TUMBLING' | 'HOPPING' | 'SESSION', WINDOW_SIZE = '1 MINUTE'",
        example: "CREATE STREAM trips (vendor INT, started VARCHAR) WITH (\n  \
            kafka_topic = 'trips', value_format = 'delimited', partitions = 1,\n  \
            timestamp = 'started', timestamp_format = 'yyyy-MM-dd HH:mm:ss');",
    },
    Help {
        names: &["types", "type"],
        chapter: Chapter::Define,
        what: "The types of columns.",
        syntax: "BOOLEAN, INT, BIGINT, DOUBLE, DECIMAL(precision, scale), VARCHAR (STRING), BYTES,\n\
            DATE, TIME, TIMESTAMP, ARRAY<type>, MAP<type, type>, STRUCT<name type, …>",
        example: "CREATE STREAM orders (id INT KEY, lines ARRAY<STRUCT<item VARCHAR, price DECIMAL(8, 2)>>)\n  \
            WITH (kafka_topic = 'orders', value_format = 'json', partitions = 1);",
    },
    Help {
        names: &["insert into", "insert", "insert values", "insert into values", "ii"],
        chapter: Chapter::Define,
        what: "Adds a row to a stream or table, or all rows of a query from now on.",
        syntax: "INSERT INTO name [(column, …)] VALUES (value, …);\n\
            INSERT INTO stream [WITH (QUERY_ID = 'id')] SELECT …;",
        example: "INSERT INTO bids (item, price) VALUES ('pen', 10);",
    },
    Help {
        names: &["alter", "alter stream", "alter table"],
        chapter: Chapter::Define,
        what: "Adds columns to a stream or table.",
        syntax: "ALTER STREAM | TABLE name ADD [COLUMN] column type, …;",
        example: "ALTER STREAM bids ADD COLUMN bidder VARCHAR;",
    },
    Help {
        names: &["drop stream"],
        chapter: Chapter::Define,
        what: "Drops a stream, and its topic if asked to.",
        syntax: "DROP STREAM [IF EXISTS] name [DELETE TOPIC];",
        example: "DROP STREAM IF EXISTS bids DELETE TOPIC;",
    },
    Help {
        names: &["drop table"],
        chapter: Chapter::Define,
        what: "Drops a table and the query that keeps it, and its topic if asked to.",
        syntax: "DROP TABLE [IF EXISTS] name [DELETE TOPIC];",
        example: "DROP TABLE best;",
    },
    Help {
        names: &["create type"],
        chapter: Chapter::Define,
        what: "Gives a type a name.",
        syntax: "CREATE TYPE [IF NOT EXISTS] name AS type;",
        example: "CREATE TYPE address AS STRUCT<street VARCHAR, city VARCHAR>;",
    },
    Help {
        names: &["drop type"],
        chapter: Chapter::Define,
        what: "Takes a type's name away; columns that have the type keep it.",
        syntax: "DROP TYPE [IF EXISTS] name;",
        example: "DROP TYPE IF EXISTS address;",
    },
    Help {
        names: &["create connector", "drop connector", "describe connector", "show connectors"],
        chapter: Chapter::Define,
        what: "Connectors run in Kafka Connect; Tidemill reads and checks the statements, and runs none.",
        syntax: "CREATE SOURCE | SINK CONNECTOR [IF NOT EXISTS] name WITH (property = value, …);\n\
            DROP CONNECTOR [IF EXISTS] name;\n\
            SHOW [SOURCE | SINK] CONNECTORS;\n\
            DESCRIBE CONNECTOR name;",
        example: "SHOW CONNECTORS;",
    },
    Help {
        names: &["terminate"],
        chapter: Chapter::Define,
        what: "Ends a persistent query for good.",
        syntax: "TERMINATE query_id | ALL;",
        example: "TERMINATE CTAS_BEST_1;",
    },
    Help {
        names: &["pause", "resume"],
        chapter: Chapter::Define,
        what: "Stops a persistent query for now; RESUME lets it go on where it stopped.",
        syntax: "PAUSE query_id | ALL;\nRESUME query_id | ALL;",
        example: "PAUSE CTAS_BEST_1;\nRESUME ALL;",
    },
    Help {
        names: &["select", "query"],
        chapter: Chapter::Read,
        what: "Reads: with EMIT a push query, whose rows keep coming; without, a pull query, which ends with what is there.",
        syntax: "SELECT expression [AS name], …\n\
            FROM source [alias]\n  \
            [[INNER | LEFT | RIGHT | FULL] JOIN source [alias] [WITHIN n unit [GRACE PERIOD n unit]] ON a = b] …\n\
            [WINDOW …]\n\
            [WHERE condition]\n\
            [GROUP BY expression, …]\n\
            [PARTITION BY expression, …]\n\
            [HAVING condition]\n\
            [EMIT CHANGES | EMIT FINAL]\n\
            [LIMIT n];\n\
            See also HELP WINDOW, HELP JOIN, HELP EXPRESSIONS.",
        example: "SELECT item, max(price) FROM bids GROUP BY item EMIT CHANGES LIMIT 10;",
    },
    Help {
        names: &["window", "grace", "grace period"],
        chapter: Chapter::Read,
        what: "Groups rows by event time.",
        syntax: "WINDOW TUMBLING (SIZE n unit [, RETENTION n unit] [, GRACE PERIOD n unit])\n\
            WINDOW HOPPING (SIZE n unit, ADVANCE BY n unit [, RETENTION n unit] [, GRACE PERIOD n unit])\n\
            WINDOW SESSION (n unit [, RETENTION n unit] [, GRACE PERIOD n unit])\n\
            Units: MILLISECONDS, SECONDS, MINUTES, HOURS, DAYS. WINDOWSTART and WINDOWEND are its bounds.\n\
            EMIT FINAL gives each window once, when it is closed.",
        example: "SELECT item, count(*) FROM bids\n  \
            WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 10 SECONDS) GROUP BY item EMIT CHANGES;",
    },
    Help {
        names: &["join", "within"],
        chapter: Chapter::Read,
        what: "Brings rows together that belong together.",
        syntax: "stream JOIN stream WITHIN n unit [GRACE PERIOD n unit] ON a = b\n\
            stream JOIN table ON a = table's key\n\
            table JOIN table ON key = key",
        example: "SELECT b.item, i.name, b.price FROM bids b LEFT JOIN items i ON b.item = i.id EMIT CHANGES;",
    },
    Help {
        names: &["expressions", "expression", "case", "cast", "lambda"],
        chapter: Chapter::Read,
        what: "What can be computed.",
        syntax: "+ - * / %   ||   = <> < <= > >=   AND OR NOT\n\
            x [NOT] BETWEEN a AND b   x [NOT] IN (a, …)   x [NOT] LIKE 'pattern'   x IS [NOT] NULL\n\
            x IS [NOT] DISTINCT FROM y\n\
            CASE WHEN condition THEN x … [ELSE y] END\n\
            CAST(x AS type)\n\
            struct->field   array[1]   map['key']\n\
            ARRAY[x, …]   MAP(key := value, …)   STRUCT(name := x, …)\n\
            function(array, x => expression)   function(map, (k, v) => expression)",
        example: "SELECT CASE WHEN price > 100 THEN 'high' ELSE 'low' END AS kind FROM bids EMIT CHANGES;",
    },
    Help {
        names: &["print"],
        chapter: Chapter::Read,
        what: "Shows the records of a topic as they come.",
        syntax: "PRINT topic [FROM BEGINNING] [INTERVAL | SAMPLE n] [LIMIT n];",
        example: "PRINT bids FROM BEGINNING LIMIT 3;",
    },
    Help {
        names: &["show streams", "list streams"],
        chapter: Chapter::Look,
        what: "Lists the streams.",
        syntax: "SHOW | LIST STREAMS [EXTENDED];",
        example: "SHOW STREAMS;",
    },
    Help {
        names: &["show tables", "list tables"],
        chapter: Chapter::Look,
        what: "Lists the tables.",
        syntax: "SHOW | LIST TABLES [EXTENDED];",
        example: "SHOW TABLES;",
    },
    Help {
        names: &["show topics", "list topics"],
        chapter: Chapter::Look,
        what: "Lists the topics; with ALL, those of the engine itself too.",
        syntax: "SHOW | LIST [ALL] TOPICS [EXTENDED];",
        example: "SHOW ALL TOPICS EXTENDED;",
    },
    Help {
        names: &["show queries", "list queries"],
        chapter: Chapter::Look,
        what: "Lists the queries that run.",
        syntax: "SHOW | LIST QUERIES [EXTENDED];",
        example: "SHOW QUERIES;",
    },
    Help {
        names: &["show functions", "list functions"],
        chapter: Chapter::Look,
        what: "Lists the functions.",
        syntax: "SHOW | LIST FUNCTIONS;",
        example: "SHOW FUNCTIONS;",
    },
    Help {
        names: &["show types", "list types"],
        chapter: Chapter::Look,
        what: "Lists the types made by CREATE TYPE.",
        syntax: "SHOW | LIST TYPES;",
        example: "SHOW TYPES;",
    },
    Help {
        names: &["show properties", "list properties"],
        chapter: Chapter::Look,
        what: "Lists the options, their values and who set them.",
        syntax: "SHOW | LIST PROPERTIES;",
        example: "SHOW PROPERTIES;",
    },
    Help {
        names: &["show variables", "list variables"],
        chapter: Chapter::Look,
        what: "Lists the variables.",
        syntax: "SHOW | LIST VARIABLES;",
        example: "SHOW VARIABLES;",
    },
    Help {
        names: &["describe"],
        chapter: Chapter::Look,
        what: "Shows the columns of a stream or table; EXTENDED shows its queries and figures too.",
        syntax: "DESCRIBE name [EXTENDED];\nDESCRIBE STREAMS | TABLES [EXTENDED];",
        example: "DESCRIBE bids EXTENDED;",
    },
    Help {
        names: &["describe function"],
        chapter: Chapter::Look,
        what: "Shows what a function takes and gives.",
        syntax: "DESCRIBE FUNCTION name;",
        example: "DESCRIBE FUNCTION substring;",
    },
    Help {
        names: &["explain"],
        chapter: Chapter::Look,
        what: "Shows how a query is carried out.",
        syntax: "EXPLAIN query_id;\nEXPLAIN statement;",
        example: "EXPLAIN SELECT item, count(*) FROM bids GROUP BY item EMIT CHANGES;",
    },
    Help {
        names: &["assert", "assert topic", "assert schema"],
        chapter: Chapter::Look,
        what: "Fails if a topic or a schema is not there, or not within a time.",
        syntax: "ASSERT [NOT EXISTS] TOPIC name [WITH (PARTITIONS = n, REPLICAS = n)] [TIMEOUT n unit];\n\
            ASSERT [NOT EXISTS] SCHEMA [SUBJECT name] [ID n] [TIMEOUT n unit];",
        example: "ASSERT TOPIC bids WITH (PARTITIONS = 1) TIMEOUT 5 SECONDS;",
    },
    Help {
        names: &["set", "alter system"],
        chapter: Chapter::Session,
        what: "Sets an option for the queries of this session.",
        syntax: "SET 'option' = 'value';\nSHOW PROPERTIES lists them.",
        example: "SET 'auto.offset.reset' = 'earliest';",
    },
    Help {
        names: &["unset"],
        chapter: Chapter::Session,
        what: "Gives an option its own value back.",
        syntax: "UNSET 'option';",
        example: "UNSET 'auto.offset.reset';",
    },
    Help {
        names: &["define"],
        chapter: Chapter::Session,
        what: "Sets a variable, for ${name} in statements.",
        syntax: "DEFINE name = 'value';",
        example: "DEFINE goods = 'bids';",
    },
    Help {
        names: &["undefine"],
        chapter: Chapter::Session,
        what: "Takes a variable away.",
        syntax: "UNDEFINE name;",
        example: "UNDEFINE goods;",
    },
    Help {
        names: &["run script", "run"],
        chapter: Chapter::Shell,
        what: "Runs the statements of a file.",
        syntax: "RUN SCRIPT 'file'",
        example: "RUN SCRIPT 'app.sql'",
    },
    Help {
        names: &["output"],
        chapter: Chapter::Shell,
        what: "Says how results are written, or changes it.",
        syntax: "OUTPUT [JSON | TABULAR]",
        example: "OUTPUT JSON",
    },
    Help {
        names: &["spool"],
        chapter: Chapter::Shell,
        what: "Copies all that is said and shown to a file.",
        syntax: "SPOOL 'file' | OFF",
        example: "SPOOL 'session.txt'",
    },
    Help {
        names: &["set cli", "set cli wrap", "set cli column-width"],
        chapter: Chapter::Shell,
        what: "Says what happens to long values, and how wide columns are.",
        syntax: "SET CLI WRAP ON | OFF          go on below, or end with dots\n\
            SET CLI COLUMN-WIDTH n         0 fits them to the terminal",
        example: "SET CLI WRAP OFF",
    },
    Help {
        names: &["history", "!!"],
        chapter: Chapter::Shell,
        what: "Lists what was said; !n says it again, !! the last, !text the last that begins so.",
        syntax: "HISTORY\n!!  !n  !text",
        example: "!sel",
    },
    Help {
        names: &["version"],
        chapter: Chapter::Shell,
        what: "Shows the version.",
        syntax: "VERSION",
        example: "",
    },
    Help {
        names: &["clear"],
        chapter: Chapter::Shell,
        what: "Empties the screen.",
        syntax: "CLEAR",
        example: "",
    },
    Help {
        names: &["server", "request-pipelining"],
        chapter: Chapter::Shell,
        what: "Does nothing: the engine runs inside this program.",
        syntax: "SERVER\nREQUEST-PIPELINING",
        example: "",
    },
    Help {
        names: &["keys"],
        chapter: Chapter::Shell,
        what: "What the keyboard does.",
        syntax: "Enter      runs whole statements, else begins a line\n\
            Tab        completes; twice lists what can stand here\n\
            Up, Down   what was said before\n\
            Ctrl-R     searches it\n\
            Ctrl-C     ends a query that shows rows; else drops what is typed\n\
            Ctrl-D     ends the shell",
        example: "",
    },
    Help {
        names: &["exit", "quit"],
        chapter: Chapter::Shell,
        what: "Ends the shell; Ctrl-D does too.",
        syntax: "EXIT",
        example: "",
    },
];
