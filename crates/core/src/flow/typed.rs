//! A recovery code and a secret key as people type them.

use crate::crypto::recovery::{CodeError, read_code, read_secret_key};
use crate::secret::{RecoveryCode, SecretKey};

/// How often a text that is none may be typed.
pub(super) const TYPINGS: u32 = 10;

/// The recovery code in a text.
pub(super) fn typed_code(typed: &[u8]) -> Result<RecoveryCode, CodeError> {
    let text = std::str::from_utf8(typed).map_err(|_| CodeError::Length { have: 0, need: 28 })?;
    read_code(text)
}

/// The secret key in a text.
pub(super) fn typed_secret_key(typed: &[u8]) -> Result<SecretKey, CodeError> {
    let text = std::str::from_utf8(typed).map_err(|_| CodeError::Length { have: 0, need: 54 })?;
    read_secret_key(text)
}
