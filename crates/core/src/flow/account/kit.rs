//! A new recovery kit for the same keys: a new envelope 2 and a new recovery key; password and
//! everything else stay.
//!
//! ```text
//! opened with the password -> the kit shown, and proven to have been kept -> logged in once more -> account/kit -> receipt
//!      -> logged in again -> the bundle compared, byte for byte -> done
//! ```
//!
//! Promise: the old kit opens the account until the server has stored the new one, and the new one
//! from then on; nothing is sent before the person has the new one.

use super::change::Expectation;
use super::run::{End, Run};
use super::statement;
use super::stop::{AccountReason, AccountStop};
use super::{Deed, Done, Known};
use crate::flow::world::World;
use crate::flow::{Locks, Notice};
use crate::wire::change;
use rand_core::CryptoRngCore;

/// Runs it.
pub async fn change_kit<W: World>(
    world: &mut W,
    rng: &mut dyn CryptoRngCore,
    known: Known,
) -> Result<Done, AccountStop> {
    let mut run = Run::new(world, rng);
    run.subject = Locks::Kit;
    let end = run.change_kit(known).await;
    run.end(end).await
}

impl<W: World> Run<'_, W> {
    async fn change_kit(&mut self, known: Known) -> End<Done> {
        self.greet(&known)?;
        let params = self.params(&known).await?;
        let open = self.open(&known, &params).await?;
        let kit = self.lock_by_kit(&known, &open.holder())?;
        // Whoever writes by hand may take longer than a session lives.
        let open = self.log_in_again(&known, &params, open).await?;
        let holder = open.holder();
        let replaces = self.replaces(&holder, None, Some(&kit))?;
        let expectation = Expectation::of(&open.bundle, None, Some(&kit), &replaces);
        self.expect(statement::held(&holder, None, Some(&kit), replaces.statement.as_ref()));
        let change = change::kit(&known.origin, &replaces, &kit);
        self.world.tell(&Notice::Changing { bytes: change.body().len(), what: Locks::Kit });
        let sent = self.upload(&open.session, &change).await;
        if let Err(AccountReason::Cancelled) = sent {
            return Err(AccountReason::Cancelled);
        }
        let proof = self.log_in_again(&known, &params, open).await.map(Some);
        self.conclude(known, &expectation, sent, proof, Deed::KitChanged).await
    }
}
