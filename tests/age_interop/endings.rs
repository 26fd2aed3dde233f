//! How a run of the plugin ends: without a terminal, with wrong or empty answers, in a bare
//! environment, when the program that started it dies. Whatever happens, no process and no file is
//! left.

use super::support::client::{Desk, PASSWORD, run};
use super::support::completed::completed;
use super::support::deployment::Deployment;
use super::support::pty::{End, Pty, Stage};
use super::support::sitting::plain;
use super::support::wire::Act;
use super::{EMAIL, decrypt, done, firstkey, programs, tools, type_password};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, getsid, pidfd_open};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const GRACE: &str = "grace@example.org";

/// A desk with an identity file and a sealed one.
fn ready() -> (Deployment, Desk, PathBuf, PathBuf) {
    let (server, desk) = completed();
    let identity = desk.write("identity", done(&firstkey(&desk, &["recipient", "--identity"])).stdout.as_bytes());
    desk.write("plain", b"x");
    done(&firstkey(&desk, &["seal", "--to", EMAIL, "-o", "sealed", "plain"]));
    let sealed = desk.path("sealed");
    (server, desk, identity, sealed)
}

/// The plugin that a program at a terminal has started.
fn plugin_of(pty: &Pty) -> OwnedFd {
    let session = getsid(Pid::from_raw(pty.pid())).expect("it runs").as_raw_nonzero().to_string();
    let processes = std::fs::read_dir("/proc").expect("readable").flatten();
    let found = processes.filter_map(|process| {
        let pid: i32 = process.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(process.path().join("stat")).ok()?;
        let (before, behind) = stat.rsplit_once(')')?;
        // State, parent, group, session.
        let is_here = behind.split_whitespace().nth(3) == Some(session.as_str());
        (is_here && before.contains("age-plugin-firs")).then_some(pid)
    });
    let found: Vec<i32> = found.collect();
    assert_eq!(found.len(), 1, "the plugins of this terminal: {found:?}");
    pidfd_open(Pid::from_raw(found[0]).expect("no kernel"), PidfdFlags::empty()).expect("it runs")
}

/// Shorter than the client waits for a server: that the plugin gave up by itself does not count.
const MOST_SECONDS: i64 = 12;

/// Waits for the end of a process.
fn assert_ends(process: &OwnedFd) {
    let most = Timespec { tv_sec: MOST_SECONDS, tv_nsec: 0 };
    let mut watched = [PollFd::new(process, PollFlags::IN)];
    assert_eq!(poll(&mut watched, Some(&most)), Ok(1), "the plugin goes on by itself");
}

fn assert_nothing_left(desk: &Desk) {
    assert!(std::fs::read(desk.path("opened")).unwrap_or_default().is_empty());
    let _ = std::fs::remove_file(desk.path("opened"));
    assert!(!desk.path(".local").exists(), "the plugin keeps nothing");
}

