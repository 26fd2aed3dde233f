-- A reset of keys: an invitation that makes keys of this generation for an account that is complete. Null for every other.
ALTER TABLE invite ADD COLUMN reset_to BIGINT;
-- The account's last reset that was completed: when it was started, and when it was completed.
ALTER TABLE account ADD COLUMN reset_started_at BIGINT;
ALTER TABLE account ADD COLUMN reset_at BIGINT;

-- More kinds of letters.
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('invite', 'completed', 'completed-admin', 'password-changed', 'kit-changed', 'recovered', 'recovered-admin', 'joined', 'joined-admin',
        'reset-started-admin', 'reset-called-off', 'reset-called-off-admin', 'reset', 'reset-admin'));
