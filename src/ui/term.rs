//! The controlling terminal: where a person reads and types, whatever standard input and output are
//! connected to.
//!
//! Promises:
//! - A secret goes from `read(2)` into the caller's fixed buffer: no `String`, no buffered reader,
//!   nothing that grows.
//! - While it is typed there is no echo. The echo is back after a return, an error, Ctrl-C,
//!   SIGTERM, SIGHUP, SIGQUIT, a panic ([`install_panic_restore`]), and while the program is
//!   stopped by Ctrl-Z.
//! - A signal ends every wait; nothing hangs until the next key.
//! - Whatever modes the terminal was left in, a prompt gets what is typed as it was typed; on every
//!   way out the modes are those from before.
//! - What was pasted and not read is thrown away before the program ends, so that a shell never
//!   runs it.
//! - Output is appended, never redrawn, but for a character that is taken back. The only control
//!   sequences are those of `codes` and the alternate screen, and a dumb terminal gets none.
//!
//! Never: standard input or standard output; a secret in this module's own memory; a secret cut to
//! fit.
//!
//! What a terminal is lies with the system: `Device` has the same names on each.

mod codes;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod keys;
mod modes;
mod screen;
mod secret_line;
#[cfg(unix)]
mod unix;
mod visible_text;
#[cfg(windows)]
mod windows;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(unix)]
use self::unix as system;
#[cfg(windows)]
use self::windows as system;
use zeroize::{Zeroize, Zeroizing};

use self::codes::Codes;
use self::modes::Modes;
use self::screen::Abilities;
use self::secret_line::SecretLine;
use self::system::Device;
use self::visible_text::{Progress, VisibleText};
use super::signals::{self, Prompting, Signal};

pub use self::modes::install_panic_restore;
pub use self::screen::Alternate;
pub use self::secret_line::SPARE;
pub use self::visible_text::Summary;

/// Columns to assume where the terminal does not say.
const USUAL_WIDTH: u16 = 80;
/// Rows to assume there.
const USUAL_HEIGHT: u16 = 24;

/// How long more of a paste may take to arrive, in milliseconds: terminals and SSH hand it on in
/// pieces.
const QUIET: u64 = 120;
/// How long the next piece of a paste may take that is being thrown away.
const SLOW_PIECES: Duration = Duration::from_millis(600);
/// How long all of what is thrown away may take.
const LONGEST_DRAIN: Duration = Duration::from_secs(30);

/// Why nothing was read. In every case the terminal is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum ReadTrouble {
    /// Ctrl-C. The program says so and ends with exit code 130.
    #[error("stopped by Ctrl-C")]
    Interrupted,
    /// Another signal asked the program to end.
    #[error("stopped by a signal")]
    Terminated(Signal),
    /// No more can come: Ctrl-D on an empty line, or the terminal went away.
    #[error("the terminal was closed")]
    Closed,
    /// The line has more bytes than fit. The whole of it was taken off the terminal; nothing was
    /// kept.
    #[error("the line is too long")]
    TooLong,
    /// The line is not UTF-8.
    #[error("the line is not UTF-8 text")]
    NotUtf8,
    /// A secret holds this control character, which was hardly meant: 0x16 is Ctrl-V where it does
    /// not paste, 0x1b an arrow key, 0x0a says that several lines were pasted at once.
    #[error("the line holds a control character")]
    ControlCharacter(u8),
    /// The separate screen has to be drawn anew: the window has another size, or the program was
    /// stopped and goes on. What was typed there is gone.
    #[error("the screen has to be drawn anew")]
    Redraw,
    /// The terminal failed in another way.
    #[error("the terminal failed")]
    Io(#[from] io::Error),
}

impl ReadTrouble {
    /// The signal that asked for the end.
    fn of_signal() -> Self {
        match signals::pending() {
            Some(Signal::Interrupt) | None => Self::Interrupted,
            Some(signal) => Self::Terminated(signal),
        }
    }
}

/// Why a wait for input ended without trouble.
enum Wake {
    /// There is something to read.
    Input,
    /// Ctrl-Z was pressed.
    Pause,
    /// The window got another size, while the separate screen is shown.
    Resize,
}

