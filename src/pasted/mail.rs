//! The parts of a text that is, or holds, the source of a mail.
//!
//! Promises: where a head says `quoted-printable` or `base64` (RFC 2045 section 6), the body under
//! it is read so, once; the text itself stays a part. Never: judges a mail, its boundaries or its
//! character sets; an invite link is ASCII in all of them.

use super::charset;
use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

/// The most bodies that are decoded.
const MOST_BODIES: usize = 32;

/// The text, then what its encoded bodies say, then the whole as quoted-printable where it looks
/// so: people copy from the middle of a mail's source too.
pub(super) fn parts(text: &str) -> Vec<Zeroizing<String>> {
    let mut parts = vec![Zeroizing::new(text.to_owned())];
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let Some(encoding) = encoding(line) else { continue };
        if parts.len() > MOST_BODIES {
            break;
        }
        let body = lines[at..].iter().skip_while(|line| !line.trim().is_empty()).skip(1);
        let body = body.take_while(|line| !is_boundary(text, line));
        let bytes = match encoding {
            Encoded::Printable => quoted_printable(body.copied()),
            Encoded::Base64 => base64(body.copied()),
        };
        parts.push(charset::text(&bytes));
    }
    if parts.len() == 1 && lines.iter().any(|line| is_printable(line)) {
        parts.push(charset::text(&quoted_printable(lines.iter().copied())));
    }
    parts
}

/// Whether a line could be one of quoted-printable: it ends with `=`, or has a byte spelt out.
fn is_printable(line: &str) -> bool {
    let digit = |b: &u8| b.is_ascii_digit() || (b'A'..=b'F').contains(b);
    line.trim_end().ends_with('=') || line.as_bytes().windows(3).any(|w| w[0] == b'=' && digit(&w[1]) && digit(&w[2]))
}

/// Whether a line is one between parts: a token may begin with `--` as well, at a line's start.
fn is_boundary(text: &str, line: &str) -> bool {
    let Some(name) = line.strip_prefix("--").map(|name| name.trim_end().trim_end_matches("--")) else { return false };
    name.is_empty() || text.contains(&format!("boundary=\"{name}")) || text.contains(&format!("boundary={name}"))
}

#[derive(Clone, Copy)]
enum Encoded {
    Printable,
    Base64,
}

fn encoding(line: &str) -> Option<Encoded> {
    let (name, value) = line.split_once(':')?;
    if !name.trim().eq_ignore_ascii_case("content-transfer-encoding") {
        return None;
    }
    match value.trim().to_ascii_lowercase().as_str() {
        "quoted-printable" => Some(Encoded::Printable),
        "base64" => Some(Encoded::Base64),
        _ => None,
    }
}

fn quoted_printable<'a>(lines: impl Iterator<Item = &'a str>) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::new());
    for line in lines {
        let line = line.trim_end().as_bytes();
        let (line, soft) = line.strip_suffix(b"=").map_or((line, false), |line| (line, true));
        let mut at = 0;
        while at < line.len() {
            let hexadecimal = |place: usize| line.get(place).and_then(|digit| char::from(*digit).to_digit(16));
            match (line[at], hexadecimal(at + 1), hexadecimal(at + 2)) {
                (b'=', Some(high), Some(low)) => {
                    out.push(u8::try_from(high * 16 + low).unwrap_or(b'='));
                    at += 3;
                }
                (byte, ..) => {
                    out.push(byte);
                    at += 1;
                }
            }
        }
        if !soft {
            out.push(b'\n');
        }
    }
    out
}

/// Ends at the first line that is none of base64.
fn base64<'a>(lines: impl Iterator<Item = &'a str>) -> Zeroizing<Vec<u8>> {
    let is_base64 = |line: &&str| line.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
    let digits: Zeroizing<String> =
        Zeroizing::new(lines.map(str::trim).take_while(is_base64).collect::<Vec<_>>().concat());
    // A part that was copied without its end is read as far as it goes.
    let whole = digits.len() / 4 * 4;
    Zeroizing::new(Base64::decode_vec(&digits[..whole]).unwrap_or_default())
}

/// What a page shows of an HTML text; `None` if it is none.
///
/// Tags are dropped, those that break lines become line breaks. `<https://...>` is no tag.
pub(super) fn without_tags(text: &str) -> Option<Zeroizing<String>> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    let mut any = false;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((name, length)) = tag(rest) {
            any = true;
            if !is_inline(&name) {
                out.push_str("\n\n");
            } else if name == "br" {
                out.push('\n');
            }
            rest = &rest[length..];
        } else {
            out.push('<');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    any.then_some(out)
}

/// The name of the tag, or comment, at the start of a text, and its length.
fn tag(text: &str) -> Option<(String, usize)> {
    if text.starts_with("<!--") {
        return Some(("a".to_owned(), text.find("-->")? + 3));
    }
    let inside = text[1..].strip_prefix(['/', '!']).unwrap_or(&text[1..]);
    let name: String = inside.chars().take_while(char::is_ascii_alphanumeric).collect();
    let after = inside[name.len()..].chars().next()?;
    let is_tag = name.starts_with(|c: char| c.is_ascii_alphabetic()) && (after.is_whitespace() || "/>".contains(after));
    is_tag.then(|| Some((name.to_ascii_lowercase(), text.find('>')? + 1)))?
}

fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "b"
            | "br"
            | "code"
            | "em"
            | "font"
            | "i"
            | "mark"
            | "s"
            | "small"
            | "span"
            | "strong"
            | "tt"
            | "u"
            | "wbr"
    )
}
