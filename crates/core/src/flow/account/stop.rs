//! Why a flow on an account that exists stopped.
//!
//! Promise: every stop is something that a person can act on. Must never: hold a sentence or a
//! secret.

use crate::crypto::context::SessionId;
use crate::crypto::recovery::KitNumber;
use crate::flow::Locks;
use crate::flow::held::RolledBack;
use crate::flow::peer::PeerTrouble;
use crate::flow::stop::{GaveUp, Halt, LocalTrouble, Missing, NoAnswer, Reason, Stop};
use crate::wire::inbound::Problem;
use crate::wire::refusal::Refusal;

/// The bad end of a flow on an account that exists.
pub type AccountStop = Stop<AccountReason>;

impl Reason for AccountReason {
    /// What would have been changed.
    type Subject = Locks;
}

impl From<Halt> for AccountReason {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Cancelled => Self::Cancelled,
            Halt::Missing(missing) => Self::Missing(missing),
            Halt::Local(trouble) => Self::Local(trouble),
            Halt::Silent(why) => Self::Unreachable(why),
        }
    }
}

impl From<GaveUp> for AccountReason {
    fn from(how: GaveUp) -> Self {
        Self::GaveUp(how)
    }
}

impl From<Refusal> for AccountReason {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Why a flow on an account that exists stopped.
#[derive(Clone, Debug)]
pub enum AccountReason {
    /// Ctrl-C, a signal, a hang-up.
    Cancelled,
    /// The person chose not to go on, or ran out of tries.
    GaveUp(GaveUp),
    /// There is nobody to ask.
    Missing(Missing),
    /// This computer cannot.
    Local(LocalTrouble),
    /// No account is remembered here, and none was named.
    NothingKnown,
    /// Several accounts are remembered here, and none was named.
    Several(Vec<String>),
    /// The server that was named has no usable address.
    NoSuchServer,
    /// No answer.
    Unreachable(NoAnswer),
    /// This program refuses what the server said.
    Refused(Refusal),
    /// The server reported a problem.
    Problem(Problem),
    /// The server shows something else than this computer remembers.
    Changed(Change),
    /// The script consents for another address than the invited one.
    NotTheInvited {
        /// The address that `--yes-for` names.
        expected: String,
        /// The invited one.
        invited: String,
    },
    /// The password does not open the account.
    NotOpened,
    /// The recovery code does not open the account.
    CodeOpensNothing,
    /// The account was opened by its password, and this code is not the one of its kit.
    NotTheNewestKit {
        /// The number that a kit with this code has.
        this: KitNumber,
        /// The number of the kit that the account has now.
        newest: KitNumber,
    },
    /// The kit is of another account.
    OtherKit,
    /// Password and secret key do not open the account: one of them is not right.
    NotOpenedByBoth,
    /// What was given is no secret key.
    NoSecretKey,
    /// No organisation of the account uses secret keys.
    SecretKeysOff,
    /// An organisation of the account requires a secret key, and it has none.
    SecretKeyRequired,
    /// The account's server is of the other dialect, in which this command does not exist.
    NotThere,
    /// The account has no session with the id that was given.
    NoSuchSession(SessionId),
    /// The fingerprint that was given is not that of the account.
    OtherFingerprint,
    /// What the server shows of a colleague is not what is remembered, or not what was typed.
    Peer(Box<PeerTrouble>),
}

/// What differs from what is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another realm or account stands at this address.
    Account,
    /// Its keys are of an older generation.
    OlderKeys,
    /// Its keys are of a newer generation, or others of the same.
    OtherKeys,
    /// The server's own OPAQUE key.
    ServerKey,
    /// It says that there is no secret key, where there was one.
    SecretKeyGone,
    /// Its locks are those of before, or others of the same count, or no longer signed for.
    RolledBack(RolledBack),
}
