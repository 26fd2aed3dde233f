//! A real account server in this process, behind a [`Wire`], with an identity provider that pushes
//! people.

use super::letters::Letters;
use super::wire::{Reply, Seen, Wire};
use firstkey_core::crypto::context::OrgId;
use firstkey_evil::realm_key::RealmKey;
use firstkey_server::admin::ChangedOrganisation;
use firstkey_server::{Log, MailOut, NewOrganisation, Realm, ServeOptions, Shown, serve};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::sync::oneshot;

/// The server, its wire, its letters.
pub struct Deployment {
    /// Between client and server.
    pub wire: Wire,
    /// What the server mailed.
    pub letters: Letters,
    folder: TempDir,
    token: String,
    /// The token of another organisation in the same realm, Second Ltd.
    second: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Deployment {
    /// Starts one with the organisation Example Corp.
    pub fn start() -> Self {
        Self::start_with(NewOrganisation {
            name: "Example Corp".into(),
            contact: Some("it@example.org".into()),
            min_profile: Some(1),
        })
    }

    /// Starts one with that organisation.
    pub fn start_with(organisation: NewOrganisation) -> Self {
        Self::start_at(organisation, Wire::origin)
    }

    /// Starts one whose people reach it elsewhere than at the wire, such as at a TLS front.
    pub fn start_at(organisation: NewOrganisation, origin: impl FnOnce(&Wire) -> String) -> Self {
        let wire = Wire::listen();
        let origin = origin(&wire);
        Self::start_behind(wire, origin, organisation)
    }

    /// Starts one behind that wire, at that origin.
    pub fn start_behind(wire: Wire, origin: String, organisation: NewOrganisation) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let mail = folder.path().join("letters");
        std::fs::create_dir(&mail).expect("a folder for letters");
        let (data, out, known_as) = (folder.path().join("server"), mail.clone(), origin.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let realm = Realm::init(&data, &origin, None).await.expect("a new realm");
                let org = realm.add_organisation(organisation).await.expect("an organisation");
                let token = realm.add_scim_token(org).await.expect("a token").as_str().to_owned();
                let other = NewOrganisation { name: "Second Ltd".into(), ..NewOrganisation::default() };
                let other = realm.add_organisation(other).await.expect("an organisation");
                let second = realm.add_scim_token(other).await.expect("a token").as_str().to_owned();
                let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
                let address = listener.local_addr().expect("bound");
                ready.send((token, second, address)).expect("the test waits");
                let options = ServeOptions { log: Log::Silent, ..ServeOptions::new(MailOut::Folder(out)) };
                serve(realm, listener, options, async move {
                    drop(stopped.await);
                })
                .await
                .expect("the server runs");
            });
        });
        let (token, second, address): (String, String, SocketAddr) = is_ready.recv().expect("the server starts");
        wire.forward_to(address);
        let key = RealmKey::read(&folder.path().join("server"), known_as).expect("the server's key file");
        wire.lie_as_the_server(key);
        let letters = Letters::watch(&mail);
        Self { wire, letters, folder, token, second, stop: Some(stop), thread: Some(thread) }
    }

    /// Where the server keeps its data.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("server")
    }

    /// A request as an identity provider sends it, straight to the server.
    pub fn scim(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.scim_by(&self.token, method, path, body)
    }

    fn scim_by(&self, token: &str, method: &str, path: &str, body: &Value) -> Reply {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let bearer = format!("Bearer {token}");
        let headers =
            [("Host", "provider.test"), ("Authorization", &bearer), ("Content-Type", "application/scim+json")];
        self.wire.ask(&Seen::new(method, path, &headers, body)).expect("the server answers")
    }

    /// Pushes a person as Okta does; gives the SCIM id.
    pub fn push(&self, email: &str) -> String {
        self.push_named(email, "Ada Lovelace")
    }

    /// Pushes a person with that display name.
    pub fn push_named(&self, email: &str, name: &str) -> String {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": email, "displayName": name,
            "name": {"givenName": "Ada", "familyName": "Lovelace"}, "password": "1mz050nq", "active": true,
            "emails": [{"primary": true, "value": email, "type": "work"}],
        });
        let reply = self.scim("POST", "/scim/v2/Users", &body);
        assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
        reply.value()["id"].as_str().expect("an id").to_owned()
    }

    /// Deactivates a person as Okta does.
    pub fn deactivate(&self, id: &str) {
        self.set_active(id, false);
    }

    /// Activates a person again.
    pub fn reactivate(&self, id: &str) {
        self.set_active(id, true);
    }

    /// Removes a person.
    pub fn remove(&self, id: &str) {
        let reply = self.scim("DELETE", &format!("/scim/v2/Users/{id}"), &Value::Null);
        assert_eq!(reply.status, 204);
    }

    fn set_active(&self, id: &str, active: bool) {
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "value": {"active": active}}]});
        let reply = self.scim("PATCH", &format!("/scim/v2/Users/{id}"), &body);
        assert!(matches!(reply.status, 200 | 204), "{}", reply.status);
    }

    /// Pushes a person and reads the link out of the letter.
    pub fn invite(&mut self, email: &str) -> String {
        self.push(email);
        self.letters.next_link()
    }

    /// The other organisation pushes a person, and the link is read out of the letter.
    pub fn invite_by_second(&mut self, email: &str) -> String {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": email, "displayName": "Ada Lovelace",
            "active": true, "emails": [{"primary": true, "value": email, "type": "work"}],
        });
        let reply = self.scim_by(&self.second, "POST", "/scim/v2/Users", &body);
        assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
        self.letters.next_link()
    }

    /// Starts a reset as an administrator does, and reads the link out of the letter.
    pub fn reset(&mut self, email: &str) -> String {
        let (data, named) = (self.data(), email.to_owned());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let realm = Realm::open(&data).await.expect("the realm opens");
            realm.reset_person(&named, "uid 1000", None).await.expect("it is started");
        });
        self.letters.next_link()
    }

    /// What Example Corp says of secret keys from now on, as an administrator sets it.
    pub fn set_secret_key(&self, word: &'static str) {
        let data = self.data();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let realm = Realm::open(&data).await.expect("the realm opens");
            let all = realm.organisations().await.expect("organisations");
            let ours = all.iter().find(|org| org.name == "Example Corp").expect("the organisation");
            let id = uuid::Uuid::parse_str(&ours.org_id).expect("an id");
            let change = ChangedOrganisation { secret_key: Some(word.into()), ..ChangedOrganisation::default() };
            realm.change_organisation(OrgId::heard(*id.as_bytes()), change).await.expect("changed");
        });
    }

    /// Everything that is stored on an account.
    pub fn show(&self, email: &str) -> Shown {
        let (data, email) = (self.data(), email.to_owned());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            Realm::open(&data).await.expect("the realm opens").show(&email).await.expect("the person is known")
        })
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
