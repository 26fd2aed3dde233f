//! Where a file goes that a person names at a prompt or in a flag.
//!
//! Promise: `~` is the person's home, as in a shell; what is named by Enter alone goes there too,
//! and not into whatever folder the terminal stands in. Must never: make a folder, or look whether
//! one is there.

use crate::system::System;
use std::path::{Path, PathBuf};

/// The path that was typed, whole; `usual` in the home folder where nothing was.
pub fn named(typed: &str, usual: &str) -> PathBuf {
    let typed = unquoted(typed);
    let path = if typed.is_empty() { usual_place(usual) } else { expanded(PathBuf::from(typed)) };
    std::path::absolute(&path).unwrap_or(path)
}

/// Where a file of that name goes by itself.
fn usual_place(usual: &str) -> PathBuf {
    home().map_or_else(|| PathBuf::from(usual), |home| home.join(usual))
}

/// The same for a prompt: `~/firstkey-kit.txt`, on Windows the whole path, or the name alone for
/// somebody without a home.
pub fn shown(usual: &str) -> String {
    match (System::here(), home()) {
        (_, None) => usual.to_owned(),
        (System::Windows, Some(home)) => format!("{}\\{usual}", home.display()),
        (System::Linux | System::Mac, Some(_)) => format!("~/{usual}"),
    }
}

/// What Windows copies as a path, and what is drawn into its windows, stands in quotation marks,
/// which no name there has.
fn unquoted(typed: &str) -> &str {
    let inside = typed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inside.filter(|_| System::here() == System::Windows).unwrap_or(typed)
}

/// `path` with a `~` at its start replaced.
pub fn expanded(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), home()) {
        (Ok(rest), Some(home)) => with_rest(&home, rest),
        _ => path,
    }
}

/// Unlike `join`, it adds no slash for nothing.
fn with_rest(home: &Path, rest: &Path) -> PathBuf {
    if rest.as_os_str().is_empty() { home.to_owned() } else { home.join(rest) }
}

fn home() -> Option<PathBuf> {
    etcetera::home_dir().ok().filter(|home| home.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::pretended;

    #[test]
    fn a_tilde_is_the_home_and_nothing_else_changes() {
        let home = home().expect("whoever runs tests has a home");
        assert_eq!(expanded(PathBuf::from("~/kit.txt")), home.join("kit.txt"));
        assert_eq!(expanded(PathBuf::from("~")), home);
        for same in ["kit.txt", "/tmp/~/kit.txt", "~ada/kit.txt", "a~b", ""] {
            assert_eq!(expanded(PathBuf::from(same)), PathBuf::from(same), "{same}");
        }
    }

    #[test]
    fn nothing_is_the_usual_name_at_home_and_a_name_is_whole() {
        let home = home().expect("whoever runs tests has a home");
        assert_eq!(named("", "kit.txt"), home.join("kit.txt"));
        let here = std::env::current_dir().expect("a folder");
        assert_eq!(named("stick/kit.pdf", "kit.txt"), here.join("stick/kit.pdf"));
        assert_eq!(shown("kit.txt"), "~/kit.txt");
    }

    #[test]
    fn on_windows_a_path_that_was_copied_is_what_is_inside_of_its_quotation_marks() {
        let named_on = |system| pretended::on(system, || named("\"a kit.txt\"", "x"));
        let here = std::env::current_dir().expect("a folder");
        assert_eq!(named_on(System::Windows), here.join("a kit.txt"));
        assert_eq!(named_on(System::Linux), here.join("\"a kit.txt\""), "a name like any other");
        let home = home().expect("whoever runs tests has a home").display().to_string();
        assert_eq!(pretended::on(System::Windows, || shown("kit.txt")), format!("{home}\\kit.txt"));
        assert_eq!(pretended::on(System::Mac, || shown("kit.txt")), "~/kit.txt");
    }
}
