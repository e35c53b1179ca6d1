-- name: origins
-- What observations were ingested from, by region, and when. Of a file its being one is told, not its name.
SELECT
    coalesce(region, $world), split_part(source, ':', 1) AS origin,
    count(*), min(ingested_at), max(ingested_at)
FROM read_parquet($parts)
GROUP BY GROUPING SETS ((region, origin), (origin))
HAVING grouping(region) = 1 OR region IS NOT NULL
ORDER BY ALL;
