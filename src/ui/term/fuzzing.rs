//! Fuzz body: whatever is typed or pasted at a terminal.
//!
//! The first byte chooses what is read: a secret line, a line, or a text of lines; the second one
//! the pieces in which it arrives. Oracle: how it is cut into pieces changes nothing of a secret;
//! a secret that is taken is one line without control characters, and nothing of what was erased
//! stays behind it; what is echoed of a text, in whatever pieces, does nothing to the terminal but
//! to show characters and take them back.

use super::keys::ends_with_interrupt;
use super::secret_line::{EditingKeys, SPARE, SecretLine};
use super::visible_text::{Progress, Summary, VisibleText};
use std::ops::ControlFlow;

const KEYS: EditingKeys =
    EditingKeys { erase: 0x7f, erase_word: 0x17, kill: 0x15, end_of_file: 0x04, interrupt: 3, suspend: Some(0x1a) };
const SUMMARY: Summary =
    Summary { of_lines: |lines, _| format!("[{lines} lines]"), hides: |text| text.starts_with(b"hide") };
/// Longest line in bytes.
const LONGEST: usize = 64;

/// Plays one input.
///
/// # Panics
/// When the oracle finds something.
pub fn run(data: &[u8]) {
    let [choice, piece, typed @ ..] = data else { return };
    let piece = usize::from(*piece).max(1);
    match choice % 3 {
        0 => secret(typed, piece),
        kind => visible(typed, piece, kind == 2),
    }
}

/// The line as it is taken; what stops it counts as none.
fn taken(typed: &[u8], piece: usize) -> Option<Vec<u8>> {
    let mut buffer = vec![0; LONGEST + SPARE];
    let mut line = SecretLine::new(&mut buffer, KEYS);
    let mut rest = typed;
    loop {
        let room = line.room();
        let count = piece.min(room.len()).min(rest.len());
        if count == 0 {
            return None;
        }
        room[..count].copy_from_slice(&rest[..count]);
        rest = &rest[count..];
        match line.took(count) {
            ControlFlow::Continue(()) => {}
            ControlFlow::Break(Err(_)) => return None,
            ControlFlow::Break(Ok(())) => break,
        }
    }
    let length = line.finish().ok()?;
    assert!(buffer[length..].iter().all(|byte| *byte == 0), "bytes were left behind the line");
    Some(buffer[..length].to_vec())
}

fn secret(typed: &[u8], piece: usize) {
    // Behind the first Enter there is another line, which only who reads it at once sees.
    let end = typed.iter().position(|byte| matches!(byte, b'\n' | b'\r')).map_or(typed.len(), |at| at + 1);
    let typed = &typed[..end];
    let (whole, one_by_one, in_pieces) = (taken(typed, usize::MAX), taken(typed, 1), taken(typed, piece));
    if !ends_with_interrupt(typed) {
        assert!(whole == one_by_one && whole == in_pieces, "pieces change what a secret is");
    }
    if let Some(line) = whole {
        assert!(line.len() <= LONGEST && std::str::from_utf8(&line).is_ok(), "no line of text");
        assert!(!line.iter().any(u8::is_ascii_control), "a control character in a secret");
    }
}

fn visible(typed: &[u8], piece: usize, of_lines: bool) {
    let mut text = if of_lines { VisibleText::lines(LONGEST, KEYS, SUMMARY) } else { VisibleText::line(LONGEST, KEYS) };
    let mut shown = Vec::new();
    for piece in typed.chunks(piece) {
        // As the terminal gets it: each piece by itself.
        let mut echo = Vec::new();
        let progress = text.took(piece, &mut echo);
        shown.extend(echo);
        if matches!(progress, Progress::Closed | Progress::Interrupted | Progress::Paused) {
            break;
        }
    }
    // A character that is taken back is a backspace, a space and a backspace; nothing else may move
    // the cursor, in a terminal that reads UTF-8 and in one that does not.
    let mut rest = shown.as_slice();
    while let Some((first, after)) = rest.split_first() {
        match rest {
            [0x08, b' ', 0x08, after @ ..] => rest = after,
            [0xc2, 0x80..=0x9f, ..] => panic!("a control character of two bytes is echoed: {shown:x?}"),
            _ => {
                assert!(!first.is_ascii_control(), "a control character is echoed: {shown:x?}");
                rest = after;
            }
        }
    }
    let lines = text.line_count();
    if let Some(text) = text.finish() {
        assert!(text.len() <= LONGEST, "longer than there is room for");
        let breaks = text.split(|byte| *byte == b'\n').count() - 1;
        assert_eq!(lines, breaks + 1, "lines are counted wrongly");
    }
}

/// Lines with every key in them, and what terminals send beside keys.
pub(crate) fn seeds(add: &mut dyn FnMut(&str, Vec<u8>)) {
    let typed: [(&str, &[u8]); 12] = [
        ("plain", b"velvet tundra\n"),
        ("erase", b"gr\xc3\xbc\x7fain\x08\n"),
        ("kill", b"wrong\x15right  \x17x\n"),
        ("paste", b"\x1b[200~velvet\ntundra\x1b[201~\n"),
        ("half-a-paste", b"\x1b[200~velvet"),
        ("interrupt", b"velvet\x1b[99;5u"),
        ("second-kind", b"a\xc2\x9b31m\xc2\x85b\n"),
        ("sequences", b"\x1b[A\x1bOA\x1b[<0;1;1M\x1b[M !!\x1b]0;x\x07\n"),
        ("mouse", b"\x1b[M\x03\x04\x15x\n"),
        ("end-of-file", b"\x04"),
        ("too-long", &[b'x'; LONGEST + 9]),
        ("not-utf8", b"\xff\xfe\x80\xc2\n"),
    ];
    for (name, bytes) in typed {
        for kind in 0..3_u8 {
            for piece in [1, 3, 255] {
                add(&format!("{name}-{kind}-{piece}"), [&[kind, piece], bytes].concat());
            }
        }
    }
}
