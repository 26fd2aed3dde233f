//! One link in every form in which people get it, and what may not be made of a text.
#![allow(clippy::disallowed_methods, reason = "test data is read from a file")]

use super::*;
use base64ct::{Base64, Encoding};
use serde_json::Value;

const LINK: &str = "https://accounts.example.org/i#fkinv2.AAECAwQFBgcICQoLDA0ODw.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8.EBESExQVFhcYGRobHB0eHw";
const END: &str = "/i#fkinv2.AAECAwQFBgcICQoLDA0ODw.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8.EBESExQVFhcYGRobHB0eHw";

fn text(link: &FoundLink) -> String {
    String::from_utf8(link.text.to_vec()).expect("a link is ASCII")
}

/// The links that are found, and the code of the trouble.
fn found(bytes: &[u8]) -> (Vec<String>, Option<LinkTrouble>) {
    match find(bytes, None) {
        Found::One(link) => (vec![text(&link)], None),
        Found::Several(links) => (links.iter().map(text).collect(), None),
        Found::Unread(_) => panic!("there is no other dialect"),
        Found::None(trouble) => (Vec::new(), Some(trouble)),
    }
}

fn trouble(text: &str) -> Option<LinkTrouble> {
    found(text.as_bytes()).1
}

#[test]
fn in_every_mangled_form_the_link_that_was_mailed_is_found() {
    let file = include_str!("../../tests/data/mangled-links.json");
    let file: Value = serde_json::from_str(file).expect("JSON");
    let cases = file["cases"].as_array().expect("cases");
    assert!(cases.len() >= 60, "{} forms", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let bytes = match (case["text"].as_str(), case["base64"].as_str()) {
            (Some(text), _) => text.as_bytes().to_vec(),
            (_, Some(digits)) => Base64::decode_vec(digits).expect("base64"),
            _ => panic!("no text: {case}"),
        };
        let expected: Vec<String> = case["links"]
            .as_array()
            .expect("links")
            .iter()
            .filter_map(|link| Some(link.as_str()?.to_owned()))
            .collect();
        let (links, trouble) = found(&bytes);
        let as_expected = match case["trouble"].as_str() {
            Some("replaced") => trouble == Some(LinkTrouble::Replaced),
            _ => links == expected,
        };
        if !as_expected {
            wrong.push(format!("{}: {links:?} {trouble:?}\n  {}", case["name"], String::from_utf8_lossy(&bytes)));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn a_host_is_not_put_together_from_pieces() {
    for (given, why) in [
        ("https://accounts.example.com@evil.test", LinkTrouble::UserInfo),
        ("https://evil%2etest", LinkTrouble::Percent),
        ("https://accounts.example.com%40evil.test", LinkTrouble::Percent),
        ("https://accounts.example.com%2eevil.test", LinkTrouble::Percent),
        ("https://evil.test\\@accounts.example.com", LinkTrouble::Backslash),
        ("https://\u{435}\u{445}ample.com", LinkTrouble::NotAscii),
        ("https://evil\u{3002}test", LinkTrouble::NotAscii),
        ("https://evil\u{202e}tset", LinkTrouble::NotAscii),
        ("https://acc ounts.example.com", LinkTrouble::BadHost),
        ("https://10.0.0.1", LinkTrouble::IpLiteral),
        ("http://accounts.example.com", LinkTrouble::PlainHttp),
    ] {
        assert_eq!(trouble(&format!("{given}{END}")), Some(why), "{given}");
    }
    // Two lines of a text are no host; one width of all lines is what a program does.
    for (given, links) in [
        (format!("https://accounts.example\n.org.evil.test{END}"), 0),
        (format!("https://acc\nounts.example.com{END}"), 0),
        (format!("https://my-\nhost.example.com{END}"), 0),
    ] {
        assert_eq!(found(given.as_bytes()).0.len(), links, "{given}");
    }
}

#[test]
fn of_an_address_in_another_only_the_inner_host_counts() {
    for outer in ["https://safelinks.protection.outlook.com.evil.test/?url=", "https://evil.test/?next="] {
        let code = format!("https%3A%2F%2Faccounts.example.org{}", END.replace('/', "%2F").replace('#', "%23"));
        assert_eq!(found(format!("{outer}{code}").as_bytes()).0, [LINK]);
    }
    let evil = format!("https://urldefense.com/v3/__https://evil.test{}__;Iw!!a$", END.replace('#', "*"));
    assert_eq!(found(evil.as_bytes()).0, [format!("https://evil.test{END}")]);
}

#[test]
fn what_is_missing_is_said_and_never_guessed() {
    for (given, why) in [
        ("", LinkTrouble::Empty),
        (" \u{feff}\r\n <>", LinkTrouble::Empty),
        ("hello", LinkTrouble::NotAnInvite),
        ("https://accounts.example.org/i", LinkTrouble::CutOff { after_hash: false }),
        ("Go to https://accounts.example.org/i.", LinkTrouble::CutOff { after_hash: false }),
        (&LINK[..90], LinkTrouble::CutOff { after_hash: true }),
        (&LINK[..45], LinkTrouble::CutOff { after_hash: true }),
        (&format!("{}...", &LINK[..90]), LinkTrouble::CutOff { after_hash: true }),
        (&format!("{LINK}A"), LinkTrouble::Extra),
        (&format!("{LINK}_"), LinkTrouble::Extra),
        (&LINK.replace("Hh8", "Hh9"), LinkTrouble::Damaged),
        (&LINK.replace(".AAECAw", ".AAE+Aw"), LinkTrouble::Damaged),
        (&LINK.replace("fkinv2", "fkinv3"), LinkTrouble::WrongVersion),
        (&LINK.replace("/i#", "/i?x#"), LinkTrouble::WrongPath),
        (&LINK.replace("/i#", "/I#"), LinkTrouble::WrongPath),
        (&LINK.replace("/i#", "/j#"), LinkTrouble::WrongPath),
        ("https://accounts.example.org/login", LinkTrouble::WrongPath),
        ("Our page is http://example.org/100%25 and nothing else", LinkTrouble::NotAnInvite),
    ] {
        assert_eq!(trouble(given), Some(why), "{given}");
    }
    assert_eq!(found(&vec![b'x'; MAX_BYTES + 1]).1, Some(LinkTrouble::TooLong));
}

#[test]
fn a_text_of_the_largest_size_takes_no_longer_than_a_person_waits() {
    // Each is the worst for one of the readers; it is enough that this ends within the test.
    for piece in
        ["https://", "http%3A%2F%2F", "fkinv2.", "/v3/__", "/v2/url?", "aHR0c", "&#35;", "<a>", "=3D\n", "a\n", "%25"]
    {
        let text = piece.repeat(MAX_BYTES / piece.len());
        let _ = find(text.as_bytes(), None);
    }
}

#[test]
fn more_links_than_anybody_can_choose_between_are_refused() {
    let many: String = (b'A'..=b'Z')
        .map(|c| format!("{}\n", LINK.replace("fkinv2.AAEC", &format!("fkinv2.A{}EC", char::from(c)))))
        .collect();
    assert_eq!(trouble(&many), Some(LinkTrouble::Several));
}

#[cfg(feature = "infisical")]
mod other_dialect {
    use super::*;

    const INVITE: &str = "https://app.example.org/signupinvite?token=0123456789abcdef0123456789abcdef&to=ada+x@example.org&organization_id=0c6a7e0f-5a51-4a5c-8a35-0f8ac7f7d9a1";

    fn one(text: &str) -> Option<String> {
        match find(text.as_bytes(), Some(crate::infisical::links())) {
            Found::One(link) if link.of_dialect => Some(super::text(&link)),
            _ => None,
        }
    }

    fn encoded(text: &str) -> String {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect()
    }

    #[test]
    fn its_links_are_found_too() {
        let html = INVITE.replace('&', "&amp;");
        for text in [
            INVITE.to_owned(),
            format!("<{INVITE}>"),
            format!("Open {INVITE}."),
            format!("> {}\n> {}", &INVITE[..70], &INVITE[70..]),
            format!("{}\n{}\n{}\nBye", &INVITE[..60], &INVITE[60..120], &INVITE[120..]),
            format!("<a href=\"{html}\">Join</a>"),
            format!("[Join]({INVITE})"),
            format!("{INVITE}&source=gmail&ust=1&usg=A"),
            format!("https://x.safelinks.protection.outlook.com/?url={}&data=05%7C", encoded(INVITE)),
            format!("https://secure-web.cisco.com/1aB/{}", encoded(INVITE)),
            INVITE.replace('=', "=3D").replace("&to", "=\n&to"),
            INVITE.replace("https", "HTTPS"),
        ] {
            assert_eq!(one(&text).as_deref(), Some(INVITE), "{text}");
        }
        let ticket = "https://app.example.org/signup/sso?token=eyJhbGciOi.eyJhIjoxfQ.c2lnbmF0dXJl";
        for text in [ticket.to_owned(), format!("> {ticket}\n"), ticket.replace('=', "=3D")] {
            assert_eq!(one(&text).as_deref(), Some(ticket), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_one_its_own_reader_says() {
        for text in [&INVITE[..100], "undefined/signupinvite?token=a"] {
            assert!(matches!(find(text.as_bytes(), Some(crate::infisical::links())), Found::Unread(_)), "{text}");
        }
        let both = format!("{LINK}\n{INVITE}");
        assert!(
            matches!(find(both.as_bytes(), Some(crate::infisical::links())), Found::Several(links) if links.len() == 2)
        );
    }
}
