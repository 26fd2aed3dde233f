//! Files of every size, sealed here and opened by the crate's own key, and the other way round.

use super::beginning::Beginning;
use super::header::MOST_STANZAS;
use super::line::AccountLine;
use super::plugin::{Got, IdentityPlugin, Keys};
use super::recipient::{MOST, NotRecipients, OtherKey};
use super::stream::{Sealed, Trouble, seal};
use super::{AgeKey, Recipients};
use age_core::format::{FileKey, Stanza};
use age_core::secrecy::SecretString;
use age_plugin::Callbacks;
use age_plugin::identity::{Error, IdentityPluginV1};
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey_core::crypto::identity::KeyPairs;
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::wire::origin::Origin;
use firstkey_testkit::chance::Seeded;
use std::io::{self, BufReader, Read};

const KIB: usize = 1024;

fn pairs(seed: u64) -> KeyPairs {
    KeyPairs::make(&mut Seeded::new(seed))
}

fn recipient(seed: u64) -> String {
    pairs(seed).public(KeyGen::FIRST).recipient()
}

fn key(seed: u64) -> AgeKey {
    AgeKey::new(pairs(seed).x25519)
}

fn yes() -> bool {
    true
}

fn contents(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 7 + at / 251) % 256).expect("a byte")).collect()
}

fn sealed(plain: &[u8], to: &[&str]) -> Vec<u8> {
    let mut file = Vec::new();
    let to = Recipients::read(to.iter().copied()).expect("recipients");
    let bytes = seal(&to, plain, &mut file, &mut yes).expect("sealed");
    assert_eq!(bytes, plain.len() as u64);
    file
}

fn opened(file: &[u8], key: &AgeKey) -> (Vec<u8>, Result<u64, Trouble>) {
    let mut plain = Vec::new();
    let end = Sealed::read(file).and_then(|sealed| sealed.open(key, &mut plain, &mut yes));
    (plain, end)
}

/// The sizes around every edge of the format's chunks.
fn sizes() -> [usize; 8] {
    [0, 1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 128 * KIB, 128 * KIB + 1, 5 * KIB * KIB + 3]
}

#[test]
fn files_of_every_size_come_back_as_they_were() {
    for size in sizes() {
        let plain = contents(size);
        let (back, end) = opened(&sealed(&plain, &[&recipient(1)]), &key(1));
        assert_eq!(end.ok(), Some(size as u64), "{size}");
        assert!(back == plain, "{size}");
    }
}

#[test]
fn the_crates_own_identity_opens_what_is_sealed_here_and_this_key_what_the_crate_seals() {
    let theirs = age::x25519::Identity::generate();
    let plain = contents(70_000);
    let file = sealed(&plain, &[&theirs.to_public().to_string()]);
    assert!(age::decrypt(&theirs, &file).expect("opened") == plain);

    let ours: age::x25519::Recipient = recipient(2).parse().expect("a recipient");
    let file = age::encrypt(&ours, &plain).expect("sealed");
    assert!(opened(&file, &key(2)).0 == plain);
}

#[test]
fn each_of_two_recipients_opens_it_and_nobody_else() {
    let file = sealed(b"for two", &[&recipient(1), &recipient(2), &recipient(1)]);
    for seed in [1, 2] {
        assert_eq!(opened(&file, &key(seed)).0, b"for two");
    }
    let (plain, end) = opened(&file, &key(3));
    assert!(plain.is_empty() && matches!(end, Err(Trouble::NotForThisKey)), "{end:?}");
    let stanzas = String::from_utf8_lossy(&file).matches("-> X25519 ").count();
    assert_eq!(stanzas, 2, "the same recipient twice counts once");
}

#[test]
fn a_file_that_is_cut_anywhere_is_never_called_whole() {
    let plain = contents(130 * KIB);
    let file = sealed(&plain, &[&recipient(1)]);
    let header = file.len() - (plain.len() + 3 * 16);
    let cuts = [0, 5, 30, header - 17, header - 1, header, header + 1, header + 64 * KIB, header + 64 * KIB + 16];
    for cut in cuts.into_iter().chain([file.len() - 1, header + 2 * (64 * KIB + 16)]) {
        let (back, end) = opened(&file[..cut], &key(1));
        assert!(matches!(end, Err(Trouble::Damaged | Trouble::Begins(Beginning::Other))), "{cut}: {end:?}");
        assert!(plain.starts_with(&back), "{cut}: something else came out");
        assert!(back.len() % (64 * KIB) == 0, "{cut}: part of a chunk came out");
    }
}

