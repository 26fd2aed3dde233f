//! Strict parsers for each reply. What comes out is typed and still untrusted; `flow` decides.
//!
//! Promise: limits and types are checked, unknown members are refused, server text becomes
//! [`Printable`] at once. Must never: apply a policy.

use super::asked::Asked;
use super::bundle::{Bundle, read_statement};
pub use super::fields::Fields;
use super::json::{self, Value};
use super::refusal::Refusal;
use super::text::{Printable, is_visible};
use crate::crypto::context::{AccountContext, AccountId, ChallengeId, KeyGen, LoginId, OrgId, RealmId};
use crate::crypto::kdf::{KdfBlock, KdfParams, KdfRefused};
use crate::crypto::opaque;
use crate::crypto::realm_key::{self, AnswerSignature, RealmKey};
use crate::secret::SessionToken;
use zeroize::Zeroizing;

/// An answer as the transport saw it.
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// Seconds of a `Retry-After` header.
    pub retry_after: Option<u32>,
    /// The header `Firstkey-Signed`, as it came.
    pub signed: Option<String>,
    /// Whether the body is one that this program reads.
    pub framing: Framing,
    /// The body, at most 64 KiB; empty unless the framing is plain.
    pub body: Zeroizing<Vec<u8>>,
}

/// What the transport found about a body before reading it as anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// As it should be.
    Plain,
    /// A `Content-Encoding`; nothing here is ever compressed.
    Encoded,
    /// Over [`json::MAX_BODY`]; reading stopped there.
    TooLarge,
}

/// A problem that the protocol names (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which one.
    pub name: ProblemName,
    /// Whom to ask.
    pub contact: Option<Printable>,
    /// Since when, in seconds since 1970.
    pub at: Option<u64>,
    /// Seconds to wait, where the server said so.
    pub retry_after: Option<u32>,
}

/// The problems a client tells apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemName {
    /// No such invite, or not this token.
    InviteUnknown,
    /// Too late.
    InviteExpired,
    /// The account is complete.
    InviteUsed,
    /// Revoked, or replaced by a newer one.
    InviteWithdrawn,
    /// The organisation has deactivated the person.
    Suspended,
    /// The organisation has removed the person.
    Removed,
    /// A later claim took over.
    ClaimStale,
    /// The same idempotency key with another body.
    Conflict,
    /// The account's locks were changed from elsewhere since this change was begun.
    ChangedMeanwhile,
    /// The session is over.
    SessionEnded,
    /// The server finds the contents wrong.
    Invalid,
    /// Wrong proof of a password.
    LoginFailed,
    /// Wrong proof of a recovery code.
    RecoveryFailed,
    /// Nobody whose keys the asker may see has that address.
    PersonUnknown,
    /// Throttled.
    TooMany,
    /// The server cannot answer now.
    Unavailable,
    /// Any other.
    Other(Printable),
}

impl ProblemName {
    /// Whether it says that an invite has ended for good. A server says these of an invite to
    /// nobody but those who show its token or a signature that holds; `InviteUnknown` speaks of
    /// what was shown, and a suspension ends.
    pub fn ends_the_invite(&self) -> bool {
        matches!(self, Self::InviteExpired | Self::InviteUsed | Self::InviteWithdrawn | Self::Removed)
    }

    fn read(name: &str) -> Self {
        match name {
            "invite-unknown" => Self::InviteUnknown,
            "invite-expired" => Self::InviteExpired,
            "invite-used" => Self::InviteUsed,
            "invite-withdrawn" => Self::InviteWithdrawn,
            "suspended" => Self::Suspended,
            "removed" => Self::Removed,
            "claim-stale" => Self::ClaimStale,
            "conflict" => Self::Conflict,
            "changed-meanwhile" => Self::ChangedMeanwhile,
            "session-ended" => Self::SessionEnded,
            "invalid" => Self::Invalid,
            "login-failed" => Self::LoginFailed,
            "recovery-failed" => Self::RecoveryFailed,
            "person-unknown" => Self::PersonUnknown,
            "too-many" => Self::TooMany,
            "unavailable" | "internal" => Self::Unavailable,
            other => Self::Other(Printable::from_untrusted(other)),
        }
    }
}

/// An answer, or the problem instead of it.
pub type Heard<T> = Result<T, Problem>;

