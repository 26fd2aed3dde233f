//! Texts that could be one of our invite links: `https://host/i#fkinv2.<id>.<token>.<binding>`, or
//! `fkinv1` without the binding.
//!
//! The body has a fixed length in each version, so a line break inside it is undone and whatever
//! follows it is left out without a guess.
//!
//! Promises: the host is what stands between `://` and the next `/`, `?`, `#` or `%2F`, joined over
//! line breaks only where the whole link is broken at one width; nothing in it is decoded. Tricks
//! stay in the candidate, for the grammar to name. Never: drops a letter, digit, `-` or `_` that
//! follows the token on its line, or adds a character that is not in the text.

use super::units::{Break, Units};

/// What stands before the version's number.
const NAME: &str = "fkinv";
/// Characters of invite id, dot and token: all of version 1, and of a number that nobody knows.
const BODY_1: usize = 22 + 1 + 43;
/// Characters of a dot and the binding more.
const BODY_2: usize = BODY_1 + 1 + 22;
/// The farthest that a scheme may stand before the `#`.
const FARTHEST: usize = 1024;
/// The longest candidate in characters; the grammar calls a longer text too long.
const LONGEST: usize = 440;
/// How often a `#` may have been encoded.
const MOST_ENCODINGS: usize = 3;

/// Names in a query that mail and advertising programs add to every address.
pub(super) const TRACKING: [&str; 22] = [
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "utm_id",
    "mc_cid",
    "mc_eid",
    "fbclid",
    "gclid",
    "msclkid",
    "dclid",
    "mkt_tok",
    "_hsenc",
    "_hsmi",
    "vero_id",
    "trk",
    "source",
    "ust",
    "usg",
    "sa",
    "ved",
];

/// Every text that could be a link, in order.
pub(super) fn candidates(units: &Units) -> Vec<String> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = units.find(NAME, from) {
        from = at + NAME.len();
        found.extend(candidate(units, at));
    }
    if found.is_empty() {
        found.extend(cut_before_the_hash(units));
    }
    found
}

/// The link whose body is announced at `name`.
fn candidate(units: &Units, name: usize) -> Option<String> {
    // The name is small: a text in capitals has lost the token.
    if units.text(name, name + NAME.len()) != NAME {
        return None;
    }
    let start = (name.saturating_sub(FARTHEST)..name).rev().find(|place| units.is_address(*place))?;
    let digits = (name + NAME.len()..units.0.len()).take_while(|at| units.at(*at).is_some_and(|c| c.is_ascii_digit()));
    let dot = name + NAME.len() + digits.count();
    let whole = if units.text(name + NAME.len(), dot) == "2" { BODY_2 } else { BODY_1 };
    let (body, end) = body(units, dot + 1, whole);
    let head = head(units, start, name, end);
    let mut link = head.unwrap_or_else(|| units.text_with_breaks(start, name));
    link.push_str(&units.text(name, dot + 1));
    link.push_str(&body);
    link.push_str(&rest(units, start, end, body.len() == whole));
    Some(link.chars().take(LONGEST).collect())
}

/// Scheme, host and `/i#`, if the text from `start` to `name` says so in one of the known ways.
fn head(units: &Units, start: usize, name: usize, last: usize) -> Option<String> {
    let host = start + if units.has(start, "https") { 8 } else { 7 };
    let encoded = |at: usize| units.has(at, "%2f") || units.has(at, "%252f");
    let stop = |at: &usize| units.at(*at).is_some_and(|c| "/?#".contains(c)) || encoded(*at);
    let end = (host..name).find(stop)?;
    if !is_joined_well(units, start, end, last) {
        return None;
    }
    let mut path = units.text(end, name);
    // In quoted-printable, a `#` may be spelt out (RFC 2045 section 6.7).
    path = path.strip_suffix("=23").map_or(path.clone(), |path| format!("{path}#"));
    for _ in 0..MOST_ENCODINGS {
        if !path.contains('%') {
            break;
        }
        path = super::undo::percent_decoded(&path);
    }
    let path = path.strip_suffix('#')?;
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let harmless = query
        .split('&')
        .all(|part| part.is_empty() || part.split_once('=').is_some_and(|(name, _)| TRACKING.contains(&name)));
    let scheme = units.text(start, host).to_ascii_lowercase();
    (matches!(path, "/i" | "/i/") && harmless).then(|| format!("{scheme}{}/i#", units.text(host, end)))
}

