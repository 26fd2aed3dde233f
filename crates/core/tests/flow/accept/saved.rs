//! Several saved uploads: which one `--resume` takes, which it goes on past, and what it never
//! does.

use super::*;
use firstkey_core::crypto::context::{AccountId, KeyGen};
use firstkey_core::crypto::identity::{PublicIdentity, PublicKeys};
use firstkey_core::flow::Answer;
use firstkey_core::flow::accept::Options;
use firstkey_core::flow::checkpoint::{Checkpoint, NotTaken, Pin};
use firstkey_core::flow::stop::{LocalTrouble, Missing, NoAnswer, Reach};
use firstkey_core::wire::inbound::ProblemName;
use firstkey_core::wire::outbound::Outbound;
use firstkey_testkit::honest::problem;

/// What says that an invite has ended.
const FINAL: [(u16, &str); 4] =
    [(410, "invite-used"), (410, "invite-withdrawn"), (410, "invite-expired"), (403, "removed")];

/// A scene that was cut when the upload was saved and, with `arrives`, was stored.
fn cut(server: u64, seed: u64, arrives: bool) -> Scene {
    let mut scene = Scene::new(server);
    judged(scene.run(seed, |_, effect, scene| {
        let upload = matches!(effect, Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete);
        if upload && arrives {
            let _ = scene.honest(effect);
        }
        (!upload).then(|| scene.honest(effect))
    }));
    assert_eq!((scene.shelf.checkpoints.len(), scene.server.stored.is_some()), (1, arrives));
    scene
}

/// What is saved in a scene.
fn saved(scene: &Scene, at: usize) -> Checkpoint {
    Checkpoint::read(&scene.shelf.checkpoints[at]).expect("our own file")
}

/// Saved uploads as they were sent, without what was said of them.
fn unmarked(files: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let read = |file: &Vec<u8>| Checkpoint::read(file).expect("our own file");
    files.iter().map(|file| Checkpoint { refused: None, ..read(file) }.encode()).collect()
}

/// A scene whose upload was stored and not read back, on whose disk lies a newer one, for the
/// server of another.
fn two() -> (Scene, Scene) {
    let (mut scene, newer) = (cut(1, 1, true), cut(9, 9, false));
    scene.shelf.checkpoints.extend(newer.shelf.checkpoints.iter().cloned());
    (scene, newer)
}

/// `accept --resume`, in which `other` answers what is sent for another invite than the scene's
/// own.
fn resume(scene: &mut Scene, seed: u64, mut other: impl FnMut(&Outbound) -> Reply) -> Log {
    let options = Options { resume: true, ..scene.shelf.options() };
    judged(scene.run_with(seed, options, |_, effect, scene| {
        Some(match effect {
            Effect::Send(request)
                if request.signature().is_some_and(|signed| signed.invite().0 != scene.server.invite) =>
            {
                other(request)
            }
            _ => scene.honest(effect),
        })
    }))
}

/// The invites whose uploads were sent, in order.
fn uploads(log: &Log) -> Vec<[u8; 16]> {
    let uploads = oracle::sent(log).filter(|request| request.endpoint() == Endpoint::EnrolComplete);
    uploads.map(|request| request.signature().expect("uploads are signed").invite().0).collect()
}

#[test]
fn the_link_of_another_invite_does_not_take_up_an_upload() {
    let mut scene = cut(1, 1, false);
    scene.server.invite[0] ^= 1;
    scene.server.token[0] ^= 1;
    scene.server.claims.clear();
    let log = judged(scene.run_honestly(2));
    assert_eq!(sent(&log)[0], Endpoint::Claim);
    assert!(end(&log).is_ok(), "{:?}", end(&log));
}

