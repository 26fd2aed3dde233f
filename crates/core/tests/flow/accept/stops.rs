//! Invites that cannot be used, servers that cannot answer, people who stop the program.

use super::*;
use firstkey_core::flow::Answer;
use firstkey_core::flow::accept::Options;
use firstkey_core::flow::stop::{GaveUp, LocalTrouble, Missing, NoAnswer, Reach};
use firstkey_core::wire::inbound::ProblemName;
use firstkey_estimator::Zxcvbn;
use firstkey_testkit::honest::{Invite, problem};

#[test]
fn i09_an_invite_that_cannot_be_used_ends_it_before_a_password_is_asked_for() {
    for (state, name) in
        [(Invite::Expired, ProblemName::InviteExpired), (Invite::Withdrawn, ProblemName::InviteWithdrawn)]
    {
        let mut scene = Scene::new(1);
        scene.server.state = state;
        let log = judged(scene.run_honestly(1));
        assert!(matches!(&stop(&log).why, AcceptReason::Invite(problem) if problem.name == name));
        assert_eq!(sent(&log), [Endpoint::Claim]);
        assert_eq!(stop(&log).reach, Reach::NothingChanged);
    }
}

#[test]
fn i09_a_used_or_unknown_invite_ends_it() {
    let mut used = Scene::new(1);
    judged(used.run_honestly(1));
    used.shelf = firstkey_testkit::scene::Shelf::default();
    let log = judged(used.run_honestly(2));
    assert!(matches!(&stop(&log).why, AcceptReason::Invite(problem) if problem.name == ProblemName::InviteUsed));
    let mut unknown = Scene::new(1);
    let link = unknown.server.link();
    unknown.server.token = [9; 32];
    let log = judged(unknown.run(1, |_, effect, scene| {
        Some(if matches!(effect, Effect::Ask(Question::Invite { .. })) { text(&link) } else { scene.honest(effect) })
    }));
    assert!(matches!(&stop(&log).why, AcceptReason::Invite(problem) if problem.name == ProblemName::InviteUnknown));
}

fn text(text: &str) -> Reply {
    Reply::Answer(Answer::Text(Zeroizing::new(text.as_bytes().to_vec())))
}

#[test]
fn a_bad_link_is_asked_for_again_and_five_end_it_with_nothing_sent() {
    let log = judged(Scene::new(1).run(1, |_, effect, scene| {
        Some(if matches!(effect, Effect::Ask(Question::Invite { .. })) {
            text("https://ada@keys.example.org/i#fkinv1.x")
        } else {
            scene.honest(effect)
        })
    }));
    assert!(matches!(stop(&log).why, AcceptReason::Link(_)));
    assert_eq!((sent(&log), stop(&log).reach), (vec![], Reach::NothingSent));
    assert_eq!(log.turns.len(), 6);
}

#[test]
fn a_busy_server_is_asked_again_with_growing_pauses_and_then_left_alone() {
    for endpoint in [Endpoint::Claim, Endpoint::EnrolStart, Endpoint::EnrolComplete] {
        let log = judged(Scene::new(1).run(1, |_, effect, scene| match effect {
            Effect::Send(request) if request.endpoint() == endpoint => {
                Some(Reply::Received(problem(503, "unavailable")))
            }
            _ => Some(scene.honest(effect)),
        }));
        assert!(
            matches!(stop(&log).why, AcceptReason::Unreachable(NoAnswer::Busy) | AcceptReason::Paused(NoAnswer::Busy)),
            "{endpoint:?}"
        );
        let waits: Vec<_> = log
            .turns
            .iter()
            .filter_map(|turn| if let Effect::Wait(time) = turn.effect { Some(time.as_secs()) } else { None })
            .collect();
        assert_eq!(waits, [1, 2, 4, 8]);
        assert_eq!(sent(&log).iter().filter(|sent| **sent == endpoint).count(), 5);
    }
}

