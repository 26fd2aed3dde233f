//! A server of the reference era in memory, and of later ones, made from the facts alone.
//!
//! Promise: it does what such a server does, side effects and odd errors included; it lies only
//! where [`Lie`] says so; every request is in its log. It uses nothing of the client, so that a
//! mistake there is not repeated here. Must never: do I/O.

mod join;
mod login;
mod numbers;
mod session;

use numbers::{base64url, hash, hex};
use serde_json::{Map, Value, json};

/// Which generation it is of, or what stands in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// The reference era.
    G0,
    /// Wants the password; refuses with 403.
    G1,
    /// The same with 401.
    G2,
    /// Has no such route any more.
    G3,
    /// The same behind a web front end.
    G3Html,
    /// A web page for everything.
    Html,
    /// A limiter that is full.
    Limited,
    /// Leads elsewhere.
    Redirect,
    /// Under maintenance.
    Maintenance,
    /// A gateway without a server behind it.
    Gateway,
}

/// What it does that it should not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Another public key at log-in and read-back.
    SwapPublicKey,
    /// Another public key at log-in alone.
    SwapPublicKeyAtLogin,
    /// Another ciphertext at the read-back.
    OtherCiphertext,
    /// Another salt at log-in.
    OtherSalt,
    /// B = 0.
    ZeroB,
    /// B = N.
    ModulusB,
    /// B with a digit less.
    ShortB,
    /// Encryption version 1.
    VersionOne,
    /// No protected key.
    NullProtectedKey,
    /// IVs of 8 bytes.
    ShortIv,
    /// The verifier in the read-back.
    ShowsVerifier,
    /// Another kit than was stored.
    OtherKit,
    /// No kit is stored.
    NoKit,
    /// Somebody else begins a log-in between the two halves, so many times.
    Disturbed(u32),
    /// Escapes in every text.
    Escapes,
    /// A second completion with other keys right after ours.
    Race,
    /// The membership goes between verification and completion.
    Deprovision,
    /// The user is renamed after completion.
    Rename,
    /// Becomes G1 once the code was used up.
    UpgradeAfterVerify,
    /// Becomes G1 after the first probe.
    UpgradeAfterProbe,
    /// Becomes G1 between the last probe and the upload.
    UpgradeAtUpload,
    /// With the first request to this path the ticket before the newest ends.
    TicketEndsAt(&'static str),
    /// The answer to the first request to this path is lost after it was performed.
    LoseAfter(&'static str),
    /// The first request to this path is lost before it arrives.
    LoseBefore(&'static str),
    /// A web page in place of the answer to the first request to this path, after it was performed.
    PageAfter(&'static str),
    /// The limiter refuses the first request to this path.
    LimitOnce(&'static str),
}

/// What came of a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// An answer.
    Answer {
        /// HTTP status.
        status: u16,
        /// Content type.
        content_type: &'static str,
        /// Further headers.
        headers: Vec<(&'static str, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// The connection breaks.
    Nothing,
}

/// An account.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as the facts name them")]
pub struct User {
    pub username: String,
    pub email: String,
    pub accepted: bool,
    pub email_verified: bool,
    pub logs_in_by_email: bool,
    pub keys: Option<Map<String, Value>>,
    pub kit: Option<Value>,
    pub mfa: bool,
    pub email_code: Option<String>,
    pub email_tries: u32,
    pub mfa_tries: u32,
    pub reset_code: Option<String>,
    pending: Option<(String, [u8; 32])>,
    session: u64,
}

/// A membership.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as the facts name them")]
pub struct Membership {
    pub user: usize,
    pub org: usize,
    pub accepted: bool,
    pub code: Option<String>,
}

/// What a token is good for.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Signup(usize),
    Access { user: usize, org: Option<usize>, session: u64 },
    Mfa(usize),
    Provider { user: usize, org: usize },
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Logged {
    /// Method.
    pub method: String,
    /// Path.
    pub path: String,
    /// The token in its header.
    pub bearer: Option<String>,
    /// Body.
    pub body: Vec<u8>,
}

/// The server.
#[derive(Clone, Debug)]
pub struct Fake {
    /// Which generation.
    pub era: Era,
    /// What it does wrong.
    pub lies: Vec<Lie>,
    /// Accounts.
    pub users: Vec<User>,
    /// Organisations: id and name.
    pub orgs: Vec<(String, String)>,
    /// Memberships.
    pub memberships: Vec<Membership>,
    /// What was asked of it.
    pub log: Vec<Logged>,
    /// Whether new accounts may be made.
    pub sign_up: bool,
    /// How many sessions were ended by request.
    pub sessions_ended: u32,
    /// How many requests of one address a route takes in a minute, if it counts them.
    pub limit: Option<u32>,
    /// How often each route was asked in this minute.
    pub counts: Vec<(String, u32)>,
    /// Seconds that have passed.
    pub clock: u64,
    /// Answers with this in place of the n-th request, which is not performed.
    pub refuse_nth: Option<(usize, u16)>,
    tokens: Vec<(String, Token)>,
    dead: Vec<String>,
    counter: u64,
    done: Vec<Lie>,
    expire_at_upload: bool,
    /// Set while somebody else completes.
    rival: Option<Map<String, Value>>,
}

/// The first organisation's id.
pub const ORG: &str = "dfbb88f4-e59c-49fb-aeb7-7907d8b6844c";
/// A second one's.
pub const OTHER_ORG: &str = "0a1b2c3d-e59c-49fb-aeb7-7907d8b6844c";
/// The code of the first invite.
pub const CODE: &str = "e15039fa50d4adcc31d95f9852e24f07";
/// The seconds that tickets end at.
pub const TICKETS_END: u64 = 4_000_000_000;
const KEY_NAMES: [&str; 9] = [
    "protectedKey",
    "protectedKeyIV",
    "protectedKeyTag",
    "publicKey",
    "encryptedPrivateKey",
    "encryptedPrivateKeyIV",
    "encryptedPrivateKeyTag",
    "salt",
    "verifier",
];

impl Reply {
    fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("set-cookie", "jid=c2VydmVyLXNlY3JldA; HttpOnly; Path=/; SameSite=Strict".to_owned())];
        Self::Answer {
            status,
            content_type: "application/json; charset=utf-8",
            headers,
            body: body.to_string().into_bytes(),
        }
    }

    fn page(status: u16) -> Self {
        Self::Answer {
            status,
            content_type: "text/html; charset=utf-8",
            headers: Vec::new(),
            body: b"<!doctype html><p>hello".to_vec(),
        }
    }
}

/// What the limiter says: how many seconds until the minute is over.
fn limited(seconds: u64) -> Reply {
    let body =
        json!({"statusCode": 429, "error": "Too Many Requests", "message": "Rate limit exceeded, retry in 1 minute"});
    match Reply::json(429, &body) {
        Reply::Answer { status, content_type, mut headers, body } => {
            headers.push(("retry-after", seconds.to_string()));
            Reply::Answer { status, content_type, headers, body }
        }
        Reply::Nothing => Reply::Nothing,
    }
}

fn error(status: u16, error: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"statusCode": status, "message": message, "error": error}))
}

