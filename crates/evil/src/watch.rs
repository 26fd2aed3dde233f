//! A client as a child process: watched for its time and its memory, and ended with everything that
//! it started.
//!
//! The kernel keeps the high-water mark of a process's memory; it is read again and again while the
//! process lives, so that nothing but a rise in its very last milliseconds is missed. Promises: the
//! process and its group are gone afterwards. Must never: touch a process that it did not start.

use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{Error, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(4);
/// What is kept of an output; the rest is read and dropped.
const KEPT: u64 = 4 << 20;

/// What a run came to.
pub(super) struct Ran {
    /// None if a signal ended it.
    pub(super) exit: Option<i32>,
    pub(super) signal: Option<i32>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    /// The most memory that it had, in KiB.
    pub(super) peak_kib: u64,
    /// Whether it had to be ended.
    pub(super) late: bool,
    pub(super) took: Duration,
}

/// Runs it to its end, or to the end of its time.
pub(super) fn run(command: &mut Command, limit: Duration) -> std::io::Result<Ran> {
    let begun = Instant::now();
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn()?;
    let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let (mut peak_kib, mut late) = (0, false);
    let status = loop {
        peak_kib = peak_kib.max(high_water(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if begun.elapsed() > limit {
            late = true;
            end_group(&child);
            break child.wait()?;
        }
        std::thread::sleep(LOOK);
    };
    let took = begun.elapsed();
    // Whatever it left behind would hold the outputs open.
    end_group(&child);
    let read = |thread: JoinHandle<Vec<u8>>| thread.join().map_err(|_| Error::other("an output could not be read"));
    let (stdout, stderr) = (read(stdout)?, read(stderr)?);
    Ok(Ran { exit: status.code(), signal: status.signal(), stdout, stderr, peak_kib, late, took })
}

fn end_group(child: &Child) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        // That nobody is left in it is what is wanted.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

fn drain(output: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        if let Some(mut output) = output {
            drop(output.by_ref().take(KEPT).read_to_end(&mut kept));
            drop(std::io::copy(&mut output, &mut std::io::sink()));
        }
        kept
    })
}

/// What the kernel says of the most memory so far, in KiB; nothing once the process has ended.
fn high_water(pid: u32) -> Option<u64> {
    // A starting process shares this one's memory until the kernel has put its own in place, which
    // can be a moment after it counts as started. Another program may keep its name from us, which
    // says as much.
    let program = |of: &str| std::fs::read_link(format!("/proc/{of}/exe")).ok();
    if program(&pid.to_string()).is_some_and(|started| Some(started) == program("self")) {
        return None;
    }
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
