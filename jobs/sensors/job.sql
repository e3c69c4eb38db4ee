-- Real-time analytics on sensor readings: validate, de-duplicate, aggregate, detect.
--
--   events ─▶ timed ─▶ fields ─▶ judged ─┬─▶ (a reason) ─────────────────▶ rejected
--                                         └─▶ once ─┬─▶ late ────────────▶ rejected
--                                                   └─▶ on_time ─┬────────▶ lake
--                                                                ├─▶ windows ─▶ latest
--                                                                └─▶ with_baseline ─▶ unusual ─▶ anomalies
--
-- What each record has to look like, and what becomes of it if it doesn't, is in README.md.
-- ${events}, ${lake}, … stand for the connector options of what the stack binds to that name.

-- Times in this file are UTC, wherever the job runs.
SET 'table.local-time-zone' = 'UTC';

-- The horizon of de-duplication: an event id is remembered for three days after it was first seen.
-- Without it the state would grow for ever. Windows and the baseline clean up by event time instead.
SET 'table.exec.state.ttl' = '3 d';

-- The INSERTs share the views below. Planned one by one, each would read the stream by itself;
-- with this, what they share is planned once, and the stream is read once.
SET 'table.optimizer.reuse-optimize-block-with-digest-enabled' = 'true';


-- ── Tables ──────────────────────────────────────────────────────────────────────────────────────

-- The payload is read as bytes, whatever it holds. A JSON format would stop the job on the first
-- malformed record, or, told to ignore errors, turn bad fields into NULL without a word.
CREATE TABLE events (
  payload         BYTES,
  arrived_at      TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
  shard_id        STRING NOT NULL METADATA FROM 'shard-id' VIRTUAL,
  sequence_number STRING NOT NULL METADATA FROM 'sequence-number' VIRTUAL,
  -- The event's own time, or 1970, which never moves the watermark. It must not be NULL: that kills
  -- the job. 1970 is for a time that can't be read (written back it has to be the same, as the 30th
  -- of February is read as the 28th), and for one more than a day ahead of its arrival: a single
  -- sensor with a wrong clock would otherwise make the events of all others late.
  ts AS CASE
    WHEN DATE_FORMAT(
           TO_TIMESTAMP(JSON_VALUE(CAST(payload AS STRING), '$.event_time'), 'yyyy-MM-dd''T''HH:mm:ss''Z'''),
           'yyyy-MM-dd''T''HH:mm:ss''Z'''
         ) = JSON_VALUE(CAST(payload AS STRING), '$.event_time')
     AND TO_TIMESTAMP(JSON_VALUE(CAST(payload AS STRING), '$.event_time'), 'yyyy-MM-dd''T''HH:mm:ss''Z''')
         <= CAST(arrived_at AS TIMESTAMP(3)) + INTERVAL '1' DAY
    THEN TO_TIMESTAMP(JSON_VALUE(CAST(payload AS STRING), '$.event_time'), 'yyyy-MM-dd''T''HH:mm:ss''Z''')
    ELSE CAST(TIMESTAMP '1970-01-01 00:00:00' AS TIMESTAMP(3))
  END,
  read_at AS PROCTIME(),
  -- Events may overtake each other by up to two hours. No idle time-out: when records come in
  -- bursts it lets the watermark run ahead, and events that were in time become late.
  WATERMARK FOR ts AS ts - INTERVAL '2' HOUR
) WITH (${events});

-- One row an event.
CREATE TABLE lake (
  event_id    STRING,
  sensor      STRING,
  event_time  STRING,
  temperature DECIMAL(20, 2),
  job_version STRING,
  dt          STRING
) PARTITIONED BY (dt) WITH (${lake});

-- Dead letters: why, the payload as it came, and where it came from.
CREATE TABLE rejected (
  reason          STRING,
  payload         STRING,       -- NULL if the bytes are not UTF-8
  payload_base64  BYTES,        -- then they are here (JSON writes bytes as base64)
  arrived_at      STRING,
  shard_id        STRING,
  sequence_number STRING
) WITH (${rejected});

