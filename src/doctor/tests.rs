//! The judgements, by facts alone.

use super::certificate::Certificate;
use super::folder::{Folder, Remembered, Step, Writing};
use super::machine::{Closed, Locked, Memory, Stretching, Swap, Terminal};
use super::network::{Answer, Chain, Clock, Connection, Distrust, Name, Proxy, Shown};
use super::{DoctorFinding, Family, State, Tally};
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::stop::{LocalTrouble, NoAnswer, StorageTrouble};
use firstkey_core::wire::inbound::{Framing, Response};
use firstkey_core::wire::text::Printable;
use zeroize::Zeroizing;

const NOW: u64 = 1_795_798_800;
const DAY: u64 = 86_400;

fn terminal(columns: usize, hides_typing: bool, forgets: bool) -> State {
    DoctorFinding::Terminal(Some(Terminal { columns, term: None, hides_typing, forgets })).state()
}

#[test]
fn a_terminal_that_shows_passwords_is_bad_and_one_that_remembers_kits_or_is_narrow_wants_attention() {
    assert_eq!(terminal(80, true, true), State::Ok);
    assert_eq!(terminal(40, true, true), State::Ok);
    assert_eq!(terminal(39, true, true), State::Attention);
    assert_eq!(terminal(80, true, false), State::Attention);
    assert_eq!(terminal(80, false, true), State::Bad);
    assert_eq!(DoctorFinding::Terminal(None).state(), State::Attention, "a script needs none");
}

fn there(refused: &[&str], free_kib: Option<u64>) -> State {
    let refused = refused.iter().map(|name| ((*name).to_owned(), StorageTrouble::TooOpen)).collect();
    DoctorFinding::Folder(Folder::There { path: "/s".to_owned(), files: 3, refused, free_kib }).state()
}

#[test]
fn a_state_folder_is_as_good_as_the_store_finds_it() {
    assert_eq!(there(&[], Some(1 << 20)), State::Ok);
    assert_eq!(there(&[], None), State::Ok, "a system that does not say how much is free");
    assert_eq!(there(&[], Some(63 * 1024)), State::Attention);
    assert_eq!(there(&[], Some(1023)), State::Bad);
    assert_eq!(there(&["a.pin"], Some(1 << 20)), State::Bad);
    let absent =
        |can_be_made| DoctorFinding::Folder(Folder::Absent { path: String::new(), above: String::new(), can_be_made });
    assert_eq!([absent(true).state(), absent(false).state()], [State::Ok, State::Bad]);
    let refused = Folder::Refused { path: String::new(), trouble: StorageTrouble::TooOpen, mode: Some(0o777) };
    assert_eq!(DoctorFinding::Folder(refused).state(), State::Bad);
    assert_eq!(DoctorFinding::Folder(Folder::Homeless).state(), State::Bad);
    let failed = Writing::Failed { step: Step::Rename, trouble: StorageTrouble::ReadOnly };
    assert_eq!(
        [DoctorFinding::Writing(Writing::Done).state(), DoctorFinding::Writing(failed).state()],
        [State::Ok, State::Bad]
    );
    let counted = |unfinished| DoctorFinding::Remembered(Remembered::Counted { accounts: 0, unfinished }).state();
    assert_eq!([counted(0), counted(1)], [State::Ok, State::Attention]);
}

