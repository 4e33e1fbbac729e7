-- Edits of Wikipedia on one day.

CREATE STREAM wiki (`time` VARCHAR, channel VARCHAR, cityName VARCHAR, comment VARCHAR, countryIsoCode VARCHAR,
    countryName VARCHAR, isAnonymous BOOLEAN, isMinor BOOLEAN, isNew BOOLEAN, isRobot BOOLEAN, isUnpatrolled BOOLEAN,
    metroCode INT, namespace VARCHAR, page VARCHAR, regionIsoCode VARCHAR, regionName VARCHAR, user VARCHAR,
    delta BIGINT, added BIGINT, deleted BIGINT)
  WITH (KAFKA_TOPIC = 'wiki', VALUE_FORMAT = 'JSON', PARTITIONS = 1,
    TIMESTAMP = '`time`', TIMESTAMP_FORMAT = 'yyyy-MM-dd''T''HH:mm:ss.SSSX');

SET 'auto.offset.reset' = 'earliest';

CREATE TABLE w0 AS
  SELECT 1 AS one, SUM(deleted) AS sum_deleted
  FROM wiki WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 30 DAYS, GRACE PERIOD 1 DAY)
  GROUP BY 1;

CREATE TABLE w1 AS
  SELECT channel, COUNT(*) AS edits, SUM(added) AS sum_added, SUM(deleted) AS sum_deleted, SUM(delta) AS sum_delta,
    SUM(CASE WHEN isRobot THEN 1 ELSE 0 END) AS robot_edits
  FROM wiki WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 30 DAYS, GRACE PERIOD 1 DAY)
  GROUP BY channel;

CREATE TABLE w4 AS
  SELECT channel, COUNT(*) AS edits, COUNT_DISTINCT(user) AS distinct_users, EARLIEST_BY_OFFSET(page) AS earliest_page,
    LATEST_BY_OFFSET(page) AS latest_page, TOPK(added, 5) AS topk5_added
  FROM wiki
  GROUP BY channel;
