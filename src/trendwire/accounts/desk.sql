-- name: plans
-- In the order of their names.
SELECT name, monthly_credits FROM plan ORDER BY name

-- name: set_plan
-- What is changed counts from the next refill on.
INSERT INTO plan (name, monthly_credits) VALUES (:name, :monthly_credits)
ON CONFLICT (name) DO UPDATE SET monthly_credits = excluded.monthly_credits

-- name: add_account
-- Its balance comes by ledger rows alone.
INSERT INTO account (name, plan, created_at) VALUES (:name, :plan, :at)

-- name: change_plan
-- Its first refill comes at once: see `reopen_month`.
UPDATE account SET plan = :plan WHERE id = :id

-- name: reopen_month
-- Of a new plan, this month has had no refill; months that had one under the plan before are not given again.
DELETE FROM refill WHERE account_id = :id AND month = :month

-- name: add_key
-- Of its text only the digest and the first characters are kept.
INSERT INTO key (account_id, mode, digest, shown, qps, monthly_cap, endpoints, addresses, carried_month, carried,
                 expires_at, created_at)
VALUES (:account_id, :mode, :digest, :shown, :qps, :monthly_cap, :endpoints, :addresses, :carried_month, :carried,
        :expires_at, :at)

-- name: change_key
-- All that can be changed, at once.
UPDATE key SET qps = :qps, monthly_cap = :monthly_cap, endpoints = :endpoints, addresses = :addresses WHERE id = :id

-- name: expire_key
-- The end of the overlap of a rotation; an earlier end stays.
UPDATE key SET expires_at = min(coalesce(expires_at, :at), :at) WHERE id = :id

-- name: revoke_key
-- The first revocation stays on record.
UPDATE key SET revoked_at = coalesce(revoked_at, :at) WHERE id = :id

-- name: ever_used
-- Calls and credits of each key; saved usage is up to date when this runs.
SELECT key_id, sum(calls), sum(credits) FROM usage GROUP BY key_id

-- name: ledger
-- Newest first, by row id; every filter that is NULL lets all pass.
SELECT id, account_id, kind, amount, key_id, endpoint, note, at FROM entry
WHERE (:before IS NULL OR id < :before)
  AND (:account_id IS NULL OR account_id = :account_id)
  AND (:key_id IS NULL OR key_id = :key_id)
  AND (:kind IS NULL OR kind = :kind)
  AND (:since IS NULL OR at >= :since)
  AND (:until IS NULL OR at < :until)
ORDER BY id DESC LIMIT :limit

-- name: usage
-- In the order of the primary key; every filter that is NULL lets all pass.
SELECT key_id, account_id, endpoint, day, calls, credits FROM usage JOIN key ON key.id = key_id
WHERE (:account_id IS NULL OR account_id = :account_id)
  AND (:key_id IS NULL OR key_id = :key_id)
  AND (:endpoint IS NULL OR endpoint = :endpoint)
  AND (:since IS NULL OR day >= :since)
  AND (:until IS NULL OR day <= :until)
ORDER BY key_id, endpoint, day
