//! Hexadecimal in the one spelling that this dialect writes: lower case, two digits a byte.
//!
//! Must never: forgive another spelling; a salt with a capital letter is another salt to Argon2id.

use zeroize::Zeroizing;

/// Lower-case digits; the buffer has its full size from the start.
pub fn write(bytes: &[u8]) -> Zeroizing<String> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Exactly `N` bytes from exactly `2 N` lower-case digits, written in place.
pub fn read<const N: usize>(text: &[u8], out: &mut [u8; N]) -> bool {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * N {
        return false;
    }
    for (place, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else { return false };
        *place = high << 4 | low;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_and_one_length() {
        let mut out = [0; 2];
        assert!(read(b"00ff", &mut out) && out == [0, 255]);
        assert_eq!(*write(&out), "00ff");
        for bad in [&b"00fF"[..], b"00f", b"00ff0", b"0x00", b"", b"00 f"] {
            assert!(!read(bad, &mut out), "{bad:?}");
        }
    }
}
