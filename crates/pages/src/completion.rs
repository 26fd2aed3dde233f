//! Completions for bash, zsh, fish, PowerShell and nushell.

use crate::known;
use clap::Command;
use clap_complete::{Generator, Shell, generate};
use clap_complete_nushell::Nushell;
use std::path::PathBuf;

/// Each file with its text, by the names that the shells look for.
pub fn of(command: &Command) -> Vec<(PathBuf, String)> {
    let name = command.get_name().to_owned();
    let is_client = name == "firstkey";
    let files: [(String, String, fn(&str) -> String); 5] = [
        (format!("completions/bash/{name}"), made(Shell::Bash, command), known::bash),
        (format!("completions/zsh/_{name}"), made(Shell::Zsh, command), known::zsh),
        (format!("completions/fish/{name}.fish"), made(Shell::Fish, command), known::fish),
        (format!("completions/powershell/{name}.ps1"), made(Shell::PowerShell, command), known::powershell),
        (format!("completions/nushell/{name}.nu"), made(Nushell, command), known::nushell),
    ];
    let with = |text: String, known: fn(&str) -> String| if is_client { known(&text) } else { text };
    files.into_iter().map(|(path, text, known)| (PathBuf::from(path), with(text, known))).collect()
}

fn made(shell: impl Generator, command: &Command) -> String {
    let mut bytes = Vec::new();
    generate(shell, &mut command.clone(), command.get_name().to_owned(), &mut bytes);
    String::from_utf8(bytes).expect("invariant: our own words are text")
}
