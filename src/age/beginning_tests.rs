use super::*;
use proptest::prelude::*;
use std::io::{BufReader, Read};

const ARMORED: &str = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n";

fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

/// What is left of a reader that gives a few bytes at a time.
fn read_slowly(bytes: &[u8], at_once: usize) -> (Beginning, Vec<u8>) {
    let mut input = BufReader::with_capacity(at_once, bytes);
    let beginning = read(&mut input).expect("nothing breaks");
    let mut rest = Vec::new();
    input.read_to_end(&mut rest).expect("nothing breaks");
    (beginning, rest)
}

#[test]
fn what_happens_to_sealed_files_on_their_way_has_names() {
    use Beginning as B;
    let header = "age-encryption.org/v1\n-> X25519 AAAA\nAAAA\n--- AAAA\n";
    let crlf = header.replace('\n', "\r\n");
    let armor_crlf = ARMORED.replace('\n', "\r\n");
    let mail = format!("From: ada@example.org\nSubject: plan\n\nHello Ada,\n\n{ARMORED}\nRegards");
    let long_mail = format!("{}{ARMORED}", "X-Header: a line of a long mail\n".repeat(900));
    let sops = format!("a: ENC[AES256_GCM,data:AA==,type:str]\nsops:\n  age:\n    - enc: |\n        {ARMORED}");
    let cases: Vec<(Vec<u8>, Beginning)> = vec![
        (header.into(), B::Sealed),
        (crlf.into(), B::ChangedAsText),
        (format!("\u{feff}{header}").into(), B::ChangedAsText),
        (format!("\n\n{header}").into(), B::ChangedAsText),
        (utf16(header, false, true), B::ChangedAsText),
        (utf16(header, true, true), B::ChangedAsText),
        (utf16(header, false, false), B::ChangedAsText),
        (utf16(header, true, false), B::ChangedAsText),
        (ARMORED.into(), B::Armored),
        (armor_crlf.into(), B::Armored),
        (format!("\n \r\n\t{ARMORED}").into(), B::Armored),
        (format!("\u{feff}{ARMORED}").into(), B::ArmoredInText),
        (mail.into(), B::ArmoredInText),
        (format!("> {ARMORED}").into(), B::ArmoredInText),
        (long_mail.into(), B::ArmoredInText),
        (utf16(ARMORED, false, true), B::ArmoredInUtf16),
        (utf16(ARMORED, true, true), B::ArmoredInUtf16),
        (sops.into(), B::Sops),
        (b"{\"a\": \"ENC[AES256_GCM,data:AA==]\"}\n".to_vec(), B::Sops),
        (b"YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBB\n".to_vec(), B::InBase64),
        (b"age-encryption.org/v2\n-> ".to_vec(), B::Newer),
        (b"age-encryption.org/v17\n-> ".to_vec(), B::Newer),
        (b"age-encryption.org/v".to_vec(), B::Other),
        (b"age-encryption.org/v1".to_vec(), B::Other),
        (b"".to_vec(), B::Other),
        (b"hello".to_vec(), B::Other),
        (b"-----BEGIN PGP MESSAGE-----\n".to_vec(), B::Other),
        (b"PK\x03\x04 a zip file".to_vec(), B::Other),
        (vec![0; 100], B::Other),
        (vec![b'x'; 100_000], B::Other),
    ];
    for (bytes, expected) in cases {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        for at_once in [1, 7, 64 * 1024] {
            assert_eq!(read_slowly(&bytes, at_once).0, expected, "{shown:?}, {at_once} at once");
        }
    }
}

#[test]
fn of_an_endless_input_only_the_beginning_is_read() {
    for (byte, most) in [(0_u8, INTRO.len()), (b'x', WINDOW), (b'\n', WINDOW), (0xff, WINDOW)] {
        let mut endless = BufReader::with_capacity(16, io::repeat(byte).take(1 << 20));
        assert_eq!(read(&mut endless).expect("nothing breaks"), Beginning::Other);
        let left = endless.into_inner().limit();
        assert!(left >= (1 << 20) - u64::try_from(most + 16).expect("small"), "{byte}: {left} are left");
    }
}

proptest! {
    #[test]
    fn behind_the_first_line_nothing_is_taken(rest: Vec<u8>, at_once in 1_usize..100) {
        let file = [INTRO, &rest].concat();
        prop_assert_eq!(read_slowly(&file, at_once), (Beginning::Sealed, rest));
    }

    #[test]
    fn only_the_first_line_makes_a_sealed_file(bytes: Vec<u8>, at_once in 1_usize..100) {
        prop_assert_eq!(read_slowly(&bytes, at_once).0 == Beginning::Sealed, bytes.starts_with(INTRO));
    }
}
