//! What comes back is what was sent, byte for byte, and opens (C03, C12, C14, C21).

use super::*;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::json;

/// A scene in which the account is stored and the run was cut before the read-back, so that each
/// lie costs half a run.
fn stored() -> Scene {
    let mut scene = Scene::new(1);
    judged(scene.run(1, |_, effect, scene| {
        if matches!(effect, Effect::Ask(Question::PasswordOnceMore { .. })) { None } else { Some(scene.honest(effect)) }
    }));
    assert!(scene.server.stored.is_some());
    scene
}

/// The refusal of a bundle that went through `lie`; the upload stays on the disk, and no pin is
/// made.
fn returned(scene: &mut Scene, lie: impl Fn(&mut Value)) -> Refusal {
    let log = run_with_lie(scene, Endpoint::LoginFinish, |response| edit(response, |body| lie(&mut body["bundle"])));
    assert_eq!((scene.shelf.checkpoints.len(), scene.shelf.pins.len()), (1, 0));
    assert_eq!(stop(&log).reach, firstkey_core::flow::stop::Reach::Stored);
    refused(&log, Endpoint::LoginFinish)
}

fn change_bytes(value: &mut Value, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = Base64UrlUnpadded::decode_vec(value.as_str().expect("text")).expect("bytes");
    change(&mut bytes);
    *value = Base64UrlUnpadded::encode_string(&bytes).into();
}

#[test]
fn c03_any_two_envelopes_swapped_are_refused() {
    let mut scene = stored();
    for (a, b) in [("1", "2"), ("1", "3"), ("1", "4"), ("2", "3"), ("2", "4"), ("3", "4")] {
        let swapped = returned(&mut scene, |bundle| {
            let first = bundle["envelopes"][a].take();
            let second = std::mem::replace(&mut bundle["envelopes"][b], first);
            bundle["envelopes"][a] = second;
        });
        assert_eq!(swapped, Refusal::Keys, "{a} and {b} swapped");
        for (from, to) in [(a, b), (b, a)] {
            assert_eq!(
                returned(&mut scene, |bundle| bundle["envelopes"][to] = bundle["envelopes"][from].clone()),
                Refusal::Keys,
                "{from} as {to}"
            );
        }
    }
}

#[test]
fn c21_every_byte_of_every_envelope_counts() {
    let mut scene = stored();
    for (number, name, sealed, length) in [
        ("1", "envelope 1", 59, 197),
        ("2", "envelope 2", 12, 150),
        ("3", "envelope 3", 12, 150),
        ("4", "envelope 4", 12, 150),
    ] {
        for at in 0..length {
            let refusal = returned(&mut scene, |bundle| {
                change_bytes(&mut bundle["envelopes"][number], |bytes| bytes[at] ^= 1 << (at % 8));
            });
            // Behind the header only the comparison can tell, but for the length of the ciphertext.
            let compared = at >= sealed && !(length - 50..length - 48).contains(&at);
            let expected = if compared {
                refusal == Refusal::Differs(name)
            } else {
                matches!(refusal, Refusal::Keys | Refusal::Differs(_))
            };
            assert!(expected, "envelope {number} byte {at}: {refusal:?}");
        }
    }
}

#[test]
fn c21_an_envelope_that_was_cut_or_grew_is_refused() {
    let mut scene = stored();
    for number in ["1", "2", "3", "4"] {
        for change in
            [|bytes: &mut Vec<u8>| bytes.truncate(bytes.len() - 1), |bytes: &mut Vec<u8>| bytes.push(0), Vec::clear]
        {
            assert_eq!(
                returned(&mut scene, |bundle| change_bytes(&mut bundle["envelopes"][number], change)),
                Refusal::Keys
            );
        }
        assert!(matches!(
            returned(&mut scene, |bundle| drop(bundle["envelopes"].as_object_mut().expect("four").remove(number))),
            Refusal::Malformed(_)
        ));
        assert!(matches!(
            returned(&mut scene, |bundle| bundle["envelopes"][number] = json!(null)),
            Refusal::Malformed(_)
        ));
    }
}

#[test]
fn c12_c14_public_keys_that_were_swapped_are_refused() {
    let mut scene = stored();
    let mut other = Scene::new(2);
    judged(other.run_honestly(2));
    let other: Value = serde_json::from_slice(&other.server.stored.expect("stored").body).expect("JSON");
    for (place, name) in [
        ("/identity/x25519", "identity"),
        ("/identity/ed25519", "identity"),
        ("/identity", "identity"),
        ("/signature", "signature"),
        ("/recovery_public", "recovery_public"),
    ] {
        let refusal = returned(&mut scene, |bundle| {
            *bundle.pointer_mut(place).expect("it is there") = other.pointer(place).expect("it is there").clone();
        });
        assert_eq!(refusal, Refusal::Differs(name), "{place}");
    }
    // A whole identity of somebody else, with its own good signature.
    let refusal = returned(&mut scene, |bundle| {
        bundle["identity"] = other["identity"].clone();
        bundle["signature"] = other["signature"].clone();
    });
    assert_eq!(refusal, Refusal::Differs("identity"));
}

#[test]
fn c10_a_low_order_public_key_is_refused() {
    let mut scene = stored();
    for byte in [0, 1] {
        let key = [&[byte][..], &[0; 31]].concat();
        let refusal =
            returned(&mut scene, |bundle| bundle["identity"]["x25519"] = Base64UrlUnpadded::encode_string(&key).into());
        assert!(matches!(refusal, Refusal::Keys | Refusal::Differs(_)));
    }
}

#[test]
fn c05_another_generation_is_refused() {
    let mut scene = stored();
    assert_eq!(returned(&mut scene, |bundle| bundle["key_gen"] = json!(2)), Refusal::Keys);
    assert_eq!(returned(&mut scene, |bundle| bundle["identity"]["key_gen"] = json!(2)), Refusal::Keys);
    let both = returned(&mut scene, |bundle| {
        bundle["key_gen"] = json!(2);
        bundle["identity"]["key_gen"] = json!(2);
    });
    assert_eq!(both, Refusal::Differs("identity"));
}

#[test]
fn k04_another_salt_in_the_bundle_is_refused() {
    let mut scene = stored();
    assert_eq!(
        returned(&mut scene, |bundle| change_bytes(&mut bundle["kdf_block"], |block| block[20] ^= 1)),
        Refusal::Differs("kdf_block")
    );
}

#[test]
fn after_every_lie_the_honest_account_still_opens() {
    let mut scene = stored();
    assert_eq!(returned(&mut scene, |bundle| bundle["envelopes"]["2"] = json!("AAAA")), Refusal::Keys);
    assert!(end(&judged(scene.run_honestly(3))).is_ok());
}
