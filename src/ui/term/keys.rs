//! The escape sequences that a terminal sends in the place of keys, or beside them.
//!
//! A program that crashed may have left the terminal in modes in which Ctrl-C arrives as text: the
//! keyboard protocol of kitty (`CSI 99 ; 5 u`) or xterm's modifyOtherKeys (`CSI 27 ; 5 ; 99 ~`).
//! The prompts switch such modes off; what they do not reach is read here.
//!
//! Promises: Ctrl-C, Ctrl-D, Enter and Backspace are recognised in every spelling, with any lock
//! key on; everything else that begins with ESC is no text. Never: keeps text.

/// The longest sequence in bytes; what is longer is none.
const LONGEST: usize = 32;

/// What a sequence means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sequence {
    /// Pasted text begins.
    PasteBegins,
    /// Pasted text ends.
    PasteEnds,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D.
    EndOfFile,
    /// Ctrl-U.
    Kill,
    /// Enter.
    Enter,
    /// Backspace.
    Erase,
    /// An arrow, a report of focus or mouse, a key that was let go, anything else.
    Other,
}

/// How far a sequence has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Text,
    /// After ESC.
    Escape,
    /// After `ESC O`: one byte more.
    Single,
    /// After `ESC [`.
    Control,
    /// After `ESC [ M`: so many bytes of a mouse report more.
    Mouse(u8),
}

/// What a byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text, or a control character.
    Byte(u8),
    /// Part of a sequence that is not over.
    Pending,
    /// The last byte of a sequence.
    Key(Sequence),
}

/// Takes bytes apart into text and sequences.
pub(super) struct Decoder {
    state: State,
    parameters: [u8; LONGEST],
    length: usize,
}

impl Decoder {
    pub(super) fn new() -> Self {
        Self { state: State::Text, parameters: [0; LONGEST], length: 0 }
    }

    /// Takes the next byte in.
    #[allow(clippy::match_same_arms, reason = "one row for each step, in their order")]
    pub(super) fn take(&mut self, byte: u8) -> Piece {
        let (state, piece) = match (self.state, byte) {
            (State::Text, 0x1b) => (State::Escape, Piece::Pending),
            (State::Text, byte) => (State::Text, Piece::Byte(byte)),
            // Twice ESC is Alt and a sequence.
            (State::Escape, 0x1b) => (State::Escape, Piece::Pending),
            (State::Escape, b'[') => {
                self.length = 0;
                (State::Control, Piece::Pending)
            }
            (State::Escape, b'O') => (State::Single, Piece::Pending),
            // Enter and Ctrl-C mean what they say, whatever came before.
            (State::Escape, byte @ (b'\n' | b'\r' | 3)) => (State::Text, Piece::Byte(byte)),
            (State::Escape | State::Single, _) => (State::Text, Piece::Key(Sequence::Other)),
            (State::Mouse(left), _) if left > 1 => (State::Mouse(left - 1), Piece::Pending),
            (State::Mouse(_), _) => (State::Text, Piece::Key(Sequence::Other)),
            (State::Control, b'M') if self.length == 0 => (State::Mouse(3), Piece::Pending),
            (State::Control, 0x20..=0x3f) => {
                if let Some(place) = self.parameters.get_mut(self.length) {
                    *place = byte;
                    self.length += 1;
                }
                (State::Control, Piece::Pending)
            }
            (State::Control, 0x40..=0x7e) => (State::Text, Piece::Key(meaning(&self.parameters[..self.length], byte))),
            // No byte of a sequence: it was none.
            (State::Control, byte) => (State::Text, Piece::Byte(byte)),
        };
        self.state = state;
        piece
    }
}

