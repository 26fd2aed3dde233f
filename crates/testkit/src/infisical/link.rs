//! Fuzz body: whatever is pasted for a link of the other dialect.
//!
//! Oracle: what is accepted goes to `https` or to loopback, looks like one, keeps every plus sign,
//! and reads the same again when it is written as a server writes it.

use firstkey_core::wire::link::InviteLink;
use firstkey_infisical::claims;
use firstkey_infisical::link::{Link, is_address, looks_like_one};

/// Reads `data`.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    let Ok(link) = Link::read(data) else { return };
    assert!(looks_like_one(data), "accepted, and not recognised");
    assert!(InviteLink::read(data).is_err(), "a link of both dialects");
    let origin = link.origin().as_str();
    assert!(origin.starts_with("https://") || link.origin().is_loopback_http(), "{origin}");
    let again = match &link {
        Link::Invite(invite) => {
            assert!(is_address(&invite.email) && invite.email.trim() == invite.email, "{:?}", invite.email);
            // EXPOSE: written again as a server writes it.
            let code = std::str::from_utf8(invite.code.expose()).expect("oracle: a code is hexadecimal");
            let to = invite.email.replace('%', "%25").replace('&', "%26").replace('#', "%23");
            format!("{origin}/signupinvite?token={code}&to={to}&organization_id={}", invite.organisation)
        }
        Link::Ticket(ticket) => {
            // EXPOSE: written again as a server writes it.
            let token = std::str::from_utf8(ticket.token.expose()).expect("oracle: a ticket is ASCII");
            if let Ok(claims) = claims::read(&ticket.token) {
                assert!(claims.username.bytes().chain(claims.email.bytes()).all(|byte| byte.is_ascii_graphic()));
                for name in [&claims.first_name, &claims.last_name] {
                    assert_eq!(super::super::seen::unfit(name), None, "{name:?}");
                }
            }
            let page = if ticket.completed { "login" } else { "signup" };
            format!("{origin}/{page}/sso?token={token}")
        }
        Link::SignInFirst { slug, .. } => format!("{origin}/api/v1/sso/redirect/saml2/organizations/{slug}"),
        Link::Reset(reset) => {
            // EXPOSE: written again as a server writes it.
            let code = std::str::from_utf8(reset.code.expose()).expect("oracle: a code is hexadecimal");
            let to = reset.email.replace('%', "%25").replace('&', "%26").replace('#', "%23");
            format!("{origin}/password-reset?token={code}&to={to}")
        }
    };
    let read = Link::read(again.as_bytes()).unwrap_or_else(|trouble| panic!("{trouble:?}: {again}"));
    let same = match (&link, &read) {
        (Link::Invite(a), Link::Invite(b)) => {
            a.email == b.email && a.organisation == b.organisation && a.code.matches(&b.code)
        }
        (Link::Ticket(a), Link::Ticket(b)) => a.token.matches(&b.token) && a.completed == b.completed,
        (Link::SignInFirst { slug: a, .. }, Link::SignInFirst { slug: b, .. }) => a == b,
        (Link::Reset(a), Link::Reset(b)) => a.email == b.email && a.code.matches(&b.code),
        _ => false,
    };
    assert!(same && read.origin() == link.origin(), "read differently the second time: {again}");
}
