//! The links of this dialect, as they stand in mails and address bars.
//!
//! | link | leads to |
//! |---|---|
//! | `/signupinvite?token=&to=&organization_id=` | [`Link::Invite`] |
//! | `/signup/sso?token=`, `/login/sso?token=` | [`Link::Ticket`] |
//! | `/api/v1/sso/redirect/saml2/organizations/<slug>` | [`Link::SignInFirst`] |
//! | `/password-reset?token=&to=` | [`Link::Reset`] |
//!
//! Promise: the address in front is read by the same grammar as that of our own links. A `+` is a
//! plus: the mails do not encode it. Several slashes after the address are one. Nothing that was
//! not asked for may stand in the query. Tokens are wiped with the link. Must never: contact
//! anybody, or put anything of the text into an error.

use super::hexadecimal;
use firstkey_core::secret::TokenText;
use firstkey_core::wire::link::LinkTrouble;
use firstkey_core::wire::origin::Origin;
use zeroize::Zeroizing;

/// The most bytes that are looked at. Sign-in tickets have about 700.
const MAX_BYTES: usize = 4096;
/// The longest user name that the servers store.
pub const MAX_NAME: usize = 255;

const INVITE: &str = "/signupinvite";
const SIGN_UP: &str = "/signup/sso";
const LOG_IN: &str = "/login/sso";
const MAIL: &str = "/api/v1/sso/redirect/saml2/organizations/";
const RESET: &str = "/password-reset";

