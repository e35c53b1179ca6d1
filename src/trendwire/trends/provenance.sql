-- name: spans
-- Where posts are from, and the days on which the first and the last was created.
SELECT coalesce(region, $world), min(day), max(day)
FROM posts
GROUP BY GROUPING SETS ((region), ())
HAVING count(*) > 0 AND (grouping(region) = 1 OR region IS NOT NULL);

-- name: samples
-- Posts and creators by region and age in days of the newest; each window sums the ages within it. A creator is
-- one, whatever the number of posts: only the newest counts.
WITH placed AS (
    SELECT region, creator, day FROM posts WHERE region IS NOT NULL AND day > $as_of - $longest
    UNION ALL
    SELECT $world AS region, creator, day FROM posts WHERE day > $as_of - $longest
), by_creator AS (
    SELECT region, creator, max(day) AS newest FROM placed WHERE creator IS NOT NULL GROUP BY region, creator
), events AS (
    SELECT region, day, count(*) AS posts, 0 AS creators FROM placed GROUP BY region, day
    UNION ALL
    SELECT region, newest AS day, 0 AS posts, count(*) AS creators FROM by_creator GROUP BY region, newest
)
SELECT region, period, sum(posts)::BIGINT, sum(creators)::BIGINT
FROM events
JOIN (SELECT unnest($periods::INTEGER[]) AS period) AS windows ON day > $as_of - period
GROUP BY region, period
ORDER BY region, period;

-- name: origins
-- What observations were ingested from, by region, and when. Of a file its being one is told, not its name.
SELECT
    coalesce(region, $world), split_part(source, ':', 1) AS origin,
    count(*), min(ingested_at), max(ingested_at)
FROM read_parquet($parts)
GROUP BY GROUPING SETS ((region, origin), (origin))
HAVING grouping(region) = 1 OR region IS NOT NULL
ORDER BY ALL;
