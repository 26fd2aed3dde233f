//! The invite link: `https://host[:port]/i#fkinv2.<invite id>.<token>.<binding>`, or `fkinv1` without
//! the binding, from a server of before (protocol section 8).
//!
//! Promises: the whole text is checked by the grammar here before any URL library sees a byte of
//! it, and a refusal says precisely what to look at. White space and one pair of `<...>` around the
//! link are let pass, since mail programs put them there; nothing else is forgiven. The token is
//! wiped when the link is dropped.
//!
//! Never: contacts the host, or prints or copies the token.

use super::origin::Origin;
use crate::crypto::{context::InviteId, crockford, realm_key::LinkBinding};
use crate::secret::InviteToken;
use base64ct::{Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

/// The most bytes that are looked at, white space around the link not counted. The longest good
/// link has 368.
const MAX_BYTES: usize = 400;
/// What comes after the origin, but for the version's number.
const START: &str = "/i#fkinv";
/// Characters of an invite id: 16 bytes.
const ID_CHARACTERS: usize = 22;
/// Characters of a token: 32 bytes.
const TOKEN_CHARACTERS: usize = 43;
/// Characters of a binding: 16 bytes.
const BINDING_CHARACTERS: usize = 22;
/// Where the parts begin: each has a dot before it but the first.
const TOKEN_AT: usize = ID_CHARACTERS + 1;
const DOT_BEFORE_BINDING: usize = TOKEN_AT + TOKEN_CHARACTERS;
const BINDING_AT: usize = DOT_BEFORE_BINDING + 1;

/// The versions of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// Says nothing of the server's key.
    One,
    /// Names the key that the server's answers are signed with.
    Two,
}

impl Version {
    /// Characters after `fkinv1.` or `fkinv2.`.
    const fn body_characters(self) -> usize {
        match self {
            Self::One => DOT_BEFORE_BINDING,
            Self::Two => BINDING_AT + BINDING_CHARACTERS,
        }
    }
}

/// What is wrong with a text that should be an invite link or an origin. Nothing of the text is in
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkTrouble {
    /// Nothing was given.
    #[error("there is no link")]
    Empty,
    /// The end is missing.
    #[error("the link is cut off")]
    CutOff {
        /// Whether the `#` is still there.
        after_hash: bool,
    },
    /// Something else than an invite link.
    #[error("this is not an invite link")]
    NotAnInvite,
    /// An `@` before the host: the host is not what it seems to be.
    #[error("the link has a user name in front of its host")]
    UserInfo,
    /// A backslash, which some programs read as a slash.
    #[error("the link has a backslash")]
    Backslash,
    /// A percent sign: percent-encoding has no place in an invite link.
    #[error("the link has a percent sign")]
    Percent,
    /// A character outside ASCII, perhaps one that looks like another.
    #[error("the link has a character outside ASCII")]
    NotAscii,
    /// A control character, for example a line break inside.
    #[error("the link has a control character or a line break")]
    Control,
    /// An address instead of a name, in any spelling; only loopback may be one.
    #[error("the link has a network address instead of a host name")]
    IpLiteral,
    /// The host is not a full host name.
    #[error("the host name is not valid")]
    BadHost,
    /// The port is not a number from 1 to 65,535 as usually written.
    #[error("the port is not valid")]
    BadPort,
    /// `http` to another machine.
    #[error("the link is not https")]
    PlainHttp,
    /// The path is not exactly `/i`, or there is a query.
    #[error("the path is not that of an invite link")]
    WrongPath,
    /// An invite link of another version.
    #[error("the link is of a version that this program does not know")]
    WrongVersion,
    /// Far longer than any invite link.
    #[error("the text is too long for an invite link")]
    TooLong,
    /// The characters after `#` are not as a server writes them: one was changed or lost.
    #[error("the characters after \"#\" are damaged")]
    Damaged,
    /// Something follows a complete link.
    #[error("something follows the link")]
    Extra,
    /// A mail program put an address of its own in the place of the link. Found where a text is
    /// searched for a link; the grammar here never says so.
    #[error("the link was replaced by a mail program")]
    Replaced,
    /// More links that differ than anybody can be asked about. Found as the one above.
    #[error("there is more than one link")]
    Several,
}

/// An invite link that was read. Holds the token, so it has no `Debug`, `Clone` or `Display`.
pub struct InviteLink {
    origin: Origin,
    invite_id: InviteId,
    token: InviteToken,
    binding: Option<LinkBinding>,
}

