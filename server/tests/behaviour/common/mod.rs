//! A server in this process on a free loopback port, an identity provider that speaks to it, and a
//! person who completes an account with real keys.
//!
//! Only Argon2id is left out: the master key is a hash of the password, so that hundreds of people
//! fit into a test run.
#![allow(dead_code, reason = "shared by test programs, each of which uses a part of it")]

pub(crate) mod authority;
pub(crate) mod cluster;
pub(crate) mod keeper;
pub(crate) mod mail_server;
pub(crate) mod mime;
pub(crate) mod person;
pub(crate) mod pooler;
pub(crate) mod relay;
pub(crate) mod wire;

use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::context::OrgId;
use firstkey_server::{Clock, Log, MailOut, NewOrganisation, Realm, ServeOptions, Shown, serve};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

/// What the deployment was initialised with; servers listen elsewhere.
pub(crate) const ORIGIN: &str = "https://accounts.example.org";

/// A deployment on disk that servers can be started on.
pub(crate) struct Deployment {
    dir: TempDir,
    /// The database, if it is not the embedded one.
    database: Option<String>,
    /// The organisation that the token is of.
    pub(crate) org: OrgId,
    pub(crate) token: Zeroizing<String>,
    /// The server's clock: it stands still until a test moves it.
    pub(crate) clock: Arc<AtomicI64>,
    /// What the server's clock showed at first: the machine's time, because the commands that a
    /// test runs beside the server read that one.
    pub(crate) start: i64,
}

/// A running server.
pub(crate) struct Server {
    address: String,
    pub(crate) socket: SocketAddr,
    http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

/// An answer, read whole.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) media_type: String,
    pub(crate) retry_after: Option<i64>,
    /// The realm's signature.
    pub(crate) signed: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

/// An invitation as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Invitation {
    pub(crate) link: String,
    pub(crate) invite_id: String,
    pub(crate) token: String,
    /// What the link says of the server's key.
    pub(crate) binding: String,
    /// The whole file.
    pub(crate) raw: String,
}