#[test]
fn an_upload_whose_invite_has_ended_does_not_hide_an_older_one_that_is_stored() {
    for (status, name) in FINAL {
        let (mut scene, newer) = two();
        let log = resume(&mut scene, 2, |_| Reply::Received(problem(status, name)));
        assert_eq!(done(&log).pin.context, scene.server.context(), "{name}");
        assert_eq!(uploads(&log), [newer.server.invite, scene.server.invite], "{name}");
        let passed: Vec<_> = notices(&log)
            .filter_map(|notice| if let Notice::PassedOver { why, .. } = notice { Some(why) } else { None })
            .collect();
        assert_eq!(passed.len(), 1, "{name}: it is said");
        // What was refused is still there, and a server that thinks better of it gets the same
        // bytes.
        assert_eq!(unmarked(&scene.shelf.checkpoints), newer.shelf.checkpoints, "{name}");
        assert_eq!(saved(&scene, 0).refused.map(NotTaken::name), Some(name), "and what was said of it");
        let mut later = newer;
        later.shelf = scene.shelf;
        let log = resume(&mut later, 3, |_| panic!("only one is left"));
        assert_eq!(done(&log).pin.context, later.server.context(), "{name}");
        assert_eq!((later.shelf.checkpoints.len(), later.shelf.pins.len()), (0, 2), "{name}");
    }
}

#[test]
fn an_answer_that_may_change_ends_the_run_at_the_newest() {
    let names = [
        (403, "suspended"),
        (404, "invite-unknown"),
        (409, "conflict"),
        (400, "invalid"),
        (403, "login-failed"),
        (410, "something-else"),
        (503, "unavailable"),
        (0, "timed out"),
        (0, "no connection"),
        (0, "stopped"),
    ];
    for (status, name) in names {
        let (mut scene, newer) = two();
        let before = scene.shelf.checkpoints.clone();
        let log = resume(&mut scene, 2, |_| match name {
            "timed out" => Reply::Unreachable(NoAnswer::TimedOut),
            "no connection" => Reply::Unreachable(NoAnswer::NoConnection),
            "stopped" => Reply::Cancel,
            name => Reply::Received(problem(status, name)),
        });
        let reach = if name == "no connection" { Reach::SavedBefore } else { Reach::Unknown };
        assert_eq!(stop(&log).reach, reach, "{:?}", stop(&log));
        assert!(uploads(&log).iter().all(|invite| *invite == newer.server.invite), "{:?}", stop(&log));
        assert_eq!(scene.shelf.checkpoints, before, "nothing is forgotten");
    }
}

#[test]
fn where_none_can_be_finished_the_newest_refusal_is_said_and_all_stay() {
    let (mut scene, newer) = two();
    let oldest = cut(7, 7, false);
    let own = saved(&scene, 0).invite.0;
    scene.shelf.checkpoints.insert(0, oldest.shelf.checkpoints[0].clone());
    let before = scene.shelf.checkpoints.clone();
    let options = Options { resume: true, ..scene.shelf.options() };
    let mut names = ["invite-withdrawn", "invite-used", "invite-expired"].into_iter();
    let log = judged(scene.run_with(2, options, |_, effect, scene| {
        Some(match effect {
            Effect::Send(_) => Reply::Received(problem(410, names.next().expect("each is sent once"))),
            _ => scene.honest(effect),
        })
    }));
    assert_eq!(uploads(&log), [newer.server.invite, own, oldest.server.invite]);
    let stop = stop(&log);
    assert!(matches!(&stop.why, AcceptReason::Invite(problem) if problem.name == ProblemName::InviteWithdrawn));
    assert_eq!((stop.reach, stop.subject.map(|invite| invite.0)), (Reach::Unknown, Some(newer.server.invite)));
    let sorted = |mut files: Vec<Vec<u8>>| {
        files.sort();
        files
    };
    assert_eq!(sorted(unmarked(&scene.shelf.checkpoints)), sorted(before));
    // Each was written again when it was refused, the newest first.
    let marks: Vec<_> = (0..3).map(|at| saved(&scene, at).refused.map(NotTaken::name)).collect();
    assert_eq!(marks, [Some("invite-withdrawn"), Some("invite-used"), Some("invite-expired")]);
}

