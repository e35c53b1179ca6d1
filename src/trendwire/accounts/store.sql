-- name: seal
-- Once, when the file is made.
INSERT INTO seal (only, mark) VALUES (1, :mark)

-- name: sealed
-- At every opening: a wrong secret must be told before keys are refused for it.
SELECT mark FROM seal

-- name: schema
-- With `refill_table` the whole of accounts.sqlite, version 2. Moments are Unix milliseconds, UTC; months are 12 * year + month - 1;
-- credits are whole numbers.

-- Says which secret the keys below were sealed with: under any other, none of them would be found again.
CREATE TABLE seal (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  mark BLOB NOT NULL
) STRICT;

CREATE TABLE plan (
  name TEXT PRIMARY KEY,
  monthly_credits INTEGER NOT NULL CHECK (monthly_credits >= 0)
) STRICT, WITHOUT ROWID;

-- Credits belong to an account. `balance` is the sum of its ledger rows up to `tally.upto`, not further.
-- `refilled_month` is of files from before the table `refill`.
CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  plan TEXT REFERENCES plan,
  balance INTEGER NOT NULL DEFAULT 0,
  refilled_month INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

-- A key belongs to an account. Rows stay when a key is revoked: the ledger names them.
CREATE TABLE key (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account,
  mode TEXT NOT NULL CHECK (mode IN ('live', 'test')),
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  shown TEXT NOT NULL,
  qps INTEGER NOT NULL CHECK (qps >= 1),
  monthly_cap INTEGER,
  endpoints TEXT NOT NULL DEFAULT '[]',
  addresses TEXT NOT NULL DEFAULT '[]',
  carried_month INTEGER NOT NULL DEFAULT 0,
  carried INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;

-- The ledger, and the truth: grants and refills add, a debit takes and says which key spent it on what. Ids rise
-- in the order of commits, as no row is ever deleted.
CREATE TABLE entry (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  key_id INTEGER,
  endpoint TEXT,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL DEFAULT 'debit',
  note TEXT,
  CHECK (CASE WHEN kind = 'debit' THEN amount < 0 AND key_id IS NOT NULL AND endpoint IS NOT NULL
              ELSE kind IN ('grant', 'refill') AND amount > 0 AND key_id IS NULL AND endpoint IS NULL END)
) STRICT;

-- Requests charged for, by key, endpoint and UTC day (YYYY-MM-DD), up to `tally.upto` as well.
CREATE TABLE usage (
  key_id INTEGER NOT NULL,
  endpoint TEXT NOT NULL,
  day TEXT NOT NULL,
  calls INTEGER NOT NULL,
  credits INTEGER NOT NULL,
  PRIMARY KEY (key_id, endpoint, day)
) STRICT, WITHOUT ROWID;

-- The last ledger row that balances and usage include; what came after it is added at the next opening.
CREATE TABLE tally (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  upto INTEGER NOT NULL
) STRICT;
INSERT INTO tally (only, upto) VALUES (1, 0);

CREATE TRIGGER account_stays BEFORE DELETE ON account
BEGIN
  SELECT RAISE(ABORT, 'accounts are not deleted');
END;

CREATE TRIGGER entry_is_not_changed BEFORE UPDATE ON entry
BEGIN
  SELECT RAISE(ABORT, 'ledger rows are not changed');
END;

CREATE TRIGGER entry_is_not_deleted BEFORE DELETE ON entry
BEGIN
  SELECT RAISE(ABORT, 'ledger rows are not deleted');
END;

-- name: from_version_1
-- Homes of before plans, caps and restrictions. Its balances were moved by triggers, so they include every row.
ALTER TABLE account RENAME TO account_1;
ALTER TABLE key RENAME TO key_1;
ALTER TABLE entry RENAME TO entry_1;
ALTER TABLE usage RENAME TO usage_1;
ALTER TABLE seal RENAME TO seal_1;
DROP TRIGGER entry_moves_balance;
DROP TRIGGER balance_moves_by_entry;
DROP TRIGGER account_starts_empty;
DROP TRIGGER account_stays;
DROP TRIGGER entry_is_not_changed;
DROP TRIGGER entry_is_not_deleted;
DROP TRIGGER entry_is_not_replaced;

-- name: has_refills
-- Files of this version from before the table have only the last month of each account.
SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'refill'

-- name: refill_table
-- The months whose refill an account had. A row for each, as a clock that was wrong may have been ahead of some.
CREATE TABLE refill (
  account_id INTEGER NOT NULL REFERENCES account,
  month INTEGER NOT NULL,
  PRIMARY KEY (account_id, month)
) STRICT, WITHOUT ROWID;

-- name: known_refills
-- The ledger has every refill but those that had nothing to give; of these the account knows the last one.
INSERT INTO refill
SELECT id, refilled_month FROM account WHERE refilled_month > 0
UNION
SELECT account_id, 12 * strftime('%Y', at / 1000, 'unixepoch') + strftime('%m', at / 1000, 'unixepoch') - 1
FROM entry WHERE kind = 'refill';

-- name: copy_version_1
-- After `schema`; the old tables go.
INSERT INTO seal SELECT only, mark FROM seal_1;
INSERT INTO account (id, name, balance, created_at) SELECT id, name, balance, created_at FROM account_1;
INSERT INTO key (id, account_id, mode, digest, shown, qps, created_at, revoked_at)
SELECT id, account_id, 'live', digest, shown, qps, created_at, revoked_at FROM key_1;
INSERT INTO entry (id, account_id, amount, key_id, endpoint, at, kind)
SELECT id, account_id, amount, key_id, endpoint, at, iif(amount > 0, 'grant', 'debit') FROM entry_1;
INSERT INTO usage SELECT key_id, endpoint, day, calls, credits FROM usage_1;
UPDATE tally SET upto = (SELECT coalesce(max(id), 0) FROM entry_1);
DROP TABLE usage_1;
DROP TABLE entry_1;
DROP TABLE key_1;
DROP TABLE account_1;
DROP TABLE seal_1;
