//! Erasure of people whom every organisation has removed: what decrypts or names them is gone, from
//! the files too.

use crate::POSTGRES;
use crate::common::person::Person;
use crate::common::{Deployment, Server, contains, unb64, wait_for};
use firstkey_server::{EraseRefused, NewOrganisation, ServeOptions};
use reqwest::Method;
use serde_json::Value;
use std::process::{Command, Output};

const EMAIL: &str = "ada@example.org";
const DAY: i64 = 86_400;

fn erase(deployment: &Deployment, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firstkey-server"));
    command.args(["person", "erase"]).args(arguments).arg("--data").arg(deployment.data());
    command.output().expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Somebody with an account; gives the SCIM id and what the server was sent.
async fn enrolled(deployment: &Deployment, server: &Server, email: &str) -> (String, Person, Value) {
    let id = server.provision(deployment, email).await;
    let person = Person::claim(server, &deployment.invitation_to(email).await).await;
    let upload = person.make_upload(server).await;
    assert_eq!(person.complete(server, &upload).await.status, 200);
    assert_eq!(person.log_in(server).await.status, 200);
    (id, person, upload)
}

async fn remove(deployment: &Deployment, server: &Server, id: &str) {
    let gone = server.scim(&deployment.token, Method::DELETE, &format!("/Users/{id}"), None).await;
    assert_eq!(gone.status, 204);
}

/// Everything that was sent of keys and locks, by name, and the address.
fn parts(upload: &Value, email: &str) -> Vec<(String, Vec<u8>)> {
    fn of(name: &str, value: &Value, parts: &mut Vec<(String, Vec<u8>)>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(key, value)| of(key, value, parts)),
            Value::String(_) if name != "idempotency_key" => parts.push((name.to_owned(), unb64(value))),
            _ => {}
        }
    }
    let mut parts = vec![("the address".to_owned(), email.as_bytes().to_vec())];
    of("", upload, &mut parts);
    parts
}

/// A part by name, in pieces: a page may have lost the beginning of a value.
type Trace = (String, Vec<Vec<u8>>);

/// The parts of one upload in pieces, without those that another's has too: the kind of the lock,
/// the heads of envelopes.
fn traces(upload: &Value, email: &str, other: &Value) -> Vec<Trace> {
    let others: Vec<u8> = parts(other, "").into_iter().flat_map(|(_, bytes)| bytes).collect();
    let pieces = |bytes: &[u8]| -> Vec<Vec<u8>> {
        bytes.chunks_exact(12).filter(|piece| !contains(&others, piece)).map(<[u8]>::to_vec).collect()
    };
    let mut traces: Vec<Trace> =
        parts(upload, email).iter().map(|(name, bytes)| (name.clone(), pieces(bytes))).collect();
    traces.retain(|(_, pieces)| !pieces.is_empty());
    let names = || traces.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
    for name in
        ["the address", "opaque_upload", "kdf_block", "1", "2", "3", "4", "ed25519", "x25519", "recovery_public"]
    {
        assert!(names().contains(&name), "nothing of {name} is the person's own: {:?}", names());
    }
    traces
}

/// What of it is in there.
fn found<'a>(bytes: &[u8], traces: &'a [Trace]) -> Vec<&'a str> {
    let is_there = |pieces: &[Vec<u8>]| pieces.iter().any(|piece| contains(bytes, piece));
    traces.iter().filter(|(_, pieces)| is_there(pieces)).map(|(name, _)| name.as_str()).collect()
}

/// The tables of PostgreSQL, or the very files of SQLite.
fn files(deployment: &Deployment) -> Vec<u8> {
    let bytes = deployment.stored_bytes_but("server.key");
    assert!(POSTGRES || contains(&bytes, b"SQLite format 3"));
    bytes
}

