//! Invitations: who may use them, how often, and what ends them.

use crate::common::person::{Claim, Person};
use crate::common::{Deployment, ORIGIN, b64, contains, unb64};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_scanners_that_open_the_link_leave_the_invitation_live() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let invitation = deployment.invitation(1).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let fields = format!("invite_id={}&token={}", invitation.invite_id, invitation.token).into_bytes();
    for _ in 0..50 {
        let page = server.send(Method::GET, "/i", &[], Vec::new()).await;
        assert_eq!((page.status, page.media_type.as_str()), (200, "text/html; charset=utf-8"));
        assert_eq!(server.send(Method::HEAD, "/i", &[], Vec::new()).await.status, 200);
        assert_eq!(server.send(Method::POST, "/i", &form, fields.clone()).await.problem(), "method");
        assert_eq!(server.send(Method::GET, "/v1/invites/claim", &[], Vec::new()).await.problem(), "method");
        assert_eq!(server.send(Method::POST, "/v1/invites/claim", &form, fields.clone()).await.problem(), "media-type");
    }
    let offer = server.claim(&invitation, &[1; 32]).await;
    assert_eq!(offer.json()["earlier_claims"]["count"], 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_lists_the_digests_of_the_claims_before_it_to_who_asks_for_them_alone() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let invitation = deployment.invitation(1).await;
    let headers = [("content-type", "application/json"), ("firstkey-knows", "statement, claim-keys")];
    let body = |key: u8| {
        json!({"invite_id": invitation.invite_id, "token": invitation.token, "claim_key": b64(&[key; 32])}).to_string()
    };
    for key in 1..=20 {
        deployment.pass(1);
        let offer = server.send(Method::POST, "/v1/invites/claim", &headers, body(key).into_bytes()).await.json();
        let before = u8::min(key - 1, 16);
        let listed = (0..before).map(|back| {
            let digest = firstkey_core::crypto::hazmat::sha256(&[key - 1 - back; 32]);
            json!({"sha256": b64(&digest), "at": deployment.start + i64::from(key - 1 - back)})
        });
        assert_eq!(offer["earlier_claims"]["keys"], listed.collect::<serde_json::Value>(), "{key}");
        assert_eq!(offer["earlier_claims"]["count"], key - 1);
    }
    let plain = server.claim(&invitation, &[99; 32]).await.json();
    assert_eq!(plain["earlier_claims"].get("keys"), None);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_invite_and_a_wrong_token_get_the_same_answer() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let invitation = deployment.invitation(1).await;
    let claim = |id: &str| json!({"invite_id": id, "token": b64(&[9; 32]), "claim_key": b64(&[1; 32])});
    let wrong = server.post("/v1/invites/claim", &claim(&invitation.invite_id)).await;
    let unknown = server.post("/v1/invites/claim", &claim(&b64(&[9; 16]))).await;
    assert_eq!(wrong.problem(), "invite-unknown");
    assert_eq!(wrong, unknown);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_wrong_tokens_lock_an_invitation_for_everybody() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let invitation = deployment.invitation(1).await;
    let wrong = json!({"invite_id": invitation.invite_id, "token": b64(&[9; 32]), "claim_key": b64(&[1; 32])});
    for _ in 0..9 {
        assert_eq!(server.post("/v1/invites/claim", &wrong).await.problem(), "invite-unknown");
    }
    assert_eq!(server.claim(&invitation, &[1; 32]).await.status, 200, "nine are not ten");
    assert_eq!(server.post("/v1/invites/claim", &wrong).await.problem(), "invite-unknown");
    assert_eq!(server.claim(&invitation, &[1; 32]).await.problem(), "invite-unknown");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_invitation_says_when_it_expired_and_whom_to_ask() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let invitation = deployment.invitation(1).await;
    let person = Person::claim(&server, &invitation).await;
    let upload = person.make_upload(&server).await;
    deployment.pass(7 * 86_400);
    let refused = server.claim(&invitation, &[1; 32]).await;
    assert_eq!((refused.status, refused.problem().as_str()), (410, "invite-expired"));
    assert_eq!(refused.json()["at"], deployment.start + 7 * 86_400);
    assert_eq!(refused.json()["contact"], "it@example.org");
    assert_eq!(person.complete(&server, &upload).await.problem(), "invite-expired");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_invitation_says_when_it_was_used() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let invitation = deployment.invitation(1).await;
    Person::claim(&server, &invitation).await.enrol(&server).await;
    deployment.pass(60);
    let refused = server.claim(&invitation, &[1; 32]).await;
    assert_eq!((refused.status, refused.problem().as_str()), (410, "invite-used"));
    assert_eq!(refused.json()["at"], deployment.start);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deactivation_withdraws_the_invitation_and_reactivation_sends_a_new_one() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = server.provision(&deployment, "ada@example.org").await;
    let first = deployment.invitation(1).await;
    server.set_active(&deployment, &id, false).await;
    let refused = server.claim(&first, &[1; 32]).await;
    assert_eq!((refused.status, refused.problem().as_str()), (403, "suspended"));
    server.set_active(&deployment, &id, true).await;
    let second = deployment.invitation(2).await;
    assert_ne!(first.invite_id, second.invite_id);
    assert_eq!(server.claim(&first, &[1; 32]).await.problem(), "invite-withdrawn");
    assert_eq!(server.claim(&second, &[1; 32]).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_re_issue_by_hand_voids_the_old_invitation_while_the_server_runs() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let mut last = deployment.invitation(1).await;
    for round in 2..=4 {
        // As another program would: over the database.
        deployment.realm().await.resend_invite("Ada@Example.org", None, None).await.expect("queued");
        let new = deployment.invitation(round).await;
        assert_eq!(server.claim(&last, &[1; 32]).await.problem(), "invite-withdrawn");
        assert_eq!(server.claim(&new, &[1; 32]).await.status, 200);
        last = new;
    }
    Person::claim(&server, &last).await.enrol(&server).await;
    deployment
        .realm()
        .await
        .resend_invite("ada@example.org", None, None)
        .await
        .expect_err("a finished account is not invited again");
    deployment.realm().await.resend_invite("eve@example.org", None, None).await.expect_err("nobody of that address");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_claim_takes_over_from_an_earlier_one() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let invitation = deployment.invitation(1).await;
    let earlier = Person::claim(&server, &invitation).await;
    let upload = earlier.make_upload(&server).await;
    let later = Person::claim(&server, &invitation).await;
    assert_eq!(earlier.complete(&server, &upload).await.problem(), "claim-stale");
    let fresh = earlier.claim.post(&server, "/v1/enrol/start", &json!({"opaque_request": b64(&[0; 32])})).await;
    assert_eq!(fresh.problem(), "claim-stale");
    // The same person on another machine goes on with the same body, signed anew.
    assert_eq!(later.complete(&server, &upload).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_valid_signature_nothing_is_said_about_an_invitation() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = server.provision(&deployment, "ada@example.org").await;
    let invitation = deployment.invitation(1).await;
    let realm = deployment.realm().await.id();
    let stranger = Claim::new(&invitation).at(realm, ORIGIN);
    let body = json!({"opaque_request": b64(&[1; 32])});
    let live = stranger.post(&server, "/v1/enrol/start", &body).await;
    server.set_active(&deployment, &id, false).await;
    let withdrawn = stranger.post(&server, "/v1/enrol/start", &body).await;
    let mut nowhere = invitation.clone();
    nowhere.invite_id = b64(&[3; 16]);
    let unknown = Claim::new(&nowhere).at(realm, ORIGIN).post(&server, "/v1/enrol/start", &body).await;
    assert_eq!(live.problem(), "claim-stale");
    assert_eq!(live, withdrawn);
    assert_eq!(live, unknown);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_never_holds_a_token() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    let invitation = deployment.invitation(1).await;
    Person::claim(&server, &invitation).await.enrol(&server).await;
    let stored = deployment.stored_bytes();
    server.stop().await;
    let after = deployment.stored_bytes();
    let token = unb64(&json!(invitation.token));
    let hex: String = token.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let scim = deployment.token.strip_prefix("fksc_").expect("the prefix").to_owned();
    for needle in [token.as_slice(), invitation.token.as_bytes(), hex.as_bytes(), scim.as_bytes(), &unb64(&json!(scim))]
    {
        assert!(!contains(&stored, needle) && !contains(&after, needle));
    }
    assert!(contains(&after, &unb64(&json!(invitation.invite_id))), "the search looks in the right place");
}
