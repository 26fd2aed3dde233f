//! Rotation of the server's key: old accounts open as before, new passwords take the new key, and
//! nobody learns from it who has an account.

use crate::common::keeper::{Keeper, opened};
use crate::common::person::{Claim, Person, random};
use crate::common::{Deployment, ORIGIN, Server, b64, bytes_of, contains, unb64};
use firstkey_server::{KeyRefused, KeyShown, Realm, Rotated};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

const OLD: &str = "correct horse battery staple";
const NEW: &str = "entirely different words here";
/// Longer than a session lives.
const SESSION: i64 = 700;

/// Runs `firstkey-server key ...` beside the server; gives the exit code and all that it said.
fn key(deployment: &Deployment, arguments: &[&str], credentials: Option<&Path>) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firstkey-server"));
    command.arg("key").args(arguments).arg("--data").arg(deployment.data()).env_remove("CREDENTIALS_DIRECTORY");
    if let Some(folder) = credentials {
        command.env("CREDENTIALS_DIRECTORY", folder);
    }
    let output = command.output().expect("the program runs");
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

async fn rotate(realm: &Realm) -> u32 {
    match realm.rotate_server_key(None, "uid 0").await.expect("rotated") {
        Rotated::Now { number, was_there: false } => number,
        other => panic!("{other:?}"),
    }
}

/// Number, state, accounts and whether the file has it, of every key.
async fn keys(realm: &Realm) -> Vec<(u32, &'static str, i64, bool)> {
    let shown = realm.server_keys().await.expect("the keys");
    shown
        .iter()
        .map(|KeyShown { number, state, accounts, in_file, .. }| (*number, *state, *accounts, *in_file))
        .collect()
}

fn copy_of_the_key(deployment: &Deployment, to: &Path) -> PathBuf {
    std::fs::copy(deployment.data().join("server.key"), to).expect("copied");
    to.to_owned()
}

