//! The terminal of Unix: `/dev/tty`, its modes, and waiting with `poll`.
//!
//! On macOS `poll` does not work on `/dev/tty`; there the waiting needs `select`.

use std::fs::{File, OpenOptions};
use std::io;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr,
    tcgetpgrp, tcgetwinsize, tcsetattr,
};

use super::modes::When;
use super::screen::Abilities;
use super::secret_line::EditingKeys;
use super::{ReadTrouble, Wake};
use crate::port::process::TERMINAL;
use crate::ui::signals::Prompting;

/// In the place of a special character: none (`_POSIX_VDISABLE` of Linux and the BSDs' own value,
/// which a person's keyboard does not send).
const DISABLED: u8 = if cfg!(target_os = "linux") { 0 } else { 0xff };

impl From<Errno> for ReadTrouble {
    fn from(errno: Errno) -> Self {
        match errno {
            // What a read says after the terminal was hung up.
            Errno::IO => Self::Closed,
            other => Self::Io(other.into()),
        }
    }
}

/// The controlling terminal.
pub(super) struct Device {
    tty: File,
    /// The same terminal opened once more, to read without ever blocking: Ctrl-C throws away what
    /// was typed, so what `poll` saw may be gone.
    input: File,
}

impl Device {
    /// `None` if there is none, or it cannot be used.
    pub(super) fn open() -> Option<Self> {
        let tty = OpenOptions::new().read(true).write(true).open(TERMINAL).ok()?;
        let nonblocking = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let input = File::from(rustix::fs::open(TERMINAL, nonblocking, Mode::empty()).ok()?);
        Some(Self { tty, input })
    }

    /// Which control sequences it takes, by what the environment says of it.
    #[allow(clippy::unused_self, reason = "elsewhere the terminal itself is asked")]
    pub(super) fn abilities(&self) -> Abilities {
        let (term, sty) = (std::env::var("TERM").ok(), std::env::var("STY").ok());
        Abilities::of(term.as_deref(), sty.as_deref())
    }

    /// Columns and rows; 0 for what it does not say.
    pub(super) fn size(&self) -> Option<(u16, u16)> {
        tcgetwinsize(&self.tty).ok().map(|size| (size.ws_col, size.ws_row))
    }

    /// Whether this process is in the foreground.
    pub(super) fn is_ours(&self) -> bool {
        tcgetpgrp(&self.tty).is_ok_and(|front| front == getpgrp())
    }

    /// Whether another one is.
    pub(super) fn belongs_to_others(&self) -> bool {
        tcgetpgrp(&self.tty).is_ok_and(|foreground| foreground != getpgrp())
    }

    /// The settings that it has now.
    pub(super) fn settings(&self) -> io::Result<Settings> {
        Ok(Settings(tcgetattr(&self.tty)?))
    }

    /// Gives it other settings.
    pub(super) fn set(&self, settings: &Settings, when: When) -> io::Result<()> {
        let when = match when {
            When::Now => OptionalActions::Now,
            When::Shown => OptionalActions::Drain,
            When::Afresh => OptionalActions::Flush,
        };
        Ok(tcsetattr(&self.tty, when, &settings.0)?)
    }

    /// Throws away what was typed and not read. Fails only if the terminal is gone.
    pub(super) fn forget_typed(&self) {
        let _ = tcflush(&self.tty, QueueSelector::IFlush);
    }

    /// Waits until there is something to read, for so long at most; `None` if nothing came. A
    /// signal that asks for the end goes before input; another size counts if `resizes`.
    pub(super) fn wait(
        &self,
        prompting: &Prompting,
        patience: Option<Duration>,
        resizes: bool,
    ) -> Result<Option<Wake>, ReadTrouble> {
        let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
        loop {
            let mut watched = [
                PollFd::new(prompting.ended(), PollFlags::IN),
                PollFd::new(prompting.paused(), PollFlags::IN),
                PollFd::new(&self.tty, PollFlags::IN),
                PollFd::new(prompting.resized(), PollFlags::IN),
            ];
            let watched = if resizes { &mut watched[..] } else { &mut watched[..3] };
            let count = match poll(watched, patience.as_ref()) {
                // A handler ran: what it wrote is found by the next round.
                Err(Errno::INTR) => continue,
                other => other?,
            };
            let mut ready = watched.iter().map(|watched| !watched.revents().is_empty());
            let [ended, paused, input, resized] = [(); 4].map(|()| ready.next().unwrap_or_default());
            if ended {
                return Err(ReadTrouble::of_signal());
            }
            if paused {
                return Ok(Some(Wake::Pause));
            }
            if input {
                return Ok(Some(Wake::Input));
            }
            if resized {
                return Ok(Some(Wake::Resize));
            }
            if count == 0 {
                return Ok(None);
            }
        }
    }

