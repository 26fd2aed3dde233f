//! The letter to administrators when very many people left at once: what happened, and the commands
//! that take it back or let it be.

use super::text::Piece::{self, Alone, Head, Prose};
use crate::calendar::for_people;
use firstkey_core::crypto::context::OrgId;

/// The subject line and the paragraphs.
pub(super) fn tripped(
    org: &str,
    id: OrgId,
    since: i64,
    left: [i64; 2],
    until: i64,
    flags: &str,
) -> (String, Vec<Piece>) {
    let [suspended, deleted] = left;
    let pieces = vec![
        Prose(format!(
            "The identity provider of {org} has made very many people leave: {suspended} were suspended and {deleted} deleted by {}.",
            for_people(since)
        )),
        Prose("They have lost access. The identity provider was answered as usual.".to_owned()),
        Prose(format!("Nothing is erased before {}. Until then, everything can be brought back.", for_people(until))),
        Head("Look at what is held".to_owned()),
        Alone(format!("firstkey-server brake show --org {id}{flags}")),
        Head("If it was a mistake".to_owned()),
        Prose("Stop the identity provider first, or its next sync does the same again. Then bring everybody back, as they were before:".to_owned()),
        Alone(format!("firstkey-server brake undo {id}{flags}")),
        Head("If it was meant".to_owned()),
        Alone(format!("firstkey-server brake release {id}{flags}")),
    ];
    (format!("Very many people left {org} at once"), pieces)
}
