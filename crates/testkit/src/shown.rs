//! Fuzz body: the file that `firstkey audit open --show FILE` reads, which an administrator or
//! somebody on the way may have changed.
//!
//! Oracle: what is read means the same after it was written and read again; a part is said to fit
//! exactly if nothing that it is made of was changed; the whole fits only if it is, value for
//! value, the account whose recovery code was typed. Texts are fit for a terminal.

use super::scene::Scene;
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::context::AccountContext;
use firstkey_core::crypto::kdf::KdfBlock;
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::offline::{Findings, Fit, Part, Trouble, Witness, open};
use firstkey_core::flow::{Answer, Notice, Question};
use firstkey_core::wire::shown::Shown;
use serde_json::{Value, json};
use std::sync::LazyLock;
use zeroize::Zeroizing;

/// Values of the file that are bytes, as JSON pointers, in the order of the constants below.
const VALUES: [&str; 13] = [
    "/kdf_block",
    "/envelopes/1",
    "/envelopes/2",
    "/envelopes/3",
    "/envelopes/4",
    "/identity/ed25519",
    "/identity/x25519",
    "/identity/signature",
    "/recovery_public",
    "/realm_id",
    "/account_id",
    "/statement/digests",
    "/statement/signature",
];
const BLOCK: usize = 0;
const ONE: usize = 1;
const TWO: usize = 2;
const THREE: usize = 3;
const FOUR: usize = 4;
const ED25519: usize = 5;
const X25519: usize = 6;
const SIGNATURE: usize = 7;
const RECOVERY: usize = 8;
const REALM: usize = 9;
const ACCOUNT: usize = 10;
const DIGESTS: usize = 11;
const STATED: usize = 12;

/// An account as an honest server shows it, the code that opens it, and what its owner's computer
/// remembers.
pub struct Honest {
    /// The file.
    pub file: Value,
    code: String,
    pin: Vec<u8>,
}

/// The same one in every run.
pub static HONEST: LazyLock<Honest> = LazyLock::new(|| {
    const INVARIANT: &str = "invariant: an honest run completes an account";
    let mut scene = Scene::new(7);
    scene.run_honestly(7);
    let context = scene.server.context();
    let body = &scene.server.stored.as_ref().expect(INVARIANT).body;
    let mut file: Value = serde_json::from_slice(body).expect(INVARIANT);
    let signature = file["signature"].take();
    file["identity"]["signature"] = signature;
    file["realm_id"] = context.realm.to_string().into();
    file["account_id"] = context.account.to_string().into();
    file["email"] = "ada@example.org".into();
    file["state"] = "complete".into();
    file["letters"] = json!([{"kind": "completed", "tries": 1}]);
    Honest { file, code: scene.kit.clone().expect(INVARIANT), pin: scene.shelf.pins[0].clone() }
});

/// Somebody who types the honest account's code.
struct Owner;

impl Witness for Owner {
    fn ask(&mut self, _: Question) -> Answer {
        Answer::Secret(Zeroizing::new(HONEST.code.clone().into_bytes()))
    }

    fn tell(&mut self, notice: &Notice) {
        panic!("the code was taken for none: {notice:?}");
    }
}

/// The first byte chooses: 0 and the rest is a file; below 128 edits of values of the honest one
/// (which, offset, XOR), then of its bytes (offset of two bytes, XOR).
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    match choice {
        0 => as_it_is(rest),
        1..128 => edited(rest),
        _ => {
            let mut file = HONEST.file.to_string().into_bytes();
            for edit in rest.chunks_exact(3) {
                let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % file.len();
                file[at] ^= edit[2];
            }
            as_it_is(&file);
        }
    }
}

/// What the values of a file are; texts that are no bytes are none.
fn values(file: &Value) -> [Vec<u8>; 13] {
    VALUES.map(|pointer| {
        let text = file.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        match pointer {
            "/realm_id" | "/account_id" => {
                uuid::Uuid::try_parse(text).map(|id| id.as_bytes().to_vec()).unwrap_or_default()
            }
            _ => Base64UrlUnpadded::decode_vec(text).unwrap_or_default(),
        }
    })
}

