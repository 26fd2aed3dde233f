-- Who says what a person is: an identity provider over SCIM, or an administrator by hand. Everybody so far came over SCIM.
ALTER TABLE membership ADD COLUMN source TEXT NOT NULL DEFAULT 'scim' CHECK (source IN ('scim', 'manual'));
-- Lists over SCIM have those of SCIM alone, and organisation.people counts them alone.
DROP INDEX membership_page;
CREATE INDEX membership_page ON membership (org_id, created_at, user_id) WHERE source = 'scim';
CREATE INDEX membership_manual ON membership (org_id) WHERE source = 'manual';

-- The groups of people who are kept by hand. Those of SCIM lie in scim_group; over SCIM nobody sees these.
CREATE TABLE manual_group (
    user_id BLOB NOT NULL REFERENCES membership ON DELETE CASCADE,
    at      INTEGER NOT NULL,
    name    TEXT NOT NULL,
    PRIMARY KEY (user_id, at)
) STRICT, WITHOUT ROWID;
