//! The shell at a terminal: keys in, a screen out.

use expect_test::{Expect, expect};

use crate::place::Place;
use crate::terminal::{CTRL_C, CTRL_D, ENTER, TAB, Terminal, UP};

const BIDS: &str = "CREATE STREAM bids (item VARCHAR KEY, price INT) \
    WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);";

/// A shell and where it is.
struct Shell {
    place: Place,
    terminal: Terminal,
}

impl Shell {
    fn open() -> Self {
        Shell::open_in(Place::new(), 80)
    }

    fn open_in(place: Place, columns: u16) -> Self {
        let mut terminal = Terminal::open(&place, columns);
        terminal.news();
        Shell { place, terminal }
    }

    /// Types a line and checks what is said to it.
    #[track_caller]
    fn check(&mut self, line: &str, want: Expect) {
        let said = self.terminal.say(line);
        want.assert_eq(&self.place.masked(&said));
    }

    /// Types a line that is only there to prepare.
    #[track_caller]
    fn does(&mut self, line: &str) {
        let said = self.terminal.say(line);
        assert!(!said.contains("error:"), "{said}");
    }
}

#[test]
fn the_first_start_says_what_to_type() {
    let place = Place::new();
    let mut terminal = Terminal::open(&place, 120);
    expect![[r#"
        Tidemill 0.1.0 on data: nothing in it yet.

        Statements end with a semicolon. To try it:

          CREATE STREAM bids (item VARCHAR KEY, price BIGINT)
            WITH (kafka_topic='bids', value_format='json', partitions=1);
          CREATE TABLE best AS SELECT item, max(price) AS price FROM bids GROUP BY item;
          INSERT INTO bids VALUES ('pen', 10);
          SELECT * FROM best;

        help: what can be said.  Tab completes.  Ctrl-R searches.  Ctrl-D ends."#]]
    .assert_eq(&place.masked(&terminal.news()));
    terminal.press(CTRL_D);
    assert_eq!(terminal.end(), 0);
}

#[test]
fn ctrl_c_ends_the_push_query_and_nothing_else() {
    let mut shell = Shell::open();
    shell.does(BIDS);
    shell.does("SET 'auto.offset.reset' = 'earliest';");
    shell.does("INSERT INTO bids VALUES ('pen', 10);");
    shell.terminal.press("SELECT * FROM bids EMIT CHANGES;");
    shell.terminal.press(ENTER);
    shell.terminal.wait_for("pen");
    shell.terminal.press(CTRL_C);
    shell.terminal.wait_for_prompt();
    expect![[r#"
        tidemill> SELECT * FROM bids EMIT CHANGES;
         ITEM                                                                | PRICE
        ---------------------------------------------------------------------+----------
         pen                                                                 |       10
        ^C
        (query terminated, 1 row)"#]]
    .assert_eq(&shell.terminal.news());
    shell.check(
        "SHOW STREAMS;",
        expect![[r#"
            tidemill> SHOW STREAMS;
             Stream Name         | Kafka Topic       | Key Format | Value Format | Windowed
            ---------------------+-------------------+------------+--------------+----------
             BIDS                | bids              | KAFKA      | JSON         | false
             KSQL_PROCESSING_LOG | default_ksql_proc | KAFKA      | JSON         | false
                                 | essing_log        |            |              |"#]],
    );
    // At the prompt it drops what was being typed.
    shell.terminal.press("SELECT nothing");
    shell.terminal.press(CTRL_C);
    shell.terminal.wait_for_prompt();
    shell.terminal.news();
    shell.terminal.press("exit");
    shell.terminal.press(ENTER);
    assert_eq!(shell.terminal.end(), 0);
}

#[test]
fn a_statement_may_go_over_lines() {
    let mut shell = Shell::open();
    shell.does(BIDS);
    shell.terminal.press("SELECT *");
    shell.terminal.press(ENTER);
    shell.terminal.wait_for("...>");
    shell.terminal.press("FROM bits");
    shell.terminal.press(ENTER);
    shell.check(
        "EMIT CHANGES;",
        expect![[r#"
            tidemill> SELECT *
                 ...> FROM bits
                 ...> EMIT CHANGES;
            error: BITS does not exist. Did you mean BIDS?
            2 | FROM bits
              |      ^^^^"#]],
    );
    // The whole of it comes back to be mended.
    shell.terminal.press(UP);
    shell.terminal.wait_for("EMIT CHANGES;");
    shell.terminal.press(CTRL_C);
    shell.terminal.wait_for_prompt();
    expect![[r#"
        tidemill> SELECT *
             ...> FROM bits
             ...> EMIT CHANGES;"#]]
    .assert_eq(&shell.terminal.news());
}

#[test]
fn tab_completes_keywords_names_and_columns() {
    let mut shell = Shell::open();
    shell.does(BIDS);
    shell.does("CREATE TABLE best AS SELECT item, MAX(price) AS highest FROM bids GROUP BY item;");
    shell.terminal.press("DESCR");
    shell.terminal.press(TAB);
    shell.terminal.press("bi");
    shell.terminal.press(TAB);
    shell.check(
        ";",
        expect![[r#"
            tidemill> DESCRIBE bids;
            Name                 : BIDS
             Field | Type
            -------+------------------------
             ITEM  | VARCHAR(STRING)  (key)
             PRICE | INTEGER
            For runtime statistics and query details run: DESCRIBE BIDS EXTENDED;"#]],
    );
    shell.terminal.press("SELECT hig");
    shell.terminal.press(TAB);
    shell.terminal.press(" FROM be");
    shell.terminal.press(TAB);
    shell.check(
        ";",
        expect![[r#"
            tidemill> SELECT highest FROM best;
             HIGHEST
            ---------
            (0 rows)"#]],
    );
    shell.terminal.press("SHOW ");
    shell.terminal.press(TAB);
    shell.terminal.press(TAB);
    shell.terminal.wait_for("VARIABLES");
    shell.terminal.press(CTRL_C);
    shell.terminal.wait_for_prompt();
    expect![[r#"
        tidemill> SHOW
        ALL TOPICS  FUNCTIONS   QUERIES     TABLES      TYPES
        CONNECTORS  PROPERTIES  STREAMS     TOPICS      VARIABLES
        tidemill> SHOW"#]]
    .assert_eq(&shell.terminal.news());
}

#[test]
fn what_was_said_is_kept_for_the_next_shell() {
    let mut shell = Shell::open();
    shell.does(BIDS);
    shell.does("SHOW\n  STREAMS;");
    shell.check("history", expect![[r#"
        tidemill> history
           1  CREATE STREAM bids (item VARCHAR KEY, price INT) WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);
           2  SHOW
                STREAMS;
           3  history"#]]);
    shell.check("!1", expect![[r#"
        tidemill> !1
        CREATE STREAM bids (item VARCHAR KEY, price INT) WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);
        error: Cannot add stream 'BIDS': A stream with the same name already exists"#]]);
    shell.check(
        "!SHOW",
        expect![[r#"
            tidemill> !SHOW
            SHOW
              STREAMS;
             Stream Name         | Kafka Topic       | Key Format | Value Format | Windowed
            ---------------------+-------------------+------------+--------------+----------
             BIDS                | bids              | KAFKA      | JSON         | false
             KSQL_PROCESSING_LOG | default_ksql_proc | KAFKA      | JSON         | false
                                 | essing_log        |            |              |"#]],
    );
    shell.check(
        "!nothing",
        expect![[r#"
        tidemill> !nothing
        error: nothing said before begins with nothing"#]],
    );
    shell.terminal.press(CTRL_D);
    let Shell { place, terminal } = shell;
    assert_eq!(terminal.end(), 0);
    let mut shell = Shell::open_in(place, 80);
    shell.check("history", expect![[r#"
        tidemill> history
           1  CREATE STREAM bids (item VARCHAR KEY, price INT) WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);
           2  SHOW
                STREAMS;
           3  history
           4  CREATE STREAM bids (item VARCHAR KEY, price INT) WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);
           5  SHOW
                STREAMS;
           6  history"#]]);
}

#[test]
fn output_goes_to_a_spool_file_too() {
    let mut shell = Shell::open();
    shell.check(
        "SPOOL 'out.txt'",
        expect![[r#"
        tidemill> SPOOL 'out.txt'
        Spooling to out.txt"#]],
    );
    shell.does(BIDS);
    shell.terminal.say("SHOW STREAMS; SHOW TABELS;");
    shell.check(
        "SPOOL OFF",
        expect![[r#"
        tidemill> SPOOL OFF
        Spooling ended"#]],
    );
    shell.does("SHOW TABLES;");
    expect![[r#"
        tidemill> CREATE STREAM bids (item VARCHAR KEY, price INT) WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);
        Created stream BIDS
        tidemill> SHOW STREAMS; SHOW TABELS;
        error: Syntax Error: expected ALL, TOPICS, STREAMS, TABLES, QUERIES, FUNCTIONS, PROPERTIES, VARIABLES, TYPES, CONNECTOR, SOURCE, SINK or CONNECTORS, found 'TABELS'; did you mean TABLES?
        1 | SHOW STREAMS; SHOW TABELS;
          |                    ^^^^^^
        tidemill> SPOOL OFF
    "#]].assert_eq(&shell.place.read("out.txt"));
    shell.check(
        "SPOOL '/nowhere/out.txt'",
        expect![[r#"
            tidemill> SPOOL '/nowhere/out.txt'
            error: cannot write /nowhere/out.txt: No such file or directory (os error 2)"#]],
    );
}

#[test]
fn scripts_are_run_and_say_where_they_fail() {
    let mut shell = Shell::open();
    shell.place.write("good.sql", &format!("{BIDS}\nDESCRIBE bids;\n"));
    shell.place.write("bad.sql", "SHOW STREAMS;\n\nSELECT itme\n  FROM bids EMIT CHANGES;\n");
    shell.place.write("self.sql", "RUN SCRIPT 'self.sql';\n");
    shell.check(
        "RUN SCRIPT 'good.sql';",
        expect![[r#"
            tidemill> RUN SCRIPT 'good.sql';
            Created stream BIDS
            Name                 : BIDS
             Field | Type
            -------+------------------------
             ITEM  | VARCHAR(STRING)  (key)
             PRICE | INTEGER
            For runtime statistics and query details run: DESCRIBE BIDS EXTENDED;"#]],
    );
    shell.check(
        "RUN SCRIPT 'bad.sql'",
        expect![[r#"
            tidemill> RUN SCRIPT 'bad.sql'
             Stream Name         | Kafka Topic       | Key Format | Value Format | Windowed
            ---------------------+-------------------+------------+--------------+----------
             BIDS                | bids              | KAFKA      | JSON         | false
             KSQL_PROCESSING_LOG | default_ksql_proc | KAFKA      | JSON         | false
                                 | essing_log        |            |              |
            error: SELECT column 'ITME' cannot be resolved. Did you mean ITEM?
              --> bad.sql:3:8
            3 | SELECT itme
              |        ^^^^"#]],
    );
    shell.check(
        "RUN SCRIPT 'self.sql'",
        expect![[r#"
        tidemill> RUN SCRIPT 'self.sql'
        error: self.sql: scripts run scripts 16 deep"#]],
    );
    shell.check(
        "RUN SCRIPT 'no.sql'",
        expect![[r#"
            tidemill> RUN SCRIPT 'no.sql'
            error: cannot read no.sql: No such file or directory (os error 2)"#]],
    );
}

#[test]
fn output_is_tables_or_json() {
    let mut shell = Shell::open();
    shell.does(BIDS);
    shell.does("SET 'auto.offset.reset' = 'earliest';");
    shell.does("INSERT INTO bids VALUES ('pen', 10);");
    shell.check(
        "output",
        expect![[r#"
        tidemill> output
        Output is TABULAR"#]],
    );
    shell.check(
        "output json",
        expect![[r#"
        tidemill> output json
        Output is JSON"#]],
    );
    shell.check(
        "SELECT * FROM bids EMIT CHANGES LIMIT 1;",
        expect![[r#"
            tidemill> SELECT * FROM bids EMIT CHANGES LIMIT 1;
            {"ITEM":"pen","PRICE":10}"#]],
    );
    shell.check(
        "SHOW STREAMS;",
        expect![[r#"
            tidemill> SHOW STREAMS;
            {
              "@type": "streams",
              "streams": [
                {
                  "type": "STREAM",
                  "name": "BIDS",
                  "topic": "bids",
                  "keyFormat": "KAFKA",
                  "valueFormat": "JSON",
                  "isWindowed": false
                },
                {
                  "type": "STREAM",
                  "name": "KSQL_PROCESSING_LOG",
                  "topic": "default_ksql_processing_log",
                  "keyFormat": "KAFKA",
                  "valueFormat": "JSON",
                  "isWindowed": false
                }
              ]
            }"#]],
    );
    shell.check("DROP STREAM bids;", expect![[r#"
        tidemill> DROP STREAM bids;
        {"@type":"currentStatus","status":"SUCCESS","message":"Source `BIDS` (topic: bids) was dropped."}"#]]);
    shell.check(
        "output xml",
        expect![[r#"
        tidemill> output xml
        error: there is no output format xml: JSON or TABULAR"#]],
    );
    shell.check(
        "output tabular",
        expect![[r#"
        tidemill> output tabular
        Output is TABULAR"#]],
    );
}

#[test]
fn help_knows_statements() {
    let mut shell = Shell::open();
    shell.check(
        "help create stream",
        expect![[r#"
            tidemill> help create stream
            Makes a stream over a topic: a sequence of independent facts.

              CREATE [OR REPLACE] [SOURCE] STREAM [IF NOT EXISTS] name
                [(name type [KEY | HEADERS | HEADER ('text')], …)]
                [WITH (property = value, …)];

            The topic is made if it is not there and PARTITIONS says how many partitions it
            is to have. A KEY column is read from the record's key, a HEADERS or
            HEADER('name') column from its headers, and all others from its value; a field
            that is missing is NULL. ROWTIME, ROWPARTITION and ROWOFFSET can be selected
            from every stream.

            SOURCE makes the stream read-only: no statement can write into it. OR REPLACE
            puts the stream in the place of one of the same name, which may gain columns but
            not lose any. IF NOT EXISTS leaves one that is there as it is.

            Properties (see HELP WITH): KAFKA_TOPIC, PARTITIONS, REPLICAS, RETENTION_MS,
            CLEANUP_POLICY, FORMAT, KEY_FORMAT, VALUE_FORMAT, KEY_DELIMITER,
            VALUE_DELIMITER, WRAP_SINGLE_VALUE, TIMESTAMP, TIMESTAMP_FORMAT, WINDOW_TYPE,
            WINDOW_SIZE, SOURCED_BY_CONNECTOR, KEY_SCHEMA_ID, VALUE_SCHEMA_ID,
            KEY_SCHEMA_FULL_NAME, <id>, VALUE_AVRO_SCHEMA_FULL_NAME,
            KEY_PROTOBUF_NULLABLE_REPRESENTATION, VALUE_PROTOBUF_NULLABLE_REPRESENTATION

            Example:
              CREATE STREAM bids (item VARCHAR KEY, price BIGINT)
                WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);"#]],
    );
}

#[test]
fn help_knows_commands_and_functions() {
    let mut shell = Shell::open();
    shell.check(
        "help spool;",
        expect![[r#"
            tidemill> help spool;
            Copies all that is said and shown to a file.

              SPOOL 'file' | OFF

            Example:
              SPOOL 'session.txt'"#]],
    );
    shell.check(
        "help substring",
        expect![[r#"
            tidemill> help substring
            Name        : SUBSTRING
            Type        : SCALAR
            Category    : STRING
            Overview    : Returns a part of a text, or of bytes; the first position is 1.

            Variations

                Variation   : SUBSTRING(VARCHAR str, INT pos)
                Returns     : VARCHAR
                Description : From a position to the end.

                Variation   : SUBSTRING(VARCHAR str, INT pos, INT length)
                Returns     : VARCHAR

                Variation   : SUBSTRING(BYTES bytes, INT pos)
                Returns     : BYTES
                Description : From a position to the end.

                Variation   : SUBSTRING(BYTES bytes, INT pos, INT length)
                Returns     : BYTES

             Example                   | Result
            ---------------------------+--------
             SUBSTRING('stream', 1, 4) | stre
             SUBSTRING('stream', -3)   | eam"#]],
    );
    shell.check(
        "help wanted",
        expect![[r#"
            tidemill> help wanted
            error: there is no help on 'wanted', and no function has that name; HELP lists
            what there is"#]],
    );
}

#[test]
fn long_rows_fit_the_terminal() {
    let mut shell = Shell::open_in(Place::new(), 60);
    shell.does(
        "CREATE STREAM notes (id INT KEY, title VARCHAR, text VARCHAR, tags ARRAY<VARCHAR>) \
         WITH (kafka_topic = 'notes', value_format = 'json', partitions = 1);",
    );
    shell.does("SET 'auto.offset.reset' = 'earliest';");
    shell.does(
        "INSERT INTO notes VALUES (1, '料理', 'A text that is much longer than the column in which it stands.', ARRAY['a', 'b']);",
    );
    shell.does("INSERT INTO notes (id) VALUES (2);");
    let sql = "SELECT * FROM notes EMIT CHANGES LIMIT 2;";
    shell.check(
        sql,
        expect![[r#"
            tidemill> SELECT * FROM notes EMIT CHANGES LIMIT 2;
             ID       | TITLE          | TEXT           | TAGS
            ----------+----------------+----------------+---------------
                    1 | 料理           | A text that is | ["a","b"]
                      |                | much longer    |
                      |                | than the       |
                      |                | column in      |
                      |                | which it       |
                      |                | stands.        |
                    2 | null           | null           | null
            (2 rows)"#]],
    );
    shell.does("SET CLI WRAP OFF");
    shell.check(
        sql,
        expect![[r#"
            tidemill> SELECT * FROM notes EMIT CHANGES LIMIT 2;
             ID       | TITLE          | TEXT           | TAGS
            ----------+----------------+----------------+---------------
                    1 | 料理           | A text that... | ["a","b"]
                    2 | null           | null           | null
            (2 rows)"#]],
    );
    shell.does("SET CLI COLUMN-WIDTH 8");
    shell.check(
        sql,
        expect![[r#"
            tidemill> SELECT * FROM notes EMIT CHANGES LIMIT 2;
             ID       | TITLE    | TEXT     | TAGS
            ----------+----------+----------+----------
                    1 | 料理     | A tex... | ["a",...
                    2 | null     | null     | null
            (2 rows)"#]],
    );
}
