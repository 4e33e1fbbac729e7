-- Flights within the United States, and the airports they leave from.

CREATE STREAM flights (`date` VARCHAR, delay INT, distance INT, origin VARCHAR, destination VARCHAR)
  WITH (KAFKA_TOPIC = 'flights', VALUE_FORMAT = 'JSON', PARTITIONS = 1,
    TIMESTAMP = '`date`', TIMESTAMP_FORMAT = 'yyyy/MM/dd HH:mm');

CREATE TABLE airports (iata VARCHAR PRIMARY KEY, name VARCHAR, city VARCHAR, state VARCHAR, country VARCHAR,
    latitude DOUBLE, longitude DOUBLE)
  WITH (KAFKA_TOPIC = 'airports', VALUE_FORMAT = 'DELIMITED', PARTITIONS = 1);

SET 'auto.offset.reset' = 'earliest';

CREATE TABLE f1 AS
  SELECT a.state AS state, COUNT(*) AS flights, SUM(CASE WHEN f.delay >= 15 THEN 1 ELSE 0 END) AS delayed,
    SUM(f.delay) AS sum_delay
  FROM flights f JOIN airports a ON f.origin = a.iata
  WINDOW TUMBLING (SIZE 1 DAY, RETENTION 4000 DAYS, GRACE PERIOD 1 DAY)
  GROUP BY a.state;

CREATE TABLE f3 AS
  SELECT origin, COUNT(*) AS flights, MAX(delay) AS max_delay
  FROM flights WINDOW HOPPING (SIZE 6 HOURS, ADVANCE BY 2 HOURS, RETENTION 4000 DAYS, GRACE PERIOD 1 DAY)
  WHERE origin IN ('ATL', 'LAX', 'ORD')
  GROUP BY origin;
