//! The real program under load, killed (SIGKILL) in the middle of it again and again; and its
//! database as well.
//!
//! What must hold afterwards: whatever was acknowledged is there; every account that should have a
//! letter gets one in the end; no letter is for somebody who is not there.
#![cfg(unix)]

/// For the shared harness.
const POSTGRES: bool = false;

#[path = "behaviour/common/mod.rs"]
mod common;
#[path = "../../tests/support/row.rs"]
mod rows;

use common::cluster::Cluster;
use firstkey_server::{NewOrganisation, Realm};
use rand_core::{OsRng, RngCore};
use rows::row;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Kills of the server over each database, and of PostgreSQL: 200 together.
const SERVER_KILLS: u32 = 70;
const DATABASE_KILLS: u32 = 60;
const WORKERS: usize = 4;
/// The kill comes at the latest after so many answers.
const MOST_ANSWERS: u64 = 24;
/// How long a slow machine may take for one step.
const PATIENCE: Duration = Duration::from_secs(120);

/// A deployment, served by the real program.
struct Subject {
    folder: TempDir,
    token: String,
    server: Option<(Child, String)>,
}

/// What is known of the people.
#[derive(Default)]
struct Known {
    /// userName to id, for every creation that was acknowledged.
    acknowledged: BTreeMap<String, String>,
    /// Sent, but never answered.
    in_doubt: BTreeSet<String>,
}

impl Known {
    fn note(&self, flow: &str, round: u32, fault: &str) {
        let end = format!("{} people were acknowledged, all are there", self.acknowledged.len());
        row(flow, &format!("under load, round {}", round + 1), fault, &end);
    }
}

