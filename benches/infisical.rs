//! A whole unattended completion on a server of the other dialect: processor time, wall time and
//! peak memory of the process.
//!
//! Plain observation of child processes, medians; run by `cargo bench --bench infisical`. Figures
//! with their conditions, and those of the official JavaScript libraries, are in
//! `docs/PERFORMANCE.md`.

#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark starts processes, reads the clock and prints"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};
use support::client::Desk;
use support::infisical::Stand;
use support::infisical::fake::{Era, Fake};

const ROUNDS: usize = 9;
const EMAIL: &str = "ada@example.org";

fn main() {
    let (mut wall, mut processor, mut peak) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut fake = Fake::new(Era::G0);
        let path = fake.invite(EMAIL);
        let stand = Stand::new(fake);
        let desk = Desk::new();
        let invite = desk.write("invite.url", stand.link(&path).as_bytes());
        let password = desk.write("password", b"velvet tundra misprint cobra lunar eggplant 7");
        let mut command = desk.command();
        command.args(["accept", "--no-input", "--json", "--yes-for", EMAIL, "--first-name", "Ada", "--last-name", "L"]);
        command.arg("--invite-file").arg(invite).arg("--password-file").arg(password);
        command.arg("--kit-out").arg(desk.path("kit.txt")).stdout(std::process::Stdio::null());
        let began = Instant::now();
        let mut process = command.spawn().expect("it starts");
        let (mut ticks, mut high) = (0, 0);
        let status = loop {
            // What the last look before the end saw counts: the process waits for nothing of its
            // own by then.
            if let Some((now, kib)) = look(process.id()) {
                (ticks, high) = (now, kib);
            }
            if let Some(status) = process.try_wait().expect("our own child") {
                break status;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        assert!(status.success());
        wall.push(began.elapsed().as_millis());
        processor.push(u128::from(ticks) * 10);
        peak.push(u128::from(high) / 1024);
    }
    println!(
        "accept on the other dialect: wall {} ms, processor {} ms, peak {} MiB (medians of {ROUNDS})",
        median(wall),
        median(processor),
        median(peak)
    );
}

/// User and system ticks (10 ms each) and the high-water mark in KiB, while the process is there.
fn look(pid: u32) -> Option<(u64, u64)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some((ticks, line.split_whitespace().next()?.parse().ok()?))
}

fn median(mut values: Vec<u128>) -> u128 {
    values.sort_unstable();
    values[values.len() / 2]
}
