//! The proof that a recovery code was kept: one of its groups, typed back.
//!
//! Promise: case, look-alikes and blanks do not matter, every symbol does; compared in constant time.

use crate::crypto::recovery::{GROUP, write_code};
use crate::secret::RecoveryCode;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Groups of a recovery code.
pub(super) const GROUPS: u64 = 7;
/// How often a group may be typed wrong.
pub(super) const PROOF_TRIES: u32 = 5;

/// Whether `typed` is that group, however people write it.
pub(super) fn is_group(code: &RecoveryCode, group: u8, typed: &[u8]) -> bool {
    // EXPOSE: one group is compared with what was typed.
    let text = write_code(code.expose());
    let Some(expected) = text.split('-').nth(usize::from(group) - 1) else { return false };
    let mut read = Zeroizing::new([0u8; GROUP]);
    let mut length = 0;
    for symbol in typed.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b'-') {
        let Some(place) = read.get_mut(length) else { return false };
        *place = match symbol.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            other => other,
        };
        length += 1;
    }
    length == GROUP && read.as_slice().ct_eq(expected.as_bytes()).into()
}
