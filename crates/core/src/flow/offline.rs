//! An account opened from a file and a recovery code: `firstkey audit open`.
//!
//! ```text
//! the file read, compared with what is remembered -> code -> every part opened and compared -> findings
//! ```
//!
//! Promise: each part is judged by itself, so that a reviewer sees which one does not fit; the
//! whole fits only if the same functions say so that every other command relies on. What a code
//! opened is dropped before anything is said. Must never: send or store anything; a [`Witness`] can
//! be asked and told, no more.

use super::account::login::private_keys;
use super::account::stop::Change;
use super::checkpoint::Pin;
use super::held::Held;
use super::stop::{LocalTrouble, Missing};
use super::typed::{TYPINGS, typed_code};
use super::{Answer, Notice, Question};
use crate::crypto::context::{AccountContext, KeyGen};
use crate::crypto::identity::{KeyPairs, PublicIdentity};
use crate::crypto::kdf::KdfBlock;
use crate::crypto::kek::{Kek, derive_recovery_seed};
use crate::secret::RecoveryCode;
use crate::wire::bundle::Bundle;
use crate::wire::disclose::RecoveryPublic;
use crate::wire::refusal::Refusal;
use crate::wire::shown::Shown;
use crate::wire::text::Printable;
use std::cmp::Ordering;

/// Whoever knows the code.
pub trait Witness {
    /// Asks and waits.
    fn ask(&mut self, question: Question) -> Answer;
    /// Says something.
    fn tell(&mut self, notice: &Notice);
}

/// A part of an account, or a relation between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The recovery key that is shown is that of the code.
    RecoveryKey,
    /// The code opens envelope 2.
    Envelope2,
    /// What is in envelope 2 opens envelope 3.
    Envelope3,
    /// And envelope 4.
    Envelope4,
    /// The X25519 key that is shown is that of the key in envelope 3.
    X25519,
    /// The Ed25519 key that is shown is that of the key in envelope 4.
    Ed25519,
    /// The public keys are soundly signed, for this account.
    Signature,
    /// The account's own key says of just these parts that they belong together.
    Statement,
    /// All parts say the same generation of keys.
    Generation,
    /// Envelope 1 was sealed with the settings that are shown.
    Settings,
    /// The password opens envelope 1: nobody can tell without the server.
    Envelope1,
    /// It is the account that this computer remembers.
    Remembered,
}

impl Part {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 12] = [
        Self::RecoveryKey,
        Self::Envelope2,
        Self::Envelope3,
        Self::Envelope4,
        Self::X25519,
        Self::Ed25519,
        Self::Signature,
        Self::Statement,
        Self::Generation,
        Self::Settings,
        Self::Envelope1,
        Self::Remembered,
    ];

    /// Its stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RecoveryKey => "recovery-key",
            Self::Envelope2 => "envelope-2",
            Self::Envelope3 => "envelope-3",
            Self::Envelope4 => "envelope-4",
            Self::X25519 => "x25519",
            Self::Ed25519 => "ed25519",
            Self::Signature => "signature",
            Self::Statement => "statement",
            Self::Generation => "generation",
            Self::Settings => "settings",
            Self::Envelope1 => "envelope-1",
            Self::Remembered => "remembered",
        }
    }
}

/// What came of looking at a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It fits.
    Yes,
    /// It does not.
    No,
    /// It could not be looked at.
    Untried,
}

impl From<bool> for Fit {
    fn from(fits: bool) -> Self {
        if fits { Self::Yes } else { Self::No }
    }
}

/// Everything that was found; all of it is public.
#[derive(Clone, Debug)]
pub struct Findings {
    /// Realm and account.
    pub context: AccountContext,
    /// The person's address, as the file has it.
    pub email: Option<Printable>,
    /// What the server calls its state.
    pub state: Printable,
    /// The public keys that are shown.
    pub identity: PublicIdentity,
    /// Salt and settings of the password.
    pub settings: KdfBlock,
    /// Each part, in the order of [`Part::ALL`].
    pub parts: Vec<(Part, Fit)>,
    /// How it ends.
    pub verdict: Result<(), Trouble>,
}

