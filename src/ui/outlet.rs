//! Standard output and standard error, as every command writes them.
//!
//! Promise: what could not be written (the disk is full, the reader of a pipe went away) stops
//! nothing in the middle, and is not taken for written: it is remembered, and a run that would have
//! ended well ends with [`ExitCode::Local`] and a sentence. Must never: panic; write what would
//! have come after a gap.

use super::text::{Story, local};
use crate::exit::ExitCode;
use crate::port::process;
use crate::store::StoreError;
use firstkey_core::flow::stop::StorageTrouble;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Mutex;

/// Where something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output: results.
    Out,
    /// Standard error: progress and errors.
    Err,
}

/// What is missing from a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Which.
    pub stream: Stream,
    /// Why; `None` if whoever read it went away.
    pub why: Option<StorageTrouble>,
}

/// The first loss on each of the two.
static LOST: Mutex<[Option<Lost>; 2]> = Mutex::new([None; 2]);

impl Stream {
    fn slot(self) -> usize {
        match self {
            Self::Out => 0,
            Self::Err => 1,
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if lost(*self).is_some() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let written = match self {
            Self::Out => io::stdout().write(bytes),
            Self::Err => io::stderr().write(bytes),
        };
        written.inspect_err(|error| note(*self, error))
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = match self {
            Self::Out => io::stdout().flush(),
            Self::Err => io::stderr().flush(),
        };
        flushed.inspect_err(|error| note(*self, error))
    }
}

fn note(stream: Stream, error: &io::Error) {
    let why = match error.kind() {
        io::ErrorKind::Interrupted => return,
        io::ErrorKind::BrokenPipe => None,
        // The number says more than the kind.
        _ => {
            let error = error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
            Some(StoreError::from_os(Path::new(""), error).trouble)
        }
    };
    let mut lost = LOST.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    lost[stream.slot()].get_or_insert(Lost { stream, why });
}

fn lost(stream: Stream) -> Option<Lost> {
    LOST.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[stream.slot()]
}

/// Writes all of it, at once. After a loss nothing more goes to that stream.
pub fn print(mut stream: Stream, bytes: &[u8]) {
    // What it could not do is noted, and said at the end.
    let _ = stream.write_all(bytes).and_then(|()| stream.flush());
}

/// The exit code of a run that would end with `code`: not [`ExitCode::Done`] if something of it was
/// lost. Says so, where that is still possible.
pub fn settle(code: ExitCode) -> ExitCode {
    match lost(Stream::Out).or_else(|| lost(Stream::Err)) {
        Some(lost) if code == ExitCode::Done => {
            say(&local::output(lost));
            ExitCode::Local
        }
        _ => code,
    }
}

/// To standard error, or else to the terminal.
fn say(story: &Story) {
    print(Stream::Err, story.for_logs().as_bytes());
    if lost(Stream::Err).is_some()
        && let Ok(mut terminal) = OpenOptions::new().write(true).open(process::TERMINAL)
        && terminal.is_terminal()
    {
        // There is nowhere else.
        let _ = terminal.write_all(story.for_people().as_bytes());
    }
}
