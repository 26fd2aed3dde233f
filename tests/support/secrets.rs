//! Every secret of a completed account, computed anew from what the server stores, the password and
//! the kit.
//!
//! Promise: what is looked for is what the program used; the library's own opening is the proof.
//! Must never: ask the program for a secret.

use super::deployment::Deployment;
use super::keys::{Opened, Stored};
use super::wire::Seen;
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey::port::random::SystemRng;
use firstkey::port::stretch::stretch;
use firstkey_core::crypto::context::AccountContext;
use firstkey_core::crypto::encoding::pae;
use firstkey_core::crypto::kdf::KdfBlock;
use firstkey_core::crypto::kek::{Kek, PasswordKeys, derive_password_keys, derive_recovery_seed};
use firstkey_core::crypto::opaque::{Login, login_context};
use firstkey_core::crypto::prepare::prepare;
use firstkey_core::crypto::{envelope, hazmat, label};
use firstkey_needles::Needles;
use serde_json::{Value, json};

/// All that only the owner of the account has, as long as the password is `typed` and the recovery
/// code is `code`.
pub fn secrets(server: &Deployment, email: &str, typed: &str, code: &str) -> Needles {
    let shown = server.show(email);
    let stored = Stored(&shown);
    let context = stored.context();
    let Opened { code: recovery, account_key, pairs } = stored.open_with(code);

    let mut needles = Needles::default();
    let prepared = prepare(typed.as_bytes()).expect("a password");
    needles.add("the typed password", typed.as_bytes());
    if prepared.as_slice() != typed.as_bytes() {
        needles.add("the prepared password", &prepared);
    }
    needles.add("the recovery code", recovery.expose());
    needles.add("the written code", code.as_bytes());
    needles.add("the code without dashes", code.replace('-', "").as_bytes());
    needles.add("the code in small letters", code.to_lowercase().as_bytes());
    // Two groups: a code that was cut.
    needles.add("a part of the code", &code.as_bytes()[..9]);
    needles.add("AK", account_key.expose());
    needles.add("the X25519 private key", pairs.x25519.expose());
    needles.add("the Ed25519 seed", pairs.ed25519.expose());
    needles.add("the recovery seed", derive_recovery_seed(&recovery, &context).expose());
    needles.add("KEK_rc", &kek(label::RECOVERY, recovery.expose(), label::KEK_RECOVERY, &context));
    needles.add("KEK_ak", &kek(label::AK, account_key.expose(), label::KEK_ACCOUNT, &context));

    let block = KdfBlock::read(&stored.kdf_block()).expect("a block");
    let params = block.profile.params();
    let master = stretch(&prepared, &block.salt.0, params.m_kib, params.t, params.p).expect("there is memory");
    needles.add("MK", master.expose());
    let PasswordKeys { auth, pre } = derive_password_keys(&master, &context, &block, None).expect("no second secret");
    needles.add("auth", auth.expose());
    needles.add("pre", pre.expose());

    // The export key takes a login.
    let mut rng = SystemRng::open().expect("the system's generator works");
    let (login, ke1) = Login::start(auth, &mut rng).expect("blinded");
    let request = json!({"account_id": b64(&context.account.0), "ke1": b64(&ke1.0)});
    let answer = ask(server, "/v1/login/start", &request);
    let ke2 = Base64UrlUnpadded::decode_vec(answer["ke2"].as_str().expect("text")).expect("base64url");
    let origin = server.wire.origin();
    let agreed = login_context(&context, &origin, &block.encode(), stored.identity().key_gen);
    let ke2 = ke2.try_into().expect("320 bytes");
    let logged_in = login.finish(&ke2, &agreed, &context, &mut rng).expect("the password is right");
    needles.add("the export key", logged_in.export_key.expose());
    needles.add("KEK_pw", &kek(pre.expose(), logged_in.export_key.expose(), label::KEK_PASSWORD, &context));
    // The same again by the library, so that what was looked for is what is used.
    let by_password = Kek::derive_from_password(&pre, &logged_in.export_key, &context);
    let opened = stored
        .envelope::<envelope::AccountKeyByPassword>(1)
        .open(&by_password, &context, stored.identity().key_gen)
        .expect("the password opens envelope 1");
    assert!(opened.matches(&account_key), "both ways lead to the same account key");
    needles
}

/// A key-encryption key as protocol section 5 derives it; the library shows its own to nobody.
fn kek(salt: &[u8], ikm: &[u8], name: &[u8], context: &AccountContext) -> [u8; 32] {
    let mut key = [0; 32];
    hazmat::hkdf(salt, ikm, &pae(&[name, &context.encode()]), &mut key);
    key
}

fn b64(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Asks the server itself, past the wire's record.
fn ask(server: &Deployment, path: &str, body: &Value) -> Value {
    let body = body.to_string().into_bytes();
    let headers = [("Host", "test.test"), ("Content-Type", "application/json")];
    server.wire.ask(&Seen::new("POST", path, &headers, body)).expect("an answer").value()
}
