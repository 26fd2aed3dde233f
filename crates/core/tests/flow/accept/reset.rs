//! A reset: new keys for a complete account, only as the next generation, and only after a question
//! of its own.

use super::*;
use firstkey_core::crypto::context::KeyGen;
use firstkey_core::flow::Answer;
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::stop::{GaveUp, Missing};
use firstkey_core::wire::refusal::Blame;
use serde_json::json;

/// A completed account at which a reset was started.
fn completed(seed: u64) -> Scene {
    let mut scene = Scene::new(seed);
    judged(scene.run_honestly(seed));
    assert!(scene.server.stored.is_some());
    scene
}

fn pin(scene: &Scene) -> Pin {
    assert_eq!(scene.shelf.pins.len(), 1);
    Pin::read(&scene.shelf.pins[0]).expect("a pin")
}

fn position(log: &Log, of: impl Fn(&Effect) -> bool) -> usize {
    log.turns.iter().position(|turn| of(&turn.effect)).expect("it happens")
}

fn is_reset(effect: &Effect) -> bool {
    matches!(effect, Effect::Ask(Question::Reset(_)))
}

#[test]
fn with_a_pin_and_without_one_a_reset_ends_with_the_next_keys_and_one_pin() {
    for remembers in [true, false] {
        let mut scene = completed(1);
        let before = pin(&scene);
        if !remembers {
            scene.shelf.pins.clear();
        }
        scene.server.begin_reset();
        let log = judged(scene.run_honestly(2));
        assert!(end(&log).is_ok(), "{:?}", end(&log));
        let after = pin(&scene);
        assert_eq!((after.context, after.identity.key_gen), (before.context, KeyGen(2)));
        assert_ne!(after.fingerprint().to_string(), before.fingerprint().to_string());
        assert!(scene.server.complaints.is_empty(), "{:?}", scene.server.complaints);
        // Said and agreed to before a password is asked for, and with what is remembered.
        let asked = position(&log, is_reset);
        assert!(asked < position(&log, |effect| matches!(effect, Effect::Ask(Question::Password { .. }))));
        assert!(asked > position(&log, |effect| matches!(effect, Effect::Ask(Question::Consent(_)))));
        let Effect::Ask(Question::Reset(about)) = &log.turns[asked].effect else { panic!("it was there") };
        assert_eq!(about.known.as_ref().map(ToString::to_string), remembers.then(|| before.fingerprint().to_string()));
        assert_eq!((about.key_gen, about.started_at), (KeyGen(2), 1_763_900_000));
    }
}

#[test]
fn two_resets_in_a_row_are_generations_two_and_three() {
    let mut scene = completed(1);
    for (seed, expected) in [(2, 2), (3, 3)] {
        scene.server.begin_reset();
        assert!(end(&judged(scene.run_honestly(seed))).is_ok());
        assert_eq!(pin(&scene).identity.key_gen, KeyGen(expected));
    }
}

#[test]
fn a_generation_that_skips_stays_or_goes_back_is_refused_before_anything_is_asked() {
    for (remembers, wrong) in
        [(true, vec![json!(0), json!(1), json!(3), json!(u32::MAX)]), (false, vec![json!(0), json!(1)])]
    {
        for key_gen in wrong {
            let mut scene = completed(1);
            scene.server.begin_reset();
            scene.server.offer["reset"]["key_gen"] = key_gen.clone();
            if !remembers {
                scene.shelf.pins.clear();
            }
            let log = judged(scene.run_honestly(2));
            let refusal = refused(&log, Endpoint::Claim);
            assert_eq!((&refusal, refusal.blame()), (&Refusal::KeyGeneration, Blame::Security), "{key_gen}");
            assert!(!log.turns.iter().any(|turn| is_reset(&turn.effect)) && !asked_for_a_password(&log));
        }
    }
}

