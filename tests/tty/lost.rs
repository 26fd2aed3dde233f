//! Transcript (d): the connection breaks, the password does not open the account; nothing is lost.

use super::support::client::{Desk, PASSWORD, run};
use super::support::deployment::Deployment;
use super::support::pty::{DEADLINE, End};
use super::support::sitting::{Sitting, accept, resume};
use super::support::wire::Act;
use super::{CLAIM, COMPLETE, EMAIL};

/// Lets the upload be lost, and whoever types press Ctrl-C while they wait for the answer.
fn stopped_at_the_upload(server: &mut Deployment, desk: &Desk) -> String {
    let link = server.invite(EMAIL);
    let arrived = super::stops::hold(server, COMPLETE);
    let mut pty = accept(desk).start();
    pty.up_to_the_upload(&link, PASSWORD);
    arrived.recv_timeout(DEADLINE).expect("the upload is on its way");
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
    server.wire.script(|_, _| Act::Forward);
    link
}

#[test]
fn a_lost_connection_pauses_and_resume_converges_to_the_same_account() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    // The first upload arrives, but every answer is lost.
    server.wire.script(|seen, before| match (seen.path == COMPLETE, before) {
        (false, _) => Act::Forward,
        (true, 0) => Act::CutAfter,
        (true, _) => Act::CutBefore,
    });
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.up_to_the_upload(&link, PASSWORD);
    let origin = server.wire.origin();
    let place = origin.strip_prefix("http://").expect("a server of this machine");
    for delay in [1, 2, 4, 8] {
        pty.expect(&format!("  No answer from {place}. Trying again in {delay} s ..."));
    }
    pty.expect("Paused: the connection was lost, so it is not known what arrived.");
    pty.expect("Your keys are safe");
    pty.expect("Your recovery kit stays valid.");
    pty.expect("When you are back online, run\r\n  firstkey accept --resume\r\n");
    assert_eq!(pty.wait(), End::Exited(75));
    let uploads: Vec<_> = server.wire.seen().into_iter().filter(|seen| seen.path == COMPLETE).collect();
    assert_eq!(uploads.len(), 5);
    assert!(uploads.iter().all(|upload| upload.body == uploads[0].body), "each try has the same bytes");
    let key = |server: &Deployment| server.show(EMAIL).identity.map(|identity| identity.ed25519);
    let stored = key(&server);
    assert!(stored.is_some(), "the first try arrived");

    server.wire.script(|_, _| Act::Forward);
    let mut pty = resume(&desk).start();
    pty.expect(&format!("Resuming the invite for {EMAIL}. This step needs no password."));
    pty.expect("Sending the saved request again ... stored");
    pty.once_more(PASSWORD);
    pty.expect("Checking that your account opens ... yes");
    pty.expect("Done. Your account is ready.");
    assert_eq!(pty.wait(), End::Exited(0));
    assert!(!pty.output().contains("Written down?"), "the kit on paper stays valid");
    assert_eq!(key(&server), stored);
}

#[test]
fn x04_a_computer_that_lost_the_race_is_told_so_and_forgets_its_upload_without_more_ado() {
    let (mut server, first, second) = (Deployment::start(), Desk::new(), Desk::new());
    let link = stopped_at_the_upload(&mut server, &first);
    assert_eq!(second.run_accept(&link, EMAIL).code, Some(0));
    let keys = server.show(EMAIL).identity.map(|identity| identity.ed25519);

    let status = |arguments: &[&str]| run(first.command().arg("status").args(arguments));
    assert!(status(&[]).stdout.contains("firstkey accept --resume"), "its outcome is open");
    let early = run(first.command().args(["forget", "--no-input", "--json", "--yes-for", EMAIL]));
    assert_eq!((early.code, &early.last()["code"]), (Some(2), &"unfinished-upload".into()), "{early:?}");

    let password = first.write("password", PASSWORD.as_bytes());
    let flags = ["accept", "--resume", "--no-input", "--json", "--password-file"];
    let lost = run(first.command().args(flags).arg(password));
    assert_eq!((lost.code, &lost.last()["code"]), (Some(4), &"claim-stale".into()), "{lost:?}");
    let told = status(&[]).stdout;
    assert!(told.contains("the server did not take what is saved here") && !told.contains("--resume"), "{told}");
    assert_eq!(status(&["--json"]).last()["refused"], "claim-stale");

    let gone = run(first.command().args(["forget", "--no-input", "--json", "--yes-for", EMAIL]));
    assert_eq!(gone.code, Some(0), "{gone:?}");
    assert_eq!(status(&[]).stdout, "This computer does not remember any account.\n");
    assert_eq!(server.show(EMAIL).identity.map(|identity| identity.ed25519), keys, "one account, one set of keys");
}

