-- name: by_day
-- `born` says of each post when it was created: see rollups.sql.
SELECT day, count(*) FROM born GROUP BY day ORDER BY day

-- name: any
-- By the rows themselves: a post whose newer rows tell another day is found on both, which does no harm here.
SELECT 1 FROM read_parquet($1::VARCHAR[])
WHERE coalesce(create_time, id_time) >= $2 AND coalesce(create_time, id_time) < $3
LIMIT 1
