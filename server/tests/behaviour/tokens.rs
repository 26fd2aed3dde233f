//! Tokens of identity providers: how long they are good, and how they are replaced.

use crate::common::{Deployment, Server, contains};
use firstkey_server::RealmError;
use firstkey_server::admin::TokenShown;
use reqwest::Method;

const DAY: i64 = 86_400;

async fn status(server: &Server, token: &str) -> u16 {
    server.scim(token, Method::GET, "/Users?count=0", None).await.status
}

async fn listed(deployment: &Deployment) -> Vec<TokenShown> {
    deployment.realm().await.scim_tokens(None).await.expect("a list")
}

fn id(token: &TokenShown) -> [u8; 16] {
    *uuid::Uuid::parse_str(&token.token_id).expect("a UUID").as_bytes()
}

async fn org(deployment: &Deployment) -> firstkey_core::crypto::context::OrgId {
    let orgs = deployment.realm().await.organisations().await.expect("a list");
    firstkey_core::crypto::context::OrgId::heard(*uuid::Uuid::parse_str(&orgs[0].org_id).expect("a UUID").as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_when_its_time_is_over_and_not_a_second_before() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let org = org(&deployment).await;
    let fresh = deployment.realm().await.mint_scim_token(org, Some("Okta".into()), 1).await.expect("a token");
    assert!(fresh.token.starts_with("fksc_") && fresh.token.len() == 48);
    deployment.pass(DAY - 1);
    assert_eq!(status(&server, &fresh.token).await, 200);
    deployment.pass(1);
    let refused = server.scim(&fresh.token, Method::GET, "/Users?count=0", None).await;
    let unknown = server.scim(&format!("fksc_{}", "A".repeat(43)), Method::GET, "/Users?count=0", None).await;
    assert_eq!(refused, unknown, "an expired token is answered like one that never was");
    assert_eq!(refused.status, 401);
    let tokens = listed(&deployment).await;
    let ours = tokens.iter().find(|token| token.label.as_deref() == Some("Okta")).expect("it is still listed");
    assert_eq!((ours.state, ours.token_id.as_str()), ("expired", fresh.token_id.as_str()));
    let usual = tokens.iter().find(|token| token.label.is_none()).expect("the first");
    assert_eq!(usual.expires_at.map(|end| end - usual.created_at), Some(365 * DAY), "a year if nothing is said");
    for days in [0, 3651] {
        assert!(deployment.realm().await.mint_scim_token(org, None, days).await.is_err());
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_token_goes_on_beside_its_successor_for_the_overlap_and_no_longer() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let old = id(&listed(&deployment).await[0]);
    let rotated = deployment.realm().await.rotate_scim_token(old, 365, 7).await.expect("rotated");
    assert_eq!(rotated.old_expires_at, deployment.realm().await.clock.now() + 7 * DAY);
    for seconds in [0, 7 * DAY - 1] {
        deployment.pass(seconds);
        assert_eq!((status(&server, &deployment.token).await, status(&server, &rotated.fresh.token).await), (200, 200));
    }
    deployment.pass(1);
    assert_eq!((status(&server, &deployment.token).await, status(&server, &rotated.fresh.token).await), (401, 200));
    let again = deployment.realm().await.rotate_scim_token(old, 365, 7).await;
    assert!(matches!(again, Err(RealmError::Invalid(_))), "what has ended is not brought back");
    let unknown = deployment.realm().await.rotate_scim_token([9; 16], 365, 7).await;
    assert!(matches!(unknown, Err(RealmError::NoSuchToken(_))));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_never_makes_the_old_token_live_longer() {
    let deployment = Deployment::new().await;
    let org = org(&deployment).await;
    let short = deployment.realm().await.mint_scim_token(org, None, 1).await.expect("a token");
    let short_id = *uuid::Uuid::parse_str(&short.token_id).expect("a UUID").as_bytes();
    let rotated = deployment.realm().await.rotate_scim_token(short_id, 365, 90).await.expect("rotated");
    assert_eq!(rotated.old_expires_at, short.expires_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_refused_at_once_by_a_server_that_knew_it() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    assert_eq!(status(&server, &deployment.token).await, 200);
    let token = id(&listed(&deployment).await[0]);
    let realm = deployment.realm().await;
    let at = realm.revoke_scim_token(token).await.expect("revoked");
    assert_eq!(status(&server, &deployment.token).await, 401);
    deployment.pass(5);
    assert_eq!(realm.revoke_scim_token(token).await.expect("again"), at, "revoked once");
    assert!(matches!(realm.revoke_scim_token([9; 16]).await, Err(RealmError::NoSuchToken(_))));
    let listed = &listed(&deployment).await[0];
    assert_eq!((listed.state, listed.revoked_at), ("revoked", Some(at)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_use_is_shown_and_no_token_is_stored() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    assert_eq!(listed(&deployment).await[0].last_used_at, None);
    let first = deployment.realm().await.clock.now();
    assert_eq!(status(&server, &deployment.token).await, 200);
    assert_eq!(listed(&deployment).await[0].last_used_at, Some(first));
    deployment.pass(3600);
    assert_eq!(status(&server, &deployment.token).await, 200);
    assert_eq!(listed(&deployment).await[0].last_used_at, Some(first + 3600));
    server.stop().await;
    let stored = deployment.stored_bytes();
    assert!(!contains(&stored, deployment.token.as_bytes()) && !contains(&stored, &deployment.token.as_bytes()[5..]));
    let events: Vec<String> =
        deployment.realm().await.audit_tail(50).await.expect("entries").into_iter().map(|e| e.event).collect();
    assert!(events.iter().any(|event| event == "scim-token.added"), "{events:?}");
}
