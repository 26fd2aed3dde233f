//! Fuzz body: answers of a server, and files as they may be found on a disk.
//!
//! Oracle: what is accepted says the same to an ordinary JSON reader, has no member that nobody
//! asked for, shows nothing that is unfit for a terminal, and is the same after it was written and
//! read again.

use super::{offer, seen};
use firstkey_core::flow::checkpoint::{Checkpoint, Pin};
use firstkey_core::flow::defaults::Defaults;
use firstkey_core::flow::tried::Tried;
use firstkey_core::wire::completion::Completion;
use firstkey_core::wire::inbound::{self, Framing, Offer, Problem, ProblemName, Response};
use firstkey_core::wire::json::{self, Value};
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::sessions;

/// Statuses that the first byte chooses from.
const STATUSES: [u16; 8] = [200, 400, 403, 409, 410, 429, 500, 302];
/// Content types that the second byte chooses from.
const TYPES: [Option<&str>; 6] = [
    Some("application/json"),
    Some("application/problem+json"),
    Some("text/html"),
    Some("application/json; charset=utf-8"),
    None,
    Some("application/json; charset=latin1"),
];

/// Two bytes choose the frame, the rest is the body; then the whole is read as files.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    if let [status, content_type, body @ ..] = data {
        let status = STATUSES[usize::from(*status) % STATUSES.len()];
        let content_type = TYPES[usize::from(*content_type) % TYPES.len()];
        answers(status, content_type, body);
        same_to_others(body);
        upload(body);
        files(body);
    }
}

fn answers(status: u16, content_type: Option<&str>, body: &[u8]) {
    let response = Response {
        status,
        content_type: content_type.map(str::to_owned),
        retry_after: None,
        signed: None,
        framing: Framing::Plain,
        body: zeroize::Zeroizing::new(body.to_vec()),
    };
    match response.read(inbound::read_offer) {
        Ok(Ok(offer)) => {
            assert_eq!(status, 200, "an offer with status {status}");
            check_offer(&offer, body);
        }
        Ok(Err(problem)) => check_problem(&problem),
        Err(_) => {}
    }
    let _ = response.read(inbound::read_opaque_response);
    let _ = response.read(inbound::read_receipt);
    let _ = response.read(inbound::read_login_answer);
    if let Ok(Ok(params)) = response.read(inbound::read_login_params) {
        assert!(matches!(params.kdf_block.profile.id(), 1..=4));
    }
    let _ = response.read(inbound::read_session);
    let _ = response.read(sessions::read_ended);
    if let Ok(Ok(listed)) = response.read(sessions::read_sessions) {
        check_sessions(&listed);
    }
}

fn check_offer(offer: &Offer, body: &[u8]) {
    let texts = [offer.organisation.to_string(), offer.display_name.to_string(), offer.email.clone()];
    let texts = texts.into_iter().chain(offer.contact.iter().chain(&offer.policy.unknown).map(ToString::to_string));
    for text in texts {
        assert_eq!(seen::unfit(&text), None, "{text:?}");
        assert!(text.len() <= 300, "{text:?}");
    }
    // The ordinary reader must find the offer sound wherever the flow would go on with it.
    let policy = &offer.policy;
    let profile = offer.kdf.map(|params| params.accept().map_or(0, |profile| u64::from(profile.id())));
    let usable = offer.protocol == 1
        && offer.suites.contains(&1)
        && offer.mode == inbound::Mode::Enrol
        && (1..=4).contains(&policy.min_profile)
        && policy.min_length >= 15
        && ["required", "recommended"].contains(&policy.recovery.as_str())
        && ["off", "allowed", "required"].contains(&policy.secret_key.as_str())
        && profile.is_none_or(|profile| profile >= policy.min_profile)
        && offer.reset.is_none_or(|reset| reset.key_gen.0 >= 2);
    assert_eq!(usable, offer::sound(body).is_ok(), "the two readers disagree: {:?}", offer::sound(body));
}

fn check_sessions(listed: &[sessions::Listed]) {
    assert_eq!(listed.iter().filter(|listed| listed.this).count(), 1);
    for listed in listed {
        for text in listed.client.iter().chain(&listed.source).chain([&listed.purpose]) {
            assert_eq!(seen::unfit(text.as_str()), None, "{text:?}");
        }
    }
}

fn check_problem(problem: &Problem) {
    let mut texts: Vec<String> = problem.contact.iter().map(ToString::to_string).collect();
    if let ProblemName::Other(name) = &problem.name {
        texts.push(name.to_string());
    }
    for text in texts {
        assert_eq!(seen::unfit(&text), None, "{text:?}");
    }
}

/// What the strict reader accepts, an ordinary reader accepts as the same value.
fn same_to_others(body: &[u8]) {
    if let Ok(strict) = json::read(body) {
        let ordinary: serde_json::Value = serde_json::from_slice(body).expect("oracle: strict JSON is JSON");
        assert!(same(&strict, &ordinary), "the two readers disagree");
    }
}

fn same(strict: &Value, ordinary: &serde_json::Value) -> bool {
    match (strict, ordinary) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (Value::Whole(a), serde_json::Value::Number(b)) => b.as_u64() == Some(*a),
        (Value::OtherNumber, serde_json::Value::Number(b)) => b.as_u64().is_none(),
        (Value::Text(a), serde_json::Value::String(b)) => a == b,
        (Value::List(a), serde_json::Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), serde_json::Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| same(value, other)))
        }
        _ => false,
    }
}

fn upload(body: &[u8]) {
    let origin = Origin::read("https://keys.example.org").expect("invariant: a good origin");
    if let Ok(completion) = Completion::read(body) {
        let rebuilt = completion.request(&origin);
        let again = Completion::read(rebuilt.body()).expect("oracle: what was read can be written and read");
        assert_eq!(again.request(&origin).body(), rebuilt.body());
    }
}

fn files(file: &[u8]) {
    if let Ok(checkpoint) = Checkpoint::read(file) {
        assert_eq!(Checkpoint::read(&checkpoint.encode()).as_ref(), Ok(&checkpoint));
        assert_eq!(seen::unfit(&checkpoint.email), None, "the address of a saved upload");
    }
    if let Ok(pin) = Pin::read(file) {
        assert_eq!(Pin::read(&pin.encode()).as_ref(), Ok(&pin));
        assert_eq!(seen::unfit(&pin.email), None, "the address of a pin");
    }
    if let Ok(tried) = Tried::read(file) {
        assert_eq!(Tried::read(&tried.encode()).as_ref(), Ok(&tried));
    }
    if let Ok(own) = Defaults::read(file) {
        assert_eq!(Defaults::read(&own.encode()).as_ref(), Ok(&own));
    }
}
