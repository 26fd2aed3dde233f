//! The frames of every kind of file, for fuzz targets alone.

use super::checkpoint;
use super::frame::{self, Magic};
use super::record::{AUDIT, DEFAULTS, DIALECT_PIN, PEER, PIN, TRIED};

/// Kinds of files.
pub const KINDS: usize = MAGICS.len();

const MAGICS: [Magic; 7] = [checkpoint::MAGIC, PIN, DIALECT_PIN, PEER, AUDIT, DEFAULTS, TRIED];

/// The file of this kind for a payload.
pub fn wrapped(kind: usize, payload: &[u8]) -> Vec<u8> {
    frame::wrap(MAGICS[kind % KINDS], payload)
}

/// The payload of a file of this kind.
pub fn unwrapped(kind: usize, file: &[u8]) -> Option<&[u8]> {
    frame::unwrap(MAGICS[kind % KINDS], file)
}
