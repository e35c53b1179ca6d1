-- name: create
-- What the rows of the facts come from: see provenance.sql.
CREATE TABLE origins (region VARCHAR, origin VARCHAR, rows BIGINT, oldest BIGINT, newest BIGINT);

-- name: forget
-- Before all parts are counted.
DELETE FROM main.origins;

-- name: add
-- Rows of parts that were not counted yet.
CREATE TABLE work.origins AS
SELECT region, split_part(source, ':', 1) AS origin, count(*) AS rows, min(ingested_at) AS oldest, max(ingested_at) AS newest
FROM read_parquet($parts::VARCHAR[])
GROUP BY ALL;

-- name: merge
-- Beside those that were.
MERGE INTO main.origins AS of
USING work.origins AS more
ON of.region IS NOT DISTINCT FROM more.region AND of.origin = more.origin
WHEN MATCHED THEN UPDATE SET
    rows = of.rows + more.rows, oldest = least(of.oldest, more.oldest), newest = greatest(of.newest, more.newest)
WHEN NOT MATCHED THEN INSERT;

-- name: spans
-- Where posts are from, and the days on which the first and the last was created.
SELECT region, min(day), max(day) FROM created GROUP BY region;

-- name: samples
-- Posts and creators by region and detail period: a place holds what is in no smaller period.
WITH posts_of AS (
    SELECT region, period, sum(posts)::BIGINT AS posts
    FROM created
    JOIN (SELECT unnest($periods::INTEGER[]) AS period) AS windows ON day > $as_of - period
    GROUP BY region, period
), creators_of AS (
    SELECT region, $periods[place::INTEGER] AS period, creators FROM reaches WHERE subject = 0
)
SELECT
    region, period, posts,
    coalesce((
        SELECT sum(creators)
        FROM creators_of
        WHERE creators_of.region = posts_of.region AND creators_of.period <= posts_of.period
    ), 0)::BIGINT
FROM posts_of
ORDER BY region, period;

-- name: origins
-- Of all regions, and of the world.
SELECT coalesce(region, $world), origin, sum(rows)::BIGINT, min(oldest), max(newest)
FROM origins
GROUP BY GROUPING SETS ((region, origin), (origin))
HAVING grouping(region) = 1 OR region IS NOT NULL
ORDER BY ALL;
