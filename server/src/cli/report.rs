//! `check --report`: what was found and what there is, in one block for a ticket outside the
//! company.
//!
//! Promise: whatever looks like the name of a host, an address, a path or a number of a network is
//! replaced, and names that the server knows are replaced too; equal ones by equal words. Must
//! never: trust that a message of another program holds none.

use crate::admin::OrganisationShown;
use crate::check::Finding;
use crate::realm::Realm;
use std::collections::BTreeMap;
use std::path::Path;

/// What this program itself writes and is nobody's name.
const OURS: [&str; 3] = ["firstkey-server.service", "firstkey-server.toml", "firstkey-server.example.toml"];
/// Signs around a word that do not belong to it.
const AROUND: &[char] = &['(', ')', '"', '\'', '`', ',', ';', ':', '.', '<', '>', '!', '?', '[', ']', '{', '}'];

/// Replaces names, and remembers what by.
#[derive(Default)]
struct Scrub {
    /// Names that are known, in lower case, the longest first.
    known: Vec<(String, String)>,
    seen: BTreeMap<String, String>,
    counts: BTreeMap<&'static str, usize>,
}

impl Scrub {
    fn know(&mut self, name: &str, kind: &'static str) {
        let name = name.trim().to_lowercase();
        if name.chars().count() >= 3 && !self.known.iter().any(|(known, _)| *known == name) {
            let instead = self.number(kind);
            self.seen.insert(name.clone(), instead.clone());
            self.known.push((name, instead));
            self.known.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        }
    }

    fn number(&mut self, kind: &'static str) -> String {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        format!("<{kind}-{count}>")
    }

    fn without(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, instead) in &self.known {
            while let Some(at) = text.to_lowercase().find(name.as_str()) {
                // Small letters that are longer than capital ones: places do not fit, all goes.
                if text.to_lowercase().len() != text.len() || instead.contains(name.as_str()) {
                    "<left out>".clone_into(&mut text);
                    break;
                }
                text.replace_range(at..at + name.len(), instead);
            }
        }
        text.split(' ').map(|word| self.word(word)).collect::<Vec<_>>().join(" ")
    }

    fn word(&mut self, word: &str) -> String {
        let bare = word.trim_matches(AROUND);
        let Some(kind) = kind_of(bare) else { return word.to_owned() };
        let bare_key = bare.to_lowercase();
        let known = self.seen.get(&bare_key).cloned();
        let instead = known.unwrap_or_else(|| self.number(kind));
        self.seen.insert(bare_key, instead.clone());
        word.replacen(bare, &instead, 1)
    }
}

/// What kind of name a word is, if it is one.
fn kind_of(word: &str) -> Option<&'static str> {
    if word.is_empty() || OURS.contains(&word) || word.starts_with("docs/") || word.contains(['<', '>']) {
        return None;
    }
    if word.contains('@') {
        return Some("address");
    }
    if word.contains("://") {
        return Some("url");
    }
    if word.starts_with('/') && word.len() > 1 && !["/healthz", "/readyz", "/metrics"].contains(&word) {
        return Some("path");
    }
    let host = word.split_once(['/', ':']).filter(|(host, _)| host.contains('.')).map_or(word, |(host, _)| host);
    if host.parse::<std::net::IpAddr>().is_ok() || format!("[{word}").parse::<std::net::SocketAddr>().is_ok() {
        return Some("ip");
    }
    let labels: Vec<&str> = host.split('.').collect();
    let is_label =
        |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    let is_host = labels.len() > 1
        && labels.iter().all(is_label)
        && labels.last().is_some_and(|last| last.chars().any(char::is_alphabetic));
    is_host.then_some("host")
}

