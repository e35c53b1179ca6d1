-- name: constants
-- The numbers of the formula come from scoring.py, where each has its unit and reason. A macro takes no
-- parameters of a statement, but it reads a variable.
SET VARIABLE heat_constants = $constants::STRUCT(
    tolerance DOUBLE, sigmas DOUBLE, doubt DOUBLE, known DOUBLE, habit DOUBLE, lent DOUBLE, prior DOUBLE,
    spike DOUBLE, cap DOUBLE, floor_part DOUBLE, floor_bits DOUBLE
);

-- name: heat_floor
-- Views from which a post is seen; `bin` has one digit per bit.
CREATE OR REPLACE TEMP MACRO heat_floor(views) AS (
    WITH parted AS (
        SELECT coalesce(views, 0)::BIGINT // getvariable('heat_constants').floor_part::BIGINT AS part
    ), spared AS (
        SELECT part, greatest(length(bin(part)) - getvariable('heat_constants').floor_bits::BIGINT, 0)::INTEGER AS spare
        FROM parted
    )
    SELECT (part >> spare) << spare FROM spared
);

-- name: heat_counted
-- Creators count in full where at least half of them are watched, not at all where none is.
CREATE OR REPLACE TEMP MACRO heat_counted(creators, watched) AS
    least(creators, getvariable('heat_constants').cap::BIGINT * watched);

-- name: heat_usual
-- The past, with the last window cut to what a surprise may add to it, where a longer past tells.
CREATE OR REPLACE TEMP MACRO heat_usual(past, last, all_past, all_last) AS
    CASE
        WHEN all_last <= 0 OR 2 * (all_past - all_last) < all_last THEN past::DOUBLE
        ELSE (past - last)::DOUBLE + least(
            last::DOUBLE,
            getvariable('heat_constants').spike
                * ((past - last)::DOUBLE * (all_last::DOUBLE / (all_past - all_last)::DOUBLE)) + 1::DOUBLE
        )
    END;

-- name: heat_share
-- The share of past creators outside the region who used the subject.
CREATE OR REPLACE TEMP MACRO heat_share(past, world, all_past, all_world) AS
    CASE
        WHEN world > past AND all_world > all_past
            THEN (world - past)::DOUBLE / (all_world - all_past)::DOUBLE
        ELSE 0::DOUBLE
    END;

-- name: heat_expected
-- Creators to expect now from the region's own past, or, if that is more, with what the world lends.
CREATE OR REPLACE TEMP MACRO heat_expected(usual, share, all_now, all_past) AS
    greatest(
        all_now::DOUBLE * usual / all_past::DOUBLE,
        all_now::DOUBLE * (usual + (getvariable('heat_constants').lent * all_now::DOUBLE) * share)
            / (all_past::DOUBLE + getvariable('heat_constants').lent * all_now::DOUBLE)
    );

-- name: heat_prior
-- What is expected of a subject never seen: more where the window is larger than its whole past.
CREATE OR REPLACE TEMP MACRO heat_prior(all_now, all_past) AS
    getvariable('heat_constants').prior * greatest(1::DOUBLE, all_now::DOUBLE / all_past::DOUBLE);

-- name: heat_bound
-- What tolerance and chance allow where `mean` creators are expected.
CREATE OR REPLACE TEMP MACRO heat_bound(mean, ratio) AS
    getvariable('heat_constants').tolerance * mean
        + getvariable('heat_constants').sigmas * sqrt(mean * (1::DOUBLE + ratio));

-- name: heat_everyday
-- How common the subject is anyway, 0 to 1, by the share of creators elsewhere and of the region itself.
CREATE OR REPLACE TEMP MACRO heat_everyday(share, own) AS
    greatest(
        share / (share + getvariable('heat_constants').known), own / (own + getvariable('heat_constants').habit)
    );

-- name: heat_gate
-- How far the creators now exceed what tolerance, chance and doubt allow: 0 not at all, towards 1 beyond doubt.
CREATE OR REPLACE TEMP MACRO heat_gate(now, usual, share, all_now, all_past) AS
    greatest(0::DOUBLE, 1::DOUBLE - (
        heat_bound(
            heat_expected(usual, share, all_now, all_past) + heat_prior(all_now, all_past),
            all_now::DOUBLE / all_past::DOUBLE
        ) + getvariable('heat_constants').doubt * heat_everyday(share, usual / all_past::DOUBLE)
    ) / (now::DOUBLE + heat_prior(all_now, all_past)));

-- name: heat_volume
-- v^0.75 * (1 + best)^0.25 by nested square roots: `pow` differs between machines.
CREATE OR REPLACE TEMP MACRO heat_volume(v, best) AS
    (sqrt(v::DOUBLE) * sqrt(sqrt(v::DOUBLE))) * sqrt(sqrt(1::DOUBLE + best::DOUBLE));

-- name: heat
-- The score, 0 without any past in the region or where nobody is watched.
CREATE OR REPLACE TEMP MACRO heat(
    creators, watched, best, now, past, last, world, all_now, all_past, all_last, all_world
) AS
    CASE
        WHEN all_now <= 0 OR all_past <= 0 OR watched <= 0 THEN 0::DOUBLE
        ELSE heat_volume(heat_counted(creators, watched), best) * heat_gate(
            now,
            heat_usual(past, last, all_past, all_last),
            heat_share(past, world, all_past, all_world),
            all_now,
            all_past
        )
    END;
