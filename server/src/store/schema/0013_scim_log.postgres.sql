-- As in SQLite.
CREATE TABLE scim_request (
    request_id BYTEA PRIMARY KEY CHECK (length(request_id) = 16),
    at         BIGINT NOT NULL,
    org_id     BYTEA,
    token_id   BYTEA,
    caller_id  TEXT,
    source     TEXT NOT NULL,
    method     TEXT NOT NULL,
    path       TEXT NOT NULL,
    status     BIGINT NOT NULL,
    scim_type  TEXT,
    detail     TEXT,
    millis     BIGINT NOT NULL,
    person_id  BYTEA,
    account_id BYTEA,
    group_id   BYTEA,
    name_mark  BYTEA,
    mail_mark  BYTEA,
    done       TEXT NOT NULL,
    why        TEXT,
    given      TEXT
);
CREATE INDEX scim_request_org ON scim_request (org_id, request_id);
CREATE INDEX scim_request_given ON scim_request (request_id) WHERE given IS NOT NULL;
ALTER TABLE organisation ADD COLUMN scim_log_values BIGINT NOT NULL DEFAULT 0 CHECK (scim_log_values IN (0, 1));
