//! Exit codes: one run for each, what `--json` says about it, and whether `docs/EXIT-CODES.md`
//! names it.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "files and processes are the subject")]

mod support;

use firstkey::exit::ExitCode;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use support::client::{Desk, PASSWORD, Run, run};
use support::deployment::Deployment;
use support::pty::DEADLINE;
use support::wire::{Act, Reply};

const EMAIL: &str = "ada@example.org";
const CLAIM: &str = "/v1/invites/claim";
const COMPLETE: &str = "/v1/enrol/complete";

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/EXIT-CODES.md");
    std::fs::read_to_string(path).expect("the document is there")
}

/// The codes that the document names for one exit code.
fn documented(exit: i32) -> BTreeSet<String> {
    let document = document();
    let (_, table) = document.split_once("| exit | codes |").expect("the table of codes");
    let (table, _) = table.split_once("\n## ").expect("a chapter after it");
    table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | "))
        .filter(|(number, _)| number.split(',').next() == Some(exit.to_string().as_str()))
        .flat_map(|(_, codes)| codes.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

/// A bad end: the number, the last line of `--json`, and the document say the same; gives the code.
fn assert_stopped(exit: i32, code: &str, run: &Run) {
    assert_eq!(run.code, Some(exit), "{run:?}");
    let last = run.last();
    assert_eq!((&last["event"], &last["ok"]), (&json!("stopped"), &json!(false)), "{last}");
    assert_eq!((&last["exit"], &last["code"]), (&json!(exit), &json!(code)), "{last}");
    let message = last["message"].as_str().expect("a message");
    assert!(message.len() > 20 && !message.contains('\n'), "{message}");
    assert!(documented(exit).contains(code), "the document does not name {code} for {exit}");
}

/// A run against a server whose answer to the claim is changed.
fn accept_with(change: impl Fn(Reply) -> Reply + Clone + Send + 'static) -> Run {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    server.wire.script(move |seen, _| match seen.path.as_str() {
        CLAIM => Act::Change(Box::new(change.clone())),
        _ => Act::Forward,
    });
    Desk::new().run_accept(&link, EMAIL)
}

fn problem(status: u16, name: &str) -> Reply {
    let body = json!({"type": format!("urn:firstkey:problem:{name}"), "title": name, "status": status});
    let mut reply = Reply::json(body.to_string());
    (reply.status, reply.content_type) = (status, "application/problem+json".into());
    reply
}

#[test]
fn code_0_is_an_account_that_was_read_back() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let first = desk.run_accept(&link, EMAIL);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!((&first.last()["event"], &first.last()["ok"]), (&json!("done"), &json!(true)));
    assert_eq!(server.show(EMAIL).state, "complete");
    // And one that was completed before.
    std::fs::remove_file(desk.path("kit.txt")).expect("a kit");
    let second = desk.run_accept(&link, EMAIL);
    assert_eq!((second.code, &second.last()["repeated"]), (Some(0), &json!(true)), "{second:?}");
}

#[test]
fn code_2_is_a_command_line_that_cannot_do() {
    let desk = Desk::new();
    let accept = |flags: &[&str]| run(desk.command().args(["accept", "--no-input", "--json"]).args(flags));
    assert_stopped(2, "missing-invite", &accept(&[]));
    assert_stopped(2, "missing-password", &accept(&["--resume"]));
    assert_stopped(2, "password-flag", &accept(&["--password", "x"]));
    assert_stopped(2, "no-such-profile", &accept(&["--profile", "9"]));
    assert_stopped(2, "two-passwords", &accept(&["--password-file", "a", "--password-fd", "3"]));
    assert_stopped(2, "stdin-twice", &accept(&["--invite-file", "-", "--password-fd", "0"]));
    let variable = run(desk.command().args(["accept", "--no-input", "--json"]).env("FIRSTKEY_PASSWORD", "x"));
    assert_stopped(2, "password-variable", &variable);
    // What is no command line at all has no event, but the number.
    assert_eq!(accept(&["--no-such-flag"]).code, Some(2));
}

#[test]
fn code_2_is_a_consent_for_somebody_else() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    assert_stopped(2, "not-the-invited", &Desk::new().run_accept(&link, "grace@example.org"));
}

#[test]
fn code_3_is_a_password_that_was_refused() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let mut command = desk.accept(&link, EMAIL);
    desk.write("password", b"hunter2");
    let weak = run(&mut command);
    assert_stopped(3, "gave-up-weak-password", &weak);
    assert!(weak.stderr.contains("it has 7 characters and needs at least 15"), "{weak:?}");
    assert_eq!(server.wire.paths(), [CLAIM]);
}

#[test]
fn code_4_is_an_invite_that_cannot_be_used() {
    assert_stopped(4, "link-not-an-invite", &Desk::new().run_accept("hello", EMAIL));
    assert_stopped(4, "invite-expired", &accept_with(|_| problem(410, "invite-expired")));
    assert_stopped(4, "invite-withdrawn", &accept_with(|_| problem(410, "invite-withdrawn")));
    assert_stopped(4, "suspended", &accept_with(|_| problem(403, "suspended")));
    assert_stopped(4, "removed", &accept_with(|_| problem(403, "removed")));
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    assert_eq!(Desk::new().run_accept(&link, EMAIL).code, Some(0));
    assert_stopped(4, "invite-used", &Desk::new().run_accept(&link, EMAIL));
    let desk = Desk::new();
    let password = desk.write("password", b"velvet tundra");
    let mut resume = desk.command();
    resume.args(["accept", "--no-input", "--json", "--resume", "--password-file"]).arg(password);
    assert_stopped(4, "nothing-saved", &run(&mut resume));
}

