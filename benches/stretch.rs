//! How long Argon2id takes on our memory, against the `argon2` crate on its own heap (same version,
//! same features), and how much memory each needs.
//!
//! `cargo bench --bench stretch [-- ROUNDS]`. The two are run in turn in one process for time, and
//! in a process each for peak memory. The crate's own `parallel` feature uses a thread per core in
//! both. Nothing here passes or fails by time; results that differ in a single bit do fail.

// A benchmark prints, reads the clock and the kernel's tables, and starts itself again.
#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::disallowed_types, missing_docs)]

use argon2::{Algorithm, Argon2, Params, Version};
use firstkey::port::stretch::stretch;
use std::process::Command;
use std::time::{Duration, Instant};

const PROFILES: [(u8, u32, u32); 2] = [(1, 65_536, 3), (2, 262_144, 3)];
const LANES: u32 = 4;
const PASSWORD: &[u8] = b"correct horse battery staple";
const SALT: [u8; 32] = [7; 32];
/// Set for the child that runs one stretch and says how much memory it took.
const ROLE: &str = "FIRSTKEY_BENCH_ROLE";

fn ours(m_kib: u32, t: u32) -> [u8; 32] {
    *stretch(PASSWORD, &SALT, m_kib, t, LANES).expect("the machine has the memory of a profile").expose()
}

fn on_its_heap(m_kib: u32, t: u32) -> [u8; 32] {
    let params = Params::new(m_kib, t, LANES, Some(32)).expect("a profile");
    let mut key = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(PASSWORD, &SALT, &mut key).expect("the machine has the memory of a profile");
    key
}

type Contender = (&'static str, fn(u32, u32) -> [u8; 32]);
const CONTENDERS: [Contender; 2] = [("firstkey", ours), ("argon2 heap", on_its_heap)];

fn main() {
    if let Ok(role) = std::env::var(ROLE) {
        return say_peak(&role);
    }
    let rounds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(11_usize).max(1);
    print_conditions(rounds);
    println!("profile  memory MiB  contender      median ms    min ms    max ms   ratio   CPU ms   peak MiB");
    for (id, m_kib, t) in PROFILES {
        let [ours, base] = race(rounds, m_kib, t);
        let base_median = median(&base.wall);
        for ((name, _), Times { wall: times, cpu_ms }) in CONTENDERS.iter().zip([&ours, &base]) {
            let ratio = median(times).as_secs_f64() / base_median.as_secs_f64();
            println!(
                "{id:>7}  {:>10}  {name:<12} {:>11.1} {:>9.1} {:>9.1}  {ratio:>5.2}x  {cpu_ms:>7.0}  {:>9}",
                m_kib / 1024,
                millis(median(times)),
                millis(times[0]),
                millis(times[times.len() - 1]),
                peak_of_child(name, id).map_or_else(|| "-".to_owned(), |kib| format!("{:.1}", f64::from(kib) / 1024.0)),
            );
        }
    }
}

/// How long the rounds of one contender took.
#[derive(Default)]
struct Times {
    /// Sorted.
    wall: Vec<Duration>,
    /// On average, over all threads: on a busy machine this tells more than the wall.
    cpu_ms: f64,
}

/// Runs the contenders in turn; the one that goes first changes every round.
fn race(rounds: usize, m_kib: u32, t: u32) -> [Times; 2] {
    let mut times = [Times::default(), Times::default()];
    // One round that does not count: threads, code pages, and memory that the machine has to find
    // first.
    for round in 0..=rounds {
        let mut keys = [[0; 32]; 2];
        for turn in 0..2 {
            let who = (round + turn) % 2;
            let (began, cpu_before) = (Instant::now(), cpu_ms());
            keys[who] = CONTENDERS[who].1(m_kib, t);
            if round > 0 {
                times[who].wall.push(began.elapsed());
                times[who].cpu_ms += (cpu_ms() - cpu_before) / f64::from(u32::try_from(rounds).unwrap_or(u32::MAX));
            }
        }
        assert_eq!(keys[0], keys[1], "both are Argon2id");
    }
    times.map(|mut times| {
        times.wall.sort();
        times
    })
}

/// Processor time of this process so far, in steps of 10 ms (fields 14 and 15 of `/proc/self/stat`,
/// in ticks); 0 where there is no such file.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10.0
}

fn median(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn print_conditions(rounds: usize) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let read =
        |path: &str| std::fs::read_to_string(path).map_or_else(|_| "?".to_owned(), |text| text.trim().to_owned());
    println!("rounds {rounds}, cores {cores}, load {}", read("/proc/loadavg"));
    println!("huge pages {}\n", read("/sys/kernel/mm/transparent_hugepage/enabled"));
}

/// `VmHWM` in KiB of a child that runs one stretch.
fn peak_of_child(name: &str, profile: u8) -> Option<u32> {
    let role = format!("{name}/{profile}");
    let child = Command::new(std::env::current_exe().ok()?).env(ROLE, role).output().ok()?;
    String::from_utf8(child.stdout).ok()?.trim().parse().ok()
}

fn say_peak(role: &str) {
    let named = |(name, _): &&Contender| role.starts_with(*name);
    let contender = CONTENDERS.iter().find(named).expect("the parent names one of them").1;
    let (_, m_kib, t) = PROFILES[usize::from(role.ends_with('2'))];
    std::hint::black_box(contender(m_kib, t));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("{}", peak.map_or("?", |peak| peak.trim().trim_end_matches("kB").trim()));
}
