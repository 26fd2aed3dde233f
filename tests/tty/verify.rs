//! An account on the day after: does it open, what does this computer remember of it.

use super::support::client::{Desk, PASSWORD, run};
use super::support::deployment::Deployment;
use super::support::pty::{End, Pty};
use super::support::sitting::{Sitting, firstkey, plain, without_ports};
use super::{EMAIL, FINISH, LOGIN, LOGOUT, PARAMS};

/// A server, a desk where an account was completed, and its fingerprint.
fn completed() -> (Deployment, Desk, String) {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let done = desk.run_accept(&link, EMAIL);
    assert_eq!(done.code, Some(0), "{done:?}");
    let fingerprint = done.last()["fingerprint"].as_str().expect("eight words").to_owned();
    (server, desk, fingerprint)
}

fn verify(desk: &Desk) -> Pty {
    firstkey(desk).arg("verify").start()
}

const QUESTION: &str = "Password for ada@example.org: ";

#[test]
fn an_account_that_was_completed_here_is_opened_with_one_password_and_the_session_ended() {
    let (server, desk, fingerprint) = completed();
    let before = server.wire.paths().len();
    let mut pty = verify(&desk);
    pty.type_secret(QUESTION, PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    let page = pty.page();
    let words: Vec<_> = fingerprint.split(' ').collect();
    for line in [
        "Asking 127.0.0.1 about ada@example.org ...",
        "  Checking that your account opens ... yes",
        "Your account opens: ada@example.org at 127.0.0.1",
        "Its server and its keys are the ones that this computer remembers:",
        &format!("    {}", words[..4].join(" ")),
        &format!("    {}", words[4..].join(" ")),
    ] {
        assert!(page.lines().any(|shown| shown == line), "{line:?} is not in\n{page}");
    }
    assert_eq!(server.wire.paths()[before..], [PARAMS, LOGIN, FINISH, LOGOUT]);
}

#[test]
fn a_wrong_password_is_asked_for_three_times_and_ends_with_exit_code_10() {
    let (_server, desk, _) = completed();
    let mut pty = verify(&desk);
    for _ in 0..3 {
        pty.type_secret(QUESTION, "not the password at all");
    }
    assert_eq!(pty.wait(), End::Exited(10));
    let page = pty.page();
    assert_eq!(page.matches("That password does not open this account. (Caps Lock?").count(), 3, "{page}");
    assert!(page.contains("Nothing was changed on the server.") && page.contains("  firstkey recover"), "{page}");
    assert!(!page.contains("not the password at all"), "{page}");
}

#[test]
fn ctrl_c_at_the_prompt_changes_nothing_and_restores_the_terminal() {
    let (_server, desk, _) = completed();
    let mut pty = verify(&desk);
    pty.expect(QUESTION);
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
    assert!(pty.echo_is_on());
    assert!(pty.page().contains("Stopped. Nothing was changed."), "{}", pty.page());
}

#[test]
fn a_suspended_person_is_told_so_once_the_password_is_proven() {
    let mut server = Deployment::start();
    let id = server.push(EMAIL);
    let link = server.letters.next_link();
    let desk = Desk::new();
    assert_eq!(desk.run_accept(&link, EMAIL).code, Some(0));
    server.deactivate(&id);
    let mut pty = verify(&desk);
    pty.type_secret(QUESTION, PASSWORD);
    assert_eq!(pty.wait(), End::Exited(4));
    assert!(pty.page().contains("Your organisation has suspended you on 127.0.0.1"), "{}", pty.page());
}

#[test]
fn another_computer_opens_the_account_by_server_and_address_and_remembers_it() {
    let (server, first, _) = completed();
    let second = Desk::new();
    let password = second.write("password", PASSWORD.as_bytes());
    let verify = |named: bool| {
        let mut command = second.command();
        command.args(["verify", "--no-input", "--json", "--password-file"]).arg(&password);
        if named {
            command.args(["--server", &server.wire.origin(), "--account", "Ada@example.org"]);
        }
        run(&mut command)
    };
    let unknown = verify(false);
    assert_eq!((unknown.code, unknown.last()["code"].as_str()), (Some(2), Some("nothing-known")), "{unknown:?}");
    let seen = verify(true);
    assert_eq!(seen.code, Some(0), "{seen:?}");
    let event = seen.last();
    assert_eq!(event["event"], "done");
    assert_eq!((event["deed"].as_str(), event["first_seen"].as_bool()), (Some("verified"), Some(true)), "{event}");
    let again = verify(false);
    assert_eq!((again.code, again.last()["first_seen"].as_bool()), (Some(0), None), "{again:?}");
    // Both computers print the same recipient.
    let recipient = |desk: &Desk| run(desk.command().arg("recipient")).stdout;
    assert_eq!(recipient(&first), recipient(&second));
    assert!(recipient(&first).starts_with("age1"));
}

#[test]
fn a_password_of_a_script_is_tried_once() {
    let (server, desk, _) = completed();
    let before = server.wire.paths().len();
    let wrong = desk.write("wrong", b"not the password at all");
    let tried = run(desk.command().args(["verify", "--no-input", "--json", "--password-file"]).arg(wrong));
    assert_eq!((tried.code, tried.last()["code"].as_str()), (Some(10), Some("not-opened")), "{tried:?}");
    assert_eq!(server.wire.paths()[before..], [PARAMS, LOGIN]);
    let none = run(desk.command().args(["verify", "--no-input", "--json"]));
    assert_eq!((none.code, none.last()["code"].as_str()), (Some(2), Some("missing-password")), "{none:?}");
}

#[test]
fn what_is_remembered_is_shown_without_asking_anybody() {
    let empty = Desk::new();
    let nothing = run(empty.command().arg("status"));
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(0), "This computer does not remember any account.\n"));
    assert!(empty.state_files().is_empty() && !empty.state().exists(), "looking makes nothing");

    let (server, desk, fingerprint) = completed();
    let before = server.wire.paths().len();
    let shown = run(desk.command().arg("status"));
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(without_ports(&shown.stdout).starts_with("ada@example.org at 127.0.0.1\n"), "{}", shown.stdout);
    let account = run(desk.command().args(["status", "--json"])).last();
    assert_eq!(account["event"], "account");
    assert_eq!(account["fingerprint"].as_str(), Some(fingerprint.as_str()));

    let compare = |words: &[&str]| run(desk.command().args(["verify", "--fingerprint"]).args(words));
    let words: Vec<_> = fingerprint.split(' ').collect();
    assert_eq!(compare(&words).code, Some(0));
    assert_eq!(compare(&[&fingerprint.to_uppercase()]).code, Some(0), "in one word, in capitals");
    let mut swapped = words.clone();
    swapped.swap(0, 1);
    let other = compare(&swapped);
    assert_eq!(other.code, Some(6), "{other:?}");
    assert!(other.stderr.contains("that is not the fingerprint"), "{}", other.stderr);
    assert_eq!(server.wire.paths().len(), before, "nobody was asked");
}

#[test]
fn a_pin_that_was_altered_is_refused_and_the_file_is_named() {
    let (_server, desk, _) = completed();
    let pin = desk.state_files().into_iter().find(|file| file.extension().is_some_and(|end| end == "pin"));
    let pin = pin.expect("a pin");
    let mut bytes = std::fs::read(&pin).expect("readable");
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    std::fs::write(&pin, bytes).expect("writable");
    let mut pty = verify(&desk);
    assert_eq!(pty.wait(), End::Exited(5));
    assert!(pty.page().contains("The state in"), "{}", pty.page());
}
