//! Answers that bring what they should not (K04, C13), or that are no answers at all.

use super::*;
use firstkey_core::wire::inbound::Framing;
use serde_json::json;

/// What a server must not hand over, ever: salts, keys, escrow, switches.
const UNWANTED: [(&str, &str); 9] = [
    ("salt", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ("client_salt", "AAAA"),
    ("encryptedPrivateKey", "AAAA"),
    ("private_key", "AAAA"),
    ("recovery_key", "AAAA"),
    ("escrow_public_key", "AAAA"),
    ("public_key", "AAAA"),
    ("suite", "0"),
    ("next", "https://evil.example/"),
];

#[test]
fn k04_c13_a_salt_or_key_in_any_answer_is_refused_and_nothing_follows() {
    for endpoint in ENDPOINTS {
        for (name, value) in UNWANTED {
            let refusal = refusal_of(endpoint, |response| edit(response, |body| body[name] = json!(value)));
            assert!(
                matches!(&refusal, Refusal::Unexpected { name: said, .. } if said.as_str() == name),
                "{endpoint:?} {name}: {refusal:?}"
            );
        }
    }
}

#[test]
fn k04_c13_a_salt_or_key_deeper_in_an_answer_is_refused() {
    for (endpoint, place) in [
        (Endpoint::Claim, "/organisation"),
        (Endpoint::Claim, "/account"),
        (Endpoint::Claim, "/earlier_claims"),
        (Endpoint::LoginFinish, "/bundle"),
        (Endpoint::LoginFinish, "/bundle/envelopes"),
        (Endpoint::LoginFinish, "/bundle/identity"),
    ] {
        for (name, value) in UNWANTED {
            let refusal = refusal_of(endpoint, |response| {
                edit(response, |body| body.pointer_mut(place).expect("it is there")[name] = json!(value));
            });
            assert!(
                matches!(&refusal, Refusal::Unexpected { name: said, .. } if said.as_str() == name),
                "{place} {name}: {refusal:?}"
            );
        }
    }
}

#[test]
fn k04_the_salt_is_new_in_every_run_with_the_same_server() {
    let salts: Vec<_> = [1, 2]
        .map(|seed| {
            let mut scene = Scene::new(1);
            judged(scene.run_honestly(seed));
            let body: Value = serde_json::from_slice(&scene.server.stored.expect("stored").body).expect("JSON");
            body["kdf_block"].clone()
        })
        .to_vec();
    assert_ne!(salts[0], salts[1]);
}

#[test]
fn a_member_that_is_missing_from_any_answer_is_missed() {
    for endpoint in ENDPOINTS {
        let mut names = Vec::new();
        let _ = run_with_lie(&mut Scene::new(1), endpoint, |response| {
            edit(response, |body| names = body.as_object().expect("an object").keys().cloned().collect());
        });
        // A server of before does not say what it knows.
        for name in names.iter().filter(|name| !["contact", "knows"].contains(&name.as_str())) {
            let refusal = refusal_of(endpoint, |response| {
                edit(response, |body| drop(body.as_object_mut().expect("an object").remove(name)))
            });
            assert!(matches!(refusal, Refusal::Malformed(_)), "{endpoint:?} {name}: {refusal:?}");
        }
    }
}

#[test]
fn what_is_no_strict_json_is_refused_wherever_it_comes() {
    for endpoint in ENDPOINTS {
        let lies: [(&str, fn(&mut Response)); 7] = [
            ("cut off", |response| {
                let length = response.body.len();
                response.body.truncate(length - 1)
            }),
            ("more behind", |response| response.body.extend_from_slice(b"{}")),
            ("a byte order mark", |response| drop(response.body.splice(..0, *b"\xef\xbb\xbf"))),
            ("not UTF-8", |response| prepend_raw(response, b"\"x\":\"\xff\",")),
            ("a key twice", |response| prepend_raw(response, &first_member_of(response))),
            ("too deep", |response| prepend(response, &format!("\"x\":{}1{}", "[".repeat(20), "]".repeat(20)))),
            ("nothing", |response| response.body.clear()),
        ];
        for (what, lie) in lies {
            assert_eq!(refusal_of(endpoint, lie), Refusal::NotJson, "{endpoint:?}: {what}");
        }
        assert!(matches!(refusal_of(endpoint, |response| *response.body = b"[]".to_vec()), Refusal::Malformed(_)));
    }
}

/// `"name":0,` for the first member of the body.
fn first_member_of(response: &Response) -> Vec<u8> {
    let body: Value = serde_json::from_slice(&response.body).expect("an honest answer is JSON");
    let name = body.as_object().and_then(|members| members.keys().next().cloned()).expect("it has members");
    format!("\"{name}\":0,").into_bytes()
}

fn prepend_raw(response: &mut Response, bytes: &[u8]) {
    response.body.splice(1..1, bytes.iter().copied());
}

#[test]
fn a_frame_that_is_not_the_protocols_is_refused_whatever_is_in_it() {
    for endpoint in ENDPOINTS {
        let lies: [(fn(&mut Response), Refusal); 11] = [
            (|response| response.status = 301, Refusal::Redirect),
            (|response| response.status = 302, Refusal::Redirect),
            (|response| response.status = 308, Refusal::Redirect),
            (|response| response.status = 201, Refusal::Status(201)),
            (|response| response.status = 204, Refusal::Status(204)),
            (|response| response.framing = Framing::Encoded, Refusal::Encoded),
            (|response| response.framing = Framing::TooLarge, Refusal::TooLarge),
            (|response| response.content_type = Some("text/html".to_owned()), Refusal::WebPage),
            (|response| response.content_type = None, Refusal::ContentType),
            (
                |response| response.content_type = Some("application/json; charset=utf-16".to_owned()),
                Refusal::ContentType,
            ),
            (|response| response.content_type = Some("application/problem+json".to_owned()), Refusal::ContentType),
        ];
        for (lie, refusal) in lies {
            assert_eq!(refusal_of(endpoint, lie), refusal, "{endpoint:?}");
        }
    }
}

#[test]
fn an_error_page_of_something_in_between_is_not_taken_for_an_answer() {
    for endpoint in ENDPOINTS {
        let refusal = refusal_of(endpoint, |response| {
            response.status = 403;
            response.content_type = Some("text/html".to_owned());
        });
        assert_eq!(refusal, Refusal::Status(403));
        let foreign = refusal_of(endpoint, |response| {
            response.status = 410;
            response.content_type = Some("application/problem+json".to_owned());
            *response.body = br#"{"type":"https://evil.example/invite-used"}"#.to_vec();
        });
        assert_eq!(foreign, Refusal::Status(410), "a problem of another protocol");
    }
}

#[test]
fn a_receipt_that_is_not_the_digest_of_the_upload_is_refused() {
    for receipt in ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"] {
        let refusal =
            refusal_of(Endpoint::EnrolComplete, |response| edit(response, |body| body["receipt"] = json!(receipt)));
        assert_eq!(refusal, Refusal::Receipt);
    }
}

