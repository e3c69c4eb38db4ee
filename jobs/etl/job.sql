-- Streaming ETL of flights: validate, convert, de-duplicate, keep.
--
--   departures ─▶ fields ─▶ judged ─┬─▶ (a reason) ─▶ rejected
--                                    └─▶ once ───────▶ flights
--
-- What each message has to look like, and what becomes of it if it doesn't, is in README.md.
-- ${departures}, ${flights}, … stand for the connector options of what the stack binds to that name.

-- Times in this file are UTC, wherever the job runs.
SET 'table.local-time-zone' = 'UTC';

-- The horizon of de-duplication: a flight is remembered for two days after its first report.
SET 'table.exec.state.ttl' = '2 d';

-- The INSERTs share the views below. With this, what they share is planned once, and the topic is
-- read once.
SET 'table.optimizer.reuse-optimize-block-with-digest-enabled' = 'true';


-- ── Tables ──────────────────────────────────────────────────────────────────────────────────────

-- The payload is read as bytes, whatever it holds: a JSON format would stop the job on the first
-- malformed message, or, told to ignore errors, turn bad fields into NULL without a word.
-- Nothing here depends on event time, so there is no watermark: a row is written when it is read.
CREATE TABLE departures (
  payload    BYTES,
  arrived_at TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
  part       INT NOT NULL METADATA FROM 'partition' VIRTUAL,
  place      BIGINT NOT NULL METADATA FROM 'offset' VIRTUAL,
  read_at    AS PROCTIME()
) WITH (${departures});

-- One row a flight.
CREATE TABLE flights (
  carrier      STRING,
  flight       INT,
  tail         STRING,
  origin       STRING,
  dest         STRING,
  scheduled_at TIMESTAMP(3),
  departed_at  TIMESTAMP(3),    -- NULL: cancelled
  dep_delay    INT,             -- minutes
  arr_delay    INT,
  air_time     INT,
  distance     INT,             -- miles
  mph          DECIMAL(10, 1),
  status       STRING,          -- on_time, late, cancelled
  job_version  STRING,
  dt           STRING
) PARTITIONED BY (dt) WITH (${flights});

-- Dead letters: why, the payload as it came, and where it came from.
CREATE TABLE rejected (
  reason         STRING,
  payload        STRING,        -- NULL if the bytes are not UTF-8
  payload_base64 BYTES,         -- then they are here (JSON writes bytes as base64)
  arrived_at     STRING,
  `partition`    INT,
  `offset`       BIGINT
) WITH (${rejected});


-- ── Validation: one reason a message, or none ───────────────────────────────────────────────────

-- JSON_VALUE gives every scalar as text and NULL for anything else: absent, null, an object, a
-- broken document.
CREATE TEMPORARY VIEW fields AS
SELECT
  payload, arrived_at, part, place, read_at,
  CAST(payload AS STRING) AS document,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.carrier'), '') AS carrier,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.flight'), '') AS flight,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.tail'), '') AS tail,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.origin'), '') AS origin,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.dest'), '') AS dest,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.scheduled_at'), '') AS scheduled_at,
  TO_TIMESTAMP(JSON_VALUE(CAST(payload AS STRING), '$.scheduled_at'), 'yyyy-MM-dd''T''HH:mm:ss''Z''') AS scheduled,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.dep_delay'), '') AS dep_delay,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.arr_delay'), '') AS arr_delay,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.air_time'), '') AS air_time,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.distance'), '') AS distance
FROM departures;

