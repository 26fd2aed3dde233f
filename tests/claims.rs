//! Names in documents: every test, file, command and link that a document names exists, and every
//! attack and every claim has its line.
//!
//! Promise: every Markdown file of the repository is read, wherever it lies.
//! Must never: pass because nothing was read. A planted document is refused name by name.

#![allow(clippy::disallowed_methods, reason = "reads documents and sources")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Folders that hold nothing of the repository's own.
const NOT_OURS: [&str; 5] = ["target", ".git", "corpus", "artifacts", "coverage"];

/// Names that documents give in code spans and that belong to other programs.
const OF_OTHERS: [&str; 3] = ["user_create_provision", "synchronous_standby_names", "firstkey_scim_log_left_out_total"];

/// What only a run makes, so that a document may name it.
const MADE_BY_A_RUN: [&str; 2] = ["fuzz/corpus", "fuzz/artifacts"];

/// A name of so many words can only be that of a test or another function.
const WORDS_OF_A_TEST: usize = 6;

/// Where programs lie that check something.
const CHECKS: [&str; 4] = [".ci/", "model/", "mutations/", "timing/"];

/// How many attacks there are of each kind; their ids are stable.
const ATTACKS: [(char, usize); 9] =
    [('K', 20), ('C', 22), ('I', 18), ('S', 11), ('N', 15), ('T', 11), ('L', 14), ('R', 3), ('X', 6)];