/// Whether line breaks in scheme and host are those of a program that broke the whole link, which
/// ends at `last`, at one width: no later line of it is longer. Otherwise two lines of a text would
/// become a host.
fn is_joined_well(units: &Units, start: usize, end: usize, last: usize) -> bool {
    let before = |at: usize| units.0.get(at).map_or(Break::None, |unit| unit.before);
    let broken: Vec<usize> = (start + 1..last).filter(|at| before(*at) != Break::None).collect();
    let Some(first) = broken.first().filter(|at| **at < end) else { return true };
    let Break::Line(width) = before(*first) else { return false };
    let rest = broken.last().map_or(0, |at| last - at);
    // One character of room, for the `=` that was dropped.
    let fits = |length: usize| length <= usize::from(width) + 1;
    fits(rest) && broken.iter().all(|at| matches!(before(*at), Break::Line(length) if fits(usize::from(length))))
}

/// The characters of the parts from `from` on, at most `whole`, and where they end.
fn body(units: &Units, from: usize, whole: usize) -> (String, usize) {
    let mut body = String::with_capacity(whole);
    let mut at = from;
    while body.len() < whole {
        let Some(unit) = units.0.get(at) else { break };
        if unit.before == Break::Paragraph {
            break;
        }
        match unit.c {
            c if is_of_body(c) => {
                body.push(c);
                at += 1;
            }
            '%' | '=' => match spelt_out(units, at) {
                Some((c, length)) => {
                    body.push(c);
                    at += length;
                }
                None => break,
            },
            // Markdown's way to say that the next character means nothing to it.
            '\\' if units.at(at + 1).is_some_and(|c| "-_.".contains(c)) => at += 1,
            _ => break,
        }
    }
    if body.len() < whole {
        // Three dots stand for what was left out.
        body.truncate(body.trim_end_matches('.').len());
    }
    (body, at)
}

fn is_of_body(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// A character of the body as `%2D` or `=2D`, and how many characters that takes.
fn spelt_out(units: &Units, at: usize) -> Option<(char, usize)> {
    let again = (0..MOST_ENCODINGS).take_while(|n| units.has(at + 1 + 2 * n, "25")).count() * 2;
    let c = char::from(super::undo::hexadecimal(units, at + 1 + again)?);
    is_of_body(c).then_some((c, 3 + again))
}

/// What of the text after the body belongs to the candidate, so that the grammar can refuse it:
/// nothing after a whole body, unless a letter more follows on the same line.
fn rest(units: &Units, start: usize, end: usize, is_whole: bool) -> String {
    let word = units.end_of_address(end);
    let on_this_line = |at: &usize| *at < word && units.0.get(*at).is_some_and(|unit| unit.before == Break::None);
    let run: String = (end..units.0.len()).take_while(on_this_line).filter_map(|at| units.at(at)).collect();
    if !is_whole {
        // What ends a sentence is no damage.
        return run.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned();
    }
    let more: String = run.chars().take_while(|c| is_of_body(*c) && *c != '.').collect();
    let emphasis = (1..=3).take_while(|n| start >= *n && units.at(start - n) == Some('_')).count();
    if more.chars().all(|c| c == '_') && more.len() <= emphasis { String::new() } else { more }
}

/// A link that ends before its `#`, if that is all that the text has of one.
fn cut_before_the_hash(units: &Units) -> Option<String> {
    units.addresses().find_map(|start| {
        let text = units.address(start, LONGEST);
        let text = text.trim_end_matches([')', ']', '.', ',', ';', ':', '!', '?']);
        let (host, path) = text[text.find("://")? + 3..].split_once('/')?;
        let is_cut = matches!(path, "i" | "i#") && host.contains('.');
        is_cut.then(|| text.to_owned())
    })
}
