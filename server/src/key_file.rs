//! The key file: its form, how it is read, and how a new one takes the place of an old one.
//!
//! Promise: a file is read whole or not at all, and written whole or not at all; one that is
//! replaced loses nothing but a key that nobody uses. Must never: be written into the database.
//!
//! ```text
//! version 1: magic "FKSK" | 1 | OPRF seed[64] | the rest of the OPAQUE setup[64] | secret for made-up people[32]      165 bytes
//! version 2: magic "FKSK" | 2 | the rest of the OPAQUE setup[64] | secret[32] | one or more, in order of number:
//!            number, 4 bytes, big-endian | OPRF seed[64]
//! ```
//!
//! Version 1 is a file with key 1 alone. The rest of the setup is the server's key pair and the key
//! of accounts that do not exist.

use crate::key_place::{FILE, KeyPlace, PlaceRefused};
use crate::rng::{SystemRng, random};
use crate::secret_file::{sync_folder_of, write_new};
use firstkey_core::crypto::opaque::Suite;
use firstkey_core::crypto::{encoding::pae, hazmat, label};
use firstkey_core::secret::Ed25519Seed;
use opaque_ke::ServerSetup;
use ring::hmac;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const MAGIC: &[u8; 4] = b"FKSK";
const HEAD: usize = MAGIC.len() + 1;
const SEED: usize = 64;
const REST: usize = 64;
const SECRET: usize = 32;
const NUMBER: usize = 4;
/// Of version 1.
const LEN_1: usize = HEAD + SEED + REST + SECRET;
/// Most keys in a file.
const MOST: usize = 64;
const LONGEST: usize = HEAD + REST + SECRET + MOST * (NUMBER + SEED);
/// The number of the key that a deployment begins with.
pub(crate) const FIRST: u32 = 1;
/// What the name of a file ends in that is about to take another's place.
const ASIDE: &str = ".new";

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
    /// It is this server's, from before a rotation.
    #[error(
        "The key file {path} does not hold key {number}, which accounts use. It is from before the key was rotated. Put the newest backup of the key in place; nothing was changed."
    )]
    Old {
        /// Which file.
        path: PathBuf,
        /// The key that it lacks.
        number: u32,
    },
    /// Its place is not this program's to write.
    #[error(
        "The key file {0} is put there by the system, so this program cannot replace it. Name a new file with --out, and seal that one."
    )]
    Sealed(PathBuf),
    /// Another is being written.
    #[error(
        "{0} is in the way: the key is being replaced by somebody else, or that was interrupted. If nobody is doing it now, remove that file and run the command again. No account uses what it holds."
    )]
    Busy(PathBuf),
    /// There is no room.
    #[error("The key file {0} holds as many keys as it can. Retire one first: `firstkey-server key status`.")]
    Full(PathBuf),
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

/// A key as the database knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyMark {
    pub(crate) number: u32,
    pub(crate) canary: [u8; 32],
}

/// What is in a key file.
pub(crate) struct KeyFile {
    rest: Zeroizing<[u8; REST]>,
    secret: Zeroizing<[u8; SECRET]>,
    seeds: BTreeMap<u32, Zeroizing<[u8; SEED]>>,
}

impl KeyFile {
    /// Makes one with the first key, and puts it into the folder; refuses to overwrite one.
    pub(crate) fn make(dir: &Path) -> Result<Self, KeyFileError> {
        let path = dir.join(FILE);
        let setup =
            Zeroizing::new(<[u8; SEED + REST]>::from(ServerSetup::<Suite>::new(&mut SystemRng::new()).serialize()));
        let (mut seed, mut rest) = (Zeroizing::new([0; SEED]), Zeroizing::new([0; REST]));
        seed.copy_from_slice(&setup[..SEED]);
        rest.copy_from_slice(&setup[SEED..]);
        let made = Self { rest, secret: Zeroizing::new(random()), seeds: BTreeMap::from([(FIRST, seed)]) };
        made.write_new(&path)?;
        Ok(made)
    }

    /// The file at that place, if it may be read there.
    pub(crate) fn read(place: &KeyPlace) -> Result<Self, KeyFileError> {
        let path = || place.path().to_owned();
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => KeyFileError::Missing(path()),
            _ => KeyFileError::Io { path: path(), source },
        };
        let file = File::open(place.path()).map_err(failed)?;
        // Of the opened file, so that nothing can be put in its place in between.
        place.admit(&file.metadata().map_err(failed)?)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
        file.take(LONGEST as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        Self::decode(&bytes).ok_or_else(|| KeyFileError::Damaged(path()))
    }

