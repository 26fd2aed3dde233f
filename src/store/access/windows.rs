//! Files of Windows: rights are an owner and an access list, a folder is a handle that keeps others
//! from giving the folder another name, and its files are opened by path below it.
//!
//! Promise and prohibitions are those of [`super`]. What was made here is for its owner alone from
//! the first moment, since the list is given with the call that makes it. Files of locks stay where
//! they are: what is removed while somebody has it open keeps its name for a while.

// The system's own functions are outside what the language can check.
#![allow(unsafe_code)]

use super::acl::{self, Entry, Kind};
use super::{Purpose, names};
use crate::managed::owner::Unfit;
use crate::port::process::{Descriptor, from_wide, held, own_sid, sid_text};
use crate::store::error::StoreError;
use firstkey_core::flow::stop::StorageTrouble;
use std::ffi::{OsStr, c_void};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::os::windows::io::{AsRawHandle, FromRawHandle};
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::time::{Duration, Instant, SystemTime};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER, ERROR_SHARING_VIOLATION, GENERIC_READ,
    GENERIC_WRITE, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::Security::Authorization::{GetSecurityInfo, SE_FILE_OBJECT};
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACE_HEADER, ACL, DACL_SECURITY_INFORMATION, GetAce, INHERIT_ONLY_ACE,
    OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, SECURITY_ATTRIBUTES,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, CREATE_NEW, CreateDirectoryW, CreateFileW, FILE_ADD_SUBDIRECTORY,
    FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_BACKUP_SEMANTICS,
    FILE_FLAG_OPEN_REPARSE_POINT, FILE_READ_ATTRIBUTES, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE,
    FILE_TYPE_DISK, GetDiskFreeSpaceExW, GetFileInformationByHandle, GetFileType, MOVEFILE_REPLACE_EXISTING,
    MOVEFILE_WRITE_THROUGH, MoveFileExW, OPEN_ALWAYS, READ_CONTROL,
};
use windows_sys::Win32::System::Com::CoTaskMemFree;
use windows_sys::Win32::System::SystemServices::{ACCESS_ALLOWED_ACE_TYPE, ACCESS_DENIED_ACE_TYPE};
use windows_sys::Win32::UI::Shell::{FOLDERID_LocalAppData, SHGetKnownFolderPath};

/// Everybody may read, write and remove what is open.
const SHARED: u32 = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
/// A file, a folder or a link, itself.
const ITSELF: u32 = FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS;
/// The file that says whether somebody writes in a folder; it is empty and stays.
const SWEEP: &str = ".sweep";
/// How long a file is tried to be replaced that somebody has open: guards against viruses look at
/// every new file.
const BUSY: Duration = Duration::from_secs(1);
/// How long until it is tried again.
const AGAIN: Duration = Duration::from_millis(20);

/// A folder that is held open: nobody else can take its name meanwhile.
pub(crate) struct Folder {
    handle: File,
    path: PathBuf,
}

/// "Somebody writes here", or "nobody writes here", until it is dropped.
pub(crate) struct Turn(#[allow(dead_code, reason = "it is held")] File);

/// Where state lives unless the person says otherwise: in the folder for what is of this computer
/// and this person, and is not carried to others.
pub(crate) fn usual_place() -> Option<PathBuf> {
    let mut text = null_mut();
    // SAFETY: no token means this person; the place is ours.
    let found = unsafe { SHGetKnownFolderPath(&FOLDERID_LocalAppData, 0, null_mut(), &raw mut text) };
    // SAFETY: the system wrote a text that ends with a zero if it says 0, and nothing otherwise.
    let path = (found == 0).then(|| PathBuf::from(unsafe { from_wide(text) }).join("firstkey"));
    // SAFETY: the system gave it, or it is null, which is allowed.
    unsafe { CoTaskMemFree(text.cast::<c_void>().cast_const()) };
    path
}

/// Makes a folder for this user alone.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let private = Private::folder()?;
    let wide = wide(path)?;
    // SAFETY: the path ends with a zero; the attributes live as long as the call.
    held(unsafe { CreateDirectoryW(wide.as_ptr(), &raw const *private.attributes()) })
}

