-- name: candidates
-- A hashtag that fewer creators used in the whole world and the longest window can be in no pair that counts, and
-- one that is everyday there is related to nothing.
CREATE TABLE candidates AS
SELECT subject
FROM reach
JOIN spots USING (spot)
JOIN subjects USING (subject)
JOIN audience_size USING (region)
WHERE kind = 'hashtag' AND region = $world AND creators[-1] >= $support
    AND (everyone[-1] < $crowd OR $everyday_share * creators[-1] <= everyone[-1]);

-- name: pair_uses
-- Both hashtags in one post, each pair once (first < second), each creator at the smallest window of any such post.
CREATE TABLE pair_uses AS
WITH tagged AS (
    SELECT subject, post, creator, region, place
    FROM uses
    JOIN recent USING (day)
    SEMI JOIN candidates USING (subject)
    WHERE creator IS NOT NULL
)
SELECT
    a.subject AS first, b.subject AS second, a.region, a.creator,
    min(a.place) AS place
FROM tagged AS a
JOIN tagged AS b ON a.post = b.post AND a.subject < b.subject
GROUP BY ALL;

-- name: supported
-- Nearly all pairs have fewer creators in the whole world than the measure needs; no region can have more.
CREATE TABLE supported AS
SELECT first, second
FROM pair_uses
GROUP BY first, second
HAVING count(*) >= $support AND count(DISTINCT creator) >= $support;

-- name: pairs
-- Creators of each pair per region and window; creators who posted from several regions count once in the world.
CREATE TABLE pairs AS
WITH kept AS (
    SELECT * FROM pair_uses SEMI JOIN supported USING (first, second)
), scoped AS (
    SELECT first, second, region, creator, place FROM kept WHERE region IS NOT NULL
    UNION ALL
    SELECT first, second, $world, creator, min(place) FROM kept GROUP BY first, second, creator
)
SELECT first, second, region, span, count(*) AS creators
FROM scoped
JOIN nested USING (place)
GROUP BY first, second, region, span
HAVING count(*) >= $support;

-- name: related
-- The strongest partners of each hashtag, by affinity in billionths, then creators of the pair, then name (the
-- numbers of subjects ascend with their names). The condition on lift is in whole numbers: no rounding decides.
CREATE TABLE related AS
WITH measured AS (
    SELECT
        pairs.first, pairs.second, a.spot AS first_spot, b.spot AS second_spot, span, pairs.creators,
        pairs.creators * everyone[span] AS gain,
        a_reach.creators[span] * b_reach.creators[span] AS chance,
        everyone[span] / pairs.creators AS rarity,
        least(greatest(everyone[span], $least_crowd), $crowd) AS least_lift_by_ten
    FROM pairs
    JOIN audience_size USING (region)
    JOIN spots AS a ON a.subject = first AND a.region = pairs.region
    JOIN spots AS b ON b.subject = second AND b.region = pairs.region
    JOIN reach AS a_reach ON a_reach.spot = a.spot
    JOIN reach AS b_reach ON b_reach.spot = b.spot
), scored AS (
    SELECT *, floor($billion * (ln(gain / chance) / ln(rarity)))::BIGINT AS affinity
    FROM measured
    WHERE 10 * gain >= least_lift_by_ten * chance
), directed AS (
    SELECT first_spot AS spot, span, second AS partner, affinity, creators FROM scored
    UNION ALL
    SELECT second_spot AS spot, span, first AS partner, affinity, creators FROM scored
)
SELECT
    spot, span, partner,
    row_number() OVER (PARTITION BY spot, span ORDER BY affinity DESC, creators DESC, partner) AS place
FROM directed
WHERE affinity >= $min_affinity
QUALIFY place <= $most;

-- name: related_text
-- As the documents hold them: a list of [name, id] per spot and window.
CREATE TABLE related_text AS
SELECT
    spot, span,
    to_json(list([identity, wire_id] ORDER BY place))::VARCHAR AS related
FROM related
JOIN subjects ON subjects.subject = partner
GROUP BY spot, span;

-- name: forget
-- What only led to related_text.
DROP TABLE candidates;
DROP TABLE pair_uses;
DROP TABLE supported;
DROP TABLE pairs;
DROP TABLE related;
