//! Terminal modes for the length of one prompt, and the promise that they go back to what they
//! were.
//!
//! [`Modes`] puts them back when it is dropped. A copy lies in a process-wide place, from which the
//! panic hook restores them even if nothing is ever dropped (a build that aborts on panic).

use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, Once, PoisonError, TryLockError};

use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr,
    tcsetattr,
};

use super::secret_line::EditingKeys;

/// In the place of a special character: none (`_POSIX_VDISABLE` of Linux and the BSDs' own value,
/// which a person's keyboard does not send).
const DISABLED: u8 = if cfg!(target_os = "linux") { 0 } else { 0xff };

/// What the panic hook has to undo.
struct Disturbed {
    tty: Arc<File>,
    before: Option<Before>,
    alternate_screen: bool,
}

static DISTURBED: Mutex<Option<Disturbed>> = Mutex::new(None);

/// Makes every panic put the terminal right (echo, line mode, main screen) before anything else
/// happens.
///
/// Any thread's panic counts: in this program every panic is the end of the run. Calling it again
/// does nothing.
pub fn install_panic_restore() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore_now();
            previous(panic);
        }));
    });
}

fn restore_now() {
    // Not `lock`: the thread that panicked may hold it.
    let disturbed = match DISTURBED.try_lock() {
        Ok(mut disturbed) => disturbed.take(),
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().take(),
        Err(TryLockError::WouldBlock) => None,
    };
    if let Some(Disturbed { tty, before, alternate_screen }) = disturbed {
        if alternate_screen {
            // The outcome of a last resort is of use to nobody.
            let _ = super::write_all(&tty, super::screen::LEAVE);
        }
        if let Some(before) = before {
            before.put_back(&tty);
        }
    }
}

/// How the terminal was before a prompt.
#[derive(Clone)]
struct Before {
    modes: Termios,
    /// Whether what was typed or pasted but not read is thrown away, so that the second line of a
    /// pasted secret does not end up as a command in the person's shell.
    drops_unread: bool,
    /// What gives the terminal's own modes back that no system call knows: paste, keyboard, mouse.
    codes: &'static str,
}

impl Before {
    /// Does not wait until all output is shown, as `TCSAFLUSH` would: a stopped terminal would hold
    /// us.
    fn put_back(&self, tty: &File) {
        // All fail only if the terminal is gone, and then there is nothing to put back.
        let _ = super::write_all(tty, self.codes);
        if self.drops_unread {
            let _ = tcflush(tty, QueueSelector::IFlush);
        }
        let _ = tcsetattr(tty, OptionalActions::Now, &self.modes);
    }
}

fn remember(tty: &Arc<File>, change: impl FnOnce(&mut Disturbed)) {
    let mut place = DISTURBED.lock().unwrap_or_else(PoisonError::into_inner);
    let disturbed =
        place.get_or_insert_with(|| Disturbed { tty: Arc::clone(tty), before: None, alternate_screen: false });
    change(disturbed);
    if disturbed.before.is_none() && !disturbed.alternate_screen {
        *place = None;
    }
}

/// Notes for the panic hook whether the alternate screen is in use.
pub(super) fn note_alternate_screen(tty: &Arc<File>, in_use: bool) {
    remember(tty, |disturbed| disturbed.alternate_screen = in_use);
}

/// The terminal in the modes that one prompt needs; dropped, in the modes from before.
pub(super) struct Modes {
    tty: Arc<File>,
    before: Before,
}

impl Modes {
    /// For a secret: no echo, every byte handed over as it is typed, what was typed ahead thrown
    /// away. `codes` gives back what the prompt's own codes change.
    ///
    /// Not the kernel's line editing: that cuts a line at 4,095 bytes without a word, takes a
    /// Ctrl-V away (which people press to paste), and erases half a character where the terminal
    /// does not know that it speaks UTF-8.
    pub(super) fn secret(tty: &Arc<File>, codes: &'static str) -> io::Result<Self> {
        Self::raw(tty, codes, true, OptionalActions::Flush)
    }

