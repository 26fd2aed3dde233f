//! This machine as the one that stretches.
//!
//! Promise: the password is wiped when the job is done; the terminal and the network stay
//! responsive meanwhile. Must never: run anything but a whitelisted profile.

use super::memory::{self, NotEnough};
use super::stretch::{StretchError, stretch};
use crate::drive::Stretch;
use firstkey_core::crypto::kdf::{Profile, StretchJob, Stretched};
use firstkey_core::flow::stop::LocalTrouble;

/// Argon2id on this machine's cores and memory.
pub struct ThisMachine;

impl Stretch for ThisMachine {
    fn prepare(&mut self, profile: Profile) -> Result<(), LocalTrouble> {
        memory::check(profile.params().m_kib).map_err(|NotEnough { needed_kib, available_kib }| {
            LocalTrouble::NotEnoughMemory { needed_kib, available_kib }
        })
    }

    async fn run(&mut self, job: StretchJob) -> Result<Stretched, LocalTrouble> {
        let work = tokio::task::spawn_blocking(move || {
            let params = job.block.profile.params();
            // EXPOSE: Argon2id is what the password is for.
            stretch(job.password.expose(), &job.block.salt.0, params.m_kib, params.t, params.p)
        });
        match work.await {
            Ok(Ok(key)) => Ok(Stretched(key)),
            Ok(Err(StretchError::NotEnoughMemory { needed_kib, available_kib })) => {
                Err(LocalTrouble::NotEnoughMemory { needed_kib, available_kib })
            }
            Ok(Err(StretchError::NoThreads | StretchError::BadParameters)) | Err(_) => Err(LocalTrouble::NoThreads),
        }
    }
}
