//! Runs that were cut off, and what the next one makes of it: one account, one set of keys.
//!
//! A run is cut off by SIGKILL, so nothing of it can tidy up. The child that dies is this test
//! program itself, which drives the real flow with the real edges and counts effects; what comes
//! after is the real program.

mod support;

use firstkey_core::wire::link::InviteLink;
use serde_json::{Value, json};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use support::client::{Desk, Run, run};
use support::deployment::Deployment;
use support::inside::{self, Choice, Fuse};
use support::keys::Stored;
use support::pty::DEADLINE;
use support::row::row;
use support::wire::{Act, Reply};

const EMAIL: &str = "ada@example.org";
const CLAIM: &str = "/v1/invites/claim";
const COMPLETE: &str = "/v1/enrol/complete";
const START: &str = "/v1/enrol/start";
const PARAMS: &str = "/v1/login/params";
const LOGIN: &str = "/v1/login/start";
const FINISH: &str = "/v1/login/finish";

/// Where the child finds its desk, and how many effects it may perform.
const HOME: &str = "MORTAL_HOME";
const EFFECTS: &str = "MORTAL_EFFECTS";

/// Not a test: the child that the tests below start and that dies in the middle.
#[test]
fn mortal_child() {
    let Some(home) = std::env::var_os(HOME) else { return };
    let fuse = std::env::var(EFFECTS)
        .map_or_else(|_| Fuse::endless(), |effects| Fuse::after(effects.parse().expect("the parent gives a number")));
    let choice = Choice { fuse, hasty: false, ..Choice::default() };
    let run = inside::accept(Path::new(&home), EMAIL, &choice);
    assert_eq!(run.code, Some(0), "{run:?}");
}

/// Starts the child at `desk`.
fn mortal(desk: &Desk, link: &str, effects: Option<u32>) -> Child {
    desk.lay_out(link);
    let mut child = Command::new(std::env::current_exe().expect("this program has a path"));
    child.args(["--exact", "mortal_child"]).env(HOME, desk.home.path()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some(effects) = effects {
        child.env(EFFECTS, effects.to_string());
    }
    child.spawn().expect("this program starts")
}

fn was_killed(status: ExitStatus) -> bool {
    status.signal() == Some(rustix::process::Signal::KILL.as_raw())
}

/// The distinct bodies that were sent to complete the account.
fn uploads(server: &Deployment) -> Vec<Vec<u8>> {
    let mut bodies: Vec<_> =
        server.wire.seen().into_iter().filter(|seen| seen.path == COMPLETE).map(|seen| seen.body).collect();
    bodies.sort();
    bodies.dedup();
    bodies
}

fn is_pending(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "pending")
}

/// One account, one set of keys, the person's kit opens it, nothing is left to do.
fn assert_complete(server: &Deployment, desk: &Desk, run: &Run, when: &str) {
    assert_eq!(run.code, Some(0), "{when}: {run:?}");
    let done = run.last();
    assert_eq!((&done["event"], &done["ok"]), (&json!("done"), &json!(true)), "{when}: {done}");
    let shown = server.show(EMAIL);
    assert_eq!(shown.state, "complete", "{when}");
    let stored = Stored(&shown);
    assert_eq!(done["fingerprint"], stored.identity().fingerprint(&stored.context()).to_string(), "{when}");
    assert_eq!(done["account_id"], shown.account_id, "{when}");
    stored.open_with(&desk.recovery_code());
    let people = server.scim("GET", "/scim/v2/Users?filter=userName%20eq%20%22ada%40example.org%22", &Value::Null);
    assert_eq!(people.value()["totalResults"], 1, "{when}");
    assert!(!desk.state_files().iter().any(|path| is_pending(path)), "{when}: a checkpoint is left");
}

/// Runs the same command again at the end: it says that everything is done, and asks the server
/// nothing.
fn assert_harmless_again(server: &Deployment, desk: &Desk, link: &str) {
    let before = server.wire.seen().len();
    let again = desk.run_accept(link, EMAIL);
    assert_eq!((again.code, &again.last()["repeated"]), (Some(0), &json!(true)), "{again:?}");
    assert_eq!(server.wire.seen().len(), before, "a finished invite needs no server");
}

