//! What the kernel of macOS alone is told.

// The system's own functions are outside what the language can check.
#![allow(unsafe_code)]

use nix::libc;

/// Refuses every debugger, from now to the end of the process. Says whether that holds. One that is
/// attached already ends the process here.
pub(crate) fn forbid_debuggers() -> bool {
    // SAFETY: the request takes no address and no number; the null pointer is not looked at.
    unsafe { libc::ptrace(libc::PT_DENY_ATTACH, 0, std::ptr::null_mut(), 0) == 0 }
}
