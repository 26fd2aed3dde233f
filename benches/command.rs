//! The whole command: start-up, a whole unattended `accept` on loopback against the two stretches
//! in it, and peak memory.
//!
//! Plain timing of child processes, medians; run by `cargo bench --bench command`. Figures with
//! their conditions are in `docs/PERFORMANCE.md`.

#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark starts processes, reads the clock and prints"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use firstkey::port::stretch::stretch;
use firstkey_core::crypto::kdf::Profile;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use support::client::Desk;
use support::deployment::Deployment;
use support::wire::Act;

const ROUNDS: usize = 9;

fn main() {
    version();
    for profile in [Profile::One, Profile::Two] {
        accept(profile);
    }
}

/// `firstkey --version`, as a process.
fn version() {
    let desk = Desk::new();
    let times = (0..50).map(|_| {
        let began = Instant::now();
        let output = desk.command().arg("--version").output().expect("it starts");
        assert!(output.status.success());
        began.elapsed()
    });
    println!("firstkey --version: median {:.2} ms", millis(median(times.collect())));
}

/// A whole `accept`, and the stretch alone, in turn.
fn accept(profile: Profile) {
    let params = profile.params();
    let (mut whole, mut alone, mut peak) = (Vec::new(), Vec::new(), 0);
    for round in 0..ROUNDS {
        let mut server = Deployment::start();
        let email = format!("ada{round}@example.org");
        let link = server.invite(&email);
        let child = Arc::new(Mutex::new(None));
        let (seen, memory) = (Arc::clone(&child), Arc::new(Mutex::new(0)));
        let report = Arc::clone(&memory);
        // When the last request arrives both stretches are over, and the process still is: its
        // high-water mark is final.
        server.wire.script(move |request, _| {
            if request.path == "/v1/login/finish"
                && let Some(pid) = *seen.lock().expect("not poisoned")
            {
                *report.lock().expect("not poisoned") = high_water_kib(pid);
            }
            Act::Forward
        });
        let desk = Desk::new();
        let mut command = desk.accept_at(&link, &email, profile.id());
        let began = Instant::now();
        let mut process = command.stdout(std::process::Stdio::null()).spawn().expect("it starts");
        *child.lock().expect("not poisoned") = Some(process.id());
        assert!(process.wait().expect("it ends").success());
        whole.push(began.elapsed());
        peak = peak.max(*memory.lock().expect("not poisoned"));

        let began = Instant::now();
        stretch(b"velvet tundra misprint cobra", &[7; 32], params.m_kib, params.t, params.p).expect("there is memory");
        alone.push(began.elapsed());
    }
    let (whole, alone) = (median(whole), median(alone));
    println!(
        "accept at profile {}: whole {:.0} ms, one stretch {:.0} ms, the rest {:.0} ms; peak {:.1} MiB over {} MiB of Argon2id",
        profile.id(),
        millis(whole),
        millis(alone),
        millis(whole) - 2.0 * millis(alone),
        f64::from(peak.saturating_sub(params.m_kib)) / 1024.0,
        params.m_kib / 1024,
    );
}

fn high_water_kib(pid: u32) -> u32 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel tells");
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).expect("a number")
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
