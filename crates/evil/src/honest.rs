//! The honest server behind the proxy: whole, in this process, with mail in a folder and an
//! identity provider that pushes people.
//!
//! Promises: its data lies in a temporary folder that goes with it; what it stores is read from its
//! database, not asked from it. Must never: be reachable from another machine.

use super::message::Seen;
use super::realm_key::RealmKey;
use firstkey_server::{Log, MailOut, NewOrganisation, Realm, ServeOptions, Shown, serve};
use serde_json::json;
use std::collections::HashMap;
use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a letter may take: a minute in all.
const LOOKS: u32 = 12_000;
const BETWEEN: Duration = Duration::from_millis(5);

/// The server.
pub(super) struct Honest {
    pub(super) address: SocketAddr,
    /// Signs its answers.
    pub(super) key: Arc<RealmKey>,
    token: String,
    letters: PathBuf,
    /// Links that were found, by address.
    links: HashMap<String, String>,
    read: Vec<PathBuf>,
    viewer: (tokio::runtime::Runtime, Realm),
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

type Ready = Result<(String, SocketAddr), String>;

impl Honest {
    /// Starts one that is known to the world by `origin`.
    pub(super) fn start(folder: &Path, origin: String) -> Result<Self, Box<dyn Error>> {
        let (data, letters) = (folder.join("server"), folder.join("letters"));
        std::fs::create_dir_all(&letters)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = mpsc::channel::<Ready>();
        let (own, out, known_as) = (data.clone(), letters.clone(), origin.clone());
        let thread = std::thread::spawn(move || {
            if let Err(error) = stand(&own, &origin, out, stopped, &tell) {
                // Nobody listens any more once it was ready; then the next request to it fails and
                // says so.
                drop(tell.send(Err(error.to_string())));
            }
        });
        let (token, address) = told.recv()??;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let realm = runtime.block_on(Realm::open(&data))?;
        Ok(Self {
            address,
            key: Arc::new(RealmKey::read(&data, known_as)?),
            token,
            letters,
            links: HashMap::new(),
            read: Vec::new(),
            viewer: (runtime, realm),
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Pushes a person, and takes the link out of the letter.
    pub(super) fn invite(&mut self, email: &str) -> Result<String, Box<dyn Error>> {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": email, "displayName": "Ada Lovelace",
            "name": {"givenName": "Ada", "familyName": "Lovelace"}, "password": "1mz050nq", "active": true,
            "emails": [{"primary": true, "value": email, "type": "work"}],
        });
        let body = body.to_string().into_bytes();
        let bearer = format!("Bearer {}", self.token);
        let headers =
            [("Host", "provider.test"), ("Authorization", &bearer), ("Content-Type", "application/scim+json")];
        let push = Seen::new("POST", "/scim/v2/Users", &headers, body);
        let reply = push.ask(self.address)?;
        if reply.status != 201 {
            return Err(format!("the honest server answered the provider with status {}", reply.status).into());
        }
        for _ in 0..LOOKS {
            self.read_letters()?;
            if let Some(link) = self.links.remove(email) {
                return Ok(link);
            }
            std::thread::sleep(BETWEEN);
        }
        Err("no letter arrived".into())
    }

    fn read_letters(&mut self) -> std::io::Result<()> {
        for entry in std::fs::read_dir(&self.letters)? {
            let path = entry?.path();
            if path.extension().is_none_or(|end| end != "eml") || self.read.contains(&path) {
                continue;
            }
            let letter = std::fs::read_to_string(&path)?;
            let to = letter.lines().find_map(|line| line.strip_prefix("To:")).unwrap_or_default();
            let address = to.trim().rsplit('<').next().unwrap_or_default().trim_end_matches('>').to_owned();
            let link =
                letter.lines().map(str::trim).find(|line| line.starts_with("http") && line.contains("/i#fkinv2."));
            if let Some(link) = link {
                self.links.insert(address, link.to_owned());
            }
            self.read.push(path);
        }
        Ok(())
    }

    /// Everything that is stored on an account.
    pub(super) fn show(&self, email: &str) -> Result<Shown, Box<dyn Error>> {
        let (runtime, realm) = &self.viewer;
        let mut shown = runtime.block_on(realm.show(email))?;
        // Letters come and go on their own.
        shown.letters.clear();
        Ok(shown)
    }
}

impl Drop for Honest {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn stand(
    data: &Path,
    origin: &str,
    letters: PathBuf,
    stopped: oneshot::Receiver<()>,
    tell: &mpsc::Sender<Ready>,
) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async move {
        let realm = Realm::init(data, origin, None).await?;
        let organisation = NewOrganisation {
            name: "Example Corp".to_owned(),
            contact: Some("it@example.org".to_owned()),
            min_profile: Some(1),
        };
        let org = realm.add_organisation(organisation).await?;
        let token = realm.add_scim_token(org).await?.as_str().to_owned();
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        tell.send(Ok((token, listener.local_addr()?)))?;
        let options = ServeOptions { log: Log::Silent, ..ServeOptions::new(MailOut::Folder(letters)) };
        serve(realm, listener, options, async move {
            drop(stopped.await);
        })
        .await?;
        Ok(())
    })
}
