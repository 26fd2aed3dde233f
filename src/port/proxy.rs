//! The way to a server: straight, or through the proxy that the environment names, the organisation
//! has set, or the system has in its settings.
//!
//! Promise: one pure reader; what a person is told, what `doctor` shows and what the connection
//! does is the same [`ProxyWish::route`]. Must never: show the credentials of a proxy.

mod system;

use firstkey_core::wire::origin::Origin;
use std::net::IpAddr;

/// A proxy, and the servers that it is not for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyWish {
    url: String,
    direct: NoProxy,
}

/// Who named a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxySource {
    /// A variable of the environment.
    Environment,
    /// The organisation that manages this computer.
    Managed,
    /// The settings of the system.
    System,
}

/// How a server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// By itself.
    Direct,
    /// Through this proxy.
    Through(&'a ProxyWish),
}

impl ProxyWish {
    /// From `HTTPS_PROXY`, `https_proxy`, `ALL_PROXY` or `all_proxy`, the first that is set and not
    /// empty; with `NO_PROXY` or `no_proxy`, chosen in the same way.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let first = |names: &[&str]| names.iter().filter_map(|name| lookup(name)).find(|text| !text.trim().is_empty());
        let url = first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])?;
        let direct = first(&["NO_PROXY", "no_proxy"]).map(|text| NoProxy::read(&text));
        Some(Self { url: url.trim().to_owned(), direct: direct.unwrap_or_default() })
    }

    /// Host and port, without credentials, to be shown.
    pub fn shown(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        host.split('/').next().unwrap_or(host)
    }

    /// Its address, with credentials, for the connection.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is an address that a connection can be made by.
    pub fn is_usable(&self) -> bool {
        reqwest::Proxy::all(&self.url).is_ok()
    }

    /// Whether some servers are reached without it.
    pub fn has_exceptions(&self) -> bool {
        !self.direct.entries.is_empty()
    }

    /// How this server is reached. This computer itself never through a proxy.
    pub fn route<'a>(wish: Option<&'a Self>, origin: &Origin) -> Route<'a> {
        let (host, port) = host_and_port(origin);
        match wish {
            Some(wish) if !origin.is_loopback_http() && !wish.direct.names(host, port) => Route::Through(wish),
            _ => Route::Direct,
        }
    }
}

fn host_and_port(origin: &Origin) -> (&str, u16) {
    let default = if origin.is_loopback_http() { 80 } else { 443 };
    let authority = origin.as_str().split_once("://").map_or("", |(_, authority)| authority);
    let (host, port) = split_port(authority);
    (host, port.unwrap_or(default))
}

/// What `NO_PROXY` says: servers that are reached without a proxy.
///
/// Entries are separated by commas or blanks. One is `*` (every server), a name (that host and
/// every one below it; `corp`, `.corp` and `*.corp` are the same), a name with other stars in it,
/// which stand for any text, an address, or a network (`10.0.0.0/8`). A port behind it limits it to
/// that port. Case does not matter. Names are not looked up: an address or network is compared with
/// hosts that are given as addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoProxy {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    All,
    /// This one and what is below it.
    Domain(String),
    /// With stars.
    Pattern(String),
    Address(IpAddr),
    /// Those without a dot in their names.
    Dotless,
    /// The first so many bits.
    Network(IpAddr, u8),
}

impl NoProxy {
    /// Reads the variable. Whatever is no entry names no server.
    pub fn read(text: &str) -> Self {
        let words = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
        Self { entries: words.filter_map(Entry::read).collect() }
    }

    /// Whether it names this server.
    pub fn names(&self, host: &str, port: u16) -> bool {
        let host = plain(host);
        self.entries.iter().any(|entry| entry.port.is_none_or(|only| only == port) && entry.hosts.have(&host))
    }
}

impl Entry {
    fn read(word: &str) -> Option<Self> {
        // People copy addresses from a browser.
        let word = word.split_once("://").map_or(word, |(_, rest)| rest.split('/').next().unwrap_or(rest));
        if let Some((address, bits)) = word.split_once('/') {
            let address: IpAddr = unbracketed(address).parse().ok()?;
            let bits = bits.parse().ok().filter(|bits| *bits <= length(address))?;
            return Some(Self { hosts: Hosts::Network(address, bits), port: None });
        }
        let (host, port) = split_port(word);
        if let Ok(address) = unbracketed(host).parse() {
            return Some(Self { hosts: Hosts::Address(address), port });
        }
        let host = plain(host);
        let below = host.strip_prefix("*.").unwrap_or(&host).trim_start_matches('.');
        let hosts = match below {
            "*" => Hosts::All,
            "" => return None,
            _ if below.contains('*') => Hosts::Pattern(host.clone()),
            _ => Hosts::Domain(below.to_owned()),
        };
        Some(Self { hosts, port })
    }
}

impl Hosts {
    fn have(&self, host: &str) -> bool {
        let address = || unbracketed(host).parse::<IpAddr>().ok();
        match self {
            Self::All => true,
            Self::Domain(domain) => {
                host.strip_suffix(domain.as_str()).is_some_and(|above| above.is_empty() || above.ends_with('.'))
            }
            Self::Pattern(pattern) => fits(pattern.as_bytes(), host.as_bytes()),
            Self::Dotless => !host.contains(['.', ':']),
            Self::Address(wanted) => address().is_some_and(|address| address == *wanted),
            Self::Network(network, bits) => {
                address().is_some_and(|address| first(address, *bits) == first(*network, *bits))
            }
        }
    }
}

/// What stands behind `start`, whatever its case.
fn first_word<'a>(word: &'a str, start: &str) -> Option<&'a str> {
    let (first, rest) = word.split_at_checked(start.len())?;
    first.eq_ignore_ascii_case(start).then_some(rest)
}

/// Lower case, without the dot at the end.
fn plain(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// `host:port`, `[::1]:port`, or a host alone, which an address of IPv6 without brackets is too.
fn split_port(word: &str) -> (&str, Option<u16>) {
    match word.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (word, None),
        },
        _ => (word, None),
    }
}

fn length(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Its kind, and its first bits.
fn first(address: IpAddr, bits: u8) -> (u8, Option<u128>) {
    let whole = match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    (length(address), whole.checked_shr(u32::from(length(address) - bits)))
}

/// Whether the text fits the pattern, whose stars stand for any text. Each star takes as little as
/// it can; only the last one is ever given more.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < text.len() {
        match (pattern.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at, read));
                at += 1;
            }
            (Some(byte), _) if *byte == text[read] => (at, read) = (at + 1, read + 1),
            (_, Some((back, taken))) => {
                star = Some((back, taken + 1));
                (at, read) = (back + 1, taken + 1);
            }
            (_, None) => return false,
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
#[path = "proxy_tests.rs"]
mod tests;
