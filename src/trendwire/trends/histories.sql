-- name: gains
-- Views a post gained on each day: its spans, day by day (DESIGN section 2).
CREATE TABLE gains AS
WITH spread AS (
    SELECT
        post, gain, first_day, days,
        unnest(range(least(first_day + days - 1, $as_of) - first_day + 1)) AS k
    FROM spans
    WHERE first_day <= $as_of
)
SELECT post, day, sum(views)::BIGINT AS views
FROM (
    SELECT
        post,
        (first_day + k)::INTEGER AS day,
        gain * (k + 1) // days - gain * k // days AS views
    FROM spread
)
WHERE views > 0
GROUP BY post, day;

-- name: daily
-- The rollup: views gained and posts created per subject, region and day. A post's creation is an event of its
-- day like its gains, so that one grouping sums both; the world is summed from the regions (and from the posts
-- without one), which is half the rows. Subject (31 bits), region (16) and day (16) are one number: a group
-- has no text to compare, a sixth less time at a million posts.
CREATE TABLE daily AS
WITH places AS (
    SELECT region, (row_number() OVER (ORDER BY region))::BIGINT AS place
    FROM (SELECT DISTINCT region FROM posts WHERE region IS NOT NULL)
), events AS (
    SELECT
        coalesce(gains.post, posts.post) AS post,
        coalesce(gains.day, posts.day) AS day,
        coalesce(gains.views, 0) AS views,
        (posts.post IS NOT NULL)::INTEGER AS posts
    FROM gains
    FULL JOIN posts ON gains.post = posts.post AND gains.day = posts.day
), placed AS (
    SELECT (subject::BIGINT << 32) | (coalesce(place, 0) << 16) AS spot, post
    FROM uses
    LEFT JOIN places USING (region)
), by_region AS MATERIALIZED (
    SELECT spot | events.day AS cell, sum(views)::BIGINT AS views, sum(posts)::BIGINT AS posts
    FROM placed
    JOIN events USING (post)
    GROUP BY cell
), by_world AS (
    SELECT cell & ~(65535::BIGINT << 16) AS cell, sum(views)::BIGINT AS views, sum(posts)::BIGINT AS posts
    FROM by_region
    GROUP BY ALL
)
SELECT (cell >> 32)::INTEGER AS subject, region, (cell & 65535)::INTEGER AS day, views, posts
FROM by_region
JOIN places ON place = (cell >> 16) & 65535
UNION ALL
SELECT (cell >> 32)::INTEGER AS subject, $world AS region, (cell & 65535)::INTEGER AS day, views, posts
FROM by_world;
