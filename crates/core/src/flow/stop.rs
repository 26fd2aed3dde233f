//! Why a flow stopped before its good end: what a person can act on.
//!
//! Promise: every stop says how far things got ([`Reach`]). `exit` gives each its code and exit
//! code, `ui/text` its sentences. Must never: hold a sentence or a secret.

use super::tried::Earlier;
use crate::crypto::context::InviteId;
use crate::wire::inbound::Problem;
use crate::wire::link::LinkTrouble;
use crate::wire::origin::Origin;
use crate::wire::refusal::Refusal;
use std::fmt;

/// How far things got on the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Nothing was sent.
    NothingSent,
    /// At most questions were sent; nothing was changed.
    NothingChanged,
    /// A code from a mail was used up; no keys were sent. Only the other dialect has such codes.
    CodeUsed,
    /// An upload was made and saved in this run; no byte of it can have left this computer.
    Saved,
    /// An upload of an earlier run was taken up; no byte of it can have left in this one. Whether
    /// an earlier one brought it there is not known.
    SavedBefore,
    /// A change was sent, or may have been; whether it is stored is not known.
    Unknown,
    /// The change is stored.
    Stored,
}

/// Why flows of one family stop.
pub trait Reason: From<Halt> + From<GaveUp> {
    /// What a flow of the family is about.
    type Subject: Clone + fmt::Debug;
}

/// The bad end of a flow.
#[derive(Clone, Debug)]
pub struct Stop<R: Reason> {
    /// Why.
    pub why: R,
    /// How far it got.
    pub reach: Reach,
    /// The server, once it was known.
    pub origin: Option<Origin>,
    /// What the flow was about.
    pub subject: R::Subject,
}

/// The bad end of accepting an invite.
pub type AcceptStop = Stop<AcceptReason>;

/// What ends every question and every effect alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The person stopped the program.
    Cancelled,
    /// There is nobody to ask.
    Missing(Missing),
    /// This computer could not.
    Local(LocalTrouble),
    /// There was no answer.
    Silent(NoAnswer),
}

impl From<LocalTrouble> for Halt {
    fn from(trouble: LocalTrouble) -> Self {
        Self::Local(trouble)
    }
}

impl Reason for AcceptReason {
    /// The invite, once it was known.
    type Subject = Option<InviteId>;
}

impl GaveUp {
    /// For "no" to an invite that was opened so before.
    pub(super) fn no_to_invite(earlier: &Earlier) -> Self {
        if earlier.elsewhere > 0 { Self::OpenedBefore } else { Self::NotYou }
    }
}

impl From<Halt> for AcceptReason {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Cancelled => Self::Cancelled,
            Halt::Missing(missing) => Self::Missing(missing),
            Halt::Local(trouble) => Self::Local(trouble),
            Halt::Silent(why) => Self::Unreachable(why),
        }
    }
}

impl From<GaveUp> for AcceptReason {
    fn from(how: GaveUp) -> Self {
        Self::GaveUp(how)
    }
}

impl From<Refusal> for AcceptReason {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Why accepting an invite stopped.
#[derive(Clone, Debug)]
pub enum AcceptReason {
    /// Ctrl-C, a signal, a hang-up.
    Cancelled,
    /// The person chose not to go on, or ran out of tries.
    GaveUp(GaveUp),
    /// There is nobody to ask.
    Missing(Missing),
    /// The script consents for somebody else.
    NotTheInvited {
        /// The address that `--yes-for` names.
        expected: String,
        /// The invited address.
        invited: String,
    },
    /// The pasted text is no usable invite link.
    Link(LinkTrouble),
    /// The server refuses the invite.
    Invite(Problem),
    /// This program refuses what the server said.
    Refused(Refusal),
    /// The server reported a problem that does not fit.
    ServerProblem(Problem),
    /// This computer cannot.
    Local(LocalTrouble),
    /// No answer; nothing was changed.
    Unreachable(NoAnswer),
    /// No answer to the upload; it is saved and can be sent again.
    Paused(NoAnswer),
    /// The account is stored, and the password did not open it.
    NotOpened,
    /// The invite adds an existing account to an organisation: another flow goes on with
    /// [`super::accept::Accept::take_joining`].
    JoinsOnly,
    /// The link that was asked for again is not the one of the saved upload.
    OtherInvite,
    /// Nothing to resume.
    NothingSaved,
    /// The driver broke its contract; a bug.
    OutOfStep,
}

/// How a person gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GaveUp {
    /// "Is this you?" was answered with no.
    NotYou,
    /// It was answered with no, and the invite had been opened before.
    OpenedBefore,
    /// The punycode host was not confirmed.
    Host,
    /// The replacement of the keys was not agreed to.
    Reset,
    /// The two typings differed too often.
    TypingsDiffer,
    /// Too many passwords were refused.
    WeakPasswords,
    /// The kit was not written down.
    Kit,
    /// The group was typed wrong too often.
    KitProof,
    /// The secret key was not written down.
    SecretKey,
    /// A group of it was typed wrong too often.
    SecretKeyProof,
    /// The present secret key is to stay.
    ReplaceSecretKey,
}

