//! Logins: only the password opens, only so often, and nobody learns who exists.

use crate::common::person::Person;
use crate::common::{Deployment, Server, b64, unb64};
use firstkey_core::crypto::kdf::Profile;
use serde_json::{Value, json};

const RIGHT: &str = "correct horse battery staple";

async fn complete(deployment: &Deployment, server: &Server) -> (String, Person) {
    let id = server.provision(deployment, "ada@example.org").await;
    let person = Person::claim(server, &deployment.invitation(1).await).await;
    person.enrol(server).await;
    (id, person)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_eleventh_try_after_ten_failures_has_to_wait() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (_, person) = complete(&deployment, &server).await;
    for _ in 0..10 {
        let answer = person.log_in_with(&server, &server, "wrong").await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "login-failed"));
    }
    let refused = person.log_in(&server).await;
    assert_eq!((refused.status, refused.problem().as_str()), (429, "too-many"));
    assert_eq!(refused.retry_after, Some(3600));
    deployment.pass(3599);
    assert_eq!(person.log_in(&server).await.retry_after, Some(1));
    deployment.pass(1);
    assert_eq!(person.log_in(&server).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_locked_out_for_longer_than_a_day_and_forty_tries_is_all_a_day_has() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (_, person) = complete(&deployment, &server).await;
    let nobody = person.named("eve@example.org");
    for _ in 0..4 {
        for _ in 0..10 {
            assert_eq!(person.log_in_with(&server, &server, "wrong").await.problem(), "login-failed");
            assert_eq!(nobody.log_in(&server).await.problem(), "login-failed");
        }
        deployment.pass(3600);
    }
    // The first failure is four hours old.
    let refused = person.log_in(&server).await;
    assert_eq!((refused.problem().as_str(), refused.retry_after), ("too-many", Some(20 * 3600)));
    assert_eq!(nobody.log_in(&server).await, refused, "people who do not exist are counted alike");
    deployment.pass(20 * 3600 - 1);
    assert_eq!(person.log_in(&server).await.problem(), "too-many");
    deployment.pass(1);
    assert_eq!(person.log_in(&server).await.status, 200, "whoever tried a hundred times, the owner comes in again");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_never_finished_counts_as_a_failure() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (_, person) = complete(&deployment, &server).await;
    let start = json!({"account_id": b64(&person.context.account.0), "ke1": valid_ke1(&person, &server).await});
    let mut refused = 0;
    for _ in 0..20 {
        refused += u32::from(server.post("/v1/login/start", &start).await.status == 429);
    }
    assert_eq!(refused, 11, "one unfinished login came before these twenty");
    server.stop().await;
}

