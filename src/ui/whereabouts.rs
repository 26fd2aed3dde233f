//! What an answer to "Which server?" says, where people paste what they have: the name alone, the
//! lines of a kit, a whole kit, or the mail that invited them.
//!
//! Promise: of several lines only those count that say which they are; a kit that was pasted whole
//! is handed on whole. Must never: take a word of a sentence for a server, or keep the token of a
//! pasted link.

use super::code_in_text::{CodeKind, code_in};
use super::kit::{self, KitFacts};
use crate::pasted::{self, Found};
use firstkey_core::crypto::recovery::read_code;
use firstkey_core::wire::link::{InviteLink, LinkTrouble};
use firstkey_core::wire::named::{read_email, read_server};
use firstkey_core::wire::origin::Origin;

/// What was said.
pub(super) enum Whereabouts {
    /// The server, and whose account, if that was said too.
    At(Origin, Option<String>),
    /// A whole kit.
    Kit(Box<KitFacts>),
    /// A recovery code, which is asked for later.
    Code,
    /// None of these.
    Unclear(LinkTrouble),
}

/// Whether a text of one line holds a recovery code, which is not to be shown.
pub(super) fn holds_a_code(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| read_code(&code_in(text, CodeKind::Recovery)).is_ok())
}

/// Reads the answer; `known` are servers that the person may mean by their host alone.
pub(super) fn whereabouts(text: &[u8], known: &[Origin]) -> Whereabouts {
    let Ok(text) = std::str::from_utf8(text) else { return Whereabouts::Unclear(LinkTrouble::NotAscii) };
    if let Some(facts) = kit::read_kit_file(kit::unquoted(text).as_bytes()) {
        return Whereabouts::Kit(Box::new(facts));
    }
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if let [] | [_] = lines.as_slice() {
        if holds_a_code(text.as_bytes()) {
            return Whereabouts::Code;
        }
        let line = lines.first().copied().unwrap_or_default();
        if let Some(server) = flag(line, "--server").and_then(|name| read_server(name).ok()) {
            return Whereabouts::At(server, flag(line, "--account").and_then(read_email));
        }
        return match read_server(labelled(line, "server").unwrap_or(line)) {
            Ok(server) => Whereabouts::At(meant(server, known), None),
            Err(trouble) => Whereabouts::Unclear(trouble),
        };
    }
    let named = lines.iter().filter_map(|line| labelled(line, "server"));
    let labelled: Vec<_> = named.map(|name| read_server(name).ok()).collect();
    let linked = match of_invites(text) {
        Ok(linked) => linked,
        Err(trouble) => return Whereabouts::Unclear(trouble),
    };
    // Two lines are the two answers, typed ahead.
    let (server, email) = match (labelled.as_slice(), &linked, lines.as_slice()) {
        ([Some(first), rest @ ..], _, _) => {
            let says_one_thing = rest.iter().flatten().chain(&linked).all(|other| other == first);
            (Some(first.clone()).filter(|_| says_one_thing && !rest.contains(&None)), labelled_address(text))
        }
        ([], Some(linked), _) => (Some(linked.clone()), None),
        ([], None, [server, email]) => match (read_server(server), read_email(email)) {
            (Ok(server), Some(email)) => (Some(server), Some(email)),
            _ => (None, None),
        },
        _ => (None, None),
    };
    let mut servers = labelled.iter().flatten().chain(&linked);
    let are_several = servers.next().is_some_and(|first| servers.any(|other| other != first));
    match server {
        Some(server) => Whereabouts::At(meant(server, known), email),
        None if are_several => Whereabouts::Unclear(LinkTrouble::Several),
        None => Whereabouts::Unclear(LinkTrouble::NotAnInvite),
    }
}

/// The address in an answer to the second question: alone, in a line of a kit, or in a whole one.
pub(super) fn address(text: &str) -> Option<String> {
    if let Some(email) = labelled_address(text) {
        return Some(email);
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let only = lines.next().filter(|_| lines.next().is_none())?;
    read_email(flag(only, "--account").unwrap_or(only))
}

/// The address that a kit names, in a file or as it is shown.
pub(super) fn labelled_address(text: &str) -> Option<String> {
    text.lines().find_map(|line| read_email(labelled(line.trim(), "e-mail")?))
}

/// What a command gives to a flag.
fn flag<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let mut words = line.split_whitespace().skip_while(|word| *word != name);
    words.nth(1).map(|word| word.trim_matches('\''))
}

/// What stands behind `label` at the start of a line, as a kit has it: `server:  a.example`, or on
/// the screen `Server  a.example` with two blanks. One blank is a sentence.
fn labelled<'a>(line: &'a str, label: &str) -> Option<&'a str> {
    let line = line.trim_start_matches(['>', ' ']);
    let start = line.get(..label.len()).filter(|start| start.eq_ignore_ascii_case(label))?;
    let rest = &line[start.len()..];
    let value = rest.strip_prefix(':').or_else(|| rest.strip_prefix("  "))?.trim();
    (!value.is_empty()).then_some(value)
}

