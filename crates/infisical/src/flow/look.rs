//! What an account has beside its keys, looked up: is it a member, is a kit stored.
//!
//! Promise: nothing is said of either that was not looked up in this run, and a look-up that fails
//! ends no run whose work is done. Must never: change anything.

use super::super::answer;
use super::super::door::{Call, Request};
use super::super::keys::{Backup, Sealed};
use super::super::pin::Pin;
use super::super::says::Says;
use super::run::{DialectRun, End, Outcome};
use super::stop::DialectReason;
use super::{DialectNotice, Infisical};
use firstkey_core::flow::world::World;
use firstkey_core::secret::TokenText;
use firstkey_core::wire::origin::Origin;
use firstkey_core::wire::text::Printable;

/// What the server keeps in the place of an emergency kit.
pub(super) enum StoredKit {
    /// Nothing.
    None,
    /// This.
    One(Sealed<Backup>),
    /// It does not say.
    Unknown,
}

impl StoredKit {
    /// Whether there is one, as far as that is known.
    pub(super) fn is_there(&self) -> Option<bool> {
        match self {
            Self::None => Some(false),
            Self::One(_) => Some(true),
            Self::Unknown => None,
        }
    }
}

impl<W: World<Infisical>> DialectRun<'_, W> {
    /// The kit that is stored.
    pub(super) async fn stored_kit(&mut self, origin: &Origin, token: &TokenText) -> End<StoredKit> {
        let request = Request::bare(origin, Call::FetchKit).bearing(token);
        match self.send(&request).await? {
            Outcome::Good(fields) => Ok(StoredKit::One(answer::kit(fields)?)),
            Outcome::Says(Says::NoKit) => Ok(StoredKit::None),
            Outcome::Says(_) => Ok(StoredKit::Unknown),
            Outcome::Lost(why) => Err(DialectReason::Unreachable(why)),
        }
    }

    /// Looks whether a kit is stored, and tells if it is none or another than was made here.
    pub(super) async fn look_for_kit(&mut self, token: &TokenText, pin: &mut Pin) -> End<Option<bool>> {
        let origin = pin.origin.clone();
        let stored = match self.stored_kit(&origin, token).await {
            Err(DialectReason::Cancelled) => return Err(DialectReason::Cancelled),
            stored => stored.unwrap_or(StoredKit::Unknown),
        };
        match &stored {
            StoredKit::None => self.tell(&DialectNotice::NoKitStored),
            StoredKit::One(sealed) => {
                let before = pin.clone();
                let made_here = pin.settle_kit(sealed.digest());
                if *pin != before {
                    self.keep(pin)?;
                }
                if !made_here && pin.kit.is_some() {
                    self.tell(&DialectNotice::OtherKitStored);
                }
            }
            StoredKit::Unknown => {}
        }
        Ok(stored.is_there())
    }

    /// Looks whether the account is a member of `organisation`, or of any where that is not known,
    /// and tells if it is not.
    pub(super) async fn look_for_membership(
        &mut self,
        origin: &Origin,
        token: &TokenText,
        organisation: Option<&str>,
    ) -> End<Option<bool>> {
        let memberships = match self.memberships(origin, token).await {
            Err(DialectReason::Cancelled) => return Err(DialectReason::Cancelled),
            Err(_) => return Ok(None),
            Ok(memberships) => memberships,
        };
        let member = organisation.map_or(!memberships.is_empty(), |id| memberships.iter().any(|one| one.id == id));
        if let (false, Some(id)) = (member, organisation) {
            self.tell(&DialectNotice::NotAMember(Printable::from_untrusted(id)));
        }
        Ok(Some(member))
    }
}