#[test]
fn a_throttled_login_is_not_hammered() {
    let log = judged(Scene::new(1).run(1, |_, effect, scene| match effect {
        Effect::Send(request) if request.endpoint() == Endpoint::LoginStart => {
            Some(Reply::Received(problem(429, "too-many")))
        }
        _ => Some(scene.honest(effect)),
    }));
    assert!(matches!(stop(&log).why, AcceptReason::Unreachable(NoAnswer::Busy)));
    assert_eq!(sent(&log).iter().filter(|sent| **sent == Endpoint::LoginStart).count(), 1);
    assert_eq!(stop(&log).reach, Reach::Stored);
}

#[test]
fn at_the_read_back_a_busy_server_is_asked_again_and_a_final_answer_is_not() {
    for endpoint in [Endpoint::LoginParams, Endpoint::LoginStart, Endpoint::LoginFinish] {
        for (status, name, times) in [(503, "unavailable", 5), (403, "suspended", 1)] {
            let log = judged(Scene::new(1).run(1, |_, effect, scene| match effect {
                Effect::Send(request) if request.endpoint() == endpoint => Some(Reply::Received(problem(status, name))),
                _ => Some(scene.honest(effect)),
            }));
            assert_eq!(sent(&log).iter().filter(|sent| **sent == endpoint).count(), times, "{endpoint:?}: {name}");
            let why = &stop(&log).why;
            let said = match why {
                AcceptReason::Unreachable(NoAnswer::Busy) => "unavailable",
                AcceptReason::Invite(problem) if problem.name == ProblemName::Suspended => "suspended",
                _ => "something else",
            };
            assert_eq!(said, name, "{endpoint:?}: {why:?}");
            assert_eq!(stop(&log).reach, Reach::Stored);
        }
    }
}

#[test]
fn a_certificate_that_turns_bad_at_the_upload_pauses_it_at_once() {
    let log = judged(Scene::new(1).run(1, |_, effect, scene| match effect {
        Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete => {
            Some(Reply::Unreachable(NoAnswer::Certificate))
        }
        _ => Some(scene.honest(effect)),
    }));
    assert!(matches!(stop(&log).why, AcceptReason::Paused(NoAnswer::Certificate)), "{:?}", stop(&log));
    assert_eq!(stop(&log).reach, Reach::Saved, "it learned nothing");
    assert_eq!(sent(&log).iter().filter(|sent| **sent == Endpoint::EnrolComplete).count(), 1);
}

#[test]
fn an_upload_counts_as_sent_from_the_first_attempt_that_had_a_connection_and_not_before() {
    use NoAnswer::{Broken, Certificate, NoConnection, NoSuchHost, NotConnected, TimedOut};
    let attempts: [(&[NoAnswer], Reach); 7] = [
        (&[NoConnection; 5], Reach::Saved),
        (&[NoSuchHost], Reach::Saved),
        (&[NotConnected], Reach::Saved),
        (&[NoConnection, NoConnection, Certificate], Reach::Saved),
        (&[TimedOut], Reach::Unknown),
        (&[Broken, NoConnection, NoConnection, NoConnection, NoConnection], Reach::Unknown),
        (&[NoConnection, NoConnection, NoConnection, NoConnection, Broken], Reach::Unknown),
    ];
    for (silences, reach) in attempts {
        let mut left = silences.iter();
        let mut scene = Scene::new(1);
        let log = judged(scene.run(1, |_, effect, scene| match effect {
            Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete => {
                Some(Reply::Unreachable(*left.next().expect("an attempt that was foreseen")))
            }
            _ => Some(scene.honest(effect)),
        }));
        assert!(matches!(stop(&log).why, AcceptReason::Paused(_)), "{silences:?}");
        assert_eq!((stop(&log).reach, left.len()), (reach, 0), "{silences:?}");
    }
}

