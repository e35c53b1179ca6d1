-- name: subjects
-- Numbered as the embedded engine numbers them; a hashtag without an id from a source gets its own the same way.
CREATE TABLE subjects AS
SELECT
    (row_number() OVER (ORDER BY kind, identity))::INTEGER AS subject,
    kind, identity,
    CASE
        WHEN kind = 'sound' THEN identity
        ELSE coalesce(
            tag_id,
            (('0x' || substr(sha256(identity), 1, 16))::UBIGINT | 9223372036854775808::UBIGINT)::VARCHAR
        )
    END AS wire_id,
    song_id, title, author, cover_url, music_url, duration, commercial
FROM read_parquet($folder || '/subjects/*.parquet');

-- name: keys
-- What the cluster calls a subject.
CREATE TABLE keys AS
SELECT kind[1] || identity AS key, subject FROM subjects;

-- name: industries
-- Few columns, and the number for the key, as everywhere below.
CREATE TABLE industries AS
SELECT keys.subject, last_day::INTEGER AS last_day, industry
FROM read_parquet($folder || '/industries/*.parquet') AS told
JOIN keys ON key = told.subject;

-- name: subject_regions
-- Where a subject was ever used, and since when.
CREATE TABLE subject_regions AS
SELECT keys.subject, region, first_day::INTEGER AS first_day
FROM read_parquet($folder || '/subject_regions/*.parquet') AS told
JOIN keys ON key = told.subject;

-- name: daily
-- Only the days that a document can show.
CREATE TABLE daily AS
SELECT keys.subject, region, day::INTEGER AS day, views::BIGINT AS views, posts::BIGINT AS posts
FROM read_parquet($folder || '/daily/*.parquet') AS told
JOIN keys ON key = told.subject
WHERE day > $as_of - $longest;

-- name: totals
-- Posts and views over the whole history.
CREATE TABLE totals AS
SELECT keys.subject, posts, views
FROM read_parquet($folder || '/totals/*.parquet') AS told
JOIN keys ON key = told.subject;

-- name: creators
-- Those that are shown, numbered in the order of their usernames: ties by username are ties by number.
CREATE TABLE creators AS
SELECT (row_number() OVER (ORDER BY username))::INTEGER AS creator, username
FROM (
    SELECT creator AS username FROM read_parquet($folder || '/faces/*.parquet')
    UNION
    SELECT creator FROM read_parquet($folder || '/posts_shown/*.parquet') WHERE creator IS NOT NULL
);

-- name: posts
-- Those that are shown, numbered in the order of their ids: ties by id are ties by number.
CREATE TABLE posts AS
SELECT
    (row_number() OVER (ORDER BY post))::INTEGER AS post,
    post AS id, day::INTEGER AS day, created, region, creators.creator, told.creator AS username,
    description, cover_url, duration, promoted, likes, views
FROM read_parquet($folder || '/posts_shown/*.parquet') AS told
LEFT JOIN creators ON username = told.creator;

-- name: faces
-- How a creator is shown.
CREATE TABLE faces AS
SELECT creators.creator, username, nickname, avatar_url, home
FROM read_parquet($folder || '/faces/*.parquet') AS told
JOIN creators ON username = told.creator;

-- name: post_views
-- Of the posts that are shown.
CREATE TABLE post_views AS
SELECT posts.post, period, 0 AS back, told.views
FROM read_parquet($folder || '/post_views_shown/*.parquet') AS told
JOIN posts ON id = told.post;

-- name: scopes
-- Only what tells whether a row can have moved.
CREATE TABLE scopes AS
SELECT region, period, back, cold FROM read_parquet($folder || '/scopes/*.parquet');

-- name: ranks
-- The charts of both windows.
CREATE TABLE ranks AS
SELECT
    kind, keys.subject, region, period::INTEGER AS period, back::INTEGER AS back, industry, score,
    posts, views, rank
FROM read_parquet($folder || '/ranks/*.parquet') AS told
JOIN keys ON key = told.subject;

-- name: scored
-- What the details tell of heat.
CREATE TABLE scored AS
SELECT told.* REPLACE (keys.subject AS subject)
FROM read_parquet($folder || '/scored/*.parquet') AS told
JOIN keys ON key = told.subject
WHERE back = 0;

-- name: videos
-- The posts of the video charts.
CREATE TABLE videos AS
SELECT told.region, period, posts.post, told.views, rank
FROM read_parquet($folder || '/videos/*.parquet') AS told
JOIN posts ON id = told.post;

-- name: stars
-- The creators of the creator charts.
CREATE TABLE stars AS
SELECT region, period, creators.creator, views, rank
FROM read_parquet($folder || '/stars/*.parquet') AS told
JOIN creators ON username = told.creator;

