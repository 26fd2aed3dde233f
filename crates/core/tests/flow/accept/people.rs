//! What people do: the good way, typing errors, weak passwords, second thoughts.

use super::*;
use firstkey_core::crypto::context::InviteId;
use firstkey_core::flow::accept::Options;
use firstkey_core::flow::stop::GaveUp;
use firstkey_core::flow::tried::{self, Earlier, Tried, Try};
use firstkey_core::wire::origin::Origin;
use firstkey_estimator::Zxcvbn;
use firstkey_testkit::scene::{PASSWORD, typed};

/// Stops at the consent, and gives who is said to have opened the invite before, and the try as
/// this computer keeps it.
fn begun(scene: &mut Scene, seed: u64, tried: Vec<Tried>) -> (Earlier, Try) {
    let options = Options { tried, ..scene.shelf.options() };
    let (mut earlier, mut own) = (None, None);
    judged(scene.run_with(seed, options, |_, effect, scene| {
        Some(match effect {
            Effect::Send(request) => {
                own = tried::of_claim(request).map(|(_, digest)| Try { digest, at: seed });
                scene.honest(effect)
            }
            Effect::Ask(Question::Consent(about)) => {
                earlier = Some(about.earlier);
                Reply::Cancel
            }
            _ => scene.honest(effect),
        })
    }));
    (earlier.expect("it is asked"), own.expect("a claim is sent"))
}

#[test]
fn a_computer_knows_its_own_earlier_tries_by_their_keys_and_warns_of_others_only() {
    let mut scene = Scene::new(1);
    let origin = Origin::read(&scene.server.origin).expect("an origin");
    let mut kept = Tried::new(origin, InviteId::heard(scene.server.invite));
    let (first, own) = begun(&mut scene, 11, vec![kept.clone()]);
    assert_eq!(first, Earlier { told_apart: true, ..Earlier::default() });
    kept.add(own);
    let (second, own) = begun(&mut scene, 12, vec![kept.clone()]);
    assert_eq!((second.here, second.elsewhere), (Some(11), 0), "begun here, and stopped");
    kept.add(own);
    scene.server.claim_by_somebody_else();
    let (third, _) = begun(&mut scene, 13, vec![kept.clone()]);
    assert_eq!((third.here, third.elsewhere), (Some(12), 1));
    // Another computer, or one that has forgotten.
    let (elsewhere, _) = begun(&mut scene, 14, Vec::new());
    assert_eq!((elsewhere.here, elsewhere.elsewhere), (None, 4));
    // What is kept of another invite or server says nothing of this one.
    let other = Origin::read("https://other.example.org").expect("an origin");
    for foreign in [Tried { origin: other, ..kept.clone() }, Tried { invite: InviteId::heard([9; 16]), ..kept }] {
        assert_eq!(begun(&mut scene, 15, vec![foreign]).0.here, None);
    }
}

#[test]
fn an_invited_person_ends_with_an_account_that_was_read_back() {
    let mut scene = Scene::new(1);
    let log = judged(scene.run_honestly(1));
    assert!(!done(&log).repeated && done(&log).rehearsal.is_none());
    assert_eq!(sent(&log), ENDPOINTS);
    assert_eq!(scene.server.complaints, [""; 0], "the honest server has nothing to complain of");
    assert_eq!((scene.shelf.pins.len(), scene.shelf.checkpoints.len()), (1, 0), "a pin stays, the checkpoint is gone");
    assert_eq!(done(&log).pin.context, scene.server.context());
}