impl InviteLink {
    /// Reads what a person pasted.
    ///
    /// # Errors
    /// One [`LinkTrouble`]; tricks with the host come before anything about the rest.
    pub fn read(text: &[u8]) -> Result<Self, LinkTrouble> {
        let text = unwrapped(text);
        if text.is_empty() {
            return Err(LinkTrouble::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(LinkTrouble::TooLong);
        }
        if !text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"http")) {
            return Err(LinkTrouble::NotAnInvite);
        }
        let text = core::str::from_utf8(text).map_err(|_| LinkTrouble::NotAscii)?;
        let (origin, rest) = Origin::split(text)?;
        let (version, body) = read_start(rest)?;
        let (invite_id, token, binding) = read_body(version, body)?;
        Ok(Self { origin, invite_id, token, binding })
    }

    /// The server that the link names. Not trusted yet: a pinned server beats it, otherwise a
    /// person confirms the host.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The public number of the invite.
    pub fn invite_id(&self) -> InviteId {
        self.invite_id
    }

    /// The single-use token; goes to the origin once and nowhere else.
    pub fn token(&self) -> &InviteToken {
        &self.token
    }

    /// Whose answers count, if the link says it: one of version 1 says nothing.
    pub fn binding(&self) -> Option<LinkBinding> {
        self.binding
    }

    /// Whether the host may look like another one: see [`Origin::needs_host_confirmation`].
    pub fn needs_host_confirmation(&self) -> bool {
        self.origin.needs_host_confirmation()
    }
}

/// The first 40 bits of an invite id as eight symbols, `7Q2M-K4TD`: for messages and file names.
pub fn short_id(invite_id: InviteId) -> String {
    let mut bits = invite_id.0[..5].iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    bits <<= 24;
    let mut text = String::with_capacity(9);
    for at in 0..8 {
        if at == 4 {
            text.push('-');
        }
        text.push(crockford::symbol(bits.to_be_bytes()[0] >> 3));
        bits <<= 5;
    }
    text
}

/// Without the white space and the one pair of angle brackets around it.
fn unwrapped(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii();
    match text {
        [b'<', inside @ .., b'>'] => inside,
        _ => text,
    }
}

/// Checks the path and the version; gives what follows.
fn read_start(rest: &str) -> Result<(Version, &str), LinkTrouble> {
    if let Some(numbered) = rest.strip_prefix(START) {
        for (version, number) in [(Version::One, "1."), (Version::Two, "2.")] {
            if let Some(body) = numbered.strip_prefix(number) {
                return Ok((version, body));
            }
        }
    }
    let (path, fragment) = match rest.split_once('#') {
        Some((path, fragment)) => (path, Some(fragment)),
        None => (rest, None),
    };
    match (path, fragment) {
        ("" | "/", None) => Err(LinkTrouble::NotAnInvite),
        ("/i", None) => Err(LinkTrouble::CutOff { after_hash: false }),
        ("/i", Some(fragment)) if ["fkinv1.", "fkinv2."].iter().any(|whole| whole.starts_with(fragment)) => {
            Err(LinkTrouble::CutOff { after_hash: true })
        }
        ("/i", Some(fragment)) => match fragment.strip_prefix("fkinv") {
            Some(version) if version.starts_with(|c: char| c.is_ascii_digit()) => Err(LinkTrouble::WrongVersion),
            _ => Err(LinkTrouble::NotAnInvite),
        },
        _ => Err(LinkTrouble::WrongPath),
    }
}

/// Reads `<invite id>.<token>`, and `.<binding>` in version 2, each in the one canonical spelling.
fn read_body(version: Version, body: &str) -> Result<(InviteId, InviteToken, Option<LinkBinding>), LinkTrouble> {
    let whole = version.body_characters();
    let fits = |(at, b): (usize, u8)| match at {
        ID_CHARACTERS | DOT_BEFORE_BINDING => b == b'.',
        _ => b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'),
    };
    if !body.bytes().take(whole).enumerate().all(fits) {
        return Err(LinkTrouble::Damaged);
    }
    if body.len() < whole {
        return Err(LinkTrouble::CutOff { after_hash: true });
    }
    if body.len() > whole {
        return Err(LinkTrouble::Extra);
    }
    // The decoder refuses unused bits that are not zero.
    let mut invite_id = [0; 16];
    let mut token = Zeroizing::new([0; 32]);
    let damaged = |_| LinkTrouble::Damaged;
    Base64UrlUnpadded::decode(&body[..ID_CHARACTERS], &mut invite_id).map_err(damaged)?;
    Base64UrlUnpadded::decode(&body[TOKEN_AT..TOKEN_AT + TOKEN_CHARACTERS], &mut *token).map_err(damaged)?;
    let binding = match version {
        Version::One => None,
        Version::Two => {
            let mut bytes = [0; LinkBinding::LEN];
            Base64UrlUnpadded::decode(&body[BINDING_AT..], &mut bytes).map_err(damaged)?;
            Some(LinkBinding::from_bytes(bytes))
        }
    };
    Ok((InviteId::heard(invite_id), InviteToken::from_bytes(&token), binding))
}
