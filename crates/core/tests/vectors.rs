//! Known answers: the three vectors of protocol version 1 from an independent implementation, and
//! published ones of the primitives.

use firstkey_core::crypto::context::{AccountContext, AccountId, InviteId, KeyGen, RealmId};
use firstkey_core::crypto::encoding::pae;
use firstkey_core::crypto::envelope::{
    AccountKeyByPassword, AccountKeyByRecovery, Ed25519ByAccountKey, Envelope, EnvelopeRejected, X25519ByAccountKey,
};
use firstkey_core::crypto::hazmat::{self, Block};
use firstkey_core::crypto::identity::{IdentitySignature, KeyPairs, PublicIdentity, PublicKeys};
use firstkey_core::crypto::kdf::{KdfBlock, Profile, Salt};
use firstkey_core::crypto::kek::{self, Kek};
use firstkey_core::crypto::realm_key::{AnswerSignature, AnswerTo, RealmKey};
use firstkey_core::crypto::statement::{Counted, Digests, Statement};
use firstkey_core::secret::{AccountKey, Ed25519Seed, ExportKey, MasterKey, RecoveryCode, SecretKey, X25519Secret};
use firstkey_core::wire::link::InviteLink;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::outbound::RequestSignature;
use rand_core::{CryptoRng, RngCore};
use serde_json::Value;

/// Gives out the given bytes, in order, as if they were random.
struct Fixed(Vec<u8>);

impl RngCore for Fixed {
    fn next_u32(&mut self) -> u32 {
        unimplemented_draw()
    }
    fn next_u64(&mut self) -> u64 {
        unimplemented_draw()
    }
    fn fill_bytes(&mut self, dest: &mut [u8]) {
        let rest = self.0.split_off(dest.len());
        dest.copy_from_slice(&self.0);
        self.0 = rest;
    }
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}
impl CryptoRng for Fixed {}

fn unimplemented_draw<T>() -> T {
    panic!("sealing draws bytes only")
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex")).collect()
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("the vector has the right length")
}

struct Case(Value);

impl Case {
    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().expect("the vector has this member")
    }
    fn bytes<const N: usize>(&self, name: &str) -> [u8; N] {
        array(&unhex(self.text(name)))
    }
    fn envelope(&self, number: &str) -> Vec<u8> {
        unhex(self.0["envelopes"][number].as_str().expect("the vector has four envelopes"))
    }
    fn context(&self) -> AccountContext {
        AccountContext {
            realm: RealmId::heard(self.bytes("realm_id")),
            account: AccountId::heard(self.bytes("account_id")),
        }
    }
    fn key_gen(&self) -> KeyGen {
        KeyGen(u32::try_from(self.0["key_gen"].as_u64().expect("a number")).expect("small"))
    }
    fn block(&self) -> KdfBlock {
        let profile = Profile::from_id(self.0["profile"].as_u64().expect("a number")).expect("a profile");
        KdfBlock { profile, salt: Salt::heard(self.bytes("salt")), two_secret: false }
    }
    fn rng(&self) -> Fixed {
        Fixed([unhex(self.text("env_salt")), unhex(self.text("nonce"))].concat())
    }
}

fn cases() -> Vec<Case> {
    let file: Value =
        serde_json::from_str(include_str!("data/protocol-v1-vectors.json")).expect("the vectors are JSON");
    let cases: Vec<_> = file["cases"].as_array().expect("cases").iter().cloned().map(Case).collect();
    assert_eq!(cases.len(), 3);
    cases
}

fn stretch(password: &[u8], block: &KdfBlock) -> [u8; 32] {
    let p = block.profile.params();
    let mut memory = vec![Block::new(); p.m_kib as usize];
    let mut out = [0; 32];
    hazmat::argon2id(password, &block.salt.0, (p.m_kib, p.t, p.p), &mut memory, &mut out).expect("a profile");
    out
}

#[test]
fn the_whole_key_schedule_matches_the_vectors() {
    for case in cases() {
        let (context, block) = (case.context(), case.block());
        assert_eq!(block.encode().as_slice(), unhex(case.text("kdf_block")));
        let master = MasterKey::from_bytes(&stretch(&unhex(case.text("prepared_hex")), &block));
        assert_eq!(master.expose(), &case.bytes("mk"));
        let keys = kek::derive_password_keys(&master, &context, &block, None).expect("no second secret");
        assert_eq!(keys.auth.expose(), &case.bytes("auth"));
        assert_eq!(keys.pre.expose(), &case.bytes("pre"));
        let code = RecoveryCode::from_bytes(&case.bytes("recovery_code"));
        let seed = kek::derive_recovery_seed(&code, &context);
        assert_eq!(seed.expose(), &case.bytes("recovery_sign_seed"));
        assert_eq!(hazmat::ed25519_public(seed.expose()), case.bytes("recovery_public"));
    }
}

