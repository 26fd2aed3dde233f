//! Fuzz body: whatever is pasted for a link.
//!
//! Oracle: what is accepted is one line of ASCII, goes to `https` or to loopback, shows the host
//! that the text names, and reads the same again in canonical form.

use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::wire::link::InviteLink;
use firstkey_core::wire::origin::Origin;

/// Reads `data` as a link and as an origin.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
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
    assert!(
        loopback || (name && host.contains('.') && host.parse::<std::net::IpAddr>().is_err()),
        "{host:?} is no registered name"
    );
    let marked = host.split('.').any(|label| label.starts_with("xn--"));
    assert_eq!(marked, origin.needs_host_confirmation(), "{host:?}");
}
