-- Of an account that does not exist: only so many of these are kept.
ALTER TABLE login ADD COLUMN made_up BIGINT NOT NULL DEFAULT 0 CHECK (made_up IN (0, 1));
-- Whether a proof came; it did not hold if the row is still there.
ALTER TABLE login ADD COLUMN tried BIGINT NOT NULL DEFAULT 0 CHECK (tried IN (0, 1));
-- Whether it was counted as a failure, and when the audit log was told.
ALTER TABLE login ADD COLUMN counted BIGINT NOT NULL DEFAULT 0 CHECK (counted IN (0, 1));
ALTER TABLE login ADD COLUMN noted_at BIGINT;
CREATE INDEX login_made_up ON login (made_up, started_at);

-- How many completed accounts have each kind of lock and generation of keys: what is said of people who do not exist is drawn from it. Not copied into backups:
-- it follows the bundles. `head` and `tail` are the KDF block (docs/PROTOCOL.md section 5) without its salt.
CREATE TABLE lock_kind (
    head    BYTEA NOT NULL CHECK (length(head) = 14),
    tail    BYTEA NOT NULL CHECK (length(tail) = 1),
    key_gen BIGINT NOT NULL,
    people  BIGINT NOT NULL,
    PRIMARY KEY (head, tail, key_gen)
);
INSERT INTO lock_kind SELECT substr(kdf_block, 1, 14), substr(kdf_block, 47, 1), key_gen, count(*) FROM bundle GROUP BY 1, 2, 3;
CREATE FUNCTION lock_kind_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE lock_kind SET people = people - 1
        WHERE head = substr(old.kdf_block, 1, 14) AND tail = substr(old.kdf_block, 47, 1) AND key_gen = old.key_gen;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO lock_kind VALUES (substr(new.kdf_block, 1, 14), substr(new.kdf_block, 47, 1), new.key_gen, 1)
            ON CONFLICT (head, tail, key_gen) DO UPDATE SET people = lock_kind.people + 1;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER lock_kind_counts AFTER INSERT OR DELETE OR UPDATE OF kdf_block, key_gen ON bundle FOR EACH ROW EXECUTE FUNCTION lock_kind_follows();