/// The first case with `two_secret = 1` and the secret key 00 01 02 ... 1f; computed from PROTOCOL
/// section 5 with Python's `hmac` and `hashlib`.
#[test]
fn with_a_secret_key_the_key_schedule_matches_an_independent_computation() {
    let case = cases().swap_remove(0);
    let (context, block) = (case.context(), KdfBlock { two_secret: true, ..case.block() });
    let master = MasterKey::from_bytes(&case.bytes("mk"));
    let second = SecretKey::from_bytes(&std::array::from_fn(|at| u8::try_from(at).expect("below 32")));
    let keys =
        kek::derive_password_keys(&master, &context, &block, Some(&second)).expect("the block says that there is one");
    for (derived, expected) in [
        (
            keys.auth.expose(),
            "fa4ad1131461de59115b1230e3556471bfd2cc63737339f473ac3b8dac7f853eb953467a7b5ac456c69e65c7cc876c2cc07ce73888699a041971e7543ae0ebb3",
        ),
        (
            keys.pre.expose(),
            "f564f9d568a06adf08af2f83cc45fdf425d2cfd5f886861b291b455c45fb29d4539fa105a529bf26a1344cb37c3c66c30d246f7b1cbad9f150d6537d7ff7d825",
        ),
    ] {
        assert_eq!(derived.as_slice(), unhex(expected));
    }
    assert!(kek::derive_password_keys(&master, &context, &block, None).is_err());
    assert!(kek::derive_password_keys(&master, &context, &case.block(), Some(&second)).is_err());
}

#[test]
fn every_envelope_matches_the_vectors_and_opens() {
    for case in cases() {
        let (context, block, generation) = (case.context(), case.block(), case.key_gen());
        let account_key = AccountKey::from_bytes(&case.bytes("account_key"));
        let pre = firstkey_core::secret::PreKey::from_bytes(&case.bytes("pre"));
        let export = ExportKey::from_bytes(&case.bytes("export_key"));
        let by_password = Kek::derive_from_password(&pre, &export, &context);
        let code = RecoveryCode::from_bytes(&case.bytes("recovery_code"));
        let by_recovery = Kek::derive_from_recovery_code(&code, &context);
        let by_account = Kek::derive_from_account_key(&account_key, &context);
        let x25519 = X25519Secret::from_bytes(&case.bytes("x25519_private"));
        let ed25519 = Ed25519Seed::from_bytes(&case.bytes("ed25519_seed"));

        let one = Envelope::<AccountKeyByPassword>::seal(
            &by_password,
            &account_key,
            &context,
            generation,
            &block,
            &mut case.rng(),
        );
        let two =
            Envelope::<AccountKeyByRecovery>::seal(&by_recovery, &account_key, &context, generation, &mut case.rng());
        let three = Envelope::<X25519ByAccountKey>::seal(&by_account, &x25519, &context, generation, &mut case.rng());
        let four = Envelope::<Ed25519ByAccountKey>::seal(&by_account, &ed25519, &context, generation, &mut case.rng());
        let sealed = [
            one.expect("sealed").as_bytes().to_vec(),
            two.expect("sealed").as_bytes().to_vec(),
            three.expect("sealed").as_bytes().to_vec(),
            four.expect("sealed").as_bytes().to_vec(),
        ];
        for (number, bytes) in ["1", "2", "3", "4"].into_iter().zip(sealed) {
            assert_eq!(bytes, case.envelope(number), "envelope {number} of {}", case.text("name"));
        }
        let opened = Envelope::<AccountKeyByPassword>::read(&case.envelope("1")).expect("well formed");
        assert_eq!(opened.kdf_block(), block);
        assert!(opened.open(&by_password, &context, generation).expect("opens").matches(&account_key));
    }
}

