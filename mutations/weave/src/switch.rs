//! Which mutant this process is: the number in `FIRSTKEY_MUTANT`. Which ones it reached goes to the
//! file `FIRSTKEY_REACHED`, one number a line.
//!
//! Tests start programs with an environment that is empty, so on Linux a process that was told
//! nothing asks whoever started it, and whoever started that one.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

static REACHED: [AtomicBool; 8192] = [const { AtomicBool::new(false) }; 8192];

struct Orders {
    active: usize,
    log: Option<File>,
}

/// What this process or the next of its ancestors has in its environment.
fn told(name: &str) -> Option<OsString> {
    if let Some(value) = std::env::var_os(name) {
        return Some(value);
    }
    let mut process = std::process::id();
    while process > 1 {
        // The name of the program is in parentheses and may hold anything; behind it come the
        // state and the parent.
        let about = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        process = about.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
        let environment = std::fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        let found = environment
            .split(|byte| *byte == 0)
            .find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
        if let Some(value) = found {
            return Some(OsString::from_vec(value.to_vec()));
        }
    }
    None
}

fn orders() -> &'static Orders {
    static ORDERS: OnceLock<Orders> = OnceLock::new();
    ORDERS.get_or_init(|| Orders {
        active: told("FIRSTKEY_MUTANT").and_then(|number| number.to_str()?.parse().ok()).unwrap_or(usize::MAX),
        log: told("FIRSTKEY_REACHED").and_then(|path| OpenOptions::new().create(true).append(true).open(path).ok()),
    })
}

/// Whether it is this one.
pub fn is(number: usize) -> bool {
    let orders = orders();
    if let Some(mut log) = orders.log.as_ref()
        && !REACHED[number].swap(true, Ordering::Relaxed)
    {
        let _ = log.write_all(format!("{number}\n").as_bytes());
    }
    orders.active == number
}
