//! What a verdict of `firstkey-evil` is worth: clients that break one rule each are caught, and one
//! that breaks none is not.
//!
//! The clients are small scripts that answer as the real one would, or do not. The real one is in
//! `tests/evil.rs` of the workspace.

#![allow(missing_docs, reason = "tests")]

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Refused at the first answer.
const SCENARIO: &str = r#"
id = "weak"
attack = "K01"
title = "The offer wants a key derivation that costs next to nothing"
command = "accept"

[[lie]]
path = "/v1/invites/claim"
set = { at = "/kdf", to = { m = 8, t = 1, p = 1 } }

[expect]
exit = 6
code = "refused-kdf-too-weak"
seconds = 5
"#;

/// Takes the arguments apart, as the real client has them, and knows how to ask.
const BEGINNING: &str = r#"#!/bin/bash
while [ $# -gt 0 ]; do
  case $1 in
    --invite-file) link=$(cat "$2") ;;
    --password-file) password=$(cat "$2") ;;
    --state-dir) state=$2 ;;
  esac
  shift
done
address=${link#http://}; address=${address%%/*}; parts=${link##*#fkinv2.}
id=${parts%%.*}; token=${parts#*.}; token=${token%%.*}
ask() { # path, body
  exec 3<>"/dev/tcp/${address%:*}/${address#*:}"
  printf 'POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' "$1" "${#2}" "$2" >&3
  cat <&3 >/dev/null
}
key=11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo # of RFC 8032, section 7.1
claim() { ask /v1/invites/claim "{\"invite_id\":\"$id\",\"token\":\"$token\",\"claim_key\":\"$key\"$1}"; }
stop() { # message
  echo '{"event":"stopped","ok":false,"code":"refused-kdf-too-weak","exit":6,"message":"'"${1:-The settings are too weak to be used here.}"'"}'
  exit 6
}
"#;

/// A folder with a scenario, and a client that does this.
fn desk(scenario: &str, client: &str) -> (TempDir, PathBuf, PathBuf) {
    let folder = TempDir::new().expect("a temporary folder");
    let (file, program) = (folder.path().join("case.toml"), folder.path().join("client"));
    std::fs::write(&file, scenario).expect("writable");
    let mut script =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o700).open(&program).expect("writable");
    script.write_all(format!("{BEGINNING}{client}\n").as_bytes()).expect("writable");
    drop(script);
    (folder, file, program)
}

fn evil(arguments: &[&str], file: &Path, client: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firstkey-evil"));
    command.args(arguments).arg("--scenario").arg(file).arg("--client").arg(client);
    command.output().expect("the program starts")
}

/// The rules that this client breaks in this scenario.
fn broken_in(scenario: &str, client: &str) -> Vec<String> {
    let (_folder, file, program) = desk(scenario, client);
    let output = evil(&["--json"], &file, &program);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let [outcome, sum] = lines.as_slice() else { panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr)) };
    let broken: Vec<String> =
        outcome["broken"].as_array().expect("a list").iter().map(|rule| rule.as_str().expect("text").into()).collect();
    assert_eq!(outcome["held"].as_bool(), Some(broken.is_empty()));
    assert_eq!(sum["ok"].as_bool(), Some(broken.is_empty()));
    assert_eq!(output.status.code(), Some(i32::from(!broken.is_empty())), "{text}");
    broken
}

fn broken(client: &str) -> Vec<String> {
    broken_in(SCENARIO, client)
}

#[track_caller]
fn assert_caught(client: &str, rule: &str) {
    let broken = broken(client);
    assert!(broken.iter().any(|broken| broken.contains(rule)), "not caught by {rule:?}: {broken:?}");
}

#[test]
fn a_client_that_breaks_no_rule_holds() {
    assert_eq!(broken("claim; stop"), Vec::<String>::new());
}

#[test]
fn a_password_in_a_request_is_found_in_every_form() {
    for form in [
        r#"claim ",\"password\":\"$password\""; stop"#,
        r#"claim ",\"p\":\"$(printf %s "$password" | base64 -w0)\""; stop"#,
        r#"claim ",\"p\":\"$(printf 'x%s' "$password" | base64 -w0 | tr '+/' '-_' | tr -d =)\""; stop"#,
        r#"claim ",\"p\":\"$(printf %s "$password" | od -An -tx1 | tr -d ' \n')\""; stop"#,
        r#"ask "/v1/invites/claim?p=${password// /+}" "{}"; stop"#,
    ] {
        assert_caught(form, "LEAK: request 1, to /v1/invites/claim");
    }
}

