//! What holds on this computer, as it is listed.

use crate::managed::held::{Held, Source};
use crate::managed::path;

/// All of it, each with where it comes from.
pub fn defaults(held: &Held) -> super::Lines {
    let widest = held.values.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut lines = Vec::new();
    for (name, value) in &held.values {
        match value {
            None => lines.push(format!("{name:widest$}  (not set)")),
            Some((value, source)) => lines.push(format!("{name:widest$}  {value}  ({})", from(*source))),
        }
    }
    let is_managed =
        |(_, value): &(_, Option<(String, Source)>)| matches!(value, Some((_, Source::Managed | Source::Pinned)));
    if held.values.iter().any(is_managed) {
        lines.push(String::new());
        lines.push("Your organisation manages this computer:".to_owned());
        lines.push(path().to_owned());
    }
    lines
}

fn from(source: Source) -> &'static str {
    match source {
        Source::Own => "set by you",
        Source::Managed => "set by your organisation",
        Source::Pinned => "fixed by your organisation",
    }
}
