//! Names and addresses as other people sent them: compared, checked, and made fit to be shown.

use lettre::Address;

/// Longest name that is shown, in characters.
const SHOWN: usize = 80;

/// How addresses and user names are compared: without case.
pub(crate) fn key(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Whether the text is one address that mail can be sent to.
pub(crate) fn is_address(text: &str) -> bool {
    text.len() <= 254 && !text.chars().any(|c| c.is_control() || c.is_whitespace()) && text.parse::<Address>().is_ok()
}

/// A name fit for a mail: one line, no control or direction characters, nothing that a mail program turns into a link, not too long.
pub(crate) fn shown(name: &str) -> String {
    let plain: String = name.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = plain.split_whitespace().filter(|word| !looks_like_a_link(word)).collect();
    let mut text: String = words.join(" ").chars().filter(|c| !matches!(c, '<' | '>' | '"')).take(SHOWN).collect();
    if text.trim().is_empty() {
        text.replace_range(.., "(no name)");
    }
    text.trim().to_owned()
}

fn looks_like_a_link(word: &str) -> bool {
    let lower: String = word.to_lowercase().chars().map(as_in_an_address).collect();
    let dotted = lower.split('.').collect::<Vec<_>>();
    // "example.org" is a link to a mail program; "J." and "St." are not.
    let domain = dotted.windows(2).any(|pair| {
        let alphanumeric = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        alphanumeric(pair[0].chars().last()) && pair[1].chars().take_while(|c| c.is_alphanumeric()).count() >= 2
    });
    domain || lower.contains("://") || lower.contains('@') || lower.contains("www.") || lower.contains("mailto:")
}

/// Signs that mail programs and browsers read like those of an address.
fn as_in_an_address(c: char) -> char {
    match c {
        '\u{FF0E}' | '\u{3002}' | '\u{FF61}' | '\u{2024}' => '.',
        '\u{FF1A}' => ':',
        '\u{FF0F}' => '/',
        '\u{FF20}' => '@',
        c => c,
    }
}

/// Whether a character does something else than being seen.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{061C}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::{is_address, shown};

    #[test]
    fn names_lose_links_and_lines_and_keep_the_rest() {
        for (name, want) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("J. R. R. Tolkien", "J. R. R. Tolkien"),
            ("Ada click http://evil.example now", "Ada click now"),
            ("evil.example/path Ada", "Ada"),
            ("Ada\r\nBcc: eve@evil.example", "Ada Bcc:"),
            ("\u{202E}adA\u{200B}", "adA"),
            ("www.evil", "(no name)"),
            ("Ada ｅｖｉｌ．example", "Ada"),
            ("Ada evil。example", "Ada"),
            ("Ada eve＠evil", "Ada"),
            ("<b>Ada</b>", "bAda/b"),
            ("", "(no name)"),
        ] {
            assert_eq!(shown(name), want);
        }
        assert_eq!(shown(&"x".repeat(500)).len(), 80);
    }

    #[test]
    fn only_one_plain_address_is_an_address() {
        for good in ["ada@example.org", "ada+x@example.org", "a@localhost"] {
            assert!(is_address(good), "{good}");
        }
        for bad in ["", "ada", "ada@", "ada@a b", "ada@example.org\r\nBcc: x@y.z", "a@b,c@d", "Ada <ada@example.org>"] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
