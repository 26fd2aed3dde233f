-- The members of a group lie under a list of their own: a large change writes a new list in pieces, and the group turns to it at once.
ALTER TABLE scim_group ADD COLUMN list_id BYTEA CHECK (length(list_id) = 16);
UPDATE scim_group SET list_id = group_id;
CREATE UNIQUE INDEX scim_group_list ON scim_group (list_id);

ALTER TABLE group_member DROP CONSTRAINT group_member_group_id_fkey;
ALTER TABLE group_member RENAME COLUMN group_id TO list_id;

-- Lists that no group has yet, or any more; their rows are removed in pieces.
CREATE TABLE loose_list (
    list_id BYTEA PRIMARY KEY CHECK (length(list_id) = 16),
    since   BIGINT NOT NULL
);