/// Why it ended badly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Ctrl-C, a signal.
    Cancelled,
    /// Nobody is there to type the code.
    Missing(Missing),
    /// This computer cannot.
    Local(LocalTrouble),
    /// Somebody tried it with a password.
    Password {
        /// It stands in the process list and the shell history.
        on_the_command_line: bool,
    },
    /// The file is not what the server prints; the rule that it breaks.
    NotShown(Refusal),
    /// The account has no keys yet.
    NoKeys,
    /// The kit names another account than the file.
    OtherKit,
    /// Ten texts were typed, and none was a recovery code.
    NoCode,
    /// It is a code, and neither opens anything nor belongs to the recovery key that is shown.
    CodeOpensNothing,
    /// The code belongs to the account, and a part of it does not fit.
    DoesNotFit,
    /// All of it fits, and it is not what this computer remembers.
    Changed(Change),
}

/// The code, and the account that its kit names, where it was read from a file.
pub struct KitCode {
    /// The code.
    pub code: RecoveryCode,
    /// The account.
    pub context: AccountContext,
}

/// Reads `file`, asks for the code unless a `kit` is given, and looks at every part.
///
/// # Errors
/// Where nothing could be looked at; what was found to be wrong is in the findings.
pub fn open(witness: &mut impl Witness, file: &[u8], kit: Option<KitCode>, pins: &[Pin]) -> Result<Findings, Trouble> {
    let shown = Shown::read(file).map_err(Trouble::NotShown)?;
    let Some(bundle) = &shown.bundle else { return Err(Trouble::NoKeys) };
    let code = match kit {
        Some(kit) if kit.context != shown.context => return Err(Trouble::OtherKit),
        Some(kit) => kit.code,
        None => ask(witness, shown.email.as_ref())?,
    };
    let mut parts = examine(bundle, &shown.context, &code);
    let fits = fits(bundle, &shown.context, &code);
    drop(code);
    let memory = compare(&shown, bundle, pins);
    parts.push((Part::Remembered, memory.fit()));
    let verdict = verdict(&parts, fits, memory);
    let Shown { context, email, state, .. } = &shown;
    Ok(Findings {
        context: *context,
        email: email.clone(),
        state: state.clone(),
        identity: bundle.identity,
        settings: bundle.kdf_block,
        parts,
        verdict,
    })
}

/// A text that is a code, as typed; a slip is named.
fn ask(witness: &mut impl Witness, email: Option<&Printable>) -> Result<RecoveryCode, Trouble> {
    let email = email.map_or("this account", Printable::as_str);
    for attempt in 1..=TYPINGS {
        let typed = match witness.ask(Question::RecoveryCode { email: email.to_owned(), attempt }) {
            Answer::Secret(typed) => typed,
            Answer::Cancelled => return Err(Trouble::Cancelled),
            Answer::Missing(missing) => return Err(Trouble::Missing(missing)),
            Answer::Trouble(trouble) => return Err(Trouble::Local(trouble)),
            _ => return Err(Trouble::NoCode),
        };
        match typed_code(&typed) {
            Ok(code) => return Ok(code),
            Err(slip) => witness.tell(&Notice::NoCode(slip)),
        }
    }
    Err(Trouble::NoCode)
}

/// Each part by itself.
fn examine(bundle: &Bundle, context: &AccountContext, code: &RecoveryCode) -> Vec<(Part, Fit)> {
    let (envelopes, identity) = (&bundle.envelopes, &bundle.identity);
    let key_gen = identity.key_gen;
    let recovery = RecoveryPublic::of(&derive_recovery_seed(code, context));
    let by_recovery = Kek::derive_from_recovery_code(code, context);
    let account_key = envelopes.by_recovery.open(&by_recovery, context, key_gen).ok();
    let by_account = account_key.as_ref().map(|key| Kek::derive_from_account_key(key, context));
    let x25519 = by_account.as_ref().map(|kek| envelopes.x25519.open(kek, context, key_gen).ok());
    let ed25519 = by_account.as_ref().map(|kek| envelopes.ed25519.open(kek, context, key_gen).ok());
    let opened = [x25519.as_ref().map(Option::is_some), ed25519.as_ref().map(Option::is_some)];
    let [envelope3, envelope4] = opened.map(|opened| opened.map_or(Fit::Untried, Fit::from));
    let (of_x25519, of_ed25519) = match (x25519.flatten(), ed25519.flatten()) {
        (Some(x25519), Some(ed25519)) => {
            let inside = KeyPairs { x25519, ed25519 }.public(key_gen);
            (Fit::from(inside.x25519 == identity.x25519), Fit::from(inside.ed25519 == identity.ed25519))
        }
        _ => (Fit::Untried, Fit::Untried),
    };
    let generations: [KeyGen; 4] = [
        envelopes.by_password.key_gen(),
        envelopes.by_recovery.key_gen(),
        envelopes.x25519.key_gen(),
        envelopes.ed25519.key_gen(),
    ];
    let statement = bundle.statement.as_ref().map_or(Fit::Untried, |statement| {
        let fits = statement.digests.missing(&bundle.digests(context)).is_none();
        Fit::from(fits && statement.is_signed_by(identity, context))
    });
    vec![
        (Part::RecoveryKey, Fit::from(recovery == bundle.recovery_public)),
        (Part::Envelope2, Fit::from(account_key.is_some())),
        (Part::Envelope3, envelope3),
        (Part::Envelope4, envelope4),
        (Part::X25519, of_x25519),
        (Part::Ed25519, of_ed25519),
        (Part::Signature, Fit::from(identity.verify(&bundle.signature, context).is_ok())),
        (Part::Statement, statement),
        (Part::Generation, Fit::from(generations.iter().all(|generation| *generation == key_gen))),
        (Part::Settings, Fit::from(envelopes.by_password.kdf_block() == bundle.kdf_block)),
        (Part::Envelope1, Fit::Untried),
    ]
}

