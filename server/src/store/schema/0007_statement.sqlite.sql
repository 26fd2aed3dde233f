-- What the account's own key says that the bundle consists of, with a count: the count (8 bytes, big-endian), the digests (33 bytes each), the signature (64).
-- Null where no program that makes one has changed or opened the account yet.
ALTER TABLE bundle ADD COLUMN statement BLOB CHECK (length(statement) = 270);
