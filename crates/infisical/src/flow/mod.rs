//! What is done on such a server, in which order. All policy of the dialect lives here.
//!
//! Unlike the state machines of our own protocol these flows are straight functions: a dozen calls
//! in a row read best as a dozen lines. They are as pure: everything outside is asked of a
//! [`World`](firstkey_core::flow::world::World), one thing at a time (it is borrowed mutably), and
//! randomness and the time are arguments. A test is a world in memory.
//!
//! Promise: the probe passed right before anything sensitive leaves; nothing that may have happened
//! is sent again; success is said only of what was read back and opened. Must never: do I/O, print,
//! or hold a sentence.

pub mod accept;
mod change;
mod choose;
mod complete;
mod issue;
mod login;
mod look;
mod patience;
mod prove;
mod recover;
mod renew_kit;
mod resume;
mod run;
mod stop;
mod verify;

pub use change::change;
pub use recover::{Recovery, recover};
pub use renew_kit::renew_kit;
pub use stop::{DialectReason, DialectStop, Doing, Left, Refused, SoFar};
pub use verify::{DialectAccount, KitCheck, verify};

use super::answer::Membership;
use super::door::Request;
use super::keys::StretchJob;
use super::kit::{Fingerprint, Kit};
use super::link::Trouble;
use super::pin::Pin;
use super::rules::Unfit;
use firstkey_core::crypto::strength::Strength;
use firstkey_core::flow::world::Protocol;
use firstkey_core::secret::MasterKey;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::text::Printable;
use std::convert::Infallible;
use std::time::Duration;
use zeroize::Zeroizing;

/// The protocol of those servers.
pub enum Infisical {}

impl Protocol for Infisical {
    type Question = DialectQuestion;
    type Notice = DialectNotice;
    /// There is only one.
    type Cost = ();
    type Job = StretchJob;
    type Stretched = MasterKey;
    type Request = Request;
    /// A request carries its own token.
    type Session = Infallible;
    type Pin = Pin;
}

/// What is asked of the person.
pub enum DialectQuestion {
    /// A link; why. Answer: text.
    Link(LinkWish),
    /// A host in punycode: is it really this one? Yes or no.
    Host(Origin),
    /// Is this you, and do you want this? Yes, no or
    /// [`NotTheInvited`](firstkey_core::flow::Answer::NotTheInvited).
    Consent(Box<LinkFacts>),
    /// First name, as colleagues will see it. Text.
    FirstName,
    /// Last name. Text.
    LastName,
    /// A new password, or nothing to have one made. Secret.
    NewPassword {
        /// Counts from 1.
        attempt: u32,
    },
    /// The same again; where one was made, it is shown first. Secret.
    Again {
        /// The passphrase that was made.
        made: Option<Zeroizing<String>>,
    },
    /// Here is the kit; yes when it was kept.
    Kit(Box<Kit>),
    /// One group of the kit's secret, typed back. Secret.
    KitProof {
        /// 1 to 8.
        group: u8,
    },
    /// Six digits from a mail. Text.
    Digits(Digits),
    /// The password that the account has. Secret.
    Password {
        /// Counts from 1.
        attempt: u32,
    },
    /// The page of a kit that was to go to a file and is there already, if it is. Text.
    KitAtHand,
    /// The secret of the kit. Secret.
    KitSecret {
        /// Counts from 1.
        attempt: u32,
    },
}

/// Which digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digits {
    /// Those that prove the address after a first sign-in.
    Address,
    /// Those of a log-in in two steps.
    LogIn,
}

/// Why a link is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkWish {
    /// The last paste was none.
    Better(Trouble),
    /// The mail's link leads to the company's sign-in; what comes back from there is needed.
    SignIn(Origin),
    /// The address is proven; the sign-in must be done once more.
    SignInAgain,
    /// The sign-in was too long ago.
    Expired,
    /// The link is for something else than what is done here.
    OtherKind,
    /// A mail for setting a new password was asked for.
    Reset(Origin),
}

/// What a link is for: whose account, where.
#[derive(Clone, Debug)]
pub struct LinkFacts {
    /// The server.
    pub origin: Origin,
    /// The account's user name there.
    pub account: String,
    /// The address, where it is another.
    pub email: String,
    /// The organisation: its name where the sign-in told it, else its id.
    pub organisation: Printable,
    /// Whether they signed in at their company.
    pub signed_in: bool,
    /// Whether it is for recovery.
    pub recovery: bool,
}

