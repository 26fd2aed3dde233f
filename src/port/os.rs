//! Memory straight from the operating system.
//!
//! Promise: [`WipedPages`] and [`LockedBytes`] are reserved without aborting, kept out of core
//! dumps and out of child processes, locked into memory where the limit allows, and overwritten
//! before they go back. Must never: hand out a reference that outlives the mapping, or share one
//! mapping between two owners. `unsafe` is in the module of the system alone, which gives
//! `Mapping`.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use argon2::Block;
#[cfg(unix)]
use unix::Mapping;
#[cfg(windows)]
use windows::Mapping;
use zeroize::Zeroize;

/// The size and alignment of a huge page on the systems that we know.
const HUGE_PAGE: usize = 2 << 20;

/// The system has no memory to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no memory")]
pub struct NoMemory;

/// The memory of one Argon2id run.
pub struct WipedPages {
    mapping: Mapping,
    blocks: usize,
}

impl WipedPages {
    /// Reserves `kib` KiB (one Argon2 block each), on huge pages where the system has them. No page
    /// is backed before [`WipedPages::populate`] or the first touch.
    pub fn reserve(kib: u32) -> Result<Self, NoMemory> {
        let blocks = usize::try_from(kib).map_err(|_| NoMemory)?;
        let len = blocks.checked_mul(Block::SIZE).ok_or(NoMemory)?;
        let mut mapping = Mapping::reserve(len, HUGE_PAGE)?;
        mapping.prefer_huge_pages();
        mapping.keep_private();
        Ok(Self { mapping, blocks })
    }

    /// Backs the part number `part` of `parts` with memory, so that a shortage shows here and
    /// several threads can share the work.
    pub fn populate(&self, part: usize, parts: usize) -> Result<(), NoMemory> {
        let each = self.mapping.len.get().div_ceil(parts.max(1)).next_multiple_of(HUGE_PAGE);
        self.mapping.populate(each.saturating_mul(part), each)
    }

    /// Locks the pages into memory if the limit allows all of them; says whether it did. Not being
    /// able to is a fact, not an error: the default limit is far below the memory of any profile.
    pub fn lock(&mut self) -> bool {
        self.mapping.lock();
        self.mapping.locked
    }

    /// The memory as Argon2 wants it.
    pub fn blocks(&mut self) -> &mut [Block] {
        let blocks = self.blocks;
        &mut self.mapping.blocks_mut()[..blocks]
    }

    /// Overwrites everything; dropping does it too.
    pub fn wipe(&mut self) {
        self.mapping.bytes_mut().zeroize();
    }
}

/// A byte buffer of fixed size for secrets as they are typed: it never grows, so it never leaves a
/// copy behind.
pub struct LockedBytes {
    mapping: Mapping,
    len: usize,
}

impl LockedBytes {
    /// `len` zero bytes, locked into memory if the limit allows.
    pub fn new(len: usize) -> Result<Self, NoMemory> {
        let mut mapping = Mapping::reserve(len, 1)?;
        mapping.keep_private();
        mapping.lock();
        Ok(Self { mapping, len })
    }

    /// Whether the pages are locked into memory, so that they cannot reach the swap.
    pub fn is_locked(&self) -> bool {
        self.mapping.locked
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.mapping.bytes()[..self.len]
    }

    /// The bytes, to write into.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.mapping.bytes_mut()[..self.len]
    }

    /// Overwrites everything; dropping does it too.
    pub fn wipe(&mut self) {
        self.mapping.bytes_mut().zeroize();
    }
}

#[cfg(all(test, unix))]
#[path = "os_tests.rs"]
mod tests;
