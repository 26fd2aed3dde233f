//! The proof that a recovery code or a secret key was kept: one of its groups, typed back; and a whole code, typed.
//!
//! Promise: case, look-alikes and blanks do not matter, every symbol does; groups are compared in constant time.

use crate::crypto::recovery::{CodeError, GROUP, read_code, write_code, write_secret_key};
use crate::secret::{RecoveryCode, SecretKey};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Groups of a recovery code.
pub(super) const GROUPS: u64 = 7;
/// Groups of a secret key that are asked for: all but the last, which has the two check symbols alone.
pub(super) const SECRET_KEY_GROUPS: u64 = 13;
/// How often a group may be typed wrong.
pub(super) const PROOF_TRIES: u32 = 5;
/// How often a text that is no code may be typed.
pub(super) const TYPINGS: u32 = 10;

/// The recovery code in a text as it was typed.
pub(super) fn typed_code(typed: &[u8]) -> Result<RecoveryCode, CodeError> {
    let text = std::str::from_utf8(typed).map_err(|_| CodeError::Length { have: 0, need: 28 })?;
    read_code(text)
}

/// Whether `typed` is that group, however people write it.
pub(super) fn is_group(code: &RecoveryCode, group: u8, typed: &[u8]) -> bool {
    // EXPOSE: one group is compared with what was typed.
    let text = write_code(code.expose());
    usize::from(group).checked_sub(1).and_then(|at| text.split('-').nth(at)).is_some_and(|group| is_same(group, typed))
}

/// The same of a secret key, whose prefix is not counted.
pub(super) fn is_group_of_secret_key(key: &SecretKey, group: u8, typed: &[u8]) -> bool {
    // EXPOSE: one group is compared with what was typed.
    let text = write_secret_key(key.expose());
    group != 0 && text.split('-').nth(usize::from(group)).is_some_and(|group| is_same(group, typed))
}

fn is_same(expected: &str, typed: &[u8]) -> bool {
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
