-- One deployment.
CREATE TABLE realm (
    only_one    INTEGER PRIMARY KEY CHECK (only_one = 1),
    realm_id    BLOB NOT NULL CHECK (length(realm_id) = 16),
    origin      TEXT NOT NULL,
    contact     TEXT,
    key_canary  BLOB NOT NULL CHECK (length(key_canary) = 32),
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE organisation (
    org_id      BLOB PRIMARY KEY CHECK (length(org_id) = 16),
    name        TEXT NOT NULL,
    contact     TEXT,
    min_profile INTEGER NOT NULL DEFAULT 2 CHECK (min_profile BETWEEN 1 AND 4),
    recovery    TEXT NOT NULL DEFAULT 'required' CHECK (recovery IN ('recommended', 'required')),
    secret_key  TEXT NOT NULL DEFAULT 'off' CHECK (secret_key IN ('off', 'allowed', 'required')),
    min_length  INTEGER NOT NULL DEFAULT 15 CHECK (min_length >= 15),
    people      INTEGER NOT NULL DEFAULT 0,          -- how many memberships and groups it has: counting a million takes too long
    groups_count INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE scim_token (
    token_id     BLOB PRIMARY KEY CHECK (length(token_id) = 16),
    token_hash   BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    org_id       BLOB NOT NULL REFERENCES organisation,
    label        TEXT,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER
) STRICT;

-- A person in the realm. The address is where their invitation goes; an organisation's SCIM attributes are its own affair.
CREATE TABLE account (
    account_id   BLOB PRIMARY KEY CHECK (length(account_id) = 16),
    email        TEXT,
    email_key    TEXT,
    state        TEXT NOT NULL CHECK (state IN ('invited', 'complete', 'removed')),
    created_at   INTEGER NOT NULL,
    completed_at INTEGER,
    removed_at   INTEGER,
    confirmed_at INTEGER,               -- when an administrator compared the fingerprint, and which
    confirmed_fingerprint TEXT,
    fingerprint  TEXT,                  -- of its key, once it is complete
    earlier_fingerprint TEXT            -- of the key that a removed account with this address had
) STRICT;
CREATE UNIQUE INDEX account_address ON account (email_key) WHERE state <> 'removed';
CREATE INDEX account_once_at_address ON account (email_key, removed_at, created_at) WHERE state = 'removed';

-- A person in an organisation: what SCIM calls a User.
CREATE TABLE membership (
    user_id       BLOB PRIMARY KEY CHECK (length(user_id) = 16),
    org_id        BLOB NOT NULL REFERENCES organisation,
    account_id    BLOB NOT NULL REFERENCES account,
    mode          TEXT NOT NULL CHECK (mode IN ('enrol', 'join')),
    accepted_at   INTEGER,
    user_name     TEXT NOT NULL,
    user_name_key TEXT NOT NULL,
    external_id   TEXT,
    active        INTEGER NOT NULL CHECK (active IN (0, 1)),
    invited_at    INTEGER,              -- null: staged, never invited yet
    email         TEXT,
    display_name  TEXT,
    attributes    TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    modified_at   INTEGER NOT NULL,
    version       INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX membership_user_name ON membership (org_id, user_name_key);
CREATE UNIQUE INDEX membership_once ON membership (account_id, org_id);
CREATE INDEX membership_page ON membership (org_id, created_at, user_id);
CREATE INDEX membership_external ON membership (org_id, external_id) WHERE external_id IS NOT NULL;

-- Every address of a person, for look-ups.
CREATE TABLE membership_email (
    org_id    BLOB NOT NULL REFERENCES organisation,
    email_key TEXT NOT NULL,
    user_id   BLOB NOT NULL REFERENCES membership ON DELETE CASCADE,
    PRIMARY KEY (org_id, email_key, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_email_user ON membership_email (user_id);

CREATE TABLE scim_group (
    group_id     BLOB PRIMARY KEY CHECK (length(group_id) = 16),
    org_id       BLOB NOT NULL REFERENCES organisation,
    display_name TEXT NOT NULL,
    name_key     TEXT NOT NULL,
    external_id  TEXT,
    attributes   TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    modified_at  INTEGER NOT NULL,
    version      INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX scim_group_name ON scim_group (org_id, name_key);
CREATE INDEX scim_group_page ON scim_group (org_id, created_at, group_id);
CREATE INDEX scim_group_external ON scim_group (org_id, external_id);

CREATE TABLE group_member (
    group_id  BLOB NOT NULL REFERENCES scim_group ON DELETE CASCADE,
    org_id    BLOB NOT NULL REFERENCES organisation,
    member_id BLOB NOT NULL CHECK (length(member_id) = 16),
    kind      TEXT NOT NULL CHECK (kind IN ('User', 'Group')),
    display   TEXT,
    PRIMARY KEY (group_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_member_of ON group_member (member_id);

CREATE TABLE invite (
    invite_id     BLOB PRIMARY KEY CHECK (length(invite_id) = 16),
    account_id    BLOB NOT NULL REFERENCES account,
    org_id        BLOB NOT NULL REFERENCES organisation,
    mode          TEXT NOT NULL CHECK (mode IN ('enrol', 'join')),
    token_hash    BLOB CHECK (length(token_hash) = 32),  -- null until the letter is delivered
    state         TEXT NOT NULL CHECK (state IN ('live', 'used', 'withdrawn')),
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    ended_at      INTEGER,
    wrong_tries   INTEGER NOT NULL DEFAULT 0,
    claim_key     BLOB CHECK (length(claim_key) = 32),   -- the newest claim
    claim_count   INTEGER NOT NULL DEFAULT 0,
    last_claim_at INTEGER
) STRICT;
-- Finds those of an account, and keeps at most one of them live: where the last part is null, rows never collide.
CREATE UNIQUE INDEX invite_one_live ON invite (account_id, org_id, (CASE state WHEN 'live' THEN 1 END));

-- Tokens of earlier letters that may have arrived; the newest stands in the invite.
CREATE TABLE invite_token (
    invite_id  BLOB NOT NULL REFERENCES invite,
    token_hash BLOB NOT NULL CHECK (length(token_hash) = 32),
    sent_at    INTEGER NOT NULL,
    PRIMARY KEY (invite_id, token_hash)
) STRICT, WITHOUT ROWID;

-- Every key that ever claimed an invite: a lost answer may be asked for again by one that is no longer the newest.
CREATE TABLE claim (
    seq       INTEGER PRIMARY KEY,
    invite_id BLOB NOT NULL REFERENCES invite,
    claim_key BLOB NOT NULL CHECK (length(claim_key) = 32),
    at        INTEGER NOT NULL
) STRICT;
CREATE INDEX claim_invite ON claim (invite_id, seq);

-- What a completed account is: ciphertext and public keys.
CREATE TABLE bundle (
    account_id      BLOB PRIMARY KEY REFERENCES account,
    invite_id       BLOB NOT NULL REFERENCES invite,
    idempotency_key BLOB NOT NULL CHECK (length(idempotency_key) = 16),
    receipt         BLOB NOT NULL CHECK (length(receipt) = 32),
    key_gen         INTEGER NOT NULL,
    kdf_block       BLOB NOT NULL,
    opaque_record   BLOB NOT NULL,
    envelope_1      BLOB NOT NULL,
    envelope_2      BLOB NOT NULL,
    envelope_3      BLOB NOT NULL,
    envelope_4      BLOB NOT NULL,
    ed25519         BLOB NOT NULL,
    x25519          BLOB NOT NULL,
    signature       BLOB NOT NULL,
    recovery_public BLOB NOT NULL,
    created_at      INTEGER NOT NULL
) STRICT;

-- Changes of a completed account's password or kit, for whoever lost the answer: the same session with the same key and the same body gets it again.
CREATE TABLE account_change (
    session_hash    BLOB NOT NULL CHECK (length(session_hash) = 32),
    idempotency_key BLOB NOT NULL CHECK (length(idempotency_key) = 16),
    account_id      BLOB NOT NULL REFERENCES account,
    kind            TEXT NOT NULL CHECK (kind IN ('password', 'recovery', 'kit')),
    receipt         BLOB NOT NULL CHECK (length(receipt) = 32),
    at              INTEGER NOT NULL,
    PRIMARY KEY (session_hash, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_change_of ON account_change (account_id, at);

-- Letters to be sent. Written with the change that causes them; holds no token.
CREATE TABLE outbox (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('invite', 'completed', 'completed-admin', 'password-changed', 'kit-changed', 'recovered', 'recovered-admin', 'joined', 'joined-admin')),
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
CREATE INDEX outbox_due ON outbox (not_before) WHERE done_at IS NULL;
CREATE INDEX outbox_account ON outbox (account_id);
CREATE INDEX outbox_address ON outbox (to_key, created_at) WHERE to_key IS NOT NULL;
CREATE INDEX outbox_message ON outbox (message_id) WHERE message_id IS NOT NULL;

-- Conversations between a start and its finish, of logins and of recoveries, and those that failed. No reference to account: people who do not exist are counted alike.
CREATE TABLE login (
    login_id   BLOB PRIMARY KEY CHECK (length(login_id) = 16),
    account_id BLOB NOT NULL CHECK (length(account_id) = 16),
    state      BLOB,
    started_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    way        TEXT NOT NULL CHECK (way IN ('password', 'recovery'))  -- what is proven at its end; each way is counted by itself
) STRICT;
CREATE INDEX login_account ON login (account_id, way, started_at);

CREATE TABLE session (
    session_hash BLOB PRIMARY KEY CHECK (length(session_hash) = 32),
    account_id   BLOB NOT NULL REFERENCES account,
    expires_at   INTEGER NOT NULL,
    session_id   BLOB NOT NULL CHECK (length(session_id) = 16),
    created_at   INTEGER NOT NULL,
    client       TEXT,
    source       TEXT,
    purpose      TEXT NOT NULL CHECK (purpose IN ('full', 'recovery')),
    ended        INTEGER NOT NULL DEFAULT 0,  -- 1 by a suspension, 2 by a new password or kit; kept until it expires so that its holder hears why
    starts       INTEGER NOT NULL DEFAULT 0   -- passwords that were begun in it
) STRICT;
CREATE INDEX session_account ON session (account_id);

-- Append-only; each hash covers the entry and the hash before it.
CREATE TABLE audit (
    seq        INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    event      TEXT NOT NULL,
    org_id     BLOB,
    account_id BLOB,
    invite_id  BLOB,
    detail     TEXT,
    hash       BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
