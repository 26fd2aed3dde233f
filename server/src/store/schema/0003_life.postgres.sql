-- The address in use of each person, how the person stands, and why. An account has an address of its own from its completion on, when the mailbox is proven; until then it belongs to one person.
ALTER TABLE membership ADD COLUMN email_key TEXT;
ALTER TABLE membership ADD COLUMN standing TEXT NOT NULL DEFAULT 'staged' CHECK (standing IN ('staged', 'invited', 'waiting', 'complete', 'suspended'));
ALTER TABLE membership ADD COLUMN reason TEXT;
ALTER TABLE membership ADD COLUMN taken_back BIGINT NOT NULL DEFAULT 0 CHECK (taken_back IN (0, 1));

-- Whose invitation it is, and the address that it was issued to.
ALTER TABLE invite ADD COLUMN user_id BYTEA;
ALTER TABLE invite ADD COLUMN email TEXT;

DROP INDEX account_address;
DROP INDEX account_once_at_address;
DROP INDEX membership_once;
DROP INDEX invite_one_live;
UPDATE invite SET user_id = (SELECT m.user_id FROM membership m WHERE m.account_id = invite.account_id AND m.org_id = invite.org_id),
                  email = (SELECT a.email FROM account a WHERE a.account_id = invite.account_id);
CREATE UNIQUE INDEX account_proven ON account (email_key) WHERE state = 'complete';
CREATE INDEX account_mailbox ON account (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX membership_account ON membership (account_id);
CREATE INDEX membership_mailbox ON membership (email_key, org_id) WHERE email_key IS NOT NULL;
CREATE INDEX membership_waiting ON membership (reason) WHERE standing = 'waiting';
-- Finds those of a person, and keeps at most one of them live: where the last part is null, rows never collide.
CREATE UNIQUE INDEX invite_one_live ON invite (user_id, (CASE state WHEN 'live' THEN 1 END));
CREATE INDEX invite_reset ON invite (account_id) WHERE reset_to IS NOT NULL;

-- A session may be good for joining alone.
ALTER TABLE session DROP CONSTRAINT session_purpose_check;
ALTER TABLE session ADD CONSTRAINT session_purpose_check CHECK (purpose IN ('full', 'recovery', 'join'));
