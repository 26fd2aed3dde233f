//! Which server is asked, judged by a reader of hosts of the oracle's own.

use super::{Broken, broken, last_answer};
use crate::player::{Heard, Log};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::flow::{Effect, Notice, Question};
use serde_json::Value;

/// Scheme, host and port at the start of a text: lower case, the default port left out.
fn address(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?.trim_ascii();
    let text = text.strip_prefix('<').unwrap_or(text);
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
    let default = if scheme == "https" { ":443" } else { ":80" };
    Some(format!("{scheme}://{}", authority.strip_suffix(default).unwrap_or(&authority)))
}

/// The host of an address.
fn host(address: &str) -> &str {
    let authority = address.split_once("://").map_or(address, |(_, rest)| rest);
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    }
}

/// Whether some parser takes the host for a number: a network address in another spelling (WHATWG
/// URL, "ends in a number checker").
pub fn ends_in_a_number(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    !last.is_empty()
        && (last.bytes().all(|byte| byte.is_ascii_digit())
            || hex.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())))
}

/// Whether this computer knows the server already, so that nobody has to look at its name again.
fn is_known(log: &Log, origin: &str) -> bool {
    log.given.pins.iter().any(|pin| pin.origin.as_str() == origin)
        || log.given.checkpoints.iter().any(|saved| saved.request.origin().as_str() == origin)
}

/// A name in punycode is asked only after a person has looked at it and said yes.
pub fn an_odd_host_is_confirmed(log: &Log) -> Result<(), Broken> {
    let mut confirmed: Vec<&str> = Vec::new();
    for turn in &log.turns {
        match (&turn.effect, &turn.heard) {
            (Effect::Ask(Question::Host(origin)), Heard::Yes) => confirmed.push(origin.as_str()),
            (Effect::Send(request), _) => {
                let origin = request.origin().as_str();
                let odd = host(origin).split('.').any(|label| label.starts_with("xn--"));
                if odd && !confirmed.contains(&origin) && !is_known(log, origin) {
                    return broken("host", format!("{origin} was asked, and nobody had looked at its name"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whatever is sent goes to the server that the last link names, or to that of the saved upload
/// that is taken up; the first of them stays the only one, whatever link is given later. No host is
/// a number but loopback in its usual spelling.
pub fn one_server_alone(log: &Log) -> Result<(), Broken> {
    let (mut named, mut only): (Option<String>, Option<&str>) = (None, None);
    for turn in &log.turns {
        match (&turn.effect, &turn.heard) {
            (Effect::Ask(Question::Invite { .. } | Question::InviteAgain), Heard::Text(link)) => named = address(link),
            (Effect::Tell(Notice::Resuming { digest, .. }), _) => {
                let saved = log.given.checkpoints.iter().find(|saved| saved.request.digest() == *digest);
                only = saved.map(|saved| saved.request.origin().as_str());
            }
            (Effect::Send(request), _) => {
                let origin = request.origin().as_str();
                if *only.get_or_insert(origin) != origin {
                    return broken("host", format!("{origin} was asked after {}", only.unwrap_or_default()));
                }
                let saved = log.given.checkpoints.iter().any(|saved| saved.request.origin().as_str() == origin);
                if named.as_deref() != Some(origin) && !saved {
                    return broken("host", format!("{origin} was asked, where the link names {named:?}"));
                }
                let loopback = host(origin).parse::<std::net::Ipv4Addr>().is_ok_and(|quad| quad.is_loopback());
                if ends_in_a_number(host(origin)) && !loopback {
                    return broken("host", format!("{origin} is a number and not a name"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A server that this computer knows has the realm that it had, and a realm that it knows has the
/// server that it had: else nobody is asked for anything.
pub fn the_realm_stays(log: &Log) -> Result<(), Broken> {
    for (at, turn) in log.turns.iter().enumerate() {
        let asks = matches!(
            turn.effect,
            Effect::Ask(Question::Consent(_) | Question::Join { .. } | Question::Password { .. })
        );
        if !asks {
            continue;
        }
        let origin = log.turns[..at].iter().rev().find_map(|turn| match &turn.effect {
            Effect::Send(request) => Some(request.origin().as_str()),
            _ => None,
        });
        let offer = last_answer(log, "/v1/invites/claim", at);
        let offer: Option<Value> = offer.and_then(|body| serde_json::from_slice(body).ok());
        let (Some(origin), Some(offer)) = (origin, offer) else { continue };
        for pin in &log.given.pins {
            let realm = offer["realm_id"] == Base64UrlUnpadded::encode_string(&pin.context.realm.0);
            if realm != (pin.origin.as_str() == origin) {
                return broken(
                    "host",
                    format!("{origin} has another realm than the remembered one, or its realm moved"),
                );
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_some_parser_takes_for_a_number_is_one() {
        for number in ["0x7f.1", "127.1", "2130706433", "0177.0.0.1", "a.0x", "a.example.0X1F", "a.1."] {
            assert!(ends_in_a_number(number), "{number}");
        }
        for name in ["a.example", "1.2.example", "0x7f.example", "a.0xg", "x0.y0", ""] {
            assert!(!ends_in_a_number(name), "{name}");
        }
    }

    #[test]
    fn an_address_is_read_up_to_its_path() {
        assert_eq!(address(b" <https://A.Example:443/i#x> ").as_deref(), Some("https://a.example"));
        assert_eq!(address(b"http://[::1]:8080/i").as_deref(), Some("http://[::1]:8080"));
        assert_eq!(host("http://[::1]:8080"), "[::1]");
        assert_eq!(host("https://a.example:1"), "a.example");
    }
}
