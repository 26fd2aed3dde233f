use super::*;

fn text(bytes: &[u8]) -> Option<Vec<u8>> {
    unmarked(Zeroizing::new(bytes.to_vec())).map(|text| text.to_vec())
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_text() {
    let (word, utf16) = ("r\u{f6}d \u{1f511}\r\n", |big: bool| -> Vec<u8> {
        let units = "\u{feff}r\u{f6}d \u{1f511}\r\n".encode_utf16();
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    });
    assert_eq!(text(format!("\u{feff}{word}").as_bytes()).as_deref(), Some(word.as_bytes()));
    assert_eq!(text(&utf16(false)).as_deref(), Some(word.as_bytes()));
    assert_eq!(text(&utf16(true)).as_deref(), Some(word.as_bytes()));
    // Nothing else changes, wherever it is.
    for same in [&b"plain"[..], "a\u{feff}b".as_bytes(), b"\xef\xbb", b"", b"\xff"] {
        assert_eq!(text(same).as_deref(), Some(same));
    }
    // Half a unit, half a pair.
    assert_eq!((text(b"\xff\xfea"), text(b"\xff\xfe\x00\xd8")), (None, None));
}

#[test]
fn whatever_has_no_end_is_read_up_to_its_limit() {
    let endless = open(Path::new("/dev/zero")).expect("a device");
    assert_eq!(read_up_to(&endless, 1000).err(), Some(Unread::Trouble(StorageTrouble::TooLong)));
    let empty = open(Path::new("/dev/null")).expect("a device");
    assert_eq!(read_up_to(&empty, 1000).map(|read| read.len()), Ok(0));
}

#[test]
fn a_pipe_is_opened_at_once_and_read_when_somebody_writes() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).expect("a pipe");
    let reader = open(&path).expect("nobody writes yet");
    let writer = std::thread::spawn(move || {
        let mut pipe = std::fs::OpenOptions::new().write(true).open(path).expect("somebody reads");
        pipe.write_all(b"late").expect("written");
    });
    assert_eq!(read_up_to(&reader, 10).map(|read| read.to_vec()), Ok(b"late".to_vec()));
    writer.join().expect("it wrote");
}

#[test]
fn folders_and_what_is_not_there_are_named() {
    let folder = open(Path::new("/")).expect("it opens");
    assert_eq!(read_up_to(&folder, 10).err(), Some(Unread::Trouble(StorageTrouble::Link)));
    assert_eq!(open(Path::new("/nonexistent/x")).err(), Some(StorageTrouble::Missing));
}
