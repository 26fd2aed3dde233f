//! Terminal modes for the length of one prompt, and the promise that they go back to what they
//! were.
//!
//! [`Modes`] puts them back when it is dropped. A copy lies in a process-wide place, from which the
//! panic hook restores them even if nothing is ever dropped (a build that aborts on panic).

use std::io;
use std::sync::{Arc, Mutex, Once, PoisonError, TryLockError};

use super::secret_line::EditingKeys;
use super::system::{Device, Settings};

/// When other settings come into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// At once.
    Now,
    /// When all output was shown.
    Shown,
    /// Then, and what was typed ahead is thrown away.
    Afresh,
}

/// What the panic hook has to undo.
struct Disturbed {
    device: Arc<Device>,
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
    if let Some(Disturbed { device, before, alternate_screen }) = disturbed {
        if alternate_screen {
            // The outcome of a last resort is of use to nobody.
            let _ = device.write_all(super::screen::LEAVE.as_bytes());
        }
        if let Some(before) = before {
            before.put_back(&device);
        }
    }
}

/// How the terminal was before a prompt.
#[derive(Clone)]
struct Before {
    settings: Settings,
    /// Whether what was typed or pasted but not read is thrown away, so that the second line of a
    /// pasted secret does not end up as a command in the person's shell.
    drops_unread: bool,
    /// What gives the terminal's own modes back that no system call knows: paste, keyboard, mouse.
    codes: &'static str,
}

impl Before {
    /// Does not wait until all output is shown, as `TCSAFLUSH` would: a stopped terminal would hold
    /// us.
    fn put_back(&self, device: &Device) {
        // All fail only if the terminal is gone, and then there is nothing to put back.
        let _ = device.write_all(self.codes.as_bytes());
        if self.drops_unread {
            device.forget_typed();
        }
        let _ = device.set(&self.settings, When::Now);
    }
}

fn remember(device: &Arc<Device>, change: impl FnOnce(&mut Disturbed)) {
    let mut place = DISTURBED.lock().unwrap_or_else(PoisonError::into_inner);
    let disturbed =
        place.get_or_insert_with(|| Disturbed { device: Arc::clone(device), before: None, alternate_screen: false });
    change(disturbed);
    if disturbed.before.is_none() && !disturbed.alternate_screen {
        *place = None;
    }
}

/// Notes for the panic hook whether the alternate screen is in use.
pub(super) fn note_alternate_screen(device: &Arc<Device>, in_use: bool) {
    remember(device, |disturbed| disturbed.alternate_screen = in_use);
}

/// The terminal in the modes that one prompt needs; dropped, in the modes from before.
pub(super) struct Modes {
    device: Arc<Device>,
    before: Before,
}

impl Modes {
    /// For a secret: no echo, every byte handed over as it is typed, what was typed ahead thrown
    /// away. `codes` gives back what the prompt's own codes change.
    ///
    /// Not the kernel's line editing: that cuts a line at 4,095 bytes without a word, takes a
    /// Ctrl-V away (which people press to paste), and erases half a character where the terminal
    /// does not know that it speaks UTF-8.
    pub(super) fn secret(device: &Arc<Device>, codes: &'static str) -> io::Result<Self> {
        Self::typing(device, codes, true, When::Afresh)
    }

    /// For something visible: the same, but what was typed ahead counts, and the echo is ours.
    pub(super) fn visible(device: &Arc<Device>, codes: &'static str) -> io::Result<Self> {
        Self::typing(device, codes, false, When::Shown)
    }

    /// For something visible that may be a paste: Ctrl-C and Ctrl-Z are bytes like others, since
    /// inside a paste they are no keys.
    pub(super) fn paste(device: &Arc<Device>, codes: &'static str) -> io::Result<Self> {
        let settings = device.settings()?;
        let typing = settings.for_pasting();
        Self::enter(device, Before { settings, drops_unread: true, codes }, &typing, When::Shown)
    }

    fn typing(device: &Arc<Device>, codes: &'static str, drops_unread: bool, when: When) -> io::Result<Self> {
        let settings = device.settings()?;
        let typing = settings.for_typing();
        Self::enter(device, Before { settings, drops_unread, codes }, &typing, when)
    }

    /// While the program works and asks nothing: what is typed ahead is not shown, and thrown away.
    ///
    /// Ctrl-Z does nothing meanwhile: the shell would get a terminal without echo.
    pub(super) fn working(device: &Arc<Device>) -> io::Result<Self> {
        let settings = device.settings()?;
        let working = settings.for_working();
        Self::enter(device, Before { settings, drops_unread: true, codes: "" }, &working, When::Now)
    }

    fn enter(device: &Arc<Device>, before: Before, settings: &Settings, when: When) -> io::Result<Self> {
        // Remembered first: a panic between the two must find it.
        remember(device, |disturbed| disturbed.before = Some(before.clone()));
        let entered = Self { device: Arc::clone(device), before };
        device.set(settings, when)?;
        Ok(entered)
    }

    /// The keys by which this person's terminal edits a line.
    pub(super) fn editing_keys(&self) -> EditingKeys {
        self.before.settings.editing_keys()
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        self.before.put_back(&self.device);
        remember(&self.device, |disturbed| disturbed.before = None);
    }
}
