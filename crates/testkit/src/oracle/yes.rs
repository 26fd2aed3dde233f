//! What a person says no to does not happen.

use super::{Broken, broken};
use crate::player::{Heard, Log};
use firstkey_core::flow::{Effect, Question};

/// What is asked for consent, in a word; `None` for questions that are about something else.
fn consent(effect: &Effect) -> Option<&'static str> {
    match effect {
        Effect::Ask(Question::Host(_)) => Some("the host"),
        Effect::Ask(Question::Consent(_)) => Some("the invite"),
        Effect::Ask(Question::Join { .. }) => Some("joining"),
        Effect::Ask(Question::Reset(_)) => Some("new keys"),
        _ => None,
    }
}

/// After a no to host, invite, joining or new keys the run ends, and not well; and no password is
/// asked for that was not agreed to.
pub fn a_no_is_obeyed(log: &Log) -> Result<(), Broken> {
    let mut agreed = false;
    for (at, turn) in log.turns.iter().enumerate() {
        if let (Some(what), Heard::No) = (consent(&turn.effect), &turn.heard) {
            let next = log.turns.get(at + 1).map(|turn| &turn.effect);
            let ended = matches!(next, None | Some(Effect::Finish(_)));
            if !ended || matches!(next, Some(Effect::Finish(end)) if end.is_ok()) {
                return broken("no", format!("the person said no to {what}, and it went on"));
            }
        }
        agreed |= matches!(turn.effect, Effect::Ask(Question::Consent(_))) && turn.heard == Heard::Yes;
        if matches!(turn.effect, Effect::Ask(Question::Password { .. })) && !agreed {
            return broken("no", "a password was asked for, and nobody had agreed to the invite");
        }
    }
    Ok(())
}
