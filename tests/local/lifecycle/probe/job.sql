-- Counts events, so that tests can count what a deploy loses or does twice.
--
-- The count of a sensor is the job's state. It is in every row: the k-th event of a sensor has to
-- come out with so_far = k, whatever was stopped, killed or restored in between. Each row also says
-- which version of the job wrote it. `versions.py` makes the other versions from this one.

SET 'table.optimizer.reuse-optimize-block-with-digest-enabled' = 'true';

CREATE TABLE events (
  number  BIGINT,        -- 1, 2, 3, … in the order of sending
  sensor  STRING,
  celsius DOUBLE,
  read_at AS PROCTIME()
) WITH (${events});

-- Every event, once.
CREATE TABLE seen (
  number      BIGINT,
  sensor      STRING,
  so_far      BIGINT,
  job_version STRING
) WITH (${seen});

-- The count of each sensor as it is now.
CREATE TABLE counts (
  sensor      STRING,
  events      BIGINT,
  job_version STRING
) PARTITIONED BY (sensor) WITH (${counts});

CREATE TEMPORARY VIEW counted AS
SELECT
  number,
  sensor,
  COUNT(*) OVER (PARTITION BY sensor ORDER BY read_at) AS so_far,
  '1' AS job_version
FROM events;

INSERT INTO seen SELECT number, sensor, so_far, job_version FROM counted;

INSERT INTO counts SELECT sensor, so_far, job_version FROM counted;
