//! Where a request comes from.
//!
//! Promise: `X-Forwarded-For` counts only if the connection itself comes from a proxy that was
//! named in the configuration; then the source is the nearest hop that is none of ours. Anybody
//! else's header is ignored, so that nobody can choose the address that they are counted under.

use axum::http::HeaderMap;
use serde::Deserialize;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address, or all addresses that begin alike: `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    base: IpAddr,
    prefix: u8,
}

/// A text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a network looks like 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32")]
pub struct NetworkRefused;

impl Network {
    /// Whether the address is one of these.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                alike(base.to_bits().into(), address.to_bits().into(), 32, self.prefix)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => alike(base.to_bits(), address.to_bits(), 128, self.prefix),
            _ => false,
        }
    }
}

fn alike(a: u128, b: u128, width: u8, prefix: u8) -> bool {
    (a ^ b).checked_shr(u32::from(width - prefix)).unwrap_or(0) == 0
}

impl FromStr for Network {
    type Err = NetworkRefused;

    fn from_str(text: &str) -> Result<Self, NetworkRefused> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let base: IpAddr = address.parse().map_err(|_| NetworkRefused)?;
        let width = if base.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => width,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().map_err(|_| NetworkRefused)?,
            Some(_) => return Err(NetworkRefused),
        };
        if prefix > width { Err(NetworkRefused) } else { Ok(Self { base, prefix }) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkRefused;

    fn try_from(text: String) -> Result<Self, NetworkRefused> {
        text.parse()
    }
}

/// Who is on the other end, as far as can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Source(pub(crate) IpAddr);

impl Source {
    /// Reads it from the connection, and from the header if the connection is a proxy of ours.
    pub(crate) fn read(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> Self {
        let ours = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
        let peer = peer.to_canonical();
        if !ours(peer) {
            return Self(peer);
        }
        let mut nearest = peer;
        let hops = headers.get_all("x-forwarded-for").iter().rev();
        for value in hops {
            // What a header says before something unreadable was written by somebody unknown.
            let Ok(text) = value.to_str() else { return Self(nearest) };
            for hop in text.rsplit(',') {
                let Some(address) = hop_address(hop) else { return Self(nearest) };
                nearest = address.to_canonical();
                if !ours(nearest) {
                    return Self(nearest);
                }
            }
        }
        Self(nearest)
    }

    /// What is counted together: an IPv4 address, or the half of an IPv6 address that one customer
    /// has for themselves.
    pub(crate) fn counted(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        }
    }
}

/// An address as proxies write it: alone, or with the port of the connection, an IPv6 address in
/// brackets then.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let is_port =
        |text: &str| text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    if let Some((address, rest)) = hop.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address.parse::<Ipv6Addr>().ok().filter(|_| is_port(rest)).map(IpAddr::V6);
    }
    hop.parse().ok().or_else(|| {
        let (address, port) = hop.split_at_checked(hop.find(':')?)?;
        address.parse::<Ipv4Addr>().ok().filter(|_| is_port(port)).map(IpAddr::V4)
    })
}

#[cfg(test)]
mod tests {
    use super::{Network, Source};
    use axum::http::{HeaderMap, HeaderValue};
    use std::net::IpAddr;

    fn source(peer: &str, headers: &[&str], proxies: &[&str]) -> String {
        let mut map = HeaderMap::new();
        for value in headers {
            map.append("x-forwarded-for", HeaderValue::from_bytes(value.as_bytes()).expect("a header"));
        }
        let proxies: Vec<Network> = proxies.iter().map(|text| text.parse().expect("a network")).collect();
        Source::read(peer.parse().expect("an address"), &map, &proxies).0.to_string()
    }

    #[test]
    fn only_a_proxy_of_ours_is_believed_and_only_as_far_as_it_saw() {
        for (peer, headers, proxies, want) in [
            ("203.0.113.9", &["198.51.100.1"][..], &[][..], "203.0.113.9"),
            ("203.0.113.9", &["198.51.100.1"], &["10.0.0.0/8"], "203.0.113.9"),
            ("10.1.2.3", &["198.51.100.1"], &["10.0.0.0/8"], "198.51.100.1"),
            ("::ffff:10.1.2.3", &["198.51.100.1"], &["10.0.0.0/8"], "198.51.100.1"),
            // The left part is what the client claimed.
            ("10.1.2.3", &["192.0.2.66, 198.51.100.1"], &["10.0.0.0/8"], "198.51.100.1"),
            ("10.1.2.3", &["192.0.2.66", "198.51.100.1, 10.9.9.9"], &["10.0.0.0/8"], "198.51.100.1"),
            ("10.1.2.3", &["192.0.2.66, nonsense"], &["10.0.0.0/8"], "10.1.2.3"),
            ("10.1.2.3", &["192.0.2.66, \u{e9}"], &["10.0.0.0/8"], "10.1.2.3"),
            ("10.1.2.3", &[], &["10.0.0.0/8"], "10.1.2.3"),
            ("10.1.2.3", &["10.4.4.4"], &["10.0.0.0/8"], "10.4.4.4"),
            ("127.0.0.1", &["2001:db8::1"], &["127.0.0.1"], "2001:db8::1"),
            // Some proxies write the port too (Azure's gateway), some the brackets of a URL.
            ("10.1.2.3", &["198.51.100.1:49152"], &["10.0.0.0/8"], "198.51.100.1"),
            ("10.1.2.3", &["[2001:db8::1]"], &["10.0.0.0/8"], "2001:db8::1"),
            ("10.1.2.3", &["[2001:db8::1]:49152"], &["10.0.0.0/8"], "2001:db8::1"),
            ("10.1.2.3", &["198.51.100.1:1, 10.9.9.9:2"], &["10.0.0.0/8"], "198.51.100.1"),
            ("10.1.2.3", &["[::ffff:198.51.100.1]:7"], &["10.0.0.0/8"], "198.51.100.1"),
            ("10.1.2.3", &["198.51.100.1:port"], &["10.0.0.0/8"], "10.1.2.3"),
            ("10.1.2.3", &["198.51.100.1:99999"], &["10.0.0.0/8"], "10.1.2.3"),
            ("10.1.2.3", &["[198.51.100.1]:7"], &["10.0.0.0/8"], "10.1.2.3"),
            ("10.1.2.3", &["[2001:db8::1"], &["10.0.0.0/8"], "10.1.2.3"),
            ("10.1.2.3", &["[2001:db8::1]7"], &["10.0.0.0/8"], "10.1.2.3"),
            ("10.1.2.3", &["unknown"], &["10.0.0.0/8"], "10.1.2.3"),
        ] {
            assert_eq!(source(peer, headers, proxies), want, "{peer} {headers:?} {proxies:?}");
        }
    }

    #[test]
    fn networks_have_one_grammar() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "192.0.2.7", "::1", "2001:db8::/32", "::/0", "192.0.2.7/32"] {
            assert!(good.parse::<Network>().is_ok(), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/129", "localhost", "10.0.0.0/+8", "10.0.0.0/"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
        let everything: Network = "0.0.0.0/0".parse().expect("a network");
        assert!(everything.contains("203.0.113.1".parse().expect("an address")));
        assert!(!everything.contains("2001:db8::1".parse().expect("an address")));
        let eight: Network = "10.0.0.0/8".parse().expect("a network");
        assert!(!eight.contains("11.0.0.0".parse().expect("an address")));
    }

    #[test]
    fn neighbours_in_one_ipv6_network_are_counted_together() {
        let counted = |text: &str| Source(text.parse::<IpAddr>().expect("an address")).counted();
        assert_eq!(counted("2001:db8::1"), counted("2001:db8::2:0:0:9"));
        assert_ne!(counted("2001:db8::1"), counted("2001:db8:0:1::1"));
        assert_ne!(counted("192.0.2.1"), counted("192.0.2.2"));
    }
}
