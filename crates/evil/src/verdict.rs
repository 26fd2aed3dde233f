//! Whether a client held: what the scenario expects, and what is checked every time without being
//! asked.
//!
//! Promises: every broken rule is named; a scenario whose lie was never told does not pass. Must
//! never: print a secret that it found.

use super::computer::{Computer, Entry, NEW_PASSWORD, PASSWORD};
use super::proxy::Play;
use super::scenario::{Case, Command, Stored};
use super::watch::Ran;
use firstkey_core::crypto::recovery::read_code;
use firstkey_needles::{Needles, SHORTEST};
use firstkey_server::Shown;
use firstkey_server::demo::proof;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a client may have had where it refused an offer before anything was made, in MiB: the least
/// profile alone needs 64.
const WITHOUT_STRETCHING: u64 = 32;
/// The same where it stretched a password, whose profile is never below the default.
const WITH_STRETCHING: u64 = 320;

const CLAIM: &str = "/v1/invites/claim";

/// Everything that a client may ever ask for.
const KNOWN: [(&str, &str); 18] = [
    ("POST", CLAIM),
    ("POST", "/v1/invites/join"),
    ("POST", "/v1/enrol/start"),
    ("POST", "/v1/enrol/complete"),
    ("POST", "/v1/login/params"),
    ("POST", "/v1/login/start"),
    ("POST", "/v1/login/finish"),
    ("POST", "/v1/logout"),
    ("POST", "/v1/account/password/start"),
    ("POST", "/v1/account/password"),
    ("POST", "/v1/account/kit"),
    ("POST", "/v1/account/statement"),
    ("POST", "/v1/directory"),
    ("POST", "/v1/recovery/start"),
    ("POST", "/v1/recovery/finish"),
    ("POST", "/v1/recovery/complete"),
    ("GET", "/v1/sessions"),
    ("DELETE", "/v1/sessions"),
];

/// Requests that change an account; the same bytes each time they are sent.
const CHANGES: [&str; 4] = ["/v1/enrol/complete", "/v1/account/password", "/v1/account/kit", "/v1/recovery/complete"];

/// What was there before and after.
pub(super) struct Held {
    pub(super) stored: Shown,
    pub(super) files: BTreeMap<String, Entry>,
}

/// All that is known of a run.
pub(super) struct Evidence<'a> {
    pub(super) case: &'a Case,
    pub(super) ran: &'a Ran,
    pub(super) play: &'a Play,
    /// How often somebody asked where nobody ever should.
    pub(super) astray: usize,
    pub(super) computer: &'a Computer,
    pub(super) before: &'a Held,
    pub(super) after: &'a Held,
    /// The invite's link.
    pub(super) link: Option<&'a str>,
}

/// What the client said at its end, where it speaks JSON.
pub(super) fn last_event(ran: &Ran) -> Option<Value> {
    let text = std::str::from_utf8(&ran.stdout).ok()?;
    serde_json::from_str(text.lines().last()?).ok()
}

/// Every rule that was broken.
pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<String> {
    let mut broken = Broken(Vec::new());
    evidence.lies_were_told(&mut broken);
    evidence.ended_as_expected(&mut broken);
    evidence.asked_for_nothing_else(&mut broken);
    evidence.spoke_safely(&mut broken);
    evidence.stayed_within(&mut broken);
    evidence.left_only_what_it_may(&mut broken);
    evidence.is_stored_as_expected(&mut broken);
    evidence.kept_its_secrets(&mut broken);
    broken.0
}

struct Broken(Vec<String>);

impl Broken {
    fn unless(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(what());
        }
    }
}

