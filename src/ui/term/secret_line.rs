//! The editing of a line that nobody sees, inside one fixed buffer.
//!
//! Every byte that a person types lies in the caller's buffer and nowhere else: it is read into the
//! free end and moved down, and erased bytes are overwritten. Nothing grows, nothing is copied out.
//! No terminal here, so that every rule can be tested by itself.

use std::ops::ControlFlow;

use zeroize::Zeroize;

use super::ReadTrouble;
use super::keys::ends_with_interrupt;

/// Bytes at the end of the buffer that serve as working room: the line may be this much shorter
/// than its buffer.
pub const SPARE: usize = 64;

/// Sent around pasted text by terminals in bracketed paste mode (xterm control sequences,
/// "Bracketed Paste Mode").
///
/// The other two say that the window came to the front or went away, where a program that crashed
/// left such reports on (the same source, "FocusIn/FocusOut").
const NO_KEYS: [&[u8]; 4] = [b"\x1b[200~", b"\x1b[201~", b"\x1b[I", b"\x1b[O"];

/// The terminal's own special characters; 0 where it has none.
pub(super) struct EditingKeys {
    pub(super) erase: u8,
    pub(super) erase_word: u8,
    pub(super) kill: u8,
    pub(super) end_of_file: u8,
    /// Ctrl-C, where it arrives as text.
    pub(super) interrupt: u8,
    /// Ctrl-Z, where it arrives as text.
    pub(super) suspend: Option<u8>,
}

/// What a byte means while something is typed.
pub(super) enum Key {
    Enter,
    Erase,
    EraseWord,
    Kill,
    EndOfFile,
    Text,
}

impl EditingKeys {
    pub(super) fn meaning(&self, byte: u8) -> Key {
        match byte {
            b'\n' | b'\r' => Key::Enter,
            // Both senders of "backspace", whatever the terminal says: a wrong stty is not the
            // person's fault.
            0x08 | 0x7f => Key::Erase,
            0 => Key::Text,
            _ if byte == self.erase => Key::Erase,
            _ if byte == self.erase_word => Key::EraseWord,
            _ if byte == self.kill => Key::Kill,
            _ if byte == self.end_of_file => Key::EndOfFile,
            _ => Key::Text,
        }
    }
}

/// Cuts what no key sends off the end of what has arrived so far; the length that is left.
pub(super) fn without_paste_marker(arrived: &[u8]) -> usize {
    let marker = NO_KEYS.iter().find(|marker| arrived.ends_with(marker));
    arrived.len() - marker.map_or(0, |marker| marker.len())
}

/// A secret line on its way in.
pub(super) struct SecretLine<'b> {
    buffer: &'b mut [u8],
    length: usize,
    keys: EditingKeys,
    overfull: bool,
    several_lines: bool,
}

impl<'b> SecretLine<'b> {
    pub(super) fn new(buffer: &'b mut [u8], keys: EditingKeys) -> Self {
        Self { buffer, length: 0, keys, overfull: false, several_lines: false }
    }

    /// Where to read the next bytes to; never empty for a buffer longer than [`SPARE`].
    pub(super) fn room(&mut self) -> &mut [u8] {
        &mut self.buffer[self.length..]
    }

    /// Takes in the first `count` bytes of [`room`](Self::room). Breaks when the line is complete,
    /// or with [`ReadTrouble::Closed`] at the end-of-file key on an empty line.
    pub(super) fn took(&mut self, count: usize) -> ControlFlow<Result<(), ReadTrouble>> {
        let arrived = self.length..(self.length + count).min(self.buffer.len());
        for at in arrived.clone() {
            let byte = self.buffer[at];
            match self.keys.meaning(byte) {
                Key::Enter => {
                    let after = &self.buffer[at + 1..arrived.end];
                    self.several_lines = after.iter().any(|byte| !matches!(byte, b'\n' | b'\r'));
                    return ControlFlow::Break(Ok(()));
                }
                Key::Erase => self.erase(),
                Key::EraseWord => self.erase_word(),
                Key::Kill => self.kill(),
                Key::EndOfFile if self.length == 0 && !self.overfull => {
                    return ControlFlow::Break(Err(ReadTrouble::Closed));
                }
                // As in the kernel's line mode, it does nothing in the middle of a line.
                Key::EndOfFile => {}
                // Ctrl-C, where the terminal or another program made text of it.
                Key::Text if byte == 3 => return ControlFlow::Break(Err(ReadTrouble::Interrupted)),
                Key::Text => {
                    self.push(byte);
                    if ends_with_interrupt(&self.buffer[..self.length]) {
                        return ControlFlow::Break(Err(ReadTrouble::Interrupted));
                    }
                }
            }
        }
        if self.length == self.buffer.len() {
            // From here on only the fact matters. Makes room to read the rest of the line away.
            self.overfull = true;
            self.length = self.longest();
        }
        ControlFlow::Continue(())
    }

    /// The line's length in bytes, if it is one that can be used. What lies behind it in the buffer
    /// is wiped.
    pub(super) fn finish(self) -> Result<usize, ReadTrouble> {
        let Self { buffer, length, overfull, several_lines, .. } = self;
        buffer[length..].zeroize();
        if overfull || length > buffer.len().saturating_sub(SPARE) {
            return Err(ReadTrouble::TooLong);
        }
        if several_lines {
            return Err(ReadTrouble::ControlCharacter(b'\n'));
        }
        let line = &buffer[..length];
        if let Some(&control) = line.iter().find(|byte| byte.is_ascii_control()) {
            return Err(ReadTrouble::ControlCharacter(control));
        }
        match std::str::from_utf8(line) {
            Ok(_) => Ok(length),
            Err(_) => Err(ReadTrouble::NotUtf8),
        }
    }

