//! An organisation that requires a second secret: made with the keys, proven before the upload,
//! used at the read-back.

use super::*;
use firstkey_core::crypto::recovery::write_secret_key;
use firstkey_core::flow::Answer;
use firstkey_core::flow::stop::{GaveUp, Reach};
use firstkey_core::wire::asked::SecretKeys;
use firstkey_testkit::scene::typed;
use serde_json::json;

fn scene(word: &str) -> Scene {
    let mut scene = Scene::new(1);
    scene.server.offer["policy"]["secret_key"] = json!(word);
    scene.server.asks["secret_key"] = json!(word);
    scene
}

fn is_uploaded(log: &Log) -> bool {
    sent(log).contains(&Endpoint::EnrolComplete)
}

#[test]
fn it_is_made_with_the_kit_proven_before_the_upload_and_opens_the_account_at_the_read_back() {
    let mut scene = scene("required");
    let log = judged(scene.run_honestly(1));
    assert!(done(&log).pin.two_secret);
    assert_eq!(scene.server.complaints, [""; 0]);
    let at = |what: fn(&Effect) -> bool| log.turns.iter().position(|turn| what(&turn.effect)).expect("it happened");
    let kit = at(|effect| matches!(effect, Effect::Ask(Question::KitProof { .. })));
    let shown = at(|effect| matches!(effect, Effect::Ask(Question::KeepSecretKey(_))));
    let saved = at(|effect| matches!(effect, Effect::Save(_)));
    assert!(kit < shown && shown < saved);
    let asked = log.turns.iter().any(|turn| matches!(turn.effect, Effect::Ask(Question::SecretKey { .. })));
    assert!(!asked, "this run has it still");
}

#[test]
fn without_the_proof_nothing_is_saved_or_sent() {
    for gives_up in [true, false] {
        let mut scene = scene("required");
        let log = judged(scene.run(1, |_, effect, scene| {
            Some(match effect {
                Effect::Ask(Question::KeepSecretKey(_)) if gives_up => Reply::Answer(Answer::No),
                Effect::Ask(Question::SecretKeyProof { .. }) => typed("uuuu"),
                _ => scene.honest(effect),
            })
        }));
        let expected = if gives_up { GaveUp::SecretKey } else { GaveUp::SecretKeyProof };
        assert!(matches!(stop(&log).why, AcceptReason::GaveUp(how) if how == expected), "{:?}", stop(&log));
        assert_eq!(stop(&log).reach, Reach::NothingChanged);
        assert!(!is_uploaded(&log) && scene.shelf.checkpoints.is_empty());
        let proofs = asked(&log, |question| matches!(question, Question::SecretKeyProof { .. }));
        assert_eq!(proofs, if gives_up { 0 } else { 5 });
    }
}

fn asked(log: &Log, what: fn(&Question) -> bool) -> usize {
    log.turns.iter().filter(|turn| matches!(&turn.effect, Effect::Ask(question) if what(question))).count()
}

#[test]
fn every_group_may_be_asked_for_and_none_that_there_is_not() {
    let mut groups = std::collections::BTreeSet::new();
    for seed in 0..60 {
        scene("required").run(seed, |_, effect, scene| match effect {
            Effect::Ask(Question::SecretKeyProof { group, .. }) => {
                groups.insert(*group);
                None
            }
            _ => Some(scene.honest(effect)),
        });
    }
    assert!(groups.iter().all(|group| (1..=13).contains(group)), "{groups:?}");
    assert!(groups.contains(&1) && groups.contains(&13), "{groups:?}");
}

#[test]
fn a_run_that_takes_up_the_upload_of_another_asks_for_it_and_takes_no_other() {
    let cut = |scene: &mut Scene| {
        let log = scene.run(1, |_, effect, scene| {
            let reply = scene.honest(effect);
            (!matches!(effect, Effect::Ask(Question::PasswordOnceMore { .. }))).then_some(reply)
        });
        assert!(is_uploaded(&log));
    };
    let mut right = scene("required");
    cut(&mut right);
    let log = judged(right.run_honestly(2));
    assert!(done(&log).pin.two_secret);
    assert!(log.turns.iter().any(|turn| matches!(turn.effect, Effect::Ask(Question::SecretKey { .. }))));

    let mut wrong = scene("required");
    cut(&mut wrong);
    wrong.secret_key = Some(write_secret_key(&[9; 32]).as_str().to_owned());
    let log = judged(wrong.run_honestly(2));
    assert!(matches!(stop(&log).why, AcceptReason::NotOpened), "{:?}", stop(&log));
    assert!(!sent(&log).contains(&Endpoint::LoginFinish) && wrong.shelf.pins.is_empty());

    let mut slips = scene("required");
    cut(&mut slips);
    let key = slips.secret_key.replace("SK1-no".to_owned());
    let log = judged(slips.run(2, |_, effect, scene| {
        let reply = scene.honest(effect);
        if let Effect::Tell(Notice::NoSecretKey(_)) = effect {
            scene.secret_key.clone_from(&key);
        }
        Some(reply)
    }));
    assert!(end(&log).is_ok(), "a slip is named and it is asked for again: {:?}", end(&log));

    let mut without = scene("required");
    cut(&mut without);
    without.secret_key = Some("SK1-no".to_owned());
    let mut attempts = Vec::new();
    let log = judged(without.run(2, |_, effect, scene| {
        if let Effect::Ask(Question::SecretKey { attempt, .. }) = effect {
            attempts.push(*attempt);
        }
        Some(scene.honest(effect))
    }));
    assert!(matches!(stop(&log).why, AcceptReason::NotOpened), "{:?}", stop(&log));
    assert!(attempts.iter().copied().eq(1..=10), "{attempts:?}");

    let mut unwilling = scene("required");
    cut(&mut unwilling);
    let log = judged(unwilling.run(2, |_, effect, scene| {
        let asked = matches!(effect, Effect::Ask(Question::SecretKey { .. }));
        Some(if asked { Reply::Answer(Answer::No) } else { scene.honest(effect) })
    }));
    assert!(matches!(stop(&log).why, AcceptReason::NotOpened), "{:?}", stop(&log));
}

#[test]
fn where_it_is_allowed_nobody_is_asked_and_the_end_speaks_of_it() {
    for (word, expected) in [("allowed", SecretKeys::Allowed), ("off", SecretKeys::Off)] {
        let log = judged(scene(word).run_honestly(1));
        assert_eq!((done(&log).secret_keys, done(&log).pin.two_secret), (expected, false));
        assert!(!log.turns.iter().any(|turn| matches!(turn.effect, Effect::Ask(Question::KeepSecretKey(_)))));
    }
}

#[test]
fn a_rehearsal_shows_none() {
    let mut scene = scene("required");
    let options = firstkey_core::flow::accept::Options { rehearsal: true, ..scene.shelf.options() };
    let log = judged(scene.run_with(1, options, |_, effect, scene| Some(scene.honest(effect))));
    assert!(done(&log).rehearsal.is_some());
    assert!(!log.turns.iter().any(|turn| matches!(turn.effect, Effect::Ask(Question::KeepSecretKey(_)))));
}
