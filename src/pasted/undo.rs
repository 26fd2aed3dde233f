//! Addresses inside of addresses: what filters of mail make of a link, by their documented forms.
//!
//! | form | who |
//! |---|---|
//! | `?url=https%3A%2F%2F...` and the like, in a query or a path, encoded once or more | Safe Links, Barracuda, Cisco, Symantec, Trend Micro, Google, urldefense v1, most others |
//! | `/v2/url?u=https-3A__...&` | urldefense v2: `-` for `%`, `_` for `/` |
//! | `/v3/__https://...*...__;Iw!!` | urldefense v3: `*` for one byte, `**X` for several, in base64 after the `;` |
//! | `u=aHR0cHM6Ly9...` | Sophos, Mandrill and others: base64 |
//!
//! An address that stands openly inside of another needs nothing undone: it is found where it is.
//!
//! Promises: each call undoes one wrapper. Never: contacts anybody, or decodes an address in part.

use super::units::{Break, Unit, Units};
use base64ct::{Base64UrlUnpadded, Encoding};

/// The most characters of one encoded address.
const LONGEST: usize = 4096;
/// The most wrappers that are undone in one text.
const MOST: usize = 60;
/// How often an address may have been encoded on its way into a query.
const MOST_ENCODINGS: usize = 4;

/// Where an address of urldefense v2 begins, behind its host.
const DASHES: &str = "/v2/url?";
/// The same of v3.
const STARS: &str = "/v3/__";

/// The text inside every wrapper in this one.
pub(super) fn inside(units: &Units) -> Vec<Units> {
    let undo = |at: usize| match units.at(at) {
        Some('h' | 'H') if units.has(at, "http") => by_percent(units, at),
        Some('a' | 'S') => by_base64(units, at),
        Some('/') if units.has(at, DASHES) => by_dashes(units, at),
        Some('/') if units.has(at, STARS) => by_stars(units, at),
        _ => None,
    };
    let begins = |at: &usize| match units.at(*at) {
        Some('h' | 'H') => units.has(*at, "http") && !units.is_address(*at),
        Some('a' | 'S') => is_base64(units, *at),
        Some('/') => units.has(*at, DASHES) || units.has(*at, STARS),
        _ => false,
    };
    (0..units.0.len()).filter(begins).take(MOST).filter_map(|at| Some(emphasised(units, at, undo(at)?))).collect()
}

/// The text inside a wrapper, with the underscores before it that stood before the wrapper: the
/// same number ends it.
fn emphasised(units: &Units, at: usize, mut inner: Units) -> Units {
    let wrapper = (at.saturating_sub(LONGEST)..at).rev().find(|place| units.is_address(*place));
    let mark = Unit { c: '_', before: Break::None };
    let before = (0..wrapper.unwrap_or(0)).rev().take_while(|place| units.at(*place) == Some('_')).take(3).count();
    inner.0.splice(0..0, std::iter::repeat_n(mark, before));
    inner
}

/// Whether base64 of `http` or `HTTP` begins there.
fn is_base64(units: &Units, at: usize) -> bool {
    ["aHR0c", "SFRUU"].iter().any(|start| units.has(at, start) && units.text(at, at + start.len()) == *start)
}

/// `https%3A%2F%2F...`, also with the colon or the slashes left as they are.
fn by_percent(units: &Units, at: usize) -> Option<Units> {
    let mut place = at + 4 + usize::from(units.has(at + 4, "s"));
    let mut times = 0;
    for (c, code) in [(':', "3a"), ('/', "2f"), ('/', "2f")] {
        if units.at(place) == Some(c) {
            place += 1;
            continue;
        }
        let (length, encodings) = encoded(units, place, code)?;
        place += length;
        times = times.max(encodings);
    }
    if times == 0 {
        return None;
    }
    let end = units.end_of_address(at).min(at + LONGEST);
    let end = (at..end).find(|place| units.at(*place) == Some('&')).unwrap_or(end);
    let mut inner = Units(units.0.get(at..end)?.to_vec());
    for _ in 0..times {
        inner = decoded(&inner);
    }
    Some(inner)
}

/// Whether a `%xx` stands there, encoded once or more; its length and how often.
fn encoded(units: &Units, at: usize, code: &str) -> Option<(usize, usize)> {
    if units.at(at) != Some('%') {
        return None;
    }
    let again = (0..MOST_ENCODINGS).take_while(|n| units.has(at + 1 + 2 * n, "25")).count();
    units.has(at + 1 + 2 * again, code).then_some((3 + 2 * again, again + 1))
}