fn in_one_line(text: &str) -> String {
    plain(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn without_a_terminal_the_plugin_ends_before_a_server_is_asked_and_names_other_ways() {
    let (server, desk, identity, sealed) = ready();
    for (tool, _) in tools() {
        let before = server.wire.paths().len();
        // Of a session of its own, which has none.
        let mut command = Command::new("/usr/bin/setsid");
        command.arg("-w").arg(&tool).arg("-d").arg("-i").arg(&identity).arg("-o").arg(desk.path("opened")).arg(&sealed);
        command.env_clear().env("HOME", desk.home.path()).env("PATH", programs(&desk));
        let end = run(command.stdin(Stdio::null()));
        assert!(end.code.is_some_and(|code| code != 0), "{tool:?}: {end:?}");
        let said = in_one_line(&end.stderr);
        for words in ["there is no terminal", "ada@example.org at 127.0.0.1", "No server was asked", "--password-file"]
        {
            assert!(said.contains(words), "{tool:?}, {words}: {said}");
        }
        assert_eq!(server.wire.paths().len(), before, "{tool:?}: a server was asked");
        assert_nothing_left(&desk);
    }
}

#[test]
fn after_wrong_passwords_ctrl_c_and_ctrl_d_no_plugin_is_left() {
    let (server, desk, identity, sealed) = ready();
    for (tool, _) in tools() {
        // Three wrong ones.
        let mut pty = decrypt(&desk, &tool, &identity, &sealed);
        let mut plugin = None;
        for _ in 0..3 {
            type_password(&mut pty, "not the password at all");
            plugin.get_or_insert_with(|| plugin_of(&pty));
        }
        assert!(matches!(pty.wait(), End::Exited(code) if code != 0), "{tool:?}\n{}", plain(&pty.output()));
        assert_ends(&plugin.expect("it was there"));
        assert_nothing_left(&desk);
        // Ctrl-C at the second prompt.
        let mut pty = decrypt(&desk, &tool, &identity, &sealed);
        type_password(&mut pty, "not the password at all");
        pty.expect("Password of your firstkey account");
        pty.until_echo_is(false);
        let plugin = plugin_of(&pty);
        pty.send("\x03");
        assert_ne!(pty.wait(), End::Exited(0), "{tool:?}");
        assert_ends(&plugin);
        assert_nothing_left(&desk);
        // Ctrl-D at the first.
        let before = server.wire.paths().len();
        let mut pty = decrypt(&desk, &tool, &identity, &sealed);
        pty.expect("Password of your firstkey account");
        pty.until_echo_is(false);
        let plugin = plugin_of(&pty);
        pty.send("\x04");
        // age waits for a line all the same: an empty one.
        pty.send("\r");
        assert!(matches!(pty.wait(), End::Exited(code) if code != 0), "{tool:?}\n{}", plain(&pty.output()));
        assert_ends(&plugin);
        assert_eq!(server.wire.paths().len(), before + 1, "{tool:?}: no attempt was made");
        assert_nothing_left(&desk);
    }
}

#[test]
fn the_plugin_ends_when_the_program_that_started_it_is_killed_while_a_server_is_silent() {
    let (server, desk, identity, sealed) = ready();
    for (tool, _) in tools() {
        server.wire.script(|_, _| Act::Silence);
        let before = server.wire.paths().len();
        let mut pty = decrypt(&desk, &tool, &identity, &sealed);
        while server.wire.paths().len() == before {
            std::thread::yield_now();
        }
        let plugin = plugin_of(&pty);
        pty.signal(Signal::KILL);
        assert_ends(&plugin);
        let _ = pty.wait();
        server.wire.script(|_, _| Act::Forward);
        assert_nothing_left(&desk);
    }
}

#[test]
fn an_empty_answer_goes_on_to_the_next_identity_of_the_file() {
    let mut server = Deployment::start();
    let [ada, grace] = [EMAIL, GRACE].map(|email| {
        let link = server.invite(email);
        let desk = Desk::new();
        done(&desk.run_accept(&link, email));
        desk
    });
    let lines = [&grace, &ada].map(|desk| done(&firstkey(desk, &["recipient", "--identity"])).stdout.clone());
    let identities = ada.write("identities", lines.concat().as_bytes());
    ada.write("plain", b"x");
    done(&firstkey(&ada, &["seal", "--to", EMAIL, "-o", "sealed", "plain"]));
    for (tool, _) in tools() {
        let before = server.wire.paths().len();
        let mut pty = decrypt(&ada, &tool, &identities, &ada.path("sealed"));
        pty.expect("Password of your firstkey account grace@example.org at 127.0.0.1");
        pty.until_echo_is(false);
        pty.send("\r");
        type_password(&mut pty, PASSWORD);
        assert_eq!(pty.wait(), End::Exited(0), "{tool:?}\n{}", plain(&pty.output()));
        assert_eq!(std::fs::read(ada.path("opened")).expect("readable"), b"x");
        std::fs::remove_file(ada.path("opened")).expect("removable");
        assert_eq!(server.wire.paths().len(), before + 5, "{tool:?}: no attempt for the first account");
    }
}

#[test]
fn with_hardly_any_environment_it_says_whose_password_it_asks_for_and_leaves_nothing() {
    let (_server, desk, identity, sealed) = ready();
    let home_of_the_user = std::env::var_os("HOME").map(|home| Path::new(&home).join(".local/state/firstkey"));
    let was_there = home_of_the_user.as_ref().is_some_and(|folder| folder.exists());
    for (tool, _) in tools() {
        let mut path = std::ffi::OsString::from("PATH=");
        path.push(programs(&desk));
        let mut pty = Stage::new("/usr/bin/env")
            .folder(desk.home.path())
            .arg("-i")
            .arg(path)
            .arg(&tool)
            .arg("-d")
            .arg("-i")
            .arg(&identity)
            .arg("-o")
            .arg(desk.path("opened"))
            .arg(&sealed)
            .start();
        type_password(&mut pty, PASSWORD);
        assert_eq!(pty.wait(), End::Exited(0), "{tool:?}\n{}", plain(&pty.output()));
        assert_eq!(std::fs::read(desk.path("opened")).expect("readable"), b"x");
        std::fs::remove_file(desk.path("opened")).expect("removable");
        assert_nothing_left(&desk);
        assert_eq!(home_of_the_user.as_ref().is_some_and(|folder| folder.exists()), was_there);
    }
}