#[test]
fn code_5_is_a_computer_that_cannot() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);

    let desk = Desk::new();
    let (invite, password) = (desk.write("invite.url", link.as_bytes()), desk.write("password", PASSWORD.as_bytes()));
    let mut no_folder = desk.command();
    no_folder.args(["accept", "--no-input", "--json", "--yes-for", EMAIL, "--invite-file"]).arg(invite);
    no_folder.arg("--password-file").arg(password).arg("--kit-out").arg(desk.path("nowhere/kit.txt"));
    assert_stopped(5, "kit-file", &run(&mut no_folder));

    let desk = Desk::new();
    let mut too_open = desk.accept(&link, EMAIL);
    std::fs::create_dir(desk.state()).expect("a folder");
    std::fs::set_permissions(desk.state(), Permissions::from_mode(0o777)).expect("permissions");
    assert_stopped(5, "state", &run(&mut too_open));

    let desk = Desk::new();
    let mut readable = desk.accept(&link, EMAIL);
    std::fs::set_permissions(desk.path("password"), Permissions::from_mode(0o644)).expect("permissions");
    assert_stopped(5, "input", &run(&mut readable));

    assert!(server.wire.seen().is_empty(), "something was sent");
}

#[test]
fn code_6_is_a_refusal_for_security() {
    let weak = accept_with(|reply| {
        let mut offer = reply.value();
        offer["kdf"] = json!({"m": 19_456, "t": 1, "p": 1});
        reply.with(&offer)
    });
    assert_stopped(6, "refused-kdf-too-weak", &weak);
}

#[test]
fn code_7_is_a_server_that_answers_nonsense() {
    let page = accept_with(|reply| Reply { content_type: "text/html".into(), body: b"<html>".to_vec(), ..reply });
    assert_stopped(7, "server-web-page", &page);
    assert_stopped(7, "server-not-json", &accept_with(|reply| Reply { body: b"{".to_vec(), ..reply }));
}

#[test]
fn code_10_is_a_password_that_does_not_open_the_account() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    // The upload is not taken, so that there is something to resume.
    server.wire.script(|seen, _| match seen.path.as_str() {
        COMPLETE => Act::Change(Box::new(|_| problem(503, "unavailable").with_retry_after(60))),
        _ => Act::Forward,
    });
    let paused = desk.run_accept(&link, EMAIL);
    assert_stopped(75, "paused", &paused);
    server.wire.script(|_, _| Act::Forward);
    let resume = |password: &[u8]| {
        let password = desk.write("password", password);
        let mut command = desk.command();
        command.args(["accept", "--no-input", "--json", "--resume", "--password-file"]).arg(password);
        run(&mut command)
    };
    assert_stopped(10, "not-opened", &resume(b"velvet tundra misprint cobra"));
    assert_eq!(resume(PASSWORD.as_bytes()).code, Some(0));
}

#[test]
fn code_75_is_a_server_that_may_answer_later() {
    assert_stopped(75, "server-busy", &accept_with(|_| problem(503, "unavailable").with_retry_after(60)));
}

#[test]
fn code_130_is_a_stop_by_a_signal() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut server = Deployment::start();
        let link = server.invite(EMAIL);
        let (arrived, has_arrived) = std::sync::mpsc::channel();
        server.wire.script(move |_, _| {
            // A test that no longer listens has what it wanted.
            let _ = arrived.send(());
            Act::Silence
        });
        let desk = Desk::new();
        let mut command = desk.accept(&link, EMAIL);
        let client = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the client starts");
        if has_arrived.recv_timeout(DEADLINE).is_err() {
            kill_process(Pid::from_child(&client), Signal::KILL).expect("the client is not waited for yet");
            panic!("the claim never came; {:?}", client.wait_with_output());
        }
        kill_process(Pid::from_child(&client), signal).expect("the client runs");
        let output = client.wait_with_output().expect("the client ends");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let run = Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
        assert_stopped(130, "cancelled", &run);
    }
}

#[test]
fn the_document_names_every_number() {
    let document = document();
    for code in ExitCode::ALL {
        let number = code.number();
        assert!(document.contains(&format!("\n| {number} | ")), "{number} is not in the table of meanings");
        let is_good = code == ExitCode::Done;
        assert_eq!(documented(number.into()).is_empty(), is_good, "{number} in the table of codes");
    }
}

#[test]
fn the_help_names_every_number() {
    let help = run(Command::new(env!("CARGO_BIN_EXE_firstkey")).env_clear().args(["accept", "--help"])).stdout;
    let (_, codes) = help.split_once("Exit codes:").expect("a list of codes");
    let words: Vec<_> = codes.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    for code in ExitCode::ALL {
        assert!(words.contains(&code.number().to_string().as_str()), "{} is not in {codes}", code.number());
    }
}
