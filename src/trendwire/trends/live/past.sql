-- name: create
-- Who ever stood in which chart of an earlier edition; on which days in that of the listed period; and on how many
-- of the last year's.
CREATE TABLE stood (kind VARCHAR, period INTEGER, region VARCHAR, industry BIGINT, identity VARCHAR);
CREATE TABLE stood_days (as_of INTEGER, kind VARCHAR, region VARCHAR, identity VARCHAR);
CREATE TABLE listed_before (kind VARCHAR, identity VARCHAR, region VARCHAR, days INTEGER);

-- name: forget
-- When an earlier edition is no more what it was.
DELETE FROM main.stood;
DELETE FROM main.stood_days;

-- name: read
-- The charts of editions that were not read yet: of hashtags and sounds, because nobody asks for others.
CREATE TABLE work.members AS
SELECT as_of, kind, period, region, industry, subject AS identity
FROM read_parquet($memberships, filename = TRUE)
JOIN (SELECT unnest($memberships) AS filename, unnest($published_days::INTEGER[]) AS as_of) AS edition
    USING (filename)
WHERE kind IN ('hashtag', 'sound');

-- name: add_stood
-- Each once.
INSERT INTO main.stood
SELECT DISTINCT kind, period, region, industry, identity
FROM work.members
ANTI JOIN main.stood USING (kind, period, region, industry, identity);

-- name: add_days
-- Of the charts that days are counted on.
INSERT INTO main.stood_days
SELECT as_of, kind, region, identity
FROM work.members
WHERE period = $listed_period AND industry = 0;

-- name: forget_listed
-- Of another day, or other editions.
DELETE FROM main.listed_before;

-- name: list
-- On how many days of the last year before this one.
INSERT INTO main.listed_before
SELECT kind, identity, region, count(DISTINCT as_of)::INTEGER AS days
FROM main.stood_days
WHERE as_of > $as_of - 365
GROUP BY kind, identity, region;

-- name: published
-- The table of ranking.sql, of those that are in a chart now.
CREATE TABLE work.published AS
SELECT NULL::INTEGER AS as_of, kind, period, region, industry, subject
FROM main.stood
JOIN (
    SELECT subject, kind, identity FROM main.subjects WHERE subject IN (SELECT subject FROM work.ranks)
) AS ranked USING (kind, identity);

-- name: listed
-- The table of ranking.sql: the days before, and this one.
CREATE TABLE work.listed AS
SELECT subject, region, sum(days)::INTEGER AS days
FROM (
    SELECT subject, region, days
    FROM main.listed_before
    JOIN (SELECT subject, kind, identity FROM main.subjects) AS known USING (kind, identity)
    UNION ALL
    SELECT subject, region, 1 AS days
    FROM work.ranks
    WHERE period = $listed_period AND industry = 0 AND back = 0
)
GROUP BY subject, region;
