-- What the enrichment pipeline promises, as SQL tests: tidemill test tests.sql

--@test: an order carries the customer, the product and the amount
RUN SCRIPT 'enrichment.sql';
INSERT INTO customers (id, name, region) VALUES ('c1', 'Ada', 'north');
INSERT INTO products (id, title, category, price) VALUES ('p1', 'Kettle', 'kitchen', 39.90);
INSERT INTO orders (order_id, customer_id, product_id, quantity, ordered_at) VALUES (1, 'c1', 'p1', 3, 60000);
ASSERT VALUES enriched_orders (order_id, customer, region, product, quantity, amount)
  VALUES (1, 'Ada', 'north', 'Kettle', 3, 119.70);

--@test: an order of an unknown customer is kept, one of an unknown product is not
RUN SCRIPT 'enrichment.sql';
INSERT INTO products (id, title, category, price) VALUES ('p1', 'Kettle', 'kitchen', 39.90);
INSERT INTO orders (order_id, customer_id, product_id, quantity, ordered_at) VALUES (1, 'c1', 'nothing', 1, 60000);
INSERT INTO orders (order_id, customer_id, product_id, quantity, ordered_at) VALUES (2, 'nobody', 'p1', 1, 60000);
ASSERT VALUES enriched_orders (order_id, customer, region) VALUES (2, NULL, NULL);

--@test: a late order counts for an hour longer, and then no more
RUN SCRIPT 'enrichment.sql';
INSERT INTO customers (id, name, region) VALUES ('c1', 'Ada', 'north');
INSERT INTO products (id, title, category, price) VALUES ('p1', 'Lamp', 'home', 10.00);
INSERT INTO orders (order_id, customer_id, product_id, quantity, ordered_at) VALUES (1, 'c1', 'p1', 1, 299000);
ASSERT VALUES region_totals (region, windowstart, windowend, orders, revenue) VALUES ('north', 0, 300000, 1, 10.00);
INSERT INTO orders (order_id, customer_id, product_id, quantity, ordered_at) VALUES (2, 'c1', 'p1', 1, 359000);
ASSERT VALUES region_totals (region, windowstart, orders) VALUES ('north', 300000, 1);
INSERT INTO orders (order_id, customer_id, product_id, quantity, ordered_at) VALUES (3, 'c1', 'p1', 2, 298000);
ASSERT VALUES region_totals (region, windowstart, orders, items, revenue) VALUES ('north', 0, 2, 3, 30.00);
INSERT INTO orders (order_id, customer_id, product_id, quantity, ordered_at) VALUES (4, 'c1', 'p1', 1, 3900000);
ASSERT VALUES region_totals (region, windowstart, orders) VALUES ('north', 3900000, 1);
INSERT INTO orders (order_id, customer_id, product_id, quantity, ordered_at) VALUES (5, 'c1', 'p1', 9, 299999);
INSERT INTO orders (order_id, customer_id, product_id, quantity, ordered_at) VALUES (6, 'c1', 'p1', 1, 3910000);
ASSERT VALUES region_totals (region, windowstart, orders) VALUES ('north', 3900000, 2);