    fn longest(&self) -> usize {
        self.buffer.len().saturating_sub(SPARE)
    }

    fn push(&mut self, byte: u8) {
        self.buffer[self.length] = byte;
        self.length += 1;
        self.length = without_paste_marker(&self.buffer[..self.length]);
    }

    /// Takes one whole character back, however many bytes it has.
    fn erase(&mut self) {
        while self.length > 0 {
            self.length -= 1;
            let is_continuation = self.buffer[self.length] & 0b1100_0000 == 0b1000_0000;
            if !is_continuation {
                break;
            }
        }
    }

    fn erase_word(&mut self) {
        while self.length > 0 && self.buffer[self.length - 1] == b' ' {
            self.length -= 1;
        }
        while self.length > 0 && self.buffer[self.length - 1] != b' ' {
            self.length -= 1;
        }
    }

    fn kill(&mut self) {
        self.length = 0;
        self.overfull = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: EditingKeys =
        EditingKeys { erase: 0x7f, erase_word: 0x17, kill: 0x15, end_of_file: 0x04, interrupt: 3, suspend: None };

    /// Types `typed` in pieces of `piece` bytes into a buffer for lines of up to `longest` bytes.
    fn typed_in_pieces(typed: &[u8], piece: usize, longest: usize) -> Result<Vec<u8>, ReadTrouble> {
        let mut buffer = vec![0; longest + SPARE];
        let mut line = SecretLine::new(&mut buffer, KEYS);
        let mut rest = typed;
        let outcome = loop {
            let room = line.room();
            let count = piece.min(room.len()).min(rest.len());
            assert!(count > 0, "the line did not end");
            room[..count].copy_from_slice(&rest[..count]);
            rest = &rest[count..];
            if let ControlFlow::Break(end) = line.took(count) {
                break end;
            }
        };
        outcome?;
        let length = line.finish()?;
        assert!(buffer[length..].iter().all(|&byte| byte == 0), "bytes were left behind the line");
        Ok(buffer[..length].to_vec())
    }

    fn typed(bytes: &[u8]) -> Result<Vec<u8>, ReadTrouble> {
        let at_once = typed_in_pieces(bytes, usize::MAX, 128);
        let one_by_one = typed_in_pieces(bytes, 1, 128);
        if let (Ok(at_once), Ok(one_by_one)) = (&at_once, &one_by_one) {
            assert_eq!(at_once, one_by_one);
        }
        at_once
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8(typed(bytes).expect("a usable line")).expect("UTF-8")
    }

    #[test]
    fn erase_takes_back_one_whole_character() {
        assert_eq!(text("gr\u{fc}\x7fu\x7f\u{20ac}\x08\u{1f511}\x7fain\n".as_bytes()), "grain");
        assert_eq!(text(b"\x7f\x7fa\n"), "a");
    }

    #[test]
    fn kill_and_erase_word_do_what_they_do_in_a_shell() {
        assert_eq!(text(b"wrong one\x15right\n"), "right");
        assert_eq!(text(b"velvet tundra  \x17misprint\n"), "velvet misprint");
    }

    #[test]
    fn paste_markers_vanish() {
        assert_eq!(text(b"\x1b[200~velvet tundra\x1b[201~\n"), "velvet tundra");
    }

    #[test]
    fn a_line_of_the_full_length_passes_even_between_paste_markers() {
        let mut line = b"\x1b[200~".to_vec();
        line.extend([b'x'; 128]);
        line.extend(b"\x1b[201~\n");
        assert_eq!(typed(&line).expect("it fits").len(), 128);
    }

    #[test]
    fn a_longer_line_is_refused_and_never_cut() {
        for length in [129, 128 + SPARE, 129 + SPARE, 5000] {
            let mut line = vec![b'x'; length];
            line.push(b'\n');
            for piece in [1, 7, usize::MAX] {
                let refused = typed_in_pieces(&line, piece, 128);
                assert!(matches!(refused, Err(ReadTrouble::TooLong)), "{length} bytes by {piece}");
            }
        }
    }

    #[test]
    fn a_control_character_is_questioned_unless_it_was_erased() {
        assert!(matches!(typed(b"\x16\n"), Err(ReadTrouble::ControlCharacter(0x16))));
        assert!(matches!(typed(b"a\0b\n"), Err(ReadTrouble::ControlCharacter(0))));
        assert!(matches!(typed(b"ab\x1b[A\n"), Err(ReadTrouble::ControlCharacter(0x1b))));
        assert_eq!(text(b"\x16\x7fok\n"), "ok");
    }

    #[test]
    fn ctrl_c_as_a_sequence_ends_it_and_reports_of_the_window_are_no_text() {
        for spelt in [&b"vel\x1b[99;5u"[..], b"vel\x1b[27;5;99~", b"vel\x03"] {
            assert!(matches!(typed(spelt), Err(ReadTrouble::Interrupted)), "{spelt:?}");
        }
        assert_eq!(text(b"vel\x1b[Ivet\x1b[O\n"), "velvet");
    }

    #[test]
    fn several_pasted_lines_are_questioned() {
        let pasted = typed_in_pieces(b"first\nsecond\n", usize::MAX, 128);
        assert!(matches!(pasted, Err(ReadTrouble::ControlCharacter(b'\n'))));
        assert_eq!(text(b"windows line\r\n"), "windows line");
    }

    #[test]
    fn end_of_file_counts_on_an_empty_line_only() {
        assert!(matches!(typed(b"\x04"), Err(ReadTrouble::Closed)));
        assert_eq!(text(b"ab\x04c\n"), "abc");
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert!(matches!(typed(b"\xff\xfe\n"), Err(ReadTrouble::NotUtf8)));
    }
}
