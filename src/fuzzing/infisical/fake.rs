//! A server of the reference era in memory, and of later ones, made from the facts alone.
//!
//! Promise: it does what such a server does, side effects and odd errors included; it lies only where [`Lie`] says so; every
//! request is in its log. It uses nothing of the client, so that a mistake there is not repeated here; the tests of the real
//! program include this file as it is. Must never: do I/O.

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U256, U4096};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

const MODULUS: &str = "\
FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74\
020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437\
4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05\
98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB\
9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718\
3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33\
A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7\
ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864\
D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2\
08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A92108011A723C12A787E6D7\
88719A10BDBA5B2699C327186AF4E23C1A946834B6150BDA2583E9CA2AD44CE8\
DBBBC2DB04DE8EF92E8EFC141FBECAA6287C59474E6BC05D99B2964FA090C3A2\
233BA186515BE7ED1F612970CEE2D7AFB81BDD762170481CD0069127D5B05AA9\
93B4EA988D8FDDC186FFB7DC90A6C08F4DF435C934063199FFFFFFFFFFFFFFFF";
const NUMBER: usize = 512;

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

type Form = FixedMontyForm<{ U4096::LIMBS }>;

fn group() -> FixedMontyParams<{ U4096::LIMBS }> {
    FixedMontyParams::new_vartime(Odd::<U4096>::from_be_hex(MODULUS))
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()).collect()
}

fn padded(number: &Form) -> Vec<u8> {
    number.retrieve().to_be_bytes().as_ref().to_vec()
}

fn number(bytes: &[u8]) -> Option<Form> {
    (bytes.len() == NUMBER).then(|| Form::new(&U4096::from_be_slice(bytes), &group()))
}

/// B of this handshake.
fn server_public(verifier: &str, b: &[u8; 32]) -> Option<Vec<u8>> {
    let generator = Form::new(&U4096::from(5_u8), &group());
    let modulus = group().modulus().to_be_bytes().as_ref().to_vec();
    let mut five = vec![0; NUMBER];
    five[NUMBER - 1] = 5;
    let k = Form::new(&U256::from_be_slice(&hash(&[&modulus, &five])).resize(), &group());
    Some(padded(&k.mul(&number(&unhex(verifier)?)?).add(&generator.pow(&U256::from_be_slice(b)))))
}

