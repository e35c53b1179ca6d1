-- name: look_at_main
-- Where what is kept is counted whole.
SET search_path = 'main';

-- name: forget_marks
-- They are as many as the posts, many times, and made anew of those that are counted.
DROP TABLE main.regions;
DROP TABLE main.marks;
DROP TABLE main.wanted;

-- name: changed_posts
-- Touched posts that count otherwise than before; most only have more views.
CREATE TABLE work.changed_posts AS
SELECT post
FROM before.posts AS old
FULL JOIN after.posts AS new USING (post)
WHERE (old.creator, old.region, old.day, old.peak, old.tags, old.sound)
    IS DISTINCT FROM (new.creator, new.region, new.day, new.peak, new.tags, new.sound);

-- name: debutants
-- Whose they are.
CREATE TABLE work.debutants AS
SELECT creator FROM before.posts SEMI JOIN work.changed_posts USING (post) WHERE creator IS NOT NULL
UNION
SELECT creator FROM after.posts SEMI JOIN work.changed_posts USING (post) WHERE creator IS NOT NULL;

-- name: debuts_before
-- Their first posts until now.
CREATE TABLE before.debuts AS FROM main.debuts SEMI JOIN work.debutants USING (creator);

-- name: debuts_after
-- And now: the statement reads all their posts.
CREATE VIEW again.posts AS FROM main.posts SEMI JOIN work.debutants USING (creator);
SET search_path = 'again,main';

-- name: merge_debuts
-- The new ones for the old ones.
SET search_path = 'work,main';
DELETE FROM main.debuts WHERE creator IN (SELECT creator FROM work.debutants);
INSERT INTO main.debuts FROM again.debuts;

-- name: look_at_before
-- Counts of what was.
SET search_path = 'before,main';

-- name: look_at_again
-- Counts of what is.
SET search_path = 'again,main';

-- name: merge_debut_counts
-- Sums over creators: out with what was, in with what is.
SET search_path = 'work,main';
MERGE INTO main.debut_counts AS of
USING (
    SELECT origin, period, back, floor, sum(creators) AS creators
    FROM (FROM again.debut_counts UNION ALL SELECT * REPLACE (-creators AS creators) FROM before.debut_counts)
    GROUP BY ALL
    HAVING sum(creators) != 0
) AS more
ON of.origin = more.origin AND of.period = more.period AND of.back = more.back AND of.floor = more.floor
WHEN MATCHED AND of.creators + more.creators = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET creators = of.creators + more.creators
WHEN NOT MATCHED THEN INSERT VALUES (more.origin, more.period, more.back, more.floor, more.creators);

-- name: forget_debut_counts
-- When the day rolls they are counted anew.
DROP TABLE main.debut_counts;

-- name: moved
-- Days that are in another window, or of another age, now that the day rolled: their posts count as changed.
CREATE TABLE work.moved AS
WITH days AS (
    SELECT DISTINCT day FROM main.created
), parts_then AS (
    SELECT day, period, back, (last_day - day) // period AS part
    FROM days
    JOIN work.windows_then ON day BETWEEN last_day - ($baselines + 1) * period + 1 AND last_day
), parts_now AS (
    SELECT day, period, back, (last_day - day) // period AS part
    FROM days
    JOIN main.windows ON day BETWEEN last_day - ($baselines + 1) * period + 1 AND last_day
)
SELECT day FROM (FROM parts_then EXCEPT FROM parts_now)
UNION
SELECT day FROM (FROM parts_now EXCEPT FROM parts_then)
UNION
SELECT day FROM (FROM work.recent_then EXCEPT FROM main.recent)
UNION
SELECT day FROM (FROM main.recent EXCEPT FROM work.recent_then);

-- name: add_moved
-- See `moved`.
INSERT INTO work.changed_posts
SELECT post
FROM main.posts
WHERE creator IS NOT NULL AND day IN (SELECT day FROM work.moved)
    AND post NOT IN (SELECT post FROM work.changed_posts);

-- name: crossed
-- Posts that a floor passed when it moved are seen now, or no more: they count as changed.
INSERT INTO work.changed_posts
SELECT DISTINCT post
FROM main.posts
JOIN (
    SELECT
        origin, period, then_of.last_day AS last_then, now_of.last_day AS last_now,
        least(coalesce(old.views, 0), coalesce(new.views, 0)) AS low,
        greatest(coalesce(old.views, 0), coalesce(new.views, 0)) AS high
    FROM main.floors AS old
    FULL JOIN work.floors AS new USING (origin, period, back)
    JOIN work.windows_then AS then_of USING (period, back)
    JOIN main.windows AS now_of USING (period, back)
    WHERE old.views IS DISTINCT FROM new.views
) AS moved
    ON coalesce(region, '') = origin AND peak >= low AND peak < high
    AND day BETWEEN last_then - ($baselines + 1) * period + 1 AND last_now
