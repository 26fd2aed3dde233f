//! The log: one line per event on standard error, ids only.
//!
//! Must never: hold a token, a query string, a name or an address. Values are `Display` of ids and numbers, or fixed words.

use std::fmt::{Display, Write as _};

/// Whether events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Log {
    /// To standard error.
    #[default]
    Stderr,
    /// Nowhere.
    Silent,
}

impl Log {
    /// Writes one event with its ids.
    #[allow(clippy::print_stderr, reason = "standard error is where a service's log belongs")]
    pub(crate) fn event(self, name: &str, ids: &[(&str, &dyn Display)]) {
        if self == Self::Stderr {
            let mut line = format!("event={name}");
            for (key, value) in ids {
                // Writing to a String cannot fail.
                let _ = write!(line, " {key}={value}");
            }
            eprintln!("{line}");
        }
    }
}
