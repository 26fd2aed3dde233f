//! Public bytes that can be read by everybody and made only where they come from.
//!
//! Promise: a value of a type that derefs to [`Said`] is made by the function that computes it, or
//! by its `heard`, which takes what a server said or what a file of this program keeps. Its field
//! is private, so no secret is put into one in passing, and nothing writes into it afterwards. Must
//! never: call a `heard` in the client outside of the readers that `.ci/reasons` lists.

/// The bytes, for reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Said<const N: usize>(pub [u8; N]);

/// A type around [`Said`]: `.0` reads the bytes, and only `heard` and its own module make one.
macro_rules! said {
    ($(#[$doc:meta])* $name:ident, $len:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            said: $crate::crypto::public::Said<{ $len }>,
        }

        impl $name {
            /// As a server, or a file of this program, says it.
            pub const fn heard(bytes: [u8; $len]) -> Self {
                Self { said: $crate::crypto::public::Said(bytes) }
            }
        }

        impl ::core::ops::Deref for $name {
            type Target = $crate::crypto::public::Said<{ $len }>;

            fn deref(&self) -> &Self::Target {
                &self.said
            }
        }
    };
}
pub(crate) use said;
