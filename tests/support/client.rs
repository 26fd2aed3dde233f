//! The real `firstkey` binary as a child process, without a terminal.

use serde_json::Value;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A password that passes every judgement.
pub const PASSWORD: &str = "velvetine tundrific misprinter cobralike lunarity eggplanter";

/// The program that is tested: the one that was built with the tests, or the one that this variable
/// names, such as the release build.
pub fn program() -> OsString {
    std::env::var_os("FIRSTKEY_UNDER_TEST").unwrap_or_else(|| env!("CARGO_BIN_EXE_firstkey").into())
}

/// One machine of one person: state folder, kit, invite and password files.
pub struct Desk {
    pub home: TempDir,
}

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// The JSON lines of stdout.
    pub fn events(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}\n{self:?}")))
            .collect()
    }

    /// The last JSON line.
    pub fn last(&self) -> Value {
        self.events().pop().unwrap_or_else(|| panic!("no event: {self:?}"))
    }
}

impl Desk {
    /// An empty one.
    pub fn new() -> Self {
        Self { home: TempDir::new().expect("a temporary folder") }
    }

    /// A path on it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file that only its owner can read.
    pub fn write(&self, name: &str, contents: &[u8]) -> PathBuf {
        let path = self.path(name);
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .expect("writable");
        file.write_all(contents).expect("writable");
        path
    }

    /// The state folder.
    pub fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// `firstkey` with an environment that is empty but for what it needs, without a terminal.
    pub fn command(&self) -> Command {
        let mut command = Command::new(program());
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", "/usr/bin:/bin")
            .env("TZ", "UTC")
            .arg("--state-dir")
            .arg(self.state());
        command.stdin(Stdio::null()).process_group(0);
        command
    }

    /// `accept` as a script runs it, with every answer given, at the cheapest profile.
    pub fn accept(&self, link: &str, email: &str) -> Command {
        self.accept_at(link, email, 1)
    }

    /// The same at another profile.
    pub fn accept_at(&self, link: &str, email: &str, profile: u8) -> Command {
        let (invite, password) =
            (self.write("invite.url", link.as_bytes()), self.write("password", PASSWORD.as_bytes()));
        let mut command = self.command();
        command.args(["accept", "--no-input", "--json", "--yes-for", email, "--profile", &profile.to_string()]);
        command
            .arg("--invite-file")
            .arg(invite)
            .arg("--password-file")
            .arg(password)
            .arg("--kit-out")
            .arg(self.path("kit.txt"));
        command
    }

    /// Runs `accept` to its end.
    pub fn run_accept(&self, link: &str, email: &str) -> Run {
        run(&mut self.accept(link, email))
    }

    /// The recovery code in the saved kit.
    pub fn recovery_code(&self) -> String {
        let kit = std::fs::read_to_string(self.path("kit.txt")).expect("the kit was saved");
        kit.lines()
            .find_map(|line| line.strip_prefix("recovery-code:"))
            .expect("the kit holds a code")
            .trim()
            .to_owned()
    }

    /// Every file below the state folder.
    pub fn state_files(&self) -> Vec<PathBuf> {
        fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.path().is_dir() { walk(&entry.path(), into) } else { into.push(entry.path()) }
            }
        }
        let mut files = Vec::new();
        walk(&self.state(), &mut files);
        files
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Run {
    let Output { status, stdout, stderr } = command.output().expect("the client starts");
    Run {
        code: status.code(),
        stdout: String::from_utf8(stdout).expect("stdout is UTF-8"),
        stderr: String::from_utf8(stderr).expect("stderr is UTF-8"),
    }
}
