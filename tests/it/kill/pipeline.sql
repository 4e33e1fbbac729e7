-- Filters, joins, repartitions and aggregates of every kind, and queries over the results of others.

CREATE STREAM orders (customer VARCHAR KEY, id BIGINT, region VARCHAR, amount BIGINT, ordered_at BIGINT)
  WITH (KAFKA_TOPIC = 'orders', VALUE_FORMAT = 'JSON', PARTITIONS = 2, TIMESTAMP = 'ordered_at');

CREATE TABLE customers (customer VARCHAR PRIMARY KEY, name VARCHAR, phase INT)
  WITH (KAFKA_TOPIC = 'customers', VALUE_FORMAT = 'JSON', PARTITIONS = 2);

SET 'auto.offset.reset' = 'earliest';
-- Every update of a group comes out, so that one too many or too few is seen.
SET 'cache.max.bytes.buffering' = '0';

CREATE STREAM large AS SELECT customer, id, amount * 2 AS twice, ordered_at FROM orders WHERE amount > 50;

CREATE STREAM named AS
  SELECT o.customer AS customer, o.id AS id, c.name AS name, c.phase AS phase
  FROM orders o LEFT JOIN customers c ON o.customer = c.customer;

CREATE STREAM by_region AS SELECT * FROM orders PARTITION BY region;

CREATE TABLE region_totals AS
  SELECT region, COUNT(*) AS n, SUM(amount) AS total, MIN(id) AS first, MAX(id) AS last
  FROM orders GROUP BY region;

CREATE TABLE customer_minutes AS
  SELECT customer, COUNT(*) AS n, SUM(amount) AS total
  FROM orders WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 4000 DAYS, GRACE PERIOD 30 SECONDS)
  GROUP BY customer;

CREATE TABLE name_totals AS SELECT name, COUNT(*) AS n, SUM(id) AS ids FROM named GROUP BY name;

CREATE TABLE customer_sessions AS
  SELECT customer, COUNT(*) AS n, SUM(amount) AS total
  FROM orders WINDOW SESSION (20 SECONDS, RETENTION 4000 DAYS, GRACE PERIOD 30 SECONDS)
  GROUP BY customer;

CREATE TABLE customer_finals AS
  SELECT customer, COUNT(*) AS n, MAX(id) AS last
  FROM orders WINDOW HOPPING (SIZE 20 SECONDS, ADVANCE BY 10 SECONDS, RETENTION 4000 DAYS, GRACE PERIOD 30 SECONDS)
  GROUP BY customer
  EMIT FINAL;

-- Nothing is late for the join: which record of a pair comes first is nobody's choice, and must not matter.
CREATE STREAM pairs AS
  SELECT l.customer AS customer, l.id AS large_id, o.id AS id
  FROM large l JOIN orders o WITHIN 2 SECONDS GRACE PERIOD 100 DAYS ON l.customer = o.customer;

CREATE TABLE phases AS SELECT phase, COUNT(*) AS customers FROM customers GROUP BY phase;

CREATE TABLE customer_totals AS
  SELECT customer, COUNT(*) AS n, SUM(amount) AS total FROM orders GROUP BY customer;

CREATE TABLE known_totals AS
  SELECT t.customer AS customer, t.total AS total, c.name AS name
  FROM customer_totals t JOIN customers c ON t.customer = c.customer;
