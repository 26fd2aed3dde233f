//! Strict readers for what such a server answers. What comes out is typed and still untrusted;
//! `flow` decides.
//!
//! Promise: a redirect, an encoded body, a page for a browser, or JSON with a name twice is no
//! answer. Members that matter have one type and one spelling. Members that nobody asked for are
//! left alone: these servers send many. Must never: apply a policy, or pass a text on that is not
//! fit for a terminal.

use super::hexadecimal;
use super::keys::{Backup, PublicKey, Salt, Sealed, Vault};
use super::srp::{NUMBER, ServerPublic};
use firstkey_core::secret::TokenText;
use firstkey_core::wire::fields::Fields;
use firstkey_core::wire::inbound::{Framing, Response};
use firstkey_core::wire::json::{self, Value};
use firstkey_core::wire::text::Printable;
use zeroize::Zeroizing;

/// The longest token that is kept.
const MAX_TOKEN: usize = 8 * 1024;

/// Why an answer is none of such a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nonsense {
    /// It leads elsewhere; this program goes nowhere but where it was sent.
    Redirect,
    /// A compressed or otherwise encoded body.
    Encoded,
    /// More than this program reads.
    TooLarge,
    /// A page for a browser, or something else that is not JSON.
    NotJson,
    /// A member is missing or not as it should be.
    Malformed(&'static str),
}

/// An error, as these servers write it: `message` is a text, or a list after the check of the
/// request's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    /// HTTP status.
    pub status: u16,
    /// The member `error`.
    pub error: String,
    /// The member `message`, if it is a text.
    pub message: String,
    /// The first names of `path` in the list, if it is one; `None` if any entry has none.
    pub fields: Option<Vec<String>>,
    /// Seconds to wait, where the server said so.
    pub retry_after: Option<u32>,
}

/// A success, or the error instead of it.
pub enum Heard {
    /// Status 200.
    Good(Fields),
    /// Any other.
    Bad(ServerError),
}

/// Reads the frame of an answer.
pub fn hear(response: &Response) -> Result<Heard, Nonsense> {
    let status = response.status;
    match (response.framing, status) {
        (_, 300..=399) => return Err(Nonsense::Redirect),
        (Framing::Encoded, _) => return Err(Nonsense::Encoded),
        (Framing::TooLarge, _) => return Err(Nonsense::TooLarge),
        (Framing::Plain, _) => {}
    }
    let essence =
        response.content_type.as_deref().unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let value = if essence == "application/json" { json::read(&response.body).ok() } else { None };
    let bare = |error: &str| ServerError {
        status,
        error: error.to_owned(),
        message: String::new(),
        fields: None,
        retry_after: response.retry_after,
    };
    match (status, value) {
        (200, Some(value)) => Fields::open("answer", value).map(Heard::Good).map_err(|_| Nonsense::NotJson),
        (400..=599, Some(value)) => {
            let Ok(mut fields) = Fields::open("error", value) else { return Err(Nonsense::NotJson) };
            let mut error = bare(&fields.text("error").unwrap_or_default());
            match fields.take_optional("message") {
                Some(Value::Text(message)) => error.message = message,
                Some(Value::List(issues)) => error.fields = issues.into_iter().map(first_of_path).collect(),
                _ => {}
            }
            Ok(Heard::Bad(error))
        }
        // Something in front of the server answers for it: a gateway, a limiter.
        (429 | 502..=504, None) => Ok(Heard::Bad(bare(""))),
        _ => Err(Nonsense::NotJson),
    }
}

