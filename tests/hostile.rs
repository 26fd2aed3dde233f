//! Servers that lie, and links that lead astray: the real client against each, with the wire's own
//! record as proof that nothing followed the refusal.

mod support;

use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey::drive::Server;
use firstkey::port::http::{HttpServer, Limits};
use firstkey::port::trust::Trust;
use firstkey_core::flow::stop::NoAnswer;
use firstkey_core::wire::disclose::Email;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::{Endpoint, Outbound};
use firstkey_server::NewOrganisation;
use serde_json::{Value, json};
use std::time::Duration;
use support::client::{Desk, Run};
use support::deployment::Deployment;
use support::wire::{Act, Reply, Wire};

const EMAIL: &str = "ada@example.org";
const CLAIM: &str = "/v1/invites/claim";
const START: &str = "/v1/enrol/start";
const COMPLETE: &str = "/v1/enrol/complete";
const PARAMS: &str = "/v1/login/params";
const FINISH: &str = "/v1/login/finish";

/// Exit codes, as `docs/EXIT-CODES.md` has them.
const REFUSED: Option<i32> = Some(6);
const NONSENSE: Option<i32> = Some(7);
const BAD_INVITE: Option<i32> = Some(4);
const TRY_LATER: Option<i32> = Some(75);

/// Runs a whole `accept` while every answer to `path` is changed by `change`; gives the run and the
/// paths that were asked for.
fn accept_with(path: &'static str, change: impl Fn(Reply) -> Reply + Clone + Send + 'static) -> (Run, Vec<String>) {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    server.wire.script(move |seen, _| {
        let change = change.clone();
        if seen.path == path { Act::Change(Box::new(change)) } else { Act::Forward }
    });
    let run = Desk::new().run_accept(&link, EMAIL);
    (run, server.wire.paths())
}

/// The same, where the answer is changed as JSON.
fn accept_with_json(path: &'static str, change: impl Fn(&mut Value) + Clone + Send + 'static) -> (Run, Vec<String>) {
    accept_with(path, move |reply| {
        let mut value = reply.value();
        change(&mut value);
        reply.with(&value)
    })
}

/// Asserts the exit code and that the request to `path` was the last one.
fn assert_ends_at(path: &str, code: Option<i32>, (run, paths): &(Run, Vec<String>)) {
    assert_eq!(run.code, code, "{run:?}");
    assert_eq!(paths.last().map(String::as_str), Some(path), "something followed the refusal: {paths:?}");
    assert_eq!(paths.iter().filter(|seen| *seen == path).count(), 1, "the refused request was repeated: {paths:?}");
    assert_says_what_happened(run);
}

/// Every bad end is a sentence that says what happened on the server.
fn assert_says_what_happened(run: &Run) {
    let last = run.last();
    assert_eq!(last["ok"], false, "{last}");
    let message = last["message"].as_str().unwrap_or_default();
    assert!(message.len() > 20 && !message.contains("Error("), "{message}");
}

#[test]
fn k01_weak_kdf_parameters_are_refused_before_a_password_is_asked_for() {
    for (m, t, p) in [
        (0, 3, 4),
        (1, 3, 4),
        (7, 3, 4),
        (8, 3, 4),
        (19_456, 2, 1),
        (65_535, 3, 4),
        (65_536, 0, 4),
        (65_536, 1, 4),
        (65_536, 2, 4),
        (65_536, 3, 0),
    ] {
        let outcome = accept_with_json(CLAIM, move |offer| offer["kdf"] = json!({"m": m, "t": t, "p": p}));
        assert_ends_at(CLAIM, REFUSED, &outcome);
    }
    for least in [0_u64, 5, 255] {
        assert_ends_at(
            CLAIM,
            REFUSED,
            &accept_with_json(CLAIM, move |offer| offer["policy"]["min_profile"] = json!(least)),
        );
    }
}

