//! New keys for somebody who lost password and kit: never silently, never while the owner can still
//! open the account, and nothing of the old keys stays.

use crate::common::keeper::{Keeper, opened};
use crate::common::person::{Claim, Person, random};
use crate::common::{Answer, Deployment, Invitation, Server, b64, wait_for};
use firstkey_server::NewOrganisation;
use firstkey_server::admin::ResetRefused;
use reqwest::Method;
use serde_json::json;
use std::process::{Command, Stdio};

const ADA: &str = "ada@example.org";
const GRACE: &str = "grace@example.org";
/// An address gets five letters an hour.
const HOUR: i64 = 3600;
const NEW: &str = "entirely different words here";

fn letters(deployment: &Deployment, words: &str, to: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(deployment.mail()) else { return Vec::new() };
    let letters = entries.filter_map(|entry| std::fs::read_to_string(entry.ok()?.path()).ok());
    letters.filter(|raw| raw.contains(words) && raw.contains(&format!("To: {to}"))).collect()
}

async fn letter(deployment: &Deployment, words: &str, to: &str) -> String {
    wait_for(|| letters(deployment, words, to).pop()).await
}

fn audit(deployment: &Deployment, event: &str) -> String {
    deployment.ask(&format!("SELECT count(*) FROM audit WHERE event = '{event}'"))
}

/// Starts a reset and gives the invitation that arrives.
async fn reset(deployment: &Deployment, email: &str) -> Invitation {
    let words = "wants to reset your keys";
    let before = letters(deployment, words, email);
    deployment.realm().await.reset_person(email, "uid 1000", None).await.expect("it is started");
    let letter = wait_for(|| letters(deployment, words, email).into_iter().find(|raw| !before.contains(raw))).await;
    Invitation::read(&letter.replace("\r\n", "\n"))
}

async fn claim(server: &Server, invitation: &Invitation) -> Answer {
    server.claim(invitation, &Claim::new(invitation).public()).await
}

