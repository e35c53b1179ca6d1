-- name: touched
-- The posts that are resolved anew.
CREATE TABLE work.touched (id VARCHAR);

-- name: touch_new
-- Those of which a new part tells something.
INSERT INTO work.touched SELECT DISTINCT id FROM read_parquet($new::VARCHAR[]);

-- name: touch_later
-- When the day rolls: those that were too new until now.
INSERT INTO work.touched SELECT id FROM main.later WHERE id NOT IN (SELECT id FROM work.touched);

-- name: before
-- What is known of them until now.
CREATE TABLE before.posts AS SELECT * FROM main.posts WHERE id IN (SELECT id FROM work.touched);
CREATE TABLE before.uses AS SELECT * FROM main.uses WHERE post IN (SELECT post FROM before.posts);
CREATE TABLE before.spans AS SELECT * FROM main.spans WHERE post IN (SELECT post FROM before.posts);
CREATE TABLE before.given_ids AS SELECT * FROM main.given_ids WHERE post IN (SELECT post FROM before.posts);

-- name: last_post
-- New posts are numbered from here.
SET VARIABLE last_post = (SELECT coalesce(max(post), 0) FROM main.posts);

-- name: resolve
-- The statements of rollups.sql find these before those of main. They read `facts` and nothing else of the facts:
-- here all that was ever seen of the touched posts. Parts are sorted by id, so most of what others say is skipped.
SET search_path = 'after,main';
CREATE VIEW facts AS
SELECT * FROM read_parquet(getvariable('fact_parts')) WHERE id IN (SELECT id FROM work.touched);

-- name: keep_numbers
-- A post keeps its number.
INSERT INTO after.kept SELECT id, post FROM before.posts;

-- name: replace
-- The new rows for the old ones, whole.
SET search_path = 'work,main';
DELETE FROM main.uses WHERE post IN (SELECT post FROM before.posts);
DELETE FROM main.spans WHERE post IN (SELECT post FROM before.posts);
DELETE FROM main.given_ids WHERE post IN (SELECT post FROM before.posts);
DELETE FROM main.posts WHERE post IN (SELECT post FROM before.posts);
INSERT INTO main.uses FROM after.uses;
INSERT INTO main.spans FROM after.spans;
INSERT INTO main.given_ids FROM after.given_ids;
INSERT INTO main.posts FROM after.posts;

-- name: later
-- Those created after the last day that counts wait until it has come.
DELETE FROM main.later WHERE id IN (SELECT id FROM work.touched);
INSERT INTO main.later SELECT id FROM work.touched WHERE id NOT IN (SELECT id FROM after.posts);

-- name: later_of_all
-- The same of all posts.
INSERT INTO main.later
SELECT DISTINCT id FROM read_parquet(getvariable('fact_parts')) WHERE id NOT IN (SELECT id FROM main.posts);
