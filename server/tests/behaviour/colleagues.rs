//! A second organisation is joined with the account that one has, and colleagues find each other's
//! keys; nobody else does.

use crate::common::keeper::Keeper;
use crate::common::person::Person;
use crate::common::{Answer, Deployment, Invitation, Server, okta_user, unb64, wait_for};
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen};
use firstkey_core::crypto::identity::{IdentitySignature, PublicIdentity, PublicKeys};
use firstkey_server::{Limits, NewOrganisation, Rate, ServeOptions};
use reqwest::Method;
use serde_json::{Value, json};
use zeroize::Zeroizing;

const ADA: &str = "ada@example.org";
const GRACE: &str = "grace@example.org";
const JOIN: &str = "/v1/invites/join";

async fn another_organisation(deployment: &Deployment) -> Zeroizing<String> {
    let realm = deployment.realm().await;
    let new = NewOrganisation { name: "Other".into(), contact: Some("help@other.example".into()), min_profile: None };
    let org = realm.add_organisation(new).await.expect("added");
    realm.add_scim_token(org).await.expect("token")
}

/// The other organisation invites an address; gives the SCIM id and the invitation, which is the
/// `nth` in all.
async fn invite(
    deployment: &Deployment,
    server: &Server,
    token: &str,
    email: &str,
    nth: usize,
) -> (String, Invitation) {
    let created = server.scim(token, Method::POST, "/Users", Some(&okta_user(email))).await;
    assert_eq!(created.status, 201, "{created:?}");
    (created.json()["id"].as_str().expect("an id").to_owned(), deployment.invitation(nth).await)
}

async fn join(server: &Server, bearer: &str, person: &Person) -> Answer {
    person.join(server, bearer).await
}

