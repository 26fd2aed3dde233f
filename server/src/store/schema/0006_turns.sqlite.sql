-- Letters about keys come first; of the others the organisations have turns.
ALTER TABLE outbox ADD COLUMN takes_turns INTEGER NOT NULL DEFAULT 0 CHECK (takes_turns IN (0, 1));
UPDATE outbox SET takes_turns = 1 WHERE kind = 'invite'
    AND NOT EXISTS (SELECT 1 FROM invite i WHERE i.invite_id = outbox.invite_id AND i.reset_to IS NOT NULL);
CREATE INDEX outbox_first ON outbox (not_before, seq) WHERE done_at IS NULL AND takes_turns = 0;
CREATE INDEX outbox_turn ON outbox (org_id, not_before, seq) WHERE done_at IS NULL AND takes_turns = 1;

-- In the order in which people come to a mailbox: whoever has it, then whoever is next.
DROP INDEX membership_mailbox;
CREATE INDEX membership_turn ON membership
    (email_key, org_id, active DESC, (standing = 'invited') DESC, taken_back DESC, created_at, user_id)
    WHERE email_key IS NOT NULL;