-- Two kinds of items in one DynamoDB table, told apart by the sort key. Two tables here, as each kind
-- has its own columns and the sink can't write a NULL. PARTITIONED BY tells the sink the key: of two
-- writes with one key in one batch, which DynamoDB would refuse, it keeps the last.
CREATE TABLE latest (
  sensor       STRING,
  item         STRING,          -- 'latest'
  window_start STRING,
  window_end   STRING,
  events       BIGINT,
  minimum      DECIMAL(20, 2),
  maximum      DECIMAL(20, 2),
  average      DECIMAL(38, 6)
) PARTITIONED BY (sensor, item) WITH (${readings});

CREATE TABLE anomalies (
  sensor       STRING,
  item         STRING,          -- 'anomaly#<event time>#<event id>'
  event_id     STRING,
  event_time   STRING,
  temperature  DECIMAL(20, 2),
  baseline     DECIMAL(38, 6)
) PARTITIONED BY (sensor, item) WITH (${readings});


-- ── Validation: one reason a record, or none ────────────────────────────────────────────────────

-- `newest` is the newest event time seen so far. It decides what is late (see `on_time`) and stands
-- before everything else because it has to count exactly the records that the watermark counts.
CREATE TEMPORARY VIEW timed AS
SELECT *, MAX(ts) OVER (ORDER BY read_at) AS newest
FROM events;

-- JSON_VALUE gives every scalar as text and NULL for anything else: absent, null, an object, a
-- broken document. TRY_CAST, as CAST would kill the job. DECIMAL, as a moving sum of doubles drifts.
CREATE TEMPORARY VIEW fields AS
SELECT
  ts, newest, read_at, payload, arrived_at, shard_id, sequence_number,
  CAST(payload AS STRING) AS document,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.event_id'), '') AS event_id,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.sensor'), '') AS sensor,
  JSON_VALUE(CAST(payload AS STRING), '$.event_time') AS event_time,
  JSON_VALUE(CAST(payload AS STRING), '$.temperature') AS temperature_text,
  TRY_CAST(JSON_VALUE(CAST(payload AS STRING), '$.temperature') AS DECIMAL(20, 2)) AS temperature
FROM timed;

-- The first reason that applies is the one that is given.
CREATE TEMPORARY VIEW judged AS
SELECT
  *,
  CASE
    WHEN CAST(document AS BYTES) <> payload THEN 'not_utf8'   -- bytes that did not survive decoding
    WHEN document IS NOT JSON OBJECT THEN 'not_json'
    -- Flink's JSON reader stops at the end of the first object; what follows would be lost.
    WHEN JSON_VALUE('{"first":' || document || ',"end":1}', '$.end') IS NULL THEN 'not_json'
    WHEN event_id IS NULL THEN 'missing_event_id'
    WHEN sensor IS NULL THEN 'missing_sensor'
    WHEN event_time IS NULL THEN 'missing_event_time'
    WHEN temperature_text IS NULL THEN 'missing_temperature'
    WHEN DATE_FORMAT(
           TO_TIMESTAMP(event_time, 'yyyy-MM-dd''T''HH:mm:ss''Z'''), 'yyyy-MM-dd''T''HH:mm:ss''Z'''
         ) IS DISTINCT FROM event_time THEN 'bad_event_time'
    WHEN DATE_FORMAT(ts, 'yyyy-MM-dd''T''HH:mm:ss''Z''') <> event_time THEN 'future_event_time'
    WHEN temperature IS NULL THEN 'bad_temperature'
    WHEN temperature NOT BETWEEN -80 AND 140 THEN 'temperature_out_of_range'
  END AS reason
FROM fields;


-- ── De-duplication and lateness ─────────────────────────────────────────────────────────────────

