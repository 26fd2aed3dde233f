//! Runs that were cut off, and what the next one makes of it: one account, one set of keys.
//!
//! A run is cut off by SIGKILL, so nothing of it can tidy up. The child that dies is this test program itself, which drives the real flow with
//! the real edges and counts effects; what comes after is the real program.

mod support;

use serde_json::{Value, json};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use support::client::{Desk, Run, run};
use support::deployment::Deployment;
use support::inside::{self, Choice, Fuse};
use support::keys::Stored;
use support::wire::Act;

const EMAIL: &str = "ada@example.org";
const CLAIM: &str = "/v1/invites/claim";
const COMPLETE: &str = "/v1/enrol/complete";
const PARAMS: &str = "/v1/login/params";

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

/// Runs the same command again at the end: it says that everything is done, and asks the server nothing.
fn assert_harmless_again(server: &Deployment, desk: &Desk, link: &str) {
    let before = server.wire.seen().len();
    let again = desk.run_accept(link, EMAIL);
    assert_eq!((again.code, &again.last()["repeated"]), (Some(0), &json!(true)), "{again:?}");
    assert_eq!(server.wire.seen().len(), before, "a finished invite needs no server");
}

#[test]
fn killed_before_any_effect_and_run_again_there_is_one_account_with_one_set_of_keys() {
    // To be killed after an effect is to be killed before the next one: nothing but the pure step lies between. In the middle of one is below.
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
