//! Whoever stands between the person and the server, reads all and alters what it likes, but has
//! not seen the letter: with a link of version 2 nothing of its making is used.

use super::{ENDPOINTS, asked_for_a_password, done, edit, end, judged, refused, run_with_lie, sent, stop};
use firstkey_core::flow::stop::AcceptReason;
use firstkey_core::flow::{Effect, Reply};
use firstkey_core::wire::inbound::Response;
use firstkey_core::wire::outbound::{Endpoint, Outbound};
use firstkey_core::wire::refusal::Refusal;
use firstkey_testkit::honest::HonestServer;
use firstkey_testkit::player::Log;
use firstkey_testkit::scene::Scene;
use serde_json::json;

/// A server of today: its link names its key.
fn scene() -> Scene {
    let mut scene = Scene::new(1);
    scene.server.signs = true;
    scene
}

/// Everything is honest, but what `endpoint` answers is put together by `liar`, who sees the
/// request and the server.
fn run_between(
    scene: &mut Scene,
    endpoint: Endpoint,
    mut liar: impl FnMut(&Outbound, &HonestServer, &mut Response),
) -> Log {
    judged(scene.run(101, |_, effect, scene| {
        let mut reply = scene.honest(effect);
        if let (Effect::Send(request), Reply::Received(response)) = (effect, &mut reply)
            && request.endpoint() == endpoint
        {
            liar(request, &scene.server, response);
        }
        Some(reply)
    }))
}

/// Another server, whose operator would like to be taken for this one.
fn impostor() -> HonestServer {
    let mut server = HonestServer::new(99);
    server.signs = true;
    server
}

#[test]
fn with_a_link_that_names_the_key_an_account_is_made_and_its_statement_names_the_key_too() {
    let mut scene = scene();
    assert!(scene.server.link().contains("/i#fkinv2."));
    let log = scene.run_honestly(7);
    done(&judged(log));
    assert!(scene.server.complaints.is_empty(), "{:?}", scene.server.complaints);
    let stored = scene.server.stored.as_ref().expect("the account is complete");
    let body: serde_json::Value = serde_json::from_slice(&stored.body).expect("JSON");
    assert_eq!(body["statement"]["digests"].as_str().map(str::len), Some(308), "seven entries of 33 bytes");
}

#[test]
fn an_answer_that_is_not_signed_by_the_key_of_the_link_is_refused_whatever_it_says() {
    for endpoint in [Endpoint::Claim, Endpoint::EnrolStart] {
        let unsigned = run_between(&mut scene(), endpoint, |_, _, response| response.signed = None);
        assert_eq!(refused(&unsigned, endpoint), Refusal::NotTheRealm);
        let by_another = run_between(&mut scene(), endpoint, |request, server, response| {
            let mut other = impostor();
            (other.invite, other.origin) = (server.invite, server.origin.clone());
            response.signed = other.signature(request, &response.body);
        });
        assert_eq!(refused(&by_another, endpoint), Refusal::NotTheRealm);
        for damage in ["", ".", "AAAA.AAAA", "not a signature"] {
            let damaged = run_between(&mut scene(), endpoint, |_, _, response| response.signed = Some(damage.into()));
            assert_eq!(refused(&damaged, endpoint), Refusal::NotTheRealm, "{damage:?}");
        }
        for at in [0, 20, 42, 44, 100, 129] {
            let flipped = run_between(&mut scene(), endpoint, |_, _, response| {
                let mut text = response.signed.take().expect("it is signed").into_bytes();
                text[at] = if text[at] == b'A' { b'B' } else { b'A' };
                response.signed = String::from_utf8(text).ok();
            });
            assert_eq!(refused(&flipped, endpoint), Refusal::NotTheRealm, "character {at}");
        }
    }
}

