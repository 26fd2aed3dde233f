//! A whole completion on computers where something is wrong: no room, no right to write, little
//! memory, a clock that is years off, one kind of address only.
//!
//! Promise of each row: either the account is completed, or the sentence says what of this computer
//! is in the way, and the same command completes the account once that is mended, with the same
//! upload where one was sent. The table is printed.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "processes and files are the subject")]
#![allow(clippy::print_stderr, reason = "the table is a result")]

mod support;

use firstkey_server::NewOrganisation;
use std::path::PathBuf;
use std::process::Command;
use support::authority::{Authority, tls_front};
use support::client::{Desk, Run, run};
use support::deployment::Deployment;
use support::nobody::{as_nobody, must_be_root};
use support::wire::Wire;

const EMAIL: &str = "ada@example.org";
const COMPLETE: &str = "/v1/enrol/complete";

/// Room enough for everything that the client keeps, in KiB.
const ROOM: u32 = 1024;

fn uploads(server: &Deployment) -> usize {
    server.wire.paths().iter().filter(|path| *path == COMPLETE).count()
}

/// What the last event says of a run: its code as a number and as a word.
fn end(run: &Run) -> (Option<i32>, String) {
    let last = run.last();
    let word = if last["event"] == "done" { "done" } else { last["code"].as_str().unwrap_or("?") };
    (run.code, word.to_owned())
}

fn row(condition: &str, first: &Run, then: Option<&Run>) {
    let then = then.map_or(String::new(), |then| format!("; again: {:?}", end(then)));
    support::row::row("accept", "this computer", condition, &format!("{:?}{then}", end(first)));
    eprintln!("| {condition:<60} | {:?}{then} |", end(first));
}

/// Runs the command of a desk twice with its state folder on a disk of its own: first with so
/// little room, then with enough.
fn with_little_room(desk: &Desk, command: &Command, room: &str) -> (Run, Run) {
    std::fs::create_dir(desk.state()).expect("a folder");
    let script = r#"
        mount -t tmpfs -o mode=0700,$room none "$state" || exit 99
        "$@" >"$out/1.out" 2>"$out/1.err"; echo $? >"$out/1.code"
        mount -o remount,size=$enough,nr_inodes=1000 "$state" || exit 99
        "$@" >"$out/2.out" 2>"$out/2.err"; echo $? >"$out/2.code"
        true
    "#;
    let mut shell = Command::new("unshare");
    shell.args(["--mount", "--propagation", "private", "/bin/sh", "-c", script, "sh"]);
    shell.arg(command.get_program()).args(command.get_args());
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.env("room", room).env("state", desk.state()).env("out", desk.home.path()).env("enough", format!("{ROOM}k"));
    let ended = shell.status().expect("unshare starts");
    assert_eq!(ended.code(), Some(0), "a disk of {room} could not be mounted");
    let read = |name: String| std::fs::read_to_string(desk.path(&name)).expect("the shell wrote it");
    let read = |number: u8| Run {
        code: read(format!("{number}.code")).trim().parse().ok(),
        stdout: read(format!("{number}.out")),
        stderr: read(format!("{number}.err")),
    };
    (read(1), read(2))
}

#[test]
fn a_disk_that_is_full_at_any_of_its_files_stops_it_and_the_next_run_completes_the_account() {
    must_be_root();
    // A file takes at least a page; each row has room for one page or one file more, from none at
    // all to enough.
    let mut ends = Vec::new();
    for room in (1..=9)
        .map(|pages| format!("size={}k,nr_inodes=1000", 4 * pages))
        .chain((2..=6).map(|files| format!("size={ROOM}k,nr_inodes={files}")))
    {
        let mut server = Deployment::start();
        let link = server.invite(EMAIL);
        let desk = Desk::new();
        let (first, second) = with_little_room(&desk, &desk.accept(&link, EMAIL), &room);
        row(&format!("disk with {room}"), &first, Some(&second));
        if first.code != Some(0) {
            assert_eq!((first.code, first.last()["code"].as_str()), (Some(5), Some("state")), "{room}: {first:?}");
            let message = first.last()["message"].as_str().unwrap_or_default().to_owned();
            assert!(message.contains("full") || message.contains("room"), "{room}: {message}");
        }
        assert_eq!(second.code, Some(0), "{room}: {second:?}\nbefore: {first:?}");
        // A run that was stopped after its upload is finished with the very same one.
        let sent: Vec<_> =
            server.wire.seen().into_iter().filter(|seen| seen.path == COMPLETE).map(|seen| seen.body).collect();
        assert!(!sent.is_empty() && sent.iter().all(|body| *body == sent[0]), "{room}: two uploads that differ");
        ends.push(first.code);
    }
    assert!(ends.contains(&Some(5)) && ends.contains(&Some(0)), "the rows reach from no room to enough: {ends:?}");
}