fn internal(message: &str) -> Reply {
    error(500, "Internal Server Error", message)
}

fn unauthorised() -> Reply {
    error(403, "UnauthorizedError", "You are not allowed to access this resource")
}

fn validation(status: u16, names: &[&str]) -> Reply {
    let issue = |name: &&str| json!({"code": "invalid_type", "expected": "string", "received": "undefined", "path": [name], "message": "Required"});
    let issues: Vec<_> = names.iter().map(issue).collect();
    Reply::json(status, &json!({"statusCode": status, "error": "ValidationFailure", "message": issues}))
}

impl Fake {
    /// An empty one with two organisations.
    pub fn new(era: Era) -> Self {
        Self {
            era,
            lies: Vec::new(),
            users: Vec::new(),
            orgs: vec![(ORG.to_owned(), "Acme".to_owned()), (OTHER_ORG.to_owned(), "Other Corp".to_owned())],
            memberships: Vec::new(),
            log: Vec::new(),
            sign_up: true,
            sessions_ended: 0,
            limit: None,
            counts: Vec::new(),
            clock: 0,
            refuse_nth: None,
            tokens: Vec::new(),
            dead: Vec::new(),
            counter: 0,
            done: Vec::new(),
            expire_at_upload: false,
            rival: None,
        }
    }

    /// Invites an address to the first organisation; the link's path and query.
    pub fn invite(&mut self, email: &str) -> String {
        let user = self.person(email, email, true, false);
        self.memberships.push(Membership { user, org: 0, accepted: false, code: Some(CODE.to_owned()) });
        format!("/signupinvite?token={CODE}&to={email}&organization_id={ORG}")
    }

