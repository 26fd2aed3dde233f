//! The `firstkey` command: everything is in the library; this file exists so that there is a program.

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    firstkey::run::main().into()
}
