//! What an account's organisations ask of its locks, as the server says it with the bundle.
//!
//! Promise: it is read strictly, and nothing in it is below what this program accepts anyway. It
//! can only raise what a lock costs: there is no value that asks for less. Must never: decide what
//! is done about it; that is `flow`.

use super::fields::Fields;
use super::refusal::Refusal;
use crate::crypto::kdf::Profile;

/// What the strictest of an account's organisations asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The least cost of a new password.
    pub min_profile: Profile,
    /// Whether a second secret may or must stand beside it.
    pub secret_key: SecretKeys,
}

/// Whether an organisation's people use secret keys, the strictest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretKeys {
    /// It does not use them; whoever has one keeps it.
    Off,
    /// Whoever wants one.
    Allowed,
    /// Everybody.
    Required,
}

impl SecretKeys {
    /// The word on the wire.
    pub fn read(word: &str) -> Option<Self> {
        match word {
            "off" => Some(Self::Off),
            "allowed" => Some(Self::Allowed),
            "required" => Some(Self::Required),
            _ => None,
        }
    }
}

impl Asked {
    /// Reads the member `policy`.
    pub(super) fn take(mut fields: Fields) -> Result<Self, Refusal> {
        let weak = |name| move |_| Refusal::WeakPolicy(name);
        let min_profile = fields.whole("min_profile").map_err(weak("min_profile"))?;
        let secret_key = fields.text("secret_key").map_err(weak("secret_key"))?;
        fields.finish()?;
        Ok(Self {
            min_profile: Profile::from_id(min_profile).ok_or(Refusal::WeakPolicy("min_profile"))?,
            secret_key: SecretKeys::read(&secret_key).ok_or(Refusal::WeakPolicy("secret_key"))?,
        })
    }

    /// What a new password costs: the most that is asked for by anybody, and what it costs at
    /// present; never below the default.
    pub fn profile(&self, present: Profile, wish: Option<Profile>) -> Profile {
        let least = present.max(Profile::DEFAULT).max(self.min_profile);
        wish.map_or(least, |wish| wish.max(least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_password_costs_the_most_that_anybody_asks_for() {
        for least in Profile::ALL {
            let asked = Asked { min_profile: least, secret_key: SecretKeys::Off };
            for present in Profile::ALL {
                for wish in Profile::ALL.map(Some).into_iter().chain([None]) {
                    let costs = asked.profile(present, wish);
                    let sources = [Some(Profile::DEFAULT), Some(least), Some(present), wish];
                    assert_eq!(Some(costs), sources.into_iter().max().flatten(), "{least:?} {present:?} {wish:?}");
                }
            }
        }
    }
}
