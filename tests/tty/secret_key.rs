//! The second secret: made at the terminal and by a script, asked for, lost, and against a real
//! server.

use super::EMAIL;
use super::support::client::{Desk, PASSWORD, Run, run};
use super::support::completed::completed;
use super::support::deployment::Deployment;
use super::support::pty::{End, Pty};
use super::support::sitting::{Sitting, firstkey, mode, plain};
use std::path::Path;

const QUESTION: &str = "Password for ada@example.org: ";
const CHANGE: &str = "/v1/account/password";
const NEW: &str = "harbor trumpet mosaic lantern gravel 91";

/// A completed account whose organisation has it so.
fn where_they_are(word: &'static str) -> (Deployment, Desk) {
    let (server, desk) = completed();
    server.set_secret_key(word);
    (server, desk)
}

/// A script with its password in a file.
fn script(desk: &Desk, command: &str, password: &str) -> std::process::Command {
    let file = desk.write("pw", password.as_bytes());
    let mut script = desk.command();
    script.args([command, "--no-input", "--json", "--password-file"]).arg(file);
    script
}

fn verify_with(desk: &Desk, password: &str, key: &Path) -> Run {
    run(script(desk, "verify", password).arg("--secret-key-file").arg(key))
}

/// The key that stands in a sheet.
fn key_in(path: &Path) -> String {
    let sheet = std::fs::read_to_string(path).expect("the sheet");
    sheet.lines().find_map(|line| line.strip_prefix("secret-key: ")).expect("a key").to_owned()
}

/// The groups on the screen, in their order.
fn read_key(pty: &mut Pty) -> Vec<String> {
    pty.expect("save to a file instead] ");
    assert!(pty.screen().alternate_screen(), "on the screen that forgets");
    let text = pty.screen().contents();
    let words: Vec<_> = text.split_whitespace().collect();
    let numbered = (1..=14).map(|number: u32| {
        let at = words.iter().rposition(|word| *word == number.to_string()).expect("a numbered group");
        words[at + 1].to_owned()
    });
    numbered.collect()
}

