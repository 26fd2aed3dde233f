//! Non-interference: of two runs with the same randomness and another secret, only the members that
//! `table.rs` names differ in what leaves. Everything else is equal, byte for byte: number and
//! order of the requests, methods, paths, headers, sessions, order and presence of members, sizes.
//!
//! The table is exact in both directions: a line that nothing needs is taken out.

mod table;

use super::{AccountFixture, NEW, ready};
use firstkey_core::flow::accept::{Accept, Options};
use firstkey_core::flow::account::{
    Ending, KitWish, change_kit, change_password, change_secret_key, find, join, log_in, recover, sessions, verify,
};
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::{Effect, Flow, Notice, Reply};
use firstkey_core::wire::json::{self, Value};
use firstkey_core::wire::outbound::{Endpoint, Outbound};
use firstkey_testkit::chance::{Recorder, Seeded};
use firstkey_testkit::honest_directory::Listed;
use firstkey_testkit::player::Log;
use firstkey_testkit::scene::{PASSWORD, Scene};
use std::collections::BTreeSet;
use table::MAY_DIFFER;

/// Neither longer nor shorter by chance: what depends on the length shows.
const OTHER: &str = "a much longer sentence that nobody else would ever think of, 9 times";

/// Flow, secret, request, members.
type Line = (&'static str, &'static str, &'static str, &'static [&'static str]);

/// Whose secret is another one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Other {
    Nothing,
    Password,
    /// A draw of the run that completes the account.
    Draw(usize),
}

/// One request as far as it leaves.
struct Leaves {
    line: String,
    headers: Vec<(String, String)>,
    members: Vec<(String, String)>,
    size: usize,
}

fn flatten(at: &str, value: &Value, into: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let place = if at.is_empty() { name.clone() } else { format!("{at}/{name}") };
                flatten(&place, value, into);
            }
        }
        Value::Text(text) => into.push((at.to_owned(), text.clone())),
        Value::Whole(number) => into.push((at.to_owned(), number.to_string())),
        _ => panic!("{at} is of a kind that no request has"),
    }
}

impl Leaves {
    fn of(request: &Outbound, session: Option<&[u8; 32]>) -> Self {
        let mut headers: Vec<_> = request.headers().map(|(name, value)| (name.to_owned(), value)).collect();
        headers.extend(session.map(|session| ("session".to_owned(), format!("{session:02x?}"))));
        let mut members = Vec::new();
        if !request.body().is_empty() {
            flatten("", &json::read(request.body()).expect("JSON"), &mut members);
        }
        let line = format!("{} {}", request.endpoint().method().as_str(), request.target());
        Self { line, headers, members, size: request.body().len() }
    }
}

/// The members in which two traces differ; anything else that differs is a failure at once.
fn differing(flow: &str, secret: &str, one: &[Leaves], other: &[Leaves]) -> BTreeSet<(String, String)> {
    let lines = |trace: &[Leaves]| trace.iter().map(|leaves| leaves.line.clone()).collect::<Vec<_>>();
    assert_eq!(lines(one), lines(other), "{flow}, {secret}: other requests");
    let names =
        |pairs: &[(String, String)]| pairs.iter().map(|(name, text)| (name.clone(), text.len())).collect::<Vec<_>>();
    let mut found = BTreeSet::new();
    for (a, b) in one.iter().zip(other) {
        assert_eq!(names(&a.headers), names(&b.headers), "{flow}, {secret}: headers of {}", a.line);
        assert_eq!(names(&a.members), names(&b.members), "{flow}, {secret}: members of {}", a.line);
        assert_eq!(a.size, b.size, "{flow}, {secret}: size of {}", a.line);
        let headers = a.headers.iter().zip(&b.headers).filter(|(a, b)| a != b);
        found.extend(headers.map(|((name, _), _)| (a.line.clone(), format!("header {name}"))));
        let members = a.members.iter().zip(&b.members).filter(|(a, b)| a != b);
        found.extend(members.map(|((name, _), _)| (a.line.clone(), name.clone())));
    }
    found
}

fn of_log(log: &Log) -> Vec<Leaves> {
    let sent = log.turns.iter().filter_map(|turn| match &turn.effect {
        // EXPOSE: the server's own token, on its way back.
        Effect::EndSession(session, request) => Some(Leaves::of(request, Some(session.expose()))),
        Effect::Send(request) => Some(Leaves::of(request, None)),
        _ => None,
    });
    sent.collect()
}

