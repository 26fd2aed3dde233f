//! Staged people: provisioned and active, and without a letter until an administrator lets them go.

use crate::common::person::Person;
use crate::common::{Deployment, Server, letters_in, okta_user_named, wait_for};
use firstkey_core::crypto::context::OrgId;
use firstkey_server::admin::{ChangedOrganisation, PersonLine, ReleaseShown, Released};
use firstkey_server::{Inviting, NewOrganisation, Realm, RealmError};
use reqwest::Method;
use serde_json::json;

/// An organisation beside the usual one, which invites so; with its token.
async fn organisation(realm: &Realm, inviting: Inviting) -> (OrgId, String) {
    let new = NewOrganisation { name: "Second Corp".into(), ..NewOrganisation::default() };
    let org = realm.add_organisation_inviting(new, inviting).await.expect("an organisation");
    let token = realm.add_scim_token(org).await.expect("a token");
    (org, token.as_str().to_owned())
}

async fn provision(server: &Server, token: &str, email: &str) -> String {
    let created = server.scim(token, Method::POST, "/Users", Some(&okta_user_named(email))).await;
    assert_eq!(created.status, 201, "{created:?}");
    created.json()["id"].as_str().expect("an id").to_owned()
}

async fn set_active(server: &Server, token: &str, id: &str, active: bool) {
    let patch = json!({"Operations": [{"op": "replace", "value": {"active": active}}]});
    assert_eq!(server.scim(token, Method::PATCH, &format!("/Users/{id}"), Some(&patch)).await.status, 200);
}

async fn release(realm: &Realm, whom: Released, org: OrgId) -> ReleaseShown {
    realm.release(whom, Some(org), None, false, None).await.expect("released")
}

async fn line(realm: &Realm, org: OrgId, email: &str) -> PersonLine {
    let people = realm.people(Some(org), None, Some(email), 10).await.expect("people");
    people.into_iter().next().expect("somebody")
}

async fn stands(realm: &Realm, org: OrgId, email: &str) -> (String, Option<&'static str>) {
    let line = line(realm, org, email).await;
    (line.state, line.reason)
}

fn person(email: &str) -> Released {
    Released::Person(email.to_owned())
}

/// Who has got a letter; only the invitations.
fn invited(deployment: &Deployment) -> Vec<String> {
    let to = |raw: &String| {
        let line = raw.lines().find_map(|line| line.strip_prefix("To: ")).expect("a recipient");
        raw.contains("#fkinv2.").then(|| line.to_owned())
    };
    let mut all: Vec<String> = letters_in(&deployment.mail()).iter().filter_map(to).collect();
    all.sort();
    all
}

