//! The invariants I1 to I9 by name. For each: a run that would break it if it could be broken, and
//! a doctored log that shows that the oracle would see it.

use super::*;
use base64ct::Encoding;
use firstkey_core::crypto::context::RealmId;
use firstkey_core::flow::Answer;
use firstkey_core::wire::disclose::Email;
use firstkey_core::wire::outbound::Outbound;
use firstkey_needles::Needles;
use firstkey_testkit::player::{Given, Heard, Turn};
use firstkey_testkit::{flow_any, scene::PASSWORD};
use proptest::prelude::*;

fn honest() -> Log {
    judged(Scene::new(1).run_honestly(1))
}

/// Which invariant the oracle finds broken after `doctor` had its way with a good log.
fn broken_by(doctor: impl FnOnce(&mut Log)) -> Option<&'static str> {
    let mut log = honest();
    doctor(&mut log);
    oracle::check(&log).err().map(|broken| broken.invariant)
}

fn position(log: &Log, wanted: impl Fn(&Effect) -> bool) -> usize {
    log.turns.iter().position(|turn| wanted(&turn.effect)).expect("it happens in every good run")
}

fn answer_of(log: &mut Log, endpoint: Endpoint) -> &mut Vec<u8> {
    let answer = log.turns.iter_mut().find_map(|turn| match (&turn.effect, &mut turn.heard) {
        (Effect::Send(request), Heard::Received { body, .. }) if request.endpoint() == endpoint => Some(body),
        _ => None,
    });
    answer.expect("it was answered")
}

#[test]
fn i1_every_byte_of_a_body_is_accounted_for_by_what_was_disclosed() {
    // That nothing but `Disclose` types compiles is shown in tests/door/door.rs; here: that the
    // bytes are those members and nothing else.
    for request in oracle::sent(&honest()) {
        let mut rest = request.body().to_vec();
        for member in request.disclosed().iter().rev() {
            assert!(!member.why.is_empty());
            let value = rest.drain(member.start..member.end).collect::<Vec<_>>();
            serde_json::from_slice::<Value>(&value).expect("a member is one JSON value");
        }
        let names: Vec<_> = request.disclosed().iter().map(|member| format!("\"{}\":", member.name)).collect();
        assert_eq!(String::from_utf8_lossy(&rest), format!("{{{}}}", names.join(",")));
    }
}

#[test]
fn i2_no_secret_is_in_anything_that_is_sent_saved_or_said() {
    let mut made = Scene::new(2);
    made.password.clear();
    for mut scene in [Scene::new(1), made] {
        let log = judged(scene.run_honestly(1));
        assert!(end(&log).is_ok());
    }
}

#[test]
fn i2_the_oracle_knows_the_secrets_and_would_find_them() {
    let log = honest();
    let secrets: Needles = firstkey_testkit::leak::secrets(&log);
    assert!(secrets.find(PASSWORD.as_bytes()).is_some());
    let known = |bytes: &[u8]| secrets.find(bytes).is_some();
    // The claim seed is the first draw; its public half is what was claimed.
    let seed = log.draws.first().expect("drawn").clone();
    let public = firstkey_core::crypto::hazmat::ed25519_public(&seed.clone().try_into().expect("32 bytes"));
    assert!(oracle::sent(&log).next().is_some_and(|claim| {
        String::from_utf8_lossy(claim.body()).contains(&base64ct::Base64UrlUnpadded::encode_string(&public))
    }));
    assert!(known(&seed));
    // The keys of the account are draws whose public halves are in the upload.
    let pin = &done(&log).pin;
    let is_secret_of = |public: fn(&[u8; 32]) -> [u8; 32], wanted: [u8; 32]| {
        log.draws
            .iter()
            .filter_map(|draw| draw.as_slice().try_into().ok())
            .filter(|draw| public(draw) == wanted)
            .all(|draw: [u8; 32]| known(&draw))
    };
    assert!(is_secret_of(firstkey_core::crypto::hazmat::x25519_public, pin.identity.x25519));
    assert!(is_secret_of(firstkey_core::crypto::hazmat::ed25519_public, pin.identity.ed25519));
    // And a leak through a type that may leave is seen.
    let leak = |text: String| {
        broken_by(|log| {
            let origin = done(log).pin.origin.clone();
            let request = Outbound::post(&origin, Endpoint::LoginParams)
                .field("email", &Email::read(&text).expect("an address"))
                .build();
            // Where the link has named the server.
            let at = position(log, |effect| matches!(effect, Effect::Send(_)));
            log.turns.insert(at, Turn { effect: Effect::Send(request), heard: Heard::Other, drawn: 0..0 });
        })
    };
    assert_eq!(leak("ada@example.org".to_owned()), None);
    let in_digits = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>() + "@example.org";
    assert_eq!(leak(in_digits(PASSWORD.as_bytes())), Some("I2"));
    assert_eq!(leak(in_digits(&seed)), Some("I2"));
}