#[test]
fn a_flipped_bit_anywhere_is_found_and_nothing_behind_it_comes_out() {
    let plain = contents(66 * KIB);
    let file = sealed(&plain, &[&recipient(1)]);
    let header = file.len() - (plain.len() + 2 * 16);
    for at in (0..header).chain([header + 5, header + 64 * KIB + 20, file.len() - 1]) {
        let mut altered = file.clone();
        altered[at] ^= 1;
        let (back, end) = opened(&altered, &key(1));
        assert!(end.is_err(), "{at}: it passed");
        assert!(plain.starts_with(&back) && back.len() <= 64 * KIB, "{at}");
        assert!(at >= header + 64 * KIB || back.is_empty(), "{at}: plaintext before its chunk was sound");
    }
    let (_, end) = opened(&[&file[..], b"x"].concat(), &key(1));
    assert!(matches!(end, Err(Trouble::Damaged)), "something behind the end: {end:?}");
}

#[test]
fn what_is_no_such_file_is_told_apart() {
    let passphrase = age::Encryptor::with_user_passphrase(SecretString::from("correct horse".to_owned()));
    let mut scrypt = Vec::new();
    passphrase.wrap_output(&mut scrypt).and_then(age::stream::StreamWriter::finish).expect("sealed");
    let crlf = String::from_utf8_lossy(&sealed(b"x", &[&recipient(1)])).replace('\n', "\r\n");
    let cases: [(&[u8], fn(&Trouble) -> bool); 5] = [
        (b"", |end| matches!(end, Trouble::Begins(Beginning::Other))),
        (b"hello", |end| matches!(end, Trouble::Begins(Beginning::Other))),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\n", |end| matches!(end, Trouble::Begins(Beginning::Armored))),
        (crlf.as_bytes(), |end| matches!(end, Trouble::Begins(Beginning::ChangedAsText))),
        (&scrypt, |end| matches!(end, Trouble::Passphrase)),
    ];
    for (file, expected) in cases {
        let end = Sealed::read(file).err().expect("refused");
        assert!(expected(&end), "{end:?}");
    }
}

#[test]
fn an_input_or_output_that_fails_is_not_taken_for_damage() {
    struct Broken(usize);
    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(1).ok_or(io::Error::from_raw_os_error(5))?;
            buffer[0] = b'x';
            Ok(1)
        }
    }
    let to = Recipients::read([recipient(1).as_str()]).expect("a recipient");
    let end = seal(&to, Broken(3), io::sink(), &mut yes);
    assert!(matches!(end, Err(Trouble::Input(_))), "{end:?}");
    let file = sealed(&contents(100), &[&recipient(1)]);
    let half = BufReader::new(file[..file.len() - 50].chain(Broken(0)));
    let end = Sealed::read(half).and_then(|sealed| sealed.open(&key(1), &mut io::sink(), &mut yes));
    assert!(matches!(end, Err(Trouble::Input(_))), "{end:?}");
    let full = &mut [0_u8; 10][..];
    assert!(matches!(seal(&to, &b"abc"[..], full, &mut yes), Err(Trouble::Output(_))));
}

#[test]
fn whoever_stops_the_program_stops_it_between_two_chunks() {
    let file = sealed(&contents(300 * KIB), &[&recipient(1)]);
    let mut left = 3;
    let mut plain = Vec::new();
    let end = Sealed::read(&file[..]).and_then(|sealed| {
        sealed.open(&key(1), &mut plain, &mut || {
            left -= 1;
            left > 0
        })
    });
    assert!(matches!(end, Err(Trouble::Stopped)));
    assert_eq!(plain.len(), 128 * KIB);
}

