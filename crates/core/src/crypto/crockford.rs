//! Crockford's base 32: the alphabet for everything that people copy by hand.
//!
//! Promises: one alphabet for the whole program; reading takes either case and the look-alikes that
//! Crockford names (`o` for `0`, `i` and `l` for `1`). `U` has no value: it is left out of the
//! alphabet on purpose.
//!
//! Writing takes the same time for every value, because what is written is a secret; reading does
//! not: a slip is named at its place.
//!
//! Never: guesses any other character. What a caller does with a character that has no value is its
//! own decision.

/// The 32 symbols by value.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The symbol for the low five bits of `value`; higher bits are ignored. Computed, so that no
/// memory is read at a place that a secret names.
pub(crate) fn symbol(value: u8) -> char {
    let value = value & 0x1f;
    // All ones from `least` on, zero below: the sign of a difference.
    let from =
        |least: u8| (i8::try_from(least).unwrap_or_default() - 1).wrapping_sub(value.cast_signed()).wrapping_shr(7);
    // Letters begin seven places behind the digits; I, L, O and U are left out.
    let behind = [(10, 7), (18, 1), (20, 1), (22, 1), (27, 1)];
    let behind = behind.into_iter().map(|(least, places)| from(least) & places).fold(0_i8, i8::wrapping_add);
    char::from(b'0'.wrapping_add(value).wrapping_add(behind.cast_unsigned()) & 0x7f)
}

/// The value (0 to 31) of one character as people type it, or `None` if it has none.
pub(crate) fn value(typed: char) -> Option<u8> {
    let plain = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let at = SYMBOLS.iter().position(|&s| char::from(s) == plain)?;
    u8::try_from(at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_reads_back_in_either_case() {
        for v in 0..32 {
            assert_eq!(symbol(v), char::from(SYMBOLS[usize::from(v)]));
            assert_eq!(value(symbol(v)), Some(v));
            assert_eq!(value(symbol(v).to_ascii_lowercase()), Some(v));
        }
    }

    #[test]
    fn look_alikes_read_as_digits_and_u_does_not_read() {
        for (typed, meant) in [('o', 0), ('O', 0), ('i', 1), ('I', 1), ('l', 1), ('L', 1)] {
            assert_eq!(value(typed), Some(meant));
        }
        for refused in ['u', 'U', '-', ' ', 'é', '\u{ff10}', '\u{212a}'] {
            assert_eq!(value(refused), None, "{refused:?}");
        }
    }
}
