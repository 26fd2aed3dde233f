//! The console of Windows: `CONIN$` and `CONOUT$`, whatever the streams are connected to.
//!
//! Promises beside those of [`super`]:
//! - What is typed comes by `ReadConsoleW`, in UTF-16, into locked memory, is made UTF-8 there, and
//!   is wiped as soon as it was handed on. A character of two units is one, also where its halves
//!   arrive apart.
//! - The way out has its own modes for the length of one write alone, so that nothing has to be put
//!   back there; of the way in, [`Settings`] are put back.
//! - Never waits in a read: only when a key with a character is there it is read, and a signal ends
//!   the wait for it.
//!
//! Keys that have no character (arrows, functions) are dropped: the console is not asked for their
//! control sequences. Nor are pastes marked here.

// The system's own functions are outside what the language can check.
#![allow(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::io::AsRawHandle;
use std::ptr::null;
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{WAIT_FAILED, WAIT_OBJECT_0, WAIT_TIMEOUT};
use windows_sys::Win32::System::Console::{
    CONSOLE_SCREEN_BUFFER_INFO, DISABLE_NEWLINE_AUTO_RETURN, ENABLE_ECHO_INPUT, ENABLE_EXTENDED_FLAGS,
    ENABLE_INSERT_MODE, ENABLE_PROCESSED_INPUT, ENABLE_PROCESSED_OUTPUT, ENABLE_QUICK_EDIT_MODE,
    ENABLE_VIRTUAL_TERMINAL_PROCESSING, ENABLE_WINDOW_INPUT, ENABLE_WRAP_AT_EOL_OUTPUT, FlushConsoleInputBuffer,
    GetConsoleMode, GetConsoleScreenBufferInfo, INPUT_RECORD, KEY_EVENT, PeekConsoleInputW, ReadConsoleInputW,
    ReadConsoleW, SetConsoleMode, WINDOW_BUFFER_SIZE_EVENT, WriteConsoleW,
};
use windows_sys::Win32::System::Threading::{INFINITE, WaitForMultipleObjects, WaitForSingleObject};
use zeroize::{Zeroize, Zeroizing};

use super::modes::When;
use super::screen::Abilities;
use super::secret_line::EditingKeys;
use super::{ReadTrouble, Wake};
use crate::port::os::LockedBytes;
use crate::port::process::held;
use crate::ui::signals::Prompting;

/// Units of UTF-16 that are read at once.
const UNITS: usize = 512;
/// Bytes that they become at most, with half a character from before.
const BYTES: usize = 3 * UNITS + 4;
/// The key Alt (VK_MENU).
const ALT: u16 = 0x12;
/// Units that are written at once: old consoles have a heap of 64 KiB for it.
const WRITTEN: usize = 8_000;

/// What was read and not handed on.
struct Carry {
    /// As it comes from the console.
    units: LockedBytes,
    /// The first half of a character whose second half has not come; 0 is none.
    half: u16,
    /// As UTF-8.
    bytes: LockedBytes,
    from: usize,
    to: usize,
}

impl Carry {
    fn wipe(&mut self) {
        self.units.wipe();
        self.bytes.wipe();
        self.half.zeroize();
        (self.from, self.to) = (0, 0);
    }

    /// Makes the first `count` units UTF-8, behind what is there. Enter is a line feed, as on other
    /// systems.
    fn decode(&mut self, count: usize) {
        (self.from, self.to) = (0, 0);
        for at in 0..count {
            let unit = [self.units.as_slice()[2 * at], self.units.as_slice()[2 * at + 1]];
            let unit = u16::from_ne_bytes(unit);
            let is_low = (0xdc00..0xe000).contains(&unit);
            let half = std::mem::take(&mut self.half);
            if half != 0 && is_low {
                let pair = 0x1_0000 + (u32::from(half - 0xd800) << 10) + u32::from(unit - 0xdc00);
                self.push(char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER));
                continue;
            }
            if half != 0 {
                self.push(char::REPLACEMENT_CHARACTER);
            }
            match unit {
                0xd800..0xdc00 => self.half = unit,
                0x0d => self.push('\n'),
                unit => self.push(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)),
            }
        }
        self.units.wipe();
    }

    fn push(&mut self, c: char) {
        let room = &mut self.bytes.as_mut_slice()[self.to..];
        self.to += c.encode_utf8(room).len();
    }

    /// Hands on as much as fits.
    fn hand_on(&mut self, room: &mut [u8]) -> usize {
        let count = room.len().min(self.to - self.from);
        let handed = self.from..self.from + count;
        room[..count].copy_from_slice(&self.bytes.as_slice()[handed.clone()]);
        self.bytes.as_mut_slice()[handed].zeroize();
        self.from += count;
        count
    }
}

