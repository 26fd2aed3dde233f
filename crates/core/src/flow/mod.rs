//! The flows as state machines that do nothing themselves.
//!
//! The driver's contract: call [`Flow::step`] with [`Reply::Begin`], perform the one effect that it
//! returns, call `step` with the reply to just that effect, and go on until the effect is
//! [`Effect::Finish`]; after that, or after [`Reply::Cancel`] was answered, perform nothing more.
//! There is never more than one effect outstanding.
//!
//! ```
//! use firstkey_core::flow::accept::{Accept, Options};
//! use firstkey_core::flow::{Answer, Effect, Flow, Question, Reply};
//! use firstkey_testkit::chance::Recorder;
//! use firstkey_testkit::scene::Scene;
//!
//! // The person is asked for the link, and stops there: nothing was sent.
//! let mut flow = Accept::new(Scene::new(1).shelf.options());
//! let mut rng = Recorder::new(1);
//! let first = flow.step(Reply::Begin, &mut rng);
//! assert!(matches!(first, Effect::Ask(Question::Invite { trouble: None })));
//! let Effect::Finish(end) = flow.step(Reply::Answer(Answer::Cancelled), &mut rng) else { panic!("no end") };
//! assert!(end.is_err_and(|stop| stop.reach == firstkey_core::flow::stop::Reach::NothingSent));
//!
//! // The test kit has a driver: an honest person, server and disk in memory reply to each effect.
//! let log = Scene::new(1).run_honestly(1);
//! assert!(matches!(&log.turns.last().expect("an end").effect, Effect::Finish(end) if end.is_ok()));
//! ```
//!
//! Promise: all policy lives here; a state is consumed by its step, so its secrets end with it;
//! randomness is an argument; there is no clock. Must never: do I/O, print, or hold a sentence;
//! sentences are `ui/text.rs`.

pub mod accept;
pub mod account;
pub mod checkpoint;
pub mod defaults;
pub mod forget;
pub mod held;
pub mod keep;
pub mod managed;
pub mod offline;
pub mod peer;
pub mod reset;
pub mod retry;
pub mod stop;
pub mod tried;
mod typed;
pub mod world;

use self::tried::Earlier;
use crate::crypto::context::{AccountId, InviteId, OrgId, RealmId};
use crate::crypto::identity::Fingerprint;
use crate::crypto::kdf::{Profile, StretchJob, Stretched};
use crate::crypto::prepare::PrepareError;
use crate::crypto::recovery::{CodeError, KitNumber};
use crate::crypto::statement::BundlePart;
use crate::crypto::strength::{Strength, Weakness};
use crate::secret::{RecoveryCode, SecretKey, SessionToken};
use crate::wire::asked::SecretKeys;
use crate::wire::inbound::{ProblemName, Response};
use crate::wire::link::LinkTrouble;
use crate::wire::origin::Origin;
use crate::wire::outbound::Outbound;
use crate::wire::text::Printable;
use checkpoint::{Checkpoint, Pin};
use rand_core::CryptoRngCore;
use reset::Replacement;
use std::time::Duration;
use stop::{AcceptStop, Halt, LocalTrouble, Missing, NoAnswer};
use zeroize::Zeroizing;

/// A flow that a driver can run.
pub trait Flow {
    /// Takes the reply to the outstanding effect, gives the next one.
    fn step(&mut self, reply: Reply, rng: &mut dyn CryptoRngCore) -> Effect;
}

/// The one thing to do next.
pub enum Effect {
    /// Ask the person; reply with [`Reply::Answer`].
    Ask(Question),
    /// Tell the person; reply with [`Reply::Told`].
    Tell(Notice),
    /// Check that this machine can run the profile, before a password is asked for; reply with
    /// [`Reply::Ready`] or [`Reply::Trouble`].
    Prepare(Profile),
    /// Run Argon2id; reply with [`Reply::Stretched`] or [`Reply::Trouble`].
    Stretch(StretchJob),
    /// Send; reply with [`Reply::Received`] or [`Reply::Unreachable`].
    Send(Outbound),
    /// Send this in the session, which ends with it. The account is finished already: reply with
    /// anything, and whatever it is, the good end follows.
    EndSession(SessionToken, Outbound),
    /// Store the checkpoint durably; reply with [`Reply::Saved`] or [`Reply::Trouble`].
    Save(Checkpoint),
    /// Store the pin durably, then remove the checkpoint; reply with [`Reply::Saved`] or
    /// [`Reply::Trouble`].
    Conclude(Pin),
    /// Let time pass; reply with [`Reply::Waited`].
    Wait(Duration),
    /// The end.
    Finish(Box<Result<Accepted, AcceptStop>>),
}