#[test]
fn only_sound_recipients_are_taken() {
    let low_order = bech32::encode::<bech32::Bech32>(bech32::Hrp::parse_unchecked("age"), &[0; 32]).expect("short");
    let good = recipient(1);
    let other_end = format!("{}q", &good[..good.len() - 1]);
    for bad in ["", "age1", "grace@example.org", &low_order, &other_end, &good[..60], "AGE-SECRET-KEY-1QQQQ"] {
        assert!(Recipients::read([bad]).is_err(), "{bad}");
    }
    assert!(Recipients::read([]).is_err());
}

#[test]
fn no_file_is_sealed_for_more_keys_than_are_opened_again() {
    let pairs = |seed: usize| recipient(u64::try_from(seed).expect("small"));
    let many: Vec<String> = (0..=MOST).map(pairs).collect();
    let texts = |count: usize| many[..count].iter().map(String::as_str);
    assert_eq!(Recipients::read(texts(MOST)).map(|to| to.len()), Ok(MOST));
    assert_eq!(Recipients::read(texts(MOST).chain(texts(MOST))).map(|to| to.len()), Ok(MOST), "known ones count once");
    assert_eq!(Recipients::read(texts(MOST + 1)).map(|to| to.len()), Err(NotRecipients::TooMany));
    let to: Vec<&str> = texts(MOST).collect();
    let file = sealed(b"for all", &to);
    assert_eq!(opened(&file, &key(1)).0, b"for all");
    assert_eq!(opened(&file, &key(u64::try_from(MOST - 1).expect("small"))).0, b"for all");
}

#[test]
fn other_kinds_of_keys_are_called_what_they_are() {
    let plugin = |name: &str| Some(OtherKey::Plugin(name.to_owned()));
    let tag = "age1tag1qf0l9gks6x65ha077wq3w3u8fy02tpg3cd9w5j0jlgpfgqkcut2lwpmkcwq";
    for (text, kind) in [
        (format!("age1pq1{}", "q".repeat(1_952)).as_str(), Some(OtherKey::PostQuantum)),
        ("AGE1PQ1QQQQ", Some(OtherKey::PostQuantum)),
        (tag, Some(OtherKey::Tag)),
        ("age1tagpq1qqqq", Some(OtherKey::Tag)),
        ("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t", plugin("yubikey")),
        ("age1fido2-hmac1qqqq", plugin("fido2-hmac")),
        ("age1se1qqqq", plugin("se")),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA ada@example.org", Some(OtherKey::Ssh)),
        ("sk-ssh-ed25519@openssh.com AAAA", Some(OtherKey::Ssh)),
        ("ecdsa-sha2-nistp256 AAAA", Some(OtherKey::Ssh)),
        ("AGE-SECRET-KEY-1QQQQ", Some(OtherKey::Secret)),
        ("AGE-SECRET-KEY-PQ-1QQQQ", Some(OtherKey::Secret)),
        ("AGE-PLUGIN-YUBIKEY-1QQQQ", Some(OtherKey::Identity)),
        (&AccountLine::of(&pin(1)).expect("a line").write(), Some(OtherKey::Identity)),
        (&recipient(1), None),
        ("age1nonsense", None),
        ("age1", None),
        ("age11qqqq", None),
        ("grace@example.org", None),
        ("age1pq1x@example.org", None),
        ("ssh-team@example.org", None),
        ("", None),
    ] {
        assert_eq!(OtherKey::of(text), kind, "{text}");
        assert!(kind.is_none() || Recipients::read([text]).is_err(), "{text}");
    }
}

/// Seals to a key, with stanzas of other kinds before and behind its own.
struct Beside(age::x25519::Recipient);

impl age::Recipient for Beside {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, std::collections::HashSet<String>), age::EncryptError> {
        let (ours, labels) = self.0.wrap_file_key(file_key)?;
        let other = |tag: &str, arg: &str, body: usize| Stanza {
            tag: tag.to_owned(),
            args: vec![arg.to_owned()],
            body: vec![7; body],
        };
        let post_quantum = other("mlkem768x25519", &"A".repeat(1_494), 32);
        let rsa = other("ssh-rsa", "AAAAAA", 512);
        let tag = other("p256tag", "AAAAAA", 48);
        Ok(([post_quantum, rsa].into_iter().chain(ours).chain([tag]).collect(), labels))
    }
}

