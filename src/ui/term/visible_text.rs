//! The editing of what a person sees: a line that is typed, or a paste of any number of lines.
//!
//! Not the kernel's line editing: that cuts a line at 4,095 bytes without a word, hands a paste
//! over line by line, and keeps a Ctrl-C that arrives as an escape sequence until Enter.
//!
//! Promises: where a text may have several lines, a paste is one text, with markers around it or
//! without; only Enter outside of it ends the text. What is echoed is plain: no control character
//! reaches the terminal. Every byte lies in one buffer of fixed size, which is wiped on drop. No
//! terminal here, so that every rule can be tested by itself.
//!
//! Never: acts on anything in a paste but its end.

use super::keys::{Decoder, Piece, Sequence};
use super::secret_line::{EditingKeys, Key};
use zeroize::Zeroizing;

/// What came of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// More is to come.
    More,
    /// Enter was pressed. Of a text, this is the end unless more arrives at once.
    Enter,
    /// Ctrl-D on an empty line.
    Closed,
    /// Ctrl-C that arrived as text.
    Interrupted,
}

/// A text on its way in.
pub(super) struct VisibleText {
    buffer: Zeroizing<Vec<u8>>,
    most: usize,
    keys: EditingKeys,
    decoder: Decoder,
    /// Whether it may have several lines.
    of_lines: bool,
    /// Between the markers of a paste; where it began.
    paste: Option<usize>,
    /// After an Enter that may have been one of a paste's line breaks.
    entered: bool,
    overfull: bool,
    lines: usize,
    /// The last byte was 0xc2, which is shown with the next one: the two may be a control
    /// character, and they may arrive apart.
    owes_lead: bool,
}

impl VisibleText {
    /// For one line of up to `most` bytes.
    pub(super) fn line(most: usize, keys: EditingKeys) -> Self {
        Self::new(most, keys, false)
    }

    /// For any number of lines of up to `most` bytes together.
    pub(super) fn lines(most: usize, keys: EditingKeys) -> Self {
        Self::new(most, keys, true)
    }

    fn new(most: usize, keys: EditingKeys, of_lines: bool) -> Self {
        let buffer = Zeroizing::new(Vec::with_capacity(most));
        let decoder = Decoder::new();
        Self {
            buffer,
            most,
            keys,
            decoder,
            of_lines,
            paste: None,
            entered: false,
            overfull: false,
            lines: 1,
            owes_lead: false,
        }
    }

    /// Takes bytes in, and adds to `echo` what is to be shown of them.
    pub(super) fn took(&mut self, arrived: &[u8], echo: &mut Vec<u8>) -> Progress {
        let mut progress = Progress::More;
        for byte in arrived {
            let key = match self.decoder.take(*byte) {
                Piece::Pending | Piece::Key(Sequence::Other) => continue,
                Piece::Key(Sequence::PasteBegins) => {
                    self.break_line();
                    self.paste = self.of_lines.then_some(self.buffer.len());
                    progress = Progress::More;
                    continue;
                }
                Piece::Key(Sequence::PasteEnds) => {
                    self.show_paste(echo);
                    continue;
                }
                Piece::Byte(byte) if self.paste.is_some() => {
                    self.push(if byte == b'\r' { b'\n' } else { byte });
                    continue;
                }
                Piece::Key(_) if self.paste.is_some() => continue,
                Piece::Key(Sequence::Interrupt) | Piece::Byte(3) => return Progress::Interrupted,
                Piece::Key(Sequence::EndOfFile) => Key::EndOfFile,
                Piece::Key(Sequence::Kill) => Key::Kill,
                Piece::Key(Sequence::Enter) => Key::Enter,
                Piece::Key(Sequence::Erase) => Key::Erase,
                Piece::Byte(byte) => self.keys.meaning(byte),
            };
            match key {
                Key::Enter => {
                    self.break_line();
                    self.entered = true;
                    progress = Progress::Enter;
                }
                Key::EndOfFile if self.buffer.is_empty() && !self.entered => return Progress::Closed,
                Key::EndOfFile => progress = Progress::Enter,
                Key::Erase => self.erase(echo),
                Key::EraseWord => self.erase_word(echo),
                Key::Kill => self.kill(echo),
                Key::Text => {
                    self.break_line();
                    self.push(*byte);
                    // Once there are several lines, their number is shown instead.
                    if self.lines == 1 {
                        self.show(*byte, echo);
                    }
                    progress = Progress::More;
                }
            }
        }
        progress
    }