/// The controlling terminal of this process.
pub struct Terminal {
    device: Arc<Device>,
    abilities: Abilities,
    /// Whether the separate screen is shown.
    elsewhere: bool,
    /// Whether anything was asked: only then may the rest of a paste be on its way.
    asked: bool,
    /// Whether a secret was asked for: only then might one be typed ahead.
    asked_secret: bool,
    /// The modes while the program works.
    working: Option<Modes>,
}

impl Terminal {
    /// The controlling terminal, or `None` if there is none (a service, a CI job) or it cannot be
    /// used. Takes over the signals (see [`signals::install`]).
    pub fn open() -> Option<Self> {
        let device = Device::open()?;
        signals::install().ok()?;
        Some(Self {
            abilities: device.abilities(),
            device: Arc::new(device),
            elsewhere: false,
            asked: false,
            asked_secret: false,
            working: None,
        })
    }

    /// Columns; 80 where the terminal does not say.
    pub fn width(&self) -> usize {
        let columns = self.device.size().map_or(0, |(columns, _)| columns);
        usize::from(if columns == 0 { USUAL_WIDTH } else { columns })
    }

    /// Rows; 24 where the terminal does not say.
    pub fn height(&self) -> usize {
        let rows = self.device.size().map_or(0, |(_, rows)| rows);
        usize::from(if rows == 0 { USUAL_HEIGHT } else { rows })
    }

    /// Wipes the separate screen, if it is shown, for whoever draws it anew at the window's size.
    pub(super) fn clear_page(&self) -> io::Result<()> {
        signals::forget_resizes();
        if self.elsewhere { self.write(screen::CLEAR) } else { Ok(()) }
    }

    /// Whether typing can be made invisible: it is tried, and the terminal is as before afterwards.
    pub fn hides_typing(&self) -> bool {
        let Ok(_modes) = Modes::secret(&self.device, "") else { return false };
        self.device.settings().is_ok_and(|settings| !settings.echo())
    }

    /// Whether it has a screen that forgets what it showed; see [`Terminal::alternate`].
    pub fn forgets(&self) -> bool {
        self.abilities.alternate_screen
    }

    /// From here until the next prompt or [`Self::rest`] the program works: what is typed
    /// meanwhile, such as the password once more, is neither shown nor taken for an answer. Nothing
    /// before the first secret, and nothing in the background, where the terminal is somebody
    /// else's.
    pub fn work(&mut self) {
        if self.asked_secret && self.working.is_none() && self.device.is_ours() {
            // What cannot be had is not worth an end.
            self.working = Modes::working(&self.device).ok();
        }
    }

    /// The program has done its work.
    pub fn rest(&mut self) {
        self.working = None;
    }

    /// Writes all of `text`, at once: nothing is kept in a buffer on the way.
    pub fn write(&self, text: &str) -> io::Result<()> {
        self.device.write_all(text.as_bytes())
    }

    /// Reads a line that must not be seen into `into`, and says how many bytes it has.
    ///
    /// The line may have up to `into.len() - SPARE` bytes; the last [`SPARE`] bytes are working
    /// room. It is UTF-8 without control characters and without its line end. Everything in `into`
    /// that is not the line is wiped; after an error, all of it is.
    ///
    /// What was typed before the prompt appeared is thrown away, and so is what follows the line's
    /// end. Ctrl-Z starts the line anew when the program goes on.
    pub fn read_secret(&mut self, prompt: &str, into: &mut [u8]) -> Result<usize, ReadTrouble> {
        self.rest();
        self.asked_secret = true;
        self.asked = true;
        let prompting = Prompting::begin()?;
        let outcome = self.type_secret(&prompting, prompt, into);
        if outcome.is_err() {
            into.zeroize();
        }
        outcome
    }

    fn type_secret(&self, prompting: &Prompting, prompt: &str, into: &mut [u8]) -> Result<usize, ReadTrouble> {
        loop {
            // Before the prompt: whoever waits for the prompt may type at once.
            let codes = Codes::of_prompt(self.abilities);
            let modes = Modes::secret(&self.device, codes.leave)?;
            self.write(codes.enter)?;
            self.write(prompt)?;
            let mut line = SecretLine::new(into, modes.editing_keys());
            match self.or_drained(self.fill(prompting, &mut line)) {
                Ok(Wake::Input) => {
                    self.write("\n")?;
                    return line.finish();
                }
                Ok(Wake::Pause | Wake::Resize) => {
                    drop(modes);
                    prompting.stop()?;
                }
                Err(trouble) => {
                    // The Enter that was not echoed; the caller's next words start on a line of
                    // their own.
                    let _ = self.write("\n");
                    return Err(trouble);
                }
            }
        }
    }

