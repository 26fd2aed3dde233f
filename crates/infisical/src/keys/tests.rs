use super::super::srp::{Handshake, ServerPublic};
use super::*;
use firstkey_testkit::chance::Seeded;
use serde_json::Value;

fn accounts() -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("../../tests/data/account-vectors.json")).expect("JSON");
    file["vectors"].as_array().expect("vectors").clone()
}

fn primitives() -> Value {
    serde_json::from_str(include_str!("../../tests/data/primitive-vectors.json")).expect("JSON")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name}"))
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    let mut out = [0; N];
    assert!(hexadecimal::read(text.as_bytes(), &mut out), "{text}");
    out
}

fn typed(text: &str) -> TypedPassword {
    TypedPassword::as_typed(Zeroizing::new(text.as_bytes().to_vec()))
}

/// Argon2id by the crate's own means, as the stretch port does it.
pub(crate) fn stretched(password: &str, salt: &Salt) -> MasterKey {
    let (m_kib, t, p) = ARGON2;
    let mut memory = vec![hazmat::Block::default(); m_kib as usize];
    let mut out = [0; 32];
    hazmat::argon2id(password.as_bytes(), salt.text().as_bytes(), (m_kib, t, p), &mut memory, &mut out)
        .expect("good parameters");
    MasterKey::from_bytes(&out)
}

fn sealed<P: Purpose>(value: &Value) -> Sealed<P> {
    Sealed::read(text(value, "ciphertext"), text(value, "iv"), text(value, "tag")).expect("as the clients write it")
}

#[test]
fn every_account_of_the_official_clients_opens_and_is_made_again_byte_for_byte() {
    let accounts = accounts();
    assert_eq!(accounts.len(), 8);
    for account in &accounts {
        let name = text(account, "name");
        let password = text(account, "password");
        assert_eq!(password.as_bytes(), unhex(text(account, "passwordUtf8Hex")), "{name}");
        let salt = Salt::read(text(account, "salt")).expect("a salt");
        let derived = stretched(password, &salt);
        assert_eq!(*derived.expose(), hex(text(&account["argon2"], "outputHex")), "{name}");

        let wire = &account["wire"];
        let vault = Vault {
            protected_key: Sealed::read(
                text(wire, "protectedKey"),
                text(wire, "protectedKeyIV"),
                text(wire, "protectedKeyTag"),
            )
            .expect("sealed"),
            private_key: Sealed::read(
                text(wire, "encryptedPrivateKey"),
                text(wire, "encryptedPrivateKeyIV"),
                text(wire, "encryptedPrivateKeyTag"),
            )
            .expect("sealed"),
            public_key: PublicKey::read(text(wire, "publicKey")).expect("a key"),
        };
        let secret = vault.open(&derived).unwrap_or_else(|_| panic!("{name} does not open"));
        assert_eq!(Base64::encode_string(secret.expose()), text(account, "privateKey"), "{name}");

        // The same again with the same random numbers.
        let iv = |value: &Value| {
            <[u8; 16]>::try_from(Base64::decode_vec(text(value, "iv")).expect("base64")).expect("16 bytes")
        };
        let key = hex::<32>(text(account, "symmetricKeyHex"));
        let protected = Sealed::<Protected>::seal_with(
            derived.expose(),
            hexadecimal::write(&key).as_bytes(),
            iv(&account["protectedKey"]),
        );
        assert_eq!(protected, vault.protected_key, "{name}");
        let private = Sealed::<Private>::seal_with(
            &key,
            text(account, "privateKey").as_bytes(),
            iv(&account["encryptedPrivateKey"]),
        );
        assert_eq!(private, vault.private_key, "{name}");
        assert_eq!(protected.texts().map(|text| text.len()), [88, 24, 24]);
        assert_eq!(private.texts().map(|text| text.len()), [60, 24, 24]);

        let srp = &account["srp"];
        let x = srp_exponent(text(srp, "identity"), &typed(password), &salt);
        assert_eq!(*x.expose(), hex(text(srp, "x")), "{name}");
        let verifier = Verifier::derive(&x);
        assert_eq!(*hexadecimal::write(verifier.as_bytes()), text(wire, "verifier"), "{name}");

        let login = &srp["login"];
        let handshake = Handshake::with_secret(&hex(text(login, "aHex")));
        assert_eq!(*hexadecimal::write(handshake.public().as_bytes()), text(login, "A"), "{name}");
        let server = ServerPublic::accept(hex(text(login, "B"))).expect("an ordinary B");
        let proof = handshake.prove(&x, &server).expect("u is not zero");
        assert_eq!(*hexadecimal::write(proof.as_bytes()), text(login, "M1"), "{name}");
    }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("hex")).collect()
}

