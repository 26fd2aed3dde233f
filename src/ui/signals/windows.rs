//! Ctrl-C of Windows, Ctrl-Break, and the ends that the system gives notice of.
//!
//! The system runs the handler on a thread of its own. There is no Ctrl-Z. After the handlers of a
//! window that is closed, of a logoff or a shutdown return, the process is gone: they wait for its
//! own end, for which the system leaves about five seconds.

// The system's own functions are outside what the language can check.
#![allow(unsafe_code)]

use super::Signal;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use windows_sys::Win32::Foundation::{DUPLICATE_SAME_ACCESS, DuplicateHandle, HANDLE};
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::IO::CancelSynchronousIo;
use windows_sys::Win32::System::Threading::{CreateEventW, GetCurrentProcess, GetCurrentThread, SetEvent};

/// How often a read that is to end is told so: it may begin a moment after it was told.
const AGAIN: Duration = Duration::from_millis(5);

/// What is shared with the handler, for the rest of the process's life.
struct Installed {
    /// Set for ever after the first signal that asked for the end.
    ended: OwnedHandle,
}

static INSTALLED: OnceLock<Result<Installed, io::ErrorKind>> = OnceLock::new();
/// 0, or the latest signal that asked for the end.
static PENDING: AtomicU8 = AtomicU8::new(0);
static WAITING: Notify = Notify::const_new();
/// The thread that reads a pipe, while it does.
static READING: Mutex<Option<OwnedHandle>> = Mutex::new(None);

/// Takes over Ctrl-C and its relatives for the life of the process. Calling it again does nothing.
///
/// # Errors
/// The operating system refused an event or a handler; it then refuses at every later call too.
pub fn install() -> io::Result<()> {
    installed().map(drop)
}

/// The signal that asked the program to end, if one did; the latest, if several did.
pub fn pending() -> Option<Signal> {
    match PENDING.load(Ordering::SeqCst) {
        1 => Some(Signal::Interrupt),
        2 => Some(Signal::HangUp),
        3 => Some(Signal::Terminate),
        _ => None,
    }
}

/// Completes when a signal asks the program to end, or at once if one already did.
///
/// For `select!` beside a network call or a computation; may be dropped and called again at will.
pub async fn wait() -> Signal {
    loop {
        let mut told = std::pin::pin!(WAITING.notified());
        // Before the look: what comes between the look and the wait is told.
        told.as_mut().enable();
        if let Some(signal) = pending() {
            return signal;
        }
        told.await;
    }
}

/// Runs a read that may block; `None` if a signal asked the program to end.
pub(in crate::ui) fn interruptible<T>(read: impl FnOnce() -> io::Result<T>) -> io::Result<Option<T>> {
    let thread = this_thread()?;
    *READING.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    // From here on the handler ends what blocks; what came before is seen here.
    let outcome = if pending().is_some() { None } else { Some(read()) };
    *READING.lock().unwrap_or_else(PoisonError::into_inner) = None;
    match outcome {
        None => Ok(None),
        Some(Err(_)) if pending().is_some() => Ok(None),
        Some(outcome) => outcome.map(Some),
    }
}

/// While this lives, a prompt is open. There is no Ctrl-Z to be left to it.
pub(in crate::ui) struct Prompting(&'static Installed);

impl Prompting {
    pub(in crate::ui) fn begin() -> io::Result<Self> {
        installed().map(Self)
    }

    /// Set from the moment on at which a signal asked for the end.
    pub(in crate::ui) fn ended(&self) -> HANDLE {
        self.0.ended.as_raw_handle()
    }

    /// Nothing stops a program here.
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "there is Ctrl-Z on the other systems")]
    pub(in crate::ui) fn stop(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The size that the window has now is known: the terminal itself keeps such news.
pub(in crate::ui) fn forget_resizes() {}

fn installed() -> io::Result<&'static Installed> {
    INSTALLED.get_or_init(|| Installed::new().map_err(|error| error.kind())).as_ref().map_err(|&kind| kind.into())
}

impl Installed {
    fn new() -> io::Result<Self> {
        // SAFETY: no name and no attributes; what comes back is checked.
        let event = unsafe { CreateEventW(std::ptr::null(), 1, 0, std::ptr::null()) };
        if event.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it was made here and has no other owner.
        let ended = unsafe { OwnedHandle::from_raw_handle(event) };
        // SAFETY: the handler is a function of the whole process's life. It looks at `INSTALLED`,
        // which is filled in when this returns; until then it waits for it.
        if unsafe { SetConsoleCtrlHandler(Some(handler), 1) } == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { ended })
    }
}

/// A handle of this thread for other threads.
fn this_thread() -> io::Result<OwnedHandle> {
    let mut thread = null_mut();
    // SAFETY: both handles stand for what calls; the place is ours.
    let made = unsafe {
        let process = GetCurrentProcess();
        DuplicateHandle(process, GetCurrentThread(), process, &raw mut thread, 0, 0, DUPLICATE_SAME_ACCESS)
    };
    if made == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it was made here and has no other owner.
    Ok(unsafe { OwnedHandle::from_raw_handle(thread) })
}

unsafe extern "system" fn handler(kind: u32) -> i32 {
    let (number, stays) = match kind {
        CTRL_C_EVENT | CTRL_BREAK_EVENT => (1, false),
        CTRL_CLOSE_EVENT => (2, true),
        CTRL_LOGOFF_EVENT | CTRL_SHUTDOWN_EVENT => (3, true),
        _ => return 0,
    };
    // In this order: whoever is woken finds the number.
    PENDING.store(number, Ordering::SeqCst);
    if let Ok(installed) = installed() {
        // SAFETY: the event lives as long as the process.
        unsafe { SetEvent(installed.ended.as_raw_handle()) };
    }
    WAITING.notify_waiters();
    loop {
        {
            let reading = READING.lock().unwrap_or_else(PoisonError::into_inner);
            match reading.as_ref() {
                // SAFETY: the handle is open as long as the lock is held. That nothing blocks there
                // is fine.
                Some(thread) => drop(unsafe { CancelSynchronousIo(thread.as_raw_handle()) }),
                None if stays => {}
                None => return 1,
            }
        }
        std::thread::sleep(AGAIN);
    }
}
