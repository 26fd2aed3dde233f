//! Who is invited, where and why: stories of companies, each with the letters that people get.

use crate::common::person::Person;
use crate::common::{Deployment, Server};
use firstkey_core::crypto::context::OrgId;
use firstkey_server::{MailOut, MembershipShown, NewOrganisation, PersonShown, RealmError};
use reqwest::Method;
use serde_json::{Value, json};
use zeroize::Zeroizing;

const ADA: &str = "ada@example.org";

/// An organisation beside the first: its id and its token.
struct Other {
    org: OrgId,
    token: Zeroizing<String>,
}

async fn other(deployment: &Deployment) -> Other {
    let realm = deployment.realm().await;
    let new = NewOrganisation { name: "Other".into(), contact: Some("help@other.example".into()), min_profile: None };
    let org = realm.add_organisation(new).await.expect("added");
    Other { org, token: realm.add_scim_token(org).await.expect("token") }
}

/// Creates a person whom the organisation names by an e-mail address and another user name.
async fn create(server: &Server, token: &str, name: &str, email: &str, active: bool) -> String {
    let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "active": active,
        "emails": [{"value": email, "type": "work", "primary": true}]});
    post(server, token, &user).await
}

async fn post(server: &Server, token: &str, user: &Value) -> String {
    let created = server.scim(token, Method::POST, "/Users", Some(user)).await;
    assert_eq!(created.status, 201, "{created:?}");
    created.json()["id"].as_str().expect("an id").to_owned()
}

async fn patch(server: &Server, token: &str, id: &str, changes: &Value) {
    let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "value": changes}]});
    let answer = server.scim(token, Method::PATCH, &format!("/Users/{id}"), Some(&patch)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn correct(server: &Server, token: &str, id: &str, email: &str) {
    patch(server, token, id, &json!({"emails": [{"value": email, "type": "work", "primary": true}]})).await;
}

async fn remove(server: &Server, token: &str, id: &str) {
    assert_eq!(server.scim(token, Method::DELETE, &format!("/Users/{id}"), None).await.status, 204);
}

async fn finish(deployment: &Deployment, server: &Server, email: &str) -> Person {
    let person = Person::claim(server, &deployment.invitation_to(email).await).await;
    person.enrol(server).await;
    person
}

async fn person(deployment: &Deployment, email: &str) -> PersonShown {
    deployment.realm().await.person(email).await.expect("the person is known")
}

/// How the person of this user name stands: state and reason.
async fn standing(deployment: &Deployment, name: &str) -> (String, Option<&'static str>) {
    let people = deployment.realm().await.people(None, None, None, 1000).await.expect("people");
    let line = people.into_iter().find(|person| person.user_name.as_deref() == Some(name)).expect("the person");
    (line.state, line.reason)
}

fn in_organisation<'a>(person: &'a PersonShown, name: &str) -> &'a MembershipShown {
    person.organisations.iter().find(|one| one.organisation == name).expect("the organisation")
}

