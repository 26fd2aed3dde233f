//! The real program in a process of its own, with two organisations.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

pub struct Deployment {
    child: Child,
    pub address: SocketAddr,
    /// Of the organisation that attacks, and of the other one.
    pub tokens: [String; 2],
    folder: TempDir,
}

impl Deployment {
    /// New, with the usual limits of a server for many people.
    pub fn start(program: &Path) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let (data, mail) = (folder.path().join("data"), folder.path().join("mail"));
        std::fs::create_dir(&mail).expect("a folder");
        let run = |arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).arg("--data").arg(&data).arg("--json").stderr(Stdio::inherit());
            command
        };
        let said = |arguments: &[&str]| -> Value {
            let said = run(arguments).output().expect("the program starts");
            assert!(said.status.success(), "{arguments:?}");
            serde_json::from_slice(&said.stdout).expect("JSON")
        };
        said(&["init", "--origin", "http://127.0.0.1:1"]);
        let tokens = ["Attackers", "Others"].map(|name| {
            let org = said(&["org", "add", name])["org_id"].as_str().expect("an id").to_owned();
            said(&["scim-token", "add", "--org", &org])["token"].as_str().expect("a token").to_owned()
        });
        // The limits that hold as soon as others than this machine can ask.
        let config = folder.path().join("server.toml");
        let text = format!(
            "data = \"{}\"\nlisten = \"127.0.0.1:0\"\n[mail]\nfolder = \"{}\"\n[limits]\nscim_per_second = 100\n",
            data.display(),
            mail.display()
        );
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

    /// Most memory that it had since it was started.
    pub fn most_resident_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.trim().split(' ').next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
    }

    /// A whole number from the database.
    pub fn ask(&self, query: &str) -> i64 {
        let database = rusqlite::Connection::open(self.database()).expect("the database");
        database.query_row(query, [], |row| row.get(0)).expect("a number")
    }

    /// Writes as many people of the first organisation as there are to be, like the first of them.
    /// Gives their ids.
    pub fn multiply(&self, count: usize) -> Vec<String> {
        let database = rusqlite::Connection::open(self.database()).expect("the database");
        let columns = |table: &str, changed: &[(&str, &str)]| {
            let mut names = database.prepare("SELECT name FROM pragma_table_info(?1)").expect("a query");
            let names = names.query_map([table], |row| row.get::<_, String>(0)).expect("columns");
            let names: Vec<String> = names.map(|name| name.expect("a name")).collect();
            let value = |name: &String| {
                changed.iter().find(|(one, _)| one == name).map_or(name.clone(), |(_, value)| (*value).to_owned())
            };
            (names.join(", "), names.iter().map(value).collect::<Vec<_>>().join(", "))
        };
        // A version 4 UUID by its number, for accounts and people alike.
        let id = "unhex(printf('%012x40008000%012x', n, n))";
        let name = "printf('many%d@example.org', n)";
        let account = columns("account", &[("account_id", id), ("email", "NULL"), ("email_key", "NULL")]);
        let person = [("user_id", id), ("account_id", id), ("user_name", name), ("user_name_key", name)];
        let person = columns("membership", &[&person[..], &[("email", "NULL"), ("external_id", "NULL")]].concat());
        let numbers =
            format!("WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})");
        let first = "WHERE user_name = 'first@example.org'";
        let statements = format!(
            "BEGIN IMMEDIATE;
             {numbers} INSERT INTO account ({}) SELECT {} FROM numbers, account
                 WHERE account_id = (SELECT m.account_id FROM membership m {first});
             {numbers} INSERT INTO membership ({}) SELECT {} FROM numbers, membership {first};
             UPDATE organisation SET people = people + {count} WHERE org_id = (SELECT org_id FROM membership {first});
             COMMIT",
            account.0, account.1, person.0, person.1
        );
        database.execute_batch(&statements).expect("people are written");
        (1..=count).map(|n| format!("{:08x}-{:04x}-4000-8000-{n:012x}", n >> 16, n & 0xffff)).collect()
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("data").join("firstkey.db")
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