impl Evidence<'_> {
    fn asked(&self, path: &str) -> usize {
        self.play.requests.iter().filter(|seen| seen.path == path).count()
    }

    fn text(&self) -> (String, String) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&self.ran.stdout), text(&self.ran.stderr))
    }

    fn lies_were_told(&self, broken: &mut Broken) {
        broken.0.extend(self.play.troubles.iter().map(|trouble| format!("a lie could not be told: {trouble}")));
        for (lie, told) in self.play.lies.iter().zip(&self.play.told) {
            broken.unless(*told > 0, || format!("the lie `{}` at {} was never told", lie.deed, lie.path));
        }
    }

    fn ended_as_expected(&self, broken: &mut Broken) {
        let expect = &self.case.expect;
        let ran = self.ran;
        broken.unless(!ran.late, || format!("it had not ended after {} s", expect.limit.as_secs()));
        let exit = ran.exit.map_or_else(|| format!("signal {}", ran.signal.unwrap_or(0)), |exit| exit.to_string());
        broken.unless(ran.exit.is_some_and(|exit| expect.exit.contains(&exit)), || {
            format!("it ended with {exit}, not with {:?}", expect.exit)
        });
        let last = last_event(ran).unwrap_or(Value::Null);
        let message = last["message"].as_str().unwrap_or_default();
        if !self.case.words {
            let code = last["code"].as_str().unwrap_or("none");
            broken.unless(expect.code.is_empty() || expect.code.iter().any(|expected| expected == code), || {
                format!("its code was {code}, not {:?}", expect.code)
            });
            let ended_well = ran.exit == Some(0);
            broken.unless(last["ok"] == Value::Bool(ended_well), || {
                "the last line of its output does not say how it ended".to_owned()
            });
            broken.unless(ended_well || message.len() > 20, || "it did not say what happened".to_owned());
        }
        let (stdout, stderr) = self.text();
        for text in &expect.says {
            broken.unless([message, &stdout, &stderr].iter().any(|said| said.contains(text.as_str())), || {
                format!("it did not say {text:?}")
            });
        }
    }

    fn asked_for_nothing_else(&self, broken: &mut Broken) {
        let requests = &self.play.requests;
        let expect = &self.case.expect;
        let last = requests.last().map(|seen| seen.path.as_str());
        if let Some(expected) = &expect.last_path {
            broken.unless(last == Some(expected), || {
                format!("its last request was {}, not {expected}", last.unwrap_or("none"))
            });
        }
        if let (Some(times), Some(lie)) = (expect.times, self.case.lies.first()) {
            let asked = self.asked(&lie.path);
            broken.unless(asked == times, || format!("it asked {} {asked} times, not {times}", lie.path));
        }
        for seen in requests {
            let known = KNOWN.contains(&(seen.method.as_str(), seen.path.as_str()))
                || (seen.method == "DELETE" && seen.path.starts_with("/v1/sessions/"));
            broken.unless(known, || format!("it asked for {} {}, which no client does", seen.method, seen.path));
        }
        for path in CHANGES {
            let mut bodies: Vec<&[u8]> =
                requests.iter().filter(|seen| seen.path == path).map(|seen| seen.body.as_slice()).collect();
            bodies.dedup();
            broken.unless(bodies.len() <= 1, || format!("it sent two different requests to {path}"));
        }
        broken.unless(self.astray == 0, || format!("it asked another server than the invite's, {} times", self.astray));
    }

    fn spoke_safely(&self, broken: &mut Broken) {
        let (stdout, stderr) = self.text();
        for (name, text) in [("output", &stdout), ("standard error", &stderr)] {
            let bad = text.chars().find(|c| acts(*c));
            broken.unless(bad.is_none(), || format!("its {name} holds {bad:?}, which acts on a terminal"));
            for trace in ["panicked at", "Error(", "RUST_BACKTRACE", "{:?}"] {
                broken.unless(!text.contains(trace), || format!("its {name} holds {trace:?}"));
            }
        }
        if !self.case.words {
            for line in stdout.lines() {
                let bad = match serde_json::from_str::<Value>(line) {
                    Ok(value) => find_acting(&value),
                    Err(_) => Some("a line that is no JSON".to_owned()),
                };
                broken.unless(bad.is_none(), || format!("its output holds {}", bad.unwrap_or_default()));
            }
        }
    }

    fn stayed_within(&self, broken: &mut Broken) {
        let stretched = self.play.requests.iter().any(|seen| seen.path != CLAIM)
            || !matches!(self.case.command, Command::Accept)
            || self.ran.exit == Some(0);
        let usual = if stretched { WITH_STRETCHING } else { WITHOUT_STRETCHING };
        let bound = self.case.expect.memory_mib.unwrap_or(usual);
        let peak = self.ran.peak_kib / 1024;
        broken.unless(peak <= bound, || format!("it took {peak} MiB of memory, more than {bound}"));
        broken.unless(self.ran.signal.is_none() || self.ran.late, || "a signal ended it".to_owned());
    }

    fn left_only_what_it_may(&self, broken: &mut Broken) {
        let ended_well = self.ran.exit == Some(0);
        for (name, found) in &self.after.files {
            let open = found.mode & 0o077 != 0;
            broken.unless(!open, || format!("{name} is open to others: mode {:03o}", found.mode));
            let known = match name.strip_prefix("state/") {
                Some(inside) => is_state(inside),
                None => found.is_folder && name == "state" || self.before.files.contains_key(name) || is_kit(name),
            };
            broken.unless(known, || format!("it left a file that nobody knows: {name}"));
            let pending = std::path::Path::new(name).extension().is_some_and(|end| end == "pending");
            broken.unless(!(pending && ended_well), || format!("it ended well and left {name}"));
        }
        let made_kit = self.after.files.keys().any(|name| is_kit(name) && !self.before.files.contains_key(name));
        let uploaded =
            ["/v1/enrol/complete", "/v1/account/kit", "/v1/recovery/complete"].iter().any(|path| self.asked(path) > 0);
        broken.unless(made_kit == uploaded, || {
            let (kit, upload) = (if made_kit { "a" } else { "no" }, if uploaded { "an" } else { "no" });
            format!("there is {kit} new kit, and {upload} upload of what it opens")
        });
        if !ended_well {
            let remembered = |held: &Held| -> Vec<(String, Option<Vec<u8>>)> {
                let kept = held.files.iter().filter(|(name, _)| {
                    let end = std::path::Path::new(name).extension();
                    end.is_some_and(|end| end == "pin" || end == "peer")
                });
                kept.map(|(name, found)| (name.clone(), found.contents.clone())).collect()
            };
            broken.unless(remembered(self.before) == remembered(self.after), || {
                "what it remembers of accounts was changed, though it did not end well".to_owned()
            });
        }
    }

    fn is_stored_as_expected(&self, broken: &mut Broken) {
        let (before, after) = (&self.before.stored, &self.after.stored);
        let same = format!("{before:?}") == format!("{after:?}");
        match self.case.expect.stored {
            Stored::Nothing => broken.unless(after.envelopes.is_none(), || "the server holds keys".to_owned()),
            Stored::Unchanged => broken.unless(same, || "what the server holds was changed".to_owned()),
            Stored::Changed => broken.unless(!same, || "what the server holds was not changed".to_owned()),
            Stored::One => match self.computer.newest_kit() {
                None => broken.0.push("there is no kit that could open what the server holds".to_owned()),
                Some(kit) => match proof::open(&kit, after) {
                    Ok((opened, _)) => {
                        let last = last_event(self.ran).unwrap_or(Value::Null);
                        let told = last["fingerprint"].as_str();
                        broken.unless(told.is_none_or(|told| told == opened.fingerprint), || {
                            "it named another fingerprint than that of the stored keys".to_owned()
                        });
                    }
                    Err(error) => broken.0.push(format!("what the server holds does not open with the kit: {error}")),
                },
            },
        }
    }

    fn kept_its_secrets(&self, broken: &mut Broken) {
        let mut secrets = Needles::default();
        secrets.add("the password", PASSWORD.as_bytes());
        secrets.add("the new password", NEW_PASSWORD.as_bytes());
        for kit in self.computer.kits() {
            let Some(written) = proof::code_in(&kit) else { continue };
            secrets.add("the recovery code", written.as_bytes());
            let symbols: String = written.chars().filter(char::is_ascii_alphanumeric).collect();
            secrets.add("the recovery code", symbols.as_bytes());
            secrets.add("the recovery code", symbols.to_lowercase().as_bytes());
            if let Ok(code) = read_code(written) {
                secrets.add("the recovery code", code.expose());
            }
            if let Ok((opened, _)) = proof::open(&kit, &self.after.stored) {
                for (name, secret) in opened.secrets() {
                    secrets.add(name, secret);
                }
            }
        }
        let mut token = Needles::default();
        // A case may cut the link down to what would be found by chance; then it is no token any
        // more.
        let fragment = self.link.and_then(|link| link.split_once('#')).map(|(_, fragment)| fragment);
        // The third part, behind the version and the id.
        let written = fragment.and_then(|parts| parts.split('.').nth(2)).filter(|token| token.len() >= SHORTEST);
        if let Some(written) = written {
            token.add("the invite's token", written.as_bytes());
        }
        for (number, seen) in (1..).zip(&self.play.requests) {
            let bytes = seen.bytes();
            for found in secrets.found_in(&bytes) {
                broken.0.push(format!("LEAK: request {number}, to {}, holds {found}", seen.path));
            }
            if seen.path != CLAIM || seen.head.contains("#fkinv") {
                for found in token.found_in(&bytes) {
                    broken.0.push(format!("LEAK: request {number}, to {}, holds {found}", seen.path));
                }
            }
        }
        let mut places = vec![("its output", &self.ran.stdout), ("its standard error", &self.ran.stderr)];
        places.extend(
            self.after
                .files
                .iter()
                .filter(|(name, _)| name.starts_with("state/"))
                .filter_map(|(name, found)| Some((name.as_str(), found.contents.as_ref()?))),
        );
        for (place, bytes) in places {
            for found in secrets.found_in(bytes).into_iter().chain(token.found_in(bytes)) {
                broken.0.push(format!("LEAK: {place} holds {found}"));
            }
        }
    }
}

/// Whether a terminal does something at it, or hides or turns what follows.
fn acts(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn find_acting(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            text.chars().find(|c| acts(*c)).map(|c| format!("a text with {c:?}, which acts on a terminal"))
        }
        Value::Array(list) => list.iter().find_map(find_acting),
        Value::Object(members) => members.values().find_map(find_acting),
        _ => None,
    }
}

fn is_state(name: &str) -> bool {
    let Some((stem, end)) = name.rsplit_once('.') else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !stem.is_empty()
        && stem.chars().all(plain)
        && matches!(end, "pin" | "pending" | "peer" | "audit" | "defaults" | "tried")
}

fn is_kit(name: &str) -> bool {
    matches!(name, "kit.txt" | "new-kit.txt")
}
