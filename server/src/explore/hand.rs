//! The server: its own routes, checks, commands and SQL, and its own deliverer of letters, in this
//! thread.
//!
//! Promise: nothing of it is a copy. It is built anew, key file and all, for every request, and
//! knows only the rows that it is given: it dies and comes back between any two requests. Left out:
//! sockets, TLS, the writer's thread (`store/in_memory.rs`), the system's clock and randomness.

use super::digest;
use crate::config::MailOut;
use crate::http::App;
use crate::in_process::InProcess;
use crate::log::Log;
use crate::mail::{Post, deliver_one};
use crate::realm::{INVITE_TTL, NewOrganisation};
use crate::rng::seeded;
use crate::serve::router;
use crate::store::in_memory::{Row, Rows, Table};
use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::context::{AccountId, OrgId};
use firstkey_core::crypto::realm_key::AnswerSignature;
use firstkey_core::wire::outbound::Outbound;
use serde_json::{Value, json};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use zeroize::Zeroizing;

/// The one person.
pub(super) const EMAIL: &str = "ada@example.org";
/// The organisation whose letters nobody follows.
const RIVAL: &str = "Rival Inc";
/// 2026-11-23.
pub(super) const START: i64 = 1_795_392_000;

/// A request of a client, as bytes.
pub(super) struct Sent {
    pub(super) path: &'static str,
    pub(super) body: Vec<u8>,
    signature: Option<(String, String)>,
    /// What the client says to know.
    knows: Option<(&'static str, &'static str)>,
    pub(super) digest: u128,
}

impl Sent {
    pub(super) fn new(request: &Outbound) -> Self {
        let text = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
        let signature = request.signature().map(|signed| (text(&signed.invite().0), text(signed.bytes())));
        let (path, body) = (request.endpoint().path(), request.body().to_vec());
        let signed = signature.as_ref().map_or("", |(_, signature)| signature);
        let digest = digest(&[path.as_bytes(), &body, signed.as_bytes()]);
        Self { path, body, signature, knows: request.endpoint().knows(), digest }
    }

    /// The invite that it is signed for, as it stands in a link.
    pub(super) fn invite(&self) -> Option<&str> {
        self.signature.as_ref().map(|(invite, _)| invite.as_str())
    }
}

/// An answer of the server, as a client sees it.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    pub(super) retry_after: Option<u32>,
    pub(super) signed: Option<String>,
    pub(super) body: Vec<u8>,
    pub(super) digest: u128,
}

/// What somebody else does: the identity provider, an administrator of the server, or time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Suspend,
    Activate,
    Resend,
    Reset,
    /// The identity provider deletes the person.
    Remove,
    /// And provisions them again.
    Provision,
    /// A week goes by: what was sent before is too old.
    Week,
    /// Another organisation of the realm provisions somebody at the person's address, or deletes
    /// them again; nobody follows its letters.
    Rival,
}

impl Deed {
    pub(super) const ALL: [Self; 8] = [
        Self::Suspend,
        Self::Activate,
        Self::Resend,
        Self::Reset,
        Self::Remove,
        Self::Provision,
        Self::Week,
        Self::Rival,
    ];

    /// How long it takes, in seconds.
    pub(super) fn takes(self) -> i64 {
        if self == Self::Week { INVITE_TTL } else { 0 }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Suspend => "suspend",
            Self::Activate => "activate",
            Self::Resend => "resend",
            Self::Reset => "reset",
            Self::Remove => "remove",
            Self::Provision => "provision",
            Self::Week => "week",
            Self::Rival => "rival",
        })
    }
}

/// What came of a request.
pub(super) struct Served {
    pub(super) answer: Arc<Answer>,
    pub(super) rows: Rows,
    /// Transactions that it took.
    pub(super) commits: u32,
}

/// The server, held.
pub(super) struct Hand {
    server: InProcess,
    dir: TempDir,
    org: OrgId,
    token: Zeroizing<String>,
    rival: Zeroizing<String>,
}