#[test]
fn memory_is_bad_where_the_default_profile_does_not_fit() {
    let fitting = |fits: &[Profile]| {
        let short = || Some(LocalTrouble::NotEnoughMemory { needed_kib: 2, available_kib: 1 });
        let profiles = Profile::ALL.map(|profile| (profile, if fits.contains(&profile) { None } else { short() }));
        DoctorFinding::Memory(Memory { available_kib: Some(1), profiles: profiles.to_vec() }).state()
    };
    assert_eq!(fitting(&Profile::ALL), State::Ok);
    assert_eq!(fitting(&[Profile::One, Profile::Two]), State::Ok, "the others are for organisations that ask for them");
    assert_eq!(fitting(&[Profile::One]), State::Bad);
    assert_eq!(fitting(&[]), State::Bad);
    let slow = Stretching::Took { profile: Profile::Two, ms: 600_000 };
    assert_eq!(DoctorFinding::Stretching(slow).state(), State::Ok, "slow is not bad");
    assert_eq!(DoctorFinding::Stretching(Stretching::NotTried).state(), State::Attention);
    assert_eq!(DoctorFinding::Stretching(Stretching::Failed(LocalTrouble::NoThreads)).state(), State::Bad);
}

#[test]
fn swap_wants_attention_only_on_a_disk_and_where_memory_is_not_locked() {
    const TITLES: &str = "Filename Type Size Used Priority\n";
    let small = Locked { typing: true, limit_kib: Some(8192) };
    let large = Locked { typing: true, limit_kib: None };
    let read = |lines: &str, locked| Swap::read(Some(&format!("{TITLES}{lines}")), locked);
    let state = |swap| DoctorFinding::Swap(swap).state();
    assert!(matches!(read("", &small), Swap::None));
    assert!(matches!(read("/dev/zram0 partition 4194304 0 100\n", &small), Swap::InMemory));
    assert!(matches!(Swap::read(None, &small), Swap::NotSaid));
    let disk = read("/dev/zram0 partition 4194304 0 100\n/swap.img file 2097148 12 -2\n", &small);
    assert!(matches!(disk, Swap::OnDisk { kib: 2_097_148, kept_out: false }), "{disk:?}");
    assert_eq!(state(disk), State::Attention);
    assert_eq!(state(read("/swap.img file 2097148 12 -2\n", &large)), State::Ok);
    assert_eq!(DoctorFinding::Locked(Locked { typing: false, limit_kib: Some(0) }).state(), State::Attention);
    assert_eq!(DoctorFinding::Closed(Closed { no_core_dumps: true, not_traceable: false }).state(), State::Attention);
    assert_eq!(DoctorFinding::Random(false).state(), State::Bad);
}

#[test]
fn a_clock_may_be_five_minutes_off_and_not_a_day() {
    let apart = |here: u64, there: u64| DoctorFinding::Clock(Clock { here, there: Some(there) }).state();
    assert_eq!(apart(NOW, NOW), State::Ok);
    assert_eq!(apart(NOW + 300, NOW), State::Ok);
    assert_eq!(apart(NOW + 301, NOW), State::Attention);
    assert_eq!(apart(NOW, NOW + 301), State::Attention);
    assert_eq!(apart(NOW, NOW + DAY + 1), State::Bad);
    assert_eq!(apart(NOW, NOW - 3650 * DAY), State::Bad);
    assert_eq!(DoctorFinding::Clock(Clock { here: NOW, there: None }).state(), State::Attention);
    assert_eq!(apart(0, u64::MAX), State::Bad);
}

fn chain(not_after: u64, distrust: Option<Distrust>) -> DoctorFinding {
    let name = || Printable::from_untrusted("x");
    let own = Certificate { subject: name(), issuer: name(), not_before: 0, not_after };
    DoctorFinding::Shown(Shown::Chain(Box::new(Chain {
        version: None,
        length: 1,
        own: Some(own),
        last: None,
        distrust,
        now: NOW,
    })))
}

#[test]
fn a_certificate_is_bad_if_the_connection_refused_it_and_for_no_other_reason() {
    assert_eq!(chain(NOW + 30 * DAY, None).state(), State::Ok);
    assert_eq!(chain(NOW + 6 * DAY, None).state(), State::Attention);
    assert_eq!(chain(NOW + 30 * DAY, Some(Distrust::UnknownIssuer)).state(), State::Bad);
    assert_eq!(chain(NOW - DAY, Some(Distrust::Ended)).state(), State::Bad);
    assert_eq!(DoctorFinding::Shown(Shown::Plain).state(), State::Ok);
}

