-- name: set_documents
-- The charts of the last change.
DELETE FROM main.chart_documents;
INSERT INTO main.chart_documents SELECT key, document FROM work.chart_documents;

-- name: set_memberships
-- Who is in them.
DELETE FROM main.memberships;
INSERT INTO main.memberships FROM work.memberships;

-- name: set_listed
-- On how many days subjects were.
DELETE FROM main.listed;
INSERT INTO main.listed SELECT kind, identity, region, days FROM work.listed JOIN work.subjects USING (subject);
