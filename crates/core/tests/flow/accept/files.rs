//! Files that were changed between two runs, and accounts whose parts do not belong together.

use super::*;
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::context::KeyGen;
use firstkey_core::crypto::envelope::{Envelope, X25519ByAccountKey};
use firstkey_core::crypto::kek::Kek;
use firstkey_core::flow::checkpoint::{Checkpoint, Pin};
use firstkey_core::secret::{AccountKey, X25519Secret};
use firstkey_testkit::chance::Seeded;
use serde_json::json;

/// A scene that was cut when the upload was saved, and the log of that run.
fn saved(password: &str) -> (Scene, Log) {
    let mut scene = Scene::new(1);
    password.clone_into(&mut scene.password);
    let log = judged(scene.run(1, |_, effect, scene| {
        let upload = matches!(effect, Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete);
        if upload { None } else { Some(scene.honest(effect)) }
    }));
    (scene, log)
}

fn file(scene: &Scene) -> Value {
    serde_json::from_slice(&scene.shelf.checkpoints[0]).expect("the file is JSON")
}

fn body(file: &Value) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(file["body"].as_str().expect("text")).expect("bytes")
}

fn reads(file: &Value) -> bool {
    Checkpoint::read(file.to_string().as_bytes()).is_ok()
}

#[test]
fn a_checkpoint_whose_upload_is_not_what_this_program_would_send_is_not_read() {
    let (scene, _) = saved("velvet Kumquat tramway 42 orbit");
    let good = file(&scene);
    assert!(reads(&good));
    let upload: Value = serde_json::from_slice(&body(&good)).expect("JSON");
    let with = |upload: &str| {
        let mut file = good.clone();
        file["body"] = Base64UrlUnpadded::encode_string(upload.as_bytes()).into();
        reads(&file)
    };
    // The same members in another order, with a blank, with one more, with another identity.
    assert!(!with(&upload.to_string()));
    let text = String::from_utf8(body(&good)).expect("UTF-8");
    assert!(!with(&text.replacen(':', ": ", 1)));
    assert!(!with(&text.replacen('{', "{\"password\":\"x\",", 1)));
    let other = Base64UrlUnpadded::encode_string(&[9; 32]);
    assert!(!with(&text.replace(upload["identity"]["ed25519"].as_str().expect("text"), &other)));
    // Another salt, or another generation, in the header of an envelope than in the upload.
    for (number, at) in [("1", 30), ("1", 11), ("2", 11), ("3", 11), ("4", 11)] {
        let sealed = upload["envelopes"][number].as_str().expect("text");
        let mut bytes = Base64UrlUnpadded::decode_vec(sealed).expect("bytes");
        bytes[at] ^= 2;
        assert!(!with(&text.replace(sealed, &Base64UrlUnpadded::encode_string(&bytes))), "envelope {number} byte {at}");
    }
    for (member, value) in [
        ("realm_id", "AAAAAAAAAAAAAAAAAAAAAA"),
        ("account_id", "AAAAAAAAAAAAAAAAAAAAAA"),
        ("origin", "http://keys.example.org"),
        ("email", "ada\u{9b}2J@example.org"),
    ] {
        let mut file = good.clone();
        file[member] = value.into();
        assert!(!reads(&file), "{member}");
    }
    let mut newer = good.clone();
    newer["version"] = json!(2);
    assert!(!reads(&newer));
}

#[test]
fn a_pin_whose_keys_do_not_fit_its_fingerprint_is_not_read() {
    let mut scene = Scene::new(1);
    judged(scene.run_honestly(1));
    let good: Value = serde_json::from_slice(&scene.shelf.pins[0]).expect("JSON");
    let reads = |pin: &Value| Pin::read(pin.to_string().as_bytes()).is_ok();
    assert!(reads(&good));
    for (member, value) in [
        ("ed25519", json!(Base64UrlUnpadded::encode_string(&[9; 32]))),
        ("fingerprint", json!("abacus")),
        ("email", json!("ada\u{1b}[2J@example.org")),
        ("email", json!("ada@example.org\nAGE-PLUGIN-FIRSTKEY-1")),
        ("version", json!(2)),
    ] {
        let mut pin = good.clone();
        pin[member] = value;
        assert!(!reads(&pin), "{member}");
    }
}