/// Percent-decoding, once. Bytes beyond ASCII stay encoded: no link of ours has any.
fn decoded(units: &Units) -> Units {
    let mut out = Vec::with_capacity(units.0.len());
    let mut at = 0;
    while let Some(unit) = units.0.get(at) {
        if let Some(byte) = (unit.c == '%').then(|| hexadecimal(units, at + 1)).flatten().filter(u8::is_ascii) {
            // A line may be broken inside of it.
            let here = units.0.get(at..at + 3).unwrap_or_default();
            let broken = here.iter().map(|unit| unit.before).find(|before| *before != Break::None);
            out.push(Unit { c: char::from(byte), before: broken.unwrap_or(Break::None) });
            at += 3;
        } else {
            out.push(*unit);
            at += 1;
        }
    }
    Units(out)
}

/// The byte that two hexadecimal digits spell.
pub(super) fn hexadecimal(units: &Units, at: usize) -> Option<u8> {
    let digit = |at: usize| units.at(at).and_then(|c| c.to_digit(16));
    u8::try_from(digit(at)? * 16 + digit(at + 1)?).ok()
}

/// Percent-decoding of a text, once.
pub(super) fn percent_decoded(text: &str) -> String {
    let units = decoded(&Units::of_decoded(text));
    units.text(0, units.0.len())
}

/// urldefense v2.
fn by_dashes(units: &Units, at: usize) -> Option<Units> {
    let end = units.end_of_address(at).min(at + LONGEST);
    let mut from = (at + DASHES.len() - 1..end)
        .find(|place| units.at(*place).is_some_and(|c| "?&".contains(c)) && units.has(place + 1, "u="))?
        + 3;
    // The same in quoted-printable.
    from += if units.has(from, "3Dhttp") { 2 } else { 0 };
    let end = (from..end).find(|place| units.at(*place) == Some('&')).unwrap_or(end);
    let undashed = units.0.get(from..end)?.iter().map(|unit| {
        let c = match unit.c {
            '-' => '%',
            '_' => '/',
            c => c,
        };
        Unit { c, before: unit.before }
    });
    Some(decoded(&Units(undashed.collect())))
}

/// urldefense v3.
fn by_stars(units: &Units, at: usize) -> Option<Units> {
    const RUNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let from = at + STARS.len();
    let end = (from..units.end_of_address(from).min(from + LONGEST)).find(|place| units.has(*place, "__;"))?;
    let bytes = (end + 3..units.0.len()).map_while(|place| units.at(place)).take_while(|c| *c != '!' && *c != ' ');
    let bytes: String = bytes.take(LONGEST).collect();
    let bytes = Base64UrlUnpadded::decode_vec(bytes.trim_end_matches('=')).ok()?;
    let mut bytes = bytes.into_iter();
    let mut out = Vec::new();
    let mut place = from;
    while place < end {
        let unit = units.0.get(place)?;
        if unit.c != '*' {
            out.push(*unit);
            place += 1;
            continue;
        }
        let run = (units.at(place + 1) == Some('*')).then(|| units.at(place + 2)).flatten();
        let run = run.and_then(|c| RUNS.iter().position(|known| char::from(*known) == c));
        let count = run.map_or(1, |run| run + 2);
        place += if run.is_some() { 3 } else { 1 };
        out.extend(
            (0..count).map_while(|_| bytes.next()).map(|byte| Unit { c: char::from(byte), before: unit.before }),
        );
    }
    let mut inner = Units(out);
    // Some of its versions write one slash.
    for scheme in ["https:/", "http:/"] {
        if inner.has(0, scheme) && inner.at(scheme.len()) != Some('/') {
            let slash = Unit { c: '/', before: Break::None };
            inner.0.insert(scheme.len(), slash);
        }
    }
    Some(inner)
}

/// base64 of `http...`, in either alphabet.
fn by_base64(units: &Units, at: usize) -> Option<Units> {
    let digit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    if !is_base64(units, at) || (at > 0 && units.at(at - 1).is_some_and(digit)) {
        return None;
    }
    let mut digits = String::new();
    let mut place = at;
    while let Some(c) = units.at(place).filter(|_| digits.len() < LONGEST) {
        match c {
            '+' => digits.push('-'),
            '/' => digits.push('_'),
            c if digit(c) => digits.push(c),
            '%' if units.has(place, "%2B") => {
                digits.push('-');
                place += 2;
            }
            '%' if units.has(place, "%2F") => {
                digits.push('_');
                place += 2;
            }
            _ => break,
        }
        place += 1;
    }
    // A digit too many says nothing, and padding bits are of no interest here.
    let whole = digits.len() / 4 * 4;
    let tail = &digits[whole..];
    let mut bytes = Base64UrlUnpadded::decode_vec(&digits[..whole]).ok()?;
    bytes.extend(Base64UrlUnpadded::decode_vec(tail).unwrap_or_default());
    Some(Units::of_decoded(&String::from_utf8_lossy(&bytes)))
}
