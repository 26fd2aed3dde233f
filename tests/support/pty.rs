//! A real pseudo-terminal with a program on it, for tests.
//!
//! The program runs as the foreground job of a session whose leader is this very test binary,
//! started a second time: see [`this_binary_can_lead_a_session`]. The leader outlives the program,
//! as a shell does. That matters: when a session leader ends, the kernel resets the terminal's
//! modes, and every test for "the echo is on again" would pass.
//!
//! Nothing sleeps: every wait is for output or for news of the program, up to [`DEADLINE`].
#![allow(dead_code, unreachable_pub, reason = "shared by test binaries, each of which uses a part of it")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "files and processes are the subject")]

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, setsid, waitpid};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, Termios, Winsize, tcgetattr, tcsetattr, tcsetpgrp, tcsetwinsize};

/// How long a slow machine may take for one step.
pub const DEADLINE: Duration = Duration::from_secs(120);

const TTY: &str = "FIRSTKEY_TEST_PTY";
const ARGUMENTS: &str = "FIRSTKEY_TEST_PTY_ARGUMENTS";
const STDIN: &str = "FIRSTKEY_TEST_PTY_STDIN";
const STDOUT: &str = "FIRSTKEY_TEST_PTY_STDOUT";
/// ASCII unit separator, between arguments.
const SEPARATOR: &str = "\x1f";

/// A program to be put on a pseudo-terminal. Its environment is empty but for `PATH`, `HOME`,
/// `TERM` and what is added.
pub struct Stage {
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    rows: u16,
    columns: u16,
    stdin: Option<PathBuf>,
    stdout: Option<PathBuf>,
    folder: Option<PathBuf>,
    left_in: fn(&mut Termios),
}

