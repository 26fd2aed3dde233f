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

#[cfg(test)]
mod tests {
    use super::*;
    use firstkey_core::crypto::context::{AccountContext, AccountId, RealmId};
    use firstkey_core::crypto::kdf::{KdfBlock, Salt};
    use firstkey_core::crypto::kek::derive_password_keys;
    use firstkey_core::crypto::prepare::prepare_password;
    use firstkey_core::secret::SecretKey;
    use serde_json::Value;

    fn bytes<const N: usize>(case: &Value, name: &str) -> [u8; N] {
        let text = case[name].as_str().expect("the vector has this member");
        std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("hex"))
    }

    /// The vectors are libargon2's and Python's (`stretch_vectors.py`). What runs is what the
    /// programs run, from the typed password on.
    #[test]
    fn what_the_program_runs_gives_the_vectors_of_an_independent_argon2id_at_profiles_1_and_2() {
        let file = include_str!("../../crates/core/tests/data/stretch-v1-vectors.json");
        let file: Value = serde_json::from_str(file).expect("the vectors are JSON");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let cases = file["cases"].as_array().expect("cases");
        let mut kinds = Vec::new();
        for case in cases {
            let profile = Profile::from_id(case["profile"].as_u64().expect("a number")).expect("a profile");
            let second =
                case["second_secret"].is_string().then(|| SecretKey::from_bytes(&bytes(case, "second_secret")));
            let block = KdfBlock { profile, salt: Salt::heard(bytes(case, "salt")), two_secret: second.is_some() };
            assert_eq!(block.encode(), bytes(case, "kdf_block"));
            let context = AccountContext {
                realm: RealmId::heard(bytes(case, "realm_id")),
                account: AccountId::heard(bytes(case, "account_id")),
            };
            let typed = case["password"].as_str().expect("text");
            let password = prepare_password(typed.as_bytes()).expect("a password");
            ThisMachine.prepare(profile).expect("there is memory");
            let Stretched(master) =
                runtime.block_on(ThisMachine.run(StretchJob { password, block })).expect("there is memory");
            assert_eq!(master.expose(), &bytes(case, "mk"), "{}", case["name"]);
            let keys = derive_password_keys(&master, &context, &block, second.as_ref()).expect("they fit");
            assert_eq!(keys.auth.expose(), &bytes(case, "auth"), "{}", case["name"]);
            assert_eq!(keys.pre.expose(), &bytes(case, "pre"), "{}", case["name"]);
            kinds.push((profile.id(), second.is_some()));
        }
        kinds.sort_unstable();
        assert_eq!(kinds, [(1, false), (1, true), (2, false), (2, true)]);
    }
}
