//! One private piece of memory of Windows: taken, kept private, locked, wiped, given back.
//!
//! Promise and prohibitions are those of [`super`]. Not promised here: huge pages, which take a
//! privilege that people do not have.

// Taking, locking and giving back memory is outside what the language can check.
#![allow(unsafe_code)]

use super::NoMemory;
use argon2::Block;
use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::ptr::NonNull;
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_READWRITE, VirtualAlloc, VirtualFree, VirtualLock,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetProcessWorkingSetSize, SetProcessWorkingSetSize};
use windows_sys::{s, w};
use zeroize::Zeroize;

/// The size of a page on every processor of Windows that this is built for.
const PAGE: usize = 4096;

/// Private memory that only one value owns; wiped and given back on drop.
pub(super) struct Mapping {
    pub(super) base: NonNull<u8>,
    pub(super) len: NonZeroUsize,
    pub(super) locked: bool,
    /// Whether reports of crashes were told to leave it out.
    excluded: bool,
}

// SAFETY: the memory is private and belongs to no thread, and `Mapping` is its only owner.
unsafe impl Send for Mapping {}
// SAFETY: through `&Mapping` the memory is only read; writing needs `&mut Mapping`.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Takes at least `len` zero bytes, a multiple of `align` (a power of two); they begin on a
    /// page, whatever `align` is. The system promises all of them here: what comes later cannot
    /// fail for want of memory.
    pub(super) fn reserve(len: usize, align: usize) -> Result<Self, NoMemory> {
        let len = len.max(1).checked_next_multiple_of(align.max(PAGE)).ok_or(NoMemory)?;
        // SAFETY: new memory at an address that the system chooses; it overlaps nothing.
        let base = unsafe { VirtualAlloc(std::ptr::null(), len, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) };
        let base = NonNull::new(base.cast::<u8>()).ok_or(NoMemory)?;
        let len = NonZeroUsize::new(len).ok_or(NoMemory)?;
        Ok(Self { base, len, locked: false, excluded: false })
    }

    fn start(&self) -> *mut c_void {
        self.base.as_ptr().cast()
    }

    /// Keeps it out of the reports that the system makes of crashes. Advice: Windows before 10
    /// (1703) does not know it; [`crate::port::harden`] forbids the reports themselves. There are
    /// no forked children here.
    pub(super) fn keep_private(&mut self) {
        self.excluded = self.tell_reports(false);
    }

    /// Tells the reports of crashes to leave it out, or (`forget`) that it is gone.
    fn tell_reports(&self, forget: bool) -> bool {
        type Exclude = unsafe extern "system" fn(*const c_void, u32) -> i32;
        type Forget = unsafe extern "system" fn(*const c_void) -> i32;
        let name = if forget { s!("WerUnregisterExcludedMemoryBlock") } else { s!("WerRegisterExcludedMemoryBlock") };
        // SAFETY: both names end with a zero; kernel32 is never unloaded.
        let found = unsafe { GetProcAddress(GetModuleHandleW(w!("kernel32.dll")), name) };
        let (Some(found), Ok(len)) = (found, u32::try_from(self.len.get())) else { return false };
        if forget {
            // SAFETY: the function of that name has this type (werapi.h).
            let call = unsafe { std::mem::transmute::<unsafe extern "system" fn() -> isize, Forget>(found) };
            // SAFETY: the address was registered and nothing is read there.
            unsafe { call(self.start()) >= 0 }
        } else {
            // SAFETY: the function of that name has this type (werapi.h).
            let call = unsafe { std::mem::transmute::<unsafe extern "system" fn() -> isize, Exclude>(found) };
            // SAFETY: the range is ours; nothing is read there.
            unsafe { call(self.start(), len) >= 0 }
        }
    }

    /// Nothing to ask for: see the head of this module.
    #[allow(clippy::unused_self, reason = "the other systems have something to ask for")]
    pub(super) fn prefer_huge_pages(&self) {}

    /// Backs a part of it with memory now, by a look at every page.
    #[allow(clippy::unnecessary_wraps, reason = "it can fail on the other systems")]
    pub(super) fn populate(&self, offset: usize, len: usize) -> Result<(), NoMemory> {
        let offset = offset.min(self.len.get());
        let end = offset + len.min(self.len.get() - offset);
        for at in (offset..end).step_by(PAGE) {
            // SAFETY: `at` is within the memory, which is readable; only reading happens through
            // `&self`.
            let _ = unsafe { self.base.as_ptr().add(at).read_volatile() };
        }
        Ok(())
    }

    /// Locks all of it into memory, or nothing. The system allows as much as the smallest working
    /// set of the process, which is made larger by it first.
    pub(super) fn lock(&mut self) {
        // SAFETY: the range is ours; locking does not change what is in it.
        let locked = || unsafe { VirtualLock(self.start(), self.len.get()) != 0 };
        self.locked = locked() || (grow_working_set(self.len.get()) && locked());
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the memory is readable, `len` bytes long, zeroed by the system when taken, and
        // borrowed with `self`.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.len.get()) }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`; writable, and `&mut self` makes this the only reference.
        unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr(), self.len.get()) }
    }

    pub(super) fn blocks_mut(&mut self) -> &mut [Block] {
        const { assert!(size_of::<Block>() == Block::SIZE && align_of::<Block>() <= PAGE) }
        // SAFETY: the base is aligned to a page, so to `Block`; `len / SIZE` blocks fit; a block is
        // plain integers, for which every bit pattern is valid; `&mut self` makes this the only
        // reference.
        unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr().cast(), self.len.get() / Block::SIZE) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        self.bytes_mut().zeroize();
        if self.excluded {
            self.tell_reports(true);
        }
        // Giving back unlocks as well. SAFETY: the address is the one that the system gave, the
        // length of a release is 0, and `self` is gone after this, so that nothing refers to it.
        let _ = unsafe { VirtualFree(self.start(), 0, MEM_RELEASE) };
    }
}

/// Makes the smallest and the largest working set of this process larger by `by` bytes.
fn grow_working_set(by: usize) -> bool {
    let (mut least, mut most) = (0, 0);
    // SAFETY: the handle of this process is always valid; both places are ours.
    let known = unsafe { GetProcessWorkingSetSize(GetCurrentProcess(), &raw mut least, &raw mut most) != 0 };
    let (Some(least), Some(most)) = (least.checked_add(by), most.checked_add(by)) else { return false };
    // SAFETY: as above; no pointer is given.
    known && unsafe { SetProcessWorkingSetSize(GetCurrentProcess(), least, most) != 0 }
}
