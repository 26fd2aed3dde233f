//! The system that this program runs on, as a value.
//!
//! Promise: words and rules that differ between systems take a [`System`], so that all of them can
//! be read and tested anywhere. Calls that only one system has are in modules of that system
//! instead. Must never: ask the computer anything.

/// A kind of system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Linux, and every Unix but macOS.
    Linux,
    /// macOS.
    Mac,
    /// Windows.
    Windows,
}

impl System {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Linux, Self::Mac, Self::Windows];

    /// The one that this program was built for.
    const BUILT_FOR: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_vendor = "apple") {
        Self::Mac
    } else {
        Self::Linux
    };

    /// The one that this program runs on.
    #[cfg(not(test))]
    pub fn here() -> Self {
        Self::BUILT_FOR
    }

    /// The same; a test can be told another, for its thread alone.
    #[cfg(test)]
    pub fn here() -> Self {
        pretended::PRETENDED.get().unwrap_or(Self::BUILT_FOR)
    }
}

#[cfg(test)]
pub(crate) mod pretended {
    use super::System;
    use std::cell::Cell;

    thread_local! {
        pub(super) static PRETENDED: Cell<Option<System>> = const { Cell::new(None) };
    }

    /// What is said on another system.
    pub(crate) fn on<T>(system: System, said: impl FnOnce() -> T) -> T {
        let before = PRETENDED.replace(Some(system));
        let text = said();
        PRETENDED.set(before);
        text
    }
}