#[test]
fn whoever_stops_it_while_it_connects_or_waits_has_not_sent_the_upload() {
    for waits in [false, true] {
        let log = judged(Scene::new(1).run(1, |_, effect, scene| match effect {
            Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete => {
                Some(if waits { Reply::Unreachable(NoAnswer::NoConnection) } else { Reply::CancelUnsent })
            }
            Effect::Wait(_) => Some(Reply::Cancel),
            _ => Some(scene.honest(effect)),
        }));
        assert!(matches!(stop(&log).why, AcceptReason::Cancelled));
        assert_eq!(stop(&log).reach, Reach::Saved, "{waits}");
    }
    let log = judged(Scene::new(1).run(1, |_, effect, scene| match effect {
        Effect::Send(_) => Some(Reply::CancelUnsent),
        _ => Some(scene.honest(effect)),
    }));
    assert_eq!(stop(&log).reach, Reach::NothingSent, "not even the claim");
}

#[test]
fn a_certificate_that_is_not_acceptable_is_not_tried_again() {
    for why in [NoAnswer::Certificate, NoAnswer::NoSuchHost] {
        let log = judged(Scene::new(1).run(1, |_, effect, scene| {
            Some(if matches!(effect, Effect::Send(_)) { Reply::Unreachable(why) } else { scene.honest(effect) })
        }));
        assert!(matches!(stop(&log).why, AcceptReason::Unreachable(said) if said == why));
        assert_eq!((sent(&log).len(), stop(&log).reach), (1, Reach::NothingSent));
    }
}

#[test]
fn a_server_that_finds_the_upload_wrong_is_believed_and_not_asked_again() {
    for (status, name) in [(400, "invalid"), (409, "conflict"), (404, "not-found")] {
        let log = judged(Scene::new(1).run(1, |_, effect, scene| match effect {
            Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete => {
                Some(Reply::Received(problem(status, name)))
            }
            _ => Some(scene.honest(effect)),
        }));
        assert!(matches!(stop(&log).why, AcceptReason::ServerProblem(_)), "{name}");
        assert_eq!(sent(&log).last(), Some(&Endpoint::EnrolComplete));
    }
}

#[test]
fn whoever_stops_the_program_at_any_effect_stops_everything() {
    let length = judged(Scene::new(1).run_honestly(1)).turns.len();
    // The last effect before the end is a courtesy: the account is finished.
    for at in 0..length - 2 {
        for stopped in [|| Reply::Cancel, || Reply::Answer(Answer::Cancelled)] {
            let log = judged(
                Scene::new(1)
                    .run(1, |now, effect, scene| Some(if now == at { stopped() } else { scene.honest(effect) })),
            );
            assert!(matches!(stop(&log).why, AcceptReason::Cancelled), "effect {at}");
            assert_eq!(log.turns.len(), at + 2, "effect {at}");
        }
    }
}

#[test]
fn trouble_of_this_machine_at_any_effect_ends_it() {
    let length = judged(Scene::new(1).run_honestly(1)).turns.len();
    for at in 0..length - 2 {
        let log = judged(Scene::new(1).run(1, |now, effect, scene| {
            Some(if now == at { Reply::Trouble(LocalTrouble::Busy) } else { scene.honest(effect) })
        }));
        assert!(matches!(stop(&log).why, AcceptReason::Local(LocalTrouble::Busy)), "effect {at}");
    }
}

#[test]
fn the_session_of_the_read_back_is_ended_and_whatever_comes_of_it_the_account_is_finished() {
    let replies: [fn() -> Reply; 4] = [
        || Reply::Told,
        || Reply::Cancel,
        || Reply::Trouble(LocalTrouble::Busy),
        || Reply::Unreachable(NoAnswer::TimedOut),
    ];
    for reply in replies {
        let log = judged(Scene::new(1).run(1, |_, effect, scene| {
            Some(if matches!(effect, Effect::EndSession(..)) { reply() } else { scene.honest(effect) })
        }));
        let [.., pinned, ended, end] = log.turns.as_slice() else { panic!("it ends") };
        assert!(matches!(pinned.effect, Effect::Conclude(_)), "the account is remembered first");
        let Effect::EndSession(_, request) = &ended.effect else { panic!("the session is ended") };
        assert_eq!(request.endpoint(), Endpoint::Logout);
        assert!(matches!(&end.effect, Effect::Finish(end) if end.is_ok()));
    }
}

