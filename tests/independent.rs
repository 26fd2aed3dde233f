//! Another implementation, written from the protocol alone in another language, opens what this one
//! has sealed: `docs/open_account.py`, run as its readers run it.

#![allow(clippy::print_stderr, reason = "says what was not run")]

mod support;

use std::io::Write;
use std::process::{Command, Output, Stdio};
use support::client::Desk;
use support::completed::completed;
use support::deployment::Deployment;

const EMAIL: &str = "ada@example.org";

/// Any Python will do: nothing but its standard library is used. Says so where there is none, and
/// fails where nothing may be skipped.
fn there_is_python() -> bool {
    let there = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    if !there {
        assert!(std::env::var_os("FIRSTKEY_CI").is_none(), "python3 is not there");
        eprintln!("NOT RUN: python3 is not there");
    }
    there
}

/// Runs the script over what the server shows, changed by `change`, with this code on its standard
/// input.
fn open(server: &Deployment, desk: &Desk, code: &str, change: impl FnOnce(&mut serde_json::Value)) -> Output {
    let mut shown = serde_json::to_value(server.show(EMAIL)).expect("JSON");
    change(&mut shown);
    let file = desk.write("shown.json", shown.to_string().as_bytes());
    let folder = env!("CARGO_MANIFEST_DIR");
    let mut script = Command::new("python3")
        .arg(format!("{folder}/docs/open_account.py"))
        .arg(file)
        .arg(format!("{folder}/crates/core/data/eff_large_wordlist.txt"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    writeln!(script.stdin.take().expect("a pipe"), "{code}").expect("the script reads");
    script.wait_with_output().expect("the script ends")
}

#[test]
fn the_vectors_of_signed_requests_answers_and_statements_are_those_of_programs_that_share_no_code() {
    if !there_is_python() {
        return;
    }
    for maker in ["request_vectors.py", "statement_vectors.py", "answer_vectors.py"] {
        let program = format!("{}/crates/core/tests/data/{maker}", env!("CARGO_MANIFEST_DIR"));
        // What it imports is not written down beside it.
        let output = Command::new("python3").args(["-B", &program, "--check"]).output().expect("python3 starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_kit_opens_the_account_without_a_line_of_this_program() {
    if !there_is_python() {
        return;
    }
    let (server, desk) = completed();
    let output = open(&server, &desk, &desk.recovery_code(), |_| {});
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text.matches(": yes\n").count(), 6, "{text}");
    let status = desk.command().args(["status", "--json"]).output().expect("the client starts");
    let line: serde_json::Value = serde_json::from_slice(&status.stdout).expect("one account");
    let words = line["fingerprint"].as_str().expect("eight words");
    assert!(text.ends_with(&format!("fingerprint: {words}\n")), "{text} is not of {words}");
}

#[test]
fn the_other_implementation_would_see_what_does_not_fit() {
    if !there_is_python() {
        return;
    }
    let (server, desk) = completed();
    let (_, other) = completed();
    let code = desk.recovery_code();
    let refused = |output: Output| {
        assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert!([output.stdout, output.stderr].concat().windows(2).any(|two| two == b"NO"), "it says NO");
    };
    refused(open(&server, &desk, &other.recovery_code(), |_| {}));
    for kind in ["2", "3", "4"] {
        // The last symbol but three is inside the tag, for each length.
        refused(open(&server, &desk, &code, |shown| flip(&mut shown["envelopes"][kind])));
    }
    for name in ["ed25519", "x25519", "signature"] {
        refused(open(&server, &desk, &code, |shown| flip(&mut shown["identity"][name])));
    }
    refused(open(&server, &desk, &code, |shown| flip(&mut shown["recovery_public"])));
    refused(open(&server, &desk, &code, |shown| shown["identity"]["key_gen"] = 2.into()));
    refused(open(&server, &desk, &code, |shown| flip(&mut shown["envelopes"]["1"])));
    for name in ["digests", "signature"] {
        refused(open(&server, &desk, &code, |shown| flip(&mut shown["statement"][name])));
    }
    refused(open(&server, &desk, &code, |shown| shown["statement"]["counter"] = 2.into()));
}

/// Another symbol in the place of one near the end.
fn flip(text: &mut serde_json::Value) {
    let mut bytes = text.as_str().expect("text").as_bytes().to_vec();
    let at = bytes.len() - 4;
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    *text = String::from_utf8(bytes).expect("ASCII").into();
}
