-- name: look_at_main
-- Where what is kept is counted whole.
SET search_path = 'main';

-- name: look_at_work
-- Back to the change.
SET search_path = 'work,main';

-- name: look_at_then
-- The creators of changed posts as they were: see crowds.sql.
SET search_path = 'then_,work,main';

-- name: look_at_now
-- As they are.
SET search_path = 'now_,work,main';

-- name: totals
-- How many posts a hashtag has at all.
CREATE TABLE totals AS
SELECT subject, count(*) AS posts
FROM uses
SEMI JOIN (FROM main.names WHERE kind = 'hashtag') AS tags USING (subject)
GROUP BY subject;

-- name: more_totals
-- Of touched posts.
CREATE TABLE work.more_totals AS
SELECT subject, sum(change)::BIGINT AS posts
FROM (
    SELECT subject, 1 AS change FROM after.uses
    UNION ALL
    SELECT subject, -1 AS change FROM before.uses
)
SEMI JOIN (FROM main.names WHERE kind = 'hashtag') AS tags USING (subject)
GROUP BY subject
HAVING sum(change) != 0;

-- name: merge_totals
-- Out with what was, in with what is.
MERGE INTO main.totals AS of
USING work.more_totals AS more
ON of.subject = more.subject
WHEN MATCHED AND of.posts + more.posts = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET posts = of.posts + more.posts
WHEN NOT MATCHED THEN INSERT;

-- name: all_many
-- Hashtags whose creators are counted for every edition.
CREATE TABLE many AS SELECT subject FROM main.totals WHERE posts > $reach_from;

-- name: forget_many
-- It is asked anew each time.
DROP TABLE main.many;

-- name: many
-- The same, but for those that have become many.
CREATE TABLE work.many AS
SELECT subject
FROM main.totals
LEFT JOIN work.more_totals AS more USING (subject)
WHERE totals.posts > $reach_from AND totals.posts - coalesce(more.posts, 0) > $reach_from;

-- name: fresh_many
-- And these: they are counted from all their posts.
CREATE TABLE large.many AS
SELECT subject
FROM main.totals
JOIN work.more_totals AS more USING (subject)
WHERE totals.posts > $reach_from AND totals.posts - more.posts <= $reach_from;

-- name: look_at_fresh
-- And nothing else.
CREATE VIEW large.uses AS SELECT subject, post FROM main.uses SEMI JOIN large.many USING (subject);
CREATE VIEW large.posts AS
SELECT post, creator, region, day FROM main.posts WHERE post IN (SELECT post FROM large.uses);
SET search_path = 'large,work,main';

-- name: reaches
-- How many creators used a hashtag last at which place of the detail periods (see details.sql): distinct creators
-- over a period are the sum of its places. All posts together are the subject 0.
CREATE TABLE reaches AS
WITH used AS (
    SELECT subject, post FROM uses SEMI JOIN many USING (subject)
    UNION ALL
    SELECT 0 AS subject, post FROM posts
), placed AS (
    SELECT subject, region, creator, place
    FROM used
    JOIN posts USING (post)
    JOIN recent USING (day)
    WHERE creator IS NOT NULL
), firsts AS (
    SELECT subject, region, creator, min(place) AS place
    FROM placed
    WHERE region IS NOT NULL
    GROUP BY subject, region, creator
    UNION ALL
    SELECT subject, $world AS region, creator, min(place) AS place
    FROM placed
    GROUP BY subject, creator
)
SELECT subject, region, place, count(*) AS creators
FROM firsts
GROUP BY subject, region, place;

-- name: merge_reaches
-- Sums over creators: out with what was, in with what is.
MERGE INTO main.reaches AS of
USING (
    SELECT subject, region, place, sum(creators)::BIGINT AS creators
    FROM (FROM now_.reaches UNION ALL SELECT subject, region, place, -creators FROM then_.reaches)
    GROUP BY ALL
    HAVING sum(creators) != 0
) AS more
ON of.subject = more.subject AND of.region = more.region AND of.place = more.place
WHEN MATCHED AND of.creators + more.creators = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET creators = of.creators + more.creators
WHEN NOT MATCHED THEN INSERT;

-- name: merge_fresh
-- What has become many, and no longer what is not many any more.
INSERT INTO main.reaches FROM large.reaches WHERE subject > 0;
DELETE FROM main.reaches
WHERE subject > 0 AND subject NOT IN (SELECT subject FROM work.many UNION ALL SELECT subject FROM large.many);

-- name: audience_size
-- The table of details.sql, from these counts.
CREATE TABLE work.audience_size AS
SELECT
    region,
    [
        coalesce(sum(creators) FILTER (place <= 1), 0)::BIGINT,
        coalesce(sum(creators) FILTER (place <= 2), 0)::BIGINT,
        coalesce(sum(creators) FILTER (place <= 3), 0)::BIGINT,
        coalesce(sum(creators) FILTER (place <= 4), 0)::BIGINT,
        sum(creators)::BIGINT
    ] AS everyone
FROM main.reaches
WHERE subject = 0
GROUP BY region;

-- name: documents
-- Hashtags with many posts, as records.sql tells them.
WITH counted AS (
    SELECT
        subject, region,
        [
            coalesce(sum(creators) FILTER (place <= 1), 0)::BIGINT,
            coalesce(sum(creators) FILTER (place <= 2), 0)::BIGINT,
            coalesce(sum(creators) FILTER (place <= 3), 0)::BIGINT,
            coalesce(sum(creators) FILTER (place <= 4), 0)::BIGINT,
            sum(creators)::BIGINT
        ] AS creators
    FROM main.reaches
    WHERE subject > 0
    GROUP BY subject, region
)
SELECT
    identity,
    '{' || string_agg(to_json(region) || ':' || to_json(creators), ',' ORDER BY region) || '}' AS document
FROM counted
JOIN main.names USING (subject)
GROUP BY identity
ORDER BY identity;