/// The server of the one invite link in a text, if there is one.
///
/// # Errors
/// There are several that differ.
fn of_invites(text: &str) -> Result<Option<Origin>, LinkTrouble> {
    match pasted::find(text.as_bytes(), None) {
        Found::One(link) => Ok(InviteLink::read(&link.text).ok().map(|link| link.origin().clone())),
        Found::Several(_) => Err(LinkTrouble::Several),
        Found::Unread(_) | Found::None(_) => Ok(None),
    }
}

/// A known server on another port, where the port was left out: sentences name it by its host.
fn meant(named: Origin, known: &[Origin]) -> Origin {
    if known.contains(&named) {
        return named;
    }
    // The scheme is left out more often than a port.
    if let Some(same) = known.iter().find(|origin| origin.place() == named.place()) {
        return same.clone();
    }
    if named.place() != named.host() {
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
            Whereabouts::Code | Whereabouts::Unclear(_) => None,
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
        assert_eq!(said("    Server  accounts.example.org"), at(server, None));
        assert_eq!(said(&kit::command(&kit(2))), at(server, email), "the command of the kit");
        assert_eq!(said("> server:   accounts.example.org\n> thanks"), at(server, None));
        assert_eq!(said("accounts.example.org\nada@example.org\n"), at(server, email), "typed ahead");
        let link =
            "https://accounts.example.org/i#fkinv1.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(said(&format!("Hello Ada,\nyour invite:\n{link}\nRegards\n")), at(server, None));
    }

    #[test]
    fn where_two_servers_are_named_none_is_chosen_and_a_signature_is_no_address() {
        let other = kit::for_file(&kit(2), MADE).replace("accounts.example.org", "keys.example.net");
        for text in
            ["server: a.example\nserver: b.example\n".to_owned(), format!("{}\n{other}", *kit::for_file(&kit(2), MADE))]
        {
            assert!(matches!(whereabouts(text.as_bytes(), &[]), Whereabouts::Unclear(LinkTrouble::Several)), "{text}");
        }
        let link =
            "https://accounts.example.org/i#fkinv1.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for text in [
            format!("server: accounts.evil.example\nhere it is\n{link}\n"),
            format!("server: accounts.evil.example\n{}", *kit::for_file(&kit(2), MADE)),
            "server: a.example\nserver: b.example\n".to_owned(),
            "please log in to the\nserver accounts.evil.example\nas usual\n".to_owned(),
        ] {
            assert_eq!(said(&text), None, "{text}");
        }
        let sentence = format!("please log in to the\nserver accounts.evil.example\nas usual\n{link}\n");
        assert_eq!(said(&sentence), at("https://accounts.example.org", None), "a sentence is no label");
        let signed = format!("{link}\n--\nE-Mail: helpdesk@corp.example\n");
        assert_eq!(said(&signed), at("https://accounts.example.org", None));
        let quoted: String = kit::for_file(&kit(2), MADE).lines().map(|line| format!("> {line}\n")).collect();
        assert_eq!(said(&quoted), at("kit https://accounts.example.org", Some("ada@example.org")));
    }

    #[test]
    fn a_code_is_no_server_and_is_known_before_it_is_shown() {
        let page = kit::for_file(&kit(2), MADE);
        let line = page.lines().find(|line| line.starts_with("recovery-code: ")).expect("a code");
        for text in [line, &line["recovery-code: ".len()..]] {
            assert!(holds_a_code(text.as_bytes()) && matches!(whereabouts(text.as_bytes(), &[]), Whereabouts::Code));
        }
        assert!(!holds_a_code(b"accounts.example.org"));
    }

    #[test]
    fn an_address_is_found_alone_and_in_a_kit() {
        let page = kit::for_file(&kit(2), MADE);
        let shown = kit::for_screen(&kit(2), MADE, 80);
        for text in
            ["ada@example.org", "  E-mail  ada@example.org", "e-mail: ada@example.org\n", page.as_str(), shown.as_str()]
        {
            assert_eq!(address(text).as_deref(), Some("ada@example.org"), "{text}");
        }
        for text in ["ada", "ada@example.org\nbob@example.org", "recovery-code: x", ""] {
            assert_eq!(address(text), None, "{text}");
        }
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
        assert_eq!(read("127.0.0.1:8080"), "http://127.0.0.1:8080", "as sentences name it");
        assert_eq!(read("127.0.0.1:9090"), "http://127.0.0.1:9090", "a port that was said is kept");
        assert_eq!(read("a.example:444"), "https://a.example:444");
        assert_eq!(read("a.example"), "https://a.example", "two are there: neither is guessed");
        assert_eq!(read("b.example"), "https://b.example");
    }
}
