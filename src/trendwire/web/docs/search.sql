-- name: create
-- Stems, so that "ranking" finds "ranks"; kept whole, so that an excerpt can be cut from it.
CREATE VIRTUAL TABLE sections USING fts5(
  page, heading, text, path UNINDEXED, tokenize = 'porter unicode61 remove_diacritics 2'
);

-- name: add
-- One row per section of a page: a find leads to the heading it stands under.
INSERT INTO sections (page, heading, text, path) VALUES (?, ?, ?, ?);

-- name: find
-- A page's own name weighs more than a heading, a heading more than the text; equal ones stay in reading order.
SELECT page, heading, path, snippet(sections, 2, char(2), char(3), ' … ', 28)
FROM sections WHERE sections MATCH ?
ORDER BY bm25(sections, 8.0, 4.0, 1.0), rowid LIMIT ?;