#[test]
fn a_name_that_the_proxy_looks_up_need_not_be_known_here() {
    let name = |addresses, by_proxy| DoctorFinding::Name(Name { host: "h".to_owned(), addresses, by_proxy }).state();
    assert_eq!([name(Some(2), false), name(None, true)], [State::Ok, State::Ok]);
    assert_eq!([name(None, false), name(Some(0), false)], [State::Bad, State::Bad]);
    assert_eq!(DoctorFinding::Proxy(Proxy::Unusable { shown: "x".to_owned() }).state(), State::Bad);
}

fn answered(status: u16, content_type: &str, body: &str) -> Answer {
    Answer::of(&Response {
        status,
        content_type: Some(content_type.to_owned()),
        retry_after: None,
        signed: None,
        framing: Framing::Plain,
        body: Zeroizing::new(body.as_bytes().to_vec()),
    })
}

const PROBLEM: &str = "application/problem+json";

#[test]
fn what_answers_is_an_account_server_if_it_names_a_problem_of_the_protocol() {
    let problem = |name: &str| format!(r#"{{"type":"urn:firstkey:problem:{name}"}}"#);
    assert_eq!(answered(401, PROBLEM, &problem("session-ended")), Answer::Speaks);
    assert_eq!(answered(429, PROBLEM, &problem("too-many")), Answer::Away);
    assert_eq!(answered(503, "text/html", "<html>"), Answer::Away);
    assert_eq!(answered(401, PROBLEM, r#"{"type":"about:blank"}"#), Answer::Strange(401));
    assert_eq!(answered(200, "application/json", "{}"), Answer::Strange(200), "nobody was logged in");
    assert_eq!(answered(404, "application/json", "{}"), Answer::Strange(404));
    assert_eq!(answered(200, "text/html", "<html>"), Answer::WebPage);
    assert_eq!(answered(302, "text/html", ""), Answer::WebPage);
    let states = [Answer::Speaks, Answer::Strange(404), Answer::Away, Answer::WebPage]
        .map(|answer| DoctorFinding::Answer(answer).state());
    assert_eq!(states, [State::Ok, State::Attention, State::Bad, State::Bad]);
}

#[test]
fn the_first_bad_line_says_where_to_begin() {
    let mut tally = Tally::default();
    tally.count(&DoctorFinding::Terminal(None));
    assert_eq!(tally, Tally { attention: 1, bad: 0, first_bad: None });
    tally.count(&DoctorFinding::Connection(Connection::Failed(NoAnswer::NoConnection)));
    tally.count(&DoctorFinding::Clock(Clock { here: 0, there: Some(NOW) }));
    tally.count(&DoctorFinding::Answer(Answer::WebPage));
    assert_eq!(tally, Tally { attention: 1, bad: 3, first_bad: Some(Family::Network) });
    assert_eq!(DoctorFinding::Answer(Answer::WebPage).family(), Family::Server);
    assert_eq!(DoctorFinding::Random(false).family(), Family::Local);
}

#[test]
fn a_certificate_is_read_or_it_is_none() {
    use rcgen::{CertificateParams, DnType, KeyPair};
    let mut params = CertificateParams::new(vec!["accounts.example.org".to_owned()]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, "Inspection \u{1b}[31mCA");
    params.distinguished_name.push(DnType::OrganizationName, "Example Corp");
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2096, 1, 1);
    let der = params.self_signed(&KeyPair::generate().expect("a key")).expect("signed").der().to_vec();
    let read = Certificate::read(&der).expect("it is one");
    assert_eq!(read.issuer.as_str(), "Inspection <U+001B>[31mCA, Example Corp");
    assert_eq!((read.not_before, read.not_after), (1_577_836_800, 3_976_214_400));
    for length in 0..der.len() {
        assert_eq!(Certificate::read(&der[..length]), None, "{length} bytes of it");
    }
}
