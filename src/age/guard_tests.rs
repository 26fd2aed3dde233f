use super::*;
use proptest::prelude::*;

fn passed(pieces: &[&[u8]]) -> Result<Vec<u8>, TooMuch> {
    let mut guard = Guard::default();
    let mut on = Vec::new();
    for piece in pieces {
        on.extend_from_slice(&guard.feed(piece)?);
    }
    on.extend_from_slice(&guard.rest());
    Ok(on)
}

fn full_lines(count: usize) -> String {
    format!("{}\n", "A".repeat(FULL)).repeat(count)
}

#[test]
fn a_stanza_goes_on_as_soon_as_it_is_whole() {
    let mut guard = Guard::default();
    assert_eq!(guard.feed(b"-> ok\ncGFzc3dv").as_deref().map(Vec::as_slice), Ok(&b""[..]));
    assert_eq!(guard.feed(b"cmQ\n").as_deref().map(Vec::as_slice), Ok(&b"-> ok\ncGFzc3dvcmQ\n"[..]));
    assert_eq!(guard.feed(b"-> ok\n\n-> done").as_deref().map(Vec::as_slice), Ok(&b"-> ok\n\n"[..]));
    let full = [b"-> x\n", full_lines(1).as_bytes()].concat();
    let mut guard = Guard::default();
    assert!(guard.feed(&full).expect("within the limits").is_empty(), "a full line is not the last");
    assert_eq!(guard.feed(b"\n").expect("within the limits").len(), full.len() + 1);
}

#[test]
fn a_stanza_that_is_too_long_goes_on_without_its_body_and_the_next_one_whole() {
    let long = format!("-> recipient-stanza 0 X25519 AAAA\n{}AAAA\n", full_lines(100_000));
    let text = format!("-> a\n\n{long}-> b c\nAAAA\n");
    let expected = "-> a\n\n-> recipient-stanza 0 X25519 AAAA\n\n-> b c\nAAAA\n";
    for size in [1, 1_000, 8 * 1024] {
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        let got = passed(&pieces).expect("within the limits");
        assert_eq!(String::from_utf8_lossy(&got), expected, "{size}");
    }
    // The largest that age makes, and ten times that.
    let post_quantum =
        format!("-> recipient-stanza 0 mlkem768x25519 {}\n{}AAAA\n", "A".repeat(15_000), full_lines(250));
    assert_eq!(passed(&[post_quantum.as_bytes()]).expect("within the limits"), post_quantum.as_bytes());
}

#[test]
fn a_first_line_and_a_conversation_without_an_end_are_given_up() {
    let endless = |text: &[u8]| {
        let mut guard = Guard::default();
        (0..=MOST / text.len()).find_map(|_| guard.feed(text).err())
    };
    assert_eq!(endless(&[b'-'; 1024]), Some(TooMuch));
    assert_eq!(endless(full_lines(16).as_bytes()), Some(TooMuch));
    assert_eq!(endless("-> a\n\n".repeat(200).as_bytes()), Some(TooMuch));
    let mut to = Vec::new();
    assert!(pass_on(io::repeat(b'A'), &mut to).is_err());
    assert!(to.is_empty());
}

proptest! {
    #[test]
    fn what_is_within_the_limits_goes_on_unchanged(bytes in "[-> aA\n]{0,300}", size in 1_usize..50) {
        let pieces: Vec<&[u8]> = bytes.as_bytes().chunks(size).collect();
        prop_assert_eq!(passed(&pieces), Ok(bytes.into_bytes()));
    }
}
