-- name: then
-- What the windows were before this change, and the ages: see details.sql.
CREATE TABLE work.windows_then AS FROM main.windows;
CREATE TABLE work.recent_then AS FROM main.recent;

-- name: posts_then
-- How many posts subjects had in them; when the day rolls.
CREATE TABLE work.posts_then AS
SELECT subject, region, period, back, posts FROM main.subject_windows WHERE posts > 0;

-- name: forget
-- What depends on the day is counted anew when it rolls.
DROP TABLE main.windows;
DROP TABLE main.recent;
DROP TABLE main.post_views;
DROP TABLE main.subject_windows;

-- name: rolled_windows
-- Which subjects have enough posts only now, or no more.
CREATE TABLE work.more_windows AS
SELECT
    subject, region, period, back, coalesce(now.posts, 0) - coalesce(old.posts, 0) AS posts, 0::BIGINT AS views
FROM (FROM main.subject_windows WHERE posts > 0) AS now
FULL JOIN work.posts_then AS old USING (subject, region, period, back)
WHERE (coalesce(now.posts, 0) >= $min_creators) != (coalesce(old.posts, 0) >= $min_creators);

-- name: forget_weights
-- Only sums of them are kept.
DROP TABLE main.weights;
DROP TABLE main.audience_posts;

-- name: look_at_before
-- What the touched posts counted for.
SET search_path = 'before,main';

-- name: look_at_after
-- And what they count for now.
SET search_path = 'after,main';

-- name: look_at_work
-- Back to the change.
SET search_path = 'work,main';

-- name: look_at_main
-- Where what is kept is counted whole.
SET search_path = 'main';

-- name: merge_post_views
-- Of touched posts only.
DELETE FROM main.post_views WHERE post IN (SELECT post FROM before.posts);
INSERT INTO main.post_views FROM after.post_views;

-- name: merge_created
-- Sums over posts: out with what the touched ones counted for, in with what they do.
MERGE INTO main.created AS of
USING (
    SELECT region, day, sum(posts) AS posts
    FROM (FROM after.created UNION ALL SELECT region, day, -posts FROM before.created)
    GROUP BY ALL
    HAVING sum(posts) != 0
) AS more
ON of.region = more.region AND of.day = more.day
WHEN MATCHED AND of.posts + more.posts = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET posts = of.posts + more.posts
WHEN NOT MATCHED THEN INSERT VALUES (more.region, more.day, more.posts);

-- name: more_windows
-- The same for what subjects gained and in which posts.
CREATE TABLE work.more_windows AS
SELECT subject, region, period, back, sum(posts)::BIGINT AS posts, sum(views)::BIGINT AS views
FROM (
    FROM after.subject_windows
    UNION ALL
    SELECT subject, region, period, back, -posts, -views FROM before.subject_windows
)
GROUP BY ALL
HAVING sum(posts) != 0 OR sum(views) != 0;

-- name: merge_windows
-- Each as it is then.
MERGE INTO main.subject_windows AS of
USING work.more_windows AS more
ON of.subject = more.subject AND of.region = more.region AND of.period = more.period AND of.back = more.back
WHEN MATCHED AND of.posts + more.posts = 0 AND of.views + more.views = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET posts = of.posts + more.posts, views = of.views + more.views
WHEN NOT MATCHED THEN INSERT
    VALUES (more.subject, more.region, more.period, more.back, more.posts, more.views);

-- name: merge_audience_days
-- The same of audiences.
MERGE INTO main.audience_days AS of
USING (
    SELECT region, audience, day, sum(posts) AS posts
    FROM (FROM after.audience_days UNION ALL SELECT region, audience, day, -posts FROM before.audience_days)
    GROUP BY ALL
    HAVING sum(posts) != 0
) AS more
ON of.region = more.region AND of.audience = more.audience AND of.day = more.day
WHEN MATCHED AND of.posts + more.posts = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET posts = of.posts + more.posts
WHEN NOT MATCHED THEN INSERT;

-- name: merge_weight_days
-- And of their shares. A share of 0 is a row, too: it goes with the last post that has one.
MERGE INTO main.weight_days AS of
USING (
    SELECT region, audience, code, day, sum(weight) AS weight, sum(posts) AS posts
    FROM (
        FROM after.weight_days
        UNION ALL
        SELECT region, audience, code, day, -weight, -posts FROM before.weight_days
    )
    GROUP BY ALL
    HAVING sum(weight) != 0 OR sum(posts) != 0
) AS more
ON of.region = more.region AND of.audience = more.audience AND of.code = more.code AND of.day = more.day
WHEN MATCHED AND of.posts + more.posts = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET weight = of.weight + more.weight, posts = of.posts + more.posts
WHEN NOT MATCHED THEN INSERT;
