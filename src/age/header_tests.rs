use super::super::beginning::{self, Beginning};
use super::*;
use std::io::BufReader;

const SHARE: &str = "TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc";
const BODY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn ours() -> String {
    format!("-> X25519 {SHARE}\n{BODY}\n")
}

/// A file of these lines, a MAC and a nonce.
fn file(stanzas: &str) -> Vec<u8> {
    [INTRO, stanzas.as_bytes(), b"--- ", BODY.as_bytes(), b"\n", &[7; NONCE]].concat()
}

fn read(bytes: &[u8]) -> Result<Header, HeaderTrouble> {
    let mut input = bytes;
    assert!(matches!(beginning::read(&mut input), Ok(Beginning::Sealed)));
    Header::read(&mut input)
}

#[test]
fn a_header_of_as_many_keys_as_are_promised_is_read_and_one_more_is_refused() {
    let read_many = |count: usize| read(&file(&ours().repeat(count)));
    assert_eq!(read_many(1).expect("read").stanzas().len(), 1);
    assert_eq!(read_many(700).expect("read").stanzas().len(), 700);
    assert_eq!(read_many(MOST_STANZAS).expect("read").stanzas().len(), MOST_STANZAS);
    for count in [MOST_STANZAS + 1, 8_000, 20_000] {
        assert!(matches!(read_many(count).err(), Some(HeaderTrouble::TooLong)), "{count}");
    }
    // As many of the largest kind that age makes.
    let post_quantum = format!("-> mlkem768x25519 {}\n{BODY}\n", "A".repeat(1_494));
    assert!(read(&file(&post_quantum.repeat(MOST_STANZAS))).is_ok());
}

/// Counts what is taken out of it.
struct Counting<R>(R, usize);

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1 += read;
        Ok(read)
    }
}

#[test]
fn a_header_without_an_end_is_given_up_at_the_limit_and_read_no_further() {
    let full_line = format!("{}\n", "A".repeat(BODY_COLUMNS));
    // A body, an argument, a type and stanzas that go on for ever.
    for (begin, again) in [
        (format!("-> X25519 {SHARE}\n"), full_line.as_str()),
        ("-> X25519 ".to_owned(), "A"),
        ("-> ".to_owned(), "A"),
        (String::new(), "-> A\n\n"),
    ] {
        let endless = again.as_bytes().iter().copied().cycle().take(64 * 1024 * 1024);
        let endless = begin.as_bytes().chain(Bytes(endless));
        let mut input = BufReader::with_capacity(16 * 1024, Counting(endless, 0));
        let end = Header::read(&mut input).err();
        assert!(matches!(end, Some(HeaderTrouble::TooLong)), "{begin:?} {again:?}: {end:?}");
        assert!(input.get_ref().1 <= LONGEST + 16 * 1024, "{} bytes were read", input.get_ref().1);
    }
}

/// An iterator as a reader.
struct Bytes<I>(I);

impl<I: Iterator<Item = u8>> Read for Bytes<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut read = 0;
        for (to, from) in buffer.iter_mut().zip(&mut self.0) {
            *to = from;
            read += 1;
        }
        Ok(read)
    }
}

#[test]
fn a_line_that_no_header_has_ends_the_reading_there() {
    for bad in ["hello\n", &format!("{}\n", "A".repeat(BODY_COLUMNS + 1)), "\n-> X25519 A\n\n"] {
        let text = if bad.starts_with('A') { format!("-> X25519 {SHARE}\n{bad}") } else { bad.to_owned() };
        let mut input = BufReader::with_capacity(1, Counting(text.as_bytes().chain(io::repeat(b'A')), 0));
        assert!(matches!(Header::read(&mut input), Err(HeaderTrouble::Damaged)), "{bad:?}");
        assert!(input.get_ref().1 <= text.len() + 1, "{bad:?}: {} bytes were read", input.get_ref().1);
    }
}

#[test]
fn line_ends_of_windows_in_the_middle_are_told_from_damage() {
    let text = format!("-> X25519 {SHARE}\r\n{BODY}\r\n");
    assert!(matches!(read(&file(&text)).err(), Some(HeaderTrouble::ChangedAsText)));
    assert!(matches!(read(&file("-> X25519 \x07\nA\n")).err(), Some(HeaderTrouble::Damaged)));
}

#[test]
fn a_passphrase_is_alone_or_the_header_is_refused() {
    let scrypt = format!("-> scrypt AAAAAAAAAAAAAAAAAAAAAA 18\n{BODY}\n");
    assert!(read(&file(&scrypt)).expect("read").is_of_a_passphrase());
    for both in [format!("{scrypt}{}", ours()), scrypt.repeat(2)] {
        assert!(matches!(read(&file(&both)).err(), Some(HeaderTrouble::Damaged)));
    }
    assert!(!read(&file(&ours())).expect("read").is_of_a_passphrase());
}

#[test]
fn what_is_behind_the_nonce_is_left_alone() {
    let text = [&file(&ours())[..], b"chunks"].concat();
    let mut input = &text[INTRO.len()..];
    assert!(Header::read(&mut input).is_ok());
    assert_eq!(input, b"chunks");
    for cut in INTRO.len()..text.len() - b"chunks".len() {
        assert!(matches!(read(&text[..cut]).err(), Some(HeaderTrouble::Damaged)), "{cut}");
    }
}