/// The console of this process.
pub(super) struct Device {
    input: File,
    output: File,
    carry: Mutex<Carry>,
    /// The beginning of a character whose end is not written yet.
    begun: Mutex<Zeroizing<Vec<u8>>>,
}

impl Device {
    /// `None` if there is none, or it cannot be used.
    pub(super) fn open() -> Option<Self> {
        let open = |name| OpenOptions::new().read(true).write(true).open(name).ok();
        let (input, output) = (open("CONIN$")?, open("CONOUT$")?);
        mode(&input).ok()?;
        mode(&output).ok()?;
        let carry = Carry {
            units: LockedBytes::new(2 * UNITS).ok()?,
            half: 0,
            bytes: LockedBytes::new(BYTES).ok()?,
            from: 0,
            to: 0,
        };
        let begun = Mutex::new(Zeroizing::new(Vec::with_capacity(8)));
        Some(Self { input, output, carry: Mutex::new(carry), begun })
    }

    /// Control sequences are understood by Windows 10 (1511) and later, and then there is a screen
    /// that forgets. What a terminal does with reports of its own is never changed: they are not
    /// handed on here.
    pub(super) fn abilities(&self) -> Abilities {
        let understands = self.written_to().is_ok_and(|written| written.understands);
        Abilities { control_sequences: false, alternate_screen: understands, private_sequences: false }
    }

    /// Columns and rows of the window.
    pub(super) fn size(&self) -> Option<(u16, u16)> {
        let mut found = CONSOLE_SCREEN_BUFFER_INFO::default();
        // SAFETY: the handle is open; the place is ours.
        held(unsafe { GetConsoleScreenBufferInfo(self.output.as_raw_handle(), &raw mut found) }).ok()?;
        let window = found.srWindow;
        let length = |from: i16, to: i16| u16::try_from(i32::from(to) - i32::from(from) + 1).unwrap_or_default();
        Some((length(window.Left, window.Right), length(window.Top, window.Bottom)))
    }

    /// A console has no background.
    #[allow(clippy::unused_self, reason = "there is one on the other systems")]
    pub(super) fn is_ours(&self) -> bool {
        true
    }

    /// The same.
    #[allow(clippy::unused_self, reason = "there is one on the other systems")]
    pub(super) fn belongs_to_others(&self) -> bool {
        false
    }

    /// The settings that its way in has now.
    pub(super) fn settings(&self) -> io::Result<Settings> {
        mode(&self.input).map(Settings)
    }

    /// Gives it other settings.
    pub(super) fn set(&self, settings: &Settings, when: When) -> io::Result<()> {
        if when == When::Afresh {
            self.forget_typed();
        }
        set_mode(&self.input, settings.0)
    }

    /// Throws away what was typed and not read. Fails only if the terminal is gone.
    pub(super) fn forget_typed(&self) {
        // SAFETY: the handle is open.
        let _ = held(unsafe { FlushConsoleInputBuffer(self.input.as_raw_handle()) });
        // Not `lock`: the thread that panicked may hold it.
        match self.carry.try_lock() {
            Ok(mut carry) => carry.wipe(),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().wipe(),
            Err(TryLockError::WouldBlock) => {}
        }
    }

    /// Waits until there is something to read, for so long at most; `None` if nothing came. A
    /// signal that asks for the end goes before input; another size counts if `resizes`.
    pub(super) fn wait(
        &self,
        prompting: &Prompting,
        patience: Option<Duration>,
        resizes: bool,
    ) -> Result<Option<Wake>, ReadTrouble> {
        let began = Instant::now();
        loop {
            let left = patience.map(|patience| patience.saturating_sub(began.elapsed()));
            let handles = [prompting.ended(), self.input.as_raw_handle()];
            let has_carry = self.has_carry();
            let left = if has_carry { 0 } else { milliseconds(left) };
            // SAFETY: both handles are open.
            let woken = unsafe { WaitForMultipleObjects(2, handles.as_ptr(), 0, left) };
            if woken == WAIT_OBJECT_0 {
                return Err(ReadTrouble::of_signal());
            }
            if has_carry {
                return Ok(Some(Wake::Input));
            }
            match woken {
                WAIT_TIMEOUT => return Ok(None),
                WAIT_FAILED => return Err(ReadTrouble::Closed),
                _ => {}
            }
            if let Some(wake) = self.sift(resizes)? {
                return Ok(Some(wake));
            }
        }
    }

