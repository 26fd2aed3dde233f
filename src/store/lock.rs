//! One run at a time.
//!
//! Promise: while a [`Lock`] lives, no other process holds one for the same folder; the kernel lets go of it when the process ends, however it ends.
//! Must never: be stolen or removed.

use super::place::Place;
use super::trouble;
use crate::flow::stop::LocalTrouble;
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use std::os::fd::OwnedFd;

/// The lock's file; empty, and left in the folder.
pub(super) const NAME: &str = "lock";

/// Held until dropped.
pub struct Lock(#[allow(dead_code, reason = "kept open, which is what holds the lock")] OwnedFd);

impl Lock {
    /// Takes the lock of this folder.
    ///
    /// # Errors
    /// [`LocalTrouble::Busy`] if another run holds it.
    pub fn take(place: &Place) -> Result<Self, LocalTrouble> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let failed = |error| place.trouble_with(NAME, trouble(error));
        let file = rustix::fs::openat(place.folder(), NAME, flags, Mode::RUSR | Mode::WUSR).map_err(failed)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self(file)),
            Err(Errno::WOULDBLOCK) => Err(LocalTrouble::Busy),
            Err(error) => Err(failed(error)),
        }
    }
}
