-- When the organisation's people are reminded of an invitation, such as 3d,7d,14d; null: never. And when its administrators were told of those who did not finish.
ALTER TABLE organisation ADD COLUMN remind TEXT;
ALTER TABLE organisation ADD COLUMN stragglers_told_at BIGINT;
ALTER TABLE invite ADD COLUMN told_at BIGINT;
-- A token ends when its letter says so, although a reminder has prolonged the invitation; null: with the invitation.
ALTER TABLE invite_token ADD COLUMN expires_at BIGINT;
-- Invitations that can be reminded of.
CREATE INDEX invite_open ON invite (org_id) WHERE state = 'live' AND reset_to IS NULL;
