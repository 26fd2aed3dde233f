//! Documents that name evidence: what they name is there, and nothing is left without a line.

#![allow(clippy::disallowed_methods, reason = "reads documents and sources")]

use std::collections::BTreeSet;
use std::path::Path;

/// Documents whose tests are named with their files.
const DOCUMENTS: [&str; 3] = ["docs/ATTACKS.md", "docs/CLAIMS.md", "docs/THREAT-MODEL.md"];

/// Where programs lie that check something.
const CHECKS: [&str; 4] = [".ci/", "model/", "mutations/", "timing/"];

/// How many attacks there are of each kind; their ids are stable.
const ATTACKS: [(char, usize); 9] =
    [('K', 20), ('C', 22), ('I', 18), ('S', 10), ('N', 15), ('T', 11), ('L', 14), ('R', 3), ('X', 6)];

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// `file.rs::test` between backticks.
fn tests_named_in(text: &str) -> Vec<(&str, &str)> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|quoted| quoted.split_once("::"))
        .filter(|(file, _)| Path::new(file).extension().is_some_and(|end| end == "rs"))
        .collect()
}

/// Checks that are no tests: programs between backticks that `.ci/run` starts.
fn checks_named_in(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|quoted| CHECKS.iter().any(|folder| quoted.starts_with(folder)) && *quoted != ".ci/run").collect()
}

fn is_test_in(source: &str, name: &str) -> bool {
    source.contains(&format!("fn {name}("))
}

#[test]
fn every_test_that_a_document_names_exists() {
    let mut count = 0;
    for document in DOCUMENTS {
        for (file, name) in tests_named_in(&read(document)) {
            assert!(is_test_in(&read(file), name), "{document} names {file}::{name}, which is not there");
            count += 1;
        }
    }
    assert!(count > 250, "only {count} tests were found in the documents: were they read?");
    assert!(!is_test_in(&read("tests/claims.rs"), "a_test_that_is_nowhere"), "the check itself is blind");
}

#[test]
fn every_attack_has_one_line_that_says_how_it_ends() {
    let (text, run) = (read("docs/ATTACKS.md"), read(".ci/run"));
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let wanted: BTreeSet<String> =
        ATTACKS.iter().flat_map(|(kind, last)| (1..=*last).map(move |number| format!("{kind}{number:02}"))).collect();
    let mut seen = BTreeSet::new();
    for row in rows.iter().filter(|row| row[1].len() == 3 && row[1].ends_with(|c: char| c.is_ascii_digit())) {
        assert!(wanted.contains(row[1]) && seen.insert(row[1].to_owned()), "{} is unknown or there twice", row[1]);
        match row[3] {
            "tested" => {
                let checks = checks_named_in(row[4]);
                assert!(tests_named_in(row[4]).len() + checks.len() > 0, "{} names no test", row[1]);
                for check in checks {
                    assert!(run.contains(&format!("\n{check}\n")), "{}: .ci/run does not start {check}", row[1]);
                }
            }
            "not tested" => {
                assert!(tests_named_in(row[4]).is_empty() && row[4].len() > 10, "{} gives no reason", row[1])
            }
            other => panic!("{} ends as {other:?}", row[1]),
        }
    }
    assert_eq!(seen, wanted);
}

#[test]
fn every_claim_names_evidence_and_a_command() {
    let text = read("docs/CLAIMS.md");
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| party")).map(|line| {
        let cells: Vec<_> = line.split(" | ").collect();
        (
            cells.len(),
            tests_named_in(line).len(),
            line.contains("`cargo test ") || line.contains("`sudo -E cargo test "),
        )
    });
    let rows: Vec<_> = rows.collect();
    assert!(rows.len() >= 13, "{} claims", rows.len());
    for (number, row) in (1..).zip(rows) {
        assert!(matches!(row, (5, 1.., true)), "claim {number} lacks a cell, a test or a command: {row:?}");
    }
}
