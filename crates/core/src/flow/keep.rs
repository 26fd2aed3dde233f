//! What a person has to keep, and the proof that they did: it is shown, then one of its groups is
//! typed back.
//!
//! One [`Keeping`] proves a recovery kit and a secret key, in every flow.
//!
//! Promise: a random group is asked for, and the whole is shown again after each wrong one, five
//! times in all. Case, look-alikes and blanks do not matter, every symbol does; groups are compared
//! in constant time.
//! Must never: count as kept what was not typed back.

use super::stop::{GaveUp, Reason};
use super::world::{Firstkey, Protocol, World};
use super::{Answer, Kit, Notice, Question, SecretSheet};
use crate::crypto::recovery::{GROUP, write_code, write_secret_key};
use crate::secret::{RecoveryCode, SecretKey};
use rand_core::CryptoRngCore;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// How often a group may be typed wrong.
const PROOF_TRIES: u32 = 5;

/// Something that a person has to keep.
pub trait Keepsake {
    /// Whose questions and notices it takes.
    type Protocol: Protocol;
    /// How many of its groups may be asked for; they count from 1.
    const GROUPS: u8;
    /// The end where it was not kept.
    const NOT_KEPT: GaveUp;
    /// The end where too many groups were typed wrong.
    const NOT_PROVEN: GaveUp;

    /// Shows a copy of it.
    fn show(&self) -> Asks<Self>;
    /// Asks for one group.
    fn ask_group(group: u8, attempt: u32) -> Asks<Self>;
    /// Whether `typed` is that group.
    fn is_group(&self, group: u8, typed: &[u8]) -> bool;
    /// Says that it was proven.
    fn proven() -> Says<Self>;
    /// Says that another group was typed.
    fn not_proven(group: u8) -> Says<Self>;
}

type Asks<K> = <<K as Keepsake>::Protocol as Protocol>::Question;
type Says<K> = <<K as Keepsake>::Protocol as Protocol>::Notice;

/// A keepsake on its way to the person.
pub struct Keeping<K> {
    keepsake: K,
    attempt: u32,
    group: u8,
}

/// What a typed group proves.
pub enum Proof<K: Keepsake> {
    /// That the keepsake was kept; say so.
    Kept(Says<K>),
    /// Nothing: say so, and show it again.
    Wrong(Says<K>),
    /// Nothing, too often.
    GaveUp(GaveUp),
}

impl<K: Keepsake> Keeping<K> {
    /// One that was not shown yet.
    pub fn new(keepsake: K) -> Self {
        Self { keepsake, attempt: 1, group: 0 }
    }

    /// Shows it.
    pub fn show(&self) -> Asks<K> {
        self.keepsake.show()
    }

    /// Asks for a group, once `answer` says that it was kept.
    ///
    /// # Errors
    /// The end of the flow, if `answer` says anything else.
    pub fn ask_group(&mut self, answer: &Answer, rng: &mut dyn CryptoRngCore) -> Result<Asks<K>, GaveUp> {
        let (Answer::Yes | Answer::KitSaved(_)) = answer else { return Err(K::NOT_KEPT) };
        // Which group is asked for is no secret; the slight bias does not matter.
        self.group = u8::try_from(rng.next_u64() % u64::from(K::GROUPS)).unwrap_or_default() + 1;
        Ok(K::ask_group(self.group, self.attempt))
    }

    /// Judges the group that was typed.
    pub fn judge(&mut self, typed: &[u8]) -> Proof<K> {
        if self.keepsake.is_group(self.group, typed) {
            return Proof::Kept(K::proven());
        }
        if self.attempt >= PROOF_TRIES {
            return Proof::GaveUp(K::NOT_PROVEN);
        }
        self.attempt += 1;
        Proof::Wrong(K::not_proven(self.group))
    }

    /// The keepsake, for whoever goes on with it.
    pub fn into_keepsake(self) -> K {
        self.keepsake
    }
}

