//! A process of Windows.
//!
//! Promise and prohibitions are those of [`super`].

// The system's own functions are outside what the language can check.
#![allow(unsafe_code)]

use crate::port::proxy::ProxyWish;
use std::fs::{File, OpenOptions};
use std::io::{self, PipeReader};
use std::os::windows::io::{AsHandle, AsRawHandle, IntoRawHandle, OwnedHandle};
use std::ptr::{null, null_mut};
use windows_sys::Win32::Foundation::{
    CloseHandle, ERROR_BROKEN_PIPE, FILETIME, GetLastError, GlobalFree, HANDLE, LocalFree, SYSTEMTIME,
};
use windows_sys::Win32::Networking::WinHttp::{
    WINHTTP_CURRENT_USER_IE_PROXY_CONFIG, WinHttpGetIEProxyConfigForCurrentUser,
};
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetTokenInformation, PSECURITY_DESCRIPTOR, PSID, SetKernelObjectSecurity, TOKEN_QUERY,
    TOKEN_USER, TokenUser,
};
use windows_sys::Win32::Storage::FileSystem::GetVolumeInformationByHandleW;
use windows_sys::Win32::System::Console::{STD_INPUT_HANDLE, SetStdHandle};
use windows_sys::Win32::System::Diagnostics::Debug::{
    GetErrorMode, SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SEM_NOOPENFILEERRORBOX, SetErrorMode,
};
use windows_sys::Win32::System::ErrorReporting::{WER_FAULT_REPORTING_FLAG_NOHEAP, WerSetFlags};
use windows_sys::Win32::System::JobObjects::{
    JOB_OBJECT_LIMIT_JOB_MEMORY, JOB_OBJECT_LIMIT_PROCESS_MEMORY, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectExtendedLimitInformation, QueryInformationJobObject,
};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::Pipes::PeekNamedPipe;
use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX, OSVERSIONINFOW};
use windows_sys::Win32::System::SystemServices::FILE_PERSISTENT_ACLS;
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetCurrentProcessId, GetProcessWorkingSetSize, OpenProcess, OpenProcessToken, PROCESS_VM_READ,
};
use windows_sys::Win32::System::Time::{FileTimeToSystemTime, SystemTimeToFileTime, SystemTimeToTzSpecificLocalTime};
use windows_sys::{s, w};

/// Where words go that no stream takes.
pub const TERMINAL: &str = "CONOUT$";

/// Standard input as the file that it is.
pub fn stdin() -> io::Result<File> {
    Ok(File::from(io::stdin().as_handle().try_clone_to_owned()?))
}

/// Standard output as the file that it is: the one of the library looks for line ends in all that
/// goes through it.
pub fn stdout() -> io::Result<File> {
    Ok(File::from(io::stdout().as_handle().try_clone_to_owned()?))
}

/// Makes standard input what comes out of this pipe.
pub fn read_stdin_from(reader: PipeReader) -> io::Result<()> {
    // The process has it from here to its end.
    let handle = OwnedHandle::from(reader).into_raw_handle();
    // SAFETY: the handle is open and is never closed.
    held(unsafe { SetStdHandle(STD_INPUT_HANDLE, handle) })
}

/// Whether nobody can write to standard input any more; what was written is not read.
pub fn stdin_is_over() -> bool {
    let input = io::stdin();
    // SAFETY: the handle is that of standard input; no place is given to write to.
    let there = unsafe { PeekNamedPipe(input.as_raw_handle(), null_mut(), 0, null_mut(), null_mut(), null_mut()) };
    // SAFETY: reads a number of this thread.
    there == 0 && unsafe { GetLastError() } == ERROR_BROKEN_PIPE
}

/// Whether a terminal belongs to this process.
pub fn has_terminal() -> bool {
    OpenOptions::new().read(true).write(true).open("CONIN$").is_ok()
}

/// Version and build of Windows.
pub fn kernel() -> Option<String> {
    type Version = unsafe extern "system" fn(*mut OSVERSIONINFOW) -> i32;
    let mut version = OSVERSIONINFOW { dwOSVersionInfoSize: size(size_of::<OSVERSIONINFOW>()), ..Default::default() };
    // SAFETY: both names end with a zero; ntdll is never unloaded.
    let found = unsafe { GetProcAddress(GetModuleHandleW(w!("ntdll.dll")), s!("RtlGetVersion")) }?;
    // SAFETY: the function of that name has this type (wdm.h).
    let ask = unsafe { std::mem::transmute::<unsafe extern "system" fn() -> isize, Version>(found) };
    // SAFETY: the place is ours and says its own size.
    let known = unsafe { ask(&raw mut version) } == 0;
    known.then(|| format!("{}.{}.{}", version.dwMajorVersion, version.dwMinorVersion, version.dwBuildNumber))
}

/// How much may be locked into memory, in KiB: the smallest working set. It grows with what is
/// typed.
pub fn lockable_kib() -> Option<u64> {
    let (mut least, mut most) = (0, 0);
    // SAFETY: the handle of this process is always valid; both places are ours.
    let known = unsafe { GetProcessWorkingSetSize(GetCurrentProcess(), &raw mut least, &raw mut most) != 0 };
    known.then_some(u64::try_from(least).unwrap_or(u64::MAX) / 1024)
}