-- name: shown_posts
-- The posts that decide what a row shows.
CREATE TABLE shown_posts AS
SELECT kind, keys.subject, told.region, period, posts.post, posts.day, posts.creator
FROM read_parquet($folder || '/shown_posts/*.parquet') AS told
JOIN keys ON key = told.subject
JOIN posts ON id = told.post;

-- name: shown_days
-- The days of what is charted.
CREATE TABLE shown_days AS
SELECT subject, region, day, views
FROM daily
SEMI JOIN (FROM ranks WHERE back = 0) AS shown USING (subject, region);

-- name: spot_places
-- What was counted of the posts of each subject, region and place.
CREATE TABLE spot_places AS
SELECT
    (row_number() OVER ())::INTEGER AS post, spot, place::TINYINT AS place,
    young::HUGEINT AS young, middle::HUGEINT AS middle, elder::HUGEINT AS elder, promoted
FROM read_parquet($folder || '/spot_places/*.parquet') AS told
JOIN keys ON key = told.subject
JOIN spots ON spots.subject = keys.subject AND spots.region = told.region;

-- name: spot_uses
-- All posts of a spot and place stand here as one, whose shares are their sums: what sums over posts sums the same.
CREATE TABLE spot_uses AS
SELECT spot, post, place FROM spot_places;

-- name: ages
-- The sums as the shares of that one post.
CREATE TABLE ages AS
SELECT post, young, middle, elder FROM spot_places WHERE young IS NOT NULL;

-- name: promotions
-- The smallest window in which a promoted post was created.
CREATE TABLE promotions AS
SELECT spot, min(place) AS promoted FROM spot_places WHERE promoted = 1 GROUP BY spot;

-- name: reach
-- Distinct creators per window, as a list.
CREATE TABLE reach AS
SELECT spot, [in_1, in_2, in_3, in_4, in_5] AS creators
FROM read_parquet($folder || '/reach/*.parquet') AS told
JOIN keys ON key = told.subject
JOIN spots ON spots.subject = keys.subject AND spots.region = told.region;

-- name: audience_size
-- The same of all posts of a region.
CREATE TABLE audience_size AS
SELECT region, [in_1, in_2, in_3, in_4, in_5] AS everyone
FROM read_parquet($folder || '/audience_size/*.parquet');

-- name: pairs
-- The pairs that may be related, the first before the second.
CREATE TABLE pairs AS
SELECT a.subject AS first, b.subject AS second, told.region, span::TINYINT AS span, creators
FROM read_parquet($folder || '/pairs/*.parquet') AS told
JOIN keys AS a ON a.key = told.first
JOIN keys AS b ON b.key = told.second;

-- name: audiences_text
-- As the documents hold them: [["name", index], ...], the highest first.
CREATE TABLE audiences_text AS
SELECT
    spot, audience, span::TINYINT AS span,
    '[["' || array_to_string(
        list(
            CASE audience WHEN 1 THEN code::VARCHAR ELSE chr((code // 256)::INTEGER) || chr((code % 256)::INTEGER) END
                || '",' || index
            ORDER BY place
        ),
        '],["'
    ) || ']]' AS entries
FROM read_parquet($folder || '/audiences/*.parquet') AS told
JOIN keys ON key = told.subject
JOIN spots ON spots.subject = keys.subject AND spots.region = told.region
GROUP BY spot, audience, span;

-- name: tops
-- Packed as the embedded engine packs them.
CREATE TABLE tops AS
SELECT
    spot, span::TINYINT AS span,
    list(
        (told.views::HUGEINT << 91) | ((268435455 - posts.post)::HUGEINT << 63) | id::BIGINT
        ORDER BY place
    ) AS packed
FROM read_parquet($folder || '/tops/*.parquet') AS told
JOIN posts ON id = told.post
JOIN keys ON key = told.subject
JOIN spots ON spots.subject = keys.subject AND spots.region = told.region
GROUP BY spot, span;

-- name: region_spans
-- Where posts are from, and the days on which the first and the last was created.
SELECT region, first_day, last_day FROM read_parquet($folder || '/region_spans/*.parquet');

-- name: samples
-- Posts and creators of each region and window.
SELECT told.region, $periods[span], sum(posts)::BIGINT, coalesce(any_value(everyone[span]), 0)
FROM read_parquet($folder || '/region_places/*.parquet') AS told
JOIN nested USING (place)
LEFT JOIN audience_size USING (region)
GROUP BY told.region, span
ORDER BY told.region, span;

-- name: origins
-- What observations were ingested from, by region, and when.
SELECT region, origin, rows, oldest, newest
FROM read_parquet($folder || '/origins/*.parquet')
ORDER BY region, origin;