    /// A copy that the administrator names once: whatever its mode, it is where they put it.
    pub(crate) fn read_given(path: &Path) -> Result<Self, KeyFileError> {
        Self::read(&KeyPlace::Folder(path.to_owned()))
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (version, mut body) = bytes.strip_prefix(MAGIC)?.split_first()?;
        let (mut rest, mut secret) = (Zeroizing::new([0; REST]), Zeroizing::new([0; SECRET]));
        let mut seeds = BTreeMap::new();
        match version {
            1 if bytes.len() == LEN_1 => {
                seeds.insert(FIRST, seed(&body[..SEED])?);
                rest.copy_from_slice(&body[SEED..SEED + REST]);
                secret.copy_from_slice(&body[SEED + REST..]);
            }
            2 if bytes.len() <= LONGEST && body.len() > REST + SECRET => {
                rest.copy_from_slice(&body[..REST]);
                secret.copy_from_slice(&body[REST..REST + SECRET]);
                body = &body[REST + SECRET..];
                while !body.is_empty() {
                    let (number, behind) = body.split_first_chunk::<NUMBER>()?;
                    let number = u32::from_be_bytes(*number);
                    if number < FIRST || seeds.last_key_value().is_some_and(|(last, _)| *last >= number) {
                        return None;
                    }
                    seeds.insert(number, seed(behind.get(..SEED)?)?);
                    body = &behind[SEED..];
                }
            }
            _ => return None,
        }
        let file = Self { rest, secret, seeds };
        let is_whole = file.numbers().all(|number| file.setup(number).is_some());
        is_whole.then_some(file)
    }

    /// Version 1 if it can be said so: programs of before read that.
    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST));
        bytes.extend_from_slice(MAGIC);
        match self.seeds.get(&FIRST) {
            Some(first) if self.seeds.len() == 1 => {
                bytes.push(1);
                for part in [&first[..], &self.rest[..], &self.secret[..]] {
                    bytes.extend_from_slice(part);
                }
            }
            _ => {
                bytes.push(2);
                bytes.extend_from_slice(&self.rest[..]);
                bytes.extend_from_slice(&self.secret[..]);
                for (number, seed) in &self.seeds {
                    bytes.extend_from_slice(&number.to_be_bytes());
                    bytes.extend_from_slice(&seed[..]);
                }
            }
        }
        bytes
    }

    /// The keys that it holds, in order.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.seeds.keys().copied()
    }

    /// OPAQUE with that key: its OPRF seed, and the key pair that all have.
    pub(crate) fn setup(&self, number: u32) -> Option<ServerSetup<Suite>> {
        let setup = self.setup_bytes(number)?;
        ServerSetup::deserialize(setup.as_slice()).ok()
    }

    fn setup_bytes(&self, number: u32) -> Option<Zeroizing<[u8; SEED + REST]>> {
        let mut setup = Zeroizing::new([0; SEED + REST]);
        setup[..SEED].copy_from_slice(&self.seeds.get(&number)?[..]);
        setup[SEED..].copy_from_slice(&self.rest[..]);
        Some(setup)
    }

    /// What the database keeps to recognise that key; says nothing about it.
    pub(crate) fn canary(&self, number: u32) -> Option<[u8; 32]> {
        let setup = self.setup_bytes(number)?;
        let mut whole = Zeroizing::new(Vec::with_capacity(LEN_1));
        for part in [&MAGIC[..], &[1], &setup[..], &self.secret[..]] {
            whole.extend_from_slice(part);
        }
        let tag = hmac::sign(&self.fakes(), &pae(&[b"firstkey/v1/server-key-canary", &whole]));
        Some(tag.as_ref().try_into().expect("invariant: HMAC-SHA-256 gives 32 bytes"))
    }

    /// Makes up answers for people who do not exist.
    pub(crate) fn fakes(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.secret[..])
    }

    /// The realm's signing key, made from the secret behind [`KeyFile::fakes`], so that a key file
    /// of before has it too.
    pub(crate) fn realm(&self) -> Ed25519Seed {
        let mut seed = Zeroizing::new([0; 32]);
        hazmat::hkdf(label::REALM_KEY, &self.secret[..], b"", seed.as_mut_slice());
        Ed25519Seed::from_bytes(&seed)
    }

    /// With a new key of that number; the one that was there is gone.
    pub(crate) fn with_new(mut self, number: u32, path: &Path) -> Result<Self, KeyFileError> {
        if self.seeds.len() >= MOST {
            return Err(KeyFileError::Full(path.to_owned()));
        }
        self.seeds.insert(number, Zeroizing::new(random()));
        Ok(self)
    }

    /// Without the key of that number.
    pub(crate) fn without(mut self, number: u32) -> Self {
        self.seeds.remove(&number);
        self
    }

    /// Writes it into a new file that nobody else can read.
    pub(crate) fn write_new(&self, path: &Path) -> Result<(), KeyFileError> {
        write_new(path, &self.encode()).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => KeyFileError::Exists(path.to_owned()),
            _ => KeyFileError::Io { path: path.to_owned(), source },
        })
    }

    /// Takes the place of the file at that place, whole or not at all; it stays its owner's. Of two
    /// who try at once, one is refused.
    pub(crate) fn replace(&self, place: &KeyPlace) -> Result<(), KeyFileError> {
        if !place.is_ours() {
            return Err(KeyFileError::Sealed(place.path().to_owned()));
        }
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| KeyFileError::Io { path, source }
        };
        // A link stays one.
        let path = std::fs::canonicalize(place.path()).map_err(failed(place.path()))?;
        let mut aside = path.clone().into_os_string();
        aside.push(ASIDE);
        let aside = PathBuf::from(aside);
        write_new(&aside, &self.encode()).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => KeyFileError::Busy(aside.clone()),
            _ => KeyFileError::Io { path: aside.clone(), source },
        })?;
        let replaced = std::fs::metadata(&path)
            .and_then(|old| chown(&aside, Some(old.uid()), Some(old.gid())))
            .and_then(|()| std::fs::rename(&aside, &path))
            .and_then(|()| sync_folder_of(&path));
        if replaced.is_err() {
            drop(std::fs::remove_file(&aside));
        }
        replaced.map_err(failed(&path))
    }
}