impl Deployment {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder for the test");
        let data = dir.path().join("data");
        let database = crate::POSTGRES.then(|| match cluster::Cluster::of_this_process() {
            Some(cluster) => cluster.new_database(),
            // It has said so; nothing in this program can be tested.
            None => std::process::exit(0),
        });
        let realm = Realm::init_with(&data, ORIGIN, Some("it@example.org"), database.as_deref()).await.expect("init");
        let new = NewOrganisation { name: "Example Corp".into(), ..NewOrganisation::default() };
        let org = realm.add_organisation(new).await.expect("organisation");
        let token = realm.add_scim_token(org).await.expect("token");
        let start = Clock::System.now();
        Self { dir, database, org, token, clock: Arc::new(AtomicI64::new(start)), start }
    }

    /// One of version 2 of the tables, as the program of that time left it. It has no token.
    pub(crate) fn of_version_2() -> Self {
        const SQLITE: [&str; 2] = [
            include_str!("../../../src/store/schema/0001_start.sqlite.sql"),
            include_str!("../../../src/store/schema/0002_reset.sqlite.sql"),
        ];
        const POSTGRES: [&str; 2] = [
            include_str!("../../../src/store/schema/0001_start.postgres.sql"),
            include_str!("../../../src/store/schema/0002_reset.postgres.sql"),
        ];
        const ROWS: &str = include_str!("../../data/upgrade/version-2.sql");
        const MIGRATION: &str = "CREATE TABLE migration (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)";
        let dir = tempfile::tempdir().expect("a folder for the test");
        let data = dir.path().join("data");
        std::fs::DirBuilder::new().mode(0o700).create(&data).expect("a folder");
        let key = include_bytes!("../../data/upgrade/server.key");
        let mut file = std::fs::OpenOptions::new();
        let file = file.write(true).create_new(true).mode(0o600).open(data.join("server.key"));
        file.expect("a key file").write_all(key).expect("written");
        let database = crate::POSTGRES.then(|| match cluster::Cluster::of_this_process() {
            Some(cluster) => cluster.new_database(),
            None => std::process::exit(0),
        });
        let start = Clock::System.now();
        let (org, token) = (OrgId::heard([0; 16]), Zeroizing::new(String::new()));
        let deployment = Self { dir, database, org, token, clock: Arc::new(AtomicI64::new(start)), start };
        let [first, second] = if crate::POSTGRES { POSTGRES } else { SQLITE };
        let rows = if crate::POSTGRES { ROWS.replace("X'", "'\\x") } else { ROWS.to_owned() };
        deployment.meddle(&[MIGRATION, first, second, &rows].join(";\n"));
        if let Some(address) = &deployment.database {
            std::fs::write(data.join("database.url"), address).expect("the address of the database");
            for table in ["outbox", "claim"] {
                let next =
                    format!("SELECT setval(pg_get_serial_sequence('{table}', 'seq'), (SELECT max(seq) FROM {table}))");
                deployment.ask(&next);
            }
        }
        deployment
    }

    /// This one, once more, from a backup and its key; `None` where there is no such database.
    pub(crate) async fn restored(&self, backup: &Path, key: &Path, to_postgres: bool) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a folder for the test");
        let database = if to_postgres { Some(cluster::Cluster::of_this_process()?.new_database()) } else { None };
        let restored = Realm::restore(&dir.path().join("data"), backup, Some(key), database.as_deref()).await;
        restored.expect("restored");
        Some(Self {
            dir,
            database,
            org: self.org,
            token: self.token.clone(),
            clock: Arc::clone(&self.clock),
            start: self.start,
        })
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) fn mail(&self) -> PathBuf {
        self.dir.path().join("mail")
    }

    pub(crate) async fn realm(&self) -> Realm {
        let mut realm = Realm::open(&self.data()).await.expect("the realm opens");
        realm.clock = Clock::Manual(Arc::clone(&self.clock));
        realm
    }

    pub(crate) async fn serve(&self) -> Server {
        self.serve_with_mail(MailOut::Folder(self.mail())).await
    }

    pub(crate) async fn serve_with_mail(&self, mail: MailOut) -> Server {
        let usual = ServeOptions { log: Log::Silent, invite_ttl: 7 * 86_400, ..ServeOptions::new(mail) };
        self.serve_as(usual).await
    }

    /// A server with these options; letters go where they say.
    pub(crate) async fn serve_as(&self, options: ServeOptions) -> Server {
        let realm = self.realm().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let socket = listener.local_addr().expect("bound");
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let until = async move { drop(stopped.await) };
            serve(realm, listener, options, until).await.expect("the server runs");
        });
        // Plain HTTP needs no TLS, but where the client is built as well, the HTTP library wants to
        // know whose it would be.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let address = format!("http://{socket}");
        Server { address, socket, http: reqwest::Client::new(), stop: Some(stop), task: Some(task) }
    }

    /// The usual options, silent, with letters in the folder.
    pub(crate) fn options(&self) -> ServeOptions {
        ServeOptions { log: Log::Silent, ..ServeOptions::new(MailOut::Folder(self.mail())) }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) async fn show(&self, email: &str) -> Shown {
        self.realm().await.show(email).await.expect("the account is known")
    }

    /// Waits until `count` letters lie in the folder and gives them in order.
    pub(crate) async fn letters(&self, count: usize) -> Vec<String> {
        wait_for(|| {
            let letters = letters_in(&self.mail());
            (letters.len() >= count).then_some(letters)
        })
        .await
    }

    /// Waits until `count` invitations have arrived and gives the last.
    pub(crate) async fn invitation(&self, count: usize) -> Invitation {
        self.invitations(count).await.pop().expect("at least one")
    }

    /// Waits until `count` invitations have arrived and gives all.
    pub(crate) async fn invitations(&self, count: usize) -> Vec<Invitation> {
        let letters = wait_for(|| {
            let letters: Vec<_> = letters_in(&self.mail()).into_iter().filter(|raw| raw.contains("#fkinv2.")).collect();
            (letters.len() >= count).then_some(letters)
        })
        .await;
        letters.iter().map(|letter| Invitation::read(letter)).collect()
    }

    /// Changes the database behind the server's back.
    pub(crate) fn meddle(&self, statement: &str) {
        if let Some(address) = &self.database {
            cluster::Cluster::of_this_process().expect("it runs").meddle(address, statement);
        } else {
            let database = rusqlite::Connection::open(self.data().join("firstkey.db")).expect("the database");
            database.execute_batch(statement).expect("a statement that works");
        }
    }

    /// Keeps every server of this deployment from writing until it is dropped.
    pub(crate) fn hold_the_writer(&self) -> Held {
        if let Some(address) = &self.database {
            return Held::Session(cluster::Cluster::of_this_process().expect("it runs").hold(address));
        }
        let database = rusqlite::Connection::open(self.data().join("firstkey.db")).expect("the database");
        database.execute_batch("BEGIN IMMEDIATE").expect("nobody is writing");
        Held::File(database)
    }

    /// What a query that gives one value gives, as text.
    pub(crate) fn ask(&self, query: &str) -> String {
        if let Some(address) = &self.database {
            return cluster::Cluster::of_this_process().expect("it runs").ask(address, query);
        }
        let database = rusqlite::Connection::open(self.data().join("firstkey.db")).expect("the database");
        let query = format!("SELECT CAST(({query}) AS TEXT)");
        database.query_row(&query, [], |row| row.get::<_, Option<String>>(0)).expect("one value").unwrap_or_default()
    }

    /// Waits for the invitation to that address.
    pub(crate) async fn invitation_to(&self, email: &str) -> Invitation {
        let header = format!("To: {email}\n");
        let letter = wait_for(|| {
            let ours = |raw: &String| raw.contains("#fkinv2.") && raw.contains(&header);
            letters_in(&self.mail()).into_iter().rev().find(ours)
        })
        .await;
        Invitation::read(&letter)
    }

    /// Every byte that the server keeps.
    pub(crate) fn stored_bytes(&self) -> Vec<u8> {
        self.stored_bytes_but("")
    }

    /// The same without one file of the data folder. Another program reads them: a process that
    /// closes any descriptor of a file loses all its locks on that file (POSIX), those that SQLite
    /// holds for a server in this process too. Whoever came next would take itself for the last
    /// user of the database and delete the journal that this process goes on writing to.
    pub(crate) fn stored_bytes_but(&self, left_out: &str) -> Vec<u8> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(self.data()).expect("the data folder") {
            let entry = entry.expect("an entry");
            // What processes say to each other about the journal; nothing that is kept.
            if entry.file_name() != left_out && entry.file_name() != "firstkey.db-shm" {
                files.push(entry.path());
            }
        }
        let mut all = bytes_of(&files);
        if let Some(address) = &self.database {
            all.extend(cluster::Cluster::of_this_process().expect("it runs").dump(address));
        }
        all
    }
}