impl Subject {
    fn new(database: Option<&str>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let token = runtime.block_on(async {
            let data = folder.path().join("data");
            let realm = Realm::init_with(&data, common::ORIGIN, None, database).await.expect("init");
            let new = NewOrganisation { name: "Example Corp".into(), ..NewOrganisation::default() };
            let org = realm.add_organisation(new).await.expect("organisation");
            realm.add_scim_token(org).await.expect("token").as_str().to_owned()
        });
        std::fs::create_dir(folder.path().join("mail")).expect("a folder");
        let mut subject = Self { folder, token, server: None };
        subject.start();
        subject
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn start(&mut self) {
        let mut command = program(&self.data(), &["serve", "--listen", "127.0.0.1:0"]);
        command.arg("--mail-dir").arg(self.folder.path().join("mail"));
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("its first line");
        let first: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not started: {line:?}"));
        self.server = Some((child, first["addr"].as_str().expect("an address").to_owned()));
    }

    fn kill(&mut self) {
        let (mut child, _) = self.server.take().expect("it runs");
        child.kill().expect("it runs");
        child.wait().expect("it ends");
    }

    fn caller(&self) -> Caller {
        let (_, address) = self.server.as_ref().expect("it runs");
        Caller { address: address.clone(), token: self.token.clone(), stream: None }
    }

    /// Creates people from several sides until the kill breaks it off; `kill` is called in the
    /// middle.
    fn load(&mut self, round: u32, known: &mut Known, kill: impl FnOnce(&mut Self)) {
        let (answers, over) = (AtomicU64::new(0), AtomicBool::new(false));
        let goal = u64::from(random()) % MOST_ANSWERS;
        let results = Mutex::new(Vec::new());
        let callers: Vec<_> = (0..WORKERS).map(|_| self.caller()).collect();
        std::thread::scope(|scope| {
            for (worker, mut caller) in callers.into_iter().enumerate() {
                let (answers, over, results) = (&answers, &over, &results);
                scope.spawn(move || {
                    for at in 0.. {
                        let name = format!("p{round}-{worker}-{at}@example.org");
                        let answer = caller.send("POST", "/Users", &common::okta_user_named(&name));
                        let is_last = answer.as_ref().map_or(true, |(status, _)| *status >= 500);
                        results.lock().expect("not poisoned").push((name, answer));
                        answers.fetch_add(1, Ordering::SeqCst);
                        if is_last || over.load(Ordering::SeqCst) {
                            break;
                        }
                    }
                });
            }
            let began = Instant::now();
            while answers.load(Ordering::SeqCst) < goal {
                assert!(began.elapsed() < PATIENCE, "the load stands still");
                std::hint::spin_loop();
            }
            // Not always at the same place behind an answer.
            for _ in 0..random() % 100_000 {
                std::hint::spin_loop();
            }
            kill(self);
            over.store(true, Ordering::SeqCst);
        });
        for (name, answer) in results.into_inner().expect("not poisoned") {
            match answer {
                Ok((201, body)) => {
                    let id = body["id"].as_str().expect("an id").to_owned();
                    known.acknowledged.insert(name, id);
                }
                Ok((status, body)) if status < 500 => panic!("{status} {body}"),
                Ok(_) | Err(_) => {
                    known.in_doubt.insert(name);
                }
            }
        }
    }

    /// Everybody who was acknowledged since the last look is there, and whoever was in doubt is
    /// there once or not at all, and then is created.
    fn check(&self, known: &mut Known, checked: &mut BTreeSet<String>) {
        let mut caller = self.caller();
        for (name, id) in &known.acknowledged {
            if checked.insert(name.clone()) {
                let (status, body) = caller.patiently("GET", &format!("/Users/{id}"), &Value::Null);
                assert_eq!((status, &body["userName"]), (200, &json!(name)), "an acknowledged person is lost");
            }
        }
        for name in std::mem::take(&mut known.in_doubt) {
            let (status, body) = caller.patiently("POST", "/Users", &common::okta_user_named(&name));
            let id = match status {
                201 => body["id"].clone(),
                409 => {
                    let path = format!("/Users?filter=userName%20eq%20%22{name}%22");
                    let (_, found) = caller.patiently("GET", &path, &Value::Null);
                    assert_eq!(found["totalResults"], 1, "{found}");
                    found["Resources"][0]["id"].clone()
                }
                _ => panic!("{status} {body}"),
            };
            checked.insert(name.clone());
            known.acknowledged.insert(name, id.as_str().expect("an id").to_owned());
        }
    }

    /// In the end everybody has a letter, and every letter is somebody's.
    fn check_letters(&self, known: &Known) {
        let began = Instant::now();
        loop {
            let reached = recipients(&self.folder.path().join("mail"));
            for name in &reached {
                assert!(known.acknowledged.contains_key(name), "a letter for {name}, who is not there");
            }
            if reached.len() == known.acknowledged.len() {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{} of {} letters arrived", reached.len(), known.acknowledged.len());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn finish(mut self, known: &Known) {
        self.check_letters(known);
        self.kill();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let chain = runtime.block_on(async {
            let realm = Realm::open(&self.data()).await.expect("the realm opens");
            realm.audit_chain().await.expect("the audit log")
        });
        assert_eq!(chain.broken_at, None);
        assert!(chain.entries >= i64::try_from(known.acknowledged.len()).expect("a few"));
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        if let Some((mut child, _)) = self.server.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// A connection that may break.
struct Caller {
    address: String,
    token: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Caller {
    fn send(&mut self, method: &str, path: &str, body: &Value) -> io::Result<(u16, Value)> {
        let answer = self.exchange(method, path, body);
        if answer.is_err() {
            self.stream = None;
        }
        answer
    }

    /// Until the server answers something else than that it cannot.
    fn patiently(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let began = Instant::now();
        loop {
            match self.send(method, path, body) {
                Ok((status, body)) if status < 500 => return (status, body),
                other => assert!(began.elapsed() < PATIENCE, "{other:?}"),
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn exchange(&mut self, method: &str, path: &str, body: &Value) -> io::Result<(u16, Value)> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            self.stream = Some(BufReader::new(stream));
        }
        let stream = self.stream.as_mut().expect("it was just made");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method} /scim/v2{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/scim+json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
        let status = status.ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut length = 0;
        loop {
            line.clear();
            if stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().map_err(|_| io::ErrorKind::InvalidData)?;
            }
        }
        let mut bytes = vec![0; length];
        stream.read_exact(&mut bytes)?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }
}

fn program(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firstkey-server"));
    command.args(arguments).arg("--data").arg(data).arg("--json");
    command
}

fn random() -> u32 {
    OsRng.next_u32()
}

/// To whom letters have been written.
fn recipients(folder: &Path) -> BTreeSet<String> {
    let letters = std::fs::read_dir(folder).expect("the folder").flatten().map(|entry| entry.path());
    letters
        .filter(|path| path.extension().is_some_and(|end| end == "eml"))
        .filter_map(|path| {
            let letter = std::fs::read_to_string(path).expect("a letter");
            let to = letter.lines().find_map(|line| line.strip_prefix("To: "))?;
            Some(to.trim().trim_matches(['<', '>']).to_owned())
        })
        .collect()
}

#[test]
fn a_server_killed_at_any_moment_loses_nothing_that_it_acknowledged() {
    let mut subject = Subject::new(None);
    let (mut known, mut checked) = (Known::default(), BTreeSet::new());
    for round in 0..SERVER_KILLS {
        subject.load(round, &mut known, Subject::kill);
        subject.start();
        subject.check(&mut known, &mut checked);
        known.note("server over SQLite", round, "SIGKILL");
    }
    subject.finish(&known);
}

#[test]
fn over_postgresql_neither_the_servers_death_nor_the_databases_loses_anything() {
    let Some(mut cluster) = Cluster::durable() else { return };
    let mut subject = Subject::new(Some(&cluster.new_database()));
    let (mut known, mut checked) = (Known::default(), BTreeSet::new());
    for round in 0..SERVER_KILLS {
        subject.load(round, &mut known, Subject::kill);
        subject.start();
        subject.check(&mut known, &mut checked);
        known.note("server over PostgreSQL", round, "SIGKILL");
    }
    for round in SERVER_KILLS..SERVER_KILLS + DATABASE_KILLS {
        // The server lives on, says that it cannot, and goes on by itself when the database is
        // back.
        subject.load(round, &mut known, |_| cluster.crash());
        subject.check(&mut known, &mut checked);
        known.note("server over PostgreSQL", round, "SIGKILL of the database");
    }
    subject.finish(&known);
}