    /// Reads until the line is complete ([`Wake::Input`]) or Ctrl-Z comes.
    fn fill(&self, prompting: &Prompting, line: &mut SecretLine<'_>) -> Result<Wake, ReadTrouble> {
        loop {
            match self.wait(prompting)? {
                Wake::Pause => return Ok(Wake::Pause),
                // Secrets are typed on the ordinary screen, where nothing is drawn anew.
                Wake::Resize => {}
                Wake::Input => {
                    let Some(count) = self.device.read(line.room())? else { continue };
                    if let std::ops::ControlFlow::Break(end) = line.took(count) {
                        return end.map(|()| Wake::Input);
                    }
                }
            }
        }
    }

    /// Reads a visible line of up to `max` bytes, without its line end.
    ///
    /// The buffer has its full size from the start and is wiped when it is dropped.
    pub fn read_line(&mut self, prompt: &str, max: usize) -> Result<Zeroizing<Vec<u8>>, ReadTrouble> {
        self.rest();
        self.asked = true;
        let prompting = Prompting::begin()?;
        loop {
            let codes = Codes::of_prompt(self.abilities);
            let modes = Modes::visible(&self.device, codes.leave)?;
            self.write(codes.enter)?;
            self.write(prompt)?;
            let mut line = VisibleText::line(max, modes.editing_keys());
            // Byte by byte: what follows the line's end is for the next question.
            match self.or_drained(self.fill_visible(&prompting, &mut line, 1))? {
                Wake::Input => return line.finish().ok_or(ReadTrouble::TooLong),
                wake => {
                    drop(modes);
                    self.interrupted(&prompting, &wake)?;
                }
            }
        }
    }

    /// Where a prompt ends without an answer, or the program is about to stop, what is still
    /// arriving is thrown away while nothing is shown: the shell would take it for commands, and a
    /// code would stand on its screen.
    fn or_drained(&self, heard: Result<Wake, ReadTrouble>) -> Result<Wake, ReadTrouble> {
        if !matches!(heard, Ok(Wake::Input | Wake::Resize) | Err(ReadTrouble::Closed)) {
            self.drain();
        }
        heard
    }

    /// Throws away what was typed and not read, and what is still arriving of it. Only where the
    /// terminal shows nothing by itself.
    fn drain(&self) {
        let began = Instant::now();
        let mut patience = Duration::from_millis(QUIET);
        let mut room = Zeroizing::new([0; 4096]);
        while began.elapsed() < LONGEST_DRAIN && self.device.drop_some(patience, room.as_mut_slice()) {
            // Something is on its way: its pieces may come slowly.
            patience = SLOW_PIECES;
        }
    }

    /// After a wait for a visible text that ended without one: the question is put again, or its
    /// screen has to be drawn anew.
    fn interrupted(&self, prompting: &Prompting, wake: &Wake) -> Result<(), ReadTrouble> {
        match wake {
            Wake::Pause if !self.elsewhere => Ok(prompting.stop()?),
            Wake::Pause => {
                // Whoever gets the terminal meanwhile must not see this screen.
                self.write(screen::LEAVE)?;
                let stopped = prompting.stop();
                self.write(screen::ENTER)?;
                stopped?;
                Err(ReadTrouble::Redraw)
            }
            Wake::Resize => Err(ReadTrouble::Redraw),
            Wake::Input => Ok(()),
        }
    }

