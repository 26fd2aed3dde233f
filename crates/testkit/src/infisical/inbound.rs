//! Fuzz body: answers of a server of the other dialect, pins and kits as they may be found on a
//! disk.
//!
//! Oracle: the probe passes for nothing but the exact set; what is accepted has its one length and
//! spelling; pins and kits read the same after they were written again.

use firstkey_core::wire::inbound::{Framing, Response};
use firstkey_infisical::answer::{self, Heard, hear};
use firstkey_infisical::door::Call;
use firstkey_infisical::kit::Kit;
use firstkey_infisical::pin::Pin;
use firstkey_infisical::probe::{Route, judge};
use firstkey_infisical::says::{Says, meaning};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

const STATUSES: [u16; 10] = [200, 400, 401, 403, 404, 422, 429, 500, 502, 302];
const TYPES: [Option<&str>; 4] =
    [Some("application/json; charset=utf-8"), Some("application/json"), Some("text/html"), None];
const CALLS: [Call; 8] = [
    Call::VerifyInvite,
    Call::CompleteInvite,
    Call::CompleteSignup,
    Call::Login1,
    Call::Login2,
    Call::FetchKit,
    Call::SelectOrganisation,
    Call::VerifyReset,
];
const ASKED: [&str; 11] = [
    "email",
    "firstName",
    "protectedKey",
    "protectedKeyIV",
    "protectedKeyTag",
    "publicKey",
    "encryptedPrivateKey",
    "encryptedPrivateKeyIV",
    "encryptedPrivateKeyTag",
    "salt",
    "verifier",
];

/// Two bytes choose the frame, the rest is the body.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    let [status, content_type, body @ ..] = data else { return };
    let response = Response {
        status: STATUSES[usize::from(*status) % STATUSES.len()],
        content_type: TYPES[usize::from(*content_type) % TYPES.len()].map(str::to_owned),
        retry_after: None,
        signed: None,
        framing: Framing::Plain,
        body: Zeroizing::new(body.to_vec()),
    };
    for route in [Route::Invite, Route::Signup] {
        if judge(route, &response).is_ok() {
            passed(route, &response);
        }
    }
    let again = || match hear(&response) {
        Ok(Heard::Good(fields)) => Some(fields),
        _ => None,
    };
    if let Ok(Heard::Bad(error)) = hear(&response) {
        assert_ne!(error.status, 200);
        for call in CALLS {
            if let Says::Other { message, .. } = meaning(call, &error) {
                assert_eq!(super::super::seen::unfit(message.as_str()), None);
            }
        }
    }
    if let Some(mut fields) = again() {
        let _ = answer::optional_token(&mut fields);
    }
    if let Some(mut fields) = again()
        && let Ok(challenge) = answer::challenge(&mut fields)
    {
        assert_eq!(challenge.salt.text().len(), 64);
    }
    if let Some(fields) = again() {
        let _ = answer::logged_in(fields);
    }
    if let Some(fields) = again()
        && let Ok(account) = answer::own_account(fields)
    {
        assert_eq!(account.vault.protected_key.texts()[0].len(), 88);
        assert_eq!(account.vault.private_key.texts()[0].len(), 60);
    }
    if let Some(fields) = again()
        && let Ok(memberships) = answer::memberships(fields)
    {
        for one in memberships {
            assert_eq!(super::super::seen::unfit(one.name.as_str()), None);
        }
    }
    if let Some(fields) = again() {
        let _ = answer::kit(fields);
    }
    if let Ok(pin) = Pin::read(body) {
        assert_eq!(Pin::read(&pin.encode()), Ok(pin));
    }
    if let Some(kit) = Kit::read(body) {
        assert!(Kit::read(kit.page().as_bytes()).is_some_and(|again| *again.page() == *kit.page()));
    }
}

/// An ordinary reader must find the exact set as well.
fn passed(route: Route, response: &Response) {
    let value: serde_json::Value = serde_json::from_slice(&response.body).expect("oracle: what passes is JSON");
    let list = value["message"].as_array().expect("oracle: with a list");
    let names: BTreeSet<_> = list.iter().filter_map(|issue| issue["path"][0].as_str()).collect();
    let mut wanted: BTreeSet<_> = ASKED.into_iter().collect();
    if route == Route::Signup {
        wanted.insert("organizationName");
    }
    assert!(response.status == 403 && names == wanted && list.len() == wanted.len(), "{names:?}");
}