/// Where memory goes when it is short, as Linux lists it: a line of titles, then name, kind and
/// size in KiB of each place. Windows tells the sum alone.
pub fn swaps() -> Option<String> {
    let memory = memory()?;
    let kib = memory.ullTotalPageFile.saturating_sub(memory.ullTotalPhys) / 1024;
    let areas = if kib > 0 { format!("pagefile.sys file {kib} 0 0\n") } else { String::new() };
    Some(format!("Filename Type Size Used Priority\n{areas}"))
}

/// The memory that this process could take now, in KiB: free memory, what the system can still
/// promise, and the limits of the job that the process is in.
pub fn available_kib() -> Option<u64> {
    let machine = memory().map(|memory| memory.ullAvailPhys.min(memory.ullAvailPageFile));
    [machine, job_limit()].into_iter().flatten().min().map(|bytes| bytes / 1024)
}

fn memory() -> Option<MEMORYSTATUSEX> {
    let mut memory = MEMORYSTATUSEX { dwLength: size(size_of::<MEMORYSTATUSEX>()), ..Default::default() };
    // SAFETY: the place is ours and says its own size.
    (unsafe { GlobalMemoryStatusEx(&raw mut memory) } != 0).then_some(memory)
}

/// What processes of the job may take, in bytes.
fn job_limit() -> Option<u64> {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    let length = size(size_of_val(&limits));
    let place = (&raw mut limits).cast();
    // SAFETY: no handle means the job of this process; the place is ours and as long as is said.
    let known = unsafe {
        QueryInformationJobObject(null_mut(), JobObjectExtendedLimitInformation, place, length, null_mut()) != 0
    };
    let flags = limits.BasicLimitInformation.LimitFlags;
    let of = |flag, limit: usize| (known && flags & flag != 0).then(|| u64::try_from(limit).unwrap_or(u64::MAX));
    let process = of(JOB_OBJECT_LIMIT_PROCESS_MEMORY, limits.ProcessMemoryLimit);
    let job = of(JOB_OBJECT_LIMIT_JOB_MEMORY, limits.JobMemoryLimit);
    [process, job].into_iter().flatten().min()
}

/// Makes a crash end the process without a report and without a dump. Says whether that holds; not
/// against a debugger that a person set up for every crash.
pub fn forbid_crash_dumps() -> bool {
    let none = SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX;
    // SAFETY: both change settings of this process alone; no pointer is given.
    unsafe {
        SetErrorMode(none);
        // Should there be a report all the same, it is without what was in memory.
        WerSetFlags(WER_FAULT_REPORTING_FLAG_NOHEAP);
        GetErrorMode() & none == none
    }
}

/// Refuses other processes of the same person the memory of this one, by its access list: the owner
/// keeps the right to end it and to wait for it, and not the one to change the list. Says whether
/// that holds.
pub fn forbid_tracing() -> bool {
    // PROCESS_TERMINATE, PROCESS_QUERY_LIMITED_INFORMATION, SYNCHRONIZE.
    let rights = "0x101001";
    let Ok(me) = own_sid() else { return false };
    let Ok(list) = Descriptor::read(&format!("D:P(A;;GA;;;SY)(A;;{rights};;;{me})(A;;{rights};;;OW)")) else {
        return false;
    };
    // SAFETY: the handle of this process is always valid; the descriptor is one.
    let set = unsafe { SetKernelObjectSecurity(GetCurrentProcess(), DACL_SECURITY_INFORMATION, list.get()) != 0 };
    // What was set is tried: a process asks as any other would.
    // SAFETY: a number of this process; a handle that is given is closed.
    let open = unsafe { OpenProcess(PROCESS_VM_READ, 0, GetCurrentProcessId()) };
    if !open.is_null() {
        // SAFETY: it was opened here.
        unsafe { CloseHandle(open) };
    }
    set && open.is_null()
}

/// Whether the disk of a file keeps access lists.
pub(crate) fn keeps_lists(file: &File) -> bool {
    let mut flags = 0;
    let (handle, none) = (file.as_raw_handle(), null_mut::<u32>());
    // SAFETY: the handle is open; the place is ours, and none are given for the rest.
    let known =
        unsafe { GetVolumeInformationByHandleW(handle, null_mut(), 0, none, none, &raw mut flags, null_mut(), 0) };
    // Where that cannot be told, it does.
    known == 0 || flags & FILE_PERSISTENT_ACLS != 0
}

/// The proxy of the system's settings.
pub fn system_proxy() -> Option<ProxyWish> {
    let mut found = WINHTTP_CURRENT_USER_IE_PROXY_CONFIG::default();
    // SAFETY: the place is ours.
    held(unsafe { WinHttpGetIEProxyConfigForCurrentUser(&raw mut found) }).ok()?;
    let taken = |text: *mut u16| {
        if text.is_null() {
            return String::new();
        }
        // SAFETY: the system wrote a text that ends with a zero.
        let read = unsafe { from_wide(text) };
        // SAFETY: the system gave it with `GlobalAlloc`; nothing refers to it any more.
        unsafe { GlobalFree(text.cast()) };
        read
    };
    let (proxy, bypass) = (taken(found.lpszProxy), taken(found.lpszProxyBypass));
    taken(found.lpszAutoConfigUrl);
    ProxyWish::from_windows(&proxy, &bypass)
}

