-- name: create
-- `edition`: the newest that was told of this state, and the sum over all that its details are rendered from.
-- The `untold` tables: what changed since: posts whose record changed with the subjects they had and have, and
-- subjects whose facts changed. Documents are compared with those told by their digests.
CREATE TABLE edition (number INTEGER, total VARCHAR);
CREATE TABLE untold_posts (id VARCHAR);
CREATE TABLE untold_uses (kind VARCHAR, identity VARCHAR, id VARCHAR);
CREATE TABLE untold_facts (kind VARCHAR, identity VARCHAR);
CREATE TABLE documents (section VARCHAR, name VARCHAR, document VARCHAR);
CREATE TABLE told (section VARCHAR, name VARCHAR, digest VARCHAR);

-- name: edition
-- See `create`.
SELECT number, total FROM main.edition;

-- name: forget_edition
-- See `create`.
DELETE FROM main.edition;

-- name: nothing_told
-- As if no edition had been told anything.
DELETE FROM main.edition;
DELETE FROM main.told;

-- name: set_edition
-- See `create`.
INSERT INTO main.edition VALUES ($number, $total);

-- name: look_at_touched
-- What the statements of records.sql read, of the touched posts alone, as they are now.
CREATE OR REPLACE TABLE tell.posts AS SELECT * FROM main.posts WHERE id IN (SELECT id FROM work.touched);
CREATE OR REPLACE TABLE tell.spans AS SELECT * FROM main.spans WHERE post IN (SELECT post FROM tell.posts);
CREATE OR REPLACE VIEW tell.subjects AS FROM main.names;
SET search_path = 'tell,main';

-- name: look_at_untold
-- The same of the posts that changed since the newest edition.
CREATE SCHEMA tell;
CREATE TABLE tell.posts AS SELECT * FROM main.posts WHERE id IN (SELECT id FROM main.untold_posts);
CREATE TABLE tell.spans AS SELECT * FROM main.spans WHERE post IN (SELECT post FROM tell.posts);
SET search_path = 'tell,main';

-- name: look_at_untold_subjects
-- And the subjects.
CREATE VIEW tell.subjects AS FROM main.subjects SEMI JOIN main.untold_facts USING (kind, identity);
CREATE VIEW tell.uses AS SELECT subject, 0 AS post FROM tell.subjects;

-- name: look_at_work
-- Back to the change.
SET search_path = 'work,main';

-- name: look_at_main
-- Back to the state.
SET search_path = 'main';

-- name: factors
-- What all details have in common.
SELECT document FROM main.documents WHERE section = 'factors';

-- name: ids
-- What the posts looked at are called.
SELECT post, id FROM tell.posts;

-- name: untold_posts
-- Posts whose record changed.
INSERT INTO main.untold_posts
SELECT unnest($ids::VARCHAR[]) AS id EXCEPT SELECT id FROM main.untold_posts;

-- name: untold_uses
-- The subjects they have just now: asked before the change and after it.
INSERT INTO main.untold_uses
SELECT kind, identity, id
FROM main.uses
JOIN tell.posts USING (post)
JOIN main.names USING (subject);

-- name: keep_untold_uses
-- Only of posts whose record changed.
DELETE FROM main.untold_uses WHERE id NOT IN (SELECT id FROM main.untold_posts);

-- name: look_at_subjects
-- What changed subjects are, as records.sql tells it.
CREATE OR REPLACE VIEW tell.subjects AS FROM main.subjects WHERE subject IN (SELECT subject FROM about.changed);
CREATE OR REPLACE VIEW tell.uses AS SELECT subject, 0 AS post FROM tell.subjects;
SET search_path = 'tell,main';

-- name: untold_facts
-- Subjects whose facts changed.
INSERT INTO main.untold_facts
SELECT kind, identity FROM main.subjects WHERE subject IN (SELECT subject FROM about.changed)
EXCEPT SELECT kind, identity FROM main.untold_facts;

-- name: forget_documents
-- Before they are made anew.
DELETE FROM main.documents;

-- name: set_charts
-- The charts.
INSERT INTO main.documents SELECT 'chart', key, document FROM work.chart_documents;

-- name: set_documents
-- All others: few enough to pass through here.
INSERT INTO main.documents
SELECT $section, unnest($names::VARCHAR[]), unnest($documents::VARCHAR[]);

-- name: numbers
-- Under which subjects the changed posts are told: those they had and those they have.
SELECT kind, identity, list(DISTINCT post ORDER BY post)
FROM main.untold_uses
JOIN tell.posts USING (id)
GROUP BY kind, identity;

-- name: subject_count
-- Of the whole edition.
SELECT count(*) FROM main.subjects;

-- name: documents
-- Those of a section that changed, None for those that went.
SELECT name, document
FROM (FROM main.documents WHERE section = $section) AS now
FULL JOIN (FROM main.told WHERE section = $section) AS before USING (name)
WHERE digest IS NULL OR document IS NULL OR digest != md5(document)
ORDER BY name;

-- name: all_told
-- The edition has it all.
DELETE FROM main.untold_posts;
DELETE FROM main.untold_uses;
DELETE FROM main.untold_facts;
DELETE FROM main.told;
INSERT INTO main.told SELECT section, name, md5(document) FROM main.documents;

-- name: forget_told
-- The next edition is told everything.
DELETE FROM main.told;