#[test]
fn killed_before_any_effect_and_run_again_there_is_one_account_with_one_set_of_keys() {
    // To be killed after an effect is to be killed before the next one: nothing but the pure step
    // lies between. In the middle of one is below.
    let (next, covered) = (AtomicU32::new(0), AtomicU32::new(0));
    let live_until_it_ends = || {
        loop {
            let effects = next.fetch_add(1, Ordering::Relaxed);
            let mut server = Deployment::start();
            let link = server.invite(EMAIL);
            let desk = Desk::new();
            let status = mortal(&desk, &link, Some(effects)).wait().expect("a child ends");
            let when = format!("killed after {effects} effects");
            let sent = uploads(&server);
            let run = desk.run_accept(&link, EMAIL);
            assert_complete(&server, &desk, &run, &when);
            if !sent.is_empty() {
                assert_eq!(uploads(&server), sent, "{when}: the second run sent the same bytes or nothing");
            }
            assert_eq!(uploads(&server).len(), 1, "{when}");
            assert_harmless_again(&server, &desk, &link);
            if !was_killed(status) {
                assert!(status.success(), "{when}: {status}");
                return;
            }
            row("accept", &format!("effect {}", effects + 1), "SIGKILL before it", "the next run completes");
            covered.fetch_add(1, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(live_until_it_ends);
        }
    });
    assert!(covered.into_inner() > 20);
}

/// Kills a child when its first request to `path` is on the wire; `act` says what becomes of that
/// request.
fn kill_at(server: &Deployment, desk: &Desk, link: &str, path: &'static str, act: fn() -> Act) {
    let (tell, told) = mpsc::channel();
    server.wire.script(move |seen, before| {
        if seen.path == path && before == 0 {
            let child = told.recv().expect("the parent tells whom it started");
            rustix::process::kill_process(child, rustix::process::Signal::KILL).expect("the child runs");
            return act();
        }
        Act::Forward
    });
    let mut child = mortal(desk, link, None);
    tell.send(rustix::process::Pid::from_child(&child)).expect("the wire listens");
    let status = child.wait().expect("a child ends");
    assert!(was_killed(status), "{path}: {status}");
    // The client is gone before the server has answered.
    server.wire.settle();
    server.wire.script(|_, _| Act::Forward);
}

#[test]
fn killed_while_a_request_is_on_its_way_or_answered_the_next_run_completes_the_account() {
    for path in [CLAIM, START, COMPLETE, PARAMS, LOGIN, FINISH] {
        let before: fn() -> Act = || Act::CutBefore;
        for (when, act) in [("before it arrives", before), ("before its answer", || Act::CutAfter)] {
            let mut server = Deployment::start();
            let link = server.invite(EMAIL);
            let desk = Desk::new();
            kill_at(&server, &desk, &link, path, act);
            let sent = uploads(&server);
            let run = desk.run_accept(&link, EMAIL);
            assert_complete(&server, &desk, &run, path);
            assert!(sent.is_empty() || uploads(&server) == sent, "{path}: the same bytes");
            assert_harmless_again(&server, &desk, &link);
            row("accept", path, &format!("SIGKILL {when}"), "the next run completes");
        }
    }
}

#[test]
fn an_upload_that_was_cut_off_is_finished_without_the_link() {
    for act in [|| Act::CutBefore, || Act::CutAfter] {
        let mut server = Deployment::start();
        let link = server.invite(EMAIL);
        let desk = Desk::new();
        kill_at(&server, &desk, &link, COMPLETE, act);
        std::fs::remove_file(desk.path("invite.url")).expect("the link is thrown away");
        let run = run(&mut resume(&desk));
        assert_complete(&server, &desk, &run, "--resume");
        assert_eq!(uploads(&server).len(), 1);
        assert_eq!(
            server.wire.paths().iter().filter(|path| *path == CLAIM).count(),
            1,
            "the invite is not opened again"
        );
        assert_harmless_again(&server, &desk, &link);
    }
}

/// `firstkey accept --resume` as a script runs it.
fn resume(desk: &Desk) -> Command {
    let mut command = desk.command();
    command.args(["accept", "--resume", "--no-input", "--json", "--password-file"]).arg(desk.path("password"));
    command
}

/// "Not now", for so long that nobody waits for it.
fn busy() -> Reply {
    let mut reply =
        Reply::json(json!({"type": "urn:firstkey:problem:unavailable", "title": "", "status": 503}).to_string());
    (reply.status, reply.content_type) = (503, "application/problem+json".to_owned());
    reply.with_retry_after(3600)
}

