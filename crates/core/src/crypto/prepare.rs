//! Password preparation, `prep = 1` (protocol section 3): what is typed becomes what is stretched.
//!
//! Promises: RFC 8265 OpaqueString as far as typing goes: every space separator (Zs) becomes
//! U+0020, then NFC; no case folding, no trimming, no truncation. The same person on another
//! keyboard or system gets the same bytes, and preparing twice changes nothing. The result is
//! written once into a buffer that never moves.
//!
//! Never: judges when a password is *used*; only its size and encoding can be refused then, so that
//! no later version can lock somebody out. What may be *set* is [`check_settable`] here and
//! `crypto::strength` beyond it.
//!
//! Residue: text that is already in NFC, so all of ASCII, is copied straight into the result. Other
//! text passes through the normaliser, which holds a few characters of it in a small buffer on the
//! stack (on the heap only after four combining marks in a row) and does not wipe them.

use crate::secret::Password;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use zeroize::Zeroizing;

/// The most bytes a password may have, both as typed and as prepared.
pub const MAX_BYTES: usize = 1024;

/// The fewest code points a new password may have; a policy can ask for more, never for less.
pub const MIN_CODE_POINTS: usize = 15;

/// Why typed bytes cannot be a password at all. Nothing of the password is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// More than [`MAX_BYTES`], as typed or as prepared.
    #[error("the password is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// The bytes are not UTF-8: the terminal uses another encoding.
    #[error("the password is not UTF-8")]
    NotUtf8,
}

/// Why a prepared password may not be set. A password that is already in use is never checked for
/// these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsettable {
    /// There is nothing.
    #[error("the password is empty")]
    Empty,
    /// A control character (Cc), for example a tab or NUL: cannot be typed everywhere.
    #[error("the password has a control character")]
    Control,
    /// A code point without a meaning yet, or a non-character: its normal form could change with a
    /// later Unicode.
    #[error("the password has a character that Unicode does not define")]
    Unassigned,
    /// A character that nobody sees and keyboards leave out, such as a byte order mark.
    #[error("the password has a character that cannot be seen")]
    Invisible,
    /// Too few code points.
    #[error("the password has {have} characters, {need} are needed")]
    TooShort {
        /// Code points it has.
        have: usize,
        /// Code points it needs.
        need: usize,
    },
}

/// Prepares a password as typed. Deterministic, and the identity on its own results.
///
/// # Errors
/// [`PrepareError::TooLong`] and [`PrepareError::NotUtf8`]; an empty password is prepared like any
/// other.
///
/// ```
/// use firstkey_core::crypto::prepare::prepare;
///
/// // "e" and a combining accent become one letter; an ideographic space becomes a space.
/// let typed = prepare("cafe\u{301}\u{3000}noir".as_bytes()).expect("a password");
/// assert_eq!(*typed, "caf\u{e9} noir".as_bytes());
/// assert!(prepare(b"\xff").is_err());
/// ```
pub fn prepare(raw: &[u8]) -> Result<Zeroizing<Vec<u8>>, PrepareError> {
    if raw.len() > MAX_BYTES {
        return Err(PrepareError::TooLong);
    }
    let text = core::str::from_utf8(raw).map_err(|_| PrepareError::NotUtf8)?;
    let spaced = text.chars().map(plain_space);
    match is_nfc_quick(spaced.clone()) {
        IsNormalized::Yes => collect(spaced),
        IsNormalized::No | IsNormalized::Maybe => collect(spaced.nfc()),
    }
}

/// Prepares a password for use: the one way to a [`Password`], which is what is stretched.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_password(raw: &[u8]) -> Result<Password, PrepareError> {
    prepare(raw).map(Password::from_prepared)
}

/// Checks a prepared password that is about to be set, in the order of [`Unsettable`].
///
/// `min_length` is in code points; less than [`MIN_CODE_POINTS`] counts as [`MIN_CODE_POINTS`].
///
/// # Errors
/// The first reason that holds.
pub fn check_settable(prepared: &str, min_length: usize) -> Result<(), Unsettable> {
    if prepared.is_empty() {
        return Err(Unsettable::Empty);
    }
    let category = |wanted| move |c: char| c.general_category() == wanted;
    if prepared.chars().any(category(GeneralCategory::Control)) {
        return Err(Unsettable::Control);
    }
    // Non-characters such as U+FFFF are in this category too, for ever.
    if prepared.chars().any(category(GeneralCategory::Unassigned)) {
        return Err(Unsettable::Unassigned);
    }
    if prepared.chars().any(is_ignorable) {
        return Err(Unsettable::Invisible);
    }
    let (have, need) = (prepared.chars().count(), min_length.max(MIN_CODE_POINTS));
    if have < need {
        return Err(Unsettable::TooShort { have, need });
    }
    Ok(())
}

