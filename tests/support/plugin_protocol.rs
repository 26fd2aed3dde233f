//! Fuzz body: what another program tells the plugin.
//!
//! The crate that runs the protocol reads standard input only, so its two commands are read here as
//! it reads them, and the plugin is given what comes out. Oracle: a file key comes out exactly
//! where the crate's own key finds the same one; an account is asked for at most once, and only if
//! a stanza could be its own; an identity that is taken is written back as it was read.

use age::Identity;
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza, read::age_stanza};
use age_core::secrecy::{ExposeSecret, SecretString};
use age_plugin::Callbacks;
use age_plugin::identity::{Error, IdentityPluginV1};
use base64ct::{Base64Unpadded, Encoding};
use bech32::{Bech32, Hrp};
use firstkey::age::line::NAME;
use firstkey::age::plugin::{Got, IdentityPlugin, Keys};
use firstkey::age::{AccountLine, AgeKey};
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey_core::crypto::identity::KeyPairs;
use firstkey_core::flow::checkpoint::Pin;
use firstkey_core::wire::origin::Origin;
use firstkey_testkit::chance::Seeded;
use std::cell::Cell;
use std::io;
use std::rc::Rc;

pub(crate) fn pairs() -> KeyPairs {
    KeyPairs::make(&mut Seeded::new(0xa9e))
}

fn line() -> AccountLine {
    let pin = Pin {
        origin: Origin::read("https://keys.example.org").expect("invariant: a good origin"),
        invite: None,
        context: AccountContext { realm: RealmId::heard([1; 16]), account: AccountId::heard([2; 16]) },
        email: "ada@example.org".to_owned(),
        identity: pairs().public(KeyGen::FIRST),
        memberships: Vec::new(),
        two_secret: false,
        held: None,
        server_key: [3; 32],
    };
    AccountLine::of(&pin).expect("invariant: a short origin")
}

/// The key that is sealed in the stanza of [`example`].
pub(crate) const FILE_KEY: [u8; FILE_KEY_BYTES] = [7; FILE_KEY_BYTES];

/// A line and a stanza that is for its account, always the same: `X25519 SHARE`, then the body.
pub(crate) fn example() -> (String, String) {
    use age_core::primitives::{aead_encrypt, hkdf};
    use firstkey_core::crypto::hazmat;
    let ephemeral = [9; 32];
    let (share, theirs) = (hazmat::x25519_public(&ephemeral), pairs().public(KeyGen::FIRST).x25519);
    let shared = hazmat::x25519_agree(&ephemeral, &theirs).expect("invariant: a sound key");
    let key = hkdf(&[share, theirs].concat(), b"age-encryption.org/v1/X25519", shared.as_slice());
    let body = aead_encrypt(&key, &FILE_KEY);
    let text = Base64Unpadded::encode_string;
    (line().write(), format!("X25519 {}\n{}\n", text(&share), text(&body)))
}

/// The one key, and how often it was asked for.
struct One(Rc<Cell<usize>>);

impl Keys for One {
    fn key(&mut self, _: &AccountLine, _: &mut dyn Callbacks<Error>) -> io::Result<Got> {
        self.0.set(self.0.get() + 1);
        Ok(Got::Key(AgeKey::new(pairs().x25519)))
    }
}

/// Nobody answers.
struct Silent;

impl Callbacks<Error> for Silent {
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
    fn error(&mut self, _: Error) -> age_core::plugin::Result<()> {
        Ok(Ok(()))
    }
}

/// The same key as the crate reads it.
pub(crate) fn of_the_crate() -> age::x25519::Identity {
    // EXPOSE: a key of this fuzz target, which is in the source.
    let text = bech32::encode_upper::<Bech32>(Hrp::parse_unchecked("age-secret-key-"), pairs().x25519.expose());
    text.expect("invariant: 32 bytes are short").parse().expect("invariant: it is a key of age")
}

