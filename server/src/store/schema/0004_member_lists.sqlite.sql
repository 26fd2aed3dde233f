-- The members of a group lie under a list of their own: a large change writes a new list in pieces, and the group turns to it at once.
ALTER TABLE scim_group ADD COLUMN list_id BLOB CHECK (length(list_id) = 16);
UPDATE scim_group SET list_id = group_id;
CREATE UNIQUE INDEX scim_group_list ON scim_group (list_id);

CREATE TABLE listed_member (
    list_id   BLOB NOT NULL CHECK (length(list_id) = 16),
    org_id    BLOB NOT NULL REFERENCES organisation,
    member_id BLOB NOT NULL CHECK (length(member_id) = 16),
    kind      TEXT NOT NULL CHECK (kind IN ('User', 'Group')),
    display   TEXT,
    PRIMARY KEY (list_id, member_id)
) STRICT, WITHOUT ROWID;
INSERT INTO listed_member SELECT group_id, org_id, member_id, kind, display FROM group_member;
DROP TABLE group_member;
ALTER TABLE listed_member RENAME TO group_member;
CREATE INDEX group_member_of ON group_member (member_id);

-- Lists that no group has yet, or any more; their rows are removed in pieces.
CREATE TABLE loose_list (
    list_id BLOB PRIMARY KEY CHECK (length(list_id) = 16),
    since   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
