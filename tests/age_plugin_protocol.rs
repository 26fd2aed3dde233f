//! What another program tells the plugin: each seed of the fuzz target satisfies its oracle.
//!
//! The body lies in `tests/support`, because it asks the client, and the fuzz target takes it from
//! there.

#[path = "support/plugin_protocol.rs"]
mod plugin_protocol;

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

#[test]
fn the_files_of_the_corpus_are_the_ones_that_are_made_here() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/plugin_protocol");
    let found: BTreeMap<String, Vec<u8>> = std::fs::read_dir(folder)
        .expect("the corpus is there: `cargo run --example seeds` in fuzz/ writes it")
        .map(|file| file.expect("the folder can be read"))
        .map(|file| (file.file_name().to_string_lossy().into_owned(), std::fs::read(file.path()).expect("a file")))
        .collect();
    assert!(found == made(), "`cargo run --example seeds` in fuzz/ renews the corpus");
}
