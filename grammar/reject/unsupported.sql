SELECT a FROM s ORDER BY a;
--! line 1:17: Syntax Error: ORDER BY is not supported; a stream has no end to sort; sort what the query returns
SELECT a FROM s WHERE a > 1 ORDER BY a;
--! line 1:29: Syntax Error: ORDER BY is not supported; a stream has no end to sort; sort what the query returns
SELECT a FROM s UNION SELECT a FROM t;
--! line 1:17: Syntax Error: UNION is not supported; write each query into one stream with INSERT INTO
SELECT a FROM s WHERE b UNION ALL SELECT a FROM t;
--! line 1:25: Syntax Error: UNION is not supported; write each query into one stream with INSERT INTO
SELECT a FROM s EXCEPT SELECT a FROM t;
--! line 1:17: Syntax Error: EXCEPT is not supported; use LEFT JOIN and WHERE … IS NULL
SELECT SUM(a) OVER (PARTITION BY b) FROM s;
--! line 1:15: Syntax Error: OVER is not supported; aggregate with WINDOW and GROUP BY
SELECT a FROM (SELECT a FROM s);
--! line 1:15: Syntax Error: a subquery is not supported; give the inner query a name with CREATE STREAM … AS or CREATE TABLE … AS
SELECT a FROM s WHERE a IN (SELECT a FROM t);
--! line 1:28: Syntax Error: a subquery is not supported; give the inner query a name with CREATE STREAM … AS or CREATE TABLE … AS
SELECT a FROM s WHERE a = (SELECT MAX(a) FROM t);
--! line 1:27: Syntax Error: a subquery is not supported; give the inner query a name with CREATE STREAM … AS or CREATE TABLE … AS
SELECT a FROM s WHERE EXISTS (SELECT a FROM t);
--! line 1:23: Syntax Error: EXISTS is not supported; use JOIN
SELECT DISTINCT a FROM s;
--! line 1:1: Syntax Error: SELECT DISTINCT is not supported; use GROUP BY
SELECT COUNT(DISTINCT a) FROM s;
--! line 1:13: Syntax Error: DISTINCT in a call is not supported; for COUNT(DISTINCT x) use COUNT_DISTINCT(x)
SELECT a FROM s LIMIT 5 OFFSET 10;
--! line 1:25: Syntax Error: OFFSET is not supported; use LIMIT
SELECT a FROM s CROSS JOIN t;
--! line 1:17: Syntax Error: CROSS JOIN is not supported; use JOIN … ON
SELECT a FROM s NATURAL JOIN t;
--! line 1:17: Syntax Error: NATURAL JOIN is not supported; use JOIN … ON
SELECT a FROM s JOIN t USING (id);
--! line 1:24: Syntax Error: USING is not supported; use ON a.x = b.x
WITH x AS (SELECT a FROM s) SELECT a FROM x;
--! line 1:1: Syntax Error: WITH before SELECT is not supported; give the query a name with CREATE STREAM … AS or CREATE TABLE … AS
CREATE VIEW v AS SELECT a FROM s;
--! line 1:1: Syntax Error: CREATE VIEW is not supported; use CREATE STREAM … AS or CREATE TABLE … AS
UPDATE s SET a = 1;
--! line 1:1: Syntax Error: UPDATE is not supported; INSERT INTO with the same key updates a table
DELETE FROM s;
--! line 1:1: Syntax Error: DELETE is not supported; a row of a table is deleted by a tombstone in its topic
SELECT a FROM s LIMIT 1 EMIT CHANGES;
--! line 1:25: Syntax Error: expected end of statement, found 'EMIT'; the clauses of a query go in the order FROM, JOIN, WINDOW, WHERE, GROUP BY, PARTITION BY, HAVING, EMIT, LIMIT
SELECT a FROM s GROUP BY a WHERE a > 1;
--! line 1:28: Syntax Error: expected ',', PARTITION BY, HAVING, EMIT, LIMIT or end of statement, found 'WHERE'; the clauses of a query go in the order FROM, JOIN, WINDOW, WHERE, GROUP BY, PARTITION BY, HAVING, EMIT, LIMIT
SELECT a FROM s WHERE a > 1 WINDOW TUMBLING (SIZE 1 HOUR);
--! line 1:29: Syntax Error: expected GROUP BY, PARTITION BY, HAVING, EMIT, LIMIT or end of statement, found 'WINDOW'; the clauses of a query go in the order FROM, JOIN, WINDOW, WHERE, GROUP BY, PARTITION BY, HAVING, EMIT, LIMIT
SELECT a FROM EXPLODE(b);
--! line 1:22: Syntax Error: '(' cannot stand here; a table function belongs into SELECT
SELECT a FROM s, t;
--! line 1:16: Syntax Error: expected AS, JOIN, INNER, LEFT, RIGHT, FULL, WINDOW, WHERE, GROUP BY, PARTITION BY, HAVING, EMIT, LIMIT or end of statement, found ','; sources are joined with JOIN … ON …
SELECT 1;
--! line 1:9: Syntax Error: expected AS, ',' or FROM, found end of statement
