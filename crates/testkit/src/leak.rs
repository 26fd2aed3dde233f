//! What must not leave, and where it is looked for (I2).
//!
//! The generator remembers every draw. What the protocol publishes, KDF salt, envelope salts and
//! nonces, the idempotency key, OPAQUE's two nonces, is told by when it was drawn. Every other draw
//! of 16 bytes or more is a secret, and so is whatever is derived from it; of both, a piece is
//! looked for too.

use super::player::{Heard, Log};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::context::{AccountContext, AccountId, RealmId};
use firstkey_core::crypto::encoding::pae;
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::kek::derive_password_keys;
use firstkey_core::crypto::prepare::prepare;
use firstkey_core::crypto::recovery::{write_code, write_secret_key};
use firstkey_core::flow::{Effect, Notice, Question};
use firstkey_core::secret::{MasterKey, SecretKey};
use firstkey_core::wire::outbound::{Endpoint, Outbound};
use firstkey_needles::Needles;
use serde_json::Value;

/// What was found where, if anything was.
pub fn found(log: &Log) -> Option<String> {
    let needles = secrets(log);
    places(log).into_iter().find_map(|(place, hay)| needles.find(&hay).map(|name| format!("{name} in {place}")))
}

/// Where it is looked for.
fn places(log: &Log) -> Vec<(String, Vec<u8>)> {
    let mut places = Vec::new();
    let mut request = |request: &Outbound| {
        places.push((request.endpoint().path().to_owned(), request.body().to_vec()));
        let headers: Vec<_> = request.headers().map(|(name, value)| format!("{name}: {value}")).collect();
        places.push(("headers".to_owned(), headers.join("\n").into_bytes()));
    };
    for turn in &log.turns {
        match &turn.effect {
            Effect::Send(sent) | Effect::EndSession(_, sent) => request(sent),
            Effect::Save(checkpoint) => request(&checkpoint.request),
            Effect::Finish(end) => {
                if let Ok(Some(sent)) = end.as_ref().as_ref().map(|done| &done.rehearsal) {
                    request(sent);
                }
            }
            _ => {}
        }
    }
    for turn in &log.turns {
        match &turn.effect {
            Effect::Save(checkpoint) => places.push(("the checkpoint".to_owned(), checkpoint.encode())),
            Effect::Conclude(pin) => places.push(("the pin".to_owned(), pin.encode())),
            Effect::Tell(notice) => places.push(("a notice".to_owned(), format!("{notice:?}").into_bytes())),
            Effect::Finish(end) => places.push(("the end".to_owned(), format!("{end:?}").into_bytes())),
            _ => {}
        }
    }
    places.sort();
    places.dedup();
    places
}

/// Whether a draw of so many bytes, the `nth` of its step, is randomness that the protocol
/// publishes. A step is known by the effect before it and the effect that it ends with. What is
/// sent is not asked: then a secret in the place of a public value would make itself public.
fn is_public(before: Option<&Effect>, after: &Effect, nth: usize, last: bool, length: usize) -> bool {
    match (before, after, length) {
        // The KDF salt, beside which a second secret of 16 bytes may be made; an envelope's salt
        // and nonce, which are one draw.
        (Some(Effect::Tell(Notice::TypingsMatch)), _, 32) | (_, Effect::Tell(Notice::KeysMade(_)), 56) => true,
        // The nonce of the OPAQUE record (RFC 9807 section 4.1) comes first, the idempotency key
        // last.
        (_, Effect::Tell(Notice::KeysMade(_)), 32) => nth == 0,
        (_, Effect::Tell(Notice::KeysMade(_)), 16) => last,
        // The client's nonce of a login (RFC 9807 section 6.1).
        (_, Effect::Send(request), 32) => request.endpoint() == Endpoint::LoginStart,
        _ => false,
    }
}

/// Every draw that must not be seen.
fn secret_draws(log: &Log) -> Vec<&[u8]> {
    let mut before = None;
    let mut secret = Vec::new();
    for turn in &log.turns {
        let drawn = &log.draws[turn.drawn.clone()];
        for (nth, draw) in drawn.iter().enumerate().filter(|(_, draw)| draw.len() >= 16) {
            if !is_public(before, &turn.effect, nth, nth + 1 == drawn.len(), draw.len()) {
                secret.push(draw.as_slice());
            }
        }
        before = Some(&turn.effect);
    }
    secret
}

