//! Argon2id profiles: a whitelist, not ranges (protocol section 4), and the block that names one on
//! the wire.
//!
//! Promise: a [`Profile`] exists only for one of the four compiled-in settings; parameters as heard
//! from a server are [`KdfParams`] and become a profile only by [`KdfParams::accept`]. Must never:
//! run Argon2id for anything but a profile, or take a salt from a server at enrolment.

use super::public::{Said, said};
use crate::secret::{MasterKey, Password};
use rand_core::CryptoRngCore;

/// Argon2id parameters as heard: untrusted numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KdfParams {
    /// Memory in KiB.
    pub m_kib: u32,
    /// Passes.
    pub t: u32,
    /// Lanes.
    pub p: u32,
}

/// Why parameters are no profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KdfRefused {
    /// Below the floor (profile 1) in memory or passes.
    TooWeak(KdfParams),
    /// Above the most that this program spends on a server's word (2 GiB).
    TooCostly(KdfParams),
    /// In between, but not one of the four.
    NotAProfile(KdfParams),
    /// A number of a profile that does not exist, or a block that contradicts itself.
    Malformed,
}

impl KdfParams {
    /// Turns heard into usable, or says why not.
    ///
    /// ```
    /// use firstkey_core::crypto::kdf::{KdfParams, KdfRefused, Profile};
    ///
    /// assert_eq!(Profile::DEFAULT.params().accept(), Ok(Profile::Two));
    /// let weak = KdfParams { t: 1, ..Profile::One.params() };
    /// assert!(matches!(weak.accept(), Err(KdfRefused::TooWeak(_))));
    /// ```
    pub fn accept(self) -> Result<Profile, KdfRefused> {
        let found = Profile::ALL.into_iter().find(|profile| profile.params() == self);
        found.ok_or_else(|| {
            let floor = Profile::One.params();
            let ceiling = Profile::Four.params();
            if self.m_kib > ceiling.m_kib || self.t > 16 || self.p > 16 {
                KdfRefused::TooCostly(self)
            } else if self.m_kib < floor.m_kib
                || self.t < 1
                || self.p < 1
                || (self.t < floor.t && self.m_kib < ceiling.m_kib)
            {
                KdfRefused::TooWeak(self)
            } else {
                KdfRefused::NotAProfile(self)
            }
        })
    }
}

/// One of the four settings of protocol section 4, in rising order of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// 64 MiB, 3 passes: the floor.
    One,
    /// 256 MiB, 3 passes: the default.
    Two,
    /// 1 GiB, 3 passes.
    Three,
    /// 2 GiB, 1 pass.
    Four,
}

impl Profile {
    /// All of them, weakest first.
    pub const ALL: [Self; 4] = [Self::One, Self::Two, Self::Three, Self::Four];
    /// What is used when nobody asks for more.
    pub const DEFAULT: Self = Self::Two;

    /// The number on the wire, 1 to 4.
    pub fn id(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
            Self::Four => 4,
        }
    }

    /// The profile of that number.
    pub fn from_id(id: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| u64::from(profile.id()) == id)
    }

    /// Its parameters; four lanes each.
    pub fn params(self) -> KdfParams {
        let (m_kib, t) = match self {
            Self::One => (65_536, 3),
            Self::Two => (262_144, 3),
            Self::Three => (1_048_576, 3),
            Self::Four => (2_097_152, 1),
        };
        KdfParams { m_kib, t, p: 4 }
    }
}

said! {
    /// 32 random bytes made by the client, new at every password change. Public.
    #[derive(Debug)]
    Salt, 32
}

impl Salt {
    /// Fresh.
    pub fn make(rng: &mut dyn CryptoRngCore) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self { said: Said(bytes) }
    }
}

/// How a password becomes MK: preparation 1, a profile, a salt, with or without the second secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KdfBlock {
    /// The setting.
    pub profile: Profile,
    /// The salt.
    pub salt: Salt,
    /// Whether the optional secret key takes part.
    pub two_secret: bool,
}

impl KdfBlock {
    /// Encoded length in bytes.
    pub const LEN: usize = 47;
    /// The only preparation of version 1 (protocol section 3).
    const PREP: u8 = 1;

