//! Every sentence of `firstkey doctor`: does it fit, and does whatever is not ok say what to do?

use super::{end, words};
use crate::doctor::certificate::Certificate;
use crate::doctor::folder::{Folder, Remembered, Step, Writing};
use crate::doctor::machine::{Closed, Locked, Memory, Program, Stretching, Swap, Terminal};
use crate::doctor::network::{Answer, Chain, Clock, Connection, Distrust, Name, Proxy, Shown, TlsVersion};
use crate::doctor::{DoctorFinding, Family, State, Tally};
use crate::managed::Managed;
use crate::port::proxy::ProxySource;
use crate::ui::{doctor_event, wrap::wrap};
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::stop::{LocalTrouble, NoAnswer, StorageTrouble};
use firstkey_core::wire::text::Printable;

const PATH: &str = "/home/ada/.local/state/firstkey";

fn storages() -> Vec<StorageTrouble> {
    use StorageTrouble as S;
    vec![S::NotOurs, S::TooOpen, S::Link, S::Full, S::ReadOnly, S::Exists, S::Missing, S::Damaged, S::TooLong, S::Other]
}

fn of_the_folder() -> Vec<DoctorFinding> {
    let path = || PATH.to_owned();
    let mut all = vec![
        DoctorFinding::Folder(Folder::Homeless),
        DoctorFinding::Folder(Folder::Absent { path: path(), above: "/home/ada".to_owned(), can_be_made: true }),
        DoctorFinding::Folder(Folder::Absent { path: path(), above: "/home/ada".to_owned(), can_be_made: false }),
        DoctorFinding::Folder(Folder::There { path: path(), files: 1, refused: Vec::new(), free_kib: Some(1 << 30) }),
        DoctorFinding::Folder(Folder::There { path: path(), files: 2, refused: Vec::new(), free_kib: Some(9) }),
        DoctorFinding::Writing(Writing::Done),
        DoctorFinding::Managed(Ok(Managed::default())),
        DoctorFinding::Managed(Managed::read("server = \"accounts.example.org\"")),
        DoctorFinding::Managed(Managed::read(
            "server = \"accounts.example.org\"\n[realm]\nid = \"9f1c2a4e-0b7d-4c55-8e0a-1d2f3a4b5c6d\"",
        )),
        DoctorFinding::Managed(Managed::read("sever = \"accounts.example.org\"")),
        DoctorFinding::Remembered(Remembered::Counted { accounts: 0, unfinished: 0 }),
        DoctorFinding::Remembered(Remembered::Counted { accounts: 2, unfinished: 1 }),
    ];
    for trouble in storages() {
        all.push(DoctorFinding::Folder(Folder::Refused { path: path(), trouble, mode: Some(0o777) }));
        let refused = vec![("01234567-89ab-cdef-0123-456789abcdef.pin".to_owned(), trouble)];
        all.push(DoctorFinding::Folder(Folder::There { path: path(), files: 2, refused, free_kib: None }));
        for step in [Step::Write, Step::Sync, Step::Rename, Step::Read, Step::Remove] {
            all.push(DoctorFinding::Writing(Writing::Failed { step, trouble }));
        }
        all.push(DoctorFinding::Remembered(Remembered::Unusable(LocalTrouble::State { trouble, path: path() })));
    }
    all
}

fn of_the_machine() -> Vec<DoctorFinding> {
    let mut all = vec![
        DoctorFinding::Program(Program {
            version: "0.1.0",
            features: &["age"],
            system: "linux x86_64".to_owned(),
            kernel: None,
        }),
        DoctorFinding::Terminal(None),
        DoctorFinding::Random(true),
        DoctorFinding::Random(false),
        DoctorFinding::Swap(Swap::NotSaid),
        DoctorFinding::Swap(Swap::None),
        DoctorFinding::Swap(Swap::InMemory),
        DoctorFinding::Swap(Swap::OnDisk { kib: 1 << 22, kept_out: true }),
        DoctorFinding::Swap(Swap::OnDisk { kib: 1 << 22, kept_out: false }),
        DoctorFinding::Stretching(Stretching::Took { profile: Profile::Two, ms: 1_234 }),
        DoctorFinding::Stretching(Stretching::NotTried),
        DoctorFinding::Stretching(Stretching::Failed(LocalTrouble::NoThreads)),
    ];
    for (one, other) in [(true, true), (true, false), (false, true), (false, false)] {
        let term = Some(Printable::from_untrusted("xterm-256color"));
        all.push(DoctorFinding::Terminal(Some(Terminal { columns: 30, term, hides_typing: one, forgets: other })));
        all.push(DoctorFinding::Closed(Closed { no_core_dumps: one, not_traceable: other }));
        all.push(DoctorFinding::Locked(Locked { typing: one, limit_kib: other.then_some(64) }));
        let short = |fits: bool| (!fits).then_some(LocalTrouble::NotEnoughMemory { needed_kib: 2, available_kib: 1 });
        let profiles =
            Profile::ALL.map(|profile| (profile, short(if profile == Profile::DEFAULT { one } else { other })));
        all.push(DoctorFinding::Memory(Memory {
            available_kib: other.then_some(300_000),
            profiles: profiles.to_vec(),
        }));
    }
    all
}

