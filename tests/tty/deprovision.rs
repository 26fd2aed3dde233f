//! Whoever was suspended or removed by the organisation is told so, wherever it happens, and whom
//! to ask.

use super::EMAIL;
use super::support::client::{Desk, PASSWORD};
use super::support::deployment::Deployment;
use super::support::pty::{End, Pty};
use super::support::sitting::{Sitting, accept, plain, resume};

const SUSPENDED: &str = "Your organisation has suspended you on 127.0.0.1";
const REMOVED: &str = "Your organisation has removed you from 127.0.0.1";

/// Ended with exit code 4, and said all of this.
fn assert_ended(pty: &mut Pty, said: &[&str]) -> String {
    let end = pty.wait();
    let output = plain(&pty.output());
    assert_eq!(end, End::Exited(4), "{output}");
    for said in said.iter().chain(&["  it@example.org"]) {
        assert!(output.contains(said), "{said:?} is not in\n{output}");
    }
    output
}

#[test]
fn a_suspended_person_who_pastes_the_link_is_told_before_anything_is_asked() {
    let mut server = Deployment::start();
    let id = server.push(EMAIL);
    let link = server.letters.next_link();
    server.deactivate(&id);
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.paste(&link);
    let output =
        assert_ended(&mut pty, &[SUSPENDED, "No account was made", "Ask your administrator why, and for how long:"]);
    assert!(!output.contains("Is this you?") && !output.contains("Password:"), "{output}");
}

#[test]
fn a_removed_person_who_pastes_the_link_is_told_so() {
    let mut server = Deployment::start();
    let id = server.push(EMAIL);
    let link = server.letters.next_link();
    server.remove(&id);
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.paste(&link);
    assert_ended(&mut pty, &[REMOVED, "If you are invited again"]);
}

#[test]
fn who_is_suspended_in_the_middle_is_told_and_no_account_is_made() {
    let mut server = Deployment::start();
    let id = server.push(EMAIL);
    let link = server.letters.next_link();
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.consent(&link);
    pty.type_secret("Password: ", PASSWORD);
    server.deactivate(&id);
    pty.type_secret("Again: ", PASSWORD);
    assert_ended(&mut pty, &[SUSPENDED, "No account was made"]);
    assert!(server.show(EMAIL).identity.is_none());
}

#[test]
fn who_is_suspended_after_the_upload_is_told_at_the_check_and_can_finish_it_later() {
    let mut server = Deployment::start();
    let id = server.push(EMAIL);
    let link = server.letters.next_link();
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.up_to_the_upload(&link, PASSWORD);
    pty.expect("... stored");
    server.deactivate(&id);
    pty.once_more(PASSWORD);
    let output = assert_ended(&mut pty, &[SUSPENDED, "Nothing of yours was deleted"]);
    assert!(!output.contains("No account was made"), "{output}");
    assert!(server.show(EMAIL).identity.is_some());

    server.reactivate(&id);
    let mut pty = resume(&desk).start();
    pty.once_more(PASSWORD);
    pty.expect("Done. Your account is ready.");
    assert_eq!(pty.wait(), End::Exited(0));
}
