//! An account that exists: opened with its password, and compared with what this computer remembers
//! of it.
//!
//! ```text
//! host -> login/params -> compared with the pin -> password -> stretch -> login/start -> server's key compared -> login/finish
//!      -> bundle verified, compared, opened -> pin stored -> done
//! ```
//!
//! Written as an async function over a [`World`](super::world::World): the compiler makes the state
//! machine, the world performs one effect at a time, and a test that answers at once runs a whole
//! flow without a runtime. Promise: a changed identity or an older generation never passes for the
//! account that was pinned; one attempt at the server for each typed password. Must never: do I/O,
//! hold a sentence, or store a pin before everything opened.

mod change;
mod choose;
mod join;
mod kit;
mod lock;
pub(super) mod login;
mod password;
mod people;
mod recover;
mod replace;
mod run;
mod secret_key;
mod sessions;
mod statement;
pub mod stop;
mod unlock;
mod verify;

pub use join::join;
pub use kit::change_kit;
pub use password::change_password;
pub use people::{FoundPeer, Sight, find, peer_of};
pub use recover::{KitOnFile, recover};
pub use secret_key::change_secret_key;
pub use sessions::{Ending, Seen, sessions};
pub use unlock::unlock;
pub use verify::{KitWish, log_in, verify};

use super::checkpoint::Pin;
use crate::crypto::recovery::KitNumber;
use crate::wire::asked::SecretKeys;
use crate::wire::origin::Origin;
use crate::wire::text::Printable;

/// Which account a command is about.
#[derive(Clone, Debug)]
pub struct Known {
    /// The server.
    pub origin: Origin,
    /// The person's address.
    pub email: String,
    /// What this computer remembers of it; nothing on a computer that never saw it.
    pub pin: Option<Pin>,
}

impl Known {
    /// The organisation that brought this account here first, if that was on this computer.
    pub fn organisation(&self) -> Option<&Printable> {
        Some(&self.pin.as_ref()?.memberships.first()?.organisation)
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Nothing was changed; the account opens.
    Verified,
    /// Nothing was changed; the account opens, and this computer remembers it from now on.
    LoggedIn,
    /// Nothing was changed; the account opens, and the kit is its kit.
    KitVerified,
    /// The account has a new password, and opens with it.
    PasswordChanged,
    /// The account is a member of one more organisation.
    Joined,
    /// The account has a new kit.
    KitChanged,
    /// The account has a new password, with which it opens, and a new kit.
    Recovered,
    /// The account has a new secret key, and opens with it and the password.
    SecretKeyMade,
    /// Its sessions were listed, and some were ended if that was wished.
    SessionsSeen,
}

/// The good end.
#[derive(Debug)]
pub struct Done {
    /// What was done.
    pub deed: Deed,
    /// The account as it was opened.
    pub pin: Pin,
    /// Whether this computer saw it for the first time: then there was nothing to compare with.
    pub first_seen: bool,
    /// The number of the kit that the account has now.
    pub kit: KitNumber,
    /// What its organisations say of secret keys.
    pub secret_keys: SecretKeys,
}
