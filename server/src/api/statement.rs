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
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::context::{AccountContext, AccountId};
use firstkey_core::crypto::identity::IdentitySignature;
use firstkey_core::crypto::realm_key::RealmKey;
use firstkey_core::crypto::statement::{Counted, Digests, Statement};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;

#[derive(Deserialize, Serialize, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct StatementMessage {
    counter: u64,
    digests: Listed,
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

/// The digests as they come and go: those of the six parts that every account has, as
/// docs/PROTOCOL.md section 7 lists them, and perhaps that of the realm's signing key.
#[derive(Clone)]
struct Listed(Vec<u8>);

impl Listed {
    const LENGTHS: [usize; 2] = [6 * 33, 7 * 33];
}

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(reader)?;
        let bytes = Base64UrlUnpadded::decode_vec(&text).ok().filter(|bytes| Self::LENGTHS.contains(&bytes.len()));
        bytes.map(Self).ok_or_else(|| de::Error::custom("not the right bytes"))
    }
}

impl Serialize for Listed {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_str(&Base64UrlUnpadded::encode_string(&self.0))
    }
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
        Ok(Self(knows(&parts.headers, "statement")))
    }
}

/// Whether the caller says to read members of that name.
pub(super) fn knows(headers: &HeaderMap, known: &str) -> bool {
    let values = headers.get_all("firstkey-knows").iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|word| word.trim() == known)
}

impl From<&Statement> for StatementMessage {
    fn from(statement: &Statement) -> Self {
        Self {
            counter: statement.counter,
            digests: Listed(statement.digests.encode()),
            signature: B64(statement.signature),
        }
    }
}

impl StatementMessage {
    /// The statement, if it says of `bundle` what it has to say; of the realm's signing key, `key`,
    /// it may say something, and must if the one before did.
    pub(super) fn check(
        &self,
        context: &AccountContext,
        key: &RealmKey,
        bundle: &Bundle,
        before: Option<&Statement>,
    ) -> Result<Statement, &'static str> {
        let digests = Digests::read(&self.digests.0).ok_or("The digests of the statement are not in order.")?;
        let statement = Statement::heard(Counted { counter: self.counter, digests, signature: self.signature.0 });
        if statement.counter != before.map_or(0, |before| before.counter) + 1 {
            return Err("The statement does not count one on from the present one.");
        }
        let parts = digests_of(bundle, context)?;
        let may_be_silent = !before.is_some_and(|before| before.digests.names_a_realm_key());
        let is_silent = may_be_silent && statement.digests == parts;
        if !is_silent && statement.digests != parts.naming(key) {
            return Err("The statement does not list exactly what is to be stored.");
        }
        if statement.is_signed_by(&bundle.identity(), context) {
            Ok(statement)
        } else {
            Err("The statement is not signed by the account's key.")
        }
    }
}

fn digests_of(bundle: &Bundle, context: &AccountContext) -> Result<Digests, &'static str> {
    let signature = bundle.signature.as_slice().try_into().map_err(|_| "The identity has no signature.")?;
    let envelopes = bundle.envelopes.each_ref().map(Vec::as_slice);
    let signature = IdentitySignature::heard(signature);
    Ok(Digests::of(context, &bundle.identity(), &signature, envelopes, &bundle.recovery_public))
}

/// The statement that comes with a bundle that is to be stored. An account that has one does not go
/// without.
pub(super) fn required(
    message: Option<&StatementMessage>,
    context: &AccountContext,
    key: &RealmKey,
    bundle: &Bundle,
    before: Option<&Statement>,
) -> Result<Option<Statement>, &'static str> {
    match (message, before) {
        (Some(message), before) => message.check(context, key, bundle, before).map(Some),
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
    let statement = message
        .statement
        .check(&context, &RealmKey::of_seed(&app.keys.realm), bundle, None)
        .map_err(Problem::invalid)?;
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
            knows(&map, "statement")
        };
        assert!(said(&["statement"]) && said(&["also, statement"]) && said(&["also", "statement,log"]));
        assert!(!said(&[]) && !said(&[""]) && !said(&["statements"]) && !said(&["also"]) && !said(&["Statement"]));
    }
}
