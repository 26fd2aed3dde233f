//! The commands of the second day, killed at every message: one of old and new opens the account,
//! `firstkey verify` says which, and the same command can be done again.
//!
//! It is the real program that dies, by SIGKILL, while a request of it is on the wire: before the
//! server has it, or after the server has done it and before the answer goes back. To be killed
//! after an answer is to be killed before the next request arrives, which is the next line of the
//! table. Between the two the program stores a kit or a pin; the table says what was there. Each
//! line's run is the last line's command done again, with what holds now, and after every fourth
//! line the command is let run to its end. Then an account of its own comes next: a server lets
//! nobody fail to log in more than ten times an hour.

#![allow(clippy::print_stderr, reason = "what was killed where is a table to be read")]

mod support;

use rustix::process::{Pid, Signal, kill_process};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use support::client::{Desk, PASSWORD, Run, run};
use support::completed::completed;
use support::deployment::Deployment;
use support::pty::DEADLINE;
use support::row::row;
use support::wire::Act;

/// At how many requests of one account the program is killed: a try that fails is counted up to
/// twice, for each of two moments.
const REQUESTS: usize = 2;

/// Where in the life of a request the program dies.
#[derive(Clone, Copy, PartialEq)]
enum Moment {
    BeforeItArrives,
    BeforeItsAnswer,
}

/// What opens the account.
#[derive(Clone)]
struct Keys {
    password: String,
    kit: PathBuf,
}

/// What the server holds of the account.
fn stored(server: &Deployment) -> String {
    let mut shown = server.show("ada@example.org");
    shown.letters.clear();
    format!("{shown:?}")
}

/// A desk, its server, and what holds.
struct KillFixture {
    server: Deployment,
    desk: Desk,
    holds: Keys,
    tries: usize,
    /// What the server held when `holds` was last seen to open the account.
    seen: String,
    table: Vec<String>,
}

/// How a run that was to be killed at a request ended.
enum Fate {
    /// It died there, on the way to this path.
    Killed(String),
    /// It sent fewer requests.
    Ended(ExitStatus),
}

impl KillFixture {
    fn new() -> Self {
        let (server, desk) = completed();
        let holds = Keys { password: PASSWORD.to_owned(), kit: desk.path("kit.txt") };
        let seen = stored(&server);
        Self { server, desk, holds, tries: 0, seen, table: Vec::new() }
    }

    /// A password and a place for a kit that were never used before.
    fn fresh(&mut self) -> Keys {
        self.tries += 1;
        let password = format!("harbor trumpet mosaic lantern gravel {}", self.tries);
        Keys { password, kit: self.desk.path(&format!("kit-{}.txt", self.tries)) }
    }

    fn command(&self, name: &str) -> Command {
        let mut command = self.desk.command();
        command.args([name, "--no-input", "--json"]);
        command
    }

    fn password_file(&self, name: &str, keys: &Keys) -> PathBuf {
        self.desk.write(name, keys.password.as_bytes())
    }

    /// Starts the command and kills it when its request number `number` is on the wire.
    fn kill(&self, command: &mut Command, number: usize, moment: Moment) -> Fate {
        let (tell, told) = mpsc::channel();
        let (at, was_at) = mpsc::channel();
        let mut seen_before = 0;
        let wire = self.server.wire.clone();
        self.server.wire.script(move |seen, _| {
            seen_before += 1;
            if seen_before != number + 1 {
                return Act::Forward;
            }
            let child: Pid = told.recv().expect("the test tells whom it started");
            kill_process(child, Signal::KILL).expect("the program runs");
            if moment == Moment::BeforeItsAnswer {
                wire.ask(seen).expect("the server answers");
            }
            at.send(seen.path.clone()).expect("the test listens");
            Act::CutBefore
        });
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        tell.send(Pid::from_child(&child)).expect("the wire listens");
        let status = child.wait().expect("a program ends");
        let fate = if status.signal() == Some(Signal::KILL.as_raw()) {
            // The server has done what was let through when this comes.
            Fate::Killed(was_at.recv_timeout(DEADLINE).expect("the wire killed it"))
        } else {
            Fate::Ended(status)
        };
        self.server.wire.script(|_, _| Act::Forward);
        fate
    }

    /// What `firstkey verify` says of a password and, where it is there, a kit.
    fn verify(&self, keys: &Keys, with_kit: bool) -> Run {
        let mut command = self.command("verify");
        command.arg("--password-file").arg(self.password_file("try", keys));
        if with_kit && keys.kit.exists() {
            command.arg("--kit-file").arg(&keys.kit);
        }
        run(&mut command)
    }

    /// Exactly one of the two opens the account, and `verify` says which; that one holds from now
    /// on.
    fn judge(&mut self, new: &Keys, with_kit: bool, when: &str) -> bool {
        let of_old = self.verify(&self.holds, with_kit);
        if with_kit && !new.kit.exists() && new.password == self.holds.password {
            // There is no other that could open anything.
            assert_eq!(of_old.code, Some(0), "{when}: {of_old:?}");
            return false;
        }
        let of_new = self.verify(new, with_kit);
        let is_new = match (of_old.code, of_new.code) {
            (Some(0), Some(10)) => false,
            (Some(10), Some(0)) => true,
            codes => panic!("{when}: {codes:?}\nold: {of_old:?}\nnew: {of_new:?}"),
        };
        let opened = if is_new { &of_new } else { &of_old }.last();
        let deed = if with_kit { "kit-verified" } else { "verified" };
        assert_eq!((opened["event"].as_str(), opened["deed"].as_str()), (Some("done"), Some(deed)), "{when}: {opened}");
        if is_new {
            self.holds = new.clone();
        }
        is_new
    }