fn look(file: &[u8], pins: &[Pin]) -> Result<Findings, Trouble> {
    open(&mut Owner, file, None, pins)
}

fn pin() -> Pin {
    Pin::read(&HONEST.pin).expect("invariant: an honest run leaves a pin")
}

/// Any file.
fn as_it_is(file: &[u8]) {
    let (read, found) = (Shown::read(file), look(file, &[]));
    let Ok(shown) = read else {
        assert!(matches!(found, Err(Trouble::NotShown(_))), "a file was looked at that cannot be read");
        return;
    };
    for text in [Some(&shown.state), shown.email.as_ref()].into_iter().flatten() {
        assert!(!text.as_str().chars().any(char::is_control), "a text that is not fit for a terminal");
    }
    same(&shown, &Shown::read(&written(&shown)).unwrap_or_else(|why| panic!("not read again: {why:?}")));
    let Ok(found) = found else {
        assert!(shown.bundle.is_none() && matches!(found, Err(Trouble::NoKeys)), "a file with keys was not looked at");
        return;
    };
    assert_eq!(found.parts.iter().map(|(part, _)| *part).collect::<Vec<_>>(), Part::ALL);
    if found.verdict.is_ok() {
        let value: Value = serde_json::from_slice(file).expect("what is read is JSON");
        is_honest(&values(&value), key_gen(&value));
    }
}

/// The honest account, but for the values that the server says of the password, which the code does
/// not prove.
fn is_honest(now: &[Vec<u8>; 13], generation: Option<u64>) {
    let good = values(&HONEST.file);
    for at in [TWO, THREE, FOUR, ED25519, X25519, SIGNATURE, RECOVERY, REALM, ACCOUNT] {
        assert!(now[at] == good[at], "{} is another, and all of it fits", VALUES[at]);
    }
    assert_eq!(generation, key_gen(&HONEST.file), "another generation, and all of it fits");
}

fn key_gen(file: &Value) -> Option<u64> {
    file.pointer("/identity/key_gen").and_then(Value::as_u64)
}