    /// How many lines there are.
    pub(super) fn line_count(&self) -> usize {
        self.lines
    }

    /// The text, without the line break at its end; `None` if it was too long.
    pub(super) fn finish(mut self) -> Option<Zeroizing<Vec<u8>>> {
        (!self.overfull).then(|| std::mem::take(&mut self.buffer))
    }

    /// What was an Enter becomes a line break of the text, since more of it follows.
    fn break_line(&mut self) {
        if std::mem::take(&mut self.entered) {
            // Whatever was owed belongs to the line before: what is taken back next is this break.
            self.owes_lead = false;
            self.push(b'\n');
        }
    }

    fn push(&mut self, byte: u8) {
        if self.buffer.len() < self.most {
            self.buffer.push(byte);
            self.lines += usize::from(byte == b'\n');
        } else {
            self.overfull = true;
        }
    }

    /// A paste of one line is shown as if it was typed.
    fn show_paste(&mut self, echo: &mut Vec<u8>) {
        let Some(from) = self.paste.take() else { return };
        if self.lines > 1 {
            return;
        }
        let text = Zeroizing::new(String::from_utf8_lossy(self.buffer.get(from..).unwrap_or_default()).into_owned());
        text.chars().filter(|c| !c.is_control()).for_each(|c| echo.extend(c.encode_utf8(&mut [0; 4]).as_bytes()));
    }

    /// Shows a typed byte unless it is a control character, also one of the second kind (U+0080 to
    /// U+009F), however its two bytes arrive.
    fn show(&mut self, byte: u8, echo: &mut Vec<u8>) {
        let owes_lead = std::mem::take(&mut self.owes_lead);
        match byte {
            0xc2 => self.owes_lead = true,
            0x80..=0x9f if owes_lead => {}
            byte if byte.is_ascii_control() => {}
            byte => {
                if owes_lead {
                    echo.push(0xc2);
                }
                echo.push(byte);
            }
        }
    }

    /// Takes one whole character back, however many bytes it has.
    fn erase(&mut self, echo: &mut Vec<u8>) {
        if std::mem::take(&mut self.owes_lead) {
            // It was not shown yet.
            self.buffer.pop();
            return;
        }
        let mut first = None;
        while let Some(byte) = self.buffer.pop() {
            first = Some(byte);
            if byte & 0b1100_0000 != 0b1000_0000 {
                break;
            }
        }
        match first {
            Some(b'\n') => self.lines -= 1,
            Some(byte) if self.lines == 1 && !byte.is_ascii_control() => echo.extend(b"\x08 \x08"),
            _ => {}
        }
    }

    fn erase_word(&mut self, echo: &mut Vec<u8>) {
        while self.buffer.last() == Some(&b' ') {
            self.erase(echo);
        }
        while self.buffer.last().is_some_and(|byte| !byte.is_ascii_whitespace()) {
            self.erase(echo);
        }
    }

