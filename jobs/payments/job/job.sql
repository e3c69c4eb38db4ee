-- Fraud detection on card payments: validate, de-duplicate, find patterns, keep.
--
--   payments ─▶ timed ─▶ fields ─▶ judged ─┬─▶ (a reason) ────────────────────▶ rejected
--                                           └─▶ once ─┬─▶ late ────────────────▶ rejected
--                                                     └─▶ on_time ─┬───────────▶ lake
--                                                                  ├─▶ card_testing ──────┐
--                                                                  └─▶ impossible_travel ─┴─▶ alerts
--
-- What each message has to look like, and what becomes of it if it doesn't, is in README.md.
-- ${payments}, ${lake}, … stand for the connector options of what the stack binds to that name;
-- iban_is_valid is the Python function of accounts.py, which main.py registers.

-- Times in this file are UTC, wherever the job runs.
SET 'table.local-time-zone' = 'UTC';

-- The horizon of de-duplication: a payment's id is remembered for a day after it was first seen.
SET 'table.exec.state.ttl' = '1 d';

-- The INSERTs share the views below. With this, what they share is planned once, and the topic is
-- read once.
SET 'table.optimizer.reuse-optimize-block-with-digest-enabled' = 'true';


-- ── Tables ──────────────────────────────────────────────────────────────────────────────────────

-- The payload is read as bytes, whatever it holds: a JSON format would stop the job on the first
-- malformed message, or, told to ignore errors, turn bad fields into NULL without a word.
CREATE TABLE payments (
  payload    BYTES,
  arrived_at TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
  part       INT NOT NULL METADATA FROM 'partition' VIRTUAL,
  place      BIGINT NOT NULL METADATA FROM 'offset' VIRTUAL,
  -- The payment's or the heartbeat's own time, or 1970, which never moves the watermark. It must not
  -- be NULL: that kills the job. 1970 is for a time that can't be read, and for one more than a day
  -- ahead of its arrival: one terminal with a wrong clock would make all other payments late.
  ts AS CASE
    WHEN DATE_FORMAT(
           TO_TIMESTAMP(COALESCE(JSON_VALUE(CAST(payload AS STRING), '$.paid_at'), JSON_VALUE(CAST(payload AS STRING), '$.heartbeat')), 'yyyy-MM-dd''T''HH:mm:ss''Z'''),
           'yyyy-MM-dd''T''HH:mm:ss''Z'''
         ) = COALESCE(JSON_VALUE(CAST(payload AS STRING), '$.paid_at'), JSON_VALUE(CAST(payload AS STRING), '$.heartbeat'))
     AND TO_TIMESTAMP(COALESCE(JSON_VALUE(CAST(payload AS STRING), '$.paid_at'), JSON_VALUE(CAST(payload AS STRING), '$.heartbeat')), 'yyyy-MM-dd''T''HH:mm:ss''Z''')
         <= CAST(arrived_at AS TIMESTAMP(3)) + INTERVAL '1' DAY
    THEN TO_TIMESTAMP(COALESCE(JSON_VALUE(CAST(payload AS STRING), '$.paid_at'), JSON_VALUE(CAST(payload AS STRING), '$.heartbeat')), 'yyyy-MM-dd''T''HH:mm:ss''Z''')
    ELSE CAST(TIMESTAMP '1970-01-01 00:00:00' AS TIMESTAMP(3))
  END,
  read_at AS PROCTIME(),
  -- Stragglers have five minutes. No idle time-out: after a pause it lets the watermark run ahead and
  -- drops what was in time. Heartbeats keep a quiet partition from holding it back instead.
  WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH (${payments});

-- One row a payment.
CREATE TABLE lake (
  payment_id  STRING,
  card        STRING,
  account     STRING,
  amount      DECIMAL(20, 2),
  paid_at     TIMESTAMP(3),
  latitude    DOUBLE,
  longitude   DOUBLE,
  job_version STRING,
  dt          STRING
) PARTITIONED BY (dt) WITH (${lake});

CREATE TABLE alerts (
  rule             STRING,
  card             STRING,
  payment_id       STRING,      -- of the payment that gave it away
  paid_at          STRING,
  amount           DECIMAL(20, 2),
  first_payment_id STRING,      -- of the first payment of the pattern
  first_paid_at    STRING,
  payments         BIGINT,      -- how many the pattern consists of
  job_version      STRING
) WITH (${alerts});

-- Dead letters: the bytes as they came; why, and where they came from, beside them.
CREATE TABLE rejected (
  payload BYTES,
  headers MAP<STRING, BYTES> METADATA
) WITH (${rejected});


-- ── Validation: one reason a message, or none ───────────────────────────────────────────────────

-- `newest` is the newest time seen so far in the message's partition. It decides what is late (see
-- `on_time`), and counts exactly the messages that the partition's watermark counts.
CREATE TEMPORARY VIEW timed AS
SELECT *, MAX(CAST(ts AS TIMESTAMP(3))) OVER (PARTITION BY part ORDER BY read_at) AS newest
FROM payments;

