//! The network and the server fail in every usual way at each of the six calls. The run says how
//! far it got, and the next one completes the account.
//!
//! Everything is real but two things: waits between tries take no time, and a digest stands in for
//! Argon2id.

mod support;

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::client::{Desk, Run};
use support::deployment::Deployment;
use support::inside::{self, Choice};
use support::keys::Stored;
use support::row::row;
use support::wire::{Act, Reply};

const EMAIL: &str = "ada@example.org";
const CALLS: [&str; 6] = [
    "/v1/invites/claim",
    "/v1/enrol/start",
    "/v1/enrol/complete",
    "/v1/login/params",
    "/v1/login/start",
    "/v1/login/finish",
];
/// The call that uploads.
const COMPLETE: usize = 2;

const FAILED: &str = "FAILED";
const TRY_LATER: i32 = 75;
const SERVER: i32 = 7;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Refused,
    CutBefore,
    CutAfter,
    Truncated,
    Internal,
    TooMany,
    Unavailable,
    Page,
    Slow,
}

impl Fault {
    const ALL: [Self; 9] = [
        Self::Refused,
        Self::CutBefore,
        Self::CutAfter,
        Self::Truncated,
        Self::Internal,
        Self::TooMany,
        Self::Unavailable,
        Self::Page,
        Self::Slow,
    ];

    fn act(self) -> Act {
        match self {
            // The connection that the script sees stands already; the matrix refuses the next one.
            Self::Refused => Act::Forward,
            Self::CutBefore => Act::CutBefore,
            Self::CutAfter => Act::CutAfter,
            Self::Truncated => Act::Truncate(120),
            Self::Internal => problem(500, "internal", None),
            Self::TooMany => problem(429, "too-many", Some("7")),
            Self::Unavailable => problem(503, "unavailable", None),
            Self::Page => Act::Answer(Reply {
                status: 200,
                content_type: "text/html".into(),
                headers: Vec::new(),
                body: b"<html>Welcome to the airport</html>".to_vec(),
            }),
            Self::Slow => Act::Silence,
        }
    }

    /// Whether the same run tries again. A throttled login is not tried again: it is the person's
    /// tries that are counted there.
    fn passes(self, call: usize) -> bool {
        match self {
            Self::Page | Self::Slow => false,
            Self::TooMany => call <= COMPLETE,
            _ => true,
        }
    }

    /// The exit code when it does not pass.
    fn exit(self) -> i32 {
        if self == Self::Page { SERVER } else { TRY_LATER }
    }
}

fn problem(status: u16, name: &str, retry_after: Option<&str>) -> Act {
    Act::Answer(Reply {
        status,
        content_type: "application/problem+json".into(),
        headers: retry_after.map(|value| ("Retry-After".into(), value.into())).into_iter().collect(),
        body: format!(r#"{{"type":"urn:firstkey:problem:{name}","title":"x","status":{status}}}"#).into_bytes(),
    })
}

/// What the last message must say of how far things got, when nothing passes from `call` on.
fn reached(call: usize, fault: Fault) -> &'static str {
    match call {
        0 if fault == Fault::Refused => "Nothing was sent, and no account was made.",
        0..COMPLETE => "No account was made, and nothing changed on the server.",
        COMPLETE if fault == Fault::Refused => "They were not sent yet.",
        COMPLETE => "It is not known whether they arrived",
        _ => "The server has stored your account",
    }
}

/// A fault at a call: always, or the first time only.
#[derive(Clone, Copy, Debug)]
struct Cell {
    call: usize,
    fault: Fault,
    always: bool,
}

impl Cell {
    fn choice(self) -> Choice {
        Choice { impatient_at: (self.fault == Fault::Slow).then_some(CALLS[self.call]), ..Choice::default() }
    }

    fn set_up(self, server: &Deployment) {
        let Self { call, fault, always } = self;
        if fault != Fault::Refused {
            server.wire.script(move |seen, before| {
                if seen.path == CALLS[call] && (always || before == 0) { fault.act() } else { Act::Forward }
            });
        } else if call == 0 {
            server.wire.refuse();
        } else {
            let wire = server.wire.clone();
            server.wire.script(move |seen, _| {
                if seen.path == CALLS[call - 1] {
                    wire.refuse();
                }
                Act::Forward
            });
        }
    }

    /// Plays the cell; gives the exit codes of the run and of the one that followed, if one had to.
    fn play(self) -> String {
        let Self { call, fault, always } = self;
        let mut server = Deployment::start();
        let link = server.invite(EMAIL);
        let desk = Desk::new();
        self.set_up(&server);
        let first = desk.accept_inside(&link, EMAIL, &self.choice());
        let code = first.code.unwrap_or(-1);
        let expected = if always || !fault.passes(call) { fault.exit() } else { 0 };
        assert_eq!(code, expected, "{self:?}: {first:?}");
        if code == 0 {
            assert_complete(&server, &desk, &first, self);
            return "0".to_owned();
        }
        let last = first.last();
        let message = last["message"].as_str().unwrap_or_default();
        assert!(message.contains(reached(call, fault)), "{self:?}: {message}");
        assert!(first.stderr.contains(reached(call, fault)), "{self:?}: {first:?}");

        server.wire.script(|_, _| Act::Forward);
        if fault == Fault::Refused {
            server.wire.listen_again();
        }
        let second = desk.accept_inside(&link, EMAIL, &Choice::default());
        assert_complete(&server, &desk, &second, self);
        format!("{code} then 0")
    }
}