async fn change_password(keeper: &Keeper, server: &Server, session: (String, Value), new: &str) {
    let body = keeper.change(server, &session.0, &session.1, new).await;
    let answer = server.post_as(&session.0, "/v1/account/password", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// What a fixed first message is answered with for that address: the salt, and the element that
/// the server's key alone decides.
async fn asked(server: &Server, email: &str, ke1: &str) -> (Value, Vec<u8>) {
    let params = server.post("/v1/login/params", &json!({"email": email})).await.json();
    let start = json!({"account_id": params["account_id"], "ke1": ke1});
    let started = server.post("/v1/login/start", &start).await;
    assert_eq!(started.status, 200, "{started:?}");
    (params, unb64(&started.json()["ke2"])[..32].to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rotation_old_accounts_open_as_before_and_new_passwords_take_the_new_key() {
    let deployment = Deployment::new().await;
    let (one, two) = (deployment.serve().await, deployment.serve().await);
    let ada = Keeper::enrol(&deployment, &one, "ada@example.org").await;
    let eve = Keeper::enrol(&deployment, &one, "eve@example.org").await;
    // Begun before: an upload that was saved, and one whose link was opened; an offer; a session.
    one.provision(&deployment, "bob@example.org").await;
    let bobs = deployment.invitation_to("bob@example.org").await;
    let bob = Person::claim(&one, &bobs).await;
    let upload = bob.make_upload(&one).await;
    one.provision(&deployment, "cleo@example.org").await;
    let link = deployment.invitation_to("cleo@example.org").await;
    let session = eve.first_session(&one).await;
    let eves = eve.change(&one, &session.0, &session.1, NEW).await;
    let ke1 = b64(&ada.person.begin_login().1.0);
    let before = asked(&one, "ada@example.org", &ke1).await;

    // While both run, and by another process.
    let (code, said) = key(&deployment, &["rotate", "--json"], None);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("\"number\":2") || said.contains("\"number\": 2"), "{said}");
    let realm = deployment.realm().await;
    assert_eq!(keys(&realm).await, [(1, "old", 2, true), (2, "new passwords", 0, true)]);
    for server in [&one, &two] {
        assert_eq!(ada.person.log_in(server).await.status, 200);
        assert_eq!(asked(server, "ada@example.org", &ke1).await, before, "nothing of it is seen from outside");
    }

    // What was begun ends with the key that it was begun with, at any server.
    assert_eq!(two.post_as(&session.0, "/v1/account/password", &eves).await.status, 200);
    for server in [&one, &two] {
        assert_eq!(eve.person.log_in_with(server, server, NEW).await.status, 200);
    }
    // As `accept --resume` does where somebody else has opened the link meanwhile.
    let resumed = Claim::new(&bobs).at(bob.context.realm, ORIGIN);
    assert_eq!(two.claim(&bobs, &resumed.public()).await.status, 200);
    assert_eq!(resumed.post(&two, "/v1/enrol/complete", &upload).await.status, 200);
    for server in [&one, &two] {
        assert_eq!(bob.log_in(server).await.status, 200);
    }
    // A link of before is good, and names the same key of the realm as one of after.
    let cleo = Person::claim(&two, &link).await;
    cleo.enrol(&one).await;
    for server in [&one, &two] {
        assert_eq!(cleo.log_in(server).await.status, 200);
    }
    one.provision(&deployment, "dora@example.org").await;
    assert_eq!(deployment.invitation_to("dora@example.org").await.binding, link.binding);

    // A new password moves the account, and so does a recovery.
    change_password(&ada, &two, ada.first_session(&one).await, NEW).await;
    for server in [&one, &two] {
        assert_eq!(ada.person.log_in_with(server, server, NEW).await.status, 200);
        assert_eq!(ada.person.log_in(server).await.problem(), "login-failed");
    }
    let after = asked(&one, "ada@example.org", &ke1).await;
    assert_ne!(after.1, before.1, "another key answers");
    assert_eq!(after.0["account_id"], before.0["account_id"]);
    let (bearer, bundle) = opened(&eve.recover(&one, &eve.code).await);
    let body = eve.recovery(&two, &bearer, &bundle, OLD, &eve.new_kit()).await;
    assert_eq!(two.post_as(&bearer, "/v1/recovery/complete", &body).await.status, 200);
    assert_eq!(eve.person.log_in(&one).await.status, 200);
    assert_eq!(keys(&realm).await, [(1, "old", 1, true), (2, "new passwords", 3, true)]);
    assert_eq!(realm.people_on_server_key(1).await.expect("people"), ["bob@example.org"]);
    let (code, said) = key(&deployment, &["people", "1"], None);
    assert!(code == Some(0) && said.contains("bob@example.org") && said.contains("firstkey password"), "{said}");
    assert_eq!(deployment.ask("SELECT count(*) FROM audit WHERE event = 'server-key.rotated'"), "1");
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_key_of_before_a_rotation_the_right_password_of_after_it_opens_nothing() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, "ada@example.org").await;
    rotate(&deployment.realm().await).await;
    change_password(&ada, &server, ada.first_session(&server).await, NEW).await;
    // As whoever has the old key file and the new database would try it.
    for (number, status) in [(1, 403), (2, 200)] {
        deployment.meddle(&format!("UPDATE bundle SET server_key = {number}"));
        assert_eq!(ada.person.log_in_with(&server, &server, NEW).await.status, status, "key {number}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_do_not_exist_move_to_a_new_key_as_people_do() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let realm = deployment.realm().await;
    let mut people = Vec::new();
    for name in ["ada", "bob", "cleo", "dora"] {
        people.push(Keeper::enrol(&deployment, &server, &format!("{name}@example.org")).await);
    }
    let ke1 = b64(&people[0].person.begin_login().1.0);
    let nobodies: Vec<String> = (0..24).map(|at| format!("nobody{at}@example.org")).collect();
    let ask_all = || async {
        let mut answers = Vec::new();
        for email in &nobodies {
            answers.push(asked(&server, email, &ke1).await);
        }
        answers
    };
    let before = ask_all().await;
    assert_eq!(rotate(&realm).await, 2);
    assert_eq!(ask_all().await, before, "a rotation alone changes no answer");
    let mut earlier = before.clone();
    // Half of the people: all of these or none would be one run in eight million.
    for (people, least, most) in [(&people[..2], 1, 23), (&people[2..], 24, 24)] {
        for keeper in people {
            change_password(keeper, &server, keeper.first_session(&server).await, NEW).await;
        }
        let now = ask_all().await;
        for ((email, before), now) in nobodies.iter().zip(&earlier).zip(&now) {
            assert_eq!(before.0["account_id"], now.0["account_id"], "{email}");
            // As of somebody who set a new password: both, or neither.
            assert_eq!(before.0["kdf_block"] != now.0["kdf_block"], before.1 != now.1, "{email}");
        }
        let moved = before.iter().zip(&now).filter(|(before, now)| before != now).count();
        assert!((least..=most).contains(&moved), "{moved} of {}", nobodies.len());
        earlier = now;
    }
    // An account that no address has, either.
    let unknown = json!({"account_id": b64(&random::<16>()), "ke1": ke1});
    assert_eq!(server.post("/v1/login/start", &unknown).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_retired_when_nobody_needs_it_and_not_before() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let realm = deployment.realm().await;
    let ada = Keeper::enrol(&deployment, &server, "ada@example.org").await;
    let eve = Keeper::enrol(&deployment, &server, "eve@example.org").await;
    server.provision(&deployment, "bob@example.org").await;
    let bob = Person::claim(&server, &deployment.invitation_to("bob@example.org").await).await;
    let folder = tempfile::tempdir().expect("a folder");
    let first = copy_of_the_key(&deployment, &folder.path().join("first.key"));
    let retire = |number| realm.retire_server_key(number, None, "uid 0");
    let in_use = |refused: Result<(), KeyRefused>| match refused {
        Err(KeyRefused::InUse(KeyShown { accounts, removed, begun, .. })) => (accounts, removed, begun),
        other => panic!("{other:?}"),
    };

    assert!(matches!(retire(1).await, Err(KeyRefused::Newest(1))));
    rotate(&realm).await;
    assert!(matches!(retire(2).await, Err(KeyRefused::Newest(2))));
    assert!(matches!(retire(3).await, Err(KeyRefused::Unknown(3))));
    assert_eq!(in_use(retire(1).await), (2, 0, 1));
    let (code, said) = key(&deployment, &["retire", "1"], None);
    assert_eq!(code, Some(1));
    assert!(said.contains("2 accounts") && said.contains("key people 1"), "{said}");
    let gone = server.scim(&deployment.token, Method::DELETE, &format!("/Users/{}", eve.id), None).await;
    assert_eq!(gone.status, 204);
    change_password(&ada, &server, ada.first_session(&server).await, NEW).await;
    assert_eq!(in_use(retire(1).await), (1, 1, 1), "who was removed, and who has opened a link");
    let what = realm.erasable("eve@example.org", None).await.expect("removed");
    realm.erase(what, "uid 0").await.expect("erased");
    assert_eq!(in_use(retire(1).await), (0, 0, 1));
    // Bob finishes with the key that he began with, and moves.
    bob.enrol(&server).await;
    assert_eq!(in_use(retire(1).await), (1, 0, 0));
    let before = std::fs::read(deployment.data().join("server.key")).expect("the key file");
    deployment.meddle("UPDATE bundle SET server_key = 2");
    // A session that was opened before the rotation could still register a password with it.
    deployment.meddle("UPDATE session SET server_key = 1");
    let (bearer, _) = ada.log_in(&server, NEW).await;
    deployment.meddle("UPDATE session SET server_key = 1");
    assert!(in_use(retire(1).await).2 > 0);
    assert_eq!(std::fs::read(deployment.data().join("server.key")).expect("the key file"), before);
    assert_eq!(server.ask_as(&bearer, Method::GET, "/v1/sessions", None).await.status, 200);
    deployment.pass(SESSION);
    retire(1).await.expect("nobody needs it");
    assert_eq!(keys(&realm).await, [(1, "retired", 0, false), (2, "new passwords", 2, true)]);
    assert_eq!(deployment.ask("SELECT count(*) FROM audit WHERE event = 'server-key.retired'"), "1");
    let seed = &std::fs::read(&first).expect("the first")[5..69];
    assert!(!contains(&std::fs::read(deployment.data().join("server.key")).expect("the key file"), seed));
    assert_eq!(ada.person.log_in_with(&server, &server, NEW).await.status, 200);
    retire(1).await.expect("once more is harmless");
    server.stop().await;

    let again = deployment.serve().await;
    assert_eq!(ada.person.log_in_with(&again, &again, NEW).await.status, 200);
    again.stop().await;
    // The file of before is known, and not taken.
    std::fs::copy(&first, deployment.data().join("server.key")).expect("copied");
    match Realm::open(&deployment.data()).await {
        Err(error) => assert!(error.to_string().contains("does not belong"), "{error}"),
        Ok(_) => panic!("it was taken"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_interrupted_leaves_a_server_that_starts_and_is_finished_by_the_same_command() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let realm = deployment.realm().await;
    let ada = Keeper::enrol(&deployment, &server, "ada@example.org").await;
    let own = deployment.data().join("server.key");
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    let first = copy_of_the_key(&deployment, &file("first.key"));

    // The file was written aside, and did not take its place.
    std::fs::write(deployment.data().join("server.key.new"), b"half").expect("written");
    let refused = realm.rotate_server_key(None, "uid 0").await.expect_err("in the way").to_string();
    assert!(refused.contains("server.key.new") && refused.contains("remove that file"), "{refused}");
    std::fs::remove_file(deployment.data().join("server.key.new")).expect("removed");
    assert_eq!(keys(&realm).await, [(1, "new passwords", 1, true)]);

    // It took its place, and the database does not know.
    let written = realm.rotate_server_key(Some(&file("second.key")), "uid 0").await.expect("written");
    assert_eq!(written, Rotated::Written { number: 2 });
    assert_eq!(keys(&realm).await, [(1, "new passwords", 1, true)]);
    std::fs::copy(file("second.key"), &own).expect("copied");
    assert_eq!(keys(&realm).await, [(1, "new passwords", 1, true), (2, "in the file alone", 0, true)]);
    let started = deployment.serve().await;
    assert_eq!(ada.person.log_in(&started).await.status, 200);
    started.stop().await;
    let other = realm.rotate_server_key(Some(&file("other.key")), "uid 0").await;
    assert!(matches!(other, Err(KeyRefused::Waits(2))) && !file("other.key").exists());
    let rotated = realm.rotate_server_key(None, "uid 0").await.expect("rotated");
    assert_eq!(rotated, Rotated::Now { number: 2, was_there: true });
    assert_eq!(bytes_of(std::slice::from_ref(&own)), bytes_of(&[file("second.key")]), "no other key was made");

    // The server that runs since before finds it, and needs nobody to start it anew.
    change_password(&ada, &server, ada.first_session(&server).await, NEW).await;
    assert_eq!(ada.person.log_in_with(&server, &server, NEW).await.status, 200);
    deployment.pass(SESSION);

    // The backup of before the rotation is named for what it is, by whoever takes it.
    std::fs::copy(&first, &own).expect("copied");
    match Realm::open(&deployment.data()).await {
        Err(error) => assert!(error.to_string().contains("does not hold key 2"), "{error}"),
        Ok(_) => panic!("it was taken"),
    }
    std::fs::copy(file("second.key"), &own).expect("copied");

    // Retired in the database, and the file still has it.
    realm.retire_server_key(1, None, "uid 0").await.expect("retired");
    std::fs::copy(file("second.key"), &own).expect("copied");
    assert_eq!(keys(&realm).await, [(1, "retired", 0, true), (2, "new passwords", 1, true)]);
    let started = deployment.serve().await;
    assert_eq!(ada.person.log_in_with(&started, &started, NEW).await.status, 200);
    started.stop().await;
    realm.retire_server_key(1, None, "uid 0").await.expect("finished");
    assert_eq!(keys(&realm).await, [(1, "retired", 0, false), (2, "new passwords", 1, true)]);
    // A number never comes twice.
    assert_eq!(rotate(&realm).await, 3);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_system_puts_in_its_place_is_rotated_by_way_of_a_new_file() {
    let deployment = Deployment::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let credential = folder.path().join("firstkey-server.key");
    std::fs::rename(deployment.data().join("server.key"), &credential).expect("moved");
    let run = |arguments: &[&str]| key(&deployment, arguments, Some(folder.path()));
    for arguments in [&["rotate"][..], &["retire", "1"]] {
        let (code, said) = run(arguments);
        assert!(code == Some(1) && said.contains("--out"), "{said}");
    }
    let before = std::fs::read(&credential).expect("the credential");
    let next = folder.path().join("next.key");
    let out = next.to_str().expect("text");
    let (code, said) = run(&["rotate", "--out", out]);
    assert!(code == Some(0) && said.contains("restart them"), "{said}");
    assert_eq!(std::fs::read(&credential).expect("the credential"), before);
    let (code, said) = run(&["rotate", "--out", out]);
    assert!(code == Some(1) && said.contains("already exists"), "{said}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&next).expect("there").permissions());
    assert_eq!(mode & 0o777, 0o600);
    std::fs::rename(&next, &credential).expect("sealed and unsealed");
    let (code, said) = run(&["rotate"]);
    assert!(code == Some(0) && said.contains("was in the key file already"), "{said}");
    let (code, said) = run(&["retire", "1", "--out", out]);
    assert_eq!(code, Some(0), "{said}");
    std::fs::rename(&next, &credential).expect("sealed and unsealed");
    let (code, said) = run(&["status", "--json"]);
    assert!(code == Some(0) && said.contains("retired") && said.contains("new passwords"), "{said}");
    assert!(!deployment.data().join("server.key").exists() && !folder.path().join("firstkey-server.key.new").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_after_a_rotation_takes_the_key_of_after_it_alone() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let realm = deployment.realm().await;
    let ada = Keeper::enrol(&deployment, &server, "ada@example.org").await;
    let folder = tempfile::tempdir().expect("a folder");
    let (early, late) = (folder.path().join("early.key"), folder.path().join("late.key"));
    Realm::back_up_key(&deployment.data(), &early).expect("copied");
    rotate(&realm).await;
    change_password(&ada, &server, ada.first_session(&server).await, NEW).await;
    let eve = Keeper::enrol(&deployment, &server, "eve@example.org").await;
    Realm::back_up_key(&deployment.data(), &late).expect("copied");
    let backup = folder.path().join("backup.db");
    realm.back_up(&backup).await.expect("a backup");
    server.stop().await;

    let refused = Realm::restore(&folder.path().join("refused"), &backup, Some(&early), None).await;
    let said = refused.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(said.contains("does not hold key 2"), "{said}");
    assert!(!folder.path().join("refused/firstkey.db").exists() && !folder.path().join("refused/server.key").exists());
    let restored = deployment.restored(&backup, &late, crate::POSTGRES).await.expect("the database is there");
    let server = restored.serve().await;
    assert_eq!(ada.person.log_in_with(&server, &server, NEW).await.status, 200);
    assert_eq!(eve.person.log_in(&server).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_the_newest_file_says_so_instead_of_calling_passwords_wrong() {
    let deployment = Deployment::new().await;
    let server = deployment.serve().await;
    let ada = Keeper::enrol(&deployment, &server, "ada@example.org").await;
    let eve = Keeper::enrol(&deployment, &server, "eve@example.org").await;
    let canary = if crate::POSTGRES { "decode(repeat('07', 32), 'hex')" } else { "zeroblob(32)" };
    // Another server has rotated, and its file has not come here.
    deployment.meddle(&format!("INSERT INTO server_key (number, canary, made_at) VALUES (2, {canary}, 0)"));
    let id =
        |keeper: &Keeper| keeper.person.context.account.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let literal = if crate::POSTGRES { format!("'\\x{}'", id(&ada)) } else { format!("X'{}'", id(&ada)) };
    deployment.meddle(&format!("UPDATE bundle SET server_key = 2 WHERE account_id = {literal}"));
    let refused = ada.person.log_in(&server).await;
    assert_eq!((refused.status, refused.problem().as_str()), (503, "unavailable"));
    assert_eq!(eve.person.log_in(&server).await.status, 200);
    server.stop().await;
}