WHERE creator IS NOT NULL AND post NOT IN (SELECT post FROM work.changed_posts);

-- name: steady
-- Scopes that are as they were: in these the creators that changed are counted again, in the others everybody.
CREATE TABLE work.steady AS
SELECT new.*
FROM work.scopes AS new
JOIN main.scopes AS old USING (region, period, back)
WHERE (old.covered, old.cold, old.cut) IS NOT DISTINCT FROM (new.covered, new.cold, new.cut);

-- name: pairs
-- Creators add up: what changes for a subject are the creators of changed posts under it; for all posts together,
-- the creators of changed posts.
CREATE TABLE work.pairs AS
WITH used AS (
    SELECT subject, creator FROM before.uses SEMI JOIN work.changed_posts USING (post)
    UNION
    SELECT subject, creator FROM main.uses SEMI JOIN work.changed_posts USING (post)
), whose AS (
    SELECT creator FROM before.posts SEMI JOIN work.changed_posts USING (post)
    UNION
    SELECT creator FROM main.posts SEMI JOIN work.changed_posts USING (post)
)
SELECT subject, creator FROM used WHERE creator IS NOT NULL
UNION ALL
SELECT 0, creator FROM whose WHERE creator IS NOT NULL;

-- name: rest
-- What else these creators have posted.
CREATE TABLE work.whose AS SELECT DISTINCT creator FROM work.pairs;
CREATE TABLE work.rest_posts AS
SELECT post, creator, region, day, peak
FROM main.posts
WHERE creator IN (SELECT creator FROM work.whose) AND post NOT IN (SELECT post FROM after.posts);
CREATE TABLE work.rest_uses AS
SELECT subject, post
FROM main.uses
SEMI JOIN work.pairs USING (subject, creator)
WHERE post NOT IN (SELECT post FROM after.posts);

-- name: sides
-- The posts of these creators as they were and as they are, for the statements of ranking.sql. What is wanted only
-- now is counted from all posts instead (see `fresh`), what is wanted no more is dropped.
CREATE VIEW then_.posts AS
FROM work.rest_posts
UNION ALL
SELECT post, creator, region, day, peak FROM before.posts WHERE creator IN (SELECT creator FROM work.whose);
CREATE VIEW then_.uses AS
FROM work.rest_uses
UNION ALL
SELECT subject, post FROM before.uses SEMI JOIN work.pairs USING (subject, creator);
CREATE VIEW then_.floors AS FROM main.floors;
CREATE VIEW then_.scopes AS FROM work.steady;
CREATE VIEW then_.windows AS FROM work.windows_then;
CREATE VIEW then_.recent AS FROM work.recent_then;
CREATE VIEW now_.posts AS
FROM work.rest_posts
UNION ALL
SELECT post, creator, region, day, peak FROM after.posts WHERE creator IN (SELECT creator FROM work.whose);
CREATE VIEW now_.uses AS
FROM work.rest_uses
UNION ALL
SELECT subject, post FROM after.uses SEMI JOIN work.pairs USING (subject, creator);
CREATE VIEW now_.floors AS FROM work.floors;
CREATE VIEW now_.scopes AS FROM work.steady;

-- name: fresh
-- Subjects that have enough posts only now, and the first day that counts.
CREATE TABLE work.fresh AS
SELECT subject, scope, region, last_day - ($baselines + 1) * period + 1 AS since
FROM work.more_windows AS more
JOIN main.subject_windows AS now USING (subject, region, period, back)
JOIN work.steady USING (region, period, back)
WHERE now.posts >= $min_creators AND now.posts - more.posts < $min_creators;

-- name: wanted
-- The same rows on both sides.
CREATE TABLE work.wanted AS
SELECT subject, scope
FROM main.subject_windows
JOIN work.steady USING (region, period, back)
WHERE posts >= $min_creators AND subject IN (SELECT subject FROM work.pairs)
    AND (subject, scope) NOT IN (SELECT (subject, scope) FROM work.fresh)
UNION ALL
SELECT 0, scope FROM work.steady;

-- name: look_at_then
-- As they were.
SET search_path = 'then_,work,main';

-- name: look_at_now
-- As they are.
SET search_path = 'now_,work,main';

-- name: look_at_work
-- Back to the change.
SET search_path = 'work,main';