    fn has_carry(&self) -> bool {
        let carry = self.carry.lock().unwrap_or_else(PoisonError::into_inner);
        carry.to > carry.from
    }

    /// Drops events that are no characters, up to the first that is one, or that is another size.
    fn sift(&self, resizes: bool) -> Result<Option<Wake>, ReadTrouble> {
        let input = self.input.as_raw_handle();
        loop {
            let mut event = Event::default();
            let mut count = 0;
            // SAFETY: the handle is open; the place is ours and has room for one.
            held(unsafe { PeekConsoleInputW(input, &raw mut event.0, 1, &raw mut count) })
                .map_err(|_| ReadTrouble::Closed)?;
            if count == 0 {
                return Ok(None);
            }
            if event.is_character() {
                return Ok(Some(Wake::Input));
            }
            // SAFETY: as above; that one is there was seen, and nobody else reads.
            held(unsafe { ReadConsoleInputW(input, &raw mut event.0, 1, &raw mut count) })
                .map_err(|_| ReadTrouble::Closed)?;
            if resizes && u32::from(event.0.EventType) == WINDOW_BUFFER_SIZE_EVENT {
                return Ok(Some(Wake::Resize));
            }
        }
    }

    /// What was typed, as UTF-8, into `room`; `None` if there is nothing to read after all.
    pub(super) fn read(&self, room: &mut [u8]) -> Result<Option<usize>, ReadTrouble> {
        let mut carry = self.carry.lock().unwrap_or_else(PoisonError::into_inner);
        if carry.from == carry.to {
            // Ctrl-C may have taken the key away that was seen.
            if self.sift(false)?.is_none() {
                return Ok(None);
            }
            // No more than what the caller wants: the rest is for whoever asks next.
            let units = (room.len() / 3).clamp(1, UNITS);
            let mut count = 0;
            let place = carry.units.as_mut_slice().as_mut_ptr().cast();
            let wanted = u32::try_from(units).expect("invariant: a few hundred");
            // SAFETY: the handle is open; the place is ours, aligned to a page, and has room for
            // `UNITS` units.
            held(unsafe { ReadConsoleW(self.input.as_raw_handle(), place, wanted, &raw mut count, null()) })
                .map_err(|_| ReadTrouble::Closed)?;
            carry.decode(usize::try_from(count).unwrap_or_default().min(units));
        }
        let count = carry.hand_on(room);
        Ok((count > 0).then_some(count))
    }

    /// Takes what arrives within that time, for nobody; false if nothing more did.
    pub(super) fn drop_some(&self, quiet: Duration, _: &mut [u8]) -> bool {
        // SAFETY: the handle is open.
        let woken = unsafe { WaitForSingleObject(self.input.as_raw_handle(), milliseconds(Some(quiet))) };
        self.forget_typed();
        woken == WAIT_OBJECT_0
    }

    /// Writes all of it. A character that is cut off is written when its end comes.
    pub(super) fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        let mut text = Zeroizing::new(Vec::with_capacity(bytes.len() + 4));
        // Not `lock`: the thread that panicked may hold it.
        let mut begun = match self.begun.try_lock() {
            Ok(begun) => Some(begun),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        if let Some(begun) = &mut begun {
            text.extend_from_slice(begun);
            begun.zeroize();
            begun.clear();
        }
        text.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&text) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => text.len(),
        };
        if let Some(begun) = &mut begun {
            begun.extend_from_slice(&text[whole..]);
        }
        let mut units = Zeroizing::new(Vec::with_capacity(whole));
        for chunk in text[..whole].utf8_chunks() {
            units.extend(chunk.valid().encode_utf16());
            units.extend(if chunk.invalid().is_empty() { None } else { Some(0xfffd) });
        }
        let _written_to = self.written_to()?;
        let mut rest = units.as_slice();
        while !rest.is_empty() {
            let mut length = rest.len().min(WRITTEN);
            // Not between the halves of a character.
            length -= usize::from(length < rest.len() && (0xd800..0xdc00).contains(&rest[length - 1]));
            let mut count = 0;
            let wanted = u32::try_from(length).expect("invariant: a few thousand");
            // SAFETY: the handle is open; so many units are there.
            held(unsafe { WriteConsoleW(self.output.as_raw_handle(), rest.as_ptr(), wanted, &raw mut count, null()) })?;
            rest = &rest[usize::try_from(count).unwrap_or(length).clamp(1, length)..];
        }
        Ok(())
    }

    /// The way out as words need it, until the answer is dropped.
    fn written_to(&self) -> io::Result<WrittenTo<'_>> {
        let before = mode(&self.output)?;
        let plain = (before | ENABLE_PROCESSED_OUTPUT | ENABLE_WRAP_AT_EOL_OUTPUT) & !DISABLE_NEWLINE_AUTO_RETURN;
        let understands = set_mode(&self.output, plain | ENABLE_VIRTUAL_TERMINAL_PROCESSING).is_ok();
        if !understands {
            // An old console: what it refused changed nothing.
            set_mode(&self.output, plain)?;
        }
        Ok(WrittenTo { output: &self.output, before, understands })
    }
}

