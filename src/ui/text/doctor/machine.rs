//! What is said of this computer.

use super::Words;
use crate::crypto::kdf::Profile;
use crate::doctor::machine::{Closed, Locked, Memory, Program, Stretching, Swap, Terminal};
use crate::flow::stop::LocalTrouble;
use crate::ui::text::{local, memory};
use crate::wire::text::Printable;

pub(super) fn program(program: &Program) -> Words {
    let kernel = program.kernel.as_ref().map(|kernel| format!(", kernel {}", kernel.as_str())).unwrap_or_default();
    let features = if program.features.is_empty() { "none".to_owned() } else { program.features.join(", ") };
    Words::of("Program", format!("Version {} on {}{kernel}", program.version, program.system)).and(format!("Features: {features}"))
}

pub(super) fn terminal(terminal: Option<&Terminal>) -> Words {
    const TITLE: &str = "Terminal";
    let Some(terminal) = terminal else {
        return Words::of(TITLE, "There is none: nobody can be asked anything.")
            .then("For people: start firstkey in a terminal (with ssh: ssh -t).")
            .then("For scripts: give every answer by a flag; the command names what is missing.");
    };
    let term = terminal.term.as_ref().map_or("not set", Printable::as_str);
    let mut words = Words::of(TITLE, format!("{} columns, TERM is {term}.", terminal.columns));
    words = if terminal.hides_typing {
        words.and("What you type for a password stays invisible.")
    } else {
        words.and("It cannot make typing invisible, so no password can be asked for.").then("Use another terminal program.")
    };
    words = if terminal.forgets {
        words.and("A recovery code is shown on a screen that forgets it.")
    } else {
        words
            .and("It has no screen that forgets: a recovery code stays in what can be scrolled back to.")
            .then("Close the window after you wrote a code down, or save the kit with --kit-out PATH.")
    };
    if terminal.is_narrow() { words.then("Make the window wider, to 40 columns at least.") } else { words }
}

pub(super) fn locked(locked: Locked) -> Words {
    const TITLE: &str = "Locked memory";
    let limit = locked.limit_kib.map_or_else(|| "without limit".to_owned(), |kib| format!("up to {}", memory(kib)));
    if locked.typing {
        return Words::of(TITLE, format!("What you type is kept out of the swap ({limit}).")).and(
            "The memory for stretching a password is locked only where all of it fits.",
        );
    }
    Words::of(TITLE, format!("Memory cannot be locked ({limit}): what you type could reach the swap."))
        .then("Raise the limit of locked memory (ulimit -l) to 64 KiB or more.")
}

pub(super) fn closed(closed: Closed) -> Words {
    const TITLE: &str = "Closed process";
    match (closed.no_core_dumps, closed.not_traceable) {
        (true, true) => Words::of(TITLE, "No core dumps; other programs of yours cannot look into its memory."),
        (dumps, traces) => {
            let mut words = Words::of(TITLE, "This system does not let the process be closed:");
            if !dumps {
                words = words.and("a crash could write its memory to the disk;");
            }
            if !traces {
                words = words.and("other programs of yours could look into its memory;");
            }
            words.and("Commands work all the same.").then("If that matters to you, use another computer for this.")
        }
    }
}

pub(super) fn swap(swap: Swap) -> Words {
    const TITLE: &str = "Swap";
    match swap {
        Swap::NotSaid => Words::of(TITLE, "The system does not say whether there is any."),
        Swap::None => Words::of(TITLE, "None: memory never goes to a disk."),
        Swap::InMemory => Words::of(TITLE, "In memory (zram): it never goes to a disk."),
        Swap::OnDisk { kib, kept_out: true } => {
            Words::of(TITLE, format!("{} on a disk; the memory that holds secrets is locked.", memory(kib)))
        }
        Swap::OnDisk { kib, kept_out: false } => Words::of(TITLE, format!("{} on a disk.", memory(kib)))
            .and("While a password is stretched, some of that memory could be written there.")
            .then("See that the swap is encrypted, as it is where the whole disk is."),
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
        return words.and("That matters only if your organisation asks for that profile.");
    }
    words.then("Close something; in a container, raise its memory limit.")
}

pub(super) fn stretching(found: &Stretching) -> Words {
    const TITLE: &str = "Stretching a password";
    match found {
        Stretching::Took { profile, ms } => {
            let size = memory(u64::from(profile.params().m_kib));
            Words::of(TITLE, format!("One stretch of profile {} ({size}) takes {}.{} s here.", profile.id(), ms / 1000, ms % 1000 / 100))
        }
        Stretching::NotTried => Words::of(TITLE, "It was not tried: there is not enough memory.").then("See to the memory first."),
        Stretching::Failed(trouble) => Words::told(TITLE, local::trouble(trouble)),
    }
}

pub(super) fn random(answers: bool) -> Words {
    const TITLE: &str = "Randomness";
    if answers {
        Words::of(TITLE, "The system's generator answers.")
    } else {
        Words::told(TITLE, local::trouble(&LocalTrouble::Random))
    }
}