-- JSON_VALUE gives every scalar as text and NULL for anything else: absent, null, an object, a
-- broken document. TRY_CAST, as CAST would kill the job.
CREATE TEMPORARY VIEW fields AS
SELECT
  ts, newest, read_at, payload, part, place,
  CAST(payload AS STRING) AS document,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.payment_id'), '') AS payment_id,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.card'), '') AS card,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.account'), '') AS account,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.amount'), '') AS amount_text,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.paid_at'), '') AS paid_at,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.latitude'), '') AS latitude_text,
  NULLIF(JSON_VALUE(CAST(payload AS STRING), '$.longitude'), '') AS longitude_text,
  JSON_VALUE(CAST(payload AS STRING), '$.heartbeat') AS heartbeat,
  TRY_CAST(JSON_VALUE(CAST(payload AS STRING), '$.amount') AS DECIMAL(20, 2)) AS amount,
  TRY_CAST(JSON_VALUE(CAST(payload AS STRING), '$.latitude') AS DOUBLE) AS latitude,
  TRY_CAST(JSON_VALUE(CAST(payload AS STRING), '$.longitude') AS DOUBLE) AS longitude
FROM timed;

-- The first reason that applies is the one that is given; a heartbeat is no payment and has none.
CREATE TEMPORARY VIEW judged AS
SELECT
  *,
  CASE
    WHEN CAST(document AS BYTES) <> payload THEN 'not_utf8'   -- bytes that did not survive decoding
    WHEN document IS NOT JSON OBJECT THEN 'not_json'
    -- Flink's JSON reader stops at the end of the first object; what follows would be lost.
    WHEN JSON_VALUE('{"first":' || document || ',"end":1}', '$.end') IS NULL THEN 'not_json'
    WHEN payment_id IS NULL AND heartbeat = DATE_FORMAT(
           TO_TIMESTAMP(heartbeat, 'yyyy-MM-dd''T''HH:mm:ss''Z'''), 'yyyy-MM-dd''T''HH:mm:ss''Z'''
         ) THEN 'heartbeat'
    WHEN payment_id IS NULL THEN 'missing_payment_id'
    WHEN card IS NULL THEN 'missing_card'
    WHEN account IS NULL THEN 'missing_account'
    WHEN amount_text IS NULL THEN 'missing_amount'
    WHEN paid_at IS NULL THEN 'missing_paid_at'
    WHEN latitude_text IS NULL THEN 'missing_latitude'
    WHEN longitude_text IS NULL THEN 'missing_longitude'
    WHEN DATE_FORMAT(
           TO_TIMESTAMP(paid_at, 'yyyy-MM-dd''T''HH:mm:ss''Z'''), 'yyyy-MM-dd''T''HH:mm:ss''Z'''
         ) IS DISTINCT FROM paid_at THEN 'bad_paid_at'
    WHEN DATE_FORMAT(ts, 'yyyy-MM-dd''T''HH:mm:ss''Z''') <> paid_at THEN 'future_paid_at'
    WHEN amount IS NULL THEN 'bad_amount'
    WHEN amount <= 0 OR amount > 50000 THEN 'amount_out_of_range'
    WHEN latitude IS NULL OR longitude IS NULL
      OR latitude NOT BETWEEN -90 AND 90 OR longitude NOT BETWEEN -180 AND 180 THEN 'bad_position'
    WHEN NOT iban_is_valid(account) THEN 'bad_account'
  END AS reason
FROM fields;


-- ── De-duplication and lateness ─────────────────────────────────────────────────────────────────

