//! Bodies of the fuzz targets for what reaches the client from outside the protocol: kits, the
//! terminal, the state folder, connections, certificates.
//!
//! Promise: deterministic; nothing but `http_answer` does any I/O, and that on loopback. Must
//! never: be part of a program that somebody uses; it exists only for tests and under the feature
//! `fuzzing`.

pub mod certificate;
pub mod http_answer;
pub mod kit_file;
pub mod state_file;

pub use crate::ui::term::fuzzing as typed_line;

/// The targets by name: for whoever plays one without a fuzzer.
pub const TARGETS: [(&str, fn(&[u8])); 5] = [
    ("kit_file", kit_file::run),
    ("typed_line", typed_line::run),
    ("state_file", state_file::run),
    ("http_answer", http_answer::run),
    ("certificate", certificate::run),
];

/// The seeds that are made by code, each with its target and name.
pub fn seeds(add: &mut dyn FnMut(&'static str, &str, Vec<u8>)) {
    kit_file::seeds(&mut |name, bytes| add("kit_file", name, bytes));
    typed_line::seeds(&mut |name, bytes| add("typed_line", name, bytes));
    state_file::seeds(&mut |name, bytes| add("state_file", name, bytes));
    http_answer::seeds(&mut |name, bytes| add("http_answer", name, bytes));
}

#[cfg(test)]
mod tests {
    use super::{TARGETS, seeds};
    use firstkey_testkit::chance::Seeded;
    use rand_core::RngCore;
    use std::path::{Path, PathBuf};

    fn folder(target: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target)
    }

    #[test]
    fn every_seed_of_the_fuzz_targets_keeps_their_promises() {
        for (name, body) in TARGETS {
            let found: Vec<_> = std::fs::read_dir(folder(name)).expect("seeds").collect();
            assert!(found.len() >= 5, "{name}");
            for seed in found {
                body(&std::fs::read(seed.expect("a seed").path()).expect("readable"));
            }
        }
    }

    #[test]
    fn every_seed_that_is_made_here_lies_on_the_disk_as_it_is_made() {
        let mut differing = Vec::new();
        seeds(&mut |target, name, bytes| {
            if std::fs::read(folder(target).join(name)).ok() != Some(bytes) {
                differing.push(format!("{target}/{name}"));
            }
        });
        assert!(differing.is_empty(), "`fuzz/fuzz seeds` writes them: {differing:?}");
    }

    #[test]
    fn bytes_of_chance_keep_the_promises() {
        let mut chance = Seeded::new(0x5eed);
        for (name, body) in TARGETS {
            let rounds = if name == "http_answer" { 100 } else { 5_000 };
            for round in 0..rounds {
                let mut bytes = vec![0; round % 120];
                chance.fill_bytes(&mut bytes);
                body(&bytes);
            }
        }
    }
}
