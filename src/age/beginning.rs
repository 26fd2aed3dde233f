//! What a file is, by how it begins.
//!
//! Promise: a sealed file is told by its first line, and no byte behind that line is taken; of
//! everything else at most [`WINDOW`] bytes are read, and fewer once they cannot be text. What
//! happens to such files on their way (line ends, UTF-16, a mail around it) has names, so that a
//! person can be told what to do. Must never: repair anything.

use std::io::{self, BufRead};

/// The first line of a sealed file (C2SP age, "Header").
pub const INTRO: &[u8] = b"age-encryption.org/v1\n";
/// How far a text is searched for the beginning of a sealed one: the header of a long mail.
pub const WINDOW: usize = 32 * 1024;

/// The first line without its version.
const ANY_VERSION: &[u8] = b"age-encryption.org/";
const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
/// [`ANY_VERSION`] in base64, as far as its groups of three bytes go.
const IN_BASE64: &[u8] = b"YWdlLWVuY3J5cHRpb24ub3Jn";
/// What values look like in a file of sops.
const SOPS_VALUE: &[u8] = b"ENC[AES256_GCM,";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What begins so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// A sealed file; the next byte is that of its first stanza.
    Sealed,
    /// The text form, with nothing but white space before it: age reads it.
    Armored,
    /// The text form with something before it, in which age does not find it.
    ArmoredInText,
    /// The text form in UTF-16.
    ArmoredInUtf16,
    /// A sealed file that something took for text: other line ends, UTF-16, a mark before it.
    ChangedAsText,
    /// A sealed file in base64.
    InBase64,
    /// A sealed file of another version of the format.
    Newer,
    /// Values that sops sealed, one by one.
    Sops,
    /// Nothing of that.
    Other,
}

/// Reads as much as it takes to tell.
pub fn read(input: &mut impl BufRead) -> io::Result<Beginning> {
    let mut seen = Vec::new();
    loop {
        let available = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            available => available?,
        };
        let most = if INTRO.starts_with(&seen) { INTRO.len() } else { WINDOW };
        let taken = available.len().min(most - seen.len());
        let ends_a_line = available[..taken].contains(&b'\n');
        seen.extend_from_slice(&available[..taken]);
        input.consume(taken);
        if seen == INTRO {
            return Ok(Beginning::Sealed);
        }
        let may_be_sealed = INTRO.starts_with(&seen) && taken > 0;
        let is_over = taken == 0 || seen.len() == WINDOW || !may_be_text(&seen, taken);
        if !may_be_sealed && (is_over || (ends_a_line && of(&seen) != Beginning::Other)) {
            return Ok(of(&seen));
        }
    }
}

/// What begins with these bytes, if nothing else is known.
pub fn of(seen: &[u8]) -> Beginning {
    match from_utf16(seen) {
        Some(text) => match of_text(&text) {
            Beginning::Sealed | Beginning::ChangedAsText | Beginning::Newer => Beginning::ChangedAsText,
            Beginning::Armored | Beginning::ArmoredInText => Beginning::ArmoredInUtf16,
            other => other,
        },
        None => of_text(seen),
    }
}

fn of_text(seen: &[u8]) -> Beginning {
    let text = seen.strip_prefix(BYTE_ORDER_MARK).unwrap_or(seen);
    let trimmed = text.trim_ascii_start();
    if trimmed.starts_with(ANY_VERSION) {
        let line = trimmed.split(|&byte| byte == b'\n').next().unwrap_or(trimmed);
        let is_this_version = trimmed.starts_with(INTRO) || INTRO.starts_with(line);
        let is_untouched = trimmed.len() == seen.len() && !line.ends_with(b"\r");
        return match (is_untouched, is_this_version) {
            (false, _) => Beginning::ChangedAsText,
            (true, false) => Beginning::Newer,
            (true, true) if trimmed.starts_with(INTRO) => Beginning::Sealed,
            // Cut off in its first line.
            (true, true) => Beginning::Other,
        };
    }
    if trimmed.starts_with(IN_BASE64) {
        return Beginning::InBase64;
    }
    match find(text, ARMOR) {
        Some(at) if text[..at].trim_ascii().is_empty() && text.len() == seen.len() => Beginning::Armored,
        Some(at) if is_of_sops(&text[..at]) => Beginning::Sops,
        Some(_) => Beginning::ArmoredInText,
        None if is_of_sops(text) => Beginning::Sops,
        None => Beginning::Other,
    }
}

fn is_of_sops(text: &[u8]) -> bool {
    find(text, SOPS_VALUE).is_some()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// Whether this can still become a text, in one of its encodings; all but the last `fresh` bytes
/// could.
fn may_be_text(seen: &[u8], fresh: usize) -> bool {
    let is_control = |&byte: &u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r');
    seen.len() < 2 || is_utf16(seen).is_some() || !seen[seen.len() - fresh..].iter().any(is_control)
}

/// Whether the low byte comes first, if this begins like ASCII in UTF-16.
fn is_utf16(seen: &[u8]) -> Option<bool> {
    match seen {
        [0xff, 0xfe, ..] => Some(true),
        [0xfe, 0xff, ..] => Some(false),
        [low, 0, ..] if *low != 0 => Some(true),
        [0, low, ..] if *low != 0 => Some(false),
        _ => None,
    }
}

/// What is ASCII of a text in UTF-16, without its mark; a `?` for everything else.
fn from_utf16(seen: &[u8]) -> Option<Vec<u8>> {
    let low_first = is_utf16(seen)?;
    let units = seen.chunks_exact(2).map(|pair| match (low_first, pair) {
        (true, &[low, 0]) | (false, &[0, low]) => low,
        _ => b'?',
    });
    let marked = seen.starts_with(b"\xff\xfe") || seen.starts_with(b"\xfe\xff");
    Some(units.skip(usize::from(marked)).collect())
}

#[cfg(test)]
#[path = "beginning_tests.rs"]
mod tests;
