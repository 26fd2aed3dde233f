//! The recovery kit in a file that its owner alone may read.
//!
//! Promise: the file appears whole or not at all, never replaces another, and is on the disk when
//! this says so. A kit of the same account that is there already is moved aside, never deleted, and
//! put back if the new one cannot be written: which of two kits is the right one must never be this
//! program's guess, and until a change is stored it is the old one. What is written is read back;
//! if it is no kit then, it is removed. Must never: follow a link, or keep quiet about a disk that
//! others may read ([`KitFile::guard`]).

use super::code_in_text::{CodeKind, are_several};
use super::input::unmarked;
use super::kit::{self, KitFacts};
use super::kit_pdf::Paper;
use super::source;
use crate::port::clock;
use crate::store::access;
use crate::store::fresh::{self, Guard};
use firstkey_core::flow::Kit;
use firstkey_core::flow::stop::{LocalTrouble, StorageTrouble};
use firstkey_core::wire::text::Printable;
use std::fs;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The most that a kit file may hold, in bytes; ours have about 1,200, to print about 12,000.
pub(super) const MAX_FILE: usize = 64 * 1024;
/// Names that are tried for an earlier kit.
const MAX_ASIDE: u32 = 100;

/// A kit that was written.
pub struct KitFile {
    path: PathBuf,
    moved: Option<PathBuf>,
    guard: Guard,
}

/// Puts a page where nothing is.
type Write = fn(&Path, &[u8]) -> Result<Guard, StorageTrouble>;

fn write(path: &Path, page: &[u8]) -> Result<Guard, StorageTrouble> {
    fresh::write_new(path, page).map_err(|error| error.trouble)
}

impl KitFile {
    /// Whether a kit could go to `path`: nothing is there, or an earlier kit of ours. Asked before
    /// anything is sent.
    pub fn check(path: &Path) -> Result<(), LocalTrouble> {
        if !access::can_be_a_file(path) {
            return Err(at(path, StorageTrouble::Link));
        }
        match read(path) {
            Ok(_) | Err(StorageTrouble::Missing) => {}
            Err(trouble) => return Err(at(path, trouble)),
        }
        match folder(path).metadata() {
            Ok(about) if about.is_dir() => Ok(()),
            Ok(_) => Err(at(path, StorageTrouble::NoFolder)),
            Err(error) => Err(at(
                path,
                match source::kind(&error) {
                    StorageTrouble::Missing => StorageTrouble::NoFolder,
                    other => other,
                },
            )),
        }
    }

    /// Whether the kit of this account could go to `path`: a page to print has no letters but those
    /// of western Europe. Asked before keys are made.
    pub fn check_letters(path: &Path, email: &str, organisation: Option<&str>) -> Result<(), LocalTrouble> {
        match kit::unprintable(email, organisation).filter(|_| is_printed(path)) {
            Some(text) => Err(LocalTrouble::KitLetters { text: text.to_owned(), path: path.display().to_string() }),
            None => Ok(()),
        }
    }

    /// Writes the kit to `path`: as a page to print where its name ends in `.pdf`, as text
    /// otherwise.
    pub fn save(path: &Path, kit: &Kit, paper: Paper) -> Result<Self, LocalTrouble> {
        Self::check_letters(path, &kit.email, kit.organisation.as_ref().map(Printable::as_str))?;
        Self::try_save(path, kit, paper, write).map_err(|trouble| at(path, trouble))
    }

    fn try_save(path: &Path, kit: &Kit, paper: Paper, write: Write) -> Result<Self, StorageTrouble> {
        let earlier = match read(path) {
            Err(StorageTrouble::Missing) => false,
            Ok(earlier) if earlier.realm == kit.realm && earlier.account == kit.account => true,
            Ok(_) => return Err(StorageTrouble::Exists),
            Err(trouble) => return Err(trouble),
        };
        let made = clock::now();
        let page = if is_printed(path) {
            kit::for_printer(kit, made, paper).ok_or(StorageTrouble::Other)?
        } else {
            Zeroizing::new(kit::for_file(kit, made).as_bytes().to_vec())
        };
        // A page that cannot be read again must not become a file.
        let written = kit::read_kit_file(&page).filter(|facts| facts.email == kit.email && facts.origin == kit.origin);
        let written = written.ok_or(StorageTrouble::Other)?;
        let moved = earlier.then(|| move_aside(path)).transpose()?;
        let written = write(path, &page).and_then(|guard| {
            match read_as(path, guard) {
                Ok(found) if found.code == written.code => Ok(guard),
                found => {
                    // It was made a moment ago and is no kit: nobody may take it for one.
                    let _ = fs::remove_file(path);
                    Err(found.err().unwrap_or(StorageTrouble::Damaged))
                }
            }
        });
        match written {
            Ok(guard) => Ok(Self { path: path.to_owned(), moved, guard }),
            Err(trouble) => {
                if let Some(aside) = &moved {
                    let _ = fresh::rename_new(aside, path);
                }
                Err(trouble)
            }
        }
    }

