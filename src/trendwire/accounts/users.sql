-- name: schema
-- The whole of console.sqlite, version 1. Moments are Unix milliseconds, UTC.
CREATE TABLE user (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  signed_in_at INTEGER
) STRICT;

-- Of a session's token only the SHA-256 is kept: who reads this file can sign in as nobody.
CREATE TABLE session (
  digest BLOB PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  csrf TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A row for each try, made before it and taken away where it went well.
CREATE TABLE attempt (
  id INTEGER PRIMARY KEY,
  address TEXT NOT NULL,
  name TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- name: add
-- The name is free, or this fails.
INSERT INTO user (name, password, created_at) VALUES (:name, :password, :at)

-- name: any
-- Whether the console has users at all.
SELECT EXISTS (SELECT 1 FROM user)

-- name: users
-- In the order in which they were made; never the hash.
SELECT name, created_at, signed_in_at FROM user ORDER BY id

-- name: remove
-- Sessions go with their user.
DELETE FROM user WHERE name = :name

-- name: change_password
-- Also where a hash is made anew with the parameters of now.
UPDATE user SET password = :password WHERE name = :name

-- name: end_sessions
-- Of one user, everywhere: after a new password, whoever knew the old one is out.
DELETE FROM session WHERE user_id = (SELECT id FROM user WHERE name = :name)

-- name: password
-- The hash to try against.
SELECT id, password FROM user WHERE name = :name

-- name: recent
-- What the slow-down goes by: how many tries from an address, for a name, for both, and when the last ones were.
SELECT count(*) FILTER (WHERE address = :address), max(at) FILTER (WHERE address = :address),
       count(*) FILTER (WHERE name = :name), max(at) FILTER (WHERE name = :name),
       count(*) FILTER (WHERE address = :address AND name = :name),
       max(at) FILTER (WHERE address = :address AND name = :name)
FROM attempt WHERE at > :since

-- name: try
-- In one transaction with `recent`: many tries at one moment do not pass as one.
INSERT INTO attempt (address, name, at) VALUES (:address, :name, :at)

-- name: forgive
-- It went well: what failed before it from there no longer counts.
DELETE FROM attempt WHERE address = :address AND name = :name

-- name: forget
-- What is too old to count.
DELETE FROM attempt WHERE at <= :since

-- name: begin
-- A new token at each sign-in.
INSERT INTO session (digest, user_id, csrf, begun_at, seen_at)
SELECT :digest, id, :csrf, :at, :at FROM user WHERE id = :user_id AND password = :password

-- name: signed_in
-- For the list of users.
UPDATE user SET signed_in_at = :at WHERE id = :user_id

-- name: session
-- One that is neither idle for too long nor too old.
SELECT name, csrf, seen_at FROM session JOIN user ON user.id = user_id
WHERE digest = :digest AND seen_at > :idle AND begun_at > :oldest

-- name: seen
-- It is in use.
UPDATE session SET seen_at = :at WHERE digest = :digest

-- name: end
-- Signed out.
DELETE FROM session WHERE digest = :digest

-- name: end_old
-- Sessions that nobody can use any more.
DELETE FROM session WHERE seen_at <= :idle OR begun_at <= :oldest