/// What came of an effect.
pub enum Reply {
    /// The first call.
    Begin,
    /// The person answered.
    Answer(Answer),
    /// The person was told.
    Told,
    /// The machine can run the profile.
    Ready,
    /// MK.
    Stretched(Stretched),
    /// The server answered.
    Received(Response),
    /// It did not.
    Unreachable(NoAnswer),
    /// It is on the disk.
    Saved,
    /// Time has passed.
    Waited,
    /// This machine could not.
    Trouble(LocalTrouble),
    /// The person stopped the program.
    Cancel,
    /// The same, before a byte of the request can have left this computer.
    CancelUnsent,
}

impl Reply {
    /// What ends every effect alike, or the reply to this one.
    fn or_halt(self) -> Result<Self, Halt> {
        match self {
            Self::Cancel | Self::CancelUnsent => Err(Halt::Cancelled),
            Self::Trouble(trouble) => Err(Halt::Local(trouble)),
            Self::Answer(answer) => answer.or_halt().map(Self::Answer),
            reply => Ok(reply),
        }
    }
}

/// A question to the person. Every one has a flag or file that answers it without a person;
/// `ui/script.rs` lists them.
pub enum Question {
    /// The invite link; the trouble with the one before, if there was one. Answer:
    /// [`Answer::Text`] or [`Answer::NoLink`].
    Invite {
        /// What was wrong with the last paste.
        trouble: Option<LinkTrouble>,
    },
    /// The link again: someone claimed the invite after the saved request was signed. Answer:
    /// [`Answer::Text`] or [`Answer::NoLink`].
    InviteAgain,
    /// A host name in punycode: is it really this one? Answer: yes or no.
    Host(Origin),
    /// Is this you, and do you want this? Answer: yes, no or [`Answer::NotTheInvited`].
    Consent(Box<Introduction>),
    /// Shall the account that exists be a member of one more organisation? Answer: yes, no or
    /// [`Answer::NotTheInvited`].
    Join {
        /// Who invites whom.
        about: Box<Introduction>,
        /// The organisations that this computer brought it into.
        members_of: Vec<Printable>,
    },
    /// The keys of a complete account would be replaced: is that what you want? Answer: yes or no.
    Reset(Box<Replacement>),
    /// A new password, or nothing to have one made. Answer: [`Answer::Secret`].
    Password {
        /// Fewest code points.
        min_length: u64,
        /// Counts from 1.
        attempt: u32,
    },
    /// The same again; where one was made, it is shown first. Answer: [`Answer::Secret`].
    Again {
        /// The passphrase that was made.
        made: Option<Zeroizing<String>>,
    },
    /// Here is the kit; answer when it is written down or saved. Answer: yes (written down),
    /// [`Answer::KitSaved`] or no.
    Kit(Box<Kit>),
    /// One group of the recovery code, typed back. Answer: [`Answer::Secret`].
    KitProof {
        /// 1 to 7.
        group: u8,
        /// Counts from 1.
        attempt: u32,
    },
    /// The password of an account that exists. Answer: [`Answer::Secret`].
    Unlock {
        /// Whose.
        email: String,
        /// Counts from 1.
        attempt: u32,
    },
    /// A new password for an account that exists, or nothing to have one made. Answer:
    /// [`Answer::Secret`].
    NewPassword {
        /// Counts from 1.
        attempt: u32,
    },
    /// The recovery code of an account. Answer: [`Answer::Secret`].
    RecoveryCode {
        /// Whose.
        email: String,
        /// Counts from 1.
        attempt: u32,
    },
    /// The secret key of an account that has one. Answer: [`Answer::Secret`].
    SecretKey {
        /// Whose.
        email: String,
        /// Counts from 1.
        attempt: u32,
    },
    /// The account has a secret key, which a new one would make worthless: shall there be a new
    /// one? Answer: yes or no.
    ReplaceSecretKey {
        /// Whose.
        email: String,
    },
    /// Here is the new secret key; answer when it is written down or saved. Answer: yes (written
    /// down), [`Answer::KitSaved`] or no.
    KeepSecretKey(Box<SecretSheet>),
    /// One group of it, typed back. Answer: [`Answer::Secret`].
    SecretKeyProof {
        /// 1 to 13; the prefix is not counted.
        group: u8,
        /// Counts from 1.
        attempt: u32,
    },
    /// The password once more, to open the account. Answer: [`Answer::Secret`].
    PasswordOnceMore {
        /// Counts from 1.
        attempt: u32,
    },
}

