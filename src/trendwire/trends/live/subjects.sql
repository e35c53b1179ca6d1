-- name: look_at_main
-- Where what is kept of all subjects is made.
SET search_path = 'main';

-- name: look_at_work
-- Back to the change.
SET search_path = 'work,main';

-- name: forget_ways
-- What only led to it.
DROP TABLE main.tag_ids;
DROP TABLE main.sounds;

-- name: touched
-- The subjects of touched posts that tell something else of them now, and all that rollups.sql reads of these.
CREATE TABLE about.posts_changed AS
SELECT post
FROM before.posts AS old
FULL JOIN after.posts AS new USING (post)
WHERE (
    old.day, old.tags, old.sound, old.song_id, old.music_title, old.music_author, old.music_cover_url,
    old.music_url, old.music_duration, old.commercial
) IS DISTINCT FROM (
    new.day, new.tags, new.sound, new.song_id, new.music_title, new.music_author, new.music_cover_url,
    new.music_url, new.music_duration, new.commercial
)
UNION
SELECT post FROM before.given_ids
UNION
SELECT post FROM after.given_ids;
CREATE TABLE about.touched AS
SELECT subject FROM before.uses SEMI JOIN about.posts_changed USING (post)
UNION
SELECT subject FROM after.uses SEMI JOIN about.posts_changed USING (post);
CREATE TABLE about.used AS
SELECT subject FROM about.touched SEMI JOIN after.uses USING (subject)
UNION
SELECT subject FROM main.uses WHERE subject IN (SELECT subject FROM about.touched ANTI JOIN after.uses USING (subject));
CREATE TABLE about.names AS SELECT * FROM main.names WHERE subject IN (SELECT subject FROM about.used);
CREATE TABLE about.given_ids AS
SELECT * FROM main.given_ids WHERE tag IN (SELECT identity FROM about.names WHERE kind = 'hashtag');
CREATE VIEW about.posts AS
SELECT *
FROM main.posts
WHERE sound IN (SELECT subject FROM about.names WHERE kind = 'sound') OR post IN (SELECT post FROM about.given_ids);
SET search_path = 'about,main';

-- name: changed
-- Subjects that are something else now, or are no more, or only now.
CREATE TABLE about.changed AS
SELECT coalesce(now.subject, before.subject) AS subject
FROM about.subjects AS now
FULL JOIN (FROM main.subjects WHERE subject IN (SELECT subject FROM about.touched)) AS before USING (subject)
WHERE before IS DISTINCT FROM now;

-- name: replace
-- The new rows for the old ones.
DELETE FROM main.subjects WHERE subject IN (SELECT subject FROM about.changed);
INSERT INTO main.subjects BY NAME FROM about.subjects WHERE subject IN (SELECT subject FROM about.changed);
