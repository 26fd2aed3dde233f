//! A server's address: `https://host[:port]`, read by a grammar of our own.
//!
//! Promises: what passes has one meaning for every URL library, resolver and person: ASCII, a
//! registered name in lower case or a loopback address, no tricks that parsers disagree about.
//! `http` exists for loopback only.
//!
//! Never: resolves, connects, or repairs what it reads.

use super::link::LinkTrouble;
use core::fmt;

/// The longest host name (RFC 1035 section 2.3.4, as text without the trailing dot).
const MAX_HOST: usize = 253;
/// The longest label of a host name.
const MAX_LABEL: usize = 63;

/// The canonical address of an account server; goes into the login context (protocol section 5) as
/// it is here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    text: String,
    host_at: usize,
    host_len: usize,
}

impl Origin {
    /// Reads an origin from configuration: `https://host[:port]`, one `/` at its end is let pass.
    ///
    /// # Errors
    /// What is wrong with it; [`LinkTrouble::WrongPath`] if more than an origin was given.
    pub fn read(text: &str) -> Result<Self, LinkTrouble> {
        if text.is_empty() {
            return Err(LinkTrouble::Empty);
        }
        match Self::split(text)? {
            (origin, "" | "/") => Ok(origin),
            _ => Err(LinkTrouble::WrongPath),
        }
    }

    /// Reads the origin at the start of a link; gives what follows it.
    pub(crate) fn split(text: &str) -> Result<(Self, &str), LinkTrouble> {
        screen(text)?;
        let (scheme, rest) = if let Some(rest) = text.strip_prefix("https://") {
            (Scheme::Https, rest)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (Scheme::Http, rest)
        } else {
            return Err(LinkTrouble::NotAnInvite);
        };
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(LinkTrouble::UserInfo);
        }
        let (host, port) = split_port(authority)?;
        let host = host.to_ascii_lowercase();
        let loopback = check_host(&host)?;
        if scheme == Scheme::Http && !loopback {
            return Err(LinkTrouble::PlainHttp);
        }
        let port = port.map(read_port).transpose()?;
        let start = scheme.start();
        let text = match port.filter(|port| *port != scheme.port()) {
            Some(port) => format!("{start}{host}:{port}"),
            None => format!("{start}{host}"),
        };
        let origin = Self { text, host_at: start.len(), host_len: host.len() };
        Ok((origin, rest))
    }

    /// The canonical text: lower case, the default port left out, no `/` at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host alone, as to be shown on a line of its own; punycode stays punycode.
    pub fn host(&self) -> &str {
        &self.text[self.host_at..self.host_at + self.host_len]
    }

    /// The host, with its port where that is not the scheme's own: what tells two servers on one
    /// machine apart, and what a person types on another computer.
    pub fn place(&self) -> &str {
        &self.text[self.host_at..]
    }

    /// Whether this is plain `http`, which only loopback may be: a demonstration or a test.
    pub fn is_loopback_http(&self) -> bool {
        self.text.starts_with(Scheme::Http.start())
    }

    /// Whether the host has an internationalised label (`xn--`): it may look like another in a
    /// mail, so a person has to confirm it as written here.
    pub fn needs_host_confirmation(&self) -> bool {
        self.host().split('.').any(|label| label.starts_with("xn--"))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Https,
    Http,
}

impl Scheme {
    fn start(self) -> &'static str {
        match self {
            Self::Https => "https://",
            Self::Http => "http://",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }
}

/// Refuses the characters that parsers disagree about, wherever they stand.
fn screen(text: &str) -> Result<(), LinkTrouble> {
    text.chars().try_for_each(|c| match c {
        '\\' => Err(LinkTrouble::Backslash),
        '%' => Err(LinkTrouble::Percent),
        c if c.is_ascii_control() => Err(LinkTrouble::Control),
        c if !c.is_ascii() => Err(LinkTrouble::NotAscii),
        _ => Ok(()),
    })
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), LinkTrouble> {
    if authority.starts_with('[') {
        let end = authority.find(']').ok_or(LinkTrouble::BadHost)? + 1;
        let (host, after) = authority.split_at(end);
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(LinkTrouble::BadHost),
        };
    }
    match authority.split_once(':') {
        Some((_, port)) if port.contains(':') => Err(LinkTrouble::BadHost),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((authority, None)),
    }
}

/// A port as the server writes it: decimal, no sign, no leading zero, 1 to 65,535.
fn read_port(text: &str) -> Result<u16, LinkTrouble> {
    let canonical = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    match text.parse() {
        Ok(port) if canonical => Ok(port),
        _ => Err(LinkTrouble::BadPort),
    }
}

/// Whether the host is loopback; an error if it is neither that nor a registered name.
fn check_host(host: &str) -> Result<bool, LinkTrouble> {
    if host == "localhost" || host == "[::1]" || is_loopback_quad(host) {
        return Ok(true);
    }
    if host.starts_with('[') {
        return Err(LinkTrouble::IpLiteral);
    }
    if host.len() > MAX_HOST || !host.split('.').all(is_label) {
        return Err(LinkTrouble::BadHost);
    }
    match host.rsplit_once('.') {
        _ if ends_in_number(host) => Err(LinkTrouble::IpLiteral),
        // One label alone means whatever the local search list makes of it.
        None => Err(LinkTrouble::BadHost),
        Some(_) => Ok(false),
    }
}

/// Letters, digits and hyphens (RFC 1123 section 2.1), no hyphen at either end.
fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Whether some parser would take this for an IPv4 address: the last label is decimal, octal or
/// hexadecimal (`127.1`, `0x7f.1`, `2130706433`).
fn ends_in_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let hex = last.strip_prefix("0x");
    last.bytes().all(|b| b.is_ascii_digit()) || hex.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// 127.0.0.0/8 in its one canonical spelling.
fn is_loopback_quad(host: &str) -> bool {
    host.parse::<core::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback() && address.to_string() == host)
}