#[test]
fn k02_excessive_kdf_parameters_are_refused_without_spending_memory() {
    for (m, t, p) in [
        (1_u64 << 30, 3_u64, 4_u64),
        (u64::from(u32::MAX), 3, 4),
        (65_536, u64::from(u32::MAX), 4),
        (65_536, 3, 1 << 24),
    ] {
        let outcome = accept_with_json(CLAIM, move |offer| offer["kdf"] = json!({"m": m, "t": t, "p": p}));
        assert_ends_at(CLAIM, REFUSED, &outcome);
    }
}

#[test]
fn k03_numbers_in_disguise_are_refused() {
    let disguises = [
        "-1",
        "1e9",
        "1e5",
        "65536.0",
        "\"65536\"",
        "18446744073709551616",
        "18446744073709551615",
        "4294967296",
        "9007199254740993",
        "null",
        "true",
        "[65536]",
        "{}",
        "0.5",
        "-0",
        "4194320",
        "1E400",
        "\"0x10000\"",
        "\"\"",
        "65535.999",
        "-65536",
        "262145",
        "1048577",
        "2097153",
        "131072",
    ];
    for text in disguises {
        let outcome = accept_with(CLAIM, move |reply| {
            let mut value = reply.value();
            value["kdf"] = json!({"m": 123_456_789, "t": 3, "p": 4});
            let body = value.to_string().replace("123456789", text);
            Reply { body: body.into_bytes(), ..reply }
        });
        let (run, _) = &outcome;
        assert!(run.code == REFUSED || run.code == NONSENSE, "{text}: {run:?}");
        assert_ends_at(CLAIM, run.code, &outcome);
    }
    for text in ["0x10000", "065536", "65536,", "NaN", "Infinity", "+65536"] {
        let outcome = accept_with(CLAIM, move |reply| {
            let mut value = reply.value();
            value["kdf"] = json!({"m": 123_456_789, "t": 3, "p": 4});
            Reply { body: value.to_string().replace("123456789", text).into_bytes(), ..reply }
        });
        assert_ends_at(CLAIM, NONSENSE, &outcome);
    }
}

#[test]
fn k04_a_salt_from_the_server_is_refused_everywhere() {
    for path in [CLAIM, START] {
        assert_ends_at(path, REFUSED, &accept_with_json(path, |reply| reply["salt"] = json!("AAAA")));
    }
    // In the receipt it comes too late to matter, and is refused all the same.
    assert_ends_at(COMPLETE, REFUSED, &accept_with_json(COMPLETE, |reply| reply["salt"] = json!("AAAA")));
}

#[test]
fn k04_the_salt_is_made_anew_in_every_run() {
    let salt = |server: &Deployment| {
        let request = server.wire.seen().into_iter().find(|seen| seen.path == COMPLETE).expect("completed");
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        body["kdf_block"].as_str().expect("text").to_owned()
    };
    let salts: Vec<_> = (0..2)
        .map(|_| {
            let mut server = Deployment::start();
            let link = server.invite(EMAIL);
            assert_eq!(Desk::new().run_accept(&link, EMAIL).code, Some(0));
            salt(&server)
        })
        .collect();
    assert_ne!(salts[0], salts[1]);
}

#[test]
fn k04_another_salt_at_login_is_refused_before_the_password_is_stretched() {
    let outcome = accept_with_json(PARAMS, |params| {
        let mut block = Base64UrlUnpadded::decode_vec(params["kdf_block"].as_str().expect("text")).expect("base64url");
        block[20] ^= 1;
        params["kdf_block"] = json!(Base64UrlUnpadded::encode_string(&block));
    });
    assert_ends_at(PARAMS, REFUSED, &outcome);
}

#[test]
fn k13_a_weaker_policy_is_refused() {
    for (member, value) in [
        ("min_length", json!(14)),
        ("min_length", json!(4)),
        ("min_length", json!("15")),
        ("recovery", json!("off")),
        ("secret_key", json!("forced")),
    ] {
        let outcome = accept_with_json(CLAIM, move |offer| offer["policy"][member] = value.clone());
        assert_ends_at(CLAIM, REFUSED, &outcome);
    }
}