/// What is told along the way.
#[derive(Debug)]
pub enum DialectNotice {
    /// The host is about to be contacted for the first time.
    Contacting(Origin),
    /// It is of the reference era: it never gets the password.
    RightEra,
    /// What comes now.
    Plan,
    /// The password cannot be set, and why.
    Unfit(Unfit),
    /// It can.
    Fit(Strength),
    /// Another keyboard would write it with other bytes.
    NotTheSameEverywhere,
    /// The two typings differ.
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
    /// The kit was kept.
    KitProven,
    /// That group was another.
    KitNotProven {
        /// Which was asked for.
        group: u8,
    },
    /// The invite's code is about to be used up, and the keys sent right after it.
    Sending,
    /// The server has the keys.
    Stored,
    /// The answer was lost; whether it is stored is found out by logging in.
    FindingOut,
    /// What is stored is what was sent, byte for byte.
    ReadBack,
    /// The kit is stored with the server, and what it returns opens.
    KitStored,
    /// The kit could not be stored there; the page still opens its own copy.
    KitNotStored,
    /// These other memberships were accepted with it.
    AlsoIn(Vec<Membership>),
    /// The account is complete, but no member of the organisation.
    NotAMember(Printable),
    /// The account was complete before: only the membership is new, and what was made here is not
    /// used.
    NothingMade,
    /// No answer; the next try comes after this.
    Retrying {
        /// The server.
        origin: Origin,
        /// How long until then.
        delay: Duration,
        /// Whether the server answered that it takes no more for now.
        busy: bool,
    },
    /// The account was completed by an earlier run, from here or elsewhere, and is opened now.
    CompleteBefore,
    /// A lock that this computer does not know: the password was changed elsewhere, or the server
    /// lies. Nothing is believed until it opens the pinned key.
    LockChanged,
    /// A change that was begun here and broken off is stored: the new password counts.
    ChangeArrived,
    /// It is not: the old one counts.
    ChangeNotArrived,
    /// The pin was renewed: the same private key, under a lock that was made elsewhere.
    Renewed,
    /// The keys open, and were not made on this computer.
    NotMadeHere,
    /// The server has no emergency kit for the account.
    NoKitStored,
    /// It has another than the one that was made here.
    OtherKitStored,
    /// The kit opens the account's key.
    KitOpens,
    /// A kit of an earlier run does not count any more.
    KitReplaced,
    /// The digits were wrong.
    WrongDigits,
    /// The password did not open the account.
    NotOpened,
    /// The kit's secret did not fit.
    WrongKitSecret,
    /// The server returned another kit than this one; the page's own copy is used.
    OwnCopy,
    /// A mail was asked for; whether it comes the server does not say.
    ResetAsked(Origin),
    /// The server calls the account by another name than when it was completed.
    Renamed(Printable),
    /// Other sessions could not be ended.
    SessionsLeft,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialectDeed {
    /// The account was completed with keys of its own.
    Completed,
    /// A complete account became a member.
    Joined,
    /// The account opens, and is the one that was pinned.
    Verified,
    /// It has a new password, by kit.
    Recovered,
    /// It has a new password.
    Changed,
    /// It has a new emergency kit.
    NewKit,
    /// Nothing was sent but the probe.
    Rehearsed,
}

/// The good end.
pub struct DialectDone {
    /// What was done.
    pub deed: DialectDeed,
    /// What is known of the account now; nothing of one that only joined and was not made here.
    pub pin: Option<Pin>,
    /// The server.
    pub origin: Origin,
    /// The account.
    pub identity: String,
    /// Whether it is a member of the organisation of the invite, or of any where none is known;
    /// nothing where that was not looked up.
    pub member: Option<bool>,
    /// Whether the server keeps an emergency kit for it; nothing where that was not looked up.
    pub kit: Option<bool>,
    /// What would have been sent.
    pub rehearsal: Option<Request>,
}

/// What every flow knows before it begins.
#[derive(Default)]
pub struct DialectOptions {
    /// Accounts that this machine remembers.
    pub pins: Vec<Pin>,
    /// Seconds since 1970.
    pub now: u64,
    /// Stop right before anything is used up.
    pub rehearsal: bool,
}
