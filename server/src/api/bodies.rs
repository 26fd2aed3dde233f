//! Which bodies each path takes, without a server around it: for the fuzz target `api_bodies`.

use super::{account, claim, directory, enrol, login, recovery, sessions, statement};
use crate::json;
use crate::store::Policy;
use firstkey_core::crypto::context::{AccountContext, KeyGen};
use firstkey_core::crypto::realm_key::RealmKey;

/// Every path that takes a body.
pub(crate) const PATHS: [&str; 15] = [
    "/v1/invites/claim",
    "/v1/enrol/start",
    "/v1/enrol/complete",
    "/v1/login/params",
    "/v1/login/start",
    "/v1/login/finish",
    "/v1/account/password/start",
    "/v1/account/password",
    "/v1/account/kit",
    "/v1/recovery/start",
    "/v1/recovery/finish",
    "/v1/recovery/complete",
    "/v1/directory",
    // And `/v1/logout`, which takes the same.
    "/v1/invites/join",
    "/v1/account/statement",
];

/// Whether the path takes that body; an upload also has to pass every check that needs no database,
/// under the weakest policy there is.
pub(crate) fn accepts(path: &str, body: &[u8], context: &AccountContext) -> bool {
    match path {
        "/v1/invites/claim" => json::message::<claim::ClaimMessage>(body).is_ok(),
        "/v1/enrol/start" => json::message::<enrol::Start>(body).is_ok(),
        "/v1/enrol/complete" => json::message::<enrol::Complete>(body).is_ok_and(|upload| {
            let policy = Policy {
                min_profile: 1,
                recovery: "recommended".to_owned(),
                secret_key: "allowed".to_owned(),
                min_length: 15,
            };
            // Whatever key a statement names is another one: it is of no realm.
            let key = RealmKey::from_bytes([0; 32]);
            // Of an account that is new, or whose keys are reset for the first time.
            [KeyGen::FIRST, KeyGen(2)].into_iter().any(|wanted| upload.check(context, &key, &policy, wanted).is_ok())
        }),
        "/v1/login/params" => json::message::<login::Params>(body).is_ok(),
        "/v1/login/start" => json::message::<login::Start>(body).is_ok(),
        "/v1/login/finish" => json::message::<login::Finish>(body).is_ok(),
        "/v1/account/password/start" => json::message::<account::Start>(body).is_ok(),
        "/v1/account/password" => json::message::<account::PasswordMessage>(body).is_ok(),
        "/v1/account/kit" => json::message::<account::KitMessage>(body).is_ok(),
        "/v1/account/statement" => json::message::<statement::First>(body).is_ok(),
        "/v1/recovery/start" => json::message::<recovery::Start>(body).is_ok(),
        "/v1/recovery/finish" => json::message::<recovery::Finish>(body).is_ok(),
        "/v1/recovery/complete" => json::message::<account::RecoveryMessage>(body).is_ok(),
        "/v1/directory" => json::message::<directory::Ask>(body).is_ok(),
        "/v1/invites/join" => json::message::<sessions::Nothing>(body).is_ok(),
        _ => false,
    }
}