/// Whether it would open for `recover`: by that command's own checks, so that this one is never
/// milder.
fn fits(bundle: &Bundle, context: &AccountContext, code: &RecoveryCode) -> bool {
    let by_recovery = Kek::derive_from_recovery_code(code, context);
    let account_key = bundle.envelopes.by_recovery.open(&by_recovery, context, bundle.identity.key_gen);
    bundle.verify(context).is_ok() && account_key.is_ok_and(|key| private_keys(bundle, context, &key).is_ok())
}

/// How it ends. What contradicts this computer's memory is never called a wrong code: a server that
/// shows keys of its own would be believed.
fn verdict(parts: &[(Part, Fit)], fits: bool, memory: Memory) -> Result<(), Trouble> {
    let is = |part, fit| parts.contains(&(part, fit));
    let is_of_another = is(Part::RecoveryKey, Fit::No) && is(Part::Envelope2, Fit::No);
    let all_fit = fits && !parts.iter().any(|(part, fit)| *fit == Fit::No && *part != Part::Remembered);
    match memory {
        Memory::Differs(change) if all_fit || is_of_another => Err(Trouble::Changed(change)),
        _ if is_of_another => Err(Trouble::CodeOpensNothing),
        _ if !all_fit => Err(Trouble::DoesNotFit),
        _ => Ok(()),
    }
}

/// What this computer remembers of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    /// Nothing.
    Unknown,
    /// The same.
    Same,
    /// Something else.
    Differs(Change),
}

impl Memory {
    fn fit(self) -> Fit {
        match self {
            Self::Unknown => Fit::Untried,
            Self::Same => Fit::Yes,
            Self::Differs(_) => Fit::No,
        }
    }
}

/// What is shown against what is remembered.
fn compare(shown: &Shown, bundle: &Bundle, pins: &[Pin]) -> Memory {
    let in_realm = || pins.iter().filter(|pin| pin.context.realm == shown.context.realm);
    let Some(pin) = in_realm().find(|pin| pin.context.account == shown.context.account) else {
        // An address stands for one account of a realm: another one in its place is what a pin is
        // there to show.
        let is_named = |pin: &Pin| {
            let known = Printable::from_untrusted(&pin.email);
            shown.email.as_ref().is_some_and(|email| known.as_str().eq_ignore_ascii_case(email.as_str()))
        };
        return if in_realm().any(is_named) { Memory::Differs(Change::Account) } else { Memory::Unknown };
    };
    match bundle.identity.key_gen.cmp(&pin.identity.key_gen) {
        Ordering::Less => Memory::Differs(Change::OlderKeys),
        Ordering::Greater => Memory::Differs(Change::OtherKeys),
        Ordering::Equal if bundle.identity != pin.identity => Memory::Differs(Change::OtherKeys),
        Ordering::Equal if pin.two_secret && !bundle.kdf_block.two_secret => Memory::Differs(Change::SecretKeyGone),
        Ordering::Equal => match Held::of(bundle, &shown.context).after(pin.held.as_ref()) {
            Ok(_) => Memory::Same,
            Err(how) => Memory::Differs(Change::RolledBack(how)),
        },
    }
}
