//! Names that Windows takes for something else than a file in that folder.

/// Names of devices, whatever their ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Whether a name is that of a plain file: no device, no second stream of a file (`a:b`), nothing
/// whose end the system cuts off (a dot, a space), nothing with a character that no name has.
pub(crate) fn is_of_a_file(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = |kind: &str| {
        let number = stem.strip_prefix(kind);
        number.is_some_and(|number| {
            matches!(number, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "\u{b9}" | "\u{b2}" | "\u{b3}")
        })
    };
    let forbidden = |c: char| c.is_control() || matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*');
    let is_device = DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt");
    !(name.is_empty() || name.ends_with(['.', ' ']) || name.contains(forbidden) || is_device)
}

#[cfg(test)]
mod tests {
    use super::is_of_a_file;

    #[test]
    fn devices_streams_and_ends_that_are_cut_off_are_no_files() {
        for name in [
            "",
            ".",
            "..",
            "kit.txt:stream",
            "kit.txt::$DATA",
            "con",
            "CON.txt",
            "nul",
            "Aux.pdf",
            "com1",
            "COM9.txt",
            "lpt\u{b9}",
            "conin$",
            "kit.txt.",
            "kit.txt ",
            "con .txt",
            "a\\b",
            "a/b",
            "what?",
            "a\u{1}b",
        ] {
            assert!(!is_of_a_file(name), "{name:?}");
        }
        for name in ["kit.txt", "console.txt", "com.txt", "com10", ".firstkey-1-0", "k\u{f6}nig.pdf", "a b", "...x"] {
            assert!(is_of_a_file(name), "{name:?}");
        }
    }
}
