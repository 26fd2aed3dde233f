//! Fuzz body: whatever is pasted for a link.
//!
//! Oracle: what is accepted is one line of ASCII, goes to `https` or to loopback, shows the host
//! that the text names, and reads the same again in canonical form; and a good link, made by the
//! grammar of protocol section 8 out of the input, is accepted as what it is.

use super::oracle::host::ends_in_a_number;
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::wire::link::InviteLink;
use firstkey_core::wire::origin::Origin;

/// What an input begins with that chooses a good link; no text begins so.
pub const GOOD: u8 = 0xff;

/// Reads `data` as a link and as an origin, or, behind [`GOOD`], makes a good link of it.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    match data.split_first() {
        Some((&GOOD, choices)) => a_good_link_is_accepted(choices),
        _ => what_is_accepted_is_sound(data),
    }
}

/// A good link by choices, each a byte, 0 where there are no more: host, port, id, token, and what
/// stands around it.
fn a_good_link_is_accepted(choices: &[u8]) {
    let mut choices = choices.iter().copied().chain(std::iter::repeat(0));
    let mut next = || choices.next().unwrap_or_default();
    let label = |first: u8, second: u8| {
        let letters: Vec<char> = ('a'..='z').chain('0'..='9').collect();
        let letter = |at: u8| letters[usize::from(at) % letters.len()];
        match first >> 6 {
            0 => format!("{}{}", letter(first), letter(second)),
            1 => format!("{}-{}", letter(first), letter(second)),
            2 => format!("xn--{}{}", letter(first), letter(second)),
            _ => letter(first).to_string().repeat(usize::from(second % 63) + 1),
        }
    };
    let host = match next() % 8 {
        0 => "localhost".to_owned(),
        1 => format!("127.0.{}.{}", next(), next()),
        2 => "[::1]".to_owned(),
        labels => {
            // The last label has a letter first: a name never ends in a number.
            let labels: Vec<_> = (3..=labels.max(3)).map(|_| label(next(), next())).collect();
            // Nor is it longer than 253 characters (RFC 1035 section 2.3.4).
            let fitting = labels.into_iter().fold(String::new(), |name, label| {
                if name.len() + label.len() > 185 { name } else { format!("{name}{label}.") }
            });
            format!("{fitting}e{}", label(0, next()))
        }
    };
    let loopback = host == "localhost" || host == "[::1]" || host.starts_with("127.");
    let scheme = if loopback && next() & 1 == 1 { "http" } else { "https" };
    let port = match u16::from_be_bytes([next(), next()]) {
        0 => String::new(),
        port => format!(":{port}"),
    };
    let (id, token): ([u8; 16], [u8; 32]) = (std::array::from_fn(|_| next()), std::array::from_fn(|_| next()));
    let b64 = Base64UrlUnpadded::encode_string;
    let link = format!("{scheme}://{host}{port}/i#fkinv1.{}.{}", b64(&id), b64(&token));
    let link = match next() % 4 {
        1 => link.replacen(&host, &host.to_ascii_uppercase(), 1),
        _ => link,
    };
    let mailed = match next() % 4 {
        1 => format!("<{link}>"),
        2 => format!("  {link}\r\n"),
        _ => link.clone(),
    };
    let Ok(read) = InviteLink::read(mailed.as_bytes()) else { panic!("a good link is refused: {mailed:?}") };
    // EXPOSE: compared with what was made.
    let same = read.token().expose() == &token && read.invite_id().0 == id && read.origin().host() == host;
    assert!(same, "a good link is read as another: {mailed:?}");
    what_is_accepted_is_sound(mailed.as_bytes());
}

fn what_is_accepted_is_sound(data: &[u8]) {
    if let Ok(link) = InviteLink::read(data) {
        let text = std::str::from_utf8(data).expect("oracle: an accepted link is ASCII").trim_ascii();
        let text = text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text);
        is_sound(link.origin(), text);
        // EXPOSE: compared with what was read.
        let token = Base64UrlUnpadded::encode_string(link.token().expose());
        let canonical =
            format!("{}/i#fkinv1.{}.{token}", link.origin(), Base64UrlUnpadded::encode_string(&link.invite_id().0));
        assert!(text.ends_with(&canonical[link.origin().as_str().len()..]), "the link was not read as it stands");
        let again =
            InviteLink::read(canonical.as_bytes()).expect("oracle: the canonical form of an accepted link is accepted");
        assert!(
            again.origin() == link.origin()
                && again.invite_id() == link.invite_id()
                && again.token().matches(link.token())
        );
    }
    if let Some((text, origin)) = std::str::from_utf8(data).ok().and_then(|text| Some((text, Origin::read(text).ok()?)))
    {
        is_sound(&origin, text);
        assert_eq!(Origin::read(origin.as_str()).as_ref(), Ok(&origin), "an origin reads differently the second time");
    }
}

/// Whether `origin` is what `text` names.
fn is_sound(origin: &Origin, text: &str) {
    assert!(
        text.is_ascii() && !text.contains(|c: char| c.is_ascii_control() || matches!(c, '\\' | '%' | '@')),
        "a trick passed: {text:?}"
    );
    let (scheme, rest) = text.split_once("://").expect("oracle: an accepted text has a scheme");
    let authority = rest.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let shown = origin
        .as_str()
        .strip_prefix(scheme)
        .and_then(|rest| rest.strip_prefix("://"))
        .expect("oracle: the scheme is kept");
    let default = if scheme == "https" { ":443" } else { ":80" };
    assert!(shown == authority || format!("{shown}{default}") == authority, "{text:?} goes to {shown:?}");
    let host = origin.host();
    let loopback = host == "localhost"
        || host == "[::1]"
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|quad| quad.is_loopback());
    assert!(scheme == "https" || (scheme == "http" && loopback), "{text:?} is neither https nor loopback");
    let name = host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.');
    assert!(loopback || (name && host.contains('.')), "{host:?} is no registered name");
    assert!(loopback || !ends_in_a_number(host), "{host:?} is a number to some parser");
    let marked = host.split('.').any(|label| label.starts_with("xn--"));
    assert_eq!(marked, origin.needs_host_confirmation(), "{host:?}");
}
