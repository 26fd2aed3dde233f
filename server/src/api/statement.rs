//! The bundle statement: what the account's own key says that the account consists of, with a
//! count. It comes with an enrolment and with every change, or by itself, `POST
//! /v1/account/statement`, for an account that has none; it is given back with the bundle.
//!
//! Promise: what is stored is signed by the account's key, lists exactly what is stored beside it,
//! and counts one on from what was stored before; only who asks for it is shown one. Must never:
//! make one, or let an account that has one be changed without the next.

use super::answer::answer;
use super::b64::B64;
use super::bearer::Bearer;
use super::problem::{Name, Problem};
use super::request::Exact;
use crate::http::App;
use crate::store::{Bundle, Changed, FirstStatement, Purpose};
use axum::extract::{FromRequestParts, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen};
use firstkey_core::crypto::identity::{IdentitySignature, PublicIdentity, PublicKeys};
use firstkey_core::crypto::statement::{Counted, Digests, Statement};
use serde::{Deserialize, Deserializer, Serialize};
use std::convert::Infallible;
use std::sync::Arc;

/// Bytes of the digests: six parts, as docs/PROTOCOL.md section 7 lists them.
const DIGESTS: usize = 6 * 33;

#[derive(Deserialize, Serialize, Clone, Copy)]
#[serde(deny_unknown_fields)]
pub(super) struct StatementMessage {
    counter: u64,
    digests: B64<DIGESTS>,
    signature: B64<64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct First {
    expected: B64<32>,
    statement: StatementMessage,
}

#[derive(Serialize)]
struct Receipt {
    receipt: B64<32>,
}

/// A member that is there or not there, and never null.
pub(super) fn there<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<StatementMessage>, D::Error> {
    StatementMessage::deserialize(reader).map(Some)
}

/// Whether the caller reads statements: `Firstkey-Knows` lists the word.
#[derive(Clone, Copy)]
pub(crate) struct Knows(pub(super) bool);

impl<S: Send + Sync> FromRequestParts<S> for Knows {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(knows(&parts.headers)))
    }
}

fn knows(headers: &HeaderMap) -> bool {
    let values = headers.get_all("firstkey-knows").iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|word| word.trim() == "statement")
}

impl From<&Statement> for StatementMessage {
    fn from(statement: &Statement) -> Self {
        let digests = statement.digests.encode().try_into();
        Self {
            counter: statement.counter,
            digests: B64(digests.expect("invariant: a stored statement lists six parts")),
            signature: B64(statement.signature),
        }
    }
}

impl StatementMessage {
    /// The statement, if it says of `bundle` what it has to say.
    pub(super) fn check(
        &self,
        context: &AccountContext,
        bundle: &Bundle,
        before: Option<&Statement>,
    ) -> Result<Statement, &'static str> {
        let digests = Digests::read(&self.digests.0).ok_or("The digests of the statement are not in order.")?;
        let statement = Statement::heard(Counted { counter: self.counter, digests, signature: self.signature.0 });
        if statement.counter != before.map_or(0, |before| before.counter) + 1 {
            return Err("The statement does not count one on from the present one.");
        }
        if statement.digests != digests_of(bundle, context)? {
            return Err("The statement does not list exactly what is to be stored.");
        }
        let (key_gen, ed25519, x25519) = (KeyGen(bundle.key_gen), bundle.ed25519, bundle.x25519);
        let identity = PublicIdentity::heard(PublicKeys { key_gen, ed25519, x25519 });
        if statement.is_signed_by(&identity, context) {
            Ok(statement)
        } else {
            Err("The statement is not signed by the account's key.")
        }
    }
}

fn digests_of(bundle: &Bundle, context: &AccountContext) -> Result<Digests, &'static str> {
    let (key_gen, ed25519, x25519) = (KeyGen(bundle.key_gen), bundle.ed25519, bundle.x25519);
    let identity = PublicIdentity::heard(PublicKeys { key_gen, ed25519, x25519 });
    let signature = bundle.signature.as_slice().try_into().map_err(|_| "The identity has no signature.")?;
    let envelopes = bundle.envelopes.each_ref().map(Vec::as_slice);
    Ok(Digests::of(context, &identity, &IdentitySignature::heard(signature), envelopes, &bundle.recovery_public))
}

/// The statement that comes with a bundle that is to be stored. An account that has one does not go
/// without.
pub(super) fn required(
    message: Option<&StatementMessage>,
    context: &AccountContext,
    bundle: &Bundle,
    before: Option<&Statement>,
) -> Result<Option<Statement>, &'static str> {
    match (message, before) {
        (Some(message), before) => message.check(context, bundle, before).map(Some),
        (None, None) => Ok(None),
        (None, Some(_)) => Err("This account is signed for: a change brings the next statement. Use a newer program."),
    }
}

/// The first statement of an account that has none. Sent again, it is answered alike.
pub(super) async fn first(State(app): State<Arc<App>>, bearer: Bearer, request: Exact) -> Result<Response, Problem> {
    let message: First = request.message()?;
    let now = app.clock.now();
    let session = app.store.session(bearer.0, Purpose::Full, now).await??;
    let account = AccountId::heard(session.account.account_id);
    let context = AccountContext { realm: app.realm, account };
    let bundle = &session.account.bundle;
    let statement = message.statement.check(&context, bundle, None).map_err(Problem::invalid)?;
    let first =
        FirstStatement { session: bearer.0, expected: message.expected.0, statement, receipt: request.digest() };
    match app.store.state_first(first, now).await?? {
        Changed::Receipt(receipt) => {
            app.log.event("account.statement", &[("account", &account)]);
            answer(&Receipt { receipt: B64(receipt) })
        }
        Changed::Conflict | Changed::Meanwhile => Err(Problem::new(Name::ChangedMeanwhile)),
    }
}

#[cfg(test)]
mod tests {
    use super::knows;
    use axum::http::{HeaderMap, HeaderValue};

    #[test]
    fn only_who_says_so_reads_statements() {
        let said = |values: &[&str]| {
            let mut map = HeaderMap::new();
            for value in values {
                map.append("firstkey-knows", HeaderValue::from_str(value).expect("a header"));
            }
            knows(&map)
        };
        assert!(said(&["statement"]) && said(&["also, statement"]) && said(&["also", "statement,log"]));
        assert!(!said(&[]) && !said(&[""]) && !said(&["statements"]) && !said(&["also"]) && !said(&["Statement"]));
    }
}
