//! Whole runs of `accept` against an honest server in memory, and against everything else.
//!
//! Every run is judged by the oracle of [`firstkey_testkit`] (I2 to I9), whatever else a test looks
//! at.

mod bundle;
mod files;
mod invariants;
mod managed;
mod offers;
mod parameters;
mod people;
mod realm;
mod replies;
mod reset;
mod resume;
mod saved;
mod secret_key;
mod stops;

use firstkey_core::flow::stop::{AcceptReason, AcceptStop};
use firstkey_core::flow::{Accepted, Effect, Notice, Question, Reply};
use firstkey_core::wire::inbound::Response;
use firstkey_core::wire::outbound::Endpoint;
use firstkey_core::wire::refusal::Refusal;
use firstkey_testkit::oracle;
use firstkey_testkit::player::Log;
use firstkey_testkit::scene::Scene;
use serde_json::Value;
use zeroize::Zeroizing;

/// The log, judged.
fn judged(log: Log) -> Log {
    if let Err(broken) = oracle::check(&log) {
        panic!("{broken}");
    }
    log
}

fn end(log: &Log) -> &Result<Accepted, AcceptStop> {
    match log.turns.last().map(|turn| &turn.effect) {
        Some(Effect::Finish(end)) => end,
        _ => panic!("the run did not end"),
    }
}

fn done(log: &Log) -> &Accepted {
    end(log).as_ref().expect("the run ends well")
}

fn stop(log: &Log) -> &AcceptStop {
    end(log).as_ref().expect_err("the run does not end well")
}

/// The endpoints that were sent to.
fn sent(log: &Log) -> Vec<Endpoint> {
    oracle::sent(log).map(firstkey_core::wire::outbound::Outbound::endpoint).collect()
}

fn asked_for_a_password(log: &Log) -> bool {
    log.turns.iter().any(|turn| matches!(turn.effect, Effect::Ask(Question::Password { .. })))
}

fn notices(log: &Log) -> impl Iterator<Item = &Notice> {
    log.turns.iter().filter_map(|turn| if let Effect::Tell(notice) = &turn.effect { Some(notice) } else { None })
}

/// Everybody is honest, but every answer of `endpoint` goes through `lie`.
fn run_with_lie(scene: &mut Scene, endpoint: Endpoint, mut lie: impl FnMut(&mut Response)) -> Log {
    // Not the draws of the run before, if there was one: what it published would be this one's
    // secrets.
    judged(scene.run(101, |_, effect, scene| {
        let mut reply = scene.honest(effect);
        if let (Effect::Send(request), Reply::Received(response)) = (effect, &mut reply)
            && request.endpoint() == endpoint
        {
            lie(response);
        }
        Some(reply)
    }))
}

/// Changes the body of an answer.
fn edit(response: &mut Response, change: impl FnOnce(&mut Value)) {
    let mut body: Value = serde_json::from_slice(&response.body).expect("an honest answer is JSON");
    change(&mut body);
    response.body = Zeroizing::new(body.to_string().into_bytes());
}

/// Puts `text` in front of the first member of the body.
fn prepend(response: &mut Response, text: &str) {
    let body = std::str::from_utf8(&response.body).expect("an honest answer is UTF-8");
    response.body = Zeroizing::new(format!("{{{text},{}", &body[1..]).into_bytes());
}

/// One lie in a scene of its own; the refusal that it is answered with. Nothing is done between the
/// lie and the end.
fn refusal_of(endpoint: Endpoint, lie: impl FnMut(&mut Response)) -> Refusal {
    refused(&run_with_lie(&mut Scene::new(1), endpoint, lie), endpoint)
}

/// The refusal that ended `log`, right after an answer of `endpoint`.
fn refused(log: &Log, endpoint: Endpoint) -> Refusal {
    assert_eq!(sent(log).last(), Some(&endpoint), "something was sent after the lie, or it was never heard");
    let [.., before, _] = log.turns.as_slice() else { panic!("the run is too short") };
    assert!(matches!(before.effect, Effect::Send(_)), "something was done between the lie and the end");
    match &stop(log).why {
        AcceptReason::Refused(refusal) => refusal.clone(),
        other => panic!("not refused but {other:?}"),
    }
}

/// Where the server may answer.
const ENDPOINTS: [Endpoint; 6] = [
    Endpoint::Claim,
    Endpoint::EnrolStart,
    Endpoint::EnrolComplete,
    Endpoint::LoginParams,
    Endpoint::LoginStart,
    Endpoint::LoginFinish,
];