    /// Provisions somebody by SCIM: the user name is a slug, the address is not proven.
    pub fn provision(&mut self, slug: &str, email: &str) -> usize {
        let user = self.person(slug, email, false, false);
        self.memberships.push(Membership { user, org: 0, accepted: false, code: None });
        user
    }

    fn person(&mut self, username: &str, email: &str, logs_in_by_email: bool, email_verified: bool) -> usize {
        self.users.push(User {
            username: username.to_owned(),
            email: email.to_owned(),
            accepted: false,
            email_verified,
            logs_in_by_email,
            keys: None,
            kit: None,
            mfa: false,
            email_code: None,
            email_tries: 0,
            mfa_tries: 0,
            reset_code: None,
            pending: None,
            session: 1,
        });
        self.users.len() - 1
    }

    /// Signs somebody in at their company; the path and query that they come back to.
    pub fn sign_in(&mut self, user: usize, end: u64) -> String {
        let found = &mut self.users[user];
        if !found.email_verified {
            found.email_code = Some("684915".to_owned());
            found.email_tries = 0;
        }
        let (id, name) = self.orgs[0].clone();
        let claims = json!({
            "authTokenType": "providerToken", "userId": format!("user-{user}"), "username": found.username, "email": found.email,
            "isEmailVerified": found.email_verified, "firstName": "Sam", "lastName": "Scimmer", "organizationName": name,
            "organizationId": id, "organizationSlug": "acme-xt-fj", "authMethod": "okta-saml", "authType": "saml",
            "isUserCompleted": found.accepted, "callbackPort": "", "iat": end - 900, "exp": end,
        });
        let page = if found.accepted { "login" } else { "signup" };
        self.counter += 1;
        let signature = base64url(&hash(&[&self.counter.to_be_bytes()]));
        let token = format!("{}.{}.{signature}", base64url(b"{}"), base64url(claims.to_string().as_bytes()));
        self.tokens.push((token.clone(), Token::Provider { user, org: 0 }));
        format!("/{page}/sso?token={token}")
    }

    /// Takes somebody out of the first organisation.
    pub fn deprovision(&mut self, user: usize) {
        self.memberships.retain(|one| one.user != user || one.org != 0);
    }

    /// Whatever was issued is too old from now on.
    pub fn expire_tokens(&mut self) {
        self.dead.extend(self.tokens.iter().map(|(text, _)| text.clone()));
    }

    /// The ticket of the next upload is found to be too old.
    pub fn tokens_expire_at_upload(&mut self) {
        self.expire_at_upload = true;
    }

    /// `METHOD path` of every request.
    pub fn paths(&self) -> Vec<String> {
        self.log.iter().map(|one| format!("{} {}", one.method, one.path)).collect()
    }

    /// The bodies of the requests to `path`.
    pub fn bodies(&self, path: &str) -> Vec<Value> {
        self.log
            .iter()
            .filter(|one| one.path == path)
            .filter_map(|one| serde_json::from_slice(&one.body).ok())
            .collect()
    }

    fn lies(&self, lie: Lie) -> bool {
        self.lies.contains(&lie)
    }

    /// Whether the lie is told, and told for the first time.
    fn once(&mut self, lie: Lie) -> bool {
        let told = self.lies(lie) && !self.done.contains(&lie);
        if told {
            self.done.push(lie);
        }
        told
    }

    fn issue(&mut self, token: Token) -> String {
        self.counter += 1;
        let text = format!("eyJ.{}.{}", self.counter, hex(&hash(&[&self.counter.to_be_bytes()])));
        self.tokens.push((text.clone(), token));
        text
    }

