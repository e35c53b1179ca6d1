-- name: post_rows
-- The rows of some parts as numbers and texts: what a row says of its post, in the order of the parts. Lists are
-- joined by line ends, which no hashtag holds; audiences are their JSON text, which is what ties are decided by.
CREATE OR REPLACE TEMP MACRO post_rows(parts) AS TABLE
SELECT
    id, create_time, id_time, observed_at, region, username, nickname, avatar_url,
    array_to_string(tags, chr(10)) AS tags,
    CASE WHEN list_aggregate(tag_ids, 'count') > 0
        THEN array_to_string(list_transform(tag_ids, lambda one: coalesce(one, '')), chr(10))
    END AS tag_ids,
    music_id, song_id, music_title, music_author, music_cover_url, music_url, music_duration,
    is_commercial_music::BIGINT AS commercial,
    view_count AS views, like_count AS likes, description AS caption, duration, industry,
    is_promoted::BIGINT AS promoted,
    cover_url AS cover,
    to_json(audience_ages)::VARCHAR AS ages,
    to_json(audience_countries)::VARCHAR AS countries,
    to_json(audience_interests)::VARCHAR AS interests
FROM read_parquet(parts);

-- name: rows
-- All of them.
FROM post_rows($parts);

-- name: rows_of_posts
-- Those of some posts only.
FROM post_rows($parts) SEMI JOIN (SELECT unnest($ids::VARCHAR[]) AS id) USING (id);
