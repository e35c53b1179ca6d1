-- name: take_turns
-- Two servers that start at once must not both make the tables.
SELECT pg_advisory_xact_lock(7461001)

-- name: schema
-- The truth of all servers: plans, accounts, keys, ledger, usage. Redis holds what requests need of it.
CREATE TABLE IF NOT EXISTS plan (
  name TEXT PRIMARY KEY,
  monthly_credits BIGINT NOT NULL CHECK (monthly_credits >= 0)
);
CREATE TABLE IF NOT EXISTS account (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  plan TEXT REFERENCES plan,
  refilled_month INTEGER NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS key (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account,
  mode TEXT NOT NULL CHECK (mode IN ('live', 'test')),
  digest BYTEA NOT NULL UNIQUE,
  shown TEXT NOT NULL,
  qps INTEGER NOT NULL,
  monthly_cap BIGINT,
  endpoints TEXT[] NOT NULL,
  addresses TEXT[] NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT
);
CREATE TABLE IF NOT EXISTS entry (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account,
  kind TEXT NOT NULL CHECK (kind IN ('grant', 'refill', 'debit')),
  amount BIGINT NOT NULL,
  key_id BIGINT REFERENCES key,
  endpoint TEXT,
  note TEXT,
  at BIGINT NOT NULL,
  drained TEXT UNIQUE
);
CREATE TABLE IF NOT EXISTS usage (
  key_id BIGINT NOT NULL REFERENCES key,
  endpoint TEXT NOT NULL,
  day DATE NOT NULL,
  calls BIGINT NOT NULL,
  credits BIGINT NOT NULL,
  PRIMARY KEY (key_id, endpoint, day)
);
-- The months whose refill an account had: a clock that was wrong may have been ahead of some. Stores from before
-- this table have the refills of their ledger, and of those with nothing to give the last.
DO $$ BEGIN
  IF to_regclass('refill') IS NULL THEN
    CREATE TABLE refill (
      account_id BIGINT NOT NULL REFERENCES account,
      month INTEGER NOT NULL,
      PRIMARY KEY (account_id, month)
    );
    INSERT INTO refill
    SELECT id, refilled_month FROM account WHERE refilled_month > 0
    UNION
    SELECT account_id, (12 * extract(year FROM month) + extract(month FROM month) - 1)::integer
    FROM (SELECT account_id, to_timestamp(at / 1000.0) AT TIME ZONE 'UTC' AS month FROM entry
          WHERE kind = 'refill') AS given;
  END IF;
END $$;
CREATE OR REPLACE FUNCTION ledger_rows_stay() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'ledger rows are not changed'; END $$;
CREATE OR REPLACE TRIGGER entry_stays BEFORE UPDATE OR DELETE ON entry
FOR EACH ROW EXECUTE FUNCTION ledger_rows_stay();

-- name: drain
-- A debit from the stream, once however often it is read: usage counts only what is new.
WITH new AS (
  INSERT INTO entry (account_id, kind, amount, key_id, endpoint, at, drained)
  VALUES (%(account)s, 'debit', -%(cost)s, %(key)s, %(endpoint)s, %(at)s, %(id)s)
  ON CONFLICT (drained) DO NOTHING RETURNING key_id, endpoint, at, amount
)
INSERT INTO usage (key_id, endpoint, day, calls, credits)
SELECT key_id, endpoint, (to_timestamp(at / 1000.0) AT TIME ZONE 'UTC')::date, 1, -amount FROM new
ON CONFLICT (key_id, endpoint, day) DO UPDATE
SET calls = usage.calls + 1, credits = usage.credits + excluded.credits

-- name: balances
-- What the ledger says; what is not drained yet is only in Redis.
SELECT account.id, account.name, account.plan, coalesce(sum(amount), 0)::bigint, created_at
FROM account LEFT JOIN entry ON entry.account_id = account.id
GROUP BY account.id ORDER BY account.id

-- name: keys
-- All of them, with what they were used for ever.
SELECT key.id, account_id, account.name, mode, digest, shown, qps, monthly_cap, endpoints, addresses,
       key.created_at, expires_at, revoked_at,
       coalesce((SELECT sum(calls) FROM usage WHERE key_id = key.id), 0)::bigint,
       coalesce((SELECT sum(credits) FROM usage WHERE key_id = key.id), 0)::bigint
FROM key JOIN account ON account.id = account_id
ORDER BY key.id

-- name: plans
-- In the order of their names.
SELECT name, monthly_credits FROM plan ORDER BY name

-- name: set_plan
-- What is changed counts from the next refill on.
INSERT INTO plan VALUES (%(name)s, %(monthly_credits)s)
ON CONFLICT (name) DO UPDATE SET monthly_credits = excluded.monthly_credits

-- name: add_account
-- None is answered where the name is taken.
INSERT INTO account (name, plan, created_at) VALUES (%(name)s, %(plan)s, %(at)s)
ON CONFLICT (name) DO NOTHING RETURNING id

-- name: change_plan
-- A new plan gives its first refill at once: this month has not had it.
WITH reopened AS (DELETE FROM refill WHERE account_id = %(id)s AND month = %(month)s)
UPDATE account SET plan = %(plan)s WHERE id = %(id)s

-- name: due_refills
-- What plans owe for a month.
SELECT account.id, account.plan, monthly_credits FROM account JOIN plan ON plan.name = account.plan
WHERE NOT EXISTS (SELECT 1 FROM refill WHERE account_id = account.id AND month = %(month)s)

-- name: refill
-- One server gives the refill of a month, once: a row is answered where it is this one and there is an amount.
WITH claimed AS (
  INSERT INTO refill (account_id, month) VALUES (%(id)s, %(month)s)
  ON CONFLICT DO NOTHING RETURNING account_id
)
INSERT INTO entry (account_id, kind, amount, note, at)
SELECT account_id, 'refill', %(amount)s, %(note)s, %(at)s FROM claimed WHERE %(amount)s > 0
RETURNING id

-- name: balance
-- Of one account, as Redis must know it where it has lost its data.
SELECT coalesce(sum(amount), 0)::bigint FROM entry WHERE account_id = %(id)s

-- name: spent
-- Of one key in one month.
SELECT coalesce(sum(credits), 0)::bigint FROM usage
WHERE key_id = %(id)s AND day >= %(first)s::date AND day < %(first)s::date + interval '1 month'

-- name: last_moment
-- What the clock said when the ledger was last written.
SELECT at FROM entry ORDER BY id DESC LIMIT 1

-- name: credit
-- A grant or a refill.
INSERT INTO entry (account_id, kind, amount, note, at)
VALUES (%(account_id)s, %(kind)s, %(amount)s, %(note)s, %(at)s) RETURNING id

-- name: add_key
-- Of its text only the digest and the first characters are kept.
INSERT INTO key (account_id, mode, digest, shown, qps, monthly_cap, endpoints, addresses, expires_at, created_at)
VALUES (%(account_id)s, %(mode)s, %(digest)s, %(shown)s, %(qps)s, %(monthly_cap)s, %(endpoints)s, %(addresses)s,
        %(expires_at)s, %(at)s) RETURNING id

-- name: change_key
-- All that can be changed, at once; the earlier end stays.
UPDATE key SET qps = %(qps)s, monthly_cap = %(monthly_cap)s, endpoints = %(endpoints)s, addresses = %(addresses)s,
  expires_at = %(expires_at)s, revoked_at = %(revoked_at)s WHERE id = %(id)s

-- name: ledger
-- Newest first; every filter that is NULL lets all pass.
SELECT id, account_id, kind, amount, key_id, endpoint, note, at FROM entry
WHERE (%(before)s::bigint IS NULL OR id < %(before)s)
  AND (%(account_id)s::bigint IS NULL OR account_id = %(account_id)s)
  AND (%(key_id)s::bigint IS NULL OR key_id = %(key_id)s)
  AND (%(kind)s::text IS NULL OR kind = %(kind)s)
  AND (%(since)s::bigint IS NULL OR at >= %(since)s)
  AND (%(until)s::bigint IS NULL OR at < %(until)s)
ORDER BY id DESC LIMIT %(limit)s

-- name: usage
-- By key, endpoint and day; every filter that is NULL lets all pass.
SELECT key_id, account_id, endpoint, day::text, calls, credits FROM usage JOIN key ON key.id = key_id
WHERE (%(account_id)s::bigint IS NULL OR account_id = %(account_id)s)
  AND (%(key_id)s::bigint IS NULL OR key_id = %(key_id)s)
  AND (%(endpoint)s::text IS NULL OR endpoint = %(endpoint)s)
  AND (%(since)s::date IS NULL OR day >= %(since)s::date)
  AND (%(until)s::date IS NULL OR day <= %(until)s::date)
ORDER BY key_id, endpoint, day

-- name: entries
-- How many rows there are, and how many accounts are below zero (none must be).
SELECT (SELECT count(*) FROM entry), (SELECT count(*) FROM
  (SELECT account_id FROM entry GROUP BY account_id HAVING sum(amount) < 0) AS below)