/// What is in these files, read by another program; see [`Deployment::stored_bytes_but`].
pub(crate) fn bytes_of(files: &[PathBuf]) -> Vec<u8> {
    let read = Command::new("cat").arg("/dev/null").args(files).output().expect("cat runs");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    read.stdout
}

/// Somebody else's transaction.
pub(crate) enum Held {
    File(#[allow(dead_code, reason = "kept for its drop")] rusqlite::Connection),
    Session(std::process::Child),
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Self::Session(session) = self {
            // It ends with its input.
            drop(session.stdin.take());
            drop(session.wait());
        }
    }
}

impl Server {
    /// A server of another process, or one that somebody else stops.
    pub(crate) fn elsewhere(socket: SocketAddr) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { address: format!("http://{socket}"), socket, http: reqwest::Client::new(), stop: None, task: None }
    }

    /// A server of a program that was started with `--json`, once it says where it listens.
    pub(crate) fn of_process(child: &mut Child) -> Self {
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it says where it listens");
        let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        Self::elsewhere(line["addr"].as_str().expect("an address").parse().expect("an address"))
    }

    /// Tells the server to end, and does not wait.
    pub(crate) fn begin_to_stop(&mut self) {
        drop(self.stop.take());
    }

    /// `http://` and where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Ends the server and waits for it.
    pub(crate) async fn stop(mut self) {
        self.begin_to_stop();
        if let Some(task) = self.task.take() {
            task.await.expect("the server ended well");
        }
    }

    /// The address of a path, for requests that a test makes itself.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.address)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.send().await.expect("an answer")).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send(Method::POST, path, &headers, body.to_string().into_bytes()).await
    }

    /// Sends a request with a session's bearer.
    pub(crate) async fn ask_as(&self, bearer: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {bearer}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.send(method, path, &headers, body.map(|body| body.to_string().into_bytes()).unwrap_or_default()).await
    }

    pub(crate) async fn post_as(&self, bearer: &str, path: &str, body: &Value) -> Answer {
        self.ask_as(bearer, Method::POST, path, Some(body)).await
    }

    pub(crate) async fn claim(&self, invitation: &Invitation, claim_key: &[u8; 32]) -> Answer {
        let body = json!({"invite_id": invitation.invite_id, "token": invitation.token, "claim_key": b64(claim_key)});
        self.post("/v1/invites/claim", &body).await
    }

    pub(crate) async fn scim(&self, token: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("accept", "application/scim+json"),
            ("content-type", "application/scim+json; charset=utf-8"),
        ];
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        self.send(method, &format!("/scim/v2{path}"), &headers, body).await
    }

    /// Provisions a person as Okta does; gives the SCIM id.
    pub(crate) async fn provision(&self, deployment: &Deployment, email: &str) -> String {
        let created = self.scim(&deployment.token, Method::POST, "/Users", Some(&okta_user(email))).await;
        assert_eq!(created.status, 201, "{created:?}");
        created.json()["id"].as_str().expect("an id").to_owned()
    }

    /// PATCHes `active` in the plainest form.
    pub(crate) async fn set_active(&self, deployment: &Deployment, id: &str, active: bool) {
        let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "replace", "value": {"active": active}}]});
        let answer = self.scim(&deployment.token, Method::PATCH, &format!("/Users/{id}"), Some(&patch)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["active"], active);
    }
}

