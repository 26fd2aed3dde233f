//! Pipes and files as they are: whoever waits can be stopped, what could not be written is said,
//! and the proxy that is shown is the proxy that is asked.
//!
//! Must never: sleep. A test waits for a pipe to be opened or for a handler to be there, and a
//! signal comes only then.

mod support;

use rustix::fs::{CWD, Mode, mkfifoat};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use support::client::{Desk, PASSWORD, run};
use support::deployment::Deployment;

const EMAIL: &str = "ada@example.org";
const CLAIM: &str = "/v1/invites/claim";
/// Does not wait for a reader.
const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
const ENDS: [Signal; 3] = [Signal::INT, Signal::TERM, Signal::HUP];

fn pipe(desk: &Desk, name: &str) -> PathBuf {
    let path = desk.path(name);
    let _ = std::fs::remove_file(&path);
    mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR).expect("a pipe");
    path
}

/// Opens the pipe to write to it, as soon as the program has opened it to read.
fn writer(path: &Path, child: &mut Child) -> File {
    loop {
        let opened = OpenOptions::new().write(true).custom_flags(NONBLOCK).open(path);
        match opened {
            Ok(file) => return file,
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
                assert_eq!(child.try_wait().expect("a child"), None, "it ended before it opened the pipe");
                std::thread::yield_now();
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the client starts")
}

/// Sends the signal as soon as the program handles it; gives the exit code and everything it said.
fn stop(child: Child, signal: Signal) -> (Option<i32>, String) {
    let pid = child.id();
    let bit = 1_u64 << (signal.as_raw() - 1);
    loop {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("a set of signals");
        if u64::from_str_radix(caught.trim(), 16).expect("hexadecimal") & bit != 0 {
            break;
        }
        std::thread::yield_now();
    }
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(pid, signal).expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn a_signal_ends_the_wait_for_every_file_that_is_a_pipe() {
    let desk = Desk::new();
    let kit = desk.path("kit.txt").display().to_string();
    let password = desk.write("password", PASSWORD.as_bytes()).display().to_string();
    let accept =
        ["accept", "--no-input", "--json", "--yes-for", EMAIL, "--kit-out", &kit, "--password-file", &password];
    let sealed = desk.path("sealed").display().to_string();
    let recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    for signal in ENDS {
        let given: [(&[&str], &[&str]); 5] = [
            (&accept, &["--invite-file"]),
            (&["doctor", "--json"], &["--ca-file"]),
            (&["audit", "open", "--no-input"], &["--show"]),
            (&["seal", "--no-input", "--to", recipient, "--out", &sealed], &[]),
            (&["verify", "--no-input", "--json"], &["--ca-file"]),
        ];
        for (flags, last) in given {
            let path = pipe(&desk, "pipe");
            let mut child = start(desk.command().args(flags).args(last).arg(&path));
            let held = writer(&path, &mut child);
            let (code, said) = stop(child, signal);
            assert_eq!(code, Some(130), "{flags:?} {last:?} {signal:?}: {said}");
            drop(held);
        }
        assert!(!desk.path("sealed").exists());
    }
}

#[test]
fn a_signal_ends_the_wait_for_authorities_that_a_variable_names_and_what_has_no_end_is_refused() {
    let desk = Desk::new();
    let password = desk.write("password", PASSWORD.as_bytes()).display().to_string();
    let account = ["--no-input", "--json", "--server", "https://localhost:9", "--account", EMAIL];
    let login = ["login", "--password-file", &password];
    for signal in ENDS {
        let doctor = ["doctor", "--json"].to_vec();
        let logs_in = [&login[..], &account[..]].concat();
        let verifies = [&["verify"][..], &account[..]].concat();
        for flags in [doctor, logs_in, verifies] {
            let path = pipe(&desk, "authorities");
            let mut child = start(desk.command().args(&flags).env("SSL_CERT_FILE", &path));
            let held = writer(&path, &mut child);
            let (code, said) = stop(child, signal);
            assert_eq!(code, Some(130), "{flags:?} {signal:?}: {said}");
            drop(held);
        }
    }
    let endless = run(desk.command().args(login).args(account).env("SSL_CERT_FILE", "/dev/zero"));
    assert_eq!(endless.code, Some(5), "{endless:?}");
    assert!(endless.last()["message"].as_str().is_some_and(|text| text.contains("/dev/zero (SSL_CERT_FILE)")));
    // A pipe in a folder is no certificate, and one that names the zone no zone.
    let folder = desk.path("folder");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::rename(pipe(&desk, "silent"), folder.join("silent.pem")).expect("moved");
    let silent = run(desk.command().args(login).args(account).env("SSL_CERT_DIR", &folder));
    assert_eq!(silent.code, Some(5), "no authority is left: {silent:?}");
    let zone = run(desk.command().args(login).args(account).env("TZ", pipe(&desk, "zone")));
    assert_eq!(zone.code, Some(75), "{zone:?}");
}

#[test]
fn a_signal_ends_the_wait_for_a_silent_standard_input() {
    let desk = Desk::new();
    let kit = desk.path("kit.txt");
    for signal in ENDS {
        let password = desk.write("password", PASSWORD.as_bytes());
        let mut command = desk.command();
        command.args(["accept", "--no-input", "--yes-for", EMAIL, "--invite-file", "-"]);
        command.arg("--kit-out").arg(&kit).arg("--password-file").arg(password).stdin(Stdio::piped());
        let mut child = start(&mut command);
        // Held open until the end: what was closed would be the end of the input.
        let silent = child.stdin.take();
        let (code, said) = stop(child, signal);
        assert_eq!(code, Some(130), "{signal:?}: {said}");
        drop(silent);
    }
}

#[test]
fn a_password_is_read_when_it_is_due_and_a_signal_ends_the_wait_for_it() {
    let mut server = Deployment::start();
    let desk = Desk::new();
    let link = server.invite(EMAIL);
    let path = pipe(&desk, "secret");
    desk.write("invite.url", link.as_bytes());
    let mut command = desk.command();
    command.args(["accept", "--no-input", "--json", "--yes-for", EMAIL, "--profile", "1"]);
    command.arg("--invite-file").arg(desk.path("invite.url")).arg("--kit-out").arg(desk.path("kit.txt"));
    command.arg("--password-file").arg(&path);
    let mut child = start(&mut command);
    let held = writer(&path, &mut child);
    assert_eq!(server.wire.paths(), [CLAIM], "the password was not asked for before it was due");
    let (code, said) = stop(child, Signal::TERM);
    assert_eq!(code, Some(130), "{said}");
    assert_eq!(server.wire.paths(), [CLAIM], "nothing more was sent");
    drop(held);

    // A mark that Windows tools put before text is no part of the password.
    let mut child = start(&mut command);
    let mut late = writer(&path, &mut child);
    late.write_all(format!("\u{feff}{PASSWORD}\r\n").as_bytes()).expect("the program reads");
    drop(late);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let plain = desk.write("plain", PASSWORD.as_bytes());
    let verified = run(desk.command().args(["verify", "--no-input", "--json", "--password-file"]).arg(plain));
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[test]
fn a_password_file_that_is_not_there_is_named_before_anything_is_sent() {
    let mut server = Deployment::start();
    let desk = Desk::new();
    let link = server.invite(EMAIL);
    let mut command = desk.accept(&link, EMAIL);
    std::fs::remove_file(desk.path("password")).expect("our own file");
    let refused = run(&mut command);
    assert_eq!((refused.code, &refused.last()["code"]), (Some(5), &"input".into()), "{refused:?}");
    assert!(server.wire.paths().is_empty());
}

#[test]
fn what_is_printed_once_and_was_lost_is_no_success() {
    let mut server = Deployment::start();
    let desk = Desk::new();
    let link = server.invite(EMAIL);
    assert_eq!(desk.run_accept(&link, EMAIL).code, Some(0));
    for flags in [&["recipient"][..], &["recipient", "--identity"], &["status", "--json"]] {
        let (reader, gone) = std::io::pipe().expect("a pipe");
        drop(reader);
        for (nowhere, words) in [(full(), "the disk is full"), (gone.into(), "the program that read it has ended")] {
            let lost = desk.command().args(flags).stdout(nowhere).stderr(Stdio::piped()).output().expect("it starts");
            let said = String::from_utf8_lossy(&lost.stderr);
            assert_eq!(lost.status.code(), Some(5), "{flags:?}: {said}");
            assert!(said.contains(words) && !said.contains("panicked"), "{flags:?}: {said}");
        }
    }
    // A kit whose page cannot be written is none, and no key leaves.
    let other = server.invite("grace@example.org");
    let sent = server.wire.paths().len();
    let mut command = desk.accept(&other, "grace@example.org");
    let refused = run(command.arg("--kit-out").arg("/dev/full"));
    assert!(refused.code.is_some_and(|code| code != 0), "{refused:?}");
    assert!(server.wire.paths()[sent..].iter().all(|path| path == CLAIM), "{refused:?}");
}

/// Standard output, or standard error, on a disk that is full.
fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").expect("a device").into()
}

#[test]
fn what_could_not_be_written_is_never_taken_for_written() {
    let desk = Desk::new();
    for flags in [
        &["--help"][..],
        &["--version"],
        &["accept", "--help"],
        &["status"],
        &["status", "--json"],
        &["audit", "--last"],
        &["audit", "--last", "--raw"],
        &["audit", "explain"],
        &["people", "--json"],
        &["doctor"],
        &["doctor", "--json"],
    ] {
        // These print nothing at all on a new desk.
        if matches!(flags, ["status" | "people", "--json"] | ["audit", "--last", "--raw"]) {
            continue;
        }
        let on_full = desk.command().args(flags).stdout(full()).stderr(Stdio::piped()).output().expect("it starts");
        let said = String::from_utf8_lossy(&on_full.stderr);
        assert_eq!(on_full.status.code(), Some(5), "{flags:?}: {said}");
        assert!(said.contains("Not everything could be written to standard output: the disk is full."), "{said}");

        // A reader that is gone before the first byte.
        let (reader, pipe) = std::io::pipe().expect("a pipe");
        drop(reader);
        let gone = desk.command().args(flags).stdout(pipe).stderr(Stdio::piped()).output().expect("it starts");
        let said = String::from_utf8_lossy(&gone.stderr);
        assert_eq!(gone.status.code(), Some(5), "{flags:?}: {said}");
        assert!(said.contains("the program that read it has ended"), "{said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn an_account_is_completed_and_the_lost_result_is_no_success() {
    let mut server = Deployment::start();
    let desk = Desk::new();
    let link = server.invite(EMAIL);
    let mut command = desk.accept(&link, EMAIL);
    let lost = command.stdout(full()).stderr(Stdio::piped()).output().expect("it starts");
    let said = String::from_utf8_lossy(&lost.stderr);
    assert_eq!(lost.status.code(), Some(5), "{said}");
    assert!(said.contains("What the command did is done."), "{said}");
    let status = run(desk.command().args(["status", "--json"]));
    assert_eq!(status.last()["email"], EMAIL);
    // A refusal keeps its own exit code, whatever could not be said of it.
    let usage = desk.command().args(["accept", "--no-input"]).stderr(full()).output().expect("it starts");
    assert_eq!(usage.status.code(), Some(2));
}

#[test]
fn the_proxy_that_doctor_shows_is_the_one_that_is_asked_and_no_proxy_is_read_as_people_write_it() {
    for (no_proxy, is_asked) in [
        ("", true),
        ("foo, bar", true),
        ("localhost.example.org", true),
        ("localhost:1", true),
        ("foo, localhost", false),
        ("foo localhost", false),
        (".localhost", false),
        ("LOCALHOST", false),
        ("*", false),
        ("local*", false),
    ] {
        let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
        proxy.set_nonblocking(true).expect("a socket");
        let nobody = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = nobody.local_addr().expect("an address").port();
        drop(nobody);
        let desk = Desk::new();
        let mut command = desk.command();
        command.env("HTTPS_PROXY", format!("http://{}", proxy.local_addr().expect("an address")));
        command.env("NO_PROXY", no_proxy).args(["doctor", "--json", "--server", &format!("https://localhost:{port}")]);
        // The proxy hangs up on whoever asks.
        let ended = std::sync::atomic::AtomicBool::new(false);
        let asked = std::thread::scope(|scope| {
            let (listening, done) = (&proxy, &ended);
            let asked = scope.spawn(move || {
                let mut asked = false;
                while !done.load(std::sync::atomic::Ordering::SeqCst) {
                    asked |= listening.accept().is_ok();
                    std::thread::yield_now();
                }
                asked || listening.accept().is_ok()
            });
            let found = run(&mut command);
            ended.store(true, std::sync::atomic::Ordering::SeqCst);
            let shown = found.events().into_iter().find(|event| event["id"] == "name").expect("a name");
            assert_eq!(shown["by_proxy"], is_asked, "{no_proxy}: {found:?}");
            asked.join().expect("it listened")
        });
        assert_eq!(asked, is_asked, "{no_proxy}");
    }
}