#[test]
fn a_disk_that_cannot_save_prevents_the_upload() {
    let log = judged(Scene::new(1).run(1, |_, effect, scene| {
        Some(if matches!(effect, Effect::Save(_)) { Reply::Trouble(LocalTrouble::Busy) } else { scene.honest(effect) })
    }));
    assert_eq!(sent(&log), [Endpoint::Claim, Endpoint::EnrolStart]);
    assert_eq!(stop(&log).reach, Reach::NothingChanged);
}

#[test]
fn where_nobody_can_be_asked_it_ends_and_says_what_is_missing() {
    let log = judged(Scene::new(1).run(1, |_, effect, scene| {
        Some(if matches!(effect, Effect::Ask(Question::Password { .. })) {
            Reply::Answer(Answer::Missing(Missing::Password))
        } else {
            scene.honest(effect)
        })
    }));
    assert!(matches!(stop(&log).why, AcceptReason::Missing(Missing::Password)));
    let log = judged(Scene::new(1).run(1, |_, effect, scene| {
        let other = Answer::NotTheInvited { expected: "eve@example.org".to_owned() };
        Some(if matches!(effect, Effect::Ask(Question::Consent(_))) {
            Reply::Answer(other)
        } else {
            scene.honest(effect)
        })
    }));
    assert!(
        matches!(&stop(&log).why, AcceptReason::NotTheInvited { expected, invited } if expected == "eve@example.org" && invited == "ada@example.org")
    );
}

#[test]
fn a_reply_that_does_not_fit_ends_it_at_once() {
    let length = judged(Scene::new(1).run_honestly(1)).turns.len();
    for at in 0..length - 2 {
        let log = judged(
            Scene::new(1)
                .run(1, |now, effect, scene| Some(if now == at { Reply::Begin } else { scene.honest(effect) })),
        );
        assert!(matches!(stop(&log).why, AcceptReason::OutOfStep), "effect {at}");
        assert_eq!(log.turns.len(), at + 2);
    }
}

#[test]
fn nothing_is_taken_for_done_because_something_else_was() {
    let length = judged(Scene::new(1).run_honestly(1)).turns.len();
    for at in 0..length - 2 {
        for wrong in [|| Reply::Told, || Reply::Ready, || Reply::Saved, || Reply::Waited] {
            let mut honest = false;
            let log = judged(Scene::new(1).run(1, |now, effect, scene| {
                let reply = scene.honest(effect);
                honest |= now == at && std::mem::discriminant(&reply) == std::mem::discriminant(&wrong());
                Some(if now == at { wrong() } else { reply })
            }));
            assert!(honest || matches!(stop(&log).why, AcceptReason::OutOfStep), "effect {at}");
        }
    }
}

#[test]
fn nothing_to_resume_is_said_and_nothing_sent() {
    let options = Options { resume: true, ..Options::new(&Zxcvbn) };
    let log = judged(Scene::new(1).run_with(1, options, |_, effect, scene| Some(scene.honest(effect))));
    assert!(matches!(stop(&log).why, AcceptReason::NothingSaved));
    assert_eq!(sent(&log), []);
}

#[test]
fn a_script_without_a_better_link_ends_with_the_trouble() {
    let mut first = true;
    let log = judged(Scene::new(1).run(1, |_, effect, scene| match effect {
        Effect::Ask(Question::Invite { .. }) if std::mem::take(&mut first) => Some(text("nonsense")),
        Effect::Ask(Question::Invite { .. }) => Some(Reply::Answer(Answer::No)),
        _ => Some(scene.honest(effect)),
    }));
    assert!(matches!(stop(&log).why, AcceptReason::Link(_)));
    assert!(!matches!(stop(&log).why, AcceptReason::GaveUp(GaveUp::NotYou)));
}