/// What a person, or a script in their place, says.
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Something that is not secret, or hardly: a link.
    Text(Zeroizing<Vec<u8>>),
    /// A text was given that holds no link, and why.
    NoLink(LinkTrouble),
    /// A secret as typed.
    Secret(Zeroizing<Vec<u8>>),
    /// The kit, or the secret key, is in this file.
    KitSaved(String),
    /// There is nobody to ask, and nothing that answers instead.
    Missing(Missing),
    /// The script consents for another address than the invited one.
    NotTheInvited {
        /// The address that `--yes-for` names.
        expected: String,
    },
    /// The answer could not be had or kept: a file, the terminal.
    Trouble(LocalTrouble),
    /// Ctrl-C, a hang-up, the end of input.
    Cancelled,
}

impl Answer {
    /// What ends every question alike, or the answer to this one.
    ///
    /// # Errors
    /// There is no answer: cancelled, nobody to ask, or trouble on this computer.
    pub fn or_halt(self) -> Result<Self, Halt> {
        match self {
            Self::Cancelled => Err(Halt::Cancelled),
            Self::Missing(missing) => Err(Halt::Missing(missing)),
            Self::Trouble(trouble) => Err(Halt::Local(trouble)),
            answer => Ok(answer),
        }
    }
}

/// Who invites whom, where.
#[derive(Clone, Debug)]
pub struct Introduction {
    /// The server.
    pub origin: Origin,
    /// The invite.
    pub invite: InviteId,
    /// The organisation's id.
    pub org: OrgId,
    /// Its name.
    pub organisation: Printable,
    /// The invited address.
    pub email: String,
    /// The person's name.
    pub display_name: Printable,
    /// The end of the invite, seconds since 1970.
    pub expires_at: u64,
    /// The server's clock.
    pub server_time: u64,
    /// Who opened the invite before.
    pub earlier: Earlier,
    /// Whom to ask.
    pub contact: Option<Printable>,
}

/// What the recovery kit says.
pub struct Kit {
    /// The code.
    pub code: RecoveryCode,
    /// The server.
    pub origin: Origin,
    /// The address.
    pub email: String,
    /// The organisation that invited them, where that is known.
    pub organisation: Option<Printable>,
    /// Whether it takes the place of an earlier kit.
    pub replaces: bool,
    /// The realm.
    pub realm: RealmId,
    /// The account.
    pub account: AccountId,
    /// The fingerprint of the new keys.
    pub fingerprint: Fingerprint,
    /// What tells it from an older kit of the account.
    pub number: KitNumber,
}

/// What is written down of a secret key.
pub struct SecretSheet {
    /// The key.
    pub key: SecretKey,
    /// The server.
    pub origin: Origin,
    /// The address.
    pub email: String,
    /// The realm.
    pub realm: RealmId,
    /// The account.
    pub account: AccountId,
    /// The fingerprint of the account's keys.
    pub fingerprint: Fingerprint,
}

