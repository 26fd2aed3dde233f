//! Non-interference: of two runs with the same randomness and another secret, only the members that
//! `table.rs` names differ in what leaves for such a server. Everything else is equal, byte for
//! byte: number and order of the requests, methods, paths, tokens, order and presence of members,
//! sizes; and so is what is asked, stretched, waited for and kept between them, and when.
//!
//! The table is exact in both directions: a line that nothing needs is taken out.

mod table;

use super::invited;
use firstkey_core::wire::json::{self, Value};
use firstkey_infisical::flow::accept::accept;
use firstkey_infisical::flow::{
    DialectAccount, DialectDone, DialectOptions, DialectStop, KitCheck, Recovery, change, recover, renew_kit, verify,
};
use firstkey_infisical::kit::Kit;
use firstkey_infisical::pin::Pin;
use firstkey_testkit::chance::Recorder;
use firstkey_testkit::infisical::fake::{Era, Fake, Lie, Membership, OTHER_ORG, TICKETS_END};
use firstkey_testkit::infisical::person::{DialectFixture, ORIGIN, PASSWORD, ready};
use std::collections::{BTreeMap, BTreeSet};
use table::MAY_DIFFER;
use zeroize::Zeroizing;

/// Longer than the other by a half: what depends on the length shows.
const OTHER: &str = "quartz harbor trumpet mosaic lantern gravel sonnet bramble walnut orchid 83";
const NEW: &str = "another velvet tundra misprint cobra lunar 8";
const OTHER_NEW: &str = "saddle meadow copper violin thunder basket pepper marble candle ribbon 61";
const EMAIL: &str = "scim1@example.com";
const RESET: &str = "00112233445566778899aabbccddeeff";
const NEXT_CODE: &str = "00000000000000000000000000000001";

/// Flows, secret, request, members.
type Line = (&'static [&'static str], &'static str, &'static str, &'static [&'static str]);

type End = Result<DialectDone, DialectStop>;

/// What is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Other {
    Nothing,
    Password,
    /// A draw of the run.
    Draw(usize),
}

impl Other {
    fn password(self) -> &'static str {
        if self == Self::Password { OTHER } else { PASSWORD }
    }

    fn rng(self, seed: u64) -> Recorder {
        match self {
            Self::Draw(draw) => Recorder::with_another(seed, draw),
            _ => Recorder::new(seed),
        }
    }
}

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

fn options(pins: &[Pin]) -> DialectOptions {
    DialectOptions { pins: pins.to_vec(), now: 1_795_457_000, rehearsal: false }
}

fn accepted(fixture: &mut DialectFixture, rng: &mut Recorder, link: &str, options: DialectOptions) -> End {
    ready(accept(fixture, rng, options, Zeroizing::new(link.as_bytes().to_vec())))
}

/// Somebody whom provisioning made an account, who just signed in.
fn signed_in(verified: bool) -> (DialectFixture, String) {
    let mut fake = Fake::new(Era::G0);
    // The proof of the address makes it the account's name.
    let user = fake.provision(if verified { EMAIL } else { "sam-scimmer-nj-4w" }, EMAIL);
    fake.users[user].email_verified = verified;
    let link = format!("{ORIGIN}{}", fake.sign_in(user, TICKETS_END));
    (DialectFixture::new(fake), link)
}

/// Whether somebody is invited, or signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Invite,
    SignIn,
}

fn somebody(way: Way) -> (DialectFixture, String) {
    match way {
        Way::Invite => invited(&[]),
        Way::SignIn => signed_in(true),
    }
}

/// What the run that completes an account draws, in its order: everything secret, and what is
/// public by design. The proof of the kit draws which group, too.
const DRAWN: [(&str, usize); 7] = [
    ("private key", 32),
    ("salt", 32),
    ("key of the private key", 32),
    ("IV", 16),
    ("IV", 16),
    ("secret of the kit", 16),
    ("IV", 16),
];