-- The first record of each event id. Ordered by PROCTIME the first one is final: nothing is ever
-- taken back, so the result may go into files.
CREATE TEMPORARY VIEW once AS
SELECT *
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY event_id ORDER BY read_at ASC) AS occurrence
  FROM judged
  WHERE reason IS NULL
)
WHERE occurrence = 1;

-- Late is what lies behind the watermark: a window that has fired can't take it any more and would
-- drop it in silence. CURRENT_WATERMARK(ts) says the same, but is not part of a savepoint: after
-- each restart it is NULL and late events would slip through. `newest` is state and is restored.
CREATE TEMPORARY VIEW on_time AS
SELECT * FROM once WHERE ts > newest - INTERVAL '2' HOUR;

CREATE TEMPORARY VIEW late AS
SELECT * FROM once WHERE ts <= newest - INTERVAL '2' HOUR;


-- ── Analytics ───────────────────────────────────────────────────────────────────────────────────

CREATE TEMPORARY VIEW windows AS
SELECT
  sensor, window_start, window_end,
  COUNT(*) AS events,
  MIN(temperature) AS minimum,
  MAX(temperature) AS maximum,
  CAST(AVG(temperature) AS DECIMAL(38, 6)) AS average
FROM TABLE(TUMBLE(TABLE on_time, DESCRIPTOR(ts), INTERVAL '6' HOUR))
GROUP BY sensor, window_start, window_end;

-- Each reading beside the day of readings of its sensor that ends with it. A frame can't leave out
-- its own row, so that is taken off below.
CREATE TEMPORARY VIEW with_baseline AS
SELECT
  sensor, event_id, event_time, temperature,
  COUNT(*) OVER day_before AS day_count,
  SUM(temperature) OVER day_before AS day_sum
FROM on_time
WINDOW day_before AS (
  PARTITION BY sensor ORDER BY ts RANGE BETWEEN INTERVAL '24' HOUR PRECEDING AND CURRENT ROW
);

CREATE TEMPORARY VIEW unusual AS
SELECT
  sensor, event_id, event_time, temperature,
  CAST((day_sum - temperature) / (day_count - 1) AS DECIMAL(38, 6)) AS baseline
FROM with_baseline
WHERE day_count > 12            -- fewer than 12 readings beside it are no baseline
  AND ABS(temperature - (day_sum - temperature) / (day_count - 1)) > 20;


-- ── Sinks ───────────────────────────────────────────────────────────────────────────────────────

INSERT INTO lake
SELECT
  event_id,
  sensor,
  event_time,
  temperature,
  '1' AS job_version,
  DATE_FORMAT(ts, 'yyyy-MM-dd') AS dt
FROM on_time;

-- Windows of a sensor come out in the order of time, so the last write is the latest window.
INSERT INTO latest
SELECT
  sensor,
  'latest' AS item,
  DATE_FORMAT(window_start, 'yyyy-MM-dd''T''HH:mm:ss''Z''') AS window_start,
  DATE_FORMAT(window_end, 'yyyy-MM-dd''T''HH:mm:ss''Z''') AS window_end,
  events, minimum, maximum, average
FROM windows;

INSERT INTO anomalies
SELECT
  sensor,
  'anomaly#' || event_time || '#' || event_id AS item,
  event_id, event_time, temperature, baseline
FROM unusual;

INSERT INTO rejected
SELECT
  reason,
  CASE WHEN reason <> 'not_utf8' THEN document END AS payload,
  CASE WHEN reason = 'not_utf8' THEN payload END AS payload_base64,
  CAST(arrived_at AS STRING) AS arrived_at,
  shard_id,
  sequence_number
FROM (
  SELECT reason, document, payload, arrived_at, shard_id, sequence_number FROM judged WHERE reason IS NOT NULL
  UNION ALL
  SELECT 'late', document, payload, arrived_at, shard_id, sequence_number FROM late
);
