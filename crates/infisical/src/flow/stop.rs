//! Why a flow stopped before its good end.
//!
//! Promise: every stop says how far things got; `ui/text/infisical.rs` has the words. Must never:
//! hold a sentence or a secret.

use super::super::answer::Nonsense;
use super::super::door::Call;
use super::super::link::Trouble;
use super::super::probe::NotThisEra;
use super::super::says::Says;
use firstkey_core::flow::stop::{GaveUp, Halt, LocalTrouble, Missing, NoAnswer, Reason, Stop};

/// The bad end of a flow of this dialect.
pub type DialectStop = Stop<DialectReason>;

impl Reason for DialectReason {
    type Subject = SoFar;
}

/// What a run was for, and what left of what was made from secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SoFar {
    /// What it was for.
    pub doing: Doing,
    /// What left.
    pub left: Left,
}

/// What a run is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Doing {
    /// Completing an account, or joining with one.
    #[default]
    Accept,
    /// Seeing whether an account opens.
    Verify,
    /// A new password by kit.
    Recover,
    /// A new password by the old one.
    Change,
    /// A new emergency kit.
    Kit,
}

/// The most that left in a run of what was made from the password or the keys, whatever the server
/// said to it: what was refused has arrived all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    /// Nothing of that kind.
    #[default]
    Nothing,
    /// The proof of a log-in.
    Proof,
    /// Encrypted keys with the verifier.
    Keys,
}

impl From<Halt> for DialectReason {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Cancelled => Self::Cancelled,
            Halt::Missing(missing) => Self::Missing(missing),
            Halt::Local(trouble) => Self::Local(trouble),
            Halt::Silent(why) => Self::Unreachable(why),
        }
    }
}

impl From<GaveUp> for DialectReason {
    fn from(how: GaveUp) -> Self {
        Self::GaveUp(how)
    }
}

/// What this program does not accept from a server, or about one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// An answer that is none.
    Nonsense(Nonsense),
    /// What is stored is not what was sent; which part.
    Differs(&'static str),
    /// What it returned does not open, or does not belong together.
    Keys,
    /// Another salt than the account's.
    OtherSalt,
    /// Another public key than the account's.
    OtherKey,
    /// Older or other ciphertexts than were stored last.
    OtherVault,
    /// It returns the verifier, as servers of later generations do.
    ShowsVerifier,
    /// It wants new keys for an account that was completed here.
    Forgotten,
}

/// Why a flow of this dialect stopped.
#[derive(Clone, Debug)]
pub enum DialectReason {
    /// Ctrl-C, a signal, a hang-up.
    Cancelled,
    /// The person chose not to go on, or ran out of tries.
    GaveUp(GaveUp),
    /// There is nobody to ask.
    Missing(Missing),
    /// The script consents for somebody else.
    NotTheInvited {
        /// The address that it names.
        expected: String,
        /// The invited one.
        invited: String,
    },
    /// The text is no usable link.
    Link(Trouble),
    /// The person must sign in at their company first.
    SignInFirst,
    /// The sign-in names no organisation: completing would found a new one.
    NoOrganisation,
    /// The account is complete.
    AlreadyComplete,
    /// The link is for another account than what was begun.
    OtherAccount,
    /// A link for something else.
    OtherKind,
    /// The server is not of the reference era.
    Era(NotThisEra),
    /// Refused for security, or nonsense.
    Refused(Refused),
    /// The server refused.
    Says(Call, Says),
    /// No answer; nothing was changed.
    Unreachable(NoAnswer),
    /// No answer to something that may have happened.
    Lost(Call, NoAnswer),
    /// The account is complete with keys that are not the ones in hand.
    SomebodyElse,
    /// The code is gone, and a run on this computer had begun to use it.
    CodeSpentHere,
    /// The new lock is stored, says the server; it takes another sign-in to see it open.
    NotSeenOpen,
    /// The password, or the kit, does not open the account.
    NotOpened,
    /// No account of such a server is known here.
    NothingKnown,
    /// This computer cannot.
    Local(LocalTrouble),
}

impl From<Refused> for DialectReason {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Nonsense> for DialectReason {
    fn from(nonsense: Nonsense) -> Self {
        Self::Refused(Refused::Nonsense(nonsense))
    }
}
