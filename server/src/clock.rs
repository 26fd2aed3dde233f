//! The time, as a thing that is handed in: tests move it instead of waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the server reads the time: whole seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until somebody moves it.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// Now, in seconds. A machine clock before 1970 counts as 1970.
    pub fn now(&self) -> i64 {
        match self {
            Self::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs().try_into().unwrap_or(i64::MAX)),
            Self::Manual(seconds) => seconds.load(Ordering::SeqCst),
        }
    }
}