/// The secrets of an account, by what makes them in these draws.
fn secrets(draws: &[Vec<u8>], is_made: bool) -> Vec<(&'static str, Other)> {
    let lengths = DRAWN.map(|(_, length)| length);
    let fits = |row: &[Vec<u8>]| row.iter().map(Vec::len).eq(lengths);
    let begin = draws.windows(DRAWN.len()).position(fits).expect("keys, a lock around them and a kit");
    // A password that is made is the first thing that is drawn.
    let mut all = vec![("password", if is_made { Other::Draw(0) } else { Other::Password })];
    for name in ["private key", "key of the private key", "secret of the kit"] {
        let place = DRAWN.iter().position(|(drawn, _)| *drawn == name).expect("it is drawn");
        all.push((name, Other::Draw(begin + place)));
    }
    all
}

type Accepts = fn(&mut DialectFixture, &mut Recorder, String) -> End;

/// Every way to an account: who comes, and what they do.
const WAYS: &[(&str, fn() -> (DialectFixture, String), Accepts)] = &[
    ("accept", || somebody(Way::Invite), |fixture, rng, link| accepted(fixture, rng, &link, options(&[]))),
    (
        "accept, with a password that was made",
        || {
            let (mut fixture, link) = somebody(Way::Invite);
            fixture.new.clear();
            (fixture, link)
        },
        |fixture, rng, link| accepted(fixture, rng, &link, options(&[])),
    ),
    (
        "accept, in other organisations too",
        || {
            let (mut fixture, link) = somebody(Way::Invite);
            fixture.fake.memberships.push(Membership { user: 0, org: 1, accepted: false, code: None });
            (fixture, link)
        },
        |fixture, rng, link| accepted(fixture, rng, &link, options(&[])),
    ),
    (
        "accept, with an answer that is lost",
        || invited(&[Lie::LoseAfter("/api/v3/signup/complete-account/invite")]),
        |fixture, rng, link| accepted(fixture, rng, &link, options(&[])),
    ),
    ("accept, signed in", || somebody(Way::SignIn), |fixture, rng, link| accepted(fixture, rng, &link, options(&[]))),
    (
        "accept, signed in, with an address to prove",
        || {
            let (mut fixture, link) = signed_in(false);
            fixture.before_link = Some(|fake, links| {
                links.push_back(format!("{ORIGIN}{}", fake.sign_in(0, TICKETS_END)));
            });
            (fixture, link)
        },
        |fixture, rng, link| accepted(fixture, rng, &link, options(&[])),
    ),
    (
        "accept, signed in too long ago",
        || {
            let (mut fixture, link) = somebody(Way::SignIn);
            fixture.fake.tokens_expire_at_upload();
            fixture.before_link = Some(|fake, links| {
                links.push_back(format!("{ORIGIN}{}", fake.sign_in(0, TICKETS_END)));
            });
            (fixture, link)
        },
        |fixture, rng, link| accepted(fixture, rng, &link, options(&[])),
    ),
    (
        "rehearse",
        || somebody(Way::Invite),
        |fixture, rng, link| {
            accepted(fixture, rng, &link, DialectOptions { rehearsal: true, ..DialectOptions::default() })
        },
    ),
];

/// An account that was completed, on the computer that did it.
struct Completed {
    fake: Fake,
    disk: Vec<Pin>,
    pin: Pin,
    kit: Kit,
}

/// How an account was come by, and whether the run that did it was cut off right after its upload.
type Begun = (Way, bool);
const INVITED: Begun = (Way::Invite, false);
const SIGNED_IN: Begun = (Way::SignIn, false);
const INVITED_CUT_OFF: Begun = (Way::Invite, true);
const SIGNED_IN_CUT_OFF: Begun = (Way::SignIn, true);