/// Values of the honest file are edited: triples of which one, where, and XOR; `255` in the first
/// place edits the generation.
fn edited(edits: &[u8]) {
    let (good, mut file) = (values(&HONEST.file), HONEST.file.clone());
    let mut now = good.clone();
    for edit in edits.chunks_exact(3) {
        if edit[0] == 255 {
            file["identity"]["key_gen"] = (key_gen(&file).unwrap_or_default() ^ u64::from(edit[2])).into();
            continue;
        }
        let value = &mut now[usize::from(edit[0]) % VALUES.len()];
        let at = usize::from(edit[1]) % value.len();
        value[at] ^= edit[2];
    }
    for (pointer, value) in VALUES.iter().zip(&now) {
        let text = match *pointer {
            "/realm_id" | "/account_id" => uuid::Uuid::from_slice(value).unwrap_or_default().to_string(),
            _ => Base64UrlUnpadded::encode_string(value),
        };
        *file.pointer_mut(pointer).expect("invariant: the honest file has it") = text.into();
    }
    let text = file.to_string().into_bytes();
    as_it_is(&text);
    let Ok(found) = look(&text, &[pin()]) else { return };
    let generation = key_gen(&file) == key_gen(&HONEST.file);
    let kept = |which: &[usize]| which.iter().all(|at| now[*at] == good[*at]);
    // Every envelope, signature and code belongs to one account and one generation.
    let own = |which: &[usize]| kept(which) && kept(&[REALM, ACCOUNT]) && generation;
    for (part, fit) in &found.parts {
        let expected = match part {
            Part::RecoveryKey => kept(&[RECOVERY, REALM, ACCOUNT]),
            Part::Envelope2 => own(&[TWO]),
            Part::Envelope3 => own(&[TWO, THREE]),
            Part::Envelope4 => own(&[TWO, FOUR]),
            Part::X25519 => own(&[TWO, THREE, FOUR, X25519]),
            Part::Ed25519 => own(&[TWO, THREE, FOUR, ED25519]),
            Part::Signature => own(&[ED25519, X25519, SIGNATURE]),
            Part::Statement => own(&[ONE, TWO, THREE, FOUR, ED25519, X25519, SIGNATURE, RECOVERY, DIGESTS, STATED]),
            // Whatever is said alike everywhere.
            Part::Generation => continue,
            Part::Settings => contains(&now[ONE], &now[BLOCK]),
            Part::Envelope1 => {
                assert_eq!(*fit, Fit::Untried);
                continue;
            }
            Part::Remembered => own(&[ED25519, X25519, DIGESTS]),
        };
        assert_eq!(*fit == Fit::Yes, expected, "{part:?} is said to be {fit:?}");
    }
    let whole = generation && now == good;
    assert!(!whole || found.verdict.is_ok(), "the honest file does not fit: {:?}", found.verdict);
    if found.verdict.is_ok() {
        is_honest(&now, key_gen(&file));
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    part.len() == KdfBlock::LEN && text.windows(part.len()).any(|window| window == part)
}

/// The file again, from what was read.
fn written(shown: &Shown) -> Vec<u8> {
    let text = |bytes: &[u8]| Value::from(Base64UrlUnpadded::encode_string(bytes));
    let AccountContext { realm, account } = &shown.context;
    let mut file =
        json!({"realm_id": realm.to_string(), "account_id": account.to_string(), "state": shown.state.as_str()});
    file["email"] = shown.email.as_ref().map(firstkey_core::wire::text::Printable::as_str).into();
    file["identity"] = Value::Null;
    if let Some(bundle) = &shown.bundle {
        let (identity, envelopes) = (&bundle.identity, &bundle.envelopes);
        file["kdf_block"] = text(&bundle.kdf_block.encode());
        file["envelopes"] = json!({
            "1": text(envelopes.by_password.as_bytes()), "2": text(envelopes.by_recovery.as_bytes()),
            "3": text(envelopes.x25519.as_bytes()), "4": text(envelopes.ed25519.as_bytes()),
        });
        file["identity"] = json!({
            "key_gen": identity.key_gen.0, "ed25519": text(&identity.ed25519), "x25519": text(&identity.x25519),
            "signature": text(&bundle.signature.0),
        });
        file["recovery_public"] = text(&bundle.recovery_public.0);
        if let Some(statement) = &bundle.statement {
            file["statement"] = json!({
                "counter": statement.counter, "digests": text(&statement.digests.encode()),
                "signature": text(&statement.signature),
            });
        }
    }
    file.to_string().into_bytes()
}

fn same(one: &Shown, other: &Shown) {
    assert_eq!(one.context, other.context);
    let texts = |shown: &Shown| {
        [Some(&shown.state), shown.email.as_ref()].map(|text| text.map(|text| text.as_str().to_owned()))
    };
    for (one, other) in texts(one).into_iter().zip(texts(other)) {
        // What is not fit for a terminal is shown by its number, in brackets that are written so
        // themselves: such a text is not read as what it was.
        if one.as_ref().is_none_or(|text| !text.contains('<')) {
            assert_eq!(one, other, "a text is another when it is read again");
        }
    }
    match (&one.bundle, &other.bundle) {
        (None, None) => {}
        (Some(one), Some(other)) => assert_eq!(one.difference(other), None, "keys are others when they are read again"),
        _ => panic!("keys came or went when it was read again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_honest_file_fits_and_every_flipped_byte_of_a_value_is_seen() {
        run(&[1]);
        assert_eq!(look(HONEST.file.to_string().as_bytes(), &[pin()]).map(|found| found.verdict), Ok(Ok(())));
        for (at, value) in (0_u8..).zip(values(&HONEST.file)) {
            for offset in 0..value.len() {
                run(&[1, at, u8::try_from(offset).expect("short"), 1]);
            }
        }
    }

    #[test]
    fn bytes_of_chance_keep_the_promises() {
        use crate::chance::Seeded;
        for seed in 0..1000 {
            let mut bytes = Seeded::new(seed).bytes::<40>();
            bytes[0] = u8::try_from(seed % 256).expect("a byte");
            run(&bytes[..=usize::from(bytes[1] % 39)]);
        }
    }
}
