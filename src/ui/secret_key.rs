//! The secret key on a sheet: for the screen, in a file that its owner alone may read, and read
//! again from there.
//!
//! Promise: the file appears whole or not at all, never replaces another, and is on the disk when
//! this says so; one that others may read, or that is no plain file, gives nothing. What holds the
//! key has its full size from the start and is wiped. Must never: follow a link, or take a key from
//! anywhere but a file.

mod asked;

use super::input::unmarked;
use super::source;
use crate::store::access;
use crate::store::fresh::{self, Guard};
use firstkey_core::crypto::recovery::{read_secret_key, write_secret_key};
use firstkey_core::flow::SecretSheet;
use firstkey_core::flow::stop::{LocalTrouble, StorageTrouble};
use std::fs;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The variable that holds the path of the file; never the key.
pub const VARIABLE: &str = "FIRSTKEY_SECRET_KEY_FILE";
/// What the line with the key begins with.
const KEY: &str = "secret-key: ";
/// The most that a file may hold, in bytes; ours have about 900.
const MAX_FILE: usize = 16 * 1024;
/// Fewest columns for four groups in a row.
const WIDE: usize = 52;

/// The key as it is written down, its groups numbered; four in a row, or three where that does not
/// fit.
pub fn for_screen(sheet: &SecretSheet, width: usize) -> Zeroizing<String> {
    // EXPOSE: the screen shows the secret key to its owner.
    let key = write_secret_key(sheet.key.expose());
    let in_a_row = if width >= WIDE { 4 } else { 3 };
    // Twelve columns a group and a few line ends: never grows.
    let mut text = Zeroizing::new(String::with_capacity(16 * 16));
    text.push_str("    SK1\n");
    for (at, group) in key.split('-').skip(1).enumerate() {
        text.push_str(match at % in_a_row {
            0 if at == 0 => "    ",
            0 => "\n    ",
            _ => "    ",
        });
        let number = at + 1;
        text.push(if number < 10 { ' ' } else { '1' });
        text.push(char::from_digit(u32::try_from(number % 10).unwrap_or_default(), 10).unwrap_or('?'));
        text.push_str("  ");
        text.push_str(group);
    }
    text.push('\n');
    text
}

/// The sheet for a file.
pub(super) fn for_file(sheet: &SecretSheet) -> Zeroizing<String> {
    let head = "firstkey secret key\n\
                ===================\n\n\
                This key and your password together open your account. With it,\n\
                even a dishonest server cannot guess your password. Nobody else\n\
                has a copy. If you lose it, your recovery kit gets you back in.\n\
                Keep the two in different places, and both out of cloud folders.\n\n";
    let tail = format!(
        "\nserver:        {server}\n\
         e-mail:        {email}\n\
         account-id:    {account}\n\
         realm-id:      {realm}\n\
         fingerprint:   {fingerprint}\n\n\
         Commands read it with --secret-key-file PATH, or from the path in\n\
         the variable {VARIABLE}.\n",
        server = sheet.origin,
        email = sheet.email,
        account = sheet.account,
        realm = sheet.realm,
        fingerprint = sheet.fingerprint,
    );
    // EXPOSE: the file is the sheet; it is written for its owner alone.
    let key = write_secret_key(sheet.key.expose());
    let mut page = Zeroizing::new(String::with_capacity(head.len() + KEY.len() + key.len() + 1 + tail.len()));
    for part in [head, KEY, key.as_str(), "\n", tail.as_str()] {
        page.push_str(part);
    }
    page
}

/// A secret key that was written to a file.
pub struct SecretKeyFile {
    path: PathBuf,
    guard: Guard,
}

impl SecretKeyFile {
    /// Whether one could go to `path`: nothing is there, and the folder is. Asked before anything
    /// is sent.
    pub fn check(path: &Path) -> Result<(), LocalTrouble> {
        if !access::can_be_a_file(path) {
            return Err(out(path, StorageTrouble::Link));
        }
        if fs::symlink_metadata(path).is_ok() {
            return Err(out(path, StorageTrouble::Exists));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match folder.metadata() {
            Ok(about) if about.is_dir() => Ok(()),
            Ok(_) => Err(out(path, StorageTrouble::NoFolder)),
            Err(error) => Err(out(
                path,
                match source::kind(&error) {
                    StorageTrouble::Missing => StorageTrouble::NoFolder,
                    other => other,
                },
            )),
        }
    }

    /// Writes the sheet to `path`.
    pub fn save(path: &Path, sheet: &SecretSheet) -> Result<Self, LocalTrouble> {
        let guard = fresh::write_new(path, for_file(sheet).as_bytes()).map_err(|error| out(path, error.trouble))?;
        Ok(Self { path: path.to_owned(), guard })
    }

    /// Where it is.
    pub fn path(&self) -> String {
        self.path.display().to_string()
    }

    /// Who may read it.
    pub fn guard(&self) -> Guard {
        self.guard
    }

    /// Reads the file again and gives one group, 1 to 13: the proof that it was kept.
    pub fn group(&self, group: u8) -> Result<Zeroizing<Vec<u8>>, LocalTrouble> {
        let key = if self.guard.is_closed() {
            read(&self.path)?
        } else {
            let trouble = |trouble| LocalTrouble::Input { trouble, path: self.path() };
            key_in(source::read_plain_file(&self.path, MAX_FILE).map_err(trouble)?, &self.path)?
        };
        let text = std::str::from_utf8(&key).unwrap_or_default();
        let group = text.split('-').nth(usize::from(group)).map(|group| Zeroizing::new(group.as_bytes().to_vec()));
        group.ok_or_else(|| out(&self.path, StorageTrouble::Damaged))
    }
}

/// The key in a file: a sheet of ours, or the key alone. Given in its canonical spelling.
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, LocalTrouble> {
    let trouble = |trouble| LocalTrouble::Input { trouble, path: path.display().to_string() };
    key_in(source::read_private_file(path, MAX_FILE).map_err(trouble)?, path)
}

fn key_in(bytes: Zeroizing<Vec<u8>>, path: &Path) -> Result<Zeroizing<Vec<u8>>, LocalTrouble> {
    let trouble = |trouble| LocalTrouble::Input { trouble, path: path.display().to_string() };
    let bytes = unmarked(bytes).ok_or_else(|| trouble(StorageTrouble::Damaged))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| trouble(StorageTrouble::Damaged))?;
    let line = text.lines().find_map(|line| line.strip_prefix(KEY)).unwrap_or(text);
    let key = read_secret_key(line).map_err(|_| trouble(StorageTrouble::Damaged))?;
    // EXPOSE: written in its canonical spelling.
    Ok(Zeroizing::new(write_secret_key(key.expose()).as_bytes().to_vec()))
}

