-- name: draw
-- The one source of chance: a number from 0 to 1 for a thing and what is drawn of it, whatever the order, the
-- thread or the part. The same seed gives the same rows with the same version of DuckDB on the same processor.
CREATE OR REPLACE TEMP MACRO draw(number, what) AS
    (hash(number, what, getvariable('seed')) >> 11)::DOUBLE / 9007199254740992.0;

-- name: pick
-- The same as a whole number from 0 to most - 1.
CREATE OR REPLACE TEMP MACRO pick(number, what, most) AS
    (hash(number, what, getvariable('seed')) >> 1)::BIGINT % most;

-- name: normal
-- A number of the standard normal distribution (Box and Muller 1958).
CREATE OR REPLACE TEMP MACRO normal(number, what) AS
    sqrt(-2 * ln(1 - draw(number, what))) * cos(2 * pi() * draw(number, what || '2'));

-- name: zipf
-- A rank from 0 to most - 1, drawn as 1 / rank^0.9 by the inverse of its integral.
CREATE OR REPLACE TEMP MACRO zipf(chance, most) AS
    least(most - 1, floor((1 + chance * (most ^ 0.1 - 1)) ^ 10 - 1))::BIGINT;

-- name: word
-- A number below 64^4 as eight letters, each number another word.
CREATE OR REPLACE TEMP MACRO word(number) AS (
    getvariable('syllables')[1 + (number & 63)] || getvariable('syllables')[1 + ((number >> 6) & 63)]
    || getvariable('syllables')[1 + ((number >> 12) & 63)] || getvariable('syllables')[1 + ((number >> 18) & 63)]
);