/// The way out with other modes; dropped, with those from before.
struct WrittenTo<'d> {
    output: &'d File,
    before: u32,
    understands: bool,
}

impl Drop for WrittenTo<'_> {
    fn drop(&mut self) {
        // Fails only if the terminal is gone.
        let _ = set_mode(self.output, self.before);
    }
}

/// An event, which may hold a character of a secret; wiped on drop.
#[derive(Default)]
struct Event(INPUT_RECORD);

impl Event {
    /// Whether a read would give a character of it: a key that goes down and has one, or Alt that
    /// goes up after the number of a character was typed.
    fn is_character(&self) -> bool {
        if u32::from(self.0.EventType) != KEY_EVENT {
            return false;
        }
        // SAFETY: the type says that it is a key, of which every pattern of bits is valid.
        let key = unsafe { self.0.Event.KeyEvent };
        // SAFETY: both members are numbers, of which every pattern of bits is valid.
        let has_character = unsafe { key.uChar.UnicodeChar } != 0;
        has_character && (key.bKeyDown != 0 || key.wVirtualKeyCode == ALT)
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: it is our own, and all zeros are an event.
        unsafe { std::ptr::write_volatile(&raw mut self.0, INPUT_RECORD::default()) };
    }
}

/// What the console does with what is typed.
#[derive(Clone)]
pub(super) struct Settings(u32);

impl Settings {
    /// The same for a prompt: no echo, every key handed over as it is typed, Ctrl-C told, another
    /// size told. The mouse marks and pastes as it did.
    ///
    /// Not the console's line editing: Ctrl-C does not end it, and it takes half a character back.
    pub(super) fn for_typing(&self) -> Self {
        let kept = self.0 & (ENABLE_EXTENDED_FLAGS | ENABLE_QUICK_EDIT_MODE | ENABLE_INSERT_MODE);
        Self(kept | ENABLE_PROCESSED_INPUT | ENABLE_WINDOW_INPUT)
    }

    /// The same for a prompt that takes pastes.
    pub(super) fn for_pasting(&self) -> Self {
        self.for_typing()
    }

    /// The same while nothing is asked.
    pub(super) fn for_working(&self) -> Self {
        self.for_typing()
    }

    /// Whether what is typed is shown.
    pub(super) fn echo(&self) -> bool {
        self.0 & ENABLE_ECHO_INPUT != 0
    }

    /// The keys by which a line is edited: Backspace, Ctrl-W, Ctrl-U, Ctrl-Z.
    #[allow(clippy::unused_self, reason = "they are settings on the other systems")]
    pub(super) fn editing_keys(&self) -> EditingKeys {
        EditingKeys { erase: 0x08, erase_word: 0x17, kill: 0x15, end_of_file: 0x1a, interrupt: 3, suspend: None }
    }
}

fn mode(of: &File) -> io::Result<u32> {
    let mut mode = 0;
    // SAFETY: the handle is open; the place is ours.
    held(unsafe { GetConsoleMode(of.as_raw_handle(), &raw mut mode) })?;
    Ok(mode)
}

fn set_mode(of: &File, mode: u32) -> io::Result<()> {
    // SAFETY: the handle is open.
    held(unsafe { SetConsoleMode(of.as_raw_handle(), mode) })
}

/// For a wait; no patience is for ever.
fn milliseconds(patience: Option<Duration>) -> u32 {
    // Rounded up, so that a wait never spins.
    patience.map_or(INFINITE, |patience| u32::try_from(patience.as_millis() + 1).unwrap_or(INFINITE))
}
