-- name: macros
-- How a value that needs no judgement is read, from its JSON text `v`. These state a part of sources/fields.py,
-- which stays the definition: the rows that they leave out are read there.
CREATE OR REPLACE TEMP MACRO string_of(v) AS nullif(json_extract_string(v, '$'), '');

CREATE OR REPLACE TEMP MACRO count_of(v) AS try_cast(trim(v, '"') AS BIGINT);

CREATE OR REPLACE TEMP MACRO time_of(v) AS CASE
    WHEN regexp_full_match(v, '[1-9][0-9]{0,10}|"[1-9][0-9]{8,10}"') THEN count_of(v)
    WHEN regexp_full_match(v, '[2-9][0-9]{11}|[1-9][0-9]{12}|"[1-9][0-9]{12}"') THEN count_of(v) // 1000
    WHEN regexp_full_match(
        v, '"20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:\.[0-9]{3})?(?:Z|\+00:00)?"'
    ) THEN epoch_ms(try_cast(v[2:20] AS TIMESTAMP)) // 1000
END;

CREATE OR REPLACE TEMP MACRO flag_of(v) AS CASE v WHEN 'true' THEN true WHEN 'false' THEN false END;

CREATE OR REPLACE TEMP MACRO tags_of(v) AS CASE
    WHEN regexp_full_match(v, getvariable('plain_tags')) THEN string_split(lower(v)[3:-3], '","')
END;

CREATE OR REPLACE TEMP MACRO said(v) AS v IS NOT NULL AND v <> '""';

-- name: plain_tags
-- The pattern of lists of hashtags that are their own identities once they are in lower case.
SET VARIABLE plain_tags = $pattern;

-- name: odd_texts
-- The pattern of the JSON of texts, a line each, of which one begins or ends with white space or an escape.
SET VARIABLE odd_texts = $pattern;

-- name: read
-- The lines as the JSON text of each field.
CREATE OR REPLACE TEMP TABLE given AS
SELECT $first + row_number() OVER () - 1 AS place, columns(*)::VARCHAR
FROM read_json($path, format = 'newline_delimited', columns = $fields, maximum_object_size = $longest);

-- name: weigh
-- The weights of audiences, each text of them once: posts share them, and those of one post do.
CREATE OR REPLACE TEMP TABLE weighed AS
SELECT v, map_from_entries(list_sort(map_entries(kept))) AS kept, list_has_all($regions, map_keys(kept)) AS is_regional
FROM (
    SELECT v, try_cast(v::JSON AS MAP(VARCHAR, DOUBLE)) AS kept
    FROM (
        SELECT audience_ages FROM given WHERE audience_ages IS NOT NULL
        UNION SELECT audience_interests FROM given WHERE audience_interests IS NOT NULL
        UNION SELECT audience_countries FROM given WHERE audience_countries IS NOT NULL
    ) AS texts (v)
    WHERE regexp_full_match(
        v, '\{"[0-9A-Za-z+_-]+":[0-9]{1,12}(?:\.[0-9]+)?(?:,"[0-9A-Za-z+_-]+":[0-9]{1,12}(?:\.[0-9]+)?)*\}'
    )
)
WHERE NOT list_contains(map_values(kept), 0);

