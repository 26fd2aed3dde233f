//! What another program tells the plugin, and what a file is made of that somebody sends: each seed
//! of the two fuzz targets satisfies its oracle, and so do random inputs.
//!
//! The bodies lie in `tests/support`, because they ask the client, and the fuzz targets take them
//! from there.

#[path = "support/age_file.rs"]
mod age_file;
#[path = "support/plugin_protocol.rs"]
#[allow(clippy::duplicate_mod, reason = "each fuzz target takes its module alone, and one test takes both")]
mod plugin_protocol;

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

fn made() -> BTreeMap<String, Vec<u8>> {
    let mut seeds = BTreeMap::new();
    plugin_protocol::seeds(&mut |name, text| drop(seeds.insert(name.to_owned(), text.into_bytes())));
    seeds
}

#[test]
fn every_seed_of_the_plugin_protocol_satisfies_its_oracle() {
    let seeds = made();
    assert!(seeds.len() >= 6, "{} seeds", seeds.len());
    for seed in seeds.values() {
        plugin_protocol::run(seed);
    }
}

fn made_files() -> BTreeMap<String, Vec<u8>> {
    let mut seeds = BTreeMap::new();
    age_file::seeds(&mut |name, bytes| drop(seeds.insert(name.to_owned(), bytes)));
    seeds
}

#[test]
fn every_seed_of_the_age_file_satisfies_its_oracle() {
    let seeds = made_files();
    assert!(seeds.len() >= 30, "{} seeds", seeds.len());
    for seed in seeds.values() {
        age_file::run(seed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_bytes_in_a_header_satisfy_the_oracle_of_the_age_file(
        options: u8,
        at: u8,
        words in proptest::collection::vec(prop_oneof![
            Just("-> "), Just("X25519"), Just("\n"), Just("\r\n"), Just(" "), Just("AAAA"), Just("AB"), Just("---"),
            Just("scrypt"), Just("-> a\n\n"), Just("-> b c\nAAAA\n"),
            Just("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"),
        ], 0..12),
    ) {
        age_file::run(&[&[options, at][..], words.concat().as_bytes()].concat());
    }
}

#[test]
fn every_seed_that_is_made_lies_on_the_disk_and_every_seed_on_the_disk_satisfies_its_oracle() {
    let targets: [(_, _, fn(&[u8])); 2] =
        [("plugin_protocol", made(), plugin_protocol::run), ("age_file", made_files(), age_file::run)];
    for (target, made, run) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
        let found: BTreeMap<String, Vec<u8>> = std::fs::read_dir(folder)
            .expect("the corpus is there: `fuzz/fuzz seeds` writes it")
            .map(|file| file.expect("the folder can be read"))
            .map(|file| (file.file_name().to_string_lossy().into_owned(), std::fs::read(file.path()).expect("a file")))
            .collect();
        let differs = |(name, bytes): &(&String, &Vec<u8>)| found.get(*name) != Some(*bytes);
        assert_eq!(made.iter().filter(differs).count(), 0, "`fuzz/fuzz seeds` writes the corpus of {target}");
        // Findings lie there too, with names that say what they were.
        for seed in found.values() {
            run(seed);
        }
    }
}