#[test]
fn a_receipt_that_lies_leaves_the_checkpoint_and_no_pin() {
    let mut scene = Scene::new(1);
    let log = run_with_lie(&mut scene, Endpoint::EnrolComplete, |response| {
        edit(response, |body| body["receipt"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    });
    assert_eq!(stop(&log).reach, firstkey_core::flow::stop::Reach::Unknown);
    assert_eq!((scene.shelf.checkpoints.len(), scene.shelf.pins.len()), (1, 0));
}

#[test]
fn an_opaque_answer_that_is_none_is_refused_before_keys_are_made() {
    use base64ct::{Base64UrlUnpadded, Encoding};
    // The identity element, a non-canonical one, and the same for the server's key.
    for bytes in [[0; 64], [0xff; 64]] {
        let log = run_with_lie(&mut Scene::new(1), Endpoint::EnrolStart, |response| {
            edit(response, |body| body["opaque_response"] = Base64UrlUnpadded::encode_string(&bytes).into());
        });
        assert_eq!(refused(&log, Endpoint::EnrolStart), Refusal::Opaque);
        assert!(!log.turns.iter().any(|turn| matches!(turn.effect, Effect::Ask(Question::Kit(_)))));
    }
}

#[test]
fn a_login_answer_that_was_changed_opens_nothing_and_gets_no_proof() {
    use base64ct::{Base64UrlUnpadded, Encoding};
    for at in (0..320).step_by(16) {
        let log = run_with_lie(&mut Scene::new(1), Endpoint::LoginStart, |response| {
            edit(response, |body| {
                let mut ke2 = Base64UrlUnpadded::decode_vec(body["ke2"].as_str().expect("text")).expect("bytes");
                ke2[at] ^= 1;
                body["ke2"] = Base64UrlUnpadded::encode_string(&ke2).into();
            });
        });
        assert!(matches!(stop(&log).why, AcceptReason::NotOpened), "byte {at}: {:?}", stop(&log).why);
        assert!(!sent(&log).contains(&Endpoint::LoginFinish), "byte {at}");
    }
}

#[test]
fn another_account_realm_or_generation_at_the_login_is_refused() {
    for (name, value) in [
        ("account_id", json!("AAAAAAAAAAAAAAAAAAAAAA")),
        ("realm_id", json!("AAAAAAAAAAAAAAAAAAAAAA")),
        ("key_gen", json!(2)),
        ("key_gen", json!(0)),
    ] {
        let refusal = refusal_of(Endpoint::LoginParams, |response| edit(response, |body| body[name] = value.clone()));
        assert!(matches!(refusal, Refusal::OtherAccount | Refusal::Differs("key_gen")), "{name}: {refusal:?}");
    }
}
