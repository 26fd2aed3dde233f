//! The end that every new lock over the same account key has in common, once the person has chosen:
//! from one more log-in to what is stored.
//!
//! Promise: what opened the account before opens it until the server has stored the new lock. Must
//! never: send a lock that was not opened again, or go by the server's answer alone.

use super::change::Expectation;
use super::lock::Fresh;
use super::login::Open;
use super::run::{End, Run};
use super::statement;
use super::stop::AccountReason;
use super::{Deed, Done, Known};
use crate::flow::Notice;
use crate::flow::world::World;
use crate::wire::change;
use crate::wire::inbound::LoginParams;

impl<W: World> Run<'_, W> {
    /// Puts what `fresh` opens in the place of the present envelope 1.
    pub(super) async fn replace_password_lock(
        &mut self,
        known: Known,
        params: &LoginParams,
        open: Open,
        fresh: Fresh,
        deed: Deed,
    ) -> End<Done> {
        // Whoever thinks, or writes by hand, may take longer than a session lives.
        let open = self.log_in_again(&known, params, open).await?;
        let holder = open.holder();
        let lock = self.lock_by_password(&known, &holder, &fresh, Some(open.server_key)).await?;
        let replaces = self.replaces(&holder, Some(&lock), None)?;
        let change = change::password(&known.origin, &replaces, &lock);
        let expectation = Expectation::of(&open.bundle, Some(&lock), None, &replaces);
        self.expect(statement::held(&holder, Some(&lock), None, replaces.statement.as_ref()));
        self.world.tell(&Notice::Changing { bytes: change.body().len(), what: self.subject });
        let (context, key_gen, session) = open.let_keys_go();
        let sent = self.upload(&session, &change).await;
        if let Err(AccountReason::Cancelled) = sent {
            return Err(AccountReason::Cancelled);
        }
        // Whatever was answered: what the new secrets open decides.
        let proof = self.prove(&known, context, key_gen, fresh).await;
        self.spend(session);
        self.conclude(known, &expectation, sent, proof, deed).await
    }
}
