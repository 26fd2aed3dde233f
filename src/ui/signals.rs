//! Ctrl-C and its relatives, turned from interruptions into facts.
//!
//! A signal never runs our code at a random point. It sets a flag and writes one byte to a socket
//! that every wait also watches: the prompts through `poll`, the network and the key stretching
//! through [`wait`].
//!
//! A signal that asks the program to end is *sticky*. The byte is never read, so from then on every
//! prompt and every wait ends at once and no part of the program can swallow the wish by accident.
//!
//! Ctrl-Z is different: the program stops and goes on. Outside of a prompt it stops at once; inside
//! one the prompt first gives the terminal its echo back (see `Prompting`).

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

#[cfg(windows)]
pub(super) use system::interruptible;
#[cfg(unix)]
pub(super) use system::readable;
pub(super) use system::{Prompting, forget_resizes};
pub use system::{install, pending, wait};

/// A signal that asks the program to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGQUIT: Ctrl-\\.
    Quit,
    /// SIGTERM: another program asks.
    Terminate,
    /// SIGHUP: the terminal went away.
    HangUp,
}

impl Signal {
    /// The exit code by which shells recognise an end by this signal: 128 and its number, 130 for
    /// Ctrl-C.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::HangUp => 129,
            Self::Interrupt => 130,
            Self::Quit => 131,
            Self::Terminate => 143,
        }
    }
}
