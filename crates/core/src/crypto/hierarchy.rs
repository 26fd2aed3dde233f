//! The key hierarchy as data, for whoever explains it.
//!
//! Promise: the same steps and labels as in [`super::kek`] and [`super::envelope`]; a test holds
//! them against [`label::ALL`]. Must never: hold a key, or derive one.

use super::label;

/// How one value becomes another.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What it becomes.
    pub makes: &'static str,
    /// What goes in.
    pub from: &'static [&'static str],
    /// By which primitive; `random` where nothing goes in.
    pub by: &'static str,
    /// The label that separates this use from every other, where there is one.
    pub label: Option<&'static [u8]>,
}

/// An envelope: what is in it, and what opens it.
#[derive(Clone, Copy, Debug)]
pub struct Lock {
    /// Its type, 1 to 4.
    pub envelope: u8,
    /// What is in it.
    pub holds: &'static str,
    /// The key that opens it.
    pub opened_by: &'static str,
    /// What somebody needs to come to that key.
    pub needs: &'static [&'static str],
}

const fn step(
    makes: &'static str,
    from: &'static [&'static str],
    by: &'static str,
    label: Option<&'static [u8]>,
) -> Step {
    Step { makes, from, by, label }
}

/// Every step, in the order in which they are taken.
pub const STEPS: [Step; 12] = [
    step("master-key", &["password", "salt"], "argon2id", None),
    step("password-secret", &["master-key", "secret-key"], "hkdf-sha-512 extract", Some(label::TWO_SECRET)),
    step("auth", &["password-secret"], "hkdf-sha-512 expand", Some(label::AUTH)),
    step("pre", &["password-secret"], "hkdf-sha-512 expand", Some(label::ENC)),
    step("export-key", &["auth", "oprf-key of the server"], "opaque-3dh ristretto255-sha512", Some(label::OPAQUE)),
    step("kek-password", &["pre", "export-key"], "hkdf-sha-512", Some(label::KEK_PASSWORD)),
    step("kek-recovery", &["recovery-code"], "hkdf-sha-512", Some(label::KEK_RECOVERY)),
    step("recovery-signing-key", &["recovery-code"], "hkdf-sha-512", Some(label::RECOVERY_SIGN)),
    step("account-key", &[], "random", None),
    step("kek-account", &["account-key"], "hkdf-sha-512", Some(label::KEK_ACCOUNT)),
    step("x25519-private-key", &[], "random", None),
    step("ed25519-private-key", &[], "random", None),
];

/// The four envelopes.
pub const LOCKS: [Lock; 4] = [
    Lock {
        envelope: 1,
        holds: "account-key",
        opened_by: "kek-password",
        needs: &["password", "secret-key", "oprf-key of the server"],
    },
    Lock { envelope: 2, holds: "account-key", opened_by: "kek-recovery", needs: &["recovery-code"] },
    Lock { envelope: 3, holds: "x25519-private-key", opened_by: "kek-account", needs: &["account-key"] },
    Lock { envelope: 4, holds: "ed25519-private-key", opened_by: "kek-account", needs: &["account-key"] },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_uses_a_label_of_the_protocol_and_no_two_the_same() {
        let used: Vec<_> = STEPS.iter().filter_map(|step| step.label).collect();
        for (at, label) in used.iter().enumerate() {
            assert!(label::ALL.contains(label));
            assert!(!used[at + 1..].contains(label), "two steps with one label");
        }
    }

    #[test]
    fn what_goes_into_a_step_was_made_before_or_is_somebodys_own() {
        let own = ["password", "salt", "secret-key", "recovery-code", "oprf-key of the server"];
        let mut made: Vec<&str> = own.to_vec();
        for step in STEPS {
            assert!(step.from.iter().all(|from| made.contains(from)), "{step:?}");
            made.push(step.makes);
        }
        for lock in LOCKS {
            assert!([lock.holds, lock.opened_by].iter().all(|name| made.contains(name)), "{lock:?}");
            assert!(lock.needs.iter().all(|name| made.contains(name)), "{lock:?}");
        }
    }

    #[test]
    fn each_envelope_is_there_once() {
        assert_eq!(LOCKS.map(|lock| lock.envelope), [1, 2, 3, 4]);
    }
}