fn of_the_network() -> Vec<DoctorFinding> {
    use Distrust as D;
    use NoAnswer as N;
    let host = || "accounts.example.org".to_owned();
    let name = |addresses, by_proxy| DoctorFinding::Name(Name { host: host(), addresses, by_proxy });
    let shown = || "proxy.example.org:3128".to_owned();
    let mut all = vec![
        DoctorFinding::NoServer,
        DoctorFinding::Proxy(Proxy::None),
        DoctorFinding::Proxy(Proxy::Named { shown: shown(), source: ProxySource::Environment }),
        DoctorFinding::Proxy(Proxy::Named { shown: shown(), source: ProxySource::Managed }),
        DoctorFinding::Proxy(Proxy::Named { shown: shown(), source: ProxySource::System }),
        DoctorFinding::Proxy(Proxy::Unusable { shown: shown() }),
        name(Some(1), false),
        name(Some(2), false),
        name(None, false),
        name(None, true),
        DoctorFinding::Connection(Connection::Stands),
        DoctorFinding::Shown(Shown::Plain),
        DoctorFinding::Answer(Answer::Speaks),
        DoctorFinding::Answer(Answer::Away),
        DoctorFinding::Answer(Answer::WebPage),
        DoctorFinding::Answer(Answer::Strange(404)),
        DoctorFinding::Clock(Clock { here: 1_795_798_800, there: None }),
    ];
    for there in [1_795_798_800, 1_795_798_000, 1_795_700_000, 1_480_000_000, 2_111_000_000] {
        all.push(DoctorFinding::Clock(Clock { here: 1_795_798_800, there: Some(there) }));
    }
    for why in [N::NoSuchHost, N::NoConnection, N::Certificate, N::Broken, N::TimedOut, N::Busy] {
        all.push(DoctorFinding::Connection(Connection::Failed(why)));
    }
    let certificate = |issuer: &str, not_after| {
        let printable = |text: &str| Printable::from_untrusted(text);
        Some(Certificate {
            subject: printable("accounts.example.org"),
            issuer: printable(issuer),
            not_before: 1_700_000_000,
            not_after,
        })
    };
    let verdicts = [D::Ended, D::NotBegun, D::OtherName, D::UnknownIssuer, D::Revoked, D::Other].map(Some).into_iter();
    for distrust in verdicts.chain([None]) {
        for (own, last) in [
            (certificate("Example R3, Example Trust", 1_800_000_000), certificate("Example Root X1", 1_900_000_000)),
            (certificate("Example R3, Example Trust", 1_795_900_000), None),
            (None, None),
        ] {
            let chain = Chain { version: Some(TlsVersion::V13), length: 2, own, last, distrust, now: 1_795_798_800 };
            all.push(DoctorFinding::Shown(Shown::Chain(Box::new(chain))));
        }
    }
    all
}

pub(in crate::ui::text) fn all() -> Vec<DoctorFinding> {
    [of_the_folder(), of_the_machine(), of_the_network()].concat()
}

#[test]
fn every_finding_that_is_not_ok_says_what_to_do_and_every_one_that_is_does_not() {
    for found in all() {
        let words = words(&found);
        assert!(!words.title.is_empty() && !words.found.is_empty(), "{found:?}");
        let to_do = !words.next.is_empty();
        assert_eq!(to_do, found.state() != State::Ok, "{found:?} is {:?} and says {words:?}", found.state());
        assert!(words.found.iter().chain(&words.next).all(|line| line.is_ascii() && !line.contains('\n')), "{words:?}");
    }
}

#[test]
fn the_judgement_comes_first_and_forty_columns_are_enough() {
    for found in all() {
        let lines = words(&found).for_people(found.state());
        assert!(lines[0].ends_with(&format!(": {}", found.state().name())), "{lines:?}");
        let page = wrap(&lines.join("\n"), 40);
        for line in page.lines().filter(|line| !line.contains(PATH) && !line.contains(".pin")) {
            assert!(line.chars().count() <= 40, "{line:?}");
        }
    }
}

#[test]
fn the_last_words_say_how_many_and_where_to_begin() {
    let said = |attention, bad| {
        let first_bad = (bad > 0).then_some(Family::Local);
        end(&Tally { attention, bad, first_bad }).join("\n")
    };
    assert!(said(0, 0).contains("Everything is fine."));
    assert!(said(1, 0).contains("Nothing is bad. 1 line says attention."));
    assert!(said(2, 0).contains("2 lines say attention."));
    assert!(said(5, 1).contains("1 line says bad. Fix the first one,"));
    assert!(said(0, 2).contains("2 lines say bad."));
}

#[test]
fn each_finding_is_one_line_of_json_that_begins_with_event_id_and_state() {
    for found in all() {
        let line = doctor_event::check(&found, Some("https://accounts.example.org"));
        let begin = format!(r#"{{"event":"check","id":"{}","state":"{}""#, found.id(), found.state().name());
        assert!(line.starts_with(&begin) && line.ends_with("}\n") && line.lines().count() == 1, "{line}");
        let read: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(read.get("to_do").is_some(), found.state() != State::Ok, "{line}");
    }
}
