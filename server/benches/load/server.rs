//! The real program, in a process of its own.

use firstkey_server::{NewOrganisation, Realm};
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
        let mail = folder.path().join("mail");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let token = runtime.block_on(async {
            let realm = Realm::init_with(&data, "http://127.0.0.1:1", None, database).await.expect("init");
            let new = NewOrganisation { name: "Example Corp".into(), ..NewOrganisation::default() };
            let org = realm.add_organisation(new).await.expect("organisation");
            realm.add_scim_token(org).await.expect("token").as_str().to_owned()
        });
        std::fs::create_dir(&mail).expect("a folder");
        let mut command = program(&data, &["serve", "--listen", "127.0.0.1:0"]);
        command.arg("--mail-dir").arg(&mail).stdout(Stdio::piped()).stderr(Stdio::null());
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