impl Response {
    /// Reads a success with `parse`, or a problem.
    pub fn read<T>(&self, parse: impl FnOnce(Fields) -> Result<T, Refusal>) -> Result<Heard<T>, Refusal> {
        let content_type = self.content_type.as_deref().unwrap_or("");
        let (essence, parameter) = content_type.split_once(';').unwrap_or((content_type, "charset=utf-8"));
        let utf8 = parameter.trim().eq_ignore_ascii_case("charset=utf-8");
        match (self.framing, self.status) {
            (_, 300..=399) => return Err(Refusal::Redirect),
            (Framing::Encoded, _) => return Err(Refusal::Encoded),
            (Framing::TooLarge, _) => return Err(Refusal::TooLarge),
            (Framing::Plain, _) => {}
        }
        match (self.status, essence.trim()) {
            (200, "application/json") if utf8 => parse(Fields::open("answer", self.json()?)?).map(Ok),
            (200, "text/html") => Err(Refusal::WebPage),
            (200, _) => Err(Refusal::ContentType),
            (400..=599, "application/problem+json") => self.problem().map(Err),
            (429 | 500..=599, _) => Ok(Err(Problem {
                name: if self.status == 429 { ProblemName::TooMany } else { ProblemName::Unavailable },
                contact: None,
                at: None,
                retry_after: self.retry_after,
            })),
            (status, _) => Err(Refusal::Status(status)),
        }
    }

    /// The realm's key that signed this answer to that question; none, if it is not signed.
    ///
    /// # Errors
    /// There is a signature, and it does not hold.
    pub fn signer(&self, asked: &realm_key::AnswerTo<'_>) -> Result<Option<RealmKey>, Refusal> {
        let Some(text) = &self.signed else { return Ok(None) };
        let signature = AnswerSignature::read(text).ok_or(Refusal::NotTheRealm)?;
        signature.signer(asked, &self.body).map(Some).ok_or(Refusal::NotTheRealm)
    }

    fn json(&self) -> Result<Value, Refusal> {
        json::read(&self.body).map_err(|_| Refusal::NotJson)
    }

    fn problem(&self) -> Result<Problem, Refusal> {
        // A problem is no security object: unknown members are the server's business (RFC 9457
        // section 3.2).
        let mut fields = Fields::open("problem", self.json()?)?;
        let kind = fields.text("type")?;
        let name = kind.strip_prefix("urn:firstkey:problem:").ok_or(Refusal::Status(self.status))?;
        Ok(Problem {
            name: ProblemName::read(name),
            contact: fields.text_or_null("contact")?.map(|text| Printable::from_untrusted(&text)),
            at: fields.whole_or_null("at")?,
            retry_after: self.retry_after,
        })
    }
}

/// `enrol` or `join`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Make keys.
    Enrol,
    /// The account has keys already; only the membership is new.
    Join,
}

/// What a claim is answered with.
pub struct Offer {
    /// The protocol version.
    pub protocol: u64,
    /// The suites that the server takes.
    pub suites: Vec<u64>,
    /// The deployment.
    pub realm: RealmId,
    /// The inviting organisation.
    pub org: OrgId,
    /// Its name.
    pub organisation: Printable,
    /// The account.
    pub account: AccountId,
    /// The invited address, exact, for logging in later.
    pub email: String,
    /// The person's name.
    pub display_name: Printable,
    /// What this invite is for.
    pub mode: Mode,
    /// The organisation's wishes.
    pub policy: Policy,
    /// Parameters that the server wants, if it names any.
    pub kdf: Option<KdfParams>,
    /// When the invite ends, seconds since 1970.
    pub expires_at: u64,
    /// The server's clock.
    pub server_time: u64,
    /// How often it was claimed before.
    pub earlier_claims: u64,
    /// When last.
    pub last_claim: Option<u64>,
    /// The newest of these claims, newest first; `None` from a server that does not tell.
    pub claims: Option<Vec<SeenClaim>>,
    /// Whom to ask.
    pub contact: Option<Printable>,
    /// Where the account is complete and its keys are to be replaced.
    pub reset: Option<Reset>,
    /// Whether the server keeps bundle statements.
    pub keeps_statements: bool,
}

/// A claim that a server has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenClaim {
    /// SHA-256 of the claim key.
    pub digest: [u8; 32],
    /// When, by the server's clock, in seconds since 1970.
    pub at: u64,
}

/// The most claims that an offer may list.
const MOST_CLAIMS: usize = 64;

/// The keys of a complete account are to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// The generation of the new ones.
    pub key_gen: KeyGen,
    /// When an administrator started it, seconds since 1970.
    pub started_at: u64,
}

/// The organisation's wishes, as heard.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The least profile, by number.
    pub min_profile: u64,
    /// `recommended` or `required`.
    pub recovery: String,
    /// `off`, `allowed` or `required`.
    pub secret_key: String,
    /// The shortest password in code points.
    pub min_length: u64,
    /// Members that this version does not know.
    pub unknown: Vec<Printable>,
}