/// The account; and what was drawn for it.
fn completed((way, is_cut_off): Begun, other: Other) -> (Completed, Vec<Vec<u8>>) {
    let begin = || {
        let (mut fixture, link) = somebody(way);
        fixture.new = [other.password().as_bytes().to_vec()].into();
        (fixture, link)
    };
    let (mut fixture, link) = begin();
    let mut rng = other.rng(42);
    let done = accepted(&mut fixture, &mut rng, &link, options(&[])).expect("an honest server");
    if is_cut_off {
        let upload = fixture.trace.iter().rposition(|one| one.starts_with("send POST /api/v3/signup/complete-account"));
        let before = &fixture.trace[..upload.expect("an upload")];
        // Whatever is kept takes no patience.
        let patience = before.iter().filter(|one| *one != "keep").count() + 2;
        (fixture, _) = begin();
        fixture.patience = patience;
        assert!(accepted(&mut fixture, &mut other.rng(42), &link, options(&[])).is_err());
        assert!(fixture.fake.users[0].accepted && fixture.fake.users[0].kit.is_none(), "stored, and nothing after it");
    }
    let (disk, kit) = (fixture.disk, fixture.kit.take().expect("a kit"));
    let mut fake = fixture.fake;
    fake.log.clear();
    (Completed { fake, disk, pin: done.pin.expect("a pin"), kit }, rng.draws)
}

fn known(account: &Completed) -> DialectAccount {
    let pin = &account.pin;
    DialectAccount { origin: pin.origin.clone(), identity: pin.identity.clone(), pin: Some(pin.clone()), ticket: None }
}

fn checked(fixture: &mut DialectFixture, rng: &mut Recorder, account: &Completed, check: KitCheck) -> End {
    ready(verify(fixture, rng, options(&account.disk), known(account), check))
}

fn recovered(fixture: &mut DialectFixture, rng: &mut Recorder, account: &Completed, kit: Option<Kit>) -> End {
    let Pin { origin, identity, .. } = &account.pin;
    fixture.kit_secret = account.kit.secret.groups().as_bytes().to_vec();
    fixture.links.push_front(format!("{ORIGIN}/password-reset?token={RESET}&to={identity}"));
    let with = Recovery { link: None, kit, account: Some((origin.clone(), identity.clone())) };
    ready(recover(fixture, rng, options(&account.disk), with))
}

fn invited_again(fixture: &mut DialectFixture) -> String {
    fixture.fake.memberships[0].accepted = false;
    fixture.fake.memberships[0].code = Some(NEXT_CODE.to_owned());
    let org = firstkey_testkit::infisical::fake::ORG;
    format!("{ORIGIN}/signupinvite?token={NEXT_CODE}&to=ada+new@example.org&organization_id={org}")
}

type Run = fn(&mut DialectFixture, &mut Recorder, &Completed) -> End;

const EXPONENT: &str = "exponent of a log-in";
const NEW_KEY: &str = "new key of the private key";
const NEW_KIT: &str = "new secret of the kit";

/// What a flow draws that is secret, by the place of the draw.
type Drawn = &'static [(&'static str, usize)];

