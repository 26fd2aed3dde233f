//! What `firstkey audit explain --json` prints: the hierarchy as data.
//!
//! Promise: stable names; all of it is public. Must never: hold a secret.

use super::text::explain::Subject;
use super::text::hex;
use firstkey_core::crypto::hierarchy::{LOCKS, STEPS};
use serde_json::{Value, json};

/// The one line, with its end; null for what is not known.
pub fn event(subject: Option<&Subject>) -> String {
    let steps: Vec<_> = STEPS
        .iter()
        .map(|step| {
            let label = step.label.map(|label| String::from_utf8_lossy(label).into_owned());
            json!({"makes": step.makes, "from": step.from, "by": step.by, "label": label})
        })
        .collect();
    let envelopes: Vec<_> = LOCKS
        .iter()
        .map(|lock| json!({"envelope": lock.envelope, "holds": lock.holds, "opened_by": lock.opened_by, "needs": lock.needs}))
        .collect();
    let line = json!({"event": "hierarchy", "ok": true, "suite": firstkey_core::crypto::SUITE, "account": account(subject), "steps": steps, "envelopes": envelopes});
    super::json_line::of(&line)
}

fn account(subject: Option<&Subject>) -> Value {
    let Some(subject) = subject else { return Value::Null };
    let password = subject.settings.map(|block| {
        let params = block.profile.params();
        json!({"alg": "argon2id", "profile": block.profile.id(), "m_kib": params.m_kib, "t": params.t, "p": params.p, "salt": hex(&block.salt.0)})
    });
    json!({
        "email": subject.email,
        "server": subject.server,
        "realm_id": subject.context.realm.to_string(),
        "account_id": subject.context.account.to_string(),
        "key_gen": subject.identity.key_gen.0,
        "fingerprint": subject.identity.fingerprint(&subject.context).to_string(),
        "recipient": subject.identity.recipient(),
        "secret_key": subject.two_secret,
        "password": password,
    })
}