#[test]
fn identity_signature_and_fingerprint_match_the_vectors() {
    for case in cases() {
        let (context, generation) = (case.context(), case.key_gen());
        let pairs = KeyPairs {
            x25519: X25519Secret::from_bytes(&case.bytes("x25519_private")),
            ed25519: Ed25519Seed::from_bytes(&case.bytes("ed25519_seed")),
        };
        let public = pairs.public(generation);
        assert_eq!(public.x25519, case.bytes("x25519_public"));
        assert_eq!(public.ed25519, case.bytes("ed25519_public"));
        assert_eq!(public.statement(&context), unhex(case.text("identity")));
        assert_eq!(pairs.sign(generation, &context), IdentitySignature::heard(case.bytes("signature")));
        assert_eq!(public.verify(&IdentitySignature::heard(case.bytes("signature")), &context), Ok(()));
        assert_eq!(public.fingerprint(&context).0, case.bytes("fingerprint_sha512"));
        assert_eq!(public.fingerprint(&context).to_string(), case.text("fingerprint_phrase"));
    }
}

#[test]
fn every_flipped_byte_of_every_envelope_is_rejected_with_the_one_error() {
    let case = &cases()[0];
    let (context, generation) = (case.context(), case.key_gen());
    let account_key = AccountKey::from_bytes(&case.bytes("account_key"));
    let by_password = Kek::derive_from_password(
        &firstkey_core::secret::PreKey::from_bytes(&case.bytes("pre")),
        &ExportKey::from_bytes(&case.bytes("export_key")),
        &context,
    );
    let by_recovery = Kek::derive_from_recovery_code(&RecoveryCode::from_bytes(&case.bytes("recovery_code")), &context);
    let by_account = Kek::derive_from_account_key(&account_key, &context);
    let open = |number: &str, bytes: &[u8]| -> Result<(), EnvelopeRejected> {
        match number {
            "1" => Envelope::<AccountKeyByPassword>::read(bytes)?.open(&by_password, &context, generation).map(drop),
            "2" => Envelope::<AccountKeyByRecovery>::read(bytes)?.open(&by_recovery, &context, generation).map(drop),
            "3" => Envelope::<X25519ByAccountKey>::read(bytes)?.open(&by_account, &context, generation).map(drop),
            _ => Envelope::<Ed25519ByAccountKey>::read(bytes)?.open(&by_account, &context, generation).map(drop),
        }
    };
    for number in ["1", "2", "3", "4"] {
        let good = case.envelope(number);
        assert_eq!(open(number, &good), Ok(()));
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                assert_eq!(open(number, &bad), Err(EnvelopeRejected), "envelope {number}, byte {at}, bit {bit}");
            }
        }
        for cut in 0..good.len() {
            assert_eq!(open(number, &good[..cut]), Err(EnvelopeRejected));
            assert_eq!(open(number, &good[cut..][1..]), Err(EnvelopeRejected));
        }
        assert_eq!(open(number, &[good.as_slice(), &[0]].concat()), Err(EnvelopeRejected));
    }
    // Every ordered pair of kinds: one envelope never passes for another (C03).
    for sealed in ["1", "2", "3", "4"] {
        for asked in ["1", "2", "3", "4"] {
            assert_eq!(open(asked, &case.envelope(sealed)).is_ok(), sealed == asked);
        }
    }
}

#[test]
fn an_envelope_of_another_account_realm_or_generation_is_rejected() {
    let case = &cases()[0];
    let (context, generation) = (case.context(), case.key_gen());
    let code = RecoveryCode::from_bytes(&case.bytes("recovery_code"));
    let envelope = Envelope::<AccountKeyByRecovery>::read(&case.envelope("2")).expect("well formed");
    // The same KEK everywhere: only the binding inside the envelope can tell the difference.
    let kek = Kek::derive_from_recovery_code(&code, &context);
    let other_account = AccountContext { account: AccountId::heard([7; 16]), ..context };
    let other_realm = AccountContext { realm: RealmId::heard([7; 16]), ..context };
    assert!(envelope.open(&kek, &other_account, generation).is_err());
    assert!(envelope.open(&kek, &other_realm, generation).is_err());
    assert!(envelope.open(&kek, &context, KeyGen(generation.0 + 1)).is_err());
    assert!(envelope.open(&kek, &context, generation).is_ok());
}

