-- Letters to administrators about no account: the outbox takes them, with what they say.
ALTER TABLE outbox ALTER COLUMN account_id DROP NOT NULL;   -- null: about no account
ALTER TABLE outbox ALTER COLUMN org_id DROP NOT NULL;       -- null: about the server
ALTER TABLE outbox ADD COLUMN audience TEXT CHECK (audience IN ('organisation', 'server')); -- of a notice
ALTER TABLE outbox ADD COLUMN notice TEXT;                  -- what it says, as JSON
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check; -- which kinds there are is for the program to say, in one place
ALTER TABLE outbox ADD CONSTRAINT outbox_notice_check CHECK ((kind = 'notice') = (notice IS NOT NULL));
ALTER TABLE outbox ADD CONSTRAINT outbox_audience_check1 CHECK ((kind = 'notice') = (audience IS NOT NULL));
ALTER TABLE outbox ADD CONSTRAINT outbox_whole_check CHECK (kind = 'notice' OR (account_id IS NOT NULL AND org_id IS NOT NULL));

-- What was told last of something that ends: the days before its end, 0 once it was over.
CREATE TABLE expiry_told (
    subject TEXT PRIMARY KEY,
    days    BIGINT NOT NULL,
    told_at BIGINT NOT NULL
);

-- The token that was made in the place of another.
ALTER TABLE scim_token ADD COLUMN successor BYTEA;