/// Seconds that the clock on the wall is ahead of UTC at that moment, by the zone that the system
/// has.
pub fn clock_ahead(unix: u64) -> Option<i64> {
    /// Seconds from 1601, where the system begins, to 1970.
    const BEFORE: u64 = 11_644_473_600;
    /// Its parts of a second.
    const PARTS: u64 = 10_000_000;
    let parts = unix.checked_add(BEFORE)?.checked_mul(PARTS)?;
    let (mut utc, mut local, mut there) = (SYSTEMTIME::default(), SYSTEMTIME::default(), FILETIME::default());
    let here = FILETIME { dwLowDateTime: low(parts), dwHighDateTime: low(parts >> 32) };
    // SAFETY: all places are ours; no zone means the one that the system has.
    let known = unsafe {
        FileTimeToSystemTime(&raw const here, &raw mut utc) != 0
            && SystemTimeToTzSpecificLocalTime(null(), &raw const utc, &raw mut local) != 0
            && SystemTimeToFileTime(&raw const local, &raw mut there) != 0
    };
    let parts_there = u64::from(there.dwHighDateTime) << 32 | u64::from(there.dwLowDateTime);
    let seconds = |parts: u64| i64::try_from(parts / PARTS).ok();
    if known { seconds(parts_there)?.checked_sub(seconds(parts)?) } else { None }
}

#[allow(clippy::cast_possible_truncation, reason = "the lower half is what is asked for")]
fn low(number: u64) -> u32 {
    number as u32
}

/// A security descriptor, read from its text.
pub(crate) struct Descriptor(PSECURITY_DESCRIPTOR);

impl Descriptor {
    /// Reads the language of `ConvertStringSecurityDescriptorToSecurityDescriptor`.
    pub(crate) fn read(text: &str) -> io::Result<Self> {
        let text: Vec<u16> = text.encode_utf16().chain([0]).collect();
        let mut found = null_mut();
        // SAFETY: the text ends with a zero; the place is ours.
        held(unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &raw mut found,
                null_mut(),
            )
        })?;
        Ok(Self(found))
    }

    /// For a function of the system, as long as `self` lives.
    pub(crate) fn get(&self) -> PSECURITY_DESCRIPTOR {
        self.0
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the system gave it with `LocalAlloc`; nothing refers to it any more.
        unsafe { LocalFree(self.0) };
    }
}

/// The person whose process this is, as `S-1-5-21-...`.
pub(crate) fn own_sid() -> io::Result<String> {
    let mut token: HANDLE = null_mut();
    // SAFETY: the handle of this process is always valid; the place is ours.
    held(unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) })?;
    // The structure, and behind it the longest name of a person (68 bytes), in words of 8 bytes.
    let mut room = [0_u64; 32];
    let mut length = 0;
    let place = room.as_mut_ptr().cast();
    // SAFETY: the place is ours, as long as is said and aligned for the structure; the token was
    // opened here.
    let known =
        held(unsafe { GetTokenInformation(token, TokenUser, place, size(size_of_val(&room)), &raw mut length) });
    // SAFETY: it was opened here and is not used any more.
    unsafe { CloseHandle(token) };
    known?;
    // SAFETY: the system filled in this structure; its name lies behind it, in the same place.
    let user = unsafe { &*room.as_ptr().cast::<TOKEN_USER>() };
    // SAFETY: the name is one, and lives as long as `room`.
    unsafe { sid_text(user.User.Sid) }
}

/// The text of a name.
///
/// # Safety
/// `sid` points to a valid name.
pub(crate) unsafe fn sid_text(sid: PSID) -> io::Result<String> {
    let mut text = null_mut();
    // SAFETY: the caller says that it is a name; the place is ours.
    held(unsafe { ConvertSidToStringSidW(sid, &raw mut text) })?;
    // SAFETY: the system wrote a text that ends with a zero.
    let found = unsafe { from_wide(text) };
    // SAFETY: the system gave it with `LocalAlloc`; nothing refers to it any more.
    unsafe { LocalFree(text.cast()) };
    Ok(found)
}

/// A text that ends with a zero.
///
/// # Safety
/// `text` points to such a text.
pub(crate) unsafe fn from_wide(text: *const u16) -> String {
    // SAFETY: the caller says that there is a zero, before which every unit is readable.
    let length = (0..).take_while(|at| unsafe { *text.add(*at) } != 0).count();
    // SAFETY: so many units were read above.
    String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(text, length) })
}

/// What a function of the system says, as a result.
pub(crate) fn held(outcome: i32) -> io::Result<()> {
    if outcome == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The size of a structure of the system.
fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("invariant: structures of the system have a few hundred bytes")
}