#[test]
fn a_file_that_is_sealed_for_other_kinds_of_keys_too_opens() {
    let to = Beside(recipient(1).parse().expect("a recipient"));
    let plain = contents(70 * KIB);
    let mut file = Vec::new();
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&to as &dyn age::Recipient)).expect("sealed");
    let mut writer = encryptor.wrap_output(&mut file).expect("sealed");
    io::Write::write_all(&mut writer, &plain).expect("sealed");
    writer.finish().expect("sealed");
    assert!(opened(&file, &key(1)).0 == plain);
    assert!(matches!(opened(&file, &key(2)).1, Err(Trouble::NotForThisKey)));
}

fn stanza(args: &[&str], body: &[u8]) -> Stanza {
    let args = args.iter().map(|&arg| arg.to_owned()).collect();
    Stanza { tag: "X25519".to_owned(), args, body: body.to_vec() }
}

#[test]
fn a_stanza_of_another_form_or_with_a_low_order_share_is_refused_and_not_just_passed_by() {
    use age::Identity;
    let share = "TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc";
    let low = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert!(key(1).unwrap_stanza(&stanza(&[share], &[0; 32])).is_none(), "for somebody else");
    let not_canonical = format!("{}d", &share[..42]);
    for bad in [
        stanza(&[], &[0; 32]),
        stanza(&[share, share], &[0; 32]),
        stanza(&["AAAA"], &[0; 32]),
        stanza(&[&format!("{share}=")], &[0; 32]),
        stanza(&[&not_canonical], &[0; 32]),
        stanza(&[share], &[0; 31]),
        stanza(&[share], &[0; 33]),
        stanza(&[low], &[0; 32]),
    ] {
        assert!(matches!(key(1).unwrap_stanza(&bad), Some(Err(_))), "{bad:?}");
    }
    assert!(key(1).unwrap_stanza(&Stanza { tag: "scrypt".to_owned(), args: vec![], body: vec![] }).is_none());
}

fn pin(seed: u64) -> Pin {
    Pin {
        origin: Origin::read("https://keys.example.org:8443").expect("an origin"),
        invite: None,
        context: AccountContext {
            realm: RealmId::heard([1; 16]),
            account: AccountId::heard([u8::try_from(seed).unwrap_or(0); 16]),
        },
        email: "ada@example.org".to_owned(),
        identity: pairs(seed).public(KeyGen(3)),
        memberships: Vec::new(),
        two_secret: false,
        held: None,
        server_key: [9; 32],
    }
}

#[test]
fn the_line_of_an_identity_says_which_account_and_reads_back_in_one_spelling() {
    let line = AccountLine::of(&pin(1)).expect("a line");
    let text = line.write();
    assert!(text.starts_with("AGE-PLUGIN-FIRSTKEY-1"), "{text}");
    assert_eq!(AccountLine::read(&text), Ok(line.clone()));
    assert_eq!(line.pin(), &pin(1));
    // What other programs do with it.
    let parsed: Result<age::x25519::Identity, _> = text.parse();
    assert!(parsed.is_err(), "it is no private key");
    let bytes = line.encode();
    for cut in 0..bytes.len() {
        let cut_off = AccountLine::decode(&bytes[..cut]);
        assert!(cut_off.is_err() || cut > bytes.len() - "ada@example.org".len(), "{cut}");
    }
    for (from, to) in [("https", "HTTPS"), ("keys", "KEYS"), (":8443", ":0443"), ("ada@", "ada "), ("https", "http:")] {
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains(from));
        let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).expect("there");
        let mut altered = bytes.clone();
        altered[at..at + from.len()].copy_from_slice(to.as_bytes());
        assert!(AccountLine::decode(&altered).is_err(), "{to}");
    }
    let mut newer = bytes;
    newer[0] = 2;
    assert!(AccountLine::decode(&newer).is_err());
}

