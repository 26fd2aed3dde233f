//! What is said of where an account is logged in.

use super::{Lines, Story};
use crate::ui::date;
use firstkey_core::crypto::context::SessionId;
use firstkey_core::flow::account::Seen;
use firstkey_core::wire::sessions::Listed;
use firstkey_core::wire::text::Printable;

/// Longest address and client name that are shown for people; a longer one is cut, and whole in
/// JSON.
const LONGEST: usize = 39;

/// The list, and what was ended of it.
pub fn seen(seen: &Seen) -> Lines {
    let pin = &seen.done.pin;
    let mut lines = vec![format!("{} is logged in at {}:", pin.email, pin.origin.place())];
    for (listed, ended) in &seen.sessions {
        lines.extend(session(listed, *ended));
    }
    if seen.done.first_seen {
        lines.push("This computer did not know the account, so it had nothing to compare with.".to_owned());
    }
    let ended = seen.sessions.iter().filter(|(_, ended)| *ended).count();
    lines.push(String::new());
    match ended {
        0 if seen.sessions.len() == 1 => {
            lines.push("There is no other session. A session lasts ten minutes at most.".to_owned())
        }
        0 => {
            lines.push("A session lasts ten minutes at most. To end one, or all but this one:".to_owned());
            lines.push("  firstkey sessions --end ID".to_owned());
            lines.push("  firstkey sessions --end-others".to_owned());
        }
        1 => lines.push("1 session was ended.".to_owned()),
        some => lines.push(format!("{some} sessions were ended.")),
    }
    if seen.sessions.len() > 1 {
        lines.push("If you do not recognise one of them, change your password:".to_owned());
        lines.push("  firstkey password".to_owned());
    }
    lines
}

fn session(listed: &Listed, ended: bool) -> [String; 3] {
    let mark = match (listed.this, ended) {
        (true, _) => "  this one; it ends now",
        (false, true) => "  ended",
        (false, false) => "",
    };
    let from = listed.source.as_ref().map_or("an unknown address", Printable::as_str);
    let client = listed.client.as_ref().map_or("an unnamed program", Printable::as_str);
    let purpose = if listed.purpose.as_str() == "recovery" { ", by the recovery code" } else { "" };
    [
        format!("  {}{purpose}{mark}", date::short(listed.created_at)),
        format!("    from {}, {}", cut(from), cut(client)),
        format!("    {}", listed.session),
    ]
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 3).chain("...".chars()).collect()
}

/// The id that was given is of no session.
pub(super) fn none_such(session: SessionId) -> Story {
    Story::of("Stopped: there is no session with this id. It may have ended already.")
        .because(session.to_string())
        .then("To see which there are, run")
        .run("firstkey sessions")
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_long_name_is_cut_and_a_short_one_is_not() {
        assert_eq!(cut("firstkey/0.1.0"), "firstkey/0.1.0");
        assert_eq!(cut(&"x".repeat(64)).len(), super::LONGEST);
    }
}
