//! Bytes as text: what Windows writes into files, and what a terminal sends.
//!
//! Promises: every input becomes some text, without a mark at its start; an invite link is ASCII,
//! so what cannot be read elsewhere does no harm. Never: fails.

use zeroize::Zeroizing;

/// The text of a file or a paste: UTF-8 or UTF-16, with or without a byte order mark (RFC 3629
/// section 6, RFC 2781 section 3.3). Bytes that are neither become U+FFFD.
pub(super) fn text(bytes: &[u8]) -> Zeroizing<String> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ if zeros(bytes, 1) => utf16(bytes, u16::from_le_bytes),
        _ if zeros(bytes, 0) => utf16(bytes, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    Zeroizing::new(text)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Whether most bytes at this place of each pair are zero, as in UTF-16 of mostly ASCII.
fn zeros(bytes: &[u8], place: usize) -> bool {
    let pairs = bytes.len() / 2;
    let zero = bytes.chunks_exact(2).filter(|pair| pair[place] == 0 && pair[1 - place] != 0).count();
    pairs >= 8 && zero * 10 > pairs * 8
}
