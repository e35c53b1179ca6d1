-- name: as_written
-- JSON texts in the one form in which documents are stored: what hashes of editions cover must not depend on how
-- a library writes small numbers and control characters.
SELECT json(text)::VARCHAR FROM (SELECT unnest($texts::VARCHAR[]) AS text, unnest(range(len($texts))) AS place)
ORDER BY place;
