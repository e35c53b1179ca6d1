-- name: recent
-- The days of the longest window, each with its place: the number (from 1) of the smallest window that holds it.
-- The places are disjoint, so everything is counted once per place and then summed over the nested windows.
CREATE TABLE recent AS
SELECT
    ($as_of - back)::INTEGER AS day,
    (1 + len(list_filter($periods, lambda period: period <= back)))::TINYINT AS place
FROM (SELECT unnest(range($periods[-1])) AS back);

-- name: nested
-- Which windows hold the days of a place: its own and every longer one.
CREATE TABLE nested AS
SELECT place::TINYINT AS place, unnest(range(place, len($periods) + 1))::TINYINT AS span
FROM (SELECT unnest(range(1, len($periods) + 1)) AS place);

-- name: spots
-- A subject in a region is a spot: one small key instead of a number and a text in every grouping.
CREATE TABLE spots AS
SELECT (row_number() OVER (ORDER BY subject, region))::INTEGER AS spot, subject, region, first_day
FROM subject_regions;

-- name: spot_uses
-- Every use in its region and in the world; place is NULL for posts older than the longest window.
CREATE TABLE spot_uses AS
WITH placed AS (
    SELECT subject, post, creator, region, place FROM uses LEFT JOIN recent USING (day)
)
SELECT spot, post, creator, place FROM placed JOIN spots USING (subject, region)
UNION ALL
SELECT spot, post, creator, place
FROM placed
JOIN (SELECT spot, subject FROM spots WHERE region = $world) USING (subject);

-- name: reach
-- Distinct creators per window: a creator counts from the smallest window that holds a post of theirs.
CREATE TABLE reach AS
WITH firsts AS (
    SELECT spot, creator, min(place) AS place
    FROM spot_uses
    WHERE creator IS NOT NULL AND place IS NOT NULL
    GROUP BY spot, creator
)
SELECT
    spot,
    [
        count(*) FILTER (place <= 1), count(*) FILTER (place <= 2), count(*) FILTER (place <= 3),
        count(*) FILTER (place <= 4), count(*)
    ] AS creators
FROM firsts
GROUP BY spot;

-- name: audience_size
-- Distinct creators of all posts per region and window, as in reach: what affinity is measured against.
CREATE TABLE audience_size AS
WITH placed AS (
    SELECT region, creator, place FROM posts JOIN recent USING (day) WHERE creator IS NOT NULL
), firsts AS (
    SELECT region, creator, min(place) AS place FROM placed WHERE region IS NOT NULL GROUP BY region, creator
    UNION ALL
    SELECT $world, creator, min(place) FROM placed GROUP BY creator
)
SELECT
    region,
    [
        count(*) FILTER (place <= 1), count(*) FILTER (place <= 2), count(*) FILTER (place <= 3),
        count(*) FILTER (place <= 4), count(*)
    ] AS everyone
FROM firsts
GROUP BY region;

-- name: promotions
-- The smallest window in which a promoted post was created.
CREATE TABLE promotions AS
SELECT spot, min(place) AS promoted
FROM spot_uses
SEMI JOIN (SELECT post FROM posts WHERE promoted) USING (post)
WHERE place IS NOT NULL
GROUP BY spot;

-- name: ages
-- Each post's age weights as shares of the whole in fixed point, so that sums do not depend on their order. Who is
-- younger than the first level is part of the whole and then dropped; the last level has no end.
CREATE TABLE ages AS
WITH entries AS (
    SELECT
        post,
        list_sum(list_sort(map_values(audience_ages))) AS total,
        unnest(map_keys(audience_ages)) AS band, unnest(map_values(audience_ages)) AS weight
    FROM posts
    WHERE cardinality(audience_ages) > 0
), shares AS (
    SELECT
        post,
        TRY_CAST(regexp_extract(band, '^[0-9]+') AS INTEGER) AS age,
        round(weight / total * $unit)::BIGINT AS share
    FROM entries
)
SELECT
    post,
    coalesce(sum(share) FILTER (age >= $levels[1] AND age < $levels[2]), 0)::BIGINT AS young,
    coalesce(sum(share) FILTER (age >= $levels[2] AND age < $levels[3]), 0)::BIGINT AS middle,
    coalesce(sum(share) FILTER (age >= $levels[3]), 0)::BIGINT AS elder
