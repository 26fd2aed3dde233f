//! The memory of a running client, read as the super-user reads it: at a moment when it waits, and
//! at the moment when it ends.
//!
//! Promise: everything that the process may write to is read (heap, stacks, anonymous pages, data
//! of the program); a region that cannot be read is a failure, not an absence. Must never: pass
//! where looking is not allowed.

use aho_corasick::AhoCorasick;
use firstkey_needles::Needles;
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;

const PAGE: usize = 4096;

/// What was in the memory, page by page but for the empty ones.
pub struct Memory {
    runs: Vec<Pages>,
}

/// Neighbouring pages together.
struct Pages {
    /// The region as the kernel calls it, and the address of the first byte.
    place: (String, u64),
    bytes: Vec<u8>,
}

/// Whether other processes' memory may be read. Says so where it may not, and fails where nothing
/// may be skipped.
#[allow(clippy::print_stderr, reason = "a test that cannot run says so")]
pub fn may_be_read() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        let words = "the memory of a process that does not let itself be traced can be read by the super-user only: run this test as root";
        assert!(std::env::var_os("FIRSTKEY_CI").is_none(), "{words}");
        eprintln!("NOT RUN: {words}");
    }
    root
}

impl Memory {
    /// All of it, now. Another process may be looked at by its parent or the super-user only if it
    /// lets itself be traced; the client does not, so this takes the super-user.
    pub fn of(pid: i32) -> Self {
        let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("the process runs");
        let memory =
            File::open(format!("/proc/{pid}/mem")).expect("the memory may be read: this test needs to be root");
        let mut runs = Vec::new();
        for line in maps.lines() {
            let mut words = line.split_ascii_whitespace();
            let (range, rights) = (words.next().expect("a range"), words.next().expect("rights"));
            let name = words.nth(3).unwrap_or_default();
            if !rights.starts_with("rw") || name == "[vvar]" {
                continue;
            }
            let (from, to) = range.split_once('-').expect("a range");
            let address = |text| u64::from_str_radix(text, 16).expect("an address");
            let (from, to) = (address(from), address(to));
            let mut region = vec![0; usize::try_from(to - from).expect("fits")];
            memory.read_exact_at(&mut region, from).unwrap_or_else(|error| panic!("{line}: {error}"));
            collect(&region, (name, from), &mut runs);
        }
        Self { runs }
    }

    /// How many bytes that are not in empty pages.
    pub fn size(&self) -> usize {
        self.runs.iter().map(|run| run.bytes.len()).sum()
    }

    /// The names of the secrets that are in it and in which form, each with its last place.
    pub fn holds(&self, needles: &Needles) -> BTreeMap<String, String> {
        let searcher = AhoCorasick::new(needles.all().iter().map(|needle| &needle.bytes)).expect("needles");
        let mut found = BTreeMap::new();
        for Pages { place: (region, from), bytes } in &self.runs {
            for hit in searcher.find_overlapping_iter(bytes) {
                let at = from + u64::try_from(hit.start()).expect("fits");
                found.insert(needles.all()[hit.pattern().as_usize()].name.clone(), format!("{at:#x} {region}"));
            }
        }
        found
    }
}

fn collect(region: &[u8], (name, from): (&str, u64), runs: &mut Vec<Pages>) {
    let mut last_was_kept = false;
    for (page, at) in region.chunks(PAGE).zip((from..).step_by(PAGE)) {
        let keep = page.iter().any(|byte| *byte != 0);
        if keep && !last_was_kept {
            runs.push(Pages { place: (name.to_owned(), at), bytes: Vec::new() });
        }
        if let (true, Some(run)) = (keep, runs.last_mut()) {
            run.bytes.extend_from_slice(page);
        }
        last_was_kept = keep;
    }
}

/// Waits until the process ends by itself, and looks once more while all that it had is still
/// there. `seized` is called when nothing can be missed any more.
pub fn at_the_end(pid: i32, seized: impl FnOnce()) -> Memory {
    let tracee = Pid::from_raw(pid);
    ptrace::seize(tracee, Options::PTRACE_O_TRACEEXIT).expect("the process may be traced: this test needs to be root");
    seized();
    loop {
        match waitpid(tracee, None).expect("the process is traced by this thread") {
            WaitStatus::PtraceEvent(_, _, event) if event == ptrace::Event::PTRACE_EVENT_EXIT as i32 => {
                let memory = Memory::of(pid);
                ptrace::cont(tracee, None).expect("goes on");
                ptrace_is_over(tracee);
                return memory;
            }
            WaitStatus::PtraceEvent(..) => ptrace::cont(tracee, None).expect("goes on"),
            WaitStatus::Stopped(_, signal) => ptrace::cont(tracee, signal).expect("goes on"),
            other => panic!("the process ended without being looked at: {other:?}"),
        }
    }
}

/// Where the process is a child of this one, its exit is for whoever started it to collect; the
/// tracer has seen all it wants.
fn ptrace_is_over(tracee: Pid) {
    let _ = ptrace::detach(tracee, None);
}