/// A letter of the usual organisation, which came after everything before it was settled: whoever
/// would have got one before has it.
async fn letters_until_now(server: &Server, deployment: &Deployment, count: usize) -> Vec<String> {
    provision(server, &deployment.token, &format!("last{count}@example.org")).await;
    let last = format!("last{count}@example.org");
    let mut all = wait_for(|| Some(invited(deployment)).filter(|all| all.contains(&last))).await;
    all.retain(|to| !to.starts_with("last"));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_synchronisation_of_a_new_organisation_mails_nobody_until_all_are_released() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let (org, token) = organisation(&realm, Inviting::UntilReleased).await;
    let server = deployment.serve().await;
    for name in ["ada", "grace", "edsger"] {
        provision(&server, &token, &format!("{name}@example.org")).await;
    }
    assert_eq!(stands(&realm, org, "ada@example.org").await, ("staged".into(), Some("not-released")));
    assert_eq!(letters_until_now(&server, &deployment, 1).await, Vec::<String>::new());
    // Nobody has heard of it: a password is answered like that of an unknown person, and a resend
    // says what to do.
    let refused = realm.resend_invite("ada@example.org", Some(org), None).await;
    assert!(matches!(refused, Err(RealmError::HeldBack(_))), "{refused:?}");

    // One person first, as a try: the others stay.
    let one = release(&realm, person("grace@example.org"), org).await;
    assert_eq!((one.released, one.waiting, one.invite), (1, 0, "until-released"));
    assert_eq!(letters_until_now(&server, &deployment, 2).await, ["grace@example.org"]);
    assert_eq!(stands(&realm, org, "ada@example.org").await, ("staged".into(), Some("not-released")));
    assert_eq!(stands(&realm, org, "grace@example.org").await, ("invited".into(), None));

    // A dry run changes nothing.
    let dry = realm.release(Released::All, Some(org), None, true, None).await.expect("counted");
    assert_eq!((dry.released, dry.dry_run, dry.invite), (2, true, "at-once"));
    assert_eq!(realm.organisation(org).await.expect("there").invite, "until-released");
    assert_eq!(letters_until_now(&server, &deployment, 3).await, ["grace@example.org"]);

    let all = release(&realm, Released::All, org).await;
    assert_eq!((all.released, all.invite), (2, "at-once"));
    // Organisations have turns with their letters, so another one's says nothing of these.
    for everybody in ["ada@example.org", "edsger@example.org", "grace@example.org"] {
        deployment.invitation_to(everybody).await;
    }
    // From then on nobody is held back.
    provision(&server, &token, "barbara@example.org").await;
    deployment.invitation_to("barbara@example.org").await;
    let again = realm.release(Released::All, Some(org), None, false, None).await;
    assert!(matches!(again, Err(RealmError::InvitesAtOnce(_))), "{again:?}");
    Person::claim(&server, &deployment.invitation_to("ada@example.org").await).await.enrol(&server).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_deactivated_while_staged_gets_no_letter_and_no_old_release() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let (org, token) = organisation(&realm, Inviting::Staged).await;
    let server = deployment.serve().await;
    let ada = provision(&server, &token, "ada@example.org").await;
    let later = Some(deployment.start + 86_400);
    realm.release(person("ada@example.org"), Some(org), later, false, None).await.expect("released later");
    assert_eq!(line(&realm, org, "ada@example.org").await.until, later);
    set_active(&server, &token, &ada, false).await;
    assert_eq!(stands(&realm, org, "ada@example.org").await, ("staged".into(), Some("not-active")));
    let nobody = realm.release(person("ada@example.org"), Some(org), None, false, None).await;
    assert!(matches!(nobody, Err(RealmError::NotHeldBack { .. })), "{nobody:?}");
    // A release was of who was active then.
    set_active(&server, &token, &ada, true).await;
    deployment.pass(2 * 86_400);
    assert_eq!(realm_sweeps(&server, &deployment).await, Vec::<String>::new());
    assert_eq!(stands(&realm, org, "ada@example.org").await, ("staged".into(), Some("not-released")));
    // Whoever was invited once is not held back again.
    release(&realm, person("ada@example.org"), org).await;
    set_active(&server, &token, &ada, false).await;
    set_active(&server, &token, &ada, true).await;
    assert_eq!(stands(&realm, org, "ada@example.org").await, ("invited".into(), None));
    // The organisation goes on staging.
    let all = realm.release(Released::All, Some(org), None, false, None).await.expect("nobody is left");
    assert_eq!((all.released, all.invite), (0, "staged"));
    provision(&server, &token, "grace@example.org").await;
    assert_eq!(stands(&realm, org, "grace@example.org").await, ("staged".into(), Some("not-released")));
    server.stop().await;
}

/// Waits for a sweep that begins after now, then for the letters of everything before it.
async fn realm_sweeps(server: &Server, deployment: &Deployment) -> Vec<String> {
    let realm = deployment.realm().await;
    let (marked, token) = organisation_named(&realm, "Marker").await;
    provision(server, &token, "marker@example.net").await;
    let due = Some(deployment.clock.load(std::sync::atomic::Ordering::SeqCst) + 1);
    realm.release(person("marker@example.net"), Some(marked), due, false, None).await.expect("released later");
    deployment.pass(120);
    let is_there = |all: &Vec<String>| all.iter().any(|to| to == "marker@example.net");
    let mut all = wait_for(|| Some(invited(deployment)).filter(is_there)).await;
    all.retain(|to| to != "marker@example.net");
    all
}

