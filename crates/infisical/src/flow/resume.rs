//! An account that is complete when somebody comes to complete it: an earlier run did it, and was
//! stopped before it could say so, or was not.
//!
//! Promise: no keys are made, and the pin of the account stays until its keys were opened. A kit
//! that the earlier run could not store is stored, or another is made in its place. Must never: be
//! taken for an account of which this computer remembers nothing; that one may be anybody's.

use super::super::door::{Call, Request};
use super::super::keys::PublicKey;
use super::super::kit::{Fingerprint, Kit};
use super::super::link::Ticket;
use super::super::pin::Pin;
use super::super::says::Says;
use super::login::Who;
use super::look::StoredKit;
use super::run::{DialectRun, End};
use super::verify::{DialectAccount, Opened};
use super::{DialectDeed, DialectDone, DialectNotice, DialectQuestion, Infisical};
use firstkey_core::flow::Answer;
use firstkey_core::flow::stop::Reach;
use firstkey_core::flow::world::World;
use firstkey_core::secret::{TokenText, X25519Secret};
use firstkey_core::wire::origin::Origin;

/// What the server says of an account before anything is sent for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It has keys.
    Complete,
    /// There is none with keys.
    Absent,
    /// It does not say.
    Unclear,
}

impl<W: World<Infisical>> DialectRun<'_, W> {
    /// Whether an account of that name is complete.
    pub(super) async fn presence(&mut self, who: &Who<'_>) -> End<Presence> {
        Ok(match self.salt(who).await? {
            // Whoever has to sign in first has an account to sign in to.
            Ok(_) | Err(Says::SignInFirst) => Presence::Complete,
            Err(Says::NoAccount) => Presence::Absent,
            Err(_) => Presence::Unclear,
        })
    }

    /// Opens the account with its password, and does what an earlier run left undone.
    pub(super) async fn resume(
        &mut self,
        origin: &Origin,
        pin: Pin,
        organisation: &str,
        ticket: Option<Ticket>,
    ) -> End<DialectDone> {
        self.tell(&DialectNotice::CompleteBefore);
        let was_confirmed = pin.confirmed;
        let identity = pin.identity.clone();
        let mut known = DialectAccount { origin: origin.clone(), identity, pin: Some(pin), ticket };
        let Opened { session, unlocked, ticket, mut pin, .. } = self.open(&mut known).await?;
        self.reach = Reach::Stored;
        self.tell(&DialectNotice::KeysMade(Fingerprint::of(&session.vault.public_key)));
        let member = self.look_for_membership(origin, &session.token, Some(organisation)).await?;
        let stored = self.stored_kit(origin, &session.token).await?;
        let made_here = matches!(&stored, StoredKit::One(sealed) if pin.settle_kit(sealed.digest()));
        self.keep(&pin)?;
        let keeps = made_here || (was_confirmed && !matches!(stored, StoredKit::None));
        let token = if keeps && !pin.sessions {
            None
        } else {
            self.organisation_token(origin, Some(organisation), &session.token, ticket.is_some()).await?
        };
        let kit = match &token {
            _ if keeps => stored.is_there(),
            None => {
                self.tell(&DialectNotice::KitNotStored);
                stored.is_there()
            }
            Some(token) => {
                let kit = self.kit_again(origin, &pin.identity, &session.secret)?;
                Some(self.store_kit(&mut pin, &unlocked, &kit, token).await?)
            }
        };
        if pin.sessions {
            self.end_sessions_of(&mut pin, token.as_ref()).await?;
        }
        if let Some(token) = &token {
            self.end_session(origin, token).await;
        }
        self.log_out(origin, &session).await;
        Ok(DialectDone {
            deed: DialectDeed::Completed,
            identity: pin.identity.clone(),
            pin: Some(pin),
            origin: origin.clone(),
            member,
            kit,
            rehearsal: None,
        })
    }

    /// The kit that the earlier run wrote to the file that was named, if it is one of these keys;
    /// else another, shown and proven.
    fn kit_again(&mut self, origin: &Origin, identity: &str, secret: &X25519Secret) -> End<Kit> {
        if let Answer::Text(page) = self.ask(DialectQuestion::KitAtHand)?
            && let Some(kit) = Kit::read(&page)
            && (&kit.origin, &*kit.identity, kit.public_key) == (origin, identity, PublicKey::of(secret))
        {
            return Ok(kit);
        }
        self.tell(&DialectNotice::KitReplaced);
        self.keep_kit(origin, identity, secret)
    }

    /// Ends one session by its token.
    pub(super) async fn end_session(&mut self, origin: &Origin, token: &TokenText) {
        let request = Request::bare(origin, Call::LogOut).bearing(token);
        let _ = self.world.send(&request, None).await;
    }
}
