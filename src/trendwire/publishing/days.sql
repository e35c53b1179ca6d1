-- name: by_day
-- A post is created at the create_time of its newest row that has one (ties: the larger), else when its id says.
-- One packed number per row instead of a sort: seconds fit 34 bits, so the maximum of recency << 34 | create_time
-- is the newest row.
SELECT coalesce((newest & 17179869183)::BIGINT, id_time) // 86400 AS day, count(*)
FROM (
    SELECT
        max(
            (greatest(coalesce(observed_at, create_time + $2::BIGINT), create_time)::HUGEINT << 34) | create_time
        ) FILTER (create_time IS NOT NULL) AS newest,
        max(id_time) AS id_time
    FROM read_parquet($1::VARCHAR[])
    GROUP BY id
)
GROUP BY day
ORDER BY day

-- name: any
-- By the rows themselves: a post whose newer rows tell another day is found on both, which does no harm here.
SELECT 1 FROM read_parquet($1::VARCHAR[])
WHERE coalesce(create_time, id_time) >= $2 AND coalesce(create_time, id_time) < $3
LIMIT 1

-- name: older
-- The posts that lose rows when what was created before a moment goes: see store.sql.
SELECT DISTINCT id FROM read_parquet($1::VARCHAR[])
WHERE coalesce(create_time, id_time) < $2