#[test]
fn c03_swapped_envelopes_are_refused() {
    for (a, b) in [("1", "2"), ("1", "3"), ("1", "4"), ("2", "3"), ("2", "4"), ("3", "4")] {
        let outcome = accept_with_json(FINISH, move |reply| {
            let envelopes = &mut reply["bundle"]["envelopes"];
            let (first, second) = (envelopes[a].clone(), envelopes[b].clone());
            envelopes[a] = second;
            envelopes[b] = first;
        });
        assert_ends_at(FINISH, REFUSED, &outcome);
    }
}

#[test]
fn c12_a_swapped_public_key_is_refused() {
    for key in ["ed25519", "x25519"] {
        let outcome = accept_with_json(FINISH, move |reply| {
            reply["bundle"]["identity"][key] = json!(Base64UrlUnpadded::encode_string(&[9; 32]))
        });
        assert_ends_at(FINISH, REFUSED, &outcome);
    }
}

#[test]
fn c13_key_material_from_the_server_is_refused() {
    for member in ["encryptedPrivateKey", "private_key", "envelopes", "account_key"] {
        for path in [CLAIM, START] {
            let outcome = accept_with_json(path, move |reply| reply[member] = json!("AAAA"));
            assert_ends_at(path, REFUSED, &outcome);
        }
    }
    let inside = accept_with_json(CLAIM, |offer| offer["account"]["public_key"] = json!("AAAA"));
    assert_ends_at(CLAIM, REFUSED, &inside);
}

#[test]
fn c21_every_kind_of_damage_to_the_stored_bundle_is_refused() {
    type Damage = fn(&mut Vec<u8>);
    let damages: [Damage; 4] = [
        |bytes| bytes[60] ^= 1,
        |bytes| bytes.truncate(bytes.len() - 1),
        |bytes| bytes.push(0),
        |bytes| bytes.reverse(),
    ];
    for number in ["1", "2", "3", "4"] {
        for damage in damages {
            let outcome = accept_with_json(FINISH, move |reply| {
                let place = &mut reply["bundle"]["envelopes"][number];
                let mut bytes = Base64UrlUnpadded::decode_vec(place.as_str().expect("text")).expect("base64url");
                damage(&mut bytes);
                *place = json!(Base64UrlUnpadded::encode_string(&bytes));
            });
            assert_ends_at(FINISH, REFUSED, &outcome);
        }
    }
    let receipt =
        accept_with_json(COMPLETE, |reply| reply["receipt"] = json!(Base64UrlUnpadded::encode_string(&[7; 32])));
    assert_ends_at(COMPLETE, REFUSED, &receipt);
}