/// The cases of docs/REAL-LIFE.md; their ids are stable, and some numbers were never given.
const CASES: [&str; 20] = [
    "C01", "C02", "C04", "C05", "C08", "C09", "M01", "M02", "M03", "M05", "M06", "A01", "A02", "A03", "A04", "A05",
    "X01", "X02", "X03", "X04",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The repository as documents speak of it.
struct Tree {
    /// Every file's path from the root, with its text; empty if it is no text.
    files: BTreeMap<String, String>,
    folders: BTreeSet<String>,
    /// Names of functions.
    functions: BTreeSet<String>,
    /// Every word of every file that is no document.
    words: BTreeSet<String>,
    /// Folder of each package, by its name.
    packages: BTreeMap<String, String>,
}

impl Tree {
    fn new() -> Self {
        let mut tree = Self {
            files: BTreeMap::new(),
            folders: BTreeSet::new(),
            functions: BTreeSet::new(),
            words: BTreeSet::new(),
            packages: BTreeMap::new(),
        };
        tree.walk("");
        for (path, text) in &tree.files {
            if ends_in(path, "md") {
                continue;
            }
            tree.words.extend(words(text).map(str::to_owned));
            if ends_in(path, "rs") {
                tree.functions.extend(functions(text).map(str::to_owned));
            }
            if let Some(folder) = path.strip_suffix("Cargo.toml")
                && let Some(name) = text.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
            {
                tree.packages.insert(name.to_owned(), folder.to_owned());
            }
        }
        tree
    }

    fn walk(&mut self, folder: &str) {
        let entries = std::fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
        for entry in entries.map(|entry| entry.expect("invariant: a folder that was opened can be read")) {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            match entry.file_type().map(|kind| kind.is_dir()) {
                Ok(true) if !NOT_OURS.contains(&name.as_str()) => {
                    self.folders.insert(path.clone());
                    self.walk(&path);
                }
                Ok(false) => {
                    let text = std::fs::read(root().join(&path)).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                    self.files.insert(path, text.unwrap_or_default());
                }
                _ => {}
            }
        }
    }

    fn documents(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter(|(path, _)| ends_in(path, "md")).map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// What a document at `path` names and what is not there, in words.
    fn missing(&self, path: &str, text: &str) -> Vec<String> {
        let (prose, blocks) = prose_and_blocks(text);
        let mut wrong = Vec::new();
        for span in spans(&prose) {
            wrong.extend(self.wrong_path(span));
            wrong.extend(self.wrong_names(span));
            wrong.extend(self.wrong_command(span));
        }
        for line in blocks.lines() {
            wrong.extend(self.wrong_command(line));
        }
        wrong.extend(links(&prose).filter_map(|link| self.wrong_link(path, link)));
        wrong
    }

    /// `folder/file`, `file.rs`, `file.rs::test`: the file exists, and the test is in that file.
    fn wrong_path(&self, span: &str) -> Option<String> {
        let word = span.split_whitespace().next()?.trim_end_matches('/');
        let (file, test) = word.split_once("::").map_or((word, None), |(file, test)| (file, Some(test)));
        let top = file.split('/').next().filter(|top| file.contains('/') && self.folders.contains(*top));
        let source = ["rs", "vp", "md"].iter().any(|end| ends_in(file, end));
        if (top.is_none() && !source) || MADE_BY_A_RUN.contains(&file) {
            return None;
        }
        // `<group>` and `TARGET` stand for whatever is there: what is before them has to be.
        let stands_for_any =
            |part: &&str| part.contains('<') || (part.len() > 1 && part.chars().all(|c| c.is_ascii_uppercase()));
        let known: Vec<&str> = file.split('/').take_while(|part| !stands_for_any(part)).collect();
        let path = known.join("/");
        let exact = top.is_some();
        let found = if let Some((begin, _)) = path.split_once('*') {
            self.files.keys().any(|whole| whole.starts_with(begin))
        } else if exact {
            self.files.contains_key(&path) || self.folders.contains(&path)
        } else {
            self.files.keys().any(|whole| *whole == path || whole.ends_with(&format!("/{path}")))
        };
        if !found {
            return Some(format!("there is no {path}"));
        }
        let test = test.filter(|_| ends_in(file, "rs") && exact)?;
        let there = self.files.get(&path).is_some_and(|source| functions(source).any(|name| name == test));
        (!there).then(|| format!("there is no test {test} in {path}"))
    }

    /// A name of three words stands in some source, one of six is a function; `w03_*` begins one.
    fn wrong_names(&self, span: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        for name in words(span).filter(|name| !OF_OTHERS.contains(name) && !span.contains('/')) {
            let parts = name.split('_').filter(|part| !part.is_empty()).count();
            if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
                continue;
            }
            let begins = name.ends_with('_') && span.contains(&format!("{name}*"));
            let there = if begins {
                self.functions.iter().any(|function| function.starts_with(name))
            } else if parts >= WORDS_OF_A_TEST {
                self.functions.contains(name)
            } else {
                parts < 3 || self.words.contains(name)
            };
            if !there {
                wrong.push(format!("there is no {name}"));
            }
        }
        wrong
    }

    /// `cargo test`, `run` and `bench`: package and target exist, and the filter selects a test.
    fn wrong_command(&self, line: &str) -> Option<String> {
        let at = ["cargo test", "cargo run", "cargo bench"].iter().find_map(|verb| line.find(verb))?;
        let ours = line[at..].split(['#', '|', '`']).next()?.split(" -- ").next()?;
        let mut words = ours.split_whitespace().skip(2);
        let (mut folder, mut targets, mut filter) = (String::new(), Vec::new(), None);
        while let Some(word) = words.next() {
            match word {
                "-p" => {
                    let name = words.next()?;
                    match self.packages.get(name) {
                        Some(found) => folder.clone_from(found),
                        None => return Some(format!("`{ours}`: there is no package {name}")),
                    }
                }
                "--test" => targets.push(format!("{folder}tests/{}", words.next()?)),
                "--bench" => targets.push(format!("{folder}benches/{}", words.next()?)),
                "--lib" => targets.push(format!("{folder}src")),
                "--bin" | "--features" | "--manifest-path" => drop(words.next()),
                word if word.starts_with('-') || filter.is_some() => {}
                word => filter = Some(word),
            }
        }
        let of = |target: &str| {
            let (file, inside) = (format!("{target}.rs"), format!("{target}/"));
            self.files.iter().filter(move |(path, _)| **path == file || path.starts_with(&inside))
        };
        if let Some(target) = targets.iter().find(|target| of(target.as_str()).next().is_none()) {
            return Some(format!("`{ours}`: there is no {target}"));
        }
        let filter = filter.filter(|_| ours.starts_with("cargo test"))?.rsplit("::").find(|part| !part.is_empty())?;
        let selects = |(path, text): (&String, &String)| {
            let has_tests = text.contains("#[test]") || text.contains("#[tokio::test");
            let module = path.split(['/', '.']).any(|part| part.contains(filter));
            has_tests && (module || functions(text).any(|name| name.contains(filter)))
        };
        let selected = match targets.as_slice() {
            [] => self.files.iter().filter(|(path, _)| path.starts_with(&folder)).any(selects),
            some => some.iter().any(|target| of(target.as_str()).any(selects)),
        };
        (!selected).then(|| format!("`{ours}` selects no test"))
    }

    /// A link to a file of the repository, and to a heading in it.
    fn wrong_link(&self, from: &str, link: &str) -> Option<String> {
        if link.contains(':') {
            return None;
        }
        let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
        let mut parts: Vec<&str> = from.split('/').collect();
        if !path.is_empty() {
            parts.pop();
            for part in path.trim_end_matches('/').split('/') {
                match part {
                    "." => {}
                    ".." => drop(parts.pop()),
                    part => parts.push(part),
                }
            }
        }
        let target = parts.join("/");
        let there = target.is_empty() || self.files.contains_key(&target) || self.folders.contains(&target);
        let heading = anchor.is_none_or(|anchor| {
            self.files.get(&target).is_some_and(|text| anchors(text).any(|found| found == anchor))
        });
        (!there || !heading).then(|| format!("the link {link} leads nowhere"))
    }
}

/// One `cargo test` of a document: the folder of its package, its targets, its filters.
struct Command<'a> {
    folder: String,
    targets: Vec<String>,
    filters: Vec<&'a str>,
}