-- name: clean
-- The rows that fit, as a batch of the inbox. Each value is read before it is asked whether all fit: what both
-- need is computed once. `place` tells which rows these are.
COPY (WITH places AS (
    SELECT unnest($regions) AS region
), branches AS (
    SELECT unnest($industries) AS id, unnest($parents) AS parent
), read AS (
    SELECT
        given.*, time_of(observed_at) AS seen, time_of(create_time) AS stated,
        CASE WHEN regexp_full_match(id, '"[1-9][0-9]{0,18}"|[1-9][0-9]{0,18}') THEN string_of(id) END AS post,
        count_of(given.industry_id) AS branch, string_of(region_code) AS place_of,
        tags_of(hashtag_names) AS tags,
        flag_of(is_commercial_music) AS commercial, flag_of(is_promoted) AS promoted,
        concat_ws(
            chr(10), username, nickname, avatar_url, music_title, music_author, music_cover_url, music_url,
            video_description, cover_url
        ) AS texts,
        concat_ws(
            chr(10), music_duration, view_count, like_count, comment_count, share_count, favourites_count,
            video_duration, ''
        ) AS counts,
        concat_ws(chr(10), music_id, song_id, '') AS keys
    FROM given
), placed AS (
    SELECT
        read.*, branches.parent, ages.kept AS ages, interests.kept AS interests, nations.kept AS nations,
        nations.is_regional,
        (try_cast(post AS UBIGINT) >> 32)::BIGINT AS inside, coalesce(seen, $at::BIGINT) + $day AS latest
    FROM read
    LEFT JOIN branches ON branches.id = branch
    LEFT JOIN weighed AS ages ON ages.v = audience_ages
    LEFT JOIN weighed AS interests ON interests.v = audience_interests
    LEFT JOIN weighed AS nations ON nations.v = audience_countries
)
SELECT
    post AS id, stated AS create_time,
    CASE WHEN inside BETWEEN $earliest AND latest THEN inside END AS id_time,
    seen AS observed_at, $at::BIGINT AS ingested_at, $source AS source, NULL::VARCHAR AS row_key,
    place_of AS region, string_of(username) AS username, string_of(nickname) AS nickname,
    string_of(avatar_url) AS avatar_url, tags, NULL::VARCHAR[] AS tag_ids,
    string_of(music_id) AS music_id, string_of(song_id) AS song_id,
    string_of(music_title) AS music_title, string_of(music_author) AS music_author,
    string_of(music_cover_url) AS music_cover_url, string_of(music_url) AS music_url,
    count_of(music_duration) AS music_duration, commercial AS is_commercial_music,
    count_of(view_count) AS view_count, count_of(like_count) AS like_count,
    count_of(comment_count) AS comment_count, count_of(share_count) AS share_count,
    count_of(favourites_count) AS favourites_count, string_of(video_description) AS description,
    count_of(video_duration) AS duration, parent AS industry, promoted AS is_promoted,
    string_of(cover_url) AS cover_url,
    ages AS audience_ages, nations AS audience_countries, interests AS audience_interests, place
FROM placed
WHERE
    coalesce(
        post IS NOT NULL
        AND CASE
            WHEN said(create_time) THEN stated BETWEEN $earliest AND latest
            ELSE inside BETWEEN $earliest AND latest
        END
        AND (seen IS NOT NULL OR NOT said(observed_at))
        AND (region_code IS NULL OR region_code = '""' OR region_code IN (SELECT '"' || region || '"' FROM places))
        AND (parent IS NOT NULL OR NOT said(industry_id))
        AND NOT regexp_matches(texts, getvariable('odd_texts'))
        AND regexp_full_match(counts, '(?:(?:[0-9]{1,12}|"[0-9]{0,12}")\n)*')
        AND regexp_full_match(keys, '(?:(?:"[0-9]{0,30}"|"[A-Za-z_][0-9A-Za-z_-]*"|0|[1-9][0-9]{0,18})\n)*')
        AND (commercial IS NOT NULL OR NOT said(is_commercial_music))
        AND (promoted IS NOT NULL OR NOT said(is_promoted))
        AND NOT said(hashtag_info_list)
        AND CASE
            WHEN said(hashtag_names)
                THEN hashtag_names = '[]' OR (len(tags) <= $most_tags AND list_unique(tags) = len(tags))
            ELSE video_description IS NULL OR NOT regexp_matches(video_description, '[#\x{FE5F}\x{FF03}]')
        END
        AND (ages IS NOT NULL OR NOT said(audience_ages))
        AND (interests IS NOT NULL OR NOT said(audience_interests))
        AND (is_regional OR NOT said(audience_countries)),
        false
    )
) TO $table (FORMAT parquet, COMPRESSION lz4);

-- name: fitting
-- The others are read one by one.
SELECT place FROM read_parquet($tables);