    /// Takes a request, gives what comes of it.
    pub fn handle(
        &mut self,
        method: &str,
        path: &str,
        bearer: Option<&str>,
        user_agent: bool,
        body: Option<&[u8]>,
    ) -> Reply {
        self.log.push(Logged {
            method: method.to_owned(),
            path: path.to_owned(),
            bearer: bearer.map(str::to_owned),
            body: body.unwrap_or_default().to_vec(),
        });
        if let Some((nth, status)) = self.refuse_nth
            && nth == self.log.len()
        {
            return match status {
                429 => limited(59),
                502 | 503 => Reply::page(status),
                status => error(status, "Internal Server Error", "Something went wrong"),
            };
        }
        if let Some(most) = self.limit {
            let route = format!("{method} {path}");
            let at = self.counts.iter().position(|(known, _)| *known == route).unwrap_or_else(|| {
                self.counts.push((route, 0));
                self.counts.len() - 1
            });
            if self.counts[at].1 >= most {
                return limited(60 - self.clock % 60);
            }
            self.counts[at].1 += 1;
        }
        let known = PATHS.iter().find(|known| **known == path).copied();
        if let Some(known) = known {
            if self.once(Lie::LoseBefore(known)) {
                return Reply::Nothing;
            }
            // Probes are not what is lost.
            let empty = body == Some(b"{}");
            if !empty && self.once(Lie::LimitOnce(known)) {
                return limited(59);
            }
            if self.once(Lie::TicketEndsAt(known)) {
                let is_ticket = |token: &Token| matches!(token, Token::Provider { .. });
                let good = |text: &String| !self.dead.contains(text);
                let before = self.tokens.iter().rev().filter(|(text, token)| is_ticket(token) && good(text)).nth(1);
                self.dead.extend(before.map(|(text, _)| text.clone()));
            }
            let reply = self.route(method, path, bearer, user_agent, body);
            if !empty && self.once(Lie::LoseAfter(known)) {
                return Reply::Nothing;
            }
            if !empty && self.once(Lie::PageAfter(known)) {
                return Reply::page(200);
            }
            return reply;
        }
        self.route(method, path, bearer, user_agent, body)
    }

    fn route(
        &mut self,
        method: &str,
        path: &str,
        bearer: Option<&str>,
        user_agent: bool,
        body: Option<&[u8]>,
    ) -> Reply {
        match self.era {
            Era::G0 | Era::G1 | Era::G2 => {}
            Era::Html => return Reply::page(200),
            Era::Limited => {
                return Reply::json(
                    429,
                    &json!({"statusCode": 429, "error": "Too Many Requests", "message": "Rate limit exceeded, retry in 1 minute"}),
                );
            }
            Era::Gateway => return Reply::page(502),
            Era::Redirect => {
                let headers = vec![("location", "https://evil.example/api".to_owned())];
                return Reply::Answer { status: 307, content_type: "text/plain", headers, body: Vec::new() };
            }
            Era::Maintenance => {
                if method != "GET" {
                    return internal("Infisical is in maintenance mode. Please try again later.");
                }
            }
            Era::G3 => return error(404, "Not Found", &format!("Route {method}:{path} not found")),
            Era::G3Html => return Reply::page(404),
        }
        let token = match bearer {
            None => None,
            Some(text) if self.dead.iter().any(|dead| dead == text) => return internal("jwt expired"),
            Some(text) => match self.tokens.iter().find(|(known, _)| known == text) {
                Some((_, token)) => Some(token.clone()),
                None => return internal("invalid signature"),
            },
        };
        let parsed: Value = match body {
            None => Value::Null,
            Some(b"") => {
                return error(
                    400,
                    "Bad Request",
                    "Body cannot be empty when content-type is set to 'application/json'",
                );
            }
            Some(body) => match serde_json::from_slice(body) {
                Ok(parsed) => parsed,
                Err(_) => return error(400, "Bad Request", "Unexpected token"),
            },
        };
        let needs_agent = path.contains("complete-account")
            || path.ends_with("login2")
            || path.ends_with("select-organization")
            || path.ends_with("mfa/verify");
        let signup = path.ends_with("complete-account/signup");
        if path.contains("complete-account") {
            if body != Some(b"{}") && self.once(Lie::UpgradeAtUpload) {
                self.era = Era::G1;
            }
            let mut wanted = vec!["email", "firstName"];
            if self.era != Era::G0 {
                wanted.insert(1, "password");
            }
            wanted.extend(KEY_NAMES);
            if signup {
                wanted.push("organizationName");
            }
            let missing: Vec<_> = wanted.into_iter().filter(|name| !parsed[*name].is_string()).collect();
            if self.once(Lie::UpgradeAfterProbe) {
                self.era = Era::G1;
                return validation(403, &missing);
            }
            if !missing.is_empty() {
                return validation(if self.era == Era::G2 { 401 } else { 403 }, &missing);
            }
        }
        if needs_agent && !user_agent {
            return internal("user agent header is required");
        }
        let text = |name: &str| parsed[name].as_str().unwrap_or_default().trim().to_owned();
        match (method, path) {
            ("POST", "/api/v1/invite-org/verify") => {
                self.verify_invite(&text("email"), &text("organizationId"), &text("code"))
            }
            ("POST", "/api/v3/signup/complete-account/invite") => match token {
                None => error(400, "BadRequest", "Missing Authorization Header in the request header."),
                Some(Token::Signup(user)) if self.users[user].username == text("email") => {
                    self.complete(user, &parsed, None)
                }
                Some(_) => unauthorised(),
            },
            ("POST", "/api/v3/signup/complete-account/signup") => self.complete_signup(&parsed),
            ("POST", "/api/v2/users/me/emails/verify") => self.verify_email(&text("username"), &text("code")),
            ("POST", "/api/v3/auth/login1") => {
                self.login1(&text("email"), &text("clientPublicKey"), parsed["providerAuthToken"].as_str())
            }
            ("POST", "/api/v3/auth/login2") => {
                self.login2(&text("email"), &text("clientProof"), parsed["providerAuthToken"].as_str())
            }
            ("POST", "/api/v2/auth/mfa/verify") => match token {
                Some(Token::Mfa(user)) if self.users[user].mfa_tries >= 3 => internal("Failed to find token"),
                Some(Token::Mfa(user)) if text("mfaToken") == "123456" => self.keys_and_token(user, None),
                Some(Token::Mfa(user)) => {
                    self.users[user].mfa_tries += 1;
                    internal("Invalid token")
                }
                _ => internal("Unauthorized access"),
            },
            ("POST", "/api/v1/password/email/password-reset") => {
                if let Some(user) = self.users.iter_mut().find(|user| user.accepted && user.username == text("email")) {
                    user.reset_code = Some("00112233445566778899aabbccddeeff".to_owned());
                }
                Reply::json(
                    200,
                    &json!({"message": "If an account exists with this email, a password reset link has been sent"}),
                )
            }
            ("POST", "/api/v1/password/email/password-reset-verify") => {
                self.verify_reset(&text("email"), &text("code"))
            }
            ("GET", "/api/v1/password/backup-private-key") => match token.map(|token| user_of(&token)) {
                None => error(400, "BadRequest", "Missing Authorization Header in the request header."),
                Some(user) => self.fetch_kit(user),
            },
            ("POST", "/api/v1/password/password-reset") => match token.map(|token| user_of(&token)) {
                None => error(400, "BadRequest", "Missing Authorization Header in the request header."),
                Some(user) => {
                    self.new_lock(user, &parsed);
                    Reply::json(200, &json!({"message": "Successfully reset password"}))
                }
            },
            _ => match token {
                Some(Token::Access { session, user, .. }) if session != self.users[user].session => {
                    error(403, "Stale session", "You are not allowed to access this resource")
                }
                Some(Token::Access { user, org, .. }) => self.in_session(method, path, user, org, &parsed),
                Some(_) => unauthorised(),
                None if path.starts_with("/api/v1/password")
                    || path.starts_with("/api/v1/user")
                    || path.starts_with("/api/v1/organization") =>
                {
                    error(403, "UnauthorizedError", "Token missing")
                }
                None => error(404, "Not Found", &format!("Route {method}:{path} not found")),
            },
        }
    }