/// The same and a fresh backup.
async fn everything(deployment: &Deployment) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let backup = folder.path().join("backup.db");
    deployment.realm().await.back_up(&backup).await.expect("a backup");
    let mut bytes = files(deployment);
    bytes.extend(std::fs::read(&backup).expect("the backup"));
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_erased_person_nothing_is_left_in_the_files_or_in_a_fresh_backup() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    // Neighbours on the same pages, whose comings make the database move what it holds.
    for name in ["bob", "cleo", "dora"] {
        enrolled(&deployment, &server, &format!("{name}@example.org")).await;
    }
    let (id, _, upload) = enrolled(&deployment, &server, EMAIL).await;
    let (_, stays, kept) = enrolled(&deployment, &server, "eve@example.org").await;
    let traces = traces(&upload, EMAIL, &kept);
    let account = deployment.realm().await.person(EMAIL).await.expect("there").account_id;

    let refused = erase(&deployment, &[EMAIL, "--yes-for", EMAIL]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("belongs to an organisation") && said(&refused).contains("Example Corp"));
    remove(&deployment, &server, &id).await;
    let before = found(&everything(&deployment).await, &traces).len();
    assert!(before > 8, "removal alone leaves it: {before}");

    for (arguments, words) in [
        (vec![EMAIL], "--yes-for ada@example.org"),
        (vec![EMAIL, "--yes-for", "eve@example.org"], "Nothing was erased"),
        (vec!["eve@example.org", "--yes-for", "eve@example.org"], "belongs to an organisation"),
        (vec!["nobody@example.org", "--yes-for", "nobody@example.org"], "Nothing is stored"),
    ] {
        let refused = erase(&deployment, &arguments);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
        assert!(said(&refused).contains(words), "{arguments:?}: {}", said(&refused));
    }
    assert_eq!(found(&everything(&deployment).await, &traces).len(), before, "nothing was erased");

    // While the server runs.
    let done = erase(&deployment, &["ADA@example.org", "--yes-for", EMAIL, "--json"]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let answer: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!(answer["account_ids"], serde_json::json!([account]));
    let cleared = if POSTGRES { Value::Null } else { true.into() };
    assert_eq!(answer["files_cleared"], cleared);
    let left = everything(&deployment).await;
    assert_eq!(found(&left, &traces), Vec::<&str>::new());
    assert!(contains(&left, b"person.erased"));
    let others = self::traces(&kept, "eve@example.org", &upload);
    assert_eq!(found(&left, &others).len(), others.len(), "others are as they were");
    assert_eq!(stays.log_in(&server).await.status, 200);

    let again = erase(&deployment, &[EMAIL, "--yes-for", EMAIL]);
    assert!(said(&again).contains("Nothing is stored"), "{}", said(&again));
    let audit = deployment.realm().await.audit_chain().await.expect("the log");
    assert_eq!(audit.broken_at, None);
    // The same address comes back as somebody new.
    server.provision(&deployment, EMAIL).await;
    let back = Person::claim(&server, &deployment.invitation(6).await).await;
    back.enrol(&server).await;
    assert_eq!(back.log_in(&server).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_account_it_was_is_asked_where_several_organisations_had_somebody_there() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let realm = deployment.realm().await;
    let new = NewOrganisation { name: "Other Corp".into(), ..NewOrganisation::default() };
    let other = realm.add_organisation(new).await.expect("made");
    let token = realm.add_scim_token(other).await.expect("a token");
    // One after the other: two accounts at one address.
    let (first, _, _) = enrolled(&deployment, &server, EMAIL).await;
    remove(&deployment, &server, &first).await;
    let user = crate::common::okta_user(EMAIL);
    let second = server.scim(token.as_str(), Method::POST, "/Users", Some(&user)).await.json();
    let second = second["id"].as_str().expect("an id").to_owned();
    let gone = server.scim(token.as_str(), Method::DELETE, &format!("/Users/{second}"), None).await;
    assert_eq!(gone.status, 204);

    match realm.erasable(EMAIL, None).await {
        Err(EraseRefused::Several { orgs, .. }) => {
            assert!(orgs.contains(&format!("--org {other}")) && orgs.contains("Example Corp"), "{orgs}");
        }
        other => panic!("{other:?}"),
    }
    for (org, left) in [(other, true), (deployment.org, false)] {
        let what = realm.erasable(EMAIL, Some(org)).await.expect("one");
        assert_eq!(realm.erase(what, "uid 0").await.expect("erased").account_ids.len(), 1);
        assert_eq!(realm.erasable(EMAIL, None).await.is_ok(), left);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_days_that_were_set_removed_people_are_erased_and_nobody_else() {
    let deployment = Deployment::new().await;
    let options = ServeOptions { erase_removed_after: Some(30 * DAY), ..deployment.options() };
    let server = deployment.serve_as(options).await;
    let (id, _, upload) = enrolled(&deployment, &server, EMAIL).await;
    let (_, stays, kept) = enrolled(&deployment, &server, "eve@example.org").await;
    remove(&deployment, &server, &id).await;
    let later = server.provision(&deployment, "zoe@example.org").await;
    let traces = traces(&upload, EMAIL, &kept);
    deployment.pass(29 * DAY);
    remove(&deployment, &server, &later).await;
    let realm = deployment.realm().await;
    assert!(realm.erasable(EMAIL, None).await.is_ok(), "one day too early");
    deployment.pass(DAY);
    let erased = || deployment.ask("SELECT count(*) FROM audit WHERE event = 'person.erased'");
    wait_for(|| (erased() == "1").then_some(())).await;
    assert!(matches!(realm.erasable(EMAIL, None).await, Err(EraseRefused::Nobody(_))));
    assert!(realm.erasable("zoe@example.org", None).await.is_ok(), "removed a day ago");
    // The files are cleared behind the entry.
    if !POSTGRES {
        wait_for(|| found(&files(&deployment), &traces).is_empty().then_some(())).await;
    }
    assert_eq!(stays.log_in(&server).await.status, 200);
    server.stop().await;
}
