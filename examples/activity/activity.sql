-- Web activity: errors as they happen, views per page and minute, and each user's totals.

CREATE STREAM views (user_id VARCHAR, page VARCHAR, status INT, millis INT, viewed_at BIGINT)
  WITH (KAFKA_TOPIC = 'views', VALUE_FORMAT = 'JSON', PARTITIONS = 1, TIMESTAMP = 'viewed_at');

SET 'auto.offset.reset' = 'earliest';

CREATE STREAM failed_views AS
  SELECT user_id, page, status FROM views WHERE status >= 500 EMIT CHANGES;

CREATE TABLE page_views AS
  SELECT page, COUNT(*) AS views, AVG(millis) AS mean_millis, MAX(millis) AS worst_millis
  FROM views
  WINDOW TUMBLING (SIZE 1 MINUTE)
  GROUP BY page
  EMIT CHANGES;

CREATE TABLE users AS
  SELECT user_id, COUNT(*) AS views, LATEST_BY_OFFSET(page) AS last_page, TOPK(millis, 3) AS slowest
  FROM views
  GROUP BY user_id
  EMIT CHANGES;
