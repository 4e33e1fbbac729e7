-- Rides of New York's yellow taxis, in no order of time within a month.

CREATE STREAM trips (vendor_id INT, pickup_datetime VARCHAR, dropoff_datetime VARCHAR, passenger_count INT,
    trip_distance DOUBLE, rate_code_id INT, store_and_fwd_flag VARCHAR, pickup_location_id INT, dropoff_location_id INT,
    payment_type INT, fare_amount DECIMAL(10, 2), extra DECIMAL(10, 2), mta_tax DECIMAL(10, 2),
    tip_amount DECIMAL(10, 2), tolls_amount DECIMAL(10, 2), improvement_surcharge DECIMAL(10, 2),
    total_amount DECIMAL(10, 2), congestion_surcharge DECIMAL(10, 2))
  WITH (KAFKA_TOPIC = 'trips', VALUE_FORMAT = 'DELIMITED', PARTITIONS = 1,
    TIMESTAMP = 'pickup_datetime', TIMESTAMP_FORMAT = 'yyyy-MM-dd HH:mm:ss');

CREATE TABLE zones (location_id INT PRIMARY KEY, borough VARCHAR, zone VARCHAR, service_zone VARCHAR)
  WITH (KAFKA_TOPIC = 'zones', VALUE_FORMAT = 'DELIMITED', PARTITIONS = 1);

SET 'auto.offset.reset' = 'earliest';

CREATE TABLE t1 AS
  SELECT z.borough AS borough, COUNT(*) AS trips, SUM(t.passenger_count) AS sum_passengers,
    SUM(t.total_amount) AS sum_total_amount
  FROM trips t JOIN zones z ON t.pickup_location_id = z.location_id
  WINDOW TUMBLING (SIZE 1 DAY, RETENTION 4000 DAYS, GRACE PERIOD 3650 DAYS)
  GROUP BY z.borough;

CREATE TABLE t2b AS
  SELECT z.zone AS zone, COUNT(*) AS trips
  FROM trips t JOIN zones z ON t.pickup_location_id = z.location_id
  GROUP BY z.zone
  HAVING COUNT(*) >= 300;

CREATE TABLE t3b AS
  SELECT vendor_id, COUNT(*) AS trips
  FROM trips WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 4000 DAYS, GRACE PERIOD 7 DAYS)
  GROUP BY vendor_id;

CREATE TABLE t3c AS
  SELECT vendor_id, COUNT(*) AS trips
  FROM trips WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 4000 DAYS, GRACE PERIOD 3650 DAYS)
  GROUP BY vendor_id;
