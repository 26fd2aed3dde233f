//! The account server's command: flags in, exit code out; everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    firstkey_server::cli::main()
}
