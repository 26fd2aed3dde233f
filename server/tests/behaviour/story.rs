//! The whole story: an identity provider provisions a person, the person completes the account, the
//! server holds ciphertext.

use crate::common::person::Person;
use crate::common::{Deployment, contains, okta_user, unb64};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_provisioned_person_completes_the_account_and_reads_back_what_was_sent() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    assert_eq!(deployment.show("ada@example.org").await.state, "invited");

    let invitation = deployment.invitation(1).await;
    let person = Person::claim(&server, &invitation).await;
    let upload = person.enrol(&server).await;

    let login = person.log_in(&server).await;
    assert_eq!(login.status, 200, "{login:?}");
    let bundle = login.json()["bundle"].clone();
    assert_eq!(login.json()["expires_in"], 600);
    assert_eq!(unb64(&login.json()["session"]).len(), 32);
    for member in ["kdf_block", "envelopes", "identity", "signature", "recovery_public"] {
        assert_eq!(bundle[member], upload[member], "{member}");
    }
    assert_eq!(bundle["key_gen"], 1);

    let shown = serde_json::to_value(deployment.show("ADA@example.org").await).expect("JSON");
    assert_eq!(shown["state"], "complete");
    assert_eq!(shown["account_id"], person.context.account.to_string());
    assert_eq!(shown["realm_id"], person.context.realm.to_string());
    assert_eq!(shown["kdf_block"], upload["kdf_block"]);
    assert_eq!(shown["opaque_record"], upload["opaque_upload"]);
    assert_eq!(shown["envelopes"], upload["envelopes"]);
    assert_eq!(shown["identity"]["ed25519"], upload["identity"]["ed25519"]);
    assert_eq!(shown["identity"]["signature"], upload["signature"]);
    assert_eq!(shown["recovery_public"], upload["recovery_public"]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_offer_says_who_invites_for_how_long_and_what_is_asked() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let invitation = deployment.invitation(1).await;
    let offer = server.claim(&invitation, &[7; 32]).await.json();
    assert_eq!(offer["protocol"], 1);
    assert_eq!(offer["suites"], json!([1]));
    assert_eq!(offer["organisation"]["name"], "Example Corp");
    assert_eq!(offer["account"]["email"], "ada@example.org");
    assert_eq!(offer["account"]["display_name"], "Ada Lovelace");
    assert_eq!(offer["mode"], "enrol");
    assert_eq!(
        offer["policy"],
        json!({"min_profile": 2, "recovery": "required", "secret_key": "off", "min_length": 15})
    );
    assert_eq!(offer["expires_at"], deployment.start + 7 * 86_400);
    assert_eq!(offer["server_time"], deployment.start);
    assert_eq!(offer["earlier_claims"], json!({"count": 0, "last_at": null}));
    assert_eq!(offer["contact"], "it@example.org");

    deployment.pass(60);
    let again = server.claim(&invitation, &[8; 32]).await.json();
    assert_eq!(again["earlier_claims"], json!({"count": 1, "last_at": deployment.start}));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_placeholder_password_of_the_identity_provider_is_taken_and_kept_nowhere() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let created = server.scim(&deployment.token, Method::POST, "/Users", Some(&okta_user("ada@example.org"))).await;
    assert_eq!(created.status, 201);
    assert!(created.json().get("password").is_none());
    let invitation = deployment.invitation(1).await;
    server.stop().await;
    assert!(!contains(&deployment.stored_bytes(), b"1mz050nq"));
    assert!(!invitation.raw.contains("1mz050nq"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_process_continues_an_enrolment_and_a_login() {
    let deployment = Deployment::new().await;
    let first = deployment.serve().await;
    first.provision(&deployment, "ada@example.org").await;
    let invitation = deployment.invitation(1).await;
    let person = Person::claim(&first, &invitation).await;
    let upload = person.make_upload(&first).await;
    first.stop().await;

    let second = deployment.serve().await;
    assert_eq!(person.complete(&second, &upload).await.status, 200);
    let third = deployment.serve().await;
    let login = person.log_in_with(&second, &third, "correct horse battery staple").await;
    assert_eq!(login.status, 200, "{login:?}");
    second.stop().await;
    third.stop().await;
}