/// A scene, and the run that completes the account in it.
fn completed(other: Other, second: bool) -> (Scene, Log) {
    let mut scene = Scene::new(7);
    if second {
        for policy in [&mut scene.server.offer["policy"]["secret_key"], &mut scene.server.asks["secret_key"]] {
            *policy = "required".into();
        }
    }
    if other == Other::Password {
        OTHER.clone_into(&mut scene.password);
    }
    let rng = match other {
        Other::Draw(draw) => Recorder::with_another(7, draw),
        _ => Recorder::new(7),
    };
    let log = scene.run_drawing(rng, scene.shelf.options(), |_, effect, scene| Some(scene.honest(effect)));
    assert!(scene.server.stored.is_some(), "the account is complete");
    assert!(scene.server.complaints.is_empty(), "{:?}", scene.server.complaints);
    (scene, log)
}

/// The secrets of an account by the draws that make them.
fn secrets(second: bool) -> Vec<(&'static str, Other)> {
    let (_, log) = completed(Other::Nothing, second);
    let after = |known: fn(&Effect) -> bool| {
        let at = log.turns.iter().position(|turn| known(&turn.effect)).expect("it happens");
        log.turns[at].drawn.clone()
    };
    let made = after(|effect| matches!(effect, Effect::Tell(Notice::KeysMade(_))));
    let lengths: Vec<_> = log.draws[made.clone()].iter().map(Vec::len).collect();
    assert!(lengths.ends_with(&[32, 16, 32, 32, 56, 56, 56, 56, 16]), "{lengths:?}");
    let from_the_end = |back: usize| Other::Draw(made.end - back);
    let mut all = vec![
        ("password", Other::Password),
        ("claim seed", Other::Draw(0)),
        ("account key", from_the_end(9)),
        ("recovery code", from_the_end(8)),
        ("X25519 private key", from_the_end(7)),
        ("Ed25519 seed", from_the_end(6)),
    ];
    if second {
        let stretched = after(|effect| matches!(effect, Effect::Stretch(_)));
        let lengths: Vec<_> = log.draws[stretched.clone()].iter().map(Vec::len).collect();
        assert_eq!(lengths, [32, 32], "salt and second secret");
        all.push(("second secret", Other::Draw(stretched.end - 1)));
    }
    all
}

/// An enrolment that is cut at its upload, and the run that finishes it.
fn resumed(other: Other) -> Vec<Leaves> {
    let mut scene = Scene::new(7);
    if other == Other::Password {
        OTHER.clone_into(&mut scene.password);
    }
    let rng = match other {
        Other::Draw(draw) => Recorder::with_another(7, draw),
        _ => Recorder::new(7),
    };
    scene.run_drawing(rng, scene.shelf.options(), |_, effect, scene| {
        let is_upload = matches!(effect, Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete);
        (!is_upload).then(|| scene.honest(effect))
    });
    let log = scene.run_drawing(Recorder::new(8), scene.shelf.options(), |_, effect, scene| Some(scene.honest(effect)));
    assert!(scene.server.stored.is_some(), "the account is complete");
    of_log(&log)
}

type Run = fn(&mut AccountFixture, &mut Recorder);

/// Every flow of an account that exists.
const FLOWS: &[(&str, Run)] = &[
    ("verify", |fixture, rng| {
        let known = fixture.known();
        ready(verify(fixture, rng, known, None)).expect("it opens");
    }),
    ("verify the kit", |fixture, rng| {
        let known = fixture.known();
        ready(verify(fixture, rng, known, Some(KitWish::Typed))).expect("it opens");
    }),
    ("login", |fixture, rng| {
        let known = fixture.known();
        ready(log_in(fixture, rng, known)).expect("it opens");
    }),
    ("password", |fixture, rng| {
        let known = fixture.known();
        ready(change_password(fixture, rng, known, None)).expect("changed");
    }),
    ("kit", |fixture, rng| {
        let known = fixture.known();
        ready(change_kit(fixture, rng, known)).expect("changed");
    }),
    ("recover", |fixture, rng| {
        let known = fixture.known();
        ready(recover(fixture, rng, known, None, None)).expect("recovered");
    }),
    ("secret-key", |fixture, rng| {
        fixture.scene.server.asks["secret_key"] = "allowed".into();
        let known = fixture.known();
        ready(change_secret_key(fixture, rng, known)).expect("made");
    }),
    ("sessions", |fixture, rng| {
        let known = fixture.known();
        ready(sessions(fixture, rng, known, Ending::Others)).expect("listed");
    }),
    ("find", |fixture, rng| {
        let realm = fixture.scene.server.realm;
        fixture.scene.server.directory = vec![Listed::new(realm, "grace@example.org", 1, 1)];
        let known = fixture.known();
        ready(find(fixture, rng, known, "grace@example.org", &[], None)).expect("found");
    }),
    ("join", |fixture, rng| {
        fixture.scene.server.invite_to_join();
        let mut flow = Accept::new(Options { ..fixture.scene.shelf.options() });
        let (mut reply, mut claims) = (Reply::Begin, Seeded::new(11));
        let joining = loop {
            match flow.step(reply, &mut claims) {
                Effect::Finish(_) => break flow.take_joining().expect("an invite to join"),
                effect => reply = fixture.scene.honest(&effect),
            }
        };
        let pins = [fixture.pin()];
        ready(join(fixture, rng, &joining, &pins)).expect("joined");
    }),
];

