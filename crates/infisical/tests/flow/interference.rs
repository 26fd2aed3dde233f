//! Non-interference: of two runs with the same randomness and another secret, only the members that
//! `table.rs` names differ in what leaves for such a server. Everything else is equal, byte for
//! byte: number and order of the requests, methods, paths, tokens, order and presence of members,
//! sizes; and so is what is asked, stretched, waited for and kept between them, and when.
//!
//! The table is exact in both directions: a line that nothing needs is taken out.

mod accounts;
mod flows;
mod table;

use accounts::{Completed, INVITED, INVITED_CUT_OFF, Other, SIGNED_IN, SIGNED_IN_CUT_OFF, completed, secrets};
use firstkey_core::wire::json::{self, Value};
use firstkey_testkit::chance::Recorder;
use firstkey_testkit::infisical::fake::TICKETS_END;
use firstkey_testkit::infisical::person::{DialectFixture, ORIGIN, PASSWORD};
use flows::{FLOWS, NEW_KIT, Run, WAYS};
use std::collections::{BTreeMap, BTreeSet};
use table::MAY_DIFFER;

const NEW: &str = "another velvet tundra misprint cobra lunar 8";
const OTHER_NEW: &str = "saddle meadow copper violin thunder basket pepper marble candle ribbon 61";

/// Flows, secret, request, members.
type Line = (&'static [&'static str], &'static str, &'static str, &'static [&'static str]);

/// One request as far as it leaves.
struct Leaves {
    line: String,
    token: Option<String>,
    members: Vec<(String, String)>,
    size: usize,
}

/// What a run did that somebody else can see.
struct Trace {
    sent: Vec<Leaves>,
    /// Everything in its order, with what was asked, stretched, waited for and kept.
    order: Vec<String>,
}

impl Trace {
    fn of(fixture: &DialectFixture) -> Self {
        let sent = fixture.fake.log.iter().map(|logged| Leaves {
            line: format!("{} {}", logged.method, logged.path),
            token: logged.bearer.clone(),
            members: members(&logged.body),
            size: logged.body.len(),
        });
        Self { sent: sent.collect(), order: fixture.trace.clone() }
    }
}

fn members(body: &[u8]) -> Vec<(String, String)> {
    if body.is_empty() {
        return Vec::new();
    }
    let Ok(Value::Object(members)) = json::read(body) else { panic!("a body is an object") };
    let text = |value| if let Value::Text(text) = value { text } else { panic!("a member is a text") };
    members.into_iter().map(|(name, value)| (name, text(value))).collect()
}

/// The members in which two traces differ; anything else that differs is a failure at once.
fn differing(flow: &str, secret: &str, one: &Trace, other: &Trace) -> BTreeSet<(String, String)> {
    assert_eq!(one.order, other.order, "{flow}, {secret}: something else is done");
    let lines = |trace: &Trace| trace.sent.iter().map(|leaves| leaves.line.clone()).collect::<Vec<_>>();
    assert_eq!(lines(one), lines(other), "{flow}, {secret}: other requests");
    let names =
        |pairs: &[(String, String)]| pairs.iter().map(|(name, text)| (name.clone(), text.len())).collect::<Vec<_>>();
    let mut found = BTreeSet::new();
    for (a, b) in one.sent.iter().zip(&other.sent) {
        assert_eq!(a.token, b.token, "{flow}, {secret}: token of {}", a.line);
        assert_eq!(names(&a.members), names(&b.members), "{flow}, {secret}: members of {}", a.line);
        assert_eq!(a.size, b.size, "{flow}, {secret}: size of {}", a.line);
        let differ = a.members.iter().zip(&b.members).filter(|(a, b)| a != b);
        found.extend(differ.map(|((name, _), _)| (a.line.clone(), name.clone())));
    }
    found
}

/// What leaves while `run` plays on `account`, with these passwords typed.
fn played(run: Run, account: &Completed, old: &str, new: &str, rng: &mut Recorder) -> Trace {
    let mut fixture = DialectFixture::new(account.fake.clone());
    fixture.disk.clone_from(&account.disk);
    (fixture.old, fixture.new) = (old.as_bytes().to_vec(), [new.as_bytes().to_vec()].into());
    if account.pin.signs_in {
        fixture.links.push_back(format!("{ORIGIN}{}", fixture.fake.sign_in(0, TICKETS_END)));
    }
    let end = run(&mut fixture, rng, account);
    assert!(end.is_ok(), "{:?} {:?}", end.err(), fixture.told);
    Trace::of(&fixture)
}

