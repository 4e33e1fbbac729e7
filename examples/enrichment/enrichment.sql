-- Orders as they come in, enriched with who ordered and what; totals per region every five minutes; each customer's visits; and
-- which orders were not paid in time.

CREATE STREAM orders (order_id BIGINT, customer_id VARCHAR, product_id VARCHAR, quantity INT, ordered_at BIGINT)
  WITH (KAFKA_TOPIC = 'orders', VALUE_FORMAT = 'JSON', PARTITIONS = 2, TIMESTAMP = 'ordered_at');

CREATE TABLE customers (id VARCHAR PRIMARY KEY, name VARCHAR, region VARCHAR)
  WITH (KAFKA_TOPIC = 'customers', VALUE_FORMAT = 'JSON', PARTITIONS = 2);

CREATE TABLE products (id VARCHAR PRIMARY KEY, title VARCHAR, category VARCHAR, price DECIMAL(10, 2))
  WITH (KAFKA_TOPIC = 'products', VALUE_FORMAT = 'JSON', PARTITIONS = 2);

CREATE STREAM payments (order_id BIGINT, method VARCHAR, paid_at BIGINT)
  WITH (KAFKA_TOPIC = 'payments', VALUE_FORMAT = 'JSON', PARTITIONS = 2, TIMESTAMP = 'paid_at');

SET 'auto.offset.reset' = 'earliest';

-- An order of an unknown customer is kept: its name and region are null.
CREATE STREAM enriched_orders AS
  SELECT o.product_id AS product_id, o.order_id AS order_id, c.name AS customer, c.region AS region,
         p.title AS product, o.quantity AS quantity, p.price * CAST(o.quantity AS DECIMAL(5, 0)) AS amount
  FROM orders o
  LEFT JOIN customers c ON o.customer_id = c.id
  JOIN products p ON o.product_id = p.id
  EMIT CHANGES;

CREATE TABLE region_totals AS
  SELECT region, COUNT(*) AS orders, SUM(quantity) AS items, SUM(amount) AS revenue
  FROM enriched_orders
  WINDOW TUMBLING (SIZE 5 MINUTES, RETENTION 1 DAYS, GRACE PERIOD 1 HOUR)
  GROUP BY region
  EMIT CHANGES;

-- A visit lasts as long as there are not more than two minutes between a customer's orders.
CREATE TABLE visits AS
  SELECT customer, COUNT(*) AS orders, SUM(amount) AS revenue
  FROM enriched_orders
  WINDOW SESSION (2 MINUTES, RETENTION 1 DAYS, GRACE PERIOD 1 MINUTE)
  WHERE customer IS NOT NULL
  GROUP BY customer
  EMIT CHANGES;

-- An order without a payment comes out, with no method, when two minutes and the grace period have passed.
CREATE STREAM checked_orders AS
  SELECT o.order_id AS order_id, o.customer AS customer, o.amount AS amount, p.method AS method
  FROM enriched_orders o
  LEFT JOIN payments p WITHIN 2 MINUTES GRACE PERIOD 1 MINUTE ON o.order_id = p.order_id
  EMIT CHANGES;
