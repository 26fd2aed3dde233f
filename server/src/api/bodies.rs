//! Which bodies each path takes, without a server around it: for the fuzz target `api_bodies`.

use super::{claim, enrol, login};
use crate::json;
use crate::store::Policy;
use firstkey::crypto::context::AccountContext;

/// Every path that takes a body.
pub(crate) const PATHS: [&str; 6] = [
    "/v1/invites/claim",
    "/v1/enrol/start",
    "/v1/enrol/complete",
    "/v1/login/params",
    "/v1/login/start",
    "/v1/login/finish",
];

/// Whether the path takes that body; an upload also has to pass every check that needs no database, under the weakest policy there is.
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
            upload.check(context, &policy).is_ok()
        }),
        "/v1/login/params" => json::message::<login::Params>(body).is_ok(),
        "/v1/login/start" => json::message::<login::Start>(body).is_ok(),
        "/v1/login/finish" => json::message::<login::Finish>(body).is_ok(),
        _ => false,
    }
}