-- The first message of each payment. Ordered by PROCTIME the first one is final: nothing is ever
-- taken back, so the result may go into files, and into patterns.
CREATE TEMPORARY VIEW once AS
SELECT *
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY payment_id ORDER BY read_at ASC) AS occurrence
  FROM judged
  WHERE reason IS NULL
)
WHERE occurrence = 1;

-- Late is what lies behind its partition's watermark; MATCH_RECOGNIZE would drop it in silence.
CREATE TEMPORARY VIEW on_time AS
SELECT * FROM once WHERE ts > newest - INTERVAL '5' MINUTE;

CREATE TEMPORARY VIEW late AS
SELECT * FROM once WHERE ts <= newest - INTERVAL '5' MINUTE;


-- ── Patterns ────────────────────────────────────────────────────────────────────────────────────

-- A stolen card is tried with a few small charges before the big one. What lies between the limits
-- is left out first: an ordinary payment in the midst of it changes nothing.
CREATE TEMPORARY VIEW card_testing AS
SELECT *
FROM (SELECT card, payment_id, paid_at, amount, ts FROM on_time WHERE amount < 2 OR amount >= 500)
MATCH_RECOGNIZE (
  PARTITION BY card
  ORDER BY ts
  MEASURES
    big.payment_id AS payment_id,
    big.paid_at AS paid_at,
    big.amount AS amount,
    FIRST(small.payment_id) AS first_payment_id,
    FIRST(small.paid_at) AS first_paid_at,
    COUNT(small.payment_id) + 1 AS payments
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (small{3,} big) WITHIN INTERVAL '10' MINUTE
  DEFINE
    small AS small.amount < 2,
    big AS big.amount >= 500
);

-- A cloned card is in two places at once: further apart than a thousand kilometres an hour, and than
-- a hundred in any time, as terminals don't know exactly where they are.
CREATE TEMPORARY VIEW impossible_travel AS
SELECT *
FROM (SELECT card, payment_id, paid_at, amount, latitude, longitude, ts FROM on_time)
MATCH_RECOGNIZE (
  PARTITION BY card
  ORDER BY ts
  MEASURES
    there.payment_id AS payment_id,
    there.paid_at AS paid_at,
    there.amount AS amount,
    here.payment_id AS first_payment_id,
    here.paid_at AS first_paid_at,
    CAST(2 AS BIGINT) AS payments
  ONE ROW PER MATCH
  AFTER MATCH SKIP TO NEXT ROW
  PATTERN (here there) WITHIN INTERVAL '6' HOUR
  DEFINE
    there AS 2 * 6371 * ASIN(SQRT(
               POWER(SIN(RADIANS(there.latitude - here.latitude) / 2), 2)
               + COS(RADIANS(here.latitude)) * COS(RADIANS(there.latitude))
                 * POWER(SIN(RADIANS(there.longitude - here.longitude) / 2), 2)
             )) > GREATEST(
               CAST(100 AS DOUBLE),
               1000 * CAST(TIMESTAMPDIFF(SECOND, here.ts, there.ts) AS DOUBLE) / 3600
             )
);


-- ── Sinks ───────────────────────────────────────────────────────────────────────────────────────

INSERT INTO lake
SELECT
  payment_id, card, account, amount,
  CAST(ts AS TIMESTAMP(3)) AS paid_at,
  latitude, longitude,
  '1' AS job_version,
  DATE_FORMAT(ts, 'yyyy-MM-dd') AS dt
FROM on_time;

INSERT INTO alerts
SELECT rule, card, payment_id, paid_at, amount, first_payment_id, first_paid_at, payments, '1'
FROM (
  SELECT 'card_testing' AS rule, * FROM card_testing
  UNION ALL
  SELECT 'impossible_travel' AS rule, * FROM impossible_travel
);

INSERT INTO rejected
SELECT
  payload,
  MAP[
    'reason', CAST(reason AS BYTES),
    'partition', CAST(CAST(part AS STRING) AS BYTES),
    'offset', CAST(CAST(place AS STRING) AS BYTES)
  ] AS headers
FROM (
  SELECT reason, payload, part, place FROM judged WHERE reason IS NOT NULL AND reason <> 'heartbeat'
  UNION ALL
  SELECT 'late', payload, part, place FROM late
);
