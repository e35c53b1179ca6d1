-- name: born
-- A post is created at the create_time of its newest row that has one (ties: the larger), else when its id
-- says. One packed number per row instead of a sort: seconds fit 34 bits, so the maximum of recency << 34 |
-- create_time is the newest row. Posts are numbered in the order of their ids: ties by id are ties by number.
CREATE TABLE born AS
WITH rows_of AS (
    SELECT
        id,
        max(
            (greatest(coalesce(observed_at, create_time + 604800), create_time)::HUGEINT << 34) | create_time
        ) FILTER (create_time IS NOT NULL) AS newest,
        max(id_time) AS id_time
    FROM read_parquet($parts)
    GROUP BY id
), dated AS (
    SELECT id, coalesce((newest & 17179869183)::BIGINT, id_time) AS created
    FROM rows_of
)
SELECT
    (row_number() OVER (ORDER BY id))::INTEGER AS post,
    id,
    created,
    (created // 86400)::INTEGER AS day
FROM dated
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
FROM read_parquet($parts) AS facts
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

-- name: creators
-- Numbered in the order of their usernames: ties by username are ties by number.
CREATE TABLE creators AS
SELECT (row_number() OVER (ORDER BY username))::INTEGER AS creator, username
FROM (SELECT DISTINCT username FROM resolved WHERE username IS NOT NULL);

-- name: tag_ids
-- The id a source gave a post's tag, from the newest sighting that has one; most rows have none at all.
CREATE TABLE tag_ids AS
WITH given AS (
    SELECT post, recency, unnest(tags) AS tag, unnest(tag_ids) AS tag_id
    FROM sightings
    WHERE tag_ids IS NOT NULL
), newest AS (
    SELECT post, tag, arg_max(tag_id, (recency, tag_id)) AS tag_id
    FROM given
    GROUP BY post, tag
)
SELECT tag AS identity, arg_max(tag_id, (day, post)) AS tag_id
FROM newest
JOIN born USING (post)
JOIN resolved USING (post)
WHERE tag_id IS NOT NULL AND list_contains(resolved.tags, tag)
GROUP BY tag;

-- name: sounds
-- What a sound is, each attribute from its newest post, by (day, id), that has one.
CREATE TABLE sounds AS
WITH uses_of AS (
    SELECT
        music_id AS identity,
        (day::BIGINT << 32) | post AS newest,
        song_id, music_title AS title, music_author AS author, music_cover_url AS cover_url, music_url,
        music_duration AS duration, commercial
    FROM resolved
    JOIN born USING (post)
    WHERE music_id IS NOT NULL
)
SELECT identity, arg_max(COLUMNS(* EXCLUDE (identity, newest)), newest)
FROM uses_of
GROUP BY identity;

-- name: subjects
-- Numbered in the order of kind and identity: ties by identity are ties by number. A hashtag without an id from
-- a source gets the one of domain/subjects.py: the first 64 bits of the name's SHA-256, the highest bit set.
CREATE TABLE subjects AS
WITH tags AS (
    SELECT DISTINCT unnest(tags) AS identity FROM resolved
), named AS (
    SELECT
        'hashtag' AS kind,
        identity,
        coalesce(
            tag_id,
            (('0x' || substr(sha256(identity), 1, 16))::UBIGINT | 9223372036854775808::UBIGINT)::VARCHAR
        ) AS wire_id
    FROM tags
    LEFT JOIN tag_ids USING (identity)
    UNION ALL BY NAME
    SELECT 'sound' AS kind, identity AS wire_id, * FROM sounds
)
SELECT (row_number() OVER (ORDER BY kind, identity))::INTEGER AS subject, *
FROM named;

-- name: posts
-- The counted posts, one row each, whatever was seen of them and how often. `likes` and `views` are the newest
-- known counters, `peak` the highest view count ever seen.
CREATE TABLE posts AS
WITH peaks AS (
    SELECT post, max(views) AS peak FROM sightings GROUP BY post
), sounding AS (
    SELECT identity AS music_id, subject AS sound FROM subjects WHERE kind = 'sound'
)
SELECT
    post, id, day, created, region, creator, username, nickname, avatar_url, description, cover_url,
    duration, industry, coalesce(promoted, FALSE) AS promoted,
    audience_ages, audience_countries, audience_interests,
    sound, likes, views, peak
FROM resolved
JOIN born USING (post)
JOIN peaks USING (post)
LEFT JOIN creators USING (username)
LEFT JOIN sounding USING (music_id);

-- name: uses
-- One row per subject and post: a post's tags, once each, and its sound.
CREATE TABLE uses AS
WITH tagged AS (
    SELECT post, unnest(list_distinct(tags)) AS identity FROM resolved
), pairs AS (
    SELECT subject, post
    FROM tagged
    JOIN (SELECT identity, subject FROM subjects WHERE kind = 'hashtag') USING (identity)
    UNION ALL
    SELECT sound AS subject, post FROM posts WHERE sound IS NOT NULL
)
SELECT subject, post, day, creator, region
FROM pairs
JOIN posts USING (post);

-- name: gains
-- Views a post gained on each day (DESIGN section 2). Counts never fall (running maximum); the first count is
-- spread from creation over at most seven days, each later gain over the days since the sighting before.
CREATE TABLE gains AS
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
), spans AS (
    SELECT
        post,
        total - coalesce(lag(total) OVER in_order, 0) AS gain,
        CASE WHEN before_day IS NULL THEN day ELSE least(before_day + 1, seen_day) END AS first_day,
        CASE WHEN before_day IS NULL THEN least(seen_day, day + 6) ELSE seen_day END AS last_day
    FROM steps
    WINDOW in_order AS (PARTITION BY post ORDER BY recency)
), spread AS (
    SELECT
        post, gain, first_day,
        last_day - first_day + 1 AS n,
        unnest(range(least(last_day, $as_of) - first_day + 1)) AS k
    FROM spans
    WHERE gain > 0 AND first_day <= $as_of
)
SELECT post, day, sum(views)::BIGINT AS views
FROM (
    SELECT
        post,
        (first_day + k)::INTEGER AS day,
        gain * (k + 1) // n - gain * k // n AS views
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

-- name: regions
-- Where there are posts at all, and since when.
CREATE TABLE regions AS
SELECT coalesce(region, $world) AS region, min(day) AS first_day
FROM posts
GROUP BY GROUPING SETS ((region), ())
HAVING count(*) > 0 AND (grouping(region) = 1 OR region IS NOT NULL);

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
DROP TABLE sightings;
DROP TABLE tied;
DROP TABLE resolved;
DROP TABLE tag_ids;
DROP TABLE sounds;
DROP TABLE born;
