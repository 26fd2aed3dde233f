//! Runs that are cut off, answers that are lost, claims that go stale: one account, one set of
//! keys, and the same bytes (I5).

use super::*;
use firstkey_core::flow::stop::NoAnswer;
use firstkey_testkit::honest::{Invite, problem};

/// The number of effects of an undisturbed run.
fn length() -> usize {
    judged(Scene::new(1).run_honestly(1)).turns.len()
}

fn upload(log: &Log) -> Option<Vec<u8>> {
    oracle::sent(log)
        .find(|request| request.endpoint() == Endpoint::EnrolComplete)
        .map(|request| request.body().to_vec())
}

#[test]
fn a_run_that_dies_at_any_effect_is_finished_by_the_next() {
    for at in 0..length() - 1 {
        for performed in [false, true] {
            let mut scene = Scene::new(1);
            let cut = judged(scene.run(1, |now, effect, scene| {
                if now == at {
                    if performed {
                        let _ = scene.honest(effect);
                    }
                    return None;
                }
                Some(scene.honest(effect))
            }));
            let log = judged(scene.run_honestly(2));
            let what = format!("cut at effect {at}, performed {performed}");
            assert!(end(&log).is_ok(), "{what}: {:?}", end(&log));
            assert_eq!(scene.server.complaints, [""; 0], "{what}");
            let stored = &scene.server.stored.as_ref().expect("one account").body;
            for upload in [upload(&cut), upload(&log)].into_iter().flatten() {
                assert_eq!(upload, *stored, "{what}: two sets of keys");
            }
            assert_eq!((scene.shelf.pins.len(), scene.shelf.checkpoints.len()), (1, 0), "{what}");
        }
    }
}

#[test]
fn a_run_that_dies_twice_is_finished_by_the_third() {
    for (first, second) in (12..length()).step_by(3).flat_map(|first| [3, 7, 11].map(|second| (first, second))) {
        let mut scene = Scene::new(1);
        let mut die_at = |seed, at| {
            judged(scene.run(seed, |now, effect, scene| {
                let reply = scene.honest(effect);
                (now != at).then_some(reply)
            }))
        };
        die_at(1, first);
        die_at(2, second);
        let log = die_at(3, usize::MAX);
        assert!(end(&log).is_ok(), "{first} {second}: {:?}", end(&log));
    }
}

#[test]
fn a_lost_answer_is_asked_for_again_with_the_same_bytes() {
    for endpoint in ENDPOINTS {
        for arrived in [false, true] {
            // One-time messages of a login are another matter: see the next test.
            if arrived && endpoint == Endpoint::LoginFinish {
                continue;
            }
            let mut scene = Scene::new(1);
            let mut lost = 0;
            let log = judged(scene.run(1, |_, effect, scene| {
                if let Effect::Send(request) = effect
                    && request.endpoint() == endpoint
                    && lost < 3
                {
                    lost += 1;
                    if arrived {
                        let _ = scene.honest(effect);
                    }
                    return Some(Reply::Unreachable(NoAnswer::Broken));
                }
                Some(scene.honest(effect))
            }));
            assert!(end(&log).is_ok(), "{endpoint:?} {arrived}: {:?}", end(&log));
            let sent: Vec<_> = oracle::sent(&log).filter(|request| request.endpoint() == endpoint).collect();
            assert_eq!(sent.len(), 4);
            assert!(sent.windows(2).all(|pair| pair[0] == pair[1]), "{endpoint:?} was sent again with other bytes");
        }
    }
}

#[test]
fn a_lost_answer_at_the_very_end_of_a_login_costs_another_login_and_no_typing() {
    let mut scene = Scene::new(1);
    let mut lost = false;
    let log = judged(scene.run(1, |_, effect, scene| {
        let reply = scene.honest(effect);
        let finish = matches!(effect, Effect::Send(request) if request.endpoint() == Endpoint::LoginFinish);
        Some(if finish && !std::mem::replace(&mut lost, true) { Reply::Unreachable(NoAnswer::Broken) } else { reply })
    }));
    assert!(end(&log).is_ok());
    assert_eq!((logins(&log), typings(&log)), (2, 1));
}

