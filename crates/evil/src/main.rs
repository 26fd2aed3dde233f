//! `firstkey-evil`: scenario files in, one line for each case and a table out.
//!
//! Exit codes: 0 the client held everywhere, 1 it did not or a case could not be played, 2 the
//! command was not understood.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is where the program speaks")]

use clap::Parser;
use firstkey_evil::{self as evil, Case, Sum};
use serde_json::json;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Lie to a client as scenario files say, and see whether it holds; on this machine only.
#[derive(Parser)]
#[command(name = "firstkey-evil", version)]
struct Evil {
    /// A scenario file; may be given several times, or with several files.
    #[arg(long, value_name = "FILE", num_args = 1.., required_unless_present = "all")]
    scenario: Vec<PathBuf>,
    /// Every scenario below a folder.
    #[arg(long, value_name = "DIR")]
    all: Option<PathBuf>,
    /// Only cases whose name begins like this.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// The client's program, if it is not beside this one.
    #[arg(long, value_name = "PATH")]
    client: Option<PathBuf>,
    /// How many cases at once; each has a server of its own.
    #[arg(long, value_name = "N", default_value_t = 4)]
    jobs: usize,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Start no client: show the invite and lie to whoever comes, until Ctrl-C.
    #[arg(long)]
    wait: bool,
}

fn main() -> ExitCode {
    let options = match Evil::try_parse() {
        Ok(options) => options,
        Err(error) => {
            // Help and version are errors to clap, with exit code 0.
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Evil) -> Result<(), Box<dyn Error>> {
    eprintln!("{}\n", evil::WARNING);
    let cases = cases(options)?;
    let client = match client(options.client.as_deref()) {
        // Who waits for another client needs ours for an account alone.
        Err(_) if options.wait => PathBuf::from("firstkey"),
        found => found?,
    };
    if options.wait {
        let [case] = cases.as_slice() else {
            return Err(format!("{} cases: with --wait choose one, --only NAME", cases.len()).into());
        };
        return evil::wait(&client, case, options.json);
    }
    let as_json = options.json;
    let outcomes = evil::run(&client, &cases, options.jobs, &|outcome| {
        if as_json {
            println!("{}", serde_json::to_value(outcome).unwrap_or_default());
        } else {
            print!("{}", outcome.lines());
        }
    });
    let sum = Sum::of(&outcomes);
    if as_json {
        println!("{}", json!({"attacks": evil::by_attack(&outcomes), "all": sum, "ok": sum.failed == 0}));
    } else {
        println!("\n{}", evil::table(&outcomes));
    }
    match sum.failed {
        0 => Ok(()),
        1 => Err("The client did not hold in 1 case.".into()),
        failed => Err(format!("The client did not hold in {failed} cases.").into()),
    }
}

fn cases(options: &Evil) -> Result<Vec<Case>, Box<dyn Error>> {
    let mut cases = Vec::new();
    for file in &options.scenario {
        cases.extend(evil::read(file)?);
    }
    if let Some(folder) = &options.all {
        cases.extend(evil::read_all(folder)?);
    }
    if let Some(begin) = &options.only {
        // The whole name of one case, or the beginning of several.
        let exact = cases.iter().any(|case| case.name == *begin);
        cases.retain(|case| if exact { case.name == *begin } else { case.name.starts_with(begin.as_str()) });
    }
    if cases.is_empty() {
        return Err("There is no case to play.".into());
    }
    Ok(cases)
}

fn client(named: Option<&Path>) -> Result<PathBuf, Box<dyn Error>> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => std::env::current_exe()?.with_file_name("firstkey"),
    };
    // Each run has a folder of its own, so the path has to be whole.
    path.canonicalize().map_err(|_| {
        let path = path.display();
        format!("The client is not at {path}; name it with --client PATH, or build it: cargo build -p firstkey").into()
    })
}
