//! The control sequences around a prompt: the terminal's own modes, which no system call knows.
//!
//! Source: xterm control sequences (DECSET, DECRST, XTSAVE, XTRESTORE, bracketed paste), and the
//! keyboard protocol of kitty ("Quickstart": push and pop). Terminals drop those that they do not
//! know; some of the old ones would print them, so those get fewer.
//!
//! Promises: what `enter` changes, `leave` gives back. Never: asks the terminal anything; the
//! answer would have to be told from what is typed.

use super::screen::Abilities;

/// What is written before a prompt and after it.
#[derive(Clone, Copy)]
pub(super) struct Codes {
    pub(super) enter: &'static str,
    pub(super) leave: &'static str,
}

/// Pasted text comes like typed text, without markers.
const PLAIN: &str = "\x1b[?2004l";
/// Pasted text comes between markers.
const MARKED: &str = "\x1b[?2004h";
/// Saves and ends reports of mouse (1000 to 1016) and window (1004); keys come in their old form.
const ENTER_PLAIN: &str = "\x1b[?1000;1002;1003;1004;1006;1015s\x1b[?1000;1002;1003;1004;1006;1015l\x1b[>0u\x1b[?2004l";
/// The same, with marked pastes.
const ENTER_MARKED: &str =
    "\x1b[?1000;1002;1003;1004;1006;1015s\x1b[?1000;1002;1003;1004;1006;1015l\x1b[>0u\x1b[?2004h";
/// Gives back what was saved; pastes are left unmarked, as every shell expects at first.
const LEAVE: &str = "\x1b[?2004l\x1b[<1u\x1b[?1000;1002;1003;1004;1006;1015r";

impl Codes {
    /// For a prompt that takes one line.
    pub(super) fn of_prompt(abilities: Abilities) -> Self {
        match abilities {
            Abilities { private_sequences: true, .. } => Self { enter: ENTER_PLAIN, leave: LEAVE },
            Abilities { control_sequences: true, .. } => Self { enter: PLAIN, leave: "" },
            _ => Self { enter: "", leave: "" },
        }
    }

    /// For a prompt that takes a whole paste.
    pub(super) fn of_text(abilities: Abilities) -> Self {
        match abilities {
            Abilities { private_sequences: true, .. } => Self { enter: ENTER_MARKED, leave: LEAVE },
            Abilities { control_sequences: true, .. } => Self { enter: MARKED, leave: PLAIN },
            _ => Self { enter: "", leave: "" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_terminal_gets_what_it_can_do_and_a_dumb_one_nothing() {
        let of = |term| Abilities::of(Some(term), None);
        for term in ["dumb", ""] {
            let (line, text) = (Codes::of_prompt(of(term)), Codes::of_text(of(term)));
            assert!([line.enter, line.leave, text.enter, text.leave].iter().all(|codes| codes.is_empty()));
        }
        // The console of Linux once printed what follows a `>`.
        assert!(!Codes::of_text(of("linux")).enter.contains('>'));
        for term in ["linux", "xterm-256color", "foot"] {
            assert!(Codes::of_prompt(of(term)).enter.ends_with(PLAIN));
            assert!(Codes::of_text(of(term)).enter.ends_with(MARKED));
            assert!(Codes::of_text(of(term)).leave.contains(PLAIN));
        }
    }
}