/// The addresses that invitations were sent to, once the marker's has arrived: letters leave in
/// order.
async fn invited(deployment: &Deployment, server: &Server, marker: &str) -> Vec<String> {
    server.provision(deployment, marker).await;
    deployment.invitation_to(marker).await;
    let letters = deployment.letters(1).await.into_iter().filter(|letter| letter.contains("#fkinv2."));
    let to = |letter: String| letter.lines().find_map(|line| line.strip_prefix("To: ").map(str::to_owned));
    letters.filter_map(to).filter(|to| to != marker).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_another_organisation_staged_first_is_nobodys_until_its_mailbox_is_proven() {
    let deployment = Deployment::new().await;
    let hostile = other(&deployment).await;
    let server = deployment.serve().await;
    let theirs = create(&server, &hostile.token, "victim", ADA, false).await;
    server.provision(&deployment, ADA).await;
    let ada = finish(&deployment, &server, ADA).await;
    assert_eq!(ada.log_in(&server).await.status, 200);
    // What the other one does from now on asks the same person to join, and nothing else.
    correct(&server, &hostile.token, &theirs, "eve@evil.example").await;
    patch(&server, &hostile.token, &theirs, &json!({"active": true})).await;
    assert_eq!(invited(&deployment, &server, "marker@example.org").await, [ADA, "eve@evil.example"]);
    let letter = deployment.invitation_to("eve@evil.example").await;
    assert!(letter.raw.contains("Other"), "in its own name");
    assert_eq!(ada.log_in(&server).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_again_acts_for_the_organisation_that_is_named_at_the_address_that_its_person_has_now() {
    let deployment = Deployment::new().await;
    let hostile = other(&deployment).await;
    let server = deployment.serve().await;
    create(&server, &deployment.token, "ada", ADA, true).await;
    let theirs = create(&server, &hostile.token, "victim", ADA, false).await;
    correct(&server, &hostile.token, &theirs, "eve@evil.example").await;
    deployment.invitation_to(ADA).await;
    let realm = deployment.realm().await;
    realm.resend_invite(ADA, None, None).await.expect("there is one organisation with somebody to invite there");
    assert!(matches!(realm.resend_invite("eve@evil.example", None, None).await, Err(RealmError::Inactive(_))));
    patch(&server, &hostile.token, &theirs, &json!({"active": true})).await;
    correct(&server, &hostile.token, &theirs, ADA).await;
    let refused = realm.resend_invite(ADA, None, None).await.expect_err("two organisations wait");
    assert!(matches!(refused, RealmError::SeveralOrganisations { .. }) && refused.to_string().contains("--org"));
    let before = person(&deployment, ADA).await.invites.iter().filter(|invite| invite.organisation == "Other").count();
    let ours_org = deployment.org;
    realm.resend_invite(ADA, Some(ours_org), None).await.expect("sent again");
    let after = person(&deployment, ADA).await;
    assert_eq!(after.invites.iter().filter(|invite| invite.organisation == "Other").count(), before);
    assert!(hostile.org != ours_org);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_of_the_user_name_is_followed_whether_staged_invited_or_between() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let by_put = |name: &str, active: bool| json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "active": active});
    let staged = post(&server, &deployment.token, &by_put("a-old@example.org", false)).await;
    patch(&server, &deployment.token, &staged, &json!({"userName": "a-new@example.org"})).await;
    patch(&server, &deployment.token, &staged, &json!({"active": true})).await;
    let at_once = post(&server, &deployment.token, &by_put("b-old@example.org", false)).await;
    let put = by_put("b-new@example.org", true);
    assert_eq!(server.scim(&deployment.token, Method::PUT, &format!("/Users/{at_once}"), Some(&put)).await.status, 200);
    let between = post(&server, &deployment.token, &by_put("c-old@example.org", true)).await;
    let old = deployment.invitation_to("c-old@example.org").await;
    patch(&server, &deployment.token, &between, &json!({"active": false})).await;
    patch(&server, &deployment.token, &between, &json!({"userName": "c-new@example.org"})).await;
    patch(&server, &deployment.token, &between, &json!({"active": true})).await;
    assert_eq!(server.claim(&old, &[1; 32]).await.problem(), "invite-withdrawn");
    let invited = invited(&deployment, &server, "marker@example.org").await;
    assert_eq!(invited, ["a-new@example.org", "b-new@example.org", "c-old@example.org", "c-new@example.org"]);
    for never in ["a-old@example.org", "b-old@example.org"] {
        let unknown = deployment.realm().await.person(never).await;
        assert!(matches!(unknown, Err(RealmError::NoSuchPerson(_))), "{never} was never provisioned");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_follows_a_correction_and_the_old_link_dies() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = create(&server, &deployment.token, "ada", "adda@example.org", true).await;
    let old = deployment.invitation_to("adda@example.org").await;
    let stranger = Person::claim(&server, &old).await;
    let upload = stranger.make_upload(&server).await;
    correct(&server, &deployment.token, &id, ADA).await;
    assert_eq!(server.claim(&old, &[1; 32]).await.problem(), "invite-withdrawn");
    assert_eq!(stranger.complete(&server, &upload).await.problem(), "invite-withdrawn");
    let ada = finish(&deployment, &server, ADA).await;
    // The mailbox is proven: it is not moved in silence any more.
    correct(&server, &deployment.token, &id, "eve@evil.example").await;
    assert_eq!(ada.log_in(&server).await.status, 200);
    assert_eq!(deployment.show(ADA).await.email.as_deref(), Some(ADA));
    assert_eq!(deployment.ask("SELECT count(*) FROM audit WHERE event = 'person.address-differs'"), "1");
    let invited = invited(&deployment, &server, "marker@example.org").await;
    assert_eq!(invited, ["adda@example.org", ADA]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_usable_address_waits_and_an_administrator_sees_why() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let user = |name: &str, emails: Value| json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "active": true, "emails": emails});
    for (name, value, reason) in [
        ("none", json!([]), "no-address"),
        ("empty", json!([{"value": "", "primary": true}]), "no-address"),
        ("quoted", json!([{"value": "\"a.b\"@example.org"}]), "address-not-deliverable"),
        ("literal", json!([{"value": "a@[192.0.2.7]"}]), "address-not-deliverable"),
        ("list", json!([{"value": "a@example.org;b@example.org"}]), "address-not-deliverable"),
        ("invisible", json!([{"value": "a\u{200b}da@example.org"}]), "address-not-deliverable"),
        ("ada_gmail.com#EXT#@contoso.onmicrosoft.com", json!([]), "no-address"),
    ] {
        post(&server, &deployment.token, &user(name, value)).await;
        assert_eq!(standing(&deployment, name).await, ("waiting".into(), Some(reason)), "{name}");
    }
    assert_eq!(deployment.ask("SELECT count(*) FROM audit WHERE event = 'invite.withheld'"), "7");
    for (name, value, to) in [
        ("blank@example.org", json!([{"value": "", "primary": true}]), "blank@example.org"),
        ("before", json!([{"value": " before@example.org"}]), "before@example.org"),
        ("after", json!([{"value": "after@example.org\u{a0}"}]), "after@example.org"),
        (
            "passed",
            json!([{"value": "nonsense", "primary": true}, {"value": "work@example.org", "type": "work"}]),
            "work@example.org",
        ),
    ] {
        post(&server, &deployment.token, &user(name, value)).await;
        deployment.invitation_to(to).await;
        assert_eq!(standing(&deployment, name).await, ("invited".into(), None), "{name}");
    }
    // The guest's mail comes later.
    let guest = deployment.realm().await.people(None, None, Some("#ext#"), 10).await.expect("people");
    let guest = guest[0].user_id.clone().expect("an id");
    correct(&server, &deployment.token, &guest, "ada@gmail.example").await;
    deployment.invitation_to("ada@gmail.example").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_addresses_moves_no_invitation() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let user = |emails: Value| json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "active": true, "emails": emails});
    let (work, home) = (json!({"value": ADA, "type": "work"}), json!({"value": "ada@home.example", "type": "home"}));
    let id = post(&server, &deployment.token, &user(json!([work, home]))).await;
    let invitation = deployment.invitation_to(ADA).await;
    let path = format!("/Users/{id}");
    let turned = user(json!([home, work]));
    assert_eq!(server.scim(&deployment.token, Method::PUT, &path, Some(&turned)).await.status, 200);
    assert_eq!(server.claim(&invitation, &[1; 32]).await.status, 200);
    let (one, two) = (json!({"value": "one@example.org"}), json!({"value": "two@example.org"}));
    let plain = post(&server, &deployment.token, &json!({"userName": "plain", "emails": [one, two]})).await;
    let invitation = deployment.invitation_to("one@example.org").await;
    let turned = json!({"userName": "plain", "active": true, "emails": [two, one]});
    assert_eq!(
        server.scim(&deployment.token, Method::PUT, &format!("/Users/{plain}"), Some(&turned)).await.status,
        200
    );
    assert_eq!(server.claim(&invitation, &[1; 32]).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_hire_with_the_address_of_a_leaver_is_invited() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    // A leaver who never finished: the new one enrols.
    let old = create(&server, &deployment.token, "old", ADA, true).await;
    deployment.invitation_to(ADA).await;
    server.set_active(&deployment, &old, false).await;
    create(&server, &deployment.token, "new", ADA, true).await;
    assert_eq!(standing(&deployment, "new").await, ("invited".into(), None));
    // A leaver who had finished, kept by the provider: the person comes back as a new object.
    let grace = create(&server, &deployment.token, "grace", "grace@example.org", true).await;
    let before = finish(&deployment, &server, "grace@example.org").await;
    server.set_active(&deployment, &grace, false).await;
    create(&server, &deployment.token, "grace-again", "grace@example.org", true).await;
    let shown = person(&deployment, "grace@example.org").await;
    let again = shown.organisations.iter().find(|one| one.user_name == "grace-again").expect("the new one");
    assert_eq!((again.state, again.mode.as_str()), ("invited", "join"), "the same person, with the account of then");
    assert_eq!(before.log_in(&server).await.problem(), "suspended", "who has no link of the new invitation is out");
    let joining = Person::claim(&server, &deployment.invitations(4).await.pop().expect("a link")).await;
    let session = before.log_in(&server).await;
    assert_eq!(session.status, 200, "{session:?}");
    let session = session.json()["session"].as_str().expect("a session").to_owned();
    let look = json!({"email": ADA});
    assert_eq!(server.post_as(&session, "/v1/directory", &look).await.problem(), "session-purpose");
    assert_eq!(joining.join(&server, &session).await.status, 200);
    assert_eq!(server.post_as(&session, "/v1/directory", &look).await.problem(), "person-unknown", "a member again");
    assert_eq!(before.log_in(&server).await.status, 200);
    assert_eq!(standing(&deployment, "grace-again").await.0, "complete");
    // The provider lets the old object go: the account stays that of the new one.
    remove(&server, &deployment.token, &grace).await;
    assert_eq!(before.log_in(&server).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_hire_who_never_joined_gets_an_account_of_their_own_once_the_leaver_is_deleted() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let grace = create(&server, &deployment.token, "grace", ADA, true).await;
    let before = finish(&deployment, &server, ADA).await;
    server.set_active(&deployment, &grace, false).await;
    create(&server, &deployment.token, "another-grace", ADA, true).await;
    deployment.invitations(2).await;
    remove(&server, &deployment.token, &grace).await;
    let enrol = deployment.invitation(3).await;
    let after = Person::claim(&server, &enrol).await;
    after.enrol(&server).await;
    assert_ne!(after.context.account, before.context.account);
    assert_eq!(standing(&deployment, "another-grace").await.0, "complete");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_people_with_one_address_the_second_waits_visibly_and_has_its_turn() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let first = create(&server, &deployment.token, "first", ADA, true).await;
    create(&server, &deployment.token, "second", ADA, true).await;
    create(&server, &deployment.token, "third", ADA, true).await;
    for name in ["second", "third"] {
        assert_eq!(standing(&deployment, name).await, ("waiting".into(), Some("address-held")));
    }
    let shown = person(&deployment, ADA).await;
    assert!(shown.organisations.iter().any(|one| one.user_name == "second" && one.held_by.as_deref() == Some("first")));
    correct(&server, &deployment.token, &first, "first@example.org").await;
    assert_eq!(standing(&deployment, "second").await.0, "invited");
    assert_eq!(standing(&deployment, "first").await.0, "invited");
    assert_eq!(standing(&deployment, "third").await, ("waiting".into(), Some("address-held")));
    let second = deployment.realm().await.people(None, None, Some("second"), 10).await.expect("people");
    remove(&server, &deployment.token, second[0].user_id.as_deref().expect("an id")).await;
    assert_eq!(standing(&deployment, "third").await.0, "invited");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_a_removal_has_freed_goes_to_whoever_waits() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let first = create(&server, &deployment.token, "first", ADA, true).await;
    let before = finish(&deployment, &server, ADA).await;
    create(&server, &deployment.token, "second", ADA, true).await;
    assert_eq!(standing(&deployment, "second").await, ("waiting".into(), Some("address-held")));
    remove(&server, &deployment.token, &first).await;
    assert_eq!(before.log_in(&server).await.problem(), "removed");
    assert_eq!(standing(&deployment, "second").await.0, "invited");
    deployment.invitations(2).await;
    let after = finish(&deployment, &server, ADA).await;
    assert_ne!(after.context.account, before.context.account);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_organisation_the_person_finishes_with_the_other_asks_to_join() {
    let deployment = Deployment::new().await;
    let second = other(&deployment).await;
    let server = deployment.serve().await;
    create(&server, &deployment.token, "ada", ADA, true).await;
    let ours = deployment.invitation_to(ADA).await;
    create(&server, &second.token, "ada", ADA, true).await;
    let theirs = deployment.invitation(2).await;
    assert_ne!(ours.invite_id, theirs.invite_id);
    // In the middle of the one, the other is finished.
    let slow = Person::claim(&server, &ours).await;
    let upload = slow.make_upload(&server).await;
    let ada = Person::claim(&server, &theirs).await;
    ada.enrol(&server).await;
    assert_ne!(slow.context.account, ada.context.account, "a pending account belongs to one organisation");
    let refused = slow.complete(&server, &upload).await;
    assert_eq!(refused.problem(), "invite-withdrawn");
    assert!(refused.json()["detail"].as_str().is_some_and(|detail| detail.contains("join")), "{refused:?}");
    let join = deployment.invitation(3).await;
    let offer = server.claim(&join, &[7; 32]).await.json();
    assert_eq!(offer["mode"], "join");
    let shown = person(&deployment, ADA).await;
    assert_eq!(in_organisation(&shown, "Example Corp").mode, "join");
    assert_eq!(in_organisation(&shown, "Other").state, "complete");
    // The second organisation lets the person go before they have joined the first: there is no
    // account to join with any more, and the first one's invitation says so by itself.
    let people = deployment.realm().await.people(Some(second.org), None, None, 10).await.expect("people");
    remove(&server, &second.token, people[0].user_id.as_deref().expect("an id")).await;
    let enrol = deployment.invitation(4).await;
    assert_eq!(server.claim(&enrol, &[7; 32]).await.json()["mode"], "enrol");
    assert_eq!(server.claim(&join, &[7; 32]).await.problem(), "invite-withdrawn");
    Person::claim(&server, &enrol).await.enrol(&server).await;
    assert_eq!(person(&deployment, ADA).await.state, "complete");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_by_one_organisation_does_not_keep_the_person_from_joining_another() {
    let deployment = Deployment::new().await;
    let hostile = other(&deployment).await;
    let server = deployment.serve().await;
    // The person finishes with the other one's link, which then suspends them.
    let theirs = create(&server, &hostile.token, "victim", ADA, true).await;
    let ada = finish(&deployment, &server, ADA).await;
    create(&server, &deployment.token, "ada", ADA, true).await;
    let join = deployment.invitation(2).await;
    server
        .scim(
            &hostile.token,
            Method::PATCH,
            &format!("/Users/{theirs}"),
            Some(&json!({"Operations": [{"op": "replace", "value": {"active": false}}]})),
        )
        .await;
    assert_eq!(ada.log_in(&server).await.problem(), "suspended");
    let joining = Person::claim(&server, &join).await;
    let session = ada.log_in(&server).await.json()["session"].as_str().expect("a session").to_owned();
    let look = server.post_as(&session, "/v1/directory", &json!({"email": ADA})).await;
    assert_eq!(look.problem(), "session-purpose", "it is good for joining and nothing else");
    assert_eq!(joining.join(&server, &session).await.status, 200);
    assert_eq!(standing(&deployment, "ada").await.0, "complete");
    assert_eq!(ada.log_in(&server).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_organisations_wait_for_one_person_and_the_first_deletes() {
    let deployment = Deployment::new().await;
    let second = other(&deployment).await;
    let server = deployment.serve().await;
    let id = create(&server, &deployment.token, "ada", ADA, true).await;
    create(&server, &second.token, "ada", ADA, true).await;
    deployment.invitations(2).await;
    remove(&server, &deployment.token, &id).await;
    let shown = person(&deployment, ADA).await;
    let live: Vec<&str> =
        shown.invites.iter().filter(|invite| invite.state == "live").map(|invite| invite.mode.as_str()).collect();
    assert_eq!(live, ["enrol"]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_elses_letters_hold_back_an_invitation_or_a_letter_about_keys() {
    let deployment = Deployment::new().await;
    let hostile = other(&deployment).await;
    let server = deployment.serve().await;
    let theirs = create(&server, &hostile.token, "victim", ADA, true).await;
    for _ in 0..6 {
        patch(&server, &hostile.token, &theirs, &json!({"active": false})).await;
        patch(&server, &hostile.token, &theirs, &json!({"active": true})).await;
    }
    create(&server, &deployment.token, "ada", ADA, true).await;
    let ours = crate::common::wait_for(|| {
        let letters = crate::common::letters_in(&deployment.mail());
        letters.into_iter().find(|letter| letter.contains("Example Corp") && letter.contains("#fkinv2."))
    })
    .await;
    let ada = Person::claim(&server, &crate::common::Invitation::read(&ours)).await;
    ada.enrol(&server).await;
    crate::common::wait_for(|| {
        let letters = crate::common::letters_in(&deployment.mail());
        letters.into_iter().find(|letter| letter.contains(&format!("To: {ADA}")) && !letter.contains("#fkinv2."))
    })
    .await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_administrator_took_back_is_not_sent_again_by_itself() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = create(&server, &deployment.token, "ada", ADA, true).await;
    let realm = deployment.realm().await;
    deployment.invitation_to(ADA).await;
    assert_eq!(realm.withdraw_invites(ADA, None).await.expect("known").withdrawn, 1);
    assert_eq!(standing(&deployment, "ada").await, ("waiting".into(), Some("taken-back")));
    patch(&server, &deployment.token, &id, &json!({"displayName": "Ada King"})).await;
    create(&server, &deployment.token, "second", ADA, true).await;
    assert_eq!(standing(&deployment, "ada").await, ("waiting".into(), Some("taken-back")));
    realm.resend_invite(ADA, None, None).await.expect("sent again");
    assert_eq!(standing(&deployment, "ada").await.0, "invited");
    deployment.invitations(2).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_ran_out_is_seen_as_such() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, ADA).await;
    deployment.invitation_to(ADA).await;
    deployment.pass(8 * 86_400);
    assert_eq!(standing(&deployment, ADA).await, ("waiting".into(), Some("invitation-expired")));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_wrong_tokens_locked_is_seen_as_such() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    server.provision(&deployment, ADA).await;
    let invitation = deployment.invitation_to(ADA).await;
    let wrong = json!({"invite_id": invitation.invite_id, "token": "A".repeat(43), "claim_key": "A".repeat(43)});
    let realm = deployment.realm().await;
    for state in ["live", "locked"] {
        let invites = realm.invites(None, Some(state.to_owned()), 10).await.expect("invitations");
        assert_eq!(invites.len(), 1, "{state}");
        for _ in 0..10 {
            assert_eq!(server.post("/v1/invites/claim", &wrong).await.problem(), "invite-unknown");
        }
    }
    assert_eq!(standing(&deployment, ADA).await, ("waiting".into(), Some("invitation-locked")));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leavers_are_out_whatever_else_stands_in_the_request() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let id = create(&server, &deployment.token, "ada", ADA, true).await;
    let ada = finish(&deployment, &server, ADA).await;
    let leaves =
        json!({"active": false, "userName": "ada.left", "emails": [{"value": "left@example.org", "primary": true}]});
    patch(&server, &deployment.token, &id, &leaves).await;
    assert_eq!(ada.log_in(&server).await.problem(), "suspended");
    // And somebody new with the address is asked at once.
    create(&server, &deployment.token, "ada", ADA, true).await;
    assert_eq!(standing(&deployment, "ada").await.0, "invited");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_waits_goes_to_nobody_once_its_address_is_not_the_persons() {
    let deployment = Deployment::new().await;
    // Nobody listens at port 1.
    let nowhere = MailOut::Smtp { url: "smtp://127.0.0.1:1".into(), password: None, ca_file: None };
    let nobody = deployment.serve_with_mail(nowhere).await;
    create(&nobody, &deployment.token, "ada", ADA, true).await;
    nobody.stop().await;
    // The law is held by the command that changes the address; the deliverer asks once more.
    deployment.meddle("UPDATE membership SET email = 'new@example.org', email_key = 'new@example.org'");
    deployment.pass(2 * 3600);
    let server = deployment.serve().await;
    assert_eq!(invited(&deployment, &server, "marker@example.org").await, Vec::<String>::new());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_name_one_address_each_is_told_and_the_last_has_its_turn() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let mut ids = Vec::new();
    for number in 0..205 {
        ids.push(create(&server, &deployment.token, &format!("n{number}"), ADA, true).await);
    }
    assert_eq!(standing(&deployment, "n204").await, ("waiting".into(), Some("address-held")));
    patch(&server, &deployment.token, &ids[203], &json!({"active": false})).await;
    assert_eq!(standing(&deployment, "n203").await.1, Some("not-active"), "a leaver waits for the organisation");
    // All but the first and the last have left.
    deployment.meddle(
        "UPDATE membership SET active = 0, standing = 'staged', reason = NULL WHERE user_name NOT IN ('n0', 'n204')",
    );
    patch(&server, &deployment.token, &ids[0], &json!({"active": false})).await;
    assert_eq!(standing(&deployment, "n204").await, ("invited".into(), None));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_that_lets_a_person_go_ends_no_reset_that_another_one_needs() {
    let deployment = Deployment::new().await;
    let hostile = other(&deployment).await;
    let server = deployment.serve().await;
    // The person finished with the other one first, which is why the reset is in its name.
    let theirs = create(&server, &hostile.token, "ada", ADA, true).await;
    let ada = finish(&deployment, &server, ADA).await;
    create(&server, &deployment.token, "ada", ADA, true).await;
    let joining = Person::claim(&server, &deployment.invitation(2).await).await;
    let session = ada.log_in(&server).await.json()["session"].as_str().expect("a session").to_owned();
    assert_eq!(joining.join(&server, &session).await.status, 200);
    deployment.realm().await.reset_person(ADA, "uid 1000", None).await.expect("it is started");
    let reset = deployment.invitation(3).await;
    remove(&server, &hostile.token, &theirs).await;
    let offer = server.claim(&reset, &[7; 32]).await;
    assert_eq!(offer.json()["reset"]["key_gen"], 2, "{offer:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_proves_no_other_mailbox_than_the_one_it_was_sent_to() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    create(&server, &deployment.token, "ada", ADA, true).await;
    let invitation = deployment.invitation_to(ADA).await;
    let person = Person::claim(&server, &invitation).await;
    let upload = person.make_upload(&server).await;
    // Nothing does this; if something ever did, the link would not be an invitation to grace.
    deployment.meddle("UPDATE membership SET email = 'grace@example.org', email_key = 'grace@example.org'");
    assert_eq!(server.claim(&invitation, &[7; 32]).await.problem(), "invite-withdrawn");
    assert_eq!(person.complete(&server, &upload).await.problem(), "invite-withdrawn");
    server.stop().await;
}
