//! A new password for an account of our own protocol: at the terminal, by a script, and in vain.

use super::support::client::{Desk, PASSWORD, run};
use super::support::completed::completed;
use super::support::pty::End;
use super::support::sitting::{Sitting, firstkey, plain};
use super::{FINISH, LOGIN, LOGOUT, PARAMS};

const NEW: &str = "harbor trumpet mosaic lantern gravel 91";
const QUESTION: &str = "Password for ada@example.org: ";
const START: &str = "/v1/account/password/start";
const CHANGE: &str = "/v1/account/password";

fn opens(desk: &Desk, password: &str) -> Option<i32> {
    let file = desk.write("try", password.as_bytes());
    run(desk.command().args(["verify", "--no-input", "--json", "--password-file"]).arg(file)).code
}

#[test]
fn a_person_changes_the_password_and_the_old_one_is_dead() {
    let (server, desk) = completed();
    let before = server.wire.paths().len();
    let mut pty = firstkey(&desk).arg("password").start();
    pty.type_secret(QUESTION, PASSWORD);
    pty.type_secret("New password: ", NEW);
    pty.type_secret("Again: ", NEW);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    let page = pty.page();
    for line in [
        "Choose a new password. Do not reuse your company password.",
        "  They match.",
        "Done. ada@example.org at 127.0.0.1 has a new password.",
        "Your keys, their fingerprint and your recovery kit are the same as before.",
    ] {
        assert!(page.lines().any(|shown| shown == line), "{line:?} is not in\n{page}");
    }
    assert!(!page.contains(PASSWORD) && !page.contains(NEW));
    // The change has ended the first of the three sessions already; whether it did is the server's
    // word, so that one is ended too.
    assert_eq!(
        server.wire.paths()[before..],
        [PARAMS, LOGIN, FINISH, LOGIN, FINISH, START, CHANGE, LOGIN, FINISH, LOGOUT, LOGOUT, LOGOUT]
    );
    assert_eq!((opens(&desk, NEW), opens(&desk, PASSWORD)), (Some(0), Some(10)));
}

#[test]
fn a_script_gives_both_passwords_and_hears_what_was_done() {
    let (_server, desk) = completed();
    let (old, new) = (desk.write("old", PASSWORD.as_bytes()), desk.write("new", NEW.as_bytes()));
    let mut command = desk.command();
    command.args(["password", "--no-input", "--json", "--password-file"]).arg(&old);
    let missing = run(&mut command);
    assert_eq!((missing.code, missing.last()["code"].as_str()), (Some(2), Some("missing-new-password")), "{missing:?}");
    assert_eq!(opens(&desk, PASSWORD), Some(0));
    let changed = run(command.arg("--new-password-file").arg(new));
    assert_eq!((changed.code, changed.last()["deed"].as_str()), (Some(0), Some("password-changed")), "{changed:?}");
    assert_eq!((opens(&desk, NEW), opens(&desk, PASSWORD)), (Some(0), Some(10)));
}

#[test]
fn a_wrong_present_password_changes_nothing() {
    let (server, desk) = completed();
    let mut pty = firstkey(&desk).arg("password").start();
    for _ in 0..3 {
        pty.type_secret(QUESTION, "not the password at all");
    }
    assert_eq!(pty.wait(), End::Exited(10));
    assert!(!server.wire.paths().contains(&CHANGE.to_owned()));
    assert_eq!(opens(&desk, PASSWORD), Some(0));
}

#[test]
fn ctrl_c_between_the_two_new_ones_changes_nothing() {
    let (_server, desk) = completed();
    let mut pty = firstkey(&desk).arg("password").start();
    pty.type_secret(QUESTION, PASSWORD);
    pty.type_secret("New password: ", NEW);
    pty.expect("Again: ");
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
    assert!(pty.page().contains("Stopped. Nothing was changed."), "{}", pty.page());
    assert_eq!(opens(&desk, PASSWORD), Some(0));
}

#[test]
fn a_new_password_that_is_the_present_one_is_refused_and_nothing_is_sent() {
    let (server, desk) = completed();
    let mut pty = firstkey(&desk).arg("password").start();
    pty.type_secret(QUESTION, PASSWORD);
    pty.type_secret("New password: ", PASSWORD);
    pty.type_secret("Again: ", PASSWORD);
    pty.expect("That is your present password. Choose a different one.");
    pty.type_secret("New password: ", NEW);
    pty.type_secret("Again: ", NEW);
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    assert_eq!(opens(&desk, NEW), Some(0));

    let before = server.wire.paths().len();
    let (old, same) = (desk.write("old", NEW.as_bytes()), desk.write("same", NEW.as_bytes()));
    let mut command = desk.command();
    command.args(["password", "--no-input", "--json", "--password-file"]).arg(old);
    let refused = run(command.arg("--new-password-file").arg(same));
    assert_eq!(
        (refused.code, refused.last()["code"].as_str()),
        (Some(3), Some("gave-up-weak-password")),
        "{refused:?}"
    );
    assert!(refused.stderr.contains("That is your present password."), "{refused:?}");
    assert_eq!(server.wire.paths()[before..], [PARAMS, LOGIN, FINISH]);
}

#[test]
fn a_password_that_is_typed_ahead_while_the_account_is_opened_is_never_shown() {
    let (server, desk) = completed();
    let arrived = super::stops::hold(&server, LOGIN);
    let mut pty = firstkey(&desk).arg("verify").start();
    pty.type_secret(QUESTION, PASSWORD);
    pty.expect("Checking that your account opens ...");
    arrived.recv_timeout(super::support::pty::DEADLINE).expect("the log-in is on its way");
    assert!(!pty.echo_is_on(), "what is typed now would be shown");
    pty.send(format!("{PASSWORD}\r"));
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
    assert!(pty.echo_is_on(), "the terminal is as it was");
    assert!(!pty.output().contains(PASSWORD), "{}", pty.output());
}
