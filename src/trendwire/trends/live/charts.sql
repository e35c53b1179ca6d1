-- name: forget_small
-- Who cannot be in a chart needs no score. Who can in a region can in the world.
DELETE FROM work.counts WHERE creators < $min_creators AND subject > 0;

-- name: uses_of_scored
-- Of all subjects only those have an industry, or a first day, that can be in a chart.
CREATE TABLE work.uses AS
SELECT subject, post
FROM main.uses
WHERE subject IN (SELECT subject FROM work.scored WHERE creators >= $min_creators AND score > 0);

-- name: uses_of_charted
-- The same for those that are.
CREATE TABLE work.uses AS
SELECT subject, region, day FROM main.uses WHERE subject IN (SELECT subject FROM work.charted WHERE kind = 'sound');

-- name: forget_uses
-- So that main.uses is seen again.
DROP TABLE work.uses;

-- name: posts_of_charts
-- The posts that charts show anything of: those of creators, of subjects, and on their own.
CREATE TABLE work.posts AS
SELECT
    post, id, day, created, region, creator, username, nickname, avatar_url, description, cover_url, duration,
    promoted, likes, views
FROM main.posts
WHERE post IN (
    SELECT post
    FROM main.posts
    WHERE creator IN (SELECT creator FROM work.stars UNION SELECT creator FROM work.sampled)
    UNION
    SELECT post FROM work.shown_posts
    UNION
    SELECT post FROM work.videos
);

-- name: set_memberships
-- Who is in the charts of the last change.
DELETE FROM main.memberships;
INSERT INTO main.memberships FROM work.memberships;
