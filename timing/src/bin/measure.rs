//! Measures whether work takes another time for one fixed secret than for random ones (Reparaz,
//! Balasch and Verbauwhede, "dude, is my code constant time?", 2017).
//!
//! For each piece of work two kinds of input are prepared, mixed at random and timed; Welch's
//! t-test says whether the two kinds of times have one mean. The slowest times are left out at
//! several limits, because whatever else the machine does is in them. |t| above 4.5 is taken for a
//! difference. It is an estimate: a noisy machine hides small differences, and none found is no
//! proof. Run it on a quiet one, by `timing/measure`.

use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey_core::crypto::envelope::{Envelope, X25519ByAccountKey};
use firstkey_core::crypto::hazmat;
use firstkey_core::crypto::kek::Kek;
use firstkey_infisical::srp::{Verifier, exponent};
use firstkey_core::secret::{AccountKey, TypedPassword, X25519Secret};
use rand_core::RngCore;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

#[path = "../rng.rs"]
mod rng;

const LIMIT: f64 = 4.5;
/// Parts of the fastest times that are looked at.
const PARTS: [f64; 5] = [0.25, 0.5, 0.75, 0.9, 1.0];

/// Mean and variance as values come.
#[derive(Default)]
struct Sample {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Sample {
    fn take(&mut self, value: f64) {
        self.count += 1.0;
        let off = value - self.mean;
        self.mean += off / self.count;
        self.squares += off * (value - self.mean);
    }

    fn variance(&self) -> f64 {
        self.squares / (self.count - 1.0)
    }
}

/// Welch's t.
fn t(one: &Sample, other: &Sample) -> f64 {
    (one.mean - other.mean) / (one.variance() / one.count + other.variance() / other.count).sqrt()
}

/// Times `run` on inputs of two kinds, `count` in all; gives the largest |t|.
fn largest_t<I>(count: usize, mut input: impl FnMut(bool, &mut rng::Counting) -> I, run: impl Fn(&I)) -> f64 {
    let mut rng = rng::Counting::default();
    // All inputs are made before any is timed: what making one leaves in the processor would be
    // measured else.
    let mut inputs = Vec::with_capacity(count);
    for _ in 0..count {
        let kind = rng.next_u64() & 1 == 1;
        inputs.push((kind, input(kind, &mut rng)));
    }
    let mut times: Vec<(bool, f64)> = Vec::with_capacity(count);
    for (kind, input) in black_box(inputs) {
        let begin = Instant::now();
        run(&input);
        times.push((kind, begin.elapsed().as_nanos() as f64));
    }
    let mut sorted: Vec<f64> = times.iter().map(|(_, time)| *time).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |part: f64| sorted[((count as f64 * part) as usize).saturating_sub(1)];
    let each = PARTS.map(|part| {
        let (mut one, mut other) = (Sample::default(), Sample::default());
        for (kind, time) in times.iter().filter(|(_, time)| *time <= at(part)) {
            if *kind { one.take(*time) } else { other.take(*time) }
        }
        t(&one, &other).abs()
    });
    each.into_iter().filter(|t| t.is_finite()).fold(0.0, f64::max)
}

fn bytes<const N: usize>(fixed: bool, rng: &mut rng::Counting) -> [u8; N] {
    let mut bytes = [0; N];
    // Drawn in both kinds, so that making the input takes the same time.
    rng.fill_bytes(&mut bytes);
    if fixed { [0x11; N] } else { bytes }
}

fn main() -> ExitCode {
    let context = AccountContext { realm: RealmId::heard([1; 16]), account: AccountId::heard([2; 16]) };
    let long = [0x11_u8; 4096];
    let right = AccountKey::from_bytes(&[0x11; 32]);
    let kek = Kek::derive_from_account_key(&right, &context);
    let envelope = Envelope::<X25519ByAccountKey>::seal(&kek, &X25519Secret::from_bytes(&[7; 32]), &context, KeyGen::FIRST, &mut rng::Counting::default());
    let Ok(envelope) = envelope else { return ExitCode::FAILURE };
    let theirs = hazmat::x25519_public(&[9; 32]);

    let control = largest_t(20_000, bytes::<4096>, |input| {
        black_box(input.iter().zip(&long).all(|(one, other)| one == other));
    });
    let results = [
        ("comparing two keys", largest_t(1_000_000, |fixed, rng| AccountKey::from_bytes(&bytes(fixed, rng)), |input| {
            black_box(input.matches(&right));
        })),
        ("opening an envelope with a key that does not fit: commitment", largest_t(
            300_000,
            // Neither of the two is the right one.
            |fixed, rng| Kek::derive_from_account_key(&AccountKey::from_bytes(&if fixed { [0x22; 32] } else { bytes(false, rng) }), &context),
            |wrong| {
                black_box(envelope.open(wrong, &context, KeyGen::FIRST).is_ok());
            },
        )),
        ("X25519: the public key of an imported one", largest_t(100_000, bytes::<32>, |input| {
            black_box(hazmat::x25519_public(input));
        })),
        ("X25519: agreement", largest_t(100_000, bytes::<32>, |input| {
            black_box(hazmat::x25519_agree(input, &theirs).is_some());
        })),
        ("Ed25519: a signature", largest_t(100_000, bytes::<32>, |input| {
            black_box(hazmat::ed25519_sign(input, b"a message"));
        })),
        ("SRP: the verifier", largest_t(
            2_000,
            |fixed, rng| TypedPassword::as_typed(bytes::<24>(fixed, rng).to_vec().into()),
            |password| {
                black_box(*Verifier::derive(&exponent("ada@example.org", password, &[7; 32])).as_bytes());
            },
        )),
    ];
    println!("| work | largest |t| | |\n|---|---|---|");
    println!("| control: two texts of 4 KiB compared with == | {control:.1} | {} |", if control > LIMIT { "told apart, as it has to be" } else { "BLIND" });
    let mut bad = usize::from(control <= LIMIT);
    for (name, t) in results {
        let found = t > LIMIT;
        bad += usize::from(found);
        println!("| {name} | {t:.1} | {} |", if found { "A DIFFERENCE" } else { "no difference found" });
    }
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
