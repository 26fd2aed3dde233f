//! The plugin for other programs that speak age: `identity-v1`, as the crate `age-plugin` runs it.
//!
//! Recipients need no plugin: an account's recipient is an ordinary `age1...`. Promise: the key of
//! each account is asked for once in a run, and only if a stanza is there that it could open; only
//! stanzas of the type `X25519` are looked at; a file beyond the limits of a header is refused
//! before anybody is asked. Must never: give out a private key, or a file key
//! for an identity that was not asked for.

use super::header::MOST_STANZAS;
use super::key::{AgeKey, TAG};
use super::line::{AccountLine, NAME};
use age::Identity;
use age_core::format::{FileKey, Stanza};
use age_plugin::Callbacks;
use age_plugin::identity::{Error, IdentityPluginV1};
use age_plugin::recipient::{Error as RecipientError, RecipientPluginV1};
use std::collections::{HashMap, HashSet};
use std::io;

/// What became of asking for a key.
pub enum Got {
    /// It is there.
    Key(AgeKey),
    /// The person does not want this account opened, and maybe another one.
    Skipped,
    /// It could not be had; a sentence for a person.
    Nothing(String),
}

/// Whoever has the keys.
pub trait Keys {
    /// The key of this account. The error is of the connection, and ends the plugin.
    fn key(&mut self, line: &AccountLine, person: &mut dyn Callbacks<Error>) -> io::Result<Got>;
}

/// The state of one run.
pub struct IdentityPlugin<K> {
    keys: K,
    accounts: Vec<(usize, AccountLine)>,
}

impl<K: Keys> IdentityPlugin<K> {
    /// Nothing is known yet.
    pub fn new(keys: K) -> Self {
        Self { keys, accounts: Vec::new() }
    }
}

impl<K: Keys> IdentityPluginV1 for IdentityPlugin<K> {
    fn add_identity(&mut self, index: usize, plugin_name: &str, bytes: &[u8]) -> Result<(), Error> {
        let read = if plugin_name == NAME { AccountLine::decode(bytes).ok() } else { None };
        let Some(line) = read else {
            let message =
                "this is not an identity that firstkey printed; print it anew with: firstkey recipient --identity";
            return Err(Error::Identity { index, message: message.to_owned() });
        };
        // The same account twice asks once.
        if self.accounts.iter().all(|(_, known)| *known != line) {
            self.accounts.push((index, line));
        }
        Ok(())
    }

    fn unwrap_file_keys(
        &mut self,
        files: Vec<Vec<Stanza>>,
        mut callbacks: impl Callbacks<Error>,
    ) -> io::Result<HashMap<usize, Result<FileKey, Vec<Error>>>> {
        let mut found: HashMap<usize, Result<FileKey, Vec<Error>>> = HashMap::new();
        for (file, stanzas) in files.iter().enumerate() {
            if stanzas.len() > MOST_STANZAS {
                let message = format!("this file has more than {MOST_STANZAS} keys, and is not opened");
                found.insert(file, Err(vec![Error::Internal { message }]));
            }
        }
        for (index, line) in &self.accounts {
            let is_open = |file: &usize, found: &HashMap<_, _>| !found.contains_key(file);
            let is_ours = |stanzas: &Vec<Stanza>| stanzas.iter().any(|stanza| stanza.tag == TAG);
            let wanted = files.iter().enumerate().any(|(file, stanzas)| is_open(&file, &found) && is_ours(stanzas));
            if !wanted {
                continue;
            }
            let key = match self.keys.key(line, &mut callbacks)? {
                Got::Key(key) => key,
                // No error: some programs would not go on to their next identity after one.
                Got::Skipped => continue,
                Got::Nothing(message) => {
                    // Another identity may still open it.
                    callbacks.error(Error::Identity { index: *index, message })?.map_err(io::Error::other)?;
                    continue;
                }
            };
            for (file, stanzas) in files.iter().enumerate() {
                if is_open(&file, &found)
                    && let Some(end) = unwrap(&key, file, stanzas)
                {
                    found.insert(file, end);
                }
            }
        }
        Ok(found)
    }
}

/// The file key in the stanzas of one file, or what is wrong with one of them.
fn unwrap(key: &AgeKey, file_index: usize, stanzas: &[Stanza]) -> Option<Result<FileKey, Vec<Error>>> {
    let mut wrong = Vec::new();
    for (stanza_index, stanza) in stanzas.iter().enumerate() {
        match key.unwrap_stanza(stanza) {
            None => {}
            Some(Ok(file_key)) => return Some(Ok(file_key)),
            Some(Err(_)) => wrong.push(Error::Stanza {
                file_index,
                stanza_index,
                message: "this stanza is not of the form that age gives it".to_owned(),
            }),
        }
    }
    if wrong.is_empty() { None } else { Some(Err(wrong)) }
}

/// The other half of the protocol, which is not needed: says so, and what to do instead.
pub struct NoRecipients;

impl RecipientPluginV1 for NoRecipients {
    fn add_recipient(&mut self, index: usize, _: &str, _: &[u8]) -> Result<(), RecipientError> {
        let message = "accounts of firstkey have ordinary recipients, age1...; print yours with: firstkey recipient";
        Err(RecipientError::Recipient { index, message: message.to_owned() })
    }

    fn add_identity(&mut self, index: usize, _: &str, bytes: &[u8]) -> Result<(), RecipientError> {
        let message = match AccountLine::decode(bytes) {
            Ok(line) => format!("seal to the recipient of this account instead: {}", line.pin().identity.recipient()),
            Err(_) => "this is not an identity that firstkey printed".to_owned(),
        };
        Err(RecipientError::Identity { index, message })
    }

    fn labels(&mut self) -> HashSet<String> {
        HashSet::new()
    }

    fn wrap_file_keys(
        &mut self,
        _: Vec<FileKey>,
        _: impl Callbacks<RecipientError>,
    ) -> io::Result<Result<Vec<Vec<Stanza>>, Vec<RecipientError>>> {
        let message = "nothing to seal to; print a recipient with: firstkey recipient".to_owned();
        Ok(Err(vec![RecipientError::Internal { message }]))
    }
}
