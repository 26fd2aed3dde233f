//! A thief of the database: nothing that tests a guess, opens an account or is somebody's way in
//! lies in it, in any form; nor in its journal, its backup or the log.
//!
//! `firstkey-needles` knows the forms: raw, reversed, hexadecimal, both alphabets of base64 at each
//! offset, lists of numbers, percent, JSON, UTF-16, and each eight bytes in the common ones.

use crate::common::person::{Made, Person, master};
use crate::common::{Deployment, unb64};
use firstkey_core::crypto::encoding::pae;
use firstkey_core::crypto::kek::{PasswordKeys, derive_password_keys, derive_recovery_seed};
use firstkey_core::crypto::{hazmat, label};
use firstkey_needles::Needles;
use firstkey_server::{Log, ServeOptions};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// HMAC-SHA-512 (RFC 2104).
fn hmac(key: &[u8], data: &[u8]) -> [u8; 64] {
    let mut block = [0; 128];
    if key.len() > block.len() {
        block[..64].copy_from_slice(&hazmat::sha512(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = hazmat::sha512(&[block.map(|byte| byte ^ 0x36).as_slice(), data].concat());
    hazmat::sha512(&[block.map(|byte| byte ^ 0x5c).as_slice(), &inner].concat())
}

fn expanded(salt: &[u8], key: &[u8], info: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    hazmat::hkdf(salt, key, info, &mut out);
    out
}

/// K_enc of a stored envelope: protocol section 6.
fn envelope_key(kek: &[u8; 32], envelope: &[u8], person: &Person) -> [u8; 32] {
    // The header ends with salt and nonce; behind it are commitment, length and ciphertext.
    let header = &envelope[..envelope.len() - 32 - 2 - 48];
    let salt = &header[header.len() - 56..header.len() - 24];
    let (realm, account) = (&person.context.realm.0, &person.context.account.0);
    let aad = pae(&[label::ENVELOPE, header, realm, account]);
    let mut keys = [0; 64];
    hazmat::hkdf(salt, kek, &pae(&[label::WRAP, &hazmat::sha512(&aad)]), &mut keys);
    keys[..32].try_into().expect("32 bytes")
}

/// Everything of the person that the server was never told, and what each of it becomes.
fn of_the_person(needles: &mut Needles, person: &Person, upload: &Value, made: &Made) {
    let context = person.context.encode();
    let block = person.block.encode();
    needles.add("the password", person.password.as_bytes());
    needles.add_pieces("the claim seed", &person.claim.seed);
    let second = [label::TWO_SECRET, &[0]].concat();
    let mk = master(&person.password);
    let prk = hmac(&hazmat::sha512(&second), mk.expose());
    let PasswordKeys { auth, pre } = derive_password_keys(&mk, &person.context, &person.block, None).expect("none");
    let prk_rc = hmac(label::RECOVERY, made.code.expose());
    let recovery_seed = derive_recovery_seed(&made.code, &person.context);
    let kek_pw = expanded(pre.expose(), made.export_key.expose(), &pae(&[label::KEK_PASSWORD, &context]));
    let kek_rc = expanded(label::RECOVERY, made.code.expose(), &pae(&[label::KEK_RECOVERY, &context]));
    let kek_ak = expanded(label::AK, made.account_key.expose(), &pae(&[label::KEK_ACCOUNT, &context]));
    // That the search knows what the program uses: `auth` is the expansion of this `prk`.
    let first = [pae(&[label::AUTH, &context, &block]).as_slice(), &[1]].concat();
    assert_eq!(&hmac(&prk, &first), auth.expose());
    let derived: [(&str, &[u8]); 14] = [
        ("MK", mk.expose()),
        ("prk_pw", &prk),
        ("prk_rc", &prk_rc),
        ("auth", auth.expose()),
        ("pre", pre.expose()),
        ("the export key", made.export_key.expose()),
        ("KEK_pw", &kek_pw),
        ("KEK_rc", &kek_rc),
        ("KEK_ak", &kek_ak),
        ("AK", made.account_key.expose()),
        ("the recovery code", made.code.expose()),
        ("the recovery seed", recovery_seed.expose()),
        ("the X25519 private key", made.pairs.x25519.expose()),
        ("the Ed25519 seed", made.pairs.ed25519.expose()),
    ];
    for (name, bytes) in derived {
        needles.add_pieces(name, bytes);
    }
    for (number, kek) in [("1", &kek_pw), ("2", &kek_rc), ("3", &kek_ak), ("4", &kek_ak)] {
        let envelope = unb64(&upload["envelopes"][number]);
        needles.add_pieces(&format!("K_enc of envelope {number}"), &envelope_key(kek, &envelope, person));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_anybody_is_in_the_database_its_journal_its_backup_or_the_log_in_any_form() {
    let deployment = Deployment::new().await;
    let kept = Arc::new(Mutex::new(String::new()));
    let options = ServeOptions { log: Log::Kept(Arc::clone(&kept)), ..deployment.options() };
    let server = deployment.serve_as(options).await;
    server.provision(&deployment, "ada@example.org").await;
    let invitation = deployment.invitation(1).await;
    let person = Person::claim(&server, &invitation).await;
    let (upload, made) = person.make_all(&server).await;
    assert_eq!(person.complete(&server, &upload).await.status, 200);
    let session = person.log_in(&server).await.json()["session"].as_str().expect("a session").to_owned();

    let mut needles = Needles::default();
    of_the_person(&mut needles, &person, &upload, &made);
    let key = std::fs::read(deployment.data().join("server.key")).expect("the key file");
    needles.add_pieces("the server's OPRF seed", &key[5..69]);
    needles.add_pieces("the server's private key", &key[69..101]);
    needles.add_pieces("the server's other key", &key[133..165]);
    needles.add_pieces("the evaluated element", &made.response[..32]);
    needles.add_pieces("the token of the invite", &unb64(&json!(invitation.token)));
    needles.add_pieces("the token of the session", &unb64(&json!(session)));
    let scim = deployment.token.strip_prefix("fksc_").expect("the prefix");
    needles.add_pieces("the token of SCIM", &unb64(&json!(scim)));
    needles.assert_finds_what_is_planted();

    // While it runs there is a journal beside the database.
    let folder = tempfile::tempdir().expect("a folder");
    let backup = folder.path().join("backup.db");
    deployment.realm().await.back_up(&backup).await.expect("a backup");
    let running = deployment.stored_bytes_but("server.key");
    server.stop().await;
    let places = [
        ("the running server's data", running),
        ("the stopped server's data", deployment.stored_bytes_but("server.key")),
        ("the backup", std::fs::read(&backup).expect("the backup")),
        ("the log", kept.lock().expect("not poisoned").clone().into_bytes()),
    ];
    for (place, bytes) in &places {
        needles.assert_absent(place, bytes);
    }
    // The search looks in the right places: what is public is there.
    for (place, bytes) in &places[..3] {
        let mut public = Needles::default();
        public.add("the invite's id", &unb64(&json!(invitation.invite_id)));
        assert!(public.find(bytes).is_some(), "{place}");
    }
    assert!(places[3].1.windows(17).any(|text| text == b"account.completed"), "the log was kept");
}