#[test]
fn an_upload_that_was_refused_for_good_does_not_hide_the_one_that_is_stored() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    // The first is stored, and the run dies before the read-back.
    kill_at(&server, &desk, &link, COMPLETE, || Act::CutAfter);
    std::fs::rename(desk.path("kit.txt"), desk.path("first-kit.txt")).expect("our own file");
    // A reset is agreed to, its upload never arrives, and then the person logs in elsewhere, which
    // calls it off.
    let reset = server.reset(EMAIL);
    server.wire.script(|seen, _| if seen.path == COMPLETE { Act::Answer(busy()) } else { Act::Forward });
    let paused = run(desk.accept(&reset, EMAIL).args(["--accept-reset", EMAIL]));
    assert_eq!((paused.code, &paused.last()["code"]), (Some(75), &json!("paused")), "{paused:?}");
    server.wire.script(|_, _| Act::Forward);
    let elsewhere = Desk::new();
    let mut verify = elsewhere.command();
    verify.args(["verify", "--no-input", "--json", "--server", &server.wire.origin(), "--account", EMAIL]);
    verify.arg("--password-file").arg(elsewhere.write("password", support::client::PASSWORD.as_bytes()));
    let verified = run(&mut verify);
    assert_eq!(verified.code, Some(0), "{verified:?}");

    let done = run(&mut resume(&desk));
    assert_eq!(done.code, Some(0), "{done:?}");
    let events: Vec<_> = done.events().iter().map(|event| event["event"].clone()).collect();
    assert!(events.starts_with(&[json!("resume"), json!("passed"), json!("resume"), json!("sent")]), "{events:?}");
    let passed = &done.events()[1];
    assert_eq!((&passed["user"], &passed["code"]), (&json!(EMAIL), &json!("invite-withdrawn")));
    assert_eq!(done.last()["fingerprint"], verified.last()["fingerprint"], "the keys that the other computer saw");
    std::fs::rename(desk.path("first-kit.txt"), desk.path("kit.txt")).expect("our own file");
    Stored(&server.show(EMAIL)).open_with(&desk.recovery_code());
    // What was refused stays, and is asked about again: a refusal makes nothing forgotten.
    assert_eq!(desk.state_files().iter().filter(|path| is_pending(path)).count(), 1);
    let again = run(&mut resume(&desk));
    assert_eq!((again.code, &again.last()["code"]), (Some(4), &json!("invite-withdrawn")), "{again:?}");
    assert_eq!(desk.state_files().iter().filter(|path| is_pending(path)).count(), 1);
}

#[test]
fn nothing_to_resume_is_said_and_nothing_sent() {
    let desk = Desk::new();
    desk.lay_out("");
    let run = run(&mut resume(&desk));
    assert_eq!((run.code, &run.last()["code"]), (Some(4), &json!("nothing-saved")), "{run:?}");
}

#[test]
fn a_receipt_that_is_lost_again_and_again_changes_nothing() {
    for lost in 1..=5 {
        let mut server = Deployment::start();
        let link = server.invite(EMAIL);
        let desk = Desk::new();
        server.wire.script(
            move |seen, before| {
                if seen.path == COMPLETE && before < lost { Act::CutAfter } else { Act::Forward }
            },
        );
        let mut run = desk.accept_inside(&link, EMAIL, &Choice::default());
        if lost == 5 {
            assert_eq!((run.code, &run.last()["code"]), (Some(75), &json!("paused")), "{run:?}");
            run = desk.accept_inside(&link, EMAIL, &Choice::default());
        }
        assert_complete(&server, &desk, &run, "lost receipts");
        assert_eq!(uploads(&server).len(), 1, "the same bytes each time");
        assert_harmless_again(&server, &desk, &link);
    }
}

#[test]
fn an_upload_whose_claim_was_taken_over_is_signed_anew_and_completes_with_the_same_body() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    kill_at(&server, &desk, &link, COMPLETE, || Act::CutBefore);
    // Another machine opens the invite and goes no further.
    let curious = Desk::new().run_accept(&link, "somebody.else@example.org");
    assert_eq!(curious.code, Some(2), "{curious:?}");

    let run = desk.run_accept(&link, EMAIL);
    assert_complete(&server, &desk, &run, "taken over");
    assert_eq!(uploads(&server).len(), 1, "the same body");
    let uploads: Vec<_> = server.wire.seen().into_iter().filter(|seen| seen.path == COMPLETE).collect();
    let signature = |head: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("firstkey-signature:"));
        line.expect("every upload is signed").to_owned()
    };
    let mut signatures: Vec<_> = uploads.iter().map(|seen| signature(&seen.head)).collect();
    assert_eq!(signatures.len(), 3, "the one that was cut, the stale one, the renewed one");
    signatures.dedup();
    assert_eq!(signatures.len(), 2, "only the last was signed anew");
    assert_harmless_again(&server, &desk, &link);
}

#[test]
fn an_upload_that_came_too_late_is_told_so_and_changes_nothing() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let late = Desk::new();
    kill_at(&server, &late, &link, COMPLETE, || Act::CutBefore);
    let first = Desk::new();
    let done = first.run_accept(&link, EMAIL);
    assert_complete(&server, &first, &done, "the other machine");

    for _ in 0..2 {
        let run = late.run_accept(&link, EMAIL);
        assert_eq!((run.code, &run.last()["code"]), (Some(4), &json!("invite-used")), "{run:?}");
        assert!(run.stderr.contains("This invite was already used"), "{run:?}");
    }
    assert_complete(&server, &first, &done, "afterwards");
    assert_harmless_again(&server, &first, &link);
}