/// The lines of the block.
pub(super) async fn lines(found: &[Finding], folder: Option<&Path>, realm: Option<&Realm>) -> Vec<String> {
    let mut scrub = Scrub::default();
    let mut lines = vec![
        "----- firstkey-server check -----".to_owned(),
        format!("version        {} on {} {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH),
    ];
    if let Some(folder) = folder {
        scrub.know(&folder.to_string_lossy(), "path");
    }
    if let Some(realm) = realm {
        scrub.know(realm.origin().host(), "server");
        lines.extend(counted(realm, &mut scrub).await);
    }
    for finding in found {
        let mark = if finding.ok { "ok" } else { "WRONG" };
        lines.push(format!("{mark:<6} {:<14} {}", finding.what, scrub.without(&finding.says)));
        lines.extend(finding.todo.as_ref().map(|todo| format!("{:<21} {}", "", scrub.without(todo))));
    }
    lines.push("----- end -----".to_owned());
    lines
}

/// How much there is of what; knows the names of organisations from then on.
async fn counted(realm: &Realm, scrub: &mut Scrub) -> Vec<String> {
    let kind = if realm.store.is_a_file() { "SQLite" } else { "PostgreSQL" };
    let mut lines = vec![format!("database       {kind}")];
    let orgs: Vec<OrganisationShown> = realm.organisations().await.unwrap_or_default();
    for org in &orgs {
        scrub.know(&org.name, "organisation");
    }
    lines.push(format!(
        "organisations  {}, with {} people",
        orgs.len(),
        orgs.iter().map(|org| org.people).sum::<i64>()
    ));
    if let Ok(numbers) = realm.store.numbers(realm.clock.now()).await {
        lines.push(format!(
            "accounts       {} invited, {} complete, {} removed",
            numbers.accounts_invited, numbers.accounts_complete, numbers.accounts_removed
        ));
        let waiting: Vec<String> = numbers
            .people_waiting
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(reason, count)| format!("{count} {reason}"))
            .collect();
        lines.push(format!(
            "waiting        {}",
            if waiting.is_empty() { "nobody".to_owned() } else { waiting.join(", ") }
        ));
        lines.push(format!(
            "letters        {} wait, {} given up, {} came back; {} live invitations",
            numbers.letters_waiting, numbers.letters_given_up, numbers.letters_bounced, numbers.invites_live
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::Scrub;

    #[test]
    fn names_of_hosts_addresses_paths_and_organisations_are_left_out_and_the_rest_stays() {
        let mut scrub = Scrub::default();
        scrub.know("Example Corp", "organisation");
        scrub.know("accounts.example.org", "server");
        scrub.know("/srv/my keys", "path");
        for (line, want) in [
            (
                "may listen on 10.0.0.7:443 for https://accounts.example.org",
                "may listen on <ip-1> for https://<server-1>",
            ),
            ("for Accounts.Example.ORG, until 2027-01-01 00:00 UTC", "for <server-1>, until 2027-01-01 00:00 UTC"),
            ("the token of EXAMPLE CORP expires 2027-01-01", "the token of <organisation-1> expires 2027-01-01"),
            ("/srv/my keys/server.key is a link", "<path-1>/server.key is a link"),
            ("/var/lib/firstkey is accessible only to its owner", "<path-2> is accessible only to its owner"),
            ("(/var/lib/firstkey) again", "(<path-2>) again"),
            ("550 5.7.1 relay.corp.example said no to it@example.org.", "550 5.7.1 <host-1> said no to <address-1>."),
            ("db1.corp.example:5432: connection refused", "<host-2>: connection refused"),
            ("[2001:db8::7]:25 and 10.0.0.7:443", "[<ip-2> and <ip-1>"),
            ("Choose one of the setups in docs/RUNNING.md.", "Choose one of the setups in docs/RUNNING.md."),
            (
                "Ports below 1024 are root's. Use the unit firstkey-server.service",
                "Ports below 1024 are root's. Use the unit firstkey-server.service",
            ),
            ("version 0.1.0, TLS 1.3, 3.5 seconds", "version 0.1.0, TLS 1.3, 3.5 seconds"),
        ] {
            assert_eq!(scrub.without(line), want);
        }
    }
}
