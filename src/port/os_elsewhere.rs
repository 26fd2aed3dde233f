//! The same two types on systems without Unix memory calls: ordinary memory, reserved without
//! aborting and wiped.
//!
//! Promise: wiped on drop. Not promised here: locked pages, huge pages, absence from core dumps.

use argon2::Block;
use zeroize::Zeroize;

/// The system has no memory to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no memory")]
pub struct NoMemory;

fn reserve<T: Clone>(len: usize, zero: T) -> Result<Vec<T>, NoMemory> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(len).map_err(|_| NoMemory)?;
    memory.resize(len, zero);
    Ok(memory)
}

/// The memory of one Argon2id run.
pub struct WipedPages(Vec<Block>);

impl WipedPages {
    /// Reserves `kib` KiB (one Argon2 block each).
    pub fn reserve(kib: u32) -> Result<Self, NoMemory> {
        reserve(usize::try_from(kib).map_err(|_| NoMemory)?, Block::new()).map(Self)
    }

    /// Nothing to do: the memory was touched when it was reserved.
    pub fn populate(&self, _part: usize, _parts: usize) -> Result<(), NoMemory> {
        Ok(())
    }

    /// Pages cannot be locked here.
    pub fn lock(&mut self) -> bool {
        false
    }

    /// The memory as Argon2 wants it.
    pub fn blocks(&mut self) -> &mut [Block] {
        &mut self.0
    }

    /// Overwrites everything; dropping does it too.
    pub fn wipe(&mut self) {
        for block in &mut self.0 {
            AsMut::<[u64]>::as_mut(block).zeroize();
        }
    }
}

impl Drop for WipedPages {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// A byte buffer of fixed size for secrets as they are typed: it never grows, so it never leaves a
/// copy behind.
pub struct LockedBytes(Vec<u8>);

impl LockedBytes {
    /// `len` zero bytes.
    pub fn new(len: usize) -> Result<Self, NoMemory> {
        reserve(len, 0).map(Self)
    }

    /// Pages cannot be locked here.
    pub fn is_locked(&self) -> bool {
        false
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, to write into.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Overwrites everything; dropping does it too.
    pub fn wipe(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl Drop for LockedBytes {
    fn drop(&mut self) {
        self.wipe();
    }
}

#[cfg(test)]
mod tests {
    use super::{LockedBytes, NoMemory, WipedPages};

    #[test]
    fn more_memory_than_can_be_addressed_is_an_error_and_no_abort() {
        assert_eq!(LockedBytes::new(usize::MAX).err(), Some(NoMemory));
    }

    #[test]
    fn wiped_memory_is_zero() {
        let mut pages = WipedPages::reserve(3).expect("three KiB");
        assert!(pages.populate(0, 1).is_ok() && !pages.lock());
        assert_eq!(pages.blocks().len(), 3);
        pages.blocks()[2].as_mut()[127] = 7;
        pages.wipe();
        assert_eq!(pages.blocks()[2].as_mut()[127], 0);

        let mut typed = LockedBytes::new(8).expect("eight bytes");
        typed.as_mut_slice().copy_from_slice(b"password");
        assert_eq!((typed.as_slice(), typed.is_locked()), (&b"password"[..], false));
        typed.wipe();
        assert_eq!(typed.as_slice(), [0; 8]);
    }
}
