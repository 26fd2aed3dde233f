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
    /// Ctrl-Z that arrived as text.
    Paused,
}

/// Ends pasted text (xterm control sequences, "Bracketed Paste Mode").
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// What a prompt shows in the place of a paste.
#[derive(Clone, Copy)]
pub struct Summary {
    /// In the place of so many lines; `waits` says whether Enter is still to come.
    pub of_lines: fn(lines: usize, waits: bool) -> String,
    /// Whether a text that arrives at once is not to be seen, although it is one line.
    pub hides: fn(&[u8]) -> bool,
}

/// A text on its way in.
pub(super) struct VisibleText {
    buffer: Zeroizing<Vec<u8>>,
    most: usize,
    keys: EditingKeys,
    decoder: Decoder,
    /// What stands for several lines, where there may be several.
    summary: Option<Summary>,
    /// Of how many lines it was told last that they are there.
    told: usize,
    /// Between the markers of a paste; where it began.
    paste: Option<usize>,
    /// How much of the marker of its end has arrived.
    ending: usize,
    /// Whether nothing more is shown: several lines arrived at once, or it is not to be seen.
    silent: bool,
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
        Self::new(most, keys, None)
    }

    /// For any number of lines of up to `most` bytes together.
    pub(super) fn lines(most: usize, keys: EditingKeys, summary: Summary) -> Self {
        Self::new(most, keys, Some(summary))
    }

    fn new(most: usize, keys: EditingKeys, summary: Option<Summary>) -> Self {
        let buffer = Zeroizing::new(Vec::with_capacity(most + PASTE_ENDS.len()));
        let decoder = Decoder::new();
        Self {
            buffer,
            most,
            keys,
            decoder,
            summary,
            told: 1,
            paste: None,
            ending: 0,
            silent: false,
            entered: false,
            overfull: false,
            lines: 1,
            owes_lead: false,
        }
    }

    /// Takes bytes in, and adds to `echo` what is to be shown of them.
    pub(super) fn took(&mut self, arrived: &[u8], echo: &mut Vec<u8>) -> Progress {
        let mut progress = Progress::More;
        self.silent |= self.is_not_to_be_shown(arrived);
        for byte in arrived {
            if self.paste.is_some() {
                self.pasted(*byte, echo);
                continue;
            }
            let key = match self.decoder.take(*byte) {
                Piece::Pending | Piece::Key(Sequence::Other | Sequence::PasteEnds) => continue,
                Piece::Key(Sequence::PasteBegins) => {
                    self.break_line();
                    self.paste = self.may_have_lines().then_some(self.buffer.len());
                    progress = Progress::More;
                    continue;
                }
                // Ctrl-C and Ctrl-\, where they are keys and no signal.
                Piece::Key(Sequence::Interrupt) | Piece::Byte(3 | 0x1c) => return Progress::Interrupted,
                Piece::Byte(byte) if byte == self.keys.interrupt => return Progress::Interrupted,
                Piece::Byte(byte) if self.keys.suspend == Some(byte) => return Progress::Paused,
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
                    if self.lines == 1 && !self.silent {
                        self.show(*byte, echo);
                    }
                    progress = Progress::More;
                }
            }
        }
        progress
    }

    /// Whether a paste has begun and its end is still to come.
    pub(super) fn is_inside_a_paste(&self) -> bool {
        self.paste.is_some()
    }

    /// A byte of a paste. Only the marker of its end is looked for: whatever else is in it, half a
    /// sequence too, is text.
    fn pasted(&mut self, byte: u8, echo: &mut Vec<u8>) {
        self.push(if byte == b'\r' { b'\n' } else { byte });
        self.ending = if byte == PASTE_ENDS[self.ending] { self.ending + 1 } else { usize::from(byte == 0x1b) };
        if self.ending == PASTE_ENDS.len() {
            self.ending = 0;
            // What did not fit is thrown away as a whole.
            let length = self.buffer.len() - if self.overfull { 0 } else { PASTE_ENDS.len() };
            self.buffer.truncate(length);
            self.overfull |= length > self.most;
            self.show_paste(echo);
        }
    }

    /// Several lines that arrive at once without markers are a paste: its first line is not shown
    /// either. The same goes for what the prompt does not want to be seen.
    fn is_not_to_be_shown(&self, arrived: &[u8]) -> bool {
        let Some(summary) = self.summary else { return false };
        let inner = arrived.strip_suffix(b"\n").or_else(|| arrived.strip_suffix(b"\r")).unwrap_or(arrived);
        let has_lines = inner.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
        has_lines || (inner.len() > 1 && (summary.hides)(inner))
    }

    /// How many lines there are.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) fn line_count(&self) -> usize {
        self.lines
    }

    /// Whether there may be several.
    pub(super) fn may_have_lines(&self) -> bool {
        self.summary.is_some()
    }

    /// What is still to be shown in the place of several lines, now that no more come.
    pub(super) fn summary_at_the_end(&mut self) -> String {
        self.untold(false)
    }

    /// What stands for the lines, unless that was told.
    fn untold(&mut self, waits: bool) -> String {
        let is_told = std::mem::replace(&mut self.told, self.lines) == self.lines;
        self.summary
            .filter(|_| self.lines > 1 && !is_told)
            .map_or_else(String::new, |summary| (summary.of_lines)(self.lines, waits))
    }

    /// The text, without the line break at its end; `None` if it was too long.
    pub(super) fn finish(mut self) -> Option<Zeroizing<Vec<u8>>> {
        let fits = !self.overfull && self.buffer.len() <= self.most;
        fits.then(|| std::mem::take(&mut self.buffer))
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
        // The marker of a paste's end has room of its own, and is cut off again.
        let room = self.most + if self.paste.is_some() { PASTE_ENDS.len() } else { 0 };
        if self.buffer.len() < room {
            self.buffer.push(byte);
            self.lines += usize::from(byte == b'\n');
        } else {
            self.overfull = true;
        }
    }

    /// A paste of one line is shown as if it was typed; of several lines it is told that they are
    /// there, or a person who sees nothing would paste them again.
    fn show_paste(&mut self, echo: &mut Vec<u8>) {
        let Some(from) = self.paste.take() else { return };
        if self.lines > 1 {
            echo.extend(self.untold(true).as_bytes());
            return;
        }
        let text = self.buffer.get(from..).unwrap_or_default();
        if self.summary.is_some_and(|summary| (summary.hides)(text)) {
            self.silent = true;
            return;
        }
        let text = Zeroizing::new(String::from_utf8_lossy(text).into_owned());
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
            // Of what a summary stands for, nothing was shown.
            Some(byte) if self.lines == 1 && self.told == 1 && !self.silent && !byte.is_ascii_control() => {
                echo.extend(b"\x08 \x08")
            }
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
        (self.entered, self.overfull, self.silent) = (false, false, false);
        (self.lines, self.told) = (1, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: EditingKeys =
        EditingKeys { erase: 0x7f, erase_word: 0x17, kill: 0x15, end_of_file: 0x04, interrupt: 3, suspend: Some(0x1a) };
    const MOST: usize = 64 * 1024;

    const SUMMARY: Summary = Summary {
        of_lines: |lines, waits| format!("[{lines}{}]", if waits { "..." } else { "" }),
        hides: |text| text.starts_with(b"hidden"),
    };

    #[test]
    fn inside_a_paste_no_byte_is_a_key_and_nothing_hides_its_end() {
        for half in ["\x1b[", "\x1bO", "\x1b[M", "\x1b", "\x1b[20", "\x1b\x1b"] {
            for piece in [1, 2, 5, 100] {
                let bytes = format!("\x1b[200~a\x03\x1a{half}\x1b[201~\n");
                let (text, _, progress) = typed(bytes.as_bytes(), piece);
                assert_eq!((text, progress), (format!("a\x03\x1a{half}"), Progress::Enter), "{half:?} {piece}");
            }
        }
        assert_eq!(typed(b"a\x1a", 9).2, Progress::Paused);
    }

    #[test]
    fn what_is_not_to_be_seen_and_the_first_of_several_lines_are_not_shown() {
        for bytes in ["hidden\n", "\x1b[200~hidden\x1b[201~\n", "first\nsecond\n"] {
            let (_, echo, _) = typed(bytes.as_bytes(), 100);
            assert!(!echo.contains("hidden") && !echo.contains("first"), "{echo}");
        }
    }

    #[test]
    fn several_pasted_lines_are_told_at_once_and_not_twice() {
        let told = |bytes: &[u8]| {
            let mut text = VisibleText::lines(MOST, KEYS, SUMMARY);
            let mut echo = Vec::new();
            text.took(bytes, &mut echo);
            String::from_utf8(echo).expect("text") + "|" + &text.summary_at_the_end()
        };
        assert_eq!(told(b"\x1b[200~a\nb\x1b[201~\n"), "[2...]|");
        assert_eq!(told(b"\x1b[200~a\nb\x1b[201~\x1b[200~\nc\x1b[201~\n"), "[2...][3...]|");
        assert_eq!(told(b"a\nb\n"), "|[2]", "without markers they are told at the end");
        assert_eq!(told(b"\x1b[200~a\nb\x1b[201~\x15\x1b[200~c\nd\x1b[201~\n"), "[2...][2...]|");
        assert_eq!(told(b"\x1b[200~a\x1b[201~\n"), "a|");
    }

    #[test]
    fn a_line_break_that_is_taken_back_is_counted_whatever_stood_before_it() {
        let mut text = VisibleText::lines(MOST, KEYS, SUMMARY);
        text.took(b"a\xc2\n\n\x7f", &mut Vec::new());
        assert_eq!(text.line_count(), 1);
        assert_eq!(text.finish().as_deref().map(Vec::as_slice), Some(&b"a\xc2"[..]));
    }

    /// The text, its echo and the last progress, in pieces of `piece` bytes.
    fn typed(bytes: &[u8], piece: usize) -> (String, String, Progress) {
        let mut text = VisibleText::lines(MOST, KEYS, SUMMARY);
        let (mut echo, mut progress) = (Vec::new(), Progress::More);
        for piece in bytes.chunks(piece) {
            // As the terminal gets it: what was shown before is gone.
            let mut now = Vec::new();
            progress = text.took(piece, &mut now);
            echo.extend(now);
            if matches!(progress, Progress::Closed | Progress::Interrupted | Progress::Paused) {
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
            let mut text = VisibleText::lines(MOST, KEYS, SUMMARY);
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
