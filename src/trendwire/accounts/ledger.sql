-- name: grant
-- The trigger of `entry` moves the balance in the same step.
INSERT INTO entry (account_id, amount, at) VALUES (:account_id, :credits, :at)

-- name: debit
-- The condition and the row are one statement: nothing is checked first and changed later. No row means that
-- the balance does not cover the cost. CHECK (balance >= 0) stands behind it.
INSERT INTO entry (account_id, amount, key_id, endpoint, at)
SELECT id, -:cost, :key_id, :endpoint, :at FROM account WHERE id = :account_id AND balance >= :cost

-- name: balance
-- Read beside the sum of the rows only in `unsound`; everywhere else this column is the balance.
SELECT balance FROM account WHERE id = :account_id

-- name: unsound
-- The invariant, over everything: no row is the answer that is wanted.
SELECT account.id, account.balance, coalesce(sum(entry.amount), 0) AS total
FROM account LEFT JOIN entry ON entry.account_id = account.id
GROUP BY account.id
HAVING account.balance <> total OR account.balance < 0
