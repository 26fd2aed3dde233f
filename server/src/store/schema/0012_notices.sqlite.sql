-- Letters to administrators about no account: the outbox takes them, with what they say. SQLite cannot loosen a column, so the table is made anew.
CREATE TABLE outbox_looser (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,          -- which kinds there are is for the program to say, in one place
    account_id  BLOB REFERENCES account,        -- null: about no account
    org_id      BLOB REFERENCES organisation,   -- null: about the server
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
    bounced_at  INTEGER,                -- taken by a mail server and sent back later
    takes_turns INTEGER NOT NULL DEFAULT 0 CHECK (takes_turns IN (0, 1)),
    audience    TEXT CHECK (audience IN ('organisation', 'server')), -- of a notice
    notice      TEXT,                   -- what it says, as JSON
    CHECK ((kind = 'notice') = (notice IS NOT NULL)),
    CHECK ((kind = 'notice') = (audience IS NOT NULL)),
    CHECK (kind = 'notice' OR (account_id IS NOT NULL AND org_id IS NOT NULL))
) STRICT;
INSERT INTO outbox_looser SELECT *, NULL, NULL FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_looser RENAME TO outbox;
CREATE INDEX outbox_due ON outbox (not_before) WHERE done_at IS NULL;
CREATE INDEX outbox_account ON outbox (account_id);
CREATE INDEX outbox_address ON outbox (to_key, created_at) WHERE to_key IS NOT NULL;
CREATE INDEX outbox_message ON outbox (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX outbox_first ON outbox (not_before, seq) WHERE done_at IS NULL AND takes_turns = 0;
CREATE INDEX outbox_turn ON outbox (org_id, not_before, seq) WHERE done_at IS NULL AND takes_turns = 1;

-- What was told last of something that ends: the days before its end, 0 once it was over.
CREATE TABLE expiry_told (
    subject TEXT PRIMARY KEY,
    days    INTEGER NOT NULL,
    told_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The token that was made in the place of another.
ALTER TABLE scim_token ADD COLUMN successor BLOB;
