//! One run at a time per account.
//!
//! Promise: as long as a [`Lock`] lives no other run has the same one; it ends with the process,
//! however the process ends. Must never: show in its file name what is locked.

use super::access::{self, Folder, Purpose};
use super::error::StoreError;
use super::place::Place;
use firstkey_core::flow::stop::{LocalTrouble, StorageTrouble};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::File;
use std::io;

/// Tries at a lock file that somebody else removes at the same moment.
const TRIES: u32 = 100;

/// A lock could not be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Another run has it.
    #[error("another run works on the same account")]
    Busy,
    /// The lock file cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LockError> for LocalTrouble {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Busy => Self::Busy,
            LockError::Store(error) => error.into(),
        }
    }
}

/// A lock that is held; dropping it gives it back and removes its file.
pub struct Lock {
    _file: File,
    folder: Folder,
    name: String,
}

impl Lock {
    /// Takes the lock for `key` (server and account, in any form that is the same each time) or
    /// says at once that somebody has it.
    pub fn take(place: &Place, key: &[u8]) -> Result<Self, LockError> {
        let name = file_name(key);
        let path = place.path_of(&name);
        let failed = |error: io::Error| StoreError::from_os(&path, error);
        for _ in 0..TRIES {
            let file = place.folder().open_guarded(&name, &path, Purpose::Locking)?;
            if !access::lock(&file).map_err(failed)? {
                return Err(LockError::Busy);
            }
            // Between opening and locking the last owner may have removed the file; then what is
            // locked is a file without a name.
            if place.folder().still_names(&name, &file).map_err(failed)? {
                let folder = place.folder().held_again().map_err(failed)?;
                return Ok(Self { _file: file, folder, name });
            }
        }
        Err(StoreError::at(&path, StorageTrouble::Other).into())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While the lock is still held, so that it cannot be somebody else's file.
        self.folder.remove_locked(&self.name);
    }
}

fn file_name(key: &[u8]) -> String {
    let hash = Sha256::new().chain_update(b"firstkey/v1/lock\0").chain_update(key).finalize();
    let mut name = String::from("run-");
    for byte in &hash[..16] {
        write!(name, "{byte:02x}").expect("invariant: writing to a string cannot fail");
    }
    name + ".lock"
}

#[cfg(all(test, unix))]
mod tests {
    use super::{Lock, LockError, file_name};
    use crate::store::place::Place;
    use firstkey_core::flow::stop::StorageTrouble;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn place() -> (tempfile::TempDir, Place) {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let place = Place::open(&folder.path().join("state")).expect("a new folder");
        (folder, place)
    }

    #[test]
    fn a_second_run_on_the_same_account_is_told_so_and_one_on_another_is_not() {
        let (_folder, place) = place();
        let again = Place::open(place.path()).expect("the same folder");
        let held = Lock::take(&place, b"https://a.example account 1").expect("nobody has it");
        assert_eq!(Lock::take(&again, b"https://a.example account 1").err(), Some(LockError::Busy));
        assert!(Lock::take(&again, b"https://a.example account 2").is_ok());
        drop(held);
        assert!(Lock::take(&again, b"https://a.example account 1").is_ok());
    }

    #[test]
    fn the_name_tells_nothing_and_the_file_goes_with_the_lock() {
        let (_folder, place) = place();
        let held = Lock::take(&place, b"ada@example.org").expect("nobody has it");
        let names = place.names().expect("readable");
        assert!(names.len() == 1 && !names[0].contains("ada") && names[0] == file_name(b"ada@example.org"));
        drop(held);
        assert!(place.names().expect("readable").is_empty());
    }

    #[test]
    fn a_lock_file_that_a_killed_run_left_does_not_lock() {
        let (_folder, place) = place();
        let name = place.path_of(&file_name(b"x"));
        std::fs::write(&name, b"").expect("our own folder");
        std::fs::set_permissions(&name, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("our own file");
        assert!(Lock::take(&place, b"x").is_ok());
    }

    #[test]
    fn a_link_in_place_of_the_lock_file_is_refused_and_its_target_untouched() {
        let (folder, place) = place();
        let target = folder.path().join("target");
        std::os::unix::fs::symlink(&target, place.path_of(&file_name(b"x"))).expect("our own folder");
        let refused = Lock::take(&place, b"x").err();
        assert!(matches!(refused, Some(LockError::Store(error)) if error.trouble == StorageTrouble::Link));
        assert!(!target.exists());
    }

    #[test]
    fn a_lock_on_a_file_that_was_removed_or_replaced_meanwhile_does_not_count() {
        let (_folder, place) = place();
        let path = place.path_of("run");
        let make = || std::fs::File::create(&path).expect("our own folder");
        let still = |file| place.folder().still_names("run", file).map_err(|error| error.kind());
        let first = make();
        assert_eq!(still(&first), Ok(true));
        std::fs::remove_file(&path).expect("our own file");
        assert_eq!(still(&first), Ok(false));
        let second = make();
        assert_eq!(still(&first), Ok(false));
        assert_eq!(still(&second), Ok(true));
    }

    #[test]
    fn of_many_that_take_and_give_back_at_once_never_two_hold_it() {
        let (_folder, place) = place();
        let (holders, turns) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2000 {
                        if let Ok(_held) = Lock::take(&place, b"x") {
                            assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                            std::thread::yield_now();
                            turns.fetch_add(1, Ordering::SeqCst);
                            holders.fetch_sub(1, Ordering::SeqCst);
                        }
                    }
                });
            }
        });
        assert!(turns.load(Ordering::SeqCst) > 0);
    }
}
