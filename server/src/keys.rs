//! The server's own secrets, in a file of their own beside the database.
//!
//! Promise: the file is made once, readable by its owner alone, and read whole or not at all; the
//! database holds a canary that tells whether it is the right one. A stolen database without this
//! file cannot be attacked at all; a lost file locks everybody out, so the server refuses to start
//! rather than tell people that their passwords are wrong. Must never: be written into the
//! database, or be replaced.
//!
//! ```text
//! magic "FKSK" | version 1 | OPAQUE server setup[128] | secret for made-up people[32]        165 bytes
//! ```

use crate::key_place::{FILE, KeyPlace, PlaceRefused};
use crate::rng::{SystemRng, random};
use crate::secret_file::write_new;
use firstkey_core::crypto::opaque::Suite;
use firstkey_core::crypto::{hazmat, label};
use firstkey_core::secret::Ed25519Seed;
use opaque_ke::ServerSetup;
use ring::hmac;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const MAGIC: &[u8; 5] = b"FKSK\x01";
const SETUP: usize = 128;
const SECRET: usize = 32;
const LEN: usize = MAGIC.len() + SETUP + SECRET;

/// What the server needs to hold conversations with its people.
pub(crate) struct ServerKeys {
    /// OPAQUE: OPRF seed, key pair, and the key for accounts that do not exist.
    pub(crate) setup: ServerSetup<Suite>,
    /// Makes up answers for people who do not exist, always the same ones.
    pub(crate) fakes: hmac::Key,
    /// Signs the answers that decide about a new password (protocol section 8). Made from the
    /// secret behind `fakes`, so that a key file of before has it too.
    pub(crate) realm: Ed25519Seed,
    canary: [u8; 32],
}

/// The key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It is there already.
    #[error("{0} already exists and may be the only copy of a server's key. Nothing was overwritten.")]
    Exists(PathBuf),
    /// It is not there.
    #[error("The key file {0} is missing. Without it nobody can log in. Put its backup in place; nothing was changed.")]
    Missing(PathBuf),
    /// It is not whole.
    #[error("The key file {0} is damaged or not a key file. Put its backup in place; nothing was changed.")]
    Damaged(PathBuf),
    /// It is another server's.
    #[error(
        "The key file {0} does not belong to this database. With it, every password would seem wrong. Put the right one in place; nothing was changed."
    )]
    Foreign(PathBuf),
    /// Where it is, others can get at it.
    #[error(transparent)]
    Place(#[from] PlaceRefused),
    /// The system refused.
    #[error("The key file {path} cannot be read or written: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ServerKeys {
    /// Makes the keys and their file; refuses to overwrite one.
    pub(crate) fn make(dir: &Path) -> Result<Self, KeyFileError> {
        let path = dir.join(FILE);
        let mut bytes = Zeroizing::new([0; LEN]);
        let setup = ServerSetup::<Suite>::new(&mut SystemRng::new());
        bytes[..MAGIC.len()].copy_from_slice(MAGIC);
        bytes[MAGIC.len()..MAGIC.len() + SETUP].copy_from_slice(&setup.serialize());
        bytes[MAGIC.len() + SETUP..].copy_from_slice(&random::<SECRET>());
        write_new(&path, bytes.as_slice()).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => KeyFileError::Exists(path.clone()),
            _ => KeyFileError::Io { path: path.clone(), source },
        })?;
        Self::decode(&bytes).ok_or(KeyFileError::Damaged(path))
    }

    /// Reads the file and holds it against the canary.
    pub(crate) fn open(place: &KeyPlace, canary: &[u8; 32]) -> Result<Self, KeyFileError> {
        Self::judge(place.path().to_owned(), &read_at(place)?, canary)
    }

    /// Whether the file at that path belongs to the database with that canary.
    pub(crate) fn check(path: &Path, canary: &[u8; 32]) -> Result<(), KeyFileError> {
        Self::judge(path.to_owned(), &read_at(&given(path))?, canary).map(drop)
    }

    fn judge(path: PathBuf, bytes: &[u8], canary: &[u8; 32]) -> Result<Self, KeyFileError> {
        let whole = <&[u8; LEN]>::try_from(bytes).ok();
        let keys = whole.and_then(Self::decode).ok_or_else(|| KeyFileError::Damaged(path.clone()))?;
        if keys.canary == *canary { Ok(keys) } else { Err(KeyFileError::Foreign(path)) }
    }

    /// What the database keeps to recognise this file; says nothing about it.
    pub(crate) fn canary(&self) -> [u8; 32] {
        self.canary
    }

    fn decode(bytes: &[u8; LEN]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (setup, secret) = rest.split_at(SETUP);
        let fakes = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = hmac::sign(&fakes, &firstkey_core::crypto::encoding::pae(&[b"firstkey/v1/server-key-canary", bytes]));
        let canary = tag.as_ref().try_into().expect("invariant: HMAC-SHA-256 gives 32 bytes");
        let mut seed = Zeroizing::new([0; 32]);
        hazmat::hkdf(label::REALM_KEY, secret, b"", seed.as_mut_slice());
        let realm = Ed25519Seed::from_bytes(&seed);
        Some(Self { setup: ServerSetup::deserialize(setup).ok()?, fakes, realm, canary })
    }
}

/// Copies the key file at that place into a new file.
pub(crate) fn copy(from: &KeyPlace, out: &Path) -> Result<(), KeyFileError> {
    copy_file(from, out)
}

/// Puts a copy of a key file in its place in a folder, unless it is there already.
pub(crate) fn put(from: &Path, dir: &Path) -> Result<(), KeyFileError> {
    let place = dir.join(FILE);
    if place.exists() { Ok(()) } else { copy_file(&given(from), &place) }
}

/// A copy that the administrator names once: whatever its mode, it is where they put it.
fn given(path: &Path) -> KeyPlace {
    KeyPlace::Folder(path.to_owned())
}

fn copy_file(from: &KeyPlace, to: &Path) -> Result<(), KeyFileError> {
    let bytes = read_at(from)?;
    if bytes.len() != LEN || !bytes.starts_with(MAGIC) {
        return Err(KeyFileError::Damaged(from.path().to_owned()));
    }
    write_new(to, &bytes).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyFileError::Exists(to.to_owned()),
        _ => KeyFileError::Io { path: to.to_owned(), source },
    })
}

/// The file at that place, if it may be read there.
fn read_at(place: &KeyPlace) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let path = || place.path().to_owned();
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => KeyFileError::Missing(path()),
        _ => KeyFileError::Io { path: path(), source },
    };
    let file = File::open(place.path()).map_err(failed)?;
    // Of the opened file, so that nothing can be put in its place in between.
    place.admit(&file.metadata().map_err(failed)?)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(LEN + 1));
    file.take(LEN as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}
