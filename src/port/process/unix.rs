//! A process of Unix.

use crate::port::proxy::ProxyWish;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, getrlimit};
use std::fs::File;
use std::io::{self, PipeReader};
use std::os::fd::AsFd;

/// Where words go that no stream takes.
pub const TERMINAL: &str = "/dev/tty";

/// Standard input as the file that it is.
pub fn stdin() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// Standard output as the file that it is: the one of the library looks for line ends in all that
/// goes through it.
pub fn stdout() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// Makes standard input what comes out of this pipe.
pub fn read_stdin_from(reader: PipeReader) -> io::Result<()> {
    Ok(rustix::stdio::dup2_stdin(&reader)?)
}

/// Whether nobody can write to standard input any more; what was written is not read.
pub fn stdin_is_over() -> bool {
    let input = rustix::stdio::stdin();
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut pipe = [PollFd::new(&input, PollFlags::empty())];
    poll(&mut pipe, Some(&at_once)).is_ok() && pipe[0].revents().contains(PollFlags::HUP)
}

/// Whether a terminal belongs to this process.
pub fn has_terminal() -> bool {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::fs::open(TERMINAL, flags, Mode::empty()).is_ok()
}

/// What the kernel calls its release.
pub fn kernel() -> Option<String> {
    std::fs::read_to_string("/proc/sys/kernel/osrelease").ok()
}

/// How much may be locked into memory, in KiB; `None` is without limit.
pub fn lockable_kib() -> Option<u64> {
    getrlimit(Resource::Memlock).current.map(|bytes| bytes / 1024)
}

/// Where memory goes when it is short, as Linux lists it: a line of titles, then name, kind and
/// size in KiB of each place.
pub fn swaps() -> Option<String> {
    std::fs::read_to_string("/proc/swaps").ok()
}

/// The proxy of the system's settings; the environment says all of it here.
#[cfg(not(target_vendor = "apple"))]
pub fn system_proxy() -> Option<ProxyWish> {
    None
}

/// The proxy of the system's settings, as its own program prints them.
#[cfg(target_vendor = "apple")]
pub fn system_proxy() -> Option<ProxyWish> {
    use std::process::{Command, Stdio};
    let asked = Command::new("/usr/sbin/scutil").arg("--proxy").env_clear().stdin(Stdio::null()).output().ok()?;
    ProxyWish::from_scutil(&String::from_utf8_lossy(&asked.stdout))
}

/// Seconds that the clock on the wall is ahead of UTC; a file says it here, and not the system.
pub fn clock_ahead(_: u64) -> Option<i64> {
    None
}
