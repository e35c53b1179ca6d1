-- name: set_parts
-- The files that `facts` reads.
SET VARIABLE fact_parts = $parts::VARCHAR[];

-- name: row_groups
-- Where ids are: the least of each row group, and its rows.
SELECT stats_min_value, row_group_num_rows
FROM parquet_metadata($parts::VARCHAR[])
WHERE path_in_schema = 'id'
ORDER BY ALL;

-- name: facts
-- The rows of the facts, of one slice of ids at a time: parts are sorted by id, so others are skipped. A view takes
-- no parameters of a statement, but it reads variables.
CREATE OR REPLACE VIEW facts AS
SELECT * FROM read_parquet(getvariable('fact_parts'))
WHERE id >= getvariable('first_id') AND (getvariable('next_id') IS NULL OR id < getvariable('next_id'));

-- name: set_first
-- The first id that `facts` shows.
SET VARIABLE first_id = $first_id::VARCHAR;

-- name: set_next
-- The first id that it does not show any more; NULL: it shows all to the end.
SET VARIABLE next_id = $next_id::VARCHAR;

-- name: empty_names
-- What the slices are added to. Numbers stand for texts in everything that is joined or grouped; they follow the
-- order of the texts within a slice only, so that ties by text are decided by the text.
CREATE TABLE creators (creator INTEGER, username VARCHAR);
CREATE TABLE names (subject INTEGER, kind VARCHAR, identity VARCHAR);

-- name: empty_posts
-- The same, of posts. `kept`: numbers that posts have already.
CREATE TABLE uses (subject INTEGER, post INTEGER, day INTEGER, creator INTEGER, region VARCHAR);
CREATE TABLE spans (post INTEGER, first_day INTEGER, days INTEGER, gain BIGINT);
CREATE TABLE given_ids (post INTEGER, tag VARCHAR, tag_id VARCHAR);
CREATE TABLE posts (
    post INTEGER, id VARCHAR, day INTEGER, created BIGINT, region VARCHAR, creator INTEGER,
    username VARCHAR, nickname VARCHAR, avatar_url VARCHAR, description VARCHAR, cover_url VARCHAR,
    duration BIGINT, industry BIGINT, promoted BOOLEAN,
    audience_ages MAP(VARCHAR, DOUBLE), audience_countries MAP(VARCHAR, DOUBLE),
    audience_interests MAP(VARCHAR, DOUBLE),
    tags VARCHAR[], sound INTEGER, song_id VARCHAR, music_title VARCHAR, music_author VARCHAR,
    music_cover_url VARCHAR, music_url VARCHAR, music_duration BIGINT, commercial BOOLEAN,
    likes BIGINT, views BIGINT, peak BIGINT
);
CREATE TABLE kept (id VARCHAR, post INTEGER);

-- name: set_last_post
-- Posts without a number are numbered from here.
SET VARIABLE last_post = (SELECT coalesce(max(post), 0) FROM posts);

