-- As in SQLite.
CREATE TABLE leaver (
    leaver_id   BYTEA PRIMARY KEY CHECK (length(leaver_id) = 16),
    org_id      BYTEA NOT NULL REFERENCES organisation,
    user_id     BYTEA NOT NULL CHECK (length(user_id) = 16),
    account_id  BYTEA NOT NULL CHECK (length(account_id) = 16),
    at          BIGINT NOT NULL,
    what        TEXT NOT NULL CHECK (what IN ('suspended', 'deleted')),
    was_active  BIGINT NOT NULL CHECK (was_active IN (0, 1)),
    rests_until BIGINT,
    before      TEXT NOT NULL
);
CREATE INDEX leaver_org ON leaver (org_id, at);
CREATE INDEX leaver_account ON leaver (account_id);
ALTER TABLE organisation ADD COLUMN brake TEXT;
ALTER TABLE organisation ADD COLUMN brake_since BIGINT;
