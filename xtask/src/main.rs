//! `cargo xtask`: one name for everything that can be run to check this project, and `cargo xtask
//! verify` for all of it.
//!
//! Promise: nothing is checked here; each task is a program of its own, which can be started
//! without this one and says what it found. Must never: call a task held that did not end with
//! success.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it talks to whoever started it")]

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// Something that can be run.
struct Task {
    name: &'static str,
    /// What it shows, in a line.
    shows: &'static str,
    /// About how long it takes on two cores once everything is built, in minutes.
    minutes: u32,
    /// Program and arguments; what follows the task's name is put behind them.
    command: &'static [&'static str],
}

impl Task {
    const fn new(name: &'static str, shows: &'static str, minutes: u32, command: &'static [&'static str]) -> Self {
        Self { name, shows, minutes, command }
    }
}

/// What `verify` runs, in its order.
const ALL: &[Task] = &[
    Task::new(
        "ci",
        "what every change has to pass: format, lint, tests, demo, memory, model, a short fuzz",
        60,
        &[".ci/run"],
    ),
    Task::new("mutations", "each claim, broken on purpose, kills the test that guards it", 40, &["mutations/run"]),
    Task::new(
        "planted",
        "each planted bug is found by the fuzz target that is there for it, within three minutes",
        40,
        &["mutations/planted"],
    ),
    Task::new(
        "fuzz-long",
        "every target of the fuzzers for ten minutes",
        170,
        &["fuzz/fuzz", "run", "all", "--seconds", "600"],
    ),
    Task::new("reproducible", "two builds in two folders are the same bytes", 25, &["release/reproducible"]),
    Task::new(
        "other-days",
        "every test and the demo eight and four hundred days on, and on 29 February",
        40,
        &[".ci/other-days"],
    ),
    Task::new(
        "hour",
        "the reviewer's hour of docs/AUDIT.md, block by block as it stands there",
        15,
        &[".ci/reviewers-hour"],
    ),
    Task::new(
        "manual",
        "docs/RUNNING.md as it is printed, on a fresh Debian, to the first person's letter; needs root",
        8,
        &[".ci/manual"],
    ),
    Task::new(
        "troubles",
        "what databases do to a server under load: who was answered, what was lost, how long nothing went",
        8,
        &["server/troubles-table"],
    ),
    Task::new("macos", "the macOS client, type-checked and linted for both processors", 10, &[".ci/macos"]),
    Task::new("windows", "the Windows client, built here and run in Wine against a server", 30, &[".ci/windows"]),
];

/// Parts that can be run by themselves; `ci` has them, or has them shorter.
const PARTS: &[Task] = &[
    Task::new(
        "claims",
        "what the documents name as evidence is there",
        1,
        &["cargo", "test", "--locked", "--test", "claims"],
    ),
    Task::new(
        "hostile",
        "servers that lie, against the client",
        2,
        &["cargo", "test", "--locked", "--test", "hostile", "--test", "hostile_day_two"],
    ),
    Task::new(
        "faults",
        "one table: every request fails in every way, processes are killed anywhere, full disks, wrong clocks",
        8,
        &["tests/faults-table"],
    ),
    Task::new(
        "memory",
        "what is left in the memory of the client; needs root",
        2,
        &["cargo", "test", "--locked", "--test", "residue", "--", "--nocapture"],
    ),
    Task::new(
        "mutants",
        "every small change of crypto, wire, flow and SCIM against the tests that reach it",
        120,
        &["mutations/every", "crypto", "wire", "flow", "scim"],
    ),
    Task::new("model", "what a prover of protocols says, and that its models can fail", 2, &["model/check"]),
    Task::new("fuzz", "list, run, again, find, minimise, shrink, coverage: cargo xtask fuzz --help", 1, &["fuzz/fuzz"]),
    Task::new("timing", "whether the built code branches on secrets", 3, &["timing/check"]),
    Task::new(
        "timing-measured",
        "whether measured times depend on secrets; on a quiet machine",
        1,
        &["timing/measure"],
    ),
    Task::new("release-binary", "what is inside the released client", 5, &[".ci/release-binary"]),
    Task::new(
        "pages",
        "completions and manual pages of all programs, in a folder: cargo xtask pages OUT",
        2,
        &["cargo", "run", "--quiet", "--locked", "-p", "firstkey-pages", "--"],
    ),
    Task::new(
        "release",
        "static programs, packages, the server's image, lists of contents, sums: cargo xtask release OUT",
        40,
        &["release/all"],
    ),
    Task::new(
        "packages",
        "packages made twice, installed, upgraded, removed, purged: cargo xtask packages PROGRAMS",
        10,
        &[".ci/packages"],
    ),
    Task::new(
        "first-mile",
        "a fresh Debian, from the text of the mail to a login: cargo xtask first-mile SERVER PACKAGES",
        3,
        &[".ci/first-mile"],
    ),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("invariant: this package is a folder of the workspace")
}

fn run(task: &Task, more: &[String]) -> bool {
    let Some((program, arguments)) = task.command.split_first() else { return false };
    let mut command = Command::new(program);
    if program.contains('/') {
        command = Command::new(root().join(program));
    }
    command.args(arguments).args(more).current_dir(root());
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("error: {program} could not be started: {error}");
            false
        }
    }
}

fn minutes(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

fn verify() -> ExitCode {
    let mut ends = Vec::new();
    for task in ALL {
        println!("\n== {}: {}; about {} minutes", task.name, task.shows, task.minutes);
        let begin = Instant::now();
        ends.push((task, run(task, &[]), begin.elapsed()));
    }
    println!("\n| task | | minutes |\n|---|---|---|");
    for (task, held, time) in &ends {
        println!("| {} | {} | {} |", task.name, if *held { "held" } else { "FAILED" }, minutes(*time));
    }
    if ends.iter().all(|(_, held, _)| *held) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn help() {
    println!("cargo xtask verify    all of these, one after the other\n");
    for task in ALL {
        println!("cargo xtask {:<12} {} ({} min)", task.name, task.shows, task.minutes);
    }
    println!("\nParts of it:");
    for task in PARTS {
        println!("cargo xtask {:<12} {} ({} min)", task.name, task.shows, task.minutes);
    }
    println!("\nWhat follows a task's name is given to it. Minutes are those of two cores, once everything is built.");
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(name) = arguments.next() else {
        help();
        return ExitCode::SUCCESS;
    };
    if name == "verify" {
        return verify();
    }
    let more: Vec<String> = arguments.collect();
    match ALL.iter().chain(PARTS).find(|task| task.name == name) {
        Some(task) if run(task, &more) => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
        None => {
            help();
            if matches!(name.as_str(), "help" | "--help" | "-h") { ExitCode::SUCCESS } else { ExitCode::from(2) }
        }
    }
}
