SELEC a FROM s;
--! line 1:1: Syntax Error: Unknown statement 'SELEC'; did you mean SELECT?
SELECT a FORM s;
--! line 1:15: Syntax Error: expected ',' or FROM, found 's'; did you mean FROM instead of 'FORM'?
SELECT a FROM s EMITT CHANGES;
--! line 1:23: Syntax Error: expected JOIN, INNER, LEFT, RIGHT, FULL, WINDOW, WHERE, GROUP BY, PARTITION BY, HAVING, EMIT, LIMIT or end of statement, found 'CHANGES'; did you mean EMIT instead of 'EMITT'?
SELECT a FROM s EMIT CHANGE;
--! line 1:22: Syntax Error: expected JOIN, INNER, LEFT, RIGHT, FULL, WINDOW, WHERE, GROUP BY, PARTITION BY, HAVING, EMIT, LIMIT or end of statement, found 'CHANGE'; did you mean CHANGES?
SELECT a, FROM s;
--! line 1:11: Syntax Error: expected '*' or an expression, found 'FROM'
SELECT FROM s;
--! line 1:8: Syntax Error: expected '*' or an expression, found 'FROM'
SELECT a FROM s WHERE;
--! line 1:22: Syntax Error: expected an expression, found end of statement
SELECT a FROM s WHERE a = b = c;
--! line 1:29: Syntax Error: expected AND or OR, found '='; put the first comparison in parentheses
SELECT a FROM s WHERE a = NOT b;
--! line 1:27: Syntax Error: expected a value, found 'NOT'; put NOT … in parentheses
SELECT a FROM s WHERE a IS NULL IS NULL;
--! line 1:33: Syntax Error: expected AND or OR, found 'IS'; put the first comparison in parentheses
SELECT a.b.c FROM s;
--! line 1:11: Syntax Error: expected '->', found '.'; a field of a struct is written s->field
SELECT f(a).b FROM s;
--! line 1:12: Syntax Error: expected '->', found '.'; a field of a struct is written s->field
SELECT a->* + 1 FROM s;
--! line 1:11: '->*' can only be an item of SELECT
SELECT size FROM s;
--! line 1:8: Syntax Error: expected '*' or an expression, found 'size'; SIZE is a reserved word; as a name it is written `SIZE`
SELECT a FROM s LIMIT -1;
--! line 1:23: negative integers in the LIMIT clause are not supported
SELECT a FROM s GROUP BY ();
--! line 1:26: GROUP BY requires at least one expression
SELECT a FROM s GROUP BY a AND b;
--! line 1:28: Syntax Error: expected ',', PARTITION BY, HAVING, EMIT, LIMIT or end of statement, found 'AND'
SELECT a FROM s GROUP BY c, (a, b);
--! line 1:31: Syntax Error: expected ')', found ','
SELECT a FROM s WHERE a IN ();
--! line 1:29: Syntax Error: expected an expression, found ')'
SELECT a FROM s WINDOW TUMBLING (SIZE 5 BOBS) GROUP BY a;
--! line 1:41: Syntax Error: expected a unit of time such as SECONDS, found 'BOBS'
SELECT a FROM s JOIN t WITHIN 1 HOUR;
--! line 1:37: Syntax Error: expected GRACE PERIOD or ON, found end of statement
SELECT (a FROM s;
--! line 1:11: Syntax Error: expected ')', found 'FROM'
SELECT CASE a END FROM s;
--! line 1:15: Syntax Error: expected WHEN, found 'END'
SELECT f(x => x) FROM s;
--! line 1:10: a lambda cannot be the first argument; put the array or map it works on before it
SELECT f(a, (x, x) => x) FROM s;
--! line 1:17: lambda argument 'X' is declared twice
SELECT INT '5' FROM s;
--! line 1:8: only DATE, TIME and TIMESTAMP can precede a string; use CAST('…' AS …) for other types
SELECT a LIKE 'x' ESCAPE '!!' FROM s;
--! line 1:26: the ESCAPE of LIKE must be one character
SELECT a AT TIME ZONE b FROM s;
--! line 1:23: the time zone must be a string
SELECT ${undefined} FROM s;
--! line 1:8: variable 'undefined' is not defined; define it first: DEFINE undefined = '…';
SELECT a == b FROM s;
--! line 1:10: Syntax Error: expected AS, ',' or FROM, found '=='
SELECT 9223372036854775808 FROM s;
--! line 1:8: Invalid numeric literal: 9223372036854775808; it does not fit BIGINT; as a DECIMAL it is written with a point
SELECT 1e400 FROM s;
--! line 1:8: Number overflows DOUBLE: 1e400
CREATE STREAM s (a INT PRIMARY KEY);
--! line 1:18: Column `A` is a 'PRIMARY KEY' column: please use 'KEY' for streams.
CREATE TABLE t (a INT KEY);
--! line 1:17: Column `A` is a 'KEY' column: please use 'PRIMARY KEY' for tables.
CREATE STREAM s (a);
--! line 1:19: Syntax Error: expected a type, found ')'
CREATE STREAM s (a NULL);
--! line 1:20: Syntax Error: expected a type, found 'NULL'
CREATE STREAM s (a DECIMAL(5));
--! line 1:29: Syntax Error: expected ',', found ')'
CREATE STREAM s (a INT (KEY));
--! line 1:25: Syntax Error: expected STRING or a whole number, found 'KEY'
CREATE STREAM s WITH (a = b);
--! line 1:27: Syntax Error: expected a literal, found 'b'
CREATE STREAM s WITH ();
--! line 1:23: Syntax Error: expected a property name, found ')'
CREATE SOURCE STREAM s AS SELECT * FROM t;
--! line 1:24: Syntax Error: expected '(', WITH or end of statement, found 'AS'
CREATE FOO x;
--! line 1:8: Syntax Error: expected TYPE, OR, SOURCE, STREAM or TABLE, found 'FOO'
CREATE CONNECTOR c WITH (a = 1);
--! line 1:8: Syntax Error: expected TYPE, OR, SOURCE, STREAM or TABLE, found 'CONNECTOR'
INSERT INTO s (a) SELECT * FROM t;
--! line 1:19: Syntax Error: expected VALUES, found 'SELECT'
INSERT INTO s VALUES 1;
--! line 1:22: Syntax Error: expected '(', found '1'
DROP s;
--! line 1:6: Syntax Error: expected CONNECTOR, TYPE, STREAM or TABLE, found 's'
SHOW;
--! line 1:5: Syntax Error: expected ALL, TOPICS, STREAMS, TABLES, QUERIES, FUNCTIONS, PROPERTIES, VARIABLES, TYPES, CONNECTOR, SOURCE, SINK or CONNECTORS, found end of statement
SHOW STREMS;
--! line 1:6: Syntax Error: expected ALL, TOPICS, STREAMS, TABLES, QUERIES, FUNCTIONS, PROPERTIES, VARIABLES, TYPES, CONNECTOR, SOURCE, SINK or CONNECTORS, found 'STREMS'; did you mean STREAMS?
DESCRIBE;
--! line 1:9: Syntax Error: expected CONNECTOR, STREAMS, TABLES or the name of a stream or table, found end of statement
PRINT;
--! line 1:6: Syntax Error: expected a topic name, found end of statement
SET a = 'b';
--! line 1:5: Syntax Error: expected a string, found 'a'
ASSERT FOO;
--! line 1:8: Syntax Error: expected VALUES, NULL, NOT, TOPIC, STREAM, TABLE or SCHEMA, found 'FOO'
RUN;
--! line 1:1: Syntax Error: Unknown statement 'RUN'; a statement begins with ALTER, ASSERT, CREATE, DEFINE, DESCRIBE, DROP, EXPLAIN, INSERT, LIST, PAUSE, PRINT, RESUME, RUN, SELECT, SET, SHOW, TERMINATE, UNDEFINE, UNSET
SELECT a FROM s extra words;
--! line 1:23: Syntax Error: expected JOIN, INNER, LEFT, RIGHT, FULL, WINDOW, WHERE, GROUP BY, PARTITION BY, HAVING, EMIT, LIMIT or end of statement, found 'words'
SELECT a FROM s LIMIT 2.5;
--! line 1:23: Value must be integer for command: LIMIT