/// M1 of this handshake.
fn client_proof(a_hex: &str, verifier: &str, b: &[u8; 32]) -> Option<String> {
    let (a, public) = (unhex(a_hex)?, server_public(verifier, b)?);
    let u = U256::from_be_slice(&hash(&[&a, &public]));
    let base = number(&a)?.mul(&number(&unhex(verifier)?)?.pow(&u));
    let key = hash(&[&padded(&base.pow(&U256::from_be_slice(b)))]);
    Some(hex(&hash(&[&a, &public, &key])))
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().enumerate().fold(0_u32, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
        for at in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(bits >> (18 - 6 * at) & 63) as usize]));
        }
    }
    out
}

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
            body: body.unwrap_or_default().to_vec(),
        });
        let known = PATHS.iter().find(|known| **known == path).copied();
        if let Some(known) = known {
            if self.once(Lie::LoseBefore(known)) {
                return Reply::Nothing;
            }
            // Probes are not what is lost.
            let empty = body == Some(b"{}");
            if !empty && self.once(Lie::LimitOnce(known)) {
                return Reply::json(
                    429,
                    &json!({"statusCode": 429, "error": "Too Many Requests", "message": "Rate limit exceeded, retry in 1 minute"}),
                );
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
                Some(Token::Mfa(user)) if text("mfaToken") == "123456" => self.keys_and_token(user, None),
                Some(Token::Mfa(_)) => internal("Invalid token"),
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

    fn verify_invite(&mut self, email: &str, organisation: &str, code: &str) -> Reply {
        let Some(user) = self.users.iter().position(|user| user.username == email) else {
            return error(400, "Verify user to org", "Invalid request");
        };
        let Some(org) = self.orgs.iter().position(|(id, _)| id == organisation) else {
            return error(400, "Verify user to org", "Failed to find invitation");
        };
        let Some(at) = self.memberships.iter().position(|one| one.user == user && one.org == org && !one.accepted)
        else {
            return error(400, "Verify user to org", "Failed to find invitation");
        };
        match &self.memberships[at].code {
            None => return internal("Failed to find token"),
            Some(wanted) if wanted != code => return internal("Invalid token"),
            Some(_) => self.memberships[at].code = None,
        }
        self.users[user].email_verified = true;
        if self.lies(Lie::UpgradeAfterVerify) {
            self.era = Era::G1;
        }
        if self.lies(Lie::Deprovision) {
            self.deprovision(user);
        }
        if self.users[user].accepted {
            self.memberships[at].accepted = true;
            return Reply::json(200, &json!({"message": "Successfully verified email", "user": self.user(user)}));
        }
        let token = self.issue(Token::Signup(user));
        Reply::json(200, &json!({"message": "Successfully verified email", "token": token, "user": self.user(user)}))
    }

    fn complete_signup(&mut self, parsed: &Value) -> Reply {
        let ticket = parsed["providerAuthToken"].as_str().unwrap_or_default();
        if std::mem::take(&mut self.expire_at_upload) {
            self.expire_tokens();
        }
        if self.dead.iter().any(|dead| dead == ticket) {
            return internal("jwt expired");
        }
        let found = self.tokens.iter().find(|(known, _)| known == ticket).map(|(_, token)| token.clone());
        if !self.sign_up {
            return error(400, "BadRequest", "Sign up is disabled");
        }
        let email = parsed["email"].as_str().unwrap_or_default();
        let Some(user) = self.users.iter().position(|user| user.username == email && !user.accepted) else {
            return internal("Failed to complete account for complete user");
        };
        match found {
            Some(Token::Provider { user: of, org }) if of == user => self.complete(user, parsed, Some(org)),
            Some(_) => internal("Invalid auth credentials"),
            None => internal("invalid signature"),
        }
    }

    fn complete(&mut self, user: usize, parsed: &Value, org: Option<usize>) -> Reply {
        if self.users[user].accepted {
            return internal("Failed to complete account for complete user");
        }
        if org.is_none() && !self.memberships.iter().any(|one| one.user == user && !one.accepted) {
            return error(400, "complete account invite", "Failed to find invitation for email");
        }
        let mut keys: Map<_, _> = KEY_NAMES.iter().map(|name| ((*name).to_owned(), parsed[*name].clone())).collect();
        if self.lies(Lie::Race)
            && let Some(rival) = &self.rival
        {
            keys.clone_from(rival);
        }
        self.users[user].keys = Some(keys);
        self.users[user].accepted = true;
        for one in self.memberships.iter_mut().filter(|one| one.user == user) {
            one.accepted = true;
        }
        if self.lies(Lie::Rename) {
            self.users[user].username = format!("renamed-{}", self.users[user].email);
        }
        let session = self.users[user].session;
        let token = self.issue(Token::Access { user, org, session });
        let mut answer = json!({"message": "Successfully set up account", "user": self.user(user), "token": token});
        if let Some(org) = org {
            answer["organizationId"] = json!(self.orgs[org].0);
        }
        Reply::json(200, &answer)
    }

    /// Sets the keys that somebody else completes with, at the same moment.
    pub fn rival(&mut self, keys: Map<String, Value>) {
        self.rival = Some(keys);
    }

    fn verify_email(&mut self, username: &str, code: &str) -> Reply {
        let Some(user) = self.users.iter_mut().find(|user| user.username == username) else {
            return error(400, "Failed to find user", "The request is invalid");
        };
        match &user.email_code {
            None => internal("Failed to find token"),
            Some(wanted) if wanted != code => internal("Invalid token"),
            Some(_) => {
                user.email_code = None;
                user.email_verified = true;
                // Others that merely claim this address would go; the name becomes the address.
                user.username = user.email.clone();
                Reply::json(200, &json!({}))
            }
        }
    }

    fn may_log_in(&self, email: &str, ticket: Option<&str>) -> Result<usize, Reply> {
        let user = self.users.iter().position(|user| user.username == email && user.accepted);
        let Some(user) = user else { return Err(internal("Failed to find user")) };
        match ticket {
            None if self.users[user].logs_in_by_email => Ok(user),
            None => Err(unauthorised()),
            Some(ticket) if self.dead.iter().any(|dead| dead == ticket) => Err(internal("jwt expired")),
            Some(ticket) => match self.tokens.iter().find(|(known, _)| known == ticket) {
                Some((_, Token::Provider { user: of, .. })) if *of == user => Ok(user),
                _ => Err(internal("Invalid auth credentials")),
            },
        }
    }

    fn key(&self, user: usize, name: &str) -> String {
        self.users[user].keys.as_ref().and_then(|keys| keys[name].as_str()).unwrap_or_default().to_owned()
    }

    fn login1(&mut self, email: &str, client: &str, ticket: Option<&str>) -> Reply {
        match self.may_log_in(email, ticket) {
            Ok(user) => self.handshake(user, client),
            Err(refusal) => refusal,
        }
    }

    fn handshake(&mut self, user: usize, client: &str) -> Reply {
        self.counter += 1;
        let b = hash(&[b"b", &self.counter.to_be_bytes()]);
        let Some(mut public) = server_public(&self.key(user, "verifier"), &b) else {
            return internal("Something went wrong");
        };
        self.users[user].pending = Some((client.to_owned(), b));
        let mut salt = self.key(user, "salt");
        if self.lies(Lie::OtherSalt) {
            salt = "00".repeat(32);
        }
        if self.lies(Lie::ZeroB) {
            public.fill(0);
        }
        if self.lies(Lie::ModulusB) {
            public = group().modulus().to_be_bytes().as_ref().to_vec();
        }
        let mut public = hex(&public);
        if self.lies(Lie::ShortB) {
            public.pop();
        }
        let disturbed =
            self.lies.iter().find_map(|lie| if let Lie::Disturbed(times) = lie { Some(*times) } else { None });
        if let Some(times) = disturbed {
            self.lies.retain(|lie| !matches!(lie, Lie::Disturbed(_)));
            if times > 0 {
                self.users[user].pending = Some(("00".repeat(NUMBER), [7; 32]));
                self.lies.push(Lie::Disturbed(times - 1));
            }
        }
        Reply::json(200, &json!({"serverPublicKey": public, "salt": salt}))
    }

    fn proves(&self, user: usize, proof: &str) -> bool {
        let verifier = self.key(user, "verifier");
        let pending = self.users[user].pending.as_ref();
        pending.is_some_and(|(client, b)| client_proof(client, &verifier, b).as_deref() == Some(proof))
    }

    fn login2(&mut self, email: &str, proof: &str, ticket: Option<&str>) -> Reply {
        let user = match self.may_log_in(email, ticket) {
            Ok(user) => user,
            Err(refusal) => return refusal,
        };
        if !self.proves(user, proof) {
            return internal("Failed to authenticate. Try again?");
        }
        self.users[user].pending = None;
        if self.users[user].mfa {
            let token = self.issue(Token::Mfa(user));
            return Reply::json(200, &json!({"mfaEnabled": true, "token": token}));
        }
        self.keys_and_token(user, ticket.map(|_| 0))
    }

    fn keys_and_token(&mut self, user: usize, org: Option<usize>) -> Reply {
        let session = self.users[user].session;
        let token = self.issue(Token::Access { user, org, session });
        let mut answer = self.vault(user, self.lies(Lie::SwapPublicKey) || self.lies(Lie::SwapPublicKeyAtLogin));
        answer["mfaEnabled"] = json!(false);
        answer["token"] = json!(token);
        Reply::json(200, &answer)
    }

    fn vault(&self, user: usize, swapped: bool) -> Value {
        let key = |name: &str| json!(self.key(user, name));
        let mut vault = json!({
            "encryptionVersion": 2, "protectedKey": key("protectedKey"), "protectedKeyIV": key("protectedKeyIV"),
            "protectedKeyTag": key("protectedKeyTag"), "publicKey": key("publicKey"),
            "encryptedPrivateKey": key("encryptedPrivateKey"), "iv": key("encryptedPrivateKeyIV"), "tag": key("encryptedPrivateKeyTag"),
        });
        if swapped {
            vault["publicKey"] = json!("0Ozlcb20psYUbW7OHY180RTMNELOf1eVp/jJzzMCni8=");
        }
        if self.lies(Lie::VersionOne) {
            vault["encryptionVersion"] = json!(1);
        }
        if self.lies(Lie::NullProtectedKey) {
            vault["protectedKey"] = Value::Null;
        }
        if self.lies(Lie::ShortIv) {
            vault["iv"] = json!("AAAAAAAAAAA=");
        }
        vault
    }

    fn user(&self, user: usize) -> Value {
        let found = &self.users[user];
        let name = if self.lies(Lie::Escapes) { "\u{1b}[2J\u{202e}Sam" } else { "Sam" };
        json!({
            "id": format!("user-{user}"), "email": found.email, "authMethods": if found.logs_in_by_email { json!(["email"]) } else { json!([]) },
            "superAdmin": false, "firstName": name, "lastName": null, "isAccepted": found.accepted, "isMfaEnabled": found.mfa,
            "mfaMethods": null, "devices": null, "isGhost": false, "username": found.username, "isEmailVerified": found.email_verified,
        })
    }

    fn in_session(&mut self, method: &str, path: &str, user: usize, org: Option<usize>, parsed: &Value) -> Reply {
        let text = |name: &str| parsed[name].as_str().unwrap_or_default().to_owned();
        let no_org = || {
            error(
                403,
                &format!("{path} Unauthorized Access, no organization found in request"),
                "You are not allowed to access this resource",
            )
        };
        match (method, path) {
            ("GET", "/api/v1/user") => {
                let mut account = self.user(user);
                let vault = self.vault(user, self.lies(Lie::SwapPublicKey));
                for (name, value) in vault.as_object().into_iter().flatten() {
                    account[name.as_str()] = value.clone();
                }
                account["salt"] = json!(self.key(user, "salt"));
                account["clientPublicKey"] = Value::Null;
                account["serverPrivateKey"] = Value::Null;
                if self.lies(Lie::OtherCiphertext) {
                    account["tag"] = json!("AAAAAAAAAAAAAAAAAAAAAA==");
                }
                if self.lies(Lie::ShowsVerifier) {
                    account["verifier"] = json!(self.key(user, "verifier"));
                }
                Reply::json(200, &json!({"user": account}))
            }
            ("GET", "/api/v1/organization") => {
                let escapes = self.lies(Lie::Escapes);
                let name =
                    |name: &str| if escapes { format!("\u{1b}]0;x\u{7}{name}\u{202e}") } else { name.to_owned() };
                let mine = self.memberships.iter().filter(|one| one.user == user);
                let list: Vec<_> = mine.map(|one| json!({"id": self.orgs[one.org].0, "name": name(&self.orgs[one.org].1), "slug": "x", "customerId": null, "authEnforced": false, "scimEnabled": true})).collect();
                Reply::json(200, &json!({"organizations": list}))
            }
            ("POST", "/api/v3/auth/select-organization") => {
                let wanted = text("organizationId");
                let found = self.memberships.iter().find(|one| one.user == user && self.orgs[one.org].0 == wanted);
                let Some(org) = found.map(|one| one.org) else {
                    return error(403, "UnauthorizedError", "User does not have access to the organization");
                };
                self.users[user].session += 1;
                let session = self.users[user].session;
                let token = self.issue(Token::Access { user, org: Some(org), session });
                Reply::json(200, &json!({"token": token}))
            }
            ("POST", "/api/v1/auth/logout") => {
                self.users[user].session += 1;
                Reply::json(200, &json!({"message": "Successfully logged out."}))
            }
            _ if org.is_none() => no_org(),
            ("POST", "/api/v1/password/srp1") => self.handshake(user, &text("clientPublicKey")),
            ("POST", "/api/v1/password/backup-private-key") => {
                if !self.proves(user, &text("clientProof")) {
                    return internal("failed to create backup key");
                }
                if self.lies(Lie::NoKit) {
                    return error(500, "Insert backup key", "Something went wrong");
                }
                self.users[user].kit = Some(
                    json!({"id": "kit", "encryptedPrivateKey": text("encryptedPrivateKey"), "iv": text("iv"), "tag": text("tag"), "salt": text("salt"), "algorithm": "aes-256-gcm", "keyEncoding": "utf8"}),
                );
                self.fetch_kit(user)
            }
            ("POST", "/api/v1/password/change-password") => {
                let proven = self.proves(user, &text("clientProof"));
                self.users[user].pending = None;
                if !proven {
                    return internal("Failed to authenticate. Try again?");
                }
                self.new_lock(user, parsed);
                let body = json!({"message": "Successfully changed password"});
                Reply::json(200, &body)
            }
            ("DELETE", "/api/v2/users/me/sessions") => {
                self.users[user].session += 1;
                self.sessions_ended += 1;
                Reply::json(200, &json!({"message": "Successfully revoked all sessions."}))
            }
            _ => error(404, "Not Found", &format!("Route {method}:{path} not found")),
        }
    }

    fn new_lock(&mut self, user: usize, parsed: &Value) {
        if let Some(keys) = &mut self.users[user].keys {
            for name in KEY_NAMES.iter().filter(|name| **name != "publicKey") {
                keys.insert((*name).to_owned(), parsed[*name].clone());
            }
        }
    }

    fn fetch_kit(&self, user: usize) -> Reply {
        match &self.users[user].kit {
            None => internal("Failed to find user backup key"),
            Some(kit) => {
                let mut kit = kit.clone();
                if self.lies(Lie::OtherKit) {
                    kit["tag"] = json!("AAAAAAAAAAAAAAAAAAAAAA==");
                }
                Reply::json(
                    200,
                    &json!({"message": "Successfully updated backup private key", "backupPrivateKey": kit}),
                )
            }
        }
    }

    fn verify_reset(&mut self, email: &str, code: &str) -> Reply {
        let Some(user) = self.users.iter().position(|user| user.username == email && user.accepted) else {
            return internal("Failed email verification for pass reset");
        };
        match &self.users[user].reset_code {
            None => internal("Failed to find token"),
            Some(wanted) if wanted != code => internal("Invalid token"),
            Some(_) => {
                self.users[user].reset_code = None;
                let token = self.issue(Token::Signup(user));
                Reply::json(
                    200,
                    &json!({"message": "Successfully verified email", "user": self.user(user), "token": token}),
                )
            }
        }
    }
}

/// The paths that can be lost or limited.
pub const PATHS: [&str; 13] = [
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
];

fn user_of(token: &Token) -> usize {
    match token {
        Token::Signup(user) | Token::Mfa(user) | Token::Access { user, .. } | Token::Provider { user, .. } => *user,
    }
}