impl<'a> Command<'a> {
    /// Reads `cargo test -p PACKAGE --test TARGET FILTER`, or several filters behind `--`.
    fn read(tree: &Tree, text: &'a str) -> Option<Self> {
        let mut words = text[text.find("cargo test ")?..].split_whitespace().skip(2);
        let mut command = Self { folder: String::new(), targets: Vec::new(), filters: Vec::new() };
        while let Some(word) = words.next() {
            match word {
                "-p" => command.folder.clone_from(tree.packages.get(words.next()?)?),
                "--test" => command.targets.push(format!("tests/{}", words.next()?)),
                "--lib" => command.targets.push("src".to_owned()),
                "--" => {}
                filter => command.filters.push(filter),
            }
        }
        Some(command)
    }

    /// Whether it runs that test: as libtest does it, by any filter that is part of its path.
    fn selects(&self, file: &str, test: &str) -> bool {
        let Some(inside) = file.strip_prefix(&self.folder).and_then(|inside| inside.strip_suffix(".rs")) else {
            return false;
        };
        // A package of a test beside its manifest has one target.
        let at = if self.targets.is_empty() && inside.split('/').count() == 1 { Some("") } else { None };
        let of_target = |target: &String| match inside.strip_prefix(target.as_str())? {
            "" => Some(""),
            rest => rest.strip_prefix('/'),
        };
        let Some(modules) = at.or_else(|| self.targets.iter().find_map(of_target)) else { return false };
        let modules = modules.split('/').filter(|part| !part.is_empty() && *part != "mod");
        let path = modules.chain([test]).collect::<Vec<_>>().join("::");
        self.filters.is_empty() || self.filters.iter().any(|filter| path.contains(filter))
    }
}

/// Whether a file's name has this extension.
fn ends_in(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end == extension)
}

/// The words of a text: letters, digits, underscores.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// Names of the functions that a source defines.
fn functions(source: &str) -> impl Iterator<Item = &str> {
    source.split("fn ").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
        (end > 0 && rest[end..].starts_with(['(', '<'])).then(|| &rest[..end])
    })
}

/// A document without its fenced blocks, and what is in them.
fn prose_and_blocks(text: &str) -> (String, String) {
    let (mut prose, mut blocks, mut inside) = (String::new(), String::new(), false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
            continue;
        }
        let side = if inside { &mut blocks } else { &mut prose };
        side.push_str(line);
        side.push('\n');
    }
    (prose, blocks)
}

/// What stands between backticks.
fn spans(prose: &str) -> impl Iterator<Item = &str> {
    prose.split('`').skip(1).step_by(2)
}

/// Where links lead.
fn links(prose: &str) -> impl Iterator<Item = &str> {
    prose.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
}

/// The headings of a document as links name them.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        heading.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c)).collect::<String>().replace(' ', "-")
    })
}

/// `file.rs::test` between backticks.
fn tests_named_in(text: &str) -> Vec<(&str, &str)> {
    spans(text).filter_map(|quoted| quoted.split_once("::")).filter(|(file, _)| ends_in(file, "rs")).collect()
}

/// Checks that are no tests: programs between backticks that `.ci/run` starts.
fn checks_named_in(text: &str) -> Vec<&str> {
    spans(text)
        .filter(|quoted| CHECKS.iter().any(|folder| quoted.starts_with(folder)) && *quoted != ".ci/run")
        .collect()
}