FROM shares
GROUP BY post;

-- name: ages_text
-- Percentages by largest remainder, in millionths of a point (ties to the lower level). At most two points are left
-- over: a level gets one if fewer levels than that stand before it. Highest first, as levels packed beside points.
CREATE TABLE ages_text AS
WITH sums AS (
    SELECT
        spot, span,
        sum(young)::DOUBLE AS young, sum(middle)::DOUBLE AS middle, sum(elder)::DOUBLE AS elder,
        sum(young + middle + elder)::DOUBLE AS total
    FROM spot_uses
    JOIN ages USING (post)
    JOIN nested USING (place)
    GROUP BY spot, span
), exact AS (
    SELECT
        spot, span,
        round(100000000 * young / total)::INTEGER AS young,
        round(100000000 * middle / total)::INTEGER AS middle,
        round(100000000 * elder / total)::INTEGER AS elder
    FROM sums
    WHERE total > 0
), parted AS (
    SELECT
        spot, span,
        young // 1000000 AS young, middle // 1000000 AS middle, elder // 1000000 AS elder,
        young % 1000000 AS a, middle % 1000000 AS b, elder % 1000000 AS c,
        100 - young // 1000000 - middle // 1000000 - elder // 1000000 AS over
    FROM exact
), settled AS (
    SELECT
        spot, span,
        list_reverse_sort([
            (young + ((b > a)::INTEGER + (c > a)::INTEGER < over)::INTEGER) * 8 + 4,
            (middle + ((a >= b)::INTEGER + (c > b)::INTEGER < over)::INTEGER) * 8 + 3,
            (elder + ((a >= c)::INTEGER + (b >= c)::INTEGER < over)::INTEGER) * 8 + 2
        ]) AS levels
    FROM parted
)
SELECT spot, span, to_json([[7 - x % 8, x // 8] FOR x IN levels])::VARCHAR AS ages
FROM settled;

-- name: known
-- Interests and countries that have a name, with a code that ascends with the id and that the id can be read from
-- (interests: the number itself, countries: their two letters), so that lists hold numbers instead of texts.
CREATE TABLE known AS
SELECT 1::TINYINT AS audience, id, id::INTEGER AS code
FROM (SELECT unnest($interests) AS id)
UNION ALL
SELECT 2::TINYINT AS audience, id, ascii(id[1]) * 256 + ascii(id[2]) AS code
FROM (SELECT unnest($countries) AS id);

-- name: weights
-- Each post's interests and countries as shares of the whole, fixed point; an unknown one is part of the whole.
CREATE TABLE weights AS
WITH audiences AS (
    SELECT post, 1::TINYINT AS audience, audience_interests AS m FROM posts
    UNION ALL
    SELECT post, 2::TINYINT AS audience, audience_countries AS m FROM posts
), entries AS (
    SELECT
        post, audience,
        list_sum(list_sort(map_values(m))) AS total,
        unnest(map_keys(m)) AS id, unnest(map_values(m)) AS weight
    FROM audiences
    WHERE cardinality(m) > 0
)
SELECT post, audience, code, round(weight / total * $unit)::BIGINT AS weight
FROM entries
LEFT JOIN known USING (audience, id);

-- name: audience_posts
-- Which posts have which audience at all: a mean is over these.
CREATE TABLE audience_posts AS
SELECT DISTINCT post, audience FROM weights;

-- name: audience_days
-- How many posts of a day have which audience at all, per region: sums over posts, so that those of some posts can be
-- taken out and put in again.
CREATE TABLE audience_days AS
WITH placed AS (
    SELECT post, unnest([region, $world]) AS region, day FROM posts
)
SELECT region, audience, day, count(*) AS posts
FROM placed
JOIN audience_posts USING (post)
WHERE region IS NOT NULL
GROUP BY region, audience, day;

-- name: weight_days
-- The same of the shares themselves.
CREATE TABLE weight_days AS
WITH placed AS (
    SELECT post, unnest([region, $world]) AS region, day FROM posts
)
SELECT region, audience, code, day, sum(weight) AS weight, count(*) AS posts
FROM placed
JOIN weights USING (post)
WHERE region IS NOT NULL AND code IS NOT NULL
GROUP BY region, audience, code, day;

-- name: overall
-- The mean share of each interest and country over all posts of a region and window; nothing is measured against
-- one that is too faint for the fixed point.
CREATE TABLE overall AS
WITH counts AS (
    SELECT region, audience, span, sum(posts)::BIGINT AS posts
    FROM audience_days
    JOIN recent USING (day)
    JOIN nested USING (place)
    GROUP BY region, audience, span
), by_place AS (
    SELECT region, audience, code, place, sum(weight) AS weight
    FROM weight_days
    JOIN recent USING (day)
    GROUP BY region, audience, code, place
), sums AS (
    SELECT region, audience, code, span, sum(weight) AS weight
    FROM by_place
    JOIN nested USING (place)
    GROUP BY region, audience, code, span
    HAVING sum(weight) > 0
)
SELECT region, audience, code, span, weight::DOUBLE / posts AS share
FROM sums
JOIN counts USING (region, audience, span);

-- name: audiences_text
-- Index = 100 * share under the subject / overall share, the highest first (ties: smaller id); index and code
-- are packed into one number, of which a plain descending sort takes the first few.
CREATE TABLE audiences_text AS
WITH counts AS (
    SELECT spot, audience, span, count(*) AS posts
    FROM spot_uses
    JOIN audience_posts USING (post)
    JOIN nested USING (place)
    GROUP BY spot, audience, span
), by_place AS (
    SELECT spot, audience, code, place, sum(weight) AS weight
    FROM spot_uses
    JOIN weights USING (post)
    WHERE code IS NOT NULL AND place IS NOT NULL
    GROUP BY spot, audience, code, place
), sums AS (
    SELECT spot, audience, code, span, sum(weight)::DOUBLE AS weight
    FROM by_place
    JOIN nested USING (place)
    GROUP BY spot, audience, code, span
), indexed AS (
    SELECT
        spot, audience, span,
        (floor(100 * (sums.weight / posts) / share + 0.5 + $guard)::BIGINT << 20) | (1048575 - code) AS packed
    FROM sums
    JOIN spots USING (spot)
    JOIN overall USING (region, audience, code, span)
    JOIN counts USING (spot, audience, span)
), lists AS (
    SELECT
        spot, audience, span,
        list_reverse_sort(list(packed))[:CASE audience WHEN 1 THEN $most_interests ELSE $most_countries END]
            AS entries
    FROM indexed
    GROUP BY spot, audience, span
), pairs AS (
    SELECT spot, audience, span, [[1048575 - (x & 1048575), x >> 20] FOR x IN entries] AS entries FROM lists
)
SELECT
    spot, audience, span,
    '[["' || array_to_string(
        CASE audience
            WHEN 1 THEN [x[1] || '",' || x[2] FOR x IN entries]
            ELSE [chr((x[1] // 256)::INTEGER) || chr((x[1] % 256)::INTEGER) || '",' || x[2] FOR x IN entries]
        END,
        '],["'
    ) || ']]' AS entries
FROM pairs;

-- name: tops
-- The posts with most views gained in each window, whenever created. One number holds views (36 bits), the post's
-- number turned round (28 bits: of equal views the smaller id comes first) and its numeric id (63 bits).
CREATE TABLE tops AS
WITH numeric_posts AS (
    SELECT post, id::BIGINT AS id FROM posts WHERE TRY_CAST(id AS BIGINT)::VARCHAR = id AND id[1] != '-'
), viewed AS (
    SELECT post, span, sum(views)::BIGINT AS views
    FROM gains
    JOIN recent USING (day)
    JOIN nested USING (place)
    GROUP BY post, span
), packed AS (
    SELECT
        post, span,
        (least(views, 68719476735)::HUGEINT << 91) | ((268435455 - post)::HUGEINT << 63) | id AS packed
    FROM viewed
    JOIN numeric_posts USING (post)
)
SELECT spot, span, list_reverse_sort(list(packed))[:$most_posts] AS packed
FROM spot_uses
JOIN packed USING (post)
GROUP BY spot, span;

-- name: tops_text
-- Their ids as the documents hold them.
CREATE TABLE tops_text AS
SELECT
    spot, span,
    '["' || array_to_string([(x & 9223372036854775807)::VARCHAR FOR x IN packed], '","') || '"]' AS top_ids
FROM tops;

-- name: covers_text
-- The covers of these posts, once per spot; sorted texts, so that the same covers give the same bytes.
CREATE TABLE covers_text AS
WITH shown AS (
    SELECT DISTINCT spot, (268435455 - ((packed >> 63) & 268435455))::INTEGER AS post
    FROM (SELECT spot, unnest(packed) AS packed FROM tops)
), links AS (
    SELECT post, to_json(id) || ':' || to_json(cover_url) AS link FROM posts WHERE cover_url IS NOT NULL
)
SELECT spot, '{' || array_to_string(list_sort(list(link)), ',') || '}' AS covers
FROM shown
JOIN links USING (post)
GROUP BY spot;

-- name: heat_text
-- What ordered the charts, for subjects charted or not.
CREATE TABLE heat_text AS
SELECT
    spot,
    list_position($periods, period)::TINYINT AS span,
    '"heat":' || to_json(score) || ',"components":' || to_json(components) AS heat
FROM heat
JOIN spots USING (subject, region);

-- name: cells
-- The spots and windows that anything is told of: a post created in it, views gained in it, or a heat.
CREATE TABLE cells AS
SELECT spot, span
FROM (SELECT spot, min(place) AS place FROM spot_uses WHERE place IS NOT NULL GROUP BY spot)
JOIN nested USING (place)
UNION
SELECT spot, span FROM tops_text
UNION
SELECT spot, span FROM heat_text;

-- name: windows_text
-- One PeriodDetail per cell; what is empty is left out, and so is a period of which nothing is left.
CREATE TABLE windows_text AS
WITH told AS (
    SELECT
        spot, span,
        concat_ws(
            ',',
            '"creators":' || nullif(creators[span], 0),
            CASE WHEN promoted <= span THEN '"promoted":true' END,
            '"ages":' || ages,
            '"interests":' || interests.entries,
            '"countries":' || countries.entries,
            '"related":' || related,
            '"top_ids":' || top_ids,
            heat
        ) AS text
    FROM cells
    LEFT JOIN reach USING (spot)
    LEFT JOIN promotions USING (spot)
    LEFT JOIN ages_text USING (spot, span)
    LEFT JOIN (FROM audiences_text WHERE audience = 1) AS interests USING (spot, span)
    LEFT JOIN (FROM audiences_text WHERE audience = 2) AS countries USING (spot, span)
    LEFT JOIN related_text USING (spot, span)
    LEFT JOIN tops_text USING (spot, span)
    LEFT JOIN heat_text USING (spot, span)
)
SELECT
    spot,
    array_to_string([
        any_value(text) FILTER (span = 1), any_value(text) FILTER (span = 2),
        any_value(text) FILTER (span = 3), any_value(text) FILTER (span = 4),
        any_value(text) FILTER (span = 5)
    ], ',') AS periods
FROM (
    SELECT spot, span, '"' || $periods[span] || '":{' || text || '}' AS text FROM told WHERE text != ''
)
GROUP BY spot;

-- name: forget_parts
-- Room before the two widest tables are made.
DROP TABLE spot_uses;
DROP TABLE reach;
DROP TABLE audience_size;
DROP TABLE promotions;
DROP TABLE ages;
DROP TABLE ages_text;
DROP TABLE known;
DROP TABLE weights;
DROP TABLE audience_posts;
DROP TABLE audience_days;
DROP TABLE weight_days;
DROP TABLE overall;
DROP TABLE audiences_text;
DROP TABLE related_text;
DROP TABLE tops;
DROP TABLE tops_text;
DROP TABLE heat_text;
DROP TABLE cells;

-- name: counts_text
-- Day, posts and views of a spot as one sortable number each, so that a whole history is one sorted list.
CREATE TABLE counts_text AS
WITH lists AS (
    SELECT spot, list_sort(list((day::HUGEINT << 96) | (posts::HUGEINT << 64) | views)) AS counts
    FROM daily
    SEMI JOIN recent USING (day)
    JOIN spots USING (subject, region)
    GROUP BY spot
)
SELECT
    spot,
    concat(
        '"days":', to_json([(x >> 96)::INTEGER FOR x IN counts]),
        ',"views":', to_json([(x & 18446744073709551615)::BIGINT FOR x IN counts]),
        ',"posts":', to_json([((x >> 64) & 4294967295)::BIGINT FOR x IN counts])
    ) AS days
FROM lists;

-- name: regions_text
-- One RegionDetail per spot, under its region.
CREATE TABLE regions_text AS
SELECT
    subject, region,
    concat(
        '"', region, '":{', coalesce(counts_text.days, '"days":[],"views":[],"posts":[]'),
        ',"first_day":', spots.first_day,
        ',"popular_days":', coalesce(listed.days, 0),
        ',"periods":{', periods, '}', ',"covers":' || covers, '}'
    ) AS text
FROM spots
LEFT JOIN counts_text USING (spot)
LEFT JOIN listed USING (subject, region)
LEFT JOIN windows_text USING (spot)
LEFT JOIN covers_text USING (spot);

-- name: forget_spots
-- The same, before the documents are put together.
DROP TABLE counts_text;
DROP TABLE windows_text;
DROP TABLE covers_text;
DROP TABLE spots;
DROP TABLE recent;
DROP TABLE nested;

-- name: totals
-- Posts and views of a subject over the whole history.
CREATE TABLE totals AS
WITH posts_of AS (
    SELECT subject, count(*) AS posts FROM uses GROUP BY subject
), views_of AS (
    SELECT subject, sum(views)::BIGINT AS views FROM daily WHERE region = $world GROUP BY subject
)
SELECT subject, posts_of.posts, coalesce(views_of.views, 0) AS views
FROM posts_of
LEFT JOIN views_of USING (subject);

-- name: subject_facts
-- What a subject is, apart from any window, and its counts over the whole history.
CREATE TABLE subject_facts AS
SELECT
    subject, kind, identity,
    concat(
        '{"facts":',
        CASE kind
            WHEN 'hashtag' THEN to_json({
                'type': kind, 'name': identity, 'hashtag_id': wire_id, 'industry': industry
            })
            ELSE to_json({
                'type': kind, 'clip_id': identity, 'song_id': song_id, 'title': title, 'author': author,
                'cover_url': cover_url, 'music_url': music_url, 'duration': duration,
                'commercial': commercial, 'industry': industry
            })
        END,
        ',"posts_all":', totals.posts, ',"views_all":', totals.views
    ) AS text
FROM subjects
JOIN totals USING (subject)
LEFT JOIN (FROM industries WHERE last_day = $as_of) USING (subject);

-- name: detail_documents
-- One domain/details.py Detail per subject, its regions in the order of their codes.
CREATE TABLE detail_documents AS
WITH gathered AS (
    SELECT subject, string_agg(text, ',' ORDER BY region) AS regions FROM regions_text GROUP BY subject
)
SELECT kind, identity, concat(text, ',"regions":{', regions, '}}') AS document
FROM subject_facts
LEFT JOIN gathered USING (subject);

-- name: forget
-- What only led to detail_documents.
DROP TABLE regions_text;
DROP TABLE totals;
DROP TABLE subject_facts;
