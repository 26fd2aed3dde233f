//! The origin that people's clients talk to: `https://host[:port]`, from configuration and nowhere else.

use std::fmt;
use std::net::IpAddr;

/// A canonical origin: lower case, no trailing slash, the default port left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    host: String,
    is_loopback: bool,
}

/// Why a text is no origin.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OriginRefused {
    /// Not of the form.
    #[error(
        "An origin looks like https://accounts.example.org or https://accounts.example.org:8443, with nothing behind it."
    )]
    Form,
    /// Plain HTTP to somewhere else.
    #[error("Plain http:// is only for this machine (127.0.0.1, [::1] or localhost). Use https:// for everybody else.")]
    PlainHttp,
    /// An address instead of a name.
    #[error("An origin needs a host name, not an address: invitations must stay valid when the address changes.")]
    Address,
}

impl Origin {
    /// Reads and canonicalises.
    pub fn parse(text: &str) -> Result<Self, OriginRefused> {
        let lower = text.to_ascii_lowercase();
        let (https, rest) = match (lower.strip_prefix("https://"), lower.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(OriginRefused::Form),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(rest).ok_or(OriginRefused::Form)?;
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        if address.is_none() && !is_name(host) {
            return Err(OriginRefused::Form);
        }
        let is_loopback = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        if address.is_some() && !is_loopback {
            return Err(OriginRefused::Address);
        }
        if !https && !is_loopback {
            return Err(OriginRefused::PlainHttp);
        }
        let scheme = if https { "https" } else { "http" };
        let default_port = if https { 443 } else { 80 };
        let text = match port {
            Some(port) if port != default_port => format!("{scheme}://{host}:{port}"),
            _ => format!("{scheme}://{host}"),
        };
        Ok(Self { text, host: host.to_owned(), is_loopback })
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host that mail comes from; an address is no mail domain, so loopback origins say `localhost`.
    pub(crate) fn mail_domain(&self) -> &str {
        if self.is_loopback { "localhost" } else { &self.host }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Host and port; an IPv6 address stays in its brackets.
fn split_port(rest: &str) -> Option<(&str, Option<u16>)> {
    let name_end = if rest.starts_with('[') { rest.find(']')? + 1 } else { rest.find(':').unwrap_or(rest.len()) };
    let (host, port) = rest.split_at(name_end);
    match port.strip_prefix(':') {
        None if port.is_empty() => Some((host, None)),
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().ok().filter(|port| *port != 0).map(|port| (host, Some(port)))
        }
        _ => None,
    }
}

/// A registered name (RFC 1123): labels of letters, digits and inner hyphens; not all digits.
fn is_name(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(label) && !host.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::{Origin, OriginRefused};

    #[test]
    fn origins_become_canonical() {
        for (given, canonical) in [
            ("https://Accounts.Example.org/", "https://accounts.example.org"),
            ("https://a.example:443", "https://a.example"),
            ("https://a.example:8443", "https://a.example:8443"),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
            ("http://[::1]:9000/", "http://[::1]:9000"),
            ("http://localhost:80", "http://localhost"),
        ] {
            assert_eq!(Origin::parse(given).expect(given).as_str(), canonical);
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "",
            "a.example",
            "ftp://a",
            "https://",
            "https://a.example/x",
            "https://u@a.example",
            "https://a:0",
            "https://a b",
            "https://a..b",
            "https://a.example?x",
        ] {
            assert_eq!(Origin::parse(text), Err(OriginRefused::Form), "{text}");
        }
        assert_eq!(Origin::parse("http://a.example"), Err(OriginRefused::PlainHttp));
        assert_eq!(Origin::parse("https://192.0.2.1"), Err(OriginRefused::Address));
    }
}