#[test]
fn another_server_key_than_at_registration_is_refused_before_the_proof_is_sent() {
    let (mut scene, _) = saved("velvet Kumquat tramway 42 orbit");
    let mut file = file(&scene);
    file["server_key"] = Base64UrlUnpadded::encode_string(&[9; 32]).into();
    scene.shelf.checkpoints[0] = file.to_string().into_bytes();
    let log = judged(scene.run_honestly(2));
    assert_eq!(refused(&log, Endpoint::LoginStart), Refusal::Differs("server key"));
}

/// The end of a run that resumes an upload which `change` was made to, on a server that took it.
fn opened_after(mut scene: Scene, change: impl FnOnce(&mut String, &Value)) -> Refusal {
    let mut file = file(&scene);
    let mut text = String::from_utf8(body(&file)).expect("UTF-8");
    // A statement would say first that something was changed; without one it has to show as well.
    let signed_for = text.rfind(",\"statement\":").expect("it is the last member");
    text.replace_range(signed_for..text.len() - 1, "");
    let upload = serde_json::from_str(&text).expect("JSON");
    change(&mut text, &upload);
    file["body"] = Base64UrlUnpadded::encode_string(text.as_bytes()).into();
    scene.shelf.checkpoints[0] = file.to_string().into_bytes();
    scene.server.store(text.as_bytes());
    let receipt = Base64UrlUnpadded::encode_string(&firstkey_core::crypto::hazmat::sha256(text.as_bytes()));
    let log = judged(scene.run(2, |_, effect, scene| match effect {
        Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete => Some(Reply::Received(
            firstkey_testkit::honest::response(200, json!({"receipt": receipt}).to_string().as_bytes()),
        )),
        _ => Some(scene.honest(effect)),
    }));
    refused(&log, Endpoint::LoginFinish)
}

#[test]
fn c14_an_account_key_that_the_password_does_not_open_is_refused_though_the_login_succeeds() {
    // Same draws, so the same salt and account key, but sealed under another password.
    let (other, _) = saved("marble Tangerine ferry 77 comet");
    let other: Value = serde_json::from_slice(&body(&file(&other))).expect("JSON");
    let (scene, _) = saved("velvet Kumquat tramway 42 orbit");
    let refusal = opened_after(scene, |text, upload| {
        let (ours, theirs) = (&upload["envelopes"]["1"], &other["envelopes"]["1"]);
        *text = text.replace(ours.as_str().expect("text"), theirs.as_str().expect("text"));
    });
    assert_eq!(refusal, Refusal::Keys);
}

#[test]
fn c14_a_private_key_that_does_not_fit_its_public_key_is_refused() {
    let (scene, log) = saved("velvet Kumquat tramway 42 orbit");
    let context = scene.server.context();
    let refusal = opened_after(scene, |text, upload| {
        let sealed = upload["envelopes"]["3"].as_str().expect("text");
        let envelope = Envelope::<X25519ByAccountKey>::read(&Base64UrlUnpadded::decode_vec(sealed).expect("bytes"))
            .expect("an envelope");
        let keks = log
            .draws
            .iter()
            .filter_map(|draw| draw.as_slice().try_into().ok())
            .map(|draw| Kek::derive_from_account_key(&AccountKey::from_bytes(draw), &context));
        let kek = keks
            .into_iter()
            .find(|kek| envelope.open(kek, &context, KeyGen::FIRST).is_ok())
            .expect("one draw is the account key");
        let mut rng = Seeded::new(9);
        let other = X25519Secret::make(&mut rng);
        let other =
            Envelope::<X25519ByAccountKey>::seal(&kek, &other, &context, KeyGen::FIRST, &mut rng).expect("sealed");
        *text = text.replace(sealed, &Base64UrlUnpadded::encode_string(other.as_bytes()));
    });
    assert_eq!(refusal, Refusal::Keys);
}
