//! `firstkey doctor`: what it finds on this machine, on the way to a real server, and where
//! something is wrong.

use super::EMAIL;
use super::support::authority::{Authority, tls_front};
use super::support::client::{Desk, PASSWORD, Run, run};
use super::support::completed::completed;
use super::support::deployment::Deployment;
use super::support::pty::End;
use super::support::sitting::{Sitting, firstkey, plain};
use super::support::wire::{Act, Reply, Wire};
use firstkey_server::NewOrganisation;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

fn doctor(desk: &Desk, flags: &[&str]) -> Run {
    run(desk.command().args(["doctor", "--json"]).args(flags))
}

/// The line with that id.
fn line(run: &Run, id: &str) -> Value {
    let found = run.events().into_iter().find(|event| event["id"] == id);
    found.unwrap_or_else(|| panic!("nothing is said of {id}: {run:?}"))
}

fn state(run: &Run, id: &str) -> String {
    line(run, id)["state"].as_str().expect("a state").to_owned()
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("ours");
}

/// Every name, mode and content below a folder.
fn contents(folder: &Path) -> Vec<(String, u32, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).expect("readable").map(|entry| entry.expect("an entry"));
    let mut all: Vec<_> = entries
        .map(|entry| {
            let mode = entry.metadata().expect("there").permissions().mode();
            (entry.file_name().to_string_lossy().into_owned(), mode, std::fs::read(entry.path()).expect("readable"))
        })
        .collect();
    all.sort();
    all
}

