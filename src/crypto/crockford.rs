//! Crockford's base 32: the alphabet for everything that people copy by hand.
//!
//! Promises: one alphabet for the whole program; reading takes either case and the look-alikes that Crockford names
//! (`o` for `0`, `i` and `l` for `1`). `U` has no value: it is left out of the alphabet on purpose.
//!
//! Never: guesses any other character. What a caller does with a character that has no value is its own decision.

/// The 32 symbols by value.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The symbol for the low five bits of `value`; higher bits are ignored.
pub(crate) fn symbol(value: u8) -> char {
    char::from(SYMBOLS[usize::from(value & 0x1f)])
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