/// Realm and account as the server named them.
fn context(log: &Log) -> Option<AccountContext> {
    let kit = log.turns.iter().find_map(|turn| match &turn.effect {
        Effect::Ask(Question::Kit(kit)) => Some(AccountContext { realm: kit.realm, account: kit.account }),
        Effect::Conclude(pin) => Some(pin.context),
        _ => None,
    });
    kit.or_else(|| {
        let offer = log.turns.iter().find_map(|turn| match (&turn.effect, &turn.heard) {
            (Effect::Send(_), Heard::Received { body, .. }) => serde_json::from_slice::<Value>(body).ok(),
            _ => None,
        })?;
        let id = |pointer: &str| Base64UrlUnpadded::decode_vec(offer.pointer(pointer)?.as_str()?).ok()?.try_into().ok();
        Some(AccountContext {
            realm: RealmId::heard(id("/realm_id")?),
            account: AccountId::heard(id("/account/account_id")?),
        })
    })
}

fn derived(salt: &[u8], key: &[u8], label: &[u8], context: &AccountContext) -> [u8; 32] {
    let mut out = [0; 32];
    hazmat::hkdf(salt, key, &pae(&[label, &context.encode()]), &mut out);
    out
}

/// The secret key that was shown.
fn second_secret(log: &Log) -> Option<SecretKey> {
    log.turns.iter().find_map(|turn| match &turn.effect {
        // EXPOSE: what is derived from it is searched for in everything that leaves.
        Effect::Ask(Question::KeepSecretKey(sheet)) => Some(SecretKey::from_bytes(sheet.key.expose())),
        _ => None,
    })
}

/// Everything secret in the run.
pub fn secrets(log: &Log) -> Needles {
    let mut needles = Needles::default();
    let context = context(log);
    for turn in &log.turns {
        match (&turn.effect, &turn.heard) {
            (Effect::Ask(Question::Kit(kit)), _) => {
                // EXPOSE: searched for in everything that leaves.
                let code = write_code(kit.code.expose());
                needles.add("the recovery code", code.as_bytes());
                needles.add("the recovery code", code.replace('-', "").as_bytes());
                // EXPOSE: searched for in everything that leaves.
                needles.add_pieces("the recovery code", kit.code.expose());
            }
            (Effect::Ask(Question::KeepSecretKey(sheet)), _) => {
                // EXPOSE: searched for in everything that leaves.
                let key = write_secret_key(sheet.key.expose());
                needles.add("the secret key", key.as_bytes());
                needles.add("the secret key", key.replace('-', "").as_bytes());
                // EXPOSE: searched for in everything that leaves.
                needles.add_pieces("the secret key", sheet.key.expose());
            }
            (Effect::Ask(Question::Again { made: Some(made) }), _) => {
                needles.add("the passphrase that was made", made.as_bytes());
            }
            (
                Effect::Ask(Question::Password { .. } | Question::Again { .. } | Question::PasswordOnceMore { .. }),
                Heard::Secret(typed),
            ) => {
                needles.add_any("the password", String::from_utf8_lossy(typed).as_bytes());
                if let Ok(prepared) = prepare(typed) {
                    needles.add_any("the prepared password", String::from_utf8_lossy(&prepared).as_bytes());
                }
            }
            (Effect::Stretch(job), Heard::Stretched(master)) => {
                needles.add_pieces("MK", master);
                let second = second_secret(log).filter(|_| job.block.two_secret);
                let keys = context.map(|context| {
                    derive_password_keys(&MasterKey::from_bytes(master), &context, &job.block, second.as_ref())
                });
                if let Some(Ok(keys)) = keys {
                    // EXPOSE: searched for in everything that leaves.
                    needles.add_pieces("auth", keys.auth.expose());
                    // EXPOSE: searched for in everything that leaves.
                    needles.add_pieces("pre", keys.pre.expose());
                }
            }
            _ => {}
        }
    }
    for draw in secret_draws(log) {
        needles.add_pieces("a secret draw", draw);
        let Some(context) = context else { continue };
        match draw.len() {
            32 => needles.add_pieces("KEK_ak", &derived(b"firstkey/v1/ak", draw, b"firstkey/v1/kek/account", &context)),
            16 => {
                needles.add_pieces(
                    "KEK_rc",
                    &derived(b"firstkey/v1/recovery", draw, b"firstkey/v1/kek/recovery", &context),
                );
                needles.add_pieces(
                    "rc_seed",
                    &derived(b"firstkey/v1/recovery", draw, b"firstkey/v1/recovery-sign", &context),
                );
            }
            _ => {}
        }
    }
    needles
}