fn with_new_password(mut person: Person) -> Person {
    NEW.clone_into(&mut person.password);
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_gives_new_keys_ends_everything_old_and_everybody_is_told() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let grace = Keeper::enrol(&deployment, &server, GRACE).await;
    let (bearer, before) = ada.first_session(&server).await;
    let old_fingerprint = ada.person.fingerprint(&deployment.show(ADA).await);

    let invitation = reset(&deployment, ADA).await;
    let started = deployment.ask("SELECT detail FROM audit WHERE event = 'reset.started'");
    assert_eq!(started, "uid 1000");
    for said in
        ["stays unreadable for good", "Contact it@example.org at once", "firstkey verify", "which cancels the reset"]
    {
        assert!(invitation.raw.replace('\n', " ").contains(said), "{said:?} is not in\n{}", invitation.raw);
    }
    let told = letter(&deployment, "A reset of keys was started", "it@example.org").await;
    assert!(told.replace("\r\n", "\n").contains(&old_fingerprint), "{told}");
    // Whoever asks without proving anything sees the account as it was.
    let params = server.post("/v1/login/params", &json!({"email": ADA})).await.json();
    assert_eq!(params["key_gen"], 1);

    let offer = claim(&server, &invitation).await.json();
    assert_eq!(offer["mode"], "enrol");
    assert_eq!(offer["reset"], json!({"key_gen": 2, "started_at": deployment.start}));
    let person = with_new_password(Person::claim(&server, &invitation).await);
    let (upload, ..) = person.make_upload_and_keys(&server).await;
    deployment.pass(5);
    let answer = person.complete(&server, &upload).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(person.complete(&server, &upload).await, answer, "a lost answer is given again");

    // The old password, the old kit and the old session are over.
    assert_eq!(ada.person.log_in(&server).await.problem(), "login-failed");
    assert_eq!(ada.recover(&server, &ada.code).await.problem(), "recovery-failed");
    assert_eq!(server.ask_as(&bearer, Method::GET, "/v1/sessions", None).await.problem(), "session-ended");
    let (_, after) = opened(&person.log_in(&server).await);
    assert_eq!(after["key_gen"], 2);
    for number in ["1", "2", "3", "4"] {
        let old = before["envelopes"][number].as_str().expect("text");
        assert_eq!(after["envelopes"][number], upload["envelopes"][number]);
        assert_ne!(after["envelopes"][number], old);
    }
    assert_eq!(deployment.ask("SELECT count(*) FROM bundle"), "2", "one of each account");

    let new_fingerprint = person.fingerprint(&deployment.show(ADA).await);
    assert_ne!(new_fingerprint, old_fingerprint);
    for (words, to) in [("Your keys were reset", ADA), ("of an account at Example Corp were reset", "it@example.org")] {
        let told = letter(&deployment, words, to).await;
        assert!(told.replace("\r\n", "\n").contains(&new_fingerprint), "{told}");
    }
    assert_eq!(
        (audit(&deployment, "account.reset"), audit(&deployment, "account.key-changed")),
        ("1".into(), "1".into())
    );

    // A colleague sees that it happened and when.
    let (grace, _) = grace.first_session(&server).await;
    let found = server.post_as(&grace, "/v1/directory", &json!({"email": ADA})).await.json();
    assert_eq!(found["identity"]["key_gen"], 2);
    assert_eq!(found["earlier_fingerprint"], json!(old_fingerprint));
    assert_eq!(found["reset"], json!({"started_at": deployment.start, "completed_at": deployment.start + 5}));
    let own = server.post_as(&grace, "/v1/directory", &json!({"email": GRACE})).await.json();
    assert!(own.get("reset").is_none() && own["earlier_fingerprint"].is_null(), "{own}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_opens_the_account_calls_the_reset_off() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;

    // By the password, even after the link was opened and the upload was made.
    let invitation = reset(&deployment, ADA).await;
    let thief = Person::claim(&server, &invitation).await;
    let upload = thief.make_upload(&server).await;
    ada.first_session(&server).await;
    assert_eq!(thief.complete(&server, &upload).await.problem(), "invite-withdrawn");
    assert_eq!(claim(&server, &invitation).await.problem(), "invite-withdrawn");
    letter(&deployment, "The reset of your keys was cancelled", ADA).await;
    letter(&deployment, "A reset of keys was cancelled", "it@example.org").await;
    assert_eq!(audit(&deployment, "reset.called-off"), "1");

    // By the kit.
    deployment.pass(HOUR);
    let invitation = reset(&deployment, ADA).await;
    opened(&ada.recover(&server, &ada.code).await);
    assert_eq!(claim(&server, &invitation).await.problem(), "invite-withdrawn");

    // By a change in a session that was open before.
    deployment.pass(HOUR);
    let (bearer, bundle) = ada.first_session(&server).await;
    let invitation = reset(&deployment, ADA).await;
    let change = ada.change(&server, &bearer, &bundle, NEW).await;
    assert_eq!(server.post_as(&bearer, "/v1/account/password", &change).await.status, 200);
    assert_eq!(claim(&server, &invitation).await.problem(), "invite-withdrawn");
    assert_eq!(audit(&deployment, "reset.called-off"), "3");

    // A wrong password proves nothing.
    deployment.pass(HOUR);
    let invitation = reset(&deployment, ADA).await;
    assert_eq!(ada.person.log_in_with(&server, &server, "not the password at all").await.problem(), "login-failed");
    assert_eq!(claim(&server, &invitation).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_completed_and_active_account_is_reset() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let realm = deployment.realm().await;
    let refused = async |email: &str| realm.reset_person(email, "uid 0", None).await.expect_err("refused");
    assert!(refused("nobody@example.org").await.to_string().contains("nobody@example.org"));

    let id = server.provision(&deployment, ADA).await;
    assert!(matches!(refused(ADA).await, ResetRefused::Unfinished(_)));
    let person = Person::claim(&server, &deployment.invitation_to(ADA).await).await;
    person.enrol(&server).await;
    server.set_active(&deployment, &id, false).await;
    assert!(matches!(refused(ADA).await, ResetRefused::Suspended(_)));
    server.set_active(&deployment, &id, true).await;

    // A suspension takes an open one with it.
    let invitation = reset(&deployment, ADA).await;
    server.set_active(&deployment, &id, false).await;
    assert_eq!(claim(&server, &invitation).await.problem(), "suspended");
    server.set_active(&deployment, &id, true).await;
    assert_eq!(claim(&server, &invitation).await.problem(), "invite-withdrawn");

    server.scim(&deployment.token, Method::DELETE, &format!("/Users/{id}"), None).await;
    assert!(matches!(refused(ADA).await, ResetRefused::Removed(_)));
    assert_eq!(audit(&deployment, "reset.started"), "1");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_reset_replaces_the_first_and_the_link_expires_like_any_other() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    Keeper::enrol(&deployment, &server, ADA).await;
    let first = reset(&deployment, ADA).await;
    deployment.pass(1);
    let second = reset(&deployment, ADA).await;
    assert_ne!(first.invite_id, second.invite_id);
    assert_eq!(claim(&server, &first).await.problem(), "invite-withdrawn");
    assert_eq!(claim(&server, &second).await.status, 200);
    let invites = deployment.realm().await.person(ADA).await.expect("known").invites;
    assert_eq!(invites.iter().filter(|invite| invite.mode == "reset").count(), 2);
    deployment.pass(7 * 86_400);
    assert_eq!(claim(&server, &second).await.problem(), "invite-expired");
    // Withdrawing works as for every invitation.
    let third = reset(&deployment, ADA).await;
    assert_eq!(deployment.realm().await.withdraw_invites(ADA, None).await.expect("known").withdrawn, 1);
    assert_eq!(claim(&server, &third).await.problem(), "invite-withdrawn");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_takes_the_next_generation_and_no_other_and_an_invitation_takes_the_first() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    Keeper::enrol(&deployment, &server, ADA).await;
    let invitation = reset(&deployment, ADA).await;
    let mut person = Person::claim(&server, &invitation).await;
    for wrong in [0, 1, 3] {
        person.key_gen.0 = wrong;
        let upload = person.make_upload(&server).await;
        assert_eq!(person.complete(&server, &upload).await.problem(), "invalid", "{wrong}");
    }
    person.key_gen.0 = 2;
    let first = person.make_upload(&server).await;
    let mut second = first.clone();
    assert_eq!(person.complete(&server, &first).await.status, 200);
    second["idempotency_key"] = json!(b64(&random::<16>()));
    assert_eq!(person.complete(&server, &second).await.problem(), "invite-used");

    // The reset after that makes the third.
    let next = with_new_password(Person::claim(&server, &reset(&deployment, ADA).await).await);
    assert_eq!(next.key_gen.0, 3);
    next.enrol(&server).await;
    assert_eq!(opened(&next.log_in(&server).await).1["key_gen"], 3);

    server.provision(&deployment, GRACE).await;
    let mut grace = Person::claim(&server, &deployment.invitation_to(GRACE).await).await;
    grace.key_gen.0 = 2;
    let upload = grace.make_upload(&server).await;
    assert_eq!(grace.complete(&server, &upload).await.problem(), "invalid");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_a_login_and_a_recovery_that_began_before_do_not_outlive_the_reset() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (bearer, bundle) = ada.first_session(&server).await;
    let invitation = reset(&deployment, ADA).await;
    let person = with_new_password(Person::claim(&server, &invitation).await);
    let upload = person.make_upload(&server).await;
    let (login_id, ke3) = ada.person.prove(&server).await;
    let challenge = ada.challenge(&server).await.json();
    let change = ada.change(&server, &bearer, &bundle, "yet another password of hers").await;
    assert_eq!(person.complete(&server, &upload).await.status, 200);

    let late = server.post("/v1/login/finish", &json!({"login_id": login_id, "ke3": ke3})).await;
    assert_eq!(late.problem(), "login-failed");
    let late = ada.prove(&server, &challenge, &ada.code, crate::common::ORIGIN).await;
    assert_eq!(late.problem(), "recovery-failed");
    assert_eq!(server.post_as(&bearer, "/v1/account/password", &change).await.problem(), "changed-meanwhile");
    assert_eq!(opened(&person.log_in(&server).await).1["envelopes"], upload["envelopes"]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_strictest_of_a_persons_organisations_says_what_a_reset_must_be() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let realm = deployment.realm().await;
    let new = NewOrganisation { name: "Strict".into(), contact: None, min_profile: Some(3) };
    let org = realm.add_organisation(new).await.expect("added");
    deployment.meddle(&format!(
        "INSERT INTO membership (user_id, org_id, account_id, mode, accepted_at, user_name, user_name_key, external_id, active,
                invited_at, email, email_key, display_name, attributes, created_at, modified_at, version, standing)
         SELECT {}, (SELECT org_id FROM organisation WHERE name = 'Strict'), account_id, 'join', accepted_at, user_name, user_name_key,
                external_id, active, invited_at, email, email_key, display_name, attributes, created_at + 1, modified_at, version,
                standing FROM membership",
        if crate::POSTGRES { "decode(repeat('07', 16), 'hex')" } else { "X'07070707070707070707070707070707'" }
    ));
    assert_eq!(realm.person(ADA).await.expect("known").organisations.len(), 2, "{org:?}");
    let invitation = reset(&deployment, ADA).await;
    let offer = claim(&server, &invitation).await.json();
    assert_eq!(
        (offer["policy"]["min_profile"].clone(), offer["organisation"]["name"].clone()),
        (json!(3), json!("Example Corp"))
    );
    let weak = Person::claim(&server, &invitation).await;
    let upload = weak.make_upload(&server).await;
    assert_eq!(weak.complete(&server, &upload).await.problem(), "invalid");
    ada.first_session(&server).await;
    server.stop().await;
}

#[test]
fn the_command_wants_the_address_twice_and_says_who_started_it() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let deployment = runtime.block_on(Deployment::new());
    runtime.block_on(async {
        let server = deployment.serve().await;
        Keeper::enrol(&deployment, &server, ADA).await;
        server.stop().await;
    });
    let run = |flags: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_firstkey-server"));
        command.args(["person", "reset"]).args(flags).arg("--data").arg(deployment.data()).stdin(Stdio::null());
        command.env_remove("SUDO_UID").output().expect("the program runs")
    };
    for (flags, said) in [
        (&[ADA][..], "--yes-for ada@example.org"),
        (&[ADA, "--yes-for", GRACE], "Nothing was started."),
        (&[GRACE, "--yes-for", GRACE], GRACE),
    ] {
        let refused = run(flags);
        let text = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(1) && text.contains(said), "{text}");
    }
    assert_eq!(audit(&deployment, "reset.started"), "0");
    let started = run(&[ADA, "--yes-for", "Ada@Example.org", "--json"]);
    assert_eq!(started.status.code(), Some(0), "{started:?}");
    let answer: serde_json::Value = serde_json::from_slice(&started.stdout).expect("JSON");
    assert_eq!((answer["email"].as_str(), answer["key_gen"].as_u64()), (Some(ADA), Some(2)));
    assert!(answer["expires_at"].as_i64().is_some());
    let detail = deployment.ask("SELECT detail FROM audit WHERE event = 'reset.started'");
    assert_eq!(detail, format!("uid {}", rustix::process::getuid().as_raw()));
}
