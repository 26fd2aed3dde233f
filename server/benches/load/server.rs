//! The real program, in a process of its own.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

pub struct Server {
    child: Child,
    address: String,
    token: String,
    _folder: TempDir,
}

impl Server {
    /// A new deployment with one organisation, served on a free port; letters go into a folder.
    pub fn start(database: Option<&str>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let data = folder.path().join("data");
        let (mail, run) = (folder.path().join("mail"), |arguments: &[&str]| run(&data, arguments));
        let mut init = vec!["init", "--origin", "http://127.0.0.1:1"];
        init.extend(database.iter().flat_map(|address| ["--database", *address]));
        run(&init);
        let org = run(&["org", "add", "Example Corp"])["org_id"].as_str().expect("an id").to_owned();
        let token = run(&["scim-token", "add", "--org", &org])["token"].as_str().expect("a token").to_owned();
        std::fs::create_dir(&mail).expect("a folder");
        let mut command = program(&data, &["serve", "--listen", "127.0.0.1:0", "--mail-dir"]);
        command.arg(&mail).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("its first line");
        let first: Value = serde_json::from_str(&line).expect("JSON");
        let address = first["addr"].as_str().expect("an address").to_owned();
        Self { child, address, token, _folder: folder }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    pub fn resident_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().split(' ').next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn program(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firstkey-server"));
    command.args(arguments).arg("--data").arg(data).arg("--json");
    command
}

fn run(data: &Path, arguments: &[&str]) -> Value {
    let output = program(data, arguments).output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}