-- name: merge_tallies
-- Sums over creators: out with what was, in with what is.
MERGE INTO main.tallies AS of
USING (
    SELECT
        subject, region, period, back,
        sum(creators)::BIGINT AS creators, sum(watched)::BIGINT AS watched, sum(best)::BIGINT AS best,
        sum(observed)::BIGINT AS observed, sum(observed_watched)::BIGINT AS observed_watched,
        sum(past)::BIGINT AS past, sum(past_watched)::BIGINT AS past_watched,
        sum(last)::BIGINT AS last, sum(last_watched)::BIGINT AS last_watched
    FROM (
        FROM now_.tallies
        UNION ALL
        SELECT
            subject, region, period, back, -creators, -watched, -best, -observed, -observed_watched,
            -past, -past_watched, -last, -last_watched
        FROM then_.tallies
    )
    GROUP BY ALL
    HAVING greatest(
        abs(sum(creators)), abs(sum(watched)), abs(sum(best)), abs(sum(observed)), abs(sum(observed_watched)),
        abs(sum(past)), abs(sum(past_watched)), abs(sum(last)), abs(sum(last_watched))
    ) > 0
) AS more
ON of.subject = more.subject AND of.region = more.region AND of.period = more.period AND of.back = more.back
WHEN MATCHED AND of.creators + more.creators = 0 AND of.past + more.past = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET
    creators = of.creators + more.creators, watched = of.watched + more.watched, best = of.best + more.best,
    observed = of.observed + more.observed, observed_watched = of.observed_watched + more.observed_watched,
    past = of.past + more.past, past_watched = of.past_watched + more.past_watched,
    last = of.last + more.last, last_watched = of.last_watched + more.last_watched
WHEN NOT MATCHED THEN INSERT;

-- name: drop_unwanted
-- Subjects that have too few posts now.
DELETE FROM main.tallies
WHERE subject > 0 AND (subject, region, period, back) IN (
    SELECT (more.subject, more.region, more.period, more.back)
    FROM work.more_windows AS more
    LEFT JOIN main.subject_windows AS now USING (subject, region, period, back)
    WHERE coalesce(now.posts, 0) < $min_creators
);

-- name: drop_unsteady
-- And scopes that are not as they were.
DELETE FROM main.tallies
WHERE (region, period, back) NOT IN (SELECT (region, period, back) FROM work.steady);

-- name: fresh_uses
-- The posts that count of the subjects that have enough only now.
CREATE TABLE fresh_.uses AS
WITH of_region AS (
    SELECT subject, region, min(since) AS since FROM work.fresh GROUP BY subject, region
)
SELECT subject, post
FROM main.uses
JOIN of_region USING (subject, region)
WHERE day >= since
UNION
SELECT subject, post
FROM main.uses
JOIN (FROM of_region WHERE region = $world) AS of_world USING (subject)
WHERE day >= since;

-- name: look_at_fresh
-- And nothing else.
CREATE VIEW fresh_.posts AS
SELECT post, creator, region, day, peak FROM main.posts WHERE post IN (SELECT post FROM fresh_.uses);
CREATE VIEW fresh_.floors AS FROM work.floors;
CREATE VIEW fresh_.scopes AS FROM work.steady;
CREATE VIEW fresh_.wanted AS SELECT subject, scope FROM work.fresh;
SET search_path = 'fresh_,work,main';

-- name: unsteady
-- Scopes in which everybody is counted again.
CREATE TABLE work.unsteady AS
FROM work.scopes WHERE scope NOT IN (SELECT scope FROM work.steady);

-- name: unsteady_posts
-- All their posts.
CREATE TABLE unsteady_.posts AS
SELECT post, creator, region, day, peak
FROM main.posts
WHERE region IN (SELECT region FROM work.unsteady) OR $world IN (SELECT region FROM work.unsteady);

-- name: unsteady_uses
-- And their uses.
CREATE TABLE unsteady_.uses AS
SELECT subject, post
FROM main.uses
WHERE region IN (SELECT region FROM work.unsteady) OR $world IN (SELECT region FROM work.unsteady);

-- name: look_at_unsteady
-- And nothing else.
CREATE VIEW unsteady_.floors AS FROM work.floors;
CREATE VIEW unsteady_.scopes AS FROM work.unsteady;
SET search_path = 'unsteady_,work,main';

-- name: add_fresh
-- In with them.
INSERT INTO main.tallies FROM fresh_.tallies;

-- name: add_unsteady
-- In with them.
INSERT INTO main.tallies FROM unsteady_.tallies;

-- name: keep
-- What the next change compares with.
DROP TABLE main.floors;
DROP TABLE main.scopes;
CREATE TABLE main.floors AS FROM work.floors;
CREATE TABLE main.scopes AS FROM work.scopes;

-- name: any_unsteady
-- Mostly there are none.
SELECT 1 FROM work.unsteady LIMIT 1;