#[test]
fn what_was_not_taken_waits_for_what_may_be_and_a_full_disk_hides_no_answer() {
    let (mut scene, newer) = two();
    let mut marked = saved(&scene, 1);
    marked.refused = Some(NotTaken::Used);
    scene.shelf.checkpoints[1] = marked.encode();
    let log = resume(&mut scene, 2, |_| panic!("it was not taken before, and the other one is stored"));
    assert_eq!(done(&log).pin.context, scene.server.context());
    assert_eq!((scene.shelf.checkpoints.len(), saved(&scene, 0).invite.0), (1, newer.server.invite), "it stays");

    let mut scene = cut(9, 9, false);
    let options = Options { resume: true, ..scene.shelf.options() };
    let log = judged(scene.run_with(3, options, |_, effect, scene| {
        Some(match effect {
            Effect::Send(_) => Reply::Received(problem(410, "invite-used")),
            Effect::Save(_) => Reply::Trouble(LocalTrouble::Busy),
            _ => scene.honest(effect),
        })
    }));
    assert!(matches!(&stop(&log).why, AcceptReason::Invite(problem) if problem.name == ProblemName::InviteUsed));
}

#[test]
fn a_stale_signature_is_remembered_until_it_is_renewed() {
    let mut scene = cut(1, 1, false);
    scene.server.claim_by_somebody_else();
    let options = Options { resume: true, ..scene.shelf.options() };
    let log = judged(scene.run_with(2, options, |_, effect, scene| {
        Some(match effect {
            Effect::Ask(Question::InviteAgain) => Reply::Answer(Answer::Missing(Missing::Invite)),
            _ => scene.honest(effect),
        })
    }));
    assert!(matches!(&stop(&log).why, AcceptReason::Invite(problem) if problem.name == ProblemName::ClaimStale));
    assert_eq!(saved(&scene, 0).refused, Some(NotTaken::ClaimStale));
    // With the link it is signed anew, and its outcome is open again.
    let options = Options { resume: true, ..scene.shelf.options() };
    let link = scene.server.link();
    judged(scene.run_with(3, options, |_, effect, scene| {
        Some(match effect {
            Effect::Ask(Question::InviteAgain) => {
                Reply::Answer(Answer::Text(Zeroizing::new(link.clone().into_bytes())))
            }
            Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete => {
                let stale = saved(scene, 0).refused.is_some();
                if stale { scene.honest(effect) } else { Reply::Unreachable(NoAnswer::TimedOut) }
            }
            _ => scene.honest(effect),
        })
    }));
    assert_eq!(saved(&scene, 0).refused, None);
}

#[test]
fn an_upload_whose_renewal_is_refused_for_good_does_not_hide_an_older_one() {
    let (mut scene, newer) = two();
    let run = |scene: &mut Scene, status, name: &'static str| {
        let options = Options { resume: true, ..scene.shelf.options() };
        let (link, invite) = (newer.server.link(), newer.server.invite);
        judged(scene.run_with(2, options, |_, effect, scene| {
            Some(match effect {
                Effect::Ask(Question::InviteAgain) => {
                    Reply::Answer(Answer::Text(Zeroizing::new(link.clone().into_bytes())))
                }
                Effect::Send(request) if request.endpoint() == Endpoint::Claim => {
                    Reply::Received(problem(status, name))
                }
                Effect::Send(request) if request.signature().is_some_and(|signed| signed.invite().0 == invite) => {
                    Reply::Received(problem(409, "claim-stale"))
                }
                _ => scene.honest(effect),
            })
        }))
    };
    // That speaks of the link that was pasted, so the other way is still open.
    let log = run(&mut scene, 404, "invite-unknown");
    assert!(matches!(&stop(&log).why, AcceptReason::Invite(problem) if problem.name == ProblemName::InviteUnknown));
    assert_eq!(uploads(&log), [newer.server.invite]);
    let log = run(&mut scene, 410, "invite-withdrawn");
    assert_eq!(done(&log).pin.context, scene.server.context());
    assert_eq!(uploads(&log), [newer.server.invite, scene.server.invite]);
}

#[test]
fn nothing_is_tried_behind_one_that_the_server_has_stored() {
    let (mut scene, mut newer) = two();
    // It is stored, and the read-back ends so: the account of this upload exists, whatever else.
    let options = Options { resume: true, ..scene.shelf.options() };
    let log = judged(scene.run_with(2, options, |_, effect, scene| {
        Some(match effect {
            Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete => {
                Reply::Received(newer.server.answer(request))
            }
            Effect::Send(_) => Reply::Received(problem(403, "removed")),
            _ => scene.honest(effect),
        })
    }));
    assert_eq!(stop(&log).reach, Reach::Stored);
    assert_eq!(uploads(&log), [newer.server.invite]);
}