/// Something to tell the person.
#[derive(Debug)]
pub enum Notice {
    /// The host that is about to be contacted for the first time.
    Contacting(Origin),
    /// The server is about to be asked about an account that exists.
    Looking {
        /// The server.
        origin: Origin,
        /// Whose account.
        email: String,
    },
    /// Policy members that this version does not know and does not apply.
    UnknownPolicy(Vec<Printable>),
    /// Consent is given; what comes now.
    Plan,
    /// What was typed cannot be a password at all.
    Unusable(PrepareError),
    /// The new password is the present one.
    AsBefore,
    /// The password would be guessed too easily.
    Weak {
        /// Why, the most telling first.
        reasons: Vec<Weakness>,
        /// How far it would get.
        strength: Strength,
        /// The settings that the estimate stands on.
        profile: Profile,
    },
    /// The password is good.
    Strong(Strength, Profile),
    /// The two typings differ; so many tries are left.
    TypingsDiffer {
        /// The next try, from 2.
        attempt: u32,
        /// How many there are.
        of: u32,
    },
    /// They match.
    TypingsMatch,
    /// The keys exist, sealed.
    KeysMade(Fingerprint),
    /// The kit was proven.
    KitProven,
    /// The group was not the one on the kit.
    KitNotProven {
        /// The group that was asked for.
        group: u8,
    },
    /// The group was not the one of the secret key that was shown.
    SecretKeyNotProven {
        /// The group that was asked for.
        group: u8,
    },
    /// That is no secret key; nothing was sent.
    NoSecretKey(CodeError),
    /// New locks are about to be sent.
    Changing {
        /// Bytes of the body.
        bytes: usize,
        /// How many sealed keys are in it, and whether one of them is a password's.
        what: Locks,
    },
    /// That is no recovery code; nothing was sent.
    NoCode(CodeError),
    /// The recovery code opened the account.
    CodeOpened,
    /// The server says that it is not the code of this account.
    CodeOpenedNothing,
    /// The upload is about to be sent.
    Sending {
        /// Bytes of its body.
        bytes: usize,
    },
    /// A saved upload is about to be sent again.
    Resuming {
        /// Whose.
        email: String,
        /// Bytes of its body.
        bytes: usize,
        /// SHA-256 of it.
        digest: [u8; 32],
    },
    /// A saved upload is refused for good; one that was saved before it is tried.
    PassedOver {
        /// Whose.
        email: String,
        /// What the server says of its invite.
        why: ProblemName,
    },
    /// No answer; the next try comes after this.
    Retrying {
        /// The server.
        origin: Origin,
        /// How long until then.
        delay: Duration,
    },
    /// The server has it, and said so with the right receipt.
    Stored {
        /// Bytes.
        bytes: usize,
        /// SHA-256.
        digest: [u8; 32],
    },
    /// The password is about to be asked for once more.
    ProvingPassword,
    /// The account is being opened.
    Checking,
    /// It opened, and everything in it is what was sent.
    Opened,
    /// The account is in another state than the one that this computer remembers.
    ChangedSince {
        /// What differs.
        parts: Vec<BundlePart>,
        /// Whether the account's own key signed it, with a higher count.
        signed: bool,
    },
    /// The account has no statement yet, and the server did not take the first one.
    NoStatement,
    /// That password did not open the account.
    NotOpened {
        /// Tries so far.
        attempt: u32,
        /// Whether the password was chosen in this run; one of an account that exists may have been
        /// changed elsewhere.
        chosen_now: bool,
    },
    /// Password and secret key did not open the account: nobody can tell which of them is wrong.
    NotOpenedByBoth {
        /// Tries so far.
        attempt: u32,
    },
}

/// What a change brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locks {
    /// One that a new password opens.
    Password,
    /// One that a new kit opens.
    Kit,
    /// Both.
    Both,
    /// One that the same password opens together with a new secret key.
    SecretKey,
    /// None; the account is brought into an organisation.
    None,
}

/// The good end of accepting an invite.
#[derive(Debug)]
pub struct Accepted {
    /// What is known about the account now.
    pub pin: Pin,
    /// Whether only a rehearsal took place: nothing was uploaded.
    pub rehearsal: Option<Outbound>,
    /// Whether it had been finished by an earlier run already.
    pub repeated: bool,
    /// What its organisations say of secret keys, where that was heard.
    pub secret_keys: SecretKeys,
}
