//! Bodies of the account protocol, as anybody can send them.
//!
//! Input: one byte that names the path, 32 bytes of realm and account id, the body. Oracles: what
//! is accepted is one JSON object to an ordinary reader too, with exactly the members of that path:
//! one more, one less, one twice or a byte behind it is refused; an upload that passes every check
//! is of a known profile and signed for that very account, so for any other it is refused.

use crate::api::bodies::{PATHS, accepts};
use firstkey_core::crypto::context::{AccountContext, AccountId, RealmId};
use serde_json::{Map, Value};

/// One input.
pub fn run(data: &[u8]) {
    let Some((&[path, ref ids @ ..], body)) = data.split_first_chunk::<33>() else { return };
    let (realm, account) = ids.split_at(16);
    let context = |realm: &[u8], account: &[u8]| AccountContext {
        realm: RealmId::heard(realm.try_into().expect("invariant: 16 bytes")),
        account: AccountId::heard(account.try_into().expect("invariant: 16 bytes")),
    };
    let path = PATHS[usize::from(path) % PATHS.len()];
    let here = context(realm, account);
    if !accepts(path, body, &here) {
        return;
    }
    let document: Map<String, Value> = serde_json::from_slice(body).expect("an accepted body is one JSON object");
    let refused = |document: &Map<String, Value>| {
        let text = serde_json::to_vec(document).expect("invariant: JSON is written as it was read");
        !accepts(path, &text, &here)
    };
    assert!(!refused(&document), "the same in other spacing means the same");
    let mut more = document.clone();
    more.insert("salt".to_owned(), "AAAA".into());
    assert!(refused(&more), "one member too many was accepted");
    for name in document.keys() {
        let mut less = document.clone();
        less.remove(name);
        assert!(refused(&less), "without {name} it was accepted");
    }
    let end = body.iter().rposition(|byte| *byte == b'}').expect("an object ends");
    assert!(!accepts(path, &[body, b"0"].concat(), &here), "bytes behind the end were accepted");
    let Some(first) = document.keys().next() else { return };
    let twice = [&body[..end], format!(",{}:{}}}", Value::from(first.as_str()), document[first]).as_bytes()].concat();
    assert!(!accepts(path, &twice, &here), "a member may stand there twice");
    if path == "/v1/enrol/complete" {
        let other: Vec<u8> = account.iter().map(|byte| !byte).collect();
        assert!(!accepts(path, body, &context(realm, &other)), "an upload fits another account");
        assert!(!accepts(path, body, &context(&other, account)), "an upload fits another realm");
    }
}