#[test]
fn the_keys_of_a_reset_are_tried_before_those_that_they_replace() {
    let mut scene = cut(1, 1, true);
    let first = scene.shelf.checkpoints.clone();
    scene.shelf.checkpoints.clear();
    scene.server.begin_reset();
    judged(scene.run(2, |_, effect, scene| {
        let upload = matches!(effect, Effect::Send(request) if request.endpoint() == Endpoint::EnrolComplete);
        (!upload).then(|| scene.honest(effect))
    }));
    // A clock that went back, or a copy of the folder, says that the second was written first.
    scene.shelf.checkpoints.extend(first);
    let log = resume(&mut scene, 3, |_| panic!("the first keys are opened only if the reset has ended"));
    assert_eq!(done(&log).pin.identity.key_gen.0, 2);
}

/// Realm and account of `scene`, completed with keys of another run, as this computer remembers it.
fn pinned_by_another(server: u64, resets: u32) -> Vec<u8> {
    let mut other = Scene::new(server);
    judged(other.run_honestly(77));
    for reset in 0..resets {
        other.server.begin_reset();
        judged(other.run_honestly(u64::from(78 + reset)));
    }
    // As `verify` remembers it, which knows of no invite.
    let mut pin = Pin::read(&other.shelf.pins[0]).expect("our own file");
    (pin.invite, pin.memberships) = (None, Vec::new());
    pin.encode()
}

#[test]
fn keys_that_were_replaced_on_this_computer_do_not_come_back_whatever_a_server_says() {
    for resets in [0, 1] {
        let mut scene = cut(1, 1, true);
        scene.shelf.pins.push(pinned_by_another(1, resets));
        let before = scene.shelf.clone();
        assert!(saved(&scene, 0).is_outdated(&before.options().pins));
        // The server takes the upload and would open it.
        let log = resume(&mut scene, 2, |_| panic!("there is one invite"));
        assert!(matches!(stop(&log).why, AcceptReason::NothingSaved), "{:?}", stop(&log));
        assert_eq!(sent(&log), []);
        // With the link it is a link like any other: the offer is judged by what is remembered.
        let log = run_with_lie(&mut scene, Endpoint::Claim, |response| {
            *response = firstkey_testkit::honest::response(200, Scene::new(1).server.offer.to_string().as_bytes());
        });
        assert_eq!(refused(&log, Endpoint::Claim), Refusal::AlreadyComplete);
        assert_eq!((scene.shelf.pins, scene.shelf.checkpoints), (before.pins, before.checkpoints));
    }
}

#[test]
fn one_that_is_outdated_is_passed_over_and_the_others_are_finished() {
    let (mut scene, newer) = two();
    scene.shelf.pins.push(pinned_by_another(9, 0));
    let log = resume(&mut scene, 2, |_| panic!("it is not sent"));
    assert_eq!(done(&log).pin.context, scene.server.context());
    assert_eq!(scene.shelf.checkpoints, newer.shelf.checkpoints);
}

#[test]
fn an_upload_with_the_remembered_keys_or_the_next_ones_is_not_outdated() {
    let mut scene = cut(1, 1, true);
    let first = saved(&scene, 0);
    judged(scene.run_honestly(2));
    let pin = Pin::read(&scene.shelf.pins[0]).expect("our own file");
    assert!(!first.is_outdated(&[]) && !first.is_outdated(std::slice::from_ref(&pin)));
    let mut later = pin.clone();
    later.identity = PublicIdentity::heard(PublicKeys { key_gen: KeyGen(2), ..*pin.identity });
    assert!(first.is_outdated(&[later]));
    let mut elsewhere = pin;
    elsewhere.context.account = AccountId::heard(elsewhere.context.account.0.map(|byte| !byte));
    elsewhere.identity = PublicIdentity::heard(PublicKeys { ed25519: [0; 32], ..*elsewhere.identity });
    assert!(!first.is_outdated(&[elsewhere]), "another account says nothing of this one");
}