    /// `prep u8 | profile u8 | m u32be | t u32be | p u32be | salt[32] | two_secret u8`.
    pub fn encode(&self) -> [u8; Self::LEN] {
        let params = self.profile.params();
        let mut out = [0; Self::LEN];
        out[0] = Self::PREP;
        out[1] = self.profile.id();
        out[2..6].copy_from_slice(&params.m_kib.to_be_bytes());
        out[6..10].copy_from_slice(&params.t.to_be_bytes());
        out[10..14].copy_from_slice(&params.p.to_be_bytes());
        out[14..46].copy_from_slice(&self.salt.0);
        out[46] = u8::from(self.two_secret);
        out
    }

    /// Reads an untrusted block: the profile number and the parameters must agree with the
    /// whitelist.
    pub fn read(bytes: &[u8; Self::LEN]) -> Result<Self, KdfRefused> {
        let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let profile = KdfParams { m_kib: number(2), t: number(6), p: number(10) }.accept()?;
        let two_secret = match bytes[46] {
            0 => false,
            1 => true,
            _ => return Err(KdfRefused::Malformed),
        };
        if bytes[0] != Self::PREP || bytes[1] != profile.id() {
            return Err(KdfRefused::Malformed);
        }
        let mut salt = [0; 32];
        salt.copy_from_slice(&bytes[14..46]);
        Ok(Self { profile, salt: Salt::heard(salt), two_secret })
    }
}

/// A password on its way to Argon2id; the stretch port runs it and gives [`Stretched`].
pub struct StretchJob {
    /// The prepared password; wiped with the job.
    pub password: Password,
    /// What to do with it.
    pub block: KdfBlock,
}

/// The result of a [`StretchJob`].
pub struct Stretched(pub MasterKey);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_four_profiles_are_accepted() {
        for profile in Profile::ALL {
            assert_eq!(profile.params().accept(), Ok(profile));
        }
    }

    #[test]
    fn weak_parameters_are_called_weak() {
        for (m_kib, t, p) in [
            (0, 3, 4),
            (8, 3, 4),
            (19_456, 2, 1),
            (65_535, 3, 4),
            (65_536, 2, 4),
            (65_536, 0, 4),
            (65_536, 3, 0),
            (1_048_576, 1, 4),
            (2_097_151, 2, 4),
            (2_097_152, 0, 4),
            (2_097_152, 1, 0),
        ] {
            let params = KdfParams { m_kib, t, p };
            assert_eq!(params.accept(), Err(KdfRefused::TooWeak(params)));
        }
    }

    #[test]
    fn excessive_parameters_are_called_costly() {
        for (m_kib, t, p) in [
            (2_097_153, 1, 4),
            (u32::MAX, 3, 4),
            (65_536, u32::MAX, 4),
            (65_536, 3, 1 << 24),
            (65_536, 17, 4),
            (65_536, 3, 17),
        ] {
            let params = KdfParams { m_kib, t, p };
            assert_eq!(params.accept(), Err(KdfRefused::TooCostly(params)));
        }
    }

    #[test]
    fn what_is_neither_weak_nor_costly_is_still_no_profile() {
        for (m_kib, t, p) in [
            (65_536, 3, 1),
            (65_536, 4, 4),
            (65_537, 3, 4),
            (65_536, 16, 4),
            (65_536, 3, 16),
            (2_097_152, 2, 4),
            (2_097_152, 1, 1),
        ] {
            let params = KdfParams { m_kib, t, p };
            assert_eq!(params.accept(), Err(KdfRefused::NotAProfile(params)));
        }
    }

    proptest! {
        #[test]
        fn an_accepted_block_is_on_the_whitelist_and_re_encodes_to_itself(bytes: [u8; 32], m in any::<u32>(), t in 0u32..8, p in 0u32..8, id in 0u8..6, two in 0u8..4) {
            let good = KdfBlock { profile: Profile::Two, salt: Salt::heard(bytes), two_secret: two == 1 };
            prop_assert_eq!(KdfBlock::read(&good.encode()), Ok(good));
            let mut block = good.encode();
            block[1] = id;
            block[2..6].copy_from_slice(&m.to_be_bytes());
            block[6..10].copy_from_slice(&t.to_be_bytes());
            block[10..14].copy_from_slice(&p.to_be_bytes());
            block[46] = two;
            if let Ok(read) = KdfBlock::read(&block) {
                prop_assert_eq!(read.encode(), block);
            }
        }
    }
}
