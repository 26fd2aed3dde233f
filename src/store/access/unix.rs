//! Files of Unix: rights are owner and mode, a folder is a descriptor, and its files are opened by
//! name from there.
//!
//! Promise and prohibitions are those of [`super`].

use super::Purpose;
use crate::store::error::StoreError;
use firstkey_core::flow::stop::StorageTrouble;
use rustix::fs::{self, Access, AtFlags, FileType, FlockOperation, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Owner may read and write, nobody else anything.
pub(super) const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A folder that is held open.
pub(crate) struct Folder(File);

/// "Somebody writes here", or "nobody writes here", until it is dropped.
pub(crate) struct Turn(#[allow(dead_code, reason = "it is held")] File);

/// Where state lives unless the person says otherwise.
pub(crate) fn usual_place() -> Option<PathBuf> {
    use etcetera::app_strategy::{AppStrategy, AppStrategyArgs, choose_native_strategy};
    let app = AppStrategyArgs { app_name: "firstkey".to_owned(), ..AppStrategyArgs::default() };
    let strategy = choose_native_strategy(app).ok()?;
    Some(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()))
}

/// Makes a folder for this user alone.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    Ok(fs::mkdir(path, Mode::RWXU)?)
}

/// Makes it and those above it that are missing; one that is there is left as it is.
pub(crate) fn make_folders(path: &Path) -> io::Result<()> {
    let mut maker = std::fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
    maker.recursive(true).create(path)
}

