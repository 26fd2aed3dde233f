//! The program, the terminal, memory and time.
//!
//! Promise: whether a profile fits is asked of the very edge that a command stretches with. Must
//! never: stretch anything but a fixed text.

use super::Page;
use crate::doctor::DoctorFinding;
use crate::doctor::machine::{Closed, Locked, Memory, Program, Stretching, Swap, Terminal as TerminalFound};
use crate::drive::Stretch;
use crate::port::harden::Hardened;
use crate::port::machine::ThisMachine;
use crate::port::memory;
use crate::port::os::LockedBytes;
use crate::port::process;
use crate::port::random::SystemRng;
use crate::port::stretch::{StretchError, stretch};
use crate::ui::term::Terminal;
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::stop::LocalTrouble;
use firstkey_core::wire::text::Printable;
use std::time::Instant;

/// What is stretched in place of a password.
const NO_PASSWORD: &[u8] = b"firstkey doctor stretches this";

/// The most bytes that a typed password takes.
const TYPED: usize = 1024;

pub(super) fn program() -> DoctorFinding {
    DoctorFinding::Program(Program {
        version: env!("CARGO_PKG_VERSION"),
        features: if cfg!(feature = "age") { &["age"] } else { &[] },
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        kernel: process::kernel().map(|release| Printable::from_untrusted(release.trim())),
    })
}

pub(super) fn terminal(terminal: Option<&Terminal>) -> DoctorFinding {
    DoctorFinding::Terminal(terminal.map(|terminal| TerminalFound {
        columns: terminal.width(),
        term: std::env::var("TERM").ok().filter(|term| !term.is_empty()).map(|term| Printable::from_untrusted(&term)),
        hides_typing: terminal.hides_typing(),
        forgets: terminal.forgets(),
    }))
}

/// What may be locked, who can look in, where memory goes, and whether the random generator
/// answers.
pub(super) fn process(hardened: Hardened, page: &mut Page) {
    let locked = Locked {
        typing: LockedBytes::new(TYPED).is_ok_and(|buffer| buffer.is_locked()),
        limit_kib: process::lockable_kib(),
    };
    page.tell(&DoctorFinding::Locked(locked), None);
    let Hardened { no_core_dumps, not_traceable } = hardened;
    page.tell(&DoctorFinding::Closed(Closed { no_core_dumps, not_traceable }), None);
    page.tell(&DoctorFinding::Swap(Swap::read(process::swaps().as_deref(), &locked)), None);
    page.tell(&DoctorFinding::Random(SystemRng::open().is_ok()), None);
}

/// Memory for each profile, and the time that the default one takes.
pub(super) async fn stretching(page: &mut Page) {
    let profiles = Profile::ALL.map(|profile| (profile, ThisMachine.prepare(profile).err())).to_vec();
    let memory = Memory { available_kib: memory::available_kib(), profiles };
    let fits = memory.fits(Profile::DEFAULT);
    page.tell(&DoctorFinding::Memory(memory), None);
    let found = if fits { measured(Profile::DEFAULT).await } else { Stretching::NotTried };
    page.tell(&DoctorFinding::Stretching(found), None);
}

async fn measured(profile: Profile) -> Stretching {
    let params = profile.params();
    let begun = Instant::now();
    let work =
        tokio::task::spawn_blocking(move || stretch(NO_PASSWORD, &[0; 32], params.m_kib, params.t, params.p).map(drop));
    match work.await {
        Ok(Ok(())) => Stretching::Took { profile, ms: begun.elapsed().as_millis() },
        Ok(Err(StretchError::NotEnoughMemory { needed_kib, available_kib })) => {
            Stretching::Failed(LocalTrouble::NotEnoughMemory { needed_kib, available_kib })
        }
        Ok(Err(StretchError::NoThreads | StretchError::BadParameters)) | Err(_) => {
            Stretching::Failed(LocalTrouble::NoThreads)
        }
    }
}