/// Makes it and those above it that are missing; one that is there is left as it is.
pub(crate) fn make_folders(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        make_folders(above)?;
    }
    match make_folder(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

impl Folder {
    /// Any folder, also by a link.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let handle =
            options.read(true).share_mode(SHARED).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(absolute(path)?)?;
        if !handle.metadata()?.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        Ok(Self { handle, path: absolute(path)? })
    }

    /// One that is this user's alone, and no link.
    pub(crate) fn open_own(path: &Path) -> Result<Self, StoreError> {
        let failed = |error: io::Error| StoreError::from_os(path, error);
        let path_of_all = absolute(path).map_err(failed)?;
        let mut options = OpenOptions::new();
        // Nobody may give it another name, or remove it, while it is held.
        options.read(true).share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE).custom_flags(ITSELF);
        let handle = options.open(&path_of_all).map_err(failed)?;
        let found = information(&handle).map_err(failed)?;
        let is_folder = found.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT);
        if is_folder != FILE_ATTRIBUTE_DIRECTORY {
            return Err(StoreError::at(path, StorageTrouble::Link));
        }
        judge_owner_and_list(&handle).map_err(|trouble| StoreError::at(path, trouble))?;
        Ok(Self { handle, path: path_of_all })
    }

    /// The same folder, held by somebody else as well.
    pub(crate) fn held_again(&self) -> io::Result<Self> {
        Ok(Self { handle: self.handle.try_clone()?, path: self.path.clone() })
    }

    /// Makes its entries durable. A disk that cannot, or a folder whose list forbids it, is no
    /// trouble: whatever gives a file its name here writes through already.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.access_mode(GENERIC_WRITE).share_mode(SHARED).custom_flags(FILE_FLAG_BACKUP_SEMANTICS);
        match options.open(&self.path).and_then(|folder| folder.sync_all()) {
            Err(error) if is(&error, &[ERROR_ACCESS_DENIED, ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER]) => Ok(()),
            done => done,
        }
    }

    /// Names of all entries that are text.
    pub(crate) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            names.extend(entry?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }

    /// Says "somebody writes here" until the answer is dropped. `None` on a file system without
    /// such locks.
    pub(crate) fn writing(&self) -> Option<Turn> {
        let file = self.sweep_file()?;
        file.lock_shared().ok()?;
        Some(Turn(file))
    }

    /// Says "nobody writes here" until the answer is dropped; `None` if somebody does.
    pub(crate) fn nobody_writes(&self) -> Option<Turn> {
        // A folder in which nothing was ever written has nothing to sweep.
        self.path_of(SWEEP).exists().then_some(())?;
        let file = self.sweep_file()?;
        file.try_lock().ok()?;
        Some(Turn(file))
    }

    fn sweep_file(&self) -> Option<File> {
        self.open_guarded(SWEEP, &self.path_of(SWEEP), Purpose::Locking).ok()
    }

    fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes a file with a name that nobody has, for its owner alone, to be written.
    pub(crate) fn make(&self, name: &str) -> io::Result<File> {
        create(&self.path_of(name), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE, CREATE_NEW)
    }

    /// Opens a file of ours and judges what was opened, so that nothing can change in between.
    pub(crate) fn open_guarded(&self, name: &str, path: &Path, purpose: Purpose) -> Result<File, StoreError> {
        let opened = match purpose {
            Purpose::Reading => {
                let mut options = OpenOptions::new();
                options.read(true).share_mode(SHARED).custom_flags(ITSELF).open(self.path_of(name))
            }
            Purpose::Locking => create(&self.path_of(name), GENERIC_READ | GENERIC_WRITE, SHARED, OPEN_ALWAYS),
        };
        // What could not be opened can still be named: somebody else's file, a folder.
        let file = opened.map_err(|error| match self.judge(name, path) {
            Err(judged) if judged.trouble != StorageTrouble::Missing => judged,
            _ => StoreError::from_os(path, error),
        })?;
        judge_file(&file, path)?;
        Ok(file)
    }

    /// Judges a file without opening its contents.
    pub(crate) fn judge(&self, name: &str, path: &Path) -> Result<(), StoreError> {
        let file = open_to_judge(&self.path_of(name)).map_err(|error| StoreError::from_os(path, error))?;
        judge_file(&file, path)
    }

    /// Opens a file that is no link, to be read.
    pub(crate) fn open_plain(&self, name: &str) -> io::Result<File> {
        open_plain_file(&self.path_of(name))?.ok_or_else(|| ErrorKind::InvalidInput.into())
    }

    /// Whether what has that name is a plain file; `None` if nothing has it.
    pub(crate) fn is_plain(&self, name: &OsStr) -> Option<bool> {
        let found = std::fs::symlink_metadata(self.path.join(name)).ok()?;
        Some(found.is_file() && found.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT == 0)
    }

    /// When it was written last; `None` where that cannot be told.
    pub(crate) fn changed_at(&self, name: &str) -> Option<SystemTime> {
        std::fs::symlink_metadata(self.path_of(name)).ok()?.modified().ok()
    }

    /// Gives a file another name, in place of what has it.
    pub(crate) fn replace(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        let began = Instant::now();
        loop {
            match self.rename(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) {
                Err(error) if is(&error, &[ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION]) && began.elapsed() < BUSY => {
                    std::thread::sleep(AGAIN);
                }
                done => return done,
            }
        }
    }

    /// Gives a file its name unless somebody took the name in the meantime.
    pub(crate) fn move_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        self.rename(from, to, MOVEFILE_WRITE_THROUGH)
    }

    fn rename(&self, from: &OsStr, to: &OsStr, how: u32) -> io::Result<()> {
        let (from, to) = (wide(&self.path.join(from))?, wide(&self.path.join(to))?);
        // SAFETY: both paths end with a zero.
        held(unsafe { MoveFileExW(from.as_ptr(), to.as_ptr(), how) })
    }

    /// Removes a file.
    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        std::fs::remove_file(self.path.join(name))
    }

    /// The file of a lock stays: see the head of this module.
    #[allow(clippy::unused_self, reason = "it goes on the other systems")]
    pub(crate) fn remove_locked(&self, _: &str) {}

    /// Whether an open file is the one that has that name: files of locks stay.
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "they go on the other systems")]
    pub(crate) fn still_names(&self, _: &str, _: &File) -> io::Result<bool> {
        Ok(true)
    }

    /// What this user may still write on its disk, in KiB.
    pub(crate) fn free_kib(&self) -> Option<u64> {
        let path = wide(&self.path).ok()?;
        let mut free = 0;
        // SAFETY: the path ends with a zero; the place is ours, and none are given for the rest.
        let known = unsafe { GetDiskFreeSpaceExW(path.as_ptr(), &raw mut free, null_mut(), null_mut()) };
        (known != 0).then_some(free / 1024)
    }
}

