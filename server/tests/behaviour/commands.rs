//! The command line: what an administrator types, what comes back, and with which exit code.

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
