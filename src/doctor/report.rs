//! What of a finding goes into a report for somebody outside the company: everything but names.
//!
//! Promise: a name that a finding holds (of a server, a proxy, a folder, an authority) is replaced
//! wherever it stands, in any case, and equal names by equal words, so that a reader still sees
//! what belongs together. Must never: shorten or reword what was found.

use super::DoctorFinding;
use super::folder::Folder;
use super::network::{Proxy, Shown};
use firstkey_core::wire::origin::Origin;

/// The shortest text that is taken for a name: shorter ones stand in other words.
const SHORTEST: usize = 3;

/// Names that were seen, with what stands in their place.
#[derive(Debug, Default)]
pub struct Names(Vec<(String, String)>);

impl Names {
    /// Knows a name; the first meaning of one stays.
    pub fn learn(&mut self, name: &str, instead: impl Into<String>) {
        let name = name.to_lowercase();
        if name.len() >= SHORTEST && !self.0.iter().any(|(known, _)| *known == name) {
            self.0.push((name, instead.into()));
            // The longest first: an address holds the name of its host.
            self.0.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        }
    }

    /// Knows a server, by its number.
    pub fn learn_server(&mut self, server: &Origin) {
        if self.0.iter().any(|(known, _)| *known == server.as_str().to_lowercase()) {
            return;
        }
        let number = 1 + self.0.iter().filter(|(_, instead)| instead.starts_with("https://<server")).count();
        let scheme = if server.is_loopback_http() { "http" } else { "https" };
        self.learn(server.as_str(), format!("{scheme}://<server {number}>"));
        self.learn(server.place(), format!("<server {number}>"));
        self.learn(server.host(), format!("<server {number}>"));
    }

    /// Knows what a finding names.
    pub fn learn_from(&mut self, found: &DoctorFinding) {
        match found {
            DoctorFinding::Folder(
                Folder::Absent { path, .. } | Folder::Refused { path, .. } | Folder::There { path, .. },
            ) => {
                self.learn(path, "<state folder>");
                if let Folder::Absent { above, .. } = found_folder(found) {
                    self.learn(above, "<folder above>");
                }
            }
            DoctorFinding::Proxy(Proxy::Named { shown, .. } | Proxy::Unusable { shown }) => {
                self.learn(shown, "<proxy>");
                let host = shown.rsplit_once("://").map_or(shown.as_str(), |(_, rest)| rest);
                self.learn(host.rsplit_once(':').map_or(host, |(host, _)| host), "<proxy>");
            }
            DoctorFinding::Managed(Ok(managed)) => {
                if let Some(server) = &managed.server {
                    self.learn_server(server);
                }
            }
            DoctorFinding::Name(name) => self.learn(&name.host, "<server>"),
            DoctorFinding::Shown(Shown::Chain(chain)) => {
                for certificate in chain.own.iter().chain(&chain.last) {
                    self.learn(certificate.subject.as_str(), "<name in the certificate>");
                    self.learn(certificate.issuer.as_str(), "<authority>");
                }
            }
            _ => {}
        }
    }

    /// The line without them.
    pub fn without(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for (name, instead) in &self.0 {
            line = replaced(&line, name, instead);
        }
        line.split(' ').map(without_address).collect::<Vec<_>>().join(" ")
    }
}

fn found_folder(found: &DoctorFinding) -> &Folder {
    match found {
        DoctorFinding::Folder(folder) => folder,
        _ => &Folder::Homeless,
    }
}

/// `name` is in lower case. What stands in the place of another is not read again.
fn replaced(line: &str, name: &str, instead: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, behind)) = split_at_name(rest, name) {
        out.push_str(before);
        // Inside of what was put there before, nothing is a name.
        let is_inside = out.rfind('<').is_some_and(|open| !out[open..].contains('>'));
        out.push_str(if is_inside { &rest[before.len()..rest.len() - behind.len()] } else { instead });
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// What stands before and behind the first place of that name, in any case.
fn split_at_name<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    for (at, _) in text.char_indices() {
        let mut left = name.chars();
        let mut end = at;
        for c in text[at..].chars() {
            let lower: Vec<char> = c.to_lowercase().collect();
            let rest = left.as_str();
            if rest.is_empty() || !lower.iter().all(|lower| left.next() == Some(*lower)) {
                break;
            }
            end += c.len_utf8();
            if left.as_str().is_empty() {
                return Some((&text[..at], &text[end..]));
            }
        }
    }
    None
}

/// A word that holds an address of mail says only that.
fn without_address(word: &str) -> String {
    let is_address = word.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
    if is_address { "<address>".to_owned() } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::Names;
    use firstkey_core::wire::origin::Origin;
    use proptest::prelude::*;

    fn names() -> Names {
        let mut names = Names::default();
        for server in ["https://accounts.example.org:8443", "https://keys.example.net"] {
            names.learn_server(&Origin::read(server).expect("an origin"));
        }
        names.learn("/home/ada/.local/state/firstkey", "<state folder>");
        names.learn("Example Inspection CA", "<authority>");
        names
    }

    #[test]
    fn names_are_replaced_wherever_they_stand_and_what_is_equal_stays_equal() {
        for (line, want) in [
            ("https://accounts.example.org:8443 answers", "https://<server 1> answers"),
            ("ACCOUNTS.EXAMPLE.ORG:8443, then accounts.example.org.", "<server 1>, then <server 1>."),
            ("keys.example.net has 2 addresses", "<server 2> has 2 addresses"),
            ("/home/ada/.local/state/firstkey/pin-1 is open", "<state folder>/pin-1 is open"),
            ("made by example inspection ca (Example Corp)", "made by <authority> (Example Corp)"),
            ("write to ada@example.org now", "write to <address> now"),
            ("nothing to hide", "nothing to hide"),
        ] {
            assert_eq!(names().without(line), want);
        }
    }

    #[test]
    fn what_stands_in_the_place_of_a_name_is_no_name() {
        let mut names = Names::default();
        names.learn("abc.example", "<server 1>");
        names.learn("server", "<proxy>");
        assert_eq!(names.without("abc.example by server"), "<server 1> by <proxy>");
    }

    proptest! {
        #[test]
        fn no_name_is_left_whatever_stands_around_it(before in ".{0,20}", behind in ".{0,20}") {
            let names = names();
            let host = "accounts.example.org";
            let line = names.without(&format!("{}{host}{}", before.replace('<', ""), behind));
            prop_assert!(!line.to_lowercase().contains(host), "{line}");
        }
    }
}