    /// For something visible: the same, but what was typed ahead counts, and the echo is ours.
    pub(super) fn visible(tty: &Arc<File>, codes: &'static str, drops_unread: bool) -> io::Result<Self> {
        Self::raw(tty, codes, drops_unread, OptionalActions::Drain)
    }

    fn raw(tty: &Arc<File>, codes: &'static str, drops_unread: bool, when: OptionalActions) -> io::Result<Self> {
        let mut modes = tcgetattr(tty)?;
        let before = Before { modes: modes.clone(), drops_unread, codes };
        set_right(&mut modes);
        modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::IEXTEN;
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        Self::enter(tty, before, &modes, when)
    }

    /// While the program works and asks nothing: what is typed ahead is not shown, and thrown away.
    ///
    /// Ctrl-Z does nothing meanwhile: the shell would get a terminal without echo.
    pub(super) fn working(tty: &Arc<File>) -> io::Result<Self> {
        let mut modes = tcgetattr(tty)?;
        let before = Before { modes: modes.clone(), drops_unread: true, codes: "" };
        modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL;
        modes.local_modes |= LocalModes::ISIG;
        modes.special_codes[SpecialCodeIndex::VSUSP] = DISABLED;
        Self::enter(tty, before, &modes, OptionalActions::Now)
    }

    fn enter(tty: &Arc<File>, before: Before, modes: &Termios, when: OptionalActions) -> io::Result<Self> {
        // Remembered first: a panic between the two must find it.
        remember(tty, |disturbed| disturbed.before = Some(before.clone()));
        let entered = Self { tty: Arc::clone(tty), before };
        tcsetattr(tty, when, modes)?;
        Ok(entered)
    }

    /// The keys by which this person's terminal edits a line.
    pub(super) fn editing_keys(&self) -> EditingKeys {
        let codes = &self.before.modes.special_codes;
        EditingKeys {
            erase: codes[SpecialCodeIndex::VERASE],
            erase_word: codes[SpecialCodeIndex::VWERASE],
            kill: codes[SpecialCodeIndex::VKILL],
            end_of_file: codes[SpecialCodeIndex::VEOF],
        }
    }
}

/// Undoes what a program that crashed, or an `stty` of long ago, may have left: modes in which the
/// kernel drops or changes what is typed. A password must arrive as it was typed, or it opens
/// nothing at the next terminal.
fn set_right(modes: &mut Termios) {
    // IGNCR drops Enter, INLCR turns Ctrl-J into it, ISTRIP takes the eighth bit of every byte,
    // IUCLC makes capitals small, PARMRK doubles bytes.
    modes.input_modes -= InputModes::IGNCR | InputModes::INLCR | InputModes::ISTRIP | InputModes::PARMRK;
    modes.input_modes |= InputModes::ICRNL;
    modes.output_modes |= OutputModes::OPOST | OutputModes::ONLCR;
    modes.output_modes -= OutputModes::OCRNL | OutputModes::ONOCR | OutputModes::ONLRET;
    modes.local_modes |= LocalModes::ISIG;
    modes.local_modes -= LocalModes::NOFLSH;
    #[cfg(target_os = "linux")]
    {
        modes.input_modes -= InputModes::IUCLC;
        modes.input_modes |= InputModes::IUTF8;
        modes.output_modes -= OutputModes::OLCUC;
        modes.local_modes -= LocalModes::XCASE | LocalModes::EXTPROC;
    }
    // Ctrl-C, where no key stops a program.
    if modes.special_codes[SpecialCodeIndex::VINTR] == 0 {
        modes.special_codes[SpecialCodeIndex::VINTR] = 3;
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        self.before.put_back(&self.tty);
        remember(&self.tty, |disturbed| disturbed.before = None);
    }
}
