//! Fuzz body: whatever is typed for a recovery code or a secret key.
//!
//! Oracle: what is accepted writes itself in one canonical form, which is accepted as the same; it is one kind alone; taking one symbol of it away or exchanging one
//! is never accepted silently as the same code; a slip is named at a place that the text has.

use crate::crypto::recovery::{CodeError, read_code, read_secret_key, write_code, write_secret_key};

/// Reads `data` as both.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (code, key) = (read_code(text), read_secret_key(text));
    assert!(code.is_err() || key.is_err(), "one text is two kinds");
    match &code {
        Ok(code) => {
            let canonical = write_code(code);
            assert_eq!(canonical.len(), 34);
            assert_eq!(read_code(&canonical).as_deref().ok(), Some(&**code), "the canonical form is another code");
            for at in 0..canonical.len() {
                let (before, after) = (&canonical[..at], &canonical[at + 1..]);
                let shorter = read_code(&format!("{before}{after}"));
                assert!(canonical.as_bytes()[at] == b'-' || shorter.is_err(), "a symbol less is a code");
                let other = if canonical.as_bytes()[at] == b'7' { '3' } else { '7' };
                let exchanged = read_code(&format!("{before}{other}{after}"));
                assert!(exchanged.map_or(true, |other| *other != **code), "two texts, one code");
            }
        }
        Err(CodeError::Symbol { position, found }) => {
            assert!(text.contains(*found) && position.group >= 1 && (1..=4).contains(&position.symbol));
        }
        Err(CodeError::Length { have, need }) => assert!(have != need && *need == 28),
        Err(CodeError::Check { maybe: Some(place) }) => {
            assert!((1..=7).contains(&place.group) && (1..=4).contains(&place.symbol));
        }
        Err(CodeError::Check { maybe: None } | CodeError::OtherKind) => {}
    }
    if let Ok(key) = &key {
        let canonical = write_secret_key(key);
        assert!(canonical.starts_with("SK1-"));
        assert_eq!(read_secret_key(&canonical).as_deref().ok(), Some(&**key));
    }
}