-- name: born
-- A post is created at the create_time of its newest row that has one (ties: the larger), else when its id
-- says. One packed number per row instead of a sort: seconds fit 34 bits, so the maximum of recency << 34 |
-- create_time is the newest row.
CREATE TABLE born AS
WITH rows_of AS (
    SELECT
        id,
        max(
            (greatest(coalesce(observed_at, create_time + 604800), create_time)::HUGEINT << 34) | create_time
        ) FILTER (create_time IS NOT NULL) AS newest,
        max(id_time) AS id_time
    FROM facts
    GROUP BY id
), dated AS (
    SELECT id, coalesce((newest & 17179869183)::BIGINT, id_time) AS created
    FROM rows_of
)
SELECT
    coalesce(kept.post, getvariable('last_post') + row_number() OVER (ORDER BY id))::INTEGER AS post,
    id,
    created,
    (created // 86400)::INTEGER AS day
FROM dated
LEFT JOIN kept USING (id)
WHERE created // 86400 <= $as_of;

-- name: sightings
-- Every row of a counted post with its recency: when it was observed, but not before the post was created; a
-- row that does not say when it was observed counts as seen a week after creation.
CREATE TABLE sightings AS
SELECT
    born.post,
    greatest(coalesce(observed_at, created + 604800), created) AS recency,
    region, username, nickname, avatar_url, tags, tag_ids,
    music_id, song_id, music_title, music_author, music_cover_url, music_url, music_duration,
    is_commercial_music AS commercial,
    view_count AS views,
    like_count AS likes,
    description, duration, industry,
    is_promoted AS promoted,
    cover_url, audience_ages, audience_countries, audience_interests
FROM facts
JOIN born USING (id);

-- name: tied
-- Rows of one post seen in the same second: of these alone the larger JSON text decides, so only they pay for it.
CREATE TABLE tied AS
SELECT post, recency
FROM sightings
GROUP BY ALL
HAVING count(*) > 1;

-- name: resolved
-- A post takes each attribute from its newest sighting in which it is not empty (arg_max skips the empty ones).
CREATE TABLE resolved AS
WITH settled AS (
    SELECT
        post, recency,
        arg_max(
            COLUMNS(* EXCLUDE (post, recency)),
            to_json(COLUMNS(* EXCLUDE (post, recency)))::VARCHAR
        )
    FROM sightings SEMI JOIN tied USING (post, recency)
    GROUP BY post, recency
), single AS (
    SELECT * FROM sightings ANTI JOIN tied USING (post, recency)
    UNION ALL BY NAME
    SELECT * FROM settled
)
SELECT post, arg_max(COLUMNS(* EXCLUDE (post, recency)), recency)
FROM single
GROUP BY post;

-- name: new_creators
-- Numbered in the order of their usernames.
INSERT INTO creators
SELECT (SELECT coalesce(max(creator), 0) FROM creators) + row_number() OVER (ORDER BY username), username
FROM (SELECT DISTINCT username FROM resolved WHERE username IS NOT NULL)
ANTI JOIN creators USING (username);

-- name: new_names
-- Numbered in the order of kind and identity.
INSERT INTO names
WITH used AS (
    SELECT 'hashtag' AS kind, unnest(tags) AS identity FROM resolved
    UNION
    SELECT 'sound' AS kind, music_id AS identity FROM resolved WHERE music_id IS NOT NULL
)
SELECT (SELECT coalesce(max(subject), 0) FROM names) + row_number() OVER (ORDER BY kind, identity), kind, identity
FROM used
ANTI JOIN names USING (kind, identity);

-- name: new_posts
-- The counted posts, one row each, whatever was seen of them and how often. `likes` and `views` are the newest
-- known counters, `peak` the highest view count ever seen.
INSERT INTO posts BY NAME
WITH peaks AS (
    SELECT post, max(views) AS peak FROM sightings GROUP BY post
)
SELECT
    post, id, day, created, region, creator, username, nickname, avatar_url, description, cover_url,
    duration, industry, coalesce(promoted, FALSE) AS promoted,
    audience_ages, audience_countries, audience_interests,
    list_sort(list_distinct(tags)) AS tags,
    subject AS sound, song_id, music_title, music_author, music_cover_url, music_url, music_duration, commercial,
    likes, views, peak
FROM resolved
JOIN born USING (post)
JOIN peaks USING (post)
LEFT JOIN creators USING (username)
LEFT JOIN (SELECT identity AS music_id, subject FROM names WHERE kind = 'sound') AS sounding USING (music_id);

-- name: new_uses
-- One row per subject and post: a post's tags, once each, and its sound.
INSERT INTO uses
WITH fresh AS (
    SELECT * FROM posts SEMI JOIN born USING (post)
), tagged AS (
    SELECT post, unnest(tags) AS identity FROM fresh
), pairs AS (
    SELECT subject, post
    FROM tagged
    JOIN (SELECT identity, subject FROM names WHERE kind = 'hashtag') AS named USING (identity)
    UNION ALL
    SELECT sound AS subject, post FROM fresh WHERE sound IS NOT NULL
)
SELECT subject, post, day, creator, region
FROM pairs
JOIN fresh USING (post);

-- name: new_spans
-- Views a post gained, each gain with the days that it is spread over (DESIGN section 2). Counts never fall
-- (running maximum); the first count is spread from creation over at most seven days, each later gain over the
-- days since the sighting before. Spans are few, days are many: who needs days makes them of few posts.
INSERT INTO spans
WITH counted AS (
    SELECT post, recency, max(views) AS views
    FROM sightings
    WHERE views IS NOT NULL
    GROUP BY post, recency
), steps AS (
    SELECT
        post, day, recency,
        (recency // 86400)::INTEGER AS seen_day,
        lag((recency // 86400)::INTEGER) OVER in_time AS before_day,
        max(views) OVER in_time AS total
    FROM counted
    JOIN born USING (post)
    WINDOW in_time AS (PARTITION BY post ORDER BY recency)
), gained AS (
    SELECT
        post,
        CASE WHEN before_day IS NULL THEN day ELSE least(before_day + 1, seen_day) END AS first_day,
        CASE WHEN before_day IS NULL THEN least(seen_day, day + 6) ELSE seen_day END AS last_day,
        total - coalesce(lag(total) OVER in_order, 0) AS gain
    FROM steps
    WINDOW in_order AS (PARTITION BY post ORDER BY recency)
)
SELECT post, first_day, last_day - first_day + 1 AS days, gain
FROM gained
WHERE gain > 0;

-- name: new_given_ids
-- The id a source gave a post's tag, from the newest sighting that has one; most rows have none at all.
INSERT INTO given_ids
WITH given AS (
    SELECT post, recency, unnest(tags) AS tag, unnest(tag_ids) AS tag_id
    FROM sightings
    WHERE tag_ids IS NOT NULL
), newest AS (
    SELECT post, tag, arg_max(tag_id, (recency, tag_id)) AS tag_id
    FROM given
    GROUP BY post, tag
)
SELECT post, tag, tag_id
FROM newest
JOIN resolved USING (post)
WHERE tag_id IS NOT NULL AND list_contains(resolved.tags, tag);

-- name: forget_slice
-- What only led to the rows that a slice adds.
DROP TABLE sightings;
DROP TABLE tied;
DROP TABLE resolved;
DROP TABLE born;

-- name: tag_ids
-- The id of a hashtag: that of its newest post, by (day, id), that has one.
CREATE TABLE tag_ids AS
SELECT tag AS identity, arg_max(tag_id, (day, id)) AS tag_id
FROM given_ids
JOIN posts USING (post)
GROUP BY tag;

-- name: sounds
-- What a sound is, each attribute from its newest post, by (day, id), that has one; as one text, because texts are
-- compared faster than pairs.
CREATE TABLE sounds AS
WITH uses_of AS (
    SELECT
        sound AS subject,
        lpad(day::VARCHAR, 8, '0') || id AS newest,
        song_id, music_title AS title, music_author AS author, music_cover_url AS cover_url, music_url,
        music_duration AS duration, commercial
    FROM posts
    WHERE sound IS NOT NULL
)
SELECT subject, arg_max(COLUMNS(* EXCLUDE (subject, newest)), newest)
FROM uses_of
GROUP BY subject;

-- name: subjects
-- What everything that is charted is. A hashtag without an id from a source gets the one of domain/subjects.py:
-- the first 64 bits of the name's SHA-256, the highest bit set.
CREATE TABLE subjects AS
SELECT
    subject, kind, identity,
    CASE
        WHEN kind = 'sound' THEN identity
        ELSE coalesce(
            tag_id,
            (('0x' || substr(sha256(identity), 1, 16))::UBIGINT | 9223372036854775808::UBIGINT)::VARCHAR
        )
    END AS wire_id,
    sounds.* EXCLUDE (subject)
FROM names
LEFT JOIN tag_ids USING (identity)
LEFT JOIN sounds USING (subject);

-- name: created
-- How many posts there are of each day, in each region and in the world.
CREATE TABLE created AS
SELECT coalesce(region, $world) AS region, day, count(*) AS posts
FROM posts
GROUP BY GROUPING SETS ((region, day), (day))
HAVING grouping(region) = 1 OR region IS NOT NULL;

-- name: regions
-- Where there are posts at all, and since when.
CREATE TABLE regions AS
SELECT region, min(day) AS first_day
FROM created
GROUP BY region;

-- name: subject_regions
-- Where a subject was ever used, and since when.
CREATE TABLE subject_regions AS
SELECT subject, coalesce(region, $world) AS region, min(day) AS first_day
FROM uses
GROUP BY GROUPING SETS ((subject, region), (subject))
HAVING grouping(region) = 1 OR region IS NOT NULL;

-- name: industries
-- The industry of a subject at the end of each day asked for: that of most of its posts which have one (ties:
-- the smaller id), if enough posts agree and they are a large enough share of those.
CREATE TABLE industries AS
WITH ends AS (
    SELECT unnest($ends::INTEGER[]) AS last_day
), counts AS (
    SELECT subject, last_day, industry, count(*) AS posts
    FROM uses
    JOIN posts USING (post)
    JOIN ends ON posts.day <= last_day
    WHERE industry IS NOT NULL
    GROUP BY subject, last_day, industry
)
SELECT subject, last_day, min(industry) FILTER (posts = most) AS industry
FROM (SELECT *, max(posts) OVER of_subject AS most, sum(posts) OVER of_subject AS total
      FROM counts
      WINDOW of_subject AS (PARTITION BY subject, last_day))
GROUP BY subject, last_day
HAVING any_value(most) >= $support AND any_value(most) * 100 >= any_value(total) * $share;

-- name: forget
-- What only led to the tables above.
DROP TABLE kept;
DROP TABLE names;
DROP TABLE given_ids;
DROP TABLE tag_ids;
DROP TABLE sounds;