/// What is wrong with a link that is one of this dialect's by its looks. Nothing of the text is in
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The address in front.
    Address(LinkTrouble),
    /// The mail has no address: its server was never told its own.
    NoAddress,
    /// A part of the query is missing, as when a link was cut off.
    Missing(&'static str),
    /// A part of the query is not as a server writes it.
    Damaged(&'static str),
    /// Something stands in the query that has no business there, or stands there twice.
    Extra,
    /// Far too long.
    TooLong,
    /// Nothing was pasted, or something else than a link of this dialect.
    NotOne,
}

/// A code by mail to one person of one organisation, used up when it is shown.
pub struct Invite {
    /// The server.
    pub origin: Origin,
    /// The invited address, exactly as the server knows it.
    pub email: String,
    /// The organisation's id.
    pub organisation: String,
    /// The code.
    pub code: TokenText,
}

/// What a person is sent back with who signed in at their company: good for 15 minutes.
pub struct Ticket {
    /// The server.
    pub origin: Origin,
    /// The ticket, a JWT.
    pub token: TokenText,
    /// Whether the page was that of an account that is complete.
    pub completed: bool,
}

/// A code by mail for setting a new password.
pub struct Reset {
    /// The server.
    pub origin: Origin,
    /// Whose.
    pub email: String,
    /// The code.
    pub code: TokenText,
}

/// A link that was read.
pub enum Link {
    /// An invite by mail.
    Invite(Invite),
    /// A sign-in that came back.
    Ticket(Ticket),
    /// The mail that provisioning sends: it only leads to the company's sign-in.
    SignInFirst {
        /// The server.
        origin: Origin,
        /// The organisation's short name.
        slug: String,
    },
    /// A mail for whoever forgot their password.
    Reset(Reset),
}

impl Link {
    /// The server.
    pub fn origin(&self) -> &Origin {
        match self {
            Self::Invite(Invite { origin, .. })
            | Self::Ticket(Ticket { origin, .. })
            | Self::SignInFirst { origin, .. }
            | Self::Reset(Reset { origin, .. }) => origin,
        }
    }

    /// Reads what a person pasted.
    pub fn read(text: &[u8]) -> Result<Self, Trouble> {
        let (address, rest) = split(text).ok_or(Trouble::NotOne)?;
        if text.len() > MAX_BYTES {
            return Err(Trouble::TooLong);
        }
        let Some(address) = address else { return Err(Trouble::NoAddress) };
        let origin = Origin::read(address).map_err(Trouble::Address)?;
        let rest = rest.split_once('#').map_or(rest, |(rest, fragment)| if fragment.is_empty() { rest } else { "" });
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = path.strip_suffix('/').unwrap_or(path);
        match path {
            INVITE => {
                let [token, to, organisation] = values(query, ["token", "to", "organization_id"])?;
                let organisation = as_text(&organisation, "organization_id")?;
                let id = uuid::Uuid::try_parse(&organisation).map_err(|_| Trouble::Damaged("organization_id"))?;
                let organisation = id.to_string();
                Ok(Self::Invite(Invite { origin, email: read_email(&to)?, organisation, code: read_code(token)? }))
            }
            SIGN_UP | LOG_IN => {
                let [token] = values(query, ["token"])?;
                let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
                if !token.iter().all(plain) || token.split(|byte| *byte == b'.').count() != 3 {
                    return Err(Trouble::Damaged("token"));
                }
                Ok(Self::Ticket(Ticket { origin, token: TokenText::new(token), completed: path == LOG_IN }))
            }
            RESET => {
                let [token, to] = values(query, ["token", "to"])?;
                Ok(Self::Reset(Reset { origin, email: read_email(&to)?, code: read_code(token)? }))
            }
            _ => {
                let slug = path.strip_prefix(MAIL).unwrap_or_default();
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
                if slug.is_empty() || slug.len() > MAX_NAME || !slug.bytes().all(plain) {
                    return Err(Trouble::Damaged("organization"));
                }
                Ok(Self::SignInFirst { origin, slug: slug.to_owned() })
            }
        }
    }
}

/// Whether the text looks like a link of this dialect, so that its own reader has the say.
pub fn looks_like_one(text: &[u8]) -> bool {
    split(text).is_some()
}

/// The address, if there is one, and what follows it; `None` unless that begins as a page of this
/// dialect does.
fn split(text: &[u8]) -> Option<(Option<&str>, &str)> {
    let text = text.trim_ascii();
    let text = match text {
        [b'<', inside @ .., b'>'] => inside,
        _ => text,
    };
    let text = core::str::from_utf8(text).ok()?;
    let (address, rest) = match text.find("://") {
        Some(scheme) if text[..scheme].eq_ignore_ascii_case("https") || text[..scheme].eq_ignore_ascii_case("http") => {
            let from = scheme + 3;
            let end = text[from..].find(['/', '?', '#']).map_or(text.len(), |at| from + at);
            (Some(&text[..end]), &text[end..])
        }
        // A server that was never told its address writes this word for it.
        _ => (None, text.strip_prefix("undefined")?),
    };
    // A server that was told its address with a slash at the end writes two.
    let rest = match rest.trim_start_matches('/') {
        after if after.len() < rest.len() => &rest[rest.len() - after.len() - 1..],
        _ => rest,
    };
    let page = |path: &str| {
        rest.strip_prefix(path).is_some_and(|after| after.is_empty() || after.starts_with(['?', '/', '#']))
    };
    let ours = [INVITE, SIGN_UP, LOG_IN, RESET].into_iter().any(page) || rest.starts_with(MAIL);
    ours.then_some((address, rest))
}

/// The values of exactly these names, in this order; each once, none else.
fn values<const N: usize>(query: &str, names: [&'static str; N]) -> Result<[Zeroizing<Vec<u8>>; N], Trouble> {
    let mut found: [Option<Zeroizing<Vec<u8>>>; N] = [const { None }; N];
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let at = names.iter().position(|wanted| *wanted == name).ok_or(Trouble::Extra)?;
        if found[at].is_some() {
            return Err(Trouble::Extra);
        }
        found[at] = Some(decoded(value).ok_or(Trouble::Damaged(names[at]))?);
    }
    let mut missing = None;
    let out = std::array::from_fn(|at| {
        found[at].take().filter(|value| !value.is_empty()).unwrap_or_else(|| {
            missing = missing.or(Some(names[at]));
            Zeroizing::new(Vec::new())
        })
    });
    missing.map_or(Ok(out), |name| Err(Trouble::Missing(name)))
}

/// Without percent-encoding; a `+` stays one.
fn decoded(value: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::with_capacity(value.len()));
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let pair = [bytes.next()?, bytes.next()?].map(|digit| digit.to_ascii_lowercase());
            let mut decoded = [0; 1];
            if !hexadecimal::read(&pair, &mut decoded) {
                return None;
            }
            out.push(decoded[0]);
        } else {
            out.push(byte);
        }
    }
    Some(out)
}

fn as_text(value: &[u8], name: &'static str) -> Result<String, Trouble> {
    String::from_utf8(value.to_vec()).map_err(|_| Trouble::Damaged(name))
}

/// 32 lower-case hexadecimal digits.
fn read_code(token: Zeroizing<Vec<u8>>) -> Result<TokenText, Trouble> {
    if token.len() < 32 {
        return Err(Trouble::Missing("token"));
    }
    let mut bytes = Zeroizing::new([0; 16]);
    if hexadecimal::read(&token, &mut bytes) { Ok(TokenText::new(token)) } else { Err(Trouble::Damaged("token")) }
}

fn read_email(value: &[u8]) -> Result<String, Trouble> {
    let text = as_text(value, "to")?;
    // The server trims what it gets, so the identity must be trimmed before anything is computed
    // with it.
    let text = text.trim();
    if is_address(text) { Ok(text.to_owned()) } else { Err(Trouble::Damaged("to")) }
}

/// Whether the servers would take it for an address: they want ASCII, one `@`, and a dot in the
/// domain.
pub fn is_address(text: &str) -> bool {
    let visible =
        text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"' | b'\\' | b'\'' | b'`'));
    let Some((local, domain)) = text.split_once('@') else { return false };
    visible && text.len() <= MAX_NAME && !local.is_empty() && !domain.contains('@') && domain.contains('.')
}

#[cfg(test)]
mod tests;
