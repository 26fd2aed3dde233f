//! A company's proxy that opens TLS and alters what it likes, between the real client and the real
//! server. It has a key of its own and answers the registration in the server's place; then what is
//! uploaded is a test for guesses of the password. The letter it has not seen.

mod support;

use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey::port::stretch::stretch;
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey_core::crypto::envelope::{AccountKeyByPassword, Ed25519ByAccountKey, Envelope};
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::kdf::KdfBlock;
use firstkey_core::crypto::kek::{Kek, derive_password_keys};
use firstkey_core::crypto::opaque::{self, Login, Suite, answer_alone};
use firstkey_core::crypto::prepare::prepare;
use firstkey_core::secret::{ExportKey, OpaquePassword};
use firstkey_testkit::chance::Seeded;
use opaque_ke::{CredentialRequest, ServerLogin, ServerLoginParameters, ServerRegistration, ServerSetup};
use serde_json::{Value, json};
use support::client::{Desk, PASSWORD, run};
use support::deployment::Deployment;
use support::wire::{Act, Reply, Seen};

const EMAIL: &str = "ada@example.org";
/// The proxy's key is what this draws.
const OF_THE_PROXY: u64 = 7;
const REGISTRATIONS: [&str; 2] = ["/v1/enrol/start", "/v1/account/password/start"];

fn bytes<const N: usize>(value: &Value) -> [u8; N] {
    let text = value.as_str().expect("base64url");
    Base64UrlUnpadded::decode_vec(text).expect("base64url").try_into().expect("as long as the protocol says")
}

fn body(seen: &Seen) -> Value {
    serde_json::from_slice(&seen.body).expect("JSON")
}

/// From now on the proxy answers every registration itself, and passes everything else on.
fn alter(server: &Deployment) {
    server.wire.lie_as_a_proxy();
    server.wire.script(|seen, _| {
        if !REGISTRATIONS.contains(&seen.path.as_str()) {
            return Act::Forward;
        }
        let request = bytes::<32>(&body(seen)["opaque_request"]);
        let own = answer_alone(&request, &mut Seeded::new(OF_THE_PROXY)).expect("a blinded element");
        Act::Answer(Reply::json(json!({"opaque_response": Base64UrlUnpadded::encode_string(&own)}).to_string()))
    });
}

/// A log-in in which the proxy is both sides; only the right password gets through.
fn log_in_at_home(auth: OpaquePassword, record: &[u8; 192], context: &AccountContext) -> Option<ExportKey> {
    let setup = ServerSetup::<Suite>::new(&mut Seeded::new(OF_THE_PROXY));
    let record = ServerRegistration::<Suite>::deserialize(record).expect("a record");
    let (login, ke1) = Login::start(auth, &mut Seeded::new(1)).expect("blinded");
    let request = CredentialRequest::deserialize(&ke1.0).expect("a first message");
    let parameters = ServerLoginParameters { context: Some(b"at home"), identifiers: opaque::identifiers(context) };
    let mut rng = Seeded::new(2);
    // The name that `answer_alone` evaluates under.
    let started = ServerLogin::start(&mut rng, &setup, Some(record), request, b"a rehearsal", parameters).ok()?;
    let ke2 = started.message.serialize().as_slice().try_into().expect("as long as the suite says");
    Some(login.finish(&ke2, b"at home", context, &mut Seeded::new(3)).ok()?.export_key)
}

