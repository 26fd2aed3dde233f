-- When everything that decrypts or names a removed person was erased; the row stays, because the audit log has its id.
ALTER TABLE account ADD COLUMN erased_at INTEGER;
CREATE INDEX invite_account ON invite (account_id);
