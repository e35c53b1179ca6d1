-- name: bucket_days
-- The points of each period's curve, and which of them a day falls into.
CREATE TABLE bucket_days AS
WITH points AS (
    SELECT unnest($bucket_periods::INTEGER[]) AS period, unnest($bucket_places::INTEGER[]) AS place,
        unnest($bucket_firsts::INTEGER[]) AS first_day, unnest($bucket_lasts::INTEGER[]) AS last_day
)
SELECT period, place, last_day, unnest(range(first_day, last_day + 1))::INTEGER AS day
FROM points;

-- name: shown
-- The subjects that any chart shows, once per region and period, however many industry charts they are in.
CREATE TABLE shown AS
SELECT DISTINCT kind, subject, region, period FROM charted;

-- name: shown_posts
-- Their posts in that region. Built once: samples, promotion and top posts all look here.
CREATE TABLE shown_posts AS
SELECT kind, subject, shown.region, period, post, day, creator
FROM uses
JOIN shown USING (subject)
WHERE shown.region IN (uses.region, $world);

-- name: shown_days
-- Views they gained by day there, within the charts' windows: the spans of their posts, day by day.
CREATE TABLE shown_days AS
WITH first AS (
    SELECT min(day) AS first_day FROM bucket_days
), pairs AS (
    SELECT DISTINCT subject, region, post FROM shown_posts
), spread AS (
    SELECT
        post, gain, spans.first_day, days,
        unnest(range(
            greatest(first.first_day - spans.first_day, 0), least(spans.first_day + days - 1, $as_of) - spans.first_day + 1
        )) AS k
    FROM spans, first
    WHERE spans.first_day <= $as_of AND spans.first_day + days > first.first_day
        AND post IN (SELECT post FROM pairs)
), gained AS (
    SELECT post, (first_day + k)::INTEGER AS day, sum(gain * (k + 1) // days - gain * k // days)::BIGINT AS views
    FROM spread
    GROUP BY ALL
)
SELECT subject, region, day, sum(views)::BIGINT AS views
FROM pairs
JOIN gained USING (post)
GROUP BY subject, region, day;

-- name: curves
-- Views gained per point, zeros kept. A sound's curve starts with the point of its first use in the region.
CREATE TABLE curves AS
WITH gained AS (
    SELECT subject, region, period, place, sum(views)::BIGINT AS views
    FROM shown_days
    JOIN shown USING (subject, region)
    JOIN bucket_days USING (period, day)
    GROUP BY subject, region, period, place
), points AS (
    SELECT DISTINCT period, place, last_day FROM bucket_days
)
SELECT
    shown.subject, shown.region, shown.period,
    coalesce(
        list(coalesce(views, 0) ORDER BY points.place) FILTER (kind = 'hashtag' OR last_day >= first_day), []
    ) AS curve
FROM shown
LEFT JOIN points USING (period)
LEFT JOIN subject_regions USING (subject, region)
LEFT JOIN gained USING (subject, region, period, place)
GROUP BY shown.subject, shown.region, shown.period;

-- name: sampled
-- The three creators of a row: most views gained in window and region under the tag, ties by username.
CREATE TABLE sampled AS
WITH gained AS (
    SELECT subject, region, period, creator, sum(views) AS views
    FROM shown_posts
    JOIN (FROM post_views WHERE back = 0) AS viewed USING (post, period)
    WHERE kind = 'hashtag' AND creator IS NOT NULL
    GROUP BY subject, region, period, creator
)
SELECT
    subject, region, period, creator,
    row_number() OVER (PARTITION BY subject, region, period ORDER BY views DESC, username) AS place
FROM gained
JOIN creators USING (creator)
QUALIFY place <= $sample_size;

-- name: faces
-- How a creator is shown: each attribute from its newest post, by (day, id), that has one; as one text, because
-- texts are compared faster than pairs.
CREATE TABLE faces AS
WITH newest_first AS (
    SELECT
        creator, username, lpad(day::VARCHAR, 8, '0') || id AS newest, nickname, avatar_url, region AS home
    FROM posts
    WHERE creator IN (SELECT creator FROM sampled UNION SELECT creator FROM stars)
)
SELECT creator, username, arg_max(COLUMNS(* EXCLUDE (creator, username, newest)), newest)
FROM newest_first
GROUP BY creator, username;

-- name: samples
-- They as the rows show them.
CREATE TABLE samples AS
SELECT
    subject, region, period,
    list({username: username, nickname: nickname, avatar_url: avatar_url} ORDER BY place) AS creators
FROM sampled
JOIN faces USING (creator)
GROUP BY subject, region, period;

-- name: promotions
-- Rows of which a promoted post was created in the window and region.
CREATE TABLE promotions AS
SELECT DISTINCT subject, shown_posts.region, period
FROM shown_posts
JOIN posts USING (post)
WHERE promoted AND posts.day > $as_of - period;

-- name: top_posts
-- The posts that gained a sound most views in window and region, ties by id; an id that is no 64-bit number
-- cannot be told on the wire.
CREATE TABLE top_posts AS
WITH placed AS (
    SELECT
        subject, region, period, post,
        row_number() OVER (PARTITION BY subject, region, period ORDER BY views DESC, id) AS place
    FROM shown_posts
    JOIN (FROM post_views WHERE back = 0) AS viewed USING (post, period)
    JOIN (
        SELECT post, id FROM posts WHERE regexp_full_match(id, '[0-9]+') AND TRY_CAST(id AS BIGINT) IS NOT NULL
    ) AS telling USING (post)
    WHERE kind = 'sound'
    QUALIFY place <= $top_posts
)
SELECT subject, placed.region, period, list({id: id, cover_url: cover_url} ORDER BY place) AS posts
FROM placed
JOIN posts USING (post)
GROUP BY subject, placed.region, period;

-- name: star_posts
-- What a charted creator shows: those of its posts that gained views in window and region, by the counters shown.
-- Few each: sorted as lists, which takes a tenth of an aggregate that sorts.
CREATE TABLE star_posts AS
WITH placed AS (
    SELECT
        stars.region, period, creator, id, cover_url, posts.views, likes, created,
        row_number() OVER (
            PARTITION BY stars.region, period, creator ORDER BY posts.views DESC NULLS LAST, id
        ) AS place
    FROM stars
    JOIN posts USING (creator)
    SEMI JOIN (FROM post_views WHERE back = 0) AS viewed USING (post, period)
    WHERE stars.region IN (posts.region, $world)
    QUALIFY place <= $sample_size
)
SELECT
    region, period, creator,
    [x.post FOR x IN list_sort(list({
        place: place,
        post: {id: id, cover_url: cover_url, views: views, likes: likes, created: created}
    }))] AS posts
FROM placed
GROUP BY region, period, creator;

-- name: chart_documents
-- One JSON list of rows per chart, in the field names of domain/charts.py.
CREATE TABLE chart_documents (key VARCHAR, document VARCHAR);

-- name: hashtag_charts
-- Rows of HashtagEntry.
INSERT INTO chart_documents
SELECT
    concat_ws('/', kind, period, region, charted.industry),
    to_json(list({
        name: identity, hashtag_id: wire_id, industry: own.industry, promoted: promotions.subject IS NOT NULL,
        curve: curve, creators: coalesce(samples.creators, []), posts: posts, views: views,
        rank: rank, move: move, steps: steps, first_time: first_time, heat: score
    } ORDER BY rank))
FROM charted
JOIN subjects USING (kind, subject)
JOIN curves USING (subject, region, period)
LEFT JOIN (SELECT subject, industry FROM industries WHERE last_day = $as_of) AS own USING (subject)
LEFT JOIN samples USING (subject, region, period)
LEFT JOIN promotions USING (subject, region, period)
WHERE kind = 'hashtag'
GROUP BY kind, period, region, charted.industry;

-- name: sound_charts
-- Rows of SoundEntry.
INSERT INTO chart_documents
SELECT
    concat_ws('/', kind, period, region, industry),
    to_json(list({
        clip_id: identity, song_id: song_id, title: title, author: author, cover_url: cover_url,
        music_url: music_url, duration: duration, commercial: commercial,
        promoted: promotions.subject IS NOT NULL, curve: curve, top_posts: coalesce(top_posts.posts, []),
        days_listed: coalesce(days, 0), posts: charted.posts, views: views,
        rank: rank, move: move, steps: steps, first_time: first_time, heat: score
    } ORDER BY rank))
FROM charted
JOIN subjects USING (kind, subject)
JOIN curves USING (subject, region, period)
LEFT JOIN listed USING (subject, region)
LEFT JOIN promotions USING (subject, region, period)
LEFT JOIN top_posts USING (subject, region, period)
WHERE kind = 'sound'
GROUP BY kind, period, region, industry;

-- name: video_charts
-- Rows of VideoEntry.
INSERT INTO chart_documents
SELECT
    concat_ws('/', 'video', period, videos.region, 0),
    to_json(list({
        id: id, username: username, title: description, cover_url: cover_url, duration: duration,
        region: posts.region, created: created, views: videos.views, rank: rank
    } ORDER BY rank))
FROM videos
JOIN posts USING (post)
GROUP BY period, videos.region;

-- name: creator_charts
-- Rows of CreatorEntry.
INSERT INTO chart_documents
WITH created AS (
    SELECT creator, coalesce(region, $world) AS region, period, count(*) AS posts
    FROM posts
    JOIN windows ON back = 0 AND day BETWEEN first_day AND last_day
    WHERE creator IS NOT NULL
    GROUP BY GROUPING SETS ((creator, region, period), (creator, period))
    HAVING grouping(region) = 1 OR region IS NOT NULL
)
SELECT
    concat_ws('/', 'creator', period, stars.region, 0),
    to_json(list({
        username: username, nickname: nickname, avatar_url: avatar_url, region: home,
        posts: coalesce(created.posts, 0), views: stars.views, rank: rank,
        top_posts: star_posts.posts
    } ORDER BY rank))
FROM stars
JOIN faces USING (creator)
JOIN star_posts USING (creator, region, period)
LEFT JOIN created USING (creator, region, period)
GROUP BY period, stars.region;

-- name: forget
-- Everything the documents were made from that nobody reads after them.
DROP TABLE bucket_days;
DROP TABLE shown;
DROP TABLE shown_posts;
DROP TABLE shown_days;
DROP TABLE curves;
DROP TABLE sampled;
DROP TABLE faces;
DROP TABLE samples;
DROP TABLE promotions;
DROP TABLE top_posts;
DROP TABLE star_posts;
DROP TABLE windows;
DROP TABLE charted;
DROP TABLE post_views;
DROP TABLE videos;
DROP TABLE stars;