impl Hand {
    /// A realm with two organisations and one person of the first, who has been sent a letter; its
    /// rows and its link.
    pub(super) fn new() -> (Self, Rows, Vec<String>) {
        seeded::with(0, || {
            let shared_memory = Path::new("/dev/shm");
            let place = if shared_memory.is_dir() { shared_memory.to_owned() } else { std::env::temp_dir() };
            let dir = tempfile::tempdir_in(place).expect("a folder");
            let server = InProcess::make(dir.path(), START);
            let token = |name: &str| {
                server.runtime.block_on(async {
                    let new = NewOrganisation { name: name.into(), ..NewOrganisation::default() };
                    let org = server.realm.add_organisation(new).await.expect("an organisation");
                    (org, server.realm.add_scim_token(org).await.expect("a token"))
                })
            };
            let ((org, token), (_, rival)) = (token("Example Corp"), token(RIVAL));
            let hand = Self { server, dir, org, token, rival };
            let made = hand.provision();
            assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
            let links = hand.deliver();
            let rows = hand.server.realm.store.in_memory().take().expect("rows");
            (hand, rows, links)
        })
    }

    fn provision(&self) -> Answer {
        let person = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": EMAIL, "displayName": "Ada Lovelace",
            "emails": [{"primary": true, "value": EMAIL, "type": "work"}], "active": true,
        });
        self.scim("POST", "/scim/v2/Users", &person)
    }

    /// The other organisation provisions somebody at the same address, or deletes them again.
    fn rival(&self, rows: &Rows) -> Answer {
        let person = json!({"userName": "rival", "emails": [{"value": EMAIL, "primary": true}], "active": true});
        match user_of(rows, true) {
            Some(path) => self.scim_as(&self.rival, "DELETE", &path, &Value::Null),
            None => self.scim_as(&self.rival, "POST", "/scim/v2/Users", &person),
        }
    }

    /// Brings the server to `rows` and lets it answer one request.
    pub(super) fn serve(&self, rows: &Rows, sent: &Sent, seed: u128, now: i64, lives: u32) -> Served {
        let held = self.server.realm.store.in_memory();
        held.put(rows).expect("rows");
        held.live_for(lives);
        self.server.set_clock(now);
        let mut request = Request::post(sent.path).header(header::CONTENT_TYPE, "application/json");
        if let Some((invite, signature)) = &sent.signature {
            request = request.header("firstkey-invite", invite).header("firstkey-signature", signature);
        }
        if let Some((name, value)) = sent.knows {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(sent.body.clone())).expect("a request");
        let answer = seeded::with(seed, || self.answer(request));
        let commits = held.committed();
        held.live_for(u32::MAX);
        Served { answer: Arc::new(answer), rows: held.take().expect("rows"), commits }
    }

    /// Brings the server to `rows` and lets somebody do something; gives the rows after it and the
    /// links of the letters that were sent.
    pub(super) fn operate(&self, rows: &Rows, deed: Deed, seed: u128, now: i64) -> (Rows, Vec<String>) {
        let held = self.server.realm.store.in_memory();
        held.put(rows).expect("rows");
        self.server.set_clock(now);
        let InProcess { runtime, realm, .. } = &self.server;
        let links = seeded::with(seed, || {
            match deed {
                Deed::Suspend | Deed::Activate => {
                    let change = json!({
                        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                        "Operations": [{"op": "replace", "value": {"active": deed == Deed::Activate}}],
                    });
                    if let Some(path) = user(rows) {
                        let changed = self.scim("PATCH", &path, &change);
                        // 204: it was so already.
                        assert!(matches!(changed.status, 200 | 204), "{}", String::from_utf8_lossy(&changed.body));
                    }
                }
                // A refusal is an answer too.
                Deed::Resend => drop(runtime.block_on(realm.resend_invite(EMAIL, Some(self.org), None))),
                Deed::Remove => {
                    if let Some(path) = user(rows) {
                        assert_eq!(self.scim("DELETE", &path, &Value::Null).status, 204);
                    }
                }
                // Somebody who is there already is refused.
                Deed::Provision => drop(self.provision()),
                Deed::Week => {}
                Deed::Rival => assert!(matches!(self.rival(rows).status, 201 | 204)),
                Deed::Reset => drop(runtime.block_on(realm.reset_person(EMAIL, "admin", None))),
            }
            // A refusal sends no letter, and a mail folder takes its time.
            let changed = deed == Deed::Week || held.take().expect("rows").digest != rows.digest;
            if changed { self.deliver() } else { Vec::new() }
        });
        (held.take().expect("rows"), links)
    }

    fn scim(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.scim_as(&self.token, method, path, body)
    }

    fn scim_as(&self, token: &str, method: &str, path: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/scim+json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::from(body.to_string()))
            .expect("a request");
        self.answer(request)
    }

    fn app(&self) -> Arc<App> {
        self.server.app(self.dir.path(), Log::Silent)
    }

    fn answer(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.server.ask(router(self.app()), request);
        let text =
            |headers: &HeaderMap, name| headers.get(name).and_then(|value| value.to_str().ok().map(str::to_owned));
        let content_type = text(&parts.headers, header::CONTENT_TYPE);
        let retry_after = text(&parts.headers, header::RETRY_AFTER).and_then(|text| text.parse().ok());
        let signed =
            parts.headers.get(AnswerSignature::HEADER).and_then(|value| value.to_str().ok().map(str::to_owned));
        let status = parts.status.as_u16();
        let digest = digest(&[&status.to_le_bytes(), &body]);
        Answer { status, content_type, retry_after, signed, body, digest }
    }

    /// Delivers every letter that is due, and gives the links in them.
    fn deliver(&self) -> Vec<String> {
        let mail = self.dir.path().join("mail");
        let post = Post::open(&MailOut::Folder(mail.clone()), None, &self.server.realm.origin).expect("a mail folder");
        let app = self.app();
        self.server.runtime.block_on(async { while deliver_one(&app, &post).await {} });
        let files = std::fs::read_dir(mail).expect("the mail folder").map(|entry| entry.expect("an entry").path());
        let mut files: Vec<PathBuf> = files.collect();
        files.sort();
        let mut links = Vec::new();
        for file in files {
            let letter = std::fs::read_to_string(&file).expect("a letter");
            if letter.contains(RIVAL) {
                std::fs::remove_file(file).expect("a letter that nobody follows");
                continue;
            }
            links.extend(letter.lines().find(|line| line.contains("/i#fkinv2.")).map(|line| line.trim().to_owned()));
            std::fs::remove_file(file).expect("a letter that was read");
        }
        links
    }
}

/// Where SCIM has the person, if their organisation has them.
fn user(rows: &Rows) -> Option<String> {
    user_of(rows, false)
}

fn user_of(rows: &Rows, of_rival: bool) -> Option<String> {
    let people = rows.table("membership");
    let person = people.rows.iter().find(|row| is_of_rival(rows, people, row) == of_rival)?;
    let id: [u8; 16] = person.at(people.column("user_id")).expect("an id");
    Some(format!("/scim/v2/Users/{}", AccountId::heard(id)))
}

/// Whether a row of a table belongs to the other organisation.
pub(super) fn is_of_rival(rows: &Rows, table: &Table, row: &Row) -> bool {
    let organisations = rows.table("organisation");
    let org: Vec<u8> = row.at(table.column("org_id")).expect("an id");
    let is_rival = |row: &&Row| row.at::<String>(organisations.column("name")).expect("text") == RIVAL;
    let rival = organisations.rows.iter().find(is_rival).expect("the other organisation");
    rival.at::<Vec<u8>>(organisations.column("org_id")).expect("an id") == org
}
