//! Tokens of identity providers: how long they are good, and how they are replaced.

use crate::common::{Deployment, Server, contains};
use firstkey_server::RealmError;
use firstkey_server::admin::{ChangedOrganisation, TokenShown};
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

/// The letters to administrators about what ends, oldest first.
fn warnings(deployment: &Deployment) -> Vec<String> {
    let letters = crate::common::letters_in(&deployment.mail());
    letters.into_iter().filter(|letter| letter.contains("identity provider")).collect()
}

async fn warned(deployment: &Deployment, count: usize) -> Vec<String> {
    crate::common::wait_for(|| Some(warnings(deployment)).filter(|letters| letters.len() >= count)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_hear_three_times_that_a_token_ends_and_once_that_it_has() {
    let deployment = Deployment::new().await;
    let org = org(&deployment).await;
    let change = ChangedOrganisation { contact: Some("desk@example.org".into()), ..ChangedOrganisation::default() };
    deployment.realm().await.change_organisation(org, change).await.expect("changed");
    let server = deployment.serve().await;
    let id = listed(&deployment).await[0].token_id.clone();
    server.provision(&deployment, "ada@example.org").await;
    for (at, (passed, words)) in
        [(345, "ends within 20 days"), (13, "ends within 7 days"), (6, "ends within a day"), (1, "has ended")]
            .into_iter()
            .enumerate()
    {
        deployment.pass(passed * DAY);
        // One to the server's administrators and one to the organisation's.
        let letters = warned(&deployment, 2 * (at + 1)).await;
        let new = &letters[2 * at..];
        for to in ["To: it@example.org", "To: desk@example.org"] {
            let letter = new.iter().find(|letter| letter.contains(to)).expect(to);
            assert!(
                letter.contains(&format!("Subject: The token of Example Corp's identity provider {words}")),
                "{letter}"
            );
            let command = match words {
                "has ended" => format!("firstkey-server scim-token add --org {org}"),
                _ => format!("firstkey-server scim-token rotate {id}"),
            };
            assert!(letter.lines().any(|line| line == command), "{letter}");
            assert!(!letter.contains("fksc_") && !letter.contains("://"), "no secret and no link: {letter}");
        }
    }
    server.stop().await;
    // Nobody hears it again, whoever starts when.
    deployment.pass(DAY);
    let server = deployment.serve().await;
    let people = [
        deployment.ask("SELECT count(*) FROM outbox WHERE kind = 'notice'"),
        deployment.ask("SELECT count(*) FROM expiry_told"),
    ];
    assert_eq!(people, ["8", "1"]);
    let realm = deployment.realm().await;
    let letters = realm.letters(Vec::new(), 100).await.expect("a list");
    assert_eq!(letters.iter().filter(|letter| letter.kind == "notice").count(), 8, "and `mail list` knows them");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_token_that_was_replaced_only_a_provider_that_did_not_move_on_is_told() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let old = id(&listed(&deployment).await[0]);
    assert_eq!(status(&server, &deployment.token).await, 200);
    let rotated = deployment.realm().await.rotate_scim_token(old, 365, 7).await.expect("rotated");
    deployment.pass(3 * DAY);
    // Still the old one, and it has four days left: on the last of them somebody hears of it.
    assert_eq!(status(&server, &deployment.token).await, 200);
    deployment.pass(3 * DAY);
    let letters = warned(&deployment, 1).await;
    assert!(letters[0].contains("was replaced") && letters[0].contains("ends within a day"), "{}", letters[0]);
    // The provider moves on, and that is all.
    assert_eq!(status(&server, &rotated.fresh.token).await, 200);
    deployment.pass(2 * DAY);
    server.stop().await;
    let server = deployment.serve().await;
    let ada = crate::common::okta_user("ada@example.org");
    assert_eq!(server.scim(&rotated.fresh.token, Method::POST, "/Users", Some(&ada)).await.status, 201);
    deployment.invitation_to("ada@example.org").await;
    assert_eq!(warnings(&deployment).len(), 1);
    server.stop().await;
}
