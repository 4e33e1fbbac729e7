-- A filter, a join with a table, a repartition, aggregates without and with windows, and one query over another's result.

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