fn meaning(parameters: &[u8], last: u8) -> Sequence {
    // Each parameter may have parts behind a colon.
    let parts = |at: usize| parameters.split(|b| *b == b';').nth(at).unwrap_or_default().split(|b| *b == b':');
    let number = |at: usize, part: usize| {
        let digits = std::str::from_utf8(parts(at).nth(part).unwrap_or_default()).ok()?;
        digits.parse::<u32>().ok()
    };
    let (code, modifiers) = match (last, number(0, 0)) {
        (b'~', Some(200)) => return Sequence::PasteBegins,
        (b'~', Some(201)) => return Sequence::PasteEnds,
        (b'~', Some(27)) => (number(2, 0), number(1, 0)),
        (b'u', code) => (code, number(1, 0)),
        _ => return Sequence::Other,
    };
    // 3 is a key that was let go.
    if number(1, 1) == Some(3) {
        return Sequence::Other;
    }
    // Bits: 1 shift, 2 alt, 4 ctrl, 64 caps lock, 128 num lock; sent with 1 added.
    let held = modifiers.unwrap_or(1).saturating_sub(1) & 0b1111;
    match (code, held) {
        (Some(99), 4 | 5) => Sequence::Interrupt,
        (Some(100), 4) => Sequence::EndOfFile,
        (Some(117), 4) => Sequence::Kill,
        (Some(13), _) => Sequence::Enter,
        (Some(127 | 8), _) => Sequence::Erase,
        _ => Sequence::Other,
    }
}

/// Whether what has arrived so far ends with Ctrl-C as a sequence.
pub(super) fn ends_with_interrupt(arrived: &[u8]) -> bool {
    let Some((last, before)) = arrived.split_last() else { return false };
    if !matches!(last, b'u' | b'~') {
        return false;
    }
    let start = before.len().saturating_sub(LONGEST);
    let tail = &before[start..];
    let Some(at) = tail.windows(2).rposition(|pair| pair == b"\x1b[") else { return false };
    let parameters = &tail[at + 2..];
    let is_sequence = parameters.iter().all(|byte| (0x20..=0x3f).contains(byte));
    is_sequence && meaning(parameters, *last) == Sequence::Interrupt
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &[u8]) -> (Vec<u8>, Vec<Sequence>) {
        let mut decoder = Decoder::new();
        let (mut text, mut keys) = (Vec::new(), Vec::new());
        for byte in bytes {
            match decoder.take(*byte) {
                Piece::Byte(byte) => text.push(byte),
                Piece::Key(key) => keys.push(key),
                Piece::Pending => {}
            }
        }
        (text, keys)
    }

    #[test]
    fn ctrl_c_is_recognised_in_every_spelling_and_with_every_lock() {
        for spelt in ["\x1b[99;5u", "\x1b[99;69u", "\x1b[99;133u", "\x1b[99;5:1u", "\x1b[99:67;5u", "\x1b[27;5;99~"] {
            assert_eq!(keys(spelt.as_bytes()).1, [Sequence::Interrupt], "{spelt:?}");
            assert!(ends_with_interrupt(format!("velvet{spelt}").as_bytes()), "{spelt:?}");
        }
        for other in ["\x1b[99;5:3u", "\x1b[99u", "\x1b[99;3u", "\x1b[A", "\x1b[1;5C", "99;5u", "[99;5u"] {
            assert!(!keys(other.as_bytes()).1.contains(&Sequence::Interrupt), "{other:?}");
            assert!(!ends_with_interrupt(other.as_bytes()), "{other:?}");
        }
    }

    #[test]
    fn sequences_are_no_text_and_text_is_no_sequence() {
        let (text, found) = keys(b"a\x1b[Ib\x1b[Oc\x1b[<0;10;10Md\x1b[M !!e\x1bOAf\x1b[200~g\x1b[201~h\x1bxi\xc3\xa9");
        assert_eq!(text, b"abcdefghi\xc3\xa9");
        assert_eq!(found.iter().filter(|key| **key == Sequence::Other).count(), 6);
        assert!(found.contains(&Sequence::PasteBegins) && found.contains(&Sequence::PasteEnds));
    }

    #[test]
    fn enter_backspace_and_ctrl_d_are_recognised() {
        for (spelt, key) in [
            ("\x1b[13u", Sequence::Enter),
            ("\x1b[13;2u", Sequence::Enter),
            ("\x1b[127;5u", Sequence::Erase),
            ("\x1b[100;5u", Sequence::EndOfFile),
            ("\x1b[117;5u", Sequence::Kill),
        ] {
            assert_eq!(keys(spelt.as_bytes()).1, [key], "{spelt:?}");
        }
    }
}