#[test]
fn this_computers_own_memory_of_an_account_goes_before_the_line() {
    let line = AccountLine::of(&pin(1)).expect("a line");
    assert!(!line.is_contradicted_by(&pin(1)));
    assert!(!line.is_contradicted_by(&pin(2)), "another account");
    let elsewhere = Origin::read("https://evil.example.org").expect("an origin");
    let turns: [Pin; 3] = [
        Pin { origin: elsewhere, ..pin(1) },
        Pin { identity: pairs(7).public(KeyGen(3)), ..pin(1) },
        Pin { server_key: [8; 32], ..pin(1) },
    ];
    assert!(turns.iter().all(|turn| line.is_contradicted_by(turn)));
}

/// The keys of the accounts of `pin`, and how often they were asked for; or what is said instead,
/// where nothing means that the account is skipped.
struct FromSeeds(std::rc::Rc<std::cell::Cell<usize>>, Option<String>);

impl Keys for FromSeeds {
    fn key(&mut self, line: &AccountLine, _: &mut dyn Callbacks<Error>) -> io::Result<Got> {
        self.0.set(self.0.get() + 1);
        let seed = u64::from(line.pin().context.account.0[0]);
        Ok(match &self.1 {
            Some(end) if end.is_empty() => Got::Skipped,
            Some(end) => Got::Nothing(end.clone()),
            None => Got::Key(key(seed)),
        })
    }
}

/// Nobody who answers; keeps what went wrong.
#[derive(Default)]
struct Nobody(std::rc::Rc<std::cell::RefCell<Vec<String>>>);

impl Callbacks<Error> for Nobody {
    fn message(&mut self, _: &str) -> age_core::plugin::Result<()> {
        Ok(Ok(()))
    }
    fn confirm(&mut self, _: &str, _: &str, _: Option<&str>) -> age_core::plugin::Result<bool> {
        Ok(Err(age_core::plugin::Error::Fail))
    }
    fn request_public(&mut self, _: &str) -> age_core::plugin::Result<String> {
        Ok(Err(age_core::plugin::Error::Fail))
    }
    fn request_secret(&mut self, _: &str) -> age_core::plugin::Result<SecretString> {
        Ok(Err(age_core::plugin::Error::Fail))
    }
    fn error(&mut self, error: Error) -> age_core::plugin::Result<()> {
        if let Error::Identity { message, .. } = error {
            self.0.borrow_mut().push(message);
        }
        Ok(Ok(()))
    }
}

/// The stanzas of a file's header, by what the format says of them: `-> tag args`, then the body.
fn stanzas(file: &[u8]) -> Vec<Stanza> {
    let mut rest = &file["age-encryption.org/v1\n".len()..];
    let mut stanzas = Vec::new();
    while let Ok((left, stanza)) = age_core::format::read::age_stanza(rest) {
        stanzas.push(stanza.into());
        rest = left;
    }
    stanzas
}

#[test]
fn the_plugin_asks_once_for_an_account_and_finds_the_file_key_of_each_file() {
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let mut plugin = IdentityPlugin::new(FromSeeds(asked.clone(), None));
    let line = AccountLine::of(&pin(1)).expect("a line").encode();
    assert!(plugin.add_identity(0, "firstkey", &line).is_ok());
    assert!(plugin.add_identity(1, "firstkey", &line).is_ok());
    assert!(plugin.add_identity(2, "other", &line).is_err());
    assert!(plugin.add_identity(3, "firstkey", b"nonsense").is_err());
    let files = [&[recipient(1)][..], &[recipient(2)], &[recipient(2), recipient(1)]];
    let files = files.map(|to| stanzas(&sealed(b"x", &to.iter().map(String::as_str).collect::<Vec<_>>())));
    let found = plugin.unwrap_file_keys(Vec::from(files), Nobody::default()).expect("no trouble");
    assert_eq!(asked.get(), 1);
    assert!(matches!((found.get(&0), found.get(&1), found.get(&2)), (Some(Ok(_)), None, Some(Ok(_)))));
}

#[test]
fn the_plugin_asks_for_nothing_where_no_stanza_could_be_the_accounts() {
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let mut plugin = IdentityPlugin::new(FromSeeds(asked.clone(), None));
    assert!(plugin.add_identity(0, "firstkey", &AccountLine::of(&pin(1)).expect("a line").encode()).is_ok());
    let other = Stanza { tag: "ssh-ed25519".to_owned(), args: vec!["x".to_owned()], body: vec![0; 32] };
    let found = plugin.unwrap_file_keys(vec![vec![other], vec![]], Nobody::default()).expect("no trouble");
    assert!(found.is_empty() && asked.get() == 0);
}

