-- Of an account that does not exist: only so many of these are kept.
ALTER TABLE login ADD COLUMN made_up INTEGER NOT NULL DEFAULT 0 CHECK (made_up IN (0, 1));
-- Whether a proof came; it did not hold if the row is still there.
ALTER TABLE login ADD COLUMN tried INTEGER NOT NULL DEFAULT 0 CHECK (tried IN (0, 1));
-- Whether it was counted as a failure, and when the audit log was told.
ALTER TABLE login ADD COLUMN counted INTEGER NOT NULL DEFAULT 0 CHECK (counted IN (0, 1));
ALTER TABLE login ADD COLUMN noted_at INTEGER;
CREATE INDEX login_made_up ON login (made_up, started_at);

-- How many completed accounts have each kind of lock and generation of keys: what is said of people who do not exist is drawn from it. Not copied into backups:
-- it follows the bundles. `head` and `tail` are the KDF block (docs/PROTOCOL.md section 5) without its salt.
CREATE TABLE lock_kind (
    head    BLOB NOT NULL CHECK (length(head) = 14),
    tail    BLOB NOT NULL CHECK (length(tail) = 1),
    key_gen INTEGER NOT NULL,
    people  INTEGER NOT NULL,
    PRIMARY KEY (head, tail, key_gen)
) STRICT, WITHOUT ROWID;
INSERT INTO lock_kind SELECT substr(kdf_block, 1, 14), substr(kdf_block, 47, 1), key_gen, count(*) FROM bundle GROUP BY 1, 2, 3;
CREATE TRIGGER lock_kind_made AFTER INSERT ON bundle BEGIN
    INSERT INTO lock_kind VALUES (substr(new.kdf_block, 1, 14), substr(new.kdf_block, 47, 1), new.key_gen, 1)
        ON CONFLICT (head, tail, key_gen) DO UPDATE SET people = people + 1;
END;
CREATE TRIGGER lock_kind_gone AFTER DELETE ON bundle BEGIN
    UPDATE lock_kind SET people = people - 1 WHERE head = substr(old.kdf_block, 1, 14) AND tail = substr(old.kdf_block, 47, 1) AND key_gen = old.key_gen;
END;
CREATE TRIGGER lock_kind_changed AFTER UPDATE OF kdf_block, key_gen ON bundle BEGIN
    UPDATE lock_kind SET people = people - 1 WHERE head = substr(old.kdf_block, 1, 14) AND tail = substr(old.kdf_block, 47, 1) AND key_gen = old.key_gen;
    INSERT INTO lock_kind VALUES (substr(new.kdf_block, 1, 14), substr(new.kdf_block, 47, 1), new.key_gen, 1)
        ON CONFLICT (head, tail, key_gen) DO UPDATE SET people = people + 1;
END;