#[test]
fn i3_the_oracle_would_see_a_password_asked_under_a_weak_offer() {
    let weaken = |pointer: &'static str, value: Value| {
        broken_by(move |log| {
            let body = answer_of(log, Endpoint::Claim);
            let mut offer: Value = serde_json::from_slice(body).expect("JSON");
            let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
            offer.pointer_mut(parent).expect("it is there")[name] = value;
            *body = offer.to_string().into_bytes();
        })
    };
    assert_eq!(weaken("/policy/min_length", 14.into()), Some("I3"));
    assert_eq!(weaken("/policy/min_profile", 0.into()), Some("I3"));
    assert_eq!(weaken("/policy/min_profile", 3.into()), Some("I3"));
    assert_eq!(weaken("/salt", "AAAA".into()), Some("I3"));
    assert_eq!(weaken("/kdf", serde_json::json!({"m": 8, "t": 3, "p": 4})), Some("I3"));
    assert_eq!(weaken("/policy/blocklist", Value::Null), None, "an unknown wish is shown and not applied");
}

#[test]
fn i4_the_oracle_would_see_an_upload_too_early() {
    let without = |wanted: fn(&Effect) -> bool| {
        broken_by(|log| {
            let at = position(log, wanted);
            log.turns.remove(at);
        })
    };
    assert_eq!(without(|effect| matches!(effect, Effect::Ask(Question::Kit(_)))), Some("I4"));
    assert_eq!(without(|effect| matches!(effect, Effect::Ask(Question::KitProof { .. }))), Some("I4"));
    assert_eq!(without(|effect| matches!(effect, Effect::Save(_))), Some("I4"));
    let wrong_group = broken_by(|log| {
        let at = position(log, |effect| matches!(effect, Effect::Ask(Question::KitProof { .. })));
        log.turns[at].heard = Heard::Secret(b"UUUU".to_vec());
    });
    assert_eq!(wrong_group, Some("I4"));
    let not_saved = broken_by(|log| {
        let at = position(log, |effect| matches!(effect, Effect::Save(_)));
        log.turns[at].heard = Heard::Other;
    });
    assert_eq!(not_saved, Some("I4"));
}

#[test]
fn i5_a_resumed_run_sends_the_same_bytes() {
    let mut scene = Scene::new(1);
    let mut uploads = Vec::new();
    for seed in 1..4 {
        let log = judged(scene.run(seed, |_, effect, scene| {
            let reply = scene.honest(effect);
            let upload = matches!(effect, Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete);
            if upload { None } else { Some(reply) }
        }));
        uploads.extend(oracle::sent(&log).filter(|request| request.endpoint() == Endpoint::EnrolComplete).cloned());
    }
    assert_eq!(uploads.len(), 3);
    assert!(
        uploads.windows(2).all(|pair| pair[0].body() == pair[1].body() && pair[0].signature() == pair[1].signature())
    );
}

#[test]
fn i5_the_oracle_would_see_another_upload() {
    let mut other = judged(Scene::new(1).run_honestly(2));
    let at = position(&other, |effect| matches!(effect, Effect::Save(_)));
    let saved = other.turns.swap_remove(at);
    assert!(matches!(broken_by(|log| log.turns.insert(log.turns.len() - 1, saved)), Some("I5")));
}