/// One account, whose only upload the server has, and which the kit opens.
fn assert_complete(server: &Deployment, desk: &Desk, run: &Run, cell: Cell) {
    assert_eq!(run.code, Some(0), "{cell:?}: {run:?}");
    let shown = server.show(EMAIL);
    let stored = Stored(&shown);
    assert_eq!(run.last()["fingerprint"], stored.identity().fingerprint(&stored.context()).to_string(), "{cell:?}");
    stored.open_with(&desk.recovery_code());
    let mut uploads: Vec<_> =
        server.wire.seen().into_iter().filter(|seen| seen.path == CALLS[COMPLETE]).map(|seen| seen.body).collect();
    uploads.dedup();
    assert_eq!(uploads.len(), 1, "{cell:?}: every try sent the same bytes");
}

#[test]
fn every_fault_at_every_call_ends_with_its_exit_code_and_the_next_run_completes_the_account() {
    let mut cells = Vec::new();
    for call in 0..CALLS.len() {
        for fault in Fault::ALL {
            cells.push(Cell { call, fault, always: true });
            // A wire that refuses does so until it is told otherwise.
            if fault != Fault::Refused {
                cells.push(Cell { call, fault, always: false });
            }
        }
    }
    let (next, ends) = (AtomicUsize::new(0), Mutex::new(vec![String::new(); cells.len()]));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // The other cells are played and shown all the same.
                    let end = catch_unwind(AssertUnwindSafe(|| cell.play())).unwrap_or_else(|_| FAILED.to_owned());
                    let often = if cell.always { "always" } else { "at first" };
                    row("accept", CALLS[cell.call], &format!("{:?}, {often}", cell.fault), &end);
                    let index = cells.iter().position(|other| std::ptr::eq(other, cell)).expect("one of them");
                    ends.lock().expect("not poisoned")[index] = end;
                }
            });
        }
    });
    let ends = ends.into_inner().expect("not poisoned");
    show(&table(&cells, &ends));
    assert!(!ends.iter().any(|end| end == FAILED), "the reasons are above");
}

/// The table is the result of this test, for whoever runs it with `--nocapture`.
#[allow(clippy::print_stdout)]
fn show(table: &str) {
    println!("{table}");
}

fn table(cells: &[Cell], ends: &[String]) -> String {
    let mut text = format!("{:<20}{:<13}{:<12}{}\n", "call", "fault", "at first", "always");
    for (call, path) in CALLS.iter().enumerate() {
        for fault in Fault::ALL {
            let end = |always| {
                let found = cells.iter().position(|cell| (cell.call, cell.fault, cell.always) == (call, fault, always));
                found.map_or("-", |index| ends[index].as_str())
            };
            writeln!(text, "{path:<20}{:<13}{:<12}{}", format!("{fault:?}"), end(false), end(true))
                .expect("a string takes everything");
        }
    }
    text
}

/// Runs `accept` while `fault` says what becomes of the proofs, counted from 0.
fn run_with_proofs(fault: fn(usize) -> Act) -> (Deployment, Desk, Run) {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    server.wire.script(move |seen, before| if seen.path == CALLS[5] { fault(before) } else { Act::Forward });
    let run = desk.accept_inside(&link, EMAIL, &Choice::default());
    server.wire.script(|_, _| Act::Forward);
    (server, desk, run)
}

#[test]
fn a_right_password_is_never_called_wrong_because_an_answer_got_lost() {
    // Each conversation's first proof arrives and its answer does not; the repetition is refused,
    // for a proof serves once.
    let (server, desk, run) =
        run_with_proofs(|before| if before.is_multiple_of(2) { Act::CutAfter } else { Act::Forward });
    assert_eq!((run.code, &run.last()["code"]), (Some(TRY_LATER), &serde_json::json!("connection-broken")), "{run:?}");
    assert_eq!(server.wire.paths().iter().filter(|path| *path == CALLS[5]).count(), 4, "two conversations, no more");
    let again = inside::accept(desk.home.path(), EMAIL, &Choice::default());
    assert_complete(&server, &desk, &again, Cell { call: 5, fault: Fault::CutAfter, always: false });
}

#[test]
fn a_refusal_of_the_first_proof_is_told_as_one() {
    let (server, _, run) = run_with_proofs(|_| problem(403, "login-failed", None));
    assert_eq!((run.code, &run.last()["code"]), (Some(10), &serde_json::json!("not-opened")), "{run:?}");
    assert_eq!(server.wire.paths().iter().filter(|path| *path == CALLS[5]).count(), 1, "it is not tried again");
}
