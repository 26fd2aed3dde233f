//! What one tenant, one caller or one request can do to the others: each attack beside an ordinary
//! load, against the real program as a process, before and after.
//!
//! ```text
//! cargo bench -p firstkey-server --bench attacks                       this version
//! cargo bench -p firstkey-server --bench attacks -- --before PROGRAM   an older one as well
//! cargo bench -p firstkey-server --bench attacks -- pages seats        some rows
//! ```
//!
//! The ordinary load is another organisation's identity provider, a login a moment and a newcomer
//! on a connection of their own, all at a steady pace, so that waiting shows as waiting and not as
//! fewer requests. The attackers come from other addresses of this machine, and from a process of
//! their own with the lowest priority: what is measured is what the server does for them, and not
//! that they share two cores with it. Every row has a deployment of its own.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark starts processes, reads the clock and prints"
)]

mod attack;
mod attacker;
mod deployment;
mod http;
mod ordinary;
#[path = "../program/mod.rs"]
mod program;

use attack::{ATTACKS, Attack};
use attacker::{Attacker, Attackers};
use deployment::Deployment;
use ordinary::Seen;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the ordinary load runs alone, and beside each attack.
const ALONE: Duration = Duration::from_secs(6);
const BESIDE: Duration = Duration::from_secs(12);

#[tokio::main]
async fn main() {
    if let Some(attacker) = Attacker::asked() {
        return attacker.run().await;
    }
    let mut arguments = std::env::args().skip(1).filter(|word| word != "--bench");
    let (mut programs, mut rows) = (Vec::new(), Vec::new());
    while let Some(word) = arguments.next() {
        match word.as_str() {
            "--before" => programs.push(("before", PathBuf::from(arguments.next().expect("--before PROGRAM")))),
            "--after" => programs.push(("after", PathBuf::from(arguments.next().expect("--after PROGRAM")))),
            _ => rows.push(word),
        }
    }
    if programs.iter().all(|(name, _)| *name != "after") {
        programs.push(("after", PathBuf::from(env!("CARGO_BIN_EXE_firstkey-server"))));
    }
    println!("load {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    println!(
        "| attack | | others alone: p50, p99, longest | beside it: p50, p99, longest | p99 grows | newcomer waits | resident | cores | also |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for attack in ATTACKS.iter().filter(|attack| rows.is_empty() || rows.iter().any(|row| row == attack.name)) {
        for (when, program) in &programs {
            row(attack, when, program).await;
        }
    }
}

async fn row(attack: &Attack, when: &str, program: &Path) {
    let deployment = Deployment::start(program);
    let prepared = attack.prepare(&deployment).await;
    let alone = ordinary::run(&deployment, ALONE).await;
    let attackers = Attackers::start(attack.name, deployment.address, &prepared);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = deployment.processor();
    let beside = ordinary::run(&deployment, BESIDE).await;
    let cores = deployment.processor().saturating_sub(before).as_secs_f64() / BESIDE.as_secs_f64();
    let resident = deployment.most_resident_mib();
    drop(attackers);
    let also = attack.also(&deployment);
    println!(
        "| {} | {when} | {} | {} | {:.1} times | {} | {resident} MiB | {cores:.2} | {also} |",
        attack.what,
        alone.all(),
        beside.all(),
        beside.p99() / alone.p99().max(0.1),
        Seen::millis(beside.longest_newcomer()),
    );
}
