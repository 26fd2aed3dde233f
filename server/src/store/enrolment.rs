//! Completing an account: once, by compare-and-set, in one transaction.

use super::accounts::IS_MEMBER;
use super::addresses::prove;
use super::audit::{Entry, note};
use super::db::{Db, values};
use super::invites::{Offer, accept, find, use_up};
use super::mailboxes::{Issue, settle_everywhere};
use super::outbox::queue;
use super::people::PersonKey;
use super::rows::{Bundle, Policy, Reset, statement_bytes};
use super::{Result, Store, resets};
use crate::address;
use crate::life::{Mode, Unusable};

/// Newest claim keys that a signature is tried with.
const CLAIM_KEYS: i64 = 32;

/// What must be known of an invite to check a signed request.
pub(crate) struct Enrolment {
    pub(crate) account_id: [u8; 16],
    pub(crate) mode: Mode,
    pub(crate) policy: Policy,
    /// The generation of the keys that it makes.
    pub(crate) key_gen: u32,
    /// The number of the server's key that its password is registered with.
    pub(crate) server_key: u32,
    /// Newest first.
    pub(crate) claim_keys: Vec<[u8; 32]>,
}

/// A checked upload, ready to be stored.
pub(crate) struct Completion {
    pub(crate) invite_id: [u8; 16],
    /// The claim key that signed.
    pub(crate) signer: [u8; 32],
    pub(crate) idempotency_key: [u8; 16],
    /// SHA-256 of the exact body.
    pub(crate) receipt: [u8; 32],
    pub(crate) bundle: Bundle,
    /// The fingerprint, for the audit log.
    pub(crate) fingerprint: String,
}

/// How a signed request went.
pub(crate) enum Finished {
    /// Stored, now or before by the same body.
    Receipt([u8; 32]),
    /// The same idempotency key with another body.
    Conflict,
    /// A later claim has taken over.
    Stale,
    Unusable(Unusable),
}

impl Store {
    /// What is known of an invite; `None` if there is none.
    pub(crate) async fn enrolment(&self, invite: [u8; 16]) -> Result<Option<Enrolment>> {
        self.read(move |db| {
            let Some(found) = find(db, invite)? else { return Ok(None) };
            let sql = "SELECT claim_key FROM claim WHERE invite_id = ?1 ORDER BY seq DESC LIMIT ?2";
            let claim_keys = db.rows(sql, &values![invite, CLAIM_KEYS])?;
            let claim_keys = claim_keys.iter().map(|row| row.at(0)).collect::<Result<_>>()?;
            let (offer, server_key) = (found.offer, found.server_key);
            let key_gen = offer.reset.map_or(1, |reset| reset.key_gen);
            let Offer { account_id, mode, policy, .. } = offer;
            Ok(Some(Enrolment { account_id, mode, policy, key_gen, server_key, claim_keys }))
        })
        .await
    }

    /// Whether `signer` may go on with the invite.
    pub(crate) async fn may_enrol(&self, invite: [u8; 16], signer: [u8; 32], now: i64) -> Result<Option<Finished>> {
        self.read(move |db| refusal(db, invite, signer, now)).await
    }