-- name: topic
-- What a post is about: half of the tags are used everywhere, the others belong to one region each.
CREATE OR REPLACE TEMP MACRO topic(post, place, nth) AS word(
    CASE
        WHEN draw(post, 'shared' || nth) < 0.5 THEN zipf(draw(post, 'topic' || nth), getvariable('tags') // 2)
        ELSE getvariable('tags') // 2 + place + getvariable('regions') * zipf(draw(post, 'topic' || nth), getvariable('tags') // 2 // getvariable('regions'))
    END
);

-- name: places
-- The regions, Zipf by size, with what a median post gets there and how many creators live there.
CREATE OR REPLACE TEMP TABLE places AS
SELECT
    place - 1 AS place,
    $codes[place] AS region,
    3000 * exp(0.8 * normal(place, 'level')) AS median,
    greatest(25, ($posts * share / sum(share) OVER () / 4)::BIGINT) AS creators,
    sum(share) OVER (ORDER BY place) / sum(share) OVER () AS until
FROM (SELECT unnest(range(1, $regions + 1)) AS place, place ^ -0.9 AS share);

-- name: slots
-- Regions by chance: one list in which each stands as often as its share.
SET VARIABLE slots = (
    SELECT list(place ORDER BY slot)
    FROM (SELECT unnest(range(4096)) AS slot)
    ASOF JOIN (SELECT place, lag(until, 1, 0) OVER (ORDER BY place) AS since FROM places) ON slot / 4096 >= since
);

-- name: share
-- A weight of an audience.
CREATE OR REPLACE TEMP MACRO share(audience, nth) AS round(0.05 + 0.95 * draw(audience, 'share' || nth), 2);

-- name: audiences
-- Who watches, of one post in four: twelve audiences a region.
CREATE OR REPLACE TEMP TABLE audiences AS
SELECT
    place, kind,
    MAP {
        '13-17': share(place * 12 + kind, 1), '18-24': share(place * 12 + kind, 2), '25-34': share(place * 12 + kind, 3), '35-44': share(place * 12 + kind, 4), '45-54': share(place * 12 + kind, 5), '55+': share(place * 12 + kind, 6)
    } AS ages,
    MAP {region: 0.5 + share(place * 12 + kind, 7) / 2, $codes[1 + (place + kind + 1) % $regions]: share(place * 12 + kind, 8) / 5} AS countries,
    map_from_entries([
        ($interests[1 + (kind * 5 + nth * 7) % len($interests)], share(place * 12 + kind, 8 + nth)) FOR nth IN [1, 2, 3, 4]
    ]) AS interests
FROM places, (SELECT unnest(range(12)) AS kind);

-- name: posts
-- Posts of consecutive numbers, spread evenly over all days. Each week one tag bursts in each region; it takes
-- up to a seventh of a day's posts there.
CREATE OR REPLACE TEMP TABLE posts AS
WITH drawn AS (
    SELECT
        post,
        ($start + (post + draw(post, 'second')) * $days * 86400.0 / $posts)::BIGINT AS created,
        getvariable('slots')[1 + floor(4096 * draw(post, 'place'))::BIGINT] AS place
    FROM range($first, $last) AS numbers(post)
), dated AS (
    SELECT *, (created - $start) // 604800 AS week, (created - $start) // 86400 % 7 AS weekday FROM drawn
), rising AS (
    SELECT
        *,
        draw(post, 'burst') < [0.02, 0.08, 0.15, 0.12, 0.08, 0.05, 0.03][1 + weekday] AS bursting,
        place * 1000 + week AS burst
    FROM dated
), peopled AS (
    SELECT
        rising.*, region, median,
        floor(creators * CASE
            WHEN bursting THEN draw(post, 'creator')
            ELSE draw(post, 'creator') * sqrt(draw(post, 'creator'))
        END)::BIGINT AS creator,
        CASE
            WHEN bursting AND burst % 2 = 0 THEN pick(burst, 'clip', $sounds)
            WHEN draw(post, 'sound') < 0.85 THEN zipf(draw(post, 'clip'), $sounds)
        END AS sound
    FROM rising
    JOIN places USING (place)
), tagged AS (
    SELECT
        *,
        list_distinct(list_concat(
            CASE WHEN bursting THEN [word(pick(burst, 'tag', $tags))] ELSE [] END,
            [topic(post, place, nth) FOR nth IN range(1, 2 + floor(4 * draw(post, 'topics'))::BIGINT)],
            [often.tag FOR often IN getvariable('often') IF draw(post, often.tag) < often.share],
            CASE WHEN draw(post, 'habit') < 0.25 THEN ['life' || lower(region)] ELSE [] END
        )) AS tags
    FROM peopled
)
SELECT
    post, created,
    ((created << 32) | pick(post, 'id', 4294967296))::VARCHAR AS id,
    place, if(draw(post, 'nowhere') < 0.02, NULL, region) AS region,
    word(creator) || '.' || lower(region) AS username,
    upper(word(creator)[1]) || word(creator)[2:] || ' ' || word(creator >> 3)[:5] AS nickname,
    tags, sound, 6 + floor(85 * draw(post, 'seconds'))::BIGINT AS duration,
    CASE
        WHEN pick(tags[1], 'known', 10) < 7 AND draw(post, 'industry') < 0.7
            THEN $industries[1 + pick(tags[1], 'industry', len($industries))]
    END AS industry,
    draw(post, 'promoted') < 0.01 AS promoted,
    if(draw(post, 'watched') < 0.25, floor(12 * draw(post, 'audience'))::BIGINT, NULL) AS kind,
    median * exp(0.8 * normal(creator * 64 + place, 'known') + 1.6 * normal(post, 'views')) AS final,
    3 + floor(2.8 * draw(post, 'seen'))::BIGINT AS times
FROM tagged;

-- name: sightings
-- Each post is seen three to five times within two months, on different days, at counts that approach its
-- final views. A hundredth of the counts has fallen, some are blank, and some last rows do not say when.
CREATE OR REPLACE TEMP TABLE sightings AS
WITH waits AS (
    SELECT
        post, times,
        unnest(range(1, times + 1)) AS nth,
        [
            ([0.2, 1.0, 4.0, 4.0, 10.0][k] + [1.3, 3.0, 6.0, 10.0, 20.0][k] * draw(post, 'wait' || k)) * 86400
            FOR k IN range(1, times + 1)
        ] AS gaps
    FROM posts
), seen AS (
    SELECT post, nth, nth = times AS last, list_sum(gaps[:nth])::BIGINT AS age FROM waits
)
SELECT
    post, nth, last, created + age AS seen_at,
    floor(
        final * (1 - exp(-age / 216000.0)) * if(draw(post, 'falls' || nth) < 0.01, 0.9, 1)
    )::BIGINT AS views
FROM seen
JOIN posts USING (post);

-- name: facts
-- What was seen from one moment until another, as stored observations in the columns of domain/posts.py.
CREATE OR REPLACE TEMP TABLE facts AS
SELECT
    id, created AS create_time, created AS id_time,
    if(last AND draw(post, 'undated') < 0.02, NULL, seen_at) AS observed_at,
    (seen_at // 3600 + 1) * 3600 AS ingested_at,
    'simulator:bench' AS source,
    md5(id || ' ' || nth) AS row_key,
    region, username, nickname, NULL::VARCHAR AS avatar_url,
    tags, NULL::VARCHAR[] AS tag_ids,
    (7000000000000000000 + pick(sound, 'clip', 288230376151711744))::VARCHAR AS music_id,
    pick(sound, 'song', 4503599627370496)::VARCHAR AS song_id,
    word(sound) || ' ' || word(sound >> 5) AS music_title,
    word(sound >> 7) AS music_author,
    NULL::VARCHAR AS music_cover_url, NULL::VARCHAR AS music_url,
    8 + pick(sound, 'long', 53) AS music_duration,
    pick(sound, 'free', 10) < 3 AS is_commercial_music,
    if(draw(post, 'blank' || nth) < 0.003, NULL, views) AS view_count,
    views // 11 AS like_count, views // 160 AS comment_count,
    views // 210 AS share_count, views // 95 AS favourites_count,
    '#' || array_to_string(tags, ' #') AS description,
    duration, industry, promoted AS is_promoted,
    'https://media.example/cover/' || id || '.jpg' AS cover_url,
    audiences.ages AS audience_ages, audiences.countries AS audience_countries,
    audiences.interests AS audience_interests
FROM sightings
JOIN posts USING (post)
LEFT JOIN audiences USING (place, kind)
WHERE seen_at >= $since AND seen_at < $until;

-- name: silent
-- A post without a sound has nothing of one.
UPDATE facts SET
    music_id = NULL, song_id = NULL, music_title = NULL, music_author = NULL,
    music_duration = NULL, is_commercial_music = NULL
WHERE music_title IS NULL;

-- name: months
-- One part is written for each.
SELECT strftime(make_timestamp(create_time * 1000000), '%Y-%m') AS month, count(*), count(DISTINCT id)
FROM facts
GROUP BY month
ORDER BY month;

-- name: part
-- As the store merges parts.
COPY (
    SELECT * REPLACE (NULL::VARCHAR AS row_key) FROM facts
    WHERE strftime(make_timestamp(create_time * 1000000), '%Y-%m') = $month
    ORDER BY id, observed_at, row_key
)
TO $path (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 9);

-- name: batch
-- As the inbox takes a batch, which is every $every-th row of them.
COPY (SELECT * REPLACE (NULL::VARCHAR AS row_key) FROM facts WHERE pick(row_key, 'batch', $every) = 0) TO $path (FORMAT json, COMPRESSION zstd);

-- name: records
-- As a crawler writes posts, in the names of the post record.
COPY (
    SELECT
        id, create_time, observed_at, region AS region_code, username, nickname, tags AS hashtag_names,
        music_id, song_id, music_title, music_author, music_duration, is_commercial_music,
        view_count, like_count, comment_count, share_count, favourites_count,
        description AS video_description, duration AS video_duration, industry AS industry_id,
        is_promoted, cover_url, audience_ages, audience_countries, audience_interests
    FROM facts
    LIMIT $rows
)
TO $path (FORMAT json);