fn first_of_path(issue: Value) -> Option<String> {
    let mut issue = Fields::open("issue", issue).ok()?;
    match issue.take_optional("path")? {
        Value::List(path) => match path.into_iter().next()? {
            Value::Text(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

fn text(fields: &mut Fields, name: &'static str) -> Result<String, Nonsense> {
    fields.text(name).map_err(|_| Nonsense::Malformed(name))
}

/// A member `token`.
pub fn token(fields: &mut Fields) -> Result<TokenText, Nonsense> {
    optional_token(fields)?.ok_or(Nonsense::Malformed("token"))
}

/// A member `token`, or none.
pub fn optional_token(fields: &mut Fields) -> Result<Option<TokenText>, Nonsense> {
    let Ok(token) = fields.text_or_null("token") else { return Err(Nonsense::Malformed("token")) };
    let Some(token) = token.map(|token| Zeroizing::new(token.into_bytes())) else { return Ok(None) };
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let sound = (1..=MAX_TOKEN).contains(&token.len()) && token.iter().all(plain);
    if sound { Ok(Some(TokenText::new(token))) } else { Err(Nonsense::Malformed("token")) }
}

/// What the first half of a log-in is answered with.
pub struct Challenge {
    /// B.
    pub server: ServerPublic,
    /// The account's salt, as the server says.
    pub salt: Salt,
}

/// Reads the answer to `login1` and `srp1`: B of full length and usable, a salt of one spelling.
pub fn challenge(fields: &mut Fields) -> Result<Challenge, Nonsense> {
    const B: &str = "serverPublicKey";
    let number = text(fields, B)?.to_ascii_lowercase();
    let mut bytes = [0; NUMBER];
    if !hexadecimal::read(number.as_bytes(), &mut bytes) {
        return Err(Nonsense::Malformed(B));
    }
    let server = ServerPublic::accept(bytes).ok_or(Nonsense::Malformed(B))?;
    let salt = Salt::read(&text(fields, "salt")?).ok_or(Nonsense::Malformed("salt"))?;
    Ok(Challenge { server, salt })
}

/// The second half of a log-in.
pub enum LoggedIn {
    /// A code was mailed; the token is good for showing it.
    NeedsCode(TokenText),
    /// The vault, and a token of a session.
    Open(Box<Vault>, TokenText),
}

/// Reads the answer to `login2`.
pub fn logged_in(mut fields: Fields) -> Result<LoggedIn, Nonsense> {
    match fields.take_optional("mfaEnabled") {
        Some(Value::Bool(true)) => token(&mut fields).map(LoggedIn::NeedsCode),
        Some(Value::Bool(false)) => opened(&mut fields),
        _ => Err(Nonsense::Malformed("mfaEnabled")),
    }
}

/// Reads the answer to the code of an MFA log-in.
pub fn opened(fields: &mut Fields) -> Result<LoggedIn, Nonsense> {
    let vault = vault(fields)?;
    Ok(LoggedIn::Open(Box::new(vault), token(fields)?))
}

/// Version 2 and nothing else: version 1 takes the password itself for a key.
fn vault(fields: &mut Fields) -> Result<Vault, Nonsense> {
    const VERSION: &str = "encryptionVersion";
    if fields.whole(VERSION).map_err(|_| Nonsense::Malformed(VERSION))? != 2 {
        return Err(Nonsense::Malformed(VERSION));
    }
    let sealed = [text(fields, "protectedKey")?, text(fields, "protectedKeyIV")?, text(fields, "protectedKeyTag")?];
    let protected_key = Sealed::read(&sealed[0], &sealed[1], &sealed[2]).ok_or(Nonsense::Malformed("protectedKey"))?;
    let sealed = [text(fields, "encryptedPrivateKey")?, text(fields, "iv")?, text(fields, "tag")?];
    let private_key =
        Sealed::read(&sealed[0], &sealed[1], &sealed[2]).ok_or(Nonsense::Malformed("encryptedPrivateKey"))?;
    let public_key = PublicKey::read(&text(fields, "publicKey")?).ok_or(Nonsense::Malformed("publicKey"))?;
    Ok(Vault { protected_key, private_key, public_key })
}

/// An account as the server returns it to its owner.
pub struct OwnAccount {
    /// Its user name now.
    pub username: String,
    /// Its keys.
    pub vault: Vault,
    /// Its salt.
    pub salt: Salt,
    /// Whether the server also returned the verifier, as those of later generations do.
    pub shows_verifier: bool,
}

/// Reads the answer to `GET /api/v1/user`.
pub fn own_account(mut fields: Fields) -> Result<OwnAccount, Nonsense> {
    let mut user = fields.object("user").map_err(|_| Nonsense::Malformed("user"))?;
    let salt = Salt::read(&text(&mut user, "salt")?).ok_or(Nonsense::Malformed("salt"))?;
    Ok(OwnAccount {
        username: text(&mut user, "username")?,
        vault: vault(&mut user)?,
        salt,
        shows_verifier: user.take_optional("verifier").is_some(),
    })
}

/// An organisation that the account is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Printable,
}

/// Reads the answer to `GET /api/v1/organization`.
pub fn memberships(mut fields: Fields) -> Result<Vec<Membership>, Nonsense> {
    const LIST: &str = "organizations";
    let Ok(Value::List(list)) = fields.take(LIST) else { return Err(Nonsense::Malformed(LIST)) };
    let read = |value| {
        let mut fields = Fields::open(LIST, value).ok()?;
        let id = uuid::Uuid::try_parse(&fields.text("id").ok()?).ok()?.to_string();
        let name = Printable::from_untrusted(&fields.text("name").ok()?);
        Some(Membership { id, name })
    };
    list.into_iter().map(read).collect::<Option<_>>().ok_or(Nonsense::Malformed(LIST))
}

/// Reads the answer to `GET /api/v1/password/backup-private-key`.
pub fn kit(mut fields: Fields) -> Result<Sealed<Backup>, Nonsense> {
    const KIT: &str = "backupPrivateKey";
    let mut kit = fields.object(KIT).map_err(|_| Nonsense::Malformed(KIT))?;
    let sealed = [text(&mut kit, "encryptedPrivateKey")?, text(&mut kit, "iv")?, text(&mut kit, "tag")?];
    Sealed::read(&sealed[0], &sealed[1], &sealed[2]).ok_or(Nonsense::Malformed(KIT))
}
