-- Filters, joins, repartitions and aggregates of every kind, and queries over the results of others.

CREATE STREAM orders (customer VARCHAR KEY, id BIGINT, region VARCHAR, amount BIGINT, ordered_at BIGINT)
  WITH (KAFKA_TOPIC = 'orders', VALUE_FORMAT = 'JSON', PARTITIONS = 2, TIMESTAMP = 'ordered_at');

CREATE TABLE customers (customer VARCHAR PRIMARY KEY, name VARCHAR, phase INT)
  WITH (KAFKA_TOPIC = 'customers', VALUE_FORMAT = 'JSON', PARTITIONS = 2);

CREATE TABLE regions (region VARCHAR PRIMARY KEY, title VARCHAR)
  WITH (KAFKA_TOPIC = 'regions', VALUE_FORMAT = 'JSON', PARTITIONS = 2);

SET 'auto.offset.reset' = 'earliest';
-- Every update of a group comes out, so that one too many or too few is seen.
SET 'cache.max.bytes.buffering' = '0';

CREATE STREAM large AS SELECT customer, id, amount * 2 AS twice, ordered_at FROM orders WHERE amount > 50;

CREATE STREAM small AS SELECT customer, id FROM orders WHERE amount < 30;

CREATE STREAM parts AS SELECT customer, id, EXPLODE(SPLIT(region, 't')) AS part FROM orders;

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

CREATE TABLE customer_hops AS
  SELECT customer, COUNT(*) AS n, EARLIEST_BY_OFFSET(id) AS first
  FROM orders WINDOW HOPPING (SIZE 3 MINUTES, ADVANCE BY 1 MINUTE, RETENTION 4000 DAYS, GRACE PERIOD 30 SECONDS)
  GROUP BY customer HAVING COUNT(*) > 1;

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

CREATE TABLE session_finals AS
  SELECT customer, COUNT(*) AS n, MAX(id) AS last
  FROM orders WINDOW SESSION (20 SECONDS, RETENTION 4000 DAYS, GRACE PERIOD 30 SECONDS)
  GROUP BY customer
  EMIT FINAL;

-- Within a phase nothing is late for the joins, and no window closes: which record of a pair comes first is nobody's choice, and
-- must not matter. The first order of the next phase closes all windows of this one.
CREATE STREAM pairs AS
  SELECT l.customer AS customer, l.id AS large_id, o.id AS id
  FROM large l JOIN orders o WITHIN 2 SECONDS GRACE PERIOD 12 HOURS ON l.customer = o.customer;

CREATE STREAM followed AS
  SELECT o.customer AS customer, o.id AS id, s.id AS small_id
  FROM orders o LEFT JOIN small s WITHIN (0 SECONDS, 2 SECONDS) GRACE PERIOD 12 HOURS ON o.customer = s.customer;

CREATE STREAM met AS
  SELECT ROWKEY AS customer, l.id AS large_id, s.id AS small_id
  FROM large l FULL OUTER JOIN small s WITHIN 2 SECONDS GRACE PERIOD 12 HOURS ON l.customer = s.customer;

CREATE TABLE phases AS SELECT phase, COUNT(*) AS customers FROM customers GROUP BY phase;

CREATE TABLE customer_totals AS
  SELECT customer, COUNT(*) AS n, SUM(amount) AS total FROM orders GROUP BY customer;

CREATE TABLE known_totals AS
  SELECT t.customer AS customer, t.total AS total, c.name AS name
  FROM customer_totals t JOIN customers c ON t.customer = c.customer;

CREATE TABLE every_total AS
  SELECT ROWKEY AS customer, t.total AS total, c.name AS name
  FROM customer_totals t FULL OUTER JOIN customers c ON t.customer = c.customer;

-- Each order moves its customer to another region: out of the group of one, into that of another.
CREATE TABLE customer_regions AS
  SELECT customer, LATEST_BY_OFFSET(region) AS region, COUNT(*) AS n FROM orders GROUP BY customer;

CREATE TABLE region_customers AS
  SELECT region, COUNT(*) AS customers, SUM(n) AS orders FROM customer_regions GROUP BY region;

CREATE TABLE customer_titles AS
  SELECT c.customer AS customer, c.n AS n, r.title AS title
  FROM customer_regions c LEFT JOIN regions r ON c.region = r.region;
