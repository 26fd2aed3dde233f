//! A run: the server, what is known, and one request after the other, each judged.

use super::draw::Draw;
use super::known::{Begun, Claim, Known, Link, Resource, Session, Stored};
use super::law::Before;
use super::sent::{Answer, Sent, b64, holds, unb64};
use super::{form, law, mangle};
use crate::http::App;
use crate::in_process::InProcess;
use crate::log::Log;
use crate::mail::{Post, deliver_one};
use crate::scratch::Scratch;
use crate::serve::router;
use crate::store::in_memory::{FromCell, InMemory, Row};
use crate::token::TokenHash;
use axum::Router;
use axum::http::header;
use firstkey_core::crypto::context::InviteId;
use firstkey_core::crypto::hazmat::{ed25519_sign, sha256};
use firstkey_core::wire::link::InviteLink;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::RequestSignature;
use firstkey_testkit::chance::Seeded;
use firstkey_testkit::transcript::{note, text};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// Most letters that are sent at once.
const LETTERS: usize = 64;
/// Names that only this organisation has: if they are seen elsewhere, something leaks.
pub(super) const CANARIES: [&str; 2] = ["Aardvark", "Bonobo"];

/// A value of a row; the harness knows the schema.
pub(super) fn at<T: FromCell>(row: &Row, column: usize) -> T {
    row.at(column).expect("invariant: the harness knows the schema")
}

/// The server of a thread.
pub(super) struct Server {
    pub(super) in_process: InProcess,
    app: Arc<App>,
    router: Router,
    post: Post,
    log: Arc<Mutex<String>>,
    pub(super) origin: Origin,
}

impl Server {
    /// A new one; its key file is gone once it was read.
    pub(super) fn make(folder: &Scratch, now: i64) -> Self {
        let in_process = InProcess::make(folder.folder(), now);
        let log = Arc::new(Mutex::new(String::new()));
        let app = in_process.app(folder.folder(), Log::Kept(Arc::clone(&log)));
        let post = Post::kept(&in_process.realm.origin);
        let origin = Origin::read(in_process.realm.origin.as_str()).expect("an origin is one to the client too");
        Self { router: router(Arc::clone(&app)), in_process, app, post, log, origin }
    }

    pub(super) fn rows(&self) -> &InMemory {
        self.in_process.realm.store.in_memory()
    }

    /// What was logged since the last time.
    pub(super) fn logged(&self) -> String {
        std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A run.
pub(super) struct Play<'s> {
    pub(super) server: &'s Server,
    pub(super) known: Known,
    pub(super) now: i64,
    pub(super) rng: Seeded,
}

impl Play<'_> {
    /// Sends a request, mangled if the bytes say so, and judges the answer. `None`: HTTP cannot
    /// carry it.
    pub(super) fn send(&mut self, sent: Sent, draw: &mut Draw<'_>) -> Option<Answer> {
        let sent = mangle::mangle(sent, &self.known, draw);
        self.ask(sent)
    }

    /// Signs a request with the key of a claim; it is mangled before the signature, after it, or
    /// not at all.
    pub(super) fn send_signed(
        &mut self,
        sent: Sent,
        invite: &[u8; 16],
        seed: &[u8; 32],
        draw: &mut Draw<'_>,
    ) -> Option<Answer> {
        let mut sent = if draw.byte() < 200 { sent } else { mangle::mangle(sent, &self.known, draw) };
        let (realm, origin) = (&self.server.in_process.realm.id, self.server.origin.as_str());
        let message = RequestSignature::message(realm, origin, sent.path(), &sent.body, &InviteId::heard(*invite));
        sent.headers.retain(|(name, _)| !name.starts_with("firstkey-"));
        let sent =
            sent.with("firstkey-invite", &b64(invite)).with("firstkey-signature", &b64(&ed25519_sign(seed, &message)));
        self.send(sent, draw)
    }