#[test]
fn the_order_is_kit_proof_checkpoint_upload_read_back_pin() {
    let log = judged(Scene::new(2).run_honestly(2));
    let position =
        |wanted: fn(&Effect) -> bool| log.turns.iter().position(|turn| wanted(&turn.effect)).expect("it happens");
    let order = [
        position(|effect| matches!(effect, Effect::Ask(Question::Consent(_)))),
        position(|effect| matches!(effect, Effect::Prepare(_))),
        position(|effect| matches!(effect, Effect::Ask(Question::Password { .. }))),
        position(|effect| matches!(effect, Effect::Stretch(_))),
        position(|effect| matches!(effect, Effect::Ask(Question::Kit(_)))),
        position(|effect| matches!(effect, Effect::Ask(Question::KitProof { .. }))),
        position(|effect| matches!(effect, Effect::Save(_))),
        position(|effect| matches!(effect, Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete)),
        position(|effect| matches!(effect, Effect::Ask(Question::PasswordOnceMore { .. }))),
        position(|effect| matches!(effect, Effect::Conclude(_))),
    ];
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn the_same_command_twice_is_harmless_and_sends_nothing() {
    let mut scene = Scene::new(3);
    let first = judged(scene.run_honestly(3));
    let again = judged(scene.run_honestly(4));
    assert!(done(&again).repeated);
    assert_eq!(done(&again).pin, done(&first).pin);
    assert_eq!(sent(&again), []);
}

/// Which pair of typings was said to come next, each time that two differed.
fn pairs_told(log: &Log) -> Vec<u32> {
    let told =
        |notice: &Notice| if let Notice::TypingsDiffer { attempt, of: 5 } = notice { Some(*attempt) } else { None };
    notices(log).filter_map(told).collect()
}

#[test]
fn two_typings_that_differ_are_asked_for_again_and_five_pairs_end_it() {
    let mut wrong = 0;
    let log = judged(Scene::new(1).run(1, |_, effect, scene| {
        let slip = matches!(effect, Effect::Ask(Question::Again { .. })) && wrong < 2;
        wrong += usize::from(slip);
        Some(if slip { typed("velvet Kumquat tramway 42 orbir") } else { scene.honest(effect) })
    }));
    assert!(end(&log).is_ok());
    assert_eq!(pairs_told(&log), [2, 3]);

    let log = judged(Scene::new(1).run(1, |_, effect, scene| {
        Some(if matches!(effect, Effect::Ask(Question::Again { .. })) {
            typed("something else altogether")
        } else {
            scene.honest(effect)
        })
    }));
    assert!(matches!(stop(&log).why, AcceptReason::GaveUp(GaveUp::TypingsDiffer)));
    assert_eq!(sent(&log), [Endpoint::Claim]);
}

#[test]
fn weak_passwords_are_refused_ten_times_and_nothing_is_derived_from_them() {
    for weak in
        ["short", "aaaaaaaaaaaaaaaaaaaaaaaa", "Ada Lovelace Example Corp", "qwertyuiopasdfghjkl", "password password"]
    {
        let mut scene = Scene::new(1);
        weak.clone_into(&mut scene.password);
        let log = judged(scene.run_honestly(1));
        assert!(matches!(stop(&log).why, AcceptReason::GaveUp(GaveUp::WeakPasswords)), "{weak}");
        assert_eq!(
            notices(&log).filter(|notice| matches!(notice, Notice::Weak { .. } | Notice::Unusable(_))).count(),
            10
        );
        assert!(!log.turns.iter().any(|turn| matches!(turn.effect, Effect::Stretch(_))));
        assert_eq!(sent(&log), [Endpoint::Claim]);
    }
}

#[test]
fn what_cannot_be_a_password_is_refused_with_the_reason() {
    for bytes in [vec![0xff; 20], vec![b'x'; 1025]] {
        let mut first = true;
        let log = judged(Scene::new(1).run(1, |_, effect, scene| {
            let ask = matches!(effect, Effect::Ask(Question::Password { .. })) && std::mem::take(&mut first);
            Some(if ask {
                Reply::Answer(firstkey_core::flow::Answer::Secret(Zeroizing::new(bytes.clone())))
            } else {
                scene.honest(effect)
            })
        }));
        assert!(notices(&log).any(|notice| matches!(notice, Notice::Unusable(_))));
        assert!(end(&log).is_ok(), "and the next one is taken");
    }
}

#[test]
fn an_empty_answer_makes_a_passphrase_of_six_words_that_opens_the_account() {
    let mut scene = Scene::new(1);
    scene.password.clear();
    let log = judged(scene.run_honestly(1));
    assert!(end(&log).is_ok());
    assert_eq!(scene.made.as_deref().map(|made| made.split(' ').count()), Some(6));
}

#[test]
fn a_passphrase_that_was_copied_wrong_stays_the_same() {
    let mut scene = Scene::new(1);
    scene.password.clear();
    let mut shown = Vec::new();
    let log = judged(scene.run(1, |_, effect, scene| {
        let honest = scene.honest(effect);
        if let Effect::Ask(Question::Again { made: Some(made) }) = effect {
            shown.push(made.as_str().to_owned());
            if shown.len() == 1 {
                return Some(typed("not what was shown"));
            }
        }
        Some(honest)
    }));
    assert!(end(&log).is_ok());
    assert!(shown.len() == 2 && shown[0] == shown[1]);
}

#[test]
fn a_passphrase_that_is_copied_wrong_five_times_ends_it() {
    let mut scene = Scene::new(1);
    scene.password.clear();
    let log = judged(scene.run(1, |_, effect, scene| {
        let again = matches!(effect, Effect::Ask(Question::Again { .. }));
        Some(if again { typed("not what was shown") } else { scene.honest(effect) })
    }));
    assert!(matches!(stop(&log).why, AcceptReason::GaveUp(GaveUp::TypingsDiffer)));
    assert_eq!(pairs_told(&log), [2, 3, 4, 5]);
}

#[test]
fn a_group_typed_wrong_shows_the_kit_again_and_five_times_end_it() {
    let mut scene = Scene::new(1);
    let mut shown = 0;
    let log = judged(scene.run(1, |_, effect, scene| {
        shown += usize::from(matches!(effect, Effect::Ask(Question::Kit(_))));
        Some(if matches!(effect, Effect::Ask(Question::KitProof { .. })) {
            typed("UUUU")
        } else {
            scene.honest(effect)
        })
    }));
    assert!(matches!(stop(&log).why, AcceptReason::GaveUp(GaveUp::KitProof)));
    assert_eq!(shown, 5);
    assert_eq!(sent(&log), [Endpoint::Claim, Endpoint::EnrolStart]);
}

#[test]
fn a_group_is_recognised_however_people_write_it() {
    for form in [
        str::to_lowercase as fn(&str) -> String,
        |group| format!(" {} {} ", &group[..2], &group[2..]),
        |group| group.replace('0', "o").replace('1', "l"),
    ] {
        let log = judged(Scene::new(1).run(1, |_, effect, scene| {
            let honest = scene.honest(effect);
            if let (Effect::Ask(Question::KitProof { group, .. }), Some(kit)) = (effect, &scene.kit) {
                return Some(typed(&form(kit.split('-').nth(usize::from(*group) - 1).expect("a group"))));
            }
            Some(honest)
        }));
        assert!(end(&log).is_ok());
    }
}

#[test]
fn one_wrong_symbol_anywhere_is_no_proof() {
    for wrong in 0..4 {
        let log = judged(Scene::new(1).run(1, |_, effect, scene| {
            let honest = scene.honest(effect);
            if let (Effect::Ask(Question::KitProof { group, .. }), Some(kit)) = (effect, &scene.kit) {
                let group = kit.split('-').nth(usize::from(*group) - 1).expect("a group");
                let other = if group[wrong..].starts_with('7') { "8" } else { "7" };
                return Some(typed(&format!("{}{other}{}", &group[..wrong], &group[wrong + 1..])));
            }
            Some(honest)
        }));
        assert!(matches!(stop(&log).why, AcceptReason::GaveUp(GaveUp::KitProof)), "symbol {wrong}");
    }
}

#[test]
fn another_group_than_the_one_that_was_asked_for_is_no_proof() {
    let log = judged(Scene::new(1).run(1, |_, effect, scene| {
        let honest = scene.honest(effect);
        if let (Effect::Ask(Question::KitProof { group, .. }), Some(kit)) = (effect, &scene.kit) {
            return Some(typed(kit.split('-').nth(usize::from(*group) % 7).expect("the next group")));
        }
        Some(honest)
    }));
    assert!(matches!(stop(&log).why, AcceptReason::GaveUp(GaveUp::KitProof)));
}

#[test]
fn whoever_says_no_is_let_go_before_anything_is_made() {
    let no = |wanted: fn(&Question) -> bool| {
        judged(Scene::new(1).run(1, move |_, effect, scene| match effect {
            Effect::Ask(question) if wanted(question) => Some(Reply::Answer(firstkey_core::flow::Answer::No)),
            _ => Some(scene.honest(effect)),
        }))
    };
    let log = no(|question| matches!(question, Question::Consent(_)));
    assert!(matches!(stop(&log).why, AcceptReason::GaveUp(GaveUp::NotYou)));
    assert!(!asked_for_a_password(&log));
    let log = no(|question| matches!(question, Question::Password { .. }));
    assert!(matches!(stop(&log).why, AcceptReason::GaveUp(GaveUp::WeakPasswords)));
    let log = no(|question| matches!(question, Question::Kit(_)));
    assert!(matches!(stop(&log).why, AcceptReason::GaveUp(GaveUp::Kit)));
    assert!(!sent(&log).contains(&Endpoint::EnrolComplete));
}

#[test]
fn whoever_will_not_type_the_password_again_has_an_account_that_was_not_read_back() {
    let log = judged(Scene::new(1).run(1, |_, effect, scene| match effect {
        Effect::Ask(Question::PasswordOnceMore { .. }) => Some(Reply::Answer(firstkey_core::flow::Answer::No)),
        _ => Some(scene.honest(effect)),
    }));
    assert!(matches!(stop(&log).why, AcceptReason::NotOpened));
    assert_eq!(stop(&log).reach, firstkey_core::flow::stop::Reach::Stored);
}

#[test]
fn a_rehearsal_makes_everything_and_uploads_nothing() {
    let mut scene = Scene::new(1);
    let options = Options { rehearsal: true, ..Options::new(&Zxcvbn) };
    let log = judged(scene.run_with(1, options, |_, effect, scene| Some(scene.honest(effect))));
    assert!(done(&log).rehearsal.is_some());
    assert_eq!(sent(&log), [Endpoint::Claim, Endpoint::EnrolStart]);
    assert!(scene.server.stored.is_none() && scene.shelf.checkpoints.is_empty() && scene.shelf.pins.is_empty());
}

#[test]
fn a_wrong_password_at_the_end_is_asked_for_three_times_with_one_attempt_each() {
    let mut scene = Scene::new(1);
    let log = judged(scene.run(1, |_, effect, scene| {
        Some(if matches!(effect, Effect::Ask(Question::PasswordOnceMore { .. })) {
            typed("velvet Kumquat tramway 43 orbit")
        } else {
            scene.honest(effect)
        })
    }));
    assert!(matches!(stop(&log).why, AcceptReason::NotOpened));
    assert_eq!(sent(&log).iter().filter(|endpoint| **endpoint == Endpoint::LoginStart).count(), 3);
    assert!(!sent(&log).contains(&Endpoint::LoginFinish), "no proof is sent that cannot be right");
    // The upload stays on the disk, so the person can prove the password another day.
    let log = judged(scene.run_honestly(2));
    assert!(end(&log).is_ok());
    assert_eq!(PASSWORD, scene.password);
}

#[test]
fn a_punycode_host_is_confirmed_before_anything_is_sent() {
    let mut scene = Scene::new(1);
    "https://xn--bcher-kva.example".clone_into(&mut scene.server.origin);
    let log = judged(scene.run(1, |_, effect, scene| {
        Some(if matches!(effect, Effect::Ask(Question::Host(_))) {
            Reply::Answer(firstkey_core::flow::Answer::No)
        } else {
            scene.honest(effect)
        })
    }));
    assert!(matches!(stop(&log).why, AcceptReason::GaveUp(GaveUp::Host)));
    assert_eq!(sent(&log), []);
    let asks = |log: &Log| log.turns.iter().any(|turn| matches!(turn.effect, Effect::Ask(Question::Host(_))));
    let log = judged(scene.run_honestly(1));
    assert!(end(&log).is_ok() && asks(&log));
    // A server that is remembered was confirmed.
    scene.server.invite_to_join();
    let log = scene.run_honestly(2);
    assert!(!asks(&log) && sent(&log) == [Endpoint::Claim]);
}