/// Locks a file for this process alone; false if somebody else has.
pub(crate) fn lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// A file has its rights from the moment on at which it is made.
#[allow(clippy::unnecessary_wraps, reason = "they are given later on the other systems")]
pub(crate) fn make_private(_: &File) -> io::Result<()> {
    Ok(())
}

/// The same; a disk that keeps no lists takes no notice, and what it has counts.
#[allow(clippy::unnecessary_wraps, reason = "they are given later on the other systems")]
pub(crate) fn close_to_others(_: &File) -> io::Result<()> {
    Ok(())
}

/// Makes a folder's entries durable, where its disk can.
pub(crate) fn sync_if_possible(folder: &Folder) -> io::Result<()> {
    folder.sync()
}

/// Whether a path ends like that of a folder, or in a name that is no file's.
pub(crate) fn ends_as_folder(path: &Path) -> bool {
    let ends = path.as_os_str().as_encoded_bytes().last().is_some_and(|last| matches!(last, b'/' | b'\\'));
    ends || !path.file_name().and_then(OsStr::to_str).is_some_and(names::is_of_a_file)
}

/// The rights of an open file in the form of Unix, as far as sentences go: `0600`, or what
/// everybody may; and whether it is this user's.
#[allow(clippy::unnecessary_wraps, reason = "it can fail on the other systems")]
pub(crate) fn rights(file: &File) -> io::Result<(u32, bool)> {
    Ok(match judge_owner_and_list(file) {
        Ok(()) => (0o600, true),
        Err(StorageTrouble::NotOurs) => (0o666, false),
        Err(_) => (0o666, true),
    })
}

/// A folder has no mode here.
pub(crate) fn folder_mode(_: &Path) -> Option<u32> {
    None
}

/// Whether a folder is there in which this user can make another.
pub(crate) fn takes_new_folders(path: &Path) -> bool {
    let mut options = OpenOptions::new();
    options.access_mode(FILE_ADD_SUBDIRECTORY).share_mode(SHARED).custom_flags(FILE_FLAG_BACKUP_SEMANTICS);
    path.is_dir() && options.open(path).is_ok()
}

/// Opens a plain file to be read; `None` if it is a folder, a link or a device.
pub(crate) fn open_plain_file(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    let file = options.read(true).share_mode(SHARED).custom_flags(ITSELF).open(path)?;
    let found = information(&file)?;
    let odd = found.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT) != 0;
    Ok((is_on_a_disk(&file) && !odd).then_some(file))
}

