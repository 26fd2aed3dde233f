//! The manual pages: one for each command, without a complaint of `man` and `mandoc`.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "processes and files are the subject")]

use clap::Command as Line;
use firstkey_pages::{commands, manual};
use std::process::Command;
use tempfile::TempDir;

fn count(command: &Line) -> usize {
    1 + command.get_subcommands().map(count).sum::<usize>()
}

#[test]
fn every_command_has_a_page_and_no_page_makes_man_or_mandoc_complain() {
    let folder = TempDir::new().expect("a folder");
    for program in [commands::client(), commands::server(), commands::plugin()] {
        let commands = count(&program);
        let pages = manual::of(program);
        assert_eq!(pages.len(), commands);
        for (name, text) in pages {
            let path = folder.path().join(name.file_name().expect("a name"));
            std::fs::write(&path, &text).expect("written");
            let man = Command::new("man")
                .args(["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"])
                .arg(&path)
                .env("LC_ALL", "C.UTF-8")
                .env("MANROFFSEQ", "")
                .output()
                .expect("man starts");
            let said = String::from_utf8_lossy(&man.stderr);
            assert!(man.status.success() && said.is_empty(), "{}: {said}", name.display());
            let lint = Command::new("mandoc")
                .args(["-T", "lint", "-W", "warning"])
                .arg(&path)
                .output()
                .expect("mandoc starts");
            let said = String::from_utf8_lossy(&lint.stdout);
            // No date: two builds make the same page.
            let said: Vec<_> = said.lines().filter(|line| !line.contains("missing date")).collect();
            assert!(said.is_empty(), "{said:?}");
            for needed in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH \"SEE ALSO\""] {
                let plain = needed.replace('"', "");
                assert!(text.contains(needed) || text.contains(&plain), "{}: {needed}", name.display());
            }
        }
    }
}
