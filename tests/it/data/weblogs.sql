-- Access logs: one in the form that Apache writes, one in columns.

CREATE STREAM lines (line VARCHAR) WITH (KAFKA_TOPIC = 'lines', VALUE_FORMAT = 'KAFKA', PARTITIONS = 1);

CREATE STREAM nasa_lines (host VARCHAR, logname VARCHAR, epoch_seconds BIGINT, method VARCHAR, url VARCHAR, response INT,
    bytes BIGINT, nothing VARCHAR, neither VARCHAR)
  WITH (KAFKA_TOPIC = 'nasa_lines', VALUE_FORMAT = 'DELIMITED', VALUE_DELIMITER = 'TAB', PARTITIONS = 1);

SET 'auto.offset.reset' = 'earliest';

DEFINE prefix = '^(\S+) (\S+) (\S+) \[([^\]]+)\] "([^"]*)" (\d{3}) (\d+|-) ';

CREATE STREAM hits WITH (VALUE_FORMAT = 'JSON', TIMESTAMP = 'requested_at') AS
  SELECT REGEXP_EXTRACT('${prefix}', line, 1) AS ip,
    PARSE_TIMESTAMP(REGEXP_EXTRACT('${prefix}', line, 4), 'dd/MMM/yyyy:HH:mm:ss Z') AS requested_at,
    REGEXP_EXTRACT('${prefix}', line, 5) AS request,
    CAST(REGEXP_EXTRACT('${prefix}', line, 6) AS INT) AS status,
    CAST(NULLIF(REGEXP_EXTRACT('${prefix}', line, 7), '-') AS BIGINT) AS bytes,
    REGEXP_EXTRACT('" "([^"]*)"?$', line, 1) AS agent
  FROM lines;

-- The sum of no bytes at all would be zero.
CREATE TABLE l1 AS
  SELECT status, COUNT(*) AS hits, CASE WHEN 0 < COUNT(bytes) THEN SUM(bytes) END AS sum_bytes
  FROM hits WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 4000 DAYS, GRACE PERIOD 1 DAY)
  GROUP BY status;

-- What was asked for: the request's second word, without what follows a question mark.
CREATE STREAM paths WITH (TIMESTAMP = 'requested_at') AS
  SELECT requested_at, status, SPLIT(SPLIT(request, ' ')[2], '?')[1] AS path FROM hits WHERE request LIKE 'GET %';

CREATE TABLE l2 AS
  SELECT path, COUNT(*) AS hits
  FROM paths WINDOW TUMBLING (SIZE 1 DAY, RETENTION 4000 DAYS, GRACE PERIOD 1 DAY)
  GROUP BY path;

CREATE TABLE l2b AS
  SELECT path, COUNT(*) AS hits FROM paths WHERE status = 404 GROUP BY path HAVING COUNT(*) >= 2;

CREATE TABLE l5 AS
  SELECT ip, COUNT(*) AS hits
  FROM hits
  WHERE REGEXP_EXTRACT('(?i)(bot|crawl|spider)', agent) IS NOT NULL
  GROUP BY ip
  HAVING COUNT(*) >= 20;

CREATE STREAM nasa WITH (VALUE_FORMAT = 'JSON', TIMESTAMP = 'since') AS
  SELECT host, epoch_seconds * 1000 AS since, response, bytes FROM nasa_lines;

CREATE TABLE l4 AS
  SELECT 'nasa' AS site, COUNT(*) AS hits, SUM(CASE WHEN response >= 400 THEN 1 ELSE 0 END) AS errors,
    SUM(bytes) AS sum_bytes, COUNT_DISTINCT(host) AS hosts
  FROM nasa WINDOW TUMBLING (SIZE 5 MINUTES, RETENTION 4000 DAYS, GRACE PERIOD 1 DAY)
  GROUP BY 'nasa';
