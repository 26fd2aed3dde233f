//! The real program as a process of its own: a deployment made by its own commands, so that
//! an older program can be measured beside this one.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

pub struct Running {
    child: Child,
    address: SocketAddr,
    tokens: Vec<String>,
    folder: TempDir,
}

impl Running {
    /// A new deployment with these organisations, served on a free port; letters go into a folder.
    /// `limits` are the lines of that section of the configuration; without any there is no
    /// section, as on a machine that nobody else can ask.
    pub fn start(program: &Path, organisations: &[&str], limits: &str, database: Option<&str>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let (data, mail) = (folder.path().join("data"), folder.path().join("mail"));
        std::fs::create_dir(&mail).expect("a folder");
        let said = |arguments: &[&str]| -> Value {
            let mut command = Command::new(program);
            command.args(arguments).arg("--data").arg(&data).arg("--json").stderr(Stdio::inherit());
            let said = command.output().expect("the program starts");
            assert!(said.status.success(), "{arguments:?}");
            serde_json::from_slice(&said.stdout).expect("JSON")
        };
        let mut init = vec!["init", "--origin", "http://127.0.0.1:1"];
        init.extend(database.into_iter().flat_map(|url| ["--database", url]));
        said(&init);
        let tokens = organisations.iter().map(|name| {
            let org = said(&["org", "add", name])["org_id"].as_str().expect("an id").to_owned();
            said(&["scim-token", "add", "--org", &org])["token"].as_str().expect("a token").to_owned()
        });
        let tokens = tokens.collect();
        let config = folder.path().join("server.toml");
        let mut text = format!(
            "data = \"{}\"\nlisten = \"127.0.0.1:0\"\n[mail]\nfolder = \"{}\"\n",
            data.display(),
            mail.display()
        );
        if !limits.is_empty() {
            text.push_str("[limits]\n");
            text.push_str(limits);
        }
        std::fs::write(&config, text).expect("written");
        let mut command = Command::new(program);
        command.args(["serve", "--json", "--config"]).arg(&config).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("its first line");
        let first: Value = serde_json::from_str(&line).expect("JSON");
        let address = first["addr"].as_str().expect("an address").parse().expect("an address");
        Self { child, address, tokens, folder }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Of the organisations, in their order.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// The database file of a deployment on SQLite.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("data").join("firstkey.db")
    }

    /// Processor time that the process took so far, in steps of the kernel's clock of 100 Hz.
    pub fn processor(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // The name stands in brackets and may hold blanks; user and system time are the 12th and
        // 13th number after it.
        let numbers = stat.rsplit(')').next().unwrap_or_default();
        let ticks: u64 = numbers.split_whitespace().skip(11).take(2).filter_map(|one| one.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// A line of the kernel's report on the process, as MiB: `VmRSS` is now, `VmHWM` the most.
    pub fn mib(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|one| one.strip_prefix(line)?.strip_prefix(':')).unwrap_or_default();
        line.trim().split(' ').next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