#[test]
fn i6_the_oracle_would_see_success_without_ground() {
    assert_eq!(
        broken_by(|log| *answer_of(log, Endpoint::EnrolComplete) = br#"{"receipt":"AAAA"}"#.to_vec()),
        Some("I6")
    );
    for member in ["/envelopes/1", "/envelopes/2", "/kdf_block", "/identity/x25519", "/signature", "/recovery_public"] {
        let changed = broken_by(|log| {
            let body = answer_of(log, Endpoint::LoginFinish);
            let mut answer: Value = serde_json::from_slice(body).expect("JSON");
            *answer.pointer_mut(&format!("/bundle{member}")).expect("it is there") = "AAAA".into();
            *body = answer.to_string().into_bytes();
        });
        assert_eq!(changed, Some("I6"), "{member}");
    }
    let no_pin = broken_by(|log| {
        let at = position(log, |effect| matches!(effect, Effect::Conclude(_)));
        log.turns.remove(at);
    });
    assert_eq!(no_pin, Some("I6"));
    let another_password = broken_by(|log| {
        let last =
            log.turns.iter_mut().rev().find(|turn| matches!(turn.effect, Effect::Stretch(_))).expect("stretched twice");
        last.heard = Heard::Stretched([0; 32]);
    });
    assert_eq!(another_password, Some("I6"));
}

#[test]
fn i7_the_end_is_the_end() {
    let log = honest();
    assert_eq!(log.after.len(), 5);
    assert!(log.after.iter().all(|effect| matches!(effect, Effect::Finish(end) if end.is_err())));
    assert_eq!(broken_by(|log| log.after.push(Effect::Tell(Notice::Plan))), Some("I7"));
    let cancelled = |log: &mut Log| {
        let at = position(log, |effect| matches!(effect, Effect::Tell(_)));
        log.turns[at].heard = Heard::Cancelled;
    };
    assert_eq!(broken_by(cancelled), Some("I7"));
}

#[test]
fn i8_the_most_stubborn_person_and_server_reach_an_end() {
    // Everybody does every wrong thing as often as it is allowed, and then the right one.
    let mut scene = Scene::new(1);
    let mut counts = std::collections::HashMap::new();
    let log = judged(scene.run(1, |_, effect, scene| {
        let (name, most) = match effect {
            Effect::Ask(Question::Invite { .. }) => ("link", 4),
            Effect::Ask(Question::Password { .. }) => ("password", 9),
            Effect::Ask(Question::Again { .. }) => ("again", 4),
            Effect::Ask(Question::KitProof { .. }) => ("proof", 4),
            Effect::Ask(Question::PasswordOnceMore { .. }) => ("once more", 2),
            Effect::Send(request) => (request.endpoint().path(), 4),
            _ => return Some(scene.honest(effect)),
        };
        let count: &mut u32 = counts.entry(name).or_default();
        *count += 1;
        if *count > most {
            if name == "again" || name == "password" {
                *count = 0;
            }
            return Some(scene.honest(effect));
        }
        Some(match effect {
            Effect::Send(_) => Reply::Unreachable(firstkey_core::flow::stop::NoAnswer::Broken),
            Effect::Ask(Question::Invite { .. }) => Reply::Answer(Answer::Text(Zeroizing::new(b"?".to_vec()))),
            _ => firstkey_testkit::scene::typed("?"),
        })
    }));
    assert!(log.turns.len() > 100, "{}", log.turns.len());
    assert!(end(&log).is_err() || end(&log).is_ok());
}

#[test]
fn i9_escapes_and_tricks_in_every_text_of_the_server_are_made_visible() {
    const TRICKS: [&str; 10] = [
        "\u{1b}[2J\u{1b}]0;owned\u{7}",
        "\u{9b}31m",
        "\u{202e}gro.elpmaxe",
        "a\u{200b}b",
        "\u{1b}]8;;https://evil.example\u{1b}\\x",
        "line\nbreak\r",
        "\u{0}",
        "\u{e0041}",
        "\u{2066}x\u{2069}",
        "\u{feff}",
    ];
    for trick in TRICKS {
        let mut scene = Scene::new(1);
        scene.server.offer["organisation"]["name"] = trick.into();
        scene.server.offer["account"]["display_name"] = trick.into();
        scene.server.offer["contact"] = trick.into();
        scene.server.offer["policy"][trick] = trick.into();
        assert!(end(&judged(scene.run_honestly(1))).is_ok());
        // In the name of a member that is refused, and in a problem.
        run_with_lie(&mut Scene::new(1), Endpoint::Claim, |response| {
            edit(response, |offer| offer[trick] = trick.into())
        });
        run_with_lie(&mut Scene::new(1), Endpoint::Claim, |response| {
            let body = serde_json::json!({"type": format!("urn:firstkey:problem:{trick}"), "contact": trick});
            response.status = 400;
            response.content_type = Some("application/problem+json".to_owned());
            *response.body = body.to_string().into_bytes();
        });
    }
    let shown = broken_by(|log| {
        for turn in &mut log.turns {
            if let Effect::Ask(Question::Consent(introduction)) = &mut turn.effect {
                "a\u{1b}b@example.org".clone_into(&mut introduction.email);
            }
        }
    });
    assert_eq!(shown, Some("I9"));
}

#[test]
fn a_stop_never_says_that_less_happened_than_did() {
    let mut log = judged(Scene::new(1).run(1, |_, effect, scene| {
        let complete = matches!(effect, Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete);
        Some(if complete { Reply::Cancel } else { scene.honest(effect) })
    }));
    assert_eq!(stop(&log).reach, firstkey_core::flow::stop::Reach::Unknown);
    if let Some(Turn { effect: Effect::Finish(end), .. }) = log.turns.last_mut()
        && let Err(stop) = end.as_mut()
    {
        stop.reach = firstkey_core::flow::stop::Reach::NothingChanged;
    }
    assert_eq!(oracle::check(&log).map_err(|broken| broken.invariant), Err("reach"));
    assert!(Given::default().checkpoints.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_person_any_server_and_any_disk_keep_every_invariant(choices in proptest::collection::vec(prop_oneof![4 => Just(0_u8), 1 => any::<u8>()], 0..120)) {
        flow_any::run(&choices);
    }
}

#[test]
fn the_oracle_would_see_a_no_that_is_ignored() {
    let consent = |effect: &Effect| matches!(effect, Effect::Ask(Question::Consent(_)));
    assert_eq!(
        broken_by(|log| {
            let at = position(log, consent);
            log.turns[at].heard = Heard::No;
        }),
        Some("no")
    );
    assert_eq!(broken_by(|log| log.turns.retain(|turn| !consent(&turn.effect))), Some("no"));
}

#[test]
fn the_oracle_would_see_another_server_or_realm_than_the_right_one() {
    let elsewhere = |log: &mut Log| {
        let at = position(log, |effect| matches!(effect, Effect::Ask(Question::Invite { .. })));
        log.turns[at].heard = Heard::Text(b"https://keys.example.net/i#fkinv1.x".to_vec());
    };
    assert_eq!(broken_by(elsewhere), Some("host"));
    let other_realm = |log: &mut Log| {
        let mut pin = done(log).pin.clone();
        let mut other = pin.context.realm.0;
        other[0] ^= 1;
        pin.context.realm = RealmId::heard(other);
        log.given.pins.push(pin);
    };
    assert_eq!(broken_by(other_realm), Some("host"));
}

#[test]
fn the_oracle_would_see_a_punycode_host_that_nobody_confirmed() {
    let mut scene = Scene::new(1);
    scene.server.origin = "https://keys.xn--bcher-kva.example".to_owned();
    let mut log = judged(scene.run_honestly(1));
    assert!(end(&log).is_ok());
    log.turns.retain(|turn| !matches!(turn.effect, Effect::Ask(Question::Host(_))));
    assert_eq!(oracle::check(&log).err().map(|broken| broken.invariant), Some("host"));
}
