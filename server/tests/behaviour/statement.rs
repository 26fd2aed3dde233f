//! The bundle statement: taken only if it is the account's own, says what is stored, and counts one
//! on; shown to who asks; an account that has one is not changed without the next.

use crate::common::keeper::{Keeper, expected, opened};
use crate::common::person::Person;
use crate::common::{Answer, Deployment, Server, b64, unb64};
use firstkey_core::crypto::context::KeyGen;
use firstkey_core::crypto::envelope::{Ed25519ByAccountKey, Envelope};
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::identity::{IdentitySignature, PublicIdentity, PublicKeys};
use firstkey_core::crypto::kek::Kek;
use firstkey_core::crypto::realm_key::RealmKey;
use firstkey_core::crypto::statement::{Digests, Statement};
use firstkey_core::secret::{AccountKey, Ed25519Seed};
use rand_core::OsRng;
use reqwest::Method;
use serde_json::{Value, json};

const ADA: &str = "ada@example.org";
const FIRST: &str = "/v1/account/statement";
const KIT: &str = "/v1/account/kit";
const KNOWS: (&str, &str) = ("firstkey-knows", "statement");

/// What the account's key says of that bundle, with that count.
pub(super) fn statement(person: &Person, key: &AccountKey, bundle: &Value, counter: u64) -> Value {
    stated(person, &seed(person, key, bundle), bundle, counter)
}

/// The same, with the realm's key named.
pub(super) fn stated_with(person: &Person, key: &AccountKey, bundle: &Value, counter: u64, realm: &RealmKey) -> Value {
    said(person, &seed(person, key, bundle), counter, digests(person, bundle).naming(realm))
}

fn seed(person: &Person, key: &AccountKey, bundle: &Value) -> Ed25519Seed {
    let (context, key_gen) = (person.context, person.key_gen);
    let kek = Kek::derive_from_account_key(key, &context);
    let four = Envelope::<Ed25519ByAccountKey>::read(&unb64(&bundle["envelopes"]["4"])).expect("an envelope");
    four.open(&kek, &context, key_gen).expect("it opens")
}

fn stated(person: &Person, seed: &Ed25519Seed, bundle: &Value, counter: u64) -> Value {
    said(person, seed, counter, digests(person, bundle))
}

fn digests(person: &Person, bundle: &Value) -> Digests {
    let (context, key_gen) = (person.context, person.key_gen);
    let key = |name: &str| unb64(&bundle["identity"][name]).try_into().expect("32 bytes");
    let identity = PublicIdentity::heard(PublicKeys { key_gen, ed25519: key("ed25519"), x25519: key("x25519") });
    let signature = IdentitySignature::heard(unb64(&bundle["signature"]).try_into().expect("64 bytes"));
    let envelopes = ["1", "2", "3", "4"].map(|kind| unb64(&bundle["envelopes"][kind]));
    let recovery = unb64(&bundle["recovery_public"]).try_into().expect("32 bytes");
    let parts = envelopes.each_ref().map(Vec::as_slice);
    Digests::of(&context, &identity, &signature, parts, &recovery)
}

fn said(person: &Person, seed: &Ed25519Seed, counter: u64, digests: Digests) -> Value {
    let said = Statement::sign(seed, &person.context, person.key_gen, counter, digests);
    json!({"counter": counter, "digests": b64(&said.digests.encode()), "signature": b64(&said.signature)})
}

/// Logs in as a client that knows statements.
pub(super) async fn knowing(server: &Server, person: &Person) -> (String, Value) {
    let (login_id, ke3) = person.prove(server).await;
    let body = json!({"login_id": login_id, "ke3": ke3}).to_string().into_bytes();
    let headers = [("content-type", "application/json"), KNOWS];
    opened(&server.send(Method::POST, "/v1/login/finish", &headers, body).await)
}

