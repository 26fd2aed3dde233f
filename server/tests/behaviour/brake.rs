//! Very many people leave at once: the identity provider is answered as usual and access ends at
//! once, but what was deleted rests, and a wrong sync is taken back without a trace.

use crate::common::person::Person;
use crate::common::{Deployment, Server, okta_user_named, wait_for};
use firstkey_server::admin::ChangedOrganisation;
use firstkey_server::{EraseRefused, NewOrganisation, ServeOptions};
use reqwest::Method;
use serde_json::{Value, json};

const HOUR: i64 = 3600;

async fn provision(server: &Server, token: &str, name: &str) -> String {
    let user = okta_user_named(&format!("{name}@example.org"));
    let made = server.scim(token, Method::POST, "/Users", Some(&user)).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["id"].as_str().expect("an id").to_owned()
}

async fn delete(server: &Server, token: &str, id: &str) {
    let path = format!("/Users/{id}");
    assert_eq!(server.scim(token, Method::DELETE, &path, None).await.status, 204);
    assert_eq!(server.scim(token, Method::GET, &path, None).await.status, 404, "we and the provider agree");
}

async fn brake(deployment: &Deployment, text: &str) {
    let change = ChangedOrganisation { brake: Some(text.to_owned()), ..ChangedOrganisation::default() };
    deployment.realm().await.change_organisation(deployment.org, change).await.expect("changed");
}

/// `(suspended, deleted)` that the brake holds; none if it has not tripped.
async fn held(deployment: &Deployment) -> Option<(i64, i64)> {
    let brakes = deployment.realm().await.brakes(Some(deployment.org)).await.expect("a look");
    brakes.first().map(|brake| (brake.suspended, brake.deleted))
}

/// Every row of what people consist of, byte for byte. Versions and times of groups go on: they
/// were shown without their members meanwhile.
fn dump(deployment: &Deployment) -> String {
    let mut all = String::new();
    for table in
        ["membership", "membership_email", "account", "invite", "invite_token", "claim", "bundle", "group_member"]
    {
        let rows = if crate::POSTGRES {
            format!("SELECT coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '') FROM {table} t")
        } else {
            let columns = deployment.ask(&format!(
                "SELECT group_concat('quote(' || name || ')', ' || '','' || ') FROM pragma_table_info('{table}')"
            ));
            format!("SELECT group_concat(r, char(10)) FROM (SELECT {columns} AS r FROM {table} ORDER BY 1)")
        };
        all += &format!("{table}\n{}\n", deployment.ask(&rows));
    }
    all + &deployment.ask("SELECT people || ' ' || groups_count FROM organisation ORDER BY org_id LIMIT 1")
}