async fn look_up(server: &Server, bearer: &str, email: &str) -> Answer {
    server.post_as(bearer, "/v1/directory", &json!({"email": email})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_to_join_is_accepted_once_by_its_account_and_no_key_changes() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let grace = Keeper::enrol(&deployment, &server, GRACE).await;
    let other = another_organisation(&deployment).await;
    let (_, invitation) = invite(&deployment, &server, &other, ADA, 3).await;
    let joining = Person::claim(&server, &invitation).await;
    let (hers, before) = ada.first_session(&server).await;
    let (theirs, _) = grace.first_session(&server).await;

    let foreign = join(&server, &theirs, &joining).await;
    assert_eq!((foreign.status, foreign.problem().as_str()), (403, "other-account"));
    let (recovering, _) = crate::common::keeper::opened(&ada.recover(&server, &ada.code).await);
    assert_eq!(join(&server, &recovering, &joining).await.problem(), "session-purpose");
    assert_eq!(joining.claim.post(&server, JOIN, &json!({})).await.problem(), "session-ended");
    assert_eq!(server.post_as(&hers, JOIN, &json!({})).await.problem(), "invalid", "without the signature");
    assert_eq!(join(&server, &hers, &ada.person).await.problem(), "invalid", "an invitation to enrol");
    // A hostile server that has the session as well passes on what was signed for itself.
    let mut lured = Person::claim(&server, &invitation).await;
    let (claim, realm) = (lured.claim.clone(), lured.context.realm);
    lured.claim = claim.at(realm, "https://accounts.example.com");
    assert_eq!(join(&server, &hers, &lured).await.problem(), "claim-stale");
    let joining = Person::claim(&server, &invitation).await;
    let joined = || deployment.ask("SELECT count(*) FROM membership WHERE mode = 'join' AND accepted_at IS NOT NULL");
    assert_eq!(joined(), "0");

    let accepted = join(&server, &hers, &joining).await;
    assert_eq!(accepted.status, 200, "{accepted:?}");
    assert_eq!(joined(), "1");
    deployment.pass(60);
    assert_eq!(join(&server, &hers, &joining).await, accepted, "once more is the same");
    assert_eq!(ada.first_session(&server).await.1, before);
    assert_eq!(deployment.ask("SELECT count(*) FROM audit WHERE event = 'account.joined'"), "1");
    let letters = |words: &str| {
        let entries = std::fs::read_dir(deployment.mail()).expect("the folder");
        let all = entries.filter_map(|entry| std::fs::read_to_string(entry.ok()?.path()).ok());
        all.filter(|raw| raw.contains(words)).count()
    };
    wait_for(|| (letters("You joined Other") == 1 && letters("To: help@other.example") == 1).then_some(())).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_was_withdrawn_or_claimed_again_is_not_accepted() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let other = another_organisation(&deployment).await;
    let (id, invitation) = invite(&deployment, &server, &other, ADA, 2).await;
    let (bearer, _) = ada.first_session(&server).await;
    let first = Person::claim(&server, &invitation).await;
    let second = Person::claim(&server, &invitation).await;
    assert_eq!(join(&server, &bearer, &first).await.problem(), "claim-stale");
    assert_eq!(server.scim(&other, Method::DELETE, &format!("/Users/{id}"), None).await.status, 204);
    assert_eq!(join(&server, &bearer, &second).await.problem(), "removed");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn colleagues_find_each_others_signed_keys_and_whether_somebody_compared_them() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let grace = Keeper::enrol(&deployment, &server, GRACE).await;
    let (bearer, _) = ada.first_session(&server).await;
    let found = look_up(&server, &bearer, "Grace@Example.org").await;
    assert_eq!(found.status, 200, "{found:?}");
    let found = found.json();
    let key = |value: &Value| unb64(value).try_into().expect("32 bytes");
    let identity = PublicIdentity::heard(PublicKeys {
        key_gen: KeyGen::FIRST,
        ed25519: key(&found["identity"]["ed25519"]),
        x25519: key(&found["identity"]["x25519"]),
    });
    let account = AccountId::heard(unb64(&found["account_id"]).try_into().expect("16 bytes"));
    let context = AccountContext { realm: ada.person.context.realm, account };
    assert_eq!(account, grace.person.context.account);
    let signature = IdentitySignature::heard(unb64(&found["signature"]).try_into().expect("64 bytes"));
    assert!(identity.verify(&signature, &context).is_ok());
    assert_eq!((&found["confirmed_at"], &found["earlier_fingerprint"]), (&Value::Null, &Value::Null));
    let given: Vec<&String> = found.as_object().expect("an object").keys().collect();
    assert_eq!(given.len(), 7, "nothing else: {given:?}");

    let words = identity.fingerprint(&context).to_string();
    deployment.meddle(&format!("UPDATE account SET confirmed_at = 5, confirmed_fingerprint = '{words}', earlier_fingerprint = 'another' WHERE email = '{GRACE}'"));
    let found = look_up(&server, &bearer, GRACE).await.json();
    assert_eq!((&found["confirmed_at"], &found["confirmed_fingerprint"]), (&json!(5), &json!(words)));
    assert_eq!(found["earlier_fingerprint"], "another");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_a_colleague_is_not_found_whether_they_exist_or_not() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let other = another_organisation(&deployment).await;
    let (id, invitation) = invite(&deployment, &server, &other, GRACE, 2).await;
    let grace = Person::claim(&server, &invitation).await;
    let (bearer, _) = ada.first_session(&server).await;
    let nobody = look_up(&server, &bearer, "nobody@example.org").await;
    assert_eq!((nobody.status, nobody.problem().as_str()), (404, "person-unknown"));
    assert_eq!(look_up(&server, &bearer, GRACE).await, nobody, "unfinished");
    grace.enrol(&server).await;
    assert_eq!(look_up(&server, &bearer, GRACE).await, nobody, "of another organisation");
    let theirs = grace.log_in(&server).await.json()["session"].as_str().expect("a bearer").to_owned();
    assert_eq!(look_up(&server, &theirs, ADA).await, nobody, "nor the other way round");

    // Invited is not joined: an organisation cannot make somebody visible by naming them.
    let (_, second) = invite(&deployment, &server, &other, ADA, 3).await;
    assert_eq!(look_up(&server, &theirs, ADA).await, nobody);
    let joining = Person::claim(&server, &second).await;
    assert_eq!(join(&server, &bearer, &joining).await.status, 200);
    assert_eq!(look_up(&server, &theirs, ADA).await.status, 200);
    assert_eq!(look_up(&server, &bearer, GRACE).await.status, 200);
    let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "value": {"active": false}}]});
    assert_eq!(server.scim(&other, Method::PATCH, &format!("/Users/{id}"), Some(&patch)).await.status, 200);
    assert_eq!(look_up(&server, &bearer, GRACE).await, nobody, "suspended");
    let (recovering, _) = crate::common::keeper::opened(&ada.recover(&server, &ada.code).await);
    assert_eq!(look_up(&server, &recovering, ADA).await.problem(), "session-purpose");
    assert_eq!(server.post("/v1/directory", &json!({"email": ADA})).await.problem(), "session-ended");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_cannot_ask_for_everybody() {
    let deployment = Deployment::new().await;
    let limits = Limits { account: Some(Rate { per_second: 1, burst: 8 }), ..Limits::default() };
    let server = deployment.serve_as(ServeOptions { limits, ..deployment.options() }).await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (bearer, _) = ada.first_session(&server).await;
    for _ in 0..8 {
        assert_eq!(look_up(&server, &bearer, ADA).await.status, 200);
    }
    let refused = look_up(&server, &bearer, ADA).await;
    assert_eq!((refused.problem().as_str(), refused.retry_after), ("too-many", Some(1)));
    server.stop().await;
}