#[test]
fn of_two_runs_at_once_on_one_machine_the_second_is_told_to_wait() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let ((arrived, has_arrived), (go, may_go)) = (mpsc::channel(), mpsc::channel::<()>());
    server.wire.script(move |seen, _| {
        if seen.path == CLAIM {
            arrived.send(()).expect("the test listens");
            may_go.recv().expect("the test says when");
        }
        Act::Forward
    });
    let mut command = desk.accept(&link, EMAIL);
    let first = std::thread::spawn(move || run(&mut command));
    has_arrived.recv_timeout(DEADLINE).expect("the first run is under way");
    for mut second in [desk.accept(&link, EMAIL), resume(&desk)] {
        let second = run(&mut second);
        assert_eq!((second.code, &second.last()["code"]), (Some(5), &json!("busy")), "{second:?}");
    }
    assert_eq!(server.wire.paths(), [CLAIM], "the second run sent nothing");
    go.send(()).expect("the wire waits");
    let first = first.join().expect("the first run ends");
    assert_complete(&server, &desk, &first, "the first run");
}

#[test]
fn a_damaged_checkpoint_is_reported_and_nothing_is_sent() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    kill_at(&server, &desk, &link, COMPLETE, || Act::CutBefore);
    let path = desk.state_files().into_iter().find(|path| is_pending(path)).expect("a checkpoint");
    let whole = std::fs::read(&path).expect("our own file");
    let before = server.wire.seen().len();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let half = whole[..whole.len() / 2].to_vec();
    let damages = [Vec::new(), half, flipped(0), flipped(whole.len() / 2), flipped(whole.len() - 1)];
    for damaged in damages {
        std::fs::write(&path, &damaged).expect("our own file");
        for mut command in [desk.accept(&link, EMAIL), resume(&desk)] {
            let run = run(&mut command);
            assert_eq!((run.code, &run.last()["code"]), (Some(5), &json!("state")), "{run:?}");
            assert!(run.stderr.contains("Nothing was sent"), "{run:?}");
            assert!(std::fs::read(&path).is_ok_and(|now| now == damaged), "what is left of it is not touched");
        }
    }
    assert_eq!(server.wire.seen().len(), before, "nothing was sent");
    std::fs::write(&path, whole).expect("our own file");
    let run = desk.run_accept(&link, EMAIL);
    assert_complete(&server, &desk, &run, "whole again");
}

/// Runs `accept` while a folder lies where the file `name` should go, from the request to `path`
/// on; gives the run and the folder.
fn run_with_obstacle(server: &Deployment, desk: &Desk, link: &str, path: &'static str, name: &str) -> (Run, PathBuf) {
    let obstacle = desk.state().join(name);
    let folder = obstacle.clone();
    server.wire.script(move |seen, _| {
        if seen.path == path {
            std::fs::create_dir(&folder).expect("our own folder");
        }
        Act::Forward
    });
    let run = desk.run_accept(link, EMAIL);
    server.wire.script(|_, _| Act::Forward);
    (run, obstacle)
}

#[test]
fn a_checkpoint_that_cannot_be_saved_is_not_followed_by_an_upload() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let (run, obstacle) = {
        let invite = InviteLink::read(link.as_bytes()).expect("a link").invite_id();
        run_with_obstacle(&server, &desk, &link, START, &format!("{invite}.pending"))
    };
    assert_eq!((run.code, &run.last()["code"]), (Some(5), &json!("state")), "{run:?}");
    assert!(run.stderr.contains("No account was made"), "{run:?}");
    assert!(uploads(&server).is_empty());
    std::fs::remove_dir(obstacle).expect("our own folder");
    let run = desk.run_accept(&link, EMAIL);
    assert_complete(&server, &desk, &run, "with room for the checkpoint");
}

#[test]
fn a_pin_that_cannot_be_saved_leaves_the_checkpoint_where_it_is() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let account = server.show(EMAIL).account_id;
    let (run, obstacle) = run_with_obstacle(&server, &desk, &link, FINISH, &format!("{account}.pin"));
    assert_eq!((run.code, &run.last()["code"]), (Some(5), &json!("state")), "{run:?}");
    assert!(run.stderr.contains("The server has stored your account"), "{run:?}");
    std::fs::remove_dir(obstacle).expect("our own folder");
    let run = desk.run_accept(&link, EMAIL);
    assert_complete(&server, &desk, &run, "with room for the pin");
    assert_eq!(uploads(&server).len(), 1);
    assert_harmless_again(&server, &desk, &link);
}
