//! The command line: what an administrator types, what comes back, and with which exit code.

use crate::common::authority::{Authority, put};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run(data: &Path, arguments: &[&str]) -> Output {
    program().args(arguments).arg("--data").arg(data).output().expect("the program runs")
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_firstkey-server"))
}

fn json(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_server_is_made_and_run_by_a_few_commands() {
    let dir = tempfile::tempdir().expect("a folder for the test");
    let data = dir.path().join("data");
    let made =
        json(&run(&data, &["init", "--origin", "http://LOCALHOST:80/", "--contact", "it@example.org", "--json"]));
    assert_eq!(made["origin"], "http://localhost");
    assert_eq!(made["realm_id"].as_str().map(str::len), Some(36));
    let org = json(&run(&data, &["org", "add", "Example Corp", "--min-profile", "1", "--json"]));
    let org = org["org_id"].as_str().expect("an id");
    let token = json(&run(&data, &["scim-token", "add", "--org", org, "--json"]));
    let token = token["token"].as_str().expect("a token");
    assert!(token.starts_with("fksc_") && token.len() == 48);

    let mut server = program()
        .args(["serve", "--listen", "127.0.0.1:0", "--json", "--mail-dir"])
        .arg(dir.path().join("mail"))
        .arg("--data")
        .arg(&data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    let mut lines = BufReader::new(server.stdout.take().expect("piped")).lines();
    let line: Value = serde_json::from_str(&lines.next().expect("a line").expect("text")).expect("JSON");
    assert_eq!(line["event"], "listening");
    let address = line["addr"].as_str().expect("an address");
    assert!(address.starts_with("127.0.0.1:") && !address.ends_with(":0"));

    let pid = rustix::process::Pid::from_child(&server);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("our own child");
    assert_eq!(server.wait().expect("it ends").code(), Some(0), "SIGTERM is a clean end");
    assert!(lines.next().is_none(), "one line");
}

#[test]
fn what_cannot_be_done_is_said_in_a_sentence_with_exit_code_one() {
    let dir = tempfile::tempdir().expect("a folder for the test");
    let data = dir.path().join("data");
    let refused = |arguments: &[&str], needle: &str| {
        let output = run(&data, arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains(needle), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty());
    };
    refused(&["show", "ada@example.org"], "firstkey-server init");
    refused(&["init", "--origin", "http://accounts.example.org"], "Plain http://");
    refused(&["init", "--origin", "accounts.example.org"], "An origin looks like");
    assert!(!data.exists(), "a refused init leaves nothing");
    assert_eq!(run(&data, &["init", "--origin", "https://accounts.example.org"]).status.code(), Some(0));
    refused(&["init", "--origin", "https://accounts.example.org"], "Nothing was overwritten");
    refused(&["show", "ada@example.org"], "ada@example.org");
    refused(&["invite", "resend", "ada@example.org"], "ada@example.org");
    refused(&["org", "add", ""], "name");
    refused(&["scim-token", "add", "--org", "00000000-0000-4000-8000-000000000000"], "no organisation");
    refused(&["serve", "--listen", "0.0.0.0:0", "--mail-dir", "/nonexistent"], "Plain HTTP is only for this machine");
    let mail = ["serve", "--listen", "127.0.0.1:0", "--smtp"];
    refused(&[&mail[..], &["smtp://user:secret@mail.example.org"]].concat(), "--smtp-password-file");
    refused(&[&mail[..], &["smtp://mail.example.org"]].concat(), "Plain smtp://");
    refused(&[&mail[..], &["mail.example.org"]].concat(), "A mail server looks like");
}

#[test]
fn what_is_not_a_command_has_exit_code_two() {
    for arguments in [
        &["frobnicate"][..],
        &["init"],
        &["serve", "--listen", "127.0.0.1:0"],
        &["scim-token", "add", "--org", "x"],
        &[],
    ] {
        let output = program().args(arguments).output().expect("the program runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
    assert_eq!(program().arg("--version").output().expect("the program runs").status.code(), Some(0));
}

/// A script that gets no result has to learn of it, and a token that is shown once was lost.
#[test]
fn what_could_not_be_written_is_no_success_and_no_panic() {
    let dir = tempfile::tempdir().expect("a folder for the test");
    let data = dir.path().join("data");
    json(&run(&data, &["init", "--origin", "http://localhost", "--json"]));
    let org = json(&run(&data, &["org", "add", "Example Corp", "--json"]));
    let org = org["org_id"].as_str().expect("an id");
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
    for arguments in [
        &["person", "list", "--json", "--limit", "1000"][..],
        &["person", "list"],
        &["person", "list", "--csv"],
        &["invite", "list"],
        &["org", "list", "--json"],
        &["mail", "list", "--all"],
        &["audit", "list"],
        &["audit", "export"],
        &["scim-token", "list"],
        &["scim-token", "add", "--org", org],
        &["--help"],
        &["--version"],
        &["person", "--help"],
    ] {
        let (reader, gone) = std::io::pipe().expect("a pipe");
        drop(reader);
        for (nowhere, words) in [(Stdio::from(full()), "No space left"), (gone.into(), "")] {
            let mut command = program();
            command.args(arguments).stdout(nowhere).stderr(Stdio::piped());
            if !arguments.last().is_some_and(|last| last.starts_with("--help") || last.starts_with("--version")) {
                command.arg("--data").arg(&data);
            }
            let output = command.output().expect("the program runs");
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
            assert!(said.contains(words) && !said.is_empty() && !said.contains("panicked"), "{arguments:?}: {said}");
        }
    }
}

/// A supervisor that waits for the line begins to send people.
#[test]
fn a_server_that_does_not_start_never_said_that_it_listens() {
    let dir = tempfile::tempdir().expect("a folder for the test");
    let data = dir.path().join("data");
    json(&run(&data, &["init", "--origin", "https://localhost", "--json"]));
    let good = Authority::new().issue("localhost", (2026, 2096));
    let other = Authority::new().issue("www.example.org", (2026, 2096));
    let over = Authority::new().issue("localhost", (2020, 2021));
    let (certificate, key) = (dir.path().join("certificate.pem"), dir.path().join("key.pem"));
    let encrypted = good.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    for (words, chain, secret, mode) in [
        ("chmod 600", &good.certificate, &good.key, 0o440),
        ("encrypted with a passphrase", &good.certificate, &encrypted, 0o600),
        ("not for localhost", &other.certificate, &other.key, 0o600),
        ("cannot be used together", &good.certificate, &other.key, 0o600),
        ("and not now", &over.certificate, &over.key, 0o600),
    ] {
        put(dir.path(), "certificate.pem", chain, 0o644);
        put(dir.path(), "key.pem", secret, mode);
        let mut command = program();
        command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--mail-dir"]).arg(dir.path().join("letters"));
        command.arg("--data").arg(&data).arg("--tls-certificate").arg(&certificate).arg("--tls-key").arg(&key);
        let output = command.output().expect("the program runs");
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), ""), "{words}: {said}");
        assert!(said.contains(words), "{words}: {said}");
    }
}