    /// Lets time pass: with each minute the limiter counts anew.
    pub fn pass(&mut self, seconds: u64) {
        let before = self.clock / 60;
        self.clock += seconds;
        if self.clock / 60 != before {
            self.counts.clear();
        }
    }

    /// Sets the keys that somebody else completes with, at the same moment.
    pub fn rival(&mut self, keys: Map<String, Value>) {
        self.rival = Some(keys);
    }
}

/// The paths that can be lost or limited.
pub const PATHS: [&str; 18] = [
    "/api/v1/invite-org/verify",
    "/api/v3/signup/complete-account/invite",
    "/api/v3/signup/complete-account/signup",
    "/api/v2/users/me/emails/verify",
    "/api/v3/auth/login1",
    "/api/v3/auth/login2",
    "/api/v1/organization",
    "/api/v3/auth/select-organization",
    "/api/v1/user",
    "/api/v1/password/backup-private-key",
    "/api/v1/password/change-password",
    "/api/v1/password/password-reset",
    "/api/v1/password/email/password-reset-verify",
    "/api/v1/password/email/password-reset",
    "/api/v1/password/srp1",
    "/api/v1/auth/logout",
    "/api/v2/auth/mfa/verify",
    "/api/v2/users/me/sessions",
];

fn user_of(token: &Token) -> usize {
    match token {
        Token::Signup(user) | Token::Mfa(user) | Token::Access { user, .. } | Token::Provider { user, .. } => *user,
    }
}