/// Shows a keepsake until the person proves to have it; gives it back.
///
/// # Errors
/// It was not kept, or not proven.
pub fn prove<K: Keepsake, R: Reason>(
    world: &mut impl World<K::Protocol>,
    rng: &mut dyn CryptoRngCore,
    keepsake: K,
) -> Result<K, R> {
    let mut keeping = Keeping::new(keepsake);
    loop {
        let answer = world.ask(keeping.show()).or_halt()?;
        let question = keeping.ask_group(&answer, rng)?;
        let typed = match world.ask(question).or_halt()? {
            Answer::Secret(typed) | Answer::Text(typed) => typed,
            _ => Zeroizing::default(),
        };
        match keeping.judge(&typed) {
            Proof::Kept(notice) => {
                world.tell(&notice);
                return Ok(keeping.into_keepsake());
            }
            Proof::Wrong(notice) => world.tell(&notice),
            Proof::GaveUp(how) => return Err(how.into()),
        }
    }
}

impl Keepsake for Kit {
    type Protocol = Firstkey;
    const GROUPS: u8 = 7;
    const NOT_KEPT: GaveUp = GaveUp::Kit;
    const NOT_PROVEN: GaveUp = GaveUp::KitProof;

    fn show(&self) -> Question {
        Question::Kit(Box::new(Self {
            // EXPOSE: the kit shows the code to its owner; the flow keeps its own copy for the
            // proof.
            code: RecoveryCode::from_bytes(self.code.expose()),
            origin: self.origin.clone(),
            email: self.email.clone(),
            organisation: self.organisation.clone(),
            ..*self
        }))
    }

    fn ask_group(group: u8, attempt: u32) -> Question {
        Question::KitProof { group, attempt }
    }

    fn is_group(&self, group: u8, typed: &[u8]) -> bool {
        // EXPOSE: one group is compared with what was typed.
        let text = write_code(self.code.expose());
        let at = usize::from(group).checked_sub(1);
        at.and_then(|at| text.split('-').nth(at)).is_some_and(|group| is_same(group, typed))
    }

    fn proven() -> Notice {
        Notice::KitProven
    }

    fn not_proven(group: u8) -> Notice {
        Notice::KitNotProven { group }
    }
}

impl Keepsake for SecretSheet {
    type Protocol = Firstkey;
    /// All but the last, which has the two check symbols alone.
    const GROUPS: u8 = 13;
    const NOT_KEPT: GaveUp = GaveUp::SecretKey;
    const NOT_PROVEN: GaveUp = GaveUp::SecretKeyProof;

    fn show(&self) -> Question {
        Question::KeepSecretKey(Box::new(Self {
            // EXPOSE: the sheet shows the secret key to its owner; the flow keeps its own copy for
            // the proof.
            key: SecretKey::from_bytes(self.key.expose()),
            origin: self.origin.clone(),
            email: self.email.clone(),
            ..*self
        }))
    }

    fn ask_group(group: u8, attempt: u32) -> Question {
        Question::SecretKeyProof { group, attempt }
    }

    fn is_group(&self, group: u8, typed: &[u8]) -> bool {
        // EXPOSE: one group is compared with what was typed.
        let text = write_secret_key(self.key.expose());
        // The prefix is not counted.
        group != 0 && text.split('-').nth(usize::from(group)).is_some_and(|group| is_same(group, typed))
    }

    fn proven() -> Notice {
        Notice::KitProven
    }

    fn not_proven(group: u8) -> Notice {
        Notice::SecretKeyNotProven { group }
    }
}

fn is_same(expected: &str, typed: &[u8]) -> bool {
    let mut read = Zeroizing::new([0u8; GROUP]);
    let mut length = 0;
    for symbol in typed.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b'-') {
        let Some(place) = read.get_mut(length) else { return false };
        *place = match symbol.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            other => other,
        };
        length += 1;
    }
    length == GROUP && read.as_slice().ct_eq(expected.as_bytes()).into()
}
