//! Another process of the same person: it may do much, but it may not look into the client while
//! that holds secrets (Linux).
//!
//! No claim is made against malware of the same person, which can replace the program, the terminal
//! or the keyboard. This is what is done all the same.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "processes are the subject")]

mod support;

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use support::client::Desk;
use support::deployment::Deployment;
use support::nobody::{NOBODY, as_nobody, must_be_root};
use support::wire::Act;

const EMAIL: &str = "ada@example.org";

/// Whether another process of that user may open this file of a process.
fn may_open(process: u32, file: &str) -> bool {
    // Nothing is read: opening is what is allowed or not.
    let mut open = Command::new("/usr/bin/head");
    open.args(["-c", "0", &format!("/proc/{process}/{file}")]).uid(NOBODY).gid(NOBODY).stderr(Stdio::null());
    open.status().expect("head starts").success()
}

/// A process that ends with the test, however that ends.
struct Watched(Child);

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn l05_another_process_of_the_same_person_can_open_neither_the_memory_nor_the_environment_of_the_client() {
    must_be_root();
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let desk = Desk::new();
    let (asked, is_asked) = mpsc::channel();
    // The client waits for an answer, with the token and the password of its files in memory.
    server.wire.script(move |_, _| {
        let _ = asked.send(());
        Act::Silence
    });
    let mut command = as_nobody(&desk, &desk.accept(&link, EMAIL));
    let client = Watched(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts"));
    is_asked.recv().expect("the client asks");
    let mut command = Command::new("/usr/bin/tail");
    let ordinary = Watched(command.args(["-f", "/dev/null"]).uid(NOBODY).gid(NOBODY).spawn().expect("it starts"));
    for file in ["mem", "environ", "maps", "auxv"] {
        assert!(
            may_open(ordinary.0.id(), file),
            "{file} of an ordinary process could not be opened: this test would see nothing"
        );
        assert!(!may_open(client.0.id(), file), "{file} of the client can be opened");
    }
}
