//! A new password, and a new kit: stored whole, from what they replace, and the old one is dead at
//! once.

use crate::common::keeper::{Keeper, expected};
use crate::common::person::random;
use crate::common::{Deployment, Server, b64, unb64, wait_for};
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::secret::SecretKey;
use firstkey_server::NewOrganisation;
use rand_core::OsRng;
use reqwest::Method;
use serde_json::{Value, json};

const ADA: &str = "ada@example.org";
const OLD: &str = "correct horse battery staple";
const NEW: &str = "entirely different words here";
const PATH: &str = "/v1/account/password";

async fn letter_with(deployment: &Deployment, words: &str) -> String {
    wait_for(|| {
        let entries = std::fs::read_dir(deployment.mail()).ok()?;
        let letters = entries.filter_map(|entry| std::fs::read_to_string(entry.ok()?.path()).ok());
        letters.map(|raw| raw.replace("\r\n", "\n")).find(|raw| raw.contains(words))
    })
    .await
}

async fn wrong(server: &Server, ada: &Keeper, password: &str) {
    let answer = ada.person.log_in_with(server, server, password).await;
    assert_eq!((answer.status, answer.problem().as_str()), (403, "login-failed"));
}

/// The same block with one bit of its salt turned.
fn other_salt(block: &Value) -> Value {
    let mut bytes = unb64(block);
    bytes[20] ^= 1;
    json!(b64(&bytes))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_password_is_dead_at_once_and_the_keys_are_the_same() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (elsewhere, _) = ada.first_session(&server).await;
    let (bearer, before) = ada.first_session(&server).await;
    let body = ada.change(&server, &bearer, &before, NEW).await;
    let answer = server.post_as(&bearer, PATH, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(unb64(&answer.json()["receipt"]), hazmat::sha256(body.to_string().as_bytes()));

    wrong(&server, &ada, OLD).await;
    let (_, after) = ada.log_in(&server, NEW).await;
    assert_eq!(after["envelopes"]["1"], body["envelopes"]["1"]);
    for same in ["identity", "signature", "recovery_public", "key_gen"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    for same in ["2", "3", "4"] {
        assert_eq!(after["envelopes"][same], before["envelopes"][same], "{same}");
    }
    let list = |bearer: String| {
        let server = &server;
        async move { server.ask_as(&bearer, Method::GET, "/v1/sessions", None).await }
    };
    assert_eq!(list(elsewhere).await.problem(), "session-ended", "other sessions are over");
    assert_eq!(list(bearer).await.status, 200, "this one is not");

    let again = ada.person.complete(&server, &ada.upload).await;
    assert_eq!(unb64(&again.json()["receipt"]), hazmat::sha256(ada.upload.to_string().as_bytes()));
    let letter = letter_with(&deployment, "Your password was changed").await;
    assert!(letter.contains("To: ada@example.org") && !letter.contains("http"), "{letter}");
    let noted = deployment.ask("SELECT count(*) FROM audit WHERE event = 'account.password-changed'");
    assert_eq!(noted, "1");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_made_from_one_state_one_is_stored_and_the_other_is_told_so() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let mut old = OLD.to_owned();
    for (round, same_session) in [true, false, true, false].into_iter().enumerate() {
        let (first, before) = ada.log_in(&server, &old).await;
        let second = if same_session { first.clone() } else { ada.log_in(&server, &old).await.0 };
        let passwords = ["one", "two"].map(|word| format!("password {word} of round {round}"));
        let one = ada.change(&server, &first, &before, &passwords[0]).await;
        let two = ada.change(&server, &second, &before, &passwords[1]).await;
        let (a, b) = tokio::join!(server.post_as(&first, PATH, &one), server.post_as(&second, PATH, &two));
        let (winner, loser) = if a.status == 200 { (0, &b) } else { (1, &a) };
        assert!(a.status == 200 || b.status == 200, "{a:?} {b:?}");
        assert_eq!((loser.status, loser.problem().as_str()), (409, "changed-meanwhile"));
        wrong(&server, &ada, &passwords[1 - winner]).await;
        let (_, after) = ada.log_in(&server, &passwords[winner]).await;
        assert_eq!(after["envelopes"]["1"], [one, two][winner]["envelopes"]["1"]);
        old.clone_from(&passwords[winner]);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_given_again_though_the_session_is_over_and_to_that_session_only() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (other, _) = ada.first_session(&server).await;
    let (bearer, before) = ada.first_session(&server).await;
    let body = ada.change(&server, &bearer, &before, NEW).await;
    let answer = server.post_as(&bearer, PATH, &body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(server.post_as(&bearer, PATH, &body).await, answer);
    assert_eq!(server.post_as(&other, PATH, &body).await.problem(), "changed-meanwhile");
    deployment.pass(3600);
    assert_eq!(server.post_as(&bearer, PATH, &body).await, answer, "the session ran out");
    assert_eq!(server.post_as(&other, PATH, &body).await.problem(), "session-ended");
    let mut different = body.clone();
    different["expected"] = json!(b64(&random::<32>()));
    assert_eq!(server.post_as(&bearer, PATH, &different).await.problem(), "conflict");

    let (later, bundle) = ada.log_in(&server, NEW).await;
    let next = ada.change(&server, &later, &bundle, "a third one with more words").await;
    assert_eq!(server.post_as(&later, PATH, &next).await.status, 200);
    assert_eq!(server.post_as(&bearer, PATH, &body).await, answer, "also after another change");
    wrong(&server, &ada, NEW).await;
    server.set_active(&deployment, &ada.id, false).await;
    assert_eq!(server.post_as(&bearer, PATH, &body).await.problem(), "suspended");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_sent_twice_at_once_gets_one_answer() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let twice = async |bearer: &str, path: &str, body: &Value| {
        let (a, b, c) = tokio::join!(
            server.post_as(bearer, path, body),
            server.post_as(bearer, path, body),
            server.post_as(bearer, path, body)
        );
        assert_eq!((a.status, &b, &c), (200, &a, &a), "{path}");
    };
    let mut old = OLD.to_owned();
    for round in 0..4 {
        let (bearer, bundle) = ada.log_in(&server, &old).await;
        let new = format!("the password of round {round}");
        twice(&bearer, PATH, &ada.change(&server, &bearer, &bundle, &new).await).await;
        let (bearer, bundle) = ada.log_in(&server, &new).await;
        let kit = ada.new_kit();
        twice(&bearer, "/v1/account/kit", &Keeper::kit_change(&kit, &bundle)).await;
        let (bearer, bundle) = crate::common::keeper::opened(&ada.recover(&server, &kit.code).await);
        old = format!("the recovered password of round {round}");
        let body = ada.recovery(&server, &bearer, &bundle, &old, &ada.new_kit()).await;
        twice(&bearer, "/v1/recovery/complete", &body).await;
    }
    assert_eq!(deployment.ask("SELECT count(*) FROM account_change"), "12");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_does_not_hold_together_is_refused_and_nothing_is_stored() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (bearer, before) = ada.first_session(&server).await;
    let good = ada.change(&server, &bearer, &before, NEW).await;
    let weak = ada.new_password(&server, &bearer, NEW, Profile::One).await;
    let mut same_salt = good.clone();
    same_salt["kdf_block"] = before["kdf_block"].clone();
    same_salt["envelopes"]["1"] = before["envelopes"]["1"].clone();
    let mut below = good.clone();
    for part in ["kdf_block", "envelopes", "opaque_upload"] {
        below[part] = weak[part].clone();
    }
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        body
    };
    for (what, body) in [
        ("the salt of the present password", same_salt),
        ("a profile below the least", below),
        ("another block than in envelope 1", with(&|b| b["kdf_block"] = other_salt(&b["kdf_block"]))),
        ("an envelope of another type", with(&|b| b["envelopes"]["1"] = before["envelopes"]["2"].clone())),
        ("no OPAQUE record", with(&|b| b["opaque_upload"] = json!(b64(&[0xff; 192])))),
        ("an unknown member", with(&|b| b["key_gen"] = json!(1))),
        ("an envelope too many", with(&|b| b["envelopes"]["2"] = before["envelopes"]["2"].clone())),
        ("no state", with(&|b| drop(b.as_object_mut().expect("an object").remove("expected")))),
    ] {
        assert_eq!(server.post_as(&bearer, PATH, &body).await.problem(), "invalid", "{what}");
    }
    let another = with(&|b| b["expected"] = json!(b64(&random::<32>())));
    assert_eq!(server.post_as(&bearer, PATH, &another).await.problem(), "changed-meanwhile");
    assert_eq!(ada.first_session(&server).await.1, before);
    assert_eq!(server.post_as(&bearer, PATH, &good).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_strictest_of_a_persons_organisations_says_what_is_least() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let strict = NewOrganisation { name: "Strict".into(), min_profile: Some(3), ..NewOrganisation::default() };
    let realm = deployment.realm().await;
    let org = realm.add_organisation(strict).await.expect("added");
    let token = realm.add_scim_token(org).await.expect("token");
    let user = crate::common::okta_user(ADA);
    assert_eq!(server.scim(&token, Method::POST, "/Users", Some(&user)).await.status, 201);
    let (bearer, before) = ada.first_session(&server).await;
    let body = ada.change(&server, &bearer, &before, NEW).await;
    // Invited is not joined: nobody's wish counts before the person has accepted it.
    assert_eq!(server.post_as(&bearer, PATH, &body).await.status, 200);
    let said = async |password| ada.person.log_in_with(&server, &server, password).await.json()["policy"].clone();
    assert_eq!(said(NEW).await, json!({"min_profile": 2, "secret_key": "off"}));
    deployment.meddle("UPDATE membership SET accepted_at = 1 WHERE accepted_at IS NULL");
    deployment.meddle("UPDATE organisation SET secret_key = 'allowed' WHERE name = 'Strict'");
    // With the bundle, so that whoever makes a new lock need not find out by being refused.
    assert_eq!(said(NEW).await, json!({"min_profile": 3, "secret_key": "allowed"}));
    let recovered = ada.recover(&server, &ada.code).await.json();
    assert_eq!(recovered["policy"], json!({"min_profile": 3, "secret_key": "allowed"}));
    let (bearer, before) = ada.log_in(&server, NEW).await;
    let body = ada.change(&server, &bearer, &before, OLD).await;
    assert_eq!(server.post_as(&bearer, PATH, &body).await.problem(), "invalid");
    let mut body = ada.new_password(&server, &bearer, OLD, Profile::Three).await;
    body["idempotency_key"] = json!(b64(&random::<16>()));
    body["expected"] = json!(expected(&before));
    assert_eq!(server.post_as(&bearer, PATH, &body).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_began_with_the_old_password_is_not_finished_after_the_change() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (bearer, before) = ada.first_session(&server).await;
    let body = ada.change(&server, &bearer, &before, NEW).await;
    let (login_id, ke3) = ada.person.prove(&server).await;
    assert_eq!(server.post_as(&bearer, PATH, &body).await.status, 200);
    let finished = server.post("/v1/login/finish", &json!({"login_id": login_id, "ke3": ke3})).await;
    assert_eq!(finished.problem(), "login-failed");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_tests_ten_passwords_and_no_more() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (bearer, _) = ada.first_session(&server).await;
    for _ in 0..10 {
        ada.new_password(&server, &bearer, NEW, Profile::Two).await;
    }
    let (_, ke1) = ada.person.begin_login();
    let request = json!({"opaque_request": b64(&ke1.0[..32])});
    let refused = server.post_as(&bearer, "/v1/account/password/start", &request).await;
    assert_eq!((refused.problem().as_str(), refused.retry_after), ("too-many", Some(600)));
    let (fresh, _) = ada.first_session(&server).await;
    assert_eq!(server.post_as(&fresh, "/v1/account/password/start", &request).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_kit_kills_the_old_one_and_leaves_the_password_alone() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (elsewhere, _) = ada.first_session(&server).await;
    let (bearer, before) = ada.first_session(&server).await;
    let (running, too) = (ada.challenge(&server).await.json(), ada.challenge(&server).await.json());
    let by_old_kit = ada.recover(&server, &ada.code).await.json()["session"].as_str().expect("a bearer").to_owned();
    let kit = ada.new_kit();
    let mut stale = Keeper::kit_change(&kit, &before);
    stale["expected"] = json!(b64(&random::<32>()));
    assert_eq!(server.post_as(&bearer, "/v1/account/kit", &stale).await.problem(), "changed-meanwhile");
    let mut same = Keeper::kit_change(&kit, &before);
    same["recovery_public"] = before["recovery_public"].clone();
    assert_eq!(server.post_as(&bearer, "/v1/account/kit", &same).await.problem(), "invalid");
    let body = Keeper::kit_change(&kit, &before);
    let answer = server.post_as(&bearer, "/v1/account/kit", &body).await;
    assert_eq!(unb64(&answer.json()["receipt"]), hazmat::sha256(body.to_string().as_bytes()));
    assert_eq!(server.post_as(&bearer, "/v1/account/kit", &body).await, answer);

    let late = ada.prove(&server, &running, &ada.code, crate::common::ORIGIN).await;
    assert_eq!(late.problem(), "recovery-failed", "a challenge that was running");
    let late = ada.prove(&server, &too, &kit.code, crate::common::ORIGIN).await;
    assert_eq!(late.problem(), "recovery-failed", "whatever answers it");
    let request = json!({"opaque_request": b64(&[1; 32])});
    let dead = server.post_as(&by_old_kit, "/v1/account/password/start", &request).await;
    assert_eq!(dead.problem(), "session-ended", "a session that the old kit had opened");
    assert_eq!(ada.recover(&server, &ada.code).await.problem(), "recovery-failed");
    assert_eq!(ada.recover(&server, &kit.code).await.status, 200);
    assert_eq!(server.ask_as(&elsewhere, Method::GET, "/v1/sessions", None).await.status, 200);
    let (_, after) = ada.first_session(&server).await;
    assert_eq!(
        (&after["envelopes"]["1"], &after["envelopes"]["2"]),
        (&before["envelopes"]["1"], &json!(kit.envelope_2))
    );
    letter_with(&deployment, "You have a new recovery kit").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_changed_sixteen_times_an_hour_and_no_more() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (bearer, mut bundle) = ada.first_session(&server).await;
    let next = |bundle: &Value| {
        let kit = ada.new_kit();
        let body = Keeper::kit_change(&kit, bundle);
        let mut after = bundle.clone();
        after["envelopes"]["2"] = json!(kit.envelope_2);
        (body, after)
    };
    for _ in 0..16 {
        let (body, after) = next(&bundle);
        assert_eq!(server.post_as(&bearer, "/v1/account/kit", &body).await.status, 200);
        bundle = after;
        deployment.pass(1);
    }
    let (body, _) = next(&bundle);
    let refused = server.post_as(&bearer, "/v1/account/kit", &body).await;
    assert_eq!((refused.problem().as_str(), refused.retry_after), ("too-many", Some(3600 - 16)));
    deployment.pass(3600 - 16);
    let (bearer, _) = ada.first_session(&server).await;
    assert_eq!(server.post_as(&bearer, "/v1/account/kit", &body).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_key_is_taken_only_as_the_organisation_wants_it_and_whoever_has_one_may_keep_it() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, ADA).await;
    let (bearer, mut present) = ada.first_session(&server).await;
    let second = SecretKey::make(&mut OsRng);
    let (with, without) = (Some(&second), None);
    let (off, required) = ("The organisation does not use secret keys.", "The organisation requires a secret key.");
    for (policy, second, refused) in [
        ("off", with, Some(off)),
        ("allowed", without, None),
        ("required", without, Some(required)),
        ("required", with, None),
        // It has one by now.
        ("off", with, None),
        ("required", without, Some(required)),
        ("allowed", without, None),
        ("off", with, Some(off)),
    ] {
        deployment.meddle(&format!("UPDATE organisation SET secret_key = '{policy}'"));
        let mut body = ada.new_lock(&server, &bearer, NEW, Profile::Two, second).await;
        body["idempotency_key"] = json!(b64(&random::<16>()));
        body["expected"] = json!(expected(&present));
        let answer = server.post_as(&bearer, PATH, &body).await;
        let wish = if second.is_some() { "with" } else { "without" };
        if let Some(reason) = refused {
            assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid"), "{policy}, {wish}");
            assert_eq!(answer.json()["detail"], reason, "{policy}, {wish}");
        } else {
            assert_eq!(answer.status, 200, "{policy}, {wish}: {answer:?}");
            present["envelopes"]["1"] = body["envelopes"]["1"].clone();
        }
    }
    server.stop().await;
}
