//! The frame of a state file: `magic SP sha256-hex LF payload`, so that a cut-off or altered file
//! is told from a whole one.
//!
//! A checksum against accidents, not a signature: who can write the file can write the checksum.

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The first word of a file; says what is in it and in which version.
#[derive(Clone, Copy)]
pub(super) struct Magic(pub(super) &'static str);

/// Length of the frame around a payload in bytes.
pub(super) const fn overhead(magic: Magic) -> usize {
    magic.0.len() + 1 + 64 + 1
}

/// The file for a payload.
pub(super) fn wrap(magic: Magic, payload: &[u8]) -> Vec<u8> {
    let mut file = header(magic, payload).into_bytes();
    file.extend_from_slice(payload);
    file
}

/// The payload of a file; `None` if it is not exactly what was written.
pub(super) fn unwrap(magic: Magic, file: &[u8]) -> Option<&[u8]> {
    let (head, payload) = file.split_at_checked(overhead(magic))?;
    (head == header(magic, payload).as_bytes()).then_some(payload)
}

fn header(magic: Magic, payload: &[u8]) -> String {
    // The magic is part of what is summed, and so is the length, implicitly: the payload ends where
    // the file ends.
    let sum = Sha256::new().chain_update(magic.0).chain_update(b"\n").chain_update(payload).finalize();
    let mut header = format!("{} ", magic.0);
    for byte in sum {
        write!(header, "{byte:02x}").expect("invariant: writing to a string cannot fail");
    }
    header.push('\n');
    header
}

#[cfg(test)]
mod tests {
    use super::{Magic, overhead, unwrap, wrap};

    const MAGIC: Magic = Magic("FKXX1");

    #[test]
    fn what_was_wrapped_is_unwrapped() {
        for payload in [&b""[..], b"x", &[0xff; 5000]] {
            let file = wrap(MAGIC, payload);
            assert_eq!(file.len(), payload.len() + overhead(MAGIC));
            assert_eq!(unwrap(MAGIC, &file), Some(payload));
        }
    }

    #[test]
    fn a_file_cut_off_at_any_byte_is_told_apart() {
        let file = wrap(MAGIC, b"{\"version\":1}");
        for len in 0..file.len() {
            assert_eq!(unwrap(MAGIC, &file[..len]), None, "{len}");
        }
    }

    #[test]
    fn a_file_with_any_byte_altered_or_added_is_told_apart() {
        let file = wrap(MAGIC, b"{\"version\":1}");
        for at in 0..file.len() {
            for flip in [1, 0x20, 0x80] {
                let mut altered = file.clone();
                altered[at] ^= flip;
                assert_eq!(unwrap(MAGIC, &altered), None, "{at}");
            }
        }
        assert_eq!(unwrap(MAGIC, &[&file[..], b"\n"].concat()), None);
    }

    #[test]
    fn a_file_of_another_kind_is_told_apart() {
        assert_eq!(unwrap(Magic("FKYY1"), &wrap(MAGIC, b"{}")), None);
    }
}
