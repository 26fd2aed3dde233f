//! What the plugin is told, before the crate that speaks the protocol hears it.
//!
//! That crate reads a stanza again from its first line with every line that comes, so one of 8 MiB
//! would take it an hour. Here each stanza is passed on once it is whole, without its body if that
//! is too long. Nothing that this program opens is: to a stanza of ours an empty body is a broken
//! one, and others are passed by as before. Promise: what is within the limits goes on unchanged;
//! time and memory are bounded. Must never: look into a stanza, which may hold a password.

use std::io::{self, Read, Write};
use zeroize::{Zeroize, Zeroizing};

/// The longest stanza that goes on whole, in bytes. The longest that age makes has 1,600.
pub const LONGEST_STANZA: usize = 32 * 1024;
/// The most that goes on in all, in bytes: twice what a header may have.
pub const MOST: usize = 2 * super::header::LONGEST;
/// A line of so many columns is not the last of its stanza.
const FULL: usize = 64;

/// More than a limit, where nothing can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than this plugin reads")]
pub struct TooMuch;

/// The stanza that is coming in.
#[derive(Default)]
pub struct Guard {
    stanza: Zeroizing<Vec<u8>>,
    /// The length of its first line, once that is there.
    head: usize,
    /// Columns of the present line.
    columns: usize,
    /// Whether the rest of the body is left out.
    skips: bool,
    /// What came in so far.
    total: usize,
}

impl Guard {
    /// Takes in what was read; gives what goes on.
    pub fn feed(&mut self, read: &[u8]) -> Result<Zeroizing<Vec<u8>>, TooMuch> {
        let mut on = Zeroizing::new(Vec::with_capacity(self.stanza.len() + read.len()));
        self.total = self.total.saturating_add(read.len());
        if self.total > MOST {
            return Err(TooMuch);
        }
        for &byte in read {
            self.take(byte, &mut on)?;
        }
        Ok(on)
    }

    /// What is left when nothing more comes.
    pub fn rest(self) -> Zeroizing<Vec<u8>> {
        self.stanza
    }

    fn take(&mut self, byte: u8, on: &mut Vec<u8>) -> Result<(), TooMuch> {
        if !self.skips {
            self.stanza.push(byte);
        }
        if byte != b'\n' {
            self.columns += 1;
        } else if self.head == 0 {
            (self.head, self.columns) = (self.stanza.len(), 0);
        } else {
            if self.columns < FULL {
                on.extend_from_slice(&self.stanza);
                self.stanza.zeroize();
                (self.head, self.skips) = (0, false);
            }
            self.columns = 0;
        }
        if self.stanza.len() > LONGEST_STANZA {
            if self.head == 0 || self.head == self.stanza.len() {
                return Err(TooMuch);
            }
            // The first line, and the empty one of a body of nothing.
            self.stanza.truncate(self.head);
            self.stanza.push(b'\n');
            self.skips = true;
        }
        Ok(())
    }
}

/// Passes on what comes in, to its end or to a limit.
pub fn pass_on(mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    let mut guard = Guard::default();
    let mut buffer = Zeroizing::new([0; 8 * 1024]);
    loop {
        let read = match from.read(buffer.as_mut_slice()) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 {
            return to.write_all(&guard.rest());
        }
        to.write_all(&guard.feed(&buffer[..read]).map_err(io::Error::other)?)?;
        buffer.zeroize();
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