/// Reads `data` as commands and runs the plugin on them.
///
/// # Panics
/// When the oracle finds something.
pub(crate) fn run(data: &[u8]) {
    let asked = Rc::new(Cell::new(0));
    let mut plugin = IdentityPlugin::new(One(Rc::clone(&asked)));
    let mut files: Vec<Vec<Stanza>> = Vec::new();
    let mut rest = data;
    let mut accounts: Vec<AccountLine> = Vec::new();
    for index in 0..64 {
        let Ok((left, command)) = age_stanza(rest) else { break };
        rest = left;
        let mut command = Stanza::from(command);
        match (command.tag.as_str(), command.args.len()) {
            ("add-identity", 1) => {
                if let Ok(read) = AccountLine::read(&command.args[0]) {
                    assert!(read.write().eq_ignore_ascii_case(&command.args[0]), "a line has two spellings");
                    assert!(plugin.add_identity(index, NAME, &read.encode()).is_ok());
                    if !accounts.contains(&read) {
                        accounts.push(read);
                    }
                } else {
                    assert!(plugin.add_identity(index, NAME, command.args[0].as_bytes()).is_err());
                }
            }
            ("recipient-stanza", 2..) => {
                let file = command.args.remove(0);
                command.tag = command.args.remove(0);
                match file.parse::<usize>() {
                    Ok(file) if file < files.len() => files[file].push(command),
                    Ok(file) if file == files.len() => files.push(vec![command]),
                    _ => break,
                }
            }
            _ => break,
        }
    }
    let key = of_the_crate();
    let expected: Vec<Option<Vec<u8>>> = files.iter().map(|stanzas| first(&key, stanzas)).collect();
    let any_of_ours = files.iter().flatten().any(|stanza| stanza.tag == "X25519");
    let found = plugin.unwrap_file_keys(files, Silent).expect("oracle: nothing breaks here");
    assert!(asked.get() <= accounts.len(), "an account was asked for twice");
    assert!(asked.get() == 0 || any_of_ours, "a key was asked for that nothing is for");
    for (file, expected) in expected.iter().enumerate() {
        let got = match found.get(&file) {
            Some(Ok(file_key)) => Some(exposed(file_key)),
            _ => None,
        };
        let expected = expected.as_ref().filter(|_| !accounts.is_empty());
        assert_eq!(got.as_ref(), expected, "file {file}");
    }
}

/// The file key that the crate finds; a broken stanza before it does not matter to a plugin, which
/// reports it only if nothing else opens.
fn first(key: &age::x25519::Identity, stanzas: &[Stanza]) -> Option<Vec<u8>> {
    stanzas.iter().find_map(|stanza| match key.unwrap_stanza(stanza) {
        Some(Ok(file_key)) => Some(exposed(&file_key)),
        _ => None,
    })
}

fn exposed(file_key: &FileKey) -> Vec<u8> {
    // EXPOSE: compared with what the other key finds.
    file_key.expose_secret().to_vec()
}

/// The seeds of the fuzz target: what age tells a plugin, identities, then the stanzas of files.
pub(crate) fn seeds(add: &mut impl FnMut(&str, String)) {
    let (line, stanza) = example();
    add("one-file", format!("-> add-identity {line}\n\n-> recipient-stanza 0 {stanza}"));
    add("no-identity", format!("-> recipient-stanza 0 {stanza}"));
    add(
        "twice",
        format!(
            "-> add-identity {line}\n\n-> add-identity {line}\n\n-> recipient-stanza 0 {stanza}-> recipient-stanza 1 {stanza}"
        ),
    );
    add("other", format!("-> add-identity {line}\n\n-> recipient-stanza 0 scrypt AAAA 18\nAAAA\n"));
    add("cut-line", format!("-> add-identity {}\n\n-> recipient-stanza 0 {stanza}", &line[..line.len() - 3]));
    add(
        "cut-share",
        format!(
            "-> add-identity {line}\n\n-> recipient-stanza 0 X25519 AAAA\n{}",
            stanza.lines().nth(1).unwrap_or_default()
        ),
    );
}
