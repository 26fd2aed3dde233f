//! What `firstkey doctor --json` prints; like [`super::script::Event`].
//!
//! Promise: stable names; whatever a program may want to know has a member of its own beside the
//! sentences. Must never: hold a secret, or text of a server that was not made safe.

use super::date;
use super::text::doctor::words;
use crate::doctor::certificate::Certificate;
use crate::doctor::folder::{Folder, Remembered};
use crate::doctor::machine::{Stretching, Swap};
use crate::doctor::network::{Answer, Distrust, Proxy, Shown, TlsVersion};
use crate::doctor::{DoctorFinding, Tally};
use crate::managed::{ManagedKey, path};
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::text::Printable;
use serde::Serialize;
use serde_json::{Value, json};

/// One line of findings.
#[derive(Serialize)]
struct Check<'a> {
    event: &'static str,
    id: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<&'a str>,
    #[serde(flatten)]
    facts: Value,
    message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    to_do: String,
}

/// The last line, where nothing is bad.
#[derive(Serialize)]
struct Examined {
    event: &'static str,
    ok: bool,
    attention: usize,
    bad: usize,
}

fn line(event: &impl Serialize) -> String {
    super::json_line::of(event)
}

/// The line of one finding; `server` is the one that it is about.
pub fn check(found: &DoctorFinding, server: Option<&str>) -> String {
    let (message, to_do) = words(found).in_two();
    let (id, state) = (found.id(), found.state().name());
    line(&Check { event: "check", id, state, server, facts: facts(found), message, to_do })
}

/// The last line, where nothing is bad.
pub fn examined(tally: &Tally) -> String {
    line(&Examined { event: "examined", ok: true, attention: tally.attention, bad: tally.bad })
}

fn facts(found: &DoctorFinding) -> Value {
    match found {
        DoctorFinding::Program(program) => {
            json!({"version": program.version, "system": program.system, "kernel": text(program.kernel.as_ref()), "features": program.features})
        }
        DoctorFinding::Terminal(None) => json!({"terminal": false}),
        DoctorFinding::Terminal(Some(terminal)) => json!({
            "terminal": true, "columns": terminal.columns, "term": text(terminal.term.as_ref()),
            "hides_typing": terminal.hides_typing, "forgets": terminal.forgets,
        }),
        DoctorFinding::Folder(folder) => of_folder(folder),
        DoctorFinding::Remembered(Remembered::Counted { accounts, unfinished }) => {
            json!({"accounts": accounts, "unfinished": unfinished})
        }
        DoctorFinding::Locked(locked) => json!({"typing": locked.typing, "limit_kib": locked.limit_kib}),
        DoctorFinding::Closed(closed) => {
            json!({"no_core_dumps": closed.no_core_dumps, "not_traceable": closed.not_traceable})
        }
        DoctorFinding::Swap(Swap::OnDisk { kib, kept_out }) => json!({"disk_kib": kib, "kept_out": kept_out}),
        DoctorFinding::Swap(Swap::None | Swap::InMemory) => json!({"disk_kib": 0}),
        DoctorFinding::Memory(memory) => {
            let fitting: Vec<_> = memory
                .profiles
                .iter()
                .filter(|(_, trouble)| trouble.is_none())
                .map(|(profile, _)| profile.id())
                .collect();
            json!({"available_kib": memory.available_kib, "fitting_profiles": fitting})
        }
        DoctorFinding::Stretching(Stretching::Took { profile, ms }) => {
            json!({"profile": profile.id(), "ms": u64::try_from(*ms).unwrap_or(u64::MAX)})
        }
        DoctorFinding::Proxy(Proxy::Named { shown, .. } | Proxy::Unusable { shown }) => json!({"proxy": shown}),
        DoctorFinding::Managed(Ok(managed)) => {
            let set: Vec<_> =
                ManagedKey::ALL.into_iter().filter(|key| managed.has(*key)).map(ManagedKey::name).collect();
            json!({"path": path(), "set": set, "server": managed.server.as_ref().map(Origin::as_str), "pinned": managed.realm.is_some()})
        }
        DoctorFinding::Managed(Err(_)) => json!({"path": path()}),
        DoctorFinding::Name(name) => json!({"host": name.host, "addresses": name.addresses, "by_proxy": name.by_proxy}),
        DoctorFinding::Shown(Shown::Plain) => json!({"tls": false}),
        DoctorFinding::Shown(Shown::Chain(chain)) => json!({
            "tls": chain.version.map(TlsVersion::name),
            "certificates": chain.length,
            "certificate": chain.own.as_ref().map(of_certificate),
            "last_certificate": chain.last.as_ref().map(of_certificate),
            "refused": chain.distrust.map(of_distrust),
        }),
        DoctorFinding::Answer(answer) => match answer {
            Answer::Speaks => json!({"answer": "account-server"}),
            Answer::Away => json!({"answer": "away"}),
            Answer::WebPage => json!({"answer": "web-page"}),
            Answer::Strange(status) => json!({"answer": "strange", "status": status}),
        },
        DoctorFinding::Clock(clock) => {
            json!({"here": date::rfc3339(clock.here), "there": clock.there.map(date::rfc3339), "seconds_apart": clock.apart()})
        }
        DoctorFinding::Writing(_)
        | DoctorFinding::Remembered(Remembered::Unusable(_))
        | DoctorFinding::Swap(Swap::NotSaid)
        | DoctorFinding::Stretching(Stretching::NotTried | Stretching::Failed(_))
        | DoctorFinding::Random(_)
        | DoctorFinding::Proxy(Proxy::None)
        | DoctorFinding::NoServer
        | DoctorFinding::Connection(_) => json!({}),
    }
}

fn of_folder(folder: &Folder) -> Value {
    match folder {
        Folder::Homeless => json!({"path": null}),
        Folder::Absent { path, .. } => json!({"path": path, "exists": false}),
        Folder::Refused { path, mode, .. } => {
            json!({"path": path, "exists": true, "mode": mode.map(|mode| format!("{mode:04o}"))})
        }
        Folder::There { path, files, refused, free_kib } => {
            let refused: Vec<_> = refused.iter().map(|(name, _)| name).collect();
            json!({"path": path, "exists": true, "files": files, "refused": refused, "free_kib": free_kib})
        }
    }
}

fn of_certificate(certificate: &Certificate) -> Value {
    json!({
        "subject": certificate.subject.as_str(), "issuer": certificate.issuer.as_str(),
        "not_before": date::rfc3339(certificate.not_before), "not_after": date::rfc3339(certificate.not_after),
    })
}

fn of_distrust(distrust: Distrust) -> &'static str {
    match distrust {
        Distrust::Ended => "ended",
        Distrust::NotBegun => "not-begun",
        Distrust::OtherName => "other-name",
        Distrust::UnknownIssuer => "unknown-issuer",
        Distrust::Revoked => "revoked",
        Distrust::Other => "other",
    }
}

fn text(printable: Option<&Printable>) -> Option<&str> {
    printable.map(Printable::as_str)
}