    /// Sends a request as it is and judges the answer.
    pub(super) fn ask(&mut self, sent: Sent) -> Option<Answer> {
        let request = sent.request()?;
        for (at, canary) in CANARIES.iter().enumerate() {
            self.known.tainted[at] |= sent.holds(canary.as_bytes());
        }
        let before = Before::of(self);
        self.server.in_process.set_clock(self.now);
        let (parts, body) = self.server.in_process.ask(self.server.router.clone(), request);
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, body };
        note(|| {
            let (asked, told) = (text(&sent.body), text(&answer.body));
            format!("at {}: {} {} {asked}\n  -> {} {told}", self.now, sent.method, sent.target, answer.status)
        });
        form::judge(&sent, &answer, &self.known);
        law::judge(self, &sent, &answer, &before);
        self.learn(&sent, &answer, &before);
        self.known.history.push(sent);
        Some(answer)
    }

    /// Whether an organisation has the account active.
    pub(super) fn is_active(&self, account: &[u8; 16]) -> bool {
        !self.organisations(account).is_empty()
    }

    /// The organisations that have it active, and that its person has joined.
    pub(super) fn organisations(&self, account: &[u8; 16]) -> Vec<[u8; 16]> {
        let rows = self.server.rows().rows_of("membership").expect("rows");
        let is_of = |row: &&Row| {
            let (of, accepted): ([u8; 16], Option<i64>) = (at(row, 2), at(row, 4));
            of == *account && accepted.is_some() && at::<i64>(row, 8) == 1
        };
        rows.iter().filter(is_of).map(|row| at(row, 1)).collect()
    }

    /// Delivers letters and reads the links in them.
    pub(super) fn deliver(&mut self) {
        self.server.in_process.set_clock(self.now);
        let Server { in_process, app, post, .. } = self.server;
        in_process.runtime.block_on(async {
            for _ in 0..LETTERS {
                if !deliver_one(app, post).await {
                    break;
                }
            }
        });
        for letter in post.taken() {
            self.read_letter(&letter);
        }
    }

    fn read_letter(&mut self, letter: &[u8]) {
        let issued_by = self.known.latest.max(self.now);
        let text = String::from_utf8_lossy(letter);
        let (head, body) = text.split_once("\r\n\r\n").expect("a letter has a head and a body");
        for name in ["From: ", "To: ", "Subject: ", "Message-ID: "] {
            let count = head.lines().filter(|line| line.starts_with(name)).count();
            assert_eq!(count, 1, "{name} stands once in the head of a letter: {head}");
        }
        for secret in self.known.secrets() {
            assert!(!text.contains(secret), "a letter holds a token of somebody: {head}");
        }
        // On a line of its own, as whoever reads the letter would click it.
        for line in body.lines().map(str::trim).filter(|line| line.starts_with("http") && line.contains("#fkinv2.")) {
            let link = InviteLink::read(line.as_bytes()).unwrap_or_else(|why| panic!("no link: {line}: {why}"));
            assert!(*link.origin() == self.server.origin, "a link to somewhere else: {line}");
            // EXPOSE: it is a made-up person who opens the letter.
            let link = Link { invite: link.invite_id().0, token: *link.token().expose(), issued_by };
            self.known.links.push(link);
        }
    }

    /// Takes from an answer whatever is of use later.
    fn learn(&mut self, sent: &Sent, answer: &Answer, before: &Before) {
        let known = &mut self.known;
        let body: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
        let asked = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        if sent.path().starts_with("/scim/v2/") && answer.status == 201 {
            let id = answer.member("id").as_str().unwrap_or_default().to_owned();
            if sent.path().contains("/Users") { &mut known.users } else { &mut known.groups }.push(Resource { id });
        }
        if sent.path().starts_with("/scim/v2/") {
            self.learn_version(sent, answer);
            self.end_barred();
            return;
        }
        if !answer.is_good() {
            return;
        }
        match (sent.method.as_str(), sent.path()) {
            ("POST", "/v1/invites/claim") => {
                let (account, policy, reset) =
                    (answer.member("account"), answer.member("policy"), answer.member("reset"));
                let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
                known.claims.push(Claim {
                    invite: unb64(asked("invite_id")).expect("an id"),
                    public: unb64(asked("claim_key")).expect("a key"),
                    account: unb64(&text(&account, "account_id")).expect("an id"),
                    min_profile: policy["min_profile"]
                        .as_u64()
                        .and_then(|least| u8::try_from(least).ok())
                        .expect("1 to 4"),
                    secret_key: policy["secret_key"] == "required",
                    key_gen: reset["key_gen"].as_u64().map_or(1, |key_gen| u32::try_from(key_gen).expect("a count")),
                    email: text(&account, "email"),
                });
            }
            ("POST", "/v1/login/start") => known.begun.push(Begun {
                id: answer.bytes("login_id").expect("an id"),
                account: unb64(asked("account_id")).expect("an id"),
                challenge: None,
                at: self.now,
                over: false,
            }),
            ("POST", "/v1/recovery/start") => known.begun.push(Begun {
                id: answer.bytes("challenge_id").expect("an id"),
                account: answer.bytes("account_id").expect("an id"),
                challenge: answer.bytes("challenge"),
                at: self.now,
                over: false,
            }),
            ("POST", "/v1/login/finish" | "/v1/recovery/finish") => self.learn_session(sent, answer),
            ("POST", "/v1/logout") => self.end(|session| Some(&*session.text) == sent.shown()),
            ("DELETE", "/v1/sessions") => {
                let account = self.account_of(sent.shown());
                self.end(|session| Some(session.account) == account && Some(&*session.text) != sent.shown());
            }
            ("DELETE", path) => {
                let id: Option<[u8; 16]> = path.strip_prefix("/v1/sessions/").and_then(unb64);
                self.end(|session| Some(session.id) == id);
            }
            ("POST", path) => self.learn_stored(path, sent, before),
            _ => {}
        }
    }

    /// A resource never goes back to a version that was seen before.
    fn learn_version(&mut self, sent: &Sent, answer: &Answer) {
        let tag = answer.header(&header::ETAG).strip_prefix("W/\"").and_then(|tag| tag.strip_suffix('"'));
        let Some(version) = tag.and_then(|tag| tag.parse::<i64>().ok()) else { return };
        let location = answer.headers.contains_key(header::LOCATION).then(|| answer.header(&header::LOCATION));
        let id = location.unwrap_or(sent.path()).rsplit('/').next().unwrap_or_default().to_lowercase();
        let seen = self.known.versions.entry(id).or_insert(version);
        assert!(*seen <= version, "version {version} after {seen}: {} {}", sent.method, sent.target);
        *seen = version;
    }

    /// A change that was answered with a receipt.
    fn learn_stored(&mut self, path: &str, sent: &Sent, before: &Before) {
        let by = match path {
            "/v1/enrol/complete" => sent.values("firstkey-invite").concat(),
            "/v1/account/password" | "/v1/account/kit" | "/v1/recovery/complete" => {
                sent.shown().unwrap_or_default().as_bytes().to_vec()
            }
            _ => return,
        };
        let body = sha256(&sent.body);
        if let Some(account) = before.changed(self) {
            let holder = self.known.drafts.iter().find(|(draft, _)| *draft == body).map(|(_, holder)| holder.clone());
            self.known.holders.extend(holder);
            let own = sent.shown().unwrap_or_default().to_owned();
            self.end(|session| {
                session.account == account
                    && match path {
                        "/v1/account/password" => session.text != own,
                        "/v1/account/kit" => session.text != own && !session.full,
                        _ => true,
                    }
            });
            self.known.resets.retain(|(reset, _)| *reset != account);
        }
        self.known.stored.push(Stored { by, body });
    }

    fn learn_session(&mut self, sent: &Sent, answer: &Answer) {
        let body: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
        let full = sent.path() == "/v1/login/finish";
        let id = body[if full { "login_id" } else { "challenge_id" }].as_str().and_then(unb64::<16>).expect("an id");
        let begun = self.known.begun.iter_mut().find(|begun| begun.id == id).expect("a session of a conversation");
        begun.over = true;
        let account = begun.account;
        let text = answer.member("session").as_str().unwrap_or_default().to_owned();
        let hash = TokenHash::of(&unb64::<32>(&text).expect("a bearer"));
        let rows = self.server.rows().rows_of("session").expect("rows");
        let row = rows.iter().find(|row| hash.matches(&row.at::<[u8; 32]>(0).expect("session.session_hash")));
        let id = row.expect("a session is kept by its hash").at(3).expect("session.session_id");
        self.known.sessions.push(Session { text, account, full, id, expires_at: self.now + 600, ended: false });
        // Whoever logs in calls a reset off.
        self.known.resets.retain(|(reset, _)| *reset != account);
    }

    fn account_of(&self, bearer: Option<&str>) -> Option<[u8; 16]> {
        self.known.sessions.iter().find(|session| Some(&*session.text) == bearer).map(|session| session.account)
    }

    fn end(&mut self, which: impl Fn(&Session) -> bool) {
        self.known.sessions.iter_mut().filter(|session| which(session)).for_each(|session| session.ended = true);
    }

    /// Sessions of people whom no organisation has active are dead, and stay so.
    pub(super) fn end_barred(&mut self) {
        let barred: Vec<_> =
            self.known.sessions.iter().filter(|session| !session.ended).map(|session| session.account).collect();
        let barred: Vec<_> = barred.into_iter().filter(|account| !self.is_active(account)).collect();
        self.end(|session| barred.contains(&session.account));
    }

    /// The end: what was handed out is nowhere in clear, and the audit log is whole.
    pub(super) fn conclude(&self) {
        let rows = self.server.rows();
        let invites = self.known.links.iter().map(|link| b64(&link.token));
        let texts: Vec<String> = self.known.secrets().map(str::to_owned).chain(invites).collect();
        let raw: Vec<[u8; 32]> = texts.iter().filter_map(|text| unb64(text.trim_start_matches("fksc_"))).collect();
        let all = rows.take().expect("rows");
        let audit = rows.rows_of("audit").expect("rows");
        let audit = audit.iter().flat_map(Row::cells).map(|cell| ("audit", cell));
        for (table, cell) in all.cells().chain(audit) {
            law::is_clean(table, cell, &texts, &raw);
        }
        let logged = self.server.logged();
        let secret = texts
            .iter()
            .chain(CANARIES.map(str::to_owned).iter())
            .find(|text| holds(logged.as_bytes(), text.as_bytes()))
            .cloned();
        assert!(
            secret.is_none_or(|secret| CANARIES.contains(&&*secret) && self.known.tainted != [false; 2]),
            "a name or token is in the log"
        );
        let chain = self.server.in_process.runtime.block_on(self.server.in_process.realm.audit_chain()).expect("a log");
        assert_eq!(chain.broken_at, None, "the audit log is not whole");
    }
}
