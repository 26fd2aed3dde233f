//! A new emergency kit for an account that opens with its password.
//!
//! Promise: the kit was shown and typed back before it is stored, and read back before it counts.
//! It takes the place of the one that the server had.

use super::super::probe::Route;
use super::run::{DialectRun, End};
use super::stop::{DialectStop, Doing};
use super::verify::{DialectAccount, Opened};
use super::{DialectDeed, DialectDone, DialectOptions, Infisical};
use firstkey_core::flow::stop::Reach;
use firstkey_core::flow::world::World;
use rand_core::CryptoRngCore;

/// Runs it.
pub async fn renew_kit<W: World<Infisical>>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    options: DialectOptions,
    known: DialectAccount,
) -> Result<DialectDone, DialectStop> {
    let mut run = DialectRun::new(world, rng, options, Doing::Kit);
    let end = run.renew_kit(known).await;
    run.end(end)
}

impl<W: World<Infisical>> DialectRun<'_, W> {
    async fn renew_kit(&mut self, mut known: DialectAccount) -> End<DialectDone> {
        self.host(&known.origin)?;
        self.first_probe(&known.origin, Route::Invite).await?;
        let Opened { session, unlocked, ticket, mut pin, .. } = self.open(&mut known).await?;
        let origin = known.origin;
        let member = self.look_for_membership(&origin, &session.token, pin.organisation.as_deref()).await?;
        let wanted = pin.organisation.clone();
        // Without it there is no kit to store, so what went wrong is said as it is.
        let token = self.any_organisation(&origin, wanted.as_deref(), &session.token, ticket.is_some()).await?;
        let kit = self.keep_kit(&origin, &pin.identity, &session.secret)?;
        self.patient = true;
        let issued = self.store_kit(&mut pin, &unlocked, &kit, &token).await?;
        if issued {
            self.reach = Reach::Stored;
        }
        if pin.sessions {
            self.end_sessions_of(&mut pin, Some(&token)).await?;
        }
        self.end_session(&origin, &token).await;
        Ok(DialectDone {
            deed: DialectDeed::NewKit,
            identity: pin.identity.clone(),
            pin: Some(pin),
            origin,
            member,
            kit: Some(issued),
            rehearsal: None,
        })
    }
}
