//! What an answer to "Which server?" says, where people paste what they have: the name alone, the
//! lines of a kit, a whole kit, or the mail that invited them.
//!
//! Promise: of several lines only those count that say which they are; a kit that was pasted whole
//! is handed on whole. Must never: take a word of a sentence for a server, or keep the token of a
//! pasted link.

use super::kit::{self, KitFacts};
use crate::pasted::{self, Found};
use firstkey_core::wire::link::{InviteLink, LinkTrouble};
use firstkey_core::wire::named::{read_email, read_server};
use firstkey_core::wire::origin::Origin;

/// What was said.
pub(super) enum Whereabouts {
    /// The server, and whose account, if that was said too.
    At(Origin, Option<String>),
    /// A whole kit.
    Kit(Box<KitFacts>),
    /// Neither.
    Unclear(LinkTrouble),
}

/// Reads the answer; `known` are servers that the person may mean by their host alone.
pub(super) fn whereabouts(text: &[u8], known: &[Origin]) -> Whereabouts {
    if let Some(facts) = kit::read_kit_file(text) {
        return Whereabouts::Kit(Box::new(facts));
    }
    let Ok(text) = std::str::from_utf8(text) else { return Whereabouts::Unclear(LinkTrouble::NotAscii) };
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if let [] | [_] = lines.as_slice() {
        return match read_server(lines.first().unwrap_or(&"")) {
            Ok(server) => Whereabouts::At(meant(server, known), None),
            Err(trouble) => Whereabouts::Unclear(trouble),
        };
    }
    let value = |label: &str| lines.iter().find_map(|line| labelled(line, label));
    let server = value("server").and_then(|name| read_server(name).ok()).or_else(|| of_invite(text));
    // Two lines are the two answers, typed ahead.
    let (server, email) = match (server, lines.as_slice()) {
        (Some(server), _) => (Some(server), value("e-mail").and_then(read_email)),
        (None, [server, email]) => match (read_server(server), read_email(email)) {
            (Ok(server), Some(email)) => (Some(server), Some(email)),
            _ => (None, None),
        },
        (None, _) => (None, None),
    };
    match server {
        Some(server) => Whereabouts::At(meant(server, known), email),
        None => Whereabouts::Unclear(LinkTrouble::NotAnInvite),
    }
}

/// What stands behind `label` at the start of a line: `server:  a.example` or `Server  a.example`.
fn labelled<'a>(line: &'a str, label: &str) -> Option<&'a str> {
    let line = line.trim_start_matches(['>', ' ']);
    let start = line.get(..label.len()).filter(|start| start.eq_ignore_ascii_case(label))?;
    let rest = &line[start.len()..];
    rest.starts_with([':', ' ', '\t']).then(|| rest.trim_start_matches(':').trim())
}

/// The server of the one invite link in a text.
fn of_invite(text: &str) -> Option<Origin> {
    let Found::One(link) = pasted::find(text.as_bytes(), None) else { return None };
    InviteLink::read(&link.text).ok().map(|link| link.origin().clone())
}

/// A known server on another port, where the port was left out: sentences name it by its host.
fn meant(named: Origin, known: &[Origin]) -> Origin {
    let has_port = named.place() != named.host();
    if has_port || known.contains(&named) {
        return named;
    }
    let mut there = known.iter().filter(|origin| origin.host() == named.host());
    match (there.next(), there.next()) {
        (Some(only), None) => only.clone(),
        _ => named,
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::tests::{MADE, kit};
    use super::*;

    fn said(text: &str) -> Option<(String, Option<String>)> {
        match whereabouts(text.as_bytes(), &[]) {
            Whereabouts::At(server, email) => Some((server.as_str().to_owned(), email)),
            Whereabouts::Kit(facts) => Some((format!("kit {}", facts.origin), Some(facts.email))),
            Whereabouts::Unclear(_) => None,
        }
    }

    fn at(server: &str, email: Option<&str>) -> Option<(String, Option<String>)> {
        Some((server.to_owned(), email.map(str::to_owned)))
    }

    #[test]
    fn a_kit_its_lines_and_the_mail_name_the_server() {
        let (server, email) = ("https://accounts.example.org", Some("ada@example.org"));
        assert_eq!(said("accounts.example.org"), at(server, None));
        assert_eq!(said(&kit::for_file(&kit(2), MADE)), at("kit https://accounts.example.org", email));
        assert_eq!(said(&kit::for_screen(&kit(2), MADE, 80)), at(server, email), "as it was shown");
        assert_eq!(said("Server: accounts.example.org\nE-mail: ada@example.org\n"), at(server, email));
        assert_eq!(said("> server:   accounts.example.org\n> thanks"), at(server, None));
        assert_eq!(said("accounts.example.org\nada@example.org\n"), at(server, email), "typed ahead");
        let link =
            "https://accounts.example.org/i#fkinv1.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(said(&format!("Hello Ada,\nyour invite:\n{link}\nRegards\n")), at(server, None));
    }

    #[test]
    fn a_word_of_a_sentence_is_no_server() {
        for text in ["Hello\nAda\nhow are you", "Regards,\nAda", "a b\nc d", "ada@example.org\naccounts.example.org"] {
            assert_eq!(said(text), None, "{text}");
        }
    }

    #[test]
    fn a_host_alone_means_the_one_known_server_there_and_no_other() {
        let origin = |text: &str| Origin::read(text).expect("an origin");
        let known = [origin("http://127.0.0.1:8080"), origin("https://a.example:444"), origin("https://a.example:445")];
        let read = |text: &str| match whereabouts(text.as_bytes(), &known) {
            Whereabouts::At(server, _) => server.as_str().to_owned(),
            _ => panic!("{text}"),
        };
        assert_eq!(read("127.0.0.1"), "http://127.0.0.1:8080");
        assert_eq!(read("127.0.0.1:9090"), "https://127.0.0.1:9090", "a port that was said is kept");
        assert_eq!(read("a.example"), "https://a.example", "two are there: neither is guessed");
        assert_eq!(read("b.example"), "https://b.example");
    }
}