#[test]
fn new_keys_that_are_not_called_a_reset_are_refused_as_ever() {
    let mut scene = completed(1);
    scene.server.begin_reset();
    scene.server.offer.as_object_mut().expect("an object").remove("reset");
    let log = judged(scene.run_honestly(2));
    assert_eq!(refused(&log, Endpoint::Claim), Refusal::AlreadyComplete);
}

#[test]
fn a_reset_that_is_not_well_formed_is_no_offer() {
    for reset in [
        json!(null),
        json!({}),
        json!({"key_gen": 2}),
        json!({"key_gen": "2", "started_at": 1}),
        json!({"key_gen": 4_294_967_298_u64, "started_at": 1}),
        json!({"key_gen": 2, "started_at": 1, "why": "because"}),
    ] {
        let mut scene = completed(1);
        scene.server.begin_reset();
        scene.server.offer["reset"] = reset.clone();
        let log = judged(scene.run_honestly(2));
        assert!(
            matches!(refused(&log, Endpoint::Claim), Refusal::Malformed(_) | Refusal::Unexpected { .. }),
            "{reset}"
        );
        assert!(!asked_for_a_password(&log));
    }
}

#[test]
fn whoever_does_not_agree_keeps_their_keys() {
    let mut scene = completed(1);
    let before = scene.shelf.pins.clone();
    scene.server.begin_reset();
    let no = |answer: fn() -> Answer, scene: &mut Scene| {
        judged(scene.run(2, move |_, effect, scene| {
            Some(if is_reset(effect) { Reply::Answer(answer()) } else { scene.honest(effect) })
        }))
    };
    let log = no(|| Answer::No, &mut scene);
    assert!(matches!(stop(&log).why, AcceptReason::GaveUp(GaveUp::Reset)));
    assert!(!asked_for_a_password(&log));
    let log = no(|| Answer::Missing(Missing::Reset), &mut scene);
    assert!(matches!(stop(&log).why, AcceptReason::Missing(Missing::Reset)));
    assert_eq!(scene.shelf.pins, before);
    assert_eq!(scene.server.stored_key_gen(), 1);
}

#[test]
fn the_old_pin_goes_only_after_the_read_back_and_a_run_that_dies_is_taken_up() {
    // The program dies at each effect in turn; what is on the disk is always one whole pin.
    let steps = {
        let mut scene = completed(1);
        scene.server.begin_reset();
        scene.run_honestly(2).turns.len()
    };
    for last in 0..steps {
        let mut scene = completed(1);
        let before = pin(&scene);
        scene.server.begin_reset();
        let log = scene.run(2, |at, effect, scene| (at < last).then(|| scene.honest(effect)));
        let concluded = log.turns.iter().any(|turn| {
            matches!(turn.effect, Effect::Conclude(_)) && turn.heard == firstkey_testkit::player::Heard::Saved
        });
        assert_eq!(pin(&scene).identity.key_gen, KeyGen(if concluded { 2 } else { 1 }), "{last}");
        assert!(concluded || pin(&scene) == before);
        let log = judged(scene.run_honestly(3));
        assert!(end(&log).is_ok(), "{last}: {:?}", end(&log));
        assert_eq!(pin(&scene).identity.key_gen, KeyGen(2), "{last}");
    }
}

#[test]
fn a_renewed_claim_must_be_for_the_same_generation() {
    let mut scene = completed(1);
    scene.server.begin_reset();
    let log = judged(scene.run(2, |_, effect, scene| {
        if let Effect::Send(request) = effect
            && request.endpoint() == Endpoint::EnrolComplete
        {
            // Somebody else opens the invite, and the server then offers something else.
            scene.server.claim_by_somebody_else();
            scene.server.offer["reset"]["key_gen"] = json!(3);
        }
        Some(scene.honest(effect))
    }));
    assert!(matches!(&stop(&log).why, AcceptReason::Refused(Refusal::KeyGeneration)), "{:?}", stop(&log).why);
    assert_eq!(pin(&scene).identity.key_gen, KeyGen(1));
}
