//! The plugin that age, rage and sops start: everything is in the library; this file exists so that there is a program.

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    firstkey::run::plugin().into()
}