#[test]
fn a_proof_that_is_refused_at_once_is_about_the_password() {
    let log = judged(Scene::new(1).run(1, |_, effect, scene| match effect {
        Effect::Send(request) if request.endpoint() == Endpoint::LoginFinish => {
            Some(Reply::Received(problem(403, "login-failed")))
        }
        _ => Some(scene.honest(effect)),
    }));
    assert!(matches!(stop(&log).why, AcceptReason::NotOpened), "{:?}", stop(&log));
    assert_eq!((logins(&log), typings(&log)), (3, 3));
}

fn logins(log: &Log) -> usize {
    sent(log).iter().filter(|endpoint| **endpoint == Endpoint::LoginStart).count()
}

fn typings(log: &Log) -> usize {
    log.turns.iter().filter(|turn| matches!(turn.effect, Effect::Ask(Question::PasswordOnceMore { .. }))).count()
}

#[test]
fn a_server_that_stays_silent_after_the_upload_pauses_the_run_and_says_that_it_is_unknown() {
    let mut scene = Scene::new(1);
    let log = judged(scene.run(1, |_, effect, scene| {
        let reply = scene.honest(effect);
        let complete = matches!(effect, Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete);
        Some(if complete { Reply::Unreachable(NoAnswer::TimedOut) } else { reply })
    }));
    assert!(matches!(stop(&log).why, AcceptReason::Paused(NoAnswer::TimedOut)));
    assert_eq!(stop(&log).reach, firstkey_core::flow::stop::Reach::Unknown);
    assert_eq!(scene.shelf.checkpoints.len(), 1);
    let resumed = judged(scene.run_honestly(2));
    assert!(end(&resumed).is_ok());
    assert_eq!(upload(&resumed), upload(&log));
    assert!(!asked_for_a_password(&resumed), "no second set of keys");
}

/// A scene that was cut right before the upload, and in which somebody else claimed the invite
/// since.
fn stale() -> (Scene, Log) {
    let mut scene = Scene::new(1);
    let cut = judged(scene.run(1, |_, effect, scene| {
        let upload = matches!(effect, Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete);
        if upload { None } else { Some(scene.honest(effect)) }
    }));
    scene.server.claim_by_somebody_else();
    (scene, cut)
}

#[test]
fn a_stale_claim_is_renewed_and_the_same_body_signed_anew() {
    let (mut scene, cut) = stale();
    let log = judged(scene.run_honestly(2));
    assert!(end(&log).is_ok(), "{:?}", end(&log));
    assert!(log.turns.iter().any(|turn| matches!(turn.effect, Effect::Ask(Question::InviteAgain))));
    let uploads: Vec<_> = oracle::sent(&log).filter(|request| request.endpoint() == Endpoint::EnrolComplete).collect();
    assert_eq!(uploads.len(), 2);
    assert_eq!(uploads[0].body(), uploads[1].body());
    assert_ne!(uploads[0].signature(), uploads[1].signature());
    assert_eq!(Some(uploads[0].body().to_vec()), upload(&cut).or(scene.server.stored.map(|stored| stored.body)));
}

#[test]
fn the_renewed_signature_is_saved_before_it_is_sent() {
    let (mut scene, _) = stale();
    let log = judged(scene.run_honestly(2));
    let saves: Vec<_> = log
        .turns
        .iter()
        .filter_map(|turn| if let Effect::Save(saved) = &turn.effect { Some(&saved.request) } else { None })
        .collect();
    assert_eq!(saves.len(), 2, "that it was not taken, and the new signature");
    assert_eq!(
        saves.last().copied(),
        oracle::sent(&log).filter(|request| request.endpoint() == Endpoint::EnrolComplete).last()
    );
}

