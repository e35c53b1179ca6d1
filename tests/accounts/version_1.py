"""The schema of accounts.sqlite in its first version, as it was released."""
# ruff: noqa: E501

VERSION_1 = """
PRAGMA user_version = 1;
-- Says which secret the keys below were sealed with: under any other, none of them would be found again.
CREATE TABLE seal (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  mark BLOB NOT NULL
) STRICT;

-- Credits belong to an account. `last_entry` is its newest row in the ledger.
CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  balance INTEGER NOT NULL DEFAULT 0 CHECK (balance >= 0),
  last_entry INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

-- A key belongs to an account. Rows stay when a key is revoked: the ledger names them.
CREATE TABLE key (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  shown TEXT NOT NULL,
  qps INTEGER NOT NULL CHECK (qps >= 1),
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;

-- The ledger: a grant adds, a debit takes and says which key spent it on what. Ids rise in the order of commits,
-- as no row is ever deleted.
CREATE TABLE entry (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account,
  amount INTEGER NOT NULL,
  key_id INTEGER REFERENCES key,
  endpoint TEXT,
  at INTEGER NOT NULL,
  CHECK (CASE WHEN amount > 0 THEN key_id IS NULL AND endpoint IS NULL
              ELSE amount < 0 AND key_id IS NOT NULL AND endpoint IS NOT NULL END)
) STRICT;

-- Requests charged for, counted by key, endpoint and UTC day (YYYY-MM-DD).
CREATE TABLE usage (
  key_id INTEGER NOT NULL REFERENCES key,
  endpoint TEXT NOT NULL,
  day TEXT NOT NULL,
  calls INTEGER NOT NULL,
  credits INTEGER NOT NULL,
  PRIMARY KEY (key_id, endpoint, day)
) STRICT, WITHOUT ROWID;

-- A row and the balance it moves are one step, whoever inserts it.
CREATE TRIGGER entry_moves_balance AFTER INSERT ON entry
BEGIN
  UPDATE account SET balance = balance + NEW.amount, last_entry = NEW.id WHERE id = NEW.account_id;
END;

-- No balance moves without a new row that says by how much.
CREATE TRIGGER balance_moves_by_entry BEFORE UPDATE OF balance, last_entry ON account
WHEN NEW.last_entry <= OLD.last_entry OR NOT EXISTS (
  SELECT 1 FROM entry
  WHERE id = NEW.last_entry AND account_id = NEW.id AND amount = NEW.balance - OLD.balance
)
BEGIN
  SELECT RAISE(ABORT, 'a balance moves by a ledger row only');
END;

CREATE TRIGGER account_starts_empty BEFORE INSERT ON account
WHEN NEW.balance <> 0 OR NEW.last_entry <> 0 OR EXISTS (SELECT 1 FROM account WHERE id = NEW.id OR name = NEW.name)
BEGIN
  SELECT RAISE(ABORT, 'an account starts with nothing, once');
END;

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

-- INSERT OR REPLACE deletes without asking the trigger above.
CREATE TRIGGER entry_is_not_replaced BEFORE INSERT ON entry
WHEN EXISTS (SELECT 1 FROM entry WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'ledger rows are not replaced');
END;
"""