#[test]
fn every_test_that_a_document_names_exists() {
    let tree = Tree::new();
    let (mut wrong, mut tests, mut documents) = (Vec::new(), 0, 0);
    for (path, text) in tree.documents() {
        wrong.extend(tree.missing(path, text).into_iter().map(|what| format!("{path}: {what}")));
        tests += tests_named_in(text).len();
        documents += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(documents > 25 && tests > 300, "only {tests} tests were found in {documents} documents: were they read?");
}

#[test]
fn a_planted_wrong_name_is_found_in_every_form() {
    // Put together here, so that no name of them stands in a source.
    let gone = ["a", "test", "that", "was", "taken", "away"].join("_");
    let short = ["no", "such", "word"].join("_");
    let planted = [
        (format!("`tests/claims.rs::{gone}`"), format!("there is no test {gone} in tests/claims.rs")),
        (format!("`tests/{short}.rs`"), format!("there is no tests/{short}.rs")),
        (format!("`{short}.rs`"), format!("there is no {short}.rs")),
        (format!("`tests/{short}/*.rs`"), format!("there is no tests/{short}/*.rs")),
        (format!("`flow::tests::{gone}`"), format!("there is no {gone}")),
        (format!("`{short}`"), format!("there is no {short}")),
        (format!("`{short}_*`"), format!("there is no {short}_")),
        (format!("`cargo test -p {short}`"), format!("`cargo test -p {short}`: there is no package {short}")),
        (format!("`cargo test --test {short}`"), format!("`cargo test --test {short}`: there is no tests/{short}")),
        (format!("`cargo test --test claims {short}`"), format!("`cargo test --test claims {short}` selects no test")),
        ("[x](NOWHERE.md)".to_owned(), "the link NOWHERE.md leads nowhere".to_owned()),
        ("[x](CLAIMS.md#nowhere)".to_owned(), "the link CLAIMS.md#nowhere leads nowhere".to_owned()),
    ];
    let tree = Tree::new();
    for (text, message) in planted {
        let found = tree.missing("docs/planted.md", &format!("# A page\n\nThis is shown by {text}.\n"));
        assert!(found.contains(&message), "{text} was not found, but {found:?}");
    }
    let block = format!("# A page\n\n```sh\ncargo test --test claims {short}    # nothing\n```\n");
    assert_eq!(tree.missing("docs/planted.md", &block).len(), 1, "a command in a block is not read");
    let right =
        "`tests/claims.rs::every_test_that_a_document_names_exists` [x](CLAIMS.md) `cargo test --test claims planted`";
    assert_eq!(tree.missing("docs/planted.md", right), Vec::<String>::new());
}

/// The names that macros give to types of secrets, and those that are written out.
fn types_of_secrets(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_macro = false;
    for line in source.lines() {
        let line = line.trim();
        if line == "fixed_secret! {" || line == "password! {" {
            in_macro = true;
        } else if in_macro && !line.starts_with("//") {
            found.push(line.split(',').next().unwrap_or_default().to_owned());
            in_macro = false;
        } else if let Some(rest) = line.strip_prefix("pub struct ").filter(|rest| !rest.starts_with('$')) {
            found.extend(words(rest).next().map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_type_of_secret_has_a_row_in_the_inventory_of_keys() {
    let types = types_of_secrets(&read("crates/core/src/secret.rs"));
    assert!(types.len() >= 15, "only {types:?} were read");
    let text = read("docs/KEYS.md");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
    let has_row = |rows: &[&str], name: &str| rows.iter().any(|row| row.contains(&format!("`{name}`")));
    let missing: Vec<&String> = types.iter().filter(|name| !has_row(&rows, name)).collect();
    assert!(missing.is_empty(), "docs/KEYS.md has no row for {missing:?}");
    for row in rows.iter().filter(|row| !row.contains("---")) {
        assert!(row.split('|').all(|cell| cell.is_empty() || !cell.trim().is_empty()), "an empty cell: {row}");
    }
    // A type that nobody has written down would be noticed.
    assert!(
        !has_row(&rows, "NewSecret")
            && types_of_secrets("password! {\n    /// New.\n    NewSecret\n}") == ["NewSecret"]
    );
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
fn every_case_of_real_life_has_one_row_with_a_test_or_says_that_it_is_open() {
    let text = read("docs/REAL-LIFE.md");
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.split('|').map(str::trim).collect())
        .filter(|row: &Vec<&str>| row[1].len() == 3 && row[1].ends_with(|c: char| c.is_ascii_digit()))
        .collect();
    let seen: Vec<&str> = rows.iter().map(|row| row[1]).collect();
    assert_eq!(seen, CASES);
    let mut named = 0;
    for row in &rows {
        assert_eq!(row.len(), 6, "{}: a row has four cells", row[1]);
        let (does, shown) = (row[3], row[4]);
        let tests = tests_named_in(shown).len();
        named += tests;
        let is_open = does.starts_with("**Open.**") && shown.starts_with("none");
        // "the same": the test of the row above shows this too.
        let is_shown = !does.starts_with("**Open.**") && (tests > 0 || (shown == "the same" && named > 0));
        assert!(is_open != is_shown, "{} names no test and is not called open", row[1]);
    }
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

/// The cells of each line of the table of claims.
fn claims(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| party"));
    rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
}

/// The tests of a line of the table that none of its commands runs.
fn not_run<'a>(tree: &Tree, row: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let commands: Vec<_> = spans(row[3]).filter_map(|text| Command::read(tree, text)).collect();
    let runs = |(file, test): &(&str, &str)| commands.iter().any(|command| command.selects(file, test));
    tests_named_in(row[2]).into_iter().filter(|named| !runs(named)).collect()
}

#[test]
fn the_commands_of_a_claim_run_every_test_that_it_cites() {
    let (tree, text) = (Tree::new(), read("docs/CLAIMS.md"));
    for row in claims(&text) {
        let left_out = not_run(&tree, &row);
        assert!(left_out.is_empty(), "{} / {}: {left_out:?}", row[0], row[1]);
    }
}

#[test]
fn a_command_that_leaves_a_cited_test_out_is_found() {
    let tree = Tree::new();
    let cited = "`tests/tls.rs::n01_bad_certificates_are_refused_and_nothing_is_sent`";
    let left_out = |command: &str| not_run(&tree, &["somebody", "do it", cited, command]).len();
    for runs in [
        "`cargo test -p firstkey --test tls`",
        "`cargo test -p firstkey --test leak --test tls n01`",
        "`cargo test -p firstkey --test tls -- other n01`",
    ] {
        assert_eq!(left_out(runs), 0, "{runs}");
    }
    for runs_not in [
        "`cargo test -p firstkey --test leak`",
        "`cargo test -p firstkey --test tls i04`",
        "`cargo test -p firstkey-core --test tls`",
        "`cargo test -p firstkey --lib n01`",
    ] {
        assert_eq!(left_out(runs_not), 1, "{runs_not}");
    }
}

#[test]
fn every_claim_is_attacked_in_three_ways_and_every_test_that_it_cites_dies_of_one() {
    let text = read("docs/CLAIMS.md");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("mutations");
    let files = std::fs::read_dir(root).expect("the folder").map(|entry| entry.expect("an entry").path());
    let files: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .map(|path| std::fs::read_to_string(path).expect("a readable file"))
        .collect();
    let mutations: Vec<&str> = files.iter().flat_map(|file| file.split("[[mutation]]").skip(1)).collect();
    let has = |mutation: &str, key: &str, value: &str| mutation.contains(&format!("\n{key} = \"{value}\"\n"));
    for row in claims(&text) {
        let of_it =
            mutations.iter().filter(|mutation| has(mutation, "party", row[0]) && has(mutation, "cannot", row[1]));
        assert!(of_it.count() >= 3, "{} / {}: fewer than three mutations", row[0], row[1]);
        for (_, test) in tests_named_in(row[2]) {
            let dies = mutations.iter().any(|mutation| has(mutation, "dies", test));
            assert!(dies, "{} / {}: no mutation kills {test}", row[0], row[1]);
        }
    }
}

/// Modules of the core whose head says what they must never do.
fn modules_with_a_never(tree: &Tree) -> BTreeSet<String> {
    let head = |text: &str| text.lines().map_while(|line| line.strip_prefix("//!")).collect::<String>();
    let inside = tree.files.iter().filter_map(|(path, text)| Some((path.strip_prefix("crates/core/src/")?, text)));
    let says = |text: &str| head(text).contains("ust never") || head(text).contains("Never");
    inside.filter(|(path, text)| ends_in(path, "rs") && says(text)).map(|(path, _)| path.to_owned()).collect()
}

#[test]
fn every_module_of_the_core_that_must_never_do_something_names_what_shows_it() {
    let (tree, text) = (Tree::new(), read("docs/PROMISES.md"));
    let mut named = BTreeSet::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let module = spans(line).next().expect("a module").to_owned();
        let shown = tests_named_in(line).len() + checks_named_in(line).len();
        assert!(shown > 0, "{module}: nothing shows it");
        assert!(named.insert(module.clone()), "{module} is there twice");
    }
    assert_eq!(named, modules_with_a_never(&tree));
    assert!(named.len() > 50);
}