/// What the proxy does at home with an upload that it let pass: a guess for each Argon2id. Gives
/// the password that opens the upload, and checks that the keys are those of the account.
fn guess(upload: &Value, context: &AccountContext, dictionary: &[&str]) -> Option<String> {
    let block = KdfBlock::read(&bytes(&upload["kdf_block"])).expect("a profile");
    let params = block.profile.params();
    let record = bytes(&upload["opaque_upload"]);
    let one = Base64UrlUnpadded::decode_vec(upload["envelopes"]["1"].as_str().expect("envelope 1")).expect("bytes");
    let one = Envelope::<AccountKeyByPassword>::read(&one).expect("envelope 1");
    dictionary.iter().find_map(|word| {
        let prepared = prepare(word.as_bytes()).expect("a password");
        let master = stretch(&prepared, &block.salt.0, params.m_kib, params.t, params.p).expect("there is memory");
        let keys = derive_password_keys(&master, context, &block, None).expect("no second secret");
        let export_key = log_in_at_home(keys.auth, &record, context)?;
        let kek = Kek::derive_from_password(&keys.pre, &export_key, context);
        let account_key = one.open(&kek, context, KeyGen::FIRST).ok()?;
        if let Some(four) = upload["envelopes"]["4"].as_str() {
            let four = Base64UrlUnpadded::decode_vec(four).expect("bytes");
            let four = Envelope::<Ed25519ByAccountKey>::read(&four).expect("envelope 4");
            let seed = four.open(&Kek::derive_from_account_key(&account_key, context), context, KeyGen::FIRST);
            // EXPOSE: the proxy has it, and shows that it is the account's.
            let public = hazmat::ed25519_public(seed.expect("the account key opens it").expose());
            assert_eq!(public, bytes(&upload["identity"]["ed25519"]), "it is the account's own key");
        }
        Some((*word).to_owned())
    })
}

/// The account, as the proxy reads it in the offer.
fn context(server: &Deployment) -> AccountContext {
    let shown = serde_json::to_value(server.show(EMAIL)).expect("JSON");
    let id = |member: &Value| {
        let text = member.as_str().expect("an id");
        *uuid::Uuid::parse_str(text).expect("a UUID").as_bytes()
    };
    AccountContext {
        realm: RealmId::heard(id(&shown["realm_id"])),
        account: AccountId::heard(id(&shown["account_id"])),
    }
}

fn uploads(server: &Deployment, path: &str) -> Vec<Value> {
    server.wire.seen().iter().filter(|seen| seen.path == path).map(body).collect()
}

#[test]
fn a_proxy_that_answers_the_registration_in_the_servers_place_gets_nothing_to_test_guesses_on() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    assert!(link.contains("/i#fkinv2."), "{link}");
    let desk = Desk::new();
    alter(&server);
    let stopped = desk.run_accept(&link, EMAIL);
    assert_eq!((stopped.code, &stopped.last()["code"]), (Some(6), &json!("refused-not-the-server")), "{stopped:?}");
    assert_eq!(server.wire.paths().last().map(String::as_str), Some("/v1/enrol/start"), "nothing was sent after it");
    assert!(!desk.path("kit.txt").exists(), "no kit for keys that were never made");
    // On another network the same command goes through.
    server.wire.script(|_, _| Act::Forward);
    assert_eq!(desk.run_accept(&link, EMAIL).code, Some(0));
}

#[test]
fn by_a_link_of_version_1_such_a_proxy_guesses_a_password_that_is_in_its_dictionary() {
    // That the attack is one: with a link that names no key, as every link was before.
    let mut server = Deployment::start();
    let link = server.invite(EMAIL).replace("fkinv2", "fkinv1");
    let link = link.rsplit_once('.').expect("a binding").0.to_owned();
    let desk = Desk::new();
    alter(&server);
    let stopped = desk.run_accept(&link, EMAIL);
    assert_ne!(stopped.code, Some(0), "the record is of the proxy's key, so that the real server cannot use it");
    let upload = uploads(&server, "/v1/enrol/complete").pop().expect("it was uploaded");
    let found = guess(&upload, &context(&server), &["correct horse battery staple", "12345", PASSWORD]);
    assert_eq!(found.as_deref(), Some(PASSWORD));
}

#[test]
fn a_new_password_is_not_registered_with_such_a_proxy_either() {
    for command in ["password", "recover"] {
        let (server, desk) = support::completed::completed();
        let new = desk.write("new", b"harbor Trumpet 91 mosaic tundra");
        alter(&server);
        let mut change = desk.command();
        change.args([command, "--no-input", "--json", "--profile", "1"]);
        change.arg("--new-password-file").arg(new);
        if command == "recover" {
            change.arg("--kit-file").arg(desk.path("kit.txt")).arg("--kit-out").arg(desk.path("new-kit.txt"));
        } else {
            change.arg("--password-file").arg(desk.path("password"));
        }
        let stopped = run(&mut change);
        assert_eq!((stopped.code, &stopped.last()["code"]), (Some(6), &json!("refused-not-the-server")), "{stopped:?}");
        assert!(
            uploads(&server, "/v1/account/password").is_empty() && uploads(&server, "/v1/recovery/complete").is_empty()
        );
    }
}
