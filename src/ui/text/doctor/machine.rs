//! What is said of this computer.

use super::Words;
use crate::doctor::machine::{Closed, Locked, Memory, Program, Stretching, Swap, Terminal};
use crate::ui::text::{local, memory, system};
use firstkey_core::crypto::kdf::Profile;
use firstkey_core::flow::stop::LocalTrouble;
use firstkey_core::wire::text::Printable;

pub(super) fn program(program: &Program) -> Words {
    let kernel = program.kernel.as_ref().map(|kernel| system::release(kernel.as_str())).unwrap_or_default();
    let features = if program.features.is_empty() { "none".to_owned() } else { program.features.join(", ") };
    Words::of("Program", format!("Version {} on {}{kernel}", program.version, program.system))
        .and(format!("Features: {features}"))
}

pub(super) fn terminal(terminal: Option<&Terminal>) -> Words {
    const TITLE: &str = "Terminal";
    let Some(terminal) = terminal else {
        return Words::of(TITLE, "There is none, so commands cannot ask anything.")
            .then("If you are at a screen: start firstkey in a terminal (with ssh: ssh -t).")
            .then("In a script: give every answer by a flag. The command names what is missing.");
    };
    let term = terminal.term.as_ref().map_or("not set", Printable::as_str);
    let mut words = Words::of(TITLE, system::terminal(terminal.columns, term));
    words = if terminal.hides_typing {
        words.and("Passwords are invisible while you type.")
    } else {
        words
            .and("It cannot hide what you type, so commands cannot ask for a password.")
            .then("Use another terminal program.")
    };
    words = if terminal.forgets {
        words.and("Recovery codes are shown on a separate screen that is not kept.")
    } else {
        words
            .and("It has no separate screen: a recovery code stays in its scroll-back.")
            .then("Close the window after you write a code down, or save the kit with --kit-out PATH.")
    };
    if terminal.is_narrow() { words.then("Make the window at least 40 columns wide.") } else { words }
}

pub(super) fn locked(locked: Locked) -> Words {
    const TITLE: &str = "Locked memory";
    let limit = locked.limit_kib.map_or_else(|| "without limit".to_owned(), |kib| format!("up to {}", memory(kib)));
    if locked.typing {
        return Words::of(TITLE, format!("What you type is kept out of the {} ({limit}).", system::swap()))
            .and("The memory for securing a password is locked only if all of it fits.");
    }
    Words::of(TITLE, format!("Memory cannot be locked ({limit}): what you type could reach the {}.", system::swap()))
        .then(system::raise_lock_limit())
}

pub(super) fn closed(closed: Closed) -> Words {
    const TITLE: &str = "Closed process";
    match (closed.no_core_dumps, closed.not_traceable) {
        (true, true) => Words::of(
            TITLE,
            format!("It writes no {}, and your other programs cannot read its memory.", system::dumps()),
        ),
        (dumps, traces) => {
            let mut words = Words::of(TITLE, "This system does not protect the process fully:");
            if !dumps {
                words = words.and("a crash could write its memory to disk;");
            }
            if !traces {
                words = words.and("your other programs could read its memory;");
            }
            words.and("commands still work.").then("If that matters to you, use another computer.")
        }
    }
}

pub(super) fn swap(swap: Swap) -> Words {
    let title = system::swap_title();
    match swap {
        Swap::NotSaid => Words::of(title, "The system does not say whether it has any."),
        Swap::None => Words::of(title, "None: memory never goes to disk."),
        Swap::InMemory => Words::of(title, system::swap_in_memory()),
        Swap::OnDisk { kib, kept_out: true } => {
            Words::of(title, format!("{} on disk. Memory that holds secrets is locked.", memory(kib)))
        }
        Swap::OnDisk { kib, kept_out: false } => Words::of(title, format!("{} on disk.", memory(kib)))
            .and("While a password is secured, some memory could be written there.")
            .then(system::encrypt_swap()),
    }
}

pub(super) fn memory_of_profiles(found: &Memory) -> Words {
    const TITLE: &str = "Memory";
    let available = found.available_kib.map_or_else(
        || "The system does not say how much is free.".to_owned(),
        |kib| format!("{} are free for this program.", memory(kib)),
    );
    let mut words = Words::of(TITLE, available);
    for (profile, trouble) in &found.profiles {
        let size = memory(u64::from(profile.params().m_kib));
        let usual = if *profile == Profile::DEFAULT { ", the usual one" } else { "" };
        let fits = if trouble.is_none() { "fits" } else { "does not fit now" };
        words = words.and(format!("Profile {} ({size}{usual}): {fits}", profile.id()));
    }
    if found.fits(Profile::DEFAULT) {
        if Profile::ALL.iter().all(|profile| found.fits(*profile)) {
            return words;
        }
        return words.and("That matters only if your organisation requires that profile.");
    }
    words.then("Close some programs. In a container, raise its memory limit.")
}

pub(super) fn stretching(found: &Stretching) -> Words {
    const TITLE: &str = "Securing a password";
    match found {
        Stretching::Took { profile, ms } => {
            let size = memory(u64::from(profile.params().m_kib));
            Words::of(
                TITLE,
                format!("Profile {} ({size}) takes {}.{} s here.", profile.id(), ms / 1000, ms % 1000 / 100),
            )
        }
        Stretching::NotTried => Words::of(TITLE, "Not tried: there is not enough memory.").then("Free memory first."),
        Stretching::Failed(trouble) => Words::told(TITLE, local::trouble(trouble)),
    }
}

pub(super) fn random(answers: bool) -> Words {
    const TITLE: &str = "Randomness";
    if answers {
        Words::of(TITLE, "The system's generator works.")
    } else {
        Words::told(TITLE, local::trouble(&LocalTrouble::Random))
    }
}
