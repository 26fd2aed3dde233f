-- A statement may name the signing key of the realm as well: one entry of 33 bytes more. The column
-- is made anew, because its length was part of it.
ALTER TABLE bundle ADD COLUMN signed_state BYTEA CHECK (length(signed_state) IN (270, 303));
UPDATE bundle SET signed_state = statement;
ALTER TABLE bundle DROP COLUMN statement;
ALTER TABLE bundle RENAME COLUMN signed_state TO statement;