/// What leaves while `run` plays on an account whose secret is another.
fn played(run: Run, other: Other, second: bool, new: &str, rng: &mut Recorder) -> Vec<Leaves> {
    let (scene, _) = completed(other, second);
    let mut fixture = AccountFixture::of(scene);
    fixture.typed = [if other == Other::Password { OTHER } else { PASSWORD }.to_owned()].into();
    fixture.new = [new.to_owned()].into();
    fixture.keys.extend(fixture.scene.secret_key.clone());
    fixture.remembered = Some(Pin::read(&fixture.scene.shelf.pins[0]).expect("a pin"));
    run(&mut fixture, rng);
    assert!(fixture.scene.server.complaints.is_empty(), "{:?}", fixture.scene.server.complaints);
    fixture.sent.iter().map(|(request, session)| Leaves::of(request, session.as_ref())).collect()
}

/// Everything that differs, over every flow and every secret.
fn observed() -> BTreeSet<(String, String, String, String)> {
    let mut seen = BTreeSet::new();
    let mut note = |flow: &str, secret: &str, one: &[Leaves], other: &[Leaves]| {
        let found = differing(flow, secret, one, other);
        seen.extend(found.into_iter().map(|(request, member)| (flow.to_owned(), secret.to_owned(), request, member)));
    };
    for second in [false, true] {
        let name = if second { "accept with a second secret" } else { "accept" };
        let base = of_log(&completed(Other::Nothing, second).1);
        for (secret, other) in secrets(second) {
            note(name, secret, &base, &of_log(&completed(other, second).1));
        }
    }
    let base = resumed(Other::Nothing);
    for (secret, other) in secrets(false) {
        note("resume", secret, &base, &resumed(other));
    }
    for (flow, run) in FLOWS {
        let mut drawn = Recorder::new(3);
        let base = played(*run, Other::Nothing, false, NEW, &mut drawn);
        for (secret, other) in secrets(false) {
            note(flow, secret, &base, &played(*run, other, false, NEW, &mut Recorder::new(3)));
        }
        note(flow, "new password", &base, &played(*run, Other::Nothing, false, OTHER, &mut Recorder::new(3)));
        // A new recovery code, or a new second secret, is the first draw of its length.
        if let Some(draw) = drawn.draws.iter().position(|draw| draw.len() == 16) {
            let other = played(*run, Other::Nothing, false, NEW, &mut Recorder::with_another(3, draw));
            note(flow, "first draw of 16 bytes", &base, &other);
        }
        if *flow != "secret-key" {
            let base = played(*run, Other::Nothing, true, NEW, &mut Recorder::new(3));
            let (_, other) = secrets(true).pop().expect("the second secret");
            note(flow, "second secret", &base, &played(*run, other, true, NEW, &mut Recorder::new(3)));
        }
    }
    seen
}

#[test]
fn two_runs_with_the_same_randomness_and_another_secret_differ_in_the_named_members_alone() {
    let named: BTreeSet<_> = MAY_DIFFER
        .iter()
        .flat_map(|(flow, secret, request, members)| {
            members
                .iter()
                .map(|member| ((*flow).to_owned(), (*secret).to_owned(), (*request).to_owned(), (*member).to_owned()))
        })
        .collect();
    let seen = observed();
    let (more, less): (Vec<_>, Vec<_>) = (seen.difference(&named).collect(), named.difference(&seen).collect());
    assert!(more.is_empty(), "a secret shows where it may not: {more:#?}");
    assert!(less.is_empty(), "named, and does not differ: {less:#?}");
}