/// Some KE1 that is one; making it costs one unfinished login.
async fn valid_ke1(person: &Person, server: &Server) -> String {
    let (_, ke1) = person.begin_login();
    let answer = server
        .post("/v1/login/start", &json!({"account_id": b64(&person.context.account.0), "ke1": b64(&ke1.0)}))
        .await;
    assert_eq!(answer.status, 200);
    b64(&ke1.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn successful_logins_are_not_limited() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (_, person) = complete(&deployment, &server).await;
    for _ in 0..15 {
        assert_eq!(person.log_in(&server).await.status, 200);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_finished_once_and_within_two_minutes() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (_, person) = complete(&deployment, &server).await;
    let (login_id, ke3) = person.prove(&server).await;
    let finish = json!({"login_id": login_id, "ke3": ke3});
    assert_eq!(server.post("/v1/login/finish", &finish).await.status, 200);
    assert_eq!(server.post("/v1/login/finish", &finish).await.problem(), "login-failed");

    // Nor is there a second proof after a wrong one.
    let (login_id, ke3) = person.prove(&server).await;
    let wrong = json!({"login_id": login_id, "ke3": b64(&[1; 64])});
    assert_eq!(server.post("/v1/login/finish", &wrong).await.problem(), "login-failed");
    let right = json!({"login_id": login_id, "ke3": ke3});
    assert_eq!(server.post("/v1/login/finish", &right).await.problem(), "login-failed");

    let (login_id, ke3) = person.prove(&server).await;
    deployment.pass(120);
    let late = server.post("/v1/login/finish", &json!({"login_id": login_id, "ke3": ke3})).await;
    assert_eq!(late.problem(), "login-failed");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_do_not_exist_get_the_same_made_up_answer_every_time() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    complete(&deployment, &server).await;
    let unfinished = server.provision(&deployment, "grace@example.org").await;
    assert!(!unfinished.is_empty());
    let ask = async |server: &Server, email: &str| server.post("/v1/login/params", &json!({"email": email})).await;
    let real = ask(&server, "ada@example.org").await;
    let mut seen = vec![real.json()["account_id"].clone()];
    for email in ["eve@example.org", "grace@example.org"] {
        let fake = ask(&server, email).await;
        assert_eq!(fake, ask(&server, email).await);
        assert_eq!(fake, ask(&server, &email.to_uppercase()).await, "addresses have no case");
        assert_eq!(shape(&fake.json()), shape(&real.json()));
        assert_eq!(fake.bytes.len(), real.bytes.len());
        assert_eq!(
            unb64(&fake.json()["kdf_block"])[..14],
            unb64(&real.json()["kdf_block"])[..14],
            "profile 2, like most"
        );
        assert!(!seen.contains(&fake.json()["account_id"]));
        seen.push(fake.json()["account_id"].clone());
    }
    let before = ask(&server, "eve@example.org").await;
    server.stop().await;
    let server = deployment.serve().await;
    assert_eq!(ask(&server, "eve@example.org").await, before, "also after a restart");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_of_people_who_do_not_exist_fail_like_wrong_passwords() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (_, person) = complete(&deployment, &server).await;
    let wrong = person.log_in_with(&server, &server, "wrong").await;
    let nobody = person.named("eve@example.org");
    for _ in 0..10 {
        assert_eq!(nobody.log_in(&server).await, wrong);
    }
    assert_eq!(nobody.log_in(&server).await.problem(), "too-many", "and are counted alike");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deactivated_person_cannot_log_in_and_a_reactivated_one_can_with_the_same_keys() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (id, person) = complete(&deployment, &server).await;
    let before = person.log_in(&server).await.json()["bundle"].clone();
    let (login_id, ke3) = person.prove(&server).await;
    server.set_active(&deployment, &id, false).await;
    let running = server.post("/v1/login/finish", &json!({"login_id": login_id, "ke3": ke3})).await;
    assert_eq!(running.problem(), "suspended", "a running login ends too");
    assert_eq!(person.log_in(&server).await.problem(), "suspended");
    server.set_active(&deployment, &id, true).await;
    assert_eq!(person.log_in(&server).await.json()["bundle"], before);
    server.stop().await;
    let invitations = deployment.letters(2).await.into_iter().filter(|letter| letter.contains("#fkinv2.")).count();
    assert_eq!(invitations, 1, "a completed account is not invited a second time");
}

#[tokio::test(flavor = "multi_thread")]
async fn ciphertext_needs_the_password_not_only_the_invitation() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (_, person) = complete(&deployment, &server).await;
    let wrong = person.log_in_with(&server, &server, "wrong").await;
    assert!(wrong.json().get("bundle").is_none());
    let right = person.log_in_with(&server, &server, RIGHT).await;
    assert!(right.json()["bundle"]["envelopes"]["1"].is_string());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_people_who_do_not_exist_is_drawn_from_what_people_have() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    for (at, profile) in [Profile::Two, Profile::Three, Profile::Three].into_iter().enumerate() {
        let email = format!("person{at}@example.org");
        server.provision(&deployment, &email).await;
        let person = Person::claim(&server, &deployment.invitation_to(&email).await).await;
        person.with_profile(profile).enrol(&server).await;
    }
    let ask = async |server: &Server, at: usize| {
        let body = json!({"email": format!("nobody{at}@example.org")});
        let (params, recovery) =
            (server.post("/v1/login/params", &body).await, server.post("/v1/recovery/start", &body).await);
        let (params, recovery) = (params.json(), recovery.json());
        for member in ["account_id", "key_gen", "realm_id"] {
            assert_eq!(params[member], recovery[member], "{member}");
        }
        params
    };
    let (mut costly, mut all) = (0, Vec::new());
    for at in 0..120 {
        let params = ask(&server, at).await;
        let block = unb64(&params["kdf_block"]);
        assert!([2, 3].contains(&block[1]) && block[46] == 0 && params["key_gen"] == 1, "{params}");
        costly += u32::from(block[1] == 3);
        all.push(params);
    }
    // Two of three, give or take five standard deviations.
    assert!((54..=106).contains(&costly), "{costly}");
    server.stop().await;
    let server = deployment.serve().await;
    for (at, before) in all.iter().enumerate().take(40) {
        assert_eq!(ask(&server, at).await, *before, "after a restart");
    }
    server.stop().await;
}

/// A server that made its OPRF key up anew, or had one for everybody who does not exist, would give
/// them away by the first part of its answer to one and the same question.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_question_has_the_same_blinded_answer_for_people_who_do_not_exist_too() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (_, person) = complete(&deployment, &server).await;
    let ke1 = b64(&person.begin_login().1.0);
    let mut ids = vec![json!(b64(&person.context.account.0))];
    for email in ["eve@example.org", "mallory@example.org"] {
        let params = server.post("/v1/login/params", &json!({"email": email})).await;
        ids.push(params.json()["account_id"].clone());
    }
    let mut evaluated = Vec::new();
    for id in &ids {
        let start = json!({"account_id": id, "ke1": ke1});
        let answers = [server.post("/v1/login/start", &start).await, server.post("/v1/login/start", &start).await];
        let [one, other] = answers.map(|answer| unb64(&answer.json()["ke2"]));
        assert_eq!(one[..32], other[..32], "the OPRF is the same");
        assert_ne!(one[32..], other[32..], "and everything else is fresh");
        evaluated.push(one[..32].to_vec());
    }
    assert!(evaluated[0] != evaluated[1] && evaluated[1] != evaluated[2] && evaluated[0] != evaluated[2]);
    server.stop().await;
}

