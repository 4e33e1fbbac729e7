-- How often shares are talked about, and a machine that fails.

CREATE STREAM tweets (symbol VARCHAR, timestamp VARCHAR, value BIGINT)
  WITH (KAFKA_TOPIC = 'tweets', VALUE_FORMAT = 'DELIMITED', PARTITIONS = 1,
    TIMESTAMP = 'timestamp', TIMESTAMP_FORMAT = 'yyyy-MM-dd HH:mm:ss');

CREATE STREAM machine (timestamp VARCHAR, value DOUBLE)
  WITH (KAFKA_TOPIC = 'machine', VALUE_FORMAT = 'DELIMITED', PARTITIONS = 1,
    TIMESTAMP = 'timestamp', TIMESTAMP_FORMAT = 'yyyy-MM-dd HH:mm:ss');

SET 'auto.offset.reset' = 'earliest';

CREATE TABLE n1 AS
  SELECT symbol, COUNT(*) AS n, SUM(value) AS sum_value, MAX(value) AS max_value
  FROM tweets WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 4000 DAYS, GRACE PERIOD 3650 DAYS)
  GROUP BY symbol;

CREATE TABLE n2 AS
  SELECT symbol, COUNT(*) AS n, SUM(value) AS sum_value
  FROM tweets WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY 15 MINUTES, RETENTION 4000 DAYS, GRACE PERIOD 3650 DAYS)
  WHERE symbol = 'AAPL'
  GROUP BY symbol
  HAVING SUM(value) > 2000;

-- A mean is kept as a struct, which columns with commas between cannot hold.
CREATE STREAM readings WITH (VALUE_FORMAT = 'JSON') AS SELECT * FROM machine;

CREATE TABLE m1 AS
  SELECT 'machine' AS name, COUNT(*) AS n, MIN(value) AS low, MAX(value) AS high, AVG(value) AS mean
  FROM readings WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 4000 DAYS, GRACE PERIOD 0 SECONDS)
  GROUP BY 'machine';
