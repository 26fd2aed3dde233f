//! The alternate screen: what is shown there leaves no trace in the scroll-back.

use std::ops::{Deref, DerefMut};

use super::{Terminal, modes};

/// Switches to the alternate screen, wipes it, and starts at its top left corner.
pub(super) const ENTER: &str = "\x1b[?1049h\x1b[2J\x1b[H";
/// Wipes it, and starts at its top left corner again.
pub(super) const CLEAR: &str = "\x1b[2J\x1b[H";
/// Wipes the alternate screen before leaving it: some terminals let people look back at it.
pub(super) const LEAVE: &str = "\x1b[2J\x1b[H\x1b[?1049l";

/// Which control sequences may be sent to this terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Abilities {
    /// Understands control sequences at all, so that turning bracketed paste off is not printed as
    /// rubbish.
    pub(super) control_sequences: bool,
    /// Has an alternate screen.
    pub(super) alternate_screen: bool,
    /// Takes private sequences that it does not know for what they are, and drops them.
    pub(super) private_sequences: bool,
}

impl Abilities {
    /// By `TERM`, and `STY`, which GNU screen sets and tmux, that uses the same `TERM`, does not.
    ///
    /// A terminal that ignores the sequence would keep the recovery kit in its scroll-back, so
    /// doubt means no: the Linux console and the old hardware have one screen only, and GNU screen
    /// ships with `altscreen off`.
    #[cfg(any(unix, test))]
    pub(super) fn of(term: Option<&str>, sty: Option<&str>) -> Self {
        let name = term.unwrap_or_default();
        let control_sequences = !matches!(name, "" | "dumb" | "unknown" | "emacs" | "cons25");
        let one_screen_only = ["linux", "vt", "ansi", "sun", "wyse"].iter().any(|family| name.starts_with(family));
        let inside_gnu_screen = sty.is_some_and(|sty| !sty.is_empty());
        let private_sequences = control_sequences && !one_screen_only;
        Self { control_sequences, alternate_screen: private_sequences && !inside_gnu_screen, private_sequences }
    }
}

/// The terminal, showing its alternate screen; dropped (also by a panic), the main one, untouched.
pub struct Alternate<'t>(&'t mut Terminal);

impl<'t> Alternate<'t> {
    /// `None` if the terminal has no alternate screen, or none that can be trusted to forget.
    pub(super) fn enter(terminal: &'t mut Terminal) -> Option<Self> {
        if !terminal.abilities.alternate_screen {
            return None;
        }
        modes::note_alternate_screen(&terminal.device, true);
        let alternate = Self(terminal);
        alternate.write(ENTER).ok()?;
        alternate.0.elsewhere = true;
        Some(alternate)
    }
}

impl Deref for Alternate<'_> {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        self.0
    }
}

impl DerefMut for Alternate<'_> {
    fn deref_mut(&mut self) -> &mut Terminal {
        self.0
    }
}

impl Drop for Alternate<'_> {
    fn drop(&mut self) {
        self.0.elsewhere = false;
        // Fails only if the terminal is gone, and its screens with it.
        let _ = self.0.write(LEAVE);
        modes::note_alternate_screen(&self.0.device, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_that_might_keep_the_text_has_no_alternate_screen() {
        for (term, sty) in [
            (None, None),
            (Some(""), None),
            (Some("dumb"), None),
            (Some("linux"), None),
            (Some("vt100"), None),
            (Some("screen.xterm-256color"), Some("4711.pts-0.host")),
        ] {
            assert!(!Abilities::of(term, sty).alternate_screen, "{term:?} {sty:?}");
        }
        for term in ["xterm-256color", "tmux-256color", "screen", "foot"] {
            assert!(Abilities::of(Some(term), None).alternate_screen, "{term}");
        }
    }

    #[test]
    fn a_dumb_terminal_gets_no_control_sequences() {
        assert!(!Abilities::of(Some("dumb"), None).control_sequences);
        assert!(Abilities::of(Some("linux"), None).control_sequences);
    }
}
