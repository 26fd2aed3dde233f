//! What a computer remembers of an account's locks, and what it says to what a server shows of
//! them.
//!
//! Promise: pure, and one answer for each pair of states. A state that a server shows is the one
//! that is remembered, a later one that the account's own key has signed, or a roll-back that ends
//! the run. What nobody has signed is never called lawful. Must never: let a remembered count go
//! down.

use crate::crypto::context::AccountContext;
use crate::crypto::statement::{BundlePart, Digests};
use crate::wire::bundle::Bundle;

/// The locks of an account as they were when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The count of the statement; none if there was no statement.
    pub counter: Option<u64>,
    /// What the account consisted of.
    pub digests: Digests,
}

/// How what is shown relates to what is remembered, where nothing is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Nothing was remembered.
    First,
    /// It is the same, or the same with a first statement.
    Same,
    /// Another state, with a signature and a higher count: changed by somebody who has the
    /// account's key.
    Later(Vec<BundlePart>),
    /// Another state without a statement, where none was remembered: nobody can tell a change from
    /// a roll-back.
    Unsigned(Vec<BundlePart>),
}

/// How a server goes back in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolledBack {
    /// The statement counts less than the remembered one.
    Older,
    /// It counts the same, and the account consists of something else.
    Other,
    /// There was a statement, and none is shown.
    Withheld,
}

impl Held {
    /// Of a bundle that was verified: its statement, if there is one, is signed and fits.
    pub fn of(bundle: &Bundle, context: &AccountContext) -> Self {
        match &bundle.statement {
            Some(statement) => Self { counter: Some(statement.counter), digests: statement.digests.clone() },
            None => Self { counter: None, digests: bundle.digests(context) },
        }
    }

    /// Whether this may come after `before`, of the same keys.
    ///
    /// # Errors
    /// It may not: the server goes back.
    pub fn after(&self, before: Option<&Self>) -> Result<Sight, RolledBack> {
        let Some(before) = before else { return Ok(Sight::First) };
        let changed = || self.digests.differing(&before.digests);
        match (before.counter, self.counter) {
            (Some(_), None) => Err(RolledBack::Withheld),
            (Some(before), Some(now)) if now < before => Err(RolledBack::Older),
            (Some(counted), Some(now)) if now == counted && self.digests != before.digests => Err(RolledBack::Other),
            (Some(counted), Some(now)) if now > counted => Ok(Sight::Later(changed())),
            // Nobody had signed for it, and now somebody has.
            (None, Some(_)) if !changed().is_empty() => Ok(Sight::Later(changed())),
            (None, None) if !changed().is_empty() => Ok(Sight::Unsigned(changed())),
            _ => Ok(Sight::Same),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// States of one account: each count, signed or not, with each of two contents.
    fn states() -> Vec<Held> {
        let content = |fill: u8| {
            let entries: Vec<u8> =
                BundlePart::ALL.iter().flat_map(|part| [vec![part.number()], vec![fill; 32]].concat()).collect();
            Digests::read(&entries).expect("a list")
        };
        let counters = [None, Some(1), Some(2), Some(3)];
        counters.into_iter().flat_map(|counter| [1, 2].map(|fill| Held { counter, digests: content(fill) })).collect()
    }

    #[test]
    fn a_count_never_goes_down_and_never_means_two_things() {
        for before in states() {
            for now in states() {
                let back = match (before.counter, now.counter) {
                    (Some(_), None) => Some(RolledBack::Withheld),
                    (Some(old), Some(new)) if new < old => Some(RolledBack::Older),
                    (Some(old), Some(new)) if new == old && now.digests != before.digests => Some(RolledBack::Other),
                    _ => None,
                };
                assert_eq!(now.after(Some(&before)).err(), back, "{before:?} {now:?}");
            }
        }
    }

    #[test]
    fn nothing_that_is_not_signed_is_called_a_later_state() {
        for before in states() {
            for now in states() {
                let Ok(sight) = now.after(Some(&before)) else { continue };
                let differs = now.digests != before.digests;
                match sight {
                    Sight::First => panic!("something is remembered"),
                    Sight::Same => assert!(!differs),
                    Sight::Unsigned(parts) => assert!(differs && now.counter.is_none() && !parts.is_empty()),
                    Sight::Later(_) => assert!(now.counter > before.counter),
                }
            }
        }
    }

    #[test]
    fn where_nothing_is_remembered_nothing_can_be_compared() {
        for now in states() {
            assert_eq!(now.after(None), Ok(Sight::First));
        }
    }
}
