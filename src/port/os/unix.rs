//! One anonymous private mapping: reserved, kept private, locked, wiped, given back.
//!
//! Promise and prohibitions are those of [`super`].

// Mapping, advising and unmapping memory is outside what the language can check; every other module
// for Unix is free of it.
#![allow(unsafe_code)]

use super::NoMemory;
use argon2::Block;
use rustix::mm::{self, MapFlags, ProtFlags};
use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::ptr::NonNull;
use zeroize::Zeroize;

/// An anonymous private mapping that only one value owns; wiped and unmapped on drop.
pub(super) struct Mapping {
    pub(super) base: NonNull<u8>,
    pub(super) len: NonZeroUsize,
    pub(super) locked: bool,
}

// SAFETY: the mapping is private anonymous memory that belongs to no thread, and `Mapping` is its
// only owner.
unsafe impl Send for Mapping {}
// SAFETY: through `&Mapping` the memory is only read or populated (which leaves its contents
// alone); writing needs `&mut Mapping`.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps at least `len` zero bytes, aligned to `align` (a power of two, at least a page).
    /// Nothing is touched yet.
    pub(super) fn reserve(len: usize, align: usize) -> Result<Self, NoMemory> {
        let page = rustix::param::page_size();
        let align = align.max(page);
        let len = len.max(1).checked_next_multiple_of(align).ok_or(NoMemory)?;
        // A mapping is aligned to pages only: take more, give the ends back.
        let whole = len.checked_add(align - page).ok_or(NoMemory)?;
        // SAFETY: a new anonymous mapping at an address that the system chooses; it overlaps
        // nothing.
        let start = unsafe {
            mm::mmap_anonymous(std::ptr::null_mut(), whole, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
        }
        .map_err(|_| NoMemory)?;
        let before = start.align_offset(align);
        debug_assert!(before <= align - page, "invariant: a mapping starts on a page");
        // SAFETY: `before <= align - page`, so that `before + len <= whole`: still inside the
        // mapping.
        let base = unsafe { start.byte_add(before) };
        let after = whole - before - len;
        if before > 0 {
            // SAFETY: `[start, start + before)` is ours, page-aligned at both ends, and nothing
            // refers to it.
            let _ = unsafe { mm::munmap(start, before) };
        }
        if after > 0 {
            // SAFETY: `[base + len, start + whole)` is ours, page-aligned at both ends, and nothing
            // refers to it.
            let _ = unsafe { mm::munmap(base.byte_add(len), after) };
        }
        let base = NonNull::new(base.cast::<u8>()).ok_or(NoMemory)?;
        let len = NonZeroUsize::new(len).ok_or(NoMemory)?;
        Ok(Self { base, len, locked: false })
    }

    fn start(&self) -> *mut c_void {
        self.base.as_ptr().cast()
    }

    /// Keeps the pages out of core dumps and out of forked children. Advice: where the system does
    /// not know it, the process-wide limits of [`crate::port::harden`] still hold.
    #[allow(clippy::unused_self, reason = "macOS knows no such advice")]
    pub(super) fn keep_private(&mut self) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        for advice in [mm::Advice::LinuxDontDump, mm::Advice::LinuxDontFork] {
            // SAFETY: the range is ours; neither advice changes what is in it for this process.
            let _ = unsafe { mm::madvise(self.start(), self.len.get(), advice) };
        }
    }

    /// Asks for huge pages: most of Argon2's time on small pages goes into page faults.
    #[allow(clippy::unused_self, reason = "macOS knows no such advice")]
    pub(super) fn prefer_huge_pages(&self) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            // SAFETY: the range is ours; the advice changes only how it is backed.
            let _ = unsafe { mm::madvise(self.start(), self.len.get(), mm::Advice::LinuxHugepage) };
        }
    }

    /// Backs a part of the mapping with memory now. An old kernel that does not know how is no
    /// error: the pages then come when they are touched.
    pub(super) fn populate(&self, offset: usize, len: usize) -> Result<(), NoMemory> {
        let offset = offset.min(self.len.get());
        let len = len.min(self.len.get() - offset);
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let _ = len;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if len > 0 {
            // SAFETY: `offset + len` is within the mapping, and populating leaves the contents as
            // they are.
            let done = unsafe { mm::madvise(self.start().byte_add(offset), len, mm::Advice::LinuxPopulateWrite) };
            if matches!(done, Err(rustix::io::Errno::NOMEM | rustix::io::Errno::FAULT)) {
                return Err(NoMemory);
            }
        }
        Ok(())
    }

    /// Locks the whole mapping into memory, or nothing of it: half a lock would use up the limit
    /// and protect little.
    pub(super) fn lock(&mut self) {
        // SAFETY: the range is ours; locking does not change what is in it.
        self.locked = unsafe { mm::mlock(self.start(), self.len.get()) }.is_ok();
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is readable, `len` bytes long, zeroed by the system when made, and
        // borrowed with `self`.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.len.get()) }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`; writable, and `&mut self` makes this the only reference.
        unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr(), self.len.get()) }
    }

    pub(super) fn blocks_mut(&mut self) -> &mut [Block] {
        const { assert!(size_of::<Block>() == Block::SIZE && align_of::<Block>() <= 4096) }
        // SAFETY: the base is aligned to a page, so to `Block`; `len / SIZE` blocks fit; a block is
        // plain integers, for which every bit pattern is valid; `&mut self` makes this the only
        // reference.
        unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr().cast(), self.len.get() / Block::SIZE) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        self.bytes_mut().zeroize();
        // Unmapping unlocks as well. SAFETY: the range is ours and `self` is gone after this, so
        // that nothing refers to it any more.
        let _ = unsafe { mm::munmap(self.start(), self.len.get()) };
    }
}
