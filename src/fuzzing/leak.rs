//! What must not leave, and where it is looked for (I2).
//!
//! The generator remembers every draw. A draw may be seen only at the few places where the protocol publishes randomness: KDF salt, envelope salts and nonces, the
//! idempotency key, OPAQUE's two nonces. Every other draw of 16 bytes or more is a secret, and so is whatever is derived from it.

use super::needles::Needles;
use super::player::{Heard, Log};
use crate::crypto::context::{AccountContext, AccountId, RealmId};
use crate::crypto::encoding::pae;
use crate::crypto::hazmat;
use crate::crypto::kek::derive_password_keys;
use crate::crypto::prepare::prepare;
use crate::crypto::recovery::{write_code, write_secret_key};
use crate::flow::{Effect, Question};
use crate::secret::{MasterKey, SecretKey};
use crate::wire::outbound::Outbound;
use base64ct::{Base64UrlUnpadded, Encoding};
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
        let headers = request
            .signature()
            .map(|signature| signature.headers().map(|(name, value)| format!("{name}: {value}")).join("\n"));
        places.push(("headers".to_owned(), headers.unwrap_or_default().into_bytes()));
    };
    for turn in &log.turns {
        match &turn.effect {
            Effect::Send(sent) => request(sent),
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

/// The bytes that a published request makes public of what was drawn.
fn published(body: &[u8]) -> Vec<Vec<u8>> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let bytes = |pointer: &str| {
        body.pointer(pointer).and_then(Value::as_str).and_then(|text| Base64UrlUnpadded::decode_vec(text).ok())
    };
    let part = |pointer: &str, range: std::ops::Range<usize>| {
        bytes(pointer).and_then(|bytes| bytes.get(range).map(<[u8]>::to_vec))
    };
    [
        part("/kdf_block", 14..46),
        part("/envelopes/1", 59..115),
        part("/envelopes/2", 12..68),
        part("/envelopes/3", 12..68),
        part("/envelopes/4", 12..68),
        part("/idempotency_key", 0..16),
        // The record's envelope nonce, behind public key and masking key (RFC 9807 section 4.1).
        part("/opaque_upload", 96..128),
        // The client's nonce, behind the blinded element (RFC 9807 section 6.1).
        part("/ke1", 32..64),
    ]
    .into_iter()
    .flatten()
    .collect()
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
        Some(AccountContext { realm: RealmId(id("/realm_id")?), account: AccountId(id("/account/account_id")?) })
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
    let mut public = Vec::new();
    for turn in &log.turns {
        match &turn.effect {
            Effect::Send(request) => public.extend(published(request.body())),
            Effect::Save(checkpoint) => public.extend(published(checkpoint.request.body())),
            Effect::Finish(end) => {
                if let Ok(Some(request)) = end.as_ref().as_ref().map(|done| &done.rehearsal) {
                    public.extend(published(request.body()));
                }
            }
            _ => {}
        }
        match (&turn.effect, &turn.heard) {
            (Effect::Ask(Question::Kit(kit)), _) => {
                // EXPOSE: searched for in everything that leaves.
                let code = write_code(kit.code.expose());
                needles.add_text("the recovery code", &code);
                needles.add_text("the recovery code", &code.replace('-', ""));
            }
            (Effect::Ask(Question::KeepSecretKey(sheet)), _) => {
                // EXPOSE: searched for in everything that leaves.
                let key = write_secret_key(sheet.key.expose());
                needles.add_text("the secret key", &key);
                needles.add_text("the secret key", &key.replace('-', ""));
            }
            (Effect::Ask(Question::Again { made: Some(made) }), _) => {
                needles.add_text("the passphrase that was made", made);
            }
            (
                Effect::Ask(Question::Password { .. } | Question::Again { .. } | Question::PasswordOnceMore { .. }),
                Heard::Secret(typed),
            ) => {
                needles.add_text("the password", &String::from_utf8_lossy(typed));
                if let Ok(prepared) = prepare(typed) {
                    needles.add_text("the prepared password", &String::from_utf8_lossy(&prepared));
                }
            }
            (Effect::Stretch(job), Heard::Stretched(master)) => {
                needles.add("MK", master);
                let second = second_secret(log).filter(|_| job.block.two_secret);
                let keys = context.map(|context| {
                    derive_password_keys(&MasterKey::from_bytes(master), &context, &job.block, second.as_ref())
                });
                if let Some(Ok(keys)) = keys {
                    // EXPOSE: searched for in everything that leaves.
                    needles.add("auth", keys.auth.expose());
                    // EXPOSE: searched for in everything that leaves.
                    needles.add("pre", keys.pre.expose());
                }
            }
            _ => {}
        }
    }
    for draw in log.draws.iter().filter(|draw| draw.len() >= 16 && !public.contains(draw)) {
        needles.add("a secret draw", draw);
        let Some(context) = context else { continue };
        match draw.len() {
            32 => needles.add("KEK_ak", &derived(b"firstkey/v1/ak", draw, b"firstkey/v1/kek/account", &context)),
            16 => {
                needles.add("KEK_rc", &derived(b"firstkey/v1/recovery", draw, b"firstkey/v1/kek/recovery", &context));
                needles.add("rc_seed", &derived(b"firstkey/v1/recovery", draw, b"firstkey/v1/recovery-sign", &context));
            }
            _ => {}
        }
    }
    needles
}