#[test]
fn the_given_argon2_aead_and_key_pair_vectors_hold() {
    let vectors = primitives();
    for case in vectors["argon2id"].as_array().expect("cases") {
        let salt = Salt::read(text(case, "salt_text")).expect("a salt");
        assert_eq!(*stretched(text(case, "password_utf8"), &salt).expose(), hex(text(case, "out_hex")));
    }
    let secret = X25519Secret::from_bytes(&hex(text(&vectors["nacl"], "secret_hex")));
    assert_eq!(PublicKey::of(&secret).text(), text(&vectors["nacl"], "publicKey_text"));

    let aead = &vectors["aead"];
    let private: Sealed<Private> = sealed(&aead["encryptedPrivateKey"]);
    let key: [u8; 32] = hex(text(&aead["encryptedPrivateKey"], "key_hex"));
    assert!(read_private(&private.open(&key).expect("opens")).expect("a key").matches(&secret));
    let protected: Sealed<Protected> = sealed(&aead["protectedKey"]);
    assert_eq!(
        protected.open(&hex(text(&aead["protectedKey"], "key_hex"))).expect("opens").as_slice(),
        hexadecimal::write(&key).as_bytes()
    );
    let backup: Sealed<Backup> = sealed(&aead["backup"]);
    let kit: [u8; 32] = text(&aead["backup"], "backup_key_text").as_bytes().try_into().expect("32 characters");
    assert!(backup.private(&kit).expect("opens").matches(&secret));
}

fn made(seed: u64) -> (X25519Secret, Unlocked, Lock) {
    let mut rng = Seeded::new(seed);
    let secret = X25519Secret::make(&mut rng);
    let unlocked =
        Unlocked { x: SrpExponent::make(&mut rng), derived: MasterKey::make(&mut rng), salt: Salt::make(&mut rng) };
    let lock = Lock::make(&secret, &unlocked, &mut rng).expect("sound memory");
    (secret, unlocked, lock)
}

#[test]
fn what_was_made_opens_with_its_password_alone() {
    let (secret, unlocked, lock) = made(1);
    assert!(lock.vault.open(&unlocked.derived).expect("opens").matches(&secret));
    let (_, other, _) = made(2);
    assert!(lock.vault.open(&other.derived).is_err());
}

#[test]
fn w04_w26_every_byte_of_a_vault_counts() {
    let (_, unlocked, lock) = made(3);
    let vault = lock.vault;
    let flipped = |change: &dyn Fn(&mut Vault)| {
        let mut other = vault.clone();
        change(&mut other);
        assert!(other.open(&unlocked.derived).is_err() && other.digest() != vault.digest());
    };
    for at in 0..64 {
        flipped(&|vault| vault.protected_key.ciphertext[at] ^= 1);
    }
    for at in 0..44 {
        flipped(&|vault| vault.private_key.ciphertext[at] ^= 1);
    }
    for at in 0..16 {
        flipped(&|vault| vault.protected_key.iv[at] ^= 1);
        flipped(&|vault| vault.private_key.iv[at] ^= 1);
        flipped(&|vault| vault.protected_key.tag[at] ^= 1);
        flipped(&|vault| vault.private_key.tag[at] ^= 1);
    }
    for at in 0..32 {
        flipped(&|vault| vault.public_key.0[at] ^= 1);
    }
}

