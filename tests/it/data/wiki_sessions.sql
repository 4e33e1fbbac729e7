-- How long people edit at a stretch.

SET 'auto.offset.reset' = 'earliest';

CREATE TABLE w2 AS
  SELECT user, COUNT(*) AS edits, SUM(delta) AS sum_delta
  FROM wiki WINDOW SESSION (30 MINUTES, RETENTION 30 DAYS, GRACE PERIOD 1 DAY)
  WHERE isRobot = false
  GROUP BY user;