#[test]
fn the_invites_token_is_found_anywhere_but_in_the_claim() {
    assert_caught(
        r#"claim; ask /v1/enrol/start "{\"t\":\"$token\"}"; stop"#,
        "LEAK: request 2, to /v1/enrol/start, holds the invite's token",
    );
    assert_caught(
        r#"claim; ask /v1/enrol/start "{\"t\":\"$(printf %s "$token" | od -An -tx1 | tr -d ' \n')\"}"; stop"#,
        "holds the invite's token as hex",
    );
    assert_caught(
        r#"claim ",\"from\":\"$link\""; ask "/v1/login/params?link=$link" '{}'; stop"#,
        "LEAK: request 2, to /v1/login/params?link",
    );
}

#[test]
fn a_secret_in_an_output_or_in_a_file_is_found() {
    assert_caught(r#"claim; echo "$password" >&2; stop"#, "LEAK: its standard error holds the password");
    assert_caught(r#"claim; stop "We could not use $password here.""#, "LEAK: its output holds the password");
    assert_caught(
        r#"claim; mkdir -m 700 "$state"; umask 077; echo "$token" > "$state/a.audit"; stop"#,
        "LEAK: state/a.audit holds the invite's token",
    );
}

#[test]
fn a_request_after_the_refusal_or_to_an_unknown_path_is_found() {
    assert_caught("claim; ask /v1/enrol/start '{}'; stop", "its last request was /v1/enrol/start");
    assert_caught("claim; claim; stop", "it asked /v1/invites/claim 2 times");
    assert_caught("ask /v1/telemetry '{}'; claim; stop", "which no client does");
    assert_caught("stop", "was never told");
}

#[test]
fn another_end_than_the_expected_one_is_found() {
    assert_caught("claim; echo '{\"event\":\"done\",\"ok\":true}'; exit 0", "it ended with 0, not with [6]");
    assert_caught("claim; kill -SEGV $$", "a signal ended it");
    assert_caught("claim; exit 6", "its code was none");
    assert_caught("claim; stop No", "it did not say what happened");
    assert_caught("claim; echo \"thread 'main' panicked at src/main.rs\" >&2; stop", "panicked at");
}

#[test]
fn what_acts_on_a_terminal_is_found_raw_and_inside_json() {
    assert_caught(r"claim; printf '\033[2J' >&2; stop", "acts on a terminal");
    assert_caught(r"claim; stop 'Welcome to Acme\u202eproC for a while'", "a text with");
}

#[test]
fn files_that_nobody_knows_and_files_that_are_open_to_others_are_found() {
    assert_caught("claim; umask 077; touch notes.txt; stop", "a file that nobody knows: notes.txt");
    assert_caught(r#"claim; mkdir -m 755 "$state"; stop"#, "state is open to others: mode 755");
    assert_caught("claim; umask 077; touch kit.txt; stop", "there is a new kit, and no upload");
    assert_caught(
        r#"claim; umask 077; mkdir "$state"; touch "$state/a.pin"; stop"#,
        "what it remembers of accounts was changed",
    );
}

#[test]
fn memory_and_time_without_a_bound_are_found() {
    assert_caught("claim; hoard=$(head -c 60000000 /dev/zero | tr '\\0' a); stop \"${hoard:0:40}\"", "MiB of memory");
    let silent = SCENARIO
        .replace("set = { at = \"/kdf\", to = { m = 8, t = 1, p = 1 } }", "silence = true")
        .replace("seconds = 5", "seconds = 1");
    let broken = broken_in(&silent, "claim; stop");
    assert!(broken.iter().any(|rule| rule.contains("it had not ended after 1 s")), "{broken:?}");
}

#[test]
fn a_redirect_that_is_followed_is_found() {
    let elsewhere = SCENARIO.replace("set = { at = \"/kdf\", to = { m = 8, t = 1, p = 1 } }", "redirect = 307");
    let broken = broken_in(
        &elsewhere,
        r#"exec 3<>"/dev/tcp/${address%:*}/${address#*:}"
printf 'POST /v1/invites/claim HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n' >&3
target=$(grep -i '^location:' <&3 | tr -d '\r'); address=${target#*//}; address=${address%%/*}
claim; stop"#,
    );
    assert!(broken.iter().any(|rule| rule.contains("another server than the invite's")), "{broken:?}");
}

#[test]
fn a_lie_that_cannot_be_told_fails_its_case() {
    for (deed, trouble) in [
        ("remove = \"/nowhere\"", "nothing is at /nowhere"),
        ("set = { at = \"/protocol\", to = 1 }", "changed nothing"),
        ("flip = { at = \"/realm_id\", byte = 16 }", "the value has 16 bytes"),
        ("copy = { at = \"/realm_id\", from = \"earlier\", path = \"/v1/login/params\" }", "was recorded"),
    ] {
        let scenario = SCENARIO.replace("set = { at = \"/kdf\", to = { m = 8, t = 1, p = 1 } }", deed);
        let broken = broken_in(&scenario, "claim; stop");
        assert!(broken.iter().any(|rule| rule.contains(trouble)), "{deed}: {broken:?}");
    }
}

#[test]
fn what_a_file_may_not_say_is_refused_with_its_line() {
    let cases = [
        ("id = \"weak\"", "id = \"Weak one\"", 2, "an id is of at most 32"),
        ("attack = \"K01\"", "attack = \"CVE\"", 3, "an attack has an id"),
        ("title = ", "titel = ", 1, "lacks the member `title`"),
        ("command = \"accept\"", "command = \"acept\"", 5, "a command is one of"),
        ("command = \"accept\"", "command = \"accept\"\nvalues = []", 6, "`values` is empty"),
        ("path = \"/v1", "path = \"v1", 7, "a path begins with a slash"),
        ("set = { at", "sett = { at", 9, "no member `sett`"),
        ("set = { at", "silence = true\nset = { at", 9, "one thing only"),
        ("to = { m = 8", "to = { m = \"{value}\"", 9, "there is no `values`"),
        ("to = { m = 8", "to = { m = 8.5", 9, "neither fractions nor dates"),
        ("exit = 6", "exit = \"six\"", 12, "a number belongs here"),
        ("seconds = 5", "second = 5", 14, "no member `second`"),
        ("[expect]", "[expected]", 1, "lacks the member `expect`"),
        ("[[lie]]", "[[lie]", 7, ""),
    ];
    for (from, to, line, what) in cases {
        let (_folder, file, program) = desk(&SCENARIO.replace(from, to), "stop");
        let output = evil(&[], &file, &program);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{to}: {said}");
        assert!(said.contains(&format!("case.toml:{line}: ")) && said.contains(what), "{to}: {said}");
    }
}

#[test]
fn values_and_places_make_a_case_each_and_a_table_sums_them_up() {
    let scenario = SCENARIO
        .replace("command = ", "values = [8, 9]\nplaces = [1, 2, 3]\ncommand = ")
        .replace("{ m = 8, t = 1, p = 1 }", "{ m = \"{value}\", t = \"{place}\", p = 1 }");
    let (_folder, file, program) = desk(&scenario, "claim; stop");
    let output = evil(&[], &file, &program);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(0), "{text}");
    for number in 1..=6 {
        assert!(text.contains(&format!("held   weak/{number} ")), "{text}");
    }
    assert!(text.contains("K01          6      6       0"), "{text}");
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("LIES"), "it says what it is");
}

#[test]
fn without_a_client_it_shows_the_invite_and_says_what_it_lies() {
    let (_folder, file, program) = desk(SCENARIO, "stop");
    let mut server = Command::new(env!("CARGO_BIN_EXE_firstkey-evil"));
    server.args(["--wait", "--json", "--scenario"]).arg(file).arg("--client").arg(program);
    let mut server = server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
    let mut lines = BufReader::new(server.stdout.take().expect("piped")).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().expect("a line").expect("text")).expect("JSON");
    let waiting = next();
    let link = waiting["link"].as_str().expect("a link").to_owned();
    let address = link.trim_start_matches("http://").split('/').next().expect("an address");
    assert!(address.starts_with("127.0.0.1:"), "{link}");
    for (path, lies) in [("/v1/login/params", 0), ("/v1/invites/claim", 1)] {
        let mut client = TcpStream::connect(address).expect("it listens");
        write!(client, "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}").expect("it reads");
        let said = next();
        assert_eq!((said["event"].as_str(), said["path"].as_str()), (Some("request"), Some(path)));
        assert_eq!(said["lies"].as_array().expect("a list").len(), lies);
    }
    let pid = rustix::process::Pid::from_child(&server);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    assert_eq!(server.wait().expect("it ends").code(), Some(0));
}