#[test]
fn an_upload_that_never_arrived_is_sent_by_resume() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    stopped_at_the_upload(&mut server, &desk);
    let mut pty = resume(&desk).start();
    pty.once_more(PASSWORD);
    pty.expect("Done. Your account is ready.");
    assert_eq!(pty.wait(), End::Exited(0));
}

#[test]
fn the_same_command_and_link_take_up_what_was_begun() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let link = stopped_at_the_upload(&mut server, &desk);
    let mut pty = accept(&desk).start();
    pty.paste(&link);
    pty.expect("Resuming the invite for");
    pty.once_more(PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0));
    assert_eq!(server.wire.paths().iter().filter(|path| *path == CLAIM).count(), 1);
}

#[test]
fn a_resume_after_somebody_opened_the_link_asks_for_it_once_more() {
    let (mut server, desk) = (Deployment::start(), Desk::new());
    let link = stopped_at_the_upload(&mut server, &desk);
    let others_desk = Desk::new();
    let mut other = accept(&others_desk).start();
    other.paste(&link);
    other.expect("Is this you?");
    let mut pty = resume(&desk).start();
    pty.expect("This invite was opened again after your request was saved.");
    pty.expect("If that was not you, stop here and tell your administrator.");
    pty.paste(&link);
    pty.once_more(PASSWORD);
    assert_eq!(pty.wait(), End::Exited(0));
}

#[test]
fn three_wrong_passwords_at_the_end_leave_an_account_that_resume_finishes() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.up_to_the_upload(&link, PASSWORD);
    for _ in 0..3 {
        pty.type_secret("Password: ", "velvet tundra misprint cobra");
        pty.expect("Checking that your account opens ... no");
        pty.expect("That password does not open this account. (Caps Lock? Keyboard layout?)");
    }
    pty.expect("The password that you typed does not open the new account.");
    pty.expect("The server has stored your account. The last check was not finished.");
    pty.expect("To try again, run\r\n  firstkey accept --resume\r\n");
    assert_eq!(pty.wait(), End::Exited(10));

    let mut pty = resume(&desk).start();
    pty.once_more(PASSWORD);
    pty.expect("Done. Your account is ready.");
    assert_eq!(pty.wait(), End::Exited(0));
}

#[test]
fn a_slip_at_the_last_prompt_is_asked_again() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let mut pty = accept(&desk).start();
    pty.up_to_the_upload(&link, PASSWORD);
    pty.once_more("velvet tundra");
    pty.expect("That password does not open this account.");
    pty.type_secret("Password: ", PASSWORD);
    pty.expect("Checking that your account opens ... yes");
    assert_eq!(pty.wait(), End::Exited(0));
}

#[test]
fn with_nothing_begun_there_is_nothing_to_resume() {
    let desk = Desk::new();
    let mut pty = resume(&desk).start();
    pty.expect("There is nothing to resume on this computer.");
    pty.expect("To begin with your invite link, run\r\n  firstkey accept\r\n");
    assert_eq!(pty.wait(), End::Exited(4));
}
