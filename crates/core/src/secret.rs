//! Types for everything secret.
//!
//! Promise: a value of these types is wiped when it is dropped, cannot be printed, cloned, compared
//! with `==` or serialised, and its bytes are reached only through `expose`. Every call of `expose`
//! says why in a comment that begins with `EXPOSE:`. Must never: derive `Debug`, `Display`,
//! `Clone`, `PartialEq` or `Serialize`, or depend on anything else of this crate.

use rand_core::CryptoRngCore;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

mod sealed {
    pub trait Sealed {}
}

/// What all fixed-length secrets have in common. Sealed: only this module's macro implements it.
pub trait FixedSecret: Sized + sealed::Sealed {
    /// Length in bytes.
    const LEN: usize;

    /// Takes a copy of `bytes`; `None` if the length is not [`FixedSecret::LEN`].
    fn from_slice(bytes: &[u8]) -> Option<Self>;

    /// The bytes. Say why at the call: `// EXPOSE: ...`.
    fn expose_slice(&self) -> &[u8];
}

macro_rules! fixed_secret {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        ///
        /// Kept in one place on the heap, so that moving the value leaves no copy behind; wiped on
        /// drop.
        pub struct $name(Box<[u8; $len]>);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// Fresh random bytes.
            pub fn make(rng: &mut dyn CryptoRngCore) -> Self {
                let mut bytes = Box::new([0u8; $len]);
                rng.fill_bytes(bytes.as_mut_slice());
                Self(bytes)
            }

            /// Lets `fill` write the bytes in place.
            pub fn filled_by(fill: impl FnOnce(&mut [u8; $len])) -> Self {
                let mut bytes = Box::new([0u8; $len]);
                fill(&mut bytes);
                Self(bytes)
            }

            /// Copies `bytes`; wiping the source is the caller's business.
            pub fn from_bytes(bytes: &[u8; $len]) -> Self {
                Self::filled_by(|own| own.copy_from_slice(bytes))
            }

            /// The bytes. Say why at the call: `// EXPOSE: ...`.
            pub fn expose(&self) -> &[u8; $len] {
                &self.0
            }

            /// Equality in constant time.
            pub fn matches(&self, other: &Self) -> bool {
                self.0.ct_eq(other.0.as_ref()).into()
            }
        }

        impl sealed::Sealed for $name {}
        impl FixedSecret for $name {
            const LEN: usize = $len;

            fn from_slice(bytes: &[u8]) -> Option<Self> {
                (bytes.len() == $len).then(|| Self::filled_by(|own| own.copy_from_slice(bytes)))
            }

            fn expose_slice(&self) -> &[u8] {
                self.0.as_slice()
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.0.zeroize();
            }
        }
    };
}

fixed_secret! {
    /// MK: what Argon2id makes of the password (protocol section 5).
    MasterKey, 32
}
fixed_secret! {
    /// `auth`: the 64 bytes that OPAQUE takes for a password (protocol section 5).
    OpaquePassword, 64
}
fixed_secret! {
    /// `pre`: the half of KEK_pw on which no server has a say (protocol section 5).
    PreKey, 64
}
fixed_secret! {
    /// `xk`: OPAQUE's export key, the half of KEK_pw that needs the server's OPRF key.
    ExportKey, 64
}
fixed_secret! {
    /// AK: the random key under which the private keys are sealed; survives password changes.
    AccountKey, 32
}
fixed_secret! {
    /// The X25519 private key (RFC 7748).
    X25519Secret, 32
}
fixed_secret! {
    /// The Ed25519 seed (RFC 8032).
    Ed25519Seed, 32
}
fixed_secret! {
    /// RC: the 128 bits of the recovery code (protocol section 10).
    RecoveryCode, 16
}
fixed_secret! {
    /// The optional second secret (protocol section 10).
    SecretKey, 32
}
fixed_secret! {
    /// The single-use token of an invite link; the one secret here that the server made, and that
    /// goes back to it.
    InviteToken, 32
}
fixed_secret! {
    /// The bearer of a session, ten minutes long.
    SessionToken, 32
}

fixed_secret! {
    /// An exponent of SRP: `x`, which the password becomes, or the random `a` of one handshake.
    SrpExponent, 32
}

/// A token or code of a server, as text: it came from there and goes back there, and is worth
/// something to whoever finds it meanwhile.
pub struct TokenText(Zeroizing<Vec<u8>>);

impl TokenText {
    /// Takes over the text.
    pub fn new(text: Zeroizing<Vec<u8>>) -> Self {
        Self(text)
    }

    /// The text. Say why at the call: `// EXPOSE: ...`.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Equality in constant time for equal lengths; the length is not hidden.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

macro_rules! password {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// The buffer is never grown after it was filled, so no copy stays behind; wiped on drop.
        pub struct $name(Zeroizing<Vec<u8>>);

        impl $name {
            /// The bytes. Say why at the call: `// EXPOSE: ...`.
            pub fn expose(&self) -> &[u8] {
                &self.0
            }

            /// Another of the same, for whoever has to use it a second time.
            pub fn copied(&self) -> Self {
                Self(self.0.clone())
            }

            /// Equality in constant time for equal lengths; the length is not hidden.
            pub fn matches(&self, other: &Self) -> bool {
                self.0.ct_eq(&other.0).into()
            }
        }
    };
}

password! {
    /// A password after preparation (protocol section 3): NFC, at most 1,024 bytes, never
    /// truncated. `crypto::prepare` alone makes one.
    Password
}
password! {
    /// A password as it was typed: what the other dialect's own clients use, which prepare nothing.
    TypedPassword
}

impl Password {
    /// Takes over what `crypto::prepare` made; nobody else calls this.
    pub(crate) fn from_prepared(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }
}

impl TypedPassword {
    /// Takes over bytes as they were typed.
    pub fn as_typed(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }
}
