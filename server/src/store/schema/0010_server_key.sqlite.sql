-- The server's keys, which the key file holds: whether a file is this database's is told by the canary of each. The newest that is not retired is for new
-- passwords; which one an account was registered with stands beside its record.
CREATE TABLE server_key (
    number     INTEGER PRIMARY KEY CHECK (number > 0),
    canary     BLOB NOT NULL CHECK (length(canary) = 32),
    made_at    INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;
INSERT INTO server_key SELECT 1, key_canary, created_at, NULL FROM realm;
ALTER TABLE realm DROP COLUMN key_canary;
ALTER TABLE bundle ADD COLUMN server_key INTEGER NOT NULL DEFAULT 1;
-- The one that is registered with, from the first step to the last: the record does not tell.
ALTER TABLE session ADD COLUMN server_key INTEGER NOT NULL DEFAULT 1;
ALTER TABLE invite ADD COLUMN server_key INTEGER;
UPDATE invite SET server_key = 1 WHERE claim_key IS NOT NULL;

-- People who do not exist have each key as often as people do.
DROP TRIGGER lock_kind_made;
DROP TRIGGER lock_kind_gone;
DROP TRIGGER lock_kind_changed;
DROP TABLE lock_kind;
CREATE TABLE lock_kind (
    head    BLOB NOT NULL CHECK (length(head) = 14),
    tail    BLOB NOT NULL CHECK (length(tail) = 1),
    key_gen INTEGER NOT NULL,
    server_key INTEGER NOT NULL,
    people  INTEGER NOT NULL,
    PRIMARY KEY (head, tail, key_gen, server_key)
) STRICT, WITHOUT ROWID;
INSERT INTO lock_kind SELECT substr(kdf_block, 1, 14), substr(kdf_block, 47, 1), key_gen, server_key, count(*) FROM bundle GROUP BY 1, 2, 3, 4;
CREATE TRIGGER lock_kind_made AFTER INSERT ON bundle BEGIN
    INSERT INTO lock_kind VALUES (substr(new.kdf_block, 1, 14), substr(new.kdf_block, 47, 1), new.key_gen, new.server_key, 1)
        ON CONFLICT (head, tail, key_gen, server_key) DO UPDATE SET people = people + 1;
END;
CREATE TRIGGER lock_kind_gone AFTER DELETE ON bundle BEGIN
    UPDATE lock_kind SET people = people - 1 WHERE head = substr(old.kdf_block, 1, 14) AND tail = substr(old.kdf_block, 47, 1) AND key_gen = old.key_gen AND server_key = old.server_key;
END;
CREATE TRIGGER lock_kind_changed AFTER UPDATE OF kdf_block, key_gen, server_key ON bundle BEGIN
    UPDATE lock_kind SET people = people - 1 WHERE head = substr(old.kdf_block, 1, 14) AND tail = substr(old.kdf_block, 47, 1) AND key_gen = old.key_gen AND server_key = old.server_key;
    INSERT INTO lock_kind VALUES (substr(new.kdf_block, 1, 14), substr(new.kdf_block, 47, 1), new.key_gen, new.server_key, 1)
        ON CONFLICT (head, tail, key_gen, server_key) DO UPDATE SET people = people + 1;
END;
