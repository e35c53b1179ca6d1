-- name: touched
-- The posts that are resolved anew.
CREATE TABLE work.touched (id VARCHAR);

-- name: touch_new
-- Those of which a new part tells something.
INSERT INTO work.touched SELECT DISTINCT id FROM read_parquet($new::VARCHAR[]);

-- name: touch_later
-- When the day rolls: those that were too new until now.
INSERT INTO work.touched SELECT id FROM main.later WHERE id NOT IN (SELECT id FROM work.touched);

-- name: facts
-- All that was ever seen of them: the statements of rollups.sql read `facts` and nothing else. Parts are sorted by
-- id, so most of what others say is skipped.
CREATE VIEW work.facts AS
SELECT * FROM read_parquet(getvariable('fact_parts')) WHERE id IN (SELECT id FROM work.touched);

-- name: before
-- What is known of them until now.
CREATE TABLE work.before AS
SELECT * FROM main.posts WHERE id IN (SELECT id FROM work.touched);

-- name: take_out
-- Their rows go whole, whatever changed.
DELETE FROM main.uses WHERE post IN (SELECT post FROM work.before);
DELETE FROM main.spans WHERE post IN (SELECT post FROM work.before);
DELETE FROM main.given_ids WHERE post IN (SELECT post FROM work.before);
DELETE FROM main.posts WHERE post IN (SELECT post FROM work.before);

-- name: later
-- Those created after the last day that counts wait until it has come.
DELETE FROM main.later WHERE id IN (SELECT id FROM work.touched);
INSERT INTO main.later SELECT id FROM work.touched WHERE id NOT IN (SELECT id FROM main.posts);

-- name: later_of_all
-- The same of all posts.
INSERT INTO main.later
SELECT DISTINCT id FROM read_parquet(getvariable('fact_parts')) WHERE id NOT IN (SELECT id FROM main.posts);