#[test]
fn the_plain_cipher_accepts_one_ciphertext_under_two_keys_and_the_envelope_never_does() {
    let text = unhex(
        "38b4e652e44da7f2370d9e260e271365217d2ad06b6d7c3d04bbaa34251971be30cb59ad50b69ea718646b35d1d1cccf50a4a3a6d07f5c0c332f8b1224083fd2",
    );
    let nonce: [u8; 24] = std::array::from_fn(|i| u8::try_from(i).expect("small"));
    assert!(hazmat::aead_open(&[0x11; 32], &nonce, b"", &text).is_some());
    assert!(hazmat::aead_open(&[0x22; 32], &nonce, b"", &text).is_some());

    // The envelope commits to its key: whatever was sealed for one never opens for the other,
    // because the commitment comes first.
    let context = AccountContext { realm: RealmId::heard([1; 16]), account: AccountId::heard([2; 16]) };
    let first = Kek::derive_from_account_key(&AccountKey::from_bytes(&[0x11; 32]), &context);
    let second = Kek::derive_from_account_key(&AccountKey::from_bytes(&[0x22; 32]), &context);
    let secret = X25519Secret::from_bytes(&[3; 32]);
    let sealed =
        Envelope::<X25519ByAccountKey>::seal(&first, &secret, &context, KeyGen::FIRST, &mut Fixed(vec![9; 56]))
            .expect("sealed");
    assert!(sealed.open(&first, &context, KeyGen::FIRST).is_ok());
    assert!(sealed.open(&second, &context, KeyGen::FIRST).is_err());
}

#[test]
fn an_envelope_is_rejected_by_its_commitment_even_where_the_cipher_would_accept() {
    // Rebuild an envelope whose ciphertext is right and whose commitment is not: only the
    // commitment check can refuse it.
    let case = &cases()[0];
    let (context, generation) = (case.context(), case.key_gen());
    let kek = Kek::derive_from_account_key(&AccountKey::from_bytes(&case.bytes("account_key")), &context);
    let mut bytes = case.envelope("3");
    let commit_at = 12 + 32 + 24;
    bytes[commit_at] ^= 1;
    assert!(
        Envelope::<X25519ByAccountKey>::read(&bytes).expect("well formed").open(&kek, &context, generation).is_err()
    );
}

#[test]
fn argon2id_matches_rfc_9106() {
    // RFC 9106 section 5.3 uses a secret and associated data, which our use never has; the crate
    // takes them here.
    use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};
    let mut params = ParamsBuilder::new();
    params.m_cost(32).t_cost(3).p_cost(4).output_len(32).data(AssociatedData::new(&[4; 12]).expect("short"));
    let params = params.build();
    let mut out = [0; 32];
    Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params.expect("valid"))
        .expect("valid")
        .hash_password_into(&[1; 32], &[2; 16], &mut out)
        .expect("hashes");
    assert_eq!(out.as_slice(), unhex("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"));
}

