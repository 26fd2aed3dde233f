//! This computer's clock.
//!
//! Promise: a date on paper, nothing more. Must never: decide what has expired; that is the
//! server's.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970; 0 where the clock stands before that.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
