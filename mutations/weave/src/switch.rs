//! Which mutant this process is: the number in `FIRSTKEY_MUTANT`. Which ones it reached goes to the
//! file `FIRSTKEY_REACHED`, one number a line.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

static REACHED: [AtomicBool; 8192] = [const { AtomicBool::new(false) }; 8192];

struct Orders {
    active: usize,
    log: Option<File>,
}

fn orders() -> &'static Orders {
    static ORDERS: OnceLock<Orders> = OnceLock::new();
    ORDERS.get_or_init(|| Orders {
        active: std::env::var("FIRSTKEY_MUTANT").ok().and_then(|number| number.parse().ok()).unwrap_or(usize::MAX),
        log: std::env::var_os("FIRSTKEY_REACHED").and_then(|path| OpenOptions::new().create(true).append(true).open(path).ok()),
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
