//! `firstkey names`: what shells offer when somebody presses Tab.
//!
//! Promise: reads only, asks no server and nobody, and ends well whatever it finds: a shell that
//! completes a word has no use for an error. Must never: print what a shell could take for more
//! than a name ([`is_plain_name`]).

use super::known::show;
use super::{dialect, state_folder};
use crate::cli::{Names, NamesOf};
use crate::exit::ExitCode;
use crate::store::shelf;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Does it.
pub(super) fn names(flags: &Names, state: Option<PathBuf>) -> ExitCode {
    let names = state_folder(state).map(|path| known(flags.of, &path)).unwrap_or_default();
    let lines: String = names.iter().filter(|name| is_plain_name(name)).map(|name| format!("{name}\n")).collect();
    show(&lines);
    ExitCode::Done
}

fn known(of: NamesOf, path: &Path) -> BTreeSet<String> {
    let (pins, _) = shelf::known_untouched(path).unwrap_or_default();
    let theirs = dialect::known_untouched(path);
    let peers = || shelf::known_peers_untouched(path).unwrap_or_default().into_iter().map(|peer| peer.email);
    match of {
        NamesOf::Accounts => {
            pins.into_iter().map(|pin| pin.email).chain(theirs.into_iter().map(|pin| pin.identity)).collect()
        }
        NamesOf::Servers => {
            let ours = pins.iter().map(|pin| pin.origin.as_str().to_owned());
            ours.chain(theirs.iter().map(|pin| pin.origin.as_str().to_owned())).collect()
        }
        NamesOf::People => pins.into_iter().map(|pin| pin.email).chain(peers()).collect(),
    }
}

/// Letters and digits of any script, and a few marks that no shell reads as anything else. An
/// address that has more, such as `o'brien@example.org`, is typed by hand.
fn is_plain_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+' | ':' | '/');
    name.starts_with(char::is_alphanumeric) && name.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::is_plain_name;

    #[test]
    fn what_a_shell_could_take_for_more_than_a_name_is_not_offered() {
        for name in
            ["ada@example.org", "ada.l+x-y_z@a-b.example.org", "jérôme@example.org", "https://a.example.org:8443"]
        {
            assert!(is_plain_name(name), "{name}");
        }
        for name in [
            "",
            "$(id)@example.org",
            "`id`@example.org",
            "a;id@example.org",
            "a&b@example.org",
            "a|b@c",
            "o'b@c",
            "a\"b@c",
            "a b@c",
            "a\\b@c",
            "a*@c",
            "a?@c",
            "a[1]@c",
            "a{b,c}@d",
            "~root@c",
            "!x@c",
            "a#b@c",
            "a<b@c",
            "a>b@c",
            "a=b@c",
            "a%b@c",
            "a(b)@c",
            "-x@c",
            "--state-dir",
            "@c",
            "a\nb@c",
            "a\u{1b}b@c",
            "a\u{200b}b@c",
        ] {
            assert!(!is_plain_name(name), "{name:?}");
        }
    }
}
