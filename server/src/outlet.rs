//! Standard output and standard error of the commands.
//!
//! Promise: what cannot be written (a full disk, a reader that went away) ends nothing with a panic
//! and is not taken for written: it is remembered, and the command ends with exit code 1 and a
//! sentence. Must never: write what would have come after a gap.

use std::fmt::Arguments;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// The first thing that could not be written, of both streams.
static LOST: Mutex<Option<String>> = Mutex::new(None);

/// A line for standard output.
macro_rules! out {
    ($($line:tt)*) => { $crate::outlet::line(format_args!($($line)*)) };
}
/// A line for standard error.
macro_rules! err {
    ($($line:tt)*) => { $crate::outlet::aside(format_args!($($line)*)) };
}
pub(crate) use {err, out};

/// Writes a line to standard output; see [`lost`].
pub(crate) fn line(line: Arguments<'_>) {
    if lost().is_none() {
        let mut out = io::stdout().lock();
        note("standard output", writeln!(out, "{line}").and_then(|()| out.flush()));
    }
}

/// Writes a line to standard error.
pub(crate) fn aside(line: Arguments<'_>) {
    note("standard error", writeln!(io::stderr().lock(), "{line}"));
}

fn note(stream: &str, written: io::Result<()>) {
    if let Err(error) = written {
        let why = match error.kind() {
            io::ErrorKind::BrokenPipe => "the program that read it has ended".to_owned(),
            _ => error.to_string(),
        };
        let sentence = format!(
            "Not everything could be written to {stream}: {why}. Only what was to be printed is lost. What the command did is done."
        );
        LOST.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(sentence);
    }
}

/// The sentence about what could not be written, if anything could not.
pub(crate) fn lost() -> Option<String> {
    LOST.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