async fn first(server: &Server, bearer: &str, bundle: &Value, statement: &Value) -> Answer {
    server.post_as(bearer, FIRST, &json!({"expected": expected(bundle), "statement": statement})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_statement_gets_its_first_one_once_and_only_who_asks_is_shown_it() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (bearer, bundle) = knowing(&server, &ada.person).await;
    assert_eq!(bundle["statement"], Value::Null);
    assert!(bundle.as_object().expect("an object").contains_key("statement"));

    let one = statement(&ada.person, &ada.key, &bundle, 1);
    let stored = first(&server, &bearer, &bundle, &one).await;
    assert_eq!(stored.status, 200, "{stored:?}");
    let again = first(&server, &bearer, &bundle, &one).await;
    assert_eq!((again.status, again.json()), (200, stored.json()), "the same request is answered alike");
    // Another one, and one for another state.
    let stranger = stated(&ada.person, &Ed25519Seed::make(&mut OsRng), &bundle, 1);
    for (bundle, said, status) in [
        (&bundle, statement(&ada.person, &ada.key, &bundle, 2), 400),
        (&bundle, stranger, 400),
        (&json!({"envelopes": {"1": bundle["envelopes"]["1"], "2": bundle["envelopes"]["3"]}}), one.clone(), 409),
    ] {
        assert_eq!(first(&server, &bearer, bundle, &said).await.status, status);
    }
    let (_, shown) = knowing(&server, &ada.person).await;
    assert_eq!(shown["statement"], one);
    let (_, plain) = ada.first_session(&server).await;
    assert!(!plain.as_object().expect("an object").contains_key("statement"), "an older client sees what it knows");
    let noted = deployment.ask("SELECT count(*) FROM audit WHERE event = 'account.statement'");
    assert_eq!(noted, "1");
    let (code, shown) = (&ada.code, serde_json::to_value(deployment.show(ADA).await).expect("JSON"));
    assert_eq!(shown["statement"]["counter"], json!(1));
    // A recovery shows it too, and its session is good for no first one.
    let (bearer, _) = opened(&ada.recover(&server, code).await);
    let refused = first(&server, &bearer, &bundle, &one).await;
    assert_eq!((refused.status, refused.problem().as_str()), (403, "session-purpose"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_without_the_next_statement_is_refused_and_changes_nothing() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (bearer, before) = knowing(&server, &ada.person).await;
    let one = statement(&ada.person, &ada.key, &before, 1);
    assert_eq!(first(&server, &bearer, &before, &one).await.status, 200);

    let kit = ada.new_kit();
    let plain = Keeper::kit_change(&kit, &before);
    let mut after = before.clone();
    after["envelopes"]["2"] = json!(kit.envelope_2);
    after["recovery_public"] = json!(kit.public);
    let next = |counter| statement(&ada.person, &ada.key, &after, counter);
    let mut damaged = next(2);
    damaged["signature"] = json!(b64(&[7; 64]));
    let mut more = next(2);
    more["more"] = json!(1);
    let stranger = stated(&ada.person, &Ed25519Seed::make(&mut OsRng), &after, 2);
    let of_before = statement(&ada.person, &ada.key, &before, 2);
    let wrong = [Value::Null, one.clone(), next(1), next(3), of_before, stranger, damaged, more];
    for said in [None].into_iter().chain(wrong.into_iter().map(Some)) {
        let mut body = plain.clone();
        if let Some(said) = said {
            body["statement"] = said;
        }
        let refused = server.post_as(&bearer, KIT, &body).await;
        assert_eq!((refused.status, refused.problem().as_str()), (400, "invalid"), "{body}");
    }
    let (_, shown) = knowing(&server, &ada.person).await;
    assert_eq!((&shown["envelopes"], &shown["statement"]), (&before["envelopes"], &one), "nothing was changed");

    let mut body = plain.clone();
    body["statement"] = next(2);
    let changed = server.post_as(&bearer, KIT, &body).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(unb64(&changed.json()["receipt"]), hazmat::sha256(body.to_string().as_bytes()));
    let (_, shown) = knowing(&server, &ada.person).await;
    assert_eq!((&shown["envelopes"], &shown["statement"]), (&after["envelopes"], &next(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_brings_the_first_statement_to_a_server_that_says_it_keeps_them() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, ADA).await;
    let invitation = deployment.invitation_to(ADA).await;
    let person = Person::claim(&server, &invitation).await;
    let (mut upload, key, _) = person.make_upload_and_keys(&server).await;
    assert_eq!(person.key_gen, KeyGen::FIRST);
    let plain = upload.clone();
    for wrong in [Value::Null, statement(&person, &key, &plain, 2), json!({})] {
        upload["statement"] = wrong;
        let refused = person.complete(&server, &upload).await;
        assert_eq!((refused.status, refused.problem().as_str()), (400, "invalid"), "{upload}");
    }
    let one = statement(&person, &key, &plain, 1);
    upload["statement"] = one.clone();
    assert_eq!(person.complete(&server, &upload).await.status, 200);
    let (_, bundle) = knowing(&server, &person).await;
    assert_eq!(bundle["statement"], one);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_says_that_statements_are_kept_to_who_knows_them_alone() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, ADA).await;
    let invitation = deployment.invitation_to(ADA).await;
    let body = json!({"invite_id": invitation.invite_id, "token": invitation.token, "claim_key": b64(&[7; 32])});
    let plain = server.post("/v1/invites/claim", &body).await.json();
    assert_eq!(plain.get("knows"), None);
    let headers = [("content-type", "application/json"), KNOWS];
    let asked = server.send(Method::POST, "/v1/invites/claim", &headers, body.to_string().into_bytes()).await;
    assert_eq!(asked.json()["knows"], json!(["statement"]));
}