/// RFC 8264 section 9.13, `PrecisIgnorableProperties`: the default-ignorable code points, which
/// OpaqueString does not allow. The two joiners, which some scripts are written with (RFC 5892
/// appendix A), are let pass.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'
    )
}

/// RFC 8265 section 4.2.2, additional mapping rule.
fn plain_space(c: char) -> char {
    if c.general_category() == GeneralCategory::SpaceSeparator { ' ' } else { c }
}

/// Writes the characters into one buffer of the largest size allowed, so that it never grows and
/// leaves no copies.
fn collect(characters: impl Iterator<Item = char>) -> Result<Zeroizing<Vec<u8>>, PrepareError> {
    let mut prepared = Zeroizing::new(Vec::with_capacity(MAX_BYTES));
    let mut encoded = Zeroizing::new([0; 4]);
    for c in characters {
        let bytes = c.encode_utf8(&mut *encoded).as_bytes();
        if prepared.len() + bytes.len() > MAX_BYTES {
            return Err(PrepareError::TooLong);
        }
        prepared.extend_from_slice(bytes);
    }
    Ok(prepared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_never_moves() {
        for raw in [vec![b'x'; 1024], "e\u{301}".repeat(341).into_bytes()] {
            let prepared = prepare(&raw).expect("at most 1,024 bytes");
            assert_eq!(prepared.capacity(), MAX_BYTES);
        }
    }

    #[test]
    fn size_is_limited_before_and_after() {
        assert!(prepare(&[b'a'; 1024]).is_ok());
        assert_eq!(prepare(&[b'a'; 1025]).err(), Some(PrepareError::TooLong));
        // U+1D160 is 4 bytes and becomes 12: a musical note is three code points in NFC.
        let note = "\u{1d160}";
        assert_eq!(prepare(note.repeat(85).as_bytes()).map(|p| p.len()), Ok(1020));
        assert_eq!(prepare(note.repeat(86).as_bytes()).err(), Some(PrepareError::TooLong));
        // Longer as typed than as prepared: still refused, the limit is on both.
        assert_eq!(prepare("e\u{301}".repeat(342).as_bytes()).err(), Some(PrepareError::TooLong));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused() {
        for bad in [&b"caf\xe9"[..], b"\xed\xa0\x80", b"\xc0\x80", b"abc\xf0\x9f\x98"] {
            assert_eq!(prepare(bad).err(), Some(PrepareError::NotUtf8));
        }
    }

    #[test]
    fn an_odd_password_can_be_used_but_not_set() {
        let need = MIN_CODE_POINTS;
        for (odd, why) in [
            ("", Unsettable::Empty),
            ("fifteen\0characters", Unsettable::Control),
            ("fifteen\tcharacters", Unsettable::Control),
            ("fifteen characters\u{7f}", Unsettable::Control),
            ("fifteen characters\u{85}", Unsettable::Control),
            ("fifteen characters\u{378}", Unsettable::Unassigned),
            ("fifteen characters\u{ffff}", Unsettable::Unassigned),
            ("fifteen characters\u{fdd0}", Unsettable::Unassigned),
            ("fifteen characters\u{10ffff}", Unsettable::Unassigned),
            ("\u{feff}fifteen characters", Unsettable::Invisible),
            ("fifteen\u{200b}characters", Unsettable::Invisible),
            ("fifteen characters\u{202e}", Unsettable::Invisible),
            ("only fourteen.", Unsettable::TooShort { have: 14, need }),
        ] {
            let prepared = prepare(odd.as_bytes()).expect("using refuses nothing but size");
            assert_eq!(prepared.as_slice(), odd.as_bytes());
            assert_eq!(check_settable(odd, need), Err(why), "{odd:?}");
        }
    }

    #[test]
    fn length_counts_code_points_and_a_policy_only_raises_it() {
        assert_eq!(check_settable("fifteen letters", 15), Ok(()));
        assert_eq!(check_settable("äöüäöüäöüäöüäöü", 15), Ok(()));
        assert_eq!(check_settable("fifteen letters", 0), Ok(()));
        assert!(check_settable("fourteen chars", 4).is_err());
        let asked = Unsettable::TooShort { have: 15, need: 20 };
        assert_eq!(check_settable("fifteen letters", 20), Err(asked));
    }
}