#[test]
fn a_home_that_cannot_be_written_to_stops_it_before_anything_is_asked_for() {
    use std::os::unix::fs::PermissionsExt;
    must_be_root();
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let mut command = as_nobody(&desk, &desk.accept(&link, EMAIL));
    // Nothing can be made in it.
    std::fs::set_permissions(desk.home.path(), std::fs::Permissions::from_mode(0o555)).expect("ours");
    let first = run(&mut command);
    row("a home that cannot be written to", &first, None);
    assert_eq!(end(&first), (Some(5), "state".into()), "{first:?}");
    assert_eq!(server.wire.paths(), Vec::<String>::new(), "the server was asked");
    std::os::unix::fs::chown(desk.home.path(), Some(65534), Some(65534)).expect("the super-user may");
    std::fs::set_permissions(desk.home.path(), std::fs::Permissions::from_mode(0o700)).expect("ours");
    let second = run(&mut command);
    assert_eq!(second.code, Some(0), "{second:?}");
}

#[test]
fn half_a_gibibyte_of_memory_is_enough_for_the_profile_of_everybody() {
    for (profile, kib, code) in [(2, 512 * 1024, Some(0)), (3, 512 * 1024, Some(5))] {
        let mut server = Deployment::start();
        let link = server.invite(EMAIL);
        let desk = Desk::new();
        let inner = desk.accept_at(&link, EMAIL, profile);
        let limited = || {
            let mut shell = Command::new("/bin/sh");
            shell.env_clear().envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
            shell
                .args(["-c", &format!("ulimit -v {kib} && exec \"$@\""), "sh"])
                .arg(inner.get_program())
                .args(inner.get_args());
            shell
        };
        let first = run(&mut limited());
        row(&format!("{} MiB of address space, profile {profile}", kib / 1024), &first, None);
        assert_eq!(first.code, code, "{first:?}");
        if code != Some(0) {
            assert_eq!(first.last()["code"], "not-enough-memory", "{first:?}");
            assert_eq!(uploads(&server), 0);
        }
    }
}

/// Where the library lies that changes the time of a program.
fn other_clock() -> PathBuf {
    let found = std::fs::read_dir("/usr/lib")
        .expect("readable")
        .flatten()
        .map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"))
        .find(|path| path.exists());
    found.unwrap_or_else(|| {
        panic!("faketime is not installed, so no clock could be put wrong: apt-get install faketime (.ci/run does)")
    })
}

fn with_clock(command: &mut Command, by: &str) -> Run {
    run(command.env("LD_PRELOAD", other_clock()).env("FAKETIME", by).env("FAKETIME_DONT_FAKE_MONOTONIC", "1"))
}

#[test]
fn a_clock_that_is_ten_years_off_changes_nothing_and_over_tls_it_is_named_as_a_cause() {
    for by in ["+3650d", "-3650d"] {
        let mut server = Deployment::start();
        let link = server.invite(EMAIL);
        let desk = Desk::new();
        let first = with_clock(&mut desk.accept(&link, EMAIL), by);
        row(&format!("a clock off by {by}"), &first, None);
        assert_eq!(first.code, Some(0), "{first:?}");
        // Another program under the same library shows that it does what it is for.
        let years = |run: Run| run.stdout.trim().parse::<i64>().expect("a year");
        let date = || {
            let mut date = Command::new("/bin/date");
            date.env_clear().env("TZ", "UTC").arg("+%Y");
            date
        };
        let (here, there) = (run(&mut date()), with_clock(&mut date(), by));
        assert!((9..=10).contains(&years(there).abs_diff(years(here))), "the other clock was not used");
    }
    let authority = Authority::new();
    let config = authority.server("127.0.0.1", (2025, 2096));
    let organisation = NewOrganisation { name: "Example Corp".into(), contact: None, min_profile: Some(1) };
    let mut server =
        Deployment::start_at(organisation, |wire| format!("https://{}", tls_front(config, wire.address())));
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let mut command = desk.accept(&link, EMAIL);
    command.arg("--ca-file").arg(desk.write("ca.pem", authority.pem.as_bytes()));
    let first = with_clock(&mut command, "-3650d");
    row("the same over TLS, before the certificate began", &first, None);
    assert_eq!(first.code, Some(75), "{first:?}");
    let message = first.last()["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("clock"), "{message}");
    assert_eq!(server.wire.paths(), Vec::<String>::new(), "something was sent");
}

#[test]
fn a_server_that_has_an_address_of_the_sixth_version_only_is_reached() {
    let wire = Wire::listen_at("::1");
    let origin = wire.origin();
    let organisation = NewOrganisation { name: "Example Corp".into(), contact: None, min_profile: Some(1) };
    let mut server = Deployment::start_behind(wire, origin, organisation);
    let link = server.invite(EMAIL);
    assert!(link.starts_with("http://[::1]:"), "{link}");
    let first = Desk::new().run_accept(&link, EMAIL);
    row("a server at ::1 only", &first, None);
    assert_eq!(first.code, Some(0), "{first:?}");
}
