//! This computer: the program, the terminal, memory, time.
//!
//! Promise: whether a profile fits is the answer that a command gets as well. Must never: call a
//! machine bad because it is slow.

use super::State;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::stop::LocalTrouble;
use firstkey_core::wire::text::Printable;

/// Columns below which the sentences get hard to read.
const FEWEST_COLUMNS: usize = 40;

/// Which program this is, and on what it runs.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its version.
    pub version: &'static str,
    /// What it was built with.
    pub features: &'static [&'static str],
    /// The system and the processor.
    pub system: String,
    /// What the kernel calls its release.
    pub kernel: Option<Printable>,
}

/// The controlling terminal.
#[derive(Clone, Debug)]
pub struct Terminal {
    /// How wide it is.
    pub columns: usize,
    /// What `TERM` says.
    pub term: Option<Printable>,
    /// Whether typing can be made invisible: it was tried.
    pub hides_typing: bool,
    /// Whether it has a screen that forgets what it showed.
    pub forgets: bool,
}

impl Terminal {
    pub(super) fn state(&self) -> State {
        if !self.hides_typing {
            State::Bad
        } else if self.is_narrow() || !self.forgets {
            State::Attention
        } else {
            State::Ok
        }
    }

    /// Whether sentences get hard to read.
    pub fn is_narrow(&self) -> bool {
        self.columns < FEWEST_COLUMNS
    }
}

/// Whether what is typed stays out of the swap.
#[derive(Clone, Copy, Debug)]
pub struct Locked {
    /// Whether a buffer for a password could be locked into memory.
    pub typing: bool,
    /// How much may be locked, in KiB; `None` is without limit.
    pub limit_kib: Option<u64>,
}

impl Locked {
    pub(super) fn state(&self) -> State {
        if self.typing { State::Ok } else { State::Attention }
    }

    fn covers(&self, profile: Profile) -> bool {
        self.limit_kib.is_none_or(|limit| limit >= u64::from(profile.params().m_kib))
    }
}

/// Whether others can look into the process.
#[derive(Clone, Copy, Debug)]
pub struct Closed {
    /// No core dumps.
    pub no_core_dumps: bool,
    /// Nobody of the same user can trace it.
    pub not_traceable: bool,
}

impl Closed {
    pub(super) fn state(self) -> State {
        if self.no_core_dumps && self.not_traceable { State::Ok } else { State::Attention }
    }
}

/// Where memory goes when it is short.
#[derive(Clone, Copy, Debug)]
pub enum Swap {
    /// The system does not say.
    NotSaid,
    /// There is none.
    None,
    /// It stays in memory, compressed.
    InMemory,
    /// It goes to a disk.
    OnDisk {
        /// How much fits there.
        kib: u64,
        /// Whether the memory of the default profile may be locked, and so never goes there.
        kept_out: bool,
    },
}

impl Swap {
    /// From `/proc/swaps`, and what may be locked.
    pub fn read(swaps: Option<&str>, locked: &Locked) -> Self {
        let Some(swaps) = swaps else { return Self::NotSaid };
        // Filename, type, size in KiB, used, priority; a line of titles first.
        let areas: Vec<_> = swaps
            .lines()
            .skip(1)
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                let (name, size) = (words.next()?, words.nth(1)?);
                Some((name.rsplit('/').next().unwrap_or(name).starts_with("zram"), size.parse::<u64>().unwrap_or(0)))
            })
            .collect();
        if areas.is_empty() {
            return Self::None;
        }
        let kib = areas.iter().filter(|(in_memory, _)| !in_memory).map(|(_, kib)| kib).sum();
        if areas.iter().all(|(in_memory, _)| *in_memory) {
            Self::InMemory
        } else {
            Self::OnDisk { kib, kept_out: locked.covers(Profile::DEFAULT) }
        }
    }

    pub(super) fn state(&self) -> State {
        match self {
            Self::None | Self::InMemory | Self::NotSaid | Self::OnDisk { kept_out: true, .. } => State::Ok,
            Self::OnDisk { kept_out: false, .. } => State::Attention,
        }
    }
}

/// Memory for each profile.
#[derive(Clone, Debug)]
pub struct Memory {
    /// What this process could take now, where the system says.
    pub available_kib: Option<u64>,
    /// Each profile, and the trouble that a command would have with it.
    pub profiles: Vec<(Profile, Option<LocalTrouble>)>,
}

impl Memory {
    pub(super) fn state(&self) -> State {
        if self.fits(Profile::DEFAULT) { State::Ok } else { State::Bad }
    }

    /// Whether a command could use it now.
    pub fn fits(&self, profile: Profile) -> bool {
        self.profiles.iter().any(|(one, trouble)| *one == profile && trouble.is_none())
    }
}

/// How long one stretch takes.
#[derive(Clone, Debug)]
pub enum Stretching {
    /// It took so long here.
    Took {
        /// What was measured.
        profile: Profile,
        /// Milliseconds.
        ms: u128,
    },
    /// It was not tried: the memory is not there, which another finding says.
    NotTried,
    /// It was tried and failed.
    Failed(LocalTrouble),
}

impl Stretching {
    pub(super) fn state(&self) -> State {
        match self {
            Self::Took { .. } => State::Ok,
            Self::NotTried => State::Attention,
            Self::Failed(_) => State::Bad,
        }
    }
}
