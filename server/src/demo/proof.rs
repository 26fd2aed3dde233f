//! What the unattended demo checks, knowing the answers: that the stored ciphertext opens with the
//! kit, and that no secret lies anywhere.
//!
//! Promises: checks the stored bytes, not the client's word. Must never: pass because something was
//! not there to be checked.

use super::client::Answers;
use crate::show::Shown;
use base64ct::{Base64UrlUnpadded, Encoding};
use firstkey_core::crypto::context::{AccountContext, AccountId, KeyGen, RealmId};
use firstkey_core::crypto::envelope::{AccountKeyByRecovery, Ed25519ByAccountKey, Envelope, X25519ByAccountKey};
use firstkey_core::crypto::identity::{IdentitySignature, KeyPairs, PublicIdentity, PublicKeys};
use firstkey_core::crypto::kek::Kek;
use firstkey_core::crypto::recovery::read_code;
use firstkey_core::secret::{AccountKey, RecoveryCode};
use firstkey_needles::Needles;
use std::path::{Path, PathBuf};

/// What was found inside.
pub struct Opened {
    /// The fingerprint of the keys.
    pub fingerprint: String,
    account_key: AccountKey,
    pairs: KeyPairs,
    code: RecoveryCode,
}

impl Opened {
    /// The secrets themselves, with their names, for whoever looks for them elsewhere.
    pub fn secrets(&self) -> [(&'static str, &[u8]); 4] {
        // EXPOSE: looked for where they must not be; they are of made-up people.
        [
            ("the recovery code", self.code.expose()),
            ("the account key", self.account_key.expose()),
            ("the X25519 key", self.pairs.x25519.expose()),
            ("the Ed25519 seed", self.pairs.ed25519.expose()),
        ]
    }
}

/// The code in a kit, as it is written there.
pub fn code_in(kit: &str) -> Option<&str> {
    kit.lines().find_map(|line| line.strip_prefix("recovery-code:")).map(str::trim)
}

/// Opens the stored envelopes with the recovery kit and compares everything with what the client
/// said.
pub(super) fn open_with_kit(answers: &Answers, stored: &Shown) -> Result<Opened, String> {
    let told = |name: &str| answers.done[name].as_str().unwrap_or_default().to_owned();
    if answers.done["event"] != "done" || answers.done["ok"] != true {
        return Err("the client did not say that the account was opened".to_owned());
    }
    let (opened, recipient) = open(&answers.kit, stored)?;
    let same = told("fingerprint") == opened.fingerprint
        && told("recipient") == recipient
        && told("account_id") == stored.account_id
        && told("realm_id") == stored.realm_id;
    if same { Ok(opened) } else { Err("the client named other keys than the server stores".to_owned()) }
}

/// Opens the stored envelopes with the recovery kit; gives the public key for age too.
pub fn open(kit: &str, stored: &Shown) -> Result<(Opened, String), String> {
    let written = code_in(kit).ok_or("the kit holds no code")?;
    let code = read_code(written).map_err(|error| format!("the kit's code does not read: {error}"))?;
    let id = |text: &str| uuid::Uuid::parse_str(text).map(|id| *id.as_bytes()).map_err(|_| "an id is none".to_owned());
    let context = AccountContext {
        realm: RealmId::heard(id(&stored.realm_id)?),
        account: AccountId::heard(id(&stored.account_id)?),
    };

    let envelopes = stored.envelopes.as_ref().ok_or("nothing is stored")?;
    let bytes =
        |text: &str| Base64UrlUnpadded::decode_vec(text).map_err(|_| "stored bytes are no base64url".to_owned());
    let envelope =
        |number: u8| envelopes.get(&number).ok_or("an envelope is missing".to_owned()).and_then(|text| bytes(text));
    let shown = stored.identity.as_ref().ok_or("no identity is stored")?;
    let rejected = |_| "a stored envelope does not open".to_owned();
    let key_gen = KeyGen(shown.key_gen);

    let by_recovery = Kek::derive_from_recovery_code(&code, &context);
    let account_key = Envelope::<AccountKeyByRecovery>::read(&envelope(2)?)
        .and_then(|sealed| sealed.open(&by_recovery, &context, key_gen))
        .map_err(rejected)?;
    let by_account = Kek::derive_from_account_key(&account_key, &context);
    let pairs = KeyPairs {
        x25519: Envelope::<X25519ByAccountKey>::read(&envelope(3)?)
            .and_then(|sealed| sealed.open(&by_account, &context, key_gen))
            .map_err(rejected)?,
        ed25519: Envelope::<Ed25519ByAccountKey>::read(&envelope(4)?)
            .and_then(|sealed| sealed.open(&by_account, &context, key_gen))
            .map_err(rejected)?,
    };
    let array =
        |text: &str| <[u8; 32]>::try_from(bytes(text)?).map_err(|_| "a public key has another length".to_owned());
    let public =
        PublicIdentity::heard(PublicKeys { key_gen, ed25519: array(&shown.ed25519)?, x25519: array(&shown.x25519)? });
    let signature =
        <[u8; 64]>::try_from(bytes(&shown.signature)?).map_err(|_| "the signature has another length".to_owned())?;
    public.verify(&IdentitySignature::heard(signature), &context).map_err(|error| error.to_string())?;
    if pairs.public(key_gen) != public {
        return Err("the private keys inside are not those of the stored public keys".to_owned());
    }
    let fingerprint = public.fingerprint(&context).to_string();
    Ok((Opened { fingerprint, account_key, pairs, code }, public.recipient()))
}

/// Searches every file below `folders`, and the provider's view, for every secret in every form;
/// gives the number of files.
pub(super) fn search(answers: &Answers, opened: &Opened, folders: &[PathBuf], scim: &str) -> Result<usize, String> {
    let mut needles = Needles::default();
    for (name, secret) in opened.secrets().into_iter().chain([("the password", answers.password.as_bytes())]) {
        needles.add(name, secret);
    }
    let mut haystacks = vec![("what the provider reads".to_owned(), scim.as_bytes().to_vec())];
    for folder in folders {
        collect(folder, &mut haystacks)?;
    }
    for (place, bytes) in &haystacks {
        if let Some(name) = needles.find(bytes) {
            return Err(format!("{name} was found in {place}"));
        }
    }
    Ok(haystacks.len() - 1)
}

fn collect(folder: &Path, into: &mut Vec<(String, Vec<u8>)>) -> Result<(), String> {
    let unreadable = |error| format!("{} cannot be read: {error}", folder.display());
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else if path.is_file() {
            into.push((path.display().to_string(), std::fs::read(&path).map_err(unreadable)?));
        }
    }
    Ok(())
}
