-- name: add_account
-- Does nothing where the name is taken: further keys of that name spend from the same credits.
INSERT INTO account (name, created_at)
SELECT :name, :at WHERE NOT EXISTS (SELECT 1 FROM account WHERE name = :name)

-- name: add_key
-- Under the account of that name.
INSERT INTO key (account_id, digest, shown, qps, created_at)
SELECT id, :digest, :shown, :qps, :at FROM account WHERE name = :name

-- name: revoke
-- The first revocation stays on record.
UPDATE key SET revoked_at = :at WHERE id = :id AND revoked_at IS NULL

-- name: all
-- In the order they were made; revoked ones too, as usage and ledger name them.
SELECT key.id, account_id, name, shown, qps, balance, key.created_at, revoked_at
FROM key JOIN account ON account.id = account_id
ORDER BY key.id

-- name: one
-- The same columns as `all`.
SELECT key.id, account_id, name, shown, qps, balance, key.created_at, revoked_at
FROM key JOIN account ON account.id = account_id
WHERE key.id = :id

-- name: holder
-- Once for each request: a look-up by the unique digest, then one by row id. Balance and newest ledger row
-- come from one snapshot, and a key revoked by any process is seen at once.
SELECT key.id, account_id, digest, qps, revoked_at, balance, last_entry
FROM key JOIN account ON account.id = account_id
WHERE digest = ?