    /// One `read(2)`, straight into `room`; `None` if there is nothing to read after all.
    pub(super) fn read(&self, room: &mut [u8]) -> Result<Option<usize>, ReadTrouble> {
        loop {
            match rustix::io::read(&self.input, &mut *room) {
                Err(Errno::INTR) => {}
                // The signal that took the input away is found by the next wait.
                Err(Errno::AGAIN) => return Ok(None),
                Ok(0) => return Err(ReadTrouble::Closed),
                Ok(count) => return Ok(Some(count)),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Takes what arrives within that time into `room`, for nobody; false if nothing more did.
    pub(super) fn drop_some(&self, quiet: Duration, room: &mut [u8]) -> bool {
        let patience = Timespec::try_from(quiet).ok();
        let mut watched = [PollFd::new(&self.input, PollFlags::IN)];
        match poll(&mut watched, patience.as_ref()) {
            Err(Errno::INTR) => true,
            Ok(ready) if ready > 0 => matches!(rustix::io::read(&self.input, room), Ok(count) if count > 0),
            _ => false,
        }
    }

    /// Writes all of `rest` with `write(2)`.
    pub(super) fn write_all(&self, mut rest: &[u8]) -> io::Result<()> {
        while !rest.is_empty() {
            match rustix::io::write(&self.tty, rest) {
                Ok(count) => rest = &rest[count..],
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }
}

/// What the kernel does with what is typed and shown.
#[derive(Clone)]
pub(super) struct Settings(Termios);

impl Settings {
    /// The same for a prompt: no echo, every byte handed over as it is typed.
    pub(super) fn for_typing(&self) -> Self {
        let mut modes = self.0.clone();
        set_right(&mut modes);
        modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::IEXTEN;
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        Self(modes)
    }

    /// The same for a prompt that takes pastes: Ctrl-C and Ctrl-Z arrive as bytes, and whoever
    /// reads them knows whether they are keys.
    pub(super) fn for_pasting(&self) -> Self {
        let Self(mut modes) = self.for_typing();
        for key in [SpecialCodeIndex::VINTR, SpecialCodeIndex::VQUIT, SpecialCodeIndex::VSUSP] {
            modes.special_codes[key] = DISABLED;
        }
        Self(modes)
    }

    /// The same while nothing is asked: no echo, Ctrl-C works, Ctrl-Z does not.
    pub(super) fn for_working(&self) -> Self {
        let mut modes = self.0.clone();
        modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL;
        modes.local_modes |= LocalModes::ISIG;
        modes.special_codes[SpecialCodeIndex::VSUSP] = DISABLED;
        Self(modes)
    }

    /// Whether what is typed is shown.
    pub(super) fn echo(&self) -> bool {
        self.0.local_modes.contains(LocalModes::ECHO)
    }

    /// The keys by which a line is edited.
    pub(super) fn editing_keys(&self) -> EditingKeys {
        let codes = &self.0.special_codes;
        let or_usual = |key, usual| if codes[key] == DISABLED { usual } else { codes[key] };
        EditingKeys {
            erase: codes[SpecialCodeIndex::VERASE],
            erase_word: codes[SpecialCodeIndex::VWERASE],
            kill: codes[SpecialCodeIndex::VKILL],
            end_of_file: codes[SpecialCodeIndex::VEOF],
            interrupt: or_usual(SpecialCodeIndex::VINTR, 3),
            // Where no key stops a program, none does here.
            suspend: Some(codes[SpecialCodeIndex::VSUSP]).filter(|key| *key != DISABLED),
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

#[cfg(all(test, target_os = "linux"))]
#[path = "unix_tests.rs"]
mod tests;
