//! Files as they arrive: hostile headers, text forms, other kinds of keys. Nobody is asked for a
//! password, no server hears of it, and no file is left.

use super::support::client::{Desk, PASSWORD, Run, run};
use super::support::completed::completed;
use super::{EMAIL, done, firstkey};
use age_core::format::{FileKey, Stanza};
use std::path::Path;
use std::process::Stdio;

const SHARE: &str = "TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc";
const BODY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn open(desk: &Desk, file: &Path) -> Run {
    let password = desk.write("password", PASSWORD.as_bytes());
    let file = file.to_str().expect("text");
    let password = password.to_str().expect("text");
    firstkey(desk, &["open", "--no-input", "--json", "--password-file", password, "-o", "out", file])
}

fn header(stanzas: usize) -> Vec<u8> {
    let stanza = format!("-> X25519 {SHARE}\n{BODY}\n");
    format!("age-encryption.org/v1\n{}--- {BODY}\n0123456789abcdef", stanza.repeat(stanzas)).into_bytes()
}

#[test]
fn a_hostile_header_and_an_endless_input_are_refused_before_anybody_is_asked() {
    let (server, desk) = completed();
    let before = server.wire.paths().len();
    let one_stanza = format!("age-encryption.org/v1\n-> X25519 {SHARE}\n{BODY}{BODY}\n");
    let huge = format!("age-encryption.org/v1\n-> X {}\n", "A".repeat(8 * 1024 * 1024));
    for (name, bytes, code) in [
        ("8000", header(8_000), "header-too-long"),
        ("20000", header(20_000), "header-too-long"),
        ("huge", huge.into_bytes(), "header-too-long"),
        ("line", one_stanza.into_bytes(), "file-damaged"),
    ] {
        let refused = open(&desk, &desk.write(name, &bytes));
        assert_eq!(refused.last()["code"], code, "{name}: {refused:?}");
    }
    // Zeros without an end: whoever reads them whole never comes back.
    let zeros = open(&desk, Path::new("/dev/zero"));
    assert_eq!((zeros.code, &zeros.last()["code"]), (Some(5), &"not-age".into()), "{zeros:?}");
    assert_eq!(server.wire.paths().len(), before, "nobody was asked");
    assert!(!desk.path("out").exists());
}

#[test]
fn a_file_for_hundreds_of_people_opens() {
    let (_server, desk) = completed();
    desk.write("plain", b"for everybody");
    let own = done(&firstkey(&desk, &["recipient"])).stdout.trim().to_owned();
    let mut arguments = vec!["seal".to_owned(), "-o".to_owned(), "sealed".to_owned(), "plain".to_owned()];
    for seed in 0..700 {
        let pairs = firstkey_core::crypto::identity::KeyPairs::make(&mut firstkey_testkit::chance::Seeded::new(seed));
        let other = pairs.public(firstkey_core::crypto::context::KeyGen::FIRST).recipient();
        arguments.extend(["--to".to_owned(), other]);
    }
    arguments.extend(["--to".to_owned(), own]);
    done(&firstkey(&desk, &arguments.iter().map(String::as_str).collect::<Vec<_>>()));
    let opened = open(&desk, &desk.path("sealed"));
    assert_eq!(opened.code, Some(0), "{opened:?}");
    assert_eq!(std::fs::read(desk.path("out")).expect("readable"), b"for everybody");
}

#[test]
fn what_mail_and_editors_make_of_a_sealed_file_is_named() {
    let (server, desk) = completed();
    desk.write("plain", b"x");
    done(&firstkey(&desk, &["seal", "--to", EMAIL, "-o", "sealed", "plain"]));
    let sealed = std::fs::read(desk.path("sealed")).expect("readable");
    let before = server.wire.paths().len();
    let mut crlf = Vec::new();
    for &byte in &sealed {
        crlf.extend_from_slice(if byte == b'\n' { b"\r\n" } else { std::slice::from_ref(&byte) });
    }
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(sealed.iter().flat_map(|&byte| [byte, 0])).collect();
    let armored = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n";
    let armored_crlf = armored.replace('\n', "\r\n");
    for (name, bytes, code, words) in [
        ("crlf", crlf, "not-age", "changed on its way"),
        ("utf16", utf16, "not-age", "changed on its way"),
        ("armor", armored.into(), "armored", "age -d -i identity.txt"),
        ("armor-crlf", armored_crlf.into(), "armored", "age -d -i identity.txt"),
        ("armor-blank", format!("\n{armored}").into(), "armored", "age -d -i identity.txt"),
        ("armor-mark", format!("\u{feff}{armored}").into(), "armored", "into a file of their own"),
        ("armor-mail", format!("Hello Ada,\n{armored}").into(), "armored", "into a file of their own"),
        ("other", b"hello".to_vec(), "not-age", "is not a sealed file"),
    ] {
        let refused = open(&desk, &desk.write(name, &bytes));
        assert_eq!((refused.code, &refused.last()["code"]), (Some(5), &code.into()), "{name}: {refused:?}");
        let message = refused.last()["message"].as_str().expect("a message").to_owned();
        assert!(message.contains(words), "{name}: {message}");
        assert!(!desk.path("out").exists(), "{name}");
    }
    assert_eq!(server.wire.paths().len(), before, "nobody was asked");
}

