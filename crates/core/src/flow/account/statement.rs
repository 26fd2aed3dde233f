//! The statement that goes with every new lock, and the first one of an account that has none.
//!
//! Promise: the account's key is taken out of its envelope, signs, and is gone; what it signed is
//! checked before it leaves. An account without a statement gets its first one after it was opened,
//! or with its next change; if the server does not take it, nothing else suffers. Must never: sign
//! for a bundle that was not opened, or count over again.

use super::Known;
use super::lock::Holder;
use super::login::{Open, private_keys};
use super::run::{End, Run};
use super::stop::AccountReason;
use crate::crypto::context::AccountContext;
use crate::crypto::statement::{Digests, Statement};
use crate::flow::Notice;
use crate::flow::held::Held;
use crate::flow::stop::LocalTrouble;
use crate::flow::world::World;
use crate::wire::bundle::Bundle;
use crate::wire::change::{self, KitLock, PasswordLock};
use crate::wire::disclose::Expected;
use crate::wire::inbound;

/// What the account consists of with these locks in the place of its own.
pub(super) fn digests(
    bundle: &Bundle,
    context: &AccountContext,
    lock: Option<&PasswordLock>,
    kit: Option<&KitLock>,
) -> Digests {
    let held = &bundle.envelopes;
    let bytes = [
        lock.map_or(held.by_password.as_bytes(), |lock| lock.envelope.as_bytes()),
        kit.map_or(held.by_recovery.as_bytes(), |kit| kit.envelope.as_bytes()),
        held.x25519.as_bytes(),
        held.ed25519.as_bytes(),
    ];
    let recovery_public = kit.map_or(bundle.recovery_public, |kit| kit.recovery_public);
    let known = Digests::of(context, &bundle.identity, &bundle.signature, bytes, &recovery_public.0);
    let digests = match &bundle.statement {
        // What a newer program has listed beside is still there.
        Some(present) => present.digests.with(&known),
        None => known,
    };
    match lock.and_then(|lock| lock.realm_key) {
        Some(realm) => digests.naming(&realm),
        None => digests,
    }
}

/// The statement after the present one; none for a server that keeps none.
pub(super) fn next(holder: &Holder<'_>, lock: Option<&PasswordLock>, kit: Option<&KitLock>) -> End<Option<Statement>> {
    if !holder.keeps_statements {
        return Ok(None);
    }
    let Holder { context, bundle, account_key, .. } = holder;
    let self_check = || AccountReason::Local(LocalTrouble::SelfCheck);
    let counter = bundle.statement.as_ref().map_or(0, |present| present.counter) + 1;
    if counter > Statement::LAST {
        return Err(self_check());
    }
    let keys = private_keys(bundle, context, account_key)?;
    let digests = digests(bundle, context, lock, kit);
    let statement = Statement::sign(&keys.ed25519, context, bundle.identity.key_gen, counter, digests);
    drop(keys);
    // A fault must not become a statement that nobody can verify.
    if statement.is_signed_by(&bundle.identity, context) { Ok(Some(statement)) } else { Err(self_check()) }
}

/// What the server will show once it has stored these.
pub(super) fn held(
    holder: &Holder<'_>,
    lock: Option<&PasswordLock>,
    kit: Option<&KitLock>,
    statement: Option<&Statement>,
) -> Held {
    match statement {
        Some(statement) => Held { counter: Some(statement.counter), digests: statement.digests.clone() },
        None => Held { counter: None, digests: digests(holder.bundle, holder.context, lock, kit) },
    }
}

impl<W: World> Run<'_, W> {
    /// Gives an account that was opened its first statement. Sent once: what is not taken now is
    /// sent with the next run.
    pub(super) async fn state_first(&mut self, known: &Known, open: &mut Open) {
        if !open.keeps_statements || open.bundle.statement.is_some() {
            return;
        }
        let Ok(Some(statement)) = next(&open.holder(), None, None) else { return };
        let request = change::statement(&known.origin, Expected::of(&open.bundle), &statement);
        let answer = self.world.send(&request, Some(&open.session)).await;
        let receipt = answer.ok().and_then(|answer| answer.read(inbound::read_receipt).ok()?.ok());
        if receipt == Some(request.digest()) {
            open.bundle.statement = Some(statement);
        } else {
            self.world.tell(&Notice::NoStatement);
        }
    }
}