/// The details of the audit log's entries of that kind, in order.
fn told(deployment: &Deployment, event: &str) -> Vec<String> {
    let separator = if crate::POSTGRES { "string_agg(detail, ';' ORDER BY seq)" } else { "group_concat(detail, ';')" };
    let details = deployment.ask(&format!("SELECT {separator} FROM audit WHERE event = '{event}'"));
    details.split(';').filter(|detail| !detail.is_empty()).map(str::to_owned).collect()
}

async fn wait_until_told(deployment: &Deployment, event: &str, times: usize) -> Vec<String> {
    crate::common::wait_for(|| Some(told(deployment, event)).filter(|told| told.len() >= times)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_that_the_client_notices_itself_is_told_to_the_audit_log_but_not_each_time() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (_, person) = complete(&deployment, &server).await;
    for _ in 0..3 {
        valid_ke1(&person, &server).await;
    }
    assert_eq!(person.log_in_with(&server, &server, "wrong").await.status, 403);
    assert_eq!(person.log_in(&server).await.status, 200, "somebody who broke off is not locked out");
    assert_eq!(told(&deployment, "login.failed"), [""; 0], "none is over yet");
    deployment.pass(180);
    let first = "3 without a proof, 1 with a wrong one";
    assert_eq!(wait_until_told(&deployment, "login.failed", 1).await, [first]);
    // Somebody goes on; the log does not grow with each try.
    for _ in 0..5 {
        valid_ke1(&person, &server).await;
        deployment.pass(1800);
    }
    server.post("/v1/recovery/start", &json!({"email": "ada@example.org"})).await;
    deployment.pass(3600);
    assert_eq!(wait_until_told(&deployment, "recovery.failed", 1).await, ["1 without a proof, 0 with a wrong one"]);
    assert_eq!(told(&deployment, "login.failed"), [first]);
    deployment.pass(6 * 3600);
    let both = wait_until_told(&deployment, "login.failed", 2).await;
    assert_eq!(both, [first, "5 without a proof, 0 with a wrong one"]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_people_who_do_not_exist_a_number_a_day_is_kept_and_so_many_unfinished_logins() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (_, person) = complete(&deployment, &server).await;
    let before: u32 = deployment.ask("SELECT count(*) FROM audit").parse().expect("a number");
    for at in 0..20 {
        let nobody = person.named(&format!("nobody{at}@example.org"));
        assert_eq!(nobody.log_in(&server).await.problem(), "login-failed");
        let started = server.post("/v1/recovery/start", &json!({"email": nobody.email})).await.json();
        let finish = json!({"challenge_id": started["challenge_id"], "signature": b64(&[1; 64])});
        assert_eq!(server.post("/v1/recovery/finish", &finish).await.problem(), "recovery-failed");
    }
    let made_up = || deployment.ask("SELECT count(*) FROM login WHERE made_up = 1");
    assert_eq!(made_up(), "40");
    let id = if crate::POSTGRES { "decode(md5(n::text), 'hex')" } else { "randomblob(16)" };
    deployment.meddle(&format!(
        "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 10000)
         INSERT INTO login (login_id, account_id, made_up, started_at, expires_at, way)
         SELECT {id}, {id}, 1, {}, {}, 'password' FROM many",
        deployment.start + 1,
        deployment.start + 121,
    ));
    assert_eq!(made_up(), "10040");
    deployment.pass(700);
    assert_eq!(wait_until_told(&deployment, "login.unknown", 1).await, ["40 tries"]);
    assert_eq!(made_up(), "10000");
    let after: u32 = deployment.ask("SELECT count(*) FROM audit").parse().expect("a number");
    assert_eq!(after - before, 1, "forty tries, one entry");
    deployment.pass(86_400);
    crate::common::wait_for(|| (made_up() == "0").then_some(())).await;
    assert_eq!(told(&deployment, "login.unknown").len(), 1, "nobody came since");
    server.stop().await;
}

fn shape(value: &Value) -> Vec<(String, usize)> {
    let members = value.as_object().expect("an object").iter();
    members.map(|(key, value)| (key.clone(), value.to_string().len())).collect()
}
