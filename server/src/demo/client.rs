//! The real client, as a child process in the same terminal.
//!
//! Promises: the binary is built from this very source where that is possible, and named on screen.
//! Must never: hand it a secret by argument or environment.

use super::DemoFailed;
use crate::outlet::out;
use serde_json::Value;
use std::error::Error;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use zeroize::Zeroizing;

/// The `firstkey` binary.
pub(super) struct Client(PathBuf);

/// What the unattended person answered and got.
pub(super) struct Answers {
    /// The made-up password.
    pub(super) password: Zeroizing<String>,
    /// The saved kit.
    pub(super) kit: Zeroizing<String>,
    /// The last line of the client's output.
    pub(super) done: Value,
}

impl Client {
    /// The one that was named; or built beside this program from the same source; or simply beside
    /// it.
    pub(super) async fn find(named: Option<&Path>) -> Result<Self, Box<dyn Error>> {
        if let Some(path) = named {
            return Ok(Self(path.to_owned()));
        }
        let own = std::env::current_exe()?;
        let beside = own.with_file_name("firstkey");
        // As `cargo run` tells it. What the compiler knew of its machine is not asked: the name of
        // a folder would be in the program.
        let told = |name| std::env::var_os(name).map(PathBuf::from);
        let workspace =
            told("CARGO_MANIFEST_DIR").map(|server| server.join("..")).filter(|it| it.join("Cargo.toml").exists());
        if let (Some(cargo), Some(workspace)) = (told("CARGO"), workspace) {
            out!("Building the client from the same source ...");
            let mut build = Command::new(cargo);
            build.current_dir(&workspace).args([
                "build",
                "--quiet",
                "--locked",
                "--package",
                "firstkey",
                "--bin",
                "firstkey",
            ]);
            if !cfg!(debug_assertions) {
                build.arg("--release");
            }
            if let Some(target) = own.parent().and_then(Path::parent) {
                build.arg("--target-dir").arg(target);
            }
            if !build.status().await?.success() {
                return Err("The client could not be built.".into());
            }
            out!("");
        }
        if beside.exists() {
            Ok(Self(beside))
        } else {
            Err(format!("The client is not beside this program ({}); name it with --client PATH.", beside.display())
                .into())
        }
    }

    fn command(&self, scratch: &Path) -> Command {
        let mut command = Command::new(&self.0);
        // A proxy of this machine has no business between two ends of loopback; the client would
        // not use one either.
        command.kill_on_drop(true).env_remove("FIRSTKEY_PASSWORD").arg("--state-dir").arg(scratch.join("state"));
        command
    }

    /// A person answers in this terminal.
    pub(super) async fn accept_with_person(&self, scratch: &Path) -> Result<Option<Answers>, Box<dyn Error>> {
        let status = self.command(scratch).arg("accept").status().await?;
        good(status)?;
        out!("");
        Ok(None)
    }

    /// Made-up answers: a password that the word list gives, a kit in a file.
    pub(super) async fn accept_unattended(
        &self,
        scratch: &Path,
        link: &str,
    ) -> Result<Option<Answers>, Box<dyn Error>> {
        let password = firstkey_core::crypto::words::make_passphrase(&mut crate::rng::SystemRng::new(), 6);
        let (invite, kit) = (scratch.join("invite.url"), scratch.join("kit.txt"));
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&invite)?;
        file.write_all(link.as_bytes())?;
        let mut child = self
            .command(scratch)
            .args(["accept", "--no-input", "--json", "--yes-for", super::EMAIL, "--password-fd", "0"])
            .arg("--invite-file")
            .arg(&invite)
            .arg("--kit-out")
            .arg(&kit)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take().ok_or("the client has no standard input")?;
        stdin.write_all(password.as_bytes()).await?;
        drop(stdin);
        let output = child.wait_with_output().await?;
        let text = String::from_utf8(output.stdout)?;
        for line in text.lines() {
            out!("   {line}");
        }
        out!("");
        good(output.status)?;
        let done: Value = serde_json::from_str(text.lines().last().unwrap_or_default())?;
        let kit = Zeroizing::new(std::fs::read_to_string(kit)?);
        Ok(Some(Answers { password, kit, done }))
    }

    /// What the client says that it sent.
    pub(super) async fn audit(&self, scratch: &Path) -> Result<String, Box<dyn Error>> {
        let output = self.command(scratch).args(["audit", "--last"]).output().await?;
        good(output.status)?;
        Ok(String::from_utf8(output.stdout)?)
    }
}

fn good(status: ExitStatus) -> Result<(), DemoFailed> {
    if status.success() { Ok(()) } else { Err(DemoFailed::Client(status.code().unwrap_or(-1))) }
}
