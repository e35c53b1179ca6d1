-- name: set_memberships
-- Who is in the charts of the last change.
DELETE FROM main.memberships;
INSERT INTO main.memberships FROM work.memberships;
