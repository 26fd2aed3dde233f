//! What a real server said, played again: every recorded answer is read, and every error means what
//! it should.

use firstkey_core::wire::inbound::{Framing, Response};
use firstkey_infisical::answer::{self, Heard, LoggedIn, hear};
use firstkey_infisical::claims;
use firstkey_infisical::door::Call;
use firstkey_infisical::keys::{PublicKey, Salt, Sealed};
use firstkey_infisical::link::{Link, looks_like_one};
use firstkey_infisical::probe::{Route, judge};
use firstkey_infisical::says::{Says, meaning};
use serde_json::Value;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// A request and what the server said.
pub(super) struct Exchange {
    pub(super) step: String,
    pub(super) method: String,
    pub(super) path: String,
    sent: Value,
    pub(super) response: Response,
    location: Option<String>,
}

/// All of them, by their number.
pub(super) fn exchanges() -> BTreeMap<u64, Exchange> {
    let text = include_str!("../data/exchanges.jsonl");
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let (request, response) = (&line["request"], &line["response"]);
        let headers: Vec<_> = response["headers"].as_array().into_iter().flatten().collect();
        let header = |name: &str| {
            headers.iter().find(|pair| pair[0] == name).and_then(|pair| pair[1].as_str()).map(str::to_owned)
        };
        let body = match &response["body"] {
            Value::String(text) => text.clone().into_bytes(),
            Value::Null => Vec::new(),
            body => body.to_string().into_bytes(),
        };
        let exchange = Exchange {
            step: line["step"].as_str().unwrap_or_default().to_owned(),
            method: request["method"].as_str().unwrap_or_default().to_owned(),
            path: request["path"].as_str().unwrap_or_default().to_owned(),
            sent: request["body"].clone(),
            response: Response {
                status: u16::try_from(response["status"].as_u64().expect("a status")).expect("a status"),
                content_type: header("content-type"),
                retry_after: header("retry-after").and_then(|text| text.parse().ok()),
                signed: None,
                framing: Framing::Plain,
                body: Zeroizing::new(body),
            },
            location: header("location"),
        };
        (line["n"].as_u64().expect("a number"), exchange)
    };
    text.lines().filter(|line| !line.is_empty()).map(read).collect()
}

fn says(call: Call, exchange: &Exchange) -> Says {
    match hear(&exchange.response) {
        Ok(Heard::Bad(error)) => meaning(call, &error),
        Ok(Heard::Good(_)) => panic!("{} is a success", exchange.step),
        Err(nonsense) => panic!("{} {nonsense:?}", exchange.step),
    }
}

fn good(exchange: &Exchange) -> answer_fields::Fields {
    match hear(&exchange.response) {
        Ok(Heard::Good(fields)) => fields,
        Ok(Heard::Bad(error)) => panic!("{} {error:?}", exchange.step),
        Err(nonsense) => panic!("{} {nonsense:?}", exchange.step),
    }
}

mod answer_fields {
    pub(super) use firstkey_core::wire::fields::Fields;
}

#[test]
fn every_recorded_exchange_has_an_answer_that_is_read_or_refused_as_it_should_be() {
    let all = exchanges();
    assert_eq!(all.len(), 89);
    for (n, exchange) in &all {
        let read = hear(&exchange.response);
        match exchange.response.status {
            302 => assert!(read.is_err(), "{n}"),
            200 => assert!(matches!(read, Ok(Heard::Good(_))), "{n} {}", exchange.step),
            _ => assert!(matches!(read, Ok(Heard::Bad(_))), "{n} {}", exchange.step),
        }
    }
}

#[test]
fn the_recorded_probe_passes_and_no_other_recorded_answer_does() {
    for (n, exchange) in exchanges() {
        let passes = judge(Route::Invite, &exchange.response).is_ok();
        // 42 lacks everything as well: what was sent there had no member that counts.
        assert_eq!(passes, n == 53 || (n == 42 && passes), "{n} {}", exchange.step);
        assert!(judge(Route::Signup, &exchange.response).is_err(), "{n}");
    }
}