type Seen = BTreeSet<(String, String, String, String)>;

fn note(seen: &mut Seen, flow: &str, secret: &str, one: &Trace, other: &Trace) {
    let found = differing(flow, secret, one, other);
    seen.extend(found.into_iter().map(|(request, member)| (flow.to_owned(), secret.to_owned(), request, member)));
}

/// Everything that differs, over every way to an account and every secret.
fn observed_on_the_way(seen: &mut Seen) {
    for (flow, begin, run) in WAYS {
        let play = |other: Other| {
            let (mut fixture, link) = begin();
            let is_made = fixture.new.is_empty();
            if !is_made {
                fixture.new = [other.password().as_bytes().to_vec()].into();
            }
            let mut rng = other.rng(42);
            let end = run(&mut fixture, &mut rng, link);
            assert!(end.is_ok(), "{flow}: {:?} {:?}", end.err(), fixture.told);
            (Trace::of(&fixture), rng.draws, is_made)
        };
        let (base, draws, is_made) = play(Other::Nothing);
        for (secret, other) in secrets(&draws, is_made) {
            note(seen, flow, secret, &base, &play(other).0);
        }
    }
}

/// Everything that differs, over every flow of an account that exists and every secret.
fn observed_afterwards(seen: &mut Seen) {
    let mut accounts = BTreeMap::new();
    for begun in [INVITED, SIGNED_IN, INVITED_CUT_OFF, SIGNED_IN_CUT_OFF] {
        let (mine, draws) = completed(begun, Other::Nothing);
        let others = secrets(&draws, false).into_iter().map(|(name, other)| (name, other, completed(begun, other).0));
        accounts.insert(begun, (mine, others.collect::<Vec<_>>()));
    }
    for (flow, begun, run, drawn) in FLOWS {
        let (mine, others) = &accounts[begun];
        let mut rng = Recorder::new(3);
        let base = played(*run, mine, PASSWORD, NEW, &mut rng);
        let lengths: Vec<_> = drawn.iter().map(|(secret, at)| (*secret, rng.draws[*at].len())).collect();
        let is_of_its_length = |(secret, length): &(&str, usize)| *length == if *secret == NEW_KIT { 16 } else { 32 };
        assert!(lengths.iter().all(is_of_its_length), "{flow}: {lengths:?}");
        for (secret, other, account) in others {
            let another = played(*run, account, other.password(), NEW, &mut Recorder::new(3));
            note(seen, flow, secret, &base, &another);
        }
        let another = played(*run, mine, PASSWORD, OTHER_NEW, &mut Recorder::new(3));
        note(seen, flow, "new password", &base, &another);
        for (secret, draw) in *drawn {
            let another = played(*run, mine, PASSWORD, NEW, &mut Recorder::with_another(3, *draw));
            note(seen, flow, secret, &base, &another);
        }
    }
}

/// What was seen, in the form of the table: lines that differ in the flow alone are one.
fn as_table(seen: &Seen) -> String {
    let mut members: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for (flow, secret, request, member) in seen {
        members.entry((secret, request, flow)).or_default().push(member);
    }
    let mut lines: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for ((secret, request, flow), members) in members {
        lines.entry((secret, request, members)).or_default().push(flow);
    }
    lines
        .into_iter()
        .map(|((secret, request, members), flows)| format!("({flows:?}, {secret:?}, {request:?}, &{members:?}),\n"))
        .collect()
}

#[test]
fn two_runs_with_the_same_randomness_and_another_secret_differ_in_the_named_members_alone() {
    let mut named = Seen::new();
    for (flows, secret, request, members) in MAY_DIFFER {
        for (flow, member) in flows.iter().flat_map(|flow| members.iter().map(move |member| (flow, member))) {
            named.insert([*flow, *secret, *request, *member].map(str::to_owned).into());
        }
    }
    let mut seen = Seen::new();
    observed_on_the_way(&mut seen);
    observed_afterwards(&mut seen);
    let (more, less): (Vec<_>, Vec<_>) = (seen.difference(&named).collect(), named.difference(&seen).collect());
    assert!(more.is_empty(), "a secret shows where it may not: {more:#?}\nall that was seen:\n{}", as_table(&seen));
    assert!(less.is_empty(), "named, and does not differ: {less:#?}");
}
