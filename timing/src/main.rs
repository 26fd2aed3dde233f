//! Works with secrets that valgrind takes for undefined, and says for each piece of work whether
//! anything branched on one or looked something up by one.
//!
//! Promise: a piece of work that is expected to be silent and was not, one that is expected to be
//! heard and was silent, and a run that nobody watches, all end with 1. What it does not show:
//! instructions whose own time depends on their operands, caches shared with others, power. Run it
//! by `timing/check`.

mod opaque;
mod rng;
mod secret;

use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey_core::crypto::envelope::{Envelope, Kind, X25519ByAccountKey};
use firstkey_core::crypto::kdf::{KdfBlock, Profile, Salt};
use firstkey_core::crypto::kek::{Kek, derive_password_keys, derive_recovery_seed};
use firstkey_core::crypto::opaque::Registration;
use firstkey_core::crypto::{hazmat, recovery};
use firstkey_infisical::srp::{self, Handshake, ServerPublic, Verifier};
use firstkey_core::secret::{AccountKey, MasterKey, OpaquePassword, TypedPassword, RecoveryCode, SecretKey, X25519Secret};
use rng::Counting;
use secret::{hide, publish};
use std::hint::black_box;
use std::process::ExitCode;

/// What is expected of a piece of work.
enum Expected {
    /// No branch and no address depends on a secret.
    Silent,
    /// Something does, and this is why it may; at so many places at most, so that a loop over a
    /// secret is not hidden behind it.
    Heard(u32, &'static str),
}

struct Work {
    name: &'static str,
    expected: Expected,
    run: fn(),
}

pub(crate) const CONTEXT: AccountContext = AccountContext { realm: RealmId::heard([1; 16]), account: AccountId::heard([2; 16]) };
const BLOCK: KdfBlock = KdfBlock { profile: Profile::Two, salt: Salt::heard([3; 32]), two_secret: true };

/// A secret of a crate's own kind, hidden from here on.
macro_rules! hidden {
    ($kind:ident) => {{
        let made = $kind::make(&mut Counting::default());
        hide(made.expose().as_slice());
        made
    }};
}

fn hidden_bytes<const N: usize>() -> [u8; N] {
    // Through a black box both ways: what the compiler knows of it would never be read again from
    // the memory that is marked.
    let bytes = black_box(std::array::from_fn(|at| u8::try_from(at % 251).unwrap_or_default()));
    hide(&bytes);
    black_box(bytes)
}

/// Public by what it is for; whatever is done with it afterwards is nobody's secret.
fn out<T>(value: T) {
    let value = black_box(value);
    publish(&value);
}

const WORK: &[Work] = &[
    Work { name: "control: two secrets compared with ==", expected: Expected::Heard(8, "that it is heard shows that the others could be"), run: || {
        let (one, other) = (hidden_bytes::<32>(), hidden_bytes::<32>());
        if black_box(one) == black_box(other) {
            out(1_u8);
        }
    } },
    Work { name: "control: a table read at a secret place", expected: Expected::Heard(8, "the same for addresses"), run: || {
        let table: [u8; 256] = std::array::from_fn(|at| u8::try_from(at).unwrap_or_default() ^ 0x5a);
        out(black_box(&table)[usize::from(black_box(hidden_bytes::<1>())[0])]);
    } },
    Work { name: "two keys compared (subtle)", expected: Expected::Silent, run: || {
        let (one, other) = (hidden!(AccountKey), hidden!(AccountKey));
        out(one.matches(&other));
    } },
    Work { name: "two typed passwords of one length compared", expected: Expected::Silent, run: || {
        let typed = || TypedPassword::as_typed(b"velvet tundra misprint".to_vec().into());
        let (one, other) = (typed(), typed());
        hide(one.expose());
        hide(other.expose());
        out(one.matches(&other));
    } },
    Work { name: "HKDF-SHA-512 of MK with the second secret", expected: Expected::Silent, run: || {
        let keys = derive_password_keys(&hidden!(MasterKey), &CONTEXT, &BLOCK, Some(&hidden!(SecretKey)));
        let Ok(keys) = keys else { return };
        out(*keys.auth.expose());
        out(*keys.pre.expose());
    } },
    Work { name: "X25519: the public key", expected: Expected::Silent, run: || out(hazmat::x25519_public(&hidden_bytes())) },
    Work { name: "X25519: agreement with a public key", expected: Expected::Heard(8, "whether the result is zero is decided upon: it tells only of a public key of low order"), run: || {
        let theirs = hazmat::x25519_public(&[9; 32]);
        out(hazmat::x25519_agree(&hidden_bytes(), &theirs).is_some());
    } },
    Work { name: "Ed25519: the public key", expected: Expected::Silent, run: || out(hazmat::ed25519_public(&hidden_bytes())) },
    Work { name: "Ed25519: a signature", expected: Expected::Silent, run: || out(hazmat::ed25519_sign(&hidden_bytes(), b"a message")) },
    Work { name: "XChaCha20-Poly1305: sealing", expected: Expected::Silent, run: || {
        let sealed = hazmat::aead_seal(&hidden_bytes(), &[4; 24], b"header", &hidden_bytes::<32>());
        publish(sealed.as_slice());
    } },
    Work { name: "XChaCha20-Poly1305: opening", expected: Expected::Heard(8, "whether the tag fits is the answer"), run: || {
        let sealed = hazmat::aead_seal(&hidden_bytes(), &[4; 24], b"header", &[5; 32]);
        publish(sealed.as_slice());
        out(hazmat::aead_open(&hidden_bytes(), &[4; 24], b"header", &sealed).is_some());
    } },
    Work { name: "an envelope: sealed, with the check that it opens", expected: Expected::Heard(8, "whether the commitment and the tag fit are the answers"), run: || {
        let kek = Kek::derive_from_account_key(&hidden!(AccountKey), &CONTEXT);
        seal::<X25519ByAccountKey>(|| Envelope::<X25519ByAccountKey>::seal(&kek, &hidden!(X25519Secret), &CONTEXT, KeyGen::FIRST, &mut Counting::default()).ok());
    } },
    Work { name: "the recovery code: key and signing seed", expected: Expected::Silent, run: || {
        let code = hidden!(RecoveryCode);
        let seed = derive_recovery_seed(&code, &CONTEXT);
        out(hazmat::ed25519_public(seed.expose()));
        black_box(Kek::derive_from_recovery_code(&code, &CONTEXT));
    } },
    Work { name: "the recovery code: written for its owner", expected: Expected::Silent, run: || {
        let text = recovery::write_code(hidden!(RecoveryCode).expose());
        publish(text.as_bytes());
    } },
    Work { name: "the recovery code: read as it was typed", expected: Expected::Heard(400, "slips are named at their place; what is typed is seen by nobody but this computer"), run: || {
        let text = recovery::write_code(&[6; 16]);
        hide(text.as_bytes());
        out(recovery::read_code(&text).is_ok());
    } },
    Work { name: "OPAQUE: a password blinded", expected: Expected::Silent, run: || {
        if let Ok((_, request)) = Registration::start(hidden!(OpaquePassword), &mut Counting::default()) {
            out(request);
        }
    } },
    Work { name: "OPAQUE: the end of a registration", expected: Expected::Heard(8, "whether the server sent back what it was sent, which is public, and whether a derived scalar is zero, which none is"), run: opaque::register },
    Work { name: "OPAQUE: the end of a login", expected: Expected::Heard(12, "whether the record, the server's key in it and the server's proof are right are the answers"), run: opaque::log_in },
    Work { name: "the server: a blinded password, by its key", expected: Expected::Heard(12, "whether its key is one, when it is read, and whether a derived scalar is zero, which none is"), run: opaque::evaluate },
    Work { name: "the server: a proof compared", expected: Expected::Heard(8, "whether it is right is the answer"), run: opaque::compare_proof },
    Work { name: "SRP: exponent and verifier", expected: Expected::Silent, run: || {
        let password = TypedPassword::as_typed(b"velvet tundra misprint".to_vec().into());
        hide(password.expose());
        out(*Verifier::derive(&srp::exponent("ada@example.org", &password, &[7; 32])).as_bytes());
    } },
    Work { name: "SRP: the proof", expected: Expected::Silent, run: || {
        let password = TypedPassword::as_typed(b"velvet tundra misprint".to_vec().into());
        hide(password.expose());
        let x = srp::exponent("ada@example.org", &password, &[7; 32]);
        let mut theirs = [8_u8; 512];
        theirs[0] = 1;
        let Some(server) = ServerPublic::accept(theirs) else { return };
        let handshake = Handshake::make(&mut Counting::default());
        if let Some(proof) = handshake.prove(&x, &server) {
            out(*proof.as_bytes());
        }
    } },
];

fn seal<K: Kind>(sealed: impl FnOnce() -> Option<Envelope<K>>) {
    if let Some(envelope) = sealed() {
        publish(envelope.as_bytes());
    }
}

fn main() -> ExitCode {
    if !secret::is_watched() {
        eprintln!("error: nobody is watching: this runs under valgrind, by timing/check");
        return ExitCode::FAILURE;
    }
    let mut bad = 0;
    println!("| work with a secret | places that depend on it | |\n|---|---|---|");
    for work in WORK {
        let before = secret::reports();
        (work.run)();
        let places = secret::reports() - before;
        let verdict = match (&work.expected, places) {
            (Expected::Silent, 0) => "as expected".to_owned(),
            (Expected::Heard(most, why), 1..) if places <= *most => format!("allowed: {why}"),
            (_, 1..) => {
                bad += 1;
                "NOT CONSTANT".to_owned()
            }
            (Expected::Heard(..), 0) => {
                bad += 1;
                "EXPECTED TO BE HEARD".to_owned()
            }
        };
        println!("| {} | {places} | {verdict} |", work.name);
    }
    println!("\n{} of {} as expected", WORK.len() - bad, WORK.len());
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