#[test]
fn without_anything_it_looks_at_this_computer_and_makes_nothing() {
    let desk = Desk::new();
    let run = doctor(&desk, &[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    for id in [
        "program",
        "state-folder",
        "locked-memory",
        "closed-process",
        "swap",
        "random",
        "memory",
        "stretching",
        "proxy",
        "server",
    ] {
        assert_ne!(state(&run, id), "bad", "{run:?}");
    }
    assert_eq!(line(&run, "state-folder")["exists"], false);
    assert_eq!(line(&run, "closed-process")["state"], "ok", "{run:?}");
    assert!(line(&run, "stretching")["ms"].as_u64().is_some_and(|ms| ms > 0), "{run:?}");
    // No terminal: that is for people to know, and no error.
    assert_eq!(line(&run, "terminal"), {
        let mut expected = line(&run, "terminal");
        expected["state"] = "attention".into();
        expected["terminal"] = false.into();
        expected
    });
    let last = run.last();
    assert_eq!(
        (last["event"].as_str(), last["ok"].as_bool(), last["bad"].as_u64()),
        (Some("examined"), Some(true), Some(0))
    );
    assert!(!desk.state().exists(), "looking makes nothing");
}

#[test]
fn the_servers_of_remembered_accounts_are_asked_and_nothing_is_said_or_changed() {
    let (server, desk) = completed();
    let (before, folder) = (server.wire.seen().len(), contents(&desk.state()));
    let run = doctor(&desk, &[]);
    // The wire passes no `Date` on, so that the clock is not known.
    assert_eq!(run.code, Some(0), "{run:?}");
    for id in ["state-folder", "state-writing", "remembered", "name", "connection", "certificate", "answer"] {
        assert_eq!(state(&run, id), "ok", "{run:?}");
    }
    assert_eq!(line(&run, "answer")["answer"], "account-server");
    assert_eq!(line(&run, "certificate")["tls"], false);
    assert_eq!(state(&run, "clock"), "attention");
    let asked = server.wire.seen().split_off(before);
    let sent: Vec<_> =
        asked.iter().map(|seen| (seen.method.as_str(), seen.path.as_str(), seen.body.as_slice())).collect();
    assert_eq!(sent, [("POST", "/v1/logout", b"{}".as_slice())]);
    assert!(!asked[0].head.to_ascii_lowercase().contains("authorization"), "{}", asked[0].head);
    assert_eq!(contents(&desk.state()), folder, "the folder is as it was");
    for secret in [PASSWORD, &desk.recovery_code(), EMAIL] {
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{secret} in {run:?}");
    }
}

#[test]
fn a_clock_that_is_off_is_told_with_what_to_do() {
    let server = Deployment::start();
    for (date, expected, said) in [
        ("Thu, 24 Nov 2016 17:00:00 GMT", "bad", "years ahead of the server"),
        ("Sat, 24 Nov 2096 17:00:00 GMT", "bad", "years behind the server"),
        ("yesterday", "attention", "The server does not say"),
    ] {
        server.wire.script(move |_, _| {
            Act::Change(Box::new(move |reply: Reply| Reply { headers: vec![("Date".into(), date.into())], ..reply }))
        });
        let run = doctor(&Desk::new(), &["--server", &server.wire.origin()]);
        let clock = line(&run, "clock");
        assert_eq!(clock["state"], expected, "{run:?}");
        assert!(clock["message"].as_str().is_some_and(|text| text.contains(said)), "{clock}");
        assert!(clock["to_do"].is_string(), "{clock}");
        let (code, last) = if expected == "bad" { (5, "doctor-local") } else { (0, "") };
        assert_eq!((run.code, run.last()["code"].as_str().unwrap_or_default()), (Some(code), last), "{run:?}");
    }
}

#[test]
fn where_nobody_listens_the_way_is_bad_and_the_exit_code_says_network() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    for scheme in ["http", "https"] {
        let run = doctor(&Desk::new(), &["--server", &format!("{scheme}://{free}")]);
        assert_eq!((run.code, run.last()["code"].as_str()), (Some(75), Some("doctor-network")), "{run:?}");
        assert_eq!(state(&run, "connection"), "bad");
        assert!(run.events().iter().all(|event| event["id"] != "answer" && event["id"] != "certificate"), "{run:?}");
    }
    let unknown = doctor(&Desk::new(), &["--server", "https://accounts.example.invalid"]);
    assert_eq!((unknown.code, state(&unknown, "name").as_str()), (Some(75), "bad"), "{unknown:?}");
    let misspelt = doctor(&Desk::new(), &["--server", "accounts.example.org"]);
    assert_eq!((misspelt.code, misspelt.last()["code"].as_str()), (Some(2), Some("no-such-server")), "{misspelt:?}");
}

#[test]
fn whatever_answers_in_the_place_of_an_account_server_is_told_apart() {
    let wire = Wire::listen();
    let page = |status: u16, content_type: &str| Reply {
        status,
        content_type: content_type.into(),
        headers: Vec::new(),
        body: b"<html>".to_vec(),
    };
    for (reply, code, answer) in [
        (page(200, "text/html"), 7, "web-page"),
        (page(302, "text/html"), 7, "web-page"),
        (page(404, "application/json"), 0, "strange"),
        (page(503, "text/html"), 75, "away"),
    ] {
        wire.script(move |_, _| Act::Answer(reply.clone()));
        let run = doctor(&Desk::new(), &["--server", &wire.origin()]);
        assert_eq!((run.code, line(&run, "answer")["answer"].as_str()), (Some(code), Some(answer)), "{run:?}");
    }
}

/// A look at a server over TLS; with the authority known or not.
fn over_tls(authority: &Authority, name: &str, years: (i32, i32), trusted: bool) -> (Run, Vec<String>) {
    let organisation = NewOrganisation { name: "Example Corp".into(), contact: None, min_profile: Some(1) };
    let config = authority.server(name, years);
    let mut origin = String::new();
    let server = Deployment::start_at(organisation, |wire| {
        origin = format!("https://{}", tls_front(config, wire.address()));
        origin.clone()
    });
    let desk = Desk::new();
    let ca = desk.write("ca.pem", authority.pem.as_bytes());
    let mut flags = vec!["--server", &origin];
    if trusted {
        flags.extend(["--ca-file", ca.to_str().expect("text")]);
    }
    (doctor(&desk, &flags), server.wire.paths())
}

#[test]
fn the_issuer_of_a_certificate_is_named_whether_it_is_trusted_or_not() {
    let authority = Authority::named("Example Inspection CA");
    let (run, paths) = over_tls(&authority, "127.0.0.1", (2025, 2096), true);
    assert_eq!(run.code, Some(0), "{run:?}");
    let certificate = line(&run, "certificate");
    assert_eq!(
        (certificate["state"].as_str(), certificate["tls"].as_str()),
        (Some("ok"), Some("1.3")),
        "{certificate}"
    );
    assert_eq!(
        (certificate["certificates"].as_u64(), &certificate["refused"]),
        (Some(1), &Value::Null),
        "{certificate}"
    );
    assert_eq!(certificate["certificate"]["issuer"], "Example Inspection CA");
    assert_eq!(certificate["certificate"]["not_after"], "2096-01-01T00:00:00Z");
    let said = certificate["message"].as_str().expect("a sentence");
    assert!(said.contains("its proxy can read this traffic, but not your keys"), "{said}");
    assert_eq!(paths, ["/v1/logout"]);

    for (name, years, trusted, refused, advice) in [
        ("127.0.0.1", (2025, 2096), false, "unknown-issuer", "--ca-file"),
        ("127.0.0.1", (2020, 2021), true, "ended", "set the clock"),
        ("127.0.0.1", (2095, 2096), true, "not-begun", "set the clock"),
        ("accounts.example.org", (2025, 2096), true, "other-name", "letter by letter"),
    ] {
        let (run, paths) = over_tls(&authority, name, years, trusted);
        assert_eq!((run.code, run.last()["code"].as_str()), (Some(75), Some("doctor-network")), "{refused}: {run:?}");
        let certificate = line(&run, "certificate");
        assert_eq!(
            (certificate["state"].as_str(), certificate["refused"].as_str()),
            (Some("bad"), Some(refused)),
            "{certificate}"
        );
        assert_eq!(certificate["certificate"]["issuer"], "Example Inspection CA", "{certificate}");
        assert!(certificate["to_do"].as_str().is_some_and(|text| text.contains(advice)), "{certificate}");
        assert_eq!(paths, Vec::<String>::new(), "nothing is sent to a server that is not believed");
    }
}

#[test]
fn a_report_has_what_was_found_and_no_name_of_anything() {
    let authority = Authority::named("Example Inspection CA");
    let organisation = NewOrganisation { name: "Example Corp".into(), contact: None, min_profile: Some(1) };
    let config = authority.server("127.0.0.1", (2025, 2096));
    let mut origin = String::new();
    let _server = Deployment::start_at(organisation, |wire| {
        origin = format!("https://{}", tls_front(config, wire.address()));
        origin.clone()
    });
    let desk = Desk::new();
    let ca = desk.write("ca.pem", authority.pem.as_bytes());
    let flags = ["doctor", "--report", "--server", &origin, "--ca-file", ca.to_str().expect("text")];
    let run = run(desk.command().args(flags));
    assert_eq!(run.code, Some(0), "{run:?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    let block = said.split("-----").nth(2).expect("a block").replace('\n', " ");
    for found in [
        "Program: ok",
        "State folder: ok",
        "<state folder>",
        "<server 1>",
        "issued by \"<authority>\"",
        "Asking <server 1>",
    ] {
        assert!(block.contains(found), "{found} is not in {said}");
    }
    let port = origin.rsplit_once(':').expect("a port").1;
    let home = desk.state().to_string_lossy().into_owned();
    for name in [origin.as_str(), "127.0.0.1", port, "Example Inspection", &home, "Example Corp"] {
        assert!(!said.contains(name), "{name} is in {said}");
    }
}

#[test]
fn a_folder_or_file_that_others_may_read_is_bad_and_stays_as_it_is() {
    let (_server, desk) = completed();
    set_mode(&desk.state(), 0o777);
    let before = contents(&desk.state());
    let open = doctor(&desk, &[]);
    assert_eq!((open.code, open.last()["code"].as_str()), (Some(5), Some("doctor-local")), "{open:?}");
    let folder = line(&open, "state-folder");
    assert_eq!((folder["state"].as_str(), folder["mode"].as_str()), (Some("bad"), Some("0777")), "{folder}");
    assert!(folder["to_do"].as_str().is_some_and(|text| text.contains("chmod 700 ")), "{folder}");
    assert_eq!(contents(&desk.state()), before, "no test file is written there");

    set_mode(&desk.state(), 0o700);
    let pin =
        desk.state_files().into_iter().find(|file| file.extension().is_some_and(|end| end == "pin")).expect("a pin");
    set_mode(&pin, 0o644);
    let open = doctor(&desk, &[]);
    let folder = line(&open, "state-folder");
    assert_eq!((open.code, folder["state"].as_str()), (Some(5), Some("bad")), "{open:?}");
    assert_eq!(folder["refused"], json!([pin.file_name().expect("a name").to_str()]), "{folder}");
    assert!(folder["to_do"].as_str().is_some_and(|text| text.contains("chmod 600 ")), "{folder}");
}

/// The super-user may write anywhere; then somebody else runs it.
#[test]
fn a_folder_that_takes_no_file_is_bad() {
    let desk = Desk::new();
    set_mode(desk.home.path(), 0o755);
    let program = desk.path("firstkey");
    std::fs::copy(env!("CARGO_BIN_EXE_firstkey"), &program).expect("a copy");
    std::fs::create_dir(desk.state()).expect("a folder");
    set_mode(&desk.state(), 0o500);
    let mut command = Command::new(&program);
    command.env_clear().current_dir("/").arg("--state-dir").arg(desk.state()).args(["doctor", "--json"]);
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(desk.state(), Some(65534), Some(65534)).expect("the super-user may");
        command.uid(65534).gid(65534);
    }
    let run = run(&mut command);
    assert_eq!(run.code, Some(5), "{run:?}");
    assert_eq!((state(&run, "state-folder").as_str(), state(&run, "state-writing").as_str()), ("ok", "bad"), "{run:?}");
    assert!(
        line(&run, "state-writing")["to_do"].as_str().is_some_and(|text| text.contains("--state-dir DIR")),
        "{run:?}"
    );
}

#[test]
fn where_memory_is_short_it_says_so_and_does_not_try() {
    let desk = Desk::new();
    let mut command = Command::new("/bin/sh");
    command.env_clear().env("HOME", desk.home.path()).args(["-c", "ulimit -v 250000 && exec \"$@\"", "sh"]);
    command.arg(env!("CARGO_BIN_EXE_firstkey")).arg("--state-dir").arg(desk.state()).args(["doctor", "--json"]);
    let run = run(&mut command);
    assert_eq!((run.code, run.last()["code"].as_str()), (Some(5), Some("doctor-local")), "{run:?}");
    assert_eq!((state(&run, "memory").as_str(), state(&run, "stretching").as_str()), ("bad", "attention"), "{run:?}");
    assert!(line(&run, "memory")["to_do"].as_str().is_some_and(|text| text.contains("Close some programs")), "{run:?}");
}

#[test]
fn a_proxy_is_shown_without_its_credentials_and_one_that_is_none_is_bad() {
    let with = |proxy: &str| run(Desk::new().command().env("HTTPS_PROXY", proxy).args(["doctor", "--json"]));
    let named = with("http://user:hunter2@proxy.example.org:3128");
    assert_eq!(
        (named.code, line(&named, "proxy")["proxy"].as_str()),
        (Some(0), Some("proxy.example.org:3128")),
        "{named:?}"
    );
    assert!(!named.stdout.contains("hunter2"), "{named:?}");
    let unusable = with("http://user:hunter2@:/");
    assert_eq!((unusable.code, state(&unusable, "proxy").as_str()), (Some(5), "bad"), "{unusable:?}");
    assert!(!unusable.stdout.contains("hunter2"), "{unusable:?}");
}

#[test]
fn at_a_terminal_each_line_begins_with_what_and_how_it_is() {
    let (_server, desk) = completed();
    for (columns, term, terminal) in [
        (80, "xterm-256color", "ok"),
        (40, "xterm-256color", "ok"),
        (40, "dumb", "attention"),
        (39, "xterm", "attention"),
    ] {
        let mut pty = firstkey(&desk).arg("doctor").size(24, columns).term(term).start();
        assert_eq!(pty.wait(), End::Exited(0), "{}", plain(&pty.output()));
        let output = plain(&pty.output());
        assert!(!pty.output().contains('\x1b'), "an escape sequence: {:?}", pty.output());
        for said in
            [&format!("Terminal: {terminal}"), "State folder: ok", "Memory: ok", "Its answer: ok", "Clock: attention"]
        {
            assert!(output.lines().any(|line| line == said), "{said:?} is not in\n{output}");
        }
        let text = output.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&format!("{columns} columns, TERM is {term}.")), "{text}");
        assert!(
            text.contains("Asking 127.0.0.1. It is sent \"log out\" without a session: nothing about you"),
            "{text}"
        );
        assert!(text.contains("This text has no secrets"), "{text}");
        for line in output.lines().filter(|line| !line.contains(desk.home.path().to_str().expect("text"))) {
            assert!(line.chars().count() <= usize::from(columns), "{line:?}");
        }
        assert!(pty.echo_is_on());
        assert!(pty.page().ends_with("the person who helps you.\n") || columns < 80, "{}", pty.page());
    }
}

#[test]
fn ctrl_c_ends_it_while_a_server_keeps_it_waiting() {
    let wire = Wire::listen();
    wire.script(|_, _| Act::Silence);
    let desk = Desk::new();
    let mut pty = firstkey(&desk).arg("doctor").arg("--server").arg(wire.origin()).start();
    pty.expect("Its name: ok");
    pty.send("\x03");
    assert_eq!(pty.wait(), End::Exited(130), "{}", plain(&pty.output()));
    assert!(plain(&pty.output()).contains("Stopped. Nothing was changed."), "{}", plain(&pty.output()));
}
