//! Which generation a server is of, found out with an empty object: nothing sensitive is sent,
//! nothing is changed.
//!
//! Promise: only the exact set of members that the reference era asked for is let pass; whatever
//! else comes back means that nothing more is sent. Servers of later generations want the password
//! itself, keep a hash of it, and hold the private key. Must never: be skipped before a code is
//! used up or keys are uploaded.

use super::answer::{Heard, Nonsense, ServerError, hear};
use super::door::{Call, Request};
use super::says::{Says, meaning};
use firstkey_core::wire::inbound::Response;
use firstkey_core::wire::origin::Origin;

/// The members that completing an account by invite took.
const INVITE: [&str; 11] = [
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
/// What it took beside these after a sign-in.
const SIGNUP: &str = "organizationName";

/// Which of the two completions is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// By invite.
    Invite,
    /// After a sign-in.
    Signup,
}

/// Why a server gets nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotThisEra {
    /// It wants the password itself.
    WantsPassword,
    /// It has no such way to complete an account any more.
    NoSuchRoute,
    /// It asks for other members than the reference era did.
    OtherMembers,
    /// It leads elsewhere.
    Redirect,
    /// It answered something that no server of this kind answers.
    NoSuchServer,
    /// It cannot answer now; waiting helps.
    Later(Option<u32>),
}

/// The request: an empty object.
pub fn request(origin: &Origin, route: Route) -> Request {
    let call = match route {
        Route::Invite => Call::ProbeInvite,
        Route::Signup => Call::ProbeSignup,
    };
    Request::to(origin, call).build()
}

/// Judges the answer.
pub fn judge(route: Route, response: &Response) -> Result<(), NotThisEra> {
    let error = match hear(response) {
        Ok(Heard::Bad(error)) => error,
        Ok(Heard::Good(_)) => return Err(NotThisEra::NoSuchServer),
        Err(Nonsense::Redirect) => return Err(NotThisEra::Redirect),
        Err(_) => {
            let gone = response.status == 404;
            return Err(if gone { NotThisEra::NoSuchRoute } else { NotThisEra::NoSuchServer });
        }
    };
    if let Says::TooMany(after) = meaning(Call::ProbeInvite, &error) {
        return Err(NotThisEra::Later(after));
    }
    if meaning(Call::ProbeInvite, &error) == Says::Away {
        return Err(NotThisEra::Later(error.retry_after));
    }
    members(route, &error)
}

