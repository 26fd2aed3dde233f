//! Plays fuzz targets without a fuzzer.
//!
//! ```text
//! play list                            the targets of this build
//! play again TARGET FILE...            each input in words, and what the oracle says
//! play find TARGET [SECONDS [SEED]]    seeds, then chance out of them, until something is found
//! play all TARGET [SECONDS [SEED]]     the same, and on: each finding that differs from those before
//! play seeds                           writes the seeds that are made by code; removes none
//! ```
//!
//! Ends with 1 when something was found. `find` says after how many seconds and inputs, and keeps
//! the input in `artifacts/TARGET/`.

use firstkey_fuzz::{Target, all, habits, havoc, named};
use firstkey_testkit::transcript;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{fs, io};

/// Characters of what is said that tell two findings on one line apart.
const WORDS: usize = 40;

const USE: &str = "play list | play again TARGET FILE... | play find|all TARGET [SECONDS [SEED]] | play seeds";

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["list"] => {
            all().iter().for_each(|target| println!("{}", target.name));
            Ok(ExitCode::SUCCESS)
        }
        ["again", target, ref files @ ..] if !files.is_empty() => again(named(target), files),
        [how @ ("find" | "all"), target, ref more @ ..] if more.len() <= 2 => {
            let seconds = more.first().map_or(60, |text| number(text));
            find(named(target), seconds, more.get(1).map_or(1, |text| number(text)), how == "all")
        }
        ["seeds"] => seeds().map(|()| ExitCode::SUCCESS),
        _ => {
            eprintln!("{USE}");
            Ok(ExitCode::from(2))
        }
    }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

/// Whether the oracle says something; what it says goes where panics go.
fn speaks(target: Target, input: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_err()
}

thread_local! {
    /// Where the last panic was, and what it said.
    static SAID: RefCell<(String, String)> = const { RefCell::new((String::new(), String::new())) };
}

/// Keeps what a panic says instead of printing it.
fn listen() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let said = panic.payload_as_str().unwrap_or("a panic without words").to_owned();
        SAID.set((place, said));
    }));
}

fn again(target: Target, files: &[&str]) -> io::Result<ExitCode> {
    let mut found = false;
    for file in files {
        let input = fs::read(file)?;
        println!("== {} {file}: {} bytes", target.name, input.len());
        // A run of `flow_any` is told as a whole, others step by step as they tell it themselves.
        let lines = target.transcript.and_then(|transcript| catch_unwind(|| transcript(&input)).ok());
        transcript::begin();
        let spoke = speaks(target, &input);
        let told = transcript::taken();
        match lines.filter(|lines| !lines.is_empty()).or((!told.is_empty()).then_some(told)) {
            Some(lines) => lines.iter().for_each(|line| println!("{line}")),
            None => println!("{}", String::from_utf8_lossy(&input).escape_debug()),
        }
        println!("== {}", if spoke { "FOUND: see the panic" } else { "nothing is wrong with it" });
        found |= spoke;
    }
    Ok(if found { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn find(target: Target, seconds: u64, seed: u64, on: bool) -> io::Result<ExitCode> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = Vec::new();
    for place in ["seeds", "corpus"].map(|kind| folder.join(kind).join(target.name)) {
        for file in habits::files(&place).iter().filter(|file| file.is_file()) {
            seeds.push(fs::read(file)?);
        }
    }
    let dictionary = fs::read_to_string(folder.join("dictionaries").join(format!("{}.dict", target.name)));
    let mut havoc = havoc::Havoc::new(seeds.clone(), havoc::words(&dictionary.unwrap_or_default()), seed);
    let (begin, most) = (Instant::now(), Duration::from_secs(seconds));
    let mut given = seeds.into_iter();
    let (mut inputs, mut places) = (0_u64, BTreeSet::new());
    listen();
    while begin.elapsed() < most {
        let input = given.next().unwrap_or_else(|| havoc.next_input());
        inputs += 1;
        if !speaks(target, &input) {
            continue;
        }
        let (place, said) = SAID.take();
        // Where many things are judged on one line, the first words tell them apart.
        let words: String = said.chars().take(WORDS).collect();
        if !places.insert((place.clone(), words)) {
            continue;
        }
        let kept = folder.join("artifacts").join(target.name);
        fs::create_dir_all(&kept)?;
        let file = kept.join(format!("found-{seed}-{inputs}"));
        fs::write(&file, &input)?;
        let time = begin.elapsed().as_secs_f64();
        println!("FOUND {} after {time:.1} s, {inputs} inputs: {}", target.name, file.display());
        println!("      {place}: {}", said.escape_debug());
        io::stdout().flush()?;
        if !on {
            break;
        }
    }
    if places.is_empty() {
        println!("nothing in {} after {seconds} s, {inputs} inputs", target.name);
    }
    Ok(if places.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes what is made by code. What lies beside it was put there by somebody, and stays.
fn seeds() -> io::Result<()> {
    for seed in firstkey_fuzz::made_seeds() {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(seed.target);
        fs::create_dir_all(&place)?;
        fs::write(place.join(seed.name), seed.bytes)?;
    }
    Ok(())
}
