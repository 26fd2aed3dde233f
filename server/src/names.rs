//! Names as other people sent them: compared, and made fit to be shown.

/// Longest name that is shown, in characters.
const SHOWN: usize = 80;

/// The key by which a name is found: without blanks around it and without case.
pub(crate) fn key(text: &str) -> String {
    text.trim().to_lowercase()
}

/// A name fit for a mail: one line, no control or direction characters, nothing that a mail program
/// turns into a link, not too long.
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
    use super::shown;

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
}
