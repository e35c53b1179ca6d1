-- name: count
-- In the transaction of the debit, so that the two never tell different stories.
INSERT INTO usage (key_id, endpoint, day, calls, credits) VALUES (:key_id, :endpoint, :day, 1, :cost)
ON CONFLICT (key_id, endpoint, day) DO UPDATE SET calls = calls + 1, credits = credits + excluded.credits

-- name: all
-- In the order of the primary key: no sort.
SELECT key_id, endpoint, day, calls, credits FROM usage ORDER BY key_id, endpoint, day