fn members(route: Route, error: &ServerError) -> Result<(), NotThisEra> {
    let Some(asked) = error.fields.as_ref().filter(|_| error.error == "ValidationFailure") else {
        return Err(if error.status == 404 { NotThisEra::NoSuchRoute } else { NotThisEra::NoSuchServer });
    };
    if asked.iter().any(|name| name.eq_ignore_ascii_case("password")) {
        return Err(NotThisEra::WantsPassword);
    }
    let mut asked: Vec<_> = asked.iter().map(String::as_str).collect();
    let mut known: Vec<_> = INVITE.into_iter().chain((route == Route::Signup).then_some(SIGNUP)).collect();
    asked.sort_unstable();
    known.sort_unstable();
    // Once each: a set that only looks right when names may repeat is another set.
    if error.status == 403 && asked == known { Ok(()) } else { Err(NotThisEra::OtherMembers) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firstkey_core::wire::inbound::Framing;
    use zeroize::Zeroizing;

    fn response(status: u16, content_type: &str, body: &str) -> Response {
        Response {
            status,
            content_type: Some(content_type.to_owned()),
            retry_after: None,
            signed: None,
            framing: Framing::Plain,
            body: Zeroizing::new(body.as_bytes().to_vec()),
        }
    }

    fn asking(status: u16, names: &[&str]) -> Response {
        let issues: Vec<_> = names
            .iter()
            .map(|name| format!(r#"{{"code":"invalid_type","path":["{name}"],"message":"Required"}}"#))
            .collect();
        let body = format!(r#"{{"statusCode":{status},"error":"ValidationFailure","message":[{}]}}"#, issues.join(","));
        response(status, "application/json; charset=utf-8", &body)
    }

    fn judged(response: &Response) -> Result<(), NotThisEra> {
        judge(Route::Invite, response)
    }

    #[test]
    fn w02_only_the_exact_set_of_the_reference_era_passes() {
        assert_eq!(judged(&asking(403, &INVITE)), Ok(()));
        let signup: Vec<_> = INVITE.into_iter().chain([SIGNUP]).collect();
        assert_eq!(judge(Route::Signup, &asking(403, &signup)), Ok(()));
        assert_eq!(judge(Route::Signup, &asking(403, &INVITE)), Err(NotThisEra::OtherMembers));
        assert_eq!(judged(&asking(403, &signup)), Err(NotThisEra::OtherMembers));
        for left_out in INVITE {
            let names: Vec<_> = INVITE.into_iter().filter(|name| *name != left_out).collect();
            assert_eq!(judged(&asking(403, &names)), Err(NotThisEra::OtherMembers), "without {left_out}");
        }
        for (status, names) in [(401, &INVITE[..]), (422, &INVITE), (403, &[]), (400, &INVITE)] {
            assert_eq!(judged(&asking(status, names)), Err(NotThisEra::OtherMembers), "{status}");
        }
        let twice: Vec<_> = INVITE.into_iter().take(10).chain(["email"]).collect();
        assert_eq!(judged(&asking(403, &twice)), Err(NotThisEra::OtherMembers));
    }

    #[test]
    fn w02_every_later_generation_is_recognised() {
        for status in [403, 401, 422] {
            for name in ["password", "Password"] {
                let names: Vec<_> = [INVITE[0], name].into_iter().chain(INVITE[1..].iter().copied()).collect();
                assert_eq!(judged(&asking(status, &names)), Err(NotThisEra::WantsPassword), "{status}");
            }
        }
        let gone = r#"{"message":"Route POST:/api/v3/signup/complete-account/invite not found","error":"Not Found","statusCode":404}"#;
        assert_eq!(judged(&response(404, "application/json", gone)), Err(NotThisEra::NoSuchRoute));
        assert_eq!(judged(&response(404, "text/html", "<!doctype html>")), Err(NotThisEra::NoSuchRoute));
    }

    #[test]
    fn whatever_else_answers_gets_nothing() {
        for (status, content_type, body, expected) in [
            (200, "text/html", "<html>", NotThisEra::NoSuchServer),
            (200, "application/json", "{}", NotThisEra::NoSuchServer),
            (301, "text/html", "", NotThisEra::Redirect),
            (307, "application/json", "{}", NotThisEra::Redirect),
            (
                403,
                "application/json",
                "{\"error\":\"ValidationFailure\",\"message\":\"no list\"}",
                NotThisEra::NoSuchServer,
            ),
            (
                403,
                "application/json",
                "{\"error\":\"ValidationFailure\",\"message\":[{\"path\":[]}]}",
                NotThisEra::NoSuchServer,
            ),
            (403, "text/plain", "{}", NotThisEra::NoSuchServer),
            (
                500,
                "application/json",
                "{\"statusCode\":500,\"error\":\"x\",\"message\":\"Something went wrong\"}",
                NotThisEra::NoSuchServer,
            ),
            (
                500,
                "application/json",
                "{\"statusCode\":500,\"error\":\"x\",\"message\":\"Infisical is in maintenance mode. Please try again later.\"}",
                NotThisEra::Later(None),
            ),
            (503, "text/html", "<html>", NotThisEra::Later(None)),
            (429, "application/json", "{\"statusCode\":429}", NotThisEra::Later(None)),
        ] {
            assert_eq!(judged(&response(status, content_type, body)), Err(expected), "{status} {body}");
        }
    }

    #[test]
    fn the_probe_holds_nothing() {
        let origin = Origin::read("https://app.example.org").expect("a good origin");
        for route in [Route::Invite, Route::Signup] {
            let request = request(&origin, route);
            assert!(request.body() == Some(b"{}") && request.bearer().is_none() && request.disclosed().is_empty());
        }
    }
}
