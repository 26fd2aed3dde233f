-- When an organisation's people are invited, and from when on where that is a date. What is there already invites at once.
ALTER TABLE organisation ADD COLUMN inviting TEXT NOT NULL DEFAULT 'at-once' CHECK (inviting IN ('at-once', 'until-released', 'staged', 'on-date'));
ALTER TABLE organisation ADD COLUMN inviting_from BIGINT;
-- From when on a person is not held back, if an administrator said so; 0: at once.
ALTER TABLE membership ADD COLUMN release_at BIGINT;
-- Since when the person stands so.
ALTER TABLE membership ADD COLUMN standing_at BIGINT;
UPDATE membership SET standing_at = CASE standing WHEN 'complete' THEN accepted_at WHEN 'invited' THEN invited_at ELSE modified_at END;
-- Active people who are held back, and the moments at which they are let go.
CREATE INDEX membership_staged ON membership (org_id) WHERE standing = 'staged' AND active = 1;
CREATE INDEX membership_release ON membership (release_at) WHERE standing = 'staged' AND active = 1 AND release_at IS NOT NULL;
