-- name: debits
-- The hot statement: `{rows}` value lists, of which a batch takes as many as it needs in powers of two.
INSERT INTO entry (account_id, amount, key_id, endpoint, at) VALUES {rows}

-- name: credit
-- A grant or a refill.
INSERT INTO entry (account_id, amount, at, kind, note) VALUES (:account_id, :amount, :at, :kind, :note)

-- name: save_balance
-- With `save_upto`, in one transaction, so that the two never tell different stories.
UPDATE account SET balance = ? WHERE id = ?

-- name: save_usage
-- What came since it was last saved is added.
INSERT INTO usage (key_id, endpoint, day, calls, credits) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (key_id, endpoint, day) DO UPDATE
SET calls = calls + excluded.calls, credits = credits + excluded.credits

-- name: save_upto
-- Balances and usage now include this row and all before it.
UPDATE tally SET upto = ?

-- name: upto
-- At the opening.
SELECT upto FROM tally

-- name: accounts
-- At the opening.
SELECT account.id, account.name, plan, coalesce(monthly_credits, 0), balance, created_at
FROM account LEFT JOIN plan ON plan.name = account.plan ORDER BY account.id

-- name: keys
-- At the opening.
SELECT id, account_id, mode, digest, shown, qps, monthly_cap, endpoints, addresses, carried_month, carried,
       created_at, expires_at, revoked_at
FROM key ORDER BY id

-- name: refills
-- At the opening: every month is given once, whatever the clock said when.
SELECT account_id, month FROM refill

-- name: month_usage
-- What keys have spent since a day, by month: caps go on where they stood, also in a month that comes again.
SELECT key_id, min(day), sum(credits) FROM usage WHERE day >= ? GROUP BY key_id, substr(day, 1, 7)

-- name: entries_after
-- The rows that a crash left out of the saved balances.
SELECT id, account_id, amount, key_id, endpoint, at FROM entry WHERE id > ? ORDER BY id

-- name: last_moment
-- What the clock said when the ledger was last written.
SELECT at FROM entry ORDER BY id DESC LIMIT 1

-- name: last_entry
-- Zero where there is none.
SELECT coalesce(max(id), 0) FROM entry

-- name: refilled
-- In the batch of the refill itself: after a crash, a month is not given twice.
INSERT INTO refill (account_id, month) VALUES (:id, :month)

-- name: unsound
-- The invariant, over everything; run when balances are saved up to the last row. No row is the wanted answer.
SELECT account.id, account.balance, coalesce(sum(entry.amount), 0) AS total
FROM account LEFT JOIN entry ON entry.account_id = account.id
GROUP BY account.id
HAVING account.balance <> total OR account.balance < 0

-- name: entries
-- How many rows there are.
SELECT count(*) FROM entry

-- name: sums
-- What every balance must be.
SELECT account_id, sum(amount) FROM entry GROUP BY account_id

-- name: integrity
-- SQLite's own look at every page: one row that says ok.
PRAGMA integrity_check