#[test]
fn a_claim_that_stays_stale_ends_after_three_renewals() {
    let (mut scene, _) = stale();
    let log = judged(scene.run(2, |_, effect, scene| {
        if matches!(effect, Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete) {
            scene.server.claim_by_somebody_else();
        }
        Some(scene.honest(effect))
    }));
    assert!(
        matches!(&stop(&log).why, AcceptReason::Invite(problem) if problem.name == firstkey_core::wire::inbound::ProblemName::ClaimStale)
    );
    assert_eq!(sent(&log).iter().filter(|endpoint| **endpoint == Endpoint::Claim).count(), 3);
}

#[test]
fn a_script_whose_claim_another_computer_took_over_is_told_so() {
    let (mut scene, _) = stale();
    let log = judged(scene.run(2, |_, effect, scene| {
        Some(if matches!(effect, Effect::Ask(Question::InviteAgain)) {
            Reply::Answer(firstkey_core::flow::Answer::Missing(firstkey_core::flow::stop::Missing::Invite))
        } else {
            scene.honest(effect)
        })
    }));
    assert!(
        matches!(&stop(&log).why, AcceptReason::Invite(problem) if problem.name == firstkey_core::wire::inbound::ProblemName::ClaimStale)
    );
    assert_eq!(sent(&log), [Endpoint::EnrolComplete], "it is not claimed back");
}

#[test]
fn only_the_link_of_the_saved_upload_renews_its_claim() {
    let (mut scene, _) = stale();
    let other = Scene::new(9).server.link();
    let log = judged(scene.run(2, |_, effect, scene| {
        Some(if matches!(effect, Effect::Ask(Question::InviteAgain)) {
            Reply::Answer(firstkey_core::flow::Answer::Text(Zeroizing::new(other.clone().into_bytes())))
        } else {
            scene.honest(effect)
        })
    }));
    assert!(matches!(stop(&log).why, AcceptReason::OtherInvite));
    assert_eq!(sent(&log), [Endpoint::EnrolComplete]);
}

#[test]
fn a_renewed_claim_that_names_another_account_is_refused() {
    for id in ["/realm_id", "/account/account_id"] {
        let (mut scene, _) = stale();
        let log = run_with_lie(&mut scene, Endpoint::Claim, |response| {
            edit(response, |offer| *offer.pointer_mut(id).expect("it has one") = "AAAAAAAAAAAAAAAAAAAAAA".into());
        });
        assert_eq!(refused(&log, Endpoint::Claim), Refusal::OtherAccount);
    }
}

#[test]
fn an_account_that_somebody_else_completed_meanwhile_is_not_ours() {
    let (mut scene, _) = stale();
    scene.server.claims.clear();
    let mut other = Scene::new(1);
    judged(other.run_honestly(77));
    scene.server.stored = other.server.stored;
    scene.server.claims = other.server.claims;
    let log = judged(scene.run(2, |_, effect, scene| {
        let reply = scene.honest(effect);
        // The stale signature alone would be complained of first.
        if matches!(effect, Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete) {
            return Some(Reply::Received(firstkey_testkit::honest::problem(410, "invite-used")));
        }
        Some(reply)
    }));
    assert!(
        matches!(&stop(&log).why, AcceptReason::Invite(problem) if problem.name == firstkey_core::wire::inbound::ProblemName::InviteUsed)
    );
    assert_eq!(scene.shelf.pins.len(), 0);
}

#[test]
fn an_invite_that_ended_before_the_upload_ends_the_run_without_a_pin() {
    for state in [Invite::Expired, Invite::Withdrawn] {
        let mut scene = Scene::new(1);
        let log = judged(scene.run(1, |_, effect, scene| {
            if matches!(effect, Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete) {
                scene.server.state = state;
            }
            Some(scene.honest(effect))
        }));
        assert!(matches!(stop(&log).why, AcceptReason::Invite(_)));
        assert!(scene.server.stored.is_none() && scene.shelf.pins.is_empty());
    }
}
