//! Rows of the one table of faults, which `tests/faults-table` prints: each test that plays a fault
//! writes down what it saw.
//!
//! Promise: a row is written by the run that it tells of, after what it tells was looked at. Must
//! never: be what a test depends on.

use std::io::Write as _;

/// The folder that rows are written to, if anybody wants them.
const FOLDER: &str = "FIRSTKEY_FAULT_ROWS";

/// A run: which command or program, at which of its requests or files, what went wrong there, and
/// how it ended then and at the next try.
///
/// # Panics
/// If there is a folder for rows and the row cannot be written.
pub(crate) fn row(flow: &str, at: &str, fault: &str, end: &str) {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let path = std::path::Path::new(&folder).join(format!("{}.rows", std::process::id()));
    let line = [flow, at, fault, end].map(|cell| cell.replace(['\t', '\n', '|'], " ")).join("\t") + "\n";
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    // One write for each line, because tests run beside each other.
    file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the folder for rows can be written to");
}
