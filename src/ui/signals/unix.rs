//! The signals of Unix.

use super::Signal;
use nix::unistd::{getpgrp, getsid};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::{flag, low_level};
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

const ALL: [Signal; 4] = [Signal::Interrupt, Signal::Quit, Signal::Terminate, Signal::HangUp];

const fn number(signal: Signal) -> i32 {
    match signal {
        Signal::Interrupt => SIGINT,
        Signal::Quit => SIGQUIT,
        Signal::Terminate => SIGTERM,
        Signal::HangUp => SIGHUP,
    }
}

/// What is shared with the handlers, for the rest of the process's life.
struct Installed {
    /// 0, or the number of the latest signal that asked for the end.
    pending: Arc<AtomicUsize>,
    /// Readable for ever after the first such signal.
    ended: UnixStream,
    /// Readable when Ctrl-Z was pressed during a prompt.
    paused: UnixStream,
    /// Readable when the window got another size.
    resized: UnixStream,
    /// Whether Ctrl-Z may stop the process from inside its handler.
    stop_at_once: Arc<AtomicBool>,
}

static INSTALLED: OnceLock<Result<Installed, io::ErrorKind>> = OnceLock::new();

/// Takes over SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP and SIGWINCH for the life of the process.
/// Calling it again does nothing.
///
/// # Errors
/// The operating system refused a socket or a handler; it then refuses at every later call too.
pub fn install() -> io::Result<()> {
    installed().map(drop)
}

/// The signal that asked the program to end, if one did; the latest, if several did.
pub fn pending() -> Option<Signal> {
    let Some(Ok(installed)) = INSTALLED.get() else {
        return None;
    };
    let latest = installed.pending.load(Ordering::SeqCst);
    ALL.into_iter().find(|signal| usize::try_from(number(*signal)) == Ok(latest))
}

/// Completes when a signal asks the program to end, or at once if one already did.
///
/// For `select!` beside a network call or a computation; may be dropped and called again at will.
/// Needs a tokio runtime with I/O. If the operating system refuses the watching itself, it never
/// completes: the other arm has its own deadline, and [`pending`] still tells.
pub async fn wait() -> Signal {
    let watched =
        installed().and_then(|installed| installed.ended.try_clone()).and_then(tokio::net::UnixStream::from_std);
    let Ok(watched) = watched else {
        return std::future::pending().await;
    };
    loop {
        if let Some(signal) = pending() {
            return signal;
        }
        if watched.readable().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// Waits until there is something to read; false once a signal asks the program to end, so that a
/// pipe that stays silent holds nobody.
pub(in crate::ui) fn readable(from: BorrowedFd<'_>) -> io::Result<bool> {
    let Ok(installed) = installed() else {
        // Without handlers a signal ends the process by itself.
        return Ok(poll(&mut [PollFd::new(&from, PollFlags::IN)], None).is_ok());
    };
    loop {
        let mut watched = [PollFd::new(&from, PollFlags::IN), PollFd::new(&installed.ended, PollFlags::IN)];
        match poll(&mut watched, None) {
            Ok(_) if !watched[1].revents().is_empty() => return Ok(false),
            Ok(_) if !watched[0].revents().is_empty() => return Ok(true),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// While this lives, Ctrl-Z is left to the prompt, which has to tidy the terminal before it
/// [`stop`]s.
pub(in crate::ui) struct Prompting(&'static Installed);

impl Prompting {
    pub(in crate::ui) fn begin() -> io::Result<Self> {
        let installed = installed()?;
        installed.stop_at_once.store(false, Ordering::SeqCst);
        let prompting = Self(installed);
        // From stops before this prompt, which are long over.
        prompting.forget_pauses();
        Ok(prompting)
    }

    /// Readable from the moment on at which a signal asked for the end.
    pub(in crate::ui) fn ended(&self) -> &UnixStream {
        &self.0.ended
    }

    /// Readable when Ctrl-Z was pressed; [`stop`](Self::stop) makes it unreadable again.
    pub(in crate::ui) fn paused(&self) -> &UnixStream {
        &self.0.paused
    }

    /// Does what Ctrl-Z asks: stops here, returns when the shell lets the program go on.
    pub(in crate::ui) fn stop(&self) -> io::Result<()> {
        self.forget_pauses();
        if under_job_control() {
            low_level::emulate_default_handler(SIGTSTP)?;
        }
        Ok(())
    }

    /// Readable when the window got another size; [`forget_resizes`] makes it unreadable again.
    pub(in crate::ui) fn resized(&self) -> &UnixStream {
        &self.0.resized
    }

    fn forget_pauses(&self) {
        drain(&self.0.paused);
    }
}

/// The size that the window has now is known.
pub(in crate::ui) fn forget_resizes() {
    if let Ok(installed) = installed() {
        drain(&installed.resized);
    }
}

fn drain(mut socket: &UnixStream) {
    // The socket does not block: an error means that it is empty, which is what is wanted.
    while socket.read(&mut [0; 16]).is_ok_and(|taken| taken > 0) {}
}

impl Drop for Prompting {
    fn drop(&mut self) {
        self.0.stop_at_once.store(under_job_control(), Ordering::SeqCst);
    }
}

/// Whether somebody could let us go on after a stop. A program that leads its own session (`docker
/// run -it`, `ssh -t host firstkey`) has no shell above it; the kernel ignores Ctrl-Z there, and so
/// do we, instead of freezing for good.
///
/// A group or session that began outside of this container has the number 0. If both did, nobody in
/// here can tell whether they are one, and not stopping is the smaller harm.
fn under_job_control() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}

fn installed() -> io::Result<&'static Installed> {
    INSTALLED.get_or_init(|| Installed::new().map_err(|error| error.kind())).as_ref().map_err(|&kind| kind.into())
}

impl Installed {
    fn new() -> io::Result<Self> {
        let pending = Arc::new(AtomicUsize::new(0));
        let (ended, end) = UnixStream::pair()?;
        let (paused, pause) = UnixStream::pair()?;
        let (resized, resize) = UnixStream::pair()?;
        // Our ends; signal-hook never blocks on the others.
        ended.set_nonblocking(true)?;
        paused.set_nonblocking(true)?;
        resized.set_nonblocking(true)?;
        for signal in ALL {
            let number = number(signal);
            // In this order: whoever is woken by the byte finds the flag set.
            flag::register_usize(number, Arc::clone(&pending), usize::try_from(number).unwrap_or_default())?;
            low_level::pipe::register(number, end.try_clone()?)?;
        }
        let stop_at_once = Arc::new(AtomicBool::new(under_job_control()));
        low_level::pipe::register(SIGTSTP, pause)?;
        low_level::pipe::register(SIGWINCH, resize)?;
        flag::register_conditional_default(SIGTSTP, Arc::clone(&stop_at_once))?;
        Ok(Self { pending, ended, paused, resized, stop_at_once })
    }
}