#[test]
fn i01_links_that_lead_astray_cause_no_connection_at_all() {
    let server = Deployment::start();
    let address = server.wire.origin().trim_start_matches("http://").to_owned();
    let tail = format!("/i#fkinv1.{}.{}", "A".repeat(22), "A".repeat(43));
    let hosts = [
        format!("https://accounts.example.com@{address}"),
        format!("https:///{address}"),
        format!("https:\\\\{address}"),
        format!("https:/{address}"),
        format!("http://accounts.example.com@{address}"),
        format!("http://{address}@evil.test"),
        format!("https://{address}%2e"),
        "https://127.0.0.1.".into(),
        "https://2130706433".into(),
        "https://0x7f.1".into(),
        "https://0177.0.0.1".into(),
        "https://127.1".into(),
        "https://[::ffff:127.0.0.1]".into(),
        "https://169.254.169.254".into(),
        "https://10.0.0.1".into(),
        "http://example.com".into(),
        "ftp://accounts.example.com".into(),
        "javascript://accounts.example.com".into(),
        "https://accounts_example.com".into(),
        "https://-accounts.example.com".into(),
        "https://accounts..example.com".into(),
        "https://accounts.example.com:0".into(),
        "https://accounts.example.com:65536".into(),
        "https://accounts.example.com:080".into(),
        "https://acc\tounts.example.com".into(),
        "https://acc\nounts.example.com".into(),
        "https://accounts.example\u{3002}com".into(),
        "https://\u{435}\u{445}ample.com".into(),
        "https://accounts.example.com\\@evil.test".into(),
        "https://accounts.example.com%00.evil.test".into(),
        "https://".into(),
        "https://user:pass@accounts.example.com".into(),
        "https://accounts.example.com.".into(),
        "//accounts.example.com".into(),
    ];
    let mut links: Vec<String> = hosts.iter().map(|host| format!("{host}{tail}")).collect();
    let good = server.wire.origin();
    links.extend([
        format!("{good}/I#fkinv1.{}.{}", "A".repeat(22), "A".repeat(43)),
        format!("{good}/i?x#fkinv1.{}.{}", "A".repeat(22), "A".repeat(43)),
        format!("{good}/i/../i#fkinv1.{}.{}", "A".repeat(22), "A".repeat(43)),
        format!("{good}/i#fkinv2.{}.{}", "A".repeat(22), "A".repeat(43)),
        format!("{good}/i#fkinv1.{}.{}", "A".repeat(21), "A".repeat(43)),
        format!("{good}/i#fkinv1.{}.{}", "A".repeat(22), "A".repeat(42)),
        format!("{good}/i#fkinv1.{}.{}x", "A".repeat(22), "A".repeat(43)),
        format!("{good}/i#fkinv1.{}.{}", "A".repeat(22), "A".repeat(42) + "="),
        format!("{good}/i"),
        format!("{good}/i#"),
        String::new(),
        " ".into(),
        "not a link".into(),
    ]);
    assert!(links.len() >= 45);
    for link in &links {
        let run = Desk::new().run_accept(link, EMAIL);
        assert_eq!(run.code, BAD_INVITE, "{link:?}: {run:?}");
        assert_says_what_happened(&run);
    }
    assert!(server.wire.seen().is_empty(), "{:?}", server.wire.paths());
}

/// The letter's link with another host in it: that host holds a live token, and passes on whatever
/// it is asked and answered, to the byte.
#[test]
fn i02_a_host_that_passes_everything_on_to_the_real_server_gets_no_claim_there() {
    let organisation = NewOrganisation { name: "Example Corp".into(), ..NewOrganisation::default() };
    let mut server = Deployment::start_at(organisation, |_| "https://accounts.example.org".to_owned());
    let letter = server.invite(EMAIL);
    let lure = letter.replacen("https://accounts.example.org", &server.wire.origin(), 1);
    assert_ne!(letter, lure);
    // The real server signed the offer for its own origin.
    let run = Desk::new().run_accept(&lure, EMAIL);
    assert_eq!(server.wire.paths(), [CLAIM], "{run:?}");
    assert_eq!((run.code, &run.last()["code"]), (REFUSED, &json!("refused-not-the-server")), "{run:?}");
    // A lure may be of version 1; then the real server refuses the first signed request.
    let lure = lure.replace("fkinv2", "fkinv1");
    let lure = lure.rsplit_once('.').expect("a binding").0;
    server.wire.strip_signatures();
    let run = Desk::new().run_accept(lure, EMAIL);
    assert_eq!(server.wire.paths(), [CLAIM, CLAIM, START], "{run:?}");
    assert_eq!(run.code, BAD_INVITE, "{run:?}");
    assert_says_what_happened(&run);
    assert_eq!(server.show(EMAIL).state, "invited");
}

#[test]
fn i03_plain_http_is_for_loopback_only() {
    for link in ["http://accounts.example.com", "http://192.0.2.1", "http://example.localhost.evil.test"] {
        let run = Desk::new().run_accept(&format!("{link}/i#fkinv1.{}.{}", "A".repeat(22), "A".repeat(43)), EMAIL);
        assert_eq!(run.code, BAD_INVITE, "{run:?}");
    }
}

