//! Texts that a terminal, a reader of bidirectional text or a parser might obey.

/// One for each kind; a fuzzer picks by number, so new ones go to the end.
pub const TEXTS: [&str; 16] = [
    "Ada\u{202e}gpj.exe",
    "a\u{2066}b\u{2069}",
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "a\u{9b}2Jb",
    "a\u{200b}\u{200d}b",
    "a\r\nfirstkey: done",
    "a\u{85}b\u{2028}c",
    "\u{feff}a\u{fe0f}",
    "a\u{e0041}\u{e0001}b",
    "<U+202E>",
    "a\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{3164}\u{115f}\u{2800}",
    "\u{e000}\u{f8ff}\u{fffd}",
    "mailto:eve@example.org",
    "a\tb\u{8}\u{8}\u{7f}",
    "A\u{430}\u{3b1} Corp",
];

/// The text of this number, counted around.
pub fn text(number: u8) -> &'static str {
    TEXTS[usize::from(number) % TEXTS.len()]
}
