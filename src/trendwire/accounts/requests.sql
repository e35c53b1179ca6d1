-- name: schema
-- The whole of requests.sqlite. It may be deleted at any time: no number elsewhere is made from it.
CREATE TABLE IF NOT EXISTS request (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  key_id INTEGER,
  account_id INTEGER,
  endpoint TEXT NOT NULL,
  method TEXT NOT NULL,
  target TEXT NOT NULL,
  status INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  ms REAL NOT NULL,
  address TEXT NOT NULL,
  weight INTEGER NOT NULL
) STRICT;

-- name: add
-- In groups, about once a second.
INSERT INTO request (at, request_id, key_id, account_id, endpoint, method, target, status, cost, ms, address, weight)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: prune
-- By age and by number; ids rise with time, so both are a range at the start of the table.
DELETE FROM request WHERE id <= max(
  coalesce((SELECT max(id) FROM request), 0) - :most_rows,
  coalesce((SELECT id FROM request WHERE at >= :oldest ORDER BY id LIMIT 1) - 1, 0)
)

-- name: find
-- Newest first, by row id; every filter that is NULL lets all pass. A status below 10 is a class of statuses.
SELECT id, at, request_id, key_id, account_id, endpoint, method, target, status, cost, ms, address, weight
FROM request
WHERE (:before IS NULL OR id < :before)
  AND (:account_id IS NULL OR account_id = :account_id)
  AND (:key_id IS NULL OR key_id = :key_id)
  AND (:endpoint IS NULL OR endpoint = :endpoint)
  AND (:status IS NULL OR status = :status OR (:status < 10 AND status / 100 = :status))
  AND (:request_id IS NULL OR request_id = :request_id)
  AND (:since IS NULL OR at >= :since)
  AND (:until IS NULL OR at < :until)
ORDER BY id DESC LIMIT :limit