    /// Kills `make` at each request in turn; `with_kit` says that the kit has to be right as well.
    /// Gives how many requests it was killed at.
    fn kill_everywhere(
        &mut self,
        name: &str,
        with_kit: bool,
        make: impl Fn(&Self, &Keys) -> Command,
        next: impl Fn(&Self, Keys) -> Keys,
    ) -> usize {
        for number in 0.. {
            if number > 0 && number % REQUESTS == 0 {
                self.finish(name, &make, &next);
                let table = std::mem::take(&mut self.table);
                *self = Self { table, tries: self.tries, ..Self::new() };
            }
            for moment in [Moment::BeforeItArrives, Moment::BeforeItsAnswer] {
                let fresh = self.fresh();
                let new = next(self, fresh);
                let mut command = make(self, &new);
                match self.kill(&mut command, number, moment) {
                    Fate::Killed(path) => {
                        let when = format!("{name} killed at request {number}, {path}");
                        let kit_is_there = new.kit.exists() && new.kit != self.holds.kit;
                        // Where the request never came and the server holds, byte by byte, what it
                        // held at the last judgement, that one stands.
                        let is_as_before = moment == Moment::BeforeItArrives && stored(&self.server) == self.seen;
                        let is_new = !is_as_before && self.judge(&new, with_kit, &when);
                        self.seen = stored(&self.server);
                        self.note(name, number, &path, moment, kit_is_there, is_new);
                    }
                    Fate::Ended(status) => {
                        assert!(status.success(), "{name} was not killed and ended with {status}");
                        assert!(self.judge(&new, with_kit, name), "{name} ran to its end and the old one opens");
                        self.print(name);
                        return number;
                    }
                }
            }
        }
        unreachable!("a command sends a bounded number of requests")
    }

    /// The same command once more, to its end.
    fn finish(&mut self, name: &str, make: &impl Fn(&Self, &Keys) -> Command, next: &impl Fn(&Self, Keys) -> Keys) {
        let fresh = self.fresh();
        let new = next(self, fresh);
        let done = run(&mut make(self, &new));
        assert_eq!((done.code, done.last()["event"].as_str()), (Some(0), Some("done")), "{name} again: {done:?}");
        self.holds = new;
    }

    fn note(&mut self, name: &str, number: usize, path: &str, moment: Moment, kit_is_there: bool, is_new: bool) {
        let moment = if moment == Moment::BeforeItArrives { "before it arrives" } else { "before its answer" };
        let opens = if is_new { "new" } else { "old" };
        let kit = if kit_is_there { "a new kit is there" } else { "" };
        row(
            name,
            &format!("request {}, {path}", number + 1),
            &format!("SIGKILL {moment}"),
            &format!("the {opens} one opens"),
        );
        self.table.push(format!("  {:>2} {path:<28} {moment:<18} {opens} opens  {kit}", number + 1));
    }

    fn print(&self, name: &str) {
        eprintln!("firstkey {name}, killed at each request:\n{}", self.table.join("\n"));
    }

    /// How many lines of the table say so.
    fn lines(&self, what: &str) -> usize {
        self.table.iter().filter(|line| line.contains(what)).count()
    }
}

#[test]
fn password_killed_at_any_message_leaves_one_password_that_opens() {
    let mut fixture = KillFixture::new();
    let make = |fixture: &KillFixture, new: &Keys| {
        let mut command = fixture.command("password");
        command.arg("--password-file").arg(fixture.password_file("old", &fixture.holds));
        command.arg("--new-password-file").arg(fixture.password_file("new", new));
        command
    };
    // The kit stays what it is.
    let requests = fixture
        .kill_everywhere("password", false, make, |fixture, fresh| Keys { kit: fixture.holds.kit.clone(), ..fresh });
    assert!(requests >= 10, "{requests}");
    assert!(fixture.lines("new opens") >= 5 && fixture.lines("old opens") >= 12, "{:?}", fixture.table);
}

#[test]
fn recover_killed_at_any_message_leaves_one_password_and_one_kit_that_open() {
    let mut fixture = KillFixture::new();
    let make = |fixture: &KillFixture, new: &Keys| {
        let mut command = fixture.command("recover");
        command.arg("--kit-file").arg(&fixture.holds.kit).arg("--kit-out").arg(&new.kit);
        command.arg("--new-password-file").arg(fixture.password_file("new", new));
        command
    };
    let requests = fixture.kill_everywhere("recover", true, make, |_, fresh| fresh);
    assert!(requests >= 9, "{requests}");
    assert!(
        fixture.lines("new opens") >= 4 && fixture.lines("old opens  a new kit is there") >= 1,
        "{:?}",
        fixture.table
    );
}

#[test]
fn kit_killed_at_any_message_leaves_one_kit_that_opens() {
    let mut fixture = KillFixture::new();
    let make = |fixture: &KillFixture, new: &Keys| {
        let mut command = fixture.command("kit");
        command.arg("--password-file").arg(fixture.password_file("old", &fixture.holds)).arg("--kit-out").arg(&new.kit);
        command
    };
    // The password stays what it is; a kit that was not made yet opens nothing.
    let requests = fixture.kill_everywhere("kit", true, make, |fixture, fresh| Keys {
        password: fixture.holds.password.clone(),
        ..fresh
    });
    assert!(requests >= 6, "{requests}");
    assert!(
        fixture.lines("new opens") >= 3 && fixture.lines("old opens  a new kit is there") >= 1,
        "{:?}",
        fixture.table
    );
}