/// Reads the answer to a claim.
pub fn read_offer(mut fields: Fields) -> Result<Offer, Refusal> {
    // A wish for the KDF is judged first and by itself, so that whatever is wrong with it is called
    // by its name.
    let kdf = fields.take_optional("kdf").map(read_kdf).transpose()?;
    let mut organisation = fields.object("organisation")?;
    let mut account = fields.object("account")?;
    let mut earlier = fields.object("earlier_claims")?;
    let offer = Offer {
        protocol: fields.whole("protocol")?,
        suites: match fields.take("suites")? {
            Value::List(list) => {
                list.into_iter().filter_map(|suite| if let Value::Whole(n) = suite { Some(n) } else { None }).collect()
            }
            _ => return Err(Refusal::Malformed("suites")),
        },
        realm: RealmId::heard(fields.bytes("realm_id")?),
        org: OrgId::heard(organisation.bytes("org_id")?),
        organisation: Printable::from_untrusted(&organisation.text("name")?),
        account: AccountId::heard(account.bytes("account_id")?),
        email: read_email(account.text("email")?)?,
        display_name: Printable::from_untrusted(&account.text_or_null("display_name")?.unwrap_or_default()),
        mode: match fields.text("mode")?.as_str() {
            "enrol" => Mode::Enrol,
            "join" => Mode::Join,
            _ => return Err(Refusal::Malformed("mode")),
        },
        policy: read_policy(fields.object("policy")?)?,
        kdf,
        expires_at: fields.whole("expires_at")?,
        server_time: fields.whole("server_time")?,
        earlier_claims: earlier.whole("count")?,
        last_claim: earlier.whole_or_null("last_at")?,
        claims: earlier.take_optional("keys").map(read_claims).transpose()?,
        contact: fields.text_or_null("contact")?.map(|text| Printable::from_untrusted(&text)),
        reset: fields.take_optional("reset").map(read_reset).transpose()?,
        keeps_statements: fields.take_optional("knows").map(read_knows).transpose()?.unwrap_or(false),
    };
    organisation.finish()?;
    account.finish()?;
    earlier.finish()?;
    fields.finish()?;
    Ok(offer)
}

/// An address that is sent back exactly and shown as it is: at most 254 bytes, one `@`, something
/// on both sides, and nothing but visible characters that need no quotes in an address (RFC 5321
/// section 4.1.2, RFC 6531 section 3.3), so that no terminal takes part of it for anything else.
pub fn read_email(text: String) -> Result<String, Refusal> {
    let plain = |part: &str| !part.is_empty() && part.chars().all(|c| is_visible(c) && !"()<>[]:;@\\,\"".contains(c));
    let shape = text.len() <= 254 && text.split_once('@').is_some_and(|(local, domain)| plain(local) && plain(domain));
    if shape { Ok(text) } else { Err(Refusal::Malformed("email")) }
}

fn read_claims(value: Value) -> Result<Vec<SeenClaim>, Refusal> {
    let Value::List(claims) = value else { return Err(Refusal::Malformed("keys")) };
    if claims.len() > MOST_CLAIMS {
        return Err(Refusal::Malformed("keys"));
    }
    let one = |claim: Value| -> Result<SeenClaim, Refusal> {
        let mut fields = Fields::open("keys", claim)?;
        let seen = SeenClaim { digest: fields.bytes("sha256")?, at: fields.whole("at")? };
        fields.finish()?;
        Ok(seen)
    };
    claims.into_iter().map(one).collect()
}

fn read_reset(value: Value) -> Result<Reset, Refusal> {
    let mut fields = Fields::open("reset", value)?;
    let key_gen = u32::try_from(fields.whole("key_gen")?).map_err(|_| Refusal::Malformed("key_gen"))?;
    let reset = Reset { key_gen: KeyGen(key_gen), started_at: fields.whole("started_at")? };
    fields.finish()?;
    Ok(reset)
}

/// Of what the client says to know, what the server knows too: a list of words. Others are passed
/// over: a newer server may know more.
fn read_knows(value: Value) -> Result<bool, Refusal> {
    let Value::List(words) = value else { return Err(Refusal::Malformed("knows")) };
    let mut keeps_statements = false;
    for word in words {
        let Value::Text(word) = word else { return Err(Refusal::Malformed("knows")) };
        keeps_statements |= word == "statement";
    }
    Ok(keeps_statements)
}

fn read_kdf(value: Value) -> Result<KdfParams, Refusal> {
    let malformed = |_| Refusal::Kdf(KdfRefused::Malformed);
    let mut fields = Fields::open("kdf", value).map_err(malformed)?;
    let mut number = |name| -> Result<u32, Refusal> {
        let whole = fields.whole(name).map_err(malformed)?;
        u32::try_from(whole).map_err(|_| Refusal::Kdf(KdfRefused::Malformed))
    };
    let params = KdfParams { m_kib: number("m")?, t: number("t")?, p: number("p")? };
    fields.finish().map_err(malformed)?;
    Ok(params)
}

