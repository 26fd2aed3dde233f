//! Texts that could be a link of the other protocol, whose parts are in a query.
//!
//! Such a link has no fixed length, so where it ends is a question with several answers: each is
//! given out, the likeliest first, and the first that its own reader accepts counts.
//!
//! Promises: values stay as encoded as the server wrote them. Never: reads the link itself.

use super::invite::TRACKING;
use super::units::{Break, Units};
use super::{Dialect, undo};
use zeroize::Zeroizing;

/// The most ends of one link that are tried.
const MOST_ENDS: usize = 8;
/// So many characters tell whether it looks like one: the longest host, and a path.
const ENOUGH: usize = 320;

/// For each link that looks like one: its spellings.
pub(super) fn candidates(units: &Units, dialect: Dialect) -> Vec<Vec<Zeroizing<Vec<u8>>>> {
    let looks = |text: &str| (dialect.looks_like_one)(text.as_bytes());
    let mut found = Vec::new();
    for start in units.addresses() {
        let head = lower_scheme(&units.text(start, start + ENOUGH));
        if !looks(&head) && !looks(&undo::percent_decoded(&head)) {
            continue;
        }
        let last = units.end_of_address(start);
        let mut spellings = Vec::new();
        for end in ends(units, start, last) {
            let text = lower_scheme(&units.text(start, end));
            let text = without_tracking(trimmed(&text));
            // In the query of another address, everything behind the host is encoded.
            let open = text.split('&').next().map(undo::percent_decoded).unwrap_or_default();
            for text in [text, trimmed(&open).to_owned()] {
                if looks(&text) && !spellings.contains(&text) {
                    spellings.push(text);
                }
            }
        }
        if !spellings.is_empty() {
            found.push(spellings.into_iter().map(|text| Zeroizing::new(text.into_bytes())).collect());
        }
    }
    found
}

/// Where a link from `start` on may end: at the last line that is broken at the width of the first
/// one or shorter, then at earlier ends of lines.
fn ends(units: &Units, start: usize, last: usize) -> Vec<usize> {
    let is_break = |at: &usize| units.0.get(*at).is_some_and(|unit| unit.before != Break::None);
    let breaks: Vec<usize> = (start + 1..last).filter(is_break).collect();
    // A line with a space in it is no line of a link: it belongs to the text behind.
    let mut ends: Vec<usize> = Vec::new();
    let glued = units.at(last).is_some_and(|c| c == ' ');
    if !glued || breaks.is_empty() {
        ends.push(last);
    }
    ends.extend(breaks.iter().rev().take(MOST_ENDS));
    if ends.is_empty() || glued {
        ends.push(last);
    }
    ends
}

fn lower_scheme(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    if scheme.is_empty() { rest.to_owned() } else { format!("{}://{rest}", scheme.to_ascii_lowercase()) }
}

/// Without what ends a sentence or closes a bracket.
fn trimmed(text: &str) -> &str {
    let text = text.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '>', '*', '~', '|']);
    let markdown = text.find("](").map_or(text, |at| &text[..at]);
    markdown.trim_end_matches(['.', ',', ';', ':', '!', '?'])
}

/// Without what mail programs add to every query.
fn without_tracking(text: &str) -> String {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let kept = query.split('&').filter(|part| part.split_once('=').is_none_or(|(name, _)| !TRACKING.contains(&name)));
    let kept: Vec<&str> = kept.collect();
    if kept.iter().all(|part| part.is_empty()) { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}
