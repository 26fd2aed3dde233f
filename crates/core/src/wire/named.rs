//! An account as a person names it: a server and an e-mail address, typed or copied from somewhere.
//!
//! Promise: what passes is an [`Origin`] by the strict grammar of [`super::origin`]; nothing but
//! what people add to an address is taken off (blanks, quotation marks, `https://` left out, a path
//! behind it). Never: guesses a host, looks one up, or lets the token of a pasted link live on.

use super::link::LinkTrouble;
use super::origin::Origin;
use super::text::is_visible;

/// The longest address (RFC 5321 section 4.5.3.1.3, as text without the angle brackets).
const LONGEST_EMAIL: usize = 254;

/// Reads a server: `accounts.example.org`, `https://accounts.example.org/`, an invite link of that
/// server, or a line of a kit. Without a scheme it is `https`, and `http` on this machine's own
/// addresses alone. What stands behind the host is not looked at.
///
/// # Errors
/// What is wrong with it; [`LinkTrouble::UserInfo`] for an e-mail address.
pub fn read_server(typed: &str) -> Result<Origin, LinkTrouble> {
    let text = without_wrapping(typed, &["server:"]);
    if text.is_empty() {
        return Err(LinkTrouble::Empty);
    }
    let written = match text.split_once("://") {
        Some((scheme, rest)) => format!("{}://{rest}", scheme.to_ascii_lowercase()),
        // On a machine's own address there is no certificate as a rule; nothing else may be plain.
        None if Origin::split(&format!("http://{text}")).is_ok() => format!("http://{text}"),
        None => format!("https://{text}"),
    };
    Origin::split(&written).map(|(origin, _)| origin)
}

/// Reads an e-mail address; `None` for what can be none.
pub fn read_email(typed: &str) -> Option<String> {
    let text = without_wrapping(typed, &["e-mail:", "mailto:"]);
    is_address(text).then(|| text.to_owned())
}

/// Whether a text can be an address: visible characters around one last `@`.
pub(super) fn is_address(text: &str) -> bool {
    let is_whole = text.rsplit_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    is_whole && text.len() <= LONGEST_EMAIL && text.chars().all(is_visible)
}

/// What was typed, without what a person or a mail puts around it.
fn without_wrapping<'a>(typed: &'a str, labels: &[&str]) -> &'a str {
    let mut text = typed;
    loop {
        // What cannot be seen comes along from web pages and chats.
        let unseen = |c: char| !is_visible(c) && !c.is_control();
        let around = |c: char| c.is_whitespace() || unseen(c) || matches!(c, '<' | '>' | '"' | '\'');
        let mut bare = text.trim_matches(around).trim_end_matches(['.', ',', ';']);
        for label in labels {
            let is_labelled = bare.get(..label.len()).is_some_and(|start| start.eq_ignore_ascii_case(label));
            bare = if is_labelled { &bare[label.len()..] } else { bare };
        }
        if bare.len() == text.len() {
            return text;
        }
        text = bare;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::disclose::Email;
    use proptest::prelude::*;

    fn server(typed: &str) -> Option<String> {
        read_server(typed).ok().map(|origin| origin.as_str().to_owned())
    }

    #[test]
    fn what_has_no_scheme_is_plain_on_this_machine_alone() {
        for (typed, origin) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("localhost", "http://localhost"),
            ("https://localhost:8443", "https://localhost:8443"),
            ("accounts.example.org:8080", "https://accounts.example.org:8080"),
            ("localhost.example.org", "https://localhost.example.org"),
            ("127.0.0.1.example.org", "https://127.0.0.1.example.org"),
        ] {
            assert_eq!(server(typed).as_deref(), Some(origin), "{typed}");
        }
    }

    #[test]
    fn a_server_is_read_as_people_write_it() {
        for typed in [
            "accounts.example.org",
            "  Accounts.Example.ORG ",
            "https://accounts.example.org",
            "HTTPS://accounts.example.org/",
            "<https://accounts.example.org>.",
            "\"accounts.example.org\",",
            "server:        https://accounts.example.org",
            "accounts.example.org/i",
            "https://accounts.example.org/i#fkinv1.AAECAwQFBgcICQoLDA0ODw.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            "accounts.example.org:443",
        ] {
            assert_eq!(server(typed).as_deref(), Some("https://accounts.example.org"), "{typed}");
        }
        assert_eq!(server("http://127.0.0.1:8080/i#x").as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(server("accounts.example.org:8443").as_deref(), Some("https://accounts.example.org:8443"));
    }

    #[test]
    fn what_is_no_server_is_refused_with_its_reason() {
        for (typed, trouble) in [
            ("", LinkTrouble::Empty),
            ("  <> ", LinkTrouble::Empty),
            ("ada@example.org", LinkTrouble::UserInfo),
            ("http://accounts.example.org", LinkTrouble::PlainHttp),
            ("ftp://accounts.example.org", LinkTrouble::NotAnInvite),
            ("accounts", LinkTrouble::BadHost),
            ("10.0.0.1", LinkTrouble::IpLiteral),
            ("schl\u{fc}ssel.example", LinkTrouble::NotAscii),
            ("accounts.example.org evil.example", LinkTrouble::BadHost),
        ] {
            assert_eq!(read_server(typed).err(), Some(trouble), "{typed}");
        }
    }

    #[test]
    fn an_address_is_read_as_people_write_it_and_nothing_else_is_one() {
        for typed in ["ada@example.org", " <ada@example.org>", "mailto:ada@example.org", "e-mail: ada@example.org"] {
            assert_eq!(read_email(typed).as_deref(), Some("ada@example.org"), "{typed}");
        }
        assert_eq!(read_email("\u{feff}ada@example.org\u{200b} ").as_deref(), Some("ada@example.org"));
        assert_eq!(read_email("j\u{e9}r\u{f4}me@example.org").as_deref(), Some("j\u{e9}r\u{f4}me@example.org"));
        for typed in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada lovelace@example.org",
            "ada@example.org\u{1b}[2J",
            "a\u{200b}da@example.org",
        ] {
            assert_eq!(read_email(typed), None, "{typed}");
        }
        assert_eq!(read_email(&format!("{}@example.org", "a".repeat(250))), None);
    }

    proptest! {
        #[test]
        fn whatever_is_typed_passes_only_as_an_origin_that_reads_the_same_again(typed in ".{0,80}") {
            if let Ok(origin) = read_server(&typed) {
                prop_assert_eq!(Origin::read(origin.as_str()), Ok(origin));
            }
            if let Some(email) = read_email(&typed) {
                // What a person may type is what may be sent.
                prop_assert!(Email::read(&email).is_ok());
                prop_assert_eq!(read_email(&email), Some(email));
            }
        }
    }
}
