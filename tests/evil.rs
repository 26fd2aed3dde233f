//! Every scenario of `crates/evil/scenarios`: the real client against a server that lies.
//!
//! What a verdict is worth is shown in `crates/evil/tests/verdict.rs`, with clients that break each
//! rule.

#![allow(clippy::print_stdout, reason = "the table is the result of this test, for whoever runs it with --nocapture")]

mod support;

use firstkey_evil::{self as evil, Sum};
use std::collections::BTreeMap;
use std::path::Path;
use support::client::program;

/// How many cases there are at the least in each group; a family that gets lost is noticed.
const GROUPS: [(&str, usize); 18] = [
    ("honest", 6),
    ("kdf", 25),
    ("salt", 4),
    ("suite", 8),
    ("policy", 6),
    ("keys", 10),
    ("envelopes", 40),
    ("public", 16),
    ("rollback", 3),
    ("opaque", 10),
    ("proxy", 9),
    ("realm", 5),
    ("redirects", 20),
    ("sizes", 20),
    ("json", 80),
    ("faults", 18),
    ("terminal", 40),
    ("time", 4),
];

#[test]
fn the_client_holds_in_every_scenario() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/evil/scenarios");
    let cases = evil::read_all(&folder).unwrap_or_else(|error| panic!("{error}"));
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &cases {
        *groups.entry(&case.group).or_default() += 1;
    }
    for (group, least) in GROUPS {
        let count = groups.remove(group).unwrap_or(0);
        assert!(count >= least, "{group} has {count} cases, fewer than {least}");
    }
    assert!(groups.is_empty(), "groups that nobody counts: {groups:?}");

    let program = Path::new(&program()).canonicalize().expect("the client was built");
    let outcomes = evil::run(&program, &cases, 4, &|outcome| {
        if !outcome.held {
            print!("{}", outcome.lines());
        }
    });
    assert_eq!(outcomes.len(), cases.len(), "every case was played");
    println!("{}", evil::table(&outcomes));
    assert_eq!(Sum::of(&outcomes).failed, 0, "the reasons are above");
}

#[test]
fn every_scenario_is_named_beside_its_attack() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let attacks = std::fs::read_to_string(root.join("docs/ATTACKS.md")).expect("the document is there");
    for case in evil::read_all(&root.join("crates/evil/scenarios")).unwrap_or_else(|error| panic!("{error}")) {
        let id = case.name.split('/').next().expect("a name");
        let row = attacks.lines().find(|line| line.starts_with(&format!("| {} |", case.attack))).expect("a line each");
        assert!(case.group == "honest" || row.contains(&format!("`{id}`")), "{} does not name {id}", case.attack);
    }
}

#[test]
fn a_refusal_that_is_expected_of_an_honest_server_fails_its_case() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let file = folder.path().join("honest.toml");
    for command in ["accept", "verify"] {
        let text = format!(
            "id = 'honest'\nattack = 'K01'\ntitle = 'Nobody lies'\ncommand = '{command}'\n[expect]\nexit = 6\n"
        );
        std::fs::write(&file, text).expect("writable");
        let cases = evil::read(&file).unwrap_or_else(|error| panic!("{error}"));
        let program = Path::new(&program()).canonicalize().expect("the client was built");
        let outcomes = evil::run(&program, &cases, 1, &|_| {});
        let [outcome] = outcomes.as_slice() else { panic!("one case, one outcome") };
        assert!(!outcome.held);
        assert!(outcome.broken.iter().any(|rule| rule == "it ended with 0, not with [6]"), "{:?}", outcome.broken);
    }
}