    /// Reads a visible text of up to `max` bytes that may be a paste of many lines, without the
    /// line break at its end. What is shown in the place of several lines is `summary`'s.
    ///
    /// Pasted text comes between markers where the terminal can do that; otherwise lines that
    /// arrive at once belong together. What arrives after the end is thrown away.
    pub fn read_text(&mut self, prompt: &str, max: usize, summary: Summary) -> Result<Zeroizing<Vec<u8>>, ReadTrouble> {
        self.rest();
        self.asked = true;
        let prompting = Prompting::begin()?;
        loop {
            let codes = Codes::of_text(self.abilities);
            let modes = Modes::paste(&self.device, codes.leave)?;
            self.write(codes.enter)?;
            self.write(prompt)?;
            let mut text = VisibleText::lines(max, modes.editing_keys(), summary);
            match self.or_drained(self.fill_visible(&prompting, &mut text, 4096))? {
                Wake::Input => return text.finish().ok_or(ReadTrouble::TooLong),
                wake => {
                    drop(modes);
                    self.interrupted(&prompting, &wake)?;
                }
            }
        }
    }

    /// Reads until the text is complete ([`Wake::Input`]) or Ctrl-Z comes.
    fn fill_visible(&self, prompting: &Prompting, text: &mut VisibleText, at_once: usize) -> Result<Wake, ReadTrouble> {
        let mut room = Zeroizing::new([0; 4096]);
        let mut echo = Zeroizing::new(Vec::new());
        let mut entered = false;
        loop {
            let patience = entered.then_some(Duration::from_millis(QUIET));
            match self.wait_up_to(prompting, patience)? {
                // What is still arriving would be taken for another answer.
                Some(Wake::Resize) if text.is_inside_a_paste() => {
                    signals::forget_resizes();
                    continue;
                }
                Some(wake @ (Wake::Pause | Wake::Resize)) => return Ok(wake),
                None => break,
                Some(Wake::Input) => {}
            }
            let count = match self.device.read(&mut room[..at_once]) {
                // Ctrl-D closes an empty line only; a terminal that went away closes any.
                Err(ReadTrouble::Closed) if entered => break,
                other => match other? {
                    Some(count) => count,
                    None => continue,
                },
            };
            let progress = text.took(&room[..count], &mut echo);
            self.device.write_all(&echo)?;
            echo.zeroize();
            echo.clear();
            match progress {
                Progress::Closed => return Err(self.after(ReadTrouble::Closed)),
                Progress::Interrupted => return Err(self.after(ReadTrouble::Interrupted)),
                Progress::Paused => return Ok(Wake::Pause),
                Progress::More => entered = false,
                Progress::Enter if !text.may_have_lines() => break,
                Progress::Enter => entered = true,
            }
        }
        self.write(&text.summary_at_the_end())?;
        self.write("\n")?;
        Ok(Wake::Input)
    }

    /// Ends the line that was begun; gives the trouble on.
    fn after(&self, trouble: ReadTrouble) -> ReadTrouble {
        // If the terminal is gone, that is the trouble already.
        let _ = self.write("\n");
        trouble
    }

    /// Throws away what was typed and not read: whatever is asked next was not on the screen yet
    /// when it was typed.
    pub fn forget_typed_ahead(&self) {
        // Fails only if the terminal is gone, and then the question itself says so.
        self.device.forget_typed();
    }

    /// Shows the alternate screen until the guard is dropped. `None` if this terminal has none that
    /// forgets what it showed; nothing was written then, and the caller says what it does instead.
    pub fn alternate(&mut self) -> Option<Alternate<'_>> {
        Alternate::enter(self)
    }

    /// Waits until there is something to read. A signal that asks for the end goes before input.
    fn wait(&self, prompting: &Prompting) -> Result<Wake, ReadTrouble> {
        self.wait_up_to(prompting, None).map(|wake| wake.unwrap_or(Wake::Input))
    }

    /// The same, for so long at most; `None` if nothing came.
    fn wait_up_to(&self, prompting: &Prompting, patience: Option<Duration>) -> Result<Option<Wake>, ReadTrouble> {
        // On the ordinary screen the terminal itself breaks what stands there.
        self.device.wait(prompting, patience, self.elsewhere)
    }
}

impl Drop for Terminal {
    /// Throws away what was pasted and not read, and what is still arriving of it: the shell would
    /// take it for commands.
    fn drop(&mut self) {
        self.rest();
        // In the background, the terminal is somebody else's, and touching it would stop us.
        let elsewhere = self.device.belongs_to_others();
        if !self.asked || elsewhere {
            return;
        }
        // Without echo: it would be shown once more. Put back before the shell sees the terminal.
        let Ok(_modes) = Modes::secret(&self.device, "") else { return };
        self.drain();
    }
}