#[test]
fn every_recorded_error_means_what_it_should() {
    let all = exchanges();
    let invite = Call::CompleteInvite;
    let signup = Call::CompleteSignup;
    for (n, call, expected) in [
        (25, Call::VerifyInvite, Says::CodeWrong),
        (26, Call::VerifyInvite, Says::NoSuchUser),
        (28, Call::VerifyInvite, Says::NoInvitation),
        (32, Call::VerifyInvite, Says::CodeGone),
        (72, Call::VerifyInvite, Says::NoInvitation),
        (90, Call::VerifyInvite, Says::CodeExpired),
        (91, Call::VerifyInvite, Says::CodeGone),
        (96, Call::VerifyInvite, Says::CodeWrong),
        (105, Call::VerifyInvite, Says::NoSuchUser),
        (119, Call::VerifyInvite, Says::TooMany(all[&119].response.retry_after)),
        (268, Call::VerifyInvite, Says::NoInvitation),
        (36, invite, Says::TokenRefused),
        (37, invite, Says::TokenRefused),
        (38, invite, Says::TokenExpired),
        (39, invite, Says::TokenRefused),
        (40, invite, Says::TokenRefused),
        (56, invite, Says::CompletedOrUnknown),
        (71, invite, Says::CompletedOrUnknown),
        (114, invite, Says::NoInvitation),
        (117, invite, Says::TooMany(all[&117].response.retry_after)),
        (156, invite, Says::CompletedOrUnknown),
        (196, invite, Says::TwoInvitations),
        (269, invite, Says::NoInvitation),
        (407, invite, Says::NoInvitation),
        (408, invite, Says::NoInvitation),
        (158, signup, Says::CompletedOrUnknown),
        (160, signup, Says::TokenRefused),
        (162, signup, Says::TokenExpired),
        (167, signup, Says::CompletedOrUnknown),
        (83, Call::Login2, Says::WrongProof),
        (279, Call::Login2, Says::WrongProof),
        (87, Call::Login1, Says::NoAccount),
        (169, Call::Login1, Says::SignInFirst),
        (75, Call::FetchKit, Says::NoKit),
        (251, Call::SelectOrganisation, Says::NotAMember),
        (179, Call::VerifyEmail, Says::CodeWrong),
        (422, Call::Organisations, Says::TokenRefused),
        (248, Call::Organisations, Says::TokenRefused),
    ] {
        assert_eq!(says(call, &all[&n]), expected, "{n} {}", all[&n].step);
    }
    for n in [42, 52, 54, 55, 157] {
        assert!(matches!(says(invite, &all[&n]), Says::Form(names) if !names.is_empty()), "{n}");
    }
    for n in [34, 58, 59, 61, 62, 63, 64, 66] {
        assert!(matches!(says(invite, &all[&n]), Says::Other { .. }), "{n}");
    }
}

#[test]
fn recorded_successes_are_read_to_the_last_key() {
    let all = exchanges();
    let sent = &all[&69].sent;
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    // What was sent is what comes back, and is read as our own types.
    let account = answer::own_account(good(&all[&76])).expect("an account");
    assert!(!account.shows_verifier && account.username == text(sent, "email"));
    assert_eq!(Some(account.salt), Salt::read(&text(sent, "salt")));
    assert_eq!(Some(account.vault.public_key), PublicKey::read(&text(sent, "publicKey")));
    let sealed =
        Sealed::read(&text(sent, "protectedKey"), &text(sent, "protectedKeyIV"), &text(sent, "protectedKeyTag"));
    assert_eq!(Some(&account.vault.protected_key), sealed.as_ref());
    for n in [79, 173, 188, 396] {
        assert!(matches!(answer::logged_in(good(&all[&n])), Ok(LoggedIn::Open(..))), "{n}");
    }
    for n in [77, 81, 171, 186, 277, 395] {
        assert!(answer::challenge(&mut good(&all[&n])).is_ok(), "{n}");
    }
    for n in [31, 69, 74, 97, 106, 165, 184, 206, 270, 409, 410, 421] {
        assert!(answer::token(&mut good(&all[&n])).is_ok(), "{n}");
    }
    assert_eq!(answer::memberships(good(&all[&73])).expect("a list").len(), 1);
    assert!(answer::memberships(good(&all[&249])).expect("a list").is_empty());
    // The two winners of the recorded race got the same answer; only a read-back can tell them
    // apart.
    assert_ne!(all[&409].sent["publicKey"], all[&410].sent["publicKey"]);
}

#[test]
fn recorded_addresses_that_one_lands_on_are_links_of_this_dialect() {
    let all = exchanges();
    for (n, verified) in [(177, false), (182, true)] {
        let location = all[&n].location.clone().expect("a location");
        assert!(looks_like_one(location.as_bytes()));
        let Ok(Link::Ticket(ticket)) = Link::read(location.as_bytes()) else { panic!("{n}") };
        let claims = claims::read(&ticket.token).expect("a ticket");
        assert_eq!(claims.email_verified, verified);
        assert_eq!(claims.organisation.expect("one").name, "Acme");
    }
    // The path of the mail, with the server's address in front.
    let mail = format!("http://127.0.0.1:14000{}", all[&153].path);
    assert!(matches!(Link::read(mail.as_bytes()), Ok(Link::SignInFirst { .. })));
    assert_eq!(all[&153].method, "GET");
}

#[test]
fn what_was_recorded_of_completions_has_exactly_the_members_that_this_program_sends() {
    use firstkey_infisical::door::Member;
    let known: Vec<_> = Member::ALL.iter().map(|member| member.name()).collect();
    let all = exchanges();
    for n in [69, 165, 184, 206, 270, 409] {
        for (name, _) in all[&n].sent.as_object().expect("an object") {
            assert!(known.contains(&name.as_str()) || name == "attributionSource", "{n} {name}");
        }
    }
}