#[test]
fn hkdf_matches_rfc_5869() {
    // Appendix A.1 to A.3 are for SHA-256; the same generic code runs ours over SHA-512.
    let expand = |salt: &[u8], ikm: &[u8], info: &[u8], length: usize| {
        let mut out = vec![0; length];
        hkdf::Hkdf::<sha2::Sha256>::new(Some(salt), ikm).expand(info, &mut out).expect("short");
        out
    };
    let count = |from: u8, to: u8| (from..=to).collect::<Vec<u8>>();
    assert_eq!(
        expand(&count(0x00, 0x0c), &[0x0b; 22], &count(0xf0, 0xf9), 42),
        unhex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
    );
    assert_eq!(
        expand(&count(0x60, 0xaf), &count(0x00, 0x4f), &count(0xb0, 0xff), 82),
        unhex(concat!(
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09",
            "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ))
    );
    assert_eq!(
        expand(&[], &[0x0b; 22], &[], 42),
        unhex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")
    );
}

#[test]
fn hkdf_sha_512_agrees_with_its_definition() {
    // RFC 5869 has no SHA-512 case, so HKDF is rebuilt from HMAC as its sections 2.2 and 2.3 define
    // it.
    fn hmac(key: &[u8], data: &[u8]) -> [u8; 64] {
        let mut block = [0u8; 128];
        if key.len() > 128 {
            block[..64].copy_from_slice(&hazmat::sha512(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let pad = |byte: u8| block.map(|b| b ^ byte).to_vec();
        hazmat::sha512(&[pad(0x5c), hazmat::sha512(&[pad(0x36), data.to_vec()].concat()).to_vec()].concat())
    }
    let (salt, ikm, info) = (unhex("000102030405060708090a0b0c"), vec![0x0b; 22], unhex("f0f1f2f3f4f5f6f7f8f9"));
    let mut out = [0; 64];
    hazmat::hkdf(&salt, &ikm, &info, &mut out);
    assert_eq!(out, hmac(&hmac(&salt, &ikm), &[info, vec![1]].concat()));
    // and HMAC itself is RFC 4231's, case 1.
    assert_eq!(
        hmac(&[0x0b; 20], b"Hi There").as_slice(),
        unhex(
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"
        )
    );
}

#[test]
fn x25519_matches_rfc_7748() {
    // Section 5.2: one iteration, then a thousand.
    let start = array(&[&[9u8][..], &[0; 31]].concat());
    assert_eq!(
        hazmat::x25519_public(&start).as_slice(),
        unhex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")
    );
    let (mut k, mut u) = (start, start);
    for _ in 0..1000 {
        (k, u) = (x25519_dalek::x25519(k, u), k);
    }
    assert_eq!(k.as_slice(), unhex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
}

#[test]
fn xchacha20_poly1305_matches_its_draft() {
    // draft-irtf-cfrg-xchacha-03, A.3.1.
    let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    let key: [u8; 32] = std::array::from_fn(|i| 0x80 + u8::try_from(i).expect("small"));
    let nonce: [u8; 24] = std::array::from_fn(|i| 0x40 + u8::try_from(i).expect("small"));
    let aad = unhex("50515253c0c1c2c3c4c5c6c7");
    let sealed = hazmat::aead_seal(&key, &nonce, &aad, text);
    let expected = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e";
    assert_eq!(sealed[..text.len()], unhex(expected));
    assert_eq!(sealed[text.len()..], unhex("c0875924c1c7987947deafd8780acf49"));
    assert_eq!(hazmat::aead_open(&key, &nonce, &aad, &sealed).expect("opens").as_slice(), text);
}

#[test]
fn low_order_x25519_keys_are_not_contributory() {
    // The points of small order and their variants with bit 255 set (RFC 7748 ignores that bit).
    let points = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    for point in points {
        let mut bytes: [u8; 32] = array(&unhex(point));
        assert!(!hazmat::x25519_is_contributory(&bytes), "{point}");
        bytes[31] |= 0x80;
        assert!(!hazmat::x25519_is_contributory(&bytes), "{point} with bit 255");
    }
    assert!(hazmat::x25519_is_contributory(&hazmat::x25519_public(&[9; 32])));
}

#[test]
fn ed25519_matches_rfc_8032() {
    // Section 7.1, tests 1 and 2.
    let seed = array(&unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    let public = hazmat::ed25519_public(&seed);
    assert_eq!(public.as_slice(), unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));
    let signature = hazmat::ed25519_sign(&seed, b"");
    assert_eq!(
        signature.as_slice(),
        unhex(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        )
    );
    assert!(hazmat::ed25519_verify(&public, b"", &signature));
    assert!(!hazmat::ed25519_verify(&public, b"x", &signature));
}

#[test]
fn pae_matches_its_published_example() {
    assert_eq!(pae(&[b"test"]), unhex("0100000000000000040000000000000074657374"));
}

/// Made by `data/request_vectors.py`, which shares no code with this crate.
#[test]
fn a_signed_request_covers_realm_origin_path_body_and_invite_as_the_vectors_do() {
    let file: Value = serde_json::from_str(include_str!("data/request-v1-vectors.json")).expect("JSON");
    let cases: Vec<_> = file["cases"].as_array().expect("cases").iter().cloned().map(Case).collect();
    assert_eq!(cases.len(), 6);
    let signatures: std::collections::BTreeSet<_> = cases.iter().map(|case| case.text("signature")).collect();
    assert_eq!(signatures.len(), cases.len(), "what differs in one part only has another signature");
    for case in &cases {
        let (realm, invite) = (RealmId::heard(case.bytes("realm_id")), InviteId::heard(case.bytes("invite_id")));
        let body = case.text("body").as_bytes();
        let message = RequestSignature::message(&realm, case.text("origin"), case.text("path"), body, &invite);
        assert_eq!(message, unhex(case.text("message")), "{}", case.text("name"));
        let seed: [u8; 32] = case.bytes("claim_seed");
        assert_eq!(hazmat::ed25519_public(&seed), case.bytes("claim_key"));
        assert_eq!(hazmat::ed25519_sign(&seed, &message), case.bytes("signature"));
        assert_eq!(Origin::read(case.text("origin")).expect("an origin").as_str(), case.text("origin"), "canonical");
    }
}

/// Made by `data/statement_vectors.py`, which shares no code with this crate.
#[test]
fn a_bundle_statement_covers_account_count_and_every_part_as_the_vectors_do() {
    let file: Value = serde_json::from_str(include_str!("data/statement-v1-vectors.json")).expect("JSON");
    let cases: Vec<_> = file["cases"].as_array().expect("cases").iter().cloned().map(Case).collect();
    assert_eq!(cases.len(), 9);
    let signatures: std::collections::BTreeSet<_> = cases.iter().map(|case| case.text("signature")).collect();
    assert_eq!(signatures.len(), cases.len(), "what differs in one part only has another signature");
    for case in &cases {
        let name = case.text("name");
        let context = AccountContext {
            realm: RealmId::heard(case.bytes("realm_id")),
            account: AccountId::heard(case.bytes("account_id")),
        };
        let number = |name: &str| case.0[name].as_u64().expect("a number");
        let key_gen = KeyGen(u32::try_from(number("key_gen")).expect("small"));
        let identity =
            PublicIdentity::heard(PublicKeys { key_gen, ed25519: case.bytes("ed25519"), x25519: case.bytes("x25519") });
        let signature = IdentitySignature::heard(case.bytes("identity_signature"));
        identity.verify(&signature, &context).expect("a sound identity");
        let envelopes = ["1", "2", "3", "4"].map(|kind| unhex(case.0["envelopes"][kind].as_str().expect("hex")));
        let parts = envelopes.each_ref().map(Vec::as_slice);
        let known = Digests::of(&context, &identity, &signature, parts, &case.bytes("recovery_public"));
        let listed = Digests::read(&unhex(case.text("digests"))).expect("a list");
        assert_eq!(listed.missing(&known), None, "{name}");
        assert_eq!(listed == known, case.0["further"] == serde_json::json!({}), "{name}");
        assert_eq!(listed.with(&known), listed, "{name}");
        let message = Statement::message(&context, key_gen, number("counter"), &listed);
        assert_eq!(message, unhex(case.text("message")), "{name}");
        let seed = Ed25519Seed::from_bytes(&case.bytes("s_seed"));
        let statement = Statement::sign(&seed, &context, key_gen, number("counter"), listed);
        assert_eq!(statement.signature, case.bytes("signature"), "{name}");
        assert!(statement.is_signed_by(&identity, &context), "{name}");
        let later = PublicIdentity::heard(PublicKeys { key_gen: KeyGen(key_gen.0 + 1), ..*identity });
        assert!(!statement.is_signed_by(&later, &context), "{name}: another generation");
        let elsewhere = AccountContext { realm: RealmId::heard([9; 16]), ..context };
        assert!(!statement.is_signed_by(&identity, &elsewhere), "{name}: another realm");
        let counted = Statement::heard(Counted { counter: statement.counter + 1, ..(*statement).clone() });
        assert!(!counted.is_signed_by(&identity, &context), "{name}: another count");
    }
}

/// Made by `data/answer_vectors.py`, which shares no code with this crate.
#[test]
fn a_link_names_the_realms_key_and_its_signature_covers_question_and_answer_as_the_vectors_do() {
    let file: Value = serde_json::from_str(include_str!("data/answer-v1-vectors.json")).expect("JSON");
    let cases: Vec<_> = file["cases"].as_array().expect("cases").iter().cloned().map(Case).collect();
    assert_eq!(cases.len(), 9);
    let signatures: std::collections::BTreeSet<_> = cases.iter().map(|case| case.text("signature")).collect();
    assert_eq!(signatures.len(), cases.len(), "what differs in one part only has another signature");
    for case in &cases {
        let name = case.text("name");
        let seed = Ed25519Seed::from_bytes(&case.bytes("realm_seed"));
        let key = RealmKey::of_seed(&seed);
        assert_eq!(*key.as_bytes(), case.bytes::<32>("realm_key"), "{name}");
        assert_eq!(*key.binding().as_bytes(), case.bytes::<16>("binding"), "{name}");
        let link = InviteLink::read(case.text("link").as_bytes()).expect("a link");
        assert_eq!(link.binding(), Some(key.binding()), "{name}");
        let subject = case.bytes("subject");
        let (request, answer) = (case.text("request").as_bytes(), case.text("answer").as_bytes());
        let (origin, path) = (case.text("origin"), case.text("path"));
        let answer_to = AnswerTo { origin, path, subject: &subject, request: hazmat::sha256(request) };
        assert_eq!(AnswerSignature::sign(&seed, &answer_to, answer).text(), case.text("header"), "{name}");
        let read = AnswerSignature::read(case.text("header")).expect("a signature");
        assert_eq!(read.signer(&answer_to, answer), Some(key), "{name}");
        assert_eq!(read.signer(&answer_to, b"another answer"), None, "{name}");
    }
}