    fn kill(&mut self, echo: &mut Vec<u8>) {
        while !self.buffer.is_empty() {
            self.erase(echo);
        }
        (self.entered, self.overfull, self.lines) = (false, false, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: EditingKeys = EditingKeys { erase: 0x7f, erase_word: 0x17, kill: 0x15, end_of_file: 0x04 };
    const MOST: usize = 64 * 1024;

    #[test]
    fn a_line_break_that_is_taken_back_is_counted_whatever_stood_before_it() {
        let mut text = VisibleText::lines(MOST, KEYS);
        text.took(b"a\xc2\n\n\x7f", &mut Vec::new());
        assert_eq!(text.line_count(), 1);
        assert_eq!(text.finish().as_deref().map(Vec::as_slice), Some(&b"a\xc2"[..]));
    }

    /// The text, its echo and the last progress, in pieces of `piece` bytes.
    fn typed(bytes: &[u8], piece: usize) -> (String, String, Progress) {
        let mut text = VisibleText::lines(MOST, KEYS);
        let (mut echo, mut progress) = (Vec::new(), Progress::More);
        for piece in bytes.chunks(piece) {
            // As the terminal gets it: what was shown before is gone.
            let mut now = Vec::new();
            progress = text.took(piece, &mut now);
            echo.extend(now);
            if matches!(progress, Progress::Closed | Progress::Interrupted) {
                break;
            }
        }
        let text = text.finish().map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default();
        (text, String::from_utf8_lossy(&echo).into_owned(), progress)
    }

    #[test]
    fn a_typed_line_is_shown_and_ends_with_enter() {
        for piece in [1, 3, 100] {
            let expected = ("https://a".to_owned(), "https://a".to_owned(), Progress::Enter);
            assert_eq!(typed(b"https://a\n", piece), expected);
            let (text, _, _) = typed("wr\u{f6}\x7f\x7f\x7fgrain\n".as_bytes(), piece);
            assert_eq!(text, "grain");
        }
    }

    #[test]
    fn a_paste_of_many_lines_is_one_text_with_markers_and_without() {
        let lines = "first\nsecond\n\nfourth";
        for paste in [format!("{lines}\n"), format!("\x1b[200~{lines}\x1b[201~\n")] {
            let (text, echo, progress) = typed(paste.as_bytes(), 1000);
            assert_eq!((text.as_str(), progress), (lines, Progress::Enter));
            assert!(!echo.contains("second"), "{echo}");
        }
        // An Enter inside of the markers ends nothing.
        assert_eq!(typed(b"\x1b[200~a\rb\r\x1b[201~", 1000).2, Progress::More);
    }

    #[test]
    fn whatever_a_paste_holds_is_text_and_is_not_sent_to_the_terminal() {
        let (text, echo, progress) = typed(b"\x1b[200~a\x03\x04\x15\x7f\x1a\x1b]0;x\x07b\xc2\x9b31mc\x1b[201~\n", 1000);
        assert_eq!(progress, Progress::Enter);
        assert!(text.starts_with("a\x03\x04\x15\x7f\x1a"));
        assert!(!echo.chars().any(char::is_control), "{echo:?}");
        for piece in [1, 2, 3, 4, 5, 6, 7, 8, 9] {
            let (_, echo, _) = typed(b"a\x1b]0;x\x07\xc2\x9b31m\xc2\xa9\n", piece);
            assert!(!echo.chars().any(char::is_control) && echo.ends_with("31m\u{a9}"), "{piece}: {echo:?}");
        }
    }

    #[test]
    fn ctrl_c_and_ctrl_d_end_it_where_they_are_keys() {
        assert_eq!(typed(b"a\x1b[99;5u", 1000).2, Progress::Interrupted);
        assert_eq!(typed(b"\x04", 1000).2, Progress::Closed);
        assert_eq!(typed(b"a\x04", 1000).2, Progress::Enter);
    }

    #[test]
    fn a_text_of_64_kib_is_whole_and_one_byte_more_is_none() {
        for (length, fits) in [(MOST, true), (MOST + 1, false)] {
            let mut text = VisibleText::lines(MOST, KEYS);
            let paste = [b"\x1b[200~".as_slice(), &vec![b'x'; length], b"\x1b[201~\n"].concat();
            for piece in paste.chunks(4096) {
                text.took(piece, &mut Vec::new());
            }
            assert_eq!(text.finish().map(|text| text.len()), fits.then_some(MOST));
        }
    }

    #[test]
    fn of_a_single_line_markers_are_dropped_and_enter_ends_it() {
        let mut text = VisibleText::line(100, KEYS);
        assert_eq!(text.took(b"\x1b[200~yes\n", &mut Vec::new()), Progress::Enter);
        assert_eq!(text.finish().expect("short").as_slice(), b"yes");
    }
}