    /// Stores the upload and completes the account, or says why not. Whoever else names the mailbox
    /// is asked to join it, with an invitation of this lifetime.
    pub(crate) async fn complete(&self, upload: Completion, invite_ttl: i64, now: i64) -> Result<Finished> {
        self.write(move |db| {
            if let Some(answer) = again(db, &upload)? {
                return Ok(answer);
            }
            if let Some(refusal) = refusal(db, upload.invite_id, upload.signer, now)? {
                return Ok(refusal);
            }
            let Some(found) = find(db, upload.invite_id)? else { return Ok(Finished::Stale) };
            let (account, org) = (found.offer.account_id, found.offer.org_id);
            if let Some(reset) = found.offer.reset {
                return finish_reset(db, &found.offer, reset, &upload, now);
            }
            let Some(user) = found.user else { return Ok(Finished::Stale) };
            if !prove(db, account, &found.offer.email, &upload.fingerprint, now)? {
                return Ok(Finished::Unusable(Unusable::Used { at: None, contact: found.offer.contact }));
            }
            insert(db, account, &upload, now)?;
            use_up(db, upload.invite_id, now)?;
            accept(db, PersonKey { org, user }, now)?;
            settle_everywhere(db, &address::key(&found.offer.email), Issue { ttl: invite_ttl, now })?;
            queue(db, "completed", account, org, now)?;
            if found.offer.contact.is_some() {
                queue(db, "completed-admin", account, org, now)?;
            }
            let entry = Entry {
                org: Some(org),
                account: Some(account),
                invite: Some(upload.invite_id),
                detail: Some(&upload.fingerprint),
            };
            note(db, now, "account.completed", entry);
            let earlier = db.one("SELECT earlier_fingerprint FROM account WHERE account_id = ?1", &values![account])?;
            if let Some(earlier) = earlier.at::<Option<String>>(0)? {
                let entry = Entry { org: Some(org), account: Some(account), invite: None, detail: Some(&earlier) };
                note(db, now, "account.key-changed", entry);
            }
            Ok(Finished::Receipt(upload.receipt))
        })
        .await
    }
}

/// The new keys take the place of the old ones; the rest of the account stays as it is.
fn finish_reset(db: &Db, offer: &Offer, reset: Reset, upload: &Completion, now: i64) -> Result<Finished> {
    let (account, org) = (offer.account_id, offer.org_id);
    if !resets::take_old_keys(db, account, reset, &upload.fingerprint, now)? {
        return Ok(Finished::Unusable(Unusable::Used { at: None, contact: offer.contact.clone() }));
    }
    insert(db, account, upload, now)?;
    use_up(db, upload.invite_id, now)?;
    let entry =
        |detail| Entry { org: Some(org), account: Some(account), invite: Some(upload.invite_id), detail: Some(detail) };
    note(db, now, "account.reset", entry(&upload.fingerprint));
    let earlier = db.one("SELECT earlier_fingerprint FROM account WHERE account_id = ?1", &values![account])?;
    if let Some(earlier) = earlier.at::<Option<String>>(0)? {
        note(db, now, "account.key-changed", entry(&earlier));
    }
    Ok(Finished::Receipt(upload.receipt))
}

/// The answer to a body that was stored before, for any key that once claimed this invite, as long
/// as the person is active.
fn again(db: &Db, upload: &Completion) -> Result<Option<Finished>> {
    let stored = db.row(
        &format!(
            "SELECT b.idempotency_key, b.receipt FROM bundle b JOIN membership m USING (account_id) WHERE b.invite_id = ?1 AND {IS_MEMBER}"
        ),
        &values![upload.invite_id],
    )?;
    let Some(stored) = stored else { return Ok(None) };
    let (key, receipt): ([u8; 16], [u8; 32]) = (stored.at(0)?, stored.at(1)?);
    Ok(match key == upload.idempotency_key {
        true if receipt == upload.receipt => Some(Finished::Receipt(receipt)),
        true => Some(Finished::Conflict),
        false => None,
    })
}

fn refusal(db: &Db, invite: [u8; 16], signer: [u8; 32], now: i64) -> Result<Option<Finished>> {
    let Some(found) = find(db, invite)? else { return Ok(Some(Finished::Stale)) };
    if found.claim_key != Some(signer) {
        return Ok(Some(Finished::Stale));
    }
    Ok(found.unusable(now).map(Finished::Unusable))
}

fn insert(db: &Db, account: [u8; 16], upload: &Completion, now: i64) -> Result<()> {
    let bundle = &upload.bundle;
    let [one, two, three, four] = &bundle.envelopes;
    let statement = bundle.statement.as_ref().map(statement_bytes);
    db.execute(
        "INSERT INTO bundle VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        &values![
            account,
            upload.invite_id,
            upload.idempotency_key,
            upload.receipt,
            bundle.key_gen,
            &bundle.kdf_block,
            &bundle.opaque_record,
            one,
            two,
            three,
            four,
            bundle.ed25519,
            bundle.x25519,
            &bundle.signature,
            bundle.recovery_public,
            now,
            statement.as_ref(),
            bundle.server_key
        ],
    )?;
    Ok(())
}