/// Opens a file for its rights alone.
pub(crate) fn open_to_judge(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.access_mode(READ_CONTROL | FILE_READ_ATTRIBUTES).share_mode(SHARED).custom_flags(ITSELF).open(path)
}

/// Ours, and closed to everybody else.
pub(crate) fn judge_owner_and_list(file: &File) -> Result<(), StorageTrouble> {
    let me = own_sid().map_err(|_| StorageTrouble::Other)?;
    let (owner, list) = owner_and_list(file).map_err(|_| StorageTrouble::Other)?;
    acl::judge(&owner, list.as_deref(), &me)
}

/// Opens a folder, itself, so that nobody can give it another name meanwhile; `None` if it is
/// something else.
pub(crate) fn hold_folder(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    let held = options.read(true).share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE).custom_flags(ITSELF).open(path)?;
    let kind = information(&held)?.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT);
    Ok((kind == FILE_ATTRIBUTE_DIRECTORY).then_some(held))
}

/// Opens a plain file to be read, so that nobody can write to it meanwhile; `None` if it is
/// something else.
pub(crate) fn hold_plain_file(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    let file = options.read(true).share_mode(FILE_SHARE_READ).custom_flags(ITSELF).open(path)?;
    let found = information(&file)?;
    let odd = found.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT) != 0;
    Ok((is_on_a_disk(&file) && !odd).then_some(file))
}

/// Whether anybody but the system and the administrators could change what was opened.
pub(crate) fn others_can_change(file: &File, is_folder: bool) -> Result<(), Unfit> {
    let (owner, list) = owner_and_list(file).map_err(|_| Unfit::Failed)?;
    acl::judge_managed(&owner, list.as_deref(), is_folder)
}

/// What tells a file from every other on this computer.
pub(crate) fn which(file: &File) -> Option<(u64, u64)> {
    let found = information(file).ok()?;
    let number = u64::from(found.nFileIndexHigh) << 32 | u64::from(found.nFileIndexLow);
    Some((u64::from(found.dwVolumeSerialNumber), number))
}

/// What a system error means to a person.
pub(crate) fn meaning(error: &io::Error) -> StorageTrouble {
    match error.raw_os_error() {
        // ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL, ERROR_DISK_QUOTA_EXCEEDED.
        Some(112 | 39 | 1295) => return StorageTrouble::Full,
        // ERROR_CANT_ACCESS_FILE, ERROR_NOT_A_REPARSE_POINT to ERROR_REPARSE_TAG_MISMATCH,
        // ERROR_DIRECTORY.
        Some(1920 | 4390..=4394 | 267) => return StorageTrouble::Link,
        _ => {}
    }
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => StorageTrouble::Full,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => StorageTrouble::ReadOnly,
        ErrorKind::AlreadyExists => StorageTrouble::Exists,
        ErrorKind::NotFound => StorageTrouble::Missing,
        ErrorKind::NotADirectory | ErrorKind::IsADirectory | ErrorKind::InvalidFilename => StorageTrouble::Link,
        _ => StorageTrouble::Other,
    }
}

/// Ours, plain, on a disk, with one name, closed to everybody else.
fn judge_file(file: &File, path: &Path) -> Result<(), StoreError> {
    let found = information(file).map_err(|error| StoreError::from_os(path, error))?;
    let odd = found.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT) != 0;
    if odd || found.nNumberOfLinks > 1 || !is_on_a_disk(file) {
        return Err(StoreError::at(path, StorageTrouble::Link));
    }
    judge_owner_and_list(file).map_err(|trouble| StoreError::at(path, trouble))
}

fn is_on_a_disk(file: &File) -> bool {
    // SAFETY: the handle is open.
    unsafe { GetFileType(file.as_raw_handle()) == FILE_TYPE_DISK }
}

fn information(file: &File) -> io::Result<BY_HANDLE_FILE_INFORMATION> {
    let mut found = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open; the place is ours.
    held(unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut found) })?;
    Ok(found)
}

