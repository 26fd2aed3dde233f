//! Closing the process before it holds a secret: no core dumps, no memory for other processes of
//! the same user.
//!
//! Promise: reports exactly what could not be done. Not promised: anything against the super-user,
//! or against a program that already runs as the same user and waits for the next start. Must
//! never: fail the run; a person on an odd system still gets their account.

/// What held. Both are true on an ordinary Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what could not be closed should be told"]
pub struct Hardened {
    /// The core-dump limit is zero and cannot be raised again; on Windows a crash ends the process
    /// without a report.
    pub no_core_dumps: bool,
    /// Other processes of the same user can neither trace this one nor read its memory (Linux,
    /// macOS, Windows).
    pub not_traceable: bool,
}

/// Closes the process; call it first in `main`.
pub fn harden() -> Hardened {
    Hardened { no_core_dumps: forbid_core_dumps(), not_traceable: forbid_tracing() }
}

#[cfg(unix)]
fn forbid_core_dumps() -> bool {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    // A limit that was set is read back: a filter that answers "done" and does nothing is not
    // believed.
    setrlimit(Resource::Core, none).is_ok() && getrlimit(Resource::Core) == none
}

#[cfg(windows)]
fn forbid_core_dumps() -> bool {
    super::process::forbid_crash_dumps()
}

/// Also stops core dumps that go to a pipe (`core_pattern` with `|`), which the limit alone does
/// not.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn forbid_tracing() -> bool {
    use rustix::process::{DumpableBehavior, dumpable_behavior, set_dumpable_behavior};
    set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok()
        && dumpable_behavior() == Ok(DumpableBehavior::NotDumpable)
}

#[cfg(windows)]
fn forbid_tracing() -> bool {
    super::process::forbid_tracing()
}

#[cfg(target_vendor = "apple")]
fn forbid_tracing() -> bool {
    super::process::forbid_debuggers()
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple", windows)))]
fn forbid_tracing() -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{Hardened, harden};
    use crate::port::os::LockedBytes;
    use rustix::process::{Resource, Rlimit, Signal, getpid, getrlimit, kill_process, setrlimit};
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    const CHILD: &str = "FIRSTKEY_TEST_HARDENED_CHILD";

    /// Runs one test of this binary again in a process of its own, in an empty folder.
    fn again(test: &str, role: &str, folder: &std::path::Path) -> std::process::Output {
        Command::new(std::env::current_exe().expect("the test knows itself"))
            .args(["--exact", &format!("port::harden::tests::{test}"), "--nocapture", "--test-threads=1"])
            .env(CHILD, role)
            .current_dir(folder)
            .output()
            .expect("the test starts again")
    }

    #[test]
    fn a_crash_after_hardening_leaves_no_core() {
        if let Ok(role) = std::env::var(CHILD) {
            // As open as the system allows, so that a missing limit shows.
            let most = getrlimit(Resource::Core).maximum;
            setrlimit(Resource::Core, Rlimit { current: most, maximum: most }).expect("up to the maximum is allowed");
            if role == "hardened" {
                assert_eq!(harden(), Hardened { no_core_dumps: true, not_traceable: true });
            }
            let mut secret = LockedBytes::new(16).expect("memory for the test");
            secret.as_mut_slice().copy_from_slice(b"correct horse ba");
            // The language's own handler lets go of the signal at the first one, and another thread
            // may be the one that takes it.
            loop {
                kill_process(getpid(), Signal::SEGV).expect("signal to ourselves");
                std::thread::yield_now();
            }
        }
        let folder = tempfile::tempdir().expect("a folder for the test");
        let output = again("a_crash_after_hardening_leaves_no_core", "hardened", folder.path());
        let (signal, core) = (output.status.signal(), output.status.core_dumped());
        assert_eq!((signal, core), (Some(Signal::SEGV.as_raw()), false), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder is there").count(), 0);
    }

    #[test]
    fn hardening_cannot_be_undone_by_raising_the_limit_and_says_what_it_did() {
        if std::env::var_os(CHILD).is_some() {
            assert_eq!(harden(), Hardened { no_core_dumps: true, not_traceable: true });
            // A second call is harmless.
            assert_eq!(harden(), Hardened { no_core_dumps: true, not_traceable: true });
            let limits = std::fs::read_to_string("/proc/self/limits").expect("our own limits are readable");
            let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("listed");
            assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);
            // A process that cannot be dumped owns nothing under /proc: its memory file belongs to
            // the super-user.
            let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self/mem").expect("listed"));
            assert_eq!(owner, 0);
            // What the stretch reads to learn how much memory there is must still be readable.
            assert!(std::fs::read_to_string("/proc/self/statm").is_ok());
            assert!(std::fs::read_to_string("/proc/self/cgroup").is_ok());
            return;
        }
        let folder = tempfile::tempdir().expect("a folder for the test");
        let output = again("hardening_cannot_be_undone_by_raising_the_limit_and_says_what_it_did", "x", folder.path());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}