#[test]
fn i04_no_redirect_is_ever_followed() {
    let rogue = Wire::listen();
    for path in [CLAIM, START, COMPLETE] {
        for status in [301, 302, 303, 307, 308] {
            let target = format!("{}{path}", rogue.origin());
            let outcome = accept_with(path, move |_| Reply {
                status,
                content_type: String::new(),
                headers: vec![("Location".into(), target.clone())],
                body: Vec::new(),
            });
            assert_ends_at(path, REFUSED, &outcome);
        }
    }
    assert!(rogue.seen().is_empty());
}

#[test]
fn i06_fifty_scanners_leave_the_invite_alive() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let page = link.split('#').next().expect("a page").trim_start_matches(&server.wire.origin()).to_owned();
    for round in 0..50 {
        let method = if round % 2 == 0 { "GET" } else { "HEAD" };
        let seen = support::wire::Seen {
            method: method.into(),
            path: page.clone(),
            head: format!("{method} {page} HTTP/1.1\r\nHost: scanner.test\r\n"),
            body: vec![],
        };
        server.wire.ask(&seen).expect("a page comes back");
    }
    assert_eq!(Desk::new().run_accept(&link, EMAIL).code, Some(0));
}

#[test]
fn i08_of_two_people_with_one_link_exactly_one_completes() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    let runs: Vec<Run> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..2).map(|_| scope.spawn(|| Desk::new().run_accept(&link, EMAIL))).collect();
        racers.into_iter().map(|racer| racer.join().expect("a racer finishes")).collect()
    });
    assert_eq!(runs.iter().filter(|run| run.code == Some(0)).count(), 1, "{runs:?}");
    let winner = runs.iter().find(|run| run.code == Some(0)).expect("one").last();
    let identity = server.show(EMAIL).identity.expect("complete");
    assert!(!identity.ed25519.is_empty() && winner["ok"] == true);
}

#[test]
fn i09_used_withdrawn_and_replaced_invites_each_get_their_own_sentence() {
    let mut server = Deployment::start();
    let used = server.invite(EMAIL);
    assert_eq!(Desk::new().run_accept(&used, EMAIL).code, Some(0));
    let again = Desk::new().run_accept(&used, EMAIL);
    assert_eq!(again.code, BAD_INVITE, "{again:?}");

    let id = server.push("grace@example.org");
    let withdrawn = server.letters.next_link();
    server.deactivate(&id);
    let run = Desk::new().run_accept(&withdrawn, "grace@example.org");
    assert_eq!(run.code, BAD_INVITE, "{run:?}");
    assert_ne!(again.last()["code"], run.last()["code"]);
}

#[test]
fn n05_an_encoded_body_is_refused() {
    for encoding in ["gzip", "br", "zstd", "deflate", "identity"] {
        let outcome = accept_with(CLAIM, move |reply| Reply {
            headers: vec![("Content-Encoding".into(), encoding.into())],
            ..reply
        });
        assert_ends_at(CLAIM, NONSENSE, &outcome);
    }
}

#[test]
fn n06_endless_bodies_and_headers_are_cut_off() {
    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    server.wire.script(|_, _| Act::Endless);
    let run = Desk::new().run_accept(&link, EMAIL);
    assert_eq!(run.code, NONSENSE, "{run:?}");

    let mut server = Deployment::start();
    let link = server.invite(EMAIL);
    server
        .wire
        .script(|_, _| Act::Raw(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "a".repeat(10_000_000)).into_bytes()));
    let run = Desk::new().run_accept(&link, EMAIL);
    assert!(run.code == NONSENSE || run.code == TRY_LATER, "{run:?}");
}

