-- name: windows
-- Two windows per chart period: the one that ends with as_of, and the one before (back = 1), whose chart the rows
-- of the first have moved against.
CREATE TABLE windows AS
SELECT
    period, back,
    ($as_of - back * period)::INTEGER AS last_day,
    ($as_of - back * period - period + 1)::INTEGER AS first_day
FROM (SELECT unnest($periods::INTEGER[]) AS period), (SELECT unnest([0, 1]) AS back);

-- name: post_views
-- Views a post gained in each window: its spans, cut where the window begins and ends.
CREATE TABLE post_views AS
WITH overlapping AS (
    SELECT
        post, period, back, gain, days,
        least(spans.first_day + days - 1, windows_of.last_day) - spans.first_day + 1 AS until,
        greatest(windows_of.first_day - spans.first_day, 0) AS before
    FROM (SELECT * FROM spans WHERE first_day + days > (SELECT min(first_day) FROM windows)) AS spans,
        (SELECT period, back, first_day, last_day FROM windows) AS windows_of
    WHERE spans.first_day <= windows_of.last_day AND spans.first_day + days > windows_of.first_day
)
SELECT post, period, back, sum(gain * until // days - gain * before // days)::BIGINT AS views
FROM overlapping
GROUP BY post, period, back
HAVING sum(gain * until // days - gain * before // days) > 0;

-- name: subject_windows
-- What a row shows of a window besides its curve: posts created and views gained in it. The world is summed from
-- the regions (and from the posts without one), which is half the rows.
CREATE TABLE subject_windows AS
WITH told AS (
    SELECT post, period, back, 0 AS posts, views FROM post_views
    UNION ALL
    SELECT post, period, back, 1 AS posts, 0 AS views
    FROM posts
    JOIN windows ON day BETWEEN first_day AND last_day
), by_region AS MATERIALIZED (
    SELECT subject, region, period, back, sum(posts)::BIGINT AS posts, sum(views)::BIGINT AS views
    FROM uses
    JOIN told USING (post)
    GROUP BY subject, region, period, back
)
SELECT * FROM by_region WHERE region IS NOT NULL
UNION ALL
SELECT subject, $world AS region, period, back, sum(posts)::BIGINT AS posts, sum(views)::BIGINT AS views
FROM by_region
GROUP BY subject, period, back;

-- name: scopes
-- Each region's chart of each window: `covered` is how many preceding windows its posts reach back over, at most
-- eight. Without one ("cold") the window itself is cut at the day of its median post.
CREATE TABLE scopes AS
WITH based AS (
    SELECT
        region, period, back, windows.first_day, last_day,
        least($baselines, (last_day - regions.first_day + 1) // period - 1) AS covered
    FROM windows
    JOIN regions ON regions.first_day <= last_day
), cumulated AS (
    SELECT
        region, period, back, day,
        sum(posts) OVER (PARTITION BY region, period, back ORDER BY day) AS until,
        sum(posts) OVER (PARTITION BY region, period, back) AS total
    FROM based
    JOIN created USING (region)
    WHERE covered < 1 AND day BETWEEN first_day AND last_day
), cuts AS (
    SELECT region, period, back, min(day) AS cut
    FROM cumulated
    WHERE until > total // 2
    GROUP BY region, period, back
)
SELECT
    (row_number() OVER (ORDER BY region, period, back))::SMALLINT AS scope,
    based.*, covered < 1 AS cold, cut
FROM based
LEFT JOIN cuts USING (region, period, back);

-- name: debuts
-- The first post of each creator with views known, per region it is from ('' for none).
CREATE TABLE debuts AS
WITH seen AS (
    SELECT coalesce(region, '') AS origin, creator, day, id, peak
    FROM posts
    WHERE creator IS NOT NULL AND peak IS NOT NULL
), firsts AS (
    SELECT origin, creator, min(day) AS day FROM seen GROUP BY origin, creator
)
SELECT origin, creator, day, arg_min(peak, id) AS views
FROM seen
SEMI JOIN firsts USING (origin, creator, day)
GROUP BY origin, creator, day;

-- name: debut_counts
-- How many of them would make which floor. A floor never falls where views rise, so that the floor of a quantile is
-- the quantile of floors, of which there are few.
CREATE TABLE debut_counts AS
SELECT origin, period, back, heat_floor(views) AS floor, count(*) AS creators
FROM debuts
JOIN windows ON day <= last_day
GROUP BY ALL;

-- name: floors
-- From how many views on a post counts as seen, per region it is from and end day: taken from what the first posts
-- of the creators there got.
CREATE TABLE floors AS
WITH placed AS (
    SELECT
        origin, period, back, floor,
        sum(creators) OVER (PARTITION BY origin, period, back ORDER BY floor) AS until,
        sum(creators) OVER (PARTITION BY origin, period, back) AS total
    FROM debut_counts
)
SELECT origin, period, back, min(floor) AS views
FROM placed
WHERE until >= ceil(total * $floor_quantile::DOUBLE)
GROUP BY origin, period, back;

-- name: marks
-- Which sets a post belongs to in each chart it may touch: 0 is the window, 1 to 8 the preceding ones that are
-- covered. A cold window is also cut into its past (1) and what is observed against it (9).
-- `seen` is 1 or -1, so that a sum tells whether most posts of a creator are; `best`: views, in the window only.
CREATE TABLE marks AS
WITH judged AS (
    SELECT
        post, creator, posts.region, day, period, back,
        (last_day - day) // period AS part,
        if(peak IS NULL OR peak >= floors.views, 1, -1)::TINYINT AS seen,
        coalesce(peak, 0) AS best
    FROM (SELECT *, coalesce(region, '') AS origin FROM posts WHERE creator IS NOT NULL) AS posts
    JOIN windows ON day BETWEEN last_day - ($baselines + 1) * period + 1 AND last_day
    LEFT JOIN floors USING (period, back, origin)
), placed AS (
    SELECT * FROM judged WHERE region IS NOT NULL
    UNION ALL
    SELECT * REPLACE ($world AS region) FROM judged
)
SELECT post, creator, scope, part::TINYINT AS part, seen, if(part = 0, best, NULL) AS best
FROM placed
JOIN scopes USING (region, period, back)
WHERE part = 0 OR part <= covered
UNION ALL
SELECT post, creator, scope, if(day < cut, 1, 9)::TINYINT AS part, seen, NULL AS best
FROM placed
JOIN scopes USING (region, period, back)
WHERE part = 0 AND cold;

-- name: wanted
-- The subjects that can be in the chart of a window, which takes enough creators; in whole editions also those
-- whose detail tells their counts, which is every subject used in the window. All posts of a region together are
-- counted as a subject with the number 0: what the others are expected from.
CREATE TABLE wanted AS
SELECT subject, scope
FROM subject_windows
JOIN scopes USING (region, period, back)
WHERE posts >= if(back = 0, $told_from, $min_creators)
UNION ALL
SELECT 0, scope FROM scopes;

-- name: tallies
-- The creators of each, by what they did: plain sums over creators, so that those of some creators can be taken out
-- and put in again.
CREATE TABLE tallies AS
WITH used AS (
    SELECT subject, post FROM uses
    UNION ALL
    SELECT 0, post FROM posts
), reach AS (
    SELECT subject, scope, part, creator, sum(seen) >= 0 AS watched, max(best) AS best
    FROM used
    JOIN marks USING (post)
    SEMI JOIN wanted USING (subject, scope)
    GROUP BY subject, scope, part, creator
), tallied AS (
    SELECT
        subject, scope,
        count_if(part = 0) AS creators,
        count_if(part = 0 AND watched) AS watched,
        coalesce(sum(best) FILTER (part = 0 AND watched), 0)::BIGINT AS best,
        count_if(part = 9) AS observed,
        count_if(part = 9 AND watched) AS observed_watched,
        count_if(part BETWEEN 1 AND $baselines) AS past,
        count_if(part BETWEEN 1 AND $baselines AND watched) AS past_watched,
        count_if(part = 1) AS last,
        count_if(part = 1 AND watched) AS last_watched
    FROM reach
    GROUP BY subject, scope
)
SELECT subject, region, period, back, tallied.* EXCLUDE (subject, scope)
FROM tallied
JOIN scopes USING (scope);

-- name: counts
-- The counts of creators behind heat.
CREATE TABLE counts AS
SELECT
    subject, region, period, back, creators, watched, best,
    if(cold, heat_counted(observed, observed_watched), heat_counted(creators, watched)) AS now,
    heat_counted(past, past_watched) AS past,
    least(heat_counted(past, past_watched), heat_counted(last, last_watched)) AS last
FROM tallies
JOIN scopes USING (region, period, back);

-- name: scored
-- Each subject's counts beside those of all posts, in the region and in the world, and the score they give.
CREATE TABLE scored AS
WITH measured AS (
    SELECT
        own.*, world.past AS world,
        common.now AS all_now, common.past AS all_past, common.last AS all_last, all_over.past AS all_world
    FROM counts AS own
    JOIN counts AS world
        ON world.region = $world AND world.subject = own.subject
        AND world.period = own.period AND world.back = own.back
    JOIN counts AS common
        ON common.subject = 0 AND common.region = own.region
        AND common.period = own.period AND common.back = own.back
    JOIN counts AS all_over
        ON all_over.subject = 0 AND all_over.region = $world
        AND all_over.period = own.period AND all_over.back = own.back
    WHERE own.subject > 0
)
SELECT
    *,
    heat(creators, watched, best, now, past, last, world, all_now, all_past, all_last, all_world) AS score
FROM measured;

-- name: heat
-- What the details tell of heat: score and components, under their names in scoring.py.
CREATE TABLE heat AS
SELECT
    subject, region, period, score,
    {
        creators: creators, watched: watched, best: best, now: now, past: past, last: last, world: world,
        all_now: all_now, all_past: all_past, all_last: all_last, all_world: all_world
    } AS components
FROM scored
WHERE back = 0;

-- name: ranks
-- The charts of both windows: a subject stands in the chart of all industries, and in that of its own.
CREATE TABLE ranks AS
WITH eligible AS (
    SELECT kind, subject, identity, region, period, back, industry, score, posts, views
    FROM scored
    JOIN subject_windows USING (subject, region, period, back)
    JOIN windows USING (period, back)
    JOIN subjects USING (subject)
    LEFT JOIN industries USING (subject, last_day)
    WHERE creators >= $min_creators AND score > 0
), entered AS (
    SELECT * REPLACE (0 AS industry) FROM eligible
    UNION ALL
    SELECT * FROM eligible WHERE industry IS NOT NULL
)
SELECT
    * EXCLUDE (identity),
    row_number() OVER (
        PARTITION BY kind, region, period, back, industry
        ORDER BY score DESC, views DESC, identity
    ) AS rank
FROM entered
QUALIFY rank <= $chart_size;

-- name: published
-- Who was in which chart of the editions published for earlier days. An edition of the same or a later day says
-- nothing about this one.
CREATE TABLE published AS
SELECT edition.as_of, rows_of.kind, period, region, industry, subjects.subject
FROM read_parquet($memberships, filename = TRUE) AS rows_of
JOIN (SELECT unnest($memberships) AS filename, unnest($published_days::INTEGER[]) AS as_of) AS edition
    USING (filename)
JOIN subjects ON subjects.kind = rows_of.kind AND subjects.identity = rows_of.subject;

-- name: nothing_published
-- The same without any earlier edition.
CREATE TABLE published (
    as_of INTEGER, kind VARCHAR, period INTEGER, region VARCHAR, industry BIGINT, subject INTEGER
);

-- name: listed
-- On how many days of the last year a subject was in its region's 7-day chart, the edition being built included.
CREATE TABLE listed AS
WITH days AS (
    SELECT subject, region, as_of
    FROM published
    WHERE period = $listed_period AND industry = 0 AND as_of > $as_of - 365
    UNION ALL
    SELECT subject, region, $as_of FROM ranks WHERE period = $listed_period AND industry = 0 AND back = 0
)
SELECT subject, region, count(DISTINCT as_of)::INTEGER AS days
FROM days
GROUP BY subject, region;

-- name: charted
-- The charts of the edition with the move of each row: 1 up, 2 same, 3 down, 4 new. Where a region's past does
-- not reach over the preceding window there is nothing to move against.
CREATE TABLE charted AS
WITH moved AS (
    SELECT
        now.* EXCLUDE (back), before.rank AS before_rank, cold,
        CASE
            WHEN cold OR before_rank IS NULL THEN 4
            WHEN now.rank < before_rank THEN 1
            WHEN now.rank = before_rank THEN 2
            ELSE 3
        END AS move
    FROM ranks AS now
    JOIN scopes USING (region, period, back)
    LEFT JOIN ranks AS before
        ON before.back = 1 AND before.subject = now.subject AND before.region = now.region
        AND before.period = now.period AND before.industry = now.industry
    WHERE now.back = 0
)
SELECT
    moved.* EXCLUDE (before_rank, cold),
    if(move = 4, 0, abs(rank - before_rank)) AS steps,
    move = 4 AND published.subject IS NULL AS first_time
FROM moved
LEFT JOIN (SELECT DISTINCT subject, region, period, industry FROM published) AS published
    USING (subject, region, period, industry);

-- name: videos
-- Posts by views gained in the window, in their own region and in the world. Only those that gained at least what
-- the hundredth did are sorted.
CREATE TABLE videos AS
WITH viewed AS MATERIALIZED (
    SELECT id, region, post, period, post_views.views
    FROM post_views
    JOIN (SELECT post, id, region FROM posts) AS posts USING (post)
    WHERE back = 0
), placed AS (
    SELECT id, region, post, period, views FROM viewed WHERE region IS NOT NULL
    UNION ALL
    SELECT id, $world AS region, post, period, views FROM viewed
), least AS (
    SELECT region, period, list_min(max(views, $chart_size::INTEGER)) AS least FROM placed GROUP BY region, period
)
SELECT region, period, post, views, row_number() OVER (PARTITION BY region, period ORDER BY views DESC, id) AS rank
FROM placed
JOIN least USING (region, period)
WHERE views >= least
QUALIFY rank <= $chart_size;

-- name: stars
-- Creators by the views their posts gained in the window, in the region of each post and in the world.
CREATE TABLE stars AS
WITH by_region AS MATERIALIZED (
    SELECT region, period, creator, sum(post_views.views)::BIGINT AS views
    FROM post_views
    JOIN (SELECT post, creator, region FROM posts WHERE creator IS NOT NULL) AS posts USING (post)
    WHERE back = 0
    GROUP BY region, period, creator
), gained AS (
    SELECT region, period, creator, views FROM by_region WHERE region IS NOT NULL
    UNION ALL
    SELECT $world AS region, period, creator, sum(views)::BIGINT AS views FROM by_region GROUP BY period, creator
), least AS (
    SELECT region, period, list_min(max(views, $chart_size::INTEGER)) AS least FROM gained GROUP BY region, period
)
SELECT
    region, period, creator, views,
    row_number() OVER (PARTITION BY region, period ORDER BY views DESC, username) AS rank
FROM gained
JOIN least USING (region, period)
JOIN creators USING (creator)
WHERE views >= least
QUALIFY rank <= $chart_size;

-- name: memberships
-- Who is in which chart of this edition: kept for ever as a fact.
CREATE TABLE memberships AS
WITH rows_of AS (
    SELECT kind, period, region, industry, identity AS subject, rank FROM charted JOIN subjects USING (kind, subject)
    UNION ALL
    SELECT 'video', period, region, 0, id, rank FROM videos JOIN (SELECT post, id FROM posts) AS posts USING (post)
    UNION ALL
    SELECT 'creator', period, region, 0, username, rank FROM stars JOIN creators USING (creator)
)
SELECT
    concat_ws('/', kind, period, region, industry) AS chart_key,
    kind, period::INTEGER AS period, region, industry::BIGINT AS industry, subject, rank::INTEGER AS rank
FROM rows_of;

-- name: forget
-- What only led to the tables that documents and details read.
DROP TABLE subject_windows;
DROP TABLE scopes;
DROP TABLE debuts;
DROP TABLE debut_counts;
DROP TABLE floors;
DROP TABLE marks;
DROP TABLE wanted;
DROP TABLE tallies;
DROP TABLE counts;
DROP TABLE scored;
DROP TABLE ranks;
DROP TABLE published;