#[test]
fn keys_of_other_kinds_are_named_and_a_private_one_is_not_repeated() {
    let (_server, desk) = completed();
    desk.write("plain", b"x");
    let post_quantum = format!("age1pq1{}", "q".repeat(1_952));
    let tag = "age1tag1qf0l9gks6x65ha077wq3w3u8fy02tpg3cd9w5j0jlgpfgqkcut2lwpmkcwq";
    let secret = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
    for (key, code, words) in [
        (post_quantum.as_str(), "other-kind-of-key", "is a post-quantum key of age"),
        (tag, "other-kind-of-key", "kept in hardware"),
        ("age1yubikey1qqqq", "other-kind-of-key", "age-plugin-yubikey"),
        ("ssh-ed25519 AAAA ada@laptop", "other-kind-of-key", "a key of SSH"),
        ("AGE-PLUGIN-YUBIKEY-1QQQQ", "other-kind-of-key", "a line of an identity file"),
        (secret, "secret-key-given", "This is a private key"),
    ] {
        for to in [&[key][..], &[EMAIL, key]] {
            let mut arguments = vec!["seal", "--no-input", "--json", "-o", "out"];
            arguments.extend(to.iter().flat_map(|to| ["--to", to]));
            arguments.push("plain");
            let refused = firstkey(&desk, &arguments);
            assert_eq!((refused.code, &refused.last()["code"]), (Some(2), &code.into()), "{refused:?}");
            let said = format!("{}{}", refused.stdout, refused.stderr);
            assert!(said.contains(words), "{said}");
            assert!(!said.contains("GFPYYSJZ"), "a private key was repeated: {said}");
            assert!(said.len() < 2_000, "a key of two thousand letters was repeated: {said}");
            assert!(!desk.path("out").exists());
        }
    }
}

/// A recipient as age has them since 1.3: its stanza has an argument of 1,500 letters and a body of
/// 32 bytes. What is in it opens nothing.
struct PostQuantum;

impl age::Recipient for PostQuantum {
    fn wrap_file_key(
        &self,
        _: &FileKey,
    ) -> Result<(Vec<Stanza>, std::collections::HashSet<String>), age::EncryptError> {
        let (tag, args) = ("mlkem768x25519".to_owned(), vec!["A".repeat(1_494)]);
        Ok((vec![Stanza { tag, args, body: vec![7; 32] }], std::collections::HashSet::new()))
    }
}

#[test]
fn a_file_that_is_sealed_for_a_post_quantum_key_too_opens() {
    let (_server, desk) = completed();
    let own = done(&firstkey(&desk, &["recipient"])).stdout.trim().to_owned();
    let own: age::x25519::Recipient = own.parse().expect("a recipient");
    let both: [&dyn age::Recipient; 2] = [&PostQuantum, &own];
    let mut sealed = Vec::new();
    let mut sealing = age::Encryptor::with_recipients(both.into_iter())
        .and_then(|encryptor| Ok(encryptor.wrap_output(&mut sealed)?))
        .expect("a file");
    std::io::Write::write_all(&mut sealing, b"for both").expect("written");
    sealing.finish().expect("written");
    let opened = open(&desk, &desk.write("mixed", &sealed));
    assert_eq!(opened.code, Some(0), "{opened:?}");
    assert_eq!(std::fs::read(desk.path("out")).expect("readable"), b"for both");
}

#[test]
fn a_file_that_no_account_can_open_is_told_before_a_password_is_asked_for() {
    let (server, desk) = completed();
    let mut sealed = Vec::new();
    let mut sealing = age::Encryptor::with_recipients(std::iter::once(&PostQuantum as &dyn age::Recipient))
        .and_then(|encryptor| Ok(encryptor.wrap_output(&mut sealed)?))
        .expect("a file");
    std::io::Write::write_all(&mut sealing, b"for one").expect("written");
    sealing.finish().expect("written");
    let before = server.wire.paths().len();
    let refused = open(&desk, &desk.write("other", &sealed));
    assert_eq!((refused.code, &refused.last()["code"]), (Some(5), &"not-for-you".into()), "{refused:?}");
    assert!(refused.stderr.contains("sealed only for keys of other kinds"), "{refused:?}");
    assert_eq!(server.wire.paths().len(), before, "nobody was asked");
    assert!(!desk.path("out").exists());
}

/// A reader who has not the whole file still gets the chunks that are there.
#[test]
fn of_a_pipe_that_stays_open_each_whole_chunk_comes_out_at_once() {
    use std::io::{Read, Write};
    let (_server, desk) = completed();
    let plain: Vec<u8> = (0..50_000_u32).flat_map(u32::to_le_bytes).collect();
    desk.write("plain", &plain);
    done(&firstkey(&desk, &["seal", "--to", EMAIL, "-o", "sealed", "plain"]));
    let sealed = std::fs::read(desk.path("sealed")).expect("readable");
    let password = desk.write("password", PASSWORD.as_bytes());
    let mut command = desk.command();
    command.args(["open", "--no-input", "--password-file"]).arg(password);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let (mut to, mut from) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
    // Two chunks, and a part of the third.
    to.write_all(&sealed[..150_000]).expect("written");
    let mut begun = vec![0; 128 * 1024];
    from.read_exact(&mut begun).expect("two chunks");
    assert!(plain.starts_with(&begun));
    to.write_all(&sealed[150_000..]).expect("written");
    drop(to);
    let mut rest = Vec::new();
    from.read_to_end(&mut rest).expect("the rest");
    assert!(child.wait().expect("it ends").success());
    assert!([begun, rest].concat() == plain);
}

#[test]
fn the_size_of_the_limit_is_said() {
    let (_server, desk) = completed();
    let refused =
        run(desk.command().arg("open").arg("-o").arg(desk.path("out")).arg(desk.write("many", &header(2_001))));
    assert!(refused.stderr.contains("2,000 keys and 4 MiB"), "{refused:?}");
    assert_eq!(firstkey::age::header::MOST_STANZAS, 2_000);
    assert_eq!(firstkey::age::header::LONGEST, 4 * 1024 * 1024);
    assert_eq!(firstkey::age::recipient::MOST, 1_999);
}
