//! Argon2id (RFC 9106, version 0x13) over memory that we own: reserved fallibly, kept out of dumps,
//! wiped after use.
//!
//! Promise: the threads and the memory of a run are gone, and wiped, when it returns. Must never:
//! run without first asking whether the memory is there, or log a parameter beside a secret.

use super::memory::{self, NotEnough};
use super::os::{NoMemory, WipedPages};
use firstkey_core::crypto::{hazmat, stack};
use firstkey_core::secret::MasterKey;
use std::num::NonZeroUsize;

/// Why a password could not be stretched. None of them says anything about the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StretchError {
    /// The machine, its container or its limits do not leave enough memory now.
    #[error("Argon2id needs {needed_kib} KiB of memory and {available_kib} KiB are available")]
    NotEnoughMemory {
        /// KiB needed, with some for the rest of the program.
        needed_kib: u64,
        /// KiB available.
        available_kib: u64,
    },
    /// The system allows no more threads.
    #[error("the system allows no more threads")]
    NoThreads,
    /// Not parameters of Argon2id; a bug of the caller.
    #[error("these are no parameters of Argon2id")]
    BadParameters,
}

impl From<NotEnough> for StretchError {
    fn from(NotEnough { needed_kib, available_kib }: NotEnough) -> Self {
        Self::NotEnoughMemory { needed_kib, available_kib }
    }
}

/// MK, 32 bytes of Argon2id: `m_kib` KiB, `t` passes, `p` lanes, no secret, no associated data.
///
/// Blocks for as long as it takes; the lanes run on as many threads as the machine has cores.
pub fn stretch(password: &[u8], salt: &[u8], m_kib: u32, t: u32, p: u32) -> Result<MasterKey, StretchError> {
    memory::check(m_kib)?;
    let no_memory = |NoMemory| StretchError::NotEnoughMemory {
        needed_kib: memory::needed_kib(m_kib),
        available_kib: memory::available_kib().unwrap_or(0),
    };
    let mut pages = WipedPages::reserve(m_kib).map_err(no_memory)?;
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = usize::try_from(p).map_or(cores, |lanes| lanes.min(cores));
    // A pool for this run alone: a shared one would keep its threads, and what their stacks held,
    // for the rest of the process.
    let run = rayon::ThreadPoolBuilder::new().num_threads(threads).build_scoped(
        |worker| {
            worker.run();
            // The first hash of the password and the last block lie there, and the system's library
            // keeps the stacks of ended threads for the next ones.
            stack::wipe::<8192>();
        },
        |pool| {
            // Page faults cost more than the arithmetic: take them together, on all cores, before
            // the lanes start to wait for one another.
            let populated = pool.broadcast(|part| pages.populate(part.index(), part.num_threads()));
            populated.into_iter().collect::<Result<(), _>>().map_err(no_memory)?;
            pages.lock();
            // Written where it stays: returned by value it would leave a copy on the stack of each
            // function that hands it on.
            let mut end = Ok(());
            let key = MasterKey::filled_by(|key| {
                end = pool.install(|| hazmat::argon2id(password, salt, (m_kib, t, p), pages.blocks(), key));
            });
            end.map(|()| key).map_err(|_| StretchError::BadParameters)
        },
    );
    run.map_err(|_| StretchError::NoThreads)?
}

#[cfg(test)]
mod tests {
    use super::{StretchError, stretch};

    #[test]
    fn agrees_with_the_crate_on_its_own_memory() {
        for (m_kib, t, p) in [(32, 1, 1), (1024, 3, 4), (4096, 1, 4), (2500, 2, 3)] {
            let params = argon2::Params::new(m_kib, t, p, Some(32)).expect("within the ranges");
            let theirs = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
            let mut expected = [0; 32];
            theirs.hash_password_into(b"correct horse", &[7; 32], &mut expected).expect("within the ranges");
            let ours = stretch(b"correct horse", &[7; 32], m_kib, t, p).expect("little memory");
            assert_eq!(*ours.expose(), expected, "m={m_kib} t={t} p={p}");
        }
    }

    #[test]
    fn password_salt_and_every_parameter_count() {
        let base = stretch(b"a", &[0; 32], 64, 2, 2).expect("little memory");
        let mut others = Vec::new();
        for (password, salt, m_kib, t, p) in
            [(b"b", 0, 64, 2, 2), (b"a", 1, 64, 2, 2), (b"a", 0, 72, 2, 2), (b"a", 0, 64, 3, 2), (b"a", 0, 64, 2, 1)]
        {
            others.push(stretch(password, &[salt; 32], m_kib, t, p).expect("little memory"));
        }
        assert!(others.iter().all(|other| !other.matches(&base)));
    }

    #[test]
    fn more_memory_than_there_is_fails_with_numbers_and_before_anything_is_reserved() {
        let error = stretch(b"a", &[0; 32], u32::MAX - 7, 1, 4).err().expect("four TiB are not there");
        let StretchError::NotEnoughMemory { needed_kib, available_kib } = error else { panic!("{error:?}") };
        assert!(needed_kib > u64::from(u32::MAX - 7) && available_kib < needed_kib);
    }

    #[test]
    fn what_is_not_argon2_is_the_callers_fault() {
        for (m_kib, t, p) in [(64, 0, 1), (64, 1, 0), (7, 1, 1), (8, 1, 4)] {
            assert_eq!(stretch(b"a", &[0; 32], m_kib, t, p).err(), Some(StretchError::BadParameters));
        }
    }
}