-- The first reason that applies is the one that is given.
CREATE TEMPORARY VIEW judged AS
SELECT
  *,
  CASE
    WHEN CAST(document AS BYTES) <> payload THEN 'not_utf8'   -- bytes that did not survive decoding
    WHEN document IS NOT JSON OBJECT THEN 'not_json'
    -- Flink's JSON reader stops at the end of the first object; what follows would be lost.
    WHEN JSON_VALUE('{"first":' || document || ',"end":1}', '$.end') IS NULL THEN 'not_json'
    WHEN carrier IS NULL THEN 'missing_carrier'
    WHEN flight IS NULL THEN 'missing_flight'
    WHEN origin IS NULL THEN 'missing_origin'
    WHEN dest IS NULL THEN 'missing_dest'
    WHEN scheduled_at IS NULL THEN 'missing_scheduled_at'
    WHEN distance IS NULL THEN 'missing_distance'
    -- Written back it has to be the same: the 30th of February is read as the 28th.
    WHEN DATE_FORMAT(scheduled, 'yyyy-MM-dd''T''HH:mm:ss''Z''') IS DISTINCT FROM scheduled_at
      THEN 'bad_scheduled_at'
    WHEN NOT REGEXP(flight, '^-?[0-9]{1,9}$') THEN 'bad_flight'
    WHEN NOT REGEXP(distance, '^-?[0-9]{1,9}$') THEN 'bad_distance'
    WHEN NOT REGEXP(dep_delay, '^-?[0-9]{1,9}$') THEN 'bad_dep_delay'
    WHEN NOT REGEXP(arr_delay, '^-?[0-9]{1,9}$') THEN 'bad_arr_delay'
    WHEN NOT REGEXP(air_time, '^-?[0-9]{1,9}$') THEN 'bad_air_time'
    WHEN TRY_CAST(flight AS INT) < 1 THEN 'bad_flight'
    WHEN TRY_CAST(distance AS INT) < 1 THEN 'bad_distance'
    WHEN TRY_CAST(air_time AS INT) < 1 THEN 'bad_air_time'
  END AS reason
FROM fields;


-- ── Conversion and de-duplication ───────────────────────────────────────────────────────────────

-- TRY_CAST: the planner may convert before it filters, and CAST would kill the job.
CREATE TEMPORARY VIEW converted AS
SELECT
  carrier, tail, origin, dest, scheduled, read_at,
  TRY_CAST(flight AS INT) AS flight,
  TRY_CAST(dep_delay AS INT) AS dep_delay,
  TRY_CAST(arr_delay AS INT) AS arr_delay,
  TRY_CAST(air_time AS INT) AS air_time,
  TRY_CAST(distance AS INT) AS distance
FROM judged
WHERE reason IS NULL;

-- The first report of each flight. Ordered by PROCTIME the first one is final: nothing is ever taken
-- back, so the result may go into files.
CREATE TEMPORARY VIEW once AS
SELECT *
FROM (
  SELECT
    *,
    ROW_NUMBER() OVER (PARTITION BY carrier, flight, origin, scheduled ORDER BY read_at ASC) AS occurrence
  FROM converted
)
WHERE occurrence = 1;


-- ── Sinks ───────────────────────────────────────────────────────────────────────────────────────

INSERT INTO flights
SELECT
  carrier, flight, tail, origin, dest,
  scheduled AS scheduled_at,
  TIMESTAMPADD(MINUTE, dep_delay, scheduled) AS departed_at,
  dep_delay, arr_delay, air_time, distance,
  CAST(CAST(distance * 60 AS DECIMAL(20, 0)) / air_time AS DECIMAL(10, 1)) AS mph,
  CASE WHEN dep_delay IS NULL THEN 'cancelled' WHEN dep_delay > 15 THEN 'late' ELSE 'on_time' END AS status,
  '1' AS job_version,
  DATE_FORMAT(scheduled, 'yyyy-MM-dd') AS dt
FROM once;

INSERT INTO rejected
SELECT
  reason,
  CASE WHEN reason <> 'not_utf8' THEN document END AS payload,
  CASE WHEN reason = 'not_utf8' THEN payload END AS payload_base64,
  CAST(arrived_at AS STRING) AS arrived_at,
  part,
  place
FROM judged
WHERE reason IS NOT NULL;
