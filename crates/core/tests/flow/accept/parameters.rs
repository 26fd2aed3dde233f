//! Argon2id parameters on a server's word (K01, K02, K03): a whitelist, strict integers, and no
//! memory spent on them.

use super::*;
use firstkey_core::crypto::kdf::KdfRefused;

/// What happens when the offer names `kdf`, as raw JSON.
fn offered(kdf: &str) -> Log {
    run_with_lie(&mut Scene::new(1), Endpoint::Claim, |response| prepend(response, &format!("\"kdf\":{kdf}")))
}

fn refusal(kdf: &str) -> Refusal {
    let log = offered(kdf);
    let early = log.turns.iter().all(|turn| {
        !matches!(turn.effect, Effect::Prepare(_) | Effect::Stretch(_) | Effect::Ask(Question::Password { .. }))
    });
    assert!(early, "{kdf}: a password was asked for, or memory reserved");
    refused(&log, Endpoint::Claim)
}

#[test]
fn k01_cheap_parameters_are_refused_and_called_weak() {
    let cheap_m = [0, 1, 7, 8, 19_455, 65_535].map(|m| format!(r#"{{"m":{m},"t":3,"p":4}}"#));
    let cheap_t = [0, 1, 2].map(|t| format!(r#"{{"m":262144,"t":{t},"p":4}}"#));
    for kdf in cheap_m.into_iter().chain(cheap_t).chain([r#"{"m":262144,"t":3,"p":0}"#.to_owned()]) {
        assert!(matches!(refusal(&kdf), Refusal::Kdf(KdfRefused::TooWeak(_))), "{kdf}");
    }
}

#[test]
fn k01_a_profile_below_the_organisations_own_minimum_is_refused() {
    assert!(matches!(refusal(r#"{"m":65536,"t":3,"p":4}"#), Refusal::Kdf(KdfRefused::TooWeak(_))));
}

#[test]
fn k02_excessive_parameters_are_refused_and_called_costly() {
    for kdf in [
        r#"{"m":1073741824,"t":3,"p":4}"#,
        r#"{"m":4294967295,"t":3,"p":4}"#,
        r#"{"m":2097153,"t":1,"p":4}"#,
        r#"{"m":262144,"t":4294967295,"p":4}"#,
        r#"{"m":262144,"t":3,"p":16777216}"#,
    ] {
        assert!(matches!(refusal(kdf), Refusal::Kdf(KdfRefused::TooCostly(_))), "{kdf}");
    }
}

#[test]
fn k03_numbers_written_in_any_other_way_are_refused() {
    const ENCODINGS: [&str; 25] = [
        "-1",
        "-262144",
        "-0",
        "262144.0",
        "2.62144e5",
        "262144e0",
        "1e9",
        "1E400",
        "\"262144\"",
        "\"0x40000\"",
        "0x40000",
        "0262144",
        "+262144",
        "262_144",
        "262144 0",
        "4294967296",
        "4295229440",
        "4503599627370496",
        "18446744073709551615",
        "18446744073709551616",
        "null",
        "true",
        "[262144]",
        "{\"KiB\":262144}",
        "NaN",
    ];
    for number in ENCODINGS {
        for kdf in [
            format!(r#"{{"m":{number},"t":3,"p":4}}"#),
            format!(r#"{{"m":262144,"t":{number},"p":4}}"#),
            format!(r#"{{"m":262144,"t":3,"p":{number}}}"#),
        ] {
            let refusal = refusal(&kdf);
            assert!(matches!(refusal, Refusal::Kdf(KdfRefused::Malformed) | Refusal::NotJson), "{kdf}: {refusal:?}");
        }
    }
    // A unit that wraps: 4,194,320 MiB in a 32-bit multiplication by 1,024 would be 16 MiB.
    assert!(matches!(refusal(r#"{"m":4194320,"t":3,"p":4}"#), Refusal::Kdf(KdfRefused::TooCostly(_))));
}

#[test]
fn k03_an_object_of_another_shape_is_refused() {
    for kdf in [
        "{}",
        "[]",
        "3",
        "null",
        "\"argon2id\"",
        r#"{"m":262144,"t":3}"#,
        r#"{"t":3,"p":4}"#,
        r#"{"m":262144,"t":3,"p":4,"salt":"AAAA"}"#,
        r#"{"M":262144,"t":3,"p":4}"#,
        r#"{"m":262144,"t":3,"p":4,"unit":"MiB"}"#,
    ] {
        assert!(matches!(refusal(kdf), Refusal::Kdf(KdfRefused::Malformed)), "{kdf}");
    }
    assert_eq!(refusal(r#"{"m":65536,"m":262144,"t":3,"p":4}"#), Refusal::NotJson, "a key twice");
}

#[test]
fn in_between_is_no_profile() {
    for kdf in [
        r#"{"m":262145,"t":3,"p":4}"#,
        r#"{"m":262144,"t":4,"p":4}"#,
        r#"{"m":262144,"t":3,"p":1}"#,
        r#"{"m":100000,"t":3,"p":4}"#,
    ] {
        assert!(matches!(refusal(kdf), Refusal::Kdf(KdfRefused::NotAProfile(_))), "{kdf}");
    }
}

#[test]
fn a_profile_at_or_above_the_minimum_is_what_is_stretched() {
    for (kdf, id) in
        [(r#"{"m":262144,"t":3,"p":4}"#, 2), (r#"{"m":1048576,"t":3,"p":4}"#, 3), (r#"{"m":2097152,"t":1,"p":4}"#, 4)]
    {
        let log = offered(kdf);
        assert!(end(&log).is_ok(), "{kdf}");
        let stretched = log
            .turns
            .iter()
            .find_map(|turn| if let Effect::Stretch(job) = &turn.effect { Some(job.block.profile.id()) } else { None });
        assert_eq!(stretched, Some(id));
    }
}

#[test]
fn settings_that_change_before_the_read_back_are_refused_before_the_password_is_stretched() {
    use base64ct::{Base64UrlUnpadded, Encoding};
    // Salt, profile, a smaller m, the second secret.
    for (at, value) in [(14_usize, 0xff_u8), (1, 1), (2, 1), (46, 1), (0, 2)] {
        let log = run_with_lie(&mut Scene::new(1), Endpoint::LoginParams, |response| {
            edit(response, |params| {
                let mut block =
                    Base64UrlUnpadded::decode_vec(params["kdf_block"].as_str().expect("text")).expect("bytes");
                block[at] ^= value;
                params["kdf_block"] = Base64UrlUnpadded::encode_string(&block).into();
            });
        });
        assert!(
            matches!(refused(&log, Endpoint::LoginParams), Refusal::Differs("kdf_block") | Refusal::Kdf(_)),
            "byte {at}"
        );
        assert_eq!(log.turns.iter().filter(|turn| matches!(turn.effect, Effect::Stretch(_))).count(), 1, "byte {at}");
    }
}
