-- One row for each SCIM request, so that an administrator finds why somebody was not invited. Not copied into backups: it is for finding faults, and is thrown away
-- after 30 days. `name_mark` and `mail_mark` are keyed hashes of the userName and the address that were asked about: people are found by them, and cannot be read from them.
-- `given` is the request itself, only where the organisation keeps values.
CREATE TABLE scim_request (
    request_id BLOB PRIMARY KEY CHECK (length(request_id) = 16),   -- begins with the time, so rows lie in its order
    at         INTEGER NOT NULL,
    org_id     BLOB,
    token_id   BLOB,
    caller_id  TEXT,                -- X-Request-Id as it came in
    source     TEXT NOT NULL,
    method     TEXT NOT NULL,
    path       TEXT NOT NULL,
    status     INTEGER NOT NULL,
    scim_type  TEXT,
    detail     TEXT,
    millis     INTEGER NOT NULL,
    person_id  BLOB,
    account_id BLOB,
    group_id   BLOB,
    name_mark  BLOB,
    mail_mark  BLOB,
    done       TEXT NOT NULL,
    why        TEXT,
    given      TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX scim_request_org ON scim_request (org_id, request_id);
CREATE INDEX scim_request_given ON scim_request (request_id) WHERE given IS NOT NULL;
ALTER TABLE organisation ADD COLUMN scim_log_values INTEGER NOT NULL DEFAULT 0 CHECK (scim_log_values IN (0, 1));