fn out(path: &Path, trouble: StorageTrouble) -> LocalTrouble {
    LocalTrouble::SecretKeyFile { trouble, path: path.display().to_string() }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use firstkey_core::crypto::context::{AccountId, RealmId};
    use firstkey_core::crypto::identity::Fingerprint;
    use firstkey_core::secret::SecretKey;
    use firstkey_core::wire::origin::Origin;
    #[cfg(unix)]
    use std::os::unix::fs::{PermissionsExt, symlink};

    pub(in crate::ui) fn sheet() -> SecretSheet {
        SecretSheet {
            key: SecretKey::from_bytes(&[0xa5; 32]),
            origin: Origin::read("https://accounts.example.org").expect("a good origin"),
            email: "ada@example.org".to_owned(),
            realm: RealmId::heard([1; 16]),
            account: AccountId::heard([2; 16]),
            fingerprint: Fingerprint([7; 64]),
        }
    }

    #[cfg(unix)]
    fn trouble(result: Result<Zeroizing<Vec<u8>>, LocalTrouble>) -> StorageTrouble {
        match result {
            Err(LocalTrouble::Input { trouble, .. }) => trouble,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("it was read"),
        }
    }

    #[test]
    fn a_sheet_is_written_for_its_owner_alone_reads_back_and_replaces_nothing() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("sk.txt");
        assert!(SecretKeyFile::check(&path).is_ok());
        let kept = SecretKeyFile::save(&path, &sheet()).expect("written");
        #[cfg(unix)]
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        let text = write_secret_key(&[0xa5; 32]);
        assert_eq!(read(&path).expect("readable").as_slice(), text.as_bytes());
        for (group, written) in (1..=13).zip(text.split('-').skip(1)) {
            assert_eq!(kept.group(group).expect("a group").as_slice(), written.as_bytes());
        }
        let before = fs::read(&path).expect("there");
        assert!(SecretKeyFile::check(&path).is_err() && SecretKeyFile::save(&path, &sheet()).is_err());
        assert_eq!(fs::read(&path).expect("there"), before);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left behind");
        fs::remove_file(&path).expect("removed");
        assert!(kept.group(1).is_err(), "a file that vanished proves nothing");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_or_that_is_no_plain_file_gives_no_key() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("sk.txt");
        fs::write(&path, "sk1 a4-bad").expect("a file");
        for mode in [0o640, 0o604, 0o620, 0o644] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permissions");
            assert_eq!(trouble(read(&path)), StorageTrouble::TooOpen, "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
        assert_eq!(trouble(read(&path)), StorageTrouble::Damaged, "no secret key");
        fs::write(&path, write_secret_key(&[0xa5; 32]).to_lowercase()).expect("the key alone, as typed");
        assert!(read(&path).is_ok());
        let link = folder.path().join("link");
        symlink(&path, &link).expect("a link");
        assert_eq!(trouble(read(&link)), StorageTrouble::Link);
        assert_eq!(trouble(read(folder.path())), StorageTrouble::Link);
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).expect("a pipe");
        assert_eq!(trouble(read(&pipe)), StorageTrouble::Link, "and nobody waits for it");
        assert_eq!(trouble(read(&folder.path().join("nothing"))), StorageTrouble::Missing);
    }

    #[test]
    fn the_screen_fits_wide_and_narrow_terminals() {
        for width in [40, 52, 80] {
            let text = for_screen(&sheet(), width);
            assert!(text.lines().all(|line| line.len() <= width), "{}", *text);
            assert!((1..=14).all(|group| text.contains(&format!("{group}  "))), "{}", *text);
        }
        assert!(for_file(&sheet()).lines().all(|line| line.len() <= 100 && line.is_ascii()));
    }
}
