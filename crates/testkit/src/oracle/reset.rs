//! I3, as far as it is about keys that exist: none are replaced but by a reset to the next
//! generation that was agreed to, and none come back.

use super::{Broken, broken, last_answer};
use crate::player::{Heard, Log};
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::flow::{Effect, Question};
use serde_json::Value;

/// Whether what is remembered in the end is what was remembered, or newer.
fn none_come_back(log: &Log) -> Result<(), Broken> {
    for turn in &log.turns {
        let Effect::Conclude(pin) = &turn.effect else { continue };
        let other = |known: &&Pin| known.context == pin.context && known.identity != pin.identity;
        if let Some(known) = log.given.pins.iter().find(other)
            && pin.identity.key_gen <= known.identity.key_gen
        {
            return broken("I3", "keys are remembered in the place of others that are as new");
        }
    }
    Ok(())
}

/// Whether every new password was asked for with the right to it (I3).
pub fn keys_are_replaced_only_by_consent(log: &Log) -> Result<(), Broken> {
    none_come_back(log)?;
    for (at, turn) in log.turns.iter().enumerate() {
        let Effect::Ask(Question::Password { .. }) = &turn.effect else { continue };
        let Some(body) = last_answer(log, "/v1/invites/claim", at) else { continue };
        let offer: Value = serde_json::from_slice(body).unwrap_or_default();
        let is = |bytes: &[u8], name: &str| {
            offer.pointer(name).and_then(Value::as_str) == Some(Base64UrlUnpadded::encode_string(bytes).as_str())
        };
        let pinned = log
            .given
            .pins
            .iter()
            .find(|pin| is(&pin.context.account.0, "/account/account_id") && is(&pin.context.realm.0, "/realm_id"));
        let present = pinned.map(|pin| u64::from(pin.identity.key_gen.0));
        let wanted = offer.pointer("/reset/key_gen").and_then(Value::as_u64);
        let fits = match (present, wanted) {
            (None, None) => true,
            (Some(_), None) => false,
            (Some(present), Some(wanted)) => wanted == present + 1,
            (None, Some(wanted)) => wanted >= 2,
        };
        if !fits {
            return broken("I3", format!("a password for generation {wanted:?} where {present:?} is remembered"));
        }
        let agreed = |turn: &crate::player::Turn| {
            matches!(turn.effect, Effect::Ask(Question::Reset(_))) && turn.heard == Heard::Yes
        };
        if wanted.is_some() && !log.turns[..at].iter().any(agreed) {
            return broken("I3", "keys would be replaced and nobody agreed to that");
        }
    }
    Ok(())
}