#[test]
fn n07_a_server_that_keeps_the_client_waiting_is_given_up_on_by_each_limit_alone() {
    let wire = Wire::listen();
    wire.script(|_, _| Act::Silence);
    let origin = Origin::read(&wire.origin()).expect("loopback");
    let request =
        Outbound::post(&origin, Endpoint::LoginParams).field("email", &Email::read(EMAIL).expect("an address")).build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (soon, late) = (Duration::from_millis(50), Duration::from_secs(600));
    for (read, total) in [(soon, late), (late, soon)] {
        let limits = Limits { connect: late, read, total };
        let answer = runtime.block_on(HttpServer::new(limits, Trust::default(), None).send(&request));
        assert_eq!(answer.err(), Some(NoAnswer::TimedOut));
    }
    // What the program itself uses.
    let limits = Limits::default();
    let seconds = [limits.connect, limits.read, limits.total].map(|limit| limit.as_secs());
    assert_eq!(seconds, [10, 15, 60]);
}

#[test]
fn n08_confused_answers_are_refused() {
    let json = "application/json";
    let answers: Vec<(&str, Vec<u8>)> = vec![
        (json, b"".to_vec()),
        (json, b"{}".to_vec()),
        (json, b"[]".to_vec()),
        (json, b"null".to_vec()),
        (json, b"\"ok\"".to_vec()),
        (json, b"\xef\xbb\xbf{}".to_vec()),
        (json, b"{\"a\":1}{\"a\":1}".to_vec()),
        (json, b"<html></html>".to_vec()),
        (json, "[".repeat(60_000).into_bytes()),
        (json, vec![b' '; 70_000]),
        (json, b"{\"protocol\":NaN}".to_vec()),
        (json, b"\xff\xfe{\x00}\x00".to_vec()),
        ("text/html", b"<html>log in</html>".to_vec()),
        ("text/plain", b"{}".to_vec()),
        ("", b"{}".to_vec()),
        ("application/json; charset=utf-16", b"{}".to_vec()),
    ];
    for (content_type, body) in answers {
        let outcome = accept_with(CLAIM, move |_| Reply {
            status: 200,
            content_type: content_type.into(),
            headers: vec![],
            body: body.clone(),
        });
        assert_ends_at(CLAIM, NONSENSE, &outcome);
    }
    // A member twice, or bytes behind the end, in an otherwise honest answer.
    let twice = accept_with(CLAIM, |reply| {
        let text = String::from_utf8(reply.body.clone()).expect("text");
        Reply { body: text.replacen('{', "{\"protocol\":1,", 1).into_bytes(), ..reply }
    });
    assert_ends_at(CLAIM, NONSENSE, &twice);
    let behind = accept_with(CLAIM, |mut reply| {
        reply.body.extend_from_slice(b" {}");
        reply
    });
    assert_ends_at(CLAIM, NONSENSE, &behind);
    let unspoken = accept_with_json(CLAIM, |offer| offer["suites"] = json!([0, 2, 255]));
    assert_ends_at(CLAIM, REFUSED, &unspoken);
}

#[test]
fn t01_escape_sequences_in_server_text_never_reach_the_output() {
    let payloads = [
        "\u{1b}[2J",
        "\u{1b}]0;title\u{7}",
        "\u{1b}]8;;http://evil.test\u{7}x",
        "\u{9b}31m",
        "\u{202e}gpj",
        "\r\nfirstkey: done",
        "\u{7f}\u{8}",
        "\u{200b}\u{2066}",
    ];
    for payload in payloads {
        let (run, _) = accept_with_json(CLAIM, move |offer| {
            offer["organisation"]["name"] = json!(format!("Acme{payload}Corp"));
            offer["account"]["display_name"] = json!(payload);
            offer["contact"] = json!(payload);
            offer["policy"][payload] = json!(1);
        });
        assert_eq!(run.code, Some(0), "names are only shown: {run:?}");
        let output = format!("{}{}", run.stdout, run.stderr);
        let bad = output.chars().find(|c| {
            (c.is_control() && *c != '\n')
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        });
        assert_eq!(bad, None, "{output:?}");
    }
    // An address is used as well as shown, so one with anything odd in it is refused.
    let outcome = accept_with_json(CLAIM, |offer| offer["account"]["email"] = json!("ada\u{1b}[2J@example.org"));
    assert_ends_at(CLAIM, NONSENSE, &outcome);
}