#[test]
fn no_member_of_a_signed_answer_can_be_changed_on_the_way() {
    type Change = fn(&mut serde_json::Value);
    let changes: [(Endpoint, Change); 6] = [
        (Endpoint::Claim, |offer| offer["account"]["email"] = json!("eve@example.org")),
        (Endpoint::Claim, |offer| offer["policy"]["min_profile"] = json!(1)),
        (Endpoint::Claim, |offer| offer["earlier_claims"]["count"] = json!(3)),
        (Endpoint::Claim, |offer| offer["contact"] = json!("eve@example.org")),
        (Endpoint::Claim, |offer| offer["knows"] = json!([])),
        (Endpoint::EnrolStart, |answer| {
            // Both elements of another server's answer, which are what an honest one would send.
            answer["opaque_response"] =
                json!("4vKuCmq8TnGohKlhxQBRX1jjC2qlgt2NtqZZReCNLXbi8q4KarxOcaiEqWHFAFFfWOMLaqWC3Y22pllF4I0tdg");
        }),
    ];
    for (endpoint, change) in changes {
        let log = run_between(&mut scene(), endpoint, |_, _, response| edit(response, change));
        assert_eq!(refused(&log, endpoint), Refusal::NotTheRealm);
        assert_eq!(asked_for_a_password(&log), endpoint == Endpoint::EnrolStart);
        assert!(!sent(&log).contains(&Endpoint::EnrolComplete), "nothing was made of the password");
    }
}

#[test]
fn an_answer_to_another_question_is_no_answer() {
    // What the realm signed for the run before, whose claim key and blinded element are others.
    for endpoint in [Endpoint::Claim, Endpoint::EnrolStart] {
        let mut earlier = None;
        let mut scene = scene();
        judged(scene.run(5, |_, effect, scene| {
            let reply = scene.honest(effect);
            if let (Effect::Send(request), Reply::Received(response)) = (effect, &reply)
                && request.endpoint() == endpoint
            {
                earlier = Some((response.body.clone(), response.signed.clone()));
                return Some(Reply::Cancel);
            }
            Some(reply)
        }));
        let (body, signed) = earlier.expect("it was answered");
        let log = run_between(&mut scene, endpoint, |_, _, response| {
            (response.body, response.signed) = (body.clone(), signed.clone());
        });
        assert_eq!(refused(&log, endpoint), Refusal::NotTheRealm);
    }
    // What the realm signs about somebody else's invite, to the very same bytes.
    let log = run_between(&mut scene(), Endpoint::EnrolStart, |request, server, response| {
        let mut realm = HonestServer::new(1);
        (realm.signs, realm.realm, realm.invite) = (true, server.realm, [7; 16]);
        response.signed = realm.signature(request, &response.body);
    });
    assert_eq!(refused(&log, Endpoint::EnrolStart), Refusal::NotTheRealm);
}

#[test]
fn a_link_of_version_1_is_taken_with_and_without_a_signature_but_not_with_one_that_does_not_hold() {
    let plain = |scene: &mut Scene, signed: fn(&HonestServer, &Outbound, &[u8]) -> Option<String>| {
        judged(scene.run(101, |_, effect, scene| {
            let mut reply = scene.honest(effect);
            if let (Effect::Send(request), Reply::Received(response)) = (effect, &mut reply) {
                response.signed = signed(&scene.server, request, &response.body);
            }
            Some(reply)
        }))
    };
    assert!(end(&plain(&mut Scene::new(1), |_, _, _| None)).is_ok());
    let log = plain(&mut Scene::new(1), |_, _, _| Some("AAAA.AAAA".to_owned()));
    assert_eq!(refused(&log, Endpoint::Claim), Refusal::NotTheRealm);
    // A server of today that is asked with a link of before, as it went out the day before.
    let mut scene = Scene::new(1);
    scene.server.signs = true;
    let old = scene.server.link().replace("fkinv2", "fkinv1");
    let old = old.rsplit_once('.').expect("a binding").0.to_owned();
    let log = judged(scene.run(101, |_, effect, scene| match effect {
        Effect::Ask(firstkey_core::flow::Question::Invite { .. }) => {
            Some(Reply::Answer(firstkey_core::flow::Answer::Text(old.clone().into_bytes().into())))
        }
        effect => Some(scene.honest(effect)),
    }));
    done(&log);
}

#[test]
fn answers_that_decide_nothing_about_a_password_need_no_signature() {
    for endpoint in ENDPOINTS {
        let log = run_with_lie(&mut scene(), endpoint, |response| response.signed = None);
        let decides = matches!(endpoint, Endpoint::Claim | Endpoint::EnrolStart);
        assert_eq!(end(&log).is_err(), decides, "{endpoint:?}");
        if decides {
            assert!(matches!(stop(&log).why, AcceptReason::Refused(Refusal::NotTheRealm)));
        }
    }
}
