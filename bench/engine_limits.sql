-- name: scan
-- Reading what the engine reads, and nothing else: no rebuild can be faster than this.
SELECT
    count(*), max(id), max(create_time), max(id_time), max(observed_at), max(ingested_at), max(region), max(username),
    max(nickname), sum(len(tags)), max(music_id), max(song_id), max(music_title), max(music_author),
    max(music_duration), count_if(is_commercial_music), sum(view_count), sum(like_count), max(description),
    max(duration), max(industry), count_if(is_promoted), max(cover_url), sum(cardinality(audience_ages)),
    sum(cardinality(audience_countries)), sum(cardinality(audience_interests))
FROM read_parquet($parts);

-- name: unnest
-- Joining each post to its newest row and taking its tags apart.
SELECT count(*), max(tag)
FROM (
    SELECT facts.id, unnest(tags) AS tag
    FROM read_parquet($parts) AS facts
    JOIN (SELECT id, max(observed_at) AS observed_at FROM read_parquet($parts) GROUP BY id) USING (id, observed_at)
);

-- name: group
-- One grouping over the columns that charts count by.
SELECT count(*), sum(views)
FROM (
    SELECT tag, region, day, count(*) AS rows, max(views) AS views
    FROM (
        SELECT unnest(tags) AS tag, region, observed_at // 86400 AS day, view_count AS views
        FROM read_parquet($parts)
    )
    GROUP BY tag, region, day
);

-- name: hashtags
-- All there are, in order, to draw from.
SELECT DISTINCT unnest(tags) AS tag FROM read_parquet($parts) ORDER BY tag;

-- name: largest
-- The one in most rows.
SELECT tag FROM (SELECT unnest(tags) AS tag FROM read_parquet($parts)) GROUP BY tag ORDER BY count(*) DESC, tag LIMIT 1;