/// Every flow of an account that exists: whose, what is done, and what it draws.
const FLOWS: &[(&str, Begun, Run, Drawn)] = &[
    (
        "accept, where it was done",
        SIGNED_IN,
        |fixture, rng, account| {
            let link = fixture.links.pop_front().expect("a sign-in");
            accepted(fixture, rng, &link, options(&account.disk))
        },
        &[(EXPONENT, 1)],
    ),
    (
        "accept, cut off before",
        INVITED_CUT_OFF,
        |fixture, rng, account| {
            let link = invited_again(fixture);
            accepted(fixture, rng, &link, options(&account.disk))
        },
        &[(EXPONENT, 2), (NEW_KIT, 3)],
    ),
    (
        "accept, signed in, cut off before",
        SIGNED_IN_CUT_OFF,
        |fixture, rng, account| {
            let link = fixture.links.pop_front().expect("a sign-in");
            fixture.kit_file = Some(account.kit.copy());
            accepted(fixture, rng, &link, options(&account.disk))
        },
        &[(EXPONENT, 1)],
    ),
    (
        "join",
        INVITED,
        |fixture, rng, account| {
            let code = Some(NEXT_CODE.to_owned());
            fixture.fake.memberships.push(Membership { user: 0, org: 1, accepted: false, code });
            let link =
                format!("{ORIGIN}/signupinvite?token={NEXT_CODE}&to=ada+new@example.org&organization_id={OTHER_ORG}");
            accepted(fixture, rng, &link, options(&account.disk))
        },
        &[(EXPONENT, 0)],
    ),
    ("verify", INVITED, |fixture, rng, account| checked(fixture, rng, account, KitCheck::Stored), &[(EXPONENT, 1)]),
    (
        "verify, from another computer",
        INVITED,
        |fixture, rng, account| {
            let unknown = DialectAccount { pin: None, ..known(account) };
            ready(verify(fixture, rng, options(&[]), unknown, KitCheck::Stored))
        },
        &[(EXPONENT, 1)],
    ),
    (
        "verify, in two steps",
        INVITED,
        |fixture, rng, account| {
            fixture.fake.users[0].mfa = true;
            checked(fixture, rng, account, KitCheck::Stored)
        },
        &[(EXPONENT, 1)],
    ),
    (
        "verify, signed in",
        SIGNED_IN,
        |fixture, rng, account| checked(fixture, rng, account, KitCheck::Stored),
        &[(EXPONENT, 1)],
    ),
    (
        "verify the kit",
        INVITED,
        |fixture, rng, account| {
            fixture.kit_secret = account.kit.secret.groups().as_bytes().to_vec();
            checked(fixture, rng, account, KitCheck::Typed)
        },
        &[(EXPONENT, 1)],
    ),
    (
        "verify a kit in a file",
        INVITED,
        |fixture, rng, account| checked(fixture, rng, account, KitCheck::OnFile(Box::new(account.kit.copy()))),
        &[(EXPONENT, 1)],
    ),
    (
        "password",
        INVITED,
        |fixture, rng, account| ready(change(fixture, rng, options(&account.disk), known(account))),
        &[(EXPONENT, 1), (NEW_KEY, 3)],
    ),
    (
        "password, with an answer that is lost",
        INVITED,
        |fixture, rng, account| {
            fixture.fake.lies = vec![Lie::LoseAfter("/api/v1/password/change-password")];
            ready(change(fixture, rng, options(&account.disk), known(account)))
        },
        &[(EXPONENT, 1), (NEW_KEY, 3)],
    ),
    (
        "password, signed in",
        SIGNED_IN,
        |fixture, rng, account| ready(change(fixture, rng, options(&account.disk), known(account))),
        &[(EXPONENT, 1), (NEW_KEY, 3)],
    ),
    (
        "recover",
        INVITED,
        |fixture, rng, account| recovered(fixture, rng, account, None),
        &[(NEW_KEY, 2), (EXPONENT, 5)],
    ),
    (
        "recover, with the kit in a file",
        INVITED,
        |fixture, rng, account| recovered(fixture, rng, account, Some(account.kit.copy())),
        &[(NEW_KEY, 2), (EXPONENT, 5)],
    ),
    (
        "recover, where the server lost its kit",
        INVITED,
        |fixture, rng, account| {
            fixture.fake.users[0].kit = None;
            recovered(fixture, rng, account, Some(account.kit.copy()))
        },
        &[(NEW_KEY, 2), (EXPONENT, 5)],
    ),
    (
        "recover, signed in",
        SIGNED_IN,
        |fixture, rng, account| recovered(fixture, rng, account, Some(account.kit.copy())),
        &[(NEW_KEY, 2), (EXPONENT, 5)],
    ),
    (
        "kit",
        INVITED,
        |fixture, rng, account| ready(renew_kit(fixture, rng, options(&account.disk), known(account))),
        &[(EXPONENT, 1), (NEW_KIT, 2)],
    ),
    (
        "kit, signed in",
        SIGNED_IN,
        |fixture, rng, account| ready(renew_kit(fixture, rng, options(&account.disk), known(account))),
        &[(EXPONENT, 1), (NEW_KIT, 2)],
    ),
];

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