/// Owner and access list of an open file; no list is `None`.
fn owner_and_list(file: &File) -> io::Result<(String, Option<Vec<Entry>>)> {
    let (mut owner, mut list, mut whole) = (null_mut(), null_mut::<ACL>(), null_mut());
    let wanted = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    // SAFETY: the handle is open; the places are ours, and none are given for the rest.
    let failed = unsafe {
        GetSecurityInfo(
            file.as_raw_handle(),
            SE_FILE_OBJECT,
            wanted,
            &raw mut owner,
            null_mut(),
            &raw mut list,
            null_mut(),
            &raw mut whole,
        )
    };
    if failed != 0 {
        return Err(io::Error::from_raw_os_error(i32::try_from(failed).unwrap_or_default()));
    }
    // Gives it back on every way out; `owner` and `list` point into it.
    let _whole = Given(whole);
    // SAFETY: the system gave the name of an owner, or null for none.
    let owner = if owner.is_null() { String::new() } else { unsafe { sid_text(owner) }? };
    if list.is_null() {
        return Ok((owner, None));
    }
    // SAFETY: the system gave a list.
    let count = unsafe { (*list).AceCount };
    let mut entries = Vec::new();
    for at in 0..u32::from(count) {
        let mut found = null_mut();
        // SAFETY: the list is one, and has an entry of that number; the place is ours.
        held(unsafe { GetAce(list, at, &raw mut found) })?;
        // SAFETY: every entry begins with this header.
        let header = unsafe { found.cast::<ACE_HEADER>().read_unaligned() };
        let kind = match u32::from(header.AceType) {
            ACCESS_ALLOWED_ACE_TYPE => Kind::Allow,
            ACCESS_DENIED_ACE_TYPE => Kind::Deny,
            _ => Kind::Other,
        };
        let (whom, rights) = if kind == Kind::Other {
            (String::new(), u32::MAX)
        } else {
            let entry = found.cast::<ACCESS_ALLOWED_ACE>();
            // SAFETY: entries of both kinds have this form; the name begins where it is said to
            // begin, inside the entry.
            unsafe { (sid_text((&raw mut (*entry).SidStart).cast())?, (&raw const (*entry).Mask).read_unaligned()) }
        };
        let inherited_only = u32::from(header.AceFlags) & INHERIT_ONLY_ACE != 0;
        entries.push(Entry { kind, inherited_only, whom, rights });
    }
    Ok((owner, Some(entries)))
}

/// A descriptor that the system gave.
struct Given(PSECURITY_DESCRIPTOR);

impl Drop for Given {
    fn drop(&mut self) {
        // SAFETY: the system gave it with `LocalAlloc`; nothing refers to it any more.
        unsafe { windows_sys::Win32::Foundation::LocalFree(self.0) };
    }
}

/// The attributes of what is made for its owner alone, whatever the folder around it passes on.
struct Private(#[allow(dead_code, reason = "the attributes point to it")] Descriptor, SECURITY_ATTRIBUTES);

impl Private {
    fn file() -> io::Result<Self> {
        let me = own_sid()?;
        Self::read(&format!("O:{me}D:P(A;;FA;;;{me})"))
    }

    /// What is made in it by other programs is for the owner alone too.
    fn folder() -> io::Result<Self> {
        let me = own_sid()?;
        Self::read(&format!("O:{me}D:P(A;OICI;FA;;;{me})"))
    }

    fn read(text: &str) -> io::Result<Self> {
        let descriptor = Descriptor::read(text)?;
        let attributes = SECURITY_ATTRIBUTES {
            nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).expect("invariant: it has 24 bytes"),
            lpSecurityDescriptor: descriptor.get(),
            bInheritHandle: 0,
        };
        Ok(Self(descriptor, attributes))
    }

    fn attributes(&self) -> &SECURITY_ATTRIBUTES {
        &self.1
    }
}

/// Opens a file, itself, and makes it for its owner alone if it is not there.
fn create(path: &Path, access: u32, share: u32, how: u32) -> io::Result<File> {
    let private = Private::file()?;
    let wide = wide(path)?;
    let flags = FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT;
    // SAFETY: the path ends with a zero; the attributes live as long as the call.
    let handle =
        unsafe { CreateFileW(wide.as_ptr(), access, share, &raw const *private.attributes(), how, flags, null_mut()) };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it was opened here and has no other owner.
    Ok(unsafe { File::from_raw_handle(handle) })
}

fn is(error: &io::Error, numbers: &[u32]) -> bool {
    error.raw_os_error().and_then(|number| u32::try_from(number).ok()).is_some_and(|number| numbers.contains(&number))
}

fn absolute(path: &Path) -> io::Result<PathBuf> {
    std::path::absolute(path)
}

/// A path for the system, with a zero behind it.
fn wide(path: &Path) -> io::Result<Vec<u16>> {
    let mut wide: Vec<u16> = path.as_os_str().encode_wide().collect();
    if wide.contains(&0) {
        return Err(ErrorKind::InvalidInput.into());
    }
    wide.push(0);
    Ok(wide)
}
