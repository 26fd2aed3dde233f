//! `firstkey-pages OUT`: writes all completions and manual pages into the folder OUT.
#![forbid(unsafe_code)]
#![allow(clippy::print_stderr, clippy::disallowed_methods, clippy::disallowed_types, reason = "a tool of this project")]

use firstkey_pages::{commands, completion, manual};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn write(folder: &Path, files: Vec<(PathBuf, String)>) -> std::io::Result<()> {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(path, text)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: firstkey-pages OUT");
        return ExitCode::from(2);
    };
    let programs = [commands::client(), commands::server()];
    let mut files: Vec<_> = programs.iter().flat_map(completion::of).collect();
    files.extend(programs.into_iter().chain([commands::plugin()]).flat_map(manual::of));
    match write(&folder, files) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}