fn seed(bytes: &[u8]) -> Option<Zeroizing<[u8; SEED]>> {
    let mut seed = Zeroizing::new([0; SEED]);
    (bytes.len() == SEED).then(|| seed.copy_from_slice(bytes))?;
    Some(seed)
}

#[cfg(test)]
mod tests {
    use super::{FIRST, KeyFile, KeyFileError, MOST};
    use crate::key_place::KeyPlace;

    #[test]
    fn a_file_is_read_as_it_was_written_and_no_other_bytes_are_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut file = KeyFile::make(folder.path()).expect("made");
        let (first, canary) = (file.encode(), file.canary(FIRST));
        assert_eq!(first.len(), 165);
        for number in [2, 3, 7] {
            file = file.with_new(number, folder.path()).expect("room");
        }
        let whole = file.encode();
        let read = KeyFile::decode(&whole).expect("whole");
        assert_eq!(read.numbers().collect::<Vec<_>>(), [1, 2, 3, 7]);
        assert_eq!(*read.encode(), *whole);
        assert_eq!(read.canary(1), canary, "what is added changes nothing of what was there");
        assert!(read.canary(2).is_some() && read.canary(2) != read.canary(3) && read.canary(4).is_none());
        for length in (0..whole.len()).filter(|length| *length <= 101 || (length - 101) % 68 != 0) {
            assert!(KeyFile::decode(&whole[..length]).is_none(), "{length} bytes");
        }
        let with = |at: usize, byte: u8| {
            let mut bytes = whole.to_vec();
            bytes[at] = byte;
            KeyFile::decode(&bytes).is_some()
        };
        assert!(!with(0, b'G') && !with(4, 3) && !with(4, 1), "another kind of file");
        // Numbers go up, and begin at 1.
        assert!(!with(104, 0) && !with(104, 2) && !with(104 + 68, 1) && !with(104 + 3 * 68, 3));
        assert!(!with(104 + 3 * 68, 0) && with(104 + 3 * 68, 9));
        let back = read.without(2).without(3).without(7);
        assert_eq!(*back.encode(), *first, "with key 1 alone it is what older programs read");
        let only_later = KeyFile::decode(&whole).expect("whole").without(1);
        assert_eq!(KeyFile::decode(&only_later.encode()).expect("whole").numbers().next(), Some(2));
    }

    #[test]
    fn a_file_is_never_overfull_and_the_fullest_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut file = KeyFile::make(folder.path()).expect("made");
        for number in 2..=u32::try_from(MOST).expect("a small number") {
            file = file.with_new(number, folder.path()).expect("room");
        }
        assert_eq!(KeyFile::decode(&file.encode()).expect("whole").numbers().count(), MOST);
        assert!(matches!(file.with_new(100, folder.path()), Err(KeyFileError::Full(_))));
    }

    #[test]
    fn of_two_who_replace_it_at_once_one_is_refused_and_a_credential_is_never_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = KeyPlace::in_folder(folder.path());
        let file = KeyFile::make(folder.path()).expect("made").with_new(2, folder.path()).expect("room");
        let aside = folder.path().join("server.key.new");
        std::fs::write(&aside, b"another's").expect("written");
        assert!(matches!(file.replace(&place), Err(KeyFileError::Busy(path)) if path == aside));
        assert_eq!(KeyFile::read(&place).expect("as it was").numbers().collect::<Vec<_>>(), [1]);
        std::fs::remove_file(&aside).expect("removed");
        file.replace(&place).expect("replaced");
        assert_eq!(KeyFile::read(&place).expect("the new one").numbers().collect::<Vec<_>>(), [1, 2]);
        assert!(!aside.exists());
        let credential = KeyPlace::Credential(place.path().to_owned());
        assert!(matches!(file.without(2).replace(&credential), Err(KeyFileError::Sealed(_))));
        assert_eq!(KeyFile::read(&place).expect("as it was").numbers().count(), 2);
    }
}
