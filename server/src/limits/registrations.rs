//! How often the secret of an invited account may be evaluated in a day.
//!
//! Whoever has read the token and holds back the person's upload could claim the invite and test a
//! guess of the password with each registration. Promise: forty a day for an invite, as for logins,
//! in each running server; memory is bounded. Must never: be asked before a signature held, so that
//! nobody without the token uses up what the person has.

use super::Later;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Registrations of one invite in a day.
const MOST: u32 = 40;
/// Seconds.
const DAY: i64 = 86_400;
/// Invites that are remembered. Each has been claimed with its token.
const INVITES: usize = 10_000;

/// What was evaluated at this server.
#[derive(Default)]
pub(crate) struct Registrations(Mutex<HashMap<[u8; 16], Counted>>);

#[derive(Clone, Copy)]
struct Counted {
    since: i64,
    times: u32,
}

impl Registrations {
    /// One more for that invite.
    pub(crate) fn one(&self, invite: [u8; 16], now: i64) -> Result<(), Later> {
        let mut invites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if invites.len() >= INVITES && !invites.contains_key(&invite) {
            invites.retain(|_, counted| (now - counted.since).abs() < DAY);
            // Of a crowd, those are kept who came most often.
            if invites.len() >= INVITES {
                invites.retain(|_, counted| counted.times > 1);
            }
        }
        let counted = invites.entry(invite).or_insert(Counted { since: now, times: 0 });
        // A clock that was set back begins a new day no sooner.
        if now - counted.since >= DAY {
            *counted = Counted { since: now, times: 0 };
        }
        if counted.times >= MOST {
            return Err(Later((counted.since + DAY - now).max(1)));
        }
        counted.times += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY, INVITES, Later, MOST, Registrations};

    #[test]
    fn forty_in_a_day_are_answered_and_the_next_one_a_day_after_the_first() {
        let registrations = Registrations::default();
        for _ in 0..MOST {
            assert_eq!(registrations.one([1; 16], 100), Ok(()));
        }
        assert_eq!(registrations.one([1; 16], 100), Err(Later(DAY)));
        assert_eq!(registrations.one([1; 16], 50), Err(Later(DAY + 50)), "a clock that was set back helps nobody");
        assert_eq!(registrations.one([1; 16], 100 + DAY - 1), Err(Later(1)));
        assert_eq!(registrations.one([2; 16], 100), Ok(()), "another invite has its own");
        assert_eq!(registrations.one([1; 16], 100 + DAY), Ok(()));
    }

    #[test]
    fn however_many_invites_there_are_the_table_stays_bounded_and_keeps_who_came_often() {
        let registrations = Registrations::default();
        for _ in 0..MOST {
            registrations.one([0xff; 16], 0).expect("the first forty");
        }
        for number in 0..3 * INVITES as u64 {
            let mut invite = [0; 16];
            invite[..8].copy_from_slice(&number.to_be_bytes());
            registrations.one(invite, 1).expect("one each");
        }
        assert!(registrations.0.lock().expect("not poisoned").len() <= INVITES);
        assert!(registrations.one([0xff; 16], 2).is_err());
    }
}
