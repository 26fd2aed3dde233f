//! A line of JSON, as every command prints it.
//!
//! Promise: what a terminal would obey is written as an escape of JSON (`\\u009b`), so that the
//! line means the same to a program and nothing to a terminal.

use firstkey_core::wire::text::is_plain;
use serde::Serialize;
use std::fmt::Write as _;

/// The line, with its end.
pub fn of(value: &impl Serialize) -> String {
    let plain = serde_json::to_string(value).expect("invariant: plain text and numbers always serialise");
    let mut line = String::with_capacity(plain.len() + 1);
    for c in plain.chars() {
        if is_plain(c) {
            line.push(c);
        } else {
            // Everything outside of a text is visible ASCII, so this is inside of one.
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(line, "\\u{unit:04x}");
            }
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_means_the_same_and_moves_no_cursor() {
        let text = "ada\u{9b}2J\u{7f}\u{202e}\u{e0001}\n\u{1b}]0;x\u{7} \u{e9}\u{5c71}";
        let line = of(&serde_json::json!({ "email": text }));
        assert!(line.strip_suffix('\n').is_some_and(|line| line.chars().all(is_plain)), "{line:?}");
        let back: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(back["email"], text);
    }
}
