//! What else the program shows: help, the record of what was sent, a rehearsal.

use super::support::client::{Desk, PASSWORD, run};
use super::support::deployment::Deployment;
use super::support::letters::token_of;
use super::support::pty::End;
use super::support::sitting::{Sitting, accept, firstkey, plain};
use super::{CLAIM, COMPLETE, EMAIL, START};
use std::process::{Command, Stdio};

#[test]
fn help_fits_a_screen_and_begins_with_what_people_need() {
    let desk = Desk::new();
    for (arguments, rows) in [
        (&["--help"][..], 24),
        (&["-h"], 24),
        (&["accept", "--help"], 48),
        (&["audit", "--help"], 30),
        (&["audit", "open", "--help"], 24),
        (&["audit", "explain", "--help"], 24),
        (&["login", "--help"], 32),
        (&["verify", "--help"], 24),
        (&["status", "--help"], 24),
        (&["config", "--help"], 30),
        (&["password", "--help"], 30),
        (&["recover", "--help"], 30),
        (&["kit", "--help"], 30),
        (&["sessions", "--help"], 24),
        (&["forget", "--help"], 24),
        (&["doctor", "--help"], 24),
    ] {
        let run = run(desk.command().args(arguments));
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(run.stderr.is_empty(), "{run:?}");
        assert!(run.stdout.lines().count() <= rows, "{} lines:\n{}", run.stdout.lines().count(), run.stdout);
        let widest = run.stdout.lines().map(|line| line.chars().count()).max().unwrap_or_default();
        assert!(widest <= 80, "{widest} columns:\n{}", run.stdout);
        assert!(!run.stdout.contains('\x1b'));
    }
    let help = run(desk.command().arg("--help")).stdout;
    assert!(help.lines().take(3).any(|line| line.trim_start().starts_with("firstkey accept ")), "{help}");
    assert!(help.contains("No telemetry."), "{help}");
}

#[test]
fn no_command_at_all_shows_the_help_and_is_a_usage_error() {
    let run = run(Command::new(env!("CARGO_BIN_EXE_firstkey")).env_clear().stdin(Stdio::null()));
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("firstkey accept  ") && run.stdout.is_empty(), "{run:?}");
}

#[test]
fn the_record_is_empty_before_a_run_and_names_every_field_after_one() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let audit = || run(desk.command().args(["audit", "--last"]));
    let before = audit();
    assert_eq!((before.code, before.stdout.as_str()), (Some(0), "Nothing was sent.\n"), "{before:?}");

    assert_eq!(desk.run_accept(&link, EMAIL).code, Some(0));
    let after = audit();
    assert_eq!(after.code, Some(0), "{after:?}");
    let total: usize = server.wire.seen().iter().map(|seen| seen.body.len()).sum();
    for path in server.wire.paths() {
        assert!(after.stdout.contains(&path), "{path} is not in\n{}", after.stdout);
    }
    assert!(after.stdout.replace(',', "").contains(&format!("(7 requests {total} bytes)")), "{}", after.stdout);
    for said in ["token", "single use", "Not sent: password, private keys, recovery code"] {
        assert!(after.stdout.contains(said), "{said:?} is not in\n{}", after.stdout);
    }
    assert!(!after.stdout.contains(token_of(&link)), "the token is shown");
    assert!(after.stdout.lines().all(|line| line.chars().count() <= 80), "{}", after.stdout);
}

#[test]
fn a_rehearsal_shows_the_table_and_uploads_nothing() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let mut pty = accept(&desk).arg("--dry-run").start();
    pty.consent(&link);
    pty.choose(PASSWORD);
    pty.expect("This was a rehearsal: no account was made. Your invite still works.");
    assert_eq!(pty.wait(), End::Exited(0));
    let output = plain(&pty.output());
    for said in
        [COMPLETE, "opaque_upload", "envelopes", "4 sealed keys, encrypted on this machine", "Not sent: password"]
    {
        assert!(output.contains(said), "{said:?} is not in\n{output}");
    }
    assert!(!output.contains("Written down?"), "a kit was shown that opens nothing");
    assert_eq!(server.wire.paths(), [CLAIM, START]);
    assert_eq!(server.show(EMAIL).state, "invited");

    // And it does still work.
    assert_eq!(desk.run_accept(&link, EMAIL).code, Some(0));
}

#[test]
fn the_version_is_one_line() {
    let desk = Desk::new();
    let mut pty = firstkey(&desk).arg("--version").start();
    assert_eq!(pty.wait(), End::Exited(0));
    assert_eq!(pty.page(), format!("firstkey {}\n", env!("CARGO_PKG_VERSION")));
}