impl Stage {
    /// `program` on 24 rows of 80 columns of an xterm.
    pub fn new(program: impl Into<OsString>) -> Self {
        let mut environment = vec![("TERM".into(), "xterm-256color".into())];
        environment
            .extend(["PATH", "HOME"].into_iter().filter_map(|name| Some((name.into(), std::env::var_os(name)?))));
        Self {
            arguments: vec![program.into()],
            environment,
            rows: 24,
            columns: 80,
            stdin: None,
            stdout: None,
            folder: None,
            left_in: |_| {},
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// What kind of terminal the program is told.
    pub fn term(self, term: &str) -> Self {
        self.env("TERM", term)
    }

    /// The terminal's size.
    pub fn size(mut self, rows: u16, columns: u16) -> Self {
        (self.rows, self.columns) = (rows, columns);
        self
    }

    /// Standard input from a file or a named pipe instead of the terminal.
    pub fn stdin(mut self, path: &Path) -> Self {
        self.stdin = Some(path.into());
        self
    }

    /// Standard output into a file instead of the terminal.
    pub fn stdout(mut self, path: &Path) -> Self {
        self.stdout = Some(path.into());
        self
    }

    /// The folder that the program is started in.
    pub fn folder(mut self, path: &Path) -> Self {
        self.folder = Some(path.into());
        self
    }

    /// The modes that an earlier program has left the terminal in.
    pub fn left_in(mut self, change: fn(&mut Termios)) -> Self {
        self.left_in = change;
        self
    }

    /// Starts the program.
    pub fn start(self) -> Pty {
        let controller =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a pseudo-terminal");
        grantpt(&controller).expect("the pseudo-terminal is ours");
        unlockpt(&controller).expect("the pseudo-terminal opens");
        let size = Winsize { ws_row: self.rows, ws_col: self.columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&controller, size).expect("a size");
        let mut modes = tcgetattr(&controller).expect("the terminal's modes");
        (self.left_in)(&mut modes);
        tcsetattr(&controller, OptionalActions::Now, &modes).expect("the terminal takes modes");
        let name = ptsname(&controller, Vec::new()).expect("a name").into_string().expect("an ASCII path");

        let leader_test = format!("{}::this_binary_can_lead_a_session", module_path!());
        let (_crate, leader_test) = leader_test.split_once("::").expect("a test lies in a crate");
        let mut leader = Command::new(std::env::current_exe().expect("this test binary"));
        leader.args(["--exact", leader_test, "--nocapture", "--test-threads=1", "--quiet"]);
        leader
            .env_clear()
            .envs(self.environment)
            .env(TTY, name)
            .env(ARGUMENTS, self.arguments.join(SEPARATOR.as_ref()));
        leader.envs(self.stdin.map(|path| (STDIN, path))).envs(self.stdout.map(|path| (STDOUT, path)));
        if let Some(folder) = self.folder {
            leader.current_dir(folder);
        }
        let mut leader = leader.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the session leader");
        let (hold, news) = (leader.stdin.take(), leader.stdout.take().expect("a pipe was asked for"));
        let mut pty = Pty {
            controller,
            leader,
            hold,
            news,
            unread_news: String::new(),
            job: None,
            stops: 0,
            end: None,
            output: Vec::new(),
            seen: 0,
            size: (self.rows, self.columns),
        };
        pty.until("the program to start", |pty| pty.job.is_some());
        pty
    }
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With this exit code.
    Exited(i32),
    /// By this signal.
    Killed(i32),
}

/// A program on its pseudo-terminal. Dropped, it is killed if it still runs.
pub struct Pty {
    controller: OwnedFd,
    leader: Child,
    /// The leader ends when this is closed.
    hold: Option<ChildStdin>,
    news: ChildStdout,
    unread_news: String,
    job: Option<Pid>,
    stops: u32,
    end: Option<End>,
    output: Vec<u8>,
    /// How much of the output earlier calls of `expect` have gone past.
    seen: usize,
    size: (u16, u16),
}

impl Pty {
    /// Types `text`; Enter is `\r`, Ctrl-C is `\x03`.
    pub fn send(&self, text: impl AsRef<[u8]>) {
        let mut rest = text.as_ref();
        while !rest.is_empty() {
            let count = rustix::io::write(&self.controller, rest).expect("the terminal takes what is typed");
            rest = &rest[count..];
        }
    }

    /// Waits until the program writes `text`, and goes past it. The output up to there since the
    /// last call.
    pub fn expect(&mut self, text: &str) -> String {
        let find = |pty: &Self| {
            let position = pty.output[pty.seen..].windows(text.len()).position(|window| window == text.as_bytes());
            position.map(|position| pty.seen + position + text.len())
        };
        self.until(&format!("the output {text:?}"), |pty| find(pty).is_some() || pty.end.is_some());
        let Some(end) = find(self) else {
            panic!("ended with {:?} before writing {text:?}; wrote:\n{}", self.end, self.output());
        };
        let passed = String::from_utf8_lossy(&self.output[self.seen..end]).into_owned();
        self.seen = end;
        passed
    }

    /// Everything that was written to the terminal so far, echo included.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }

    /// What a person sees now.
    pub fn screen(&self) -> vt100::Screen {
        let mut terminal = vt100::Parser::new(self.size.0, self.size.1, 0);
        terminal.process(&self.output);
        terminal.screen().clone()
    }

    /// What a person can scroll back to: the main screen, as if it were a thousand rows high.
    pub fn scrollback(&self) -> String {
        let mut terminal = vt100::Parser::new(1000, self.size.1, 0);
        terminal.process(&self.output);
        terminal.screen().contents()
    }

    /// Whether the terminal shows what is typed.
    pub fn echo_is_on(&self) -> bool {
        self.modes().local_modes.contains(LocalModes::ECHO)
    }

    /// The terminal's modes.
    pub fn modes(&self) -> Termios {
        tcgetattr(&self.controller).expect("the terminal's modes")
    }

    /// Changes the terminal's modes, as `stty` does.
    pub fn set_modes(&self, change: impl FnOnce(&mut Termios)) {
        let mut modes = self.modes();
        change(&mut modes);
        tcsetattr(&self.controller, OptionalActions::Now, &modes).expect("the terminal takes modes");
    }

    /// How many bytes were typed that nobody has read: a shell would take them for commands.
    pub fn left_to_read(&self) -> u64 {
        let name = ptsname(&self.controller, Vec::new()).expect("a name").into_string().expect("an ASCII path");
        let tty = OpenOptions::new().read(true).write(true).open(name).expect("the pseudo-terminal");
        ioctl_fionread(&tty).expect("a count")
    }

    /// Gives the window another size.
    pub fn resize(&mut self, rows: u16, columns: u16) {
        let size = rustix::termios::Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        rustix::termios::tcsetwinsize(&self.controller, size).expect("the terminal takes a size");
        self.size = (rows, columns);
    }

    /// Waits until the terminal shows, or hides, what is typed.
    pub fn until_echo_is(&mut self, on: bool) {
        self.until("a change of the echo", |pty| pty.echo_is_on() == on);
    }

    /// The program's process id.
    pub fn pid(&self) -> i32 {
        self.job.expect("the program was started").as_raw_nonzero().get()
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.job.expect("the program was started"), signal).expect("the program runs");
    }

    /// Waits until the program was stopped by Ctrl-Z or its like, once more than the last time.
    pub fn until_stopped(&mut self) {
        self.until("the program to stop", |pty| pty.stops > 0);
        self.stops -= 1;
    }

    /// Waits until the program ends. The terminal is still there afterwards, as it was left.
    pub fn wait(&mut self) -> End {
        self.until("the program to end", |pty| pty.end.is_some());
        // What it wrote last: poll fetches it from the kernel's queue, so that "nothing to read" is
        // exact.
        while self.take_in(Duration::ZERO) {}
        self.end.expect("waited for")
    }

    fn until(&mut self, what: &str, reached: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        loop {
            // All that is there, then the question: the program's end is news that comes after its
            // last words.
            while self.take_in(Duration::ZERO) {}
            if reached(self) {
                return;
            }
            assert!(start.elapsed() < DEADLINE, "waited in vain for {what}; written so far:\n{}", self.output());
            // A change of modes wakes nobody: look again after a tick.
            self.take_in(Duration::from_millis(10));
        }
    }

    /// Takes in output and news; whether there were any within `patience`.
    fn take_in(&mut self, patience: Duration) -> bool {
        let patience = Timespec::try_from(patience).expect("a short time");
        let mut watched = [PollFd::new(&self.controller, PollFlags::IN), PollFd::new(&self.news, PollFlags::IN)];
        poll(&mut watched, Some(&patience)).expect("poll");
        let [output, news] = watched.map(|watched| watched.revents().contains(PollFlags::IN));
        let mut bytes = [0; 4096];
        if output {
            let count = rustix::io::read(&self.controller, &mut bytes).expect("output");
            self.output.extend_from_slice(&bytes[..count]);
        }
        if news {
            let count = self.news.read(&mut bytes).expect("news");
            assert!(count > 0, "the session leader ended; the program wrote:\n{}", self.output());
            self.unread_news.push_str(&String::from_utf8_lossy(&bytes[..count]));
            self.read_news();
        }
        output || news
    }

    fn read_news(&mut self) {
        while let Some((line, rest)) = self.unread_news.split_once('\n') {
            let mut words = line.split(' ');
            // The test runner of the leader writes lines of its own.
            if words.next() == Some("news") {
                let kind = words.next().unwrap_or_default();
                let number = words.next().and_then(|word| word.parse().ok()).unwrap_or_default();
                match kind {
                    "started" => self.job = Pid::from_raw(number),
                    "stopped" => self.stops += 1,
                    "exited" => self.end = Some(End::Exited(number)),
                    "killed" => self.end = Some(End::Killed(number)),
                    other => panic!("unknown news {other:?}"),
                }
            }
            self.unread_news = rest.to_owned();
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if let (Some(job), None) = (self.job, self.end) {
            let _ = kill_process(job, Signal::KILL);
        }
        drop(self.hold.take());
        let _ = self.leader.wait();
    }
}

/// `program`, for which Ctrl-C and Ctrl-\ mean what they mean in a shell, although whoever runs the
/// tests in the background may have them ignored, and what is ignored is inherited.
fn with_signals_as_in_a_shell(program: &str) -> Command {
    if cfg!(target_os = "linux") {
        let mut command = Command::new("/usr/bin/env");
        command.arg("--default-signal=INT,QUIT").arg(program);
        command
    } else {
        Command::new(program)
    }
}

/// Not a test of its own: started by [`Stage::start`], it opens the pseudo-terminal as the leader
/// of a new session, runs the program as its foreground job, tells on standard output what becomes
/// of it, and stays until standard input ends.
#[test]
fn this_binary_can_lead_a_session() {
    let Some(tty) = std::env::var_os(TTY) else {
        return;
    };
    setsid().expect("a new session");
    // The first terminal that a leader opens becomes the session's controlling terminal.
    let tty = OpenOptions::new().read(true).write(true).open(tty).expect("the pseudo-terminal");
    let open = |name, options: &OpenOptions| match std::env::var_os(name) {
        Some(path) => options.open(path).expect("a file to redirect to"),
        None => tty.try_clone().expect("a descriptor"),
    };
    let arguments = std::env::var(ARGUMENTS).expect("what to run");
    let mut arguments = arguments.split(SEPARATOR);
    #[allow(clippy::zombie_processes, reason = "waited for below, by a call that tells of stops too")]
    let job = with_signals_as_in_a_shell(arguments.next().expect("a program"))
        .args(arguments)
        .stdin(open(STDIN, File::options().read(true)))
        .stdout(open(STDOUT, File::options().write(true).create(true)))
        .stderr(tty.try_clone().expect("a descriptor"))
        .env_remove(TTY)
        .env_remove(ARGUMENTS)
        .env_remove(STDIN)
        .env_remove(STDOUT)
        .process_group(0)
        .spawn()
        .expect("the program");
    let job = Pid::from_child(&job);
    tcsetpgrp(&tty, job).expect("the program in the foreground");
    // It may have been stopped for touching the terminal before it was in the foreground.
    let _ = kill_process(job, Signal::CONT);

    let mut news = std::io::stdout();
    let mut tell = |kind: &str, number: i32| {
        writeln!(news, "\nnews {kind} {number}").and_then(|()| news.flush()).expect("the test listens");
    };
    tell("started", job.as_raw_nonzero().get());
    assert_ne!(job, getpid());
    let mut settled = false;
    while let Some((_, status)) = waitpid(Some(job), WaitOptions::UNTRACED).expect("the program is our child") {
        if let Some(signal) = status.stopping_signal() {
            // The stop for which the program was let go on above is nobody's news.
            let early = !settled && signal == Signal::TTOU.as_raw();
            settled = true;
            if !early {
                tell("stopped", signal);
            }
        } else if let Some(code) = status.exit_status() {
            tell("exited", code);
            break;
        } else if let Some(signal) = status.terminating_signal() {
            tell("killed", signal);
            break;
        }
    }
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