/// What nobody was there to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The invite link.
    Invite,
    /// The consent.
    Consent,
    /// The consent to a replacement of the keys.
    Reset,
    /// The password.
    Password,
    /// The password that takes its place.
    NewPassword,
    /// Where the kit goes.
    Kit,
    /// The recovery code of a kit that exists.
    RecoveryCode,
    /// The secret key of an account that has one.
    SecretKey,
    /// Where a new secret key goes.
    SecretKeyOut,
    /// The consent to a new secret key in the place of the present one.
    ReplaceSecretKey,
    /// The confirmation of a punycode host.
    Host,
    /// The secret of an emergency kit, in the other dialect.
    KitSecret,
    /// First and last name, in the other dialect.
    Name,
    /// Six digits from a mail, in the other dialect.
    Digits,
    /// Which account is meant.
    Account,
}

/// No answer, as the transport saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The name does not resolve.
    NoSuchHost,
    /// Nobody listens, or the network is down: nothing arrived.
    NoConnection,
    /// The certificate was not acceptable: nothing was sent.
    Certificate,
    /// The certificate was not acceptable at the time that this computer's clock shows: nothing was
    /// sent.
    CertificateDates,
    /// No connection within the limit: nothing was sent.
    NotConnected,
    /// The connection broke.
    Broken,
    /// There was a connection, and no answer within the limit.
    TimedOut,
    /// The server said that it cannot answer now.
    Busy,
}

impl NoAnswer {
    /// Whether it would be the same again in a few seconds: a bad certificate and an unknown name
    /// do not mend themselves, and a server that kept us waiting for a minute would do it again.
    pub fn lasts(self) -> bool {
        match self {
            Self::NoSuchHost | Self::Certificate | Self::CertificateDates | Self::NotConnected | Self::TimedOut => true,
            Self::NoConnection | Self::Broken | Self::Busy => false,
        }
    }

    /// Whether the request may have been seen by somebody.
    pub fn may_have_arrived(self) -> bool {
        match self {
            Self::NoSuchHost | Self::NoConnection | Self::NotConnected | Self::Certificate | Self::CertificateDates => {
                false
            }
            Self::Broken | Self::TimedOut | Self::Busy => true,
        }
    }
}

/// What this computer could not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalTrouble {
    /// Argon2id needs more memory than there is.
    NotEnoughMemory {
        /// KiB needed.
        needed_kib: u64,
        /// KiB available.
        available_kib: u64,
    },
    /// The state folder or a file in it.
    State {
        /// What is wrong.
        trouble: StorageTrouble,
        /// Where.
        path: String,
    },
    /// The kit file that the person named.
    KitFile {
        /// What is wrong.
        trouble: StorageTrouble,
        /// Where.
        path: String,
    },
    /// A page to print cannot show a name that the kit has to say.
    KitLetters {
        /// The name: an address or an organisation.
        text: String,
        /// Where the page was to go.
        path: String,
    },
    /// The file for a new secret key that the person named.
    SecretKeyFile {
        /// What is wrong.
        trouble: StorageTrouble,
        /// Where.
        path: String,
    },
    /// A file or descriptor that was to give the invite or the password.
    Input {
        /// What is wrong.
        trouble: StorageTrouble,
        /// Which.
        path: String,
    },
    /// The system allows no more threads, or the computation died.
    NoThreads,
    /// Another run works on the same account.
    Busy,
    /// The terminal.
    Terminal,
    /// The operating system's random generator.
    Random,
    /// Keys did not open again right after they were sealed: faulty memory.
    SelfCheck,
}

/// What can be wrong with a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageTrouble {
    /// It belongs to somebody else.
    NotOurs,
    /// Group or others may read or write it.
    TooOpen,
    /// It is a link, or no plain file.
    Link,
    /// The disk is full.
    Full,
    /// Read-only, or not permitted.
    ReadOnly,
    /// It exists already.
    Exists,
    /// It is not there.
    Missing,
    /// The folder that it is to be in is not there.
    NoFolder,
    /// Its contents are cut off or altered.
    Damaged,
    /// It holds more than can be right.
    TooLong,
    /// It holds several things, and one alone can be meant.
    Several,
    /// Anything else.
    Other,
}