#[test]
fn w26_other_lengths_and_spellings_are_refused_before_anything_is_opened() {
    let (_, _, lock) = made(4);
    let [ciphertext, iv, tag] = lock.vault.protected_key.texts();
    let read = |ciphertext: &str, iv: &str, tag: &str| Sealed::<Protected>::read(ciphertext, iv, tag);
    assert!(read(&ciphertext, &iv, &tag).is_some());
    assert!(read(&ciphertext, &Base64::encode_string(&[0; 12]), &tag).is_some());
    for length in [0, 8, 11, 13, 15, 17, 32] {
        assert!(read(&ciphertext, &Base64::encode_string(&vec![0; length]), &tag).is_none(), "IV of {length}");
    }
    for length in [0, 12, 15, 17] {
        assert!(read(&ciphertext, &iv, &Base64::encode_string(&vec![0; length])).is_none(), "tag of {length}");
    }
    for length in [0, 32, 44, 63, 65, 96] {
        assert!(read(&Base64::encode_string(&vec![0; length]), &iv, &tag).is_none(), "ciphertext of {length}");
    }
    for bad in [format!("{ciphertext}\n"), ciphertext.trim_end_matches('=').to_owned(), format!(" {ciphertext}")] {
        assert!(read(&bad, &iv, &tag).is_none(), "{bad:?}");
    }
    // One ciphertext is not taken for the other.
    let [ciphertext, iv, tag] = lock.vault.private_key.texts();
    assert!(read(&ciphertext, &iv, &tag).is_none());
    assert!(Sealed::<Private>::read(&ciphertext, &iv, &tag).is_some());
    for bad in ["", "AAAA", &"A".repeat(44), &format!("{}=", "A".repeat(44))] {
        assert!(PublicKey::read(bad).is_none(), "{bad:?}");
    }
    for bad in ["", &"A".repeat(64), &"0".repeat(63), &"0".repeat(65), &format!("{} ", "0".repeat(63))] {
        assert!(Salt::read(bad).is_none(), "{bad:?}");
    }
}

#[test]
fn w26_a_key_in_capitals_or_of_another_length_is_refused_after_opening() {
    let (secret, unlocked, lock) = made(5);
    let mut rng = Seeded::new(6);
    let key = [0xab; 32];
    let private: Sealed<Private> = seal_private(&key, &secret, &mut rng);
    let with = |text: &[u8]| {
        let protected_key = Sealed::<Protected>::seal_with(unlocked.derived.expose(), text, [1; 16]);
        Vault { protected_key, private_key: private.clone(), public_key: lock.vault.public_key }
    };
    assert!(with(hexadecimal::write(&key).as_bytes()).open(&unlocked.derived).is_ok());
    assert!(with(hexadecimal::write(&key).to_uppercase().as_bytes()).open(&unlocked.derived).is_err());
}

#[test]
fn ivs_keys_and_salts_are_new_each_time() {
    let mut rng = Seeded::new(9);
    let (secret, unlocked, _) = made(7);
    let first = Lock::make(&secret, &unlocked, &mut rng).expect("sound");
    let second = Lock::make(&secret, &unlocked, &mut rng).expect("sound");
    assert_ne!(first.vault.protected_key.iv, second.vault.protected_key.iv);
    assert_ne!(first.vault.private_key.iv, second.vault.private_key.iv);
    assert_ne!(first.vault.private_key.iv, first.vault.protected_key.iv);
    assert_ne!(first.vault.private_key.ciphertext, second.vault.private_key.ciphertext);
    assert_ne!(Salt::make(&mut rng), Salt::make(&mut rng));
}
