use super::server::{Pending, modulus};
use super::*;
use crate::hexadecimal;
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/data/primitive-vectors.json")).expect("JSON")
}

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("text");
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("hex")).collect()
}

fn fixed<const N: usize>(value: &Value) -> [u8; N] {
    hex(value).try_into().expect("the length")
}

fn typed(bytes: &[u8]) -> TypedPassword {
    TypedPassword::as_typed(Zeroizing::new(bytes.to_vec()))
}

#[test]
fn the_group_is_the_one_of_the_facts() {
    let vectors = vectors();
    let digest = vectors["srp"]["N_sha256_of_512_bytes"].as_str().expect("text");
    assert_eq!(*hexadecimal::write(&sha256(&modulus())), digest);
    let mut k = [0; NUMBER];
    k[NUMBER - 32..].copy_from_slice(&fixed::<32>(&vectors["srp"]["k_hex"]));
    assert_eq!(bytes(&MULTIPLIER), k);
}

#[test]
fn all_given_cases_are_computed_from_password_to_proof() {
    let vectors = vectors();
    let cases = vectors["srp"]["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), 5);
    for case in cases {
        let name = &case["name"];
        let identity = case["I"].as_str().expect("text");
        let x = exponent(identity, &typed(&hex(&case["P_utf8_hex"])), &fixed(&case["salt_hex"]));
        assert_eq!(*x.expose(), fixed::<32>(&case["x_hex"]), "{name}");
        let verifier = Verifier::derive(&x);
        assert_eq!(verifier.as_bytes(), &fixed::<NUMBER>(&case["verifier_hex"]), "{name}");
        let (Some(_), Some(_)) = (case["a_hex"].as_str(), case["M1_hex"].as_str()) else { continue };
        let handshake = Handshake::with(SrpExponent::from_bytes(&fixed(&case["a_hex"])));
        assert_eq!(handshake.public().0, fixed::<NUMBER>(&case["A_hex"]), "{name}");
        let b = SrpExponent::from_bytes(&fixed(&case["b_hex"]));
        let pending = Pending::answer(&handshake.public().0, verifier.as_bytes(), &b);
        assert_eq!(pending.public(), &fixed::<NUMBER>(&case["B_hex"]), "{name}");
        let server = ServerPublic::accept(fixed(&case["B_hex"])).expect("an ordinary B");
        let u = handshake.hash_with(&server, &[]);
        assert_eq!(u, fixed::<32>(&case["u_hex"]), "{name}");
        let key = handshake.session_key(&x, &server).expect("u is not zero");
        assert_eq!(*key, fixed::<32>(&case["K_hex"]), "{name}");
        let proof = handshake.prove(&x, &server).expect("u is not zero");
        assert_eq!(proof.0, fixed::<32>(&case["M1_hex"]), "{name}");
        assert!(pending.accepts(&proof.0), "{name}");
    }
}

#[test]
fn numbers_that_leave_the_key_to_be_known_beforehand_are_refused() {
    let modulus = modulus();
    let number = |low: u8| {
        let mut bytes = [0; NUMBER];
        bytes[NUMBER - 1] = low;
        bytes
    };
    let mut last = modulus;
    last[NUMBER - 1] -= 1;
    let mut one_more = modulus;
    // N ends in FF..FF: N + 1 ends in zeros with a carry.
    for byte in one_more.iter_mut().rev() {
        let (sum, carry) = byte.overflowing_add(1);
        *byte = sum;
        if !carry {
            break;
        }
    }
    for (what, bad) in [("0", number(0)), ("1", number(1)), ("N", modulus), ("N-1", last), ("N+1", one_more)] {
        assert!(ServerPublic::accept(bad).is_none(), "{what}");
    }
    assert!(ServerPublic::accept(number(2)).is_some());
}

#[test]
fn another_password_identity_salt_or_exponent_gives_another_proof() {
    let x = |identity: &str, password: &[u8], salt: u8| exponent(identity, &typed(password), &[salt; 32]);
    let good = x("ada@example.org", b"a long password", 1);
    for other in [
        x("ada@example.org", b"a long password ", 1),
        x("Ada@example.org", b"a long password", 1),
        x("ada@example.org", b"a long password", 2),
    ] {
        assert!(!good.matches(&other));
    }
    let pending = |handshake: &Handshake| {
        let b = SrpExponent::from_bytes(&[9; 32]);
        Pending::answer(&handshake.public().0, Verifier::derive(&good).as_bytes(), &b)
    };
    for (x, fits) in [(&good, true), (&x("ada@example.org", b"another password", 1), false)] {
        let handshake = Handshake::with(SrpExponent::from_bytes(&[7; 32]));
        let pending = pending(&handshake);
        let server = ServerPublic::accept(*pending.public()).expect("an ordinary B");
        let proof = handshake.prove(x, &server).expect("u is not zero");
        assert_eq!(pending.accepts(&proof.0), fits);
    }
}

#[test]
fn an_exponent_with_zeros_in_front_is_a_number_like_any_other() {
    let mut small = [0; 32];
    small[31] = 3;
    let mut cube = [0; NUMBER];
    cube[NUMBER - 1] = 125;
    assert_eq!(Verifier::derive(&SrpExponent::from_bytes(&small)).as_bytes(), &cube);
    assert_eq!(&bytes(&power_of_generator(&SrpExponent::from_bytes(&[0; 32])))[NUMBER - 2..], [0, 1]);
}

#[test]
fn each_handshake_has_256_bits_of_its_own() {
    let mut rng = firstkey_testkit::chance::Seeded::new(5);
    let (first, second) = (Handshake::make(&mut rng), Handshake::make(&mut rng));
    assert!(!first.secret.matches(&second.secret) && first.public != second.public);
}
