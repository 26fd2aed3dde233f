-- People who were suspended or deleted a short while ago, as they were before, so that a wrong sync can be taken back. `rests_until` is set once the brake has tripped.
CREATE TABLE leaver (
    leaver_id   BLOB PRIMARY KEY CHECK (length(leaver_id) = 16),   -- begins with the time, so rows lie in its order
    org_id      BLOB NOT NULL REFERENCES organisation,
    user_id     BLOB NOT NULL CHECK (length(user_id) = 16),
    account_id  BLOB NOT NULL CHECK (length(account_id) = 16),     -- no reference: one that nobody has heard of may go
    at          INTEGER NOT NULL,
    what        TEXT NOT NULL CHECK (what IN ('suspended', 'deleted')),
    was_active  INTEGER NOT NULL CHECK (was_active IN (0, 1)),
    rests_until INTEGER,
    before      TEXT NOT NULL
) STRICT;
CREATE INDEX leaver_org ON leaver (org_id, at);
CREATE INDEX leaver_account ON leaver (account_id);
-- When the brake trips (null: as usual), and since when it has.
ALTER TABLE organisation ADD COLUMN brake TEXT;
ALTER TABLE organisation ADD COLUMN brake_since INTEGER;
