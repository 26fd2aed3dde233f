//! This computer forgets: what goes, what stays, and what has to be typed for it.

use super::support::client::{Desk, PASSWORD, run};
use super::support::completed::completed;
use super::support::deployment::Deployment;
use super::support::pty::{DEADLINE, End};
use super::support::sitting::{Sitting, accept, firstkey, plain};
use super::{COMPLETE, EMAIL};
use std::path::Path;

const AGREE: &str = "type that (Enter alone stops): ";

/// A desk with a saved upload whose outcome is not known.
fn unfinished() -> (Deployment, Desk) {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let arrived = super::stops::hold(&server, COMPLETE);
    let mut pty = accept(&desk).start();
    pty.up_to_the_upload(&link, PASSWORD);
    arrived.recv_timeout(DEADLINE).expect("the upload is on its way");
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130));
    (server, desk)
}

fn has(desk: &Desk, ending: &str) -> bool {
    desk.state_files().iter().any(|file| file.extension().is_some_and(|end| end == ending))
}

#[test]
fn a_person_types_the_address_and_every_path_is_named_and_gone() {
    let (server, desk) = completed();
    let (before, files) = (server.wire.paths().len(), desk.state_files());
    assert!(files.len() >= 2, "{files:?}");
    let mut pty = firstkey(&desk).arg("forget").start();
    pty.expect(AGREE);
    pty.send("yes\r");
    pty.expect("  That does not match.");
    pty.expect(AGREE);
    assert!(files.iter().all(|file| file.exists()), "nothing is gone yet");
    pty.send("Ada@Example.org\r");
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    let page = pty.page().replace('\n', "");
    for file in &files {
        let path = file.display().to_string();
        assert!(page.replace(' ', "").matches(&path).count() >= 2, "{path} is not named twice in\n{page}");
    }
    for said in
        ["Removed from this computer:", "which opens as before;", "your recovery kit, on paper or in a file (keep it);"]
    {
        assert!(page.contains(said), "{said:?} is not in\n{page}");
    }
    assert!(desk.state_files().is_empty());
    assert_eq!(server.wire.paths().len(), before, "nobody was asked");
    assert!(desk.path("kit.txt").exists());

    // The account is as it was, and this computer sees it for the first time.
    let password = desk.write("password", PASSWORD.as_bytes());
    let mut command = desk.command();
    command.args(["verify", "--no-input", "--json", "--server", &server.wire.origin(), "--account", EMAIL]);
    let seen = run(command.arg("--password-file").arg(password));
    assert_eq!((seen.code, seen.last()["first_seen"].as_bool()), (Some(0), Some(true)), "{seen:?}");
}

#[test]
fn enter_alone_ctrl_c_and_three_wrong_words_remove_nothing() {
    let (_server, desk) = completed();
    let files = desk.state_files();
    for (typed, exit, said) in [("\r", 3, "you did not agree"), ("\x03", 130, "Stopped.")] {
        let mut pty = firstkey(&desk).arg("logout").start();
        pty.expect(AGREE);
        pty.send(typed);
        assert_eq!(pty.wait(), End::Exited(exit));
        let page = pty.page();
        assert!(page.contains(said) && page.contains("Nothing was removed."), "{page}");
    }
    let mut pty = firstkey(&desk).arg("forget").start();
    for _ in 0..3 {
        pty.expect(AGREE);
        pty.send("y\r");
    }
    assert_eq!(pty.wait(), End::Exited(3));
    assert_eq!(desk.state_files(), files);
}

#[test]
fn a_script_consents_by_name_and_reads_the_paths() {
    let (_server, desk) = completed();
    let files = desk.state_files();
    let forget = |flags: &[&str]| run(desk.command().args(["forget", "--no-input", "--json"]).args(flags));
    for (flags, code) in [
        (&[][..], "missing-consent"),
        (&["--yes-for", "grace@example.org"], "not-the-invited"),
        (&["--yes-for", "all"], "not-the-invited"),
        (&["--account", "grace@example.org", "--yes-for", "grace@example.org"], "nothing-known"),
        (&["--server", "nonsense", "--yes-for", EMAIL], "no-such-server"),
    ] {
        let refused = forget(flags);
        assert_eq!((refused.code, refused.last()["code"].as_str()), (Some(2), Some(code)), "{refused:?}");
        assert_eq!(desk.state_files(), files);
    }
    let done = forget(&["--yes-for", EMAIL]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let paths: Vec<_> = done.last()["paths"].as_array().expect("paths").clone();
    assert_eq!((done.last()["event"].as_str(), paths.len()), (Some("forgotten"), files.len()));
    assert!(
        paths.iter().all(|path| files.iter().any(|file| file.as_path() == Path::new(path.as_str().expect("text"))))
    );
    assert!(desk.state_files().is_empty());
    let again = forget(&["--yes-for", EMAIL]);
    assert_eq!((again.code, again.last()["code"].as_str()), (Some(2), Some("nothing-known")), "{again:?}");
}

#[test]
fn an_upload_whose_outcome_is_not_known_goes_only_by_name() {
    let (_server, desk) = unfinished();
    assert!(has(&desk, "pending"));
    let forget = |flags: &[&str]| run(desk.command().args(["forget", "--no-input", "--yes-for", EMAIL]).args(flags));
    let kept = forget(&[]);
    assert_eq!(kept.code, Some(2), "{kept:?}");
    for said in ["an upload whose outcome is not known", "accept --resume", "forget --unfinished"] {
        assert!(kept.stderr.contains(said), "{said:?} is not in\n{}", kept.stderr);
    }
    assert!(has(&desk, "pending"));
    assert_eq!(forget(&["--unfinished"]).code, Some(0));
    assert!(desk.state_files().is_empty());
}

#[test]
fn a_person_reads_what_an_unfinished_upload_means_before_they_agree() {
    let (_server, desk) = unfinished();
    let mut pty = firstkey(&desk).arg("forget").start();
    pty.expect("an upload is saved that got no answer.");
    pty.expect("Better finish it first: firstkey accept --resume");
    pty.expect(AGREE);
    pty.send(format!("{EMAIL}\r"));
    assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
    assert!(desk.state_files().is_empty());
}

#[test]
fn what_cannot_be_read_goes_with_everything_and_with_nothing_less() {
    let (_server, desk) = completed();
    let pin = desk.state_files().into_iter().find(|file| file.extension().is_some_and(|end| end == "pin"));
    std::fs::write(pin.expect("a pin"), b"damaged").expect("writable");
    let forget = |flags: &[&str]| run(desk.command().args(["forget", "--no-input", "--json"]).args(flags));
    let unknown = forget(&["--yes-for", EMAIL]);
    assert_eq!((unknown.code, unknown.last()["code"].as_str()), (Some(2), Some("nothing-known")), "{unknown:?}");
    assert!(unknown.stderr.contains("forget --all"), "{}", unknown.stderr);
    assert_eq!(forget(&["--all", "--yes-for", "all"]).code, Some(0));
    assert!(desk.state_files().is_empty());
}