async fn organisation_named(realm: &Realm, name: &str) -> (OrgId, String) {
    let new = NewOrganisation { name: name.into(), ..NewOrganisation::default() };
    let org = realm.add_organisation_inviting(new, Inviting::Staged).await.expect("an organisation");
    (org, realm.add_scim_token(org).await.expect("a token").as_str().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_released_with_the_groups_in_it_and_once_with_two_servers() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let (org, token) = organisation(&realm, Inviting::Staged).await;
    let (one, two) = (deployment.serve().await, deployment.serve().await);
    let mut ids = Vec::new();
    for name in ["ada", "grace", "edsger"] {
        ids.push(provision(&one, &token, &format!("{name}@example.org")).await);
    }
    let group = async |name: &str, members: Vec<&str>| {
        let members: Vec<_> = members.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"displayName": name, "members": members});
        let made = one.scim(&token, Method::POST, "/Groups", Some(&body)).await;
        assert_eq!(made.status, 201, "{made:?}");
        made.json()["id"].as_str().expect("an id").to_owned()
    };
    let inner = group("Inner", vec![&ids[1]]).await;
    group("Pilots", vec![&ids[0], &inner]).await;
    let unknown = realm.release(Released::Group("Pilot".into()), Some(org), None, false, None).await;
    assert!(matches!(unknown, Err(RealmError::NoSuchGroup { .. })), "{unknown:?}");

    let at = deployment.start + 3600;
    let pilots = Released::Group(" pilots ".into());
    let shown = realm.release(pilots, Some(org), Some(at), false, None).await.expect("released later");
    assert_eq!((shown.released, shown.at, shown.invite), (2, Some(at), "staged"));
    deployment.pass(3000);
    assert_eq!(realm_sweeps(&one, &deployment).await, Vec::<String>::new(), "not before its moment");
    // Both servers sweep; a restart in between changes nothing.
    one.stop().await;
    let three = deployment.serve().await;
    deployment.pass(700);
    let wanted = ["ada@example.org", "grace@example.org"];
    wait_for(|| Some(invited(&deployment)).filter(|all| wanted.iter().all(|to| all.contains(&(*to).to_owned())))).await;
    for _ in 0..3 {
        deployment.pass(61);
    }
    let letters = invited(&deployment);
    let of = |to: &str| letters.iter().filter(|letter| *letter == to).count();
    assert_eq!(wanted.map(of), [1, 1], "{letters:?}");
    assert_eq!(stands(&realm, org, "edsger@example.org").await, ("staged".into(), Some("not-released")));
    assert_eq!(deployment.ask("SELECT count(*) FROM invite WHERE mode = 'enrol' AND email LIKE '%example.org'"), "2");
    two.stop().await;
    three.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_opens_on_its_date_by_the_servers_own_sweep_over_a_restart() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let (org, token) = organisation(&realm, Inviting::UntilReleased).await;
    let server = deployment.serve().await;
    provision(&server, &token, "ada@example.org").await;
    let at = deployment.start + 86_400;
    let past = realm.release(Released::All, Some(org), Some(deployment.start), false, None).await;
    assert!(matches!(past, Err(RealmError::Invalid(_))), "{past:?}");
    let shown = realm.release(Released::All, Some(org), Some(at), false, None).await.expect("a date");
    assert_eq!((shown.released, shown.invite), (1, "on-date"));
    let organisation = realm.organisation(org).await.expect("there");
    assert_eq!((organisation.invite, organisation.invite_at), ("on-date", Some(at)));
    assert_eq!(line(&realm, org, "ada@example.org").await.until, Some(at));
    // Whoever comes before the date waits for it, too.
    provision(&server, &token, "grace@example.org").await;
    assert_eq!(line(&realm, org, "grace@example.org").await.until, Some(at));
    server.stop().await;
    deployment.pass(86_400);
    let server = deployment.serve().await;
    deployment.pass(61);
    deployment.invitation_to("ada@example.org").await;
    deployment.invitation_to("grace@example.org").await;
    let organisation = realm.organisation(org).await.expect("there");
    assert_eq!((organisation.invite, organisation.invite_at), ("at-once", None));
    provision(&server, &token, "edsger@example.org").await;
    deployment.invitation_to("edsger@example.org").await;
    assert_eq!(invited(&deployment).len(), 3);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_with_an_account_is_asked_to_join_only_once_released() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let server = deployment.serve().await;
    server.provision(&deployment, "ada@example.org").await;
    Person::claim(&server, &deployment.invitation(1).await).await.enrol(&server).await;
    let (org, token) = organisation(&realm, Inviting::Staged).await;
    provision(&server, &token, "ada@example.org").await;
    assert_eq!(stands(&realm, org, "ada@example.org").await, ("staged".into(), Some("not-released")));
    assert_eq!(letters_until_now(&server, &deployment, 1).await, ["ada@example.org"], "the one to enrol");
    release(&realm, person("ada@example.org"), org).await;
    let letters = wait_for(|| {
        Some(letters_in(&deployment.mail())).filter(|all| all.iter().any(|raw| raw.contains("invites you to join")))
    })
    .await;
    assert_eq!(letters.iter().filter(|raw| raw.contains("invites you to join")).count(), 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_setting_touches_no_invitation_and_mails_nobody_by_surprise() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let server = deployment.serve().await;
    let set = async |invite: &str| {
        let change = ChangedOrganisation { invite: Some(invite.into()), ..ChangedOrganisation::default() };
        realm.change_organisation(deployment.org, change).await
    };
    provision(&server, &deployment.token, "ada@example.org").await;
    let before = deployment.invitation_to("ada@example.org").await;
    assert_eq!(set("staged").await.expect("set").invite, "staged");
    assert_eq!(stands(&realm, deployment.org, "ada@example.org").await, ("invited".into(), None));
    // A correction is followed: the person was invited, and is not held back now.
    provision(&server, &deployment.token, "grace@example.org").await;
    assert_eq!(stands(&realm, deployment.org, "grace@example.org").await, ("staged".into(), Some("not-released")));
    let refused = set("at-once").await;
    assert!(matches!(refused, Err(RealmError::StillHeldBack { people: 1, .. })), "{refused:?}");
    assert!(matches!(set("on-date").await, Err(RealmError::Invalid(_))), "a date without a date");
    release(&realm, Released::All, deployment.org).await;
    deployment.invitation_to("grace@example.org").await;
    assert_eq!(set("at-once").await.expect("set").invite, "at-once");
    assert_eq!(invited(&deployment), ["ada@example.org", "grace@example.org"]);
    Person::claim(&server, &before).await.enrol(&server).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_an_address_and_is_released_is_invited_once_there_is_one() {
    let deployment = Deployment::new().await;
    let realm = deployment.realm().await;
    let (org, token) = organisation(&realm, Inviting::Staged).await;
    let server = deployment.serve().await;
    let user = json!({"userName": "ada", "active": true});
    let created = server.scim(&token, Method::POST, "/Users", Some(&user)).await;
    let id = created.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(stands(&realm, org, "ada").await, ("waiting".into(), Some("no-address")));
    let shown = release(&realm, person("ada"), org).await;
    assert_eq!((shown.released, shown.waiting), (1, 1));
    let patch = json!({"Operations": [{"op": "replace", "value": {"emails": [{"value": "ada@example.org", "primary": true}]}}]});
    assert_eq!(server.scim(&token, Method::PATCH, &format!("/Users/{id}"), Some(&patch)).await.status, 200);
    deployment.invitation_to("ada@example.org").await;
    server.stop().await;
}