impl Answer {
    async fn read(response: Response) -> Self {
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (media_type, retry_after) = (header("content-type").unwrap_or_default(), header("retry-after"));
        let signed = header("firstkey-signed");
        Self {
            status: response.status().as_u16(),
            media_type,
            retry_after: retry_after.and_then(|seconds| seconds.parse().ok()),
            signed,
            bytes: response.bytes().await.expect("a whole body").to_vec(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("a JSON answer")
    }

    /// The name of the problem, once its form was checked.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.media_type, "application/problem+json", "{self:?}");
        let document = self.json();
        assert_eq!(document["status"], self.status);
        let kind = document["type"].as_str().expect("a type");
        kind.strip_prefix("urn:firstkey:problem:").expect("a problem of ours").to_owned()
    }
}

impl Invitation {
    pub(crate) fn read(raw: &str) -> Self {
        let link = raw.lines().find(|line| line.contains("#fkinv2.")).expect("a link alone on its line");
        Self::of_link(link, raw)
    }

    pub(crate) fn of_link(link: &str, raw: &str) -> Self {
        let rest = link.strip_prefix("https://accounts.example.org/i#fkinv2.").expect("the configured origin");
        let [invite_id, token, binding] = rest.split('.').collect::<Vec<_>>().try_into().expect("id, token, binding");
        Self {
            invite_id: invite_id.to_owned(),
            token: token.to_owned(),
            binding: binding.to_owned(),
            link: link.to_owned(),
            raw: raw.to_owned(),
        }
    }
}

/// Okta's create request, with its placeholder password.
pub(crate) fn okta_user(email: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": email,
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"primary": true, "value": email, "type": "work"}],
        "displayName": "Ada Lovelace",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq-placeholder",
        "active": true
    })
}

/// The same for somebody in a crowd: with an externalId of their own.
pub(crate) fn okta_user_named(email: &str) -> Value {
    let mut user = okta_user(email);
    user["externalId"] = json!(email);
    user
}

pub(crate) fn b64(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

pub(crate) fn unb64(value: &Value) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(value.as_str().expect("a text")).expect("base64url")
}

pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

pub(crate) fn letters_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "eml"));
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).expect("a letter").replace("\r\n", "\n")).collect()
}

/// Looks again and again until there is something; gives up loudly after two minutes.
pub(crate) async fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(120), looking).await.expect("what was waited for came")
}