impl Folder {
    /// Any folder, also by a link.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(File::from(fs::open(path, FOLDER, Mode::empty())?)))
    }

    /// One that is this user's alone, and no link.
    pub(crate) fn open_own(path: &Path) -> Result<Self, StoreError> {
        let judge_unopened = |error: Errno| match fs::lstat(path) {
            Ok(found) => judge_folder(path, &found).err().unwrap_or_else(|| StoreError::from_os(path, error)),
            Err(_) => StoreError::from_os(path, error),
        };
        let folder = fs::open(path, FOLDER | OFlags::NOFOLLOW, Mode::empty()).map_err(judge_unopened)?;
        let found = fs::fstat(&folder).map_err(|error| StoreError::from_os(path, error))?;
        judge_folder(path, &found)?;
        Ok(Self(File::from(folder)))
    }

    /// The same folder, held by somebody else as well.
    pub(crate) fn held_again(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// Makes its entries durable. On macOS `fsync` leaves them in the cache of the disk, and some
    /// disks know no more than that.
    pub(crate) fn sync(&self) -> io::Result<()> {
        #[cfg(target_vendor = "apple")]
        if fs::fcntl_fullfsync(&self.0).is_ok() {
            return Ok(());
        }
        Ok(fs::fsync(&self.0)?)
    }

    /// Names of all entries that are text.
    pub(crate) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::Dir::read_from(&self.0)? {
            names.extend(text(entry?.file_name()));
        }
        names.sort();
        Ok(names)
    }

    /// Says "somebody writes here" until the answer is dropped. `None` on a file system without
    /// such locks.
    pub(crate) fn writing(&self) -> Option<Turn> {
        self.turn(FlockOperation::LockShared)
    }

    /// Says "nobody writes here" until the answer is dropped; `None` if somebody does.
    pub(crate) fn nobody_writes(&self) -> Option<Turn> {
        self.turn(FlockOperation::NonBlockingLockExclusive)
    }

    fn turn(&self, operation: FlockOperation) -> Option<Turn> {
        let folder = fs::openat(&self.0, c".", FOLDER, Mode::empty()).ok()?;
        fs::flock(&folder, operation).ok()?;
        Some(Turn(File::from(folder)))
    }

    /// Makes a file with a name that nobody has, for its owner alone, to be written.
    pub(crate) fn make(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(fs::openat(&self.0, name, flags, PRIVATE)?))
    }

    /// Opens a file of ours and judges what was opened, so that nothing can change in between.
    pub(crate) fn open_guarded(&self, name: &str, path: &Path, purpose: Purpose) -> Result<File, StoreError> {
        let purpose = match purpose {
            Purpose::Reading => OFlags::RDONLY,
            Purpose::Locking => OFlags::RDWR | OFlags::CREATE,
        };
        // Not waiting: a pipe would otherwise hold us until somebody writes into it.
        let flags = purpose | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = fs::openat(&self.0, name, flags, PRIVATE).map_err(|error| {
            // What could not be opened can still be named: a link, somebody else's file.
            let found = fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW).ok();
            let judged = found.and_then(|found| judge_file(path, &found).err());
            judged.unwrap_or_else(|| StoreError::from_os(path, error))
        })?;
        let found = fs::fstat(&file).map_err(|error| StoreError::from_os(path, error))?;
        judge_file(path, &found)?;
        Ok(File::from(file))
    }

    /// Judges a file without opening it.
    pub(crate) fn judge(&self, name: &str, path: &Path) -> Result<(), StoreError> {
        let found = fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW);
        found.map_err(|error| StoreError::from_os(path, error)).and_then(|found| judge_file(path, &found))
    }

    /// Opens a file that is no link, to be read.
    pub(crate) fn open_plain(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(fs::openat(&self.0, name, flags, Mode::empty())?))
    }

    /// Whether what has that name is a plain file; `None` if nothing has it.
    pub(crate) fn is_plain(&self, name: &OsStr) -> Option<bool> {
        let found = fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some(FileType::from_raw_mode(found.st_mode) == FileType::RegularFile)
    }

    /// When it was written last; `None` where that cannot be told.
    #[allow(clippy::useless_conversion, reason = "the types of the fields differ between systems")]
    pub(crate) fn changed_at(&self, name: &str) -> Option<SystemTime> {
        let found = fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let nanoseconds = Duration::from_nanos(u64::try_from(found.st_mtime_nsec).ok()?);
        let seconds = Duration::from_secs(found.st_mtime.unsigned_abs());
        let second = if found.st_mtime < 0 { UNIX_EPOCH.checked_sub(seconds) } else { UNIX_EPOCH.checked_add(seconds) };
        second?.checked_add(nanoseconds)
    }

    /// Gives a file another name, in place of what has it.
    pub(crate) fn replace(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(fs::renameat(&self.0, from, &self.0, to)?)
    }

    /// Gives a file its name unless somebody took the name in the meantime.
    pub(crate) fn move_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        let folder = &self.0;
        #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
        match fs::renameat_with(folder, from, folder, to, fs::RenameFlags::NOREPLACE) {
            // File systems that cannot do it in one step.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            done => return Ok(done?),
        }
        match fs::linkat(folder, from, folder, to, AtFlags::empty()) {
            Ok(()) => self.remove(from),
            // Sticks and Windows disks have no second names.
            Err(Errno::PERM | Errno::NOSYS | Errno::NOTSUP | Errno::MLINK) => self.move_onto_own(from, to),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the name with an empty file of our own, which nobody else can take then, and replaces
    /// that.
    pub(crate) fn move_onto_own(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        drop(fs::openat(&self.0, to, flags, PRIVATE)?);
        self.replace(from, to).inspect_err(|_| {
            let _ = self.remove(to);
        })
    }

    /// Removes a file.
    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// Removes the file of a lock that is still held, so that it cannot be somebody else's.
    pub(crate) fn remove_locked(&self, name: &str) {
        let _ = self.remove(OsStr::new(name));
    }

    /// Whether an open file is the one that has that name.
    pub(crate) fn still_names(&self, name: &str, file: &File) -> io::Result<bool> {
        let ours = fs::fstat(file)?;
        match fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(there) => Ok((there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// What this user may still write on its disk, in KiB.
    pub(crate) fn free_kib(&self) -> Option<u64> {
        let disk = fs::fstatvfs(&self.0).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize) / 1024)
    }
}

/// Locks a file for this process alone; false if somebody else has.
pub(crate) fn lock(file: &File) -> io::Result<bool> {
    match fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Gives a file that was made its rights, whatever the mask of the process took away.
pub(crate) fn make_private(file: &File) -> io::Result<()> {
    // A mask can take rights away; without the owner's own the file could not be read back.
    Ok(fs::fchmod(file, PRIVATE)?)
}

/// The same as far as its disk can. A disk that keeps no rights refuses them or takes no notice;
/// what it has afterwards counts.
pub(crate) fn close_to_others(file: &File) -> io::Result<()> {
    match fs::fchmod(file, PRIVATE) {
        Err(Errno::PERM | Errno::ACCESS | Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(()),
        other => Ok(other?),
    }
}

/// Makes a folder's entries durable, where its disk can.
pub(crate) fn sync_if_possible(folder: &Folder) -> io::Result<()> {
    match fs::fsync(&folder.0) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(()),
        other => Ok(other?),
    }
}

/// Whether a path ends like that of a folder.
pub(crate) fn ends_as_folder(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// The rights of an open file, as its disk has them, and whether it is this user's.
#[allow(clippy::useless_conversion, reason = "the type of the field differs between systems")]
pub(crate) fn rights(file: &File) -> io::Result<(u32, bool)> {
    let found = fs::fstat(file)?;
    Ok((u32::from(found.st_mode) & 0o777, found.st_uid == rustix::process::geteuid().as_raw()))
}

/// The rights of a folder, with all bits; `None` if there is none, or a link.
#[allow(clippy::useless_conversion, reason = "the type of the field differs between systems")]
pub(crate) fn folder_mode(path: &Path) -> Option<u32> {
    let found = fs::lstat(path).ok()?;
    (FileType::from_raw_mode(found.st_mode) == FileType::Directory).then_some(u32::from(found.st_mode) & 0o7777)
}

/// Whether a folder is there in which this user can make another.
pub(crate) fn takes_new_folders(path: &Path) -> bool {
    let is_folder = fs::stat(path).is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Directory);
    is_folder && fs::access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// What a system error means to a person.
pub(crate) fn meaning(error: &io::Error) -> StorageTrouble {
    match Errno::from_io_error(error) {
        Some(Errno::NOSPC | Errno::DQUOT | Errno::FBIG) => StorageTrouble::Full,
        Some(Errno::ROFS | Errno::ACCESS | Errno::PERM) => StorageTrouble::ReadOnly,
        Some(Errno::EXIST) => StorageTrouble::Exists,
        Some(Errno::NOENT) => StorageTrouble::Missing,
        // A link where none may be, a folder where a file should be or the reverse, a socket.
        Some(Errno::LOOP | Errno::NOTDIR | Errno::ISDIR | Errno::NXIO | Errno::MLINK) => StorageTrouble::Link,
        _ => StorageTrouble::Other,
    }
}

fn text(name: &CStr) -> Option<String> {
    name.to_str().ok().filter(|name| *name != "." && *name != "..").map(str::to_owned)
}

fn judge_folder(path: &Path, found: &Stat) -> Result<(), StoreError> {
    if FileType::from_raw_mode(found.st_mode) != FileType::Directory {
        return Err(StoreError::at(path, StorageTrouble::Link));
    }
    judge_owner_and_mode(path, found)
}

/// Ours, plain, with one name, closed to everybody else.
fn judge_file(path: &Path, found: &Stat) -> Result<(), StoreError> {
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile || found.st_nlink > 1 {
        return Err(StoreError::at(path, StorageTrouble::Link));
    }
    judge_owner_and_mode(path, found)
}

/// Ours, and closed to everybody else.
fn judge_owner_and_mode(path: &Path, found: &Stat) -> Result<(), StoreError> {
    if found.st_uid != rustix::process::geteuid().as_raw() {
        return Err(StoreError::at(path, StorageTrouble::NotOurs));
    }
    if Mode::from_raw_mode(found.st_mode).intersects(Mode::RWXG | Mode::RWXO) {
        return Err(StoreError::at(path, StorageTrouble::TooOpen));
    }
    Ok(())
}

#[cfg(test)]
#[path = "unix_tests.rs"]
mod tests;