#[test]
fn a_person_makes_one_and_is_asked_for_it_from_then_on() {
    let (server, desk) = where_they_are("allowed");
    let mut pty = firstkey(&desk).arg("secret-key").start();
    pty.type_secret(QUESTION, PASSWORD);
    let groups = read_key(&mut pty);
    pty.send("y\r");
    pty.expect("To check, type group ");
    let group: usize = pty.expect(" ").trim().parse().expect("a number");
    pty.send(format!("{}\r", groups[group - 1].to_lowercase()));
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    let page = pty.page();
    for line in [
        "  With it, even a dishonest server cannot guess your password.",
        "  The secret key was on a separate screen; nothing of it is left here.",
        "Done. ada@example.org at 127.0.0.1 has a new secret key.",
    ] {
        assert!(page.lines().any(|shown| shown == line), "{line:?} is not in\n{page}");
    }
    // Any group but the one that was typed where it is seen.
    let unseen = &groups[if group == 4 { 4 } else { 3 }];
    assert!(!page.contains(unseen), "{page}");
    assert!(server.wire.paths().contains(&CHANGE.to_owned()));

    let mut pty = firstkey(&desk).arg("verify").start();
    pty.expect("Secret key: ");
    pty.send(format!("sk1 {}\r", groups.join(" ").to_lowercase()));
    pty.type_secret(QUESTION, PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    assert!(pty.page().contains("It is opened by password and secret key."), "{}", pty.page());
    assert!(!pty.page().contains(&unseen.to_lowercase()));
}

#[test]
fn a_script_makes_one_uses_it_and_makes_another_only_with_a_consent() {
    let (_server, desk) = where_they_are("allowed");
    let (first, second) = (desk.path("sk.txt"), desk.path("sk2.txt"));
    let missing = run(&mut script(&desk, "secret-key", PASSWORD));
    assert_eq!(
        (missing.code, missing.last()["code"].as_str()),
        (Some(2), Some("missing-secret-key-out")),
        "{missing:?}"
    );
    let made = run(script(&desk, "secret-key", PASSWORD).arg("--out").arg(&first));
    assert_eq!((made.code, made.last()["deed"].as_str()), (Some(0), Some("secret-key-made")), "{made:?}");
    assert_eq!(made.last()["secret_key"], true);
    assert_eq!(mode(&first), 0o600);
    let key = key_in(&first);
    assert!(!made.stdout.contains(&key) && !made.stderr.contains(&key));

    let without = run(&mut script(&desk, "verify", PASSWORD));
    assert_eq!((without.code, without.last()["code"].as_str()), (Some(2), Some("missing-secret-key")), "{without:?}");
    assert_eq!(verify_with(&desk, PASSWORD, &first).code, Some(0));
    let by_variable = run(script(&desk, "verify", PASSWORD).env("FIRSTKEY_SECRET_KEY_FILE", &first));
    assert_eq!(
        (by_variable.code, by_variable.last()["secret_key"].as_bool()),
        (Some(0), Some(true)),
        "{by_variable:?}"
    );
    // The variable holds a path: whoever puts the key there is told that there is no such file.
    let misused = run(script(&desk, "verify", PASSWORD).env("FIRSTKEY_SECRET_KEY_FILE", &key));
    assert_eq!((misused.code, misused.last()["code"].as_str()), (Some(5), Some("input")), "{misused:?}");

    let mut another = script(&desk, "secret-key", PASSWORD);
    another.arg("--secret-key-file").arg(&first).arg("--out").arg(&second);
    let unasked = run(&mut another);
    assert_eq!((unasked.code, unasked.last()["code"].as_str()), (Some(2), Some("missing-secret-key-consent")));
    assert!(!second.exists());
    let done = run(another.args(["--yes-for", EMAIL]));
    assert_eq!(done.code, Some(0), "{done:?}");
    let dead = verify_with(&desk, PASSWORD, &first);
    assert_eq!((dead.code, dead.last()["code"].as_str()), (Some(10), Some("not-opened")), "{dead:?}");
    assert!(dead.stderr.contains("The password or the secret key is wrong."), "{dead:?}");
    assert_eq!(verify_with(&desk, PASSWORD, &second).code, Some(0));
    let status = run(desk.command().args(["status", "--json"]));
    assert_eq!(status.last()["secret_key"], true, "{status:?}");
}

#[test]
fn an_organisation_that_does_not_use_them_is_named_and_a_file_that_is_there_stops_it_before_anything_is_sent() {
    let (server, desk) = completed();
    let out = desk.path("sk.txt");
    let off = run(script(&desk, "secret-key", PASSWORD).arg("--out").arg(&out));
    assert_eq!((off.code, off.last()["code"].as_str()), (Some(2), Some("secret-keys-off")), "{off:?}");
    assert!(off.stderr.contains("Nothing was changed") && !out.exists());
    let before = server.wire.paths().len();
    let taken = desk.write("taken.txt", b"my diary");
    let refused = run(script(&desk, "secret-key", PASSWORD).arg("--out").arg(&taken));
    assert_eq!((refused.code, refused.last()["code"].as_str()), (Some(5), Some("secret-key-file")), "{refused:?}");
    assert_eq!(server.wire.paths().len(), before);
    assert_eq!(std::fs::read(taken).expect("still there"), b"my diary");
}

#[test]
fn whoever_lost_it_gets_back_in_with_the_kit_and_gets_a_new_one() {
    let (_server, desk) = where_they_are("allowed");
    let (lost, found) = (desk.path("sk.txt"), desk.path("sk2.txt"));
    assert_eq!(run(script(&desk, "secret-key", PASSWORD).arg("--out").arg(&lost)).code, Some(0));
    let new = desk.write("new", NEW.as_bytes());
    let mut command = desk.command();
    command.args(["recover", "--no-input", "--json", "--yes-for", EMAIL, "--kit-file"]).arg(desk.path("kit.txt"));
    command.arg("--kit-out").arg(desk.path("kit2.txt")).arg("--new-password-file").arg(new);
    let done = run(command.arg("--secret-key-out").arg(&found));
    assert_eq!((done.code, done.last()["secret_key"].as_bool()), (Some(0), Some(true)), "{done:?}");
    assert_eq!(verify_with(&desk, NEW, &found).code, Some(0));
    assert_eq!(verify_with(&desk, NEW, &lost).code, Some(10));
}

#[test]
fn where_it_is_required_the_account_is_completed_with_one() {
    let mut server = Deployment::start();
    server.set_secret_key("required");
    let desk = Desk::new();
    let link = server.invite(EMAIL);
    let key = desk.path("sk.txt");
    let done = run(desk.accept(&link, EMAIL).arg("--secret-key-out").arg(&key));
    assert_eq!((done.code, done.last()["secret_key"].as_bool()), (Some(0), Some(true)), "{done:?}");
    assert_eq!(verify_with(&desk, PASSWORD, &key).code, Some(0));
}