    /// Reads the kit at `path`; `None` if what is there is none of ours.
    pub fn open(path: &Path) -> Result<Option<KitFacts>, LocalTrouble> {
        match read(path) {
            Ok(facts) => Ok(Some(facts)),
            Err(StorageTrouble::Exists) => Ok(None),
            Err(trouble) => Err(unread(path, trouble)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> String {
        self.path.display().to_string()
    }

    /// Who may read it.
    pub fn guard(&self) -> Guard {
        self.guard
    }

    /// Where the kit of an earlier try went, if one was there.
    pub fn moved(&self) -> Option<String> {
        self.moved.as_ref().map(|path| path.display().to_string())
    }

    /// Reads the file again and gives one group, 1 to 7: the proof that it was kept.
    pub fn group(&self, group: u8) -> Result<Zeroizing<Vec<u8>>, LocalTrouble> {
        let facts = read_as(&self.path, self.guard).map_err(|trouble| at(&self.path, trouble))?;
        facts.group(group).ok_or_else(|| at(&self.path, StorageTrouble::Damaged))
    }
}

/// Whether a kit at `path` is a page to print.
fn is_printed(path: &Path) -> bool {
    path.extension().is_some_and(|name| name.eq_ignore_ascii_case("pdf"))
}

/// The same of a kit that is there already: another name is no remedy.
fn unread(path: &Path, trouble: StorageTrouble) -> LocalTrouble {
    LocalTrouble::Input { trouble, path: path.display().to_string() }
}

fn at(path: &Path, trouble: StorageTrouble) -> LocalTrouble {
    LocalTrouble::KitFile { trouble, path: path.display().to_string() }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Reads a kit of ours; whatever else is there is in the way.
fn read(path: &Path) -> Result<KitFacts, StorageTrouble> {
    facts(&source::read_private_file(path, MAX_FILE)?)
}

/// The same of one that was written with this guard.
fn read_as(path: &Path, guard: Guard) -> Result<KitFacts, StorageTrouble> {
    if guard.is_closed() { read(path) } else { facts(&source::read_plain_file(path, MAX_FILE)?) }
}

fn facts(bytes: &Zeroizing<Vec<u8>>) -> Result<KitFacts, StorageTrouble> {
    let text = unmarked(Zeroizing::new(bytes.to_vec())).ok_or(StorageTrouble::Exists)?;
    kit::read_kit_file(&text).ok_or_else(|| {
        let holds_several = std::str::from_utf8(&text).is_ok_and(|text| are_several(text, CodeKind::Recovery));
        if holds_several { StorageTrouble::Several } else { StorageTrouble::Exists }
    })
}

/// Gives the file at `path` the next free name behind it.
pub(crate) fn move_aside(path: &Path) -> Result<PathBuf, StorageTrouble> {
    for number in 1..=MAX_ASIDE {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".earlier-{number}"));
        let aside = PathBuf::from(name);
        match fresh::rename_new(path, &aside) {
            Ok(()) => return Ok(aside),
            Err(error) if error.trouble == StorageTrouble::Exists => {}
            Err(error) => return Err(error.trouble),
        }
    }
    Err(StorageTrouble::Exists)
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::kit::tests::kit;
    use super::*;
    use crate::system::{System, pretended};
    use std::os::unix::fs::PermissionsExt;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("kit.txt");
        (folder, path)
    }

    #[test]
    fn a_name_that_is_no_files_on_windows_is_refused_there_before_anything_is_sent() {
        let (_folder, path) = folder();
        for name in ["con", "nul.txt", "kit.txt.", "kit.txt ", "kit<1>.txt", "kit.txt:more", "com1.pdf"] {
            let path = path.with_file_name(name);
            let on = |system| pretended::on(system, || KitFile::check(&path));
            let refused = on(System::Windows);
            assert!(matches!(refused, Err(LocalTrouble::KitFile { trouble: StorageTrouble::Link, .. })), "{name}");
            assert!(on(System::Linux).is_ok() && on(System::Mac).is_ok(), "{name}");
        }
        assert!(pretended::on(System::Windows, || KitFile::check(&path)).is_ok());
    }

    fn trouble(result: Result<KitFile, LocalTrouble>) -> StorageTrouble {
        match result {
            Err(LocalTrouble::KitFile { trouble, .. }) => trouble,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("it was written"),
        }
    }

    #[test]
    fn a_kit_is_written_for_its_owner_alone_and_proves_itself() {
        let (folder, path) = folder();
        let kept = KitFile::save(&path, &kit(2), Paper::A4).expect("written");
        let mode = fs::metadata(&path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert!(kept.moved().is_none());
        assert_eq!(kept.group(1).expect("a group").len(), 4);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left behind");
    }

    #[test]
    fn the_kit_of_an_interrupted_try_is_moved_aside_each_time() {
        let (_folder, path) = folder();
        for expected in [None, Some("kit.txt.earlier-1"), Some("kit.txt.earlier-2")] {
            let kept = KitFile::save(&path, &kit(2), Paper::A4).expect("written");
            assert_eq!(kept.moved().map(|moved| moved.rsplit('/').next() == expected), expected.map(|_| true));
        }
        assert!(read(&path.with_file_name("kit.txt.earlier-1")).is_ok());
    }

    #[test]
    fn the_earlier_kit_is_back_in_its_place_where_the_new_one_cannot_be_written() {
        let (folder, path) = folder();
        KitFile::save(&path, &kit(2), Paper::A4).expect("written");
        let before = fs::read(&path).expect("there");
        let full: Write = |_, _| Err(StorageTrouble::Full);
        let half: Write = |path, page| {
            fs::write(path, &page[..page.len() / 2]).expect("half of it");
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("permissions");
            Ok(Guard::at(path))
        };
        for write in [full, half] {
            assert!(KitFile::try_save(&path, &kit(2), Paper::A4, write).is_err());
            assert_eq!(fs::read(&path).expect("there"), before);
            assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is left behind");
        }
    }

    #[test]
    fn other_files_links_and_kits_of_others_stay_untouched() {
        let (_folder, path) = folder();
        fs::write(&path, "my diary").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
        assert_eq!(trouble(KitFile::save(&path, &kit(2), Paper::A4)), StorageTrouble::Exists);
        assert!(KitFile::check(&path).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("permissions");
        assert_eq!(trouble(KitFile::save(&path, &kit(2), Paper::A4)), StorageTrouble::TooOpen);
        assert_eq!(fs::read(&path).expect("still there"), b"my diary");

        let other = path.with_file_name("other.txt");
        KitFile::save(&other, &kit(3), Paper::A4).expect("written");
        assert_eq!(trouble(KitFile::save(&other, &kit(2), Paper::A4)), StorageTrouble::Exists);

        let link = path.with_file_name("link.txt");
        std::os::unix::fs::symlink(&other, &link).expect("a link");
        assert_eq!(trouble(KitFile::save(&link, &kit(3), Paper::A4)), StorageTrouble::Link);
    }

    #[test]
    fn a_folder_that_is_not_there_is_noticed_before_anything_is_sent() {
        let (folder, path) = folder();
        assert!(KitFile::check(&path).is_ok());
        for nowhere in [path.with_file_name("no").join("kit.txt"), folder.path().join("no/no/kit.pdf")] {
            let checked = KitFile::check(&nowhere).map(|()| panic!("there is such a folder"));
            assert_eq!(trouble(checked), StorageTrouble::NoFolder);
            assert_eq!(trouble(KitFile::save(&nowhere, &kit(2), Paper::A4)), StorageTrouble::NoFolder);
        }
        // A file in the place of the folder.
        KitFile::save(&path, &kit(2), Paper::A4).expect("written");
        assert!(KitFile::check(&path.join("kit.txt")).is_err());
    }

    #[test]
    fn a_file_that_vanished_proves_nothing() {
        let (_folder, path) = folder();
        let kept = KitFile::save(&path, &kit(2), Paper::A4).expect("written");
        fs::remove_file(&path).expect("removed");
        assert!(kept.group(1).is_err());
    }
}
