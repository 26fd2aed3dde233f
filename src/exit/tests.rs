use super::every_stop::{self, accept_stop, account_stop, infisical_stop};
use super::{ExitCode, Stopped};
use crate::ui::script::{Answers, Outputs, Script};
use crate::ui::text::{self, Story, Words};
use firstkey_core::flow::{Locks, stop as accept};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Calls `check` with every stop, its code and its exit code.
fn with_every_stop(mut check: impl FnMut(Stopped<'_>, &'static str, u8)) {
    use accept::Reach as A;
    for reach in [A::NothingSent, A::NothingChanged, A::Saved, A::SavedBefore, A::Unknown, A::Stored] {
        for (why, code, exit) in every_stop::accepts() {
            check(Stopped::Accept(&accept_stop(why, reach)), code, exit);
        }
    }
    for reach in [A::NothingChanged, A::Unknown, A::Stored] {
        for subject in [Locks::None, Locks::Password, Locks::Kit, Locks::Both, Locks::SecretKey] {
            for (why, code, exit) in every_stop::accounts() {
                check(Stopped::Account(&account_stop(why, reach, subject)), code, exit);
            }
        }
    }
    for reach in [A::NothingSent, A::NothingChanged, A::CodeUsed, A::Unknown, A::Stored] {
        for (why, code, exit) in every_stop::infisicals() {
            check(Stopped::Infisical(&infisical_stop(why, reach)), code, exit);
        }
    }
    for (why, code, exit) in every_stop::forgets() {
        check(Stopped::Forget(&why), code, exit);
    }
    for (trouble, code, exit) in every_stop::offlines() {
        check(Stopped::Offline(&trouble, "show.json"), code, exit);
    }
    for (trouble, code, exit) in every_stop::files() {
        check(Stopped::Files(&trouble), code, exit);
    }
    for (family, code, exit) in every_stop::families() {
        check(Stopped::Doctor(family), code, exit);
    }
    for (misuse, code, exit) in every_stop::misuses() {
        check(Stopped::Usage(misuse), code, exit);
    }
    for (trouble, code, exit) in every_stop::managed() {
        check(Stopped::Managed(&trouble), code, exit);
    }
}

#[test]
fn numbers_are_distinct_and_rising() {
    let numbers = ExitCode::ALL.map(ExitCode::number);
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
}

#[test]
fn every_stop_has_its_code_and_its_exit_code() {
    with_every_stop(|stopped, code, exit| {
        let ending = stopped.ending();
        assert_eq!((ending.code, ending.exit.number()), (code, exit), "{stopped:?}");
    });
}

#[test]
fn in_the_other_dialect_a_code_has_one_exit_code() {
    let mut exits = BTreeMap::new();
    for (why, code, exit) in every_stop::infisicals() {
        assert_eq!(*exits.entry(code).or_insert(exit), exit, "{why:?}");
    }
}

/// Standard output of a script.
#[derive(Clone, Default)]
struct Page(Rc<RefCell<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `--json` prints of a stop in this language, and the exit code.
fn told(stopped: Stopped<'_>, words: Words) -> (serde_json::Value, u8) {
    let page = Page::default();
    let outputs = Outputs { out: Box::new(page.clone()), err: Box::new(io::sink()), piped: true };
    let mut script = Script::with_outputs(Answers { json: true, ..Answers::default() }, None, outputs);
    script.speak(words);
    let exit = match stopped {
        Stopped::Usage(misuse) => script.misused(misuse),
        stopped => script.stopped(stopped),
    };
    let line = serde_json::from_slice(&page.0.borrow()).expect("one object");
    (line, exit.number())
}

/// Another language: of every stop it says the same, which is not even an error.
fn otherwise(_: Stopped<'_>) -> Story {
    Story {
        headline: "Alles in Ordnung.".to_owned(),
        changed: Some("exit 0, code done".to_owned()),
        ..Story::default()
    }
}

#[test]
fn another_language_changes_no_code_and_no_exit_code() {
    with_every_stop(|stopped, code, exit| {
        let (mut ours, number) = told(stopped, text::story);
        let (mut theirs, same) = told(stopped, otherwise);
        assert_eq!((number, same), (exit, exit), "{stopped:?}");
        assert_eq!((theirs["code"].as_str(), theirs["exit"].as_u64()), (Some(code), Some(exit.into())), "{stopped:?}");
        assert_ne!(ours["message"], theirs["message"], "{stopped:?}");
        for line in [&mut ours, &mut theirs] {
            line["message"].take();
        }
        assert_eq!(ours, theirs, "{stopped:?}");
    });
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of the sources");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files_under(&path) } else { vec![path] }).collect()
}

#[test]
fn the_sentences_name_no_exit_code_and_no_stable_code() {
    let mut codes = BTreeSet::new();
    with_every_stop(|_, code, _| {
        codes.insert(format!("\"{code}\""));
    });
    let words = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui");
    let files = files_under(&words.join("text")).into_iter().chain([words.join("text.rs")]);
    for path in files {
        let source = std::fs::read_to_string(&path).expect("a source file");
        for name in ["ExitCode", "Ending", "ending("] {
            assert!(!source.contains(name), "{} names {name}", path.display());
        }
        // A code of one word may be a word of a sentence.
        for code in codes.iter().filter(|code| code.contains('-')) {
            assert!(!source.contains(code), "{} holds the code {code}", path.display());
        }
    }
}

/// The codes in one document: what stands in backquotes in its tables, with the exit code at the
/// beginning of the row.
fn documented(document: &str) -> BTreeSet<(String, u8)> {
    let rows = document.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let numbered = rows.flat_map(|(head, codes)| {
        let numbers = head.split([',', ' ']).filter_map(|word| word.parse::<u8>().ok()).collect::<Vec<_>>();
        codes
            .split('`')
            .skip(1)
            .step_by(2)
            .flat_map(move |code| numbers.clone().into_iter().map(|exit| (code.to_owned(), exit)))
            .collect::<Vec<_>>()
    });
    numbered.collect()
}

#[test]
fn the_documents_name_every_code_at_its_exit_code() {
    let ours = documented(include_str!("../../docs/EXIT-CODES.md"));
    let dialect = documented(include_str!("../../docs/INFISICAL.md"));
    with_every_stop(|stopped, code, exit| {
        let row = (code.to_owned(), exit);
        let is_dialect = matches!(stopped, Stopped::Infisical(_));
        assert!(
            ours.contains(&row) || is_dialect && dialect.contains(&row),
            "{code} is not documented at {exit}: {stopped:?}"
        );
    });
}