async fn member(server: &Server, deployment: &Deployment, name: &str) -> (String, Person) {
    let id = provision(server, &deployment.token, name).await;
    let person = Person::claim(server, &deployment.invitation_to(&format!("{name}@example.org")).await).await;
    person.enrol(server).await;
    (id, person)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_sync_of_300_leavers_is_undone_without_a_trace() {
    const PEOPLE: usize = 298;
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (ada_id, ada) = member(&server, &deployment, "ada").await;
    let mut ids = vec![ada_id.clone(), provision(&server, &deployment.token, "grace").await];
    for at in 0..PEOPLE {
        ids.push(provision(&server, &deployment.token, &format!("person{at}")).await);
    }
    server.set_active(&deployment, &ids[5], false).await;
    let members: Vec<Value> = ids.iter().take(120).map(|id| json!({"value": id, "display": "x"})).collect();
    for name in ["Staff", "Others"] {
        let group = json!({"displayName": name, "members": members});
        assert_eq!(server.scim(&deployment.token, Method::POST, "/Groups", Some(&group)).await.status, 201);
    }
    assert_eq!(ada.log_in(&server).await.status, 200);
    // Each letter gives its invitation another token.
    let waiting = "SELECT count(*) FROM outbox WHERE done_at IS NULL";
    wait_for(|| (deployment.ask(waiting) == "0").then_some(())).await;
    deployment.pass(2 * HOUR);
    wait_for(|| (deployment.ask("SELECT count(*) FROM leaver") == "0").then_some(())).await;
    let before = dump(&deployment);

    for id in &ids {
        delete(&server, &deployment.token, id).await;
    }
    assert_eq!(held(&deployment).await, Some((0, 300)));
    assert_eq!(deployment.ask("SELECT count(*) FROM membership"), "0");
    assert_eq!(deployment.ask("SELECT count(*) FROM session WHERE ended = 0"), "0", "access ends at once");
    assert_ne!(ada.log_in(&server).await.status, 200);
    assert_ne!(dump(&deployment), before);
    let subject = "Subject: Very many people left Example Corp at once";
    let told =
        wait_for(|| crate::common::letters_in(&deployment.mail()).into_iter().find(|raw| raw.contains(subject))).await;
    assert!(told.contains(&format!("firstkey-server brake undo {}", deployment.org)), "{told}");
    // A restart between changes nothing.
    server.stop().await;
    let server = deployment.serve().await;

    let undone = deployment.realm().await.undo_brake(deployment.org).await.expect("undone").expect("somebody rests");
    assert_eq!((undone.deleted, undone.suspended, undone.left_out.len()), (300, 0, 0));
    assert_eq!(dump(&deployment), before);
    assert_eq!(held(&deployment).await, None);
    assert_eq!(ada.log_in(&server).await.status, 200, "with the keys that she had");
    let answer = server.scim(&deployment.token, Method::GET, &format!("/Users/{ada_id}"), None).await;
    assert_eq!((answer.status, answer.json()["groups"].as_array().map(Vec::len)), (200, Some(2)));
    assert!(deployment.realm().await.undo_brake(deployment.org).await.expect("a look").is_none(), "twice is once");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_sync_that_suspends_and_then_deletes_is_undone_to_what_was_before_both() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (id, ada) = member(&server, &deployment, "ada").await;
    let mut ids = vec![id];
    for at in 0..9 {
        ids.push(provision(&server, &deployment.token, &format!("person{at}")).await);
    }
    wait_for(|| (deployment.ask("SELECT count(*) FROM outbox WHERE done_at IS NULL") == "0").then_some(())).await;
    let standing = "SELECT count(*) FROM membership WHERE active = 1 AND standing IN ('invited', 'complete')";
    let links = "SELECT count(*) FROM invite WHERE state = 'live' AND token_hash IS NOT NULL";
    let before = (deployment.ask(standing), deployment.ask(links));
    for id in &ids {
        server.set_active(&deployment, id, false).await;
    }
    assert_eq!(held(&deployment).await, Some((10, 0)));
    assert_ne!(ada.log_in(&server).await.status, 200);
    for id in &ids[..4] {
        delete(&server, &deployment.token, id).await;
    }
    let undone = deployment.realm().await.undo_brake(deployment.org).await.expect("undone").expect("somebody rests");
    assert_eq!((undone.deleted, undone.suspended, undone.left_out.len()), (4, 10, 0));
    assert_eq!((deployment.ask(standing), deployment.ask(links)), before, "the links that were sent are good again");
    assert_eq!(ada.log_in(&server).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_made_anew_while_they_rest_is_left_out_and_the_old_one_rests_on() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let (ada_id, ada) = member(&server, &deployment, "ada").await;
    let mut ids = vec![ada_id];
    for at in 0..9 {
        ids.push(provision(&server, &deployment.token, &format!("person{at}")).await);
    }
    for id in &ids {
        delete(&server, &deployment.token, id).await;
    }
    // The name is free, as the provider was told.
    deployment.pass(10);
    let anew = provision(&server, &deployment.token, "ada").await;
    assert_ne!(anew, ids[0]);
    let undo =
        async || deployment.realm().await.undo_brake(deployment.org).await.expect("undone").expect("somebody rests");
    let first = undo().await;
    assert_eq!((first.deleted, first.left_out.len()), (9, 1));
    assert_eq!((first.left_out[0].user_id.as_str(), first.left_out[0].why), (ids[0].as_str(), "made-anew"));
    assert_eq!(held(&deployment).await, Some((0, 1)));
    let erased = deployment.realm().await.erasable(&ada.context.account.to_string(), None).await;
    assert!(matches!(erased, Err(EraseRefused::Rests { .. })), "{erased:?}");
    // The new one goes, and the old one comes back with her keys.
    assert_eq!(server.scim(&deployment.token, Method::DELETE, &format!("/Users/{anew}"), None).await.status, 204);
    let second = undo().await;
    assert_eq!((second.deleted, second.left_out.len()), (1, 0));
    for (id, status) in [(&ids[0], 200), (&anew, 404)] {
        assert_eq!(server.scim(&deployment.token, Method::GET, &format!("/Users/{id}"), None).await.status, status);
    }
    assert_eq!(ada.log_in(&server).await.status, 200);
    assert_eq!(held(&deployment).await, None);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn few_leavers_trip_nothing_and_a_brake_that_is_off_holds_nobody() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let mut ids = Vec::new();
    for at in 0..14 {
        ids.push(provision(&server, &deployment.token, &format!("person{at}")).await);
    }
    for id in &ids[..5] {
        delete(&server, &deployment.token, id).await;
    }
    assert_eq!(held(&deployment).await, None);
    assert!(deployment.realm().await.undo_brake(deployment.org).await.expect("a look").is_none());
    brake(&deployment, "off").await;
    for id in &ids[5..12] {
        delete(&server, &deployment.token, id).await;
    }
    assert_eq!(held(&deployment).await, None);
    deployment.pass(2 * HOUR);
    brake(&deployment, "0%/0/60m").await;
    delete(&server, &deployment.token, &ids[12]).await;
    assert_eq!(held(&deployment).await, Some((0, 1)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_erased_while_it_rests_and_everything_may_be_afterwards_or_once_it_is_released() {
    let deployment = Deployment::new().await;
    let options = ServeOptions { erase_removed_after: Some(60), ..deployment.options() };
    let server = deployment.serve_as(options).await;
    let erased = "SELECT count(*) FROM account WHERE erased_at IS NOT NULL";
    brake(&deployment, "0%/1/60m").await;
    let mut ids = Vec::new();
    for name in ["ada", "grace", "edsger", "barbara"] {
        ids.push(provision(&server, &deployment.token, name).await);
    }
    let erasable = async |name: &str| deployment.realm().await.erasable(&format!("{name}@example.org"), None).await;
    for id in &ids[..2] {
        delete(&server, &deployment.token, id).await;
    }
    assert!(matches!(erasable("ada").await, Err(EraseRefused::Rests { .. })));
    assert_eq!(deployment.realm().await.release_brake(deployment.org).await.expect("released"), Some(2));
    assert!(erasable("ada").await.is_ok());
    assert_eq!(deployment.realm().await.release_brake(deployment.org).await.expect("a look"), None);
    for id in &ids[2..] {
        delete(&server, &deployment.token, id).await;
    }
    assert!(matches!(erasable("edsger").await, Err(EraseRefused::Rests { .. })));
    deployment.pass(71 * HOUR);
    wait_for(|| (deployment.ask(erased) == "2").then_some(())).await;
    assert!(matches!(erasable("edsger").await, Err(EraseRefused::Rests { .. })));
    deployment.pass(2 * HOUR);
    wait_for(|| (deployment.ask("SELECT count(*) FROM leaver") == "0").then_some(())).await;
    assert!(erasable("edsger").await.is_ok());
    assert_eq!(held(&deployment).await, None);
    deployment.pass(24 * HOUR);
    wait_for(|| (deployment.ask(erased) == "4").then_some(())).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_organisation_that_lost_its_people_is_concerned() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    brake(&deployment, "0%/0/60m").await;
    let (id, ada) = member(&server, &deployment, "ada").await;
    let realm = deployment.realm().await;
    let new = NewOrganisation { name: "Second Corp".into(), ..NewOrganisation::default() };
    let second = realm.add_organisation(new).await.expect("organisation");
    let token = realm.add_scim_token(second).await.expect("token");
    let there = provision(&server, &token, "ada").await;
    deployment.meddle(&format!(
        "UPDATE membership SET accepted_at = 1, standing = 'complete', mode = 'join' WHERE accepted_at IS NULL AND user_name = 'ada@example.org'; UPDATE invite SET state = 'used', ended_at = 1 WHERE state = 'live' -- {there}"
    ));
    delete(&server, &deployment.token, &id).await;
    assert_eq!(ada.log_in(&server).await.status, 200, "the other organisation has her still");
    assert_eq!(server.scim(&token, Method::GET, &format!("/Users/{there}"), None).await.status, 200);
    assert!(realm.brakes(Some(second)).await.expect("a look").is_empty());
    // The other one removes her too, and its brake does not hold.
    assert_eq!(server.scim(&token, Method::DELETE, &format!("/Users/{there}"), None).await.status, 204);
    assert_ne!(ada.log_in(&server).await.status, 200);
    let undone = realm.undo_brake(deployment.org).await.expect("undone").expect("she rests");
    assert_eq!((undone.deleted, undone.left_out.len()), (1, 0));
    assert_eq!(ada.log_in(&server).await.status, 200, "with the account that she had");
    assert_eq!(server.scim(&token, Method::GET, &format!("/Users/{there}"), None).await.status, 404);
    server.stop().await;
}
