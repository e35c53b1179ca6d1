-- name: records
-- One domain/records.py PostRecord per post of a range of numbers; spans ascend by their first day.
SELECT
    post,
    json_array(
        id, day, region, username, industry, peak, promoted,
        coalesce([[x[3], x[1], x[2]] FOR x IN gained], []),
        coalesce(tags, []), identity, cover_url,
        to_json(audience_ages), to_json(audience_countries), to_json(audience_interests)
    )::VARCHAR
FROM posts
LEFT JOIN (
    SELECT post, list_sort(list([first_day, days, gain])) AS gained
    FROM spans
    WHERE post BETWEEN $first AND $last
    GROUP BY post
) AS gains_of USING (post)
LEFT JOIN (SELECT subject AS sound, identity FROM subjects WHERE kind = 'sound') AS sounding USING (sound)
WHERE post BETWEEN $first AND $last
ORDER BY post;

-- name: numbers
-- The range of numbers that posts have.
SELECT coalesce(min(post), 0), coalesce(max(post), -1) FROM posts;

-- name: postings
-- Every subject: what it is, apart from any window, and the numbers of its posts.
SELECT kind, identity, facts, numbers
FROM (
    SELECT
        subject, kind, identity,
        CASE kind
            WHEN 'hashtag' THEN to_json({
                'type': kind, 'name': identity, 'hashtag_id': wire_id, 'industry': NULL
            })
            ELSE to_json({
                'type': kind, 'clip_id': identity, 'song_id': song_id, 'title': title, 'author': author,
                'cover_url': cover_url, 'music_url': music_url, 'duration': duration,
                'commercial': commercial, 'industry': NULL
            })
        END::VARCHAR AS facts
    FROM subjects
)
JOIN (SELECT subject, list(post) AS numbers FROM uses GROUP BY subject) AS used USING (subject)
ORDER BY kind, identity;

-- name: scopes
-- What the subjects of each chart are expected from: the counts of all its posts together.
SELECT scopes.region, period, covered, cut, own.now, own.past, own.last, world.past
FROM scopes
JOIN (FROM counts WHERE subject = 0) AS own USING (region, period, back)
JOIN (FROM counts WHERE subject = 0 AND region = $world) AS world USING (period, back)
WHERE back = 0
ORDER BY ALL;

-- name: floors
-- From how many views on a post counts as seen.
SELECT period, origin, views FROM floors WHERE back = 0 AND views IS NOT NULL ORDER BY ALL;

-- name: everyone
-- Distinct creators of all posts, per region and detail period.
SELECT region, everyone FROM audience_size ORDER BY region;

-- name: overall
-- The mean shares that audiences are indexed against.
SELECT region, span, audience, id, share
FROM overall
JOIN known USING (audience, code)
ORDER BY ALL;

-- name: reach
-- Distinct creators per window (as details.sql counts them) of hashtags with many posts, as JSON by region. What
-- is related to others is measured by it; those with few posts are counted when they are asked for.
WITH many AS (
    SELECT subject
    FROM uses
    GROUP BY subject
    HAVING count(*) > $reach_from
), placed AS (
    SELECT subject, region, creator, place
    FROM uses
    SEMI JOIN many USING (subject)
    JOIN recent USING (day)
    WHERE creator IS NOT NULL
), firsts AS (
    SELECT subject, region, creator, min(place) AS place
    FROM placed
    WHERE region IS NOT NULL
    GROUP BY subject, region, creator
    UNION ALL
    SELECT subject, $world AS region, creator, min(place) AS place
    FROM placed
    GROUP BY subject, creator
), counted AS (
    SELECT
        subject, region,
        [
            count(*) FILTER (place <= 1), count(*) FILTER (place <= 2), count(*) FILTER (place <= 3),
            count(*) FILTER (place <= 4), count(*)
        ] AS creators
    FROM firsts
    GROUP BY subject, region
)
SELECT
    identity,
    '{' || string_agg(to_json(region) || ':' || to_json(creators), ',' ORDER BY region) || '}' AS document
FROM counted
JOIN subjects USING (subject)
WHERE kind = 'hashtag'
GROUP BY identity
ORDER BY identity;

-- name: listed
-- On how many days a subject was in its region's chart, as JSON by region.
SELECT
    kind, identity,
    '{' || string_agg(to_json(region) || ':' || days, ',' ORDER BY region) || '}' AS document
FROM listed
JOIN subjects USING (subject)
GROUP BY kind, identity
ORDER BY kind, identity;

-- name: forget_grounds
-- What only led to the factors.
DROP TABLE recent;
DROP TABLE nested;
DROP TABLE audience_size;
DROP TABLE known;
DROP TABLE weights;
DROP TABLE audience_posts;
DROP TABLE audience_days;
DROP TABLE weight_days;
DROP TABLE overall;