fn read_policy(mut fields: Fields) -> Result<Policy, Refusal> {
    Ok(Policy {
        min_profile: fields.whole("min_profile").map_err(|_| Refusal::WeakPolicy("min_profile"))?,
        recovery: fields.text("recovery").map_err(|_| Refusal::WeakPolicy("recovery"))?,
        secret_key: fields.text("secret_key").map_err(|_| Refusal::WeakPolicy("secret_key"))?,
        min_length: fields.whole("min_length").map_err(|_| Refusal::WeakPolicy("min_length"))?,
        unknown: fields.leftover(),
    })
}

/// Reads the answer to `enrol/start`.
pub fn read_opaque_response(mut fields: Fields) -> Result<[u8; opaque::RESPONSE_LEN], Refusal> {
    let response = fields.bytes("opaque_response")?;
    fields.finish()?;
    Ok(response)
}

/// Reads the answer to `enrol/complete`.
pub fn read_receipt(mut fields: Fields) -> Result<[u8; 32], Refusal> {
    let receipt = fields.bytes("receipt")?;
    fields.finish()?;
    Ok(receipt)
}

/// Reads the answer to `invites/join`: the organisation, and since when.
pub fn read_joined(mut fields: Fields) -> Result<(OrgId, u64), Refusal> {
    let joined = (OrgId::heard(fields.bytes("org_id")?), fields.whole("joined_at")?);
    fields.finish()?;
    Ok(joined)
}

/// The answer to `login/params`.
pub struct LoginParams {
    /// The account.
    pub account: AccountId,
    /// The realm.
    pub realm: RealmId,
    /// The generation of its keys.
    pub key_gen: KeyGen,
    /// Salt and settings, whitelisted.
    pub kdf_block: KdfBlock,
}

/// Reads the answer to `login/params`.
pub fn read_login_params(mut fields: Fields) -> Result<LoginParams, Refusal> {
    let params = LoginParams {
        account: AccountId::heard(fields.bytes("account_id")?),
        realm: RealmId::heard(fields.bytes("realm_id")?),
        key_gen: KeyGen(u32::try_from(fields.whole("key_gen")?).map_err(|_| Refusal::Malformed("key_gen"))?),
        kdf_block: KdfBlock::read(&fields.bytes("kdf_block")?).map_err(Refusal::Kdf)?,
    };
    fields.finish()?;
    Ok(params)
}

/// Reads the answer to `login/start`.
pub fn read_login_answer(mut fields: Fields) -> Result<(LoginId, [u8; opaque::KE2_LEN]), Refusal> {
    let answer = (LoginId::heard(fields.bytes("login_id")?), fields.bytes("ke2")?);
    fields.finish()?;
    Ok(answer)
}

/// The answer to `recovery/start`.
pub struct Challenge {
    /// The account, made up for people who do not exist.
    pub context: AccountContext,
    /// The generation of its keys.
    pub key_gen: KeyGen,
    /// Names the challenge.
    pub id: ChallengeId,
    /// What the recovery code signs.
    pub bytes: [u8; 32],
}

/// Reads the answer to `recovery/start`.
pub fn read_challenge(mut fields: Fields) -> Result<Challenge, Refusal> {
    let challenge = Challenge {
        context: AccountContext {
            account: AccountId::heard(fields.bytes("account_id")?),
            realm: RealmId::heard(fields.bytes("realm_id")?),
        },
        key_gen: KeyGen(u32::try_from(fields.whole("key_gen")?).map_err(|_| Refusal::Malformed("key_gen"))?),
        id: ChallengeId::heard(fields.bytes("challenge_id")?),
        bytes: fields.bytes("challenge")?,
    };
    fields.finish()?;
    Ok(challenge)
}

/// What a finished login gives.
pub struct Opened {
    /// The session.
    pub session: SessionToken,
    /// The account's bundle.
    pub bundle: Bundle,
    /// What its organisations ask of a new lock.
    pub asked: Asked,
    /// Whether the server keeps bundle statements, whether it has one of this account or not.
    pub keeps_statements: bool,
}

/// Reads the answer to `login/finish`.
pub fn read_session(mut fields: Fields) -> Result<Opened, Refusal> {
    let session = SessionToken::from_bytes(&Zeroizing::new(fields.bytes("session")?));
    fields.whole("expires_in")?;
    let mut inner = fields.object("bundle")?;
    let mut bundle = Bundle::take(&mut inner)?;
    let statement = inner.take_optional("statement");
    let keeps_statements = statement.is_some();
    bundle.statement = statement.filter(|value| *value != Value::Null).map(read_statement).transpose()?;
    let key_gen = inner.whole("key_gen")?;
    inner.finish()?;
    let asked = Asked::take(fields.object("policy")?)?;
    fields.finish()?;
    if u64::from(bundle.identity.key_gen.0) != key_gen {
        return Err(Refusal::Keys);
    }
    Ok(Opened { session, bundle, asked, keeps_statements })
}
