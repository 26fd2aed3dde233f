-- A reset of keys: an invitation that makes keys of this generation for an account that is complete. Null for every other.
ALTER TABLE invite ADD COLUMN reset_to INTEGER;
-- The account's last reset that was completed: when it was started, and when it was completed.
ALTER TABLE account ADD COLUMN reset_started_at INTEGER;
ALTER TABLE account ADD COLUMN reset_at INTEGER;

-- More kinds of letters. SQLite cannot widen a CHECK, so the table is made anew.
CREATE TABLE outbox_wider (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('invite', 'completed', 'completed-admin', 'password-changed', 'kit-changed', 'recovered', 'recovered-admin', 'joined', 'joined-admin',
        'reset-started-admin', 'reset-called-off', 'reset-called-off-admin', 'reset', 'reset-admin')),
    account_id  BLOB NOT NULL REFERENCES account,
    org_id      BLOB NOT NULL REFERENCES organisation,
    invite_id   BLOB REFERENCES invite,
    created_at  INTEGER NOT NULL,
    not_before  INTEGER NOT NULL,
    lease_until INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    done_at     INTEGER,
    trouble     TEXT,
    to_key      TEXT,                   -- the address, for counting letters to it
    message_id  TEXT,
    gave_up_at  INTEGER,                -- refused for good, no more tries
    doubts      INTEGER NOT NULL DEFAULT 0, -- how often its last answer got lost
    bounced_at  INTEGER                 -- taken by a mail server and sent back later
) STRICT;
INSERT INTO outbox_wider SELECT * FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_wider RENAME TO outbox;
CREATE INDEX outbox_due ON outbox (not_before) WHERE done_at IS NULL;
CREATE INDEX outbox_account ON outbox (account_id);
CREATE INDEX outbox_address ON outbox (to_key, created_at) WHERE to_key IS NOT NULL;
CREATE INDEX outbox_message ON outbox (message_id) WHERE message_id IS NOT NULL;
