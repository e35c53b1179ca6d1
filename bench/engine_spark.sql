-- name: newest
-- A post takes each attribute from its newest row in which it is not empty.
CREATE OR REPLACE TEMPORARY VIEW newest AS
SELECT
    id,
    min(create_time) AS created,
    max_by(region, recency) FILTER (WHERE region IS NOT NULL) AS region,
    max_by(username, recency) FILTER (WHERE username IS NOT NULL) AS username,
    max_by(tags, recency) FILTER (WHERE tags IS NOT NULL) AS tags
FROM seen
GROUP BY id;

-- name: spans
-- Views gained between two rows of a post, and the days they are spread over.
CREATE OR REPLACE TEMPORARY VIEW spans AS
SELECT
    id,
    total - coalesce(lag(total) OVER in_time, 0) AS gain,
    CASE WHEN before IS NULL THEN created ELSE least(before + 1, day) END AS first_day,
    CASE WHEN before IS NULL THEN least(day, created + 6) ELSE day END AS last_day
FROM (
    SELECT
        id, recency, recency div 86400 AS day, create_time div 86400 AS created,
        lag(recency div 86400) OVER in_time AS before,
        max(view_count) OVER in_time AS total
    FROM (
        SELECT id, recency, create_time, max(view_count) AS view_count
        FROM seen
        WHERE view_count IS NOT NULL
        GROUP BY id, recency, create_time
    )
    WINDOW in_time AS (PARTITION BY id ORDER BY recency)
)
WINDOW in_time AS (PARTITION BY id ORDER BY recency);

-- name: gained
-- Views of each post in each window, without a row for each day.
CREATE OR REPLACE TEMPORARY VIEW gained AS
SELECT id, period, sum(upper - lower) AS views
FROM (
    SELECT
        id, period,
        gain * least(greatest({as_of} - first_day + 1, 0), last_day - first_day + 1)
            div (last_day - first_day + 1) AS upper,
        gain * least(greatest({as_of} - period - first_day + 1, 0), last_day - first_day + 1)
            div (last_day - first_day + 1) AS lower
    FROM spans
    CROSS JOIN (SELECT explode(array({periods})) AS period)
    WHERE gain > 0
)
GROUP BY id, period
HAVING sum(upper - lower) > 0;

-- name: used
-- A row for each tag of each post and each window that counts it.
CREATE OR REPLACE TEMPORARY VIEW used AS
SELECT
    tag, region, period, coalesce(views, 0) AS views,
    CASE WHEN created div 86400 BETWEEN {as_of} - period + 1 AND {as_of} THEN 1 ELSE 0 END AS posts,
    CASE WHEN created div 86400 BETWEEN {as_of} - period + 1 AND {as_of} THEN username END AS creator
FROM (
    SELECT id, created, region, username, tag, period
    FROM (SELECT *, explode(array_distinct(tags)) AS tag FROM newest)
    CROSS JOIN (SELECT explode(array({periods})) AS period)
    WHERE created div 86400 <= {as_of}
)
LEFT JOIN gained USING (id, period);

-- name: counts
-- What a chart shows of each tag, of each region and the world.
SELECT tag, region, period, sum(posts) AS posts, sum(views) AS views, count(DISTINCT creator) AS creators
FROM used
WHERE region IS NOT NULL AND (posts > 0 OR views > 0)
GROUP BY tag, region, period
UNION ALL
SELECT tag, 'ALL' AS region, period, sum(posts), sum(views), count(DISTINCT creator)
FROM used
WHERE posts > 0 OR views > 0
GROUP BY tag, period;