#[test]
fn an_account_that_does_not_open_is_an_error_of_its_identity() {
    let mut plugin = IdentityPlugin::new(FromSeeds(std::rc::Rc::default(), Some("not opened".to_owned())));
    assert!(plugin.add_identity(0, "firstkey", &AccountLine::of(&pin(1)).expect("a line").encode()).is_ok());
    let said = Nobody::default();
    let messages = said.0.clone();
    let file = stanzas(&sealed(b"x", &[&recipient(1)]));
    let found = plugin.unwrap_file_keys(vec![file], said).expect("no trouble");
    assert!(found.is_empty());
    assert_eq!(messages.borrow().as_slice(), ["not opened"]);
}

#[test]
fn an_account_that_is_skipped_is_no_error_and_the_next_one_is_asked_for() {
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let mut plugin = IdentityPlugin::new(FromSeeds(asked.clone(), Some(String::new())));
    for index in [1, 2] {
        let line = AccountLine::of(&pin(u64::try_from(index).expect("small"))).expect("a line");
        assert!(plugin.add_identity(index, "firstkey", &line.encode()).is_ok());
    }
    let said = Nobody::default();
    let messages = said.0.clone();
    let file = stanzas(&sealed(b"x", &[&recipient(1)]));
    let found = plugin.unwrap_file_keys(vec![file], said).expect("no trouble");
    assert!(found.is_empty() && messages.borrow().is_empty());
    assert_eq!(asked.get(), 2);
}

#[test]
fn the_plugin_refuses_a_file_beyond_the_limit_before_anybody_is_asked() {
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let mut plugin = IdentityPlugin::new(FromSeeds(asked.clone(), None));
    assert!(plugin.add_identity(0, "firstkey", &AccountLine::of(&pin(1)).expect("a line").encode()).is_ok());
    let many = |count: usize| (0..count).map(|_| stanza(&["AAAA"], &[0; 32])).collect::<Vec<_>>();
    let found = plugin.unwrap_file_keys(vec![many(MOST_STANZAS + 1)], Nobody::default()).expect("no trouble");
    assert!(matches!(found.get(&0), Some(Err(_))) && asked.get() == 0);
    let found = plugin.unwrap_file_keys(vec![many(MOST_STANZAS)], Nobody::default()).expect("no trouble");
    assert!(found.contains_key(&0) && asked.get() == 1);
}

/// Where a file opens by the crate's own reader, it opens here, to the same.
#[test]
fn a_file_opens_here_exactly_where_the_crate_opens_it() {
    use proptest::prelude::*;
    let theirs = of_the_crate(1);
    let plain = contents(66 * KIB);
    let file = sealed(&plain, &[&recipient(2), &recipient(1)]);
    let header = file.len() - (plain.len() + 2 * 16);
    let places = prop_oneof![0..header, 0..file.len()];
    let edits = (places, any::<u8>(), 0_u8..4, 0..file.len());
    proptest!(ProptestConfig::with_cases(300), |((at, byte, kind, cut) in edits)| {
        let mut altered = file.clone();
        match kind {
            0 => altered[at] = byte,
            1 => altered.insert(at, byte),
            2 => drop(altered.remove(at)),
            _ => altered.truncate(cut),
        }
        let expected = age::decrypt(&theirs, &altered).ok();
        let (back, end) = opened(&altered, &key(1));
        prop_assert_eq!(end.is_ok(), expected.is_some());
        prop_assert!(expected.is_none_or(|expected| expected == back));
    });
}

/// The key of this seed as the crate reads it.
fn of_the_crate(seed: u64) -> age::x25519::Identity {
    // EXPOSE: a key of a test, made from a number.
    let text = bech32::encode_upper::<bech32::Bech32>(
        bech32::Hrp::parse_unchecked("age-secret-key-"),
        pairs(seed).x25519.expose(),
    );
    text.expect("32 bytes are short").parse().expect("a key of age")
}
